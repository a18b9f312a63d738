/*
 * What kept the phone from shutting down: one record per line that names a program, one per restart.
 *
 * Three generations of the log: a notice and the programs below it, with or without the image's UUID
 * behind the path; or one line for both. A line "SIGTERM: [0x...]" is about one program, "SIGTERM:
 * [seconds]" or "... @ seconds" ends the restart and dates it. Delays count from its beginning. A
 * restart that was never ended keeps its programs and has no time. Since iOS 26 the file begins anew
 * at each restart. Format: docs/formats/ios/shutdown_log.md
 */
#include <stdlib.h>

#include "artifact/artifact.h"
#include "artifact/ios/common.h"

enum line_kind { OTHER, BLANK, PHASE, NOTICE, CLIENT, ONE_LINE, SIGNAL, END };

struct line {
    enum line_kind kind;
    double delay; /* NOTICE, ONE_LINE: seconds since the restart began */
    int64_t pid, time;
    struct slice path; /* CLIENT, ONE_LINE, SIGNAL */
    bool odd;          /* it names a program or an end, but can't be read */
};

static bool eat(struct slice *s, const char *text)
{
    if (!slice_starts(*s, text))
        return false;
    *s = slice_sub(*s, strlen(text), s->n);
    return true;
}

static bool eat_number(struct slice *s, int64_t *out)
{
    size_t n = 0;
    int64_t v = 0;
    while (n < s->n && n < 18 && s->p[n] >= '0' && s->p[n] <= '9')
        v = v * 10 + (s->p[n++] - '0');
    *s = slice_sub(*s, n, s->n);
    *out = v;
    return n > 0;
}

static bool eat_seconds(struct slice *s, double *out)
{
    int64_t whole, part = 0;
    if (!eat_number(s, &whole))
        return false;
    *out = (double)whole;
    if (eat(s, ".")) {
        size_t before = s->n;
        double scale = 1;
        if (!eat_number(s, &part))
            return false;
        for (size_t i = before - s->n; i > 0; i--)
            scale *= 10;
        *out += (double)part / scale;
    }
    return eat(s, "s");
}

/* "remaining client pid: 87 (/usr/libexec/x)" */
static bool client(struct slice s, struct line *l)
{
    if (!eat(&s, "remaining client pid: ") || !eat_number(&s, &l->pid) || !eat(&s, " (") ||
        s.n < 2 || s.p[s.n - 1] != ')')
        return false;
    l->path = slice_sub(s, 0, s.n - 1);
    return true;
}

/* "SIGTERM: [1698330393] All buffers flushed", "SIGTERM: All buffers flushed @ 1698330393" */
static bool end_of_restart(struct slice s, struct line *l)
{
    struct slice rest = s;
    if (eat(&rest, "[") && eat_number(&rest, &l->time) && eat(&rest, "]"))
        return true;
    size_t at = s.n;
    while (at && s.p[at - 1] >= '0' && s.p[at - 1] <= '9')
        at--;
    struct slice number = slice_sub(s, at, s.n), before = slice_trim(slice_sub(s, 0, at));
    return slice_ends(before, "@") && number.n >= 9 && eat_number(&number, &l->time);
}

static bool holds(struct slice s, const char *word)
{
    return slice_search(s, slice_of(word), 0) < s.n;
}

/* Words of which a damaged line still has one: it is told, where others are passed over. */
static bool looks_known(struct slice s)
{
    static const char *const words[] = {"remaining", "client", "pid:",    "(/",
                                        "SIGTERM",   "After ", "flushed", "still here"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (holds(s, words[i]))
            return true;
    return false;
}

static struct line read_line(struct slice text)
{
    struct line l = {.kind = OTHER};
    struct slice s = slice_trim(text), rest = s;
    if (s.n == 0)
        l.kind = BLANK;
    else if (eat(&rest, "%%%%%"))
        l.kind = PHASE;
    else if (eat(&rest, "After ") && eat_seconds(&rest, &l.delay) && eat(&rest, ", "))
        l.kind = client(rest, &l)                                  ? ONE_LINE
                 : slice_is(rest, "these clients are still here:") ? NOTICE
                                                                   : OTHER;
    else if (client(s, &l))
        l.kind = CLIENT;
    else if (rest = s, eat(&rest, "SIGTERM: ")) {
        size_t at = slice_search(rest, slice_of("remaining client pid: "), 0);
        if (client(slice_sub(rest, at, rest.n), &l))
            l.kind = SIGNAL;
        else if (end_of_restart(rest, &l))
            l.kind = END;
    }
    l.odd = l.kind == OTHER && looks_known(s);
    return l;
}

/* One restart, found by looking ahead to its end. */
struct block {
    bool ended;
    int64_t time, end_line, notices, clients;
    double delay; /* the last */
};

static struct block look_ahead(struct cursor c, int64_t n)
{
    struct block b = {0};
    struct slice text;
    double delay = -1;
    for (; cursor_line(&c, &text); n++) {
        struct line l = read_line(text);
        if (l.kind == NOTICE || (l.kind == ONE_LINE && l.delay != delay))
            b.notices++;
        if (l.kind == NOTICE || l.kind == ONE_LINE)
            b.delay = delay = l.delay;
        b.clients += l.kind == CLIENT || l.kind == ONE_LINE || l.kind == SIGNAL;
        if (l.kind == END) {
            b.ended = true;
            b.time = l.time;
            b.end_line = n;
            break;
        }
    }
    return b;
}

/* The image's UUID that newer versions put behind the path. */
static struct slice cut_uuid(struct slice *path)
{
    struct slice last = slice_basename(*path), none = {path->p, 0};
    if (!ios_is_uuid(last) || last.n == path->n)
        return none;
    path->n -= last.n + 1;
    return last;
}

struct progress {
    struct block block;
    int64_t seen; /* notices of this restart so far */
    double delay;
};

static bool emit_client(struct job *job, const struct line *l, const struct progress *s, int64_t n,
                        struct err *e)
{
    struct record r;
    struct slice path = l->path, uuid = cut_uuid(&path);
    record_start(&r, LINE, slice_of(""), n);
    if (s->block.ended)
        record_time(&r, "restarted", utime_from_int(s->block.time, UNIX));
    record_observe(&r, "path", OBS_PATH, RAN, path);
    record_observe(&r, "process", OBS_PROCESS, RAN, slice_basename(path));
    record_int(&r, "pid", l->pid);
    if (uuid.n)
        record_text(&r, "image_uuid", uuid);
    if (s->seen) {
        record_real(&r, "delay", s->delay);
        record_int(&r, "times_delayed", s->seen);
    }
    if (l->kind == SIGNAL)
        record_text(&r, "signal", slice_of("SIGTERM"));
    return job_emit(job, &r, e);
}

static bool emit_restart(struct job *job, const struct block *b, int64_t n, struct err *e)
{
    struct record r;
    record_start(&r, LINE, slice_of(""), n);
    record_time(&r, "restarted", utime_from_int(b->time, UNIX));
    record_int(&r, "notices", b->notices);
    record_int(&r, "programs", b->clients);
    if (b->notices)
        record_real(&r, "delay", b->delay);
    return job_emit(job, &r, e);
}

static void skip(struct job *job, int64_t n, const char *why)
{
    struct origin o = {LINE, slice_of(""), n, LIVE};
    struct err e = {0};
    err_set(&e, ERR_CORRUPT, "%s", why);
    job_skip(job, &o, &e);
}

static bool read_log(struct job *job, struct slice text, struct err *e)
{
    struct cursor c = cursor(text), before = c;
    struct slice one;
    struct progress s = {0};
    bool begun = false;
    int64_t passed_over = 0, n;
    for (n = 1; cursor_line(&c, &one); n++, before = c) {
        struct line l = read_line(one);
        if (l.kind == BLANK)
            continue;
        if (!begun)
            s = (struct progress){.block = look_ahead(before, n)};
        begun = l.kind != END;
        if (l.kind == NOTICE || (l.kind == ONE_LINE && (!s.seen || l.delay != s.delay))) {
            s.seen++;
            s.delay = l.delay;
        }
        if (l.odd)
            skip(job, n, "a line that can't be read");
        else if (l.kind == OTHER)
            passed_over++;
        else if (l.kind == END ? !emit_restart(job, &s.block, n, e)
                               : (l.kind == CLIENT || l.kind == ONE_LINE || l.kind == SIGNAL) &&
                                     !emit_client(job, &l, &s, n, e))
            return false;
    }
    if (begun)
        skip(job, n - 1, "the log ends within a restart");
    if (passed_over)
        job_note(job, "%lld lines of another kind", (long long)passed_over);
    return true;
}

static bool run(struct job *job, struct err *e)
{
    struct file f;
    struct slice text;
    while (job_next_file(job, &f, e)) {
        struct err why = {0};
        if (!job_slurp(job, &f, &text, &why))
            job_lost(job, "%.*s: %s", (int)f.entry.path.n, (const char *)f.entry.path.p, why.msg);
        else if (text.n == 0)
            skip(job, 0, "an empty log");
        else if (!read_log(job, text, e))
            return false;
    }
    return !e->code;
}

const struct artifact ios_shutdown_log = {
    .id = "ios.shutdown_log",
    .title = "Programs that delayed a restart",
    .explains = "Programs that were still running when the phone shut down, by restart. Spyware "
                "from places of its own showed here; a phone that is seldom restarted leaves "
                "little, and since iOS 26 only the last restart stays.",
    .since = "iOS 12",
    .kept = "many restarts, months to years; since iOS 26 the last one",
    .clears = "erasing the phone; since iOS 26 each restart",
    .found_in = IN_IOS_FS | IN_SYSDIAGNOSE | IN_LOGARCHIVE,
    .expected_in = IN_IOS_FS | IN_SYSDIAGNOSE,
    .shows = 1 << RAN,
    .paths = PATHS("db/diagnostics/shutdown.log", "db/diagnostics/shutdown.*.log",
                   "Extra/shutdown.log", "Extra/shutdown.*.log"),
    .run = run,
};
