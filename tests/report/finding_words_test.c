#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "case_kit.h"
#include "report/finding_words.h"

static struct arena arena;

static int free_arena(void **state)
{
    (void)state;
    arena_free(&arena);
    return 0;
}

static struct case_finding listed(enum exposure x, const char *type, const char *value)
{
    return (struct case_finding){
        .title_of_artifact = slice_of("Messages"),
        .rule = slice_of("indicator"),
        .how = slice_of("exact"),
        .subject = slice_of(value),
        .type = slice_of(type),
        .confidence = CONFIDENCE_HIGH,
        .exposure = x,
        .time = utime_parse(slice_of("2026-01-03T10:00:00.123Z")),
        .records = 1,
        .family = slice_of("Grey Finch"),
        .set_name = slice_of("example.stix2"),
        .set_date = utime_parse(slice_of("2025-12-01")),
    };
}

static struct finding_text said(const struct case_finding *f, const char *lang)
{
    struct finding_text text;
    finding_words(f, lang, &arena, &text);
    return text;
}

/* Sentences stand in the order of the wording rules, each only once. */
static void assert_order(const char *text, const char *const *keys)
{
    const char *at = text;
    for (; *keys; keys++) {
        const char *sentence = words("en", *keys);
        at = strstr(at, sentence);
        if (!at)
            fail_msg("%s is not in its place: %s", *keys, text);
        assert_int_equal(occurrences(text, sentence), 1);
        at += strlen(sentence);
    }
}

static void an_indicator_finding_says_seen_when_step_list_and_certainty(void **state)
{
    (void)state;
    const struct case_finding f = listed(RECEIVED, "url", "https://spy.example/a");
    const struct finding_text t = said(&f, "en");
    const char *const keys[] = {"exposure.received.means", "confidence.high.means", NULL};
    assert_string_equal(t.title, "Received: https://spy.example/a");
    assert_true(contains(t.explanation, "The link https://spy.example/a came to this phone "
                                        "(Messages). Time: 2026-01-03 10:00:00 (UTC)."));
    assert_true(contains(t.explanation, "It is on the list “example.stix2” of 2025-12-01, under "
                                        "the name Grey Finch."));
    assert_order(t.explanation, keys);
}

static void a_type_without_words_of_its_own_has_the_general_ones(void **state)
{
    (void)state;
    const struct case_finding f = listed(RECEIVED, "cert", "00ff");
    assert_true(contains(said(&f, "en").explanation, "00ff came to this phone (Messages)."));
}

static void a_value_without_exposure_is_only_named(void **state)
{
    (void)state;
    const struct case_finding f = listed(EXPOSURE_NONE, "domain", "spy.example");
    assert_true(contains(said(&f, "en").explanation, "spy.example (Messages)."));
    assert_true(contains(said(&f, "en").explanation, words("en", "exposure.none.means")));
}

static void several_records_have_a_first_and_a_last(void **state)
{
    (void)state;
    struct case_finding f = listed(OPENED, "domain", "spy.example");
    f.records = 3;
    f.last = utime_parse(slice_of("2026-01-05T11:00:00Z"));
    assert_true(contains(said(&f, "en").explanation,
                         "First 2026-01-03 10:00:00, last 2026-01-05 11:00:00 (UTC)."));
}

static void no_time_is_said_not_left_out(void **state)
{
    (void)state;
    struct case_finding f = listed(PRESENT, "app", "org.example.watcher");
    f.time = UTIME_NONE;
    assert_true(contains(said(&f, "en").explanation, words("en", "seen.no-time")));
}

static void a_match_that_is_not_the_same_value_says_how(void **state)
{
    (void)state;
    struct case_finding f = listed(OPENED, "domain", "a.spy.example");
    f.how = slice_of("subdomain");
    assert_true(contains(said(&f, "en").explanation, words("en", "match.subdomain")));
}

static void no_family_gives_another_sentence(void **state)
{
    (void)state;
    struct case_finding f = listed(OPENED, "domain", "spy.example");
    f.family = slice_of("");
    assert_true(
        contains(said(&f, "en").explanation, "It is on the list “example.stix2” of 2025-12-01."));
    assert_false(contains(said(&f, "en").explanation, "{family}"));
}

static void every_exposure_and_type_has_causes_and_a_next_step(void **state)
{
    (void)state;
    for (unsigned x = RECEIVED; x < EXPOSURES; x++)
        for (unsigned o = 1; o < OBS_TEXT; o++) {
            const struct case_finding f =
                listed((enum exposure)x, observable_name((enum observable)o), "value");
            for (size_t i = 0; languages[i]; i++) {
                const struct finding_text t = said(&f, languages[i]);
                assert_non_null(t.benign[0]);
                assert_non_null(t.next[0]);
                assert_false(contains(t.explanation, "{"));
                assert_false(contains(t.explanation, "seen."));
            }
        }
}

static void a_rule_has_its_own_title_its_class_and_its_source(void **state)
{
    (void)state;
    for (unsigned i = 0; i < rule_count; i++) {
        struct case_finding f = listed(rules[i]->exposure, "", "subject");
        f.rule = slice_of(rules[i]->id);
        const struct finding_text t = said(&f, "en");
        assert_string_equal(t.title, rules[i]->title);
        assert_true(contains(t.explanation, rules[i]->explains));
        assert_true(contains(t.explanation,
                             words("en", arena_printf(&arena, "rule.%s.means", rules[i]->class))));
        assert_true(words_have("en", arena_printf(&arena, "rule.%s", rules[i]->class)));
        assert_true(contains(t.explanation, rules[i]->source));
        assert_non_null(t.benign[0]);
        assert_non_null(t.next[0]);
    }
}

static void a_value_is_text_even_if_it_looks_like_a_placeholder(void **state)
{
    (void)state;
    const struct case_finding f = listed(RECEIVED, "url", "{artifact}");
    assert_true(contains(said(&f, "en").explanation, "The link {artifact} came to this phone"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_indicator_finding_says_seen_when_step_list_and_certainty),
        cmocka_unit_test(a_type_without_words_of_its_own_has_the_general_ones),
        cmocka_unit_test(a_value_without_exposure_is_only_named),
        cmocka_unit_test(several_records_have_a_first_and_a_last),
        cmocka_unit_test(no_time_is_said_not_left_out),
        cmocka_unit_test(a_match_that_is_not_the_same_value_says_how),
        cmocka_unit_test(no_family_gives_another_sentence),
        cmocka_unit_test(every_exposure_and_type_has_causes_and_a_next_step),
        cmocka_unit_test(a_rule_has_its_own_title_its_class_and_its_source),
        cmocka_unit_test(a_value_is_text_even_if_it_looks_like_a_placeholder),
    };
    return cmocka_run_group_tests(tests, NULL, free_arena);
}
