/*
 * What extends a header: pax records "LENGTH KEY=VALUE\n", and the maps of sparse files.
 */
#include <stdlib.h>

#include "format/tar_impl.h"

bool tar_decimal(struct slice s, uint64_t *out)
{
    uint64_t v = 0;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9' || __builtin_mul_overflow(v, 10, &v) ||
            __builtin_add_overflow(v, (uint64_t)(s.p[i] - '0'), &v))
            return false;
    }
    *out = v;
    return s.n > 0;
}

bool tar_add_extent(struct tar_extents *x, uint64_t off, uint64_t n)
{
    if (x->n == TAR_MAX_EXTENTS)
        return false;
    if (x->n == x->room) {
        x->room = x->room ? 2 * x->room : 32;
        x->all = xrealloc(x->all, x->room, sizeof *x->all);
    }
    x->all[x->n++] = (struct tar_extent){off, n};
    return true;
}

bool tar_extents_fit(const struct tar_extents *x, uint64_t bytes, uint64_t stored)
{
    uint64_t end = 0, all = 0;
    for (size_t i = 0; i < x->n; i++) {
        struct tar_extent one = x->all[i];
        if (one.off < end || one.off > bytes || one.n > bytes - one.off)
            return false;
        end = one.off + one.n;
        all += one.n;
    }
    return all <= stored;
}

/* "1700000000.25", also negative; a precision from the number of decimals. */
static bool pax_time(struct slice s, struct utime *out)
{
    static const enum precision by_digits[] = {SECOND, MILLI, MILLI, MILLI, MICRO,
                                               MICRO,  MICRO, NANO,  NANO,  NANO};
    bool negative = s.n && s.p[0] == '-';
    s = slice_sub(s, negative, s.n);
    size_t dot = slice_find(s, '.');
    struct slice part = slice_sub(s, dot + 1, 9);
    uint64_t whole, ns = 0;
    if (!tar_decimal(slice_sub(s, 0, dot), &whole) || (part.n && !tar_decimal(part, &ns)))
        return false;
    for (size_t i = part.n; i < 9; i++)
        ns *= 10;
    if (whole >= INT64_MAX / 1000000000)
        return false;
    int64_t all = (int64_t)(whole * 1000000000 + ns);
    *out = (struct utime){negative ? -all : all, by_digits[part.n]};
    return true;
}

static bool small(struct slice value, uint32_t *out, bool *has)
{
    uint64_t v;
    *has = tar_decimal(value, &v) && v <= UINT32_MAX;
    if (*has)
        *out = (uint32_t)v;
    return *has;
}

/* GNU.sparse.KEY. */
static bool sparse_record(struct slice key, struct slice value, struct tar_extra *x,
                          struct tar_extents *extents)
{
    uint64_t v;
    if (slice_is(key, "name")) {
        x->sparse_path = value;
        return true;
    }
    if (slice_is(key, "map")) {
        x->map = value;
        return true;
    }
    if (!tar_decimal(value, &v))
        return false;
    if (slice_is(key, "major")) {
        x->v1 = v == 1;
        return v <= 1;
    }
    if (slice_is(key, "size") || slice_is(key, "realsize")) {
        x->has_real = true;
        x->real = v;
    } else if (slice_is(key, "offset")) {
        x->pending = v;
        x->has_pending = true;
    } else if (slice_is(key, "numbytes")) {
        if (!x->has_pending || !tar_add_extent(extents, x->pending, v))
            return false;
        x->has_pending = false;
    }
    return true;
}

/* An empty value takes back what a global header said. False: not readable. */
static bool record(struct slice key, struct slice value, struct tar_extra *x,
                   struct tar_extents *extents)
{
    static const char sparse[] = "GNU.sparse.";
    if (slice_is(key, "path"))
        x->path = value.n ? value : slice_at(NULL, 0);
    else if (slice_is(key, "linkpath"))
        x->link = value.n ? value : slice_at(NULL, 0);
    else if (slice_is(key, "size"))
        return !value.n || (x->has_size = tar_decimal(value, &x->size));
    else if (slice_is(key, "uid"))
        return !value.n || small(value, &x->uid, &x->has_uid);
    else if (slice_is(key, "gid"))
        return !value.n || small(value, &x->gid, &x->has_gid);
    else if (slice_is(key, "mtime"))
        return !value.n || pax_time(value, &x->modified);
    else if (slice_is(key, "ctime"))
        return !value.n || pax_time(value, &x->changed);
    else if (slice_is(key, "LIBARCHIVE.creationtime"))
        return !value.n || pax_time(value, &x->born);
    else if (slice_is(key, "SCHILY.ino"))
        return !value.n || tar_decimal(value, &x->inode);
    else if (slice_starts(key, sparse) &&
             !sparse_record(slice_sub(key, strlen(sparse), key.n), value, x, extents))
        x->bad_map = true;
    return true;
}

bool tar_extra_records(struct slice records, struct tar_extra *x, struct tar_extents *extents)
{
    bool good = true;
    while (records.n) {
        uint64_t n;
        size_t space = slice_find(records, ' ');
        if (!tar_decimal(slice_sub(records, 0, space), &n) || n > records.n || n < space + 3 ||
            records.p[n - 1] != '\n')
            return false;
        struct slice line = slice_sub(records, space + 1, (size_t)n - space - 2);
        size_t equals = slice_find(line, '=');
        if (equals == line.n ||
            !record(slice_sub(line, 0, equals), slice_sub(line, equals + 1, line.n), x, extents))
            good = false;
        records = slice_sub(records, (size_t)n, records.n);
    }
    return good;
}

bool tar_extra_map(struct slice map, struct tar_extents *extents)
{
    while (map.n) {
        uint64_t off, n;
        size_t first = slice_find(map, ',');
        struct slice rest = slice_sub(map, first + 1, map.n);
        size_t second = slice_find(rest, ',');
        if (!tar_decimal(slice_sub(map, 0, first), &off) ||
            !tar_decimal(slice_sub(rest, 0, second), &n) || !tar_add_extent(extents, off, n))
            return false;
        map = slice_sub(rest, second + 1, rest.n);
    }
    return true;
}
