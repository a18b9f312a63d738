#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "job_kit.h"

static bool refuse_odd(struct job *job, struct slice bytes, struct record *r, struct err *e)
{
    (void)job;
    record_observe(r, "found", OBS_TEXT, RECEIVED, bytes);
    return slice_find(bytes, '!') == bytes.n || err_set(e, ERR_CORRUPT, "an exclamation");
}

static const struct artifact notes = {
    .id = "test.notes",
    .found_in = IN_IOS_FS,
    .paths = PATHS("*.db", "notes.*"),
    .tables = TABLES(
        {
            .name = "note",
            .from = "note n LEFT JOIN author a ON a.id = n.author",
            .row = "n.id",
            .own = "n.mine",
            .joined = PATHS("author"),
            .columns = COLUMNS(
                TIME("at", "n.at", MAC), TEXT("name", "a.name"),
                OBSERVE("text", "n.text", OBS_TEXT, RECEIVED), INT("number", "n.number", OPTIONAL),
                REAL("length", "n.length", OPTIONAL), HEX("mark", "n.mark", OPTIONAL),
                DECODE("body", "n.body", refuse_odd, OPTIONAL)),
        },
        {
            .name = "note",
            .from = "note n",
            .row = "n.id",
            .columns =
                COLUMNS(TIME("at", "n.at", MAC), OBSERVE("text", "n.text", OBS_TEXT, RECEIVED)),
        },
        {
            .name = "extra",
            .from = "extra x",
            .row = "x.id",
            .optional = true,
            .columns = COLUMNS(TEXT("what", "x.what")),
        }),
};

#define AUTHOR                                                                                     \
    "CREATE TABLE author (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO author VALUES (1,'A');"
#define NOTE                                                                                       \
    "CREATE TABLE note (id INTEGER PRIMARY KEY, at, author, text, mine, number, length, mark, body);"

static void columns_become_fields_by_their_types(void **state)
{
    (void)state;
    struct kit k;
    kit_start(&k);
    kit_sql(&k, "notes.db",
            NOTE AUTHOR
            "INSERT INTO note VALUES (41, 700000000, 1, 'see https://a.example/x', 0, 7, "
            "1.5, x'00ff', NULL)");
    kit_run(&k, &notes);
    assert_true(k.ok);
    assert_int_equal(k.nrecords, 1);
    assert_true(slice_is(k.records[0].origin.name, "note"));
    assert_int_equal(k.records[0].origin.n, 41);
    assert_string_equal(kit_field(&k, 0, "at"), "2023-03-08T20:26:40Z");
    assert_string_equal(kit_field(&k, 0, "name"), "A");
    assert_string_equal(kit_field(&k, 0, "number"), "7");
    assert_string_equal(kit_field(&k, 0, "length"), "1.5");
    assert_string_equal(kit_field(&k, 0, "mark"), "2 bytes");
    assert_string_equal(kit_field(&k, 0, "found"), "");
    assert_string_equal(k.sightings[0],
                        "url https://a.example/x received; domain a.example received");
    assert_int_equal(k.nfiles, 1); /* two patterns match it */
    assert_string_equal(k.files[0], "/notes.db +hash");
    kit_end(&k);
}

static void odd_types_are_kept_as_they_are(void **state)
{
    (void)state;
    struct kit k;
    kit_start(&k);
    kit_sql(&k, "notes.db",
            NOTE AUTHOR
            "INSERT INTO note VALUES (1, '2026-01-03 10:00:00', 1, 12, 0, 'seven', 2, 'ab', NULL);"
            "INSERT INTO note VALUES (2, 'never', 1, x'6869', 0, x'68ff', '1,5', 9, 7);"
            "INSERT INTO note VALUES (3, 0, 1, 1.5, 0, 2.5, NULL, NULL, NULL)");
    kit_run(&k, &notes);
    assert_int_equal(k.nrecords, 3);
    assert_string_equal(kit_field(&k, 0, "at"), "2026-01-03T10:00:00Z");
    assert_string_equal(kit_field(&k, 0, "text"), "12");
    assert_string_equal(kit_field(&k, 0, "number"), "seven");
    assert_string_equal(kit_field(&k, 0, "length"), "2");
    assert_string_equal(kit_field(&k, 1, "at"), "never");
    assert_string_equal(kit_field(&k, 1, "text"), "hi");
    assert_string_equal(kit_field(&k, 1, "mark"), "9");
    assert_string_equal(kit_field(&k, 2, "at"), "");
    assert_string_equal(kit_field(&k, 2, "text"), "1.5");
    assert_string_equal(kit_field(&k, 2, "number"), "2.5");
    assert_int_equal(k.tally.skipped, 1); /* a number where bytes belong */
    assert_string_equal(k.skips[0], "note 2: body: a number where bytes belong");
    kit_end(&k);
}

static void what_the_owner_sent_was_not_received(void **state)
{
    (void)state;
    struct kit k;
    kit_start(&k);
    kit_sql(&k, "notes.db",
            NOTE AUTHOR
            "INSERT INTO note VALUES (1, 1, 1, 'a.example', 1, NULL, NULL, NULL, 'b.example')");
    kit_run(&k, &notes);
    assert_string_equal(k.sightings[0], "domain a.example none; domain b.example none");
    kit_end(&k);
}

static void bad_part_costs_only_itself(void **state)
{
    (void)state;
    struct kit k;
    kit_start(&k);
    kit_sql(&k, "notes.db",
            NOTE AUTHOR "INSERT INTO note VALUES (1, 1, 1, 'text', 0, NULL, NULL, NULL, 'no!')");
    kit_run(&k, &notes);
    assert_true(k.ok);
    assert_string_equal(kit_field(&k, 0, "text"), "text");
    assert_string_equal(kit_field(&k, 0, "found"), "no!");
    assert_int_equal(k.tally.skipped, 1);
    assert_int_equal(k.tally.in_part, 1);
    assert_string_equal(k.skips[0], "note 1: body: an exclamation");
    kit_end(&k);
}

static void older_schema_takes_the_next_alternative(void **state)
{
    (void)state;
    struct kit k;
    kit_start(&k);
    kit_sql(
        &k, "notes.db",
        "CREATE TABLE note (id INTEGER PRIMARY KEY, at, text); INSERT INTO note VALUES (1, 1, 'x')");
    kit_run(&k, &notes);
    assert_true(k.ok);
    assert_int_equal(k.nrecords, 1);
    assert_string_equal(kit_field(&k, 0, "text"), "x");
    assert_int_equal(k.nwords[JOB_UNKNOWN], 0);
    kit_end(&k);
}

static void missing_column_is_named(void **state)
{
    (void)state;
    struct kit k;
    kit_start(&k);
    kit_sql(&k, "notes.db", "CREATE TABLE note (id INTEGER PRIMARY KEY, at)");
    kit_run(&k, &notes);
    assert_true(k.ok);
    assert_int_equal(k.nwords[JOB_UNKNOWN], 1);
    assert_string_equal(k.words[JOB_UNKNOWN][0], "schema not known: no n.text (/notes.db)");
    kit_end(&k);
}

static void missing_table_and_other_files_are_unknown(void **state)
{
    (void)state;
    struct kit k;
    kit_start(&k);
    kit_sql(&k, "a.db", "CREATE TABLE other (id)");
    kit_put(&k, "b.db", "not a database at all, but long enough", 38);
    kit_put(&k, "c.db", "", 0);
    kit_sql(
        &k, "d.db",
        "CREATE TABLE note (id INTEGER PRIMARY KEY, at, text); INSERT INTO note VALUES (1, 1, 'x');"
        "CREATE TABLE extra (id INTEGER PRIMARY KEY, what); INSERT INTO extra VALUES (5, 'y')");
    kit_run(&k, &notes);
    assert_true(k.ok);
    assert_int_equal(k.nwords[JOB_UNKNOWN], 3);
    assert_string_equal(k.words[JOB_UNKNOWN][0], "schema not known: no table note (/a.db)");
    assert_int_equal(k.nrecords, 2);
    assert_int_equal(k.file_of[0], 3);
    assert_string_equal(kit_field(&k, 1, "what"), "y");
    kit_end(&k);
}

static void rows_in_the_wal_are_told_apart(void **state)
{
    (void)state;
    struct kit k;
    kit_start(&k);
    kit_sql(&k, "notes.db",
            "CREATE TABLE note (id INTEGER PRIMARY KEY, at, text);\n"
            "INSERT INTO note VALUES (1, 1, 'old'), (2, 1, 'gone');\n"
            "-- wal\n"
            "DELETE FROM note WHERE id = 2; INSERT INTO note VALUES (3, 1, 'new');");
    kit_run(&k, &notes);
    assert_int_equal(k.nrecords, 3);
    enum state want[] = {LIVE, RECOVERED, WAL};
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(k.records[i].origin.n, i + 1);
        assert_int_equal(k.records[i].origin.state, want[i]);
    }
    assert_int_equal(k.nfiles, 2);
    assert_string_equal(k.files[1], "/notes.db-wal (beside) +hash");
    assert_int_equal(k.tally.files, 1);
    kit_end(&k);
}

static void bulk_rows_without_observables_are_only_counted(void **state)
{
    (void)state;
    struct kit k;
    kit_start(&k);
    kit_sql(
        &k, "notes.db",
        "CREATE TABLE note (id INTEGER PRIMARY KEY, at, text); WITH RECURSIVE n(i) AS (SELECT 1 "
        "UNION ALL SELECT i + 1 FROM n WHERE i < 2000) INSERT INTO note SELECT i, 1, '' FROM n");
    struct artifact bulk = notes;
    bulk.bulk = true;
    kit_run(&k, &bulk);
    assert_true(k.ok); /* nothing to see in them: they are only counted */
    assert_int_equal(k.tally.counted, 2000);
    assert_int_equal(k.nrecords, 0);
    kit_end(&k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_become_fields_by_their_types),
        cmocka_unit_test(odd_types_are_kept_as_they_are),
        cmocka_unit_test(what_the_owner_sent_was_not_received),
        cmocka_unit_test(bad_part_costs_only_itself),
        cmocka_unit_test(older_schema_takes_the_next_alternative),
        cmocka_unit_test(missing_column_is_named),
        cmocka_unit_test(missing_table_and_other_files_are_unknown),
        cmocka_unit_test(rows_in_the_wal_are_told_apart),
        cmocka_unit_test(bulk_rows_without_observables_are_only_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
