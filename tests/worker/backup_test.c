/* The worker over encrypted backups: secrets, locked files, an opener that has to unlock again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <unistd.h>

#include "demo/mkbackup.h"
#include "test_artifacts.h"
#include "worker/worker.h"

static char folder[64];
static int fd;

static void make(struct mkbackup_options o, const struct mkbackup_file *files, size_t n)
{
    struct err e = {0};
    snprintf(folder, sizeof folder, "/tmp/bridle-test-XXXXXX");
    assert_non_null(mkdtemp(folder));
    if (!mkbackup_write(folder, &o, files, n, &e))
        fail_msg("%s", e.msg);
    fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(fd >= 0);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st;
    (void)type;
    (void)at;
    return remove(path);
}

static int forget(void **state)
{
    (void)state;
    close(fd);
    return nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static const struct mkbackup_file two[] = {
    {.domain = "HomeDomain",
     .path = "Library/a.txt",
     .bytes = {(const uint8_t *)"a.example\n", 10}},
    {.domain = "HomeDomain",
     .path = "Library/b.txt",
     .bytes = {(const uint8_t *)"b.example\n", 10}},
};

static struct secret password(const char *text)
{
    struct secret s = {.kind = SECRET_PASSWORD, .n = strlen(text)};
    memcpy(s.bytes, text, s.n);
    return s;
}

static struct worker *start(unsigned jobs)
{
    struct limits l;
    struct err e = {0};
    limits_default(&l);
    l.seconds = 20;
    l.jobs = jobs;
    struct worker *w = worker_start(fd, "backup", &l, &e);
    if (!w)
        fail_msg("%s", e.msg);
    return w;
}

static enum status run(struct worker *w, const struct artifact *a, char reason[200],
                       unsigned *records)
{
    struct event ev;
    struct err e = {0};
    enum status got = STATUS_PENDING;
    *records = 0;
    worker_run(w, a);
    while (worker_next(w, &ev, &e)) {
        *records += ev.type == EVENT_RECORD;
        if (ev.type == EVENT_FINISHED) {
            got = ev.status;
            snprintf(reason, 200, "%s", ev.text);
        }
    }
    return got;
}

static void password_is_asked_for_until_it_opens(void **state)
{
    (void)state;
    struct err e = {0};
    struct opened o;
    struct secret none = {0}, wrong = password("wrong"), right = password("right");
    char reason[200];
    unsigned records;
    make((struct mkbackup_options){.password = "right"}, two, 2);
    struct worker *w = start(2);
    assert_false(worker_open(w, &none, NULL, &o, &e));
    assert_int_equal(e.code, ERR_LOCKED);
    assert_false(worker_open(w, &wrong, NULL, &o, &e));
    assert_int_equal(e.code, ERR_WRONG_KEY);
    assert_true(worker_open(w, &right, NULL, &o, &e));
    assert_true(o.facts.encrypted);
    assert_int_equal(o.kind, SOURCE_IOS_BACKUP);
    assert_int_equal(run(w, &test_good, reason, &records), STATUS_READ);
    assert_int_equal(records, 2);
    worker_stop(w);
}

static bool stop_at_once(double done)
{
    (void)done;
    return false;
}

static void derivation_can_be_stopped(void **state)
{
    (void)state;
    struct err e = {0};
    struct opened o;
    struct secret right = password("right");
    make((struct mkbackup_options){.password = "right", .double_rounds = 3000000}, two, 2);
    struct worker *w = start(1);
    assert_false(worker_open(w, &right, stop_at_once, &o, &e));
    assert_int_equal(e.code, ERR_STOP);
    worker_stop(w);
}

static void file_without_its_key_is_locked(void **state)
{
    (void)state;
    struct err e = {0};
    struct opened o;
    struct secret right = password("right");
    struct mkbackup_file files[2] = {two[0], two[1]};
    char reason[200];
    unsigned records;
    files[0].class = files[1].class = 2; /* 4 is the catalogue's own */
    make((struct mkbackup_options){.password = "right", .missing_class = 2}, files, 2);
    struct worker *w = start(1);
    if (!worker_open(w, &right, NULL, &o, &e))
        fail_msg("%s", e.msg);
    enum status s = run(w, &test_good, reason, &records);
    if (s != STATUS_LOCKED)
        fail_msg("%s: %s", status_name(s), reason);
    assert_int_equal(records, 0);
    worker_stop(w);
}

static void what_only_encrypted_backups_hold_is_named(void **state)
{
    (void)state;
    struct err e = {0};
    struct opened o;
    struct secret none = {0};
    char reason[200];
    unsigned records;
    make((struct mkbackup_options){0}, two, 2);
    struct worker *w = start(1);
    assert_true(worker_open(w, &none, NULL, &o, &e));
    assert_int_equal(run(w, artifact_find(slice_of("ios.calls")), reason, &records),
                     STATUS_NOT_APPLICABLE);
    assert_string_equal(reason, "plain-backup");
    assert_int_equal(run(w, &test_none, reason, &records), STATUS_ABSENT);
    worker_stop(w);
}

static pid_t only_child(void)
{
    char path[64];
    int pid = 0;
    snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
    FILE *f = fopen(path, "r");
    if (f && fscanf(f, "%d", &pid) != 1)
        pid = 0;
    if (f)
        fclose(f);
    return pid;
}

static void new_opener_needs_no_second_derivation(void **state)
{
    (void)state;
    struct err e = {0};
    struct opened o;
    struct secret right = password("right");
    char reason[200];
    unsigned records;
    make((struct mkbackup_options){.password = "right", .double_rounds = 3000000}, two, 2);
    struct worker *w = start(1);
    double before = utime_steady();
    assert_true(worker_open(w, &right, NULL, &o, &e));
    double first = utime_steady() - before;
    secret_wipe(&right);
    kill(only_child(), SIGTERM);
    before = utime_steady();
    assert_int_equal(run(w, &test_good, reason, &records), STATUS_READ);
    assert_int_equal(records, 2);
    if (utime_steady() - before > first)
        fail_msg("%.2f s, the first time %.2f s", utime_steady() - before, first);
    worker_stop(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(password_is_asked_for_until_it_opens, forget),
        cmocka_unit_test_teardown(derivation_can_be_stopped, forget),
        cmocka_unit_test_teardown(file_without_its_key_is_locked, forget),
        cmocka_unit_test_teardown(what_only_encrypted_backups_hold_is_named, forget),
        cmocka_unit_test_teardown(new_opener_needs_no_second_derivation, forget),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
