/*
 * The rows of a query as one view gives them, and the way around damage.
 *
 * Behind damage it goes on by rowids of the first table. At the next rowid, in this order:
 * - what is LEFT JOINed can't be read: the row comes with NULL for it;
 * - a value can't be read (its overflow pages): the row comes with NULL for it;
 * - the page can't be read: the next rowid is found at which a seek works again, by doubling the
 *   distance, then halving the interval. That costs some ten seeks a page.
 *
 * It ends, because each round yields a row or goes to a higher rowid, and rows behind damage are
 * only taken at rising rowids.
 */
#include "format/sqlite_impl.h"

enum { MAX_SEEKS = 200000 /* around damage, in one query */ };

bool sqlite_side_start(struct side *d, struct sqlite *s, struct view *v,
                       const struct query_sql *sql, struct err *e)
{
    struct err ignored = {0};
    *d = (struct side){.s = s, .v = v, .sql = sql};
    if (!sqlite_compile(s, v, sql->all, &d->all, e))
        return false;
    d->at = d->all;
    bool ok = sql->range && sqlite_compile(s, v, sql->single, &d->single, &ignored) &&
              (!sql->key || sqlite_compile(s, v, sql->key, &d->key, &ignored));
    if (ok && !sqlite_compile(s, v, sql->range, &d->range, &ignored))
        d->range = NULL; /* there is no way around damage */
    return true;
}

void sqlite_side_free(struct side *d)
{
    sqlite3_finalize(d->all);
    sqlite3_finalize(d->range);
    sqlite3_finalize(d->single);
    sqlite3_finalize(d->key);
    sqlite3_finalize(d->patched);
}

bool sqlite_side_walks(const struct side *d)
{
    return d->at != d->all;
}

void sqlite_side_seek(struct side *d, int64_t rowid)
{
    sqlite3_reset(d->range);
    sqlite3_bind_int64(d->range, 1, rowid);
    d->at = d->range;
    d->have = d->done = false;
    d->last = rowid; /* rows before it are passed over */
    d->has_last = true;
}

static bool is_damage(int rc)
{
    switch (rc & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_IOERR:
    case SQLITE_TOOBIG: return true; /* too big: the length of one value is damaged, or hostile */
    default: return false;
    }
}

static bool is_readable(int rc)
{
    return rc == SQLITE_ROW || rc == SQLITE_DONE;
}

/* Steps to a row at or behind `rowid`: in a damaged table they may come out of order. */
static int step_behind(struct side *d, int64_t rowid)
{
    int rc = sqlite3_step(d->at);
    while (rc == SQLITE_ROW && sqlite3_column_int64(d->at, COLUMN_ROWID) < rowid)
        rc = sqlite3_step(d->at);
    return rc;
}

static int run_from(struct side *d, sqlite3_stmt *st, int64_t rowid)
{
    sqlite3_reset(st);
    sqlite3_bind_int64(st, 1, rowid);
    d->at = st;
    return step_behind(d, rowid);
}

/* Candidates behind `from`, rising: from + 1, + 2, + 4 ... If not even the first row could be had,
   the rowids may start anywhere: -2^62 ... -1, 0, 1 ... 2^62. */
static bool candidate(const struct side *d, int64_t from, unsigned i, int64_t *out)
{
    if (d->has_last)
        return i < 63 && !__builtin_add_overflow(from, (int64_t)1 << i, out);
    *out = i < 63 ? -((int64_t)1 << (62 - i)) : i == 63 ? 0 : i < 127 ? (int64_t)1 << (i - 64) : 0;
    return i < 127;
}

/* The lowest rowid behind `from` from which the table can be read again. False: none, and *rc is
   why. */
static bool find_start(struct side *d, int64_t from, int64_t *start, int *rc)
{
    sqlite3_stmt *probe = d->key ? d->key : d->single;
    int64_t bad = from, good = 0;
    bool found = false;
    for (unsigned i = 0; !found && candidate(d, from, i, &good); i++) {
        int got = run_from(d, probe, good);
        d->seeks++;
        found = is_readable(got);
        if (found)
            break;
        *rc = got;
        bad = good;
        if (!is_damage(got))
            return false;
    }
    /* The difference may need 64 bits without a sign. */
    for (; found && (uint64_t)good - (uint64_t)bad > 1; d->seeks++) {
        int64_t middle = (int64_t)((uint64_t)bad + ((uint64_t)good - (uint64_t)bad) / 2);
        if (is_readable(run_from(d, probe, middle)))
            good = middle;
        else
            bad = middle;
    }
    *start = good;
    return found;
}

/* In words. end: first rowid behind the gap; `open`: there is none. */
static void tell_gap(const struct side *d, int64_t from, int64_t end, bool open, const char *why)
{
    const char *table = d->sql->table;
    if (d->v != &d->s->now)
        return;
    if (open && !d->has_last)
        sqlite_lost(d->s, "table %s: no row can be read: %s", table, why);
    else if (open)
        sqlite_lost(d->s, "table %s: rows from %lld on can't be read: %s", table, (long long)from,
                    why);
    else if (!d->has_last)
        sqlite_lost(d->s, "table %s: rows before %lld can't be read: %s", table, (long long)end,
                    why);
    else if (from == end - 1)
        sqlite_lost(d->s, "table %s: row %lld can't be read: %s", table, (long long)from, why);
    else
        sqlite_lost(d->s, "table %s: rows %lld to %lld can't be read: %s", table, (long long)from,
                    (long long)(end - 1), why);
}

static void tell_row(const struct side *d, int64_t rowid, const char *what, const char *why)
{
    if (d->v == &d->s->now)
        sqlite_lost(d->s, "table %s: row %lld %s: %s", d->sql->table, (long long)rowid, what, why);
}

static int64_t rowid_at(const struct side *d)
{
    return sqlite3_column_int64(d->at, COLUMN_ROWID);
}

static void set_last(struct side *d, int64_t rowid)
{
    d->last = d->has_last && d->last > rowid ? d->last : rowid;
    d->has_last = true;
}

/* The row that stands at rowid, without its values that can't be read. */
static int patch_row(struct side *d, int64_t rowid, const char *why)
{
    sqlite3_finalize(d->patched);
    d->patched = sqlite_query_patched(d->s, d->v, d->sql, rowid);
    tell_row(d, rowid, d->patched ? "was read in part" : "can't be read", why);
    if (!d->patched) {
        set_last(d, rowid);
        return SQLITE_CORRUPT;
    }
    d->at = d->patched;
    return SQLITE_ROW;
}

/* One round. Row and end as from sqlite3_step(); damage: d->last has moved on; else it is over. */
static int go_on(struct side *d, int64_t from, const char *why)
{
    int64_t start = 0;
    int rc = run_from(d, d->single, from);
    if (rc == SQLITE_ROW) {
        tell_row(d, rowid_at(d),
                 d->sql->bare ? "was read without what is joined to it" : "stands behind damage",
                 why);
        return rc;
    }
    if (is_damage(rc) && d->key) {
        rc = run_from(d, d->key, from);
        if (rc == SQLITE_ROW)
            return patch_row(d, rowid_at(d), why);
    }
    if (is_damage(rc) && d->seeks < MAX_SEEKS && find_start(d, from, &start, &rc)) {
        tell_gap(d, from, start, false, why);
        set_last(d, start - 1);
        return run_from(d, d->range, start);
    }
    if (!is_damage(rc) && rc != SQLITE_DONE)
        return rc;
    tell_gap(d, from, 0, true, why);
    return SQLITE_DONE;
}

static int walk(struct side *d, int rc)
{
    while (is_damage(rc) && d->range) {
        struct err why = {0};
        sqlite_fail(d->s, d->v, rc, &why);
        if (d->has_last && d->last == INT64_MAX)
            return SQLITE_DONE;
        rc = go_on(d, d->has_last ? d->last + 1 : INT64_MIN, why.msg);
    }
    return rc;
}

/* A joined table without an index of its own gets a transient one, made anew by each run: if that
   met damage it would do so before every single row. */
static bool joins_are_hopeless(const struct side *d)
{
    return sqlite3_stmt_status(d->all, SQLITE_STMTSTATUS_AUTOINDEX, 0) > 0 ||
           sqlite3_stmt_status(d->range, SQLITE_STMTSTATUS_AUTOINDEX, 0) > 0;
}

static int step(struct side *d)
{
    if (d->at == d->all)
        return sqlite3_step(d->at);
    /* Several rows of one rowid, if it is joined to several. */
    if (d->at == d->patched && sqlite3_step(d->patched) == SQLITE_ROW)
        return SQLITE_ROW;
    bool hopeless = joins_are_hopeless(d);
    if (d->at == d->range || (d->at == d->single && hopeless))
        return step_behind(d, d->last);
    if (d->last == INT64_MAX)
        return SQLITE_DONE;
    return run_from(d, hopeless ? d->single : d->range, d->last + 1);
}

bool sqlite_side_next(struct side *d, struct err *e)
{
    if (d->have || d->done)
        return true;
    err_clear(&d->v->io);
    int rc = walk(d, step(d));
    d->have = rc == SQLITE_ROW;
    d->done = !d->have;
    if (d->have && d->range)
        set_last(d, rowid_at(d));
    if (is_readable(rc))
        return true;
    sqlite_fail(d->s, d->v, rc, e);
    if (is_damage(rc) && d->v == &d->s->now)
        sqlite_lost(d->s, "table %s: the rest can't be read: %s", d->sql->table, e->msg);
    return false;
}
