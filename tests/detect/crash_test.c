/*
 * A check that is killed, or whose disk is full, at any moment: the case can be opened and reads as
 * incomplete, never as "none found". The check here reads everything and finds nothing, so that only
 * its end stands between the two.
 */
#include "kit.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TRIES = 20, RECORDS = 1500 };

static const char *const artifacts_read[] = {"ios.sms", "ios.safari_history", "ios.calls"};

/* The child's whole check; false as soon as the case refuses something. */
static bool check(struct kit *k)
{
    struct err e = {0};
    struct usage u = {.files = 1, .records = RECORDS};
    struct matcher *m = matcher_new(k->in);
    struct sent_file f = {.path = slice_of("/private/x")};
    struct sent_record *sent = xcalloc(1, sizeof *sent);
    struct opened o = {.kind = SOURCE_IOS_BACKUP, .facts.encrypted = true};
    int64_t evidence, runs[3], file;
    struct conclusion end;
    bool ok = casefile_add_sets(k->c, k->in, &e) &&
              casefile_add_evidence(k->c, "phone", &o, NULL, 0, &evidence, &e);
    for (int i = 0; ok && i < 3; i++)
        ok =
            casefile_plan(k->c, evidence, artifact_find(slice_of(artifacts_read[i])), &runs[i], &e);
    ok = ok && casefile_add_file(k->c, evidence, &f, &file, &e);
    for (int i = 0; ok && i < 3; i++) {
        for (int n = 0; ok && n < RECORDS; n++) {
            struct sightings none = {0};
            arena_reset(&k->arena);
            record_start(&sent->record, ROW, slice_of("message"), n);
            record_observe(&sent->record, "text", OBS_TEXT, RECEIVED,
                           slice_of(arena_printf(&k->arena, "https://h%d.example/%d", i, n)));
            sent->sightings = none;
            record_derive(&sent->record, &k->arena, &sent->sightings);
            ok = casefile_add_record(k->c, runs[i], file, sent, &e);
        }
        ok = ok && casefile_finish(k->c, runs[i], STATUS_READ, "", &u, &e);
    }
    ok = ok && detect_run(k->c, m, k->in, &k->window, &e) &&
         detect_conclude(k->c, SEVERITY_MEDIUM, &end, &e);
    ok = casefile_close(k->c, &e) && ok;
    matcher_free(m);
    free(sent);
    return ok;
}

/* Runs the check in a child, from creating the case on. */
static pid_t start(struct kit *k, rlim_t largest_file)
{
    pid_t child = fork();
    if (child)
        return child;
    struct err e = {0};
    const struct rlimit limit = {largest_file, largest_file};
    signal(SIGXFSZ, SIG_IGN);
    if (largest_file && setrlimit(RLIMIT_FSIZE, &limit) != 0)
        _exit(9);
    k->c = casefile_create(k->path, false, &e);
    _exit(k->c && check(k) ? 0 : 1);
}

static void start_over(struct kit *k)
{
    if (k->c)
        MUST(casefile_close(k->c, e));
    k->c = NULL;
    unlink(k->path);
}

/* What the child left behind: nothing, or a case that says that it isn't whole; or a whole one, if
   it was killed between its last commit and its exit. */
static void expect_incomplete(struct kit *k, int *found)
{
    if (access(k->path, F_OK) != 0)
        return; /* stopped before there was one */
    MUST(k->c = casefile_open(k->path, CASE_READ, e));
    assert_string_equal(kit_ask(k, "PRAGMA integrity_check"), "ok");
    bool whole = *kit_ask(k, "SELECT value FROM run WHERE name = 'finished'");
    struct conclusion c = kit_conclude(k, SEVERITY_MEDIUM);
    *found += !whole;
    assert_int_equal(c.verdict, whole ? VERDICT_NONE : VERDICT_INCOMPLETE);
    assert_int_equal(c.exit, whole ? 0 : 3);
    if (whole)
        assert_int_equal(atoi(kit_ask(k, "SELECT count(*) FROM record")), 3 * RECORDS);
}

static void remove_remains(struct kit *k)
{
    char command[160];
    start_over(k);
    snprintf(command, sizeof command, "%s-journal", k->path);
    unlink(command);
    /* A killed child leaves the case under its first name. */
    snprintf(command, sizeof command, "rm -f %s.new-*", k->path);
    pid_t p = fork();
    if (!p)
        _exit(execl("/bin/sh", "sh", "-c", command, NULL));
    waitpid(p, NULL, 0);
}

static void undisturbed_check_finds_nothing(void **state)
{
    struct kit *k = *state;
    int status;
    kit_indicator(k, OBS_DOMAIN, "spy.example");
    start_over(k);
    waitpid(start(k, 0), &status, 0);
    assert_int_equal(status, 0);
    MUST(k->c = casefile_open(k->path, CASE_READ, e));
    struct conclusion c = kit_conclude(k, SEVERITY_MEDIUM);
    assert_int_equal(c.verdict, VERDICT_NONE);
    assert_int_equal(c.exit, 0);
}

static void killed_check_is_incomplete(void **state)
{
    struct kit *k = *state;
    int status, found = 0;
    kit_indicator(k, OBS_DOMAIN, "spy.example");
    start_over(k);
    double began = utime_steady();
    waitpid(start(k, 0), &status, 0);
    double whole = utime_steady() - began;
    for (unsigned i = 0; i < TRIES; i++) {
        remove_remains(k);
        pid_t child = start(k, 0);
        usleep((useconds_t)(whole * 1e6 * i / TRIES));
        kill(child, SIGKILL);
        waitpid(child, &status, 0);
        if (WIFSIGNALED(status))
            expect_incomplete(k, &found);
    }
    remove_remains(k);
    assert_true(found > 0);
}

static void full_disk_is_incomplete(void **state)
{
    struct kit *k = *state;
    struct stat st;
    int status, found = 0;
    kit_indicator(k, OBS_DOMAIN, "spy.example");
    start_over(k);
    waitpid(start(k, 0), &status, 0);
    assert_int_equal(stat(k->path, &st), 0);
    for (unsigned i = 1; i < TRIES; i++) {
        remove_remains(k);
        waitpid(start(k, (rlim_t)st.st_size * i / TRIES), &status, 0);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 1);
        expect_incomplete(k, &found);
    }
    remove_remains(k);
    assert_true(found > TRIES / 2); /* the smallest disks hold not even the schema */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        KIT_TEST(undisturbed_check_finds_nothing),
        KIT_TEST(killed_check_is_incomplete),
        KIT_TEST(full_disk_is_incomplete),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
