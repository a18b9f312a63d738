#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <openssl/evp.h>
#include <stdio.h>

#include "base/hash.h"
#include "base/utime.h"
#include "source/kdf.h"

static void library(struct slice password, struct slice salt, int rounds, uint8_t out[KDF_SIZE])
{
    assert_int_equal(PKCS5_PBKDF2_HMAC((const char *)password.p, (int)password.n, salt.p,
                                       (int)salt.n, rounds, EVP_sha256(), KDF_SIZE, out),
                     1);
}

static void kdf_gives_what_the_library_gives(void **state)
{
    (void)state;
    static const size_t lengths[] = {0, 1, 20, 63, 64, 65, 300};
    static const uint32_t rounds[] = {1, 2, 3, 1000};
    uint8_t bytes[300], ours[KDF_SIZE], theirs[KDF_SIZE];
    struct err e = {0};
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 7 + 1);
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++)
        for (size_t k = 0; k < sizeof rounds / sizeof *rounds; k++) {
            struct slice password = slice_at(bytes, lengths[i]), salt = slice_at(bytes + 5, 20);
            assert_true(kdf_sha256(password, salt, rounds[k], NULL, ours, &e));
            library(password, salt, (int)rounds[k], theirs);
            assert_memory_equal(ours, theirs, KDF_SIZE);
        }
}

static void salt_of_any_length_works(void **state)
{
    (void)state;
    uint8_t bytes[200] = {1, 2, 3}, ours[KDF_SIZE], theirs[KDF_SIZE];
    struct err e = {0};
    for (size_t n = 0; n <= sizeof bytes; n += 8) {
        assert_true(kdf_sha256(slice_of("p"), slice_at(bytes, n), 5, NULL, ours, &e));
        library(slice_of("p"), slice_at(bytes, n), 5, theirs);
        assert_memory_equal(ours, theirs, KDF_SIZE);
    }
}

static void both_stages_give_the_documented_key(void **state)
{
    (void)state;
    uint8_t first_salt[20], salt[20], first[KDF_SIZE], key[KDF_SIZE];
    char text[2 * KDF_SIZE + 1];
    struct err e = {0};
    for (uint8_t i = 0; i < 20; i++) {
        first_salt[i] = i;
        salt[i] = (uint8_t)(100 + i);
    }
    struct slice password = slice_of("bridle");
    assert_true(kdf_sha256(password, slice_at(first_salt, 20), 1000, NULL, first, &e));
    assert_string_equal(hex_text(first, KDF_SIZE, text),
                        "1763a44e4a58559d51c0d4e20770a66f794bd8e6e4f04177879d09c6a676f7ce");
    assert_true(kdf_sha1(slice_at(first, KDF_SIZE), slice_at(salt, 20), 10, key, &e));
    assert_string_equal(hex_text(key, KDF_SIZE, text),
                        "de7722112ce55a81a354453c146cfc247f4dc3e251d9054cb472485310c08688");
    assert_true(kdf_sha1(password, slice_at(salt, 20), 10, key, &e));
    assert_string_equal(hex_text(key, KDF_SIZE, text),
                        "85acdd7745a31407baa4ac9f35d4783ff684e1ed891f589d73fb1ad50daa5d89");
}

static void rounds_beyond_reason_are_refused(void **state)
{
    (void)state;
    uint8_t key[KDF_SIZE];
    static const uint32_t bad[] = {0, KDF_MAX_ROUNDS + 1, UINT32_MAX};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct err e = {0};
        assert_false(kdf_sha256(slice_of("x"), slice_of("y"), bad[i], NULL, key, &e));
        assert_int_equal(e.code, ERR_CORRUPT);
        e = (struct err){0};
        assert_false(kdf_sha1(slice_of("x"), slice_of("y"), bad[i], key, &e));
        assert_int_equal(e.code, ERR_CORRUPT);
    }
}

static int calls;
static double last;

static bool count(double done)
{
    assert_true(done >= last && done <= 1);
    last = done;
    return ++calls != 50;
}

static bool always(double done)
{
    (void)done;
    calls++;
    return true;
}

static void progress_is_told_a_hundred_times_and_can_stop(void **state)
{
    (void)state;
    uint8_t key[KDF_SIZE];
    struct err e = {0};
    calls = 0;
    assert_true(kdf_sha256(slice_of("x"), slice_of("y"), 100000, always, key, &e));
    assert_in_range(calls, 90, 101);
    calls = 0;
    last = 0;
    assert_false(kdf_sha256(slice_of("x"), slice_of("y"), 100000, count, key, &e));
    assert_int_equal(e.code, ERR_STOP);
    assert_int_equal(calls, 50);
}

/* Printed, not asserted: a shared machine is no stop-watch. */
static void kdf_speed_is_told(void **state)
{
    (void)state;
    enum { ROUNDS = 300000 };
    uint8_t key[KDF_SIZE];
    struct err e = {0};
    double start = utime_steady();
    assert_true(kdf_sha256(slice_of("x"), slice_of("y"), ROUNDS, NULL, key, &e));
    double ours = utime_steady() - start;
    start = utime_steady();
    library(slice_of("x"), slice_of("y"), ROUNDS, key);
    double theirs = utime_steady() - start;
    print_message("# %d rounds: %.3f s, by the library %.3f s, factor %.1f\n", ROUNDS, ours, theirs,
                  theirs / ours);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kdf_gives_what_the_library_gives),
        cmocka_unit_test(salt_of_any_length_works),
        cmocka_unit_test(both_stages_give_the_documented_key),
        cmocka_unit_test(rounds_beyond_reason_are_refused),
        cmocka_unit_test(progress_is_told_a_hundred_times_and_can_stop),
        cmocka_unit_test(kdf_speed_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
