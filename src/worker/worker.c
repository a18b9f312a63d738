/*
 * The parent's side of the opener: start, secret, end. The jobs are in jobs.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "worker/opener.h"
#include "worker/sandbox.h"
#include "worker/worker_impl.h"

/* A key of ten million rounds takes seconds, an index over a packed tree minutes. */
enum { OPEN_SECONDS = 3600, READY_SECONDS = 60 };

void limits_default(struct limits *l)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    *l = (struct limits){
        .seconds = 300,
        .memory = UINT64_C(1) << 30,
        .max_records = 5 * 1000 * 1000,
        .jobs = cores < 1   ? 1
                : cores < 4 ? (unsigned)cores
                            : 4,
        .hash = HASH_DEFAULT,
    };
}

const char *confinement_name(enum confinement c)
{
    static const char *const names[] = {"none", "partial", "full"};
    return c <= CONFINED_FULL ? names[c] : "";
}

const char *status_name(enum status s)
{
    static const char *const names[STATUSES] = {
        "pending", "read", "partial", "failed", "locked", "absent", "not-applicable", "skipped",
    };
    return s < STATUSES ? names[s] : "";
}

/* -- the opener's process -- */

/* In the child: only what may be called between fork() and exec. */
static _Noreturn void become_opener(int control, int evidence)
{
    setpgid(0, 0);
    /* Out of the way of the numbers they are going to have. */
    control = fcntl(control, F_DUPFD, OPENER_FDS);
    evidence = fcntl(evidence, F_DUPFD, OPENER_FDS);
    if (control < 0 || evidence < 0 || dup2(control, OPENER_CONTROL) < 0 ||
        dup2(evidence, OPENER_EVIDENCE) < 0)
        _exit(127);
    close_range(OPENER_FDS, ~0u, 0);
    opener_exec();
}

const char *opener_end(struct worker *w, const char *why)
{
    int status = 0;
    struct opener_side *o = &w->opener;
    struct limits l = w->limits;
    char words[160];
    if (!o->pid)
        return w->end_words;
    /* Its jobs are in its group, and even those that it hid stay there: setpgid() is forbidden. */
    kill(-o->pid, SIGKILL);
    w->group = 0;
    while (waitpid(o->pid, &status, 0) < 0 && errno == EINTR)
        ;
    close(o->fd);
    frame_reader_wipe(&o->reader);
    frame_reader_free(&o->reader);
    *o = (struct opener_side){.fd = -1};
    l.memory = OPENER_MEMORY;
    exit_words(status, &l, words, sizeof words);
    /* If it needed our hand, the reason for that is what counts. */
    bool ours = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
    snprintf(w->end_words, sizeof w->end_words, "the opener %s", ours ? why : words);
    return w->interrupted ? "interrupted" : w->end_words;
}

static bool opener_lost(struct worker *w, const char *why, struct err *e)
{
    const char *words = opener_end(w, why);
    return err_set(e, w->interrupted ? ERR_STOP : ERR_CORRUPT, "%s", words);
}

/* The next frame of the opener, of whatever type; waits. */
static bool opener_frame(struct worker *w, double deadline, enum frame_type *t,
                         struct slice *payload, struct err *e)
{
    for (;;) {
        enum frame_result got = frame_next(&w->opener.reader, t, payload);
        if (got == FRAME_GOT)
            return true;
        if (got == FRAME_BAD)
            return opener_lost(w, "sent a bad frame", e);
        double left = deadline - utime_steady();
        struct pollfd p = {w->opener.fd, POLLIN, 0};
        int ready = left > 0 ? poll(&p, 1, (int)(left * 1000) + 1) : 0;
        if (ready < 0 && errno == EINTR)
            continue;
        if (ready == 0)
            return opener_lost(w, "took too long", e);
        if (ready < 0 || frame_fill(&w->opener.reader, w->opener.fd) <= 0)
            return opener_lost(w, "ended early", e);
    }
}

bool opener_spawn(struct worker *w, struct err *e)
{
    int ends[2];
    enum frame_type t;
    struct slice payload;
    uint64_t level;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return err_io(e, "socket");
    pid_t pid = fork();
    if (pid == 0)
        become_opener(ends[1], w->evidence_fd);
    close(ends[1]);
    if (pid < 0) {
        close(ends[0]);
        return err_io(e, "fork");
    }
    setpgid(pid, pid); /* whichever of the two is first */
    w->opener = (struct opener_side){pid, ends[0], {{0}, 0}};
    w->group = pid;
    if (!opener_frame(w, utime_steady() + READY_SECONDS, &t, &payload, e))
        return false;
    if (t != FRAME_READY || !frame_number(payload, CONFINED_FULL, &level))
        return opener_lost(w, "sent a bad frame", e);
    w->level = (enum confinement)level;
    return true;
}

/* -- opening -- */

static bool send_all(int fd, const struct buf *out)
{
    for (size_t done = 0; done < out->n;) {
        ssize_t put = send(fd, out->p + done, out->n - done, MSG_NOSIGNAL);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return false;
        done += (size_t)put;
    }
    return true;
}

static bool send_secret(struct worker *w, const struct secret *s, struct err *e)
{
    struct buf out = {0};
    buf_room(&out, FRAME_HEAD + 64 + strlen(w->name) + sizeof s->bytes + sizeof s->identities);
    frame_add_open(&out, w->name, s);
    bool sent = send_all(w->opener.fd, &out);
    explicit_bzero(out.p, out.room);
    buf_free(&out);
    return sent || opener_lost(w, "ended early", e);
}

/* False: e is set, either by the opener's refusal or because the derivation was stopped. */
static bool opener_answer(struct worker *w, bool (*progress)(double done), struct opened_frame *out,
                          struct err *e)
{
    enum frame_type t;
    struct slice payload;
    uint64_t thousandths;
    double deadline = utime_steady() + OPEN_SECONDS;
    while (opener_frame(w, deadline, &t, &payload, e)) {
        if (t == FRAME_OPENED && frame_opened(payload, &w->memory, out))
            return true;
        if (t == FRAME_REFUSED && frame_err(payload, e))
            return false;
        if (t != FRAME_PROGRESS || !frame_number(payload, 1000, &thousandths))
            return opener_lost(w, "sent a bad frame", e);
        if (progress && !progress((double)thousandths / 1000)) {
            opener_end(w, "was stopped");
            return err_set(e, ERR_STOP, "interrupted");
        }
    }
    return false;
}

bool opener_open(struct worker *w, const struct secret *s, bool (*progress)(double done),
                 struct opened_frame *out, struct err *e)
{
    if (!w->opener.pid && !opener_spawn(w, e))
        return false;
    bool ok = send_secret(w, s, e) && opener_answer(w, progress, out, e);
    if (w->opener.pid)
        frame_reader_wipe(&w->opener.reader);
    if (!ok)
        return false;
    out->opened.confinement = w->level;
    return true;
}

bool opener_run(struct worker *w, const struct run_request *q, int fd)
{
    union {
        struct cmsghdr head;
        char space[CMSG_SPACE(sizeof(int))];
    } control = {0};
    struct buf out = {0};
    frame_add_run(&out, q);
    struct iovec io = {out.p, out.n};
    struct msghdr m = {.msg_iov = &io,
                       .msg_iovlen = 1,
                       .msg_control = control.space,
                       .msg_controllen = sizeof control.space};
    struct cmsghdr *c = CMSG_FIRSTHDR(&m);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(sizeof fd);
    memcpy(CMSG_DATA(c), &fd, sizeof fd);
    ssize_t put;
    do
        put = sendmsg(w->opener.fd, &m, MSG_NOSIGNAL);
    while (put < 0 && errno == EINTR);
    bool sent = put == (ssize_t)out.n; /* far below the socket's buffer: all or nothing */
    buf_free(&out);
    return sent;
}

/* -- outside -- */

struct worker *worker_start(int evidence_fd, const char *name, const struct limits *l,
                            struct err *e)
{
    struct worker *w = xcalloc(1, sizeof *w);
    mlock(&w->secret, sizeof w->secret); /* where the limit allows it */
    sandbox_no_dumps();
    w->limits = *l;
    if (w->limits.jobs < 1)
        w->limits.jobs = 1;
    if (w->limits.jobs > 64)
        w->limits.jobs = 64;
    w->name = xstrdup(name);
    w->evidence_fd = evidence_fd;
    w->opener.fd = -1;
    w->slots = xcalloc(w->limits.jobs, sizeof *w->slots);
    bool ok = opener_spawn(w, e);
    if (ok && w->level == CONFINED_NONE && !l->no_sandbox)
        ok = err_set(e, ERR_UNSUPPORTED, "this system can't confine the reading processes");
    if (ok)
        return w;
    worker_stop(w);
    return NULL;
}

bool worker_open(struct worker *w, const struct secret *s, bool (*progress)(double done),
                 struct opened *out, struct err *e)
{
    struct opened_frame f;
    if (!opener_open(w, s, progress, &f, e))
        return false;
    w->opened = f.opened;
    w->secret = *s;
    if (f.key.kind != SECRET_NONE) {
        w->secret.kind = f.key.kind;
        w->secret.n = f.key.n;
        memcpy(w->secret.bytes, f.key.bytes, sizeof f.key.bytes);
    }
    secret_wipe(&f.key);
    *out = w->opened;
    return true;
}

void worker_interrupt(struct worker *w)
{
    pid_t group = w->group;
    w->interrupted = 1;
    if (group)
        kill(-group, SIGKILL);
}

void worker_stop(struct worker *w)
{
    if (!w)
        return;
    opener_end(w, "was stopped");
    for (unsigned i = 0; i < w->limits.jobs; i++) {
        struct slot *s = &w->slots[i];
        if (s->artifact && s->fd >= 0)
            close(s->fd);
        frame_reader_free(&s->reader);
        arena_free(&s->arena);
        account_free(&s->account);
    }
    secret_wipe(&w->secret);
    munlock(&w->secret, sizeof w->secret);
    arena_free(&w->memory);
    buf_free(&w->reason);
    free(w->slots);
    free(w->queue);
    free(w->name);
    free(w);
}
