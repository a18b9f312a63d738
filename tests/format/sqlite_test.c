/* Reading of intact databases: views, types, what is refused. Damage: sqlite_damage_test.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "sqlite_make.h"

#define COLUMNS(...) (const char *const[]){__VA_ARGS__}, sizeof((const char *[]){__VA_ARGS__}) / 8

static const char three[] = "CREATE TABLE t (id INTEGER PRIMARY KEY, a);"
                            "INSERT INTO t VALUES (1, 'one'), (2, 'two'), (3, 'three');";

static void no_losses(struct opened *o, struct arena *a)
{
    assert_string_equal(losses_of(o, a), "");
}

/* Rows of `from` as text, from a database that must open and stay without loss. */
static void expect_rows(struct made m, const char *from, const char *row, const char *column,
                        const char *expected)
{
    struct arena a = {0};
    struct opened o = made_open(&m);
    if (!o.s)
        fail_msg("%s", o.e.msg);
    assert_string_equal(rows_of(&o, &a, from, row, &column, 1), expected);
    no_losses(&o, &a);
    opened_close(&o);
    made_free(&m);
    arena_free(&a);
}

static void rows_come_in_order_and_live(void **state)
{
    (void)state;
    expect_rows(made_plain(three), "t", "id", "a", "1 live one\n2 live two\n3 live three\n");
}

static void rows_only_in_the_wal_are_wal(void **state)
{
    (void)state;
    expect_rows(made_wal(three, "INSERT INTO t VALUES (0, 'zero'), (9, 'nine')"), "t", "id", "a",
                "0 wal zero\n1 live one\n2 live two\n3 live three\n9 wal nine\n");
}

static void rows_deleted_in_the_wal_are_recovered(void **state)
{
    (void)state;
    expect_rows(made_wal(three, "DELETE FROM t WHERE id != 2"), "t", "id", "a",
                "1 recovered one\n2 live two\n3 recovered three\n");
}

static void rows_changed_in_the_wal_come_in_both_forms(void **state)
{
    (void)state;
    expect_rows(made_wal(three, "UPDATE t SET a = 'TWO' WHERE id = 2"), "t", "id", "a",
                "1 live one\n2 wal TWO\n2 recovered two\n3 live three\n");
}

static void a_table_made_in_the_wal_is_wal(void **state)
{
    (void)state;
    struct made m = made_wal(three, "CREATE TABLE u (id INTEGER PRIMARY KEY, a);"
                                    "INSERT INTO u VALUES (5, 'new')");
    expect_rows(m, "u", "id", "a", "5 wal new\n");
}

static void a_wal_that_is_missing_does_no_harm(void **state)
{
    (void)state;
    /* The header says WAL mode, but there is no WAL. */
    struct made m = made_wal(three, NULL);
    buf_clear(&m.wal);
    assert_int_equal(m.db.p[18], 2);
    struct opened o = made_open(&m);
    assert_non_null(o.s);
    assert_int_equal(sqlite_overlay(o.s), LIVE);
    opened_close(&o);
    expect_rows(m, "t", "id", "a", "1 live one\n2 live two\n3 live three\n");
}

static void an_unfinished_transaction_in_the_wal_is_a_note(void **state)
{
    (void)state;
    struct arena a = {0};
    struct made m = made_wal(three, "INSERT INTO t VALUES (4, 'four')");
    size_t committed = m.wal.n;
    made_free(&m);
    m = made_wal(three, "INSERT INTO t VALUES (4, 'four');"
                        "PRAGMA cache_size = 3; PRAGMA cache_spill = 1; BEGIN;"
                        "INSERT INTO t SELECT value + 5, hex(randomblob(1000)) FROM"
                        " (WITH c(value) AS (VALUES(0) UNION ALL SELECT value + 1 FROM c"
                        "  WHERE value < 99) SELECT value FROM c)");
    assert_true(m.wal.n > committed);
    struct opened o = made_open(&m);
    assert_string_equal(rows_of(&o, &a, "t", "id", COLUMNS("a")),
                        "1 live one\n2 live two\n3 live three\n4 wal four\n");
    no_losses(&o, &a);
    assert_non_null(strstr(notes_of(&o, &a), "not finished"));
    opened_close(&o);
    made_free(&m);
    arena_free(&a);
}

static const char filled[] = "CREATE TABLE t (id INTEGER PRIMARY KEY, a);"
                             "WITH c(i) AS (VALUES(1) UNION ALL SELECT i + 1 FROM c WHERE i < 200)"
                             " INSERT INTO t SELECT i, printf('text %d %.*c', i, 400, 'x') FROM c;";

static void a_hot_journal_is_rolled_back(void **state)
{
    (void)state;
    struct arena a = {0};
    struct made m = made_hot(filled, "DELETE FROM t WHERE id > 100;"
                                     "UPDATE t SET a = 'changed' WHERE id <= 100");
    assert_true(m.journal.n > 512);
    struct opened o = made_open(&m);
    assert_non_null(o.s);
    assert_int_equal(sqlite_overlay(o.s), JOURNAL);
    struct sqlite_row r;
    struct err e = {0};
    struct sqlite_query *q = sqlite_query(o.s, "t", "id", COLUMNS("substr(a, 1, 8)"), &e);
    unsigned rolled_back = 0, live = 0;
    while (sqlite_next(q, &r, &e)) {
        if (r.state == JOURNAL || r.state == LIVE)
            assert_true(slice_starts(r.values[0].bytes, "text "));
        rolled_back += r.state == JOURNAL;
        live += r.state == LIVE;
    }
    assert_int_equal(e.code, ERR_NONE);
    assert_int_equal(rolled_back + live, 200);
    assert_true(rolled_back > 0);
    sqlite_query_free(q);
    sqlite_check(o.s, "t");
    no_losses(&o, &a);
    opened_close(&o);
    made_free(&m);
    arena_free(&a);
}

static void a_finished_journal_changes_nothing(void **state)
{
    (void)state;
    struct made m = made_plain(three);
    /* Journal mode PERSIST: the header is wiped, the rest stays. */
    memset(buf_room(&m.journal, 4096), 0, 28);
    memset(m.journal.p + 28, 0xaa, 4068);
    m.journal.n = 4096;
    expect_rows(m, "t", "id", "a", "1 live one\n2 live two\n3 live three\n");
}

static void rows_of_one_id_are_told_apart_by_content(void **state)
{
    (void)state;
    /* A LEFT JOIN gives message 1 three times; the WAL takes one away and adds two. */
    struct made m = made_wal("CREATE TABLE m (id INTEGER PRIMARY KEY, a);"
                             "CREATE TABLE j (m, x); INSERT INTO m VALUES (1, 'a'), (2, 'b');"
                             "INSERT INTO j VALUES (1, 'p'), (1, 'q'), (1, 'q');",
                             "DELETE FROM j WHERE x = 'p';"
                             "INSERT INTO j VALUES (1, 'q'), (1, 'z');");
    expect_rows(m, "m LEFT JOIN j ON j.m = m.id", "m.id", "j.x",
                "1 live q\n1 live q\n1 wal q\n1 wal z\n1 recovered p\n2 live -\n");
}

static void rows_without_an_id_are_compared_too(void **state)
{
    (void)state;
    struct made m = made_wal("CREATE TABLE t (k, a); INSERT INTO t VALUES (NULL, 'a'),"
                             " (NULL, 'b'), ('text', 'c'), (7, 'd'), (2.5, 'e');",
                             "DELETE FROM t WHERE a IN ('a', 'e');"
                             "INSERT INTO t VALUES (NULL, 'n'), (x'00', 'f')");
    expect_rows(m, "t", "k", "a",
                "- live b\n- wal n\n- recovered a\n- recovered e\n7 live d\n- live c\n- wal f\n");
}

static void values_keep_type_and_every_byte(void **state)
{
    (void)state;
    struct arena a = {0};
    struct made m = made_plain("CREATE TABLE t (id INTEGER PRIMARY KEY, a, b, c, d, e, f);"
                               "INSERT INTO t VALUES (1, NULL, -9223372036854775808, 1e300,"
                               " CAST(x'610062' AS TEXT), x'00ff', '')");
    struct opened o = made_open(&m);
    struct err e = {0};
    struct sqlite_row r;
    struct sqlite_query *q =
        sqlite_query(o.s, "t", "id", COLUMNS("a", "b", "c", "d", "e", "f"), &e);
    assert_true(sqlite_next(q, &r, &e));
    assert_int_equal(r.values[0].type, SQL_NULL);
    assert_true(r.values[1].type == SQL_INT && r.values[1].integer == INT64_MIN);
    assert_true(r.values[2].type == SQL_REAL && r.values[2].integer == INT64_MAX);
    assert_int_equal(r.values[3].type, SQL_TEXT);
    assert_int_equal(r.values[3].bytes.n, 3);
    assert_memory_equal(r.values[3].bytes.p, "a\0b", 3);
    assert_true(r.values[4].type == SQL_BLOB && r.values[4].bytes.n == 2);
    assert_true(r.values[5].type == SQL_TEXT && r.values[5].bytes.n == 0);
    assert_false(sqlite_next(q, &r, &e));
    assert_int_equal(e.code, ERR_NONE);
    sqlite_query_free(q);
    opened_close(&o);
    made_free(&m);
    arena_free(&a);
}

static void utf16_comes_as_utf8(void **state)
{
    (void)state;
    expect_rows(made_plain("PRAGMA encoding = 'UTF-16be'; CREATE TABLE t (id INTEGER PRIMARY KEY,"
                           " a); INSERT INTO t VALUES (1, 'gr\xc3\xbc\xc3\x9f \xf0\x9f\x98\x80')"),
                "t", "id", "a", "1 live gr\xc3\xbc\xc3\x9f \xf0\x9f\x98\x80\n");
}

static void a_table_without_rowids_is_read(void **state)
{
    (void)state;
    expect_rows(made_wal("CREATE TABLE t (k TEXT PRIMARY KEY, a) WITHOUT ROWID;"
                         "INSERT INTO t VALUES ('x', 1), ('y', 2)",
                         "DELETE FROM t WHERE k = 'x'"),
                "t", "a", "k", "1 recovered x\n2 live y\n");
}

static int backwards(void *ctx, int an, const void *a, int bn, const void *b)
{
    (void)ctx;
    return slice_compare(slice_at(b, (size_t)bn), slice_at(a, (size_t)an));
}

static void twice(sqlite3_context *ctx, int n, sqlite3_value **v)
{
    (void)n;
    sqlite3_result_int64(ctx, 2 * sqlite3_value_int64(*v));
}

static void what_only_the_app_knows_does_no_harm(void **state)
{
    (void)state;
    struct arena a = {0};
    struct made m = {0};
    sqlite3 *db;
    char path[64];
    assert_int_equal(sqlite3_open(made_write(&m, path), &db), SQLITE_OK);
    sqlite3_create_collation(db, "PHONEBOOK", SQLITE_UTF8, NULL, backwards);
    sqlite3_create_function(db, "twice", 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC, NULL, twice, NULL,
                            NULL);
    const char *sql = "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT UNIQUE COLLATE PHONEBOOK,"
                      " b CHECK (twice(b) > 0)); CREATE INDEX i ON t (twice(b));"
                      "CREATE INDEX j ON t (b) WHERE twice(b) > 5;"
                      "CREATE TRIGGER g AFTER INSERT ON t BEGIN SELECT twice(1); END;"
                      "CREATE VIEW w AS SELECT twice(b) FROM t;"
                      "INSERT INTO t VALUES (1, 'one', 1), (2, 'two', 2), (3, 'three', 3)";
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    m = made_read(path);
    made_remove(path);
    struct opened o = made_open(&m);
    assert_true(sqlite_has_table(o.s, "t"));
    assert_string_equal(rows_of(&o, &a, "t", "id", COLUMNS("a")),
                        "1 live one\n2 live two\n3 live three\n");
    sqlite_check(o.s, "t");
    no_losses(&o, &a);
    /* The index is in another order than ours, so that the join finds too little. */
    rows_of(&o, &a, "t LEFT JOIN t u ON u.a = t.a", "t.id", COLUMNS("u.a"));
    assert_string_equal(losses_of(&o, &a),
                        "table t: compared by a collation that only the app has\n");
    opened_close(&o);
    made_free(&m);
    arena_free(&a);
}

static void an_empty_table_has_no_rows(void **state)
{
    (void)state;
    expect_rows(made_plain("CREATE TABLE t (id INTEGER PRIMARY KEY, a)"), "t", "id", "a", "");
}

static void columns_and_tables_are_probed(void **state)
{
    (void)state;
    struct arena a = {0};
    int64_t n = 0;
    struct made m = made_plain(three);
    struct opened o = made_open(&m);
    assert_true(sqlite_has_table(o.s, "t"));
    assert_true(sqlite_has_table(o.s, "T"));
    assert_false(sqlite_has_table(o.s, "u"));
    assert_true(sqlite_has(o.s, "x.a", "t x"));
    assert_false(sqlite_has(o.s, "x.b", "t x"));
    assert_false(sqlite_has(o.s, "\"b\"", "t x")); /* no string in disguise */
    assert_true(sqlite_int(o.s, "SELECT max(id) FROM t", &n) && n == 3);
    assert_false(sqlite_int(o.s, "SELECT a FROM t", &n));
    assert_false(sqlite_int(o.s, "SELECT id FROM t WHERE id > 5", &n));
    assert_false(sqlite_int(o.s, "SELECT id FROM u", &n));
    no_losses(&o, &a);
    opened_close(&o);
    made_free(&m);
    arena_free(&a);
}

static void what_is_no_plain_table_is_refused_and_told(void **state)
{
    (void)state;
    static const struct {
        const char *sql, *loss;
    } cases[] = {
        {"CREATE VIEW t AS SELECT 1 AS id, 2 AS a", "t is a view, not a table\n"},
        {"CREATE VIEW t AS WITH c(i) AS (VALUES(1) UNION ALL SELECT i + 1 FROM c)"
         " SELECT i AS id, i AS a FROM c",
         "t is a view, not a table\n"},
        {"CREATE VIRTUAL TABLE t USING fts5(a)", "t is a virtual table, not a table\n"},
        {"CREATE TABLE t (id INTEGER PRIMARY KEY, a AS (hex(zeroblob(400000000))))",
         "table t has generated columns: not read\n"},
        {"CREATE TABLE t (id INTEGER PRIMARY KEY, a AS (id + 1) STORED)",
         "table t has generated columns: not read\n"},
    };
    struct arena a = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct made m = made_plain(cases[i].sql);
        struct opened o = made_open(&m);
        assert_non_null(o.s);
        assert_false(sqlite_has_table(o.s, "t"));
        assert_string_equal(losses_of(&o, &a), cases[i].loss);
        opened_close(&o);
        made_free(&m);
    }
    arena_free(&a);
}

static void a_view_is_not_read_even_if_asked_for(void **state)
{
    (void)state;
    struct arena a = {0};
    struct made m = made_plain("CREATE TABLE u (id INTEGER PRIMARY KEY, a);"
                               "CREATE VIEW t AS WITH c(i) AS (VALUES(1) UNION ALL"
                               " SELECT i + 1 FROM c) SELECT i AS id, i AS a FROM c");
    struct opened o = made_open(&m);
    assert_false(sqlite_has(o.s, "a", "t"));
    assert_non_null(strstr(rows_of(&o, &a, "t", "id", COLUMNS("a")), "error: "));
    assert_false(sqlite_has(o.s, "randomblob(9)", "u"));
    assert_false(sqlite_has(o.s, "zeroblob(9)", "u"));
    assert_false(sqlite_has(o.s, "load_extension('x')", "u"));
    opened_close(&o);
    made_free(&m);
    arena_free(&a);
}

static void a_query_stops_when_its_time_is_up(void **state)
{
    (void)state;
    struct made m = made_plain(filled);
    struct blob *b = blob_of_memory(buf_view(&m.db));
    struct err e = {0};
    struct sqlite_row r;
    struct sqlite_limits limits = {.seconds = 0.05};
    struct sqlite *s = sqlite_open(b, NULL, NULL, &limits, &e);
    struct sqlite_query *q =
        sqlite_query(s, "t p JOIN t q JOIN t r JOIN t s", "p.id", COLUMNS("q.a < r.a"), &e);
    assert_non_null(q);
    while (sqlite_next(q, &r, &e))
        ;
    assert_int_equal(e.code, ERR_LIMIT);
    sqlite_query_free(q);
    sqlite_close(s);
    blob_close(b);
    made_free(&m);
}

static void a_value_over_the_limit_is_null(void **state)
{
    (void)state;
    struct arena a = {0};
    struct made m = made_plain("CREATE TABLE t (id INTEGER PRIMARY KEY, b, a); INSERT INTO t VALUES"
                               " (1, 'x', 'a'), (2, 'y', hex(zeroblob(50000))), (3, 'z', 'c')");
    struct opened o = made_open(&m);
    sqlite_close(o.s);
    struct sqlite_limits limits = {.max_value = 10000};
    o.s = sqlite_open(o.db, NULL, NULL, &limits, &o.e);
    assert_string_equal(rows_of(&o, &a, "t", "id", COLUMNS("a", "b")),
                        "1 live a|x\n2 live -|y\n3 live c|z\n");
    assert_string_equal(losses_of(&o, &a),
                        "table t: row 2 was read in part: a value is longer than 10000 bytes\n");
    opened_close(&o);
    made_free(&m);
    arena_free(&a);
}

static void what_is_no_database_is_an_error(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t n;
        enum err_code code;
    } cases[] = {
        {"", 0, ERR_ABSENT},
        {"SQLite format 3", 16, ERR_CORRUPT},
        {"garbage", 7, ERR_CORRUPT},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct err e = {0};
        struct blob *b = blob_of_memory(slice_at(cases[i].bytes, cases[i].n));
        assert_null(sqlite_open(b, NULL, NULL, NULL, &e));
        assert_int_equal(e.code, cases[i].code);
        blob_close(b);
    }
    struct made m = {0};
    memset(buf_room(&m.db, 8192), 0x5a, 8192);
    m.db.n = 8192;
    struct opened o = made_open(&m);
    assert_null(o.s);
    assert_int_equal(o.e.code, ERR_CORRUPT);
    opened_close(&o);
    made_free(&m);
}

static void an_empty_file_with_a_wal_is_not_absent(void **state)
{
    (void)state;
    struct made m = made_wal(three, "INSERT INTO t VALUES (4, 'four')");
    buf_clear(&m.db);
    struct opened o = made_open(&m);
    assert_null(o.s);
    assert_int_equal(o.e.code, ERR_CORRUPT);
    opened_close(&o);
    made_free(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_come_in_order_and_live),
        cmocka_unit_test(rows_only_in_the_wal_are_wal),
        cmocka_unit_test(rows_deleted_in_the_wal_are_recovered),
        cmocka_unit_test(rows_changed_in_the_wal_come_in_both_forms),
        cmocka_unit_test(a_table_made_in_the_wal_is_wal),
        cmocka_unit_test(a_wal_that_is_missing_does_no_harm),
        cmocka_unit_test(an_unfinished_transaction_in_the_wal_is_a_note),
        cmocka_unit_test(a_hot_journal_is_rolled_back),
        cmocka_unit_test(a_finished_journal_changes_nothing),
        cmocka_unit_test(rows_of_one_id_are_told_apart_by_content),
        cmocka_unit_test(rows_without_an_id_are_compared_too),
        cmocka_unit_test(values_keep_type_and_every_byte),
        cmocka_unit_test(utf16_comes_as_utf8),
        cmocka_unit_test(a_table_without_rowids_is_read),
        cmocka_unit_test(what_only_the_app_knows_does_no_harm),
        cmocka_unit_test(an_empty_table_has_no_rows),
        cmocka_unit_test(columns_and_tables_are_probed),
        cmocka_unit_test(what_is_no_plain_table_is_refused_and_told),
        cmocka_unit_test(a_view_is_not_read_even_if_asked_for),
        cmocka_unit_test(a_query_stops_when_its_time_is_up),
        cmocka_unit_test(a_value_over_the_limit_is_null),
        cmocka_unit_test(what_is_no_database_is_an_error),
        cmocka_unit_test(an_empty_file_with_a_wal_is_not_absent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
