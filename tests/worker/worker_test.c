#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test_artifacts.h"
#include "worker/worker.h"

#ifdef BRIDLE_SANITIZED
enum { SANITIZED = 1 };
#else
enum { SANITIZED = 0 };
#endif

/* -- evidence -- */

struct evidence {
    char path[64];
    int fd;
};

static void put(const char *folder, const char *name, const char *text)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static struct evidence folder(void)
{
    struct evidence ev = {.path = "/tmp/bridle-test-XXXXXX"};
    assert_non_null(mkdtemp(ev.path));
    put(ev.path, "a.txt", "https://a.example/1\nb.example\n");
    put(ev.path, "b.txt", "mail someone@c.example\n");
    ev.fd = open(ev.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(ev.fd >= 0);
    return ev;
}

static struct evidence single_file(void)
{
    struct evidence ev = folder();
    char path[128];
    snprintf(path, sizeof path, "%s/a.txt", ev.path);
    close(ev.fd);
    ev.fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(ev.fd >= 0);
    return ev;
}

static void forget(struct evidence *ev)
{
    static const char *const names[] = {"a.txt", "b.txt", "big.txt"};
    char path[128];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "%s/%s", ev->path, names[i]);
        unlink(path);
    }
    close(ev->fd);
    rmdir(ev->path);
}

/* -- running -- */

struct ran {
    enum status status;
    char reason[1300];
    struct usage usage;
    unsigned files, records, skips, notes;
    char last_value[64];
};

static struct worker *begin(struct evidence *ev, const struct limits *l)
{
    struct err e = {0};
    struct secret none = {0};
    struct opened o;
    struct worker *w = worker_start(ev->fd, "a.txt", l, &e);
    if (!w)
        fail_msg("%s", e.msg);
    if (!worker_open(w, &none, NULL, &o, &e))
        fail_msg("%s", e.msg);
    assert_int_equal(o.kind, SOURCE_FILES);
    assert_int_equal(o.confinement, SANITIZED ? CONFINED_PARTIAL : CONFINED_FULL);
    return w;
}

static void take(const struct event *ev, struct ran *r)
{
    switch (ev->type) {
    case EVENT_FILE:
        assert_int_equal(ev->file.number, r->files);
        r->files++;
        break;
    case EVENT_RECORD:
        assert_true(ev->file.number < r->files);
        r->records++;
        if (ev->record->sightings.n)
            snprintf(r->last_value, sizeof r->last_value, "%.*s",
                     (int)ev->record->sightings.items[0].value.n,
                     (const char *)ev->record->sightings.items[0].value.p);
        break;
    case EVENT_SKIP: r->skips++; break;
    case EVENT_NOTE: r->notes++; break;
    case EVENT_FINISHED:
        r->status = ev->status;
        r->usage = ev->usage;
        snprintf(r->reason, sizeof r->reason, "%s", ev->text);
    }
}

static struct ran run_one(struct evidence *ev, const struct artifact *a, const struct limits *l)
{
    struct ran r = {0};
    struct event event;
    struct err e = {0};
    struct worker *w = begin(ev, l);
    worker_run(w, a);
    while (worker_next(w, &event, &e))
        take(&event, &r);
    assert_int_equal(e.code, ERR_NONE);
    worker_stop(w);
    return r;
}

static struct limits quick(void)
{
    struct limits l;
    limits_default(&l);
    l.seconds = 20;
    return l;
}

static struct ran run_in_folder(const struct artifact *a, const struct limits *l)
{
    struct evidence ev = folder();
    struct ran r = run_one(&ev, a, l);
    forget(&ev);
    return r;
}

static void expect_failure(const struct artifact *a, const char *reason)
{
    struct limits l = quick();
    struct ran r = run_in_folder(a, &l);
    assert_int_equal(r.status, STATUS_FAILED);
    if (!strstr(r.reason, reason))
        fail_msg("\"%s\" is not in \"%s\"", reason, r.reason);
}

/* -- tests -- */

static void what_is_read_whole_is_read(void **state)
{
    (void)state;
    struct limits l = quick();
    struct ran r = run_in_folder(&test_good, &l);
    assert_string_equal(r.reason, "");
    assert_int_equal(r.status, STATUS_READ);
    assert_int_equal(r.usage.files, 2); /* a.txt matches two patterns, and comes once */
    assert_int_equal(r.usage.records, 3);
    assert_int_equal(r.records, 3);
    assert_int_equal(r.usage.skipped + r.usage.lost, 0);
    assert_int_equal(r.usage.bytes, 53);
    assert_string_equal(r.last_value, "someone@c.example");
}

static void single_file_is_evidence_too(void **state)
{
    (void)state;
    struct limits l = quick();
    struct evidence ev = single_file();
    struct ran r = run_one(&ev, &test_good, &l);
    assert_int_equal(r.status, STATUS_READ);
    assert_int_equal(r.records, 2);
    r = run_one(&ev, &test_file, &l);
    assert_int_equal(r.status, STATUS_FAILED);
    forget(&ev);
}

static void crash_fails_and_what_came_before_stays(void **state)
{
    (void)state;
    struct limits l = quick();
    struct ran r = run_in_folder(&test_crash, &l);
    assert_int_equal(r.status, STATUS_FAILED);
    if (!SANITIZED)
        assert_string_equal(r.reason, "ended by signal 11 (crash)");
}

static void endless_loop_ends_at_the_time_limit(void **state)
{
    (void)state;
    struct limits l = quick();
    l.seconds = 1;
    struct ran r = run_in_folder(&test_loop, &l);
    assert_int_equal(r.status, STATUS_FAILED);
    assert_string_equal(r.reason, "time limit of 1 s reached");
}

static void alarm_cannot_be_held_back(void **state)
{
    (void)state;
    struct limits l = quick();
    if (SANITIZED)
        skip();
    l.seconds = 1;
    struct ran r = run_in_folder(&test_deaf, &l);
    assert_int_equal(r.status, STATUS_FAILED);
    assert_string_equal(r.reason, "time limit of 1 s reached");
}

static void memory_has_a_limit(void **state)
{
    (void)state;
    struct limits l = quick();
    if (SANITIZED)
        skip();
    l.memory = 256 << 20;
    struct ran r = run_in_folder(&test_bomb, &l);
    assert_int_equal(r.status, STATUS_FAILED);
    assert_string_equal(r.reason, "memory limit of 256 MiB reached");
}

static void records_have_a_limit(void **state)
{
    (void)state;
    struct limits l = quick();
    l.max_records = 1000;
    struct ran r = run_in_folder(&test_limit, &l);
    assert_int_equal(r.status, STATUS_FAILED);
    assert_string_equal(r.reason, "record limit of 1000 reached");
    assert_int_equal(r.records, 1000);
}

static void forbidden_calls_end_the_job(void **state)
{
    (void)state;
    expect_failure(&test_socket, "tried a forbidden system call");
    expect_failure(&test_fork, "tried a forbidden system call");
    expect_failure(&test_signal, SANITIZED ? "" : "tried a forbidden system call");
}

static void other_files_are_out_of_reach(void **state)
{
    (void)state;
    expect_failure(&test_file, "/etc/passwd: Permission denied");
}

static void lies_are_found_out(void **state)
{
    (void)state;
    expect_failure(&test_lie, "sent a bad frame");
    expect_failure(&test_extra, "what arrived is not what it says it sent");
    expect_failure(&test_exit, "ended early");
}

static void skipped_row_makes_it_partial(void **state)
{
    (void)state;
    struct limits l = quick();
    struct ran r = run_in_folder(&test_skip, &l);
    assert_int_equal(r.status, STATUS_PARTIAL);
    assert_string_equal(r.reason,
                        "1 of 2 rows skipped (50.00 %): message row 42: its text is no text");
    assert_int_equal(r.skips, 1);
    assert_int_equal(r.usage.skipped, 1);
    assert_int_equal(r.usage.lost, 0);
}

static void loss_makes_it_partial(void **state)
{
    (void)state;
    struct limits l = quick();
    struct ran r = run_in_folder(&test_lost, &l);
    assert_int_equal(r.status, STATUS_PARTIAL);
    assert_string_equal(r.reason, "page 7: gone");
    assert_int_equal(r.usage.lost, 1);
    assert_int_equal(r.notes, 1);
}

static void unknown_files_alone_fail(void **state)
{
    (void)state;
    expect_failure(&test_unknown, "schema not known: no table x (/a.txt)");
}

static void nothing_that_matches_is_absent_or_not_applicable(void **state)
{
    (void)state;
    struct limits l = quick();
    /* Loose files are of no kind that an artifact is ever expected in. */
    struct ran r = run_in_folder(&test_none, &l);
    assert_int_equal(r.status, STATUS_NOT_APPLICABLE);
}

static void misfits_cost_only_themselves(void **state)
{
    (void)state;
    static const struct artifact *const all[] = {&test_crash, &test_good, &test_lie,  &test_good,
                                                 &test_fork,  &test_good, &test_exit, &test_good};
    struct limits l = quick();
    struct evidence ev = folder();
    struct worker *w = begin(&ev, &l);
    struct event event;
    struct err e = {0};
    unsigned read = 0, failed = 0;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        worker_run(w, all[i]);
    while (worker_next(w, &event, &e)) {
        if (event.type != EVENT_FINISHED)
            continue;
        read += event.status == STATUS_READ;
        failed += event.status == STATUS_FAILED;
    }
    assert_int_equal(read, 4);
    assert_int_equal(failed, 4);
    worker_stop(w);
    forget(&ev);
}

/* The only child of this process. */
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

static void opener_that_dies_is_started_once_again(void **state)
{
    (void)state;
    struct limits l = quick();
    struct evidence ev = folder();
    l.jobs = 1;
    for (unsigned deaths = 1; deaths <= 2; deaths++) {
        struct worker *w = begin(&ev, &l);
        struct event event;
        struct err e = {0};
        enum status got[4] = {STATUS_PENDING};
        unsigned n = 0, killed = 0;
        worker_run(w, &test_loop);
        worker_run(w, deaths == 1 ? &test_good : &test_loop);
        worker_run(w, &test_good);
        while (worker_next(w, &event, &e)) {
            /* The loop books its file and then goes on for ever. */
            if (event.type == EVENT_FILE && killed < deaths) {
                assert_true(only_child() > 0);
                kill(only_child(), SIGTERM);
                killed++;
            }
            if (event.type != EVENT_FINISHED)
                continue;
            if (event.status == STATUS_FAILED)
                assert_non_null(strstr(event.text, "the opener ended by signal 15"));
            got[n++] = event.status;
        }
        assert_int_equal(n, 3);
        assert_int_equal(got[0], STATUS_FAILED);
        assert_int_equal(got[1], deaths == 1 ? STATUS_READ : STATUS_FAILED);
        assert_int_equal(got[2], deaths == 1 ? STATUS_READ : STATUS_FAILED);
        worker_stop(w);
    }
    forget(&ev);
}

static void interruption_fails_all_that_is_left(void **state)
{
    (void)state;
    struct limits l = quick();
    struct evidence ev = folder();
    struct worker *w = begin(&ev, &l);
    struct event event;
    struct err e = {0};
    unsigned interrupted = 0;
    for (unsigned i = 0; i < 6; i++)
        worker_run(w, &test_loop);
    while (worker_next(w, &event, &e)) {
        if (event.type == EVENT_FILE)
            worker_interrupt(w);
        if (event.type == EVENT_FINISHED)
            interrupted += event.status == STATUS_FAILED && !strcmp(event.text, "interrupted");
    }
    assert_int_equal(interrupted, 6);
    worker_stop(w);
    forget(&ev);
}

static void what_is_no_evidence_is_refused(void **state)
{
    (void)state;
    struct limits l = quick();
    struct err e = {0};
    struct opened o;
    struct secret none = {0};
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    struct worker *w = worker_start(fd, "nothing", &l, &e);
    assert_non_null(w);
    assert_false(worker_open(w, &none, NULL, &o, &e));
    assert_int_equal(e.code, ERR_UNSUPPORTED);
    assert_false(worker_open(w, &none, NULL, &o, &e)); /* and may be asked again */
    assert_int_equal(e.code, ERR_UNSUPPORTED);
    worker_stop(w);
    close(fd);
}

static bool count_bytes(struct blob *b, const char *name, struct buf *out, struct err *e)
{
    (void)name;
    (void)e;
    buf_printf(out, "%llu", (unsigned long long)blob_size(b));
    return true;
}

static bool open_something(struct blob *b, const char *name, struct buf *out, struct err *e)
{
    (void)b;
    (void)name;
    (void)out;
    return open("/etc/passwd", O_RDONLY | O_CLOEXEC) >= 0 || err_io(e, "/etc/passwd");
}

static bool refuse(struct blob *b, const char *name, struct buf *out, struct err *e)
{
    (void)b;
    (void)name;
    (void)out;
    return err_set(e, ERR_CORRUPT, "line 3: no STIX");
}

static bool much(struct blob *b, const char *name, struct buf *out, struct err *e)
{
    (void)b;
    (void)name;
    (void)e;
    for (unsigned i = 0; i < 1000 * 1000; i++)
        buf_u32le(out, i);
    return true;
}

static void parser_gives_bytes_and_nothing_else(void **state)
{
    (void)state;
    struct evidence ev = single_file();
    struct limits l = quick();
    struct buf out = {0};
    struct err e = {0};
    assert_true(worker_parse(ev.fd, "set", &l, count_bytes, &out, &e));
    assert_true(slice_is(buf_view(&out), "30"));
    buf_clear(&out);
    assert_true(worker_parse(ev.fd, "set", &l, much, &out, &e));
    assert_int_equal(out.n, 4000 * 1000);
    buf_clear(&out);
    assert_false(worker_parse(ev.fd, "set", &l, refuse, &out, &e));
    assert_string_equal(e.msg, "set: line 3: no STIX");
    assert_int_equal(e.code, ERR_CORRUPT);
    assert_false(worker_parse(ev.fd, "set", &l, open_something, &out, &e));
    if (!SANITIZED)
        assert_string_equal(e.msg, "set: tried a forbidden system call");
    buf_free(&out);
    forget(&ev);
}

static void this_machine_confines(void **state)
{
    (void)state;
    FILE *f = fopen("/dev/null", "w");
    assert_non_null(f);
    if (SANITIZED)
        skip();
    assert_true(worker_selftest(f));
    fclose(f);
}

static void small_records_are_fast(void **state)
{
    (void)state;
    enum { BYTES = 200 * 1000 };
    struct limits l = quick();
    struct evidence ev = folder();
    char *text = malloc(BYTES + 1);
    memset(text, 'x', BYTES);
    text[BYTES] = '\0';
    put(ev.path, "a.txt", text);
    free(text);
    double before = utime_steady();
    struct ran r = run_one(&ev, &test_many, &l);
    double seconds = utime_steady() - before;
    assert_int_equal(r.status, STATUS_READ);
    assert_int_equal(r.records, BYTES);
    print_message("# %.0f records a second, opening included\n", BYTES / seconds);
    forget(&ev);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_read_whole_is_read),
        cmocka_unit_test(single_file_is_evidence_too),
        cmocka_unit_test(crash_fails_and_what_came_before_stays),
        cmocka_unit_test(endless_loop_ends_at_the_time_limit),
        cmocka_unit_test(alarm_cannot_be_held_back),
        cmocka_unit_test(memory_has_a_limit),
        cmocka_unit_test(records_have_a_limit),
        cmocka_unit_test(forbidden_calls_end_the_job),
        cmocka_unit_test(other_files_are_out_of_reach),
        cmocka_unit_test(lies_are_found_out),
        cmocka_unit_test(skipped_row_makes_it_partial),
        cmocka_unit_test(loss_makes_it_partial),
        cmocka_unit_test(unknown_files_alone_fail),
        cmocka_unit_test(nothing_that_matches_is_absent_or_not_applicable),
        cmocka_unit_test(misfits_cost_only_themselves),
        cmocka_unit_test(opener_that_dies_is_started_once_again),
        cmocka_unit_test(interruption_fails_all_that_is_left),
        cmocka_unit_test(what_is_no_evidence_is_refused),
        cmocka_unit_test(parser_gives_bytes_and_nothing_else),
        cmocka_unit_test(this_machine_confines),
        cmocka_unit_test(small_records_are_fast),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
