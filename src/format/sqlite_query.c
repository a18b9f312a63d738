/*
 * Rows of a query: both views merged.
 *
 * Each side (the database as it is now, and as it was before its WAL or roll-back) yields rows in
 * row order. Mostly both stand on equal rows: these are live, and not copied. Else all older rows of
 * one id are gathered into a group, because a LEFT JOIN can give several and their order among each
 * other means nothing; a newer row that equals one of them is live.
 *
 * Where it is known which rows can differ (sqlite_plan.c), the older side yields only those.
 *
 * Format: docs/formats/sqlite.md
 */
#include <stdio.h>
#include <stdlib.h>

#include "format/sqlite_impl.h"

enum {
    GROUP_ROWS = 4096,
    GROUP_BYTES = 64 << 20,
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
    bool merge;
    struct query_sql sql;
    struct merge_plan plan;
    struct side now, before;
    struct group group;
    /* COMPARE_SOME: which of plan.rows `before` is in, and is it there yet? */
    size_t range;
    bool in_range;
    /* The older rows of one id outside of them, whose joined rows may have changed. */
    struct side look;
    struct group aside;
    struct sqlite_value values[];
};

static int64_t cut(double v)
{
    if (v >= 9223372036854775807.0)
        return INT64_MAX;
    return v > -9223372036854775808.0 ? (int64_t)v : INT64_MIN;
}

/* There are no threads, so the value itself may be asked: less work than asking by column. */
static bool get_value(sqlite3_stmt *st, int i, struct sqlite_value *v)
{
    sqlite3_value *from = sqlite3_column_value(st, i);
    *v = (struct sqlite_value){0};
    switch (sqlite3_value_type(from)) {
    case SQLITE_INTEGER:
        v->type = SQL_INT;
        v->integer = sqlite3_value_int64(from);
        v->real = (double)v->integer;
        return true;
    case SQLITE_FLOAT:
        v->type = SQL_REAL;
        v->real = sqlite3_value_double(from);
        v->integer = cut(v->real);
        return true;
    case SQLITE_TEXT:
        v->type = SQL_TEXT;
        v->bytes.p = sqlite3_value_text(from); /* the conversion first, then its length */
        v->bytes.n = (size_t)sqlite3_value_bytes(from);
        return v->bytes.p != NULL;
    case SQLITE_BLOB:
        v->type = SQL_BLOB;
        v->bytes.p = sqlite3_value_blob(from);
        v->bytes.n = (size_t)sqlite3_value_bytes(from);
        return v->bytes.p || v->bytes.n == 0;
    default: return true;
    }
}

static bool get_values(struct sqlite_query *q, struct side *d, struct sqlite_value *values,
                       struct err *e)
{
    for (unsigned i = 0; i < q->sql.n; i++)
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

/* Stands on the next older row that may differ from the newer ones, or is done. */
static bool next_older(struct sqlite_query *q, struct err *e)
{
    const struct row_ranges *r = &q->plan.rows;
    struct side *d = &q->before;
    if (q->plan.what == COMPARE_ALL)
        return sqlite_side_next(d, e);
    while (!d->have && q->range < r->n) {
        if (!q->in_range)
            sqlite_side_seek(d, r->all[q->range].least);
        q->in_range = true;
        if (!sqlite_side_next(d, e))
            return false;
        if (d->done || sqlite3_column_int64(d->at, COLUMN_ROWID) > r->all[q->range].most) {
            d->have = q->in_range = false;
            q->range++;
        }
    }
    d->done = !d->have;
    return true;
}

/* Gathers the older rows of one id. A failure there ends the older side and no more. */
static void load_group(struct sqlite_query *q, struct group *g, struct side *d,
                       const struct sqlite_value *only)
{
    struct err e = {0};
    struct sqlite_value id;
    g->n = g->next = g->hint = 0;
    arena_reset(&g->memory);
    while (g->n < GROUP_ROWS && g->memory.used < GROUP_BYTES) {
        if (!(d == &q->before ? next_older(q, &e) : sqlite_side_next(d, &e)) ||
            (d->have && !get_value(d->at, COLUMN_ID, &id))) {
            drop_before(q, &e);
            break;
        }
        if (d->done || (g->n && compare(&id, &g->id) != 0) || (only && compare(&id, only) != 0))
            break;
        struct old_row *r = &g->rows[g->n];
        struct sqlite_value *values = arena_alloc(&g->memory, (q->sql.n + 1) * sizeof *values);
        if (!get_values(q, d, values, &e)) {
            drop_before(q, &e);
            break;
        }
        for (unsigned i = 0; i < q->sql.n; i++)
            values[i] = keep(&g->memory, values[i]);
        if (g->n++ == 0)
            g->id = keep(&g->memory, id);
        *r = (struct old_row){values, false};
        d->have = false;
    }
    g->loaded = g->n > 0;
    if (g->n == GROUP_ROWS)
        sqlite_note(q->s, "table %s: row %lld occurs too often to tell its states apart",
                    q->sql.table, (long long)g->id.integer);
}

/* The older side stands on the same row as q->values: both are used up. */
static bool same_in_place(struct sqlite_query *q, const struct sqlite_value *id)
{
    struct err e = {0};
    struct sqlite_value v;
    if (!next_older(q, &e)) {
        drop_before(q, &e);
        return false;
    }
    if (!q->before.have || !get_value(q->before.at, COLUMN_ID, &v) || compare(&v, id) != 0)
        return false;
    for (unsigned i = 0; i < q->sql.n; i++)
        if (!get_value(q->before.at, (int)i + COLUMN_FIRST, &v) || v.type != q->values[i].type ||
            compare(&v, &q->values[i]) != 0)
            return false;
    q->before.have = false;
    return true;
}

static bool equals(struct sqlite_query *q, const struct sqlite_value *a,
                   const struct sqlite_value *b)
{
    for (unsigned i = 0; i < q->sql.n; i++)
        if (a[i].type != b[i].type || compare(&a[i], &b[i]) != 0)
            return false;
    return true;
}

/* Both sides mostly give a group's rows in one order: hence the hint. */
static bool match(struct sqlite_query *q, struct group *g)
{
    for (unsigned i = 0; i < g->n; i++) {
        unsigned at = (g->hint + i) % g->n;
        if (!g->rows[at].matched && equals(q, g->rows[at].values, q->values)) {
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
        .n = q->sql.n,
        .values = values,
    };
    return true;
}

/* The older row that the newer view has lost, if the group still has one. */
static bool emit_recovered(struct sqlite_query *q, struct group *g, struct sqlite_row *row)
{
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

/* The current newer row, which is none of those that change themselves, may be joined to one. */
static bool joins_changed_row(const struct sqlite_query *q)
{
    if (sqlite_side_walks(&q->now)) /* without the columns asked here */
        return true;
    for (unsigned i = 0; i < q->sql.njoins; i++) {
        int column = (int)(COLUMN_FIRST + q->sql.n + i);
        if (q->plan.touched[i] &&
            (sqlite3_column_type(q->now.at, column) == SQLITE_NULL ||
             row_ranges_hold(&q->plan.joined[i], sqlite3_column_int64(q->now.at, column))))
            return true;
    }
    return false;
}

/* Of the current newer row. same_id: the current group has its id. */
static enum state state_of(struct sqlite_query *q, const struct sqlite_value *id, bool same_id)
{
    if (!q->merge || (same_id && match(q, &q->group)))
        return LIVE;
    if (q->plan.what == COMPARE_SOME && !row_ranges_hold(&q->plan.rows, id->integer)) {
        if (!joins_changed_row(q))
            return LIVE;
        sqlite_side_seek(&q->look, id->integer);
        load_group(q, &q->aside, &q->look, id);
        if (match(q, &q->aside))
            return LIVE;
    }
    return q->s->overlay;
}

static bool next_row(struct sqlite_query *q, struct sqlite_row *row, struct err *e)
{
    struct group *g = &q->group;
    struct sqlite_value id = {0};
    for (;;) {
        if (q->aside.loaded && emit_recovered(q, &q->aside, row))
            return true;
        if (!sqlite_side_next(&q->now, e))
            return false;
        bool newer = q->now.have;
        if (newer && !get_value(q->now.at, COLUMN_ID, &id))
            return sqlite_fail(q->s, q->now.v, SQLITE_NOMEM, e);
        if (newer && !get_values(q, &q->now, q->values, e))
            return false;
        if (q->merge && newer && sqlite_side_walks(&q->now) &&
            (id.type != SQL_INT || id.integer != sqlite3_column_int64(q->now.at, COLUMN_ROWID)))
            stop_merging(q);
        bool same = q->merge && newer && !g->loaded && same_in_place(q, &id);
        if (q->merge && !same && !g->loaded)
            load_group(q, g, &q->before, NULL);
        bool older = q->merge && !same && g->loaded;
        if (!newer && !older)
            return false;
        int order = !older ? -1 : !newer ? 1 : compare(&id, &g->id);
        if (order > 0) {
            if (emit_recovered(q, g, row))
                return true;
            continue;
        }
        q->now.have = false;
        return emit(q, row, id, q->values, same ? LIVE : state_of(q, &id, order == 0));
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

static void start_older(struct sqlite_query *q)
{
    struct err e = {0};
    struct view *v = sqlite_view_before(q->s);
    q->merge = true;
    if (!v)
        q->before.done = true;
    else if (!sqlite_side_start(&q->before, q->s, v, &q->sql, &e))
        drop_before(q, &e);
    if (q->plan.what == COMPARE_SOME &&
        (!q->before.range || !sqlite_side_start(&q->look, q->s, v, &q->sql, &e) || !q->look.range))
        q->plan.what = COMPARE_ALL;
}

struct sqlite_query *sqlite_query(struct sqlite *s, const char *from, const char *row,
                                  const char *const *columns, unsigned n, struct err *e)
{
    struct sqlite_query *q = xcalloc(1, sizeof *q + n * sizeof *q->values);
    q->s = s;
    sqlite_enter(s);
    q->sql = sqlite_query_sql(s, from, row, columns, n);
    bool ok = sqlite_side_start(&q->now, s, &s->now, &q->sql, e);
    if (ok)
        q->plan = sqlite_merge_plan(s, &q->sql);
    if (ok && q->plan.what != COMPARE_NONE)
        start_older(q);
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
    sqlite_side_free(&q->now);
    sqlite_side_free(&q->before);
    sqlite_side_free(&q->look);
    arena_free(&q->group.memory);
    arena_free(&q->aside.memory);
    sqlite_merge_plan_free(&q->plan);
    sqlite_query_sql_free(&q->sql);
    free(q);
}
