/* JSON beyond one document's tokens: lines, trees, the writer. */
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/utf8.h"
#include "json_trace.h"

static struct arena arena;
static struct buf out;
static struct json_writer w;

static int reset(void **state)
{
    (void)state;
    arena_reset(&arena);
    buf_clear(&out);
    json_writer(&w, &out);
    return 0;
}

/* All documents, each as json_trace() has it, with " | " between them. */
static const char *lines(const char *text)
{
    struct json j;
    struct buf all = {0};
    json_open_lines(&j, slice_of(text), &arena);
    while (json_more(&j)) {
        if (all.n)
            buf_text(&all, " | ");
        buf_text(&all, json_trace(&j));
        if (j.err.code)
            json_resync(&j);
    }
    assert_int_equal(json_next(&j), JSON_END);
    const char *line = arena_string(&arena, buf_view(&all));
    buf_free(&all);
    return line;
}

static void each_line_is_a_document(void **state)
{
    (void)state;
    assert_string_equal(lines("{\"a\":1}\n[2]\n"), "{ a: 1 } | [ 2 ]");
    assert_string_equal(lines("\xef\xbb\xbf{}\r\n\r\n  \n\"x\"  \r\n3"), "{ } | 'x' | 3");
    assert_string_equal(lines(""), "");
    assert_string_equal(lines("\n \n"), "");
}

static void a_torn_line_costs_no_other(void **state)
{
    (void)state;
    assert_string_equal(lines("[1]\n{\"a\":\n[2]\n"), "[ 1 ] | { a: ! | [ 2 ]");
    assert_string_equal(lines("{\"a\":\"tor\n[2]\n"), "{ a: ! | [ 2 ]");
    assert_string_equal(lines("[1,\n[2]\n"), "[ 1 ! | [ 2 ]");
    assert_string_equal(lines("{}{}\n[2]"), "{ } ! | [ 2 ]");
    assert_string_equal(lines("[1]\n[2"), "[ 1 ] | [ 2 !");
}

static void an_error_that_is_not_answered_ends_with_its_line(void **state)
{
    (void)state;
    struct json j;
    unsigned n = 0, bad = 0;
    struct err e = {0};
    json_open_lines(&j, slice_of("[1]\n]\n[3]\n"), &arena);
    for (; json_more(&j); n++)
        bad += !json_tree(&j, 10, &e);
    assert_int_equal(n, 3);
    assert_int_equal(bad, 1);
    assert_string_equal(e.msg, "byte 4: not a value");
}

static void more_is_false_after_the_only_document(void **state)
{
    (void)state;
    struct json j;
    json_open(&j, slice_of("{}"), &arena);
    assert_true(json_more(&j));
    assert_string_equal(json_trace(&j), "{ }");
    assert_false(json_more(&j));
    json_open(&j, slice_of("{"), &arena);
    json_trace(&j);
    assert_false(json_more(&j));
}

static void cut_lines_lose_no_document_in_silence(void **state)
{
    (void)state;
    static const char text[] = "{\"a\":[1,2]}\n{\"b\":{}}\n[3,\"x\"]\n";
    for (size_t n = 0; n < sizeof text; n++) {
        struct json j;
        unsigned good = 0, bad = 0, ends = 0;
        for (size_t i = 0; i < n; i++)
            ends += text[i + 1] == '\n';
        struct err e = {0};
        json_open_lines(&j, slice_at(text, n), &arena);
        while (json_more(&j))
            if (json_tree(&j, 10, &e))
                good++;
            else
                bad++;
        assert_int_equal(good, ends);
        bool inside = n > 0 && text[n - 1] != '\n' && text[n] != '\n';
        assert_int_equal(bad, inside);
    }
}

static struct json_value *tree(const char *text, size_t most, struct err *e)
{
    struct json j;
    json_open(&j, slice_of(text), &arena);
    return json_tree(&j, most, e);
}

static void a_tree_is_looked_up(void **state)
{
    (void)state;
    struct err e = {0};
    const struct json_value *v = tree(
        "{\"id\":\"x\",\"n\":12,\"list\":[1,[2],{\"k\":true}],\"id\":\"y\",\"no\":null}", 20, &e);
    assert_non_null(v);
    assert_int_equal(v->n, 5);
    assert_true(slice_is(json_get_text(v, "id"), "x"));
    assert_true(slice_is(json_get_text(v, "n"), "12"));
    assert_int_equal(json_get_text(v, "no").n, 0);
    assert_int_equal(json_get_text(v, "absent").n, 0);
    const struct json_value *list = json_get(v, "list");
    assert_int_equal(list->n, 3);
    assert_int_equal(list->first->next->first->type, JSON_NUMBER);
    assert_int_equal(json_get(list->first->next->next, "k")->type, JSON_TRUE);
    assert_null(json_get(list, "k"));
    assert_null(json_get(json_get(v, "absent"), "k"));
}

static void a_tree_is_whole_or_none(void **state)
{
    (void)state;
    struct err e = {0};
    assert_null(tree("[1,2", 10, &e));
    assert_int_equal(e.code, ERR_CORRUPT);
    assert_null(tree("[1,2] 3", 10, &e));
    assert_string_equal(e.msg, "byte 6: something follows the value");
    assert_null(tree("", 10, &e));
    assert_int_equal(e.code, ERR_CORRUPT);
}

static void a_tree_has_a_budget(void **state)
{
    (void)state;
    struct err e = {0};
    assert_non_null(tree("[1,2,3]", 4, &e));
    assert_null(tree("[1,2,3]", 3, &e));
    assert_int_equal(e.code, ERR_LIMIT);
}

static void a_streamed_document_gives_trees_of_its_parts(void **state)
{
    (void)state;
    struct json j;
    struct err e = {0};
    json_open(&j, slice_of("{\"objects\":[{\"id\":1},{\"id\":2},7]}"), &arena);
    assert_int_equal(json_next(&j), JSON_OBJECT);
    assert_true(json_key(&j));
    assert_int_equal(json_next(&j), JSON_ARRAY);
    int64_t sum = 0, id;
    for (enum json_token t; (t = json_next(&j)) != JSON_ARRAY_END;) {
        const struct json_value *v = json_tree_of(&j, t, 10, &e);
        assert_non_null(v);
        if (json_int(json_get_text(v, "id"), &id))
            sum += id;
    }
    assert_int_equal(sum, 3);
    assert_false(json_key(&j));
    assert_int_equal(json_next(&j), JSON_END);
}

static void integers_of_64_bits_are_exact(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t v;
    } good[] = {{"0", 0},
                {"-0", 0},
                {"9007199254740993", 9007199254740993},
                {"9223372036854775807", INT64_MAX},
                {"-9223372036854775808", INT64_MIN}};
    int64_t v;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_true(json_int(slice_of(good[i].text), &v));
        assert_true(v == good[i].v);
    }
    static const char *const bad[] = {"",    "-",   "9223372036854775808",  "-9223372036854775809",
                                      "1.0", "1e3", "18446744073709551616", "x"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(json_int(slice_of(bad[i]), &v));
}

static void assert_written(const char *text)
{
    if (!slice_is(buf_view(&out), text))
        fail_msg("%.*s", (int)out.n, (const char *)out.p);
}

static void the_writer_puts_commas_and_colons(void **state)
{
    (void)state;
    json_object(&w);
    json_name(&w, "a");
    json_array(&w);
    json_number(&w, 1);
    json_object(&w);
    json_object_end(&w);
    json_array(&w);
    json_array_end(&w);
    json_null(&w);
    json_array_end(&w);
    json_name_slice(&w, slice_of("b"));
    json_object(&w);
    json_name(&w, "c");
    json_bool(&w, true);
    json_object_end(&w);
    json_name(&w, "d");
    json_raw(&w, slice_of("[0]"));
    json_name(&w, "e");
    json_text(&w, "x");
    json_object_end(&w);
    buf_byte(&out, '\n');
    json_bool(&w, false);
    assert_written("{\"a\":[1,{},[],null],\"b\":{\"c\":true},\"d\":[0],\"e\":\"x\"}\nfalse");
}

static void strings_are_escaped(void **state)
{
    (void)state;
    static const char bytes[] = "q\" b\\ s/ <a> \0\x01\b\t\n\v\f\r\x1f\x7f";
    json_string(&w, slice_at(bytes, sizeof bytes - 1));
    assert_written("\"q\\\" b\\\\ s/ <a> \\u0000\\u0001\\b\\t\\n\\u000b\\f\\r\\u001f\\u007f\"");
}

static void hidden_controls_beyond_ascii_are_escaped(void **state)
{
    (void)state;
    json_text(&w, "caf\xc3\xa9 \xc2\x9b \xe2\x80\xa8\xe2\x80\xa9 \xe2\x82\xac\xf0\x9f\x98\x80");
    assert_written("\"caf\xc3\xa9 \\u009b \\u2028\\u2029 \xe2\x82\xac\xf0\x9f\x98\x80\"");
}

static void bytes_that_are_not_utf8_become_text(void **state)
{
    (void)state;
    json_text(&w, "a\xff\xfe"
                  "b\xc3"
                  "c\xed\xa0\x80 0123456789\x80");
    assert_written("\"a\\\\xff\\\\xfeb\\\\xc3c\\\\xed\\\\xa0\\\\x80 0123456789\\\\x80\"");
}

static void an_empty_slice_is_an_empty_string(void **state)
{
    (void)state;
    json_string(&w, (struct slice){0});
    assert_written("\"\"");
}

static void every_character_reads_back(void **state)
{
    (void)state;
    struct buf text = {0};
    for (uint32_t cp = 0; cp < 0x110000; cp += cp < 0x3000 ? 1 : 257)
        if (cp < 0xd800 || cp > 0xdfff)
            utf8_add(&text, cp);
    json_string(&w, buf_view(&text));
    assert_true(utf8_valid(buf_view(&out)));
    struct json j;
    json_open(&j, buf_view(&out), &arena);
    assert_int_equal(json_next(&j), JSON_STRING);
    assert_true(slice_equal(j.text, buf_view(&text)));
    assert_int_equal(json_next(&j), JSON_END);
    buf_free(&text);
}

static void whatever_is_written_is_json(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 0x10000; i++) {
        const uint8_t bytes[] = {'a', (uint8_t)(i >> 8), (uint8_t)i, 'b'};
        struct json j;
        buf_clear(&out);
        json_string(&w, slice_at(bytes, 4));
        json_open(&j, buf_view(&out), &arena);
        assert_int_equal(json_next(&j), JSON_STRING);
        assert_int_equal(json_next(&j), JSON_END);
    }
}

static void integers_are_written_in_full(void **state)
{
    (void)state;
    json_array(&w);
    json_number(&w, 0);
    json_number(&w, -1);
    json_number(&w, INT64_MAX);
    json_number(&w, INT64_MIN);
    json_array_end(&w);
    assert_written("[0,-1,9223372036854775807,-9223372036854775808]");
}

static void reals_are_short_and_read_back(void **state)
{
    (void)state;
    json_array(&w);
    static const double values[] = {0.1, 0.01, 1.0 / 3, 1e22, -2.5, 0, -0.0, 5e-324, 123456789.125};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        json_real(&w, values[i]);
    json_array_end(&w);
    assert_written("[0.1,0.01,0.3333333333333333,1e+22,-2.5,0,-0,5e-324,123456789.125]");
    static const double odd[] = {DBL_MAX, DBL_MIN, DBL_EPSILON, 1.0 + DBL_EPSILON,
                                 -DBL_TRUE_MIN * 3};
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        buf_clear(&out);
        json_real(&w, odd[i]);
        buf_byte(&out, 0);
        assert_true(strtod((const char *)out.p, NULL) == odd[i]);
    }
}

static void what_is_no_number_is_null(void **state)
{
    (void)state;
    json_array(&w);
    json_real(&w, NAN);
    json_real(&w, INFINITY);
    json_real(&w, -INFINITY);
    json_array_end(&w);
    assert_written("[null,null,null]");
}

static void the_writer_nests_as_deep_as_the_reader(void **state)
{
    (void)state;
    for (int i = 0; i < JSON_MAX_DEPTH; i++)
        json_array(&w);
    json_number(&w, 1);
    for (int i = 0; i < JSON_MAX_DEPTH; i++)
        json_array_end(&w);
    struct json j;
    json_open(&j, buf_view(&out), &arena);
    assert_true(json_skip(&j, json_next(&j)));
    assert_int_equal(json_next(&j), JSON_END);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(each_line_is_a_document, reset),
        cmocka_unit_test_setup(a_torn_line_costs_no_other, reset),
        cmocka_unit_test_setup(an_error_that_is_not_answered_ends_with_its_line, reset),
        cmocka_unit_test_setup(more_is_false_after_the_only_document, reset),
        cmocka_unit_test_setup(cut_lines_lose_no_document_in_silence, reset),
        cmocka_unit_test_setup(a_tree_is_looked_up, reset),
        cmocka_unit_test_setup(a_tree_is_whole_or_none, reset),
        cmocka_unit_test_setup(a_tree_has_a_budget, reset),
        cmocka_unit_test_setup(a_streamed_document_gives_trees_of_its_parts, reset),
        cmocka_unit_test_setup(integers_of_64_bits_are_exact, reset),
        cmocka_unit_test_setup(the_writer_puts_commas_and_colons, reset),
        cmocka_unit_test_setup(strings_are_escaped, reset),
        cmocka_unit_test_setup(hidden_controls_beyond_ascii_are_escaped, reset),
        cmocka_unit_test_setup(bytes_that_are_not_utf8_become_text, reset),
        cmocka_unit_test_setup(an_empty_slice_is_an_empty_string, reset),
        cmocka_unit_test_setup(every_character_reads_back, reset),
        cmocka_unit_test_setup(whatever_is_written_is_json, reset),
        cmocka_unit_test_setup(integers_are_written_in_full, reset),
        cmocka_unit_test_setup(reals_are_short_and_read_back, reset),
        cmocka_unit_test_setup(what_is_no_number_is_null, reset),
        cmocka_unit_test_setup(the_writer_nests_as_deep_as_the_reader, reset),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_free(&arena);
    buf_free(&out);
    return failed;
}
