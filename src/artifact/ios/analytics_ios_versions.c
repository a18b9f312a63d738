/*
 * Builds of the system by the events of ios.analytics: for each build the first event that names it,
 * so roughly when it was installed. Read from the same stores; what goes missing in them is told
 * there and here.
 */
#include "artifact/artifact.h"
#include "artifact/ios/common.h"
#include "artifact/ios/versions.h"
#include "format/sqlite.h"

enum { MAX_BUILDS = 200 };

struct first {
    struct slice build;
    struct utime time;
    const char *table;
    int64_t row, events;
    enum state state;
};

struct builds {
    struct first all[MAX_BUILDS];
    unsigned n;
    bool overfull;
};

static struct first *find(struct job *job, struct builds *b, struct slice build)
{
    for (unsigned i = 0; i < b->n; i++)
        if (slice_equal(b->all[i].build, build))
            return &b->all[i];
    b->overfull |= b->n == MAX_BUILDS;
    if (b->n == MAX_BUILDS)
        return NULL;
    b->all[b->n] = (struct first){.build = arena_copy(job_memory(job), build)};
    return &b->all[b->n++];
}

/* False: e, and the row counts as skipped. */
static bool add_row(struct job *job, struct builds *b, const char *table,
                    const struct sqlite_row *row, struct arena *scratch, struct err *e)
{
    const struct sqlite_value *stamp = &row->values[0], *data = &row->values[1];
    struct utime time = stamp->type == SQL_INT ? utime_from_int(stamp->integer, UNIX)
                                               : utime_from_real(stamp->real, UNIX);
    if (data->type != SQL_BLOB || data->bytes.n == 0)
        return true;
    struct plist *p = plist_open(data->bytes, scratch, e);
    if (!p)
        return false;
    struct slice build = plist_string(plist_get(plist_top(p), "build"));
    if (plist_bad(p, e))
        return false;
    struct first *f = build.n && time.precision ? find(job, b, build) : NULL;
    if (!f)
        return true;
    if (f->events++ == 0 || time.ns < f->time.ns) {
        f->time = time;
        f->table = table;
        f->row = row->id;
        f->state = row->state;
    }
    return true;
}

/* False: stop. */
static bool read_table(struct job *job, struct sqlite *db, struct builds *b, const char *table,
                       struct err *e)
{
    static const char *const columns[] = {"t.timestamp", "t.data"};
    struct arena scratch = {0};
    struct err why = {0};
    struct sqlite_row row;
    const char *from = arena_printf(job_arena(job), "%s t", table);
    struct sqlite_query *q = sqlite_query(db, from, "t.rowid", columns, 2, &why);
    while (q && sqlite_next(q, &row, &why)) {
        struct err bad = {0};
        struct origin o = {ROW, slice_of(table), row.id, row.state};
        if (!add_row(job, b, table, &row, &scratch, &bad))
            job_skip(job, &o, &bad);
        arena_reset(&scratch);
    }
    sqlite_query_free(q);
    arena_free(&scratch);
    if (why.code == ERR_LIMIT || why.code == ERR_STOP) {
        *e = why;
        return false;
    }
    if (why.code)
        job_lost(job, "table %s: %s", table, why.msg);
    sqlite_check(db, table);
    return true;
}

static bool emit(struct job *job, const struct first *f, struct err *e)
{
    struct record r;
    record_start(&r, ROW, slice_of(f->table), f->row);
    r.origin.state = f->state;
    record_time(&r, "first", f->time);
    record_text(&r, "build", f->build);
    struct slice version = ios_version_of(f->build);
    if (version.n)
        record_text(&r, "version", version);
    record_int(&r, "events", f->events);
    return job_emit(job, &r, e);
}

static bool read_file(struct job *job, struct sqlite *db, struct err *e)
{
    static const char *const tables[] = {"hard_failures", "soft_failures", "all_events"};
    struct builds *b = arena_alloc(job_arena(job), sizeof *b);
    bool any = false;
    for (size_t i = 0; i < 3; i++) {
        if (!sqlite_has_table(db, tables[i]))
            continue;
        any = true;
        if (!read_table(job, db, b, tables[i], e))
            return false;
    }
    for (unsigned i = 0; i < b->n; i++)
        if (!emit(job, &b->all[i], e))
            return false;
    if (b->overfull)
        job_lost(job, "more than %d builds", MAX_BUILDS);
    struct sqlite_losses l = sqlite_losses(db);
    for (unsigned i = 0; i < l.n; i++)
        job_lost(job, "%s", l.what[i]);
    if (!any) {
        struct err why = {0};
        err_set(&why, ERR_UNSUPPORTED, "schema not known: none of its tables");
        job_unknown(job, &why);
    }
    return true;
}

static bool run(struct job *job, struct err *e)
{
    struct file f;
    while (job_next_file(job, &f, e)) {
        struct err why = {0};
        struct sqlite *db = job_sqlite(job, &f, &why);
        if (!db)
            job_unknown(job, &why);
        else if (!artifact_is_foreign(job, db, job_artifact(job), &f) && !read_file(job, db, e))
            return false;
    }
    return !e->code;
}

const struct artifact ios_analytics_ios_versions = {
    .id = "ios.analytics_ios_versions",
    .title = "System versions in keychain events",
    .explains = "Builds of iOS named by keychain events, each with the first time, so roughly when "
                "it was installed.",
    .since = "iOS 11",
    .kept = "some weeks",
    .clears = "erasing the phone",
    .found_in = IN_IOS_FS,
    .mark = "%failures",
    .paths = PATHS("/private/var/Keychains/Analytics/*.db"),
    .run = run,
};
