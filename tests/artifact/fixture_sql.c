#include "fixture_sql.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"

void fixture_put(const char *path, struct slice bytes)
{
    FILE *f = fopen(path, "wb");
    if (!f || fwrite(bytes.p, 1, bytes.n, f) != bytes.n || fclose(f) != 0)
        die("%s: can't be written", path);
}

static struct slice slurp(const char *path, struct arena *a)
{
    FILE *f = fopen(path, "rb");
    if (!f)
        die("%s: can't be read", path);
    fseek(f, 0, SEEK_END);
    size_t n = (size_t)ftell(f);
    rewind(f);
    uint8_t *p = arena_alloc(a, n + 1);
    if (fread(p, 1, n, f) != n)
        die("%s: can't be read", path);
    fclose(f);
    return slice_at(p, n);
}

static void run(sqlite3 *db, const char *path, const char *sql)
{
    char *why = NULL;
    if (sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK)
        die("%s: %s", path, why);
}

void fixture_sql(struct slice sql, const char *path)
{
    static const char wal_line[] = "-- wal\n";
    struct arena a = {0};
    sqlite3 *db;
    size_t at = slice_search(sql, slice_of(wal_line), 0);
    const char *wal_path = arena_printf(&a, "%s-wal", path);
    remove(path);
    remove(wal_path);
    if (sqlite3_open(path, &db) != SQLITE_OK)
        die("%s: %s", path, sqlite3_errmsg(db));
    /* Small pages, so that a few rows are several of them. */
    run(db, path, "PRAGMA page_size = 1024; PRAGMA journal_mode = off; PRAGMA synchronous = off");
    run(db, path, arena_string(&a, slice_sub(sql, 0, at)));
    if (at < sql.n) {
        run(db, path, "PRAGMA journal_mode = wal; PRAGMA wal_autocheckpoint = 0");
        run(db, path, arena_string(&a, slice_sub(sql, at + strlen(wal_line), sql.n)));
        /* Closing would put the WAL into the database: what lies there before that is kept. */
        struct slice main = slurp(path, &a), wal = slurp(wal_path, &a);
        sqlite3_close(db);
        fixture_put(path, main);
        fixture_put(wal_path, wal);
    } else {
        sqlite3_close(db);
    }
    arena_free(&a);
}
