#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* A string or a piece of a file: not owned, perhaps not UTF-8, may hold NUL. */
struct slice {
    const uint8_t *p;
    size_t n;
};

/* A slice of a string literal or another C string. */
static inline struct slice slice_of(const char *s)
{
    return (struct slice){(const uint8_t *)s, s ? strlen(s) : 0};
}

static inline struct slice slice_at(const void *p, size_t n)
{
    return (struct slice){p, n};
}

/* The part from `from`, at most `n` long; never runs past the end. */
static inline struct slice slice_sub(struct slice s, size_t from, size_t n)
{
    if (from > s.n)
        from = s.n;
    if (n > s.n - from)
        n = s.n - from;
    return (struct slice){n ? s.p + from : s.p, n};
}

static inline bool slice_equal(struct slice a, struct slice b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline bool slice_is(struct slice a, const char *literal)
{
    return slice_equal(a, slice_of(literal));
}

static inline bool slice_starts(struct slice a, const char *prefix)
{
    return slice_is(slice_sub(a, 0, strlen(prefix)), prefix);
}

bool slice_is_nocase(struct slice a, const char *literal); /* ASCII only */
bool slice_ends(struct slice a, const char *suffix);
int slice_compare(struct slice a, struct slice b); /* by bytes; shorter first */
struct slice slice_trim(struct slice s);           /* ASCII white space at both ends */
/* First place of c, or s.n. */
size_t slice_find(struct slice s, uint8_t c);
/* First place of needle at or after from, or s.n. */
size_t slice_search(struct slice s, struct slice needle, size_t from);
/* The last component of a path: after the last '/'. */
struct slice slice_basename(struct slice path);

/*
 * Reads hostile bytes from front to back. A read past the end gives 0 or an empty slice,
 * moves to the end and sets `bad`, which stays set: straight-line code needs one check.
 */
struct cursor {
    const uint8_t *start, *p, *end;
    bool bad;
};

struct cursor cursor(struct slice s);

static inline size_t cursor_left(const struct cursor *c)
{
    return (size_t)(c->end - c->p);
}

/* Moves to the end for good; always false. */
bool cursor_fail(struct cursor *c);

static inline size_t cursor_offset(const struct cursor *c)
{
    return (size_t)(c->p - c->start);
}

static inline uint8_t cursor_u8(struct cursor *c)
{
    return c->p < c->end ? *c->p++ : cursor_fail(c);
}

uint16_t cursor_u16le(struct cursor *c);
uint32_t cursor_u32le(struct cursor *c);
uint64_t cursor_u64le(struct cursor *c);
uint16_t cursor_u16be(struct cursor *c);
uint32_t cursor_u32be(struct cursor *c);
uint64_t cursor_u64be(struct cursor *c);
/* Base-128, low group first, at most 10 bytes; a longer one is bad. */
uint64_t cursor_long_varint(struct cursor *c);

static inline uint64_t cursor_varint(struct cursor *c)
{
    return c->p < c->end && *c->p < 0x80 ? *c->p++ : cursor_long_varint(c);
}

/* The next n bytes; n may be anything, it is checked here. */
static inline struct slice cursor_take(struct cursor *c, uint64_t n)
{
    if (n > cursor_left(c))
        n = cursor_fail(c);
    struct slice s = {c->p, (size_t)n};
    c->p += n;
    return s;
}

void cursor_skip(struct cursor *c, uint64_t n);
/* The next line without its LF or CRLF; false at the end of the input. */
bool cursor_line(struct cursor *c, struct slice *line);

/* A growing buffer of our own output. Dies without memory. */
struct buf {
    uint8_t *p;
    size_t n, room;
};

/* Makes room for n more bytes and returns where they go; the caller then adds to b->n. */
uint8_t *buf_room(struct buf *b, size_t n);
void buf_add(struct buf *b, const void *p, size_t n);
void buf_slice(struct buf *b, struct slice s);
void buf_text(struct buf *b, const char *s);

static inline void buf_byte(struct buf *b, uint8_t c)
{
    uint8_t *to = b->n < b->room ? b->p + b->n : buf_room(b, 1);
    *to = c;
    b->n++;
}

static inline void buf_varint(struct buf *b, uint64_t v)
{
    for (; v >= 0x80; v >>= 7)
        buf_byte(b, (uint8_t)(v | 0x80));
    buf_byte(b, (uint8_t)v);
}

void buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void buf_u32le(struct buf *b, uint32_t v);

static inline struct slice buf_view(const struct buf *b)
{
    return (struct slice){b->p, b->n};
}
void buf_clear(struct buf *b); /* keeps the memory */
void buf_free(struct buf *b);

/*
 * Memory that is freed together. One per file in a job, else one per phase.
 * Every pointer into an arena dies with arena_reset().
 */
struct arena {
    struct arena_chunk *chunks;
    size_t used; /* bytes handed out since the last reset */
};

void *arena_alloc(struct arena *a,
                  size_t n); /* zeroed, aligned for anything; dies without memory */
struct slice arena_copy(struct arena *a, struct slice s);
char *arena_string(struct arena *a, struct slice s); /* NUL-terminated; embedded NULs stay */
char *arena_printf(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void arena_reset(struct arena *a); /* keeps one chunk for reuse */
void arena_free(struct arena *a);

/* malloc family that never returns NULL. */
void *xcalloc(size_t n, size_t size);
void *xrealloc(void *p, size_t n, size_t size);
/* For big buffers: not zeroed, and in large pages where the system has them, which spares thousands
   of page faults. */
void *xlarge(size_t n);
char *xstrdup(const char *s);
