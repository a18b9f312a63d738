#pragma once

#include <stdio.h>

#include "format/tar.h"

/* Writes tape archives for tests, block by block. */

/* The sum of a header at its place. */
static inline void make_sum(uint8_t *block)
{
    char text[9];
    unsigned sum = 0;
    memset(block + 148, ' ', 8);
    for (size_t i = 0; i < TAR_BLOCK; i++)
        sum += block[i];
    snprintf(text, sizeof text, "%06o", sum & 0777777);
    memcpy(block + 148, text, 7);
}

/* A ustar header; where it begins. */
static inline size_t make_header(struct buf *b, const char *name, char type, uint64_t size)
{
    uint8_t block[TAR_BLOCK] = {0};
    char text[24];
    memcpy(block, name, strlen(name) < 100 ? strlen(name) : 100);
    memcpy(block + 100,
           "0000644\0"
           "0000765\0"
           "0000024\0",
           24);
    snprintf(text, sizeof text, "%011llo", (unsigned long long)size & 077777777777);
    memcpy(block + 124, text, 12);
    memcpy(block + 136, "14524770400", 12); /* 2023-11-14T22:13:20Z */
    block[156] = (uint8_t)type;
    memcpy(block + 257,
           "ustar\0"
           "00",
           8);
    make_sum(block);
    buf_add(b, block, sizeof block);
    return b->n - TAR_BLOCK;
}

/* Changes a header that is there. */
static inline void make_field(struct buf *b, size_t header, size_t at, const void *bytes, size_t n)
{
    memcpy(b->p + header + at, bytes, n);
    make_sum(b->p + header);
}

static inline void make_content(struct buf *b, const void *bytes, size_t n)
{
    static const uint8_t zeros[TAR_BLOCK];
    buf_add(b, bytes, n);
    buf_add(b, zeros, -n % TAR_BLOCK);
}

/* A member with its content; where it begins. */
static inline size_t make_member(struct buf *b, const char *name, char type, const char *text)
{
    size_t at = make_header(b, name, type, strlen(text));
    make_content(b, text, strlen(text));
    return at;
}

static inline size_t make_link(struct buf *b, const char *name, char type, const char *target)
{
    size_t at = make_header(b, name, type, 0);
    make_field(b, at, 157, target, strlen(target));
    return at;
}

/* One record of an extended header: its length counts itself. */
static inline void make_record(struct buf *records, const char *key, const char *value)
{
    size_t n = strlen(key) + strlen(value) + 3, digits = 1;
    for (size_t left = n + 1; left >= 10; left /= 10)
        digits++;
    if (n + digits >= 100 && digits < 3)
        digits = 3;
    else if (n + digits >= 10 && digits < 2)
        digits = 2;
    buf_printf(records, "%zu %s=%s\n", n + digits, key, value);
}

/* The same as an extended header of one record: type 'x' or 'g'. */
static inline void make_extended(struct buf *b, char type, const char *key, const char *value)
{
    struct buf records = {0};
    make_record(&records, key, value);
    make_header(b, "PaxHeaders/x", type, records.n);
    make_content(b, records.p, records.n);
    buf_free(&records);
}

static inline void make_end(struct buf *b)
{
    static const uint8_t zeros[2 * TAR_BLOCK];
    buf_add(b, zeros, sizeof zeros);
}
