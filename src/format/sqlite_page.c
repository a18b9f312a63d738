/*
 * One page taken as a page of a b-tree. It is well formed only if every byte of its content belongs
 * to one cell or free block: all that SQLite's quick_check asks of a page, and a little more, so
 * that a page that passes here would pass there.
 */
#include "format/sqlite_pages.h"

enum {
    SCHEMA_HEADER = 100,
    SMALLEST_CELL = 4,
    SMALLEST_BLOCK = 4,
};

static uint32_t u16be(const uint8_t *p)
{
    return (uint32_t)p[0] << 8 | p[1];
}

uint32_t sqlite_u32be(const uint8_t *p)
{
    return u16be(p) << 16 | u16be(p + 2);
}

/* At most 9 bytes, high groups first, the last with 8 bits. NULL: it runs into `end`. */
static const uint8_t *varint(const uint8_t *p, const uint8_t *end, uint64_t *v)
{
    uint64_t got = 0;
    for (int i = 0; i < 9 && p < end; i++) {
        uint8_t b = *p++;
        got = i == 8 ? got << 8 | b : got << 7 | (b & 0x7f);
        if (b < 0x80 || i == 8) {
            *v = got;
            return p;
        }
    }
    return NULL;
}

/* Bits `from` to `from + n - 1`, n > 0. False: one was set already. */
static bool mark(uint64_t *used, size_t from, size_t n)
{
    size_t first = from / 64, last = (from + n - 1) / 64;
    uint64_t head = UINT64_MAX << from % 64, tail = UINT64_MAX >> (63 - (from + n - 1) % 64);
    if (first == last)
        head &= tail;
    uint64_t clash = used[first] & head;
    used[first] |= head;
    for (size_t i = first + 1; i < last; i++) {
        clash |= used[i];
        used[i] = UINT64_MAX;
    }
    if (first < last) {
        clash |= used[last] & tail;
        used[last] |= tail;
    }
    return !clash;
}

/* A page while it is looked at. */
struct look {
    const uint8_t *p;
    uint32_t usable;
    uint8_t kind;
    uint32_t content; /* where it starts */
    struct page *out;
    struct links *links;
    uint8_t seen[PAGE_COLUMNS]; /* what the record before had in a column */
};

static bool is_table(uint8_t kind)
{
    return kind == TABLE_LEAF || kind == TABLE_INTERIOR;
}

bool sqlite_is_interior(uint8_t kind)
{
    return kind == INDEX_INTERIOR || kind == TABLE_INTERIOR;
}

/* Mostly the same as in the record before. */
static inline void note_column(struct look *k, unsigned column, uint8_t what)
{
    if (column < PAGE_COLUMNS && k->seen[column] != what) {
        k->seen[column] = what;
        k->out->in.bits[what][column / 64] |= UINT64_C(1) << column % 64;
    }
}

/* A record's header: lengths add up to the whole. In tables also what is in which column. */
static bool record_header(struct look *k, const uint8_t *p, size_t local, uint64_t payload)
{
    bool table = k->kind == TABLE_LEAF;
    static const uint8_t sizes[10] = {0, 1, 2, 3, 4, 6, 8, 8, 0, 0};
    uint64_t header = 0, total, type;
    const uint8_t *at = varint(p, p + local, &header);
    if (!at || header > local || (size_t)(at - p) > header)
        return false;
    const uint8_t *end = p + header;
    total = header;
    for (unsigned column = 0; at < end; column++) {
        uint8_t what;
        if (*at < 0x80)
            type = *at++;
        else if (!(at = varint(at, end, &type)) || type > UINT32_MAX)
            return false;
        if (type >= 12) {
            total += (type - 12) / 2;
            what = type & 1 ? IN_TEXT : IN_BLOB;
        } else if (type < 10) {
            total += sizes[type];
            what = type ? IN_NUMBER : IN_NULL;
        } else {
            return false;
        }
        if (table)
            note_column(k, column, what);
    }
    return total == payload;
}

static void add_link(struct links *l, struct page *out, struct link k)
{
    if (l->n == l->room) {
        l->room = l->room ? l->room * 2 : 64;
        l->all = xrealloc(l->all, l->room, sizeof *l->all);
    }
    l->all[l->n++] = k;
    out->nlinks++;
}

/* How much of a payload stays in the page: the file format's own formula. */
static uint32_t local_size(const struct look *k, uint64_t payload)
{
    uint32_t most = is_table(k->kind) ? k->usable - 35 : (k->usable - 12) * 64 / 255 - 23;
    uint32_t least = (k->usable - 12) * 32 / 255 - 23;
    if (payload <= most)
        return (uint32_t)payload;
    uint32_t surplus = least + (uint32_t)((payload - least) % (k->usable - 4));
    return surplus <= most ? surplus : least;
}

/* The payload that starts at `at`; returns its end, NULL if it is damaged. */
static const uint8_t *take_payload(struct look *k, const uint8_t *at, uint64_t payload)
{
    const uint8_t *end = k->p + k->usable;
    uint32_t local = local_size(k, payload);
    if (local > (size_t)(end - at))
        return NULL;
    if (!record_header(k, at, local, payload))
        return NULL;
    at += local;
    if (local == payload)
        return at;
    if (end - at < 4)
        return NULL;
    uint64_t behind = payload - local, room = k->usable - 4;
    add_link(
        k->links, k->out,
        (struct link){.page = sqlite_u32be(at), .chain = (uint32_t)((behind + room - 1) / room)});
    return at + 4;
}

/* The cell at `from`; returns its end, NULL if it is damaged. */
static const uint8_t *take_cell(struct look *k, uint32_t from)
{
    const uint8_t *at = k->p + from, *end = k->p + k->usable;
    uint64_t payload = 0, rowid = 0;
    if (sqlite_is_interior(k->kind)) {
        add_link(k->links, k->out, (struct link){.page = sqlite_u32be(at)});
        at += 4;
    }
    if (k->kind != TABLE_INTERIOR && (!(at = varint(at, end, &payload)) || payload > INT32_MAX))
        return NULL;
    if (is_table(k->kind)) {
        if (!(at = varint(at, end, &rowid)))
            return NULL;
        int64_t id = (int64_t)rowid;
        if (k->out->rows && id <= k->out->most)
            return NULL;
        k->out->least = k->out->rows ? k->out->least : id;
        k->out->most = id;
        if (k->kind == TABLE_INTERIOR)
            k->links->all[k->links->n - 1].key = id;
    }
    k->out->rows++;
    return k->kind == TABLE_INTERIOR ? at : take_payload(k, at, payload);
}

/* False: they run into each other or out of the page. Adds the bytes they cover. */
static bool take_cells(struct look *k, uint32_t pointers, uint32_t n, uint64_t *used,
                       uint32_t *covered)
{
    for (uint32_t i = 0; i < n; i++) {
        uint32_t from = u16be(k->p + pointers + 2 * i);
        if (from < k->content || from > k->usable - SMALLEST_CELL)
            return false;
        const uint8_t *end = take_cell(k, from);
        if (!end)
            return false;
        uint32_t size = (uint32_t)(end - k->p) - from;
        size = size < SMALLEST_CELL ? SMALLEST_CELL : size;
        if (size > k->usable - from || !mark(used, from, size))
            return false;
        *covered += size;
    }
    return true;
}

static bool take_free_blocks(const struct look *k, uint32_t at, uint64_t *used, uint32_t *covered)
{
    while (at) {
        if (at < k->content || at > k->usable - SMALLEST_BLOCK)
            return false;
        uint32_t next = u16be(k->p + at), size = u16be(k->p + at + 2);
        if (size < SMALLEST_BLOCK || size > k->usable - at || (next && next <= at + size + 3) ||
            !mark(used, at, size))
            return false;
        *covered += size;
        at = next;
    }
    return true;
}

static bool take_page(struct look *k, uint32_t header)
{
    uint64_t *used = k->links->used;
    const uint8_t *h = k->p + header;
    uint32_t n = u16be(h + 3), covered = 0;
    bool interior = sqlite_is_interior(k->kind);
    uint32_t pointers = header + (interior ? 12 : 8);
    k->content = u16be(h + 5) ? u16be(h + 5) : LARGEST_PAGE;
    if (k->content > k->usable || pointers + 2 * n > k->content || n > (k->usable - 8) / 6)
        return false;
    memset(used, 0, (k->usable + 63) / 64 * sizeof *used);
    memset(k->seen, IN_COLUMN, sizeof k->seen);
    if (!take_cells(k, pointers, n, used, &covered) ||
        !take_free_blocks(k, u16be(h + 1), used, &covered))
        return false;
    if (interior)
        add_link(k->links, k->out, (struct link){.page = sqlite_u32be(h + 8)});
    return k->usable - k->content - covered == h[7];
}

void sqlite_page_look(const uint8_t *p, uint32_t number, uint32_t usable, struct page *out,
                      struct links *links)
{
    uint32_t header = number == 1 ? SCHEMA_HEADER : 0;
    struct look k = {.p = p, .usable = usable, .kind = p[header], .out = out, .links = links};
    out->next = sqlite_u32be(p);
    out->first_link = links->n;
    out->nlinks = out->rows = 0;
    out->least = out->most = 0;
    out->in = (struct in_columns){0};
    out->kind = 0;
    bool known = k.kind == INDEX_INTERIOR || k.kind == TABLE_INTERIOR || k.kind == INDEX_LEAF ||
                 k.kind == TABLE_LEAF;
    if (known && take_page(&k, header)) {
        out->kind = k.kind;
    } else {
        links->n = out->first_link;
        out->nlinks = 0;
    }
}
