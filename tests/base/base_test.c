#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/blob.h"
#include "base/hash.h"
#include "base/utf8.h"
#include "base/utime.h"

static void cursor_stops_at_end(void **state)
{
    (void)state;
    struct cursor c = cursor(slice_of("abc"));
    assert_int_equal(cursor_u16be(&c), 0x6162);
    assert_int_equal(cursor_u32le(&c), 0);
    assert_true(c.bad);
    assert_int_equal(cursor_left(&c), 0);
    assert_int_equal(cursor_u8(&c), 0);
}

static void cursor_take_refuses_huge_lengths(void **state)
{
    (void)state;
    struct cursor c = cursor(slice_of("abc"));
    assert_int_equal(cursor_take(&c, UINT64_MAX).n, 0);
    assert_true(c.bad);
}

static void cursor_lines_end_with_lf_or_crlf_or_the_file(void **state)
{
    (void)state;
    struct cursor c = cursor(slice_of("a\r\n\nb"));
    struct slice line;
    assert_true(cursor_line(&c, &line) && slice_is(line, "a"));
    assert_true(cursor_line(&c, &line) && slice_is(line, ""));
    assert_true(cursor_line(&c, &line) && slice_is(line, "b"));
    assert_false(cursor_line(&c, &line));
}

static void varint_reads_back_and_refuses_eleven_bytes(void **state)
{
    (void)state;
    struct buf b = {0};
    buf_varint(&b, UINT64_MAX);
    buf_varint(&b, 300);
    struct cursor c = cursor(buf_view(&b));
    assert_true(cursor_varint(&c) == UINT64_MAX);
    assert_int_equal(cursor_varint(&c), 300);
    assert_false(c.bad);
    c = cursor(slice_at("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11));
    cursor_varint(&c);
    assert_true(c.bad);
    buf_free(&b);
}

static void err_in_puts_context_in_front(void **state)
{
    (void)state;
    struct err e = {0};
    assert_false(err_set(&e, ERR_CORRUPT, "page %d", 7));
    assert_false(err_in(&e, "%s", "sms.db"));
    assert_string_equal(e.msg, "sms.db: page 7");
    for (int i = 0; i < 100; i++)
        err_in(&e, "deeper");
    assert_int_equal(strlen(e.msg), sizeof e.msg - 1);
}

static void arena_survives_reset_and_big_blocks(void **state)
{
    (void)state;
    struct arena a = {0};
    for (int round = 0; round < 3; round++) {
        uint8_t *big = arena_alloc(&a, 1 << 20), *small = arena_alloc(&a, 10);
        for (int i = 0; i < 10; i++)
            assert_int_equal(small[i], 0);
        memset(big, 1, 1 << 20);
        memset(small, 1, 10);
        arena_reset(&a);
    }
    assert_string_equal(arena_printf(&a, "%d-%s", 4, "x"), "4-x");
    arena_free(&a);
}

static const char *text(struct utime t)
{
    static char out[UTIME_TEXT];
    return utime_text(t, out);
}

static void times_by_magnitude(void **state)
{
    (void)state;
    /* The same second in every unit that Apple's stores use: docs/formats/ios/times.md */
    assert_string_equal(text(utime_from_int(588813210539788032, MAC)),
                        "2019-08-29T23:13:30.539788032Z");
    assert_string_equal(text(utime_from_int(588813210, MAC)), "2019-08-29T23:13:30Z");
    assert_string_equal(text(utime_from_real(588813210.5, MAC)), "2019-08-29T23:13:30.500Z");
    assert_string_equal(text(utime_from_int(588813210539, MAC)), "2019-08-29T23:13:30.539Z");
    /* Safari on iOS 26 writes Unix seconds into a Mac column. */
    assert_string_equal(text(utime_from_real(1767434400.0, MAC)), "2026-01-03T10:00:00Z");
    assert_string_equal(text(utime_from_int(1767434400, UNIX)), "2026-01-03T10:00:00Z");
    assert_string_equal(text(utime_from_int(1767434400000, UNIX)), "2026-01-03T10:00:00Z");
    assert_string_equal(text(utime_from_int(13411908000000000, WEBKIT)), "2026-01-03T10:00:00Z");
    assert_string_equal(text(utime_from_int(-1000, UNIX)), "1969-12-31T23:43:20Z");
}

static void sentinels_are_no_times(void **state)
{
    (void)state;
    const double never[] = {0, -1, 63113904000.0, -63114076800.0, 1e300, -1e300};
    for (size_t i = 0; i < sizeof never / sizeof *never; i++)
        assert_int_equal(utime_from_real(never[i], MAC).precision, PRECISION_NONE);
    assert_int_equal(utime_from_real(0.0 / 0.0, MAC).precision, PRECISION_NONE);
    assert_int_equal(utime_from_int(INT64_MIN, UNIX).precision, PRECISION_NONE);
    assert_int_equal(utime_from_int(INT64_MAX, WEBKIT).precision, PRECISION_NONE);
}

static void times_are_parsed(void **state)
{
    (void)state;
    assert_string_equal(text(utime_parse(slice_of("2026-01-03T10:00:00Z"))),
                        "2026-01-03T10:00:00Z");
    assert_string_equal(text(utime_parse(slice_of("2026-01-03T12:00:00.25+02:00"))),
                        "2026-01-03T10:00:00.250Z");
    assert_string_equal(text(utime_parse(slice_of("2026-01-03 10:00:00"))), "2026-01-03T10:00:00Z");
    assert_string_equal(text(utime_parse(slice_of("2026-01-03"))), "2026-01-03");
    assert_int_equal(utime_parse(slice_of("2026-13-03")).precision, PRECISION_NONE);
    assert_int_equal(utime_parse(slice_of("")).precision, PRECISION_NONE);
}

static void broken_utf8_is_shown_not_lost(void **state)
{
    (void)state;
    struct arena a = {0};
    assert_true(slice_is(utf8_clean(slice_of("a\xff\xc3\xa4\xc3"), &a), "a\\xff\xc3\xa4\\xc3"));
    assert_false(utf8_valid(slice_of("\xed\xa0\x80"))); /* a surrogate */
    assert_false(utf8_valid(slice_of("\xc0\xaf")));     /* an overlong slash */
    assert_true(slice_is(utf8_from_utf16(slice_at("\xd8\x3d\xde\x00\xd8\x00", 6), true, &a),
                         "\xf0\x9f\x98\x80\xef\xbf\xbd"));
    assert_true(slice_is(utf8_cut(slice_of("a\xc3\xa4"), 2), "a"));
    arena_free(&a);
}

static void blob_refuses_ranges_past_the_end(void **state)
{
    (void)state;
    struct err e = {0};
    char to[8];
    struct blob *b = blob_of_memory(slice_of("0123456789"));
    struct blob *w = blob_window(b, 4, 100);
    assert_int_equal(blob_size(w), 6);
    assert_true(blob_read(w, 2, to, 4, &e));
    assert_memory_equal(to, "6789", 4);
    assert_false(blob_read(w, 3, to, 4, &e));
    assert_int_equal(e.code, ERR_CORRUPT);
    assert_false(blob_read(w, UINT64_MAX, to, 4, &e));
    blob_close(w);
    blob_close(b);
}

static void sha256_of_the_standard_vector(void **state)
{
    (void)state;
    uint8_t h[SHA256_SIZE], again[SHA256_SIZE];
    char hex[SHA256_TEXT];
    sha256_of(slice_of("abc"), h);
    assert_string_equal(hex_text(h, sizeof h, hex),
                        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_true(hex_bytes(slice_of(hex), again, sizeof again));
    assert_memory_equal(h, again, sizeof h);
    assert_false(hex_bytes(slice_of("zz"), again, 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cursor_stops_at_end),
        cmocka_unit_test(cursor_take_refuses_huge_lengths),
        cmocka_unit_test(cursor_lines_end_with_lf_or_crlf_or_the_file),
        cmocka_unit_test(varint_reads_back_and_refuses_eleven_bytes),
        cmocka_unit_test(err_in_puts_context_in_front),
        cmocka_unit_test(arena_survives_reset_and_big_blocks),
        cmocka_unit_test(times_by_magnitude),
        cmocka_unit_test(sentinels_are_no_times),
        cmocka_unit_test(times_are_parsed),
        cmocka_unit_test(broken_utf8_is_shown_not_lost),
        cmocka_unit_test(blob_refuses_ranges_past_the_end),
        cmocka_unit_test(sha256_of_the_standard_vector),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
