#include "report/rows.h"

#include <sqlite3.h>
#include <stdlib.h>

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

/* The rows of a sorted query as numbers: out[id] = place. */
static bool places(struct casefile *c, const char *sql, uint32_t **out, size_t *room, struct err *e)
{
    sqlite3_stmt *s = NULL;
    uint32_t at = 0;
    if (sqlite3_prepare_v2(casefile_db(c), sql, -1, &s, NULL) != SQLITE_OK)
        return err_set(e, ERR_IO, "case: %s", sqlite3_errmsg(casefile_db(c)));
    while (sqlite3_step(s) == SQLITE_ROW) {
        size_t id = (size_t)sqlite3_column_int64(s, 0);
        if (id > UINT32_MAX)
            break;
        if (id >= *room) {
            *out = xrealloc(*out, id + 256, sizeof **out);
            memset(*out + *room, 0, (id + 256 - *room) * sizeof **out);
            *room = id + 256;
        }
        (*out)[id] = ++at;
    }
    sqlite3_finalize(s);
    return true;
}

struct names {
    char **items;
    size_t n;
};

static bool all_names(struct casefile *c, struct names *out, struct err *e)
{
    sqlite3_stmt *s = NULL;
    if (sqlite3_prepare_v2(casefile_db(c), "SELECT DISTINCT name FROM record ORDER BY name", -1, &s,
                           NULL) != SQLITE_OK)
        return err_set(e, ERR_IO, "case: %s", sqlite3_errmsg(casefile_db(c)));
    while (sqlite3_step(s) == SQLITE_ROW) {
        out->items = xrealloc(out->items, out->n + 1, sizeof *out->items);
        out->items[out->n++] = xstrdup((const char *)sqlite3_column_text(s, 0));
    }
    sqlite3_finalize(s);
    return true;
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

static bool read_keys(struct casefile *c, struct row_key **keys, size_t *n, struct err *e)
{
    uint32_t *coverage = NULL, *files = NULL;
    size_t coverage_room = 0, files_room = 0, room = 0;
    struct names names = {0};
    sqlite3_stmt *s = NULL;
    bool ok = places(c, "SELECT id FROM coverage ORDER BY artifact, evidence_id", &coverage,
                     &coverage_room, e) &&
              places(c, "SELECT id FROM file ORDER BY path, container, evidence_id", &files,
                     &files_room, e) &&
              all_names(c, &names, e);
    if (ok && sqlite3_prepare_v2(casefile_db(c),
                                 "SELECT id, coverage_id, file_id, place, name, n, state, time_ns "
                                 "FROM record",
                                 -1, &s, NULL) != SQLITE_OK)
        ok = err_set(e, ERR_IO, "case: %s", sqlite3_errmsg(casefile_db(c)));
    while (ok && sqlite3_step(s) == SQLITE_ROW) {
        if (*n == room) {
            room = room ? room * 2 : 4096;
            *keys = xrealloc(*keys, room, sizeof **keys);
        }
        size_t cover = (size_t)sqlite3_column_int64(s, 1),
               file = (size_t)sqlite3_column_int64(s, 2);
        bool timed = sqlite3_column_type(s, 7) != SQLITE_NULL;
        (*keys)[(*n)++] = (struct row_key){
            .id = (uint32_t)sqlite3_column_int64(s, 0),
            .coverage = cover < coverage_room ? coverage[cover] : 0,
            .file = file < files_room ? files[file] : 0,
            .place = (uint8_t)sqlite3_column_int(s, 3),
            .name = name_place(&names, (const char *)sqlite3_column_text(s, 4)),
            .n = sqlite3_column_int64(s, 5),
            .state = (uint8_t)sqlite3_column_int(s, 6),
            .time = timed ? sqlite3_column_int64(s, 7) : INT64_MAX,
        };
    }
    sqlite3_finalize(s);
    for (size_t i = 0; i < names.n; i++)
        free(names.items[i]);
    free(names.items);
    free(coverage);
    free(files);
    return ok;
}

bool ranking_make(struct casefile *c, struct ranking *r, struct err *e)
{
    struct row_key *keys = NULL;
    size_t n = 0, top = 0;
    *r = (struct ranking){0};
    bool ok = read_keys(c, &keys, &n, e);
    if (ok) {
        if (n)
            qsort(keys, n, sizeof *keys, compare);
        for (size_t i = 0; i < n; i++)
            top = keys[i].id > top ? keys[i].id : top;
        r->n = n;
        r->room = top + 1;
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
    free(r->order);
    free(r->rank);
    *r = (struct ranking){0};
}
