#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>

#include "worker/outcome.h"

static const struct artifact everywhere = {
    .id = "test.everywhere", .found_in = IN_ANY_BACKUP | IN_IOS_FS, .paths = PATHS("x")};
static const struct artifact only_encrypted = {
    .id = "test.encrypted", .found_in = IN_BACKUP_ENC, .paths = PATHS("x")};
static const struct artifact listing = {.id = "test.listing", .found_in = IN_ANY_BACKUP};

static const struct opened backup = {.kind = SOURCE_IOS_BACKUP};
static const struct opened encrypted = {.kind = SOURCE_IOS_BACKUP, .facts.encrypted = true};
static const struct opened android = {.kind = SOURCE_ANDROIDQF};
static const char *const cut[] = {"the archive ends early"};
static const struct opened damaged = {.kind = SOURCE_IOS_BACKUP, .ndamage = 1, .damage = cut};

/* A job that did everything right over some files. */
static struct account fine(uint64_t files, uint64_t records)
{
    struct account a = {.done = true, .exited = true};
    a.seen.files = a.seen.booked = files;
    a.seen.sent = records;
    a.end.tally = a.seen;
    return a;
}

static void lose(struct account *a, enum job_word w, uint64_t n, const char *text)
{
    for (uint64_t i = 0; i < n && i < JOB_MAX_WORDS; i++)
        account_word(a, w, slice_of(text));
    a->end.tally.words[w] = n;
}

static struct limits limits(void)
{
    return (struct limits){.seconds = 300, .memory = UINT64_C(1) << 30};
}

static void expect(struct account *a, const struct artifact *art, const struct opened *o,
                   enum status want, const char *reason)
{
    struct buf got = {0};
    struct limits l = limits();
    enum status s = outcome(a, art, o, &l, &got);
    buf_byte(&got, 0);
    assert_string_equal(got.p, reason);
    assert_int_equal(s, want);
    buf_free(&got);
    account_free(a);
}

static void whole_file_is_read(void **state)
{
    (void)state;
    struct account a = fine(1, 10);
    expect(&a, &everywhere, &backup, STATUS_READ, "");
}

static void file_without_records_is_read(void **state)
{
    (void)state;
    struct account a = fine(1, 0);
    expect(&a, &everywhere, &backup, STATUS_READ, "");
}

static void no_file_is_absent_where_there_could_be_one(void **state)
{
    (void)state;
    struct account a = fine(0, 0);
    expect(&a, &everywhere, &backup, STATUS_ABSENT, "");
    a = fine(0, 0);
    expect(&a, &everywhere, &android, STATUS_NOT_APPLICABLE, "");
}

static void plain_backup_is_named_as_the_reason(void **state)
{
    (void)state;
    struct account a = fine(0, 0);
    expect(&a, &only_encrypted, &backup, STATUS_NOT_APPLICABLE, "plain-backup");
    a = fine(0, 0);
    expect(&a, &only_encrypted, &encrypted, STATUS_ABSENT, "");
    a = fine(0, 0);
    expect(&a, &only_encrypted, &android, STATUS_NOT_APPLICABLE, "");
    a = fine(1, 3); /* what is there is read wherever it lies */
    expect(&a, &only_encrypted, &backup, STATUS_READ, "");
}

static void damaged_source_is_never_read_or_absent(void **state)
{
    (void)state;
    struct account a = fine(1, 10);
    expect(&a, &everywhere, &damaged, STATUS_PARTIAL, cut[0]);
    a = fine(0, 0);
    expect(&a, &everywhere, &damaged, STATUS_PARTIAL, cut[0]);
}

static void artifact_without_paths_needs_no_file(void **state)
{
    (void)state;
    struct account a = fine(0, 0);
    expect(&a, &listing, &backup, STATUS_READ, "");
    a = fine(0, 0);
    expect(&a, &listing, &android, STATUS_NOT_APPLICABLE, "");
}

static void losses_are_joined_and_counted(void **state)
{
    (void)state;
    struct account a = fine(2, 10);
    lose(&a, JOB_LOST, 1, "page 7: gone");
    lose(&a, JOB_LOCKED, 1, "/x: no key");
    expect(&a, &everywhere, &backup, STATUS_PARTIAL, "page 7: gone; /x: no key");
}

static void reasons_stay_short(void **state)
{
    (void)state;
    struct buf reason = {0};
    struct limits l = limits();
    struct account a = fine(2, 10);
    lose(&a, JOB_LOST, 100, "twenty times a reason that goes on and on and on and on and on");
    assert_int_equal(outcome(&a, &everywhere, &backup, &l, &reason), STATUS_PARTIAL);
    assert_true(reason.n < 1300);
    struct usage u = account_usage(&a, &backup);
    assert_int_equal(u.lost, 100);
    buf_free(&reason);
    account_free(&a);
}

static void control_characters_leave_the_reason(void **state)
{
    (void)state;
    struct account a = fine(2, 10);
    lose(&a, JOB_LOST, 1, "\033[2Jtable\n");
    expect(&a, &everywhere, &backup, STATUS_PARTIAL, " [2Jtable ");
}

static void skipped_rows_are_told_as_a_share(void **state)
{
    (void)state;
    struct account a = fine(1, 1197);
    struct skip_frame s = {0, {ROW, slice_of("message"), 42, LIVE}, false, slice_of("no text")};
    for (unsigned i = 0; i < 3; i++)
        account_skip(&a, &s);
    a.end.tally.skipped = 3;
    expect(&a, &everywhere, &backup, STATUS_PARTIAL,
           "3 of 1200 rows skipped (0.25 %): message row 42: no text");
}

static void rows_read_in_part_do_not_count_twice(void **state)
{
    (void)state;
    struct account a = fine(1, 4);
    struct skip_frame s = {0, {LINE, slice_of(""), 2, LIVE}, true, slice_of("body: cut")};
    account_skip(&a, &s);
    a.end.tally.skipped = a.end.tally.in_part = 1;
    expect(&a, &everywhere, &backup, STATUS_PARTIAL,
           "1 of 4 rows skipped (25.00 %): line 2: body: cut");
}

static void only_locked_files_are_locked(void **state)
{
    (void)state;
    struct account a = fine(0, 0);
    lose(&a, JOB_LOCKED, 2, "/x: no key");
    expect(&a, &everywhere, &backup, STATUS_LOCKED, "/x: no key; /x: no key");
}

static void only_lost_or_unknown_files_fail(void **state)
{
    (void)state;
    struct account a = fine(0, 0);
    lose(&a, JOB_LOST, 1, "/x: input/output error");
    expect(&a, &everywhere, &backup, STATUS_FAILED, "/x: input/output error");
    a = fine(1, 0);
    lose(&a, JOB_UNKNOWN, 1, "schema not known: no v.time (/x)");
    expect(&a, &everywhere, &backup, STATUS_FAILED, "schema not known: no v.time (/x)");
    a = fine(2, 5);
    lose(&a, JOB_UNKNOWN, 1, "schema not known: no v.time (/x)");
    expect(&a, &everywhere, &backup, STATUS_PARTIAL, "schema not known: no v.time (/x)");
}

static void anything_unproven_fails(void **state)
{
    (void)state;
    struct account a = fine(1, 10);
    a.done = false;
    expect(&a, &everywhere, &backup, STATUS_FAILED, "ended early");
    a = fine(1, 10);
    a.exited = false;
    expect(&a, &everywhere, &backup, STATUS_FAILED, "ended early");
    a = fine(1, 10);
    a.end.tally.sent = 11;
    expect(&a, &everywhere, &backup, STATUS_FAILED, "what arrived is not what it says it sent");
    a = fine(1, 10);
    a.broken = "sent a bad frame";
    expect(&a, &everywhere, &backup, STATUS_FAILED, "sent a bad frame");
    a = fine(1, 10);
    a.end.err.code = ERR_CORRUPT;
    strcpy(a.end.err.msg, "line 7: no JSON");
    expect(&a, &everywhere, &backup, STATUS_FAILED, "line 7: no JSON");
    a = fine(0, 0);
    lose(&a, JOB_LOST, 3, "x");
    a.end.tally.words[JOB_LOST] = 2;
    expect(&a, &everywhere, &backup, STATUS_FAILED, "what arrived is not what it says it sent");
}

static void ends_are_told_in_plain_words(void **state)
{
    (void)state;
    static const struct {
        int status;
        const char *words;
    } ends[] = {
        {SIGSEGV, "ended by signal 11 (crash)"},   {SIGABRT, "ended by signal 6 (crash)"},
        {SIGALRM, "time limit of 300 s reached"},  {SIGXCPU, "time limit of 300 s reached"},
        {SIGSYS, "tried a forbidden system call"}, {SIGKILL, "ended by signal 9"},
        {5 << 8, "memory limit of 1 GiB reached"}, {1 << 8, "ended early with status 1"},
    };
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        struct account a = fine(1, 10);
        a.exit.status = ends[i].status;
        expect(&a, &everywhere, &backup, STATUS_FAILED, ends[i].words);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_file_is_read),
        cmocka_unit_test(file_without_records_is_read),
        cmocka_unit_test(no_file_is_absent_where_there_could_be_one),
        cmocka_unit_test(plain_backup_is_named_as_the_reason),
        cmocka_unit_test(damaged_source_is_never_read_or_absent),
        cmocka_unit_test(artifact_without_paths_needs_no_file),
        cmocka_unit_test(losses_are_joined_and_counted),
        cmocka_unit_test(reasons_stay_short),
        cmocka_unit_test(control_characters_leave_the_reason),
        cmocka_unit_test(skipped_rows_are_told_as_a_share),
        cmocka_unit_test(rows_read_in_part_do_not_count_twice),
        cmocka_unit_test(only_locked_files_are_locked),
        cmocka_unit_test(only_lost_or_unknown_files_fail),
        cmocka_unit_test(anything_unproven_fails),
        cmocka_unit_test(ends_are_told_in_plain_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
