#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "base/utime.h"
#include "format/archive.h"
#include "plist_build.h"
#include "plist_sample.h"

static struct arena arena;

/* Archives are written as XML here, since it can be read: {1} stands for a UID. */
static struct slice archive_text(const char *objects)
{
    struct buf b = {0};
    buf_text(&b, "<plist><dict><key>$archiver</key><string>NSKeyedArchiver</string>"
                 "<key>$top</key><dict><key>root</key>");
    struct slice rest = slice_of(arena_printf(&arena,
                                              "{1}</dict><key>$objects</key><array>"
                                              "<string>$null</string>%s</array></dict></plist>",
                                              objects));
    for (; rest.n; rest = slice_sub(rest, 1, rest.n))
        if (*rest.p == '{')
            buf_text(&b, "<dict><key>CF$UID</key><integer>");
        else if (*rest.p == '}')
            buf_text(&b, "</integer></dict>");
        else
            buf_byte(&b, *rest.p);
    struct slice text = arena_copy(&arena, buf_view(&b));
    buf_free(&b);
    return text;
}

static struct archive opened(struct slice bytes)
{
    struct archive ar;
    struct err e = {0};
    if (!archive_open(bytes, &arena, &ar, &e))
        fail_msg("%s", e.msg);
    return ar;
}

static void intact(const struct archive *ar)
{
    struct err e = {0};
    if (plist_bad(ar->plist, &e))
        fail_msg("%s", e.msg);
}

static void bad(const struct archive *ar, const char *words)
{
    struct err e = {0};
    assert_true(plist_bad(ar->plist, &e));
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

#define KEY(name) "<key>" name "</key>"
#define STRING(s) "<string>" s "</string>"

static void members_are_followed(void **state)
{
    (void)state;
    struct archive ar = opened(archive_text(
        "<dict>" KEY("$class") "{2}" KEY("a") "{3}" KEY("b") STRING("inline")
            KEY("c") "{4}" KEY("d") "{5}" KEY("e") "{6}" KEY("f") "{7}" KEY("g") "{0}" KEY(
                "n") "<integer>7</integer>"
                     "</dict><dict>" KEY("$classname")
                         STRING("Example") "</dict>" STRING("plain") "<dict>" KEY(
                             "NS.string") "{3}</dict>"
                                          "<dict>" KEY(
                                              "NS.data") "<data>enp6</data></dict>"
                                                         "<dict>" KEY(
                                                             "NS.time") "<real>788918400</real></dict>"
                                                                        "<dict>" KEY(
                                                                            "NS.uuidbytes") "<data>AAECAwQFBgcICQoLDA0ODw==</data></dict>"));
    struct plist_value root = archive_root(&ar);
    assert_true(slice_is(archive_class(&ar, root), "Example"));
    assert_true(slice_is(plist_string(archive_get(&ar, root, "a")), "plain"));
    assert_true(slice_is(plist_string(archive_get(&ar, root, "b")), "inline"));
    assert_true(slice_is(plist_string(archive_get(&ar, root, "c")), "plain"));
    assert_true(slice_is(plist_data(archive_get(&ar, root, "d")), "zzz"));
    assert_string_equal(text(plist_date(archive_get(&ar, root, "e"))), "2026-01-01T00:00:00Z");
    assert_int_equal(plist_data(archive_get(&ar, root, "f")).n, 16);
    assert_int_equal(archive_get(&ar, root, "g").type, PLIST_NONE);
    assert_int_equal(archive_get(&ar, root, "h").type, PLIST_NONE);
    assert_int_equal(plist_int(archive_get(&ar, root, "n"), 0), 7);
    intact(&ar);
}

static void the_binary_form_is_the_same(void **state)
{
    (void)state;
    struct build d;
    build_start(&d, 1, 1);
    uint64_t null = build_text(&d, "$null"), uid = build_object(&d, "\x80\x01", 2);
    uint64_t time[] = {build_text(&d, "NS.time"),
                       build_object(&d, "\x23\x41\xc2\xcf\x4e\xc0\x00\x00\x00", 9)};
    uint64_t objects[] = {null, build_container(&d, 13, 1, time)};
    uint64_t top[] = {build_text(&d, "other than root"), uid};
    uint64_t whole[] = {build_text(&d, "$objects"), build_text(&d, "$top"),
                        build_container(&d, 10, 2, objects), build_container(&d, 13, 1, top)};
    struct archive ar = opened(build_end(&d, build_container(&d, 13, 2, whole)));
    struct plist_value root = archive_root(&ar);
    assert_int_equal(root.type, PLIST_DATE);
    assert_string_equal(text(plist_date(root)), "2021-01-01T00:00:00Z");
    intact(&ar);
    build_free(&d);
}

static void collections_are_gone_through(void **state)
{
    (void)state;
    struct archive ar = opened(archive_text("<dict>" KEY("NS.keys") "<array>{2}{3}</array>" KEY(
        "NS.objects") "<array>{4}{5}</array>"
                      "</dict>" STRING("k") STRING("l") STRING("v") "<dict>" KEY(
                          "NS.objects") "<array>{2}{0}<integer>3</integer></array></dict>"));
    struct plist_value root = archive_root(&ar), k, v;
    struct archive_iter it = archive_iter(&ar, root);
    assert_true(archive_next(&it, &k, &v));
    assert_true(slice_is(plist_string(k), "k") && slice_is(plist_string(v), "v"));
    assert_true(archive_next(&it, &k, &v));
    assert_true(slice_is(plist_string(k), "l") && v.type == PLIST_DICT);
    struct archive_iter inner = archive_iter(&ar, v);
    assert_true(archive_next(&inner, &k, &v) && slice_is(plist_string(v), "k"));
    assert_int_equal(k.type, PLIST_NONE);
    assert_true(archive_next(&inner, &k, &v) && v.type == PLIST_NONE);
    assert_true(archive_next(&inner, &k, &v) && plist_int(v, 0) == 3);
    assert_false(archive_next(&inner, &k, &v));
    assert_false(archive_next(&it, &k, &v));
    assert_true(slice_is(plist_string(archive_get(&ar, root, "k")), "v"));
    assert_int_equal(archive_get(&ar, root, "m").type, PLIST_NONE);
    intact(&ar);
}

static void urls_are_joined(void **state)
{
    (void)state;
    static const struct {
        const char *base, *relative, *url;
    } urls[] = {
        {"0", "https://a.example/b", "https://a.example/b"},
        {"3", "b/c?d=e:f", "https://a.example/b/c?d=e:f"},
        {"3", "https://c.example/", "https://c.example/"},
        {"3", "", "https://a.example/"},
        {"5", "c", "https://a.example/b/c"},
    };
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        struct archive ar = opened(archive_text(arena_printf(
            &arena,
            "<dict>" KEY("NS.base") "{%s}" KEY("NS.relative") "{2}</dict>" STRING("%s") "<dict>" KEY("NS.base") "{0}" KEY(
                "NS.relative") "{4}</dict>" STRING("https://a.example/") "<dict>" KEY("NS.base") "{3}" KEY("NS.relative")
                STRING("b/") "</dict>",
            urls[i].base, urls[i].relative)));
        assert_true(slice_is(archive_url(&ar, archive_root(&ar), &arena), urls[i].url));
        assert_int_equal(archive_url(&ar, plist_at(ar.objects, 2), &arena).n, 0);
        intact(&ar);
    }
}

static void circles_end(void **state)
{
    (void)state;
    struct archive ar = opened(archive_text("<dict>" KEY("NS.string") "{1}</dict>"));
    assert_int_equal(archive_root(&ar).type, PLIST_NONE);
    bad(&ar, "circle");
    ar = opened(archive_text("<dict>" KEY("a") "{2}</dict>{3}{2}"));
    assert_int_equal(archive_get(&ar, archive_root(&ar), "a").type, PLIST_NONE);
    bad(&ar, "leads nowhere");
    ar = opened(
        archive_text("<dict>" KEY("NS.base") "{1}" KEY("NS.relative") STRING("a/") "</dict>"));
    archive_url(&ar, archive_root(&ar), &arena);
    bad(&ar, "circle");
}

static void a_collection_of_itself_ends_soon(void **state)
{
    (void)state;
    struct archive ar = opened(archive_text(
        "<dict>" KEY("NS.objects") "<array>{1}{1}{1}{1}{1}{1}{1}{1}{1}</array></dict>"));
    struct archive_iter open[PLIST_MAX_DEPTH];
    struct plist_value k, v;
    size_t depth = 0;
    clock_t start = clock();
    open[depth++] = archive_iter(&ar, archive_root(&ar));
    while (depth)
        if (!archive_next(&open[depth - 1], &k, &v))
            depth--;
        else if (v.type == PLIST_DICT && depth < PLIST_MAX_DEPTH)
            open[depth++] = archive_iter(&ar, v);
    assert_true((double)(clock() - start) / CLOCKS_PER_SEC < 4);
    bad(&ar, "more visits");
}

static void losses_are_told(void **state)
{
    (void)state;
    struct plist_value k, v;
    struct archive ar = opened(archive_text("<dict>" KEY("a") "{2}</dict>"));
    assert_int_equal(archive_get(&ar, archive_root(&ar), "a").type, PLIST_NONE);
    bad(&ar, "UID 2 leads nowhere");
    ar = opened(archive_text("<dict>" KEY("NS.keys") "<array>{2}</array>" KEY(
        "NS.objects") "<array>{2}{2}</array></dict>" STRING("a")));
    struct archive_iter it = archive_iter(&ar, archive_root(&ar));
    assert_true(archive_next(&it, &k, &v) && archive_next(&it, &k, &v));
    bad(&ar, "1 keys for 2 values");
    ar = opened(
        archive_text("<dict>" KEY("NS.key.0") "{2}" KEY("NS.object.0") "{2}</dict>" STRING("a")));
    it = archive_iter(&ar, archive_root(&ar));
    assert_false(archive_next(&it, &k, &v));
    bad(&ar, "old form");
}

static void other_property_lists_are_no_archives(void **state)
{
    (void)state;
    static const char *const others[] = {
        "<dict/>", "<array/>", "<dict><key>$objects</key><array/></dict>",
        "<dict><key>$objects</key><dict/><key>$top</key><dict/></dict>", "<dict><key>$objects"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        struct archive ar;
        struct err e = {0};
        assert_false(archive_open(slice_of(others[i]), &arena, &ar, &e));
        assert_int_equal(e.code, ERR_CORRUPT);
    }
}

static void the_sample_is_unarchived(void **state)
{
    (void)state;
    struct archive ar = opened(plist_sample(&arena, "plist/NSKeyedArchiver.plist"));
    struct plist_value root = archive_root(&ar), k, v;
    assert_true(slice_is(archive_class(&ar, root), "OC_BuiltinPythonDictionary"));
    assert_true(slice_is(plist_string(archive_get(&ar, root, "MyString")), "Some string"));
    assert_int_equal(plist_int(archive_get(&ar, root, "MyInteger"), 0), 98);
    assert_true(plist_real(archive_get(&ar, root, "MyFloat"), 0) == 2.7);
    assert_true(plist_bool(archive_get(&ar, root, "MyBool"), false));
    assert_true(slice_is(plist_data(archive_get(&ar, root, "MyData")), "DATA\n"));
    assert_string_equal(text(plist_date(archive_get(&ar, root, "MyDate"))), "2024-02-12T17:40:49Z");
    struct archive_iter it = archive_iter(&ar, root);
    size_t n = 0;
    for (; archive_next(&it, &k, &v); n++)
        assert_true(plist_string(k).n > 0);
    assert_int_equal(n, 8);
    intact(&ar);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(members_are_followed, reset),
        cmocka_unit_test_teardown(the_binary_form_is_the_same, reset),
        cmocka_unit_test_teardown(collections_are_gone_through, reset),
        cmocka_unit_test_teardown(urls_are_joined, reset),
        cmocka_unit_test_teardown(circles_end, reset),
        cmocka_unit_test_teardown(a_collection_of_itself_ends_soon, reset),
        cmocka_unit_test_teardown(losses_are_told, reset),
        cmocka_unit_test_teardown(other_property_lists_are_no_archives, reset),
        cmocka_unit_test_teardown(the_sample_is_unarchived, reset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
