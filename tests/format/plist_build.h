#pragma once

#include "base/bytes.h"

/* Writes binary property lists for tests, odd ones included: objects one by one, then the end. */
struct build {
    struct buf b;
    uint64_t *offsets;
    size_t n;
    unsigned ref_size, offset_size;
};

static inline void build_start(struct build *d, unsigned ref_size, unsigned offset_size)
{
    *d = (struct build){.ref_size = ref_size, .offset_size = offset_size};
    buf_text(&d->b, "bplist00");
}

static inline void build_number(struct build *d, uint64_t v, unsigned bytes)
{
    for (unsigned i = bytes; i-- > 0;)
        buf_byte(&d->b, i < 8 ? (uint8_t)(v >> 8 * i) : 0);
}

/* Room for one offset more; doubled, so that hundred thousands of objects stay cheap. */
static inline void build_offset(struct build *d)
{
    if ((d->n & (d->n - 1)) == 0)
        d->offsets = xrealloc(d->offsets, d->n ? d->n * 2 : 1, sizeof *d->offsets);
    d->offsets[d->n] = d->b.n;
}

/* All of these return the number of the new object. */
static inline uint64_t build_object(struct build *d, const void *bytes, size_t n)
{
    build_offset(d);
    buf_add(&d->b, bytes, n);
    return d->n++;
}

static inline uint64_t build_header(struct build *d, uint8_t high, size_t n)
{
    uint8_t marker = (uint8_t)(high << 4 | (n < 15 ? n : 15));
    uint64_t object = build_object(d, &marker, 1);
    if (n >= 15) {
        buf_byte(&d->b, 0x12);
        build_number(d, n, 4);
    }
    return object;
}

static inline uint64_t build_text(struct build *d, const char *s)
{
    uint64_t object = build_header(d, 5, strlen(s));
    buf_text(&d->b, s);
    return object;
}

static inline uint64_t build_int(struct build *d, uint64_t v)
{
    uint64_t object = build_object(d, "\x13", 1);
    build_number(d, v, 8);
    return object;
}

/* high is 10 for an array and 13 for a dictionary, whose refs are keys, then values. */
static inline uint64_t build_container(struct build *d, uint8_t high, size_t n,
                                       const uint64_t *refs)
{
    uint64_t object = build_header(d, high, n);
    for (size_t i = 0; i < n * (high == 13 ? 2 : 1); i++)
        build_number(d, refs[i], d->ref_size);
    return object;
}

/* The file, good until build_free(). */
static inline struct slice build_end(struct build *d, uint64_t top)
{
    uint64_t table = d->b.n;
    for (size_t i = 0; i < d->n; i++)
        build_number(d, d->offsets[i], d->offset_size);
    build_number(d, 0, 6);
    buf_byte(&d->b, (uint8_t)d->offset_size);
    buf_byte(&d->b, (uint8_t)d->ref_size);
    build_number(d, d->n, 8);
    build_number(d, top, 8);
    build_number(d, table, 8);
    return buf_view(&d->b);
}

static inline void build_free(struct build *d)
{
    buf_free(&d->b);
    free(d->offsets);
}
