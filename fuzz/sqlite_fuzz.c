/* Reaches sqlite.c and its parts: sqlite_vfs, sqlite_query, sqlite_sql, sqlite_walk, sqlite_wal,
   sqlite_check, sqlite_pages, sqlite_changes, sqlite_plan. */
/* Any bytes as a database: u32le length of the database, then it, then its WAL or journal. */
#include <stdio.h>

#include "format/sqlite.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_table(struct sqlite *s, const char *from)
{
    static const char *const columns[] = {"*"};
    struct err e = {0};
    struct sqlite_row row;
    struct sqlite_query *q = sqlite_query(s, from, "x._rowid_", columns, 1, &e);
    for (unsigned n = 0; q && n < 2000 && sqlite_next(q, &row, &e); n++)
        ;
    sqlite_query_free(q);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const tables[] = {"t", "u", "message"};
    struct cursor c = cursor(slice_at(data, size));
    uint32_t n = cursor_u32le(&c);
    struct slice db = cursor_take(&c, n < cursor_left(&c) ? n : cursor_left(&c));
    struct slice log = cursor_take(&c, cursor_left(&c));
    struct blob *main = blob_of_memory(db), *side = blob_of_memory(log);
    bool is_wal = log.n && log.p[0] == 0x37;
    struct err e = {0};
    struct sqlite_limits limits = {.seconds = 1, .max_value = 1 << 20};
    struct sqlite *s = sqlite_open(main, is_wal ? side : NULL, is_wal ? NULL : side, &limits, &e);
    for (unsigned i = 0; s && i < sizeof tables / sizeof *tables; i++) {
        char from[64];
        if (!sqlite_has_table(s, tables[i]))
            continue;
        snprintf(from, sizeof from, "%s x LEFT JOIN u ON u.a = x.a", tables[i]);
        read_table(s, from);
        snprintf(from, sizeof from, "%s x", tables[i]);
        read_table(s, from);
        sqlite_check(s, tables[i]);
    }
    sqlite_close(s);
    blob_close(main);
    blob_close(side);
    return 0;
}
