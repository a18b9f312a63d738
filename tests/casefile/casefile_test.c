/* The case file's life: creating, filling, closing, and opening what somebody else has made. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"
#include "casefile/impl.h"

struct kit {
    char folder[64], path[96];
    struct casefile *c;
    struct arena arena;
    int64_t evidence, run, file;
};

#define MUST(call)                                                                                 \
    do {                                                                                           \
        struct err e = {0};                                                                        \
        if (!(call))                                                                               \
            fail_msg("%s: %s", #call, e.msg);                                                      \
    } while (0)

static void create(struct kit *k)
{
    MUST(k->c = casefile_create(k->path, false, &e));
}

static void close_case(struct kit *k)
{
    MUST(casefile_close(k->c, &e));
    k->c = NULL;
}

static void reopen(struct kit *k, enum case_mode m)
{
    MUST(k->c = casefile_open(k->path, m, &e));
}

static void plan(struct kit *k)
{
    const struct opened o = {.kind = SOURCE_IOS_BACKUP, .facts = {.encrypted = true}};
    const struct sent_file f = {.path = slice_of("/private/var/mobile/Library/SMS/sms.db"),
                                .container = slice_of("3d/3d0d"),
                                .domain = slice_of("HomeDomain"),
                                .bytes = 4096};
    MUST(casefile_add_evidence(k->c, "phone", &o, NULL, 0, &k->evidence, &e));
    MUST(casefile_plan(k->c, k->evidence, artifact_find(slice_of("ios.sms")), &k->run, &e));
    MUST(casefile_add_file(k->c, k->evidence, &f, &k->file, &e));
}

static void add_message(struct kit *k, int64_t row, const char *text)
{
    static struct sent_record sent;
    struct record *r = &sent.record;
    sent.sightings = (struct sightings){0};
    record_start(r, ROW, slice_of("message"), row);
    record_time(r, "date", utime_parse(slice_of("2026-01-03T10:00:00.5Z")));
    record_observe(r, "text", OBS_TEXT, RECEIVED, slice_of(text));
    record_int(r, "is_from_me", 0);
    record_derive(r, &k->arena, &sent.sightings);
    MUST(casefile_add_record(k->c, k->run, k->file, &sent, &e));
}

static const char *one(struct kit *k, const char *sql)
{
    sqlite3_stmt *s = NULL;
    const char *out = "(none)";
    if (k->c->mode == CASE_WRITE)
        MUST(case_flush(k->c, &e)); /* queries see only what doesn't wait any more */
    if (sqlite3_prepare_v2(casefile_db(k->c), sql, -1, &s, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(casefile_db(k->c)));
    if (sqlite3_step(s) == SQLITE_ROW && sqlite3_column_text(s, 0))
        out = arena_string(&k->arena,
                           slice_at(sqlite3_column_text(s, 0), (size_t)sqlite3_column_bytes(s, 0)));
    sqlite3_finalize(s);
    return out;
}

/* Changes a closed case behind our back, as another program could. */
static void tamper(struct kit *k, const char *sql)
{
    sqlite3 *db;
    assert_int_equal(sqlite3_open(k->path, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    sqlite3_close(db);
}

static void put_file(const char *path, const void *bytes, size_t n)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, n), n);
    close(fd);
}

static void expect_refused(struct kit *k, enum err_code code, const char *words)
{
    struct err e = {0};
    assert_null(casefile_open(k->path, CASE_READ, &e));
    assert_int_equal(e.code, code);
    if (!strstr(e.msg, words))
        fail_msg("\"%s\" is not in \"%s\"", words, e.msg);
}

static int set_up(void **state)
{
    struct kit *k = xcalloc(1, sizeof *k);
    snprintf(k->folder, sizeof k->folder, "/tmp/bridle-case.XXXXXX");
    assert_non_null(mkdtemp(k->folder));
    snprintf(k->path, sizeof k->path, "%s/a.bridle", k->folder);
    *state = k;
    return 0;
}

static int tear_down(void **state)
{
    struct kit *k = *state;
    char side[128];
    struct err e = {0};
    if (k->c && !casefile_close(k->c, &e))
        print_message("%s\n", e.msg);
    unlink(k->path);
    for (int i = 0; i < 2; i++) {
        snprintf(side, sizeof side, "%s%s", k->path, i ? "-wal" : "-journal");
        unlink(side);
    }
    int left = rmdir(k->folder); /* fails where a file was left behind */
    arena_free(&k->arena);
    free(k);
    return left;
}

/* -- creating -- */

static void case_is_for_its_owner_only(void **state)
{
    struct kit *k = *state;
    struct stat st;
    mode_t old = umask(0);
    create(k);
    umask(old);
    assert_int_equal(stat(k->path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
}

static void finished_case_is_one_file(void **state)
{
    struct kit *k = *state;
    create(k);
    plan(k);
    add_message(k, 1, "https://a.example/");
    close_case(k); /* tear_down() wants the folder empty */
    reopen(k, CASE_READ);
    assert_string_equal(one(k, "PRAGMA journal_mode"), "delete");
    assert_string_equal(one(k, "SELECT value FROM run WHERE name = 'finished'"), "1");
}

static void existing_case_is_not_replaced_without_force(void **state)
{
    struct kit *k = *state;
    struct err e = {0};
    put_file(k->path, "kept", 4);
    assert_null(casefile_create(k->path, false, &e));
    assert_int_equal(e.code, ERR_USAGE);
    struct stat st;
    assert_int_equal(stat(k->path, &st), 0);
    assert_int_equal(st.st_size, 4);
    err_clear(&e);
    k->c = casefile_create(k->path, true, &e);
    assert_non_null(k->c);
}

static void journal_of_an_earlier_case_is_not_rolled_back(void **state)
{
    struct kit *k = *state;
    char side[128];
    snprintf(side, sizeof side, "%s-journal", k->path);
    put_file(side, "left behind", 11);
    create(k);
    close_case(k);
    assert_int_equal(access(side, F_OK), -1);
}

static void folder_that_is_missing_is_an_error(void **state)
{
    struct kit *k = *state;
    struct err e = {0};
    char path[128];
    snprintf(path, sizeof path, "%s/none/a.bridle", k->folder);
    assert_null(casefile_create(path, false, &e));
    assert_int_equal(e.code, ERR_IO);
}

static void discarded_case_leaves_nothing(void **state)
{
    struct kit *k = *state;
    create(k);
    casefile_discard(k->c);
    k->c = NULL;
    assert_int_equal(access(k->path, F_OK), -1);
}

/* -- filling -- */

static void record_keeps_fields_times_and_place(void **state)
{
    struct kit *k = *state;
    create(k);
    plan(k);
    add_message(k, 42, "see https://a.example/x");
    assert_string_equal(one(k, "SELECT fields FROM record"),
                        "{\"text\":\"see https://a.example/x\",\"is_from_me\":0}");
    assert_string_equal(one(k, "SELECT name || ' ' || n || ' ' || place || ' ' || state || ' ' || "
                               "time_ns || ' ' || precision || ' ' || times FROM record"),
                        "message 42 0 0 1767434400500000000 3 date");
}

static void times_beside_the_first_are_written_once(void **state)
{
    struct kit *k = *state;
    static struct sent_record sent;
    struct record *r = &sent.record;
    create(k);
    plan(k);
    record_start(r, ROW, slice_of("message"), 1);
    record_time(r, "sent", utime_parse(slice_of("2026-01-03T10:00:00Z")));
    record_time(r, "read", utime_parse(slice_of("2026-01-03T10:05:00Z")));
    record_time(r, "date", utime_parse(slice_of("2026-01-03T10:00:00Z")));
    MUST(casefile_add_record(k->c, k->run, k->file, &sent, &e));
    assert_string_equal(one(k, "SELECT times FROM record"),
                        "[\"sent\",null,\"read\",\"2026-01-03T10:05:00Z\",\"date\",null]");
}

static void name_of_a_time_is_never_taken_for_a_list(void **state)
{
    struct kit *k = *state;
    static struct sent_record sent;
    create(k);
    plan(k);
    record_start(&sent.record, ROW, slice_of("message"), 1);
    record_time(&sent.record, "[", utime_parse(slice_of("2026-01-03T10:00:00Z")));
    MUST(casefile_add_record(k->c, k->run, k->file, &sent, &e));
    assert_string_equal(one(k, "SELECT times FROM record"), "[\"[\",null]");
}

static void many_records_keep_their_sightings(void **state)
{
    struct kit *k = *state;
    char text[64];
    create(k);
    plan(k);
    for (int i = 1; i <= 3000; i++) { /* several batches */
        snprintf(text, sizeof text, "https://h%d.example/", i % 1000);
        add_message(k, i, text);
    }
    assert_string_equal(one(k, "SELECT count(*) || ' ' || max(id) FROM record"), "3000 3000");
    assert_string_equal(one(k, "SELECT count(*) FROM record r JOIN sighting s ON s.id = "
                               "r.first_sighting AND s.record_id = r.id JOIN observable o ON "
                               "o.id = s.observable_id WHERE o.value = "
                               "'https://h' || (r.n % 1000) || '.example/'"),
                        "3000");
    assert_string_equal(one(k, "SELECT count(*) FROM observable"), "2000");
}

static void equal_observables_are_one_row(void **state)
{
    struct kit *k = *state;
    create(k);
    plan(k);
    for (int i = 1; i <= 5; i++)
        add_message(k, i, i % 2 ? "https://a.example/x" : "https://b.example/y");
    assert_string_equal(one(k, "SELECT group_concat(type || ' ' || value, ', ') FROM observable"),
                        "url https://a.example/x, domain a.example, url https://b.example/y, "
                        "domain b.example");
    assert_string_equal(one(k, "SELECT count(*) FROM sighting"), "10");
    assert_string_equal(one(k, "SELECT count(*) FROM record r JOIN sighting s ON "
                               "s.id = r.first_sighting AND s.record_id = r.id"),
                        "5");
}

static void many_observables_stay_distinct(void **state)
{
    struct kit *k = *state;
    char text[64];
    create(k);
    plan(k);
    for (int i = 0; i < 40000; i++) { /* the table of those seen grows on the way */
        snprintf(text, sizeof text, "https://h%d.example/", i % 20000);
        add_message(k, i + 1, text);
        if (i % 1000 == 0)
            arena_reset(&k->arena);
    }
    assert_string_equal(one(k, "SELECT count(*) || ' ' || count(DISTINCT type || value) FROM "
                               "observable"),
                        "40000 40000");
}

static void file_that_two_artifacts_read_is_one_row(void **state)
{
    struct kit *k = *state;
    int64_t again = 0;
    struct sent_file f = {.path = slice_of("/private/var/mobile/Library/SMS/sms.db"),
                          .container = slice_of("3d/3d0d"),
                          .hashed = true,
                          .bytes = 5000};
    create(k);
    plan(k);
    MUST(casefile_add_file(k->c, k->evidence, &f, &again, &e));
    assert_int_equal(again, k->file);
    assert_string_equal(one(k, "SELECT bytes || ' ' || length(sha256) FROM file"), "5000 64");
}

static void file_of_other_evidence_is_another_row(void **state)
{
    struct kit *k = *state;
    create(k);
    plan(k);
    int64_t first = k->file;
    plan(k);
    assert_int_not_equal(first, k->file);
}

static void artifact_is_pending_until_it_is_finished(void **state)
{
    struct kit *k = *state;
    const struct usage u = {.files = 1, .records = 1, .skipped = 3, .lost = 2, .seconds = 0.5};
    create(k);
    plan(k);
    assert_string_equal(one(k, "SELECT status || ' ' || expected || ' ' || holds || ' ' || title "
                               "FROM coverage"),
                        "pending 1 span Messages");
    add_message(k, 1, "x");
    MUST(casefile_finish(k->c, k->run, STATUS_PARTIAL, "3 rows skipped", &u, &e));
    assert_string_equal(one(k,
                            "SELECT status || ' ' || reason || ' ' || files || ' ' || records || "
                            "' ' || skipped || ' ' || lost || ' ' || ms || ' ' || first_ns "
                            "FROM coverage"),
                        "partial 3 rows skipped 1 1 3 2 500 1767434400500000000");
}

static void records_of_a_run_lie_in_spans(void **state)
{
    struct kit *k = *state;
    create(k);
    plan(k);
    add_message(k, 1, "x");
    add_message(k, 2, "x");
    int64_t first = k->run;
    MUST(casefile_plan(k->c, k->evidence, artifact_find(slice_of("ios.calls")), &k->run, &e));
    add_message(k, 1, "x");
    k->run = first;
    add_message(k, 3, "x");
    close_case(k);
    reopen(k, CASE_READ);
    assert_string_equal(one(k, "SELECT group_concat(coverage_id || ':' || first_record || '-' || "
                               "last_record) FROM span"),
                        "1:1-2,1:4-4,2:3-3");
}

static void first_twenty_skipped_rows_are_kept(void **state)
{
    struct kit *k = *state;
    create(k);
    plan(k);
    for (int i = 1; i <= 50; i++) {
        const struct origin o = {ROW, slice_of("message"), i, LIVE};
        MUST(casefile_add_skip(k->c, k->run, k->file, &o, "date is no number", &e));
    }
    assert_string_equal(one(k, "SELECT count(*) || ' ' || max(n) || ' ' || why FROM skip"),
                        "20 20 date is no number");
}

static void record_without_a_file_is_refused(void **state)
{
    struct kit *k = *state;
    struct err e = {0};
    static const struct sent_record none;
    create(k);
    plan(k);
    assert_false(casefile_add_record(k->c, k->run, 0, &none, &e));
    assert_int_equal(e.code, ERR_CORRUPT);
}

static void facts_are_replaced(void **state)
{
    struct kit *k = *state;
    create(k);
    MUST(casefile_set(k->c, "contact", slice_of("one"), &e));
    MUST(casefile_set(k->c, "contact", slice_of("two"), &e));
    assert_true(slice_is(casefile_get(k->c, "contact", &k->arena), "two"));
    assert_int_equal(casefile_get(k->c, "none", &k->arena).n, 0);
}

/* chain = SHA-256(previous chain, "\n" time "\n" actor "\n" action "\n" detail) */
static void log_rows_are_chained(void **state)
{
    struct kit *k = *state;
    char want[SHA256_TEXT] = "", hash[SHA256_SIZE];
    create(k);
    MUST(casefile_log(k->c, "check", slice_of("{}"), &e));
    MUST(casefile_log(k->c, "recheck", slice_of("x"), &e));
    for (int row = 1; row <= 2; row++) {
        const char *sql = arena_printf(&k->arena,
                                       "SELECT '%s' || char(10) || at_ns || char(10) || actor || "
                                       "char(10) || action || char(10) || detail FROM log "
                                       "WHERE id = %d",
                                       want, row);
        sha256_of(slice_of(one(k, sql)), (uint8_t *)hash);
        hex_text(hash, SHA256_SIZE, want);
        sql = arena_printf(&k->arena, "SELECT chain FROM log WHERE id = %d", row);
        assert_string_equal(one(k, sql), want);
    }
}

/* -- opening -- */

static void what_is_no_case_is_refused(void **state)
{
    struct kit *k = *state;
    expect_refused(k, ERR_ABSENT, "");
    put_file(k->path, "", 0);
    expect_refused(k, ERR_UNSUPPORTED, "not a case");
    put_file(k->path, "<html>", 6);
    expect_refused(k, ERR_UNSUPPORTED, "not a case");
    unlink(k->path);
    tamper(k, "CREATE TABLE evidence (id INTEGER PRIMARY KEY)");
    expect_refused(k, ERR_UNSUPPORTED, "not a case");
    tamper(k, "PRAGMA application_id = 0x6272646c");
    expect_refused(k, ERR_UNSUPPORTED, "not a case"); /* version 0 */
    tamper(k, "PRAGMA user_version = 1");
    expect_refused(k, ERR_CORRUPT, "tables");
}

static void folder_is_no_case(void **state)
{
    struct kit *k = *state;
    struct err e = {0};
    assert_null(casefile_open(k->folder, CASE_READ, &e));
    assert_int_equal(e.code, ERR_UNSUPPORTED);
}

static void newer_case_is_refused_in_clear_words(void **state)
{
    struct kit *k = *state;
    create(k);
    close_case(k);
    tamper(k, "PRAGMA user_version = 2");
    expect_refused(k, ERR_UNSUPPORTED, "newer version");
}

static const char generated[] = "DROP TABLE run; CREATE TABLE run (name TEXT PRIMARY KEY, "
                                "value TEXT NOT NULL, more INT AS (1)) STRICT, WITHOUT ROWID";

static void foreign_schema_objects_are_refused(void **state)
{
    static const char *const additions[] = {
        "CREATE VIEW v AS SELECT 1",
        "CREATE TRIGGER t AFTER INSERT ON run BEGIN SELECT 1; END",
        "CREATE TABLE more (x)",
        "CREATE INDEX i ON run (value)",
        "ALTER TABLE finding ADD COLUMN more TEXT",
        "DROP TABLE skip",
        "DROP TABLE run; CREATE VIEW run AS SELECT 'finished' AS name, '1' AS value",
        generated,
        "CREATE INDEX record_coverage ON record (coverage_id, n)",
    };
    struct kit *k = *state;
    for (size_t i = 0; i < sizeof additions / sizeof *additions; i++) {
        create(k);
        close_case(k);
        tamper(k, additions[i]);
        expect_refused(k, ERR_CORRUPT, "tables");
        unlink(k->path);
    }
    create(k);
}

static void case_in_wal_mode_is_refused(void **state)
{
    struct kit *k = *state;
    create(k);
    close_case(k);
    tamper(k, "PRAGMA journal_mode = WAL");
    expect_refused(k, ERR_UNSUPPORTED, "another program");
}

static void log_beside_a_case_is_refused(void **state)
{
    struct kit *k = *state;
    char side[128];
    create(k);
    close_case(k);
    snprintf(side, sizeof side, "%s-wal", k->path);
    put_file(side, "x", 1);
    expect_refused(k, ERR_CORRUPT, "-wal");
}

/* SQLite would delete the file that it names. */
static void journal_that_names_another_file_is_refused(void **state)
{
    static const uint8_t end[] = {0, 0,   0,    1,    'x',  0,    0,    0,    1,    0,   0,
                                  0, 'x', 0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7};
    struct kit *k = *state;
    char side[128];
    create(k);
    close_case(k);
    snprintf(side, sizeof side, "%s-journal", k->path);
    put_file(side, end, sizeof end);
    expect_refused(k, ERR_CORRUPT, "-journal");
}

static void reading_changes_nothing(void **state)
{
    struct kit *k = *state;
    create(k);
    close_case(k);
    reopen(k, CASE_READ);
    assert_int_not_equal(sqlite3_exec(casefile_db(k->c), "DELETE FROM run", NULL, NULL, NULL),
                         SQLITE_OK);
}

static void case_that_may_not_be_written_can_be_read(void **state)
{
    struct kit *k = *state;
    create(k);
    close_case(k);
    chmod(k->path, 0400);
    reopen(k, CASE_READ);
}

static void case_that_failed_is_not_committed(void **state)
{
    struct kit *k = *state;
    create(k);
    close_case(k);
    reopen(k, CASE_WRITE);
    MUST(casefile_set(k->c, "verdict", slice_of("none-found"), &e));
    struct err e = {0};
    sqlite3_exec(casefile_db(k->c), "PRAGMA max_page_count = 1", NULL, NULL, NULL);
    struct buf big = {0};
    for (int i = 0; i < 10000; i++)
        buf_text(&big, "0123456789");
    while (casefile_log(k->c, "note", buf_view(&big), &e))
        ;
    buf_free(&big);
    assert_int_equal(e.code, ERR_IO);
    assert_false(casefile_set(k->c, "verdict", slice_of("none-found"), &e));
    assert_false(casefile_close(k->c, &e));
    k->c = NULL;
    reopen(k, CASE_READ);
    assert_string_equal(one(k, "SELECT count(*) FROM run WHERE name = 'verdict'"), "0");
    assert_string_equal(one(k, "SELECT count(*) FROM log"), "0");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(case_is_for_its_owner_only),
        TEST(finished_case_is_one_file),
        TEST(existing_case_is_not_replaced_without_force),
        TEST(journal_of_an_earlier_case_is_not_rolled_back),
        TEST(folder_that_is_missing_is_an_error),
        TEST(discarded_case_leaves_nothing),
        TEST(record_keeps_fields_times_and_place),
        TEST(times_beside_the_first_are_written_once),
        TEST(name_of_a_time_is_never_taken_for_a_list),
        TEST(many_records_keep_their_sightings),
        TEST(equal_observables_are_one_row),
        TEST(many_observables_stay_distinct),
        TEST(file_that_two_artifacts_read_is_one_row),
        TEST(file_of_other_evidence_is_another_row),
        TEST(artifact_is_pending_until_it_is_finished),
        TEST(records_of_a_run_lie_in_spans),
        TEST(first_twenty_skipped_rows_are_kept),
        TEST(record_without_a_file_is_refused),
        TEST(facts_are_replaced),
        TEST(log_rows_are_chained),
        TEST(what_is_no_case_is_refused),
        TEST(folder_is_no_case),
        TEST(newer_case_is_refused_in_clear_words),
        TEST(foreign_schema_objects_are_refused),
        TEST(case_in_wal_mode_is_refused),
        TEST(log_beside_a_case_is_refused),
        TEST(journal_that_names_another_file_is_refused),
        TEST(reading_changes_nothing),
        TEST(case_that_may_not_be_written_can_be_read),
        TEST(case_that_failed_is_not_committed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
