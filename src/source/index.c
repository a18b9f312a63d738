/*
 * The sorted list of a source's entries.
 *
 * A job asks for each of its artifact's patterns, so that a phone with 100,000 files is gone over a
 * hundred times. So of each last component 8 bytes stand in two arrays of their own, and hardly an
 * entry that doesn't match is looked at: its hash for patterns without '*' there, its edges for
 * others.
 */
#include <stdlib.h>

#include "base/utf8.h"
#include "source/source_impl.h"

#define TIME_ABSENT INT64_MIN

uint32_t source_hash(struct slice name)
{
    uint32_t h = 2166136261u; /* FNV-1a */
    for (size_t i = 0; i < name.n; i++)
        h = (h ^ name.p[i]) * 16777619u;
    return h;
}

/* First byte and last three; what a name doesn't have is 0. */
static uint32_t edges_of(struct slice name)
{
    uint32_t e = name.n ? (uint32_t)name.p[0] << 24 : 0;
    for (size_t i = 0; i < 3 && i < name.n; i++)
        e |= (uint32_t)name.p[name.n - 1 - i] << 8 * i;
    return e;
}

/* Which entries a pattern can match, as far as the two arrays tell: (of[i] & mask) == value. */
struct sieve {
    const uint32_t *of;
    uint32_t mask, value;
};

static struct sieve sieve_of(const struct source *s, const char *pattern)
{
    struct sieve v = {.of = s->edges};
    struct slice last = slice_basename(slice_of(pattern));
    if (last.n == 0)
        return v;
    if (slice_find(last, '*') == last.n)
        return (struct sieve){s->hashes, UINT32_MAX, source_hash(last)};
    v.mask = last.p[0] == '*' ? 0 : 0xff000000;
    for (size_t i = 0; i < 3 && i < last.n && last.p[last.n - 1 - i] != '*'; i++)
        v.mask |= 0xffu << 8 * i;
    v.value = edges_of(last) & v.mask;
    return v;
}

static int64_t pack_time(struct utime t, uint8_t *precision)
{
    if (t.precision == PRECISION_NONE)
        return TIME_ABSENT;
    *precision = (uint8_t)t.precision;
    return t.ns;
}

static struct utime unpack_time(int64_t ns, uint8_t precision)
{
    return ns == TIME_ABSENT ? UTIME_NONE : (struct utime){ns, precision};
}

struct row *source_add(struct source *s, const struct entry *e)
{
    if (s->nrows == SOURCE_MAX_ENTRIES) {
        s->over++;
        return NULL;
    }
    if (s->nrows == s->room) {
        s->room = s->room ? s->room + s->room / 2 : 256;
        s->rows = xrealloc(s->rows, s->room, sizeof *s->rows);
    }
    struct row *r = &s->rows[s->nrows++];
    *r = (struct row){
        .path = e->path.p,
        .container = e->container.p,
        .domain = e->domain.p,
        .extra = e->target.p,
        .bytes = e->bytes,
        .inode = e->inode,
        .mode = e->mode,
        .uid = e->uid,
        .gid = e->gid,
        .path_n = (uint16_t)e->path.n,
        .container_n = (uint16_t)e->container.n,
        .domain_n = (uint16_t)e->domain.n,
        .relative_n = (uint16_t)e->relative.n,
        .extra_n = (uint16_t)e->target.n,
        .type = (uint8_t)e->type,
        .protection = (uint8_t)e->protection,
        .flags = (uint8_t)((e->present ? ROW_PRESENT : 0) | (e->listed ? ROW_LISTED : 0)),
    };
    r->modified = pack_time(e->modified, &r->precision);
    r->changed = pack_time(e->changed, &r->precision);
    r->born = pack_time(e->born, &r->precision);
    if (e->file.n) {
        r->flags |= ROW_SECTION;
        r->domain = e->file.p;
        r->domain_n = (uint16_t)e->file.n;
        r->inode = e->offset;
        r->born = (int64_t)e->line;
    }
    return r;
}

static struct slice row_path(const struct row *r)
{
    return slice_at(r->path, r->path_n);
}

void source_entry(const struct source *s, size_t id, struct entry *out)
{
    const struct row *r = &s->rows[id];
    struct slice path = row_path(r), none = {0};
    *out = (struct entry){
        .path = path,
        .container = r->container == r->path + 1 ? none : slice_at(r->container, r->container_n),
        .domain = slice_at(r->domain, r->domain_n),
        .relative = slice_sub(path, path.n - r->relative_n, r->relative_n),
        .target = r->type == ENTRY_LINK ? slice_at(r->extra, r->extra_n) : none,
        .type = r->type,
        .present = r->flags & ROW_PRESENT,
        .listed = r->flags & ROW_LISTED,
        .bytes = r->bytes,
        .mode = r->mode,
        .uid = r->uid,
        .gid = r->gid,
        .inode = r->inode,
        .protection = r->protection,
        .modified = unpack_time(r->modified, r->precision),
        .changed = unpack_time(r->changed, r->precision),
        .born = unpack_time(r->born, r->precision),
        .id = id,
    };
    if (r->flags & ROW_SECTION) {
        out->file = out->domain;
        out->offset = r->inode;
        out->line = (uint64_t)r->born;
        out->domain = none;
        out->inode = 0;
        out->born = UTIME_NONE;
    }
}

static int compare_rows(const void *a, const void *b, void *rows)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    const struct row *all = rows;
    int c = slice_compare(row_path(&all[x]), row_path(&all[y]));
    return c ? c : (x > y) - (x < y);
}

/* Same path twice: the first is read. Folders may well be named by several domains. */
static bool same_path(struct source *s, uint32_t first, uint32_t second)
{
    struct row *a = &s->rows[first], *b = &s->rows[second];
    if (!slice_equal(row_path(a), row_path(b)))
        return false;
    b->flags |= ROW_DUPLICATE;
    return true;
}

static void tell(struct source *s, size_t duplicates, struct slice example)
{
    if (duplicates)
        source_damaged(s, "%zu entries with a path that another has (%.*s): only the first is read",
                       duplicates, (int)utf8_cut(example, 200).n, (const char *)example.p);
    if (s->over)
        source_damaged(s, "more than %d entries: %zu left out", SOURCE_MAX_ENTRIES, s->over);
    if (s->refused)
        source_noted(s, "%zu names with .. refused (%.*s)", s->refused, (int)s->refused_name.n,
                     (const char *)s->refused_name.p);
    if (s->too_long)
        source_damaged(s, "%zu names of more than %d bytes left out", s->too_long, SOURCE_MAX_PATH);
    s->over = s->refused = s->too_long = 0;
}

void source_sort(struct source *s)
{
    s->order = xrealloc(s->order, s->nrows + 1, sizeof *s->order);
    s->hashes = xrealloc(s->hashes, s->nrows + 1, sizeof *s->hashes);
    s->edges = xrealloc(s->edges, s->nrows + 1, sizeof *s->edges);
    s->room = s->nrows + 1;
    s->rows = xrealloc(s->rows, s->room, sizeof *s->rows);
    for (size_t i = 0; i < s->nrows; i++) {
        s->order[i] = (uint32_t)i;
        s->rows[i].flags &= (uint8_t)~ROW_DUPLICATE;
    }
    qsort_r(s->order, s->nrows, sizeof *s->order, compare_rows, s->rows);

    size_t n = 0, duplicates = 0;
    struct slice example = {0};
    s->facts.files = 0;
    for (size_t i = 0; i < s->nrows; i++) {
        struct row *r = &s->rows[s->order[i]];
        if (n && same_path(s, s->order[n - 1], s->order[i])) {
            if (r->type == ENTRY_FOLDER)
                continue;
            if (!duplicates++)
                example = row_path(r);
            continue;
        }
        s->facts.files +=
            r->type == ENTRY_FILE && (r->flags & ROW_PRESENT) && !(r->flags & ROW_SECTION);
        struct slice name = slice_basename(row_path(r));
        s->hashes[n] = source_hash(name);
        s->edges[n] = edges_of(name);
        s->order[n++] = s->order[i];
    }
    s->norder = n;
    tell(s, duplicates, example);
}

bool source_next(struct source *s, const char *pattern, size_t *pos, struct entry *out)
{
    bool (*matches)(const char *, struct slice) =
        s->kind == SOURCE_FILES ? source_pattern_matches_loose : source_pattern_matches;
    struct sieve v = sieve_of(s, pattern);
    for (size_t i = *pos, n = s->norder; i < n; i++) {
        if ((v.of[i] & v.mask) != v.value)
            continue;
        uint32_t id = s->order[i];
        if (pattern && !matches(pattern, row_path(&s->rows[id])))
            continue;
        source_entry(s, id, out);
        *pos = i + 1;
        return true;
    }
    *pos = s->norder;
    return false;
}

bool source_find(const struct source *s, struct slice path, struct entry *out)
{
    size_t low = 0, high = s->norder;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int c = slice_compare(row_path(&s->rows[s->order[middle]]), path);
        if (c == 0) {
            source_entry(s, s->order[middle], out);
            return true;
        }
        if (c < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

bool source_sibling(struct source *s, const struct entry *f, const char *suffix, struct entry *out)
{
    struct buf b = {0};
    buf_slice(&b, f->path);
    buf_text(&b, suffix);
    bool found = source_find(s, buf_view(&b), out) && slice_equal(out->domain, f->domain);
    buf_free(&b);
    return found;
}
