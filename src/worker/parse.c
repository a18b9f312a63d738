/*
 * One confined child over one file that isn't evidence. It is forked, not started anew, because what
 * it runs is a function of its caller; it can reach nothing but the file and the socket.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "worker/opener.h"
#include "worker/outcome.h"
#include "worker/sandbox.h"
#include "worker/sink.h"

enum { PIECE = 256 * 1024, GRACE = 15 };

typedef bool (*parser)(struct blob *b, const char *name, struct buf *out, struct err *e);

static bool parse_confined(pid_t parent, uint64_t size, const char *name, const struct limits *l,
                           parser parse, struct buf *out, struct err *e)
{
    struct sandbox s;
    sandbox_opener(&s, -1, false);
    if (s.level == CONFINED_NONE && !l->no_sandbox)
        return err_set(e, ERR_UNSUPPORTED, "this system can't confine the reading processes");
    if (!sandbox_job(&s, parent, l->seconds, l->memory, e))
        return false;
    struct blob *b = blob_of_fd(OPENER_EVIDENCE, 0, size, false);
    bool ok = parse(b, name, out, e);
    blob_close(b);
    return ok;
}

static _Noreturn void child(pid_t parent, int socket, int fd, uint64_t size, const char *name,
                            const struct limits *l, parser parse)
{
    struct buf out = {0}, frames = {0};
    struct err e = {0};
    const struct job_tally nothing = {0};
    socket = fcntl(socket, F_DUPFD, OPENER_FDS);
    fd = fcntl(fd, F_DUPFD, OPENER_FDS);
    if (dup2(socket, OPENER_CONTROL) < 0 || dup2(fd, OPENER_EVIDENCE) < 0)
        _exit(1);
    sandbox_close_others(OPENER_FDS);
    signal(SIGPIPE, SIG_DFL);
    opener_libraries();
    if (parse_confined(parent, size, name, l, parse, &out, &e))
        err_clear(&e);
    for (size_t at = 0; at < out.n; at += PIECE) {
        size_t begun = frame_begin(&frames, FRAME_BYTES);
        buf_slice(&frames, slice_sub(buf_view(&out), at, PIECE));
        frame_end(&frames, begun);
        write_or_exit(OPENER_CONTROL, frames.p, frames.n);
        buf_clear(&frames);
    }
    frame_add_done(&frames, &nothing, &e);
    write_or_exit(OPENER_CONTROL, frames.p, frames.n);
    _exit(0);
}

/* Takes what the child sends until its stream ends. False: e. */
static bool collect(int socket, const struct limits *l, struct buf *out, bool *done, struct err *e)
{
    struct frame_reader r = {0};
    struct done_frame end;
    double deadline = utime_steady() + l->seconds + GRACE;
    bool ok = true;
    while (ok) {
        enum frame_type t;
        struct slice payload;
        enum frame_result got = frame_next(&r, &t, &payload);
        if (got == FRAME_GOT && !*done && t == FRAME_BYTES && payload.n <= l->memory - out->n) {
            buf_slice(out, payload);
        } else if (got == FRAME_GOT && !*done && t == FRAME_DONE && frame_done(payload, &end)) {
            *done = true;
        } else if (got != FRAME_NONE) {
            ok = err_set(e, ERR_CORRUPT, "sent a bad frame");
        } else {
            double left = deadline - utime_steady();
            struct pollfd p = {socket, POLLIN, 0};
            int ready = left > 0 ? poll(&p, 1, (int)(left * 1000) + 1) : 0;
            if (ready == 0)
                ok = err_set(e, ERR_LIMIT, "time limit of %.0f s reached", l->seconds);
            else if (ready > 0 && frame_fill(&r, socket) <= 0)
                break;
        }
    }
    frame_reader_free(&r);
    if (ok && *done && end.err.code) {
        *e = end.err;
        return false;
    }
    return ok;
}

bool worker_parse(int fd, const char *name, const struct limits *l, parser parse, struct buf *out,
                  struct err *e)
{
    int ends[2], status = 0;
    struct stat st;
    bool done = false;
    if (fstat(fd, &st) != 0)
        return err_io(e, "%s", name);
    if (!S_ISREG(st.st_mode))
        return err_set(e, ERR_USAGE, "%s: not a file", name);
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return err_io(e, "socket");
    pid_t parent = getpid(), pid = fork();
    if (pid == 0)
        child(parent, ends[1], fd, (uint64_t)st.st_size, name, l, parse);
    close(ends[1]);
    bool ok = pid > 0 ? collect(ends[0], l, out, &done, e) : err_io(e, "fork");
    close(ends[0]);
    if (pid < 0)
        return false;
    if (!ok)
        kill(pid, SIGKILL);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    if (ok && (status != 0 || !done)) {
        char words[160];
        exit_words(status, l, words, sizeof words);
        ok = err_set(e, ERR_CORRUPT, "%s", words);
    }
    if (!ok)
        buf_clear(out);
    return ok || err_in(e, "%s", name);
}
