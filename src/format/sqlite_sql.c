/*
 * The SQL of a query over evidence: the whole of it by row, and the forms that go on behind damage.
 * They go by the rowid of the first table, so that is found in the FROM, which is our own text.
 */
#include <stdarg.h>
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

/* Bytes of the quoted name that s begins with; a doubled quote is a part of it. */
static size_t quoted_length(struct slice s)
{
    uint8_t close = s.p[0] == '[' ? ']' : s.p[0];
    size_t n = 1;
    for (;;) {
        n += slice_find(slice_sub(s, n, s.n), close) + 1;
        if (close == ']' || n >= s.n || s.p[n] != close)
            return n;
        n++;
    }
}

/* The next word, quoted name or single character; empty at the end. */
static struct slice next_token(struct slice *s)
{
    *s = slice_trim(*s);
    size_t n = s->n > 0;
    if (starts_in(*s, quotes))
        n = quoted_length(*s);
    else if (starts_in(*s, word))
        while (starts_in(slice_sub(*s, n, 1), word))
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

/* b as a string; the caller frees it. */
static char *text_of(struct buf *b)
{
    buf_byte(b, 0);
    return (char *)b->p;
}

static char *text_of_slice(struct slice s)
{
    struct buf b = {0};
    buf_slice(&b, s);
    return text_of(&b);
}

static bool compiles(struct sqlite *s, const char *expr, const char *table)
{
    struct err ignored = {0};
    struct buf sql = {0};
    sqlite3_stmt *st;
    buf_printf(&sql, "SELECT %s FROM %s", expr, table);
    char *text = text_of(&sql);
    bool ok = sqlite_compile(s, &s->now, text, &st, &ignored);
    sqlite3_finalize(st);
    free(text);
    return ok;
}

/* The joined tables; false: one is no plain table, or there are too many. */
static bool take_joins(struct query_sql *q, struct slice rest)
{
    int depth = 0;
    for (struct slice t = next_token(&rest); t.n; t = next_token(&rest)) {
        depth += slice_is(t, "(") - slice_is(t, ")");
        if (depth || !slice_is_nocase(t, "join"))
            continue;
        struct slice name = next_token(&rest), more = rest, alias = next_token(&more);
        if (slice_is_nocase(alias, "as"))
            alias = next_token(&more);
        if (!is_name(name) || starts_in(name, quotes) || q->njoins == JOINS_MAX)
            return false;
        if (!is_name(alias))
            alias = name;
        q->joins[q->njoins] = text_of_slice(name);
        q->aliases[q->njoins++] = text_of_slice(alias);
    }
    return true;
}

static bool asks_more(const char *expr)
{
    struct slice s = slice_of(expr);
    for (struct slice t = next_token(&s); t.n; t = next_token(&s))
        if (slice_is_nocase(t, "select"))
            return true;
    return false;
}

/* Fills in `plain` and what belongs to it. */
static void take_plain(struct sqlite *s, struct query_sql *q, const struct first *f)
{
    q->plain = f->only_left_joins && !starts_in(f->name, quotes) && take_joins(q, f->rest) &&
               !asks_more(q->row);
    for (unsigned i = 0; q->plain && i < q->n; i++)
        q->plain = !asks_more(q->columns[i]);
    for (unsigned i = 0; q->plain && i < q->njoins; i++) {
        char *rowid = sqlite3_mprintf("%s._rowid_", q->aliases[i]);
        char *from = sqlite3_mprintf("%s %s", q->joins[i], q->aliases[i]);
        q->plain = compiles(s, rowid, from);
        sqlite3_free(rowid);
        sqlite3_free(from);
    }
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

/* SELECT of id, rowid and columns, then `end`. take: which columns; the others are NULL. */
static char *select_text(const struct query_sql *q, const char *rowid, const bool *take,
                         const char *end, ...) __attribute__((format(printf, 4, 5)));

static char *select_text(const struct query_sql *q, const char *rowid, const bool *take,
                         const char *end, ...)
{
    struct buf sql = {0};
    char *text;
    va_list ap;
    buf_printf(&sql, "SELECT %s, %s", q->row, rowid);
    for (unsigned i = 0; i < q->n; i++)
        buf_printf(&sql, ", %s", !take || take[i] ? q->columns[i] : "NULL");
    for (unsigned i = 0; q->plain && !take && i < q->njoins; i++)
        buf_printf(&sql, ", %s._rowid_", q->aliases[i]);
    va_start(ap, end);
    if (vasprintf(&text, end, ap) < 0)
        die("out of memory");
    va_end(ap);
    buf_text(&sql, text);
    free(text);
    return text_of(&sql);
}

/*
 * NOT INDEXED: the first table is scanned itself. A covering index may be shorter to read, but
 * where it is damaged it would lose rows that the table still has.
 */
struct query_sql sqlite_query_sql(struct sqlite *s, const char *from, const char *row,
                                  const char *const *columns, unsigned n)
{
    struct query_sql q = {.row = row, .columns = columns, .n = n};
    struct first f = first_table(from);
    struct buf rowid = {0}, whole = {0}, key = {0};
    snprintf(q.table, sizeof q.table, "%.*s", (int)f.name.n, (const char *)f.name.p);
    buf_slice(&rowid, f.alias);
    buf_text(&rowid, "._rowid_");
    q.rowid = text_of(&rowid);
    q.from = text_of_slice(f.table);
    char *rest = text_of_slice(f.rest);
    if (!f.found || !compiles(s, q.rowid, q.from)) {
        q.all = select_text(&q, "NULL", NULL, " FROM %s %s ORDER BY 1", q.from, rest);
        free(rest);
        return q;
    }
    static const char by_rowid[] = " FROM %s WHERE %s >= ?1 ORDER BY %s";
    buf_printf(&whole, "%s NOT INDEXED %s", q.from, rest);
    q.whole = text_of(&whole);
    q.bare = *rest && f.only_left_joins && compiles(s, row, q.from);
    take_plain(s, &q, &f);
    bool *own = xcalloc(n + 1, sizeof *own);
    for (unsigned i = 0; i < n; i++)
        own[i] = !q.bare || compiles(s, columns[i], q.from);
    q.all = select_text(&q, q.rowid, NULL, " FROM %s ORDER BY 1", q.whole);
    q.range = select_text(&q, q.rowid, NULL, by_rowid, q.whole, q.rowid, q.rowid);
    q.single = select_text(&q, q.rowid, own, by_rowid, q.bare ? q.from : q.whole, q.rowid, q.rowid);
    if (q.bare || !*rest) {
        buf_printf(&key, "SELECT NULL, %s", q.rowid);
        buf_printf(&key, by_rowid, q.from, q.rowid, q.rowid);
        q.key = text_of(&key);
    }
    free(own);
    free(rest);
    return q;
}

static bool is_readable(struct sqlite *s, struct view *v, const char *column, const char *from,
                        const char *rowid, int64_t n)
{
    struct err ignored = {0};
    struct buf sql = {0};
    sqlite3_stmt *st;
    buf_printf(&sql, "SELECT %s FROM %s WHERE %s = %lld", column, from, rowid, (long long)n);
    char *text = text_of(&sql);
    bool ok = sqlite_compile(s, v, text, &st, &ignored) && sqlite3_step(st) == SQLITE_ROW;
    sqlite3_finalize(st);
    free(text);
    return ok;
}

static sqlite3_stmt *patched_from(struct sqlite *s, struct view *v, const struct query_sql *q,
                                  const char *from, int64_t rowid)
{
    struct err ignored = {0};
    sqlite3_stmt *st;
    bool *readable = xcalloc(q->n + 1, sizeof *readable);
    for (unsigned i = 0; i < q->n; i++)
        readable[i] = is_readable(s, v, q->columns[i], from, q->rowid, rowid);
    char *text = select_text(q, q->rowid, readable, " FROM %s WHERE %s = %lld", from, q->rowid,
                             (long long)rowid);
    if (sqlite_compile(s, v, text, &st, &ignored) && sqlite3_step(st) != SQLITE_ROW) {
        sqlite3_finalize(st);
        st = NULL;
    }
    free(readable);
    free(text);
    return st;
}

sqlite3_stmt *sqlite_query_patched(struct sqlite *s, struct view *v, const struct query_sql *q,
                                   int64_t rowid)
{
    sqlite3_stmt *st = patched_from(s, v, q, q->whole, rowid);
    return st || !q->bare ? st : patched_from(s, v, q, q->from, rowid);
}

void sqlite_query_sql_free(struct query_sql *q)
{
    free(q->all);
    free(q->range);
    free(q->single);
    free(q->key);
    free(q->from);
    free(q->whole);
    free(q->rowid);
    for (unsigned i = 0; i < q->njoins; i++) {
        free(q->joins[i]);
        free(q->aliases[i]);
    }
}
