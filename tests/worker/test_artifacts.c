#include "test_artifacts.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "artifact/job_impl.h"

#define EVERYWHERE (IN_INTRUSION_LOG * 2 - 1)

/* The first file, so that there is something to send. */
static bool first_file(struct job *job, struct err *e)
{
    struct file f;
    return job_next_file(job, &f, e) || err_set(e, ERR_ABSENT, "no file");
}

static bool one_record(struct job *job, struct err *e)
{
    struct record r;
    record_start(&r, LINE, slice_of(""), 1);
    record_observe(&r, "url", OBS_URL, OPENED, slice_of("https://a.example/path"));
    return job_emit(job, &r, e);
}

static bool good(struct job *job, struct err *e)
{
    struct file f;
    while (job_next_file(job, &f, e)) {
        struct slice text, line;
        if (!job_slurp(job, &f, &text, e))
            return false;
        struct cursor c = cursor(text);
        for (int64_t n = 1; cursor_line(&c, &line); n++) {
            struct record r;
            record_start(&r, LINE, slice_of(""), n);
            record_observe(&r, "line", OBS_TEXT, RECEIVED, line);
            if (!job_emit(job, &r, e))
                return false;
        }
    }
    return !e->code;
}

static bool many(struct job *job, struct err *e)
{
    struct file f;
    if (!job_next_file(job, &f, e))
        return false;
    for (uint64_t i = 0; i < blob_size(f.blob); i++) {
        struct record r;
        record_start(&r, OFFSET, slice_of(""), (int64_t)i);
        record_time(&r, "time", (struct utime){(int64_t)i, SECOND});
        record_text(&r, "text", slice_of("as short as a message often is"));
        record_int(&r, "number", (int64_t)i);
        if (!job_emit(job, &r, e))
            return false;
    }
    return true;
}

static bool crash(struct job *job, struct err *e)
{
    volatile int *volatile nowhere = NULL;
    if (!first_file(job, e) || !one_record(job, e))
        return false;
    *nowhere = 1;
    return true;
}

static bool loop(struct job *job, struct err *e)
{
    if (!first_file(job, e))
        return false;
    for (volatile unsigned i = 0;; i++)
        ;
}

static bool bomb(struct job *job, struct err *e)
{
    if (!first_file(job, e))
        return false;
    for (;;)
        memset(arena_alloc(job_memory(job), 1 << 20), 1, 1 << 20);
}

static bool network(struct job *job, struct err *e)
{
    return first_file(job, e) && socket(AF_INET, SOCK_STREAM, 0) >= 0;
}

static bool fork_more(struct job *job, struct err *e)
{
    return first_file(job, e) && fork() >= 0;
}

/* Straight to the job's socket, whichever descriptor that is. */
static void write_everywhere(const void *p, size_t n)
{
    for (int fd = 3; fd < 16; fd++)
        if (write(fd, p, n) < 0 && errno != EBADF)
            continue;
}

static bool lie(struct job *job, struct err *e)
{
    if (!first_file(job, e) || !one_record(job, e))
        return false;
    write_everywhere("\xff\xff\xff\xff\xff", 5);
    return true;
}

static bool extra(struct job *job, struct err *e)
{
    /* FILE: path "x", no container, no domain, 0 bytes, used, not hashed */
    static const char frame[] = "\x07\0\0\0\x07\x01x\0\0\0\x01\0";
    if (!first_file(job, e))
        return false;
    write_everywhere(frame, sizeof frame - 1);
    return one_record(job, e);
}

static bool other_file(struct job *job, struct err *e)
{
    int fd = first_file(job, e) ? open("/etc/passwd", O_RDONLY | O_CLOEXEC) : -1;
    return fd >= 0 || err_io(e, "/etc/passwd");
}

static bool deaf(struct job *job, struct err *e)
{
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    signal(SIGALRM, SIG_IGN);
    signal(SIGXCPU, SIG_IGN);
    return loop(job, e);
}

static bool signal_other(struct job *job, struct err *e)
{
    return first_file(job, e) && kill(getppid(), SIGKILL) == 0;
}

static bool leave(struct job *job, struct err *e)
{
    if (first_file(job, e))
        _exit(0);
    return false;
}

static bool no_end(struct job *job, struct err *e)
{
    if (!first_file(job, e))
        return false;
    while (one_record(job, e))
        ;
    return false;
}

static bool skip_one(struct job *job, struct err *e)
{
    struct origin o = {ROW, slice_of("message"), 42, LIVE};
    struct err why = {0};
    if (!first_file(job, e) || !one_record(job, e))
        return false;
    err_set(&why, ERR_CORRUPT, "its text is no text");
    job_skip(job, &o, &why);
    return true;
}

static bool lose(struct job *job, struct err *e)
{
    if (!first_file(job, e) || !one_record(job, e))
        return false;
    job_lost(job, "page %d: gone", 7);
    job_note(job, "a remark");
    return true;
}

static bool know_nothing(struct job *job, struct err *e)
{
    struct file f;
    while (job_next_file(job, &f, e)) {
        struct err why = {0};
        err_set(&why, ERR_UNSUPPORTED, "schema not known: no table x");
        job_unknown(job, &why);
    }
    return !e->code;
}

#define TEST_ARTIFACT(symbol, name, function, ...)                                                 \
    const struct artifact symbol = {.id = "test." name,                                            \
                                    .title = name,                                                 \
                                    .explains = "A test. Nothing else.",                           \
                                    .found_in = EVERYWHERE,                                        \
                                    .paths = PATHS(__VA_ARGS__),                                   \
                                    .run = function}

TEST_ARTIFACT(test_good, "good", good, "*.txt", "a.*");
TEST_ARTIFACT(test_many, "many", many, "*.txt");
TEST_ARTIFACT(test_crash, "crash", crash, "*.txt");
TEST_ARTIFACT(test_loop, "loop", loop, "*.txt");
TEST_ARTIFACT(test_bomb, "bomb", bomb, "*.txt");
TEST_ARTIFACT(test_socket, "socket", network, "*.txt");
TEST_ARTIFACT(test_fork, "fork", fork_more, "*.txt");
TEST_ARTIFACT(test_lie, "lie", lie, "*.txt");
TEST_ARTIFACT(test_extra, "extra", extra, "*.txt");
TEST_ARTIFACT(test_file, "file", other_file, "*.txt");
TEST_ARTIFACT(test_deaf, "deaf", deaf, "*.txt");
TEST_ARTIFACT(test_signal, "signal", signal_other, "*.txt");
TEST_ARTIFACT(test_exit, "exit", leave, "*.txt");
TEST_ARTIFACT(test_limit, "limit", no_end, "*.txt");
TEST_ARTIFACT(test_skip, "skip", skip_one, "*.txt");
TEST_ARTIFACT(test_lost, "lost", lose, "*.txt");
TEST_ARTIFACT(test_unknown, "unknown", know_nothing, "*.txt");
TEST_ARTIFACT(test_none, "none", good, "*.nothing");

const struct artifact *const artifacts_of_tests[] = {
    &test_good, &test_many,  &test_crash,   &test_loop, &test_bomb,   &test_socket, &test_fork,
    &test_lie,  &test_extra, &test_file,    &test_deaf, &test_signal, &test_exit,   &test_limit,
    &test_skip, &test_lost,  &test_unknown, &test_none, NULL,
};
