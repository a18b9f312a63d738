/*
 * Rows that wait, and their way into the case: SQLite reads them as a table of its own, so that one
 * statement inserts hundreds. A statement for each row costs more than the row. The rows are appended
 * without their ids, which SQLite then counts on; looking up a place for each would cost as much again.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "casefile/impl.h"

enum cell_kind { CELL_NULL, CELL_INTEGER, CELL_TEXT, CELL_FIXED };

struct cell {
    union {
        int64_t integer;
        size_t at; /* TEXT: in the batch's texts */
        const char *fixed;
    };
    uint32_t n; /* bytes of a text */
    enum cell_kind kind;
};

struct batch {
    struct casefile *c;
    unsigned columns;
    int64_t next;       /* id of the next row */
    struct cell *cells; /* row by row */
    size_t n, room;
    struct buf texts;
    sqlite3_stmt *insert;
};

/* -- the table that SQLite sees -- */

struct batch_table {
    sqlite3_vtab base; /* first, here and in the next: SQLite knows only this */
    struct batch *b;
};

struct batch_cursor {
    sqlite3_vtab_cursor base;
    size_t at; /* the row's first cell */
};

static int table_connect(sqlite3 *db, void *batch, int argc, const char *const *argv,
                         sqlite3_vtab **out, char **message)
{
    (void)argc, (void)argv, (void)message;
    struct batch *b = batch;
    struct buf sql = {0};
    buf_text(&sql, "CREATE TABLE x (");
    for (unsigned i = 0; i < b->columns; i++)
        buf_printf(&sql, i ? ", c%u" : "c%u", i);
    buf_add(&sql, ")", sizeof ")");
    int rc = sqlite3_declare_vtab(db, (const char *)sql.p);
    buf_free(&sql);
    if (rc != SQLITE_OK)
        return rc;
    struct batch_table *t = xcalloc(1, sizeof *t);
    t->b = b;
    *out = &t->base;
    return SQLITE_OK;
}

static int table_disconnect(sqlite3_vtab *t)
{
    free(t);
    return SQLITE_OK;
}

static int table_plan(sqlite3_vtab *t, sqlite3_index_info *info)
{
    (void)t, (void)info; /* always from the first row to the last */
    return SQLITE_OK;
}

static int cursor_open(sqlite3_vtab *t, sqlite3_vtab_cursor **out)
{
    (void)t;
    struct batch_cursor *cur = xcalloc(1, sizeof *cur);
    *out = &cur->base;
    return SQLITE_OK;
}

static int cursor_close(sqlite3_vtab_cursor *cur)
{
    free(cur);
    return SQLITE_OK;
}

static struct batch *batch_of(sqlite3_vtab_cursor *cur)
{
    return ((struct batch_table *)cur->pVtab)->b;
}

static int cursor_first(sqlite3_vtab_cursor *cur, int index, const char *name, int argc,
                        sqlite3_value **argv)
{
    (void)index, (void)name, (void)argc, (void)argv;
    ((struct batch_cursor *)cur)->at = 0;
    return SQLITE_OK;
}

static int cursor_next(sqlite3_vtab_cursor *cur)
{
    ((struct batch_cursor *)cur)->at += batch_of(cur)->columns;
    return SQLITE_OK;
}

static int cursor_ended(sqlite3_vtab_cursor *cur)
{
    return ((struct batch_cursor *)cur)->at >= batch_of(cur)->n;
}

static int cursor_column(sqlite3_vtab_cursor *cur, sqlite3_context *ctx, int i)
{
    const struct batch *b = batch_of(cur);
    const struct cell *cell = &b->cells[((struct batch_cursor *)cur)->at + (size_t)i];
    switch (cell->kind) {
    case CELL_NULL: break;
    case CELL_INTEGER: sqlite3_result_int64(ctx, cell->integer); break;
    case CELL_TEXT:
    case CELL_FIXED:
        sqlite3_result_text64(
            ctx, cell->kind == CELL_FIXED ? cell->fixed : (const char *)b->texts.p + cell->at,
            cell->n, SQLITE_STATIC, SQLITE_UTF8);
        break;
    }
    return SQLITE_OK;
}

static int cursor_rowid(sqlite3_vtab_cursor *cur, sqlite3_int64 *out)
{
    *out = (sqlite3_int64)((struct batch_cursor *)cur)->at;
    return SQLITE_OK;
}

static const sqlite3_module module = {
    .xConnect = table_connect,
    .xBestIndex = table_plan,
    .xDisconnect = table_disconnect,
    .xOpen = cursor_open,
    .xClose = cursor_close,
    .xFilter = cursor_first,
    .xNext = cursor_next,
    .xEof = cursor_ended,
    .xColumn = cursor_column,
    .xRowid = cursor_rowid,
};

/* -- rows -- */

struct batch *batch_new(struct casefile *c, const char *table, const char *columns, struct err *e)
{
    char name[64], sql[512];
    struct batch *b = xcalloc(1, sizeof *b);
    b->c = c;
    b->next = 1;
    b->columns = 1;
    for (const char *p = columns; *p; p++)
        b->columns += *p == ',';
    buf_room(&b->texts, 1); /* an empty text is one all the same, never NULL */
    snprintf(name, sizeof name, "new_%s", table);
    /* FAIL: the statement need not be undone, because the case ends at the first error. */
    snprintf(sql, sizeof sql, "INSERT OR FAIL INTO %s (%s) SELECT * FROM %s", table, columns, name);
    if (sqlite3_create_module_v2(c->db, name, &module, b, NULL) != SQLITE_OK)
        case_err(c, e);
    else
        b->insert = case_prepare(c, sql, e);
    if (b->insert)
        return b;
    batch_free(b);
    return NULL;
}

void batch_free(struct batch *b)
{
    if (!b)
        return;
    sqlite3_finalize(b->insert);
    free(b->cells);
    buf_free(&b->texts);
    free(b);
}

static struct cell *next_cell(struct batch *b)
{
    if (b->n == b->room) {
        b->room = b->room ? 2 * b->room : 1024;
        b->cells = xrealloc(b->cells, b->room, sizeof *b->cells);
    }
    return &b->cells[b->n++];
}

int64_t batch_next(const struct batch *b)
{
    return b->next;
}

int64_t batch_row(struct batch *b)
{
    assert(b->n % b->columns == 0);
    return b->next++;
}

void batch_integer(struct batch *b, int64_t v)
{
    *next_cell(b) = (struct cell){.integer = v, .kind = CELL_INTEGER};
}

void batch_null(struct batch *b)
{
    *next_cell(b) = (struct cell){.kind = CELL_NULL};
}

void batch_fixed(struct batch *b, const char *text)
{
    *next_cell(b) = (struct cell){.fixed = text, .n = (uint32_t)strlen(text), .kind = CELL_FIXED};
}

void batch_text(struct batch *b, struct slice text)
{
    buf_slice(batch_begin_text(b), text);
    batch_end_text(b);
}

struct buf *batch_begin_text(struct batch *b)
{
    *next_cell(b) = (struct cell){.at = b->texts.n, .kind = CELL_TEXT};
    return &b->texts;
}

void batch_end_text(struct batch *b)
{
    struct cell *cell = &b->cells[b->n - 1];
    cell->n = (uint32_t)(b->texts.n - cell->at);
}

size_t batch_bytes(const struct batch *b)
{
    return b->texts.n + b->n * sizeof *b->cells;
}

bool batch_flush(struct batch *b, struct err *e)
{
    bool ok = true;
    if (b->n)
        ok = case_step(b->c, b->insert, e) &&
             (sqlite3_last_insert_rowid(b->c->db) == b->next - 1 ||
              err_set(e, ERR_CORRUPT, "case: it has rows that nobody wrote"));
    b->n = 0;
    buf_clear(&b->texts);
    return ok;
}
