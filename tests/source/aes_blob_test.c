#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/utime.h"
#include "source/aes_blob.h"

static const uint8_t key[32] = {1, 2, 3, 4, 5, 6, 7, 8, 9};

/* AES-256-CBC with a zero IV and padding; the caller frees it. */
static struct slice encrypt(struct slice plain)
{
    static const uint8_t iv[16];
    uint8_t *to = malloc(plain.n + 16);
    int n = 0, m = 0;
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    assert_int_equal(EVP_EncryptInit_ex(ctx, EVP_aes_256_cbc(), NULL, key, iv), 1);
    assert_int_equal(EVP_EncryptUpdate(ctx, to, &n, plain.p, (int)plain.n), 1);
    assert_int_equal(EVP_EncryptFinal_ex(ctx, to + n, &m), 1);
    EVP_CIPHER_CTX_free(ctx);
    return slice_at(to, (size_t)(n + m));
}

/* No byte of it could be padding. */
static struct slice pattern(size_t n)
{
    uint8_t *p = malloc(n + 1);
    uint32_t x = 12345;
    for (size_t i = 0; i < n; i++) {
        x = x * 1664525 + 1013904223;
        p[i] = (uint8_t)(x >> 24 | 0x80);
    }
    return slice_at(p, n);
}

static struct blob *open_blob(struct slice cipher)
{
    struct err e = {0};
    struct blob *b = aes_blob(blob_of_memory(cipher), key, &e);
    assert_non_null(b);
    return b;
}

static void documented_text_decrypts(void **state)
{
    (void)state;
    uint8_t cipher[32], file_key[32];
    char plain[22] = "";
    struct err e = {0};
    assert_true(hex_bytes(
        slice_of("0418b2fcc2fa226addabe80f2e16f6cfe92081d4c2e010ebac766ec53fabb3e9"), cipher, 32));
    memset(file_key, 0x44, sizeof file_key);
    struct blob *b = aes_blob(blob_of_memory(slice_at(cipher, 32)), file_key, &e);
    assert_non_null(b);
    assert_int_equal(blob_size(b), 21);
    assert_null(b->damage);
    assert_true(blob_read(b, 0, plain, 21, &e));
    assert_memory_equal(plain, "SQLite format 3\0AAAAA", 21);
    blob_close(b);
}

static void size_comes_from_the_padding(void **state)
{
    (void)state;
    for (size_t n = 0; n < 70; n++) {
        struct slice plain = pattern(n), cipher = encrypt(plain);
        struct blob *b = open_blob(cipher);
        struct err e = {0};
        uint8_t got[70];
        assert_int_equal(blob_size(b), n);
        assert_null(b->damage);
        assert_true(blob_read(b, 0, got, n, &e));
        assert_memory_equal(got, plain.p, n);
        blob_close(b);
        free((void *)cipher.p);
        free((void *)plain.p);
    }
}

static void any_range_reads_the_same(void **state)
{
    (void)state;
    enum { N = 100003 };
    struct slice plain = pattern(N), cipher = encrypt(plain);
    struct blob *b = open_blob(cipher);
    struct err e = {0};
    uint8_t *got = malloc(N);
    uint32_t x = 7;
    for (int i = 0; i < 3000; i++) {
        x = x * 1664525 + 1013904223;
        size_t off = (x >> 8) % N;
        x = x * 1664525 + 1013904223;
        size_t n = (x >> 8) % (i % 3 ? 300 : N);
        if (i % 5 == 0)
            off -= off % 16384;
        if (n > N - off)
            n = N - off;
        assert_true(blob_read(b, off, got, n, &e));
        assert_memory_equal(got, plain.p + off, n);
    }
    assert_false(blob_read(b, N - 1, got, 2, &e));
    blob_close(b);
    free(got);
    free((void *)cipher.p);
    free((void *)plain.p);
}

static void pieces_from_front_to_back_read_the_same(void **state)
{
    (void)state;
    static const size_t sizes[] = {16383, 16384, 16385, 40000, 131071, 131072, 300000, 300016};
    static const size_t pieces[] = {16384, 32768, 131072, 5000};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (size_t k = 0; k < sizeof pieces / sizeof *pieces; k++) {
            struct slice plain = pattern(sizes[i]), cipher = encrypt(plain);
            struct blob *b = open_blob(cipher);
            uint8_t *got = malloc(pieces[k]);
            struct err e = {0};
            for (size_t off = 0, n; off < plain.n; off += n) {
                n = plain.n - off < pieces[k] ? plain.n - off : pieces[k];
                assert_true(blob_read(b, off, got, n, &e));
                assert_memory_equal(got, plain.p + off, n);
            }
            blob_close(b);
            free(got);
            free((void *)plain.p);
            free((void *)cipher.p);
        }
}

static void cut_files_keep_their_whole_blocks_and_tell(void **state)
{
    (void)state;
    struct slice plain = pattern(1000), cipher = encrypt(plain);
    for (size_t n = 0; n < cipher.n; n++) {
        struct blob *b = open_blob(slice_sub(cipher, 0, n));
        struct err e = {0};
        uint8_t got[1024];
        assert_non_null(b->damage);
        assert_int_equal(blob_size(b), n - n % 16);
        assert_true(blob_read(b, 0, got, n - n % 16, &e));
        assert_memory_equal(got, plain.p, n - n % 16);
        blob_close(b);
    }
    free((void *)cipher.p);
    free((void *)plain.p);
}

static void damage_inside_stays_in_two_blocks(void **state)
{
    (void)state;
    struct slice plain = pattern(100000), cipher = encrypt(plain);
    uint8_t got[1000];
    struct err e = {0};
    ((uint8_t *)cipher.p)[50000] ^= 1;
    struct blob *b = open_blob(cipher);
    assert_null(b->damage);
    assert_true(blob_read(b, 50000 - 1000, got, 1000, &e));
    assert_memory_equal(got, plain.p + 49000, 1000);
    assert_true(blob_read(b, 50032, got, 1000, &e));
    assert_memory_equal(got, plain.p + 50032, 1000);
    blob_close(b);
    free((void *)cipher.p);
    free((void *)plain.p);
}

/* Printed, not asserted: a shared machine is no stop-watch. */
static void speed_is_told(void **state)
{
    (void)state;
    enum { N = 64 << 20, STEP = 1 << 20, PAGE = 4096 };
    struct slice plain = pattern(N), cipher = encrypt(plain);
    char path[] = "/tmp/aes_blob_XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0 && unlink(path) == 0);
    assert_int_equal(write(fd, cipher.p, cipher.n), cipher.n);
    struct err e = {0};
    uint8_t *got = malloc(STEP);
    struct blob *b = aes_blob(blob_of_fd(fd, 0, cipher.n, true), key, &e);
    double times[2];
    for (size_t k = 0; k < 2; k++) {
        size_t step = k ? PAGE : STEP;
        double start = utime_steady();
        for (size_t off = 0; off < N; off += step)
            assert_true(blob_read(b, off, got, step, &e));
        times[k] = utime_steady() - start;
        assert_memory_equal(got, plain.p + N - step, step);
    }
    print_message("# MB/s: %.0f in pieces of 1 MiB, %.0f in pages of 4 KiB\n", N / times[0] / 1e6,
                  N / times[1] / 1e6);
    blob_close(b);
    free(got);
    free((void *)cipher.p);
    free((void *)plain.p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(documented_text_decrypts),
        cmocka_unit_test(size_comes_from_the_padding),
        cmocka_unit_test(any_range_reads_the_same),
        cmocka_unit_test(pieces_from_front_to_back_read_the_same),
        cmocka_unit_test(cut_files_keep_their_whole_blocks_and_tell),
        cmocka_unit_test(damage_inside_stays_in_two_blocks),
        cmocka_unit_test(speed_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
