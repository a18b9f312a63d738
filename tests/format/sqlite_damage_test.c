/* Damaged databases: what is still read, and that nothing goes missing without a word. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sqlite_make.h"

enum { PAGE = 4096, ROWS = 400 };

/* Message and handle as in a phone's store: text, a unique index, a body with overflow pages. */
static const char store[] =
    "CREATE TABLE handle (id INTEGER PRIMARY KEY, name TEXT NOT NULL);"
    "CREATE TABLE message (id INTEGER PRIMARY KEY AUTOINCREMENT, guid TEXT UNIQUE NOT NULL,"
    " handle_id INTEGER, text TEXT, body BLOB);"
    "CREATE INDEX by_handle ON message (handle_id);"
    "WITH c(i) AS (VALUES(1) UNION ALL SELECT i + 1 FROM c WHERE i < 40)"
    " INSERT INTO handle SELECT i, printf('user%d@a.example', i) FROM c;"
    "WITH c(i) AS (VALUES(1) UNION ALL SELECT i + 1 FROM c WHERE i < 400)"
    " INSERT INTO message SELECT i, printf('guid-%d', i), 1 + i % 40,"
    "  printf('text %d %.*c', i, 200, 'x'),"
    "  CASE WHEN i % 50 = 0 THEN CAST(printf('%.*c', 9000, 'b') AS BLOB) END FROM c;";

static const char joined[] = "message m LEFT JOIN handle h ON h.id = m.handle_id";

struct result {
    const char *rows, *losses;
    unsigned n;
};

/* Reads messages with their handles and looks at both tables. Rows are NULL if it doesn't open. */
static struct result read_store(const struct made *m, struct arena *a)
{
    /* length(m.body) alone would not read the body. */
    static const char *const columns[] = {"h.name", "substr(m.text, 1, 8)",
                                          "nullif(length(hex(m.body)) / 2, 0)"};
    struct result r = {0};
    struct opened o = made_open(m);
    if (o.s) {
        bool there = sqlite_has_table(o.s, "message");
        r.rows = there ? rows_of(&o, a, joined, "m.id", columns, 3) : "error: no table\n";
        r.n = count_lines(r.rows);
        sqlite_check(o.s, "message");
        sqlite_check(o.s, "handle");
        r.losses = losses_of(&o, a);
    }
    opened_close(&o);
    return r;
}

static void says(const char *losses, const char *words)
{
    if (!losses || !strstr(losses, words))
        fail_msg("'%s' is not in: %s", words, losses ? losses : "(not opened)");
}

/* The page that holds the words, from 0. */
static size_t page_with(const struct made *m, const char *words)
{
    size_t at = slice_search(buf_view(&m->db), slice_of(words), 0);
    assert_true(at < m->db.n);
    return at / PAGE;
}

static void wreck(struct made *m, size_t page)
{
    memset(m->db.p + page * PAGE, 0xee, 64);
}

static void a_damaged_page_costs_its_rows_and_no_more(void **state)
{
    (void)state;
    struct arena a = {0};
    struct made m = made_plain(store);
    wreck(&m, page_with(&m, "text 200 "));
    struct result r = read_store(&m, &a);
    assert_true(r.n > ROWS - 20 && r.n < ROWS);
    assert_non_null(strstr(r.rows, "400 live user1@a.example|text 400|9000\n"));
    assert_null(strstr(r.rows, "error"));
    says(r.losses, "can't be read: database disk image is malformed");
    says(r.losses, "table message: Page ");
    made_free(&m);
    arena_free(&a);
}

static void several_damaged_pages_cost_only_theirs(void **state)
{
    (void)state;
    struct arena a = {0};
    struct made m = made_plain(store);
    wreck(&m, page_with(&m, "text 1 "));
    wreck(&m, page_with(&m, "text 120 "));
    wreck(&m, page_with(&m, "text 160 "));
    wreck(&m, page_with(&m, "text 399 "));
    struct result r = read_store(&m, &a);
    assert_true(r.n > ROWS - 80 && r.n < ROWS - 4);
    assert_non_null(strstr(r.rows, "140 live"));
    assert_non_null(strstr(r.rows, "200 live"));
    says(r.losses, "table message: rows before ");
    made_free(&m);
    arena_free(&a);
}

static void rows_with_far_apart_ids_are_found_behind_damage(void **state)
{
    (void)state;
    struct arena a = {0};
    static const char *const columns[] = {"substr(a, 1, 6)"};
    struct made m = made_plain("CREATE TABLE t (id INTEGER PRIMARY KEY, a);"
                               "WITH c(i) AS (VALUES(-50) UNION ALL SELECT i + 1 FROM c"
                               " WHERE i < 50) INSERT INTO t SELECT i * 100000000000000000,"
                               " printf('n%05d%.*c', i + 50, 500, 'x') FROM c WHERE i != 0;");
    wreck(&m, page_with(&m, "n00000"));
    wreck(&m, page_with(&m, "n00048"));
    struct opened o = made_open(&m);
    const char *rows = rows_of(&o, &a, "t", "id", columns, 1);
    assert_true(count_lines(rows) > 80);
    assert_non_null(strstr(rows, "-1000000000000000000 live n00040"));
    assert_non_null(strstr(rows, "5000000000000000000 live n00100"));
    opened_close(&o);
    made_free(&m);
    arena_free(&a);
}

static void a_damaged_join_costs_only_what_was_joined(void **state)
{
    (void)state;
    struct arena a = {0};
    struct made m = made_plain(store);
    wreck(&m, page_with(&m, "user1@a.example"));
    struct result r = read_store(&m, &a);
    assert_int_equal(r.n, ROWS);
    assert_non_null(strstr(r.rows, "400 live -|text 400|9000\n"));
    says(r.losses, "table message: row 1 was read without what is joined to it");
    made_free(&m);
    arena_free(&a);
}

static void a_damaged_join_without_index_is_not_tried_for_every_row(void **state)
{
    (void)state;
    struct arena a = {0};
    static const char *const columns[] = {"u.x"};
    struct made m = made_plain(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, k); CREATE TABLE u (k, x);"
        "WITH c(i) AS (VALUES(1) UNION ALL SELECT i + 1 FROM c WHERE i < 20000)"
        " INSERT INTO t SELECT i, i FROM c; INSERT INTO u SELECT k, 'joined-' || k FROM t;");
    wreck(&m, page_with(&m, "joined-19990"));
    struct opened o = made_open(&m);
    const char *rows = rows_of(&o, &a, "t LEFT JOIN u ON u.k = t.k", "t.id", columns, 1);
    assert_int_equal(count_lines(rows), 20000);
    opened_close(&o);
    made_free(&m);
    arena_free(&a);
}

static void a_damaged_index_costs_no_rows(void **state)
{
    (void)state;
    struct arena a = {0};
    static const char *const columns[] = {"m.handle_id"};
    struct made m = made_plain(store);
    int64_t root = 0;
    struct opened o = made_open(&m);
    assert_true(
        sqlite_int(o.s, "SELECT rootpage FROM sqlite_schema WHERE name = 'by_handle'", &root));
    opened_close(&o);
    wreck(&m, (size_t)root - 1);
    o = made_open(&m);
    /* A covering index would be the shorter way to these two columns. */
    const char *rows = rows_of(&o, &a, "message m", "m.id", columns, 1);
    assert_int_equal(count_lines(rows), ROWS);
    assert_string_equal(losses_of(&o, &a), "");
    opened_close(&o);
    made_free(&m);
    arena_free(&a);
}

static void a_damaged_root_is_told(void **state)
{
    (void)state;
    struct arena a = {0};
    struct made m = made_plain(store);
    int64_t root = 0;
    struct opened o = made_open(&m);
    assert_true(
        sqlite_int(o.s, "SELECT rootpage FROM sqlite_schema WHERE name = 'message'", &root));
    opened_close(&o);
    wreck(&m, (size_t)root - 1);
    struct result r = read_store(&m, &a);
    assert_int_equal(r.n, 0);
    says(r.losses, "table message: no row can be read");
    made_free(&m);
    arena_free(&a);
}

static void an_overflow_page_that_is_cut_off_is_told(void **state)
{
    (void)state;
    struct arena a = {0};
    struct made m = made_plain("CREATE TABLE message (id INTEGER PRIMARY KEY, text, body,"
                               " handle_id); CREATE TABLE handle (id INTEGER PRIMARY KEY, name);"
                               "INSERT INTO message VALUES (1, 'text 1', zeroblob(20000), 1)");
    m.db.n -= PAGE;
    struct result r = read_store(&m, &a);
    /* What is missing reads as zeros; the beginning of the value may be all that matters. */
    assert_string_equal(r.rows, "1 live -|text 1|20000\n");
    says(r.losses, "the file ends before page 7 of 7; missing pages: 1");
    made_free(&m);
    arena_free(&a);
}

static void a_damaged_overflow_page_costs_only_its_value(void **state)
{
    (void)state;
    struct arena a = {0};
    struct made m = made_plain(store);
    /* Its first four bytes lead to the next page. */
    size_t at = slice_search(buf_view(&m.db), slice_of("bbbbbbbb"), 0);
    while (at / PAGE * PAGE + 4 != at)
        at = slice_search(buf_view(&m.db), slice_of("bbbbbbbb"), at + 1);
    memset(m.db.p + at - 4, 0xee, 4);
    struct result r = read_store(&m, &a);
    assert_int_equal(r.n, ROWS);
    says(r.losses, "was read in part: database disk image is malformed");
    const char *whole = r.rows;
    unsigned bodies = 0;
    while ((whole = strstr(whole, "|9000\n"))) {
        bodies++;
        whole++;
    }
    assert_int_equal(bodies, ROWS / 50 - 1);
    assert_non_null(strstr(r.rows, "50 live user11@a.example|text 50 |"));
    made_free(&m);
    arena_free(&a);
}

static void a_smaller_cell_count_is_told(void **state)
{
    (void)state;
    struct arena a = {0};
    struct made m = made_plain(store);
    unsigned leaves = 0;
    for (size_t page = PAGE; page < m.db.n; page += PAGE) {
        if (m.db.p[page] != 13)
            continue;
        m.db.p[page + 4]--;
        struct result r = read_store(&m, &a);
        if (r.n < ROWS)
            says(r.losses, "Fragmentation");
        leaves += r.n < ROWS;
        m.db.p[page + 4]++;
    }
    assert_true(leaves > 10);
    made_free(&m);
    arena_free(&a);
}

static void a_file_that_is_cut_gives_its_beginning(void **state)
{
    (void)state;
    struct arena a = {0};
    struct made m = made_plain(store);
    m.db.n = m.db.n / 2 + 100;
    struct result r = read_store(&m, &a);
    assert_true(r.n > ROWS / 4 && r.n < ROWS);
    says(r.losses, "the file ends inside page ");
    made_free(&m);
    arena_free(&a);
}

static void a_file_that_is_longer_than_its_header_says_is_whole(void **state)
{
    (void)state;
    struct arena a = {0};
    struct made m = made_plain(store);
    memset(buf_room(&m.db, 5 * PAGE), 0, 5 * PAGE); /* enlarged in advance */
    m.db.n += 5 * PAGE;
    struct result r = read_store(&m, &a);
    assert_int_equal(r.n, ROWS);
    assert_string_equal(r.losses, "");
    made_free(&m);
    arena_free(&a);
}

static void a_wrong_page_count_in_the_header_hides_nothing(void **state)
{
    (void)state;
    struct arena a = {0};
    struct made m = made_plain(store);
    m.db.p[31] = 3; /* smaller: rows are still there */
    assert_int_equal(read_store(&m, &a).n, ROWS);
    m.db.p[28] = 0xf0; /* four thousand million pages */
    struct result r = read_store(&m, &a);
    assert_int_equal(r.n, ROWS);
    says(r.losses, "missing pages: ");
    made_free(&m);
    arena_free(&a);
}

static void a_damaged_schema_leaves_the_other_tables(void **state)
{
    (void)state;
    struct arena a = {0};
    struct made m = made_plain(store);
    size_t at = slice_search(buf_view(&m.db), slice_of("CREATE TABLE handle"), 0);
    memcpy(m.db.p + at + 13, "(and", 4);
    static const char *const columns[] = {"text"};
    struct opened o = made_open(&m);
    assert_non_null(o.s);
    assert_false(sqlite_has_table(o.s, "handle"));
    assert_int_equal(count_lines(rows_of(&o, &a, "message", "id", columns, 1)), ROWS);
    says(losses_of(&o, &a), "schema: malformed database schema");
    says(losses_of(&o, &a), "does not define its table handle");
    opened_close(&o);
    made_free(&m);
    arena_free(&a);
}

static void a_table_that_its_schema_lost_is_told(void **state)
{
    (void)state;
    struct arena a = {0};
    struct made m = made_plain(store);
    m.db.p[104] -= 1; /* one cell less on the schema page */
    struct opened o = made_open(&m);
    says(losses_of(&o, &a), "schema: ");
    opened_close(&o);
    m.db.p[104] += 1;
    size_t at = slice_search(buf_view(&m.db), slice_of("CREATE TABLE handle"), 0);
    m.db.p[at + 13] = 'b'; /* "bandle": a table of another name */
    o = made_open(&m);
    says(losses_of(&o, &a), "does not define its table handle");
    opened_close(&o);
    made_free(&m);
    arena_free(&a);
}

static void a_root_that_points_elsewhere_is_told(void **state)
{
    (void)state;
    struct arena a = {0};
    struct made m = made_plain(store);
    /* The schema row of `message` holds its root before its SQL; a leaf of the same table fits. */
    size_t leaf = page_with(&m, "text 300 ") + 1;
    size_t at = slice_search(buf_view(&m.db), slice_of("CREATE TABLE message"), 0);
    assert_true(leaf < 128);
    m.db.p[at - 1] = (uint8_t)leaf;
    struct result r = read_store(&m, &a);
    assert_true(r.n > 0 && r.n < 50);
    says(r.losses, "a table may have lost a part: Page ");
    made_free(&m);
    arena_free(&a);
}

static void a_damaged_table_without_rowids_is_told(void **state)
{
    (void)state;
    struct arena a = {0};
    static const char *const columns[] = {"a"};
    struct made m = made_plain("CREATE TABLE t (k INTEGER PRIMARY KEY, a) WITHOUT ROWID;"
                               "WITH c(i) AS (VALUES(1) UNION ALL SELECT i + 1 FROM c"
                               " WHERE i < 100) INSERT INTO t SELECT i,"
                               " printf('n%05d%.*c', i, 500, 'x') FROM c;");
    wreck(&m, page_with(&m, "n00050"));
    struct opened o = made_open(&m);
    const char *rows = rows_of(&o, &a, "t", "k", columns, 1);
    assert_true(count_lines(rows) > 30);
    assert_non_null(strstr(rows, "error: database disk image is malformed"));
    says(losses_of(&o, &a), "table t: the rest can't be read");
    opened_close(&o);
    made_free(&m);
    arena_free(&a);
}

static void a_tree_of_hostile_depth_is_no_crash(void **state)
{
    (void)state;
    enum { SMALL = 512, DEEP = 60000 };
    struct arena a = {0};
    struct made m = made_plain("PRAGMA page_size = 512; CREATE TABLE message (id INTEGER PRIMARY"
                               " KEY, text, body, handle_id);");
    m.db.n = SMALL;
    for (uint32_t i = 0; i < DEEP; i++) {
        /* An interior page without cells, and the next one as its only child. */
        uint32_t child = i + 3;
        uint8_t page[SMALL] = {5,
                               0,
                               0,
                               0,
                               0,
                               2,
                               0,
                               0,
                               [8] = (uint8_t)(child >> 24),
                               (uint8_t)(child >> 16),
                               (uint8_t)(child >> 8),
                               (uint8_t)child};
        buf_add(&m.db, page, sizeof page);
    }
    struct result r = read_store(&m, &a);
    assert_non_null(r.rows);
    says(r.losses, "");
    made_free(&m);
    arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_damaged_page_costs_its_rows_and_no_more),
        cmocka_unit_test(several_damaged_pages_cost_only_theirs),
        cmocka_unit_test(rows_with_far_apart_ids_are_found_behind_damage),
        cmocka_unit_test(a_damaged_join_costs_only_what_was_joined),
        cmocka_unit_test(a_damaged_join_without_index_is_not_tried_for_every_row),
        cmocka_unit_test(a_damaged_index_costs_no_rows),
        cmocka_unit_test(a_damaged_root_is_told),
        cmocka_unit_test(an_overflow_page_that_is_cut_off_is_told),
        cmocka_unit_test(a_damaged_overflow_page_costs_only_its_value),
        cmocka_unit_test(a_smaller_cell_count_is_told),
        cmocka_unit_test(a_file_that_is_cut_gives_its_beginning),
        cmocka_unit_test(a_file_that_is_longer_than_its_header_says_is_whole),
        cmocka_unit_test(a_wrong_page_count_in_the_header_hides_nothing),
        cmocka_unit_test(a_damaged_schema_leaves_the_other_tables),
        cmocka_unit_test(a_table_that_its_schema_lost_is_told),
        cmocka_unit_test(a_root_that_points_elsewhere_is_told),
        cmocka_unit_test(a_damaged_table_without_rowids_is_told),
        cmocka_unit_test(a_tree_of_hostile_depth_is_no_crash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
