/* Files hashed side by side against the same files one by one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/hasher.h"

enum { MANY = 400, LARGEST = 700000 };

static uint8_t *some_bytes(size_t n)
{
    uint8_t *p = xcalloc(1, n);
    for (size_t i = 0; i < n; i++)
        p[i] = (uint8_t)(i * 2654435761u >> 13);
    return p;
}

static void expect_same(const struct hashed *h)
{
    uint8_t one[SHA256_SIZE];
    struct err e = {0};
    assert_true(h->ok);
    assert_true(sha256_blob(h->blob, one, &e));
    assert_memory_equal(h->sha256, one, sizeof one);
}

static void files_of_every_length_are_hashed_right(void **state)
{
    (void)state;
    static const size_t odd[] = {131071, 131072, 131073, 262144, 131136, 131008, 500001, LARGEST};
    uint8_t *bytes = some_bytes(LARGEST + MANY);
    struct hasher *h = hasher_new();
    struct hashed all[MANY] = {0};
    for (size_t i = 0; i < MANY; i++) {
        size_t n = i % 7 == 3 ? odd[i / 7 % (sizeof odd / sizeof *odd)] : i;
        all[i].blob = blob_of_memory(slice_at(bytes + i, n));
    }
    hasher_run(h, all, MANY);
    for (size_t i = 0; i < MANY; i++)
        expect_same(&all[i]);
    for (size_t n = 0; n < 5; n++) {
        hasher_run(h, all + 10, n);
        for (size_t i = 0; i < n; i++)
            expect_same(&all[10 + i]);
    }
    for (size_t i = 0; i < MANY; i++)
        blob_close(all[i].blob);
    hasher_free(h);
    free(bytes);
}

static bool fails(struct blob *b, uint64_t off, void *to, size_t n, struct err *e)
{
    (void)b, (void)to, (void)n;
    return off == 0 || err_set(e, ERR_IO, "gone");
}

static void a_file_that_fails_costs_no_other(void **state)
{
    (void)state;
    static const struct blob_ops ops = {fails, NULL};
    struct blob bad = {.ops = &ops, .size = LARGEST};
    uint8_t *bytes = some_bytes(LARGEST);
    struct hasher *h = hasher_new();
    struct hashed all[5] = {{.blob = blob_of_memory(slice_at(bytes, LARGEST))},
                            {.blob = &bad},
                            {.blob = NULL},
                            {.blob = blob_of_memory(slice_at(bytes, 100))},
                            {.blob = &bad}};
    err_set(&all[2].e, ERR_LOCKED, "no key");
    hasher_run(h, all, 5);
    expect_same(&all[0]);
    expect_same(&all[3]);
    assert_false(all[1].ok || all[2].ok || all[4].ok);
    assert_int_equal(all[1].e.code, ERR_IO);
    assert_int_equal(all[2].e.code, ERR_LOCKED);
    assert_int_equal(all[4].e.code, ERR_IO);
    blob_close(all[0].blob);
    blob_close(all[3].blob);
    hasher_free(h);
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_of_every_length_are_hashed_right),
        cmocka_unit_test(a_file_that_fails_costs_no_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
