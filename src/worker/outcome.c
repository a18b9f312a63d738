/*
 * The decision table of a job's end. In order: what proves that the job can't be believed; what the
 * artifact itself reported; nothing found; something missing; read.
 */
#include "worker/outcome.h"

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>

#include "base/utf8.h"

enum { MAX_REASON = 1200 };

void account_free(struct account *a)
{
    buf_free(&a->lost);
    buf_free(&a->unknown);
    buf_free(&a->locked);
    *a = (struct account){0};
}

/* Joined with "; ", without control characters, not longer than MAX_REASON. */
static void join(struct buf *to, struct slice text)
{
    if (to->n >= MAX_REASON)
        return;
    if (to->n)
        buf_text(to, "; ");
    text = utf8_cut(text, MAX_REASON - to->n);
    for (size_t i = 0; i < text.n; i++)
        buf_byte(to, text.p[i] < 0x20 || text.p[i] == 0x7f ? ' ' : text.p[i]);
}

void account_word(struct account *a, enum job_word w, struct slice text)
{
    a->seen.words[w]++;
    switch (w) {
    case JOB_LOST: join(&a->lost, text); break;
    case JOB_UNKNOWN: join(&a->unknown, text); break;
    case JOB_LOCKED: join(&a->locked, text); break;
    case JOB_NOTE:
    case JOB_WORDS: break;
    }
}

void account_skip(struct account *a, const struct skip_frame *s)
{
    if (a->seen.skipped++ == 0)
        snprintf(a->first_skip, sizeof a->first_skip, "%.*s%s%s %lld: %.*s",
                 (int)utf8_cut(s->origin.name, 80).n, (const char *)s->origin.name.p,
                 s->origin.name.n ? " " : "", place_name(s->origin.place), (long long)s->origin.n,
                 (int)utf8_cut(s->why, 180).n, (const char *)s->why.p);
}

static void memory_words(uint64_t bytes, char *to, size_t n)
{
    if (bytes >= 1u << 30)
        snprintf(to, n, "memory limit of %.3g GiB reached", (double)bytes / (1 << 30));
    else
        snprintf(to, n, "memory limit of %.3g MiB reached", (double)bytes / (1 << 20));
}

void exit_words(int status, const struct limits *l, char *to, size_t n)
{
    int sig = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    if (sig == SIGALRM || sig == SIGXCPU)
        snprintf(to, n, "time limit of %.0f s reached", l->seconds);
    else if (sig == SIGSYS)
        snprintf(to, n, "tried a forbidden system call");
    else if (sig == SIGSEGV || sig == SIGBUS || sig == SIGILL || sig == SIGFPE || sig == SIGABRT)
        snprintf(to, n, "ended by signal %d (crash)", sig);
    else if (sig)
        snprintf(to, n, "ended by signal %d", sig);
    else if (WEXITSTATUS(status) == 5) /* die(): in a job, no allocation was possible */
        memory_words(l->memory, to, n);
    else
        snprintf(to, n, "ended early with status %d", WEXITSTATUS(status));
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* What the job says it sent is what came. */
static bool counts_agree(const struct account *a)
{
    const struct job_tally *s = &a->seen, *t = &a->end.tally;
    bool same = s->files == t->files && s->booked == t->booked && s->sent == t->sent &&
                s->skipped == least(t->skipped, JOB_MAX_SKIPS) && t->in_part <= t->skipped;
    for (unsigned w = 0; w < JOB_WORDS; w++)
        same = same && s->words[w] == least(t->words[w], JOB_MAX_WORDS);
    return same;
}

/* Why the job can't be believed; NULL: it can. */
static const char *disproof(const struct account *a, const struct limits *l, char *words, size_t n)
{
    if (a->broken)
        return a->broken;
    if (a->exited && a->exit.status != 0) {
        exit_words(a->exit.status, l, words, n);
        return words;
    }
    if (!a->exited || !a->done)
        return "ended early";
    return counts_agree(a) ? NULL : "what arrived is not what it says it sent";
}

static unsigned bit_of(const struct opened *o)
{
    static const unsigned bits[SOURCE_KINDS] = {
        [SOURCE_IOS_FILESYSTEM] = IN_IOS_FS,         [SOURCE_SYSDIAGNOSE] = IN_SYSDIAGNOSE,
        [SOURCE_LOGARCHIVE] = IN_LOGARCHIVE,         [SOURCE_ANDROID_BUGREPORT] = IN_BUGREPORT,
        [SOURCE_ANDROIDQF] = IN_ANDROIDQF,           [SOURCE_ANDROID_BACKUP] = IN_ANDROID_BACKUP,
        [SOURCE_ANDROID_FILESYSTEM] = IN_ANDROID_FS, [SOURCE_INTRUSION_LOG] = IN_INTRUSION_LOG,
    };
    if (o->kind == SOURCE_IOS_BACKUP)
        return o->facts.encrypted ? IN_BACKUP_ENC : IN_BACKUP;
    return bits[o->kind];
}

static enum status found_nothing(const struct artifact *art, const struct opened *o,
                                 struct buf *reason)
{
    unsigned bit = bit_of(o);
    if (!(art->found_in & bit)) {
        if (bit == IN_BACKUP && (art->found_in & IN_BACKUP_ENC))
            buf_text(reason, "plain-backup");
        return STATUS_NOT_APPLICABLE;
    }
    if (!o->ndamage)
        return STATUS_ABSENT;
    join(reason, slice_of(o->damage[0]));
    return STATUS_PARTIAL;
}

static void add_skips(const struct job_tally *t, const char *first, struct buf *reason)
{
    char text[512];
    uint64_t rows = t->sent + t->counted + t->skipped - t->in_part;
    snprintf(text, sizeof text, "%llu of %llu rows skipped (%.2f %%): %s",
             (unsigned long long)t->skipped, (unsigned long long)rows,
             rows ? 100.0 * (double)t->skipped / (double)rows : 100, first);
    join(reason, slice_of(text));
}

static void add_words(const struct buf *text, uint64_t n, struct buf *reason)
{
    if (!n)
        return;
    join(reason, buf_view(text));
    if (n > JOB_MAX_WORDS && reason->n < MAX_REASON)
        buf_printf(reason, "; and %llu more", (unsigned long long)(n - JOB_MAX_WORDS));
}

enum status outcome(const struct account *a, const struct artifact *art, const struct opened *o,
                    const struct limits *l, struct buf *reason)
{
    char words[128];
    const struct job_tally *t = &a->end.tally;
    const char *why = disproof(a, l, words, sizeof words);
    buf_clear(reason);
    if (!why && a->end.err.code)
        why = a->end.err.msg;
    if (why) {
        join(reason, slice_of(why));
        return a->done && a->end.err.code == ERR_LOCKED && !a->broken ? STATUS_LOCKED
                                                                      : STATUS_FAILED;
    }
    uint64_t unknown = t->words[JOB_UNKNOWN], lost = t->words[JOB_LOST],
             locked = t->words[JOB_LOCKED];
    if (!t->files && !t->booked && !t->sent && !t->counted && !lost && !locked && !unknown &&
        (art->paths || !(art->found_in & bit_of(o))))
        return found_nothing(art, o, reason);
    add_words(&a->unknown, unknown, reason);
    add_words(&a->lost, lost, reason);
    add_words(&a->locked, locked, reason);
    if (t->skipped)
        add_skips(t, a->first_skip, reason);
    if (locked && !t->files && !lost)
        return STATUS_LOCKED;
    /* Nothing was read of any file. */
    if (art->paths && unknown + lost + locked > 0 && unknown >= t->files)
        return STATUS_FAILED;
    if (unknown + lost + locked + t->skipped > 0)
        return STATUS_PARTIAL;
    if (!o->ndamage)
        return STATUS_READ;
    join(reason, slice_of(o->damage[0]));
    return STATUS_PARTIAL;
}

struct usage account_usage(const struct account *a, const struct opened *o)
{
    const struct job_tally *t = a->done ? &a->end.tally : &a->seen;
    return (struct usage){
        .files = t->files,
        .records = t->sent + t->counted,
        .skipped = t->skipped,
        .bytes = t->bytes,
        .lost = t->words[JOB_LOST] + t->words[JOB_UNKNOWN] + t->words[JOB_LOCKED] + o->ndamage,
        .seconds = (double)a->exit.ms / 1000,
        .peak_kib = a->exit.peak_kib,
    };
}
