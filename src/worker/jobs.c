/*
 * The parent's pull loop over the running jobs.
 *
 * 1. A slot is in use from the RUN frame until its FINISHED event: its stream has ended and the
 *    opener has told how the process did, or the opener is gone.
 * 2. Whatever is wrong with a job's frames breaks that job alone; the parent stops listening to it.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "worker/worker_impl.h"

enum {
    MAX_FILES = 20 * 1000 * 1000, /* told by one job; more than any phone has */
    GRACE = 15,                   /* seconds a job may be late with its end */
};

void worker_run(struct worker *w, const struct artifact *a)
{
    w->queue = xrealloc(w->queue, w->queued + 1, sizeof *w->queue);
    w->queue[w->queued++] = a;
}

static void stop_listening(struct slot *s)
{
    if (s->fd >= 0)
        close(s->fd);
    s->fd = -1;
}

static void break_job(struct slot *s, const char *why)
{
    if (!s->account.broken)
        s->account.broken = why;
    stop_listening(s);
    s->reader.at = s->reader.in.n;
}

/* -- frames to events -- */

static bool file_event(struct slot *s, struct slice payload, struct event *ev)
{
    struct file_frame f;
    struct job_tally *t = &s->account.seen;
    if (t->booked >= MAX_FILES || !frame_file(payload, &f))
        return false;
    f.file.number = (unsigned)t->booked++;
    t->files += f.used;
    ev->type = EVENT_FILE;
    ev->file = f.file;
    return true;
}

static bool record_event(struct worker *w, struct slot *s, struct slice payload, struct event *ev)
{
    uint64_t file;
    struct job_tally *t = &s->account.seen;
    if (!frame_record(payload, &s->arena, &file, &w->record) || file >= t->booked ||
        ++t->sent > w->limits.max_records)
        return false;
    ev->type = EVENT_RECORD;
    ev->file.number = (unsigned)file;
    ev->record = &w->record;
    return true;
}

static bool skip_event(struct slot *s, struct slice payload, struct event *ev)
{
    struct skip_frame f;
    if (!frame_skip(payload, &f) || f.file >= s->account.seen.booked ||
        s->account.seen.skipped >= JOB_MAX_SKIPS)
        return false;
    account_skip(&s->account, &f);
    ev->type = EVENT_SKIP;
    ev->file.number = (unsigned)f.file;
    ev->origin = f.origin;
    ev->text = arena_string(&s->arena, f.why);
    return true;
}

static bool word_event(struct slot *s, struct slice payload, struct event *ev)
{
    enum job_word word;
    struct slice text;
    if (!frame_word(payload, &word, &text) || s->account.seen.words[word] >= JOB_MAX_WORDS)
        return false;
    account_word(&s->account, word, text);
    if (word == JOB_NOTE) {
        ev->type = EVENT_NOTE;
        ev->text = arena_string(&s->arena, text);
    }
    return true;
}

/* The slot's next event from what has been read of it; false: more must be read. */
static bool slot_event(struct worker *w, struct slot *s, struct event *ev)
{
    enum frame_type t;
    struct slice payload;
    enum frame_result got;
    arena_reset(&s->arena);
    while ((got = frame_next(&s->reader, &t, &payload)) == FRAME_GOT) {
        bool good = !s->account.done;
        *ev = (struct event){.type = EVENT_FINISHED, .artifact = s->artifact};
        if (t == FRAME_FILE)
            good = good && file_event(s, payload, ev);
        else if (t == FRAME_RECORD)
            good = good && record_event(w, s, payload, ev);
        else if (t == FRAME_SKIP)
            good = good && skip_event(s, payload, ev);
        else if (t == FRAME_WORD)
            good = good && word_event(s, payload, ev);
        else if (t == FRAME_DONE)
            good = good && (s->account.done = frame_done(payload, &s->account.end));
        else
            good = false;
        if (!good)
            break_job(s, "sent a bad frame");
        else if (ev->type != EVENT_FINISHED)
            return true;
    }
    if (got == FRAME_BAD)
        break_job(s, "sent a bad frame");
    return false;
}

/* -- ends -- */

static void release(struct slot *s)
{
    stop_listening(s);
    account_free(&s->account);
    s->reader.at = s->reader.in.n = 0;
    s->artifact = NULL;
}

static bool finish(struct worker *w, struct slot *s, struct event *ev)
{
    *ev = (struct event){.type = EVENT_FINISHED, .artifact = s->artifact};
    ev->status = outcome(&s->account, s->artifact, &w->opened, &w->limits, &w->reason);
    ev->usage = account_usage(&s->account, &w->opened);
    buf_byte(&w->reason, 0);
    ev->text = (const char *)w->reason.p;
    release(s);
    return true;
}

/* A job that the opener took with it before it said a word: it may never have begun. */
static void put_back(struct worker *w, struct slot *s)
{
    w->queue[--w->taken] = s->artifact;
    release(s);
}

/* An artifact that never got a process. */
static bool fail_queued(struct worker *w, struct event *ev)
{
    *ev = (struct event){.type = EVENT_FINISHED, .artifact = w->queue[w->taken++]};
    ev->status = STATUS_FAILED;
    ev->text = w->interrupted ? "interrupted" : w->gone;
    return true;
}

/* The opener is no more, and its jobs with it. */
static void opener_died(struct worker *w, const char *why)
{
    const char *words = opener_end(w, why);
    for (struct slot *s = w->slots; s < w->slots + w->limits.jobs; s++)
        if (s->artifact && !s->account.exited && !s->account.broken)
            s->account.broken = words;
}

/* -- starting -- */

static bool running(const struct worker *w)
{
    for (unsigned i = 0; i < w->limits.jobs; i++)
        if (w->slots[i].artifact)
            return true;
    return false;
}

static bool reopen(struct worker *w)
{
    struct err e = {0};
    struct opened_frame again;
    if (w->restarted || w->interrupted) {
        snprintf(w->gone, sizeof w->gone, "%s, twice", w->end_words);
        return false;
    }
    w->restarted = true;
    bool ok = opener_open(w, &w->secret, NULL, &again, &e);
    if (ok)
        secret_wipe(&again.key);
    else
        snprintf(w->gone, sizeof w->gone, "%.180s", e.msg);
    return ok;
}

static void start_job(struct worker *w, struct slot *s)
{
    int ends[2];
    const struct artifact *a = w->queue[w->taken++];
    s->artifact = a;
    s->fd = -1;
    s->heard = false;
    s->number = ++w->number;
    s->deadline = utime_steady() + w->limits.seconds + GRACE;
    struct run_request q = {
        s->number,        slice_of(a->id),       w->limits.seconds,
        w->limits.memory, w->limits.max_records, w->limits.keep_all,
        w->limits.hash,
    };
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
        s->account.broken = "no socket for its messages";
        s->account.exited = true;
        return;
    }
    s->fd = ends[0];
    if (!opener_run(w, &q, ends[1]))
        opener_died(w, "ended early");
    close(ends[1]);
}

static void start_jobs(struct worker *w)
{
    if (w->gone[0] || w->interrupted || w->taken == w->queued)
        return;
    /* A new opener only when all that was lost with the old one is told. */
    if (!w->opener.pid && (running(w) || !reopen(w)))
        return;
    for (unsigned i = 0; i < w->limits.jobs && w->taken < w->queued && w->opener.pid; i++)
        if (!w->slots[i].artifact)
            start_job(w, &w->slots[i]);
}

/* -- waiting -- */

static void take_exit(struct worker *w, const struct exited_frame *x)
{
    for (struct slot *s = w->slots; s < w->slots + w->limits.jobs; s++)
        if (s->artifact && s->number == x->number && !s->account.exited) {
            s->account.exited = true;
            s->account.exit = *x;
            return;
        }
    opener_died(w, "sent a bad frame");
}

static void listen_to_opener(struct worker *w)
{
    enum frame_type t;
    struct slice payload;
    struct exited_frame x;
    enum frame_result got;
    if (frame_fill(&w->opener.reader, w->opener.fd) <= 0) {
        opener_died(w, "ended early");
        return;
    }
    while (w->opener.pid && (got = frame_next(&w->opener.reader, &t, &payload)) != FRAME_NONE) {
        if (got == FRAME_GOT && t == FRAME_EXITED && frame_exited(payload, &x))
            take_exit(w, &x);
        else
            opener_died(w, "sent a bad frame");
    }
}

/* Until something can be read or a deadline passes. */
static bool wait_for_bytes(struct worker *w, struct err *e)
{
    struct pollfd fds[65];
    struct slot *of[65];
    nfds_t n = 0;
    double now = utime_steady(), next = now + 3600;
    for (struct slot *s = w->slots; s < w->slots + w->limits.jobs; s++) {
        if (!s->artifact)
            continue;
        next = s->deadline < next ? s->deadline : next;
        if (s->fd >= 0) {
            of[n] = s;
            fds[n++] = (struct pollfd){s->fd, POLLIN, 0};
        }
    }
    if (w->opener.pid)
        fds[n] = (struct pollfd){w->opener.fd, POLLIN, 0};
    if (next <= now) {
        opener_died(w, "did not end in time");
        return true;
    }
    int ready = poll(fds, n + (w->opener.pid != 0), (int)((next - now) * 1000) + 1);
    if (ready < 0 && errno != EINTR)
        return err_io(e, "poll");
    for (nfds_t i = 0; ready > 0 && i < n; i++) {
        if (!fds[i].revents)
            continue;
        if (frame_fill(&of[i]->reader, of[i]->fd) > 0)
            of[i]->heard = true;
        else
            stop_listening(of[i]);
    }
    if (ready > 0 && w->opener.pid && fds[n].revents)
        listen_to_opener(w);
    return true;
}

/* What can be said without waiting. */
static bool event_at_hand(struct worker *w, struct event *ev)
{
    for (unsigned i = 0; i < w->limits.jobs; i++, w->turn = (w->turn + 1) % w->limits.jobs) {
        struct slot *s = &w->slots[w->turn];
        if (!s->artifact)
            continue;
        if (slot_event(w, s, ev))
            return true;
        if (s->fd >= 0 || (!s->account.exited && w->opener.pid))
            continue;
        if (s->heard || s->account.exited)
            return finish(w, s, ev);
        put_back(w, s);
    }
    return false;
}

bool worker_next(struct worker *w, struct event *ev, struct err *e)
{
    while (!event_at_hand(w, ev)) {
        if (w->interrupted)
            opener_died(w, "interrupted");
        start_jobs(w);
        if (!running(w)) {
            if (w->taken == w->queued)
                return false;
            if (w->gone[0] || w->interrupted)
                return fail_queued(w, ev);
        } else if (!wait_for_bytes(w, e)) {
            return false;
        }
    }
    return true;
}
