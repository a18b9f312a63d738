/*
 * The distinct observables of a case, with what all their sightings say together: one pass over the
 * records, one over the sightings, and then the observables in order.
 */
#include <sqlite3.h>
#include <stdlib.h>

#include "report/export.h"

enum { MAX_ARTIFACTS = 256 }; /* of a case of ours: some dozen */

struct summed {
    int64_t first, last;    /* times; only if timed */
    uint32_t records, seen; /* seen: id of the record before */
    uint8_t exposure;       /* the highest */
    bool timed;
    uint64_t artifacts[MAX_ARTIFACTS / 64];
};

struct sums {
    struct summed *items; /* by id */
    size_t n;
    int64_t *times;    /* of records by id; INT64_MAX: none */
    uint8_t *artifact; /* by row of coverage: place among the names */
    struct slice names[MAX_ARTIFACTS];
    struct arena arena;
};

static bool read_artifacts(struct export *x, struct sums *s, struct err *e)
{
    sqlite3_stmt *q =
        rows_query(x->c, "SELECT id, artifact FROM coverage ORDER BY artifact, id", e);
    size_t n = 0;
    s->artifact = xcalloc(x->ranking.nsources + 1, sizeof *s->artifact);
    while (q && rows_next(x->c, q, e)) {
        struct slice name = rows_text(q, 1);
        if (!n || !slice_equal(s->names[n - 1], name)) {
            if (n == MAX_ARTIFACTS) {
                err_set(e, ERR_LIMIT, "case: more than %d artifacts", MAX_ARTIFACTS);
                break;
            }
            s->names[n++] = arena_copy(&s->arena, name);
        }
        s->artifact[sqlite3_column_int64(q, 0)] = (uint8_t)(n - 1); /* the ranking has checked it */
    }
    sqlite3_finalize(q);
    return !e->code;
}

static bool read_times(struct export *x, struct sums *s, struct err *e)
{
    sqlite3_stmt *q = rows_query(x->c, "SELECT id, time_ns FROM record", e);
    s->times = xcalloc(x->ranking.n + 1, sizeof *s->times);
    while (q && rows_next(x->c, q, e))
        s->times[sqlite3_column_int64(q, 0)] =
            sqlite3_column_type(q, 1) == SQLITE_NULL ? INT64_MAX : sqlite3_column_int64(q, 1);
    sqlite3_finalize(q);
    return !e->code;
}

static void add_sighting(struct summed *o, uint32_t record, int64_t time, int exposure,
                         unsigned artifact)
{
    /* Sightings of a record lie together. */
    o->records += o->seen != record;
    o->seen = record;
    if (exposure > o->exposure && exposure < EXPOSURES)
        o->exposure = (uint8_t)exposure;
    o->artifacts[artifact / 64] |= UINT64_C(1) << artifact % 64;
    if (time == INT64_MAX)
        return;
    if (!o->timed || time < o->first)
        o->first = time;
    if (!o->timed || time > o->last)
        o->last = time;
    o->timed = true;
}

static bool sum_sightings(struct export *x, struct sums *s, struct err *e)
{
    sqlite3_stmt *q = rows_query(x->c, "SELECT coalesce(max(id), 0) FROM observable", e);
    int64_t n = q && rows_next(x->c, q, e) ? sqlite3_column_int64(q, 0) : 0;
    sqlite3_finalize(q);
    if (n < 0 || n > UINT32_MAX)
        err_set(e, ERR_LIMIT, "case: observable %lld", (long long)n);
    if (e->code)
        return false;
    s->n = (size_t)n;
    s->items = xcalloc(s->n + 1, sizeof *s->items);
    q = rows_query(x->c, "SELECT record_id, observable_id, exposure FROM sighting ORDER BY id", e);
    while (q && rows_next(x->c, q, e)) {
        int64_t record = sqlite3_column_int64(q, 0), id = sqlite3_column_int64(q, 1);
        if (record <= 0 || (uint64_t)record > x->ranking.n || id <= 0 || id > n) {
            err_set(e, ERR_CORRUPT, "case: a sighting names what isn't there");
            break;
        }
        add_sighting(&s->items[id], (uint32_t)record, s->times[record], sqlite3_column_int(q, 2),
                     s->artifact[x->ranking.source[record]]);
    }
    sqlite3_finalize(q);
    return !e->code;
}

static bool line(struct export *x, const struct sums *s, sqlite3_stmt *q, struct err *e)
{
    const struct summed *o = &s->items[sqlite3_column_int64(q, 0)];
    struct json_writer w;
    if (!o->records)
        return true;
    export_start(&w, &x->out, "observable");
    export_member(&w, "type", rows_text(q, 1));
    export_member(&w, "value", rows_text(q, 2));
    export_member(&w, "exposure", slice_of(exposure_name((enum exposure)o->exposure)));
    export_member_number(&w, "records", o->records);
    if (o->timed) {
        export_member_time(&w, "first", (struct utime){o->first, NANO});
        export_member_time(&w, "last", (struct utime){o->last, NANO});
    }
    json_name(&w, "artifacts");
    json_array(&w);
    for (unsigned i = 0; i < MAX_ARTIFACTS; i++)
        if (o->artifacts[i / 64] >> i % 64 & 1)
            json_string(&w, s->names[i]);
    json_array_end(&w);
    return export_end(x, &w, e);
}

bool export_observables(struct export *x, struct err *e)
{
    struct sums s = {0};
    sqlite3_stmt *q =
        read_artifacts(x, &s, e) && read_times(x, &s, e) && sum_sightings(x, &s, e)
            ? rows_query(x->c, "SELECT id, type, value FROM observable ORDER BY type, value", e)
            : NULL;
    bool ok = q != NULL;
    while (ok && rows_next(x->c, q, e))
        ok = sqlite3_column_int64(q, 0) > 0 ? line(x, &s, q, e)
                                            : err_set(e, ERR_CORRUPT, "case: observable 0");
    sqlite3_finalize(q);
    free(s.items);
    free(s.times);
    free(s.artifact);
    arena_free(&s.arena);
    return ok && !e->code;
}
