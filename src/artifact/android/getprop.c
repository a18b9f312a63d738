/*
 * System properties: getprop.txt of AndroidQF, the section SYSTEM PROPERTIES of a bug report. Lines
 * "[name]: [value]"; a value may be empty or go on over several lines, up to the first ] at a line's
 * end. Names tell of planted software, values of the state of the boot loader and much else.
 */
#include "artifact/android/common.h"

/* A property whose value isn't complete yet. */
struct property {
    bool open;
    int64_t line;
    struct slice name;
    struct buf value;
};

/* Values that may hold addresses. A package's name would look like a host. */
static bool holds_address(struct slice name, struct slice value)
{
    static const char *const parts[] = {"dns", "proxy", "server", "host", "url", "gateway"};
    if (slice_search(value, slice_of("://"), 0) < value.n)
        return true;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (slice_search(name, slice_of(parts[i]), 0) < name.n)
            return true;
    return false;
}

static bool finish(struct job *job, struct android_seen *seen, struct property *p, bool whole,
                   struct err *e)
{
    struct record r;
    struct slice value = buf_view(&p->value);
    p->open = false;
    record_start(&r, LINE, slice_of(""), p->line);
    record_observe(&r, "name", OBS_PROPERTY, PRESENT, p->name);
    if (holds_address(p->name, value))
        record_observe(&r, "value", OBS_TEXT, CONFIGURED, value);
    else
        record_text(&r, "value", value);
    if (!android_emit(seen, job, &r, e))
        return false;
    bool two = slice_search(value, slice_of("]: ["), 0) < value.n;
    if (!whole || two) {
        struct err why = {0};
        err_set(&why, ERR_CORRUPT, two ? "two properties in a line" : "the value has no end");
        job_skip_part(job, &r.origin, &why);
    }
    return true;
}

/* "[name]: [" at the beginning of a line; the rest is the value. */
static bool begins(struct slice line, struct slice *name, struct slice *rest)
{
    size_t end = slice_search(line, slice_of("]: ["), 0);
    if (!slice_starts(line, "[") || end == line.n || end < 2)
        return false;
    *name = slice_sub(line, 1, end - 1);
    *rest = slice_sub(line, end + 4, line.n);
    return true;
}

static void add_value(struct property *p, struct slice text, bool *whole)
{
    *whole = slice_ends(text, "]");
    if (*whole)
        text.n--;
    buf_slice(&p->value, text);
}

static bool read_list(struct job *job, const struct file *f, struct android_seen *seen,
                      struct property *p, struct err *e)
{
    struct android_text t;
    struct slice name, rest;
    uint64_t n = 0, strange = 0;
    bool whole = false;
    android_text_start(&t, job, f);
    while (android_text_next(&t, e)) {
        if (begins(t.line, &name, &rest)) {
            if (p->open && !finish(job, seen, p, false, e))
                return false;
            *p = (struct property){true, t.number, arena_copy(job_arena(job), name), p->value};
            buf_clear(&p->value);
            add_value(p, rest, &whole);
            n++;
        } else if (p->open) {
            buf_byte(&p->value, '\n');
            add_value(p, t.line, &whole);
        } else {
            if (t.body.n && !slice_starts(t.body, "***") && strange++ < 20)
                android_text_skip(&t, "no property");
            continue;
        }
        if (whole && !finish(job, seen, p, !t.open_end, e))
            return false;
    }
    if (p->open && !finish(job, seen, p, false, e))
        return false;
    if (!n && !e->code && blob_size(f->blob)) {
        struct err why = {0};
        err_set(&why, ERR_UNSUPPORTED, "format not known: no [name]: [value]");
        job_unknown(job, &why);
    }
    return !e->code;
}

static bool run(struct job *job, struct err *e)
{
    struct android_seen seen = {0};
    struct property p = {0};
    struct file f;
    bool ok = true;
    while (ok && job_next_file(job, &f, e)) {
        android_seen_file(&seen, job, &f);
        ok = read_list(job, &f, &seen, &p, e);
    }
    buf_free(&p.value);
    return ok && !e->code;
}

const struct artifact android_getprop = {
    .id = "android.getprop",
    .title = "System properties",
    .explains =
        "Settings of the running system: the phone's make, release and patches, the state of "
        "its boot loader, and what programs with system rights have set. They show the "
        "moment of the capture.",
    .kept = "until the next start; those called persist. stay",
    .clears = "a restart, for all but those called persist.",
    .found_in = IN_BUGREPORT | IN_ANDROIDQF,
    .expected_in = IN_BUGREPORT | IN_ANDROIDQF,
    .state = true,
    .shows = 1 << PRESENT | 1 << CONFIGURED,
    .paths = PATHS("getprop.txt", DUMPSTATE("SYSTEM PROPERTIES")),
    .run = run,
};
