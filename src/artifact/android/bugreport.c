/*
 * What the dumps say of themselves: the head of each (when, which build, since when the phone runs),
 * and what could not be collected. A gap is no trace, but where there is one, silence says nothing.
 */
#include "artifact/android/common.h"

/* -- the head -- */

/* "up 1 day, 2 hours, 3 minutes, load average: 1.00", "up 2 days, 3:04" */
static bool uptime(struct slice text, int64_t *seconds)
{
    static const struct {
        const char *unit;
        int64_t seconds;
    } units[] = {{"week", 604800}, {"day", 86400}, {"hour", 3600}, {"min", 60}, {"sec", 1}};
    struct slice word;
    int64_t v = -1;
    *seconds = 0;
    bool any = false;
    while (android_word(&text, NULL, &word) && !slice_is(word, "load")) {
        int64_t n;
        if (android_number(word, &n) && n >= 0 && n < 1000000) {
            v = n;
            continue;
        }
        size_t colon = slice_find(word, ':');
        int64_t minutes;
        if (android_number(slice_sub(word, 0, colon), &n) && n >= 0 && n < 24 &&
            android_number(slice_sub(word, colon + 1, word.n), &minutes)) {
            *seconds += n * 3600 + minutes * 60;
            any = true;
        }
        for (size_t i = 0; v >= 0 && i < sizeof units / sizeof *units; i++)
            if (slice_starts(word, units[i].unit)) {
                *seconds += v * units[i].seconds;
                any = true;
                v = -1;
            }
    }
    return any;
}

static void head_line(const struct android_clock *c, struct slice line, struct record *r,
                      struct arena *a)
{
    static const struct {
        const char *key, *name;
    } keys[] = {
        {"Build", "build"},
        {"Build fingerprint", "fingerprint"},
        {"Bootloader", "bootloader"},
        {"Radio", "radio"},
        {"Network", "network"},
        {"Kernel", "kernel"},
        {"Command line", "command_line"},
        {"Bootconfig", "bootconfig"},
        {"Android SDK version", "sdk"},
        {"Module Metadata version", "module_metadata_version"},
        {"SDK extensions", "sdk_extensions"},
        {"Uptime", "uptime"},
        {"Bugreport format version", "format_version"},
        {"Dumpstate info", "dumpstate_info"},
    };
    size_t at = slice_search(line, slice_of(": "), 0);
    struct slice key = slice_sub(line, 0, at), value = slice_trim(slice_sub(line, at + 2, line.n));
    int64_t up;
    if (slice_starts(value, "'") && slice_ends(value, "'") && value.n > 1)
        value = slice_sub(value, 1, value.n - 2);
    for (size_t i = 0; at < line.n && i < sizeof keys / sizeof *keys; i++)
        if (slice_is(key, keys[i].key))
            android_fact(r, keys[i].name, arena_copy(a, value));
    if (slice_is(key, "Uptime") && uptime(value, &up) && c->taken.precision != PRECISION_NONE) {
        struct utime boot = {c->taken.ns - up * 1000000000, SECOND};
        record_time(r, "started", boot);
    }
}

static bool read_head(struct job *job, const struct file *f, struct err *e)
{
    static const char mark[] = "== dumpstate: ";
    struct android_clock c;
    struct android_text t;
    struct record r;
    bool dumpstate = false;
    android_clock(job, &c);
    record_start(&r, LINE, slice_of(""), (int64_t)f->entry.line);
    android_text_start(&t, job, f);
    for (unsigned n = 0; n < 200 && android_text_next(&t, e); n++) {
        if (slice_starts(t.line, mark) && !dumpstate) {
            android_time(&c, &r, "taken",
                         arena_copy(job_arena(job), slice_sub(t.line, strlen(mark), t.line.n)));
            dumpstate = true;
        } else {
            head_line(&c, t.line, &r, job_arena(job));
        }
    }
    return !e->code && (!r.n || job_emit(job, &r, e));
}

static bool run_bugreport(struct job *job, struct err *e)
{
    struct file f;
    while (job_next_file(job, &f, e))
        if (!read_head(job, &f, e))
            return false;
    return !e->code;
}

const struct artifact android_bugreport = {
    .id = "android.bugreport",
    .title = "Head of the bug report",
    .explains = "When the report was made, of which build, and since when the phone was running. "
                "What a phone shows of its running state goes back to that start at most.",
    .found_in = IN_BUGREPORT | IN_ANDROIDQF,
    .expected_in = IN_BUGREPORT,
    .state = true,
    .paths = PATHS(DUMPSTATE("head")),
    .run = run_bugreport,
};

/* -- gaps -- */

static const char *kind_of(struct slice line)
{
    static const struct {
        const char *words, *kind;
    } kinds[] = {
        {"timed out", "timeout"}, {"TIMEOUT", "timeout"},          {"Timed out", "timeout"},
        {"timeout", "timeout"},   {"Permission denied", "denied"}, {"No such file", "missing"},
        {"not found", "missing"}, {"killed by signal", "killed"},  {"failed", "failed"},
        {"Failed", "failed"},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (slice_search(line, slice_of(kinds[i].words), 0) < line.n)
            return kinds[i].kind;
    return NULL;
}

/* Lines of dumpstate's and AndroidQF's own logs that count: those of failures. */
static bool counts(const struct file *f, struct slice line)
{
    if (f->entry.file.n)
        return true;
    if (slice_ends(f->entry.path, "/command.log"))
        return slice_search(line, slice_of(" ERR "), 0) < line.n ||
               slice_search(line, slice_of("ERROR"), 0) < line.n;
    return kind_of(line) != NULL;
}

static bool run_collection(struct job *job, struct err *e)
{
    enum { MAX_OF_A_LOG = 10000 };
    struct file f;
    while (job_next_file(job, &f, e)) {
        struct android_text t;
        unsigned n = 0;
        android_text_start(&t, job, &f);
        while (android_text_next(&t, e)) {
            struct record r;
            if (!t.body.n || !counts(&f, t.body))
                continue;
            if (n++ == MAX_OF_A_LOG) {
                job_lost(job, "%.*s: more than %d failures", (int)f.entry.path.n,
                         (const char *)f.entry.path.p, MAX_OF_A_LOG);
                break;
            }
            const char *kind = kind_of(t.body);
            android_text_record(&t, &r);
            record_text(&r, "kind", slice_of(kind ? kind : "failed"));
            record_text(&r, "text", t.body);
            if (!job_emit(job, &r, e))
                return false;
        }
        if (e->code)
            return false;
        if (t.open_end && !f.entry.file.n)
            job_lost(job, "%.*s: its last line has no end", (int)f.entry.path.n,
                     (const char *)f.entry.path.p);
    }
    return !e->code;
}

const struct artifact android_collection = {
    .id = "android.collection",
    .title = "What could not be collected",
    .explains =
        "Commands that failed, timed out or were refused while the phone was read. What they "
        "would have shown is missing in this evidence.",
    .found_in = IN_BUGREPORT | IN_ANDROIDQF,
    .state = true,
    .paths = PATHS(DUMPSTATE("gap"), "dumpstate_log.txt", "command.log"),
    .run = run_collection,
};
