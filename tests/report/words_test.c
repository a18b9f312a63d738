#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "report/report.h"

static void every_language_has_a_verdict_of_its_own(void **state)
{
    (void)state;
    for (size_t i = 0; languages[i]; i++) {
        assert_true(words_have(languages[i], "verdict.traces"));
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(words(languages[i], "verdict.traces"),
                                    words(languages[k], "verdict.traces"));
    }
}

static void an_unknown_language_is_english(void **state)
{
    (void)state;
    assert_string_equal(words("xx", "verdict.traces"), words("en", "verdict.traces"));
}

static void an_unknown_key_is_shown_itself(void **state)
{
    (void)state;
    assert_string_equal(words("ar", "no.such.key"), "no.such.key");
    assert_false(words_have("ar", "no.such.key"));
}

static void placeholders_are_filled_in_any_order(void **state)
{
    struct arena a = {0};
    (void)state;
    assert_string_equal(words_fill(&a, "en", "cli.span", "last", "B", "first", "A", NULL),
                        "The evidence covers A to B.");
    arena_free(&a);
}

static void a_value_is_never_read_as_a_placeholder(void **state)
{
    struct arena a = {0};
    (void)state;
    assert_string_equal(
        words_fill(&a, "en", "cli.span", "first", "{last}", "last", "{first}", NULL),
        "The evidence covers {last} to {first}.");
    arena_free(&a);
}

static void a_placeholder_without_a_value_stays(void **state)
{
    struct arena a = {0};
    (void)state;
    assert_string_equal(words_fill(&a, "en", "cli.case", NULL), "Case: {path}");
    arena_free(&a);
}

static void values_in_right_to_left_text_are_isolated(void **state)
{
    struct arena a = {0};
    (void)state;
    const char *text =
        words_fill(&a, "ar", "cli.span", "first", "2026-01-02", "last", "x\u2069y", NULL);
    assert_non_null(strstr(text, "\u20682026-01-02\u2069"));
    assert_non_null(strstr(text, "\u2068x<U+2069>y\u2069"));
    assert_string_equal(words_value(&a, "fr", "x\u2069y"), "x\u2069y");
    arena_free(&a);
}

/* The form that a number takes: the text under count.records with the number in its place. */
static void assert_form(const char *lang, uint64_t n, const char *form)
{
    struct arena a = {0};
    const char *key = arena_printf(&a, "count.records.%s", form), *text = words(lang, key);
    const char *hole = strstr(text, "{n}");
    assert_true(words_have(lang, key));
    assert_non_null(hole);
    assert_string_equal(
        words_count(&a, lang, "records", n),
        arena_printf(&a, "%.*s%s%s", (int)(hole - text), text, number_text(&a, n), hole + 3));
    arena_free(&a);
}

static void english_counts_one_and_other(void **state)
{
    (void)state;
    assert_form("en", 0, "other");
    assert_form("en", 1, "one");
    assert_form("en", 2, "other");
    assert_form("en", 1000000, "other");
}

static void italian_and_spanish_know_whole_millions(void **state)
{
    static const char *const two[] = {"it", "es"};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        assert_form(two[i], 0, "other");
        assert_form(two[i], 1, "one");
        assert_form(two[i], 999999, "other");
        assert_form(two[i], 1000000, "many");
        assert_form(two[i], 1000001, "other");
        assert_form(two[i], 3000000, "many");
    }
}

static void french_takes_nought_as_one(void **state)
{
    (void)state;
    assert_form("fr", 0, "one");
    assert_form("fr", 1, "one");
    assert_form("fr", 2, "other");
    assert_form("fr", 2000000, "many");
}

static void arabic_has_six_forms(void **state)
{
    (void)state;
    assert_form("ar", 0, "zero");
    assert_form("ar", 1, "one");
    assert_form("ar", 2, "two");
    assert_form("ar", 3, "few");
    assert_form("ar", 10, "few");
    assert_form("ar", 11, "many");
    assert_form("ar", 99, "many");
    assert_form("ar", 100, "other");
    assert_form("ar", 102, "other");
    assert_form("ar", 103, "few");
    assert_form("ar", 111, "many");
}

static void numbers_are_grouped_alike_in_every_language(void **state)
{
    struct arena a = {0};
    (void)state;
    assert_string_equal(number_text(&a, 0), "0");
    assert_string_equal(number_text(&a, 999), "999");
    assert_string_equal(number_text(&a, 1000), "1,000");
    assert_string_equal(number_text(&a, 1234567), "1,234,567");
    assert_string_equal(number_text(&a, UINT64_MAX), "18,446,744,073,709,551,615");
    assert_non_null(strstr(words_count(&a, "ar", "records", 12345), "12,345"));
    arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_language_has_a_verdict_of_its_own),
        cmocka_unit_test(an_unknown_language_is_english),
        cmocka_unit_test(an_unknown_key_is_shown_itself),
        cmocka_unit_test(placeholders_are_filled_in_any_order),
        cmocka_unit_test(a_value_is_never_read_as_a_placeholder),
        cmocka_unit_test(a_placeholder_without_a_value_stays),
        cmocka_unit_test(values_in_right_to_left_text_are_isolated),
        cmocka_unit_test(english_counts_one_and_other),
        cmocka_unit_test(italian_and_spanish_know_whole_millions),
        cmocka_unit_test(french_takes_nought_as_one),
        cmocka_unit_test(arabic_has_six_forms),
        cmocka_unit_test(numbers_are_grouped_alike_in_every_language),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
