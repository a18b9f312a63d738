#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/utime.h"
#include "format/plist.h"
#include "plist_build.h"

static struct arena arena;

static struct plist *opened(struct slice bytes)
{
    struct err e = {0};
    struct plist *p = plist_open(bytes, &arena, &e);
    if (!p)
        fail_msg("%s", e.msg);
    return p;
}

static struct plist *xml(const char *text)
{
    return opened(slice_of(text));
}

static void refused(struct slice bytes, enum err_code code)
{
    struct err e = {0};
    assert_null(plist_open(bytes, &arena, &e));
    assert_string_equal(err_name(e.code), err_name(code));
    assert_true(*e.msg);
}

static void intact(struct plist *p)
{
    struct err e = {0};
    if (plist_bad(p, &e))
        fail_msg("%s", e.msg);
}

static void bad(struct plist *p, const char *words)
{
    struct err e = {0};
    assert_true(plist_bad(p, &e));
    if (!strstr(e.msg, words))
        fail_msg("\"%s\" has no \"%s\"", e.msg, words);
}

static const char *text(struct utime t)
{
    static char out[UTIME_TEXT];
    return utime_text(t, out);
}

static int reset(void **state)
{
    (void)state;
    arena_free(&arena);
    return 0;
}

#define OBJECT(d, literal) build_object(d, literal, sizeof literal - 1)

static void binary_has_every_type(void **state)
{
    (void)state;
    struct build d;
    build_start(&d, 1, 1);
    uint64_t refs[] = {
        OBJECT(&d, "\x00"),
        OBJECT(&d, "\x08"),
        OBJECT(&d, "\x09"),
        OBJECT(&d, "\x10\xff"),
        OBJECT(&d, "\x13\xff\xff\xff\xff\xff\xff\xff\xfe"),
        OBJECT(&d, "\x22\x3f\xc0\x00\x00"),
        OBJECT(&d, "\x23\xc0\x04\x00\x00\x00\x00\x00\x00"),
        OBJECT(&d, "\x33\x41\xc2\xcf\x4e\xc0\x00\x00\x00"),
        OBJECT(&d, "\x43"
                   "a\0b"),
        OBJECT(&d, "\x53"
                   "a\0b"),
        OBJECT(&d, "\x81\x01\x00"),
        OBJECT(&d, "\xa0"),
        OBJECT(&d, "\xd0"),
        OBJECT(&d, "\xc0"),
    };
    uint64_t top = build_container(&d, 10, 14, refs);
    struct plist *p = opened(build_end(&d, top));
    struct plist_value v[14];
    assert_int_equal(plist_count(plist_top(p)), 14);
    for (size_t i = 0; i < 14; i++)
        v[i] = plist_at(plist_top(p), i);
    assert_int_equal(v[0].type, PLIST_NULL);
    assert_true(v[1].type == PLIST_BOOL && !plist_bool(v[1], true));
    assert_true(plist_bool(v[2], false) && plist_int(v[2], 0) == 1);
    assert_int_equal(plist_int(v[3], 0), 255);
    assert_int_equal(plist_int(v[4], 0), -2);
    assert_true(v[5].type == PLIST_REAL && plist_real(v[5], 0) == 1.5);
    assert_true(plist_real(v[6], 0) == -2.5 && plist_int(v[6], 0) == -2);
    assert_string_equal(text(plist_date(v[7])), "2021-01-01T00:00:00Z");
    assert_true(slice_equal(plist_data(v[8]), slice_at("a\0b", 3)));
    assert_true(slice_equal(plist_string(v[9]), slice_at("a\0b", 3)));
    assert_true(v[10].type == PLIST_UID && plist_int(v[10], 0) == 256);
    assert_true(v[11].type == PLIST_ARRAY && plist_count(v[11]) == 0);
    assert_int_equal(v[12].type, PLIST_DICT);
    assert_int_equal(v[13].type, PLIST_ARRAY);
    assert_int_equal(plist_at(plist_top(p), 14).type, PLIST_NONE);
    intact(p);
    build_free(&d);
}

static void wrong_types_give_nothing(void **state)
{
    (void)state;
    struct plist *p = xml("<plist><string>7</string></plist>");
    struct plist_value v = plist_top(p), none = plist_get(v, "a");
    assert_int_equal(none.type, PLIST_NONE);
    for (int i = 0; i < 2; i++, v = none) {
        assert_int_equal(plist_int(v, -5), -5);
        assert_true(plist_real(v, -5) == -5 && plist_bool(v, true));
        assert_int_equal(plist_date(v).precision, PRECISION_NONE);
        assert_int_equal(plist_data(v).n + plist_count(v), 0);
        assert_int_equal(plist_at(v, 0).type, PLIST_NONE);
    }
    assert_int_equal(plist_string(none).n, 0);
    intact(p);
}

static void integers_beyond_64_bits_are_never_another_number(void **state)
{
    (void)state;
    const char *low = "\x14\0\0\0\0\0\0\0\0\x7f\xff\xff\xff\xff\xff\xff\xff";
    const char *high = "\x14\0\0\0\0\0\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff";
    const char *minus = "\x14\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff";
    struct build d;
    build_start(&d, 1, 1);
    uint64_t refs[] = {build_object(&d, low, 17), build_object(&d, high, 17),
                       build_object(&d, minus, 17)};
    struct plist_value v = plist_top(opened(build_end(&d, build_container(&d, 10, 3, refs))));
    for (int i = 0; i < 2; i++) {
        assert_true(plist_int(plist_at(v, 0), 0) == INT64_MAX);
        assert_int_equal(plist_int(plist_at(v, 1), -7), -7);
        assert_true(plist_real(plist_at(v, 1), 0) == 0x1p64);
        assert_int_equal(plist_int(plist_at(v, 2), 0), -1);
        intact(v.plist);
        v = plist_top(xml("<array><integer>9223372036854775807</integer><integer>"
                          "18446744073709551615</integer><integer>-1</integer></array>"));
    }
    build_free(&d);
}

static void utf16_becomes_utf8(void **state)
{
    (void)state;
    struct build d;
    build_start(&d, 1, 1);
    OBJECT(&d, "\x64\x00\xe4\xd8\x3d\xde\x00\xd8\x00");
    struct plist *p = opened(build_end(&d, 0));
    assert_true(slice_is(plist_string(plist_top(p)), "\xc3\xa4\xf0\x9f\x98\x80\xef\xbf\xbd"));
    intact(p);
    build_free(&d);
}

static void bytes_that_are_no_utf8_are_shown(void **state)
{
    (void)state;
    struct plist *p = xml("<dict><key>a\xff</key><string>b\xfe</string></dict>");
    struct plist_iter it = plist_iter(plist_top(p));
    struct slice key;
    struct plist_value v;
    assert_true(plist_next(&it, &key, &v));
    assert_true(slice_is(key, "a\\xff") && slice_is(plist_string(v), "b\\xfe"));
}

static void keys_are_found_in_either_coding(void **state)
{
    (void)state;
    struct build d;
    build_start(&d, 2, 2);
    uint64_t refs[] = {build_text(&d, "plain"),
                       OBJECT(&d, "\x62\x00k\x00\xe4"),
                       OBJECT(&d, "\x63\x00k\xd8\x3d\xde\x00"),
                       build_text(&d, "plain"),
                       build_int(&d, 1),
                       build_int(&d, 2),
                       build_int(&d, 3),
                       build_int(&d, 4)};
    struct plist *p = opened(build_end(&d, build_container(&d, 13, 4, refs)));
    struct plist_value v = plist_top(p);
    assert_int_equal(plist_int(plist_get(v, "plain"), 0), 1); /* the first of two */
    assert_int_equal(plist_int(plist_get(v, "k\xc3\xa4"), 0), 2);
    assert_int_equal(plist_int(plist_get(v, "k\xf0\x9f\x98\x80"), 0), 3);
    assert_int_equal(plist_get(v, "k").type, PLIST_NONE);
    assert_int_equal(plist_get(v, "k\xc3\xa4x").type, PLIST_NONE);
    assert_int_equal(plist_count(v), 4);
    assert_int_equal(plist_unreferenced(p), 0);
    intact(p);
    build_free(&d);
}

static void references_and_offsets_have_one_to_eight_bytes(void **state)
{
    (void)state;
    for (unsigned refs = 1; refs <= 8; refs++)
        for (unsigned offsets = 1; offsets <= 8; offsets++) {
            struct build d;
            build_start(&d, refs, offsets);
            uint64_t pair[] = {build_text(&d, "key"), build_int(&d, 7)};
            struct plist *p = opened(build_end(&d, build_container(&d, 13, 1, pair)));
            assert_int_equal(plist_int(plist_get(plist_top(p), "key"), 0), 7);
            intact(p);
            build_free(&d);
        }
}

static void dates_are_never_guessed(void **state)
{
    (void)state;
    struct build d;
    build_start(&d, 1, 1);
    uint64_t refs[] = {
        OBJECT(&d, "\x33\x00\x00\x00\x00\x00\x00\x00\x00"), /* 2001: never */
        OBJECT(&d, "\x33\x7f\xf8\x00\x00\x00\x00\x00\x00"), /* not a number */
        OBJECT(&d, "\x33\x42\x2d\x63\xc3\x7f\x00\x00\x00"), /* 4001: the distant future */
        OBJECT(&d, "\x33\x41\xd4\x36\xa6\x4c\x00\x00\x00"), /* 2043, no Unix time of 2012 */
        OBJECT(&d, "\x33\x41\xc2\xcf\x4e\xc0\x20\x00\x00"),
        OBJECT(&d, "\x33\xbf\xf0\x00\x00\x00\x00\x00\x00"), /* -1 */
    };
    struct plist *p = opened(build_end(&d, build_container(&d, 10, 6, refs)));
    struct plist_value v = plist_top(p);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(plist_at(v, i).type, PLIST_DATE);
        assert_int_equal(plist_date(plist_at(v, i)).precision, PRECISION_NONE);
    }
    assert_string_equal(text(plist_date(plist_at(v, 3))), "2043-12-27T06:29:04Z");
    assert_string_equal(text(plist_date(plist_at(v, 4))), "2021-01-01T00:00:00.250Z");
    assert_string_equal(text(plist_date(plist_at(v, 5))), "2000-12-31T23:59:59Z");
    intact(p);
    build_free(&d);
    p = xml("<array><date>2001-01-01T00:00:00Z</date><date>4001-01-01T00:00:00Z</date>"
            "<date>0001-01-01T00:00:00Z</date><date>2035-06-01T12:00:00Z</date></array>");
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(plist_date(plist_at(plist_top(p), i)).precision, PRECISION_NONE);
    assert_string_equal(text(plist_date(plist_at(plist_top(p), 3))), "2035-06-01T12:00:00Z");
    intact(p);
    p = xml("<date>yesterday</date>");
    plist_date(plist_top(p));
    bad(p, "no date");
}

static void xml_has_every_type(void **state)
{
    (void)state;
    struct plist *p = xml(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE plist PUBLIC \"-//Apple//DTD\" "
        "\"http://www.example/a>b.dtd\">\n<plist version=\"1.0\">\n<dict>\n"
        "<key>s</key><string>a b</string><key>i</key><integer> -12 </integer>\n"
        "<key>h</key><integer>0xfF</integer><key>r</key><real>2.5e3</real><key>y</key><true/>\n"
        "<key>n</key><false/><key>d</key><data>\n\tAAEC\n\t/w==\n</data>\n"
        "<key>t</key><date>2026-01-03T10:00:00Z</date><key>a</key><array><dict/><array/></array>\n"
        "<key>e</key><string/><key>u</key><dict><key>CF$UID</key><integer>9</integer></dict>\n"
        "<key>inf</key><real>-infinity</real><key>nan</key><real>nan</real>"
        "</dict>\n</plist>\n");
    struct plist_value v = plist_top(p);
    assert_int_equal(plist_count(v), 13);
    assert_true(slice_is(plist_string(plist_get(v, "s")), "a b"));
    assert_int_equal(plist_int(plist_get(v, "i"), 0), -12);
    assert_int_equal(plist_int(plist_get(v, "h"), 0), 255);
    assert_true(plist_real(plist_get(v, "r"), 0) == 2500);
    assert_true(plist_bool(plist_get(v, "y"), false) && !plist_bool(plist_get(v, "n"), true));
    assert_true(slice_equal(plist_data(plist_get(v, "d")), slice_at("\0\1\2\xff", 4)));
    assert_string_equal(text(plist_date(plist_get(v, "t"))), "2026-01-03T10:00:00Z");
    assert_int_equal(plist_count(plist_get(v, "a")), 2);
    assert_int_equal(plist_at(plist_get(v, "a"), 0).type, PLIST_DICT);
    assert_int_equal(plist_get(v, "e").type, PLIST_STRING);
    assert_int_equal(plist_get(v, "u").type, PLIST_UID);
    assert_int_equal(plist_int(plist_get(v, "u"), 0), 9);
    assert_true(isinf(plist_real(plist_get(v, "inf"), 0)));
    assert_true(isnan(plist_real(plist_get(v, "nan"), 0)));
    intact(p);
}

static void base64_of_every_length(void **state)
{
    (void)state;
    static const char *const texts[][2] = {
        {"", ""}, {"Zg==", "f"}, {"Zm8=", "fo"}, {"Zm9v", "foo"}, {"Zm9vYg==", "foob"}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct plist *p = xml(arena_printf(&arena, "<data>%s</data>", texts[i][0]));
        assert_true(slice_is(plist_data(plist_top(p)), texts[i][1]));
        intact(p);
    }
    static const char *const broken[] = {"Z", "Zm9?", "Zm==9v"};
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        struct plist *p = xml(arena_printf(&arena, "<data>%s</data>", broken[i]));
        plist_data(plist_top(p));
        bad(p, "base64");
    }
}

static void xml_text_is_decoded(void **state)
{
    (void)state;
    struct plist *p =
        xml("<dict><key>a&amp;b</key><string>&lt;&#65;&#x1F600;&quot;&apos;&gt;<!-- no "
            "--><![CDATA[<&amp;]]>]]&#xd800;</string></dict>");
    assert_true(slice_is(plist_string(plist_get(plist_top(p), "a&b")),
                         "<A\xf0\x9f\x98\x80\"'><&amp;]]\xef\xbf\xbd"));
    intact(p);
    p = xml("<string>&#x00000041;&#4294967361;</string>");
    assert_true(slice_is(plist_string(plist_top(p)), "A\xef\xbf\xbd"));
    intact(p);
    static const char *const odd[] = {"&nbsp;", "&#;", "&#x;", "&#65", "&#000000000000065;",
                                      "&#6a;",  "&"};
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        p = xml(arena_printf(&arena, "<string>%s</string>", odd[i]));
        assert_true(slice_is(plist_string(plist_top(p)), odd[i]));
        bad(p, "character reference");
    }
}

static void xml_may_begin_in_many_ways(void **state)
{
    (void)state;
    static const char *const starts[] = {"", "\n \t", "\xef\xbb\xbf", "\xef\xbb\xbf\n",
                                         "<!-- > --><?x >?>"};
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++)
        for (int wrapped = 0; wrapped < 2; wrapped++) {
            struct plist *p =
                xml(arena_printf(&arena, "%s%s<integer>7</integer>%s", starts[i],
                                 wrapped ? "<plist>" : "", wrapped ? "</plist>" : ""));
            assert_int_equal(plist_int(plist_top(p), 0), 7);
            intact(p);
        }
    static const char wide[] = "\xff\xfe<\0t\0r\0u\0e\0/\0>";
    assert_true(plist_bool(plist_top(opened(slice_at(wide, sizeof wide))), false));
    assert_true(plist_bool(plist_top(opened(slice_at(wide + 2, sizeof wide - 2))), false));
    assert_true(plist_bool(plist_top(opened(slice_at("\0<\0t\0r\0u\0e\0/\0>", 14))), false));
}

static void xml_members_are_found_by_number(void **state)
{
    (void)state;
    struct buf b = {0};
    buf_text(&b, "<array>");
    for (int outer = 0; outer < 2; outer++) {
        buf_text(&b, "<array>");
        for (int i = 0; i < 1000; i++)
            buf_printf(&b, "<array/><integer>%d</integer>", outer * 1000 + i);
        buf_text(&b, "</array>");
    }
    buf_text(&b, "</array>");
    struct plist *p = opened(buf_view(&b));
    for (size_t i = 0; i < 1000; i++)
        for (size_t outer = i / 500; outer < 2; outer++) {
            struct plist_value v = plist_at(plist_at(plist_top(p), outer), 2 * i + 1);
            assert_int_equal(plist_int(v, -1), outer * 1000 + i);
        }
    assert_int_equal(plist_at(plist_at(plist_top(p), 0), 2000).type, PLIST_NONE);
    intact(p);
    buf_free(&b);
}

static void other_forms_are_told_apart(void **state)
{
    (void)state;
    refused(slice_of(""), ERR_CORRUPT);
    refused(slice_of("bplist00"), ERR_CORRUPT);
    refused(slice_of("bplist15 and more"), ERR_UNSUPPORTED);
    refused(slice_of("{ a = b; }"), ERR_UNSUPPORTED);
    refused(slice_of("SQLite format 3"), ERR_CORRUPT);
    refused(slice_of("<html><body/></html>"), ERR_CORRUPT);
    refused(slice_of("<plist version=\"1.0\"></plist>"), ERR_CORRUPT);
    refused(slice_of("<!DOCTYPE plist [<!ENTITY a \"b\">]><plist><string>&a;</string></plist>"),
            ERR_CORRUPT);
}

static void broken_xml_keeps_what_came_before(void **state)
{
    (void)state;
    static const char *const broken[] = {
        "<key>b</key></dict></plist>",
        "<integer>2</integer></dict></plist>",
        "<key>b</key><key>c</key></dict></plist>",
        "<key>b</key><strin>2</strin></dict></plist>",
        "<key>b</key><string>2<b/></string></dict></plist>",
        "<key>b</key><string>2</data></dict></plist>",
        "</array></plist>",
        "</dict></plist><plist/>",
        "</dict><dict/></plist>",
        "text</dict></plist>",
        "</dict></plist>text",
        "</dict>",
        "</dict></string></plist>",
        "<!-- </dict></plist>",
    };
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        struct plist *p =
            xml(arena_printf(&arena, "<plist><dict><key>a</key><true/>%s", broken[i]));
        assert_true(plist_bool(plist_get(plist_top(p), "a"), false));
        assert_int_equal(plist_count(plist_top(p)), 1);
        bad(p, "plist: byte ");
    }
}

static void numbers_that_are_none_are_told(void **state)
{
    (void)state;
    static const char *const broken[] = {
        "<integer/>",
        "<integer>1a</integer>",
        "<integer>0x</integer>",
        "<integer>-</integer>",
        "<integer>1 2</integer>",
        "<real>1,5</real>",
        "<real/>",
        "<integer>1.5</integer>",
    };
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        struct plist *p = xml(broken[i]);
        assert_int_equal(plist_int(plist_top(p), -7), -7);
        bad(p, "no number");
    }
}

static void a_walk_names_every_scalar(void **state)
{
    (void)state;
    struct plist *p =
        xml("<dict><key>a</key><array><true/><dict><key>b</key><array/><key>c.d</key>"
            "<string>x</string></dict></array><key>e</key><integer>1</integer></dict>");
    struct plist_walk *w = plist_walk(plist_top(p), &arena);
    static const char *const paths[] = {"a[0]", "a[1].c.d", "e"};
    struct slice path;
    struct plist_value v;
    for (size_t i = 0; i < 3; i++)
        assert_true(plist_walk_next(w, &path, &v) && slice_is(path, paths[i]));
    assert_false(plist_walk_next(w, &path, &v));
    assert_false(plist_walk_next(w, &path, &v));
    w = plist_walk(plist_get(plist_top(p), "e"), &arena);
    assert_true(plist_walk_next(w, &path, &v) && path.n == 0 && plist_int(v, 0) == 1);
    assert_false(plist_walk_next(w, &path, &v));
    w = plist_walk(plist_get(plist_top(p), "absent"), &arena);
    assert_false(plist_walk_next(w, &path, &v));
    intact(p);
}

static void paths_lead_through_dictionaries(void **state)
{
    (void)state;
    struct plist *p = xml("<dict><key>a</key><dict><key>b</key><integer>3</integer></dict></dict>");
    assert_int_equal(plist_int(plist_path(plist_top(p), "a", "b", NULL), 0), 3);
    assert_int_equal(plist_path(plist_top(p), "a", "x", "b", NULL).type, PLIST_NONE);
}

static void objects_that_nothing_refers_to_are_counted(void **state)
{
    (void)state;
    struct build d;
    build_start(&d, 1, 1);
    uint64_t refs[] = {build_text(&d, "a"), build_int(&d, 1)};
    build_text(&d, "lost");
    uint64_t top = build_container(&d, 13, 1, refs);
    build_text(&d, "lost, too");
    struct plist *p = opened(build_end(&d, top));
    assert_int_equal(plist_unreferenced(p), 2);
    assert_int_equal(plist_unreferenced(xml("<true/>")), 0);
    intact(p);
    build_free(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(binary_has_every_type, reset),
        cmocka_unit_test_teardown(wrong_types_give_nothing, reset),
        cmocka_unit_test_teardown(integers_beyond_64_bits_are_never_another_number, reset),
        cmocka_unit_test_teardown(utf16_becomes_utf8, reset),
        cmocka_unit_test_teardown(bytes_that_are_no_utf8_are_shown, reset),
        cmocka_unit_test_teardown(keys_are_found_in_either_coding, reset),
        cmocka_unit_test_teardown(references_and_offsets_have_one_to_eight_bytes, reset),
        cmocka_unit_test_teardown(dates_are_never_guessed, reset),
        cmocka_unit_test_teardown(xml_has_every_type, reset),
        cmocka_unit_test_teardown(base64_of_every_length, reset),
        cmocka_unit_test_teardown(xml_text_is_decoded, reset),
        cmocka_unit_test_teardown(xml_may_begin_in_many_ways, reset),
        cmocka_unit_test_teardown(xml_members_are_found_by_number, reset),
        cmocka_unit_test_teardown(other_forms_are_told_apart, reset),
        cmocka_unit_test_teardown(broken_xml_keeps_what_came_before, reset),
        cmocka_unit_test_teardown(numbers_that_are_none_are_told, reset),
        cmocka_unit_test_teardown(a_walk_names_every_scalar, reset),
        cmocka_unit_test_teardown(paths_lead_through_dictionaries, reset),
        cmocka_unit_test_teardown(objects_that_nothing_refers_to_are_counted, reset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
