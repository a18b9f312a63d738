/*
 * What the WAL changes: pages whose bytes differ between the two views, and so the tables and
 * rowids whose rows can differ. Known only where the pages of both views are in order: then each
 * page belongs to one row's payload or one tree at most, and a leaf with the same bytes in the same
 * tree, and with the same pages behind its long payloads, holds the same rows.
 */
#include <stdlib.h>

#include "format/sqlite_pages.h"

enum { SCHEMA_COOKIE_AT = 40 };

/* The first page's header changes with each transaction. */
static bool same_bytes(uint32_t number, const uint8_t *a, const uint8_t *b, size_t n)
{
    size_t from = number == 1 ? sizeof((struct pages *)0)->head : 0;
    return memcmp(a + from, b + from, n - from) == 0 &&
           (number != 1 || memcmp(a + SCHEMA_COOKIE_AT, b + SCHEMA_COOKIE_AT, 4) == 0);
}

/* The pages without the WAL, from those with it and those that differ. */
static bool look_before(struct sqlite *s, const struct pages *now, struct pages *m,
                        uint8_t *differs)
{
    uint8_t *old = xcalloc(2, s->page_size), *new = old + s->page_size;
    bool ok = true;
    for (uint32_t i = 1; ok && (i <= m->n || i <= now->n); i++) {
        bool both = i <= m->n && i <= now->n;
        if (both && !now->frames[i] && i > 1)
            continue;
        if (i <= m->n)
            ok = sqlite_pages_read(s, m, i, 1, old);
        if (ok && both)
            ok = sqlite_pages_read(s, now, i, 1, new);
        differs[i] = !both || (ok && !same_bytes(i, old, new, s->page_size));
        if (ok && i <= m->n && (differs[i] || i == 1))
            ok = sqlite_pages_take(m, s, i, old);
        if (m->usable != now->usable || m->auto_vacuum != now->auto_vacuum)
            ok = false;
    }
    free(old);
    return ok;
}

static struct pages *copy_pages(const struct pages *now, uint32_t n)
{
    struct pages *m = sqlite_pages_new(n);
    memcpy(m->page, now->page, ((size_t)(n < now->n ? n : now->n) + 1) * sizeof *m->page);
    m->links.n = m->links.room = now->links.n;
    m->links.all = xrealloc(NULL, m->links.n, sizeof *m->links.all);
    if (m->links.n)
        memcpy(m->links.all, now->links.all, m->links.n * sizeof *m->links.all);
    return m;
}

/* Fills in s->pages_before and s->differs. False: not known. */
static bool compare_views(struct sqlite *s)
{
    if (s->compared)
        return s->pages_before;
    s->compared = true;
    const struct pages *now = s->overlay == WAL ? sqlite_pages_now(s) : NULL;
    struct view *v = now ? sqlite_view_before(s) : NULL;
    uint64_t n = blob_size(s->db) / s->page_size;
    if (!v || !n || v->size != blob_size(s->db) || n > SQLITE_PAGES_MAX || s->now.rolled_back)
        return false;
    struct pages *m = copy_pages(now, (uint32_t)n);
    s->differs = xcalloc((n > now->n ? n : now->n) + 1, 1);
    if (look_before(s, now, m, s->differs) && sqlite_pages_follow(s, v, m))
        s->pages_before = m;
    else
        sqlite_pages_free(m);
    return s->pages_before;
}

static const struct page *page_of(const struct pages *m, uint32_t number)
{
    static const struct page none;
    return number <= m->n ? &m->page[number] : &none;
}

static bool is_same(const struct sqlite *s, uint32_t number)
{
    const struct page *a = page_of(s->pages, number), *b = page_of(s->pages_before, number);
    return !s->differs[number] && a->role == b->role && a->tree == b->tree && a->owner == b->owner;
}

static uint32_t highest(const struct sqlite *s)
{
    return s->pages->n > s->pages_before->n ? s->pages->n : s->pages_before->n;
}

static bool in_table(const struct pages *m, uint32_t number, const char *table)
{
    const struct page *p = page_of(m, number);
    for (size_t i = 0; (p->role == PAGE_TREE || p->role == PAGE_CHAIN) && i < m->ntrees; i++)
        if (m->trees[i].root == p->tree)
            return sqlite3_stricmp(m->trees[i].table, table) == 0;
    return false;
}

bool sqlite_untouched(struct sqlite *s, const char *table)
{
    bool known = false;
    if (!compare_views(s))
        return false;
    for (size_t i = 0; i < s->pages->ntrees; i++)
        known |= !sqlite3_stricmp(s->pages->trees[i].table, table);
    if (!known)
        return false;
    for (uint32_t i = 1; i <= highest(s); i++)
        if (!is_same(s, i) && (in_table(s->pages, i, table) || in_table(s->pages_before, i, table)))
            return false;
    return true;
}

/* 0: not there, or a table without rowids. */
static uint32_t root_of(const struct pages *m, const char *table)
{
    for (size_t i = 0; i < m->ntrees; i++) {
        uint8_t kind = m->page[m->trees[i].root].kind;
        if (m->trees[i].is_table && sqlite3_stricmp(m->trees[i].table, table) == 0 &&
            (kind == TABLE_LEAF || kind == TABLE_INTERIOR))
            return m->trees[i].root;
    }
    return 0;
}

/* Marks the leaf of tree `root` that the page is, or holds a part of. */
static void mark_leaf(const struct pages *m, uint32_t root, uint32_t number, uint8_t *marks,
                      uint8_t bit)
{
    const struct page *p = page_of(m, number);
    bool part = p->role == PAGE_TREE ? p->kind == TABLE_LEAF : p->role == PAGE_CHAIN;
    if (part && p->tree == root)
        marks[p->owner] |= bit;
}

static void add_range(struct row_ranges *r, const struct pages *m, uint32_t number, size_t room)
{
    const struct page *p = &m->page[number];
    if (p->rows && r->n < room)
        r->all[r->n++] = (struct row_range){p->least, p->most};
}

static int by_least(const void *a, const void *b)
{
    const struct row_range *x = a, *y = b;
    return (x->least > y->least) - (x->least < y->least);
}

/* Sorted, none touching another. */
static void join_ranges(struct row_ranges *r)
{
    size_t n = 0;
    if (r->n)
        qsort(r->all, r->n, sizeof *r->all, by_least);
    for (size_t i = 0; i < r->n; i++) {
        struct row_range x = r->all[i];
        if (n && x.least <= r->all[n - 1].most) {
            if (x.most > r->all[n - 1].most)
                r->all[n - 1].most = x.most;
        } else {
            r->all[n++] = x;
        }
    }
    r->n = n;
}

bool sqlite_changed_rows(struct sqlite *s, const char *table, struct row_ranges *out)
{
    *out = (struct row_ranges){0};
    if (!compare_views(s) || !sqlite_untouched(s, "sqlite_schema"))
        return false;
    uint32_t root = root_of(s->pages, table), n = highest(s);
    if (!root || root_of(s->pages_before, table) != root)
        return false;
    uint8_t *marks = xcalloc((size_t)n + 1, 1);
    for (uint32_t i = 1; i <= n; i++) {
        if (is_same(s, i))
            continue;
        mark_leaf(s->pages, root, i, marks, 1);
        mark_leaf(s->pages_before, root, i, marks, 2);
    }
    size_t room = 0;
    for (uint32_t i = 1; i <= n; i++)
        room += (marks[i] & 1) + (marks[i] >> 1);
    out->all = xcalloc(room, sizeof *out->all);
    for (uint32_t i = 1; i <= n; i++) {
        if (marks[i] & 1)
            add_range(out, s->pages, i, room);
        if (marks[i] & 2)
            add_range(out, s->pages_before, i, room);
    }
    free(marks);
    join_ranges(out);
    return true;
}

bool row_ranges_hold(const struct row_ranges *r, int64_t row)
{
    size_t low = 0, high = r->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (r->all[middle].most < row)
            low = middle + 1;
        else
            high = middle;
    }
    return low < r->n && r->all[low].least <= row;
}
