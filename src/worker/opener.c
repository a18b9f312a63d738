/*
 * The opener: a confined process that opens the evidence once (container, keys, index) and forks a
 * job for each artifact, which inherits all that.
 *
 * It is this program started anew, so it holds nothing of the parent's memory. It does nothing by
 * itself: a frame from the parent, or a child that ended, is all it waits for.
 */
#include "worker/opener.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/hash.h"
#include "format/sqlite.h"
#include "worker/sandbox.h"
#include "worker/sink.h"

enum { MAX_JOBS = 64 };

struct opener {
    struct sandbox sandbox;
    struct source *source;
    int children; /* signalfd of SIGCHLD */
    struct {
        pid_t pid; /* 0: free */
        uint64_t number;
    } jobs[MAX_JOBS];
};

/* -- control socket -- */

static void send_frame(struct buf *out)
{
    write_or_exit(OPENER_CONTROL, out->p, out->n);
    explicit_bzero(out->p, out->room);
    buf_free(out);
}

/* Exactly n bytes; a descriptor that comes along goes to *passed. The parent's end is ours. */
static void receive(void *to, size_t n, int *passed)
{
    for (size_t done = 0; done < n;) {
        char space[CMSG_SPACE(sizeof(int))];
        struct iovec io = {(uint8_t *)to + done, n - done};
        struct msghdr m = {
            .msg_iov = &io, .msg_iovlen = 1, .msg_control = space, .msg_controllen = sizeof space};
        ssize_t got = recvmsg(OPENER_CONTROL, &m, MSG_CMSG_CLOEXEC);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            _exit(0);
        struct cmsghdr *c = CMSG_FIRSTHDR(&m);
        if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS)
            memcpy(passed, CMSG_DATA(c), sizeof *passed);
        done += (size_t)got;
    }
}

static bool report_progress(double done)
{
    struct buf out = {0};
    frame_add_number(&out, FRAME_PROGRESS, (uint64_t)(done * 1000));
    send_frame(&out);
    return true;
}

/* -- opening -- */

static void open_evidence(struct opener *o, struct slice payload)
{
    struct open_request q = {0};
    struct err e = {0};
    struct arena a = {0};
    struct buf out = {0};
    struct secret key = {0};
    if (o->source || !frame_open(payload, &q))
        _exit(1);
    buf_room(&out, FRAME_MAX + FRAME_HEAD); /* at once: growing would leave copies of the key */
    o->source =
        source_open(OPENER_EVIDENCE, arena_string(&a, q.name), &q.secret, report_progress, &e);
    if (o->source) {
        if (!source_derived_key(o->source, &key))
            key.kind = SECRET_NONE;
        frame_add_opened(&out, o->source, &key, &a);
    } else {
        frame_add_err(&out, FRAME_REFUSED, &e);
    }
    secret_wipe(&key);
    secret_wipe(&q.secret);
    send_frame(&out);
    arena_free(&a);
}

/* -- jobs -- */

static bool job_body(struct opener *o, pid_t opener, const struct run_request *q,
                     struct frame_sink *sink, struct job_tally *tally, struct err *e)
{
    const struct artifact *a = artifact_find(q->artifact);
    if (!a || !o->source)
        return err_set(e, ERR_USAGE, "no such artifact, or nothing opened");
    if (!sandbox_job(&o->sandbox, opener, q->seconds, q->memory, e))
        return false;
    struct job_setup setup = {a,           o->source, &sink->sink, q->seconds, q->max_records,
                              q->keep_all, q->hash};
    struct job *j = job_new(&setup);
    bool ok = job_run(j, e);
    *tally = *job_tally(j);
    return ok; /* the job goes with the process */
}

static _Noreturn void job_main(struct opener *o, pid_t opener, const struct run_request *q, int fd)
{
    struct frame_sink sink;
    struct job_tally tally = {0};
    struct err e = {0};
    close(OPENER_CONTROL);
    close(o->children);
    sink_start(&sink, fd);
    if (job_body(o, opener, q, &sink, &tally, &e))
        err_clear(&e);
    frame_add_done(&sink.out, &tally, &e);
    sink_flush(&sink);
    _exit(0);
}

static void run_artifact(struct opener *o, struct slice payload, int fd)
{
    struct run_request q;
    unsigned free_slot = 0;
    while (free_slot < MAX_JOBS && o->jobs[free_slot].pid)
        free_slot++;
    if (fd < 0 || free_slot == MAX_JOBS || !frame_run(payload, &q))
        _exit(1);
    pid_t opener = getpid(), pid = fork();
    if (pid == 0)
        job_main(o, opener, &q, fd);
    close(fd);
    if (pid < 0) {
        struct buf out = {0};
        frame_add_exited(&out, &(struct exited_frame){q.number, 1 << 8, 0, 0});
        send_frame(&out);
        return;
    }
    o->jobs[free_slot].pid = pid;
    o->jobs[free_slot].number = q.number;
}

static void reap(struct opener *o)
{
    struct signalfd_siginfo si;
    int status;
    struct rusage use;
    pid_t pid;
    if (read(o->children, &si, sizeof si) < 0 && errno != EAGAIN)
        _exit(1);
    while ((pid = wait4(-1, &status, WNOHANG, &use)) > 0)
        for (unsigned i = 0; i < MAX_JOBS; i++) {
            if (o->jobs[i].pid != pid)
                continue;
            uint64_t ms = (uint64_t)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) * 1000 +
                          (uint64_t)(use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1000;
            struct buf out = {0};
            frame_add_exited(&out, &(struct exited_frame){o->jobs[i].number, status, ms,
                                                          (uint64_t)use.ru_maxrss});
            send_frame(&out);
            o->jobs[i].pid = 0;
            break;
        }
}

/* -- life -- */

static void serve_frame(struct opener *o)
{
    uint8_t head[FRAME_HEAD];
    int fd = -1;
    receive(head, sizeof head, &fd);
    struct cursor c = cursor(slice_at(head, sizeof head));
    uint32_t n = cursor_u32le(&c);
    uint8_t type = cursor_u8(&c);
    if (n > FRAME_MAX)
        _exit(1);
    uint8_t *payload = xcalloc(1, n);
    receive(payload, n, &fd);
    if (type == FRAME_OPEN)
        open_evidence(o, slice_at(payload, n));
    else if (type == FRAME_RUN)
        run_artifact(o, slice_at(payload, n), fd);
    else
        _exit(1);
    explicit_bzero(payload, n);
    free(payload);
}

void opener_libraries(void)
{
    uint8_t ignored[SHA256_SIZE];
    OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
    sha256_of(slice_of(""), ignored);
    sqlite_setup();
    utime_steady();
}

static _Noreturn void opener_main(void)
{
    struct opener o = {0};
    struct stat st;
    sigset_t set;
    sandbox_close_others(OPENER_FDS);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGPIPE, SIG_DFL); /* a parent that is gone ends us, whatever it ignored */
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigprocmask(SIG_SETMASK, &set, NULL);
    o.children = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (o.children < 0 || fstat(OPENER_EVIDENCE, &st) != 0)
        _exit(1);
    opener_libraries();
    sandbox_opener(&o.sandbox, OPENER_EVIDENCE, S_ISDIR(st.st_mode));
    struct buf ready = {0};
    frame_add_number(&ready, FRAME_READY, o.sandbox.level);
    send_frame(&ready);
    for (;;) {
        struct pollfd fds[] = {{OPENER_CONTROL, POLLIN, 0}, {o.children, POLLIN, 0}};
        if (poll(fds, 2, -1) < 0 && errno != EINTR)
            _exit(1);
        if (fds[1].revents)
            reap(&o);
        if (fds[0].revents)
            serve_frame(&o);
    }
}

/*
 * Before main(), so that a program that links the worker can't forget it (and start itself again and
 * again). glibc hands constructors the arguments of main().
 */
__attribute__((constructor)) static void become_opener(int argc, char **argv)
{
    if (argc == 1 && argv && argv[0] && strcmp(argv[0], OPENER_NAME) == 0)
        opener_main();
}

_Noreturn void opener_exec(void)
{
    static char name[] = OPENER_NAME;
    char *argv[] = {name, NULL}, *nothing[] = {NULL};
#ifdef BRIDLE_SANITIZED
    execve("/proc/self/exe", argv, environ); /* the options of the sanitizer */
#endif
    execve("/proc/self/exe", argv, nothing);
    _exit(127);
}
