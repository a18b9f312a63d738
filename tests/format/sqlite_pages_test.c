/*
 * The look at all pages against SQLite's own quick_check, and the comparison of those rows alone
 * that a WAL changes against the comparison of all. BRIDLE_SQLITE_ROUNDS and _SEED widen both.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "format/sqlite_impl.h"
#include "sqlite_make.h"

#define COUNT(n) "WITH c(i) AS (VALUES(1) UNION ALL SELECT i + 1 FROM c WHERE i < " #n ") "
#define STORE                                                                                                                                     \
    "CREATE TABLE handle (id INTEGER PRIMARY KEY, name TEXT NOT NULL, country TEXT);"                                                             \
    "CREATE TABLE message (id INTEGER PRIMARY KEY AUTOINCREMENT, guid TEXT UNIQUE NOT NULL,"                                                      \
    " handle_id INTEGER, text TEXT, body BLOB);"                                                                                                  \
    "CREATE TABLE deleted (message_id INTEGER, day INTEGER);"                                                                                     \
    "CREATE TABLE other (k TEXT PRIMARY KEY, v) WITHOUT ROWID;"                                                                                   \
    "CREATE TABLE gone (a);"                                                                                                                      \
    "CREATE TABLE empty (a UNIQUE);"                                                                                                              \
    "CREATE INDEX by_handle ON message (handle_id);"                                                                                              \
    "CREATE INDEX by_message ON deleted (message_id);" COUNT(60) "INSERT INTO handle SELECT i, printf('user%d@a.example', i), 'x' FROM c;" COUNT( \
        9) "INSERT INTO deleted SELECT i * 7, i FROM c;"                                                                                          \
           "INSERT INTO other SELECT name, id FROM handle;" COUNT(                                                                                \
               400) "INSERT INTO message SELECT i, printf('guid-%d', i), 1 + i % 60,"                                                             \
                    " printf('text %d %.*c', i, i % 150, 'x'),"                                                                                   \
                    " CASE WHEN i % 25 = 0 THEN CAST(printf('%.*c', 5000, 'b') AS BLOB) END FROM c;" COUNT(                                       \
                        200) "INSERT INTO gone SELECT printf('%.*c', 300, 'g') FROM c;"                                                           \
                             "DELETE FROM gone WHERE rowid > 40;"                                                                                 \
                             "DELETE FROM message WHERE id % 41 = 0;"

static unsigned number(const char *name, unsigned otherwise)
{
    const char *v = getenv(name);
    return v ? (unsigned)atoi(v) : otherwise;
}

/* --- The pages --- */

static bool in_order(struct opened *o)
{
    sqlite_enter(o->s);
    bool yes = sqlite_pages_now(o->s);
    sqlite_leave(o->s);
    return yes;
}

/* What SQLite says against the structure of any page, or with `values` against them too; or "". */
static const char *ask(struct opened *o, struct arena *a, const char *pragma, bool values)
{
    struct err e = {0};
    sqlite3_stmt *st;
    const char *told = "";
    sqlite_enter(o->s);
    assert_true(sqlite_compile(o->s, &o->s->now, pragma, &st, &e));
    int rc;
    while ((rc = sqlite3_step(st)) == SQLITE_ROW) {
        const char *line = (const char *)sqlite3_column_text(st, 0);
        /* Values are looked at by table, and a file may be longer than its header says. */
        if (strcmp(line, "ok") != 0 && (values || !strstr(line, " value in ")) &&
            !strstr(line, "never used"))
            told = arena_string(a, slice_of(line));
    }
    sqlite3_finalize(st);
    sqlite_leave(o->s);
    return rc == SQLITE_DONE ? told : "stopped";
}

static const char *quick_check(struct opened *o, struct arena *a)
{
    return ask(o, a, "PRAGMA quick_check", false);
}

static void agrees_with_sqlite(struct made whole)
{
    unsigned rounds = number("BRIDLE_SQLITE_ROUNDS", 150), broken = 0, orderly = 0;
    uint64_t random = number("BRIDLE_SQLITE_SEED", 1);
    struct arena a = {0};
    struct opened o = made_open(&whole);
    assert_true(in_order(&o));
    assert_string_equal(quick_check(&o, &a), "");
    opened_close(&o);
    for (unsigned i = 0; i < rounds; i++) {
        char what[80];
        struct made m = made_copy(&whole);
        made_damage(&m, &random, what);
        o = made_open(&m);
        if (o.s && in_order(&o)) {
            const char *told = quick_check(&o, &a);
            orderly++;
            broken += *told != 0;
            if (*told)
                print_error("%s: %s\n", what, told);
        }
        opened_close(&o);
        made_free(&m);
    }
    arena_free(&a);
    made_free(&whole);
    assert_int_equal(broken, 0);
    assert_in_range(orderly, 1, rounds); /* flips inside of values change nothing here */
}

static void pages_in_order_are_so_for_sqlite(void **state)
{
    (void)state;
    agrees_with_sqlite(made_plain(STORE));
}

static void small_pages_too(void **state)
{
    (void)state;
    agrees_with_sqlite(made_plain("PRAGMA page_size = 512;" STORE));
}

static void large_pages_too(void **state)
{
    (void)state;
    agrees_with_sqlite(made_plain("PRAGMA page_size = 65536;" STORE));
}

static void a_pointer_map_too(void **state)
{
    (void)state;
    agrees_with_sqlite(made_plain("PRAGMA page_size = 512; PRAGMA auto_vacuum = FULL;" STORE));
    agrees_with_sqlite(made_plain("PRAGMA auto_vacuum = INCREMENTAL;" STORE));
}

static void pages_of_a_wal_too(void **state)
{
    (void)state;
    agrees_with_sqlite(made_wal("PRAGMA page_size = 1024;" STORE,
                                "UPDATE message SET text = 'new' WHERE id % 9 = 0;"
                                "DELETE FROM gone; DROP TABLE other;"));
}

static void pages_that_a_roll_back_brought_too(void **state)
{
    (void)state;
    struct made m = made_hot("PRAGMA page_size = 1024;" STORE, "UPDATE message SET text = 'never';"
                                                               "DELETE FROM gone;");
    assert_true(m.journal.n > 0);
    agrees_with_sqlite(m);
}

/* Flips in the one row that damage whatever they hit: what SQLite says of the table, and what we do. */
static void values_that_do_not_fit_are_told(void **state)
{
    (void)state;
    struct arena a = {0};
    struct made whole =
        made_plain("CREATE TABLE t (id INTEGER PRIMARY KEY NOT NULL, a TEXT NOT NULL, b INT,"
                   " c VARCHAR(9) NOT NULL, d BLOB, e REAL, f DATE, g);"
                   "INSERT INTO t VALUES (77, 'one', 1000, '', x'0102', 1.5, '1', 7)");
    const uint8_t row[] = {9, 0, 19, 2, 13, 16, 7, 9, 1}; /* the header of the record */
    uint8_t *header = memmem(whole.db.p, whole.db.n, row, sizeof row);
    assert_non_null(header);
    for (size_t i = 1; i < sizeof row; i++)
        for (uint8_t type = 0; type < 24; type++) {
            struct made m = made_copy(&whole);
            m.db.p[header - whole.db.p + (ptrdiff_t)i] = type;
            struct opened o = made_open(&m);
            bool told = *ask(&o, &a, "PRAGMA quick_check(t)", true);
            sqlite_check(o.s, "t");
            if (told != (sqlite_losses(o.s).n > 0))
                fail_msg("column %zu as %u: %s", i - 1, type, losses_of(&o, &a));
            opened_close(&o);
            made_free(&m);
        }
    made_free(&whole);
    arena_free(&a);
}

/* --- The rows that a WAL changes --- */

static const char *const changes[] = {
    "INSERT INTO message (guid, handle_id, text) VALUES (hex(randomblob(8)), 7, 'late');",
    "DELETE FROM message WHERE id = (SELECT max(id) FROM message);",
    "DELETE FROM message WHERE id BETWEEN 100 AND 130;",
    "UPDATE message SET text = text || '!' WHERE id = 55;",
    /* Of the same length: only pages behind the row's own change. */
    "UPDATE message SET body = CAST(replace(body, 'b', 'c') AS BLOB) WHERE id = 50;",
    "UPDATE message SET body = CAST(printf('%.*c', 9000, 'd') AS BLOB) WHERE id = 225;",
    "UPDATE message SET body = NULL WHERE id = 75;",
    "UPDATE message SET handle_id = 3 WHERE id = 200;",
    "UPDATE message SET handle_id = NULL WHERE id = 201;",
    "UPDATE handle SET name = 'other@b.example' WHERE id = 31;",
    "DELETE FROM handle WHERE id IN (5, 6);",
    "INSERT OR REPLACE INTO handle VALUES (900, 'more@b.example', NULL);",
    "INSERT INTO deleted VALUES (210, 1), (211, 2), (211, 3);",
    "DELETE FROM deleted WHERE message_id = 14;",
    "INSERT INTO gone VALUES (printf('%.*c', 3000, 'h'));",
    "DELETE FROM gone;",
    "UPDATE other SET v = 0;",
    "CREATE TABLE made (a);",
    "ALTER TABLE message ADD COLUMN more;",
    "DROP TABLE empty;",
    "CREATE INDEX by_text ON message (text);",
    "VACUUM;",
    "DELETE FROM message WHERE id > 20;",
    "UPDATE message SET id = id + 1000 WHERE id BETWEEN 300 AND 310;",
};

static struct made with_changes(const char *settings, uint64_t *random)
{
    struct buf sql = {0}, store = {0};
    buf_text(&store, settings);
    buf_text(&store, STORE);
    buf_byte(&store, 0);
    bool taken[sizeof changes / sizeof *changes] = {false};
    for (uint64_t n = 1 + made_random(random) % 4; n; n--) {
        size_t i = made_random(random) % (sizeof changes / sizeof *changes);
        if (!taken[i])
            buf_text(&sql, changes[i]);
        taken[i] = true;
    }
    buf_byte(&sql, 0);
    struct made m = made_wal((const char *)store.p, (const char *)sql.p);
    buf_free(&sql);
    buf_free(&store);
    return m;
}

static void expect_same(const struct made *m, struct arena *a, const char *from, const char *name)
{
    const char *const columns[] = {"m.guid", "m.text", "length(m.body)", "quote(m.body)", name};
    char more[80];
    snprintf(more, sizeof more, "iif((SELECT 1), %s, 0)", name); /* so all is compared */
    const char *const slow[] = {"m.guid", "m.text", "length(m.body)", "quote(m.body)", more};
    struct opened o = made_open(m), p = made_open(m);
    assert_string_equal(rows_of(&o, a, from, "m.id", columns, 5),
                        rows_of(&p, a, from, "m.id", slow, 5));
    opened_close(&o);
    opened_close(&p);
}

static void changed_rows_are_those_of_a_full_comparison(void **state)
{
    (void)state;
    static const char *const settings[] = {
        "PRAGMA page_size = 512;", "PRAGMA page_size = 1024; PRAGMA auto_vacuum = INCREMENTAL;",
        "PRAGMA page_size = 4096;"};
    unsigned rounds = number("BRIDLE_SQLITE_ROUNDS", 150);
    uint64_t random = number("BRIDLE_SQLITE_SEED", 1);
    for (unsigned i = 0; i < rounds; i++) {
        struct arena a = {0};
        struct made m = with_changes(settings[i % 3], &random);
        expect_same(&m, &a, "message m", "'-'");
        expect_same(&m, &a, "message m LEFT JOIN handle h ON h.id = m.handle_id", "h.name");
        expect_same(&m, &a,
                    "message m LEFT JOIN handle h ON h.id = m.handle_id "
                    "LEFT JOIN deleted d ON d.message_id = m.id",
                    "h.name || '/' || d.day");
        made_free(&m);
        arena_free(&a);
    }
}

static struct merge_plan plan_of(struct opened *o, const char *from)
{
    static const char *const columns[] = {"m.text"};
    sqlite_enter(o->s);
    struct query_sql q = sqlite_query_sql(o->s, from, "m.id", columns, 1);
    struct merge_plan p = sqlite_merge_plan(o->s, &q);
    sqlite_query_sql_free(&q);
    sqlite_leave(o->s);
    return p;
}

static void expect_plan(const char *change, const char *from, int what, size_t ranges)
{
    struct made m = made_wal(STORE, change);
    struct opened o = made_open(&m);
    struct merge_plan p = plan_of(&o, from);
    assert_int_equal(p.what, what);
    assert_int_equal(p.rows.n, ranges);
    sqlite_merge_plan_free(&p);
    opened_close(&o);
    made_free(&m);
}

static void only_what_changed_is_compared(void **state)
{
    (void)state;
    static const char joined[] = "message m LEFT JOIN handle h ON h.id = m.handle_id";
    static const char by_index[] = "message m LEFT JOIN deleted d ON d.message_id = m.id";
    expect_plan("DELETE FROM gone", "message m", COMPARE_NONE, 0);
    expect_plan("UPDATE message SET text = 'new' WHERE id = 9", "message m", COMPARE_SOME, 1);
    expect_plan("UPDATE message SET text = 'new' WHERE id IN (9, 390)", joined, COMPARE_SOME, 2);
    expect_plan("UPDATE handle SET name = 'new' WHERE id = 9", joined, COMPARE_SOME, 0);
    expect_plan("UPDATE message SET text = 'new' WHERE id = 9", by_index, COMPARE_SOME, 1);
    expect_plan("DELETE FROM deleted WHERE message_id = 14", by_index, COMPARE_ALL, 0);
    expect_plan("CREATE TABLE made (a)", joined, COMPARE_ALL, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pages_in_order_are_so_for_sqlite),
        cmocka_unit_test(small_pages_too),
        cmocka_unit_test(large_pages_too),
        cmocka_unit_test(a_pointer_map_too),
        cmocka_unit_test(pages_of_a_wal_too),
        cmocka_unit_test(pages_that_a_roll_back_brought_too),
        cmocka_unit_test(values_that_do_not_fit_are_told),
        cmocka_unit_test(changed_rows_are_those_of_a_full_comparison),
        cmocka_unit_test(only_what_changed_is_compared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
