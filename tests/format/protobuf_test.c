#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "format/protobuf.h"

/* 1: varint 300; 2: fixed64; 3: "abc"; 4: fixed32; 1: varint -1; 2^29 - 1: an empty string. */
static const char message[] = "\x08\xac\x02"
                              "\x11\x01\x02\x03\x04\x05\x06\x07\x80"
                              "\x1a\x03"
                              "abc"
                              "\x25\x01\x00\x00\xff"
                              "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"
                              "\xfa\xff\xff\xff\x0f\x00";
static const size_t ends[] = {0, 3, 12, 17, 22, 33, 39};

static bool is_end(size_t n)
{
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (ends[i] == n)
            return true;
    return false;
}

static void fields_come_one_after_the_other(void **state)
{
    (void)state;
    struct pb p = pb_open(slice_at(message, sizeof message - 1));
    struct pb_field f;
    assert_true(pb_next(&p, &f) && f.number == 1 && f.wire == PB_VARINT && f.value == 300);
    assert_true(pb_next(&p, &f) && f.number == 2 && f.wire == PB_FIXED64);
    assert_true(f.value == UINT64_C(0x8007060504030201));
    assert_true(pb_next(&p, &f) && f.number == 3 && f.wire == PB_BYTES && slice_is(f.bytes, "abc"));
    assert_true(pb_next(&p, &f) && f.number == 4 && f.wire == PB_FIXED32);
    assert_true(f.value == 0xff000001);
    assert_true(pb_next(&p, &f) && f.number == 1 && (int64_t)f.value == -1);
    assert_true(pb_next(&p, &f) && f.number == (1 << 29) - 1 && f.bytes.n == 0);
    assert_false(pb_next(&p, &f));
    assert_false(pb_bad(&p));
}

/* A message has no end of its own: cut between two fields it is whole, and whoever knows its length
   (the field around it, the file) must say so. Anywhere else it is bad. */
static void a_message_cut_inside_a_field_is_bad(void **state)
{
    (void)state;
    for (size_t n = 0; n < sizeof message; n++) {
        struct pb p = pb_open(slice_at(message, n));
        struct pb_field f;
        size_t fields = 0;
        while (pb_next(&p, &f))
            fields++;
        assert_int_equal(pb_bad(&p), !is_end(n));
        assert_true(fields < sizeof ends / sizeof *ends && ends[fields] <= n);
        assert_false(pb_next(&p, &f));
    }
}

static void what_is_no_field_is_bad(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t n;
    } bad[] = {
        {"\x0b\x0c", 2},                                          /* a group and its end */
        {"\x0c", 1},                                              /* an end alone */
        {"\x0e\x00", 2},                                          /* wire type 6 */
        {"\x0f\x00", 2},                                          /* wire type 7 */
        {"\x00\x00", 2},                                          /* field 0 */
        {"\x80\x80\x80\x80\x10\x00", 6},                          /* field 2^29 */
        {"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 11},     /* more than 64 bits */
        {"\x08\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00", 12}, /* eleven bytes */
        {"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11},     /* a length of 2^64 - 1 */
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct pb p = pb_open(slice_at(bad[i].bytes, bad[i].n));
        struct pb_field f = {.number = 77};
        assert_false(pb_next(&p, &f));
        assert_true(pb_bad(&p));
        assert_int_equal(f.number, 77);
    }
}

static void the_first_field_of_a_number_is_found(void **state)
{
    (void)state;
    struct slice m = slice_at(message, sizeof message - 1);
    struct pb_field f;
    assert_true(pb_find(m, 1, &f) && f.value == 300);
    assert_true(pb_find(m, 4, &f) && f.wire == PB_FIXED32);
    assert_false(pb_find(m, 5, &f));
    assert_false(pb_find((struct slice){0}, 1, &f));
}

static void zigzag_gives_small_numbers_of_both_signs(void **state)
{
    (void)state;
    assert_true(pb_zigzag(0) == 0);
    assert_true(pb_zigzag(1) == -1);
    assert_true(pb_zigzag(2) == 1);
    assert_true(pb_zigzag(UINT64_MAX - 1) == INT64_MAX);
    assert_true(pb_zigzag(UINT64_MAX) == INT64_MIN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_come_one_after_the_other),
        cmocka_unit_test(a_message_cut_inside_a_field_is_bad),
        cmocka_unit_test(what_is_no_field_is_bad),
        cmocka_unit_test(the_first_field_of_a_number_is_found),
        cmocka_unit_test(zigzag_gives_small_numbers_of_both_signs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
