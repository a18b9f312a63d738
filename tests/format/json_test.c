#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/utf8.h"
#include "json_trace.h"

static struct arena arena;

static int reset(void **state)
{
    (void)state;
    arena_reset(&arena);
    return 0;
}

static const char *trace(const char *text)
{
    struct json j;
    json_open(&j, slice_of(text), &arena);
    return json_trace(&j);
}

/* Reads to the end: the code of the error, or ERR_NONE. */
static enum err_code verdict(struct slice bytes, size_t *tokens)
{
    struct json j;
    size_t n = 0;
    json_open(&j, bytes, &arena);
    enum json_token t;
    while ((t = json_next(&j)) != JSON_END && t != JSON_ERROR)
        n++;
    if (tokens)
        *tokens = n;
    if (t == JSON_ERROR)
        assert_int_equal(json_next(&j), JSON_ERROR);
    assert_int_equal(t == JSON_ERROR, j.err.code != ERR_NONE);
    return j.err.code;
}

static void the_grammar_is_accepted(void **state)
{
    (void)state;
    static const char *const good[] = {
        "{}",
        "[]",
        " [ ] ",
        "\t{\r\n}\n",
        "null",
        "true",
        "false",
        "0",
        "-0",
        "1",
        "-1",
        "10",
        "0.5",
        "-0.0",
        "1e5",
        "1E5",
        "1e+5",
        "1e-5",
        "0e0",
        "1.25e-300",
        "123456789012345678901234567890",
        "1e999",
        "\"\"",
        "\"a\"",
        "[[[[]]]]",
        "[1,2,3]",
        "[ 1 , 2 ]",
        "{\"a\":1}",
        "{\"\":null}",
        "{ \"a\" : 1 , \"b\" : [ ] }",
        "{\"a\":{\"b\":{\"c\":[{},[],\"\"]}}}",
        "{\"a\":1,\"a\":2}",
        "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\"",
        "\"\\u0000\"",
        "\"\\ud83d\\ude00\"",
        "\"\\ud800\"",
        "\"\\udc00\\ud800\"",
        "\"\x7f\"",
        "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"",
        "\"\xf4\x8f\xbf\xbf\"",
        "\"\xe2\x80\xa8\"",
        "\xef\xbb\xbf{}",
        "[\"a long string that takes more than one step of eight bytes\"]",
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        if (verdict(slice_of(good[i]), NULL) != ERR_NONE)
            fail_msg("refused: %s", good[i]);
}

static void what_breaks_the_grammar_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        " ",
        "\xef\xbb\xbf",
        "nul",
        "nulls",
        "True",
        "NaN",
        "Infinity",
        "-Infinity",
        "undefined",
        "'a'",
        "a",
        "{",
        "}",
        "[",
        "]",
        "[}",
        "{]",
        "[1}",
        "{\"a\":1]",
        "[[]",
        "[]]",
        "{}}",
        "[,]",
        "[1,]",
        "[,1]",
        "[1,,2]",
        "[1 2]",
        "[1:2]",
        "{,}",
        "{\"a\":1,}",
        "{\"a\":1,,\"b\":2}",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\" 1}",
        "{\"a\"::1}",
        "{:1}",
        "{a:1}",
        "{1:1}",
        "{'a':1}",
        "{\"a\":1 \"b\":2}",
        "{\"a\",\"b\"}",
        "[\"a\":1]",
        "1 2",
        "{}{}",
        "\"a\" \"b\"",
        "[] // x",
        "/* x */ []",
        "[1,/* x */2]",
        "#\n[]",
        "+1",
        "-",
        "--1",
        "01",
        "-01",
        "00",
        "1.",
        ".5",
        "-.5",
        "1.e5",
        "1e",
        "1e+",
        "1E-",
        "1e5.5",
        "1.2.3",
        "0x10",
        "1_000",
        "1,000",
        "[1e]",
        "[-]",
        "1a",
        "\"",
        "\"a",
        "\"\\\"",
        "\"\\",
        "\"\\a\"",
        "\"\\'\"",
        "\"\\0\"",
        "\"\\x41\"",
        "\"\\U0041\"",
        "\"\\u\"",
        "\"\\u004\"",
        "\"\\u004g\"",
        "\"\\u00 41\"",
        "\"\\u+041\"",
        "\"\\ud83d\\u\"",
        "\"\t\"",
        "\"\n\"",
        "\"\x01\"",
        "\"\x1f\"",
        "{\"a\nb\":1}",
        "\"\x80\"",
        "\"\xc0\x80\"",
        "\"\xc1\xbf\"",
        "\"\xe0\x80\x80\"",
        "\"\xed\xa0\x80\"",
        "\"\xf0\x80\x80\x80\"",
        "\"\xf4\x90\x80\x80\"",
        "\"\xf8\x88\x80\x80\x80\"",
        "\"\xff\"",
        "\"\xc3\"",
        "\"\xe2\x82\"",
        "\"\xc3(\"",
        "\xc2\xa0[]",
        "\xe2\x80\xa8[]",
        "[\x0b]",
        "[\x0c]",
        "[]\xef\xbb\xbf",
        "\xff\xfe[\x01]\x01",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (verdict(slice_of(bad[i]), NULL) != ERR_CORRUPT)
            fail_msg("not refused: %s", bad[i]);
    static const char nul[] = "[1]\0", inside[] = "[\0]", key[] = "\"a\0b\"";
    assert_int_equal(verdict(slice_at(nul, 4), NULL), ERR_CORRUPT);
    assert_int_equal(verdict(slice_at(inside, 3), NULL), ERR_CORRUPT);
    assert_int_equal(verdict(slice_at(key, 5), NULL), ERR_CORRUPT);
}

static void tokens_come_in_order(void **state)
{
    (void)state;
    assert_string_equal(trace("{\"a\":[1,-2.50,\"x\"],\"b\":{\"c\":true,\"d\":false},\"e\":null}"),
                        "{ a: [ 1 -2.50 'x' ] b: { c: T d: F } e: N }");
    assert_string_equal(trace("[[],{},[{}]]"), "[ [ ] { } [ { } ] ]");
    assert_string_equal(trace("[1,2"), "[ 1 2 !");
}

static void equal_keys_are_passed_through(void **state)
{
    (void)state;
    assert_string_equal(trace("{\"a\":1,\"a\":2}"), "{ a: 1 a: 2 }");
}

static void numbers_keep_their_text(void **state)
{
    (void)state;
    assert_string_equal(trace("[9007199254740993,1.10,1E+2,-0]"),
                        "[ 9007199254740993 1.10 1E+2 -0 ]");
}

static struct slice decoded(const char *text)
{
    struct json j;
    json_open(&j, slice_of(text), &arena);
    assert_int_equal(json_next(&j), JSON_STRING);
    struct slice s = j.text;
    assert_int_equal(json_next(&j), JSON_END);
    return s;
}

static void escapes_are_decoded(void **state)
{
    (void)state;
    assert_true(slice_is(decoded("\"a\\\"\\\\\\/\\b\\f\\n\\r\\tz\""), "a\"\\/\b\f\n\r\tz"));
    assert_true(slice_is(decoded("\"\\u0041\\u00e9\\u20ac\\uD83D\\ude00\""),
                         "A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"));
    struct slice nul = decoded("\"a\\u0000b\"");
    assert_int_equal(nul.n, 3);
    assert_memory_equal(nul.p, "a\0b", 3);
}

static void a_lone_surrogate_becomes_the_replacement_character(void **state)
{
    (void)state;
    assert_true(slice_is(decoded("\"\\ud83dx\""), "\xef\xbf\xbdx"));
    assert_true(slice_is(decoded("\"\\ude00\""), "\xef\xbf\xbd"));
    assert_true(slice_is(decoded("\"\\ud83d\\n\""), "\xef\xbf\xbd\n"));
    assert_true(slice_is(decoded("\"\\ud83d\\u0041\""), "\xef\xbf\xbd"
                                                        "A"));
    assert_true(slice_is(decoded("\"\\ud83d\\ud83d\\ude00\""), "\xef\xbf\xbd\xf0\x9f\x98\x80"));
}

static void a_string_without_escapes_is_part_of_the_input(void **state)
{
    (void)state;
    const char *text = "\"caf\xc3\xa9\"";
    size_t before = arena.used;
    struct slice s = decoded(text);
    assert_ptr_equal(s.p, text + 1);
    assert_int_equal(arena.used, before);
}

/* The scanner looks at eight bytes at once: each byte at each place must be seen by itself. */
static void every_byte_is_judged_at_every_place(void **state)
{
    (void)state;
    for (unsigned c = 0; c < 256; c++)
        for (size_t at = 1; at < 20; at++) {
            char text[32] = "\"aaaaaaaaaaaaaaaaaaaa\"";
            text[at] = (char)c;
            bool plain = c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
            if ((verdict(slice_at(text, 22), NULL) == ERR_NONE) != plain)
                fail_msg("byte %02x at %zu", c, at);
        }
}

static void depth_ends_at_256(void **state)
{
    (void)state;
    char text[2 * 257];
    memset(text, '[', 256);
    memset(text + 256, ']', 256);
    assert_int_equal(verdict(slice_at(text, 512), NULL), ERR_NONE);
    memset(text, '[', 257);
    memset(text + 257, ']', 257);
    assert_int_equal(verdict(slice_at(text, 514), NULL), ERR_LIMIT);
    struct buf deep = {0};
    for (int i = 0; i < 100000; i++)
        buf_text(&deep, "{\"a\":");
    assert_int_equal(verdict(buf_view(&deep), NULL), ERR_LIMIT);
    buf_free(&deep);
}

static void brackets_must_match_at_every_depth(void **state)
{
    (void)state;
    struct buf text = {0};
    for (int i = 0; i < 128; i++)
        buf_text(&text, "{\"a\":[");
    size_t opened = text.n;
    for (int i = 0; i < 128; i++)
        buf_text(&text, "]}");
    assert_int_equal(verdict(buf_view(&text), NULL), ERR_NONE);
    for (size_t i = opened; i < text.n; i++) {
        text.p[i] ^= '}' ^ ']';
        assert_int_equal(verdict(buf_view(&text), NULL), ERR_CORRUPT);
        text.p[i] ^= '}' ^ ']';
    }
    buf_free(&text);
}

static void an_error_names_its_byte(void **state)
{
    (void)state;
    static const struct {
        const char *text, *words;
    } cases[] = {
        {"[1,2", "byte 4: ends inside an array"},
        {"{\"a\":tru}", "byte 5: not a value"},
        {"[1.x]", "byte 3: a number that isn't one"},
        {"\"abc\\q\"", "byte 4: an escape that isn't one"},
        {"\xef\xbb\xbf[\xff]", "byte 4: not a value"},
        {"[\"0123456789\x02\"]", "byte 12: a control character in a string"},
        {"[1] x", "byte 4: something follows the value"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct json j;
        json_open(&j, slice_of(cases[i].text), &arena);
        json_trace(&j);
        assert_string_equal(j.err.msg, cases[i].words);
    }
}

static const char whole[] = "{\"type\":\"bundle\",\"objects\":[{\"id\":\"a\\u00e9\\ud83d\\ude00\","
                            "\"n\":[-1.5e+3,true,false,null]},{\"caf\xc3\xa9\":{}}]}\n";

static void a_cut_document_is_never_complete(void **state)
{
    (void)state;
    size_t tokens, all;
    assert_int_equal(verdict(slice_of(whole), &all), ERR_NONE);
    for (size_t n = 0; n + 2 < sizeof whole; n++) {
        assert_int_equal(verdict(slice_at(whole, n), &tokens), ERR_CORRUPT);
        assert_true(tokens < all);
    }
}

static void skipping_reads_to_the_end_of_a_value(void **state)
{
    (void)state;
    struct json j;
    json_open(&j, slice_of("{\"a\":[1,[2,{}]],\"b\":3,\"c\":{\"d\":[]},\"e\":\"x\"}"), &arena);
    assert_int_equal(json_next(&j), JSON_OBJECT);
    unsigned n = 0;
    while (json_key(&j)) {
        n++;
        assert_true(json_skip(&j, json_next(&j)));
    }
    assert_int_equal(n, 4);
    assert_int_equal(j.err.code, ERR_NONE);
    assert_int_equal(json_next(&j), JSON_END);
}

static void skipping_does_not_forgive(void **state)
{
    (void)state;
    struct json j;
    json_open(&j, slice_of("{\"a\":[1,[2,{]],\"b\":3}"), &arena);
    assert_int_equal(json_next(&j), JSON_OBJECT);
    assert_true(json_key(&j));
    assert_false(json_skip(&j, json_next(&j)));
    assert_false(json_key(&j));
    assert_int_equal(j.err.code, ERR_CORRUPT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_grammar_is_accepted, reset),
        cmocka_unit_test_setup(what_breaks_the_grammar_is_refused, reset),
        cmocka_unit_test_setup(tokens_come_in_order, reset),
        cmocka_unit_test_setup(equal_keys_are_passed_through, reset),
        cmocka_unit_test_setup(numbers_keep_their_text, reset),
        cmocka_unit_test_setup(escapes_are_decoded, reset),
        cmocka_unit_test_setup(a_lone_surrogate_becomes_the_replacement_character, reset),
        cmocka_unit_test_setup(a_string_without_escapes_is_part_of_the_input, reset),
        cmocka_unit_test_setup(every_byte_is_judged_at_every_place, reset),
        cmocka_unit_test_setup(depth_ends_at_256, reset),
        cmocka_unit_test_setup(brackets_must_match_at_every_depth, reset),
        cmocka_unit_test_setup(an_error_names_its_byte, reset),
        cmocka_unit_test_setup(a_cut_document_is_never_complete, reset),
        cmocka_unit_test_setup(skipping_reads_to_the_end_of_a_value, reset),
        cmocka_unit_test_setup(skipping_does_not_forgive, reset),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_free(&arena);
    return failed;
}
