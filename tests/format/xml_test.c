/* XML as a stream of tags and texts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "format/xml.h"

/* "<a" start, ">" stop, "'text'" text, "!" error, "." end. */
static void expect(const char *text, const char *want)
{
    struct arena a = {0};
    struct buf got = {0};
    struct xml x;
    xml_open(&x, slice_of(text), &a);
    for (bool more = true; more;) {
        enum xml_token t = xml_next(&x);
        more = t != XML_END && t != XML_ERROR;
        buf_text(&got, t == XML_START  ? "<"
                       : t == XML_STOP ? ">"
                       : t == XML_TEXT ? "'"
                       : t == XML_END  ? "."
                                       : "!");
        if (t == XML_START)
            buf_slice(&got, x.name);
        if (t == XML_TEXT) {
            buf_slice(&got, x.text);
            buf_byte(&got, '\'');
        }
    }
    buf_byte(&got, 0);
    assert_string_equal((const char *)got.p, want);
    buf_free(&got);
    arena_free(&a);
}

static void tags_and_texts_come_in_order(void **state)
{
    (void)state;
    expect("<?xml version='1.0'?><!-- <x> --><a><b/> t &amp; u </a>", "<a<b>'t & u'>.");
    expect("\xef\xbb\xbf<a>&#65;&#x42;&lt;&unknown;&#x110000;</a>", "<a'AB<&unknown;&#x110000;'>.");
    expect("<a><![CDATA[ <raw> & ]]></a>", "<a'<raw> &'>.");
    expect("<!DOCTYPE a [<!ENTITY e \"boom\">]><a>&e;</a>", "<a'&e;'>.");
    expect("", ".");
    expect("text", "'text'.");
}

static void damage_is_an_error_not_a_loop(void **state)
{
    (void)state;
    expect("<a", "!");
    expect("<a b='>", "!");
    expect("<>", "!");
    expect("<a><!-- ", "<a.");
    expect("<a><![CDATA[x", "<a'x'.");
    expect("<!DOCTYPE a [", ".");
}

static void attributes_are_found_by_their_local_name(void **state)
{
    (void)state;
    struct arena a = {0};
    struct xml x;
    xml_open(&x, slice_of("<n:a one = \"1>2\" p:two='&quot;' three=bare four='4'/>"), &a);
    assert_int_equal(xml_next(&x), XML_START);
    assert_true(xml_is(x.name, "a"));
    assert_true(slice_is(xml_attribute(&x, "one"), "1>2"));
    assert_true(slice_is(xml_attribute(&x, "two"), "\""));
    assert_int_equal(xml_attribute(&x, "three").n, 0);
    assert_int_equal(xml_attribute(&x, "none").n, 0);
    assert_int_equal(xml_next(&x), XML_STOP);
    assert_int_equal(xml_next(&x), XML_END);
    arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tags_and_texts_come_in_order),
        cmocka_unit_test(damage_is_an_error_not_a_loop),
        cmocka_unit_test(attributes_are_found_by_their_local_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
