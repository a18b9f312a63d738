#include "base/bytes.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "base/err.h"

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

bool slice_is_nocase(struct slice a, const char *literal)
{
    size_t n = strlen(literal);
    if (a.n != n)
        return false;
    for (size_t i = 0; i < n; i++)
        if (lower(a.p[i]) != lower((uint8_t)literal[i]))
            return false;
    return true;
}

bool slice_ends(struct slice a, const char *suffix)
{
    size_t n = strlen(suffix);
    return a.n >= n && slice_is(slice_sub(a, a.n - n, n), suffix);
}

int slice_compare(struct slice a, struct slice b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int c = n ? memcmp(a.p, b.p, n) : 0;
    return c ? c : (a.n > b.n) - (a.n < b.n);
}

struct slice slice_trim(struct slice s)
{
    while (s.n && (s.p[0] == ' ' || (s.p[0] >= '\t' && s.p[0] <= '\r')))
        s = slice_sub(s, 1, s.n);
    while (s.n && (s.p[s.n - 1] == ' ' || (s.p[s.n - 1] >= '\t' && s.p[s.n - 1] <= '\r')))
        s.n--;
    return s;
}

size_t slice_find(struct slice s, uint8_t c)
{
    const uint8_t *at = s.n ? memchr(s.p, c, s.n) : NULL;
    return at ? (size_t)(at - s.p) : s.n;
}

size_t slice_search(struct slice s, struct slice needle, size_t from)
{
    if (from >= s.n)
        return s.n;
    const uint8_t *at = memmem(s.p + from, s.n - from, needle.p, needle.n);
    return at ? (size_t)(at - s.p) : s.n;
}

struct slice slice_basename(struct slice path)
{
    const uint8_t *slash = path.n ? memrchr(path.p, '/', path.n) : NULL;
    return slash ? slice_sub(path, (size_t)(slash - path.p) + 1, path.n) : path;
}

struct cursor cursor(struct slice s)
{
    static const uint8_t nothing[1];
    const uint8_t *p = s.n ? s.p : nothing;
    return (struct cursor){p, p, p + s.n, false};
}

bool cursor_fail(struct cursor *c)
{
    c->p = c->end;
    c->bad = true;
    return false;
}

void cursor_skip(struct cursor *c, uint64_t n)
{
    cursor_take(c, n);
}

static uint64_t take_le(struct cursor *c, unsigned n)
{
    struct slice s = cursor_take(c, n);
    uint64_t v = 0;
    for (size_t i = s.n; i-- > 0;)
        v = v << 8 | s.p[i];
    return v;
}

static uint64_t take_be(struct cursor *c, unsigned n)
{
    struct slice s = cursor_take(c, n);
    uint64_t v = 0;
    for (size_t i = 0; i < s.n; i++)
        v = v << 8 | s.p[i];
    return v;
}

uint16_t cursor_u16le(struct cursor *c)
{
    return (uint16_t)take_le(c, 2);
}

uint32_t cursor_u32le(struct cursor *c)
{
    return (uint32_t)take_le(c, 4);
}

uint64_t cursor_u64le(struct cursor *c)
{
    return take_le(c, 8);
}

uint16_t cursor_u16be(struct cursor *c)
{
    return (uint16_t)take_be(c, 2);
}

uint32_t cursor_u32be(struct cursor *c)
{
    return (uint32_t)take_be(c, 4);
}

uint64_t cursor_u64be(struct cursor *c)
{
    return take_be(c, 8);
}

uint64_t cursor_long_varint(struct cursor *c)
{
    uint64_t v = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        uint8_t b = cursor_u8(c);
        if (shift == 63 && b > 1)
            break;
        v |= (uint64_t)(b & 0x7f) << shift;
        if (!(b & 0x80))
            return c->bad ? 0 : v;
    }
    return cursor_fail(c);
}

bool cursor_line(struct cursor *c, struct slice *line)
{
    if (c->p == c->end)
        return false;
    struct slice rest = {c->p, cursor_left(c)};
    size_t n = slice_find(rest, '\n');
    c->p += n < rest.n ? n + 1 : n;
    if (n && n < rest.n && rest.p[n - 1] == '\r')
        n--;
    *line = slice_sub(rest, 0, n);
    return true;
}

uint8_t *buf_room(struct buf *b, size_t n)
{
    size_t want;
    if (__builtin_add_overflow(b->n, n, &want))
        die("buffer larger than memory");
    if (want > b->room || !b->p) {
        size_t room = b->room ? b->room : 256;
        while (room < want)
            room += room / 2 + 1;
        b->p = xrealloc(b->p, room, 1);
        b->room = room;
    }
    return b->p + b->n;
}

void buf_add(struct buf *b, const void *p, size_t n)
{
    uint8_t *to = buf_room(b, n);
    if (n)
        memcpy(to, p, n);
    b->n += n;
}

void buf_slice(struct buf *b, struct slice s)
{
    buf_add(b, s.p, s.n);
}

void buf_text(struct buf *b, const char *s)
{
    buf_add(b, s, strlen(s));
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
    va_list ap, again;
    va_start(ap, fmt);
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (n > 0) {
        vsnprintf((char *)buf_room(b, (size_t)n + 1), (size_t)n + 1, fmt, again);
        b->n += (size_t)n;
    }
    va_end(again);
}

void buf_u32le(struct buf *b, uint32_t v)
{
    uint8_t bytes[4] = {(uint8_t)v, (uint8_t)(v >> 8), (uint8_t)(v >> 16), (uint8_t)(v >> 24)};
    buf_add(b, bytes, sizeof bytes);
}

void buf_clear(struct buf *b)
{
    b->n = 0;
}

void buf_free(struct buf *b)
{
    free(b->p);
    *b = (struct buf){0};
}

struct arena_chunk {
    struct arena_chunk *next;
    size_t used, room;
    _Alignas(16) uint8_t bytes[];
};

enum { CHUNK = 64 * 1024 };

void *arena_alloc(struct arena *a, size_t n)
{
    if (n > SIZE_MAX / 2)
        die("allocation of %zu bytes", n);
    size_t need = (n + 15) & ~(size_t)15;
    struct arena_chunk *c = a->chunks;
    if (!c || c->room - c->used < need) {
        size_t room = need > CHUNK ? need : CHUNK;
        c = xcalloc(1, sizeof *c + room);
        c->room = room;
        /* A big block goes behind the first chunk, which may have room left. */
        if (a->chunks && need > CHUNK / 4) {
            c->next = a->chunks->next;
            a->chunks->next = c;
        } else {
            c->next = a->chunks;
            a->chunks = c;
        }
    }
    void *p = c->bytes + c->used;
    c->used += need;
    a->used += need;
    return p;
}

struct slice arena_copy(struct arena *a, struct slice s)
{
    uint8_t *p = arena_alloc(a, s.n + 1);
    if (s.n)
        memcpy(p, s.p, s.n);
    return (struct slice){p, s.n};
}

char *arena_string(struct arena *a, struct slice s)
{
    return (char *)arena_copy(a, s).p;
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
    va_list ap, again;
    va_start(ap, fmt);
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    size_t room = n > 0 ? (size_t)n + 1 : 1;
    char *s = arena_alloc(a, room);
    vsnprintf(s, room, fmt, again);
    va_end(again);
    return s;
}

void arena_reset(struct arena *a)
{
    struct arena_chunk *keep = NULL;
    for (struct arena_chunk *c = a->chunks, *next; c; c = next) {
        next = c->next;
        if (!keep && c->room == CHUNK)
            keep = c;
        else
            free(c);
    }
    if (keep) {
        memset(keep->bytes, 0, keep->used);
        keep->used = 0;
        keep->next = NULL;
    }
    *a = (struct arena){keep, 0};
}

void arena_free(struct arena *a)
{
    for (struct arena_chunk *c = a->chunks, *next; c; c = next) {
        next = c->next;
        free(c);
    }
    *a = (struct arena){0};
}

void *xcalloc(size_t n, size_t size)
{
    void *p = calloc(n ? n : 1, size ? size : 1);
    if (!p)
        die("out of memory (%zu x %zu bytes)", n, size);
    return p;
}

void *xrealloc(void *p, size_t n, size_t size)
{
    void *q = reallocarray(p, n ? n : 1, size ? size : 1);
    if (!q)
        die("out of memory (%zu x %zu bytes)", n, size);
    return q;
}

void *xlarge(size_t n)
{
    enum { LARGE_PAGE = 2 << 20 };
    size_t whole = n / LARGE_PAGE * LARGE_PAGE;
    if (!whole)
        return xrealloc(NULL, n, 1);
    if (n > SIZE_MAX - LARGE_PAGE)
        die("allocation of %zu bytes", n);
    void *p = aligned_alloc(LARGE_PAGE, whole + LARGE_PAGE);
    if (!p)
        die("out of memory (%zu bytes)", n);
    madvise(p, whole, MADV_HUGEPAGE); /* advice alone: it may fail */
    return p;
}

char *xstrdup(const char *s)
{
    char *copy = strdup(s);
    if (!copy)
        die("out of memory");
    return copy;
}
