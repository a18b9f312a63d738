/* Tables in text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "format/csv.h"

static void expect_row(struct csv *r, size_t n, ...)
{
    va_list want;
    va_start(want, n);
    assert_true(csv_next(r));
    assert_int_equal(r->n, n);
    for (size_t i = 0; i < n; i++) {
        const char *s = va_arg(want, const char *);
        if (!slice_is(r->fields[i], s))
            fail_msg("'%.*s', not '%s'", (int)r->fields[i].n, (const char *)r->fields[i].p, s);
    }
    va_end(want);
}

static void quotes_hold_delimiters_line_ends_and_quotes(void **state)
{
    (void)state;
    struct arena a = {0};
    struct csv r;
    csv_open(&r, slice_of("a,\"b,c\",\"d\"\"e\"\r\n\"x\ny\",,z\nlast\"q"), ',', &a);
    expect_row(&r, 3, "a", "b,c", "d\"e");
    assert_int_equal(r.line, 1);
    expect_row(&r, 3, "x\ny", "", "z");
    assert_int_equal(r.line, 2);
    expect_row(&r, 1, "last\"q");
    assert_int_equal(r.line, 4);
    assert_false(csv_next(&r));
    assert_false(r.open || r.wide);
    arena_free(&a);
}

static void blank_lines_are_rows_of_one_empty_field(void **state)
{
    (void)state;
    struct arena a = {0};
    struct csv r;
    csv_open(&r, slice_of("\n;\r\n"), ';', &a);
    expect_row(&r, 1, "");
    expect_row(&r, 2, "", "");
    assert_false(csv_next(&r));
    csv_open(&r, slice_of(""), ';', &a);
    assert_false(csv_next(&r));
    arena_free(&a);
}

static void a_quote_without_end_is_known(void **state)
{
    (void)state;
    struct arena a = {0};
    struct csv r;
    csv_open(&r, slice_of("a,\"b\nc\"\"d"), ',', &a);
    expect_row(&r, 2, "a", "b\nc\"d");
    assert_true(r.open);
    assert_false(csv_next(&r));
    csv_open(&r, slice_of("\""), ',', &a);
    expect_row(&r, 1, "");
    assert_true(r.open);
    arena_free(&a);
}

static void a_row_has_at_most_so_many_fields(void **state)
{
    (void)state;
    struct arena a = {0};
    struct csv r;
    char text[CSV_MAX_FIELDS + 2];
    memset(text, ',', sizeof text - 1);
    text[sizeof text - 1] = 0;
    csv_open(&r, slice_of(text), ',', &a);
    assert_true(csv_next(&r));
    assert_int_equal(r.n, CSV_MAX_FIELDS);
    assert_true(r.wide);
    arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quotes_hold_delimiters_line_ends_and_quotes),
        cmocka_unit_test(blank_lines_are_rows_of_one_empty_field),
        cmocka_unit_test(a_quote_without_end_is_known),
        cmocka_unit_test(a_row_has_at_most_so_many_fields),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
