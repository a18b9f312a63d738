/*
 * The rows of all records, in blocks of one source each. They lie as in the case, which is then read
 * from front to back; looking each of them up in the order of time takes many times as long. That
 * order is a block of its own: the numbers of the rows, by place in it.
 */
#include <sqlite3.h>
#include <stdlib.h>

#include "casefile/impl.h"
#include "report/html_blocks.h"

/* Small, because a browser unpacks only what is looked at. */
enum { BLOCK_ROWS = 8192, BLOCK_BYTES = 4 << 20 };

/* Two numbers that belong together, sorted by the first. */
struct pair {
    int64_t key;
    uint32_t value;
};

struct pairs {
    struct pair *items;
    size_t n, room;
};

static void pairs_add(struct pairs *l, int64_t key, uint32_t value)
{
    if (l->n == l->room) {
        l->room = l->room ? l->room * 2 : 256;
        l->items = xrealloc(l->items, l->room, sizeof *l->items);
    }
    l->items[l->n++] = (struct pair){key, value};
}

static int by_key(const void *a, const void *b)
{
    const struct pair *x = a, *y = b;
    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    return (x->value > y->value) - (x->value < y->value);
}

static void pairs_sort(struct pairs *l)
{
    if (l->n)
        qsort(l->items, l->n, sizeof *l->items, by_key);
}

/* The first pair with that key, or where it would be. */
static size_t pairs_at(const struct pairs *l, int64_t key)
{
    size_t low = 0, high = l->n;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (l->items[mid].key < key)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

/* -- layout -- */

static bool add_part(struct layout *l, int64_t source, uint32_t *counts)
{
    uint32_t first = l->nparts ? l->parts[l->nparts - 1].first + l->parts[l->nparts - 1].n : 0;
    if (!counts[source])
        return false;
    l->parts[l->nparts++] = (struct part){source, first, counts[source]};
    counts[source] = first; /* from here on: the number of its next row */
    return true;
}

void layout_make(struct page *p, struct layout *l)
{
    const struct ranking *r = &p->ranking;
    uint32_t *counts = xcalloc(r->nsources + 1, sizeof *counts);
    *l = (struct layout){.parts = xcalloc(r->nsources + 1, sizeof *l->parts)};
    for (size_t id = 1; id <= r->n; id++)
        counts[r->source[id]]++;
    sqlite3_stmt *s = page_query(p, "SELECT id FROM coverage ORDER BY title, evidence_id, id");
    while (page_row(p, s))
        add_part(l, column_int(s, 0), counts);
    add_part(l, 0, counts); /* of no source: only in a case that was changed */
    l->ids = xcalloc(r->n, sizeof *l->ids);
    l->numbers = xcalloc(r->n + 1, sizeof *l->numbers);
    for (uint32_t id = 1; id <= r->n; id++) {
        uint32_t number = counts[r->source[id]]++;
        l->numbers[id] = number;
        l->ids[number] = id;
    }
    free(counts);
}

void layout_free(struct layout *l)
{
    free(l->parts);
    free(l->ids);
    free(l->numbers);
}

/* -- cells -- */

/* The first tab, line end or backslash at or after `from`, or the end. */
static size_t find_special(struct slice text, size_t from)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    uint64_t x;
    for (; text.n - from >= 8; from += 8) {
        memcpy(&x, text.p + from, 8);
        uint64_t tab = x ^ ones * '\t', line = x ^ ones * '\n', slash = x ^ ones * '\\';
        /* A byte that is 0 sets its high bit. So may one above it: then the next loop looks. */
        if (((tab - ones) | (line - ones) | (slash - ones)) & ~x & ones * 0x80)
            break;
    }
    while (from < text.n && text.p[from] != '\t' && text.p[from] != '\n' && text.p[from] != '\\')
        from++;
    return from;
}

static void add_cell(struct buf *row, struct slice text)
{
    for (size_t from = 0;;) {
        size_t at = find_special(text, from);
        buf_slice(row, slice_sub(text, from, at - from));
        if (at == text.n)
            return;
        uint8_t c = text.p[at];
        buf_byte(row, '\\');
        buf_byte(row, c == '\t' ? 't' : c == '\n' ? 'n' : c);
        from = at + 1;
    }
}

static void add_number(struct buf *row, int64_t v)
{
    uint8_t digits[20];
    size_t at = sizeof digits;
    uint64_t rest = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
    do
        digits[--at] = (uint8_t)('0' + rest % 10);
    while (rest /= 10);
    if (v < 0)
        buf_byte(row, '-');
    buf_add(row, digits + at, sizeof digits - at);
}

static void add_time(struct buf *row, struct utime t)
{
    char text[UTIME_TEXT];
    if (t.precision > MILLI)
        t.precision = MILLI;
    size_t n = strlen(utime_text(t, text));
    if (n > 10)
        text[10] = ' ';
    buf_add(row, text, n && text[n - 1] == 'Z' ? n - 1 : n);
}

enum { ID, FILE_ID, PLACE, NAME, NUMBER, STATE, TIME, PRECISION, OTHER_TIMES, FIELDS };
static const char query[] = "SELECT id, file_id, place, name, n, state, time_ns, precision, times, "
                            "fields FROM record WHERE id BETWEEN ?1 AND ?2 ORDER BY id";

static void add_place(struct buf *row, sqlite3_stmt *s)
{
    int64_t place = column_int(s, PLACE), state = column_int(s, STATE);
    struct slice name = column(s, NAME);
    buf_text(row, place_name(place >= 0 && place < PLACES ? (enum place)place : ROW));
    buf_byte(row, ' ');
    add_cell(row, name);
    if (name.n)
        buf_byte(row, ' ');
    add_number(row, column_int(s, NUMBER));
    buf_byte(row, '\t');
    buf_text(row, state_name(state >= 0 && state < STATES ? (enum state)state : LIVE));
    buf_byte(row, '\t');
}

static void add_findings(struct buf *row, const struct pairs *findings, int64_t record)
{
    size_t first = pairs_at(findings, record);
    for (size_t i = first; i < findings->n && findings->items[i].key == record; i++) {
        if (i > first)
            buf_byte(row, ',');
        add_number(row, findings->items[i].value);
    }
    buf_byte(row, '\t');
}

/* findings, time, place, state, file, times, fields */
static void add_row(struct buf *row, const struct page *p, sqlite3_stmt *s,
                    const struct pairs *findings)
{
    int64_t file = column_int(s, FILE_ID);
    add_findings(row, findings, column_int(s, ID));
    add_time(row, column_time(s, TIME, PRECISION));
    buf_byte(row, '\t');
    add_place(row, s);
    if (file > 0 && (uint64_t)file <= p->ranking.nfiles)
        add_number(row, p->ranking.file[file] - 1);
    buf_byte(row, '\t');
    add_cell(row, column(s, OTHER_TIMES));
    buf_byte(row, '\t');
    add_cell(row, column(s, FIELDS));
    buf_byte(row, '\n');
}

/* -- blocks -- */

/* Path and place in the container, in the order that ranking.file has. */
void put_files(struct page *p)
{
    struct buf rows = {0};
    unsigned n = 0;
    sqlite3_stmt *s = page_query(p, "SELECT path, container FROM file " FILE_ORDER);
    while (page_row(p, s)) {
        add_cell(&rows, column(s, 0));
        buf_byte(&rows, '\t');
        add_cell(&rows, column(s, 1));
        buf_byte(&rows, '\n');
        if (++n == BLOCK_ROWS || rows.n > BLOCK_BYTES) {
            put_block(p, "class=\"files\"", &rows);
            n = 0;
        }
    }
    if (n)
        put_block(p, "class=\"files\"", &rows);
    buf_free(&rows);
}

/* Record id -> number of a finding. */
static void gather_findings(struct page *p, struct pairs *out)
{
    struct case_finding f;
    sqlite3_stmt *s =
        page_query(p, "SELECT record_id FROM finding_record WHERE finding_id = ?1 ORDER BY 1");
    struct finding_iter *it = p->failed ? NULL : findings_open(p->c, p->e);
    while (it && findings_next(it, &f, p->e)) {
        sqlite3_bind_int64(s, 1, f.id);
        while (sqlite3_step(s) == SQLITE_ROW)
            pairs_add(out, column_int(s, 0), (uint32_t)f.number);
        sqlite3_reset(s);
    }
    findings_close(it);
    sqlite3_finalize(s);
    p->failed |= p->e->code != ERR_NONE;
    pairs_sort(out);
}

/* Numbers of rows by place in time, all lowest bytes first: bytes that are alike lie together. */
static void put_ranks(struct page *p, const struct layout *l)
{
    const struct ranking *r = &p->ranking;
    struct buf bytes = {0};
    uint8_t *to = buf_room(&bytes, 4 * r->n + 1);
    for (size_t i = 0; i < r->n; i++)
        for (size_t b = 0; b < 4; b++)
            to[b * r->n + i] = (uint8_t)(l->numbers[r->order[i]] >> 8 * b);
    bytes.n = 4 * r->n;
    put_block(p, "id=\"ranks\"", &bytes);
    buf_free(&bytes);
}

static void end_block(struct page *p, int64_t source, struct buf *rows, unsigned *n)
{
    char attributes[96];
    snprintf(attributes, sizeof attributes, "class=\"rows\" data-s=\"%lld\" data-n=\"%u\"",
             (long long)source, *n);
    if (*n)
        put_block(p, attributes, rows);
    *n = 0;
}

/* One after the other, in runs of ids that follow each other. */
static void put_part(struct page *p, const struct layout *l, const struct part *part,
                     const struct pairs *findings)
{
    struct buf rows = {0};
    unsigned n = 0;
    const uint32_t *id = l->ids + part->first, *end = id + part->n;
    sqlite3_stmt *s = page_query(p, query);
    while (id < end && !p->failed) {
        const uint32_t *last = id;
        while (last + 1 < end && last[1] == last[0] + 1)
            last++;
        sqlite3_bind_int64(s, 1, *id);
        sqlite3_bind_int64(s, 2, *last);
        for (; id <= last && !p->failed; id++) {
            if (sqlite3_step(s) != SQLITE_ROW || column_int(s, ID) != *id) {
                p->failed = !err_set(p->e, ERR_IO, "case: record %u is gone", *id);
                break;
            }
            add_row(&rows, p, s, findings);
            if (++n == BLOCK_ROWS || rows.n > BLOCK_BYTES)
                end_block(p, part->source, &rows, &n);
        }
        sqlite3_reset(s);
    }
    end_block(p, part->source, &rows, &n);
    sqlite3_finalize(s);
    buf_free(&rows);
}

void put_rows(struct page *p, const struct layout *l)
{
    struct pairs findings = {0};
    gather_findings(p, &findings);
    put_ranks(p, l);
    for (size_t i = 0; i < l->nparts && !p->failed; i++)
        put_part(p, l, &l->parts[i], &findings);
    free(findings.items);
}
