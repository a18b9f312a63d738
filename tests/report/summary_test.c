#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "case_kit.h"

static const char sms[] = "/private/var/mobile/Library/SMS/sms.db";

static int start(void **state)
{
    static struct kit k;
    kit_start(&k);
    *state = &k;
    return 0;
}

static int stop(void **state)
{
    kit_end(*state);
    return 0;
}

static void messages(struct kit *k, const char *family, const char *text)
{
    static const char *const patterns[] = {"domain-name:value = 'spy.example'", NULL};
    kit_artifact(k, "ios.sms", sms, "");
    kit_text(k, 1, "2026-01-03T10:00:00.5Z", RECEIVED, text);
    kit_finish(k, STATUS_READ, "", (struct usage){.files = 1, .records = 1});
    kit_indicators(k, family, patterns);
}

static void first_line(const char *text, char *out, size_t room)
{
    snprintf(out, room, "%.*s", (int)strcspn(text, "\n"), text);
}

static void the_first_line_is_the_verdict(void **state)
{
    char line[200];
    messages(*state, "Grey Finch", "nothing here");
    kit_detect(*state);
    first_line(kit_summary(*state, "en", 80, false), line, sizeof line);
    assert_string_equal(line, "NONE FOUND: Nothing found in what was checked");
}

static void the_first_line_tells_what_was_not_checked(void **state)
{
    struct kit *k = *state;
    char line[200];
    messages(k, "Grey Finch", "nothing here");
    kit_artifact(k, "ios.calls", "/calls", "");
    kit_finish(k, STATUS_FAILED, "page 7: cell past end", (struct usage){0});
    kit_detect(k);
    const char *text = kit_summary(k, "en", 80, false);
    first_line(text, line, sizeof line);
    assert_string_equal(line, "INCOMPLETE: Not enough was checked; 1 source not checked");
    assert_true(contains(text, "Calls: not readable: page 7: cell past end"));
    assert_true(contains(text, "What would close the gap: a new, complete copy."));
}

static void a_finding_shows_step_value_time_source_and_certainty(void **state)
{
    messages(*state, "Grey Finch", "see https://www.spy.example/a");
    kit_detect(*state);
    const char *text = kit_summary(*state, "en", 80, false);
    assert_true(contains(text, "  medium    Received: www[.]spy[.]example\n"
                               "            Messages · 2026-01-03 10:00:00 · 1 record\n"
                               "            Grey Finch · Certainty: high\n"));
}

static void gaps_stand_beside_every_verdict(void **state)
{
    struct kit *k = *state;
    messages(k, "Grey Finch", "see www.spy.example");
    kit_artifact(k, "ios.calls", "/calls", "");
    kit_finish(k, STATUS_LOCKED, "", (struct usage){0});
    kit_detect(k);
    const char *text = kit_summary(k, "en", 80, false);
    assert_memory_equal(text, "TRACES: ", 8);
    assert_true(contains(text, "; 1 source not checked\n"));
    assert_true(contains(text, "What would close the gap: the backup password."));
}

static void sources_with_one_reason_share_a_line(void **state)
{
    struct kit *k = *state;
    messages(k, "Grey Finch", "nothing here");
    kit_artifact(k, "ios.calls", "/calls", "");
    kit_finish(k, STATUS_SKIPPED, "by-user", (struct usage){0});
    kit_artifact(k, "ios.contacts", "/contacts", "");
    kit_finish(k, STATUS_SKIPPED, "by-user", (struct usage){0});
    kit_detect(k);
    const char *text = kit_summary(k, "en", 80, false);
    assert_true(contains(text,
                         "  Calls, Contacts: left out\n"
                         "    What would close the gap: another run without leaving it out.\n"));
}

static void a_check_without_lists_says_so_among_the_gaps(void **state)
{
    struct kit *k = *state;
    kit_artifact(k, "ios.sms", sms, "");
    kit_finish(k, STATUS_READ, "", (struct usage){.files = 1});
    kit_detect(k);
    const char *text = kit_summary(k, "en", 80, false);
    assert_memory_equal(text, "INCOMPLETE: ", 12);
    assert_true(contains(text, "no indicators of this type were loaded\n"
                               "    What would close the gap: a list of known traces"));
}

static void whom_an_app_watches_reads_of_safety_first(void **state)
{
    messages(*state, "Example Watcher stalkerware", "see www.spy.example");
    kit_detect(*state);
    const char *text = kit_summary(*state, "en", 80, false);
    const char *safety = strstr(text, "Safety first."), *found = strstr(text, "\nFound\n");
    assert_non_null(safety);
    assert_non_null(found);
    assert_true(safety < found);
}

static void no_line_is_wider_than_the_terminal(void **state)
{
    messages(*state, "Grey Finch", "see www.spy.example");
    kit_detect(*state);
    const char *at = kit_summary(*state, "en", 60, false);
    while (*at) {
        size_t n = strcspn(at, "\n"), columns = 0;
        for (size_t i = 0; i < n; i++)
            columns += ((uint8_t)at[i] & 0xc0) != 0x80;
        if (columns > 60)
            fail_msg("%zu columns: %.*s", columns, (int)n, at);
        at += n + (at[n] != 0);
    }
}

static void evidence_sends_nothing_to_the_terminal(void **state)
{
    struct kit *k = *state;
    messages(k, "Grey\\u202eFinch\\u001b[2J", "see www.spy.example");
    kit_artifact(k, "ios.calls", "/calls", "");
    kit_finish(k, STATUS_FAILED, "\033]0;title\007 \xe2\x80\xae", (struct usage){0});
    kit_detect(k);
    const char *text = kit_summary(k, "en", 80, false);
    assert_false(contains(text, "\033"));
    assert_false(contains(text, "\007"));
    assert_false(contains(text, "\xe2\x80\xae"));
    assert_true(contains(text, "<U+001B>]0;title<U+0007> <U+202E>"));
}

static void colours_come_only_when_asked_for(void **state)
{
    messages(*state, "Grey Finch", "see www.spy.example");
    kit_detect(*state);
    assert_false(contains(kit_summary(*state, "en", 80, false), "\033["));
    assert_true(contains(kit_summary(*state, "en", 80, true), "\033["));
}

static void right_to_left_text_isolates_its_values(void **state)
{
    messages(*state, "Grey Finch", "see www.spy.example");
    kit_detect(*state);
    const char *text = kit_summary(*state, "ar", 80, false);
    assert_true(contains(text, "\u2068www[.]spy[.]example\u2069"));
    assert_true(contains(text, "\u2068Grey Finch\u2069"));
}

static void no_language_promises_too_much(void **state)
{
    static const char *const never[] = {"clean", "safe ", "infected", NULL};
    messages(*state, "Grey Finch", "nothing here");
    kit_detect(*state);
    for (size_t i = 0; languages[i]; i++) {
        const char *text = kit_summary(*state, languages[i], 80, false);
        for (size_t n = 0; never[n]; n++)
            assert_false(contains(text, never[n]));
    }
}

static void the_json_summary_is_one_line_in_the_fixed_order(void **state)
{
    struct kit *k = *state;
    struct conclusion end;
    struct err e = {0};
    char *text;
    size_t n;
    messages(k, "Grey Finch", "see www.spy.example");
    kit_detect(k);
    FILE *f = open_memstream(&text, &n);
    assert_true(detect_conclude(k->c, SEVERITY_MEDIUM, &end, &e));
    assert_true(report_json(k->c, &end, "a.bridle", "a.html", 1.5, f, &e));
    assert_int_equal(fclose(f), 0);
    assert_string_equal(
        text,
        "{\"schema\":\"bridle/1\",\"kind\":\"summary\",\"verdict\":\"traces\",\"exit\":1,\"findings\":"
        "{\"critical\":0,\"high\":0,\"medium\":1,\"low\":0,\"info\":0},\"dismissed\":0,"
        "\"evidence\":[{\"id\":1,\"source\":\"ios-backup\",\"name\":\"backup\",\"device\":{\"platform\":\"ios\",\"model\":"
        "\"iPhone14,5\",\"os\":\"17.2\",\"serial\":\"EXAMPLE1\"},\"encrypted\":true,\"confinement\":"
        "\"full\"}],\"coverage\":{\"read\":1,\"partial\":0,\"failed\":0,\"locked\":0,\"absent\":0,"
        "\"not-applicable\":0,\"skipped\":0},\"indicators\":{\"sets\":1,\"values\":1},\"case\":"
        "\"a.bridle\",\"report\":\"a.html\",\"seconds\":1.5}\n");
    free(text);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_first_line_is_the_verdict),
        TEST(the_first_line_tells_what_was_not_checked),
        TEST(a_finding_shows_step_value_time_source_and_certainty),
        TEST(gaps_stand_beside_every_verdict),
        TEST(sources_with_one_reason_share_a_line),
        TEST(a_check_without_lists_says_so_among_the_gaps),
        TEST(whom_an_app_watches_reads_of_safety_first),
        TEST(no_line_is_wider_than_the_terminal),
        TEST(evidence_sends_nothing_to_the_terminal),
        TEST(colours_come_only_when_asked_for),
        TEST(right_to_left_text_isolates_its_values),
        TEST(no_language_promises_too_much),
        TEST(the_json_summary_is_one_line_in_the_fixed_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
