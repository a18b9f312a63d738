/*
 * Crash reports, hangs, memory reports and panics (.ips): one record a report, and one for each
 * program that a report lists as running.
 *
 * Bodies: JSON with the crashed process (since iOS 15), text lines before that and for resource
 * reports, JSON with a list `processes` (memory) or a dict `processByPid` (stack shots), JSON with
 * panicString, or nothing. A body that is cut keeps what stands before the cut. Journals of the
 * analytics service bear the same ending and are ios.version_history's. Format: docs/formats/ips.md
 */
#include "artifact/artifact.h"
#include "artifact/ios/common.h"
#include "format/ips.h"

enum {
    MAX_IMAGES = 4096, /* of a process */
    MAX_PLACES = 20,   /* images shown */
    MAX_TREE = 20000,  /* JSON values of one thread */
    MAX_PANIC = 600,   /* bytes shown */
};

struct image {
    struct slice path, name;
};

/* What a JSON body says; texts live in the file's arena. */
struct body {
    const struct json_value *process, *path, *bundle, *parent, *captured, *exception, *termination,
        *thread, *panic, *largest;
    struct image *images;
    unsigned nimages;
    bool lists; /* it has a list of processes */
};

/* -- the body as JSON -- */

static const struct json_value **slot_of(struct body *b, struct slice key)
{
    const struct {
        const char *key;
        const struct json_value **slot;
    } slots[] = {{"procName", &b->process},      {"procPath", &b->path},
                 {"parentProc", &b->parent},     {"captureTime", &b->captured},
                 {"exception", &b->exception},   {"termination", &b->termination},
                 {"bundleInfo", &b->bundle},     {"panicString", &b->panic},
                 {"largestProcess", &b->largest}};
    for (size_t i = 0; i < sizeof slots / sizeof *slots; i++)
        if (slice_is(key, slots[i].key))
            return slots[i].slot;
    return NULL;
}

static bool read_images(struct json *j, enum json_token t, struct body *b, struct err *e)
{
    if (t != JSON_ARRAY)
        return json_skip(j, t) || (*e = j->err, false);
    b->images = arena_alloc(j->arena, MAX_IMAGES * sizeof *b->images);
    while ((t = json_next(j)) != JSON_ARRAY_END) {
        const struct json_value *v = json_tree_of(j, t, MAX_TREE, e);
        if (!v)
            return false;
        if (b->nimages < MAX_IMAGES)
            b->images[b->nimages++] =
                (struct image){json_get_text(v, "path"), json_get_text(v, "name")};
    }
    return true;
}

/* The thread that crashed; the others are passed over. */
static bool read_threads(struct json *j, enum json_token t, struct body *b, struct err *e)
{
    if (t != JSON_ARRAY)
        return json_skip(j, t) || (*e = j->err, false);
    while ((t = json_next(j)) != JSON_ARRAY_END) {
        const struct json_value *v = json_tree_of(j, t, MAX_TREE, e);
        if (!v)
            return false;
        const struct json_value *triggered = json_get(v, "triggered");
        if (!b->thread && triggered && triggered->type == JSON_TRUE)
            b->thread = v;
    }
    return true;
}

static bool read_json(struct slice text, struct arena *a, struct body *b, struct err *e)
{
    struct json j;
    json_open(&j, text, a);
    if (json_next(&j) != JSON_OBJECT)
        return err_set(e, ERR_CORRUPT, "the body is no JSON object");
    while (json_key(&j)) {
        struct slice key = j.text;
        const struct json_value **slot = slot_of(b, key);
        enum json_token t = json_next(&j);
        bool ok = true;
        b->lists |= slice_is(key, "processes") || slice_is(key, "processByPid");
        if (slot)
            ok = (*slot = json_tree_of(&j, t, MAX_TREE, e)) != NULL;
        else if (slice_is(key, "usedImages"))
            ok = read_images(&j, t, b, e);
        else if (slice_is(key, "threads"))
            ok = read_threads(&j, t, b, e);
        else if (!json_skip(&j, t))
            break;
        if (!ok)
            return false;
    }
    if (!j.err.code && json_next(&j) != JSON_END && !j.err.code)
        return err_set(e, ERR_CORRUPT, "more behind the body");
    *e = j.err;
    return !j.err.code;
}

static struct slice text_of(const struct json_value *v)
{
    struct slice none = {0};
    return v && (v->type == JSON_STRING || v->type == JSON_NUMBER) ? v->text : none;
}

static void add_text(struct record *r, const char *name, struct slice text)
{
    if (text.n)
        record_text(r, name, text);
}

static void add_member(struct record *r, const char *name, const struct json_value *v,
                       const char *key)
{
    add_text(r, name, json_get_text(v, key));
}

/* Names of the images that the crashed thread was in, the innermost first, each once in a row. */
static void add_frames(struct record *r, const struct body *b)
{
    const struct json_value *frames = b->thread ? json_get(b->thread, "frames") : NULL;
    struct slice last = {0};
    unsigned shown = 0;
    for (const struct json_value *f = frames ? frames->first : NULL; f && shown < 12; f = f->next) {
        int64_t i;
        if (!json_int(json_get_text(f, "imageIndex"), &i) || i < 0 || i >= b->nimages)
            continue;
        struct slice name = b->images[i].name;
        if (!name.n || slice_equal(name, last))
            continue;
        record_text(r, "frame", name);
        last = name;
        shown++;
    }
}

/* Images from where the system keeps none: they are what an attacker would load. */
static void add_images(struct record *r, const struct body *b)
{
    static const char *const usual[] = {"/System/", "/usr/lib/", "/private/preboot/Cryptexes/"};
    unsigned shown = 0;
    for (unsigned i = 0; i < b->nimages && shown < MAX_PLACES; i++) {
        bool known = b->images[i].path.n == 0;
        for (size_t k = 0; k < sizeof usual / sizeof *usual; k++)
            known |= slice_starts(b->images[i].path, usual[k]);
        if (known)
            continue;
        record_observe(r, "image", OBS_PATH, RAN, b->images[i].path);
        shown++;
    }
}

static void add_process(struct record *r, struct slice process, struct slice path)
{
    if (process.n || path.n)
        record_observe(r, "process", OBS_PROCESS, RAN, process.n ? process : slice_basename(path));
    if (path.n)
        record_observe(r, "path", OBS_PATH, RAN, path);
}

/* "... Panicked task 0xffff: 3280 pages, 9 threads: pid 123: name" */
static void add_panic(struct record *r, struct slice panic)
{
    size_t at = slice_search(panic, slice_of("anicked task"), 0);
    struct slice task = slice_sub(panic, at, panic.n);
    task = slice_sub(task, 0, slice_find(task, '\n'));
    at = slice_search(task, slice_of(": pid "), 0);
    task = slice_sub(task, at + strlen(": pid "), task.n);
    struct slice name = slice_trim(slice_sub(task, slice_find(task, ':') + 1, task.n));
    if (name.n)
        record_observe(r, "process", OBS_PROCESS, RAN, name);
    add_text(r, "panic", slice_sub(panic, 0, MAX_PANIC));
}

static void add_json(struct record *r, const struct body *b)
{
    if (b->panic)
        add_panic(r, text_of(b->panic));
    else
        add_process(r, text_of(b->process), text_of(b->path));
    if (b->largest)
        record_observe(r, "largest", OBS_PROCESS, RAN, text_of(b->largest));
    add_member(r, "bundle", b->bundle, "CFBundleIdentifier");
    add_text(r, "parent", text_of(b->parent));
    record_time(r, "captured", ips_time(b->captured));
    add_member(r, "exception", b->exception, "type");
    add_member(r, "codes", b->exception, "codes");
    add_member(r, "subtype", b->exception, "subtype");
    add_member(r, "signal", b->exception, "signal");
    add_member(r, "ended_by", b->termination, "namespace");
    add_member(r, "end_code", b->termination, "code");
    add_member(r, "end_reason", b->termination, "indicator");
    add_frames(r, b);
    add_images(r, b);
}

/* -- the body as text -- */

/* "SpringBoard [34]" */
static struct slice without_pid(struct slice s)
{
    return slice_trim(slice_sub(s, 0, slice_find(s, '[')));
}

static void add_lines(struct record *r, struct slice text)
{
    static const struct {
        const char *name, *key;
    } lines[] = {
        {"bundle", "Identifier"},
        {"parent", "Parent Process"},
        {"exception", "Exception Type"},
        {"codes", "Exception Codes"},
        {"subtype", "Exception Subtype"},
        {"end_reason", "Termination Reason"},
        {"event", "Event"},
    };
    struct slice process = without_pid(ips_line(text, "Process"));
    if (!process.n)
        process = without_pid(ips_line(text, "Command"));
    add_process(r, process, ips_line(text, "Path"));
    record_time(r, "captured", ips_time_text(ips_line(text, "Date/Time")));
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        add_text(r, lines[i].name, ips_line(text, lines[i].key));
}

/* -- what ran at that time -- */

static bool emit_running(struct job *job, const struct ips *report, const struct json_value *v,
                         const char *list, int64_t n, struct err *e)
{
    struct record r;
    struct slice name = json_get_text(v, "name"), path = json_get_text(v, "pathname");
    int64_t pid;
    if (!name.n)
        name = json_get_text(v, "procname");
    if (!name.n && !path.n)
        return true;
    record_start(&r, KEY, slice_of(list), n);
    record_time(&r, "date", report->time);
    add_process(&r, name, path);
    if (json_int(json_get_text(v, "pid"), &pid))
        record_int(&r, "pid", pid);
    add_member(&r, "reason", v, "reason");
    return job_emit(job, &r, e);
}

/* One process of a stack shot: only what names it, since its threads are most of the report. */
static const struct json_value *outline(struct json *j, enum json_token t, struct err *e)
{
    struct json_value *v = arena_alloc(j->arena, sizeof *v), **tail = &v->first;
    v->type = JSON_OBJECT;
    if (t != JSON_OBJECT)
        return json_skip(j, t) ? v : (*e = j->err, NULL);
    while (json_key(j)) {
        struct slice key = j->text;
        t = json_next(j);
        bool wanted = slice_is(key, "procname") || slice_is(key, "name") ||
                      slice_is(key, "pathname") || slice_is(key, "pid") || slice_is(key, "reason");
        if (!wanted || t == JSON_OBJECT || t == JSON_ARRAY) {
            if (!json_skip(j, t))
                break;
            continue;
        }
        if (!(*tail = json_tree_of(j, t, 1, e)))
            return NULL;
        (*tail)->key = key;
        tail = &(*tail)->next;
    }
    *e = j->err;
    return j->err.code ? NULL : v;
}

/* False: stop. A fault ends the list; read_json() has told it. */
static bool emit_list(struct job *job, const struct ips *report, struct json *j, const char *list,
                      struct err *e)
{
    struct err told = {0};
    enum json_token t = json_next(j), end = t == JSON_OBJECT ? JSON_OBJECT_END : JSON_ARRAY_END;
    if (t != JSON_OBJECT && t != JSON_ARRAY)
        return true;
    for (int64_t n = 0; (t = json_next(j)) != end && t != JSON_ERROR;) {
        if (t == JSON_KEY)
            continue;
        const struct json_value *v = outline(j, t, &told);
        if (!v)
            return true;
        if (!emit_running(job, report, v, list, n++, e))
            return false;
    }
    return true;
}

static bool emit_lists(struct job *job, const struct ips *report, struct err *e)
{
    struct json j;
    json_open(&j, report->body, job_arena(job));
    if (json_next(&j) != JSON_OBJECT)
        return true;
    while (json_key(&j)) {
        const char *list = slice_is(j.text, "processes")      ? "processes"
                           : slice_is(j.text, "processByPid") ? "processByPid"
                                                              : NULL;
        if (list && !emit_list(job, report, &j, list, e))
            return false;
        if (j.err.code || (!list && !json_skip(&j, json_next(&j))))
            return true;
    }
    return true;
}

/* -- a report -- */

/* Its own name, or that of its file: "Name-2026-01-10-080000.ips". */
static struct slice name_of(const struct ips *report, struct slice file)
{
    struct slice name = json_get_text(report->head, "name");
    if (!name.n)
        name = json_get_text(report->head, "app_name");
    if (!name.n) {
        size_t at = slice_search(file, slice_of("-20"), 0);
        name = slice_sub(file, 0, at == file.n ? slice_find(file, '.') : at);
    }
    return name;
}

static bool emit_report(struct job *job, const struct ips *report, struct slice file, struct err *e)
{
    struct record r;
    struct err why = {0};
    struct body b = {0};
    enum ips_shape shape = ips_shape(report);
    if (shape == IPS_JSON && !read_json(report->body, job_arena(job), &b, &why))
        err_in(&why, "body");
    record_start(&r, LINE, slice_of(""), 1);
    record_time(&r, "date", report->time);
    record_text(&r, "name", name_of(report, file));
    add_member(&r, "kind", report->head, "bug_type");
    add_member(&r, "os_version", report->head, "os_version");
    struct slice app = json_get_text(report->head, "bundleID");
    if (app.n)
        record_observe(&r, "app", OBS_APP, RAN, app);
    if (shape == IPS_JSON)
        add_json(&r, &b);
    else if (shape == IPS_TEXT)
        add_lines(&r, report->body);
    add_member(&r, "incident", report->head, "incident_id");
    struct origin o = r.origin;
    if (!job_emit(job, &r, e) || (b.lists && !emit_lists(job, report, e)))
        return false;
    if (why.code)
        job_skip_part(job, &o, &why);
    return true;
}

static bool run(struct job *job, struct err *e)
{
    struct file f;
    while (job_next_file(job, &f, e)) {
        struct slice bytes, name = slice_basename(f.entry.path);
        struct ips report;
        struct err why = {0};
        if (slice_starts(name, "Analytics-"))
            continue;
        if (!job_slurp(job, &f, &bytes, &why)) {
            job_lost(job, "%.*s: %s", (int)f.entry.path.n, (const char *)f.entry.path.p, why.msg);
        } else if (!ips_open(bytes, job_arena(job), &report, &why)) {
            struct origin o = {LINE, name, 1, LIVE};
            job_skip(job, &o, &why);
        } else if (!emit_report(job, &report, name, e)) {
            return false;
        }
    }
    return !e->code;
}

const struct artifact ios_crash_reports = {
    .id = "ios.crash_reports",
    .title = "Crash reports",
    .explains = "Programs that crashed, hung or used too much, panics of the system, and what else "
                "ran at that time. Attacks that go wrong leave such reports; old ones are removed "
                "after some weeks.",
    .since = "iOS 9",
    .kept = "some weeks; sent ones go earlier",
    .clears = "the system itself by age and number, erasing the phone",
    .found_in = IN_IOS_FS | IN_SYSDIAGNOSE,
    .shows = 1 << RAN,
    .paths = PATHS("*.ips", "*.ips.synced"),
    .run = run,
};
