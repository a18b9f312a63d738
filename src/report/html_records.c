/*
 * All records, for the page's script: blocks of tab-separated rows, gzip, base64. A browser doesn't
 * run them, and no text of the evidence can end a block early.
 */
#include <openssl/evp.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <zlib.h>

#include "casefile/impl.h"
#include "format/json.h"
#include "report/html.h"

enum { BLOCK_ROWS = 50000, BLOCK_BYTES = 48 * 1024 * 1024 };

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

static void squeeze(struct slice in, struct buf *out)
{
    z_stream z = {0};
    /* 15 + 16: gzip; its header then has no time and no name. The fastest level: a third of the time
       for a tenth more bytes. */
    if (deflateInit2(&z, Z_BEST_SPEED, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        die("report: no memory for zlib");
    uLong room = deflateBound(&z, in.n);
    z.next_in = (Bytef *)(uintptr_t)in.p;
    z.avail_in = (uInt)in.n;
    z.next_out = buf_room(out, room);
    z.avail_out = (uInt)room;
    if (deflate(&z, Z_FINISH) != Z_STREAM_END)
        die("report: zlib left something out");
    out->n += room - z.avail_out;
    deflateEnd(&z);
}

/* Writes one block and empties it. */
static void put_block(struct page *p, const char *attributes, struct buf *rows)
{
    struct buf gz = {0};
    squeeze(buf_view(rows), &gz);
    putf(p, "<script type=\"application/octet-stream\" %s>", attributes);
    uint8_t *to = buf_room(&p->out, gz.n / 3 * 4 + 8);
    p->out.n += (size_t)EVP_EncodeBlock(to, gz.p, (int)gz.n);
    put(p, "</script>\n");
    page_flush(p);
    buf_free(&gz);
    buf_clear(rows);
}

static void add_cell(struct buf *row, struct slice text)
{
    size_t from = 0;
    for (size_t i = 0; i < text.n; i++) {
        uint8_t c = text.p[i];
        if (c != '\t' && c != '\n' && c != '\\')
            continue;
        buf_slice(row, slice_sub(text, from, i - from));
        buf_byte(row, '\\');
        buf_byte(row, c == '\t' ? 't' : c == '\n' ? 'n' : c);
        from = i + 1;
    }
    buf_slice(row, slice_sub(text, from, text.n));
}

static bool block_full(const struct buf *rows, unsigned n)
{
    return n == BLOCK_ROWS || rows->n > BLOCK_BYTES;
}

/* Path and place in the container, in the order of their numbers; fills id -> number. */
static void put_files(struct page *p, struct pairs *numbers)
{
    struct buf rows = {0};
    unsigned n = 0;
    uint32_t number = 0;
    sqlite3_stmt *s = page_query(
        p, "SELECT id, path, container FROM file ORDER BY path, container, evidence_id, id");
    while (page_row(p, s)) {
        pairs_add(numbers, column_int(s, 0), number++);
        add_cell(&rows, column(s, 1));
        buf_byte(&rows, '\t');
        add_cell(&rows, column(s, 2));
        buf_byte(&rows, '\n');
        if (block_full(&rows, ++n)) {
            put_block(p, "class=\"files\"", &rows);
            n = 0;
        }
    }
    if (n)
        put_block(p, "class=\"files\"", &rows);
    pairs_sort(numbers);
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

static void add_place(struct buf *row, sqlite3_stmt *s)
{
    int64_t place = column_int(s, 3), state = column_int(s, 6);
    buf_printf(row, "%s ", place_name(place >= 0 && place < PLACES ? (enum place)place : ROW));
    add_cell(row, column(s, 4));
    buf_printf(row, "%s%lld\t%s\t", column(s, 4).n ? " " : "", (long long)column_int(s, 5),
               state_name(state >= 0 && state < STATES ? (enum state)state : LIVE));
}

/* source, findings, time, place, state, file, times, fields */
static void add_row(struct buf *row, sqlite3_stmt *s, const struct pairs *files,
                    const struct pairs *findings)
{
    int64_t id = column_int(s, 0);
    buf_printf(row, "%lld\t", (long long)column_int(s, 1));
    size_t first = pairs_at(findings, id);
    for (size_t i = first; i < findings->n && findings->items[i].key == id; i++)
        buf_printf(row, "%s%u", i > first ? "," : "", findings->items[i].value);
    buf_byte(row, '\t');
    add_time(row, column_time(s, 7, 8));
    buf_byte(row, '\t');
    add_place(row, s);
    size_t at = pairs_at(files, column_int(s, 2));
    if (at < files->n && files->items[at].key == column_int(s, 2))
        buf_printf(row, "%u", files->items[at].value);
    buf_byte(row, '\t');
    add_cell(row, column(s, 9));
    buf_byte(row, '\t');
    add_cell(row, column(s, 10));
    buf_byte(row, '\n');
}

static void put_rows(struct page *p, const struct pairs *files, const struct pairs *findings)
{
    struct buf rows = {0};
    char attributes[64];
    unsigned n = 0;
    sqlite3_stmt *s = page_query(p, "SELECT id, coverage_id, file_id, place, name, n, state, "
                                    "time_ns, precision, times, fields FROM record WHERE id = ?1");
    for (size_t i = 0; s && i < p->ranking.n && !p->failed; i++) {
        sqlite3_bind_int64(s, 1, p->ranking.order[i]);
        if (sqlite3_step(s) != SQLITE_ROW) {
            p->failed = !err_set(p->e, ERR_IO, "case: record %u is gone", p->ranking.order[i]);
            break;
        }
        add_row(&rows, s, files, findings);
        sqlite3_reset(s);
        if (block_full(&rows, ++n)) {
            snprintf(attributes, sizeof attributes, "class=\"rows\" data-n=\"%u\"", n);
            put_block(p, attributes, &rows);
            n = 0;
        }
    }
    snprintf(attributes, sizeof attributes, "class=\"rows\" data-n=\"%u\"", n);
    if (n)
        put_block(p, attributes, &rows);
    sqlite3_finalize(s);
    buf_free(&rows);
}

/* What the script needs besides: sources by number, and its words. */
static void put_index(struct page *p)
{
    static const char *const keys[] = {
        "page.loading",     "page.old-browser",   "page.shown",    "page.proves",
        "page.fields",      "page.where",         "page.state",    "ui.no-match",
        "ui.path",          "ui.container-path",  "ui.time",       "ui.artifact",
        "page.all",         "section.findings",   "ui.row",        "page.key",
        "page.line",        "page.offset",        "ui.state-live", "ui.state-wal",
        "ui.state-journal", "ui.state-recovered",
    };
    struct buf text = {0};
    struct json_writer w;
    json_writer(&w, &text);
    json_object(&w);
    json_name(&w, "words");
    json_object(&w);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        json_name(&w, keys[i]);
        json_text(&w, words(p->lang, keys[i]));
    }
    json_object_end(&w);
    json_name(&w, "sources");
    json_array(&w);
    sqlite3_stmt *s = page_query(
        p, "SELECT c.id, c.artifact, c.title, c.records, e.name FROM coverage c JOIN evidence e ON "
           "e.id = c.evidence_id WHERE EXISTS (SELECT 1 FROM record r WHERE r.coverage_id = c.id) "
           "ORDER BY c.title, e.id");
    while (page_row(p, s)) {
        json_array(&w);
        json_number(&w, column_int(s, 0));
        json_string(&w, column(s, 1));
        json_string(&w, column(s, 2));
        json_string(&w, column(s, 4));
        json_array_end(&w);
    }
    json_array_end(&w);
    json_object_end(&w);
    put_block(p, "id=\"index\"", &text);
    buf_free(&text);
}

static void put_controls(struct page *p)
{
    put(p, "<div class=\"card js-only\" id=\"browser\"><div class=\"rf\"><label>");
    put_word(p, "ui.search");
    put(p,
        "<input type=\"search\" id=\"q\" spellcheck=\"false\" autocomplete=\"off\" placeholder=\"");
    put_word(p, "ui.search-hint");
    put(p, "\"></label><label>");
    put_word(p, "ui.artifact");
    put(p, "<select id=\"source\"><option value=\"\">");
    put_word(p, "page.all");
    put(p, "</option></select></label><label>");
    put_word(p, "ui.sort");
    put(p, "<select id=\"order\"><option value=\"up\">");
    put_word(p, "ui.first");
    put(p, "</option><option value=\"down\">");
    put_word(p, "ui.last");
    put(p, "</option></select></label><div class=\"full\"><label class=\"tick\">"
           "<input type=\"checkbox\" id=\"hits\"><span>");
    put_word(p, "page.findings-only");
    put(p, "</span></label><span class=\"count\" id=\"count\" role=\"status\"></span></div></div>"
           "<div class=\"rh\" aria-hidden=\"true\"><span>");
    put_word(p, "ui.time");
    put(p, "</span><span>");
    put_word(p, "ui.artifact");
    put(p, "</span><span>");
    put_word(p, "page.content");
    put(p, "</span><span>");
    put_word(p, "section.findings");
    put(p, "</span></div><div class=\"rv-box\" id=\"list\" role=\"listbox\" tabindex=\"0\" "
           "aria-labelledby=\"h-records\"><div class=\"rv-in\" id=\"rows\"></div></div></div>\n"
           "<dialog class=\"drawer\" id=\"drawer\" aria-labelledby=\"drawer-t\"><div class=\"dh\">"
           "<h2 id=\"drawer-t\"></h2><button type=\"button\" id=\"back\">");
    put_word(p, "ui.previous");
    put(p, "</button><button type=\"button\" id=\"forth\">");
    put_word(p, "ui.next");
    put(p, "</button><button type=\"button\" id=\"shut\" aria-label=\"");
    put_word(p, "ui.close");
    put(p, "\">");
    put_icon(p, "close");
    put(p, "</button></div><div class=\"db\" id=\"drawer-b\"></div></dialog>\n");
}

void html_records(struct page *p)
{
    struct pairs files = {0}, findings = {0};
    /* One transaction: else each look-up of a row takes and drops the file's lock. */
    bool begin = sqlite3_get_autocommit(casefile_db(p->c));
    p->failed = p->failed || (begin && !case_exec(p->c, "BEGIN", p->e));
    put(p, "<section id=\"records\" aria-labelledby=\"h-records\"><div class=\"sh\">"
           "<h2 id=\"h-records\">");
    put_word(p, "section.records");
    put(p, "</h2></div><p class=\"lead no-js\">");
    put_word(p, "ui.no-script");
    put(p, "</p>\n");
    put_controls(p);
    put(p, "</section>\n");
    gather_findings(p, &findings);
    put_index(p);
    put_files(p, &files);
    put_rows(p, &files, &findings);
    struct err ignored = {0};
    if (begin)
        (void)!case_exec(p->c, "ROLLBACK", &ignored); /* nothing was written */
    free(files.items);
    free(findings.items);
}
