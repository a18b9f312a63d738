/*
 * Which rows of a query can differ between the two views, from the rowids whose rows the WAL
 * changes. A row of a plain query (its first table, with others joined to it by LEFT JOIN) is the
 * same in both if its own row is, and so is each row joined to it. Where a joined table has changes,
 * that is only known if it is joined by its rowid, so that there is one such row or none.
 *
 * SQLite itself says how it looks a table up; what is not understood means that all is compared.
 */
#include <stdlib.h>

#include "format/sqlite_impl.h"

/* One step of the plan of `sql` is to look `alias` up by its rowid. */
static bool by_rowid(struct sqlite *s, const char *sql, const char *alias)
{
    enum { DETAIL = 3 };
    struct err e = {0};
    sqlite3_stmt *st;
    bool found = false;
    char *explain = sqlite3_mprintf("EXPLAIN QUERY PLAN %s", sql);
    char *step = sqlite3_mprintf("SEARCH %s USING INTEGER PRIMARY KEY (rowid=?)", alias);
    bool ok = sqlite_compile(s, &s->now, explain, &st, &e);
    while (ok && !found && sqlite3_step(st) == SQLITE_ROW) {
        const char *detail = (const char *)sqlite3_column_text(st, DETAIL);
        found = detail && slice_starts(slice_of(detail), step);
    }
    sqlite3_finalize(st);
    sqlite3_free(explain);
    sqlite3_free(step);
    return found;
}

/* The rows are asked for by rowid, whatever the table calls it. */
static bool row_is_rowid(struct sqlite *s, const struct query_sql *q)
{
    size_t alias = strlen(q->rowid) - strlen("._rowid_");
    char *name = sqlite3_mprintf("%.*s", (int)alias, q->rowid);
    char *sql = sqlite3_mprintf("SELECT 1 FROM %s WHERE %s = 1", q->from, q->row);
    bool yes = by_rowid(s, sql, name);
    sqlite3_free(name);
    sqlite3_free(sql);
    return yes;
}

void sqlite_merge_plan_free(struct merge_plan *p)
{
    free(p->rows.all);
    for (unsigned i = 0; i < JOINS_MAX; i++)
        free(p->joined[i].all);
    *p = (struct merge_plan){0};
}

static bool some_rows(struct sqlite *s, const struct query_sql *q, struct merge_plan *p)
{
    bool any = false, ok = row_is_rowid(s, q) && sqlite_changed_rows(s, q->table, &p->rows);
    for (unsigned i = 0; i < q->njoins; i++) {
        p->touched[i] = !sqlite_untouched(s, q->joins[i]);
        any |= p->touched[i];
    }
    for (unsigned i = 0; ok && any && i < q->njoins; i++)
        ok = by_rowid(s, q->all, q->aliases[i]) &&
             sqlite_changed_rows(s, q->joins[i], &p->joined[i]);
    return ok;
}

struct merge_plan sqlite_merge_plan(struct sqlite *s, const struct query_sql *q)
{
    struct merge_plan p = {.what = COMPARE_ALL};
    if (s->overlay == LIVE)
        p.what = COMPARE_NONE;
    if (s->overlay != WAL || !q->range || !q->plain)
        return p;
    bool untouched = sqlite_untouched(s, "sqlite_schema") && sqlite_untouched(s, q->table);
    for (unsigned i = 0; i < q->njoins; i++)
        untouched = untouched && sqlite_untouched(s, q->joins[i]);
    if (untouched) {
        p.what = COMPARE_NONE;
    } else if (some_rows(s, q, &p)) {
        p.what = COMPARE_SOME;
    } else {
        sqlite_merge_plan_free(&p);
        p.what = COMPARE_ALL;
    }
    return p;
}
