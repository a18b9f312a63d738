/*
 * Binary property lists. The file ends with a trailer, before it lies a table of offsets, and objects
 * refer to one another by their number in that table: so they may be shared, form circles, overlap,
 * or be reached by nobody. A value's ref is the offset of its object, whose header and extent
 * follow() has checked. Format: docs/formats/plist.md
 */
#include <endian.h>

#include "base/utf8.h"
#include "format/plist_impl.h"

enum { HEADER = 8, TRAILER = 32 };

/* An object's header: where its n bytes, UTF-16 units, or references (pairs of them) begin. */
struct object {
    enum plist_type type;
    uint8_t marker;
    uint64_t at, n;
};

/* The number of n bytes at a place before the trailer, which gives room to load eight. */
static uint64_t number_at(const struct plist *p, uint64_t at, unsigned n)
{
    uint64_t v;
    memcpy(&v, p->bytes.p + at, sizeof v);
    return be64toh(v) >> (64 - 8 * n);
}

/* By the high half of a marker whose low half is a length: bytes of a unit, refs in it. The strings
   are ASCII, UTF-16, and UTF-8 of later versions; after the array come sets, in order and not. */
static const struct {
    uint8_t type, bytes, refs;
} measured[16] = {
    [4] = {PLIST_DATA, 1},      [5] = {PLIST_STRING, 1},    [6] = {PLIST_STRING, 2},
    [7] = {PLIST_STRING, 1},    [10] = {PLIST_ARRAY, 0, 1}, [11] = {PLIST_ARRAY, 0, 1},
    [12] = {PLIST_ARRAY, 0, 1}, [13] = {PLIST_DICT, 0, 2},
};

/* Type and bytes, at most 16, where the low half says something else. */
static enum plist_type sized(uint8_t marker, unsigned *n)
{
    unsigned low = marker & 15;
    *n = 0;
    switch (marker >> 4) {
    case 0:
        return low == 8 || low == 9 ? PLIST_BOOL : low == 0 || low == 15 ? PLIST_NULL : PLIST_NONE;
    case 1: *n = 1u << (low & 7); return low <= 4 ? PLIST_INT : PLIST_NONE;
    case 2: *n = 1u << (low & 7); return low == 2 || low == 3 ? PLIST_REAL : PLIST_NONE;
    case 3: *n = 8; return low == 3 ? PLIST_DATE : PLIST_NONE;
    case 8: *n = low + 1; return low <= 7 ? PLIST_UID : PLIST_NONE;
    default: return PLIST_NONE;
    }
}

static bool damaged(struct plist *p, uint64_t at, const char *how)
{
    plist_damage(p, ERR_CORRUPT, "plist: byte %llu: %s", (unsigned long long)at, how);
    return false;
}

/* Reads the header at off, which lies before the table: it has ten bytes at most, and the trailer
   is longer. False: the file is bad. */
static bool object_at(struct plist *p, uint64_t off, struct object *o)
{
    uint64_t bytes;
    unsigned n, unit = 1;
    o->marker = p->bytes.p[off];
    o->at = off + 1;
    o->type = measured[o->marker >> 4].type;
    if (o->type == PLIST_NONE) {
        o->type = sized(o->marker, &n);
        o->n = n;
        if (o->type == PLIST_NONE)
            return damaged(p, off, "an object of unknown type");
    } else {
        unit = measured[o->marker >> 4].bytes + measured[o->marker >> 4].refs * p->binary.ref_size;
        o->n = o->marker & 15;
        if (o->n == 15) {
            /* The length is an integer object of its own, right behind. */
            if (sized(p->bytes.p[off + 1], &n) != PLIST_INT || n > 8)
                return damaged(p, off, "a length that is no integer");
            o->n = number_at(p, off + 2, n);
            o->at = off + 2 + n;
        }
    }
    if (o->at > p->binary.table || __builtin_mul_overflow(o->n, unit, &bytes) ||
        bytes > p->binary.table - o->at)
        return damaged(p, off, "an object that runs past the end");
    return true;
}

static bool offset_of(struct plist *p, uint64_t number, uint64_t *off)
{
    if (number >= p->binary.count) {
        plist_damage(p, ERR_CORRUPT, "plist: object %llu of %llu is referred to",
                     (unsigned long long)number, (unsigned long long)p->binary.count);
        return false;
    }
    *off = number_at(p, p->binary.table + number * p->binary.offset_size, p->binary.offset_size);
    if (*off >= HEADER && *off < p->binary.table)
        return true;
    plist_damage(p, ERR_CORRUPT, "plist: object %llu lies at byte %llu, outside",
                 (unsigned long long)number, (unsigned long long)*off);
    return false;
}

/* The value that the reference at a checked place in a container leads to. */
static struct plist_value follow(struct plist *p, uint64_t at, struct object *o)
{
    uint64_t off;
    if (!offset_of(p, number_at(p, at, p->binary.ref_size), &off) || !object_at(p, off, o))
        return (struct plist_value){.plist = p};
    return (struct plist_value){p, o->type, off};
}

static struct slice body(const struct plist *p, const struct object *o)
{
    return (struct slice){p->bytes.p + o->at, (size_t)o->n};
}

static double real_of(const struct plist *p, const struct object *o)
{
    uint64_t bits = number_at(p, o->at, (unsigned)o->n);
    uint32_t half = (uint32_t)bits;
    float f;
    double d;
    memcpy(&f, &half, sizeof f);
    memcpy(&d, &bits, sizeof d);
    return o->n == 4 ? (double)f : d;
}

/* Up to four bytes are unsigned, eight signed, and sixteen hold what an unsigned eight would. */
static void integer_of(const struct plist *p, const struct object *o, struct plist_number *n)
{
    if (o->n <= 8) {
        n->fits = true;
        n->i = (int64_t)number_at(p, o->at, (unsigned)o->n);
        n->r = (double)n->i;
        return;
    }
    int64_t high = (int64_t)number_at(p, o->at, 8);
    uint64_t low = number_at(p, o->at + 8, 8);
    n->fits = (high == 0 && low <= INT64_MAX) || (high == -1 && low > INT64_MAX);
    n->i = (int64_t)low;
    n->r = n->fits ? (double)n->i : (double)high * 0x1p64 + (double)low;
}

static bool number(struct plist *p, uint64_t ref, struct plist_number *n)
{
    struct object o;
    *n = (struct plist_number){0};
    if (!object_at(p, ref, &o))
        return false;
    switch (o.type) {
    case PLIST_BOOL:
        n->fits = true;
        n->i = o.marker == 9;
        n->r = (double)n->i;
        return true;
    case PLIST_UID:
        n->i = (int64_t)number_at(p, o.at, (unsigned)o.n);
        n->fits = n->i >= 0;
        n->r = (double)n->i;
        return true;
    case PLIST_INT: integer_of(p, &o, n); return true;
    case PLIST_REAL:
    case PLIST_DATE: n->r = real_of(p, &o); return true;
    default: return false;
    }
}

static struct utime date(struct plist *p, uint64_t ref)
{
    struct plist_number n;
    return number(p, ref, &n) ? plist_time(n.r) : UTIME_NONE;
}

static struct slice string(struct plist *p, uint64_t ref)
{
    struct object o;
    if (!object_at(p, ref, &o))
        return (struct slice){0};
    if (o.marker >> 4 != 6)
        return body(p, &o);
    if (!plist_spend(p, o.n + 4))
        return (struct slice){0};
    return utf8_from_utf16((struct slice){p->bytes.p + o.at, (size_t)o.n * 2}, true, p->arena);
}

static struct slice data(struct plist *p, uint64_t ref)
{
    struct object o;
    return object_at(p, ref, &o) ? body(p, &o) : (struct slice){0};
}

static void begin(struct plist_iter *it)
{
    struct object o;
    if (!object_at(it->container.plist, it->container.ref, &o))
        return;
    it->n = (size_t)o.n;
    it->at = o.at;
}

static void odd_key(struct plist *p, uint64_t at)
{
    plist_damage(p, ERR_CORRUPT, "plist: the key referred to at byte %llu is no string",
                 (unsigned long long)at);
}

/* A dictionary holds the references of all keys, then those of all values. */
static void next(struct plist_iter *it, struct plist_value *key, struct plist_value *v)
{
    struct plist *p = it->container.plist;
    struct object o;
    uint64_t at = it->at + it->i * p->binary.ref_size;
    *key = (struct plist_value){0};
    if (it->container.type == PLIST_DICT) {
        *key = follow(p, at, &o);
        if (key->type != PLIST_STRING)
            odd_key(p, at);
        at += it->n * p->binary.ref_size;
    }
    *v = follow(p, at, &o);
}

static struct plist_value at(struct plist_value array, size_t i)
{
    struct object o;
    if (!object_at(array.plist, array.ref, &o) || i >= o.n)
        return (struct plist_value){0};
    return follow(array.plist, o.at + i * array.plist->binary.ref_size, &o);
}

/* UTF-16BE against UTF-8, without building either. */
static bool same_utf16(struct slice units, struct slice text)
{
    struct cursor c = cursor(units);
    while (text.n && cursor_left(&c)) {
        uint32_t cp, u = cursor_u16be(&c);
        size_t n = utf8_next(text, &cp);
        if (n == 0)
            return false;
        if (cp > 0xffff) {
            if (u != 0xd800 + ((cp - 0x10000) >> 10))
                return false;
            u = cursor_u16be(&c);
            cp = 0xdc00 + (cp & 0x3ff);
        }
        if (u != cp)
            return false;
        text = slice_sub(text, n, text.n);
    }
    return !text.n && !cursor_left(&c) && !c.bad;
}

static bool same_text(struct plist *p, const struct object *o, struct slice text)
{
    if (o->marker >> 4 != 6)
        return slice_equal(body(p, o), text);
    /* Three bytes of UTF-8 at most for one unit. */
    return o->n <= text.n && text.n <= 3 * o->n && plist_spend(p, o->n / 4) &&
           same_utf16((struct slice){p->bytes.p + o->at, (size_t)o->n * 2}, text);
}

static struct plist_value find(struct plist_value dict, struct slice key)
{
    struct plist *p = dict.plist;
    struct plist_iter it = {.container = dict};
    struct object o;
    begin(&it);
    for (uint64_t i = 0, at = it.at; i < it.n; i++, at += p->binary.ref_size) {
        if (!plist_spend(p, 1 + key.n / 64))
            break;
        if (follow(p, at, &o).type != PLIST_STRING)
            odd_key(p, at);
        else if (same_text(p, &o, key))
            return follow(p, at + it.n * p->binary.ref_size, &o);
    }
    return (struct plist_value){0};
}

/* Apple's writer leaves copies of booleans and UIDs behind that it then doesn't use: not counted. */
static bool may_lie_idle(enum plist_type t)
{
    return t == PLIST_NULL || t == PLIST_BOOL || t == PLIST_UID;
}

static uint64_t unreferenced(struct plist *p)
{
    uint64_t count = p->binary.count, off, lost = 0;
    struct object o;
    uint8_t *seen = arena_alloc(p->arena, (size_t)count);
    seen[p->binary.top] = true;
    for (uint64_t i = 0; i < count; i++) {
        if (!offset_of(p, i, &off) || !object_at(p, off, &o))
            continue;
        uint64_t n = o.type == PLIST_ARRAY ? o.n : o.type == PLIST_DICT ? 2 * o.n : 0;
        if (!plist_spend(p, 1 + n))
            return 0;
        if (may_lie_idle(o.type))
            seen[i] = true;
        for (uint64_t j = 0, at = o.at; j < n; j++, at += p->binary.ref_size) {
            uint64_t to = number_at(p, at, p->binary.ref_size);
            if (to < count)
                seen[to] = true;
        }
    }
    for (uint64_t i = 0; i < count; i++)
        lost += !seen[i];
    return lost;
}

const struct plist_kind plist_binary = {
    .number = number,
    .date = date,
    .string = string,
    .data = data,
    .begin = begin,
    .next = next,
    .at = at,
    .find = find,
    .unreferenced = unreferenced,
};

bool plist_binary_open(struct plist *p)
{
    struct object o;
    uint64_t off, room = p->bytes.n < HEADER + TRAILER ? 0 : p->bytes.n - TRAILER;
    struct cursor c = cursor(slice_sub(p->bytes, (size_t)room, TRAILER));
    p->kind = &plist_binary;
    cursor_skip(&c, 6); /* unused, and a version of sorting that nobody sets */
    p->binary.offset_size = cursor_u8(&c);
    p->binary.ref_size = cursor_u8(&c);
    p->binary.count = cursor_u64be(&c);
    p->binary.top = cursor_u64be(&c);
    p->binary.table = cursor_u64be(&c);
    if (!room || p->binary.offset_size < 1 || p->binary.offset_size > 8 || p->binary.ref_size < 1 ||
        p->binary.ref_size > 8 || p->binary.table <= HEADER || p->binary.table >= room ||
        p->binary.count > (room - p->binary.table) / p->binary.offset_size ||
        p->binary.top >= p->binary.count) {
        plist_damage(p, ERR_CORRUPT, "plist: the trailer of %zu bytes makes no sense: cut off?",
                     p->bytes.n);
        return false;
    }
    uint64_t gap = room - p->binary.table - p->binary.count * p->binary.offset_size;
    if (gap)
        plist_damage(p, ERR_CORRUPT, "plist: %llu bytes between table and trailer",
                     (unsigned long long)gap);
    if (!offset_of(p, p->binary.top, &off) || !object_at(p, off, &o))
        return false;
    p->top = (struct plist_value){p, o.type, off};
    return true;
}
