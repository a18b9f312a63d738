/*
 * The SQL of a query over evidence: the whole of it by row, and the forms that go on behind damage.
 * They go by the rowid of the first table, so that is found in the FROM, which is our own text.
 */
#include <stdio.h>
#include <stdlib.h>

#include "format/sqlite_impl.h"

/* The first table of a FROM. */
struct first {
    struct slice name, alias; /* as written; without alias the name again */
    struct slice table, rest; /* name and alias together; all that follows */
    bool found, only_left_joins;
};

static const char word[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_$0123456789";
static const char digits[] = "0123456789", quotes[] = "\"`[";

static bool starts_in(struct slice s, const char *set)
{
    return s.n && s.p[0] && strchr(set, s.p[0]);
}

/* The next word, quoted name or single character; empty at the end. */
static struct slice next_token(struct slice *s)
{
    *s = slice_trim(*s);
    struct slice left = slice_sub(*s, 1, s->n);
    size_t n = s->n > 0;
    if (starts_in(*s, quotes))
        n += slice_find(left, s->p[0] == '[' ? ']' : s->p[0]) + 1;
    else if (starts_in(*s, word))
        for (; starts_in(left, word); left = slice_sub(left, 1, left.n))
            n++;
    struct slice token = slice_sub(*s, 0, n);
    *s = slice_sub(*s, n, s->n);
    return token;
}

static bool is_word(struct slice token, const char *const *words)
{
    for (; *words; words++)
        if (slice_is_nocase(token, *words))
            return true;
    return false;
}

static bool is_name(struct slice token)
{
    static const char *const keywords[] = {"left",  "right", "full",  "inner", "cross",   "natural",
                                           "join",  "outer", "on",    "using", "where",   "group",
                                           "order", "limit", "union", "not",   "indexed", NULL};
    return !is_word(token, keywords) && !starts_in(token, digits) &&
           (starts_in(token, quotes) || starts_in(token, word));
}

/* Without what is LEFT JOINed the rows of the first table are the same; with any other join or
   a WHERE they are not. */
static bool only_left_joins(struct slice rest)
{
    static const char *const others[] = {"inner", "cross", "natural", "right", "full", "where",
                                         "group", "order", "limit",   ",",     NULL};
    bool left = false;
    int depth = 0;
    for (struct slice t = next_token(&rest); t.n; t = next_token(&rest)) {
        depth += slice_is(t, "(") - slice_is(t, ")");
        if (depth)
            continue;
        if (is_word(t, others) || (slice_is_nocase(t, "join") && !left))
            return false;
        left = slice_is_nocase(t, "left") || (left && slice_is_nocase(t, "outer"));
    }
    return true;
}

static struct first first_table(const char *from)
{
    struct slice all = slice_trim(slice_of(from)), s = all;
    struct first f = {.table = {s.p, 0}, .rest = s};
    f.name = f.alias = next_token(&s);
    if (!is_name(f.name))
        return f;
    f.rest = s;
    struct slice alias = next_token(&s);
    if (slice_is_nocase(alias, "as"))
        alias = next_token(&s);
    if (is_name(alias)) {
        f.alias = alias;
        f.rest = s;
    }
    f.table.n = all.n - f.rest.n;
    f.rest = slice_trim(f.rest);
    f.found = !slice_starts(f.rest, ".");
    f.only_left_joins = only_left_joins(f.rest);
    return f;
}

static bool compiles(struct sqlite *s, const char *expr, struct slice table)
{
    struct err ignored = {0};
    struct buf sql = {0};
    sqlite3_stmt *st;
    buf_printf(&sql, "SELECT %s FROM %.*s", expr, (int)table.n, (const char *)table.p);
    buf_byte(&sql, 0);
    bool ok = sqlite_compile(s, &s->now, (const char *)sql.p, &st, &ignored);
    sqlite3_finalize(st);
    buf_free(&sql);
    return ok;
}

static char *text_of(struct buf *b)
{
    buf_byte(b, 0);
    return (char *)b->p;
}

/*
 * NOT INDEXED: the first table is scanned itself. A covering index may be shorter to read, but
 * where it is damaged it would lose rows that the table still has.
 */
struct query_sql sqlite_query_sql(struct sqlite *s, const char *from, const char *row,
                                  const char *const *columns, unsigned n)
{
    struct query_sql q = {0};
    struct first f = first_table(from);
    struct buf all = {0}, range = {0}, single = {0};
    const char *table = (const char *)f.table.p, *rest = (const char *)f.rest.p;
    char rowid[160];
    snprintf(rowid, sizeof rowid, "%.*s._rowid_", (int)f.alias.n, (const char *)f.alias.p);
    bool by_rowid = f.found && f.alias.n < 128 && compiles(s, rowid, f.table);
    q.bare = by_rowid && f.rest.n && f.only_left_joins && compiles(s, row, f.table);
    snprintf(q.table, sizeof q.table, "%.*s", (int)f.name.n, (const char *)f.name.p);

    buf_printf(&all, "SELECT %s, %s", row, by_rowid ? rowid : "NULL");
    buf_printf(&single, "SELECT %s, %s", row, rowid);
    for (unsigned i = 0; i < n; i++) {
        bool own = !q.bare || compiles(s, columns[i], f.table);
        buf_printf(&all, ", %s", columns[i]);
        buf_printf(&single, ", %s", own ? columns[i] : "NULL");
    }
    buf_printf(&all, " FROM %.*s%s%.*s", (int)f.table.n, table, by_rowid ? " NOT INDEXED " : "",
               (int)f.rest.n, rest);
    buf_slice(&range, buf_view(&all));
    buf_text(&all, " ORDER BY 1");
    buf_printf(&range, " WHERE %s >= ?1 ORDER BY %s", rowid, rowid);
    buf_printf(&single, " FROM %.*s NOT INDEXED %.*s WHERE %s >= ?1 ORDER BY %s", (int)f.table.n,
               table, q.bare ? 0 : (int)f.rest.n, rest, rowid, rowid);
    q.all = text_of(&all);
    q.range = text_of(&range);
    q.single = text_of(&single);
    if (!by_rowid) {
        free(q.range);
        q.range = NULL;
    }
    return q;
}
