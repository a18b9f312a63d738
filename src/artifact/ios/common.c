#include "artifact/ios/common.h"

#include "format/typedstream.h"

enum { NESTED = 3, UUID_TEXT = 36 };

static bool is_address(struct slice s)
{
    return slice_search(s, slice_of("://"), 0) < s.n || slice_starts(s, "mailto:") ||
           slice_starts(s, "www.");
}

static void add_line(struct buf *lines, struct slice s)
{
    buf_slice(lines, s);
    buf_byte(lines, '\n');
}

static void collect(struct job *job, struct plist_value v, unsigned depth, struct buf *lines);

/* Data inside a plist may be a plist or a typedstream again. */
static void collect_data(struct job *job, struct slice data, unsigned depth, struct buf *lines)
{
    struct err ignored = {0};
    if (depth == NESTED)
        return;
    if (slice_starts(data, "bplist00")) {
        struct plist *p = plist_open(data, job_arena(job), &ignored);
        if (p)
            collect(job, plist_top(p), depth + 1, lines);
    } else if (slice_starts(data, "\x04\x0bstreamtyped")) {
        struct typedstream_body body = {0};
        if (typedstream_body(data, job_arena(job), &body, &ignored) || body.text.n)
            add_line(lines, body.text);
        for (size_t i = 0; i < body.nlinks; i++)
            add_line(lines, body.links[i]);
    }
}

static void collect(struct job *job, struct plist_value v, unsigned depth, struct buf *lines)
{
    struct plist_walk *w = plist_walk(v, job_arena(job));
    struct slice path;
    while (plist_walk_next(w, &path, &v)) {
        if (v.type == PLIST_STRING && is_address(plist_string(v)))
            add_line(lines, plist_string(v));
        else if (v.type == PLIST_DATA)
            collect_data(job, plist_data(v), depth, lines);
    }
}

void ios_value_urls(struct job *job, struct plist_value v, struct buf *lines)
{
    collect(job, v, 0, lines);
}

bool ios_plist_urls(struct job *job, struct slice bytes, const char *name, enum exposure x,
                    struct record *r, struct err *e)
{
    struct plist *p = plist_open(bytes, job_arena(job), e);
    if (!p)
        return false;
    struct buf lines = {0};
    collect(job, plist_top(p), 0, &lines);
    if (lines.n)
        record_observe(r, name, OBS_TEXT, x, arena_copy(job_arena(job), buf_view(&lines)));
    buf_free(&lines);
    return !plist_bad(p, e);
}

void ios_plist_text(struct record *r, const char *name, struct plist_value dict, const char *key)
{
    struct slice text = plist_string(plist_get(dict, key));
    if (text.n)
        record_text(r, name, text);
}

bool ios_plist_list(struct job *job, struct plist *p, const char *key, struct plist_value *list)
{
    struct plist_value top = plist_top(p);
    struct err e = {0};
    *list = plist_get(top, key);
    if (list->type == PLIST_ARRAY || (top.type == PLIST_DICT && !plist_count(top)))
        return true;
    err_set(&e, ERR_UNSUPPORTED, "schema not known: no list %s", key);
    job_unknown(job, &e);
    return false;
}

struct plist *ios_plist_file(struct job *job, struct file *f)
{
    struct err e = {0};
    struct slice bytes;
    struct plist *p = NULL;
    if (job_slurp(job, f, &bytes, &e))
        p = plist_open(bytes, job_arena(job), &e);
    if (!p) {
        job_lost(job, "%.*s: %s", (int)f->entry.path.n, (const char *)f->entry.path.p, e.msg);
    } else if (plist_top(p).type != PLIST_DICT) {
        /* Nothing would be found in it, which must not look like nothing to find. */
        err_set(&e, ERR_UNSUPPORTED, "schema not known: no dictionary at the top");
        job_unknown(job, &e);
        p = NULL;
    }
    return p;
}

void ios_plist_end(struct job *job, struct file *f, struct plist *p)
{
    struct err e = {0};
    if (plist_bad(p, &e))
        job_lost(job, "%.*s: %s", (int)f->entry.path.n, (const char *)f->entry.path.p, e.msg);
}

static bool emit_entries(struct job *job, const char *name, struct plist_value list,
                         bool (*emit)(struct job *job, struct plist_value entry, int64_t n,
                                      struct err *e),
                         struct err *e)
{
    struct plist_iter it = plist_iter(list);
    struct plist_value entry;
    struct slice none;
    for (int64_t n = 0; plist_next(&it, &none, &entry); n++) {
        if (entry.type == PLIST_DICT) {
            if (!emit(job, entry, n, e))
                return false;
            continue;
        }
        struct origin o = {KEY, slice_of(name), n, LIVE};
        err_set(e, ERR_CORRUPT, "an entry is no dictionary");
        job_skip(job, &o, e);
    }
    return true;
}

bool ios_plist_entries(struct job *job, const char *list,
                       bool (*emit)(struct job *job, struct plist_value entry, int64_t n,
                                    struct err *e),
                       struct err *e)
{
    struct file f;
    struct plist_value entries;
    while (job_next_file(job, &f, e)) {
        struct plist *p = ios_plist_file(job, &f);
        if (!p || !ios_plist_list(job, p, list, &entries))
            continue;
        if (!emit_entries(job, list, entries, emit, e))
            return false;
        ios_plist_end(job, &f, p);
    }
    return !e->code;
}

bool ios_is_uuid(struct slice s)
{
    for (size_t i = 0; i < s.n; i++) {
        uint8_t c = s.p[i];
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
        if (dash ? c != '-' : !hex)
            return false;
    }
    return s.n == UUID_TEXT;
}
