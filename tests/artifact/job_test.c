#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "job_kit.h"

static bool read_all(struct job *job, struct err *e)
{
    struct file f;
    while (job_next_file(job, &f, e)) {
        struct record r;
        struct slice bytes;
        if (!job_slurp(job, &f, &bytes, e))
            return false;
        record_start(&r, LINE, slice_of(""), 1);
        record_observe(&r, "text", OBS_TEXT, RECEIVED, bytes);
        record_int(&r, "siblings", (f.wal != NULL) + (f.journal != NULL));
        if (!job_emit(job, &r, e))
            return false;
    }
    return !e->code;
}

static void file_that_two_patterns_match_comes_once(void **state)
{
    (void)state;
    const struct artifact a = {
        .id = "test.a", .found_in = IN_IOS_FS, .paths = PATHS("b.*", "*.txt"), .run = read_all};
    struct kit k;
    kit_start(&k);
    kit_put(&k, "c.txt", "3", 1);
    kit_put(&k, "a.txt", "1", 1);
    kit_put(&k, "b.txt", "2", 1);
    kit_put(&k, "b.log", "0", 1);
    kit_run(&k, &a);
    assert_true(k.ok);
    static const char *const want[] = {"/a.txt +hash", "/b.log +hash", "/b.txt +hash",
                                       "/c.txt +hash"};
    assert_int_equal(k.nfiles, 4);
    for (unsigned i = 0; i < 4; i++) {
        assert_string_equal(k.files[i], want[i]);
        assert_int_equal(k.file_of[i], i);
    }
    assert_int_equal(k.tally.bytes, 4);
    kit_end(&k);
}

static void siblings_come_along_and_not_by_themselves(void **state)
{
    (void)state;
    const struct artifact all = {
        .id = "test.a", .found_in = IN_IOS_FS, .paths = PATHS("*"), .run = read_all};
    const struct artifact wal = {
        .id = "test.b", .found_in = IN_IOS_FS, .paths = PATHS("*-wal"), .run = read_all};
    struct kit k;
    kit_start(&k);
    kit_put(&k, "x.db", "1", 1);
    kit_put(&k, "x.db-wal", "2", 1);
    kit_put(&k, "x.db-journal", "3", 1);
    kit_put(&k, "x.db-shm", "4", 1);
    kit_run(&k, &all);
    assert_int_equal(k.nrecords, 1);
    assert_string_equal(kit_field(&k, 0, "siblings"), "2");
    assert_string_equal(k.files[1], "/x.db-wal (beside) +hash");
    assert_string_equal(k.files[2], "/x.db-journal (beside) +hash");
    assert_int_equal(k.tally.files, 1);
    assert_int_equal(k.tally.bytes, 3);
    k.nrecords = k.nfiles = 0;
    kit_run(&k, &wal); /* unless asked for by name */
    assert_int_equal(k.nrecords, 1);
    assert_string_equal(kit_field(&k, 0, "text"), "2");
    kit_end(&k);
}

static bool book_two(struct job *job, struct err *e)
{
    struct entry f;
    struct record r;
    for (size_t at = 0; source_next(job_source(job), NULL, &at, &f);) {
        if (!job_book_file(job, &f, f.bytes, NULL, e))
            return false;
        record_start(&r, OFFSET, slice_of(""), 0);
        record_observe(&r, "path", OBS_PATH, PRESENT, f.path);
        if (!job_emit(job, &r, e))
            return false;
    }
    return true;
}

static void record_belongs_to_the_file_booked_last(void **state)
{
    (void)state;
    const struct artifact a = {.id = "test.a", .found_in = IN_IOS_FS, .run = book_two};
    struct kit k;
    kit_start(&k);
    kit_put(&k, "a.txt", "1", 1);
    kit_put(&k, "b.txt", "22", 2);
    kit_run(&k, &a);
    assert_int_equal(k.nrecords, 2);
    assert_int_equal(k.file_of[1], 1);
    assert_string_equal(k.files[1], "/b.txt (beside)");
    assert_int_equal(k.tally.files, 0);
    kit_end(&k);
}

static bool skip_many(struct job *job, struct err *e)
{
    struct file f;
    struct origin o = {LINE, {0}, 0, LIVE};
    if (!job_next_file(job, &f, e))
        return false;
    for (o.n = 1; o.n <= 1000; o.n++) {
        err_set(e, ERR_CORRUPT, "no row");
        job_skip(job, &o, e);
        job_lost(job, "loss %d", (int)o.n);
    }
    return true;
}

static void all_are_counted_and_the_first_are_told(void **state)
{
    (void)state;
    const struct artifact a = {
        .id = "test.a", .found_in = IN_IOS_FS, .paths = PATHS("*.txt"), .run = skip_many};
    struct kit k;
    kit_start(&k);
    kit_put(&k, "a.txt", "1", 1);
    kit_run(&k, &a);
    assert_true(k.ok && k.err.code == ERR_NONE);
    assert_int_equal(k.tally.skipped, 1000);
    assert_int_equal(k.nskips, JOB_MAX_SKIPS);
    assert_int_equal(k.tally.words[JOB_LOST], 1000);
    assert_int_equal(k.nwords[JOB_LOST], JOB_MAX_WORDS);
    kit_end(&k);
}

static void never_is_no_time_and_odd_numbers_stay(void **state)
{
    (void)state;
    static const double never[] = {0, -1, 63113904000.0, -63114076800.0};
    struct record r;
    record_start(&r, ROW, slice_of("t"), 1);
    for (size_t i = 0; i < sizeof never / sizeof *never; i++)
        job_time(&r, "at", never[i], MAC);
    assert_int_equal(r.n, 0);
    job_time(&r, "at", 700000000.5, MAC);
    job_time(&r, "at", 1e300, MAC);
    assert_int_equal(r.n, 2);
    assert_int_equal(r.fields[0].kind, KIND_TIME);
    assert_int_equal(r.fields[1].kind, KIND_REAL);
}

static bool emit_long(struct job *job, struct err *e)
{
    struct file f;
    struct record r;
    if (!job_next_file(job, &f, e))
        return false;
    record_start(&r, ROW, slice_of("t"), 7);
    for (unsigned i = 0; i <= RECORD_MAX_FIELDS; i++)
        record_int(&r, "n", i);
    return job_emit(job, &r, e);
}

static void what_does_not_fit_is_a_loss(void **state)
{
    (void)state;
    const struct artifact a = {
        .id = "test.a", .found_in = IN_IOS_FS, .paths = PATHS("*.txt"), .run = emit_long};
    struct kit k;
    kit_start(&k);
    kit_put(&k, "a.txt", "1", 1);
    kit_run(&k, &a);
    assert_int_equal(k.nwords[JOB_LOST], 1);
    assert_string_equal(k.words[JOB_LOST][0], "t row 7: too long, cut");
    kit_end(&k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(file_that_two_patterns_match_comes_once),
        cmocka_unit_test(siblings_come_along_and_not_by_themselves),
        cmocka_unit_test(record_belongs_to_the_file_booked_last),
        cmocka_unit_test(all_are_counted_and_the_first_are_told),
        cmocka_unit_test(never_is_no_time_and_odd_numbers_stay),
        cmocka_unit_test(what_does_not_fit_is_a_loss),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
