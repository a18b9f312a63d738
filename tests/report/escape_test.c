#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "report/escape.h"

static struct arena arena;

static int free_arena(void **state)
{
    (void)state;
    arena_free(&arena);
    return 0;
}

static const char *through(void (*escape)(struct buf *, struct slice), struct slice text)
{
    struct buf out = {0};
    escape(&out, text);
    const char *kept = arena_string(&arena, buf_view(&out));
    buf_free(&out);
    return kept;
}

static const char *terminal(const char *text)
{
    return through(escape_terminal, slice_of(text));
}

static const char *html(const char *text)
{
    return through(escape_html, slice_of(text));
}

static const char *cell(const char *text)
{
    return through(escape_csv, slice_of(text));
}

static const char *defanged(const char *text)
{
    return arena_string(&arena, defang(slice_of(text), &arena));
}

static void terminal_keeps_plain_text_of_any_script(void **state)
{
    (void)state;
    assert_string_equal(terminal("caf\xc3\xa9 \xd8\xb3\xd9\x84\xd8\xa7\xd9\x85"),
                        "caf\xc3\xa9 \xd8\xb3\xd9\x84\xd8\xa7\xd9\x85");
}

static void terminal_never_gets_an_escape_sequence(void **state)
{
    (void)state;
    assert_string_equal(terminal("a\033[31mb"), "a<U+001B>[31mb");
    assert_string_equal(terminal("\x07\x08\r\x7f"), "<U+0007><U+0008><U+000D><U+007F>");
    assert_string_equal(terminal("\xc2\x9b"
                                 "2J"),
                        "<U+009B>2J"); /* CSI in one character */
}

static void terminal_shows_what_would_reorder_or_hide(void **state)
{
    (void)state;
    assert_string_equal(terminal("gpj\xe2\x80\xae.exe"), "gpj<U+202E>.exe");
    assert_string_equal(terminal("a\xe2\x80\x8b"
                                 "b"),
                        "a<U+200B>b");
    assert_string_equal(terminal("\xe2\x81\xa6\xe2\x81\xa9"), "<U+2066><U+2069>");
    assert_string_equal(terminal("\xef\xbb\xbf"), "<U+FEFF>");
    assert_string_equal(terminal("\xf3\xa0\x81\x81"), "<U+E0041>"); /* a tag character */
}

static void terminal_text_stays_on_its_line(void **state)
{
    (void)state;
    assert_string_equal(terminal("a\nb\tc"), "a b c");
}

static void broken_bytes_are_shown_as_bytes(void **state)
{
    (void)state;
    assert_string_equal(terminal("a\xff\xc3"), "a\\xff\\xc3");
    assert_string_equal(terminal("\xed\xa0\x80"), "\\xed\\xa0\\x80"); /* a surrogate */
    assert_string_equal(html("\xff"), "<span class=\"u\">\\xff</span>");
}

static void html_text_can_neither_end_nor_start_markup(void **state)
{
    (void)state;
    assert_string_equal(html("<script>alert(1)</script>"), "&lt;script&gt;alert(1)&lt;/script&gt;");
    assert_string_equal(html("\" onload='x' &amp;"), "&quot; onload=&#39;x&#39; &amp;amp;");
}

static void html_boxes_hidden_characters(void **state)
{
    (void)state;
    assert_string_equal(html("a\xe2\x80\xae"), "a<span class=\"u\">U+202E</span>");
    assert_string_equal(through(escape_html, slice_at("\0", 1)), "<span class=\"u\">U+0000</span>");
}

static void links_lose_their_scheme_and_dots(void **state)
{
    (void)state;
    assert_string_equal(defanged("http://spy.example/a.b"), "hxxp://spy[.]example/a[.]b");
    assert_string_equal(defanged("HTTPS://spy.example"), "HxxpS://spy[.]example");
    assert_string_equal(defanged("192.0.2.1"), "192[.]0[.]2[.]1");
    assert_string_equal(defanged("a@spy.example"), "a@spy[.]example");
}

static void words_around_a_link_stay_as_they_are(void **state)
{
    (void)state;
    assert_string_equal(defanged("The end. It was not xhttp"), "The end. It was not xhttp");
    assert_string_equal(defanged("... and .hidden"), "... and .hidden");
}

static void defanging_cannot_be_a_way_around_escaping(void **state)
{
    (void)state;
    assert_string_equal(through(escape_defang, slice_of("http://a.example/<b>")),
                        "hxxp://a[.]example/&lt;b&gt;");
}

static void csv_cells_are_quoted(void **state)
{
    (void)state;
    assert_string_equal(cell("a,b"), "\"a,b\"");
    assert_string_equal(cell("say \"hi\""), "\"say \"\"hi\"\"\"");
    assert_string_equal(cell("two\r\nlines"), "\"two\r\nlines\"");
    assert_string_equal(cell(""), "\"\"");
}

static void csv_formulas_become_text(void **state)
{
    static const char *const starts[] = {"=", "+", "-", "@", "\t", "\r"};
    (void)state;
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++)
        assert_string_equal(cell(arena_printf(&arena, "%s1", starts[i])),
                            arena_printf(&arena, "\"'%s1\"", starts[i]));
    assert_string_equal(cell("1=1"), "\"1=1\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(terminal_keeps_plain_text_of_any_script),
        cmocka_unit_test(terminal_never_gets_an_escape_sequence),
        cmocka_unit_test(terminal_shows_what_would_reorder_or_hide),
        cmocka_unit_test(terminal_text_stays_on_its_line),
        cmocka_unit_test(broken_bytes_are_shown_as_bytes),
        cmocka_unit_test(html_text_can_neither_end_nor_start_markup),
        cmocka_unit_test(html_boxes_hidden_characters),
        cmocka_unit_test(links_lose_their_scheme_and_dots),
        cmocka_unit_test(words_around_a_link_stay_as_they_are),
        cmocka_unit_test(defanging_cannot_be_a_way_around_escaping),
        cmocka_unit_test(csv_cells_are_quoted),
        cmocka_unit_test(csv_formulas_become_text),
    };
    return cmocka_run_group_tests(tests, NULL, free_arena);
}
