/*
 * What both kinds of property list share: opening, conversions of scalars, look-ups, walks.
 *
 * A file may refer to one object from many places, so that 250 bytes can spell a tree of 10^8 leaves.
 * Nothing is ever built, and whatever a file can make long or big takes steps from one budget that
 * grows with the file. Format: docs/formats/plist.md
 */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/utf8.h"
#include "format/plist_impl.h"

enum { FREE_STEPS = 3000000, PATH_KEY = 1024 };

static const struct plist_value none;

void plist_damage(struct plist *p, enum err_code code, const char *fmt, ...)
{
    if (p->bad.code)
        return;
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(p->bad.msg, sizeof p->bad.msg, fmt, ap);
    va_end(ap);
    p->bad.code = code;
}

void plist_spent(struct plist *p)
{
    p->steps = 0;
    plist_damage(p, ERR_LIMIT, "plist: more visits than its %zu bytes can need", p->bytes.n);
}

struct plist *plist_open(struct slice bytes, struct arena *a, struct err *e)
{
    struct plist *p = arena_alloc(a, sizeof *p);
    p->bytes = bytes;
    p->arena = a;
    p->steps = FREE_STEPS + (uint64_t)bytes.n;
    /* Apple's reader looks at the first seven bytes: bplist01 would be read, bplist15 isn't. */
    bool open = slice_starts(bytes, "bplist0") ? plist_binary_open(p) : plist_xml_open(p);
    if (open)
        return p;
    *e = p->bad;
    return NULL;
}

struct plist_value plist_top(struct plist *p)
{
    return p->top;
}

bool plist_bad(const struct plist *p, struct err *e)
{
    if (!p->bad.code)
        return false;
    *e = p->bad;
    return true;
}

uint64_t plist_unreferenced(struct plist *p)
{
    return p->kind->unreferenced ? p->kind->unreferenced(p) : 0;
}

bool plist_is_number(struct plist_value v)
{
    return v.type == PLIST_INT || v.type == PLIST_REAL;
}

static bool number(struct plist_value v, struct plist_number *n)
{
    bool has_one = plist_is_number(v) || v.type == PLIST_BOOL || v.type == PLIST_UID;
    return has_one && v.plist->kind->number(v.plist, v.ref, n);
}

bool plist_bool(struct plist_value v, bool otherwise)
{
    struct plist_number n;
    return v.type == PLIST_BOOL && number(v, &n) ? n.i != 0 : otherwise;
}

int64_t plist_int(struct plist_value v, int64_t otherwise)
{
    struct plist_number n;
    if (!number(v, &n))
        return otherwise;
    if (v.type == PLIST_REAL && fabs(n.r) < 0x1p63)
        return (int64_t)n.r;
    return n.fits ? n.i : otherwise;
}

double plist_real(struct plist_value v, double otherwise)
{
    struct plist_number n;
    return plist_is_number(v) && number(v, &n) ? n.r : otherwise;
}

struct utime plist_time(double seconds)
{
    const int64_t second = 1000000000, epoch = 978307200;
    if (seconds == 0 || !(fabs(seconds) < 1e10))
        return UTIME_NONE;
    double whole = floor(seconds), rest = seconds - whole;
    /* A double of today's size is good for a tenth of a microsecond. */
    __int128 ns = ((__int128)whole + epoch) * second + (__int128)llround(rest * 1e6) * 1000;
    if (ns > INT64_MAX || ns < INT64_MIN)
        return UTIME_NONE;
    return (struct utime){(int64_t)ns, rest == 0 ? SECOND : MICRO};
}

struct utime plist_date(struct plist_value v)
{
    return v.type == PLIST_DATE ? v.plist->kind->date(v.plist, v.ref) : UTIME_NONE;
}

struct slice plist_string(struct plist_value v)
{
    if (v.type != PLIST_STRING)
        return (struct slice){0};
    struct slice s = v.plist->kind->string(v.plist, v.ref);
    if (!plist_spend(v.plist, s.n / 16))
        return (struct slice){0};
    if (utf8_valid(s))
        return s;
    return plist_spend(v.plist, 2 * (uint64_t)s.n) ? utf8_clean(s, v.plist->arena)
                                                   : (struct slice){0};
}

struct slice plist_data(struct plist_value v)
{
    return v.type == PLIST_DATA ? v.plist->kind->data(v.plist, v.ref) : (struct slice){0};
}

struct plist_value plist_get_slice(struct plist_value dict, struct slice key)
{
    return dict.type == PLIST_DICT ? dict.plist->kind->find(dict, key) : none;
}

struct plist_value plist_get(struct plist_value dict, const char *key)
{
    return plist_get_slice(dict, slice_of(key));
}

struct plist_value plist_path(struct plist_value dict, ...)
{
    va_list ap;
    va_start(ap, dict);
    for (const char *key; (key = va_arg(ap, const char *));)
        dict = plist_get(dict, key);
    va_end(ap);
    return dict;
}

size_t plist_count(struct plist_value v)
{
    return plist_iter(v).n;
}

struct plist_value plist_at(struct plist_value array, size_t i)
{
    if (array.type != PLIST_ARRAY || !plist_spend(array.plist, 1))
        return none;
    return array.plist->kind->at(array, i);
}

struct plist_iter plist_iter(struct plist_value v)
{
    struct plist_iter it = {.container = v};
    if (v.type == PLIST_ARRAY || v.type == PLIST_DICT)
        v.plist->kind->begin(&it);
    return it;
}

bool plist_next(struct plist_iter *it, struct slice *key, struct plist_value *v)
{
    struct plist_value k;
    *key = (struct slice){0};
    *v = none;
    if (it->i >= it->n || !plist_spend(it->container.plist, 1))
        return false;
    it->container.plist->kind->next(it, &k, v);
    it->i++;
    if (k.type == PLIST_STRING)
        *key = plist_string(k);
    return true;
}

/* A container that is being gone through, and how much of the path leads to it. */
struct step {
    struct plist_iter it;
    size_t path;
};

struct plist_walk {
    struct arena *arena;
    struct plist_value scalar; /* where the start is none */
    unsigned depth;
    struct step steps[PLIST_MAX_DEPTH];
    uint8_t *path;
    size_t n, room;
};

static bool is_container(struct plist_value v)
{
    return v.type == PLIST_ARRAY || v.type == PLIST_DICT;
}

struct plist_walk *plist_walk(struct plist_value v, struct arena *a)
{
    struct plist_walk *w = arena_alloc(a, sizeof *w);
    w->arena = a;
    if (is_container(v))
        w->steps[w->depth++].it = plist_iter(v);
    else
        w->scalar = v;
    return w;
}

static void add_to_path(struct plist_walk *w, const void *p, size_t n)
{
    if (n > w->room - w->n) {
        w->room = 2 * (w->n + n) + 64;
        uint8_t *more = arena_alloc(w->arena, w->room);
        if (w->n)
            memcpy(more, w->path, w->n);
        w->path = more;
    }
    if (n)
        memcpy(w->path + w->n, p, n);
    w->n += n;
}

static void add_index(struct plist_walk *w, size_t i)
{
    char text[24];
    size_t at = sizeof text;
    text[--at] = ']';
    do
        text[--at] = (char)('0' + i % 10);
    while (i /= 10);
    text[--at] = '[';
    add_to_path(w, text + at, sizeof text - at);
}

static void add_key(struct plist_walk *w, struct slice key)
{
    key = utf8_cut(key, PATH_KEY);
    if (w->n)
        add_to_path(w, ".", 1);
    add_to_path(w, key.p, key.n);
}

static void descend(struct plist_walk *w, struct plist_value v)
{
    for (unsigned i = 0; i < w->depth; i++)
        if (w->steps[i].it.container.ref == v.ref) {
            plist_damage(v.plist, ERR_CORRUPT, "plist: a container at %.*s contains itself",
                         (int)w->n, (const char *)w->path);
            return;
        }
    if (w->depth == PLIST_MAX_DEPTH) {
        plist_damage(v.plist, ERR_LIMIT, "plist: nested deeper than %d", PLIST_MAX_DEPTH);
        return;
    }
    w->steps[w->depth++] = (struct step){plist_iter(v), w->n};
}

bool plist_walk_next(struct plist_walk *w, struct slice *path, struct plist_value *v)
{
    struct slice key;
    *path = (struct slice){0};
    *v = w->scalar;
    w->scalar = none;
    if (v->type != PLIST_NONE)
        return true;
    while (w->depth) {
        struct step *s = &w->steps[w->depth - 1];
        if (!plist_next(&s->it, &key, v)) {
            w->depth--;
            continue;
        }
        w->n = s->path;
        if (s->it.container.type == PLIST_ARRAY)
            add_index(w, s->it.i - 1);
        else
            add_key(w, key);
        *path = (struct slice){w->path, w->n};
        if (is_container(*v))
            descend(w, *v);
        else if (v->type != PLIST_NONE)
            return true;
    }
    *path = (struct slice){0};
    return false;
}
