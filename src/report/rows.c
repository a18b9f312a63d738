#include "report/rows.h"

#include <sqlite3.h>
#include <stdlib.h>

struct sqlite3_stmt *rows_query(struct casefile *c, const char *sql, struct err *e)
{
    sqlite3_stmt *s = NULL;
    if (sqlite3_prepare_v2(casefile_db(c), sql, -1, &s, NULL) != SQLITE_OK)
        err_set(e, ERR_IO, "case: %s", sqlite3_errmsg(casefile_db(c)));
    return s;
}

bool rows_next(struct casefile *c, sqlite3_stmt *s, struct err *e)
{
    int rc = sqlite3_step(s);
    if (rc == SQLITE_ROW)
        return true;
    return rc != SQLITE_DONE && err_set(e, ERR_IO, "case: %s", sqlite3_errmsg(casefile_db(c)));
}

struct slice rows_text(sqlite3_stmt *s, int column)
{
    const uint8_t *text = sqlite3_column_text(s, column);
    return (struct slice){text, text ? (size_t)sqlite3_column_bytes(s, column) : 0};
}

/* What orders records, as numbers: texts are replaced by their places in a sorted list. */
struct row_key {
    int64_t time, n;
    uint32_t id, coverage, file, name;
    uint8_t place, state;
};

static int compare(const void *a, const void *b)
{
    const struct row_key *x = a, *y = b;
#define BY(member)                                                                                 \
    if (x->member != y->member)                                                                    \
    return x->member < y->member ? -1 : 1
    BY(time);
    BY(coverage);
    BY(file);
    BY(place);
    BY(name);
    BY(n);
    BY(state);
    BY(id);
#undef BY
    return 0;
}

/*
 * The rows of a sorted query as numbers: out[id] = place. A check numbers its rows from 1 without
 * holes; other ids are a case that was changed, and could ask for any amount of memory.
 */
static bool places(struct casefile *c, const char *sql, size_t n, uint32_t *out, struct err *e)
{
    sqlite3_stmt *s = rows_query(c, sql, e);
    uint32_t at = 0;
    while (s && rows_next(c, s, e)) {
        int64_t id = sqlite3_column_int64(s, 0);
        if (id <= 0 || (uint64_t)id > n) {
            err_set(e, ERR_CORRUPT, "case: row %lld is out of range", (long long)id);
            break;
        }
        out[id] = ++at;
    }
    sqlite3_finalize(s);
    return !e->code;
}

static size_t count(struct casefile *c, const char *sql, struct err *e)
{
    sqlite3_stmt *s = rows_query(c, sql, e);
    int64_t n = s && rows_next(c, s, e) ? sqlite3_column_int64(s, 0) : 0;
    sqlite3_finalize(s);
    if (n < 0 || n >= UINT32_MAX)
        err_set(e, ERR_LIMIT, "case: %lld rows", (long long)n);
    return e->code ? 0 : (size_t)n;
}

struct names {
    char **items;
    size_t n;
};

static bool all_names(struct casefile *c, struct names *out, struct err *e)
{
    sqlite3_stmt *s = rows_query(c, "SELECT DISTINCT name FROM record ORDER BY name", e);
    while (s && rows_next(c, s, e)) {
        out->items = xrealloc(out->items, out->n + 1, sizeof *out->items);
        out->items[out->n++] = xstrdup((const char *)sqlite3_column_text(s, 0));
    }
    sqlite3_finalize(s);
    return !e->code;
}

static int by_name(const void *key, const void *item)
{
    return strcmp(key, *(char *const *)item);
}

static uint32_t name_place(const struct names *names, const char *name)
{
    char **at = bsearch(name, names->items, names->n, sizeof *names->items, by_name);
    return at ? (uint32_t)(at - names->items) : 0;
}

struct sorted {
    uint32_t *coverage, *files; /* by id */
    size_t ncoverage, nfiles;
    struct names names;
};

static struct row_key read_key(sqlite3_stmt *s, const struct sorted *by)
{
    size_t coverage = (size_t)sqlite3_column_int64(s, 1), file = (size_t)sqlite3_column_int64(s, 2);
    bool timed = sqlite3_column_type(s, 7) != SQLITE_NULL;
    return (struct row_key){
        .id = (uint32_t)sqlite3_column_int64(s, 0),
        .coverage = coverage <= by->ncoverage ? by->coverage[coverage] : 0,
        .file = file <= by->nfiles ? by->files[file] : 0,
        .place = (uint8_t)sqlite3_column_int(s, 3),
        .name = name_place(&by->names, (const char *)sqlite3_column_text(s, 4)),
        .n = sqlite3_column_int64(s, 5),
        .state = (uint8_t)sqlite3_column_int(s, 6),
        .time = timed ? sqlite3_column_int64(s, 7) : INT64_MAX,
    };
}

static bool read_sorted(struct casefile *c, struct sorted *by, struct err *e)
{
    by->ncoverage = count(c, "SELECT count(*) FROM coverage", e);
    by->nfiles = e->code ? 0 : count(c, "SELECT count(*) FROM file", e);
    by->coverage = xcalloc(by->ncoverage + 1, sizeof *by->coverage);
    by->files = xcalloc(by->nfiles + 1, sizeof *by->files);
    return !e->code &&
           places(c, "SELECT id FROM coverage ORDER BY artifact, evidence_id", by->ncoverage,
                  by->coverage, e) &&
           places(c, "SELECT id FROM file ORDER BY path, container, evidence_id", by->nfiles,
                  by->files, e) &&
           all_names(c, &by->names, e);
}

static void sorted_free(struct sorted *by)
{
    for (size_t i = 0; i < by->names.n; i++)
        free(by->names.items[i]);
    free(by->names.items);
    free(by->coverage);
    free(by->files);
}

static bool read_keys(struct casefile *c, struct row_key **keys, size_t *n, struct err *e)
{
    struct sorted by = {0};
    size_t room = 0;
    sqlite3_stmt *s = read_sorted(c, &by, e)
                          ? rows_query(c,
                                       "SELECT id, coverage_id, file_id, place, name, n, state, "
                                       "time_ns FROM record ORDER BY id",
                                       e)
                          : NULL;
    while (s && rows_next(c, s, e)) {
        if (*n == room) {
            room = room ? room * 2 : 4096;
            *keys = xrealloc(*keys, room, sizeof **keys);
        }
        (*keys)[*n] = read_key(s, &by);
        if (sqlite3_column_int64(s, 0) != (int64_t)++ * n) {
            err_set(e, ERR_CORRUPT, "case: record %zu is missing", *n);
            break;
        }
    }
    sqlite3_finalize(s);
    sorted_free(&by);
    return !e->code;
}

static bool hold(struct casefile *c, const char *sql, struct err *e)
{
    sqlite3 *db = casefile_db(c);
    return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK ||
           err_set(e, ERR_IO, "case: %s", sqlite3_errmsg(db));
}

bool ranking_make(struct casefile *c, struct ranking *r, struct err *e)
{
    struct row_key *keys = NULL;
    size_t n = 0;
    *r = (struct ranking){.c = c};
    bool ok =
        hold(c, "SAVEPOINT reading; PRAGMA cache_size = -65536", e) && read_keys(c, &keys, &n, e);
    if (ok) {
        if (n)
            qsort(keys, n, sizeof *keys, compare);
        r->n = n;
        r->room = n + 1;
        r->order = xcalloc(n, sizeof *r->order);
        r->rank = xcalloc(r->room, sizeof *r->rank);
        for (size_t i = 0; i < n; i++) {
            r->order[i] = keys[i].id;
            r->rank[keys[i].id] = (uint32_t)i + 1;
        }
    }
    free(keys);
    return ok;
}

void ranking_free(struct ranking *r)
{
    struct err ignored = {0};
    if (r->c)
        (void)!hold(r->c, "RELEASE reading", &ignored);
    free(r->order);
    free(r->rank);
    *r = (struct ranking){0};
}
