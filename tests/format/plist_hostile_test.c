/* Property lists made or damaged to hurt: each ends soon, and says that something is missing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "format/plist.h"
#include "plist_build.h"
#include "plist_sample.h"

static struct arena arena;

/* Sanitizers and busy machines are slower: the law is 0.2 s of an optimised build. */
#ifdef BRIDLE_SANITIZED
static const double most_seconds = 4;
#else
static const double most_seconds = 0.4;
#endif

static int reset(void **state)
{
    (void)state;
    arena_free(&arena);
    return 0;
}

static struct plist *opened(struct slice bytes)
{
    struct err e = {0};
    struct plist *p = plist_open(bytes, &arena, &e);
    if (!p)
        fail_msg("%s", e.msg);
    return p;
}

/* Reads everything below v and returns the number of scalars. */
static size_t read_all(struct plist_value v)
{
    struct plist_walk *w = plist_walk(v, &arena);
    struct slice path;
    size_t n = 0, bytes = 0;
    for (; plist_walk_next(w, &path, &v); n++)
        bytes += plist_string(v).n + plist_data(v).n + (plist_int(v, 0) != 0) +
                 (plist_date(v).ns != 0) + path.n;
    return bytes == SIZE_MAX ? 0 : n;
}

/* Opens and reads it all within the time, and wants the plist to be bad with these words. */
static void ends_soon(struct slice bytes, const char *words)
{
    struct err e = {0};
    clock_t start = clock();
    struct plist *p = plist_open(bytes, &arena, &e);
    if (p) {
        read_all(plist_top(p));
        plist_get(plist_top(p), "absent");
        plist_unreferenced(p);
    }
    double seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
    assert_true(!p || plist_bad(p, &e));
    if (!strstr(e.msg, words))
        fail_msg("\"%s\" has no \"%s\"", e.msg, words);
    if (seconds > most_seconds)
        fail_msg("%f s", seconds);
    if (arena.used > (64u << 20) + 32 * bytes.n)
        fail_msg("%zu bytes", arena.used);
}

static void laughs(unsigned levels, unsigned width, uint64_t leaf, struct build *d)
{
    uint64_t refs[32];
    for (unsigned i = 0; i < levels; i++) {
        for (unsigned j = 0; j < width; j++)
            refs[j] = leaf;
        leaf = build_container(d, 10, width, refs);
    }
    ends_soon(build_end(d, leaf), "more visits");
    build_free(d);
}

static void a_billion_laughs_end(void **state)
{
    (void)state;
    static const unsigned levels[] = {8, 20, 60};
    for (size_t i = 0; i < 3; i++) {
        struct build d;
        build_start(&d, 1, 2);
        laughs(levels[i], 10, build_text(&d, "ha"), &d);
    }
    struct build d;
    build_start(&d, 1, 2);
    laughs(60, 10, build_container(&d, 10, 0, NULL), &d);
}

static void laughs_over_long_strings_end(void **state)
{
    (void)state;
    for (uint8_t high = 5; high <= 6; high++) {
        struct build d;
        build_start(&d, 1, 4);
        uint64_t leaf = build_header(&d, high, 100000);
        for (int i = 0; i < 100000; i++)
            build_number(&d, 0xe4, high == 6 ? 2 : 1);
        laughs(6, 10, leaf, &d);
        arena_reset(&arena);
    }
}

static void long_shared_keys_end(void **state)
{
    (void)state;
    struct build d;
    build_start(&d, 1, 4);
    uint64_t key = build_header(&d, 5, 1000000), v = build_int(&d, 1), refs[20];
    for (int i = 0; i < 1000000; i++)
        buf_byte(&d.b, 'k');
    d.offsets[v] = d.b.n - 9; /* the integer's bytes are k's, too */
    buf_byte(&d.b, 0x08);
    d.offsets[v] = d.b.n - 1;
    for (int level = 0; level < 20; level++) {
        for (int i = 0; i < 10; i++) {
            refs[i] = key;
            refs[10 + i] = v;
        }
        v = build_container(&d, 13, 10, refs);
    }
    ends_soon(build_end(&d, v), "more visits");
    build_free(&d);
}

static void containers_in_themselves_are_told(void **state)
{
    (void)state;
    struct build d;
    build_start(&d, 1, 1);
    uint64_t text = build_text(&d, "a"), number = build_int(&d, 7);
    uint64_t inner[] = {text, 3, number}, outer[] = {2, number};
    build_container(&d, 10, 3, inner);
    uint64_t top = build_container(&d, 10, 2, outer);
    struct plist *p = opened(build_end(&d, top));
    struct err e = {0};
    assert_int_equal(read_all(plist_top(p)), 3); /* what lies beside it is read */
    assert_true(plist_bad(p, &e));
    assert_non_null(strstr(e.msg, "contains itself"));
    build_free(&d);
    build_start(&d, 1, 1);
    uint64_t self[] = {0, 0};
    build_container(&d, 13, 1, self);
    ends_soon(build_end(&d, 0), "no string");
    build_free(&d);
}

static void deep_nests_end(void **state)
{
    (void)state;
    struct build d;
    build_start(&d, 4, 4);
    uint64_t inner = build_text(&d, "deep");
    for (int i = 0; i < 60000; i++)
        inner = build_container(&d, 10, 1, &inner);
    ends_soon(build_end(&d, inner), "deeper than 64");
    build_free(&d);
}

static void a_million_nested_xml_arrays_end(void **state)
{
    (void)state;
    struct buf b = {0};
    for (int i = 0; i < 1000000; i++)
        buf_text(&b, "<array>");
    ends_soon(buf_view(&b), "deeper than 64");
    for (int i = 0; i < 1000000; i++)
        buf_text(&b, "</array>");
    ends_soon(buf_view(&b), "deeper than 64");
    buf_free(&b);
}

static void xml_beside_a_deep_nest_is_read(void **state)
{
    (void)state;
    for (int depth = PLIST_MAX_DEPTH - 1; depth <= PLIST_MAX_DEPTH + 2; depth++) {
        struct buf b = {0};
        struct err e = {0};
        buf_text(&b, "<array>");
        for (int i = 0; i < depth; i++)
            buf_text(&b, i % 2 ? "<dict><key>k</key>" : "<array>");
        for (int i = depth; i-- > 0;)
            buf_text(&b, i == depth - 1 && i % 2 ? "<true/></dict>"
                         : i % 2                 ? "</dict>"
                                                 : "</array>");
        buf_text(&b, "<integer>7</integer></array>");
        struct plist *p = opened(buf_view(&b));
        assert_int_equal(plist_int(plist_at(plist_top(p), 1), 0), 7);
        assert_int_equal(plist_bad(p, &e), depth + 1 > PLIST_MAX_DEPTH);
        buf_free(&b);
    }
}

static void overlapping_objects_end(void **state)
{
    (void)state;
    /* Every byte is the start of an array of 60000, all in one another. */
    struct build d;
    build_start(&d, 2, 4);
    for (int i = 0; i < 60000; i++)
        build_object(&d, "\xaf\x11\xea\x60", 4);
    ends_soon(build_end(&d, 0), "");
    build_free(&d);
}

static void damaged_references_are_told(void **state)
{
    (void)state;
    struct build d;
    build_start(&d, 1, 1);
    uint64_t refs[] = {0, 9, 0};
    build_text(&d, "a");
    uint64_t top = build_container(&d, 10, 3, refs);
    struct slice bytes = build_end(&d, top);
    struct plist *p = opened(bytes);
    struct err e = {0};
    struct plist_iter it = plist_iter(plist_top(p));
    struct slice key;
    struct plist_value v;
    for (int i = 0; i < 3; i++) {
        assert_true(plist_next(&it, &key, &v));
        assert_int_equal(v.type, i == 1 ? PLIST_NONE : PLIST_STRING);
    }
    assert_true(plist_bad(p, &e));
    build_free(&d);
}

/* A small file with every type, and the scalars in it. */
static struct slice small_binary(struct build *d, size_t *scalars)
{
    build_start(d, 1, 2);
    uint64_t items[] = {build_object(d, "\x09", 1),
                        build_int(d, 5),
                        build_text(d, "a string longer than fifteen bytes"),
                        build_object(d, "\x62\x00\xe4\x00\xf6", 5),
                        build_object(d, "\x33\x41\xc2\xcf\x4e\xc0\x00\x00\x00", 9),
                        build_object(d, "\x43zzz", 4)};
    uint64_t dict[] = {build_text(d, "k"), build_text(d, "l"), items[0], 0};
    dict[3] = build_container(d, 10, 6, items);
    *scalars = 7;
    return build_end(d, build_container(d, 13, 2, dict));
}

static const char small_xml[] =
    "<?xml version=\"1.0\"?>\n<plist version=\"1.0\">\n<dict><key>k</key><true/><key>l</key><array>"
    "<true/><integer>5</integer><string>a &amp; b</string><string><![CDATA[c]]></string>\n"
    "<date>2026-01-03T10:00:00Z</date><data>enp6</data></array></dict>\n</plist>";

static void no_cut_goes_unnoticed(void **state)
{
    (void)state;
    struct build d;
    size_t scalars;
    struct slice whole[] = {small_binary(&d, &scalars), slice_of(small_xml)};
    for (int form = 0; form < 2; form++)
        for (size_t n = 0; n <= whole[form].n; n++) {
            struct err e = {0};
            uint8_t *copy = malloc(n ? n : 1); /* so that a sanitizer sees its end */
            memcpy(copy, whole[form].p, n);
            struct plist *p = plist_open(slice_at(copy, n), &arena, &e);
            size_t found = p ? read_all(plist_top(p)) : 0;
            bool told = !p || plist_bad(p, &e);
            assert_true(told ? *e.msg && n < whole[form].n : found == scalars);
            assert_true(found <= scalars);
            free(copy);
        }
    build_free(&d);
}

static void no_flip_loses_members_unnoticed(void **state)
{
    (void)state;
    struct build d;
    size_t scalars;
    struct slice whole[] = {small_binary(&d, &scalars), slice_of(small_xml)};
    for (int form = 0; form < 2; form++)
        for (size_t at = 0; at < whole[form].n * 8; at++) {
            struct err e = {0};
            uint8_t *copy = malloc(whole[form].n);
            memcpy(copy, whole[form].p, whole[form].n);
            copy[at / 8] = (uint8_t)(copy[at / 8] ^ 1u << at % 8);
            struct plist *p = plist_open(slice_at(copy, whole[form].n), &arena, &e);
            if (p && read_all(plist_top(p)) < scalars)
                assert_true(plist_bad(p, &e) || plist_unreferenced(p) > 0);
            free(copy);
        }
    build_free(&d);
}

static void every_trailer_field_is_checked(void **state)
{
    (void)state;
    struct build d;
    size_t scalars;
    struct slice whole = small_binary(&d, &scalars);
    static const uint8_t values[] = {0, 1, 8, 9, 0x7f, 0x80, 0xff};
    for (size_t at = whole.n - 26; at < whole.n; at++)
        for (size_t i = 0; i < sizeof values; i++) {
            struct err e = {0};
            uint8_t was = d.b.p[at];
            d.b.p[at] = values[i];
            struct plist *p = plist_open(whole, &arena, &e);
            if (p)
                read_all(plist_top(p));
            d.b.p[at] = was;
        }
    build_free(&d);
}

static void damaged_samples_are_refused(void **state)
{
    (void)state;
    struct err e = {0};
    assert_null(plist_open(plist_sample(&arena, "plist/truncated.plist"), &arena, &e));
    assert_int_equal(e.code, ERR_CORRUPT);
    assert_non_null(strstr(e.msg, "trailer"));
    err_clear(&e);
    assert_null(plist_open(plist_sample(&arena, "plist/empty.plist"), &arena, &e));
    assert_int_equal(e.code, ERR_CORRUPT);
    assert_non_null(strstr(e.msg, "no value"));
}

static void samples_are_read_whole(void **state)
{
    (void)state;
    /* Scalars by another reader. */
    static const struct {
        const char *path;
        size_t scalars;
    } samples[] = {
        {"ios/com.apple.CarPlayApp.plist", 7},
        {"ios/com.apple.MobileBackup.plist", 139},
        {"ios/com.apple.commcenter.data.plist", 10},
        {"ios/com.apple.identityservices.idstatuscache.plist", 83},
        {"ios/com.apple.wifi.known-networks.plist", 79},
        {"plist/History.plist", 95},
        {"plist/InstallHistory.plist", 53},
        {"plist/NSKeyedArchiver.plist", 100},
        {"plist/com.apple.TimeMachine.plist", 39},
        {"plist/com.apple.airport.preferences.plist", 177},
        {"plist/com.apple.bluetooth.plist", 147},
        {"plist/com.apple.iPod.plist", 44},
        {"plist/com.apple.security.KCN.plist", 6}, /* a date in the year 0 */
        {"plist/launchd.plist", 32},
        {"plist/leading_whitespace.plist", 177},
        {"plist/org.cups.printers.plist", 0},
        {"plist/user.plist", 20},
    };
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        struct err e = {0};
        struct plist *p = opened(plist_sample(&arena, samples[i].path));
        assert_int_equal(read_all(plist_top(p)), samples[i].scalars);
        assert_int_equal(plist_unreferenced(p), 0);
        if (plist_bad(p, &e))
            fail_msg("%s: %s", samples[i].path, e.msg);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(a_billion_laughs_end, reset),
        cmocka_unit_test_teardown(laughs_over_long_strings_end, reset),
        cmocka_unit_test_teardown(long_shared_keys_end, reset),
        cmocka_unit_test_teardown(containers_in_themselves_are_told, reset),
        cmocka_unit_test_teardown(deep_nests_end, reset),
        cmocka_unit_test_teardown(a_million_nested_xml_arrays_end, reset),
        cmocka_unit_test_teardown(xml_beside_a_deep_nest_is_read, reset),
        cmocka_unit_test_teardown(overlapping_objects_end, reset),
        cmocka_unit_test_teardown(damaged_references_are_told, reset),
        cmocka_unit_test_teardown(no_cut_goes_unnoticed, reset),
        cmocka_unit_test_teardown(no_flip_loses_members_unnoticed, reset),
        cmocka_unit_test_teardown(every_trailer_field_is_checked, reset),
        cmocka_unit_test_teardown(damaged_samples_are_refused, reset),
        cmocka_unit_test_teardown(samples_are_read_whole, reset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
