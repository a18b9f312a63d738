#pragma once

#include "base/hash.h"

/*
 * SHA-256 of many files. A processor's SHA instructions wait for one another most of the time, so
 * that two files side by side take less than one after the other; elsewhere it is sha256_blob().
 */
struct hasher;
struct hasher *hasher_new(void);
void hasher_free(struct hasher *h); /* NULL is fine */

/* What is to be hashed, and what came of it. */
struct hashed {
    struct blob *blob; /* NULL: passed over, and not ok */
    bool ok;
    uint8_t sha256[SHA256_SIZE]; /* if ok */
    struct err e;                /* why not, if there is a blob */
};
/* Reads each blob once. */
void hasher_run(struct hasher *h, struct hashed *all, size_t n);
