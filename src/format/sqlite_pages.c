/*
 * The pages of a whole database: is each one well formed, and is each referred to exactly once? All
 * that quick_check asks of the structure is asked here, in a fraction of its time: the file is read
 * once from front to back, in large pieces, and what refers to what is followed in memory.
 *
 * Only a yes counts. Whoever gets a no asks SQLite, which has words for what is wrong. So anything
 * odd may be a no, whether it is damage or not.
 *
 * Format: docs/formats/sqlite.md
 */
#include "format/sqlite_pages.h"

#include <stdlib.h>

enum {
    PIECE = 128 * 1024,
    SMALLEST_USABLE = 480,
    MAX_DEPTH = 20, /* of a tree, as in SQLite */
    LINKS_PER_PAGE = 4,
    LOCK_BYTE_AT = 1 << 30,
    /* In the header of the file. */
    RESERVED_AT = 20,
    FREE_TRUNK_AT = 32,
    FREE_COUNT_AT = 36,
    LARGEST_ROOT_AT = 52,
    INCREMENTAL_AT = 64,
    /* Kinds of entries in the pointer map. */
    MAPPED_ROOT = 1,
    MAPPED_FREE = 2,
    MAPPED_CHAIN_HEAD = 3,
    MAPPED_CHAIN = 4,
    MAPPED_CHILD = 5,
    MAP_ENTRY = 5,
};

/* --- What pages say by themselves --- */

static uint32_t map_page_of(const struct pages *m, uint32_t number, uint32_t lock_page)
{
    uint32_t each = m->usable / MAP_ENTRY + 1;
    uint32_t at = (number - 2) / each * each + 2;
    return at == lock_page ? at + 1 : at;
}

static void take_map_page(struct pages *m, uint32_t number, const uint8_t *p)
{
    for (uint32_t i = 0; i < m->usable / MAP_ENTRY && number + 1 + i <= m->n; i++) {
        struct page *q = &m->page[number + 1 + i];
        q->mapped = p[i * MAP_ENTRY];
        q->mapped_parent = sqlite_u32be(p + i * MAP_ENTRY + 1);
    }
}

static bool is_map_page(const struct pages *m, uint32_t number, uint32_t lock_page)
{
    return m->auto_vacuum && number > 1 && map_page_of(m, number, lock_page) == number;
}

static uint32_t lock_page_of(const struct sqlite *s)
{
    return LOCK_BYTE_AT / s->page_size + 1;
}

static bool take_head(struct pages *m, const struct sqlite *s, const uint8_t *p)
{
    memcpy(m->head, p, sizeof m->head);
    m->usable = s->page_size - m->head[RESERVED_AT];
    m->auto_vacuum = sqlite_u32be(m->head + LARGEST_ROOT_AT) != 0;
    return m->usable >= SMALLEST_USABLE;
}

bool sqlite_pages_take(struct pages *m, const struct sqlite *s, uint32_t number, const uint8_t *p)
{
    if (number == 1 && !take_head(m, s, p))
        return false;
    if (is_map_page(m, number, lock_page_of(s)))
        take_map_page(m, number, p);
    sqlite_page_look(p, number, m->usable, &m->page[number], &m->links);
    return m->links.n <= (size_t)LINKS_PER_PAGE * m->n + 1000;
}

/* Of the WAL, by page: its last frame up to the last commit, counted from 1; 0: none. */
static bool take_frames(struct sqlite *s, struct pages *m)
{
    uint64_t frame = FRAME_HEADER + (uint64_t)s->page_size;
    uint32_t n = s->now.wal ? (uint32_t)((s->wal.end - WAL_HEADER) / frame) : 0;
    m->frames = xcalloc((size_t)m->n + 1, sizeof *m->frames);
    for (uint32_t i = 0; i < n; i++) {
        uint8_t number[4];
        struct err e = {0};
        if (!blob_read(s->wal_blob, WAL_HEADER + i * frame, number, sizeof number, &e))
            return false;
        uint32_t page = sqlite_u32be(number);
        if (page && page <= m->n)
            m->frames[page] = i + 1;
    }
    return true;
}

static bool read_frame(struct sqlite *s, uint32_t frame, uint8_t *to)
{
    struct err e = {0};
    uint64_t size = FRAME_HEADER + (uint64_t)s->page_size;
    return blob_read(s->wal_blob, WAL_HEADER + (frame - 1) * size + FRAME_HEADER, to, s->page_size,
                     &e);
}

/* Of the database itself, with what was rolled back. Behind its end only the WAL has pages. */
static bool read_database(struct sqlite *s, uint32_t first, uint32_t n, uint8_t *to)
{
    uint64_t off = (uint64_t)(first - 1) * s->page_size, size = (uint64_t)n * s->page_size;
    struct err e = {0};
    if (!s->now.pages && off + size <= s->now.base)
        return blob_read(s->db, off, to, (size_t)size, &e);
    memset(to, 0, (size_t)size);
    for (; n && off < s->now.size; n--, off += s->page_size, to += s->page_size)
        if (!sqlite_view_read(&s->now, off, to, s->page_size))
            return false;
    return true;
}

bool sqlite_pages_read(struct sqlite *s, const struct pages *m, uint32_t first, uint32_t n,
                       uint8_t *to)
{
    bool ok = read_database(s, first, n, to);
    for (uint32_t i = 0; ok && m->frames && i < n; i++)
        if (m->frames[first + i])
            ok = read_frame(s, m->frames[first + i], to + (size_t)i * s->page_size);
    return ok;
}

static bool look_at_all(struct sqlite *s, struct pages *m)
{
    uint32_t each = PIECE / s->page_size;
    uint8_t *piece = xrealloc(NULL, PIECE, 1);
    bool ok = true;
    for (uint32_t first = 1; ok && first <= m->n; first += each) {
        uint32_t n = m->n - first + 1 < each ? m->n - first + 1 : each;
        ok = !sqlite_out_of_time(s) && sqlite_pages_read(s, m, first, n, piece);
        for (uint32_t i = 0; ok && i < n; i++)
            ok = sqlite_pages_take(m, s, first + i, piece + (size_t)i * s->page_size);
    }
    free(piece);
    return ok;
}

/* --- What refers to what --- */

/* What is known of a page from what refers to it. */
struct reference {
    enum page_role role;
    uint32_t tree, owner;
    uint8_t mapped;
    uint32_t mapped_parent;
};

/* False: there is no such page, something else refers to it too, or the pointer map disagrees. */
static bool refer(struct pages *m, uint32_t number, struct reference r)
{
    if (number < 1 || number > m->n)
        return false;
    struct page *p = &m->page[number];
    if (p->role != PAGE_UNUSED)
        return false;
    if (m->auto_vacuum && number > 1 &&
        (p->mapped != r.mapped || p->mapped_parent != r.mapped_parent))
        return false;
    p->role = (uint8_t)r.role;
    p->tree = r.tree;
    p->owner = r.owner;
    return true;
}

static bool follow_chain(struct pages *m, uint32_t tree, uint32_t owner, const struct link *k)
{
    uint32_t at = k->page, before = owner;
    for (uint32_t i = 0; i < k->chain; i++) {
        uint8_t mapped = i ? MAPPED_CHAIN : MAPPED_CHAIN_HEAD;
        if (!refer(m, at, (struct reference){PAGE_CHAIN, tree, owner, mapped, before}))
            return false;
        before = at;
        at = m->page[at].next;
    }
    return at == 0;
}

/* Where a page stands in its tree, and between which rowids. */
struct position {
    uint32_t tree, parent;
    uint8_t mapped;
    unsigned depth, *leaves; /* depth of its leaves; 0: not known yet */
    bool table, has_low;
    int64_t low, high; /* above low, up to high */
};

static bool is_placed(const struct page *p, const struct position *at)
{
    bool interior = sqlite_is_interior(p->kind);
    bool table = p->kind == TABLE_INTERIOR || p->kind == TABLE_LEAF;
    if (!p->kind || table != at->table || at->depth > MAX_DEPTH)
        return false;
    if (!interior) {
        if (*at->leaves && *at->leaves != at->depth)
            return false;
        *at->leaves = at->depth;
    }
    if (!p->rows) /* only a root may be empty */
        return at->depth == 1;
    return !table || ((!at->has_low || p->least > at->low) && p->most <= at->high);
}

/* The page and all below it; the depth is bounded by is_placed(). */
static bool follow_tree(struct pages *m, uint32_t number, struct position at)
{
    if (!refer(m, number, (struct reference){PAGE_TREE, at.tree, number, at.mapped, at.parent}) ||
        !is_placed(&m->page[number], &at))
        return false;
    const struct page *p = &m->page[number];
    struct position below = at;
    below.parent = number;
    below.mapped = MAPPED_CHILD;
    below.depth++;
    for (uint32_t i = 0; i < p->nlinks; i++) {
        const struct link *k = &m->links.all[p->first_link + i];
        if (k->chain) {
            if (!follow_chain(m, at.tree, number, k))
                return false;
            continue;
        }
        below.high = i + 1 < p->nlinks ? k->key : at.high;
        if (!follow_tree(m, k->page, below))
            return false;
        below.low = k->key;
        below.has_low = true;
    }
    return true;
}

static bool follow_trees(struct pages *m)
{
    uint32_t largest = 0;
    for (size_t i = 0; i < m->ntrees; i++) {
        const struct tree *t = &m->trees[i];
        unsigned leaves = 0;
        if (t->root < 1 || t->root > m->n)
            return false;
        uint8_t kind = m->page[t->root].kind;
        struct position at = {
            .tree = t->root,
            .mapped = MAPPED_ROOT,
            .depth = 1,
            .leaves = &leaves,
            .table = kind == TABLE_INTERIOR || kind == TABLE_LEAF,
            .high = INT64_MAX,
        };
        if (!follow_tree(m, t->root, at))
            return false;
        largest = t->root > largest ? t->root : largest;
    }
    uint32_t said = sqlite_u32be(m->head + LARGEST_ROOT_AT);
    return m->auto_vacuum ? said == largest : sqlite_u32be(m->head + INCREMENTAL_AT) == 0;
}

static bool follow_free_list(struct sqlite *s, struct pages *m)
{
    const struct reference is_free = {.role = PAGE_FREE, .mapped = MAPPED_FREE};
    uint32_t trunk = sqlite_u32be(m->head + FREE_TRUNK_AT);
    uint32_t left = sqlite_u32be(m->head + FREE_COUNT_AT);
    uint8_t *p = xcalloc(1, s->page_size);
    bool ok = true;
    for (; ok && trunk; trunk = sqlite_u32be(p)) {
        ok = refer(m, trunk, is_free) && sqlite_pages_read(s, m, trunk, 1, p);
        uint32_t n = ok ? sqlite_u32be(p + 4) : 0;
        ok = ok && n <= m->usable / 4 - 2 && left > n;
        left -= n + 1;
        for (uint32_t i = 0; ok && i < n; i++)
            ok = refer(m, sqlite_u32be(p + 8 + 4 * i), is_free);
    }
    free(p);
    return ok && left == 0;
}

/* The pages that nothing needs to refer to. */
static void start_roles(struct sqlite *s, struct pages *m)
{
    uint32_t lock_page = lock_page_of(s);
    for (uint32_t i = 1; i <= m->n; i++)
        m->page[i].role = is_map_page(m, i, lock_page) || i == lock_page ? PAGE_MAP : PAGE_UNUSED;
}

/* A file may have been enlarged in advance: pages behind the header's count are not in use. */
static bool all_used(const struct sqlite *s, const struct pages *m)
{
    uint32_t n = m->n;
    if (s->overlay == LIVE && s->header_pages && s->header_pages < n)
        n = s->header_pages;
    for (uint32_t i = 1; i <= n; i++)
        if (m->page[i].role == PAGE_UNUSED)
            return false;
    return true;
}

static bool read_trees(struct sqlite *s, struct view *v, struct pages *m)
{
    struct err e = {0};
    sqlite3_stmt *st;
    size_t room = 16;
    m->trees = xcalloc(room, sizeof *m->trees);
    m->trees[m->ntrees++] = (struct tree){1, "sqlite_schema", true};
    if (!sqlite_compile(s, v, "SELECT rootpage, tbl_name, type FROM sqlite_schema", &st, &e))
        return false;
    int rc;
    while ((rc = sqlite3_step(st)) == SQLITE_ROW) {
        int64_t root = sqlite3_column_int64(st, 0);
        const char *table = (const char *)sqlite3_column_text(st, 1);
        const char *type = (const char *)sqlite3_column_text(st, 2);
        if (root == 0) /* a view, a trigger, a virtual table */
            continue;
        if (root < 0 || root > m->n || !table || !type)
            break;
        if (m->ntrees == room)
            m->trees = xrealloc(m->trees, room *= 2, sizeof *m->trees);
        m->trees[m->ntrees++] = (struct tree){
            (uint32_t)root, arena_string(&s->memory, slice_of(table)), !strcmp(type, "table")};
    }
    sqlite3_finalize(st);
    return rc == SQLITE_DONE;
}

bool sqlite_pages_follow(struct sqlite *s, struct view *v, struct pages *m)
{
    start_roles(s, m);
    return read_trees(s, v, m) && follow_trees(m) && follow_free_list(s, m);
}

struct pages *sqlite_pages_new(uint32_t n)
{
    struct pages *m = xcalloc(1, sizeof *m);
    m->n = n;
    m->page = xlarge(((size_t)n + 1) * sizeof *m->page);
    memset(m->page, 0, ((size_t)n + 1) * sizeof *m->page);
    return m;
}

void sqlite_pages_free(struct pages *m)
{
    if (!m)
        return;
    free(m->page);
    free(m->frames);
    free(m->links.all);
    free(m->trees);
    free(m);
}

/* 0: not known for sure, or too many. */
static uint32_t count_pages(const struct sqlite *s)
{
    uint64_t n = s->now.wal ? s->wal.pages : s->now.size / s->page_size;
    bool whole = blob_size(s->db) % s->page_size == 0 && s->now.size % s->page_size == 0;
    return whole && !s->incomplete && !s->schema_damaged && n <= SQLITE_PAGES_MAX ? (uint32_t)n : 0;
}

const struct pages *sqlite_pages_now(struct sqlite *s)
{
    if (s->pages_tried)
        return s->pages;
    s->pages_tried = true;
    uint32_t n = count_pages(s);
    if (!n)
        return NULL;
    struct pages *m = sqlite_pages_new(n);
    if (take_frames(s, m) && look_at_all(s, m) && sqlite_pages_follow(s, &s->now, m) &&
        all_used(s, m))
        s->pages = m;
    else
        sqlite_pages_free(m);
    return s->pages;
}

static void add_columns(struct in_columns *to, const struct in_columns *from)
{
    for (int what = 0; what < IN_COLUMN; what++)
        for (int i = 0; i < PAGE_COLUMNS / 64; i++)
            to->bits[what][i] |= from->bits[what][i];
}

struct in_columns sqlite_pages_columns(const struct pages *m, const char *table)
{
    struct in_columns in = {0};
    for (size_t i = 0; i < m->ntrees; i++)
        if (m->trees[i].is_table && !sqlite3_stricmp(m->trees[i].table, table))
            for (uint32_t p = 1; p <= m->n; p++)
                if (m->page[p].role == PAGE_TREE && m->page[p].tree == m->trees[i].root)
                    add_columns(&in, &m->page[p].in);
    return in;
}
