/*
 * Rows of a query: both views merged, and a way around damage.
 *
 * Each side (the database as it is now, and as it was before its WAL or roll-back) yields rows in
 * row order. For the older side all rows of one id are gathered into a group, because a LEFT JOIN
 * can give several and their order among each other means nothing; a newer row that equals one of
 * them is live.
 *
 * Where a side hits damage it goes on by rowids of the first table: past the row itself if only
 * what is joined to it can't be read, else at the next rowid from which a seek works. That rowid is
 * found by doubling the distance, then halving the interval, so a page costs some ten seeks.
 *
 * Format: docs/formats/sqlite.md
 */
#include <stdio.h>
#include <stdlib.h>

#include "format/sqlite_impl.h"

enum {
    GROUP_ROWS = 4096,
    GROUP_BYTES = 64 << 20,
    MAX_SEEKS = 200000, /* around damage, in one query */
    COLUMN_ID = 0,
    COLUMN_ROWID = 1,
    COLUMN_FIRST = 2,
};

struct side {
    struct view *v;
    sqlite3_stmt *all;    /* the whole query, by row */
    sqlite3_stmt *range;  /* from rowid ?1 on; NULL: the table has no rowids to go by */
    sqlite3_stmt *single; /* likewise, without what is joined if it is q->sql.bare */
    sqlite3_stmt *at;     /* the one of these that is being stepped */
    bool have;            /* `at` stands on a row not yet used */
    bool done;
    bool has_last;
    int64_t last; /* highest rowid of the rows had */
};

struct old_row {
    struct sqlite_value *values;
    bool matched;
};

struct group {
    struct arena memory;
    struct sqlite_value id;
    struct old_row rows[GROUP_ROWS];
    unsigned n, next, hint;
    bool loaded;
};

struct sqlite_query {
    struct sqlite *s;
    unsigned n;
    bool merge;
    struct query_sql sql;
    unsigned seeks;
    struct side now, before;
    struct group group;
    struct sqlite_value values[];
};

static bool side_start(struct sqlite_query *q, struct side *d, struct view *v, struct err *e)
{
    struct err ignored = {0};
    d->v = v;
    if (!sqlite_compile(q->s, v, q->sql.all, &d->all, e))
        return false;
    d->at = d->all;
    if (q->sql.range && (!sqlite_compile(q->s, v, q->sql.range, &d->range, &ignored) ||
                         !sqlite_compile(q->s, v, q->sql.single, &d->single, &ignored))) {
        sqlite3_finalize(d->range);
        d->range = NULL;
    }
    return true;
}

static void side_free(struct side *d)
{
    sqlite3_finalize(d->all);
    sqlite3_finalize(d->range);
    sqlite3_finalize(d->single);
}

/* --- Around damage --- */

static bool is_damage(int rc)
{
    switch (rc & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_IOERR:
    case SQLITE_TOOBIG: return true; /* too big: the length of one value is damaged, or hostile */
    default: return false;
    }
}

/* Steps to a row at or behind `rowid`. In a damaged table rows may come out of order, and one that
   was already had must not come again: or this would never end. */
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

static bool is_readable(int rc)
{
    return rc == SQLITE_ROW || rc == SQLITE_DONE;
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

/* The lowest rowid behind `from` from which the table can be read again; *rc is the last failure.
   False: none. */
static bool find_start(struct sqlite_query *q, struct side *d, int64_t from, int64_t *start,
                       int *rc)
{
    int64_t bad = from, good = 0;
    bool found = false;
    for (unsigned i = 0; !found && candidate(d, from, i, &good); i++) {
        int got = run_from(d, d->single, good);
        if (++q->seeks > MAX_SEEKS || (!is_readable(got) && !is_damage(got))) {
            *rc = got;
            return false;
        }
        found = is_readable(got);
        if (!found)
            bad = good;
    }
    /* The difference may need 64 bits without a sign. */
    while (found && (uint64_t)good - (uint64_t)bad > 1) {
        int64_t middle = (int64_t)((uint64_t)bad + ((uint64_t)good - (uint64_t)bad) / 2);
        int got = run_from(d, d->single, middle);
        if (is_readable(got))
            good = middle;
        else
            bad = middle;
        q->seeks++;
    }
    *start = good;
    return found;
}

static void tell_gap(struct sqlite_query *q, const struct side *d, int64_t from, int64_t end,
                     bool has_end, const char *why)
{
    if (d == &q->before)
        return;
    if (!has_end && !d->has_last)
        sqlite_lost(q->s, "table %s: no row can be read: %s", q->sql.table, why);
    else if (!has_end)
        sqlite_lost(q->s, "table %s: rows from %lld on can't be read: %s", q->sql.table,
                    (long long)from, why);
    else if (!d->has_last)
        sqlite_lost(q->s, "table %s: rows before %lld can't be read: %s", q->sql.table,
                    (long long)end, why);
    else if (from == end - 1)
        sqlite_lost(q->s, "table %s: row %lld can't be read: %s", q->sql.table, (long long)from,
                    why);
    else
        sqlite_lost(q->s, "table %s: rows %lld to %lld can't be read: %s", q->sql.table,
                    (long long)from, (long long)(end - 1), why);
}

/* A row that can be read again right where the side stopped. */
static void tell_row(struct sqlite_query *q, const struct side *d, const char *why)
{
    if (d == &q->before)
        return;
    long long row = sqlite3_column_int64(d->at, COLUMN_ROWID);
    if (q->sql.bare)
        sqlite_lost(q->s, "table %s: row %lld was read without what is joined to it: %s",
                    q->sql.table, row, why);
    else
        sqlite_lost(q->s, "table %s: damage before row %lld: %s", q->sql.table, row, why);
}

/* After the failure rc: goes to the next row that can be had, or the end. False: e. */
static bool walk(struct sqlite_query *q, struct side *d, int rc, bool *row, struct err *e)
{
    *row = false;
    while (is_damage(rc) && d->range) {
        struct err why = {0};
        sqlite_fail(q->s, d->v, rc, &why);
        if (d->has_last && d->last == INT64_MAX)
            return true;
        int64_t from = d->has_last ? d->last + 1 : INT64_MIN, start = 0;
        int got = run_from(d, d->single, from);
        q->seeks++;
        if (is_readable(got)) {
            *row = got == SQLITE_ROW;
            if (*row)
                tell_row(q, d, why.msg);
            else
                tell_gap(q, d, from, 0, false, why.msg);
            return true;
        }
        if (!is_damage(got)) {
            rc = got;
            break;
        }
        bool found = find_start(q, d, from, &start, &got);
        if (!found && !is_damage(got)) {
            rc = got;
            break;
        }
        tell_gap(q, d, from, start, found, why.msg);
        if (!found)
            return true;
        rc = run_from(d, d->range, start);
        if (is_readable(rc)) {
            *row = rc == SQLITE_ROW;
            return true;
        }
        d->last = start - 1;
        d->has_last = true;
    }
    sqlite_fail(q->s, d->v, rc, e);
    if (is_damage(rc) && d == &q->now)
        sqlite_lost(q->s, "table %s: the rest can't be read: %s", q->sql.table, e->msg);
    return false;
}

/* A joined table without an index of its own gets a transient one, made anew by each run: if that
   met damage it would do so before every single row. */
static bool joins_are_hopeless(const struct side *d)
{
    return sqlite3_stmt_status(d->all, SQLITE_STMTSTATUS_AUTOINDEX, 0) > 0 ||
           sqlite3_stmt_status(d->range, SQLITE_STMTSTATUS_AUTOINDEX, 0) > 0;
}

/* Makes d->have true, or d->done. False: e. */
static bool side_next(struct sqlite_query *q, struct side *d, struct err *e)
{
    if (d->have || d->done)
        return true;
    err_clear(&d->v->io);
    int rc;
    if (d->at == d->all)
        rc = sqlite3_step(d->at);
    else if (d->at == d->range || joins_are_hopeless(d))
        rc = step_behind(d, d->last);
    else if (d->last == INT64_MAX)
        rc = SQLITE_DONE;
    else
        rc = run_from(d, d->range, d->last + 1);
    bool row = rc == SQLITE_ROW;
    if (!is_readable(rc) && !walk(q, d, rc, &row, e)) {
        d->done = true;
        return false;
    }
    d->have = row;
    d->done = !row;
    if (row && d->range) {
        int64_t rowid = sqlite3_column_int64(d->at, COLUMN_ROWID);
        d->last = d->has_last && d->last > rowid ? d->last : rowid;
        d->has_last = true;
    }
    return true;
}

/* --- Values --- */

static int64_t cut(double v)
{
    if (v >= 9223372036854775807.0)
        return INT64_MAX;
    return v > -9223372036854775808.0 ? (int64_t)v : INT64_MIN;
}

static bool get_value(sqlite3_stmt *st, int i, struct sqlite_value *v)
{
    *v = (struct sqlite_value){0};
    switch (sqlite3_column_type(st, i)) {
    case SQLITE_INTEGER:
        v->type = SQL_INT;
        v->integer = sqlite3_column_int64(st, i);
        v->real = (double)v->integer;
        return true;
    case SQLITE_FLOAT:
        v->type = SQL_REAL;
        v->real = sqlite3_column_double(st, i);
        v->integer = cut(v->real);
        return true;
    case SQLITE_TEXT:
        v->type = SQL_TEXT;
        v->bytes.p = sqlite3_column_text(st, i); /* the conversion first, then its length */
        v->bytes.n = (size_t)sqlite3_column_bytes(st, i);
        return v->bytes.p != NULL;
    case SQLITE_BLOB:
        v->type = SQL_BLOB;
        v->bytes.p = sqlite3_column_blob(st, i);
        v->bytes.n = (size_t)sqlite3_column_bytes(st, i);
        return v->bytes.p || v->bytes.n == 0;
    default: return true;
    }
}

static bool get_values(struct sqlite_query *q, struct side *d, struct sqlite_value *values,
                       struct err *e)
{
    for (unsigned i = 0; i < q->n; i++)
        if (!get_value(d->at, (int)i + COLUMN_FIRST, &values[i]))
            return sqlite_fail(q->s, d->v, SQLITE_NOMEM, e);
    return true;
}

/* As SQLite orders: NULL, numbers, text, blobs. */
static int compare(const struct sqlite_value *a, const struct sqlite_value *b)
{
    static const int rank[] = {
        [SQL_NULL] = 0, [SQL_INT] = 1, [SQL_REAL] = 1, [SQL_TEXT] = 2, [SQL_BLOB] = 3};
    if (rank[a->type] != rank[b->type])
        return rank[a->type] - rank[b->type];
    if (a->type == SQL_INT && b->type == SQL_INT)
        return (a->integer > b->integer) - (a->integer < b->integer);
    if (rank[a->type] == 1)
        return (a->real > b->real) - (a->real < b->real);
    return a->type == SQL_NULL ? 0 : slice_compare(a->bytes, b->bytes);
}

static struct sqlite_value keep(struct arena *a, struct sqlite_value v)
{
    if (v.bytes.n)
        v.bytes = arena_copy(a, v.bytes);
    return v;
}

/* --- The merge --- */

static void drop_before(struct sqlite_query *q, struct err *e)
{
    sqlite_note(q->s, "table %s before the %s: %s", q->sql.table,
                q->s->overlay == WAL ? "WAL" : "journal", e->msg);
    err_clear(e);
    q->before.done = true;
}

/* Gathers the older rows of the next id. A failure there ends the older side and no more. */
static void load_group(struct sqlite_query *q)
{
    struct group *g = &q->group;
    struct err e = {0};
    struct sqlite_value id;
    g->n = g->next = g->hint = 0;
    arena_reset(&g->memory);
    while (g->n < GROUP_ROWS && g->memory.used < GROUP_BYTES) {
        if (!side_next(q, &q->before, &e) ||
            (q->before.have && !get_value(q->before.at, COLUMN_ID, &id))) {
            drop_before(q, &e);
            break;
        }
        if (q->before.done || (g->n && compare(&id, &g->id) != 0))
            break;
        struct old_row *r = &g->rows[g->n];
        struct sqlite_value *values = arena_alloc(&g->memory, (q->n + 1) * sizeof *values);
        if (!get_values(q, &q->before, values, &e)) {
            drop_before(q, &e);
            break;
        }
        for (unsigned i = 0; i < q->n; i++)
            values[i] = keep(&g->memory, values[i]);
        if (g->n++ == 0)
            g->id = keep(&g->memory, id);
        *r = (struct old_row){values, false};
        q->before.have = false;
    }
    g->loaded = g->n > 0;
    if (g->n == GROUP_ROWS)
        sqlite_note(q->s, "table %s: row %lld occurs too often to tell its states apart",
                    q->sql.table, (long long)g->id.integer);
}

static bool equals(struct sqlite_query *q, const struct sqlite_value *a,
                   const struct sqlite_value *b)
{
    for (unsigned i = 0; i < q->n; i++)
        if (a[i].type != b[i].type || compare(&a[i], &b[i]) != 0)
            return false;
    return true;
}

/* Both sides mostly give a group's rows in one order: hence the hint. */
static bool match(struct sqlite_query *q, const struct sqlite_value *values)
{
    struct group *g = &q->group;
    for (unsigned i = 0; i < g->n; i++) {
        unsigned at = (g->hint + i) % g->n;
        if (!g->rows[at].matched && equals(q, g->rows[at].values, values)) {
            g->rows[at].matched = true;
            g->hint = at + 1;
            return true;
        }
    }
    return false;
}

static bool emit(struct sqlite_query *q, struct sqlite_row *row, struct sqlite_value id,
                 const struct sqlite_value *values, enum state state)
{
    *row = (struct sqlite_row){
        .id = id.integer,
        .state = state,
        .has_id = id.type == SQL_INT,
        .n = q->n,
        .values = values,
    };
    return true;
}

/* The older row that the newer view has lost, if the current group still has one. */
static bool emit_recovered(struct sqlite_query *q, struct sqlite_row *row)
{
    struct group *g = &q->group;
    while (g->next < g->n && g->rows[g->next].matched)
        g->next++;
    if (g->next == g->n) {
        g->loaded = false;
        return false;
    }
    return emit(q, row, g->id, g->rows[g->next++].values, RECOVERED);
}

/* Around damage rows come by rowid. If `row` is something else, the two sides no longer agree on
   an order, and comparing them would invent states. */
static void stop_merging(struct sqlite_query *q)
{
    q->merge = false;
    sqlite_lost(q->s, "table %s: not compared with its state before the %s", q->sql.table,
                q->s->overlay == WAL ? "WAL" : "journal");
}

static bool next_row(struct sqlite_query *q, struct sqlite_row *row, struct err *e)
{
    struct group *g = &q->group;
    struct sqlite_value id = {0};
    for (;;) {
        if (!side_next(q, &q->now, e))
            return false;
        if (q->now.have && !get_value(q->now.at, COLUMN_ID, &id))
            return sqlite_fail(q->s, q->now.v, SQLITE_NOMEM, e);
        if (q->merge && q->now.have && q->now.at != q->now.all &&
            (id.type != SQL_INT || id.integer != sqlite3_column_int64(q->now.at, COLUMN_ROWID)))
            stop_merging(q);
        if (q->merge && !g->loaded)
            load_group(q);
        bool older = q->merge && g->loaded;
        if (!q->now.have && !older)
            return false;
        int order = !older ? -1 : !q->now.have ? 1 : compare(&id, &g->id);
        if (order > 0) {
            if (emit_recovered(q, row))
                return true;
            continue;
        }
        if (!get_values(q, &q->now, q->values, e))
            return false;
        q->now.have = false;
        bool same = !q->merge || (order == 0 && match(q, q->values));
        return emit(q, row, id, q->values, same ? LIVE : q->s->overlay);
    }
}

bool sqlite_next(struct sqlite_query *q, struct sqlite_row *row, struct err *e)
{
    sqlite_enter(q->s);
    q->s->order_guessed = false;
    bool ok = next_row(q, row, e);
    if (q->s->order_guessed)
        sqlite_lost(q->s, "table %s: compared by a collation that only the app has", q->sql.table);
    sqlite_leave(q->s);
    return ok;
}

struct sqlite_query *sqlite_query(struct sqlite *s, const char *from, const char *row,
                                  const char *const *columns, unsigned n, struct err *e)
{
    struct sqlite_query *q = xcalloc(1, sizeof *q + n * sizeof *q->values);
    q->s = s;
    q->n = n;
    sqlite_enter(s);
    q->sql = sqlite_query_sql(s, from, row, columns, n);
    bool ok = side_start(q, &q->now, &s->now, e);
    if (ok && s->overlay != LIVE) {
        struct err older = {0};
        struct view *v = sqlite_view_before(s);
        q->merge = true;
        if (!v)
            q->before.done = true;
        else if (!side_start(q, &q->before, v, &older))
            drop_before(q, &older);
    }
    sqlite_leave(s);
    if (ok)
        return q;
    sqlite_query_free(q);
    return NULL;
}

void sqlite_query_free(struct sqlite_query *q)
{
    if (!q)
        return;
    side_free(&q->now);
    side_free(&q->before);
    arena_free(&q->group.memory);
    free(q->sql.all);
    free(q->sql.range);
    free(q->sql.single);
    free(q);
}
