#include "report/rows.h"

#include <sqlite3.h>
#include <stdlib.h>

#include "report/names.h"

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
    uint32_t id, file, name;
    uint16_t coverage;
    uint8_t place, state;
};
_Static_assert(sizeof(struct row_key) == 32, "qsort() moves pointers instead of bigger keys");

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

static struct row_key read_key(sqlite3_stmt *s, const struct ranking *r, struct names *names)
{
    size_t coverage = (size_t)sqlite3_column_int64(s, 1), file = (size_t)sqlite3_column_int64(s, 2);
    bool timed = sqlite3_column_type(s, 7) != SQLITE_NULL;
    return (struct row_key){
        .id = (uint32_t)sqlite3_column_int64(s, 0),
        .coverage = coverage <= r->nsources ? (uint16_t)coverage : 0,
        .file = file <= r->nfiles ? r->file[file] : 0,
        .place = (uint8_t)sqlite3_column_int(s, 3),
        .name = name_number(names, rows_text(s, 4)),
        .n = sqlite3_column_int64(s, 5),
        .state = (uint8_t)sqlite3_column_int(s, 6),
        .time = timed ? sqlite3_column_int64(s, 7) : INT64_MAX,
    };
}

struct keys {
    struct row_key *items;
    size_t n, room;
};

static bool read_keys(struct casefile *c, const struct ranking *r, struct names *names,
                      struct keys *out, struct err *e)
{
    sqlite3_stmt *s = rows_query(c,
                                 "SELECT id, coverage_id, file_id, place, name, n, state, time_ns "
                                 "FROM record ORDER BY id",
                                 e);
    while (s && rows_next(c, s, e)) {
        if (out->n == out->room) {
            out->room = out->room ? out->room + out->room / 2 : 4096;
            out->items = xrealloc(out->items, out->room, sizeof *out->items);
        }
        out->items[out->n] = read_key(s, r, names);
        if (sqlite3_column_int64(s, 0) != (int64_t)++out->n || out->n >= UINT32_MAX) {
            err_set(e, ERR_CORRUPT, "case: record %zu is missing", out->n);
            break;
        }
    }
    sqlite3_finalize(s);
    return !e->code;
}

/* The keys of all records, sorted; r->source by the way. */
static bool sorted_keys(struct casefile *c, struct ranking *r, struct keys *out, struct err *e)
{
    struct names names = {0};
    uint32_t *sources = xcalloc(r->nsources + 1, sizeof *sources);
    bool ok = places(c, "SELECT id FROM coverage ORDER BY artifact, evidence_id", r->nsources,
                     sources, e) &&
              read_keys(c, r, &names, out, e);
    if (ok) {
        r->source = xcalloc(out->n + 1, sizeof *r->source);
        names_sort(&names);
        for (size_t i = 0; i < out->n; i++) {
            struct row_key *k = &out->items[i];
            r->source[k->id] = k->coverage;
            k->coverage = (uint16_t)sources[k->coverage];
            k->name = name_place(&names, k->name);
        }
        if (out->n)
            qsort(out->items, out->n, sizeof *out->items, compare);
    }
    names_free(&names);
    free(sources);
    return ok;
}

static bool hold(struct casefile *c, const char *sql, struct err *e)
{
    sqlite3 *db = casefile_db(c);
    return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK ||
           err_set(e, ERR_IO, "case: %s", sqlite3_errmsg(db));
}

bool ranking_make(struct casefile *c, struct ranking *r, struct err *e)
{
    struct keys keys = {0};
    *r = (struct ranking){.c = c};
    bool ok = hold(c, "SAVEPOINT reading", e);
    r->nsources = ok ? count(c, "SELECT count(*) FROM coverage", e) : 0;
    if (ok && r->nsources > UINT16_MAX)
        ok = err_set(e, ERR_LIMIT, "case: %zu rows of coverage", r->nsources);
    r->nfiles = ok && !e->code ? count(c, "SELECT count(*) FROM file", e) : 0;
    r->file = xcalloc(r->nfiles + 1, sizeof *r->file);
    ok = ok && !e->code && places(c, "SELECT id FROM file " FILE_ORDER, r->nfiles, r->file, e) &&
         sorted_keys(c, r, &keys, e);
    if (ok) {
        r->n = keys.n;
        r->room = keys.n + 1;
        r->order = xcalloc(keys.n, sizeof *r->order);
        r->rank = xcalloc(r->room, sizeof *r->rank);
        for (size_t i = 0; i < keys.n; i++) {
            r->order[i] = keys.items[i].id;
            r->rank[keys.items[i].id] = (uint32_t)i + 1;
        }
    }
    free(keys.items);
    return ok;
}

void ranking_free(struct ranking *r)
{
    struct err ignored = {0};
    if (r->c)
        (void)!hold(r->c, "RELEASE reading", &ignored);
    free(r->order);
    free(r->rank);
    free(r->source);
    free(r->file);
    *r = (struct ranking){0};
}
