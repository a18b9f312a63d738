#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "format/abx.h"
#include "tests/format/samples.h"

/* A document as one line an event, with the attributes of these names, separated by commas. */
static const char *events(struct slice bytes, const char *names, struct arena *a)
{
    static struct abx x;
    struct buf out = {0};
    enum xml_token t;
    abx_open(&x, bytes, a);
    while ((t = abx_next(&x)) != XML_END && t != XML_ERROR) {
        if (t == XML_TEXT) {
            buf_printf(&out, "%u [%.*s]\n", x.depth, (int)x.text.n, (const char *)x.text.p);
            continue;
        }
        buf_printf(&out, "%u %c%.*s", x.depth, t == XML_START ? '<' : '>', (int)x.name.n,
                   (const char *)x.name.p);
        struct slice rest = slice_of(names);
        while (t == XML_START && rest.n) {
            size_t n = slice_find(rest, ',');
            const char *name = arena_string(a, slice_sub(rest, 0, n));
            struct slice v = abx_get(&x, name);
            if (v.n)
                buf_printf(&out, " %s=[%.*s]", name, (int)v.n, (const char *)v.p);
            rest = slice_sub(rest, n + 1, rest.n);
        }
        buf_text(&out, "\n");
    }
    if (t == XML_ERROR) {
        assert_int_not_equal(x.err.code, ERR_NONE);
        buf_printf(&out, "error %s\n", err_name(x.err.code));
    }
    const char *text = arena_string(a, buf_view(&out));
    buf_free(&out);
    return text;
}

static void text_is_read(void **state)
{
    (void)state;
    struct arena a = {0};
    assert_string_equal(events(slice_of("<?xml version='1.0'?>\n"
                                        "<map><!-- <no> -->\n"
                                        "  <string name=\"a&lt;b\">1 &amp; 2</string>\n"
                                        "  <int name = 'n' value='5'/></map>\n"),
                               "name,value", &a),
                        "1 <map\n"
                        "2 <string name=[a<b]\n"
                        "2 [1 & 2]\n"
                        "1 >string\n"
                        "2 <int name=[n] value=[5]\n"
                        "1 >int\n"
                        "0 >map\n");
    arena_free(&a);
}

static void broken_text_is_an_error(void **state)
{
    (void)state;
    struct arena a = {0};
    static const char *const broken[] = {"",      "<a>",      "<a",          "<a></b>",
                                         "</a>",  "<a/><b/>", "text",        "<a/>text",
                                         "<!-- ", "<a></a",   "<a><![CDATA["};
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++)
        assert_non_null(strstr(events(slice_of(broken[i]), "", &a), "error corrupt"));
    struct buf deep = {0};
    for (int i = 0; i <= ABX_MAX_DEPTH; i++)
        buf_text(&deep, "<a>");
    assert_non_null(strstr(events(buf_view(&deep), "", &a), "error limit"));
    buf_free(&deep);
    arena_free(&a);
}

static void both_forms_of_the_samples_are_one(void **state)
{
    (void)state;
    static const char *const names[] = {"test-basic", "test-typed-attribute",
                                        "test_interned_strings"};
    static const char attributes[] =
        "a1_1_1_1,a1_1_2_1,a1_1_2_2,a1_2_4_1,value-int,value-inthex,value-long,value-longhex,"
        "value-float,value-double,value-bool,value-byteshex,value-base64,interned_attribute";
    struct arena a = {0};
    for (size_t i = 0; i < 3; i++) {
        struct slice text =
            sample_or_skip(&a, arena_printf(&a, "ccl-abx/test-files/%s.xml", names[i]));
        struct slice binary =
            sample_or_skip(&a, arena_printf(&a, "ccl-abx/test-files/%s.xml.abx", names[i]));
        assert_true(abx_is_binary(binary) && !abx_is_binary(text));
        const char *want = events(text, attributes, &a);
        assert_null(strstr(want, "error"));
        assert_string_equal(events(binary, attributes, &a), want);
    }
    arena_free(&a);
}

/* <r i=-5 h=ff t=true f=false n b=0a0b c=AQI= l=-1 s=...>text</r> */
static const uint8_t every_type[] = "ABX\0\x10\x32\xff\xff\0\1r"
                                    "\x6f\xff\xff\0\1i\xff\xff\xff\xfb"
                                    "\x7f\xff\xff\0\1h\0\0\0\xff"
                                    "\xcf\xff\xff\0\1t"
                                    "\xdf\xff\xff\0\1f"
                                    "\x1f\xff\xff\0\1n"
                                    "\x4f\xff\xff\0\1b\0\2\x0a\x0b"
                                    "\x5f\xff\xff\0\1c\0\2\1\2"
                                    "\x8f\xff\xff\0\1l\xff\xff\xff\xff\xff\xff\xff\xff"
                                    "\x3f\xff\xff\0\1s\0\1"
                                    "\x24\0\x08x\xed\xa0\xbd\xed\xb8\x80y"
                                    "\x33\0\0\x11";

static void every_type_becomes_text(void **state)
{
    (void)state;
    struct arena a = {0};
    struct slice all = slice_at(every_type, sizeof every_type - 1);
    assert_string_equal(events(all, "i,h,t,f,n,b,c,l,s", &a),
                        "1 <r i=[-5] h=[ff] t=[true] f=[false] b=[0a0b] c=[AQI=] l=[-1] s=[i]\n"
                        "1 [x\xf0\x9f\x98\x80y]\n"
                        "0 >r\n");
    for (size_t n = 0; n + 1 < all.n; n++)
        assert_non_null(strstr(events(slice_sub(all, 0, n), "", &a), "error corrupt"));
    arena_free(&a);
}

static void broken_binary_is_an_error(void **state)
{
    (void)state;
    struct arena a = {0};
    struct buf b = {0};
    buf_add(&b, every_type, sizeof every_type - 1);
    buf_byte(&b, 0);
    assert_non_null(
        strstr(events(buf_view(&b), "", &a), "error corrupt")); /* data behind the end */
    assert_non_null(strstr(events(slice_at("ABX\0\x32\0\7", 7), "", &a), "error corrupt"));
    assert_non_null(strstr(events(slice_at("ABX\0\x3b\0\7", 7), "", &a), "error corrupt"));
    assert_non_null(
        strstr(events(slice_at("ABX\0\x32\xff\xff\0\1a\xef\xff\xff\0\1b\x33\0\0", 18), "", &a),
               "error corrupt"));
    buf_clear(&b);
    buf_add(&b, "ABX\0", 4);
    buf_add(&b, "\x32\xff\xff\0\1a", 6);
    for (int i = 0; i < ABX_MAX_DEPTH; i++)
        buf_add(&b, "\x32\0\0", 3);
    assert_non_null(strstr(events(buf_view(&b), "", &a), "error limit"));
    buf_free(&b);
    arena_free(&a);
}

static void attributes_are_found_and_elements_skipped(void **state)
{
    (void)state;
    struct arena a = {0};
    static struct abx x;
    abx_open(&x, slice_of("<a><b x='1' y='2'><c/>text</b><d/></a>"), &a);
    assert_int_equal(abx_next(&x), XML_START);
    assert_int_equal(abx_next(&x), XML_START);
    assert_true(slice_is(abx_get(&x, "y"), "2"));
    assert_int_equal(abx_get(&x, "z").n, 0);
    assert_true(abx_skip(&x));
    assert_int_equal(abx_next(&x), XML_START);
    assert_true(slice_is(x.name, "d"));
    assert_true(abx_skip(&x));
    assert_int_equal(abx_next(&x), XML_STOP);
    assert_int_equal(abx_next(&x), XML_END);
    arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_read),
        cmocka_unit_test(broken_text_is_an_error),
        cmocka_unit_test(both_forms_of_the_samples_are_one),
        cmocka_unit_test(every_type_becomes_text),
        cmocka_unit_test(broken_binary_is_an_error),
        cmocka_unit_test(attributes_are_found_and_elements_skipped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
