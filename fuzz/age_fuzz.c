#include "source/age.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A file for an identity that the seeds know; a passphrase would cost too much time. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char identity[] =
        "AGE-SECRET-KEY-15N55V2H34RJJZM9DP4CQ4ZV94VXNJLS7TVNMRCKJPKEAF5PUKQ4QMT6JKT";
    struct secret s = {.nidentities = sizeof identity - 1};
    struct arena a = {0};
    struct err e = {0};
    struct slice plain;
    uint8_t key[AGE_SECRET_SIZE];
    memcpy(s.identities, identity, sizeof identity - 1);
    age_identity_parse(slice_at(data, size), key);
    struct blob *b = blob_of_memory(slice_at(data, size));
    age_is(b);
    b = age_blob(b, &s, &e);
    if (b && !blob_slurp(b, size, &a, &plain, &e))
        err_clear(&e);
    blob_close(b);
    arena_free(&a);
    return 0;
}
