/* What properties and the head of a dump tell of the phone. */
#include "base/zone.h"
#include "format/json.h"
#include "source/android.h"

enum { PROPERTIES_MAX = 4 << 20, HEAD_MAX = 64 * 1024, NS = 1000000000 };

/* A property and the fact it is; the first that is there counts. */
static const struct {
    const char *name;
    size_t fact; /* place in struct facts */
} wanted[] = {
    {"ro.product.model", offsetof(struct facts, model)},
    {"ro.product.vendor.model", offsetof(struct facts, model)},
    {"ro.product.system.model", offsetof(struct facts, model)},
    {"ro.build.version.release", offsetof(struct facts, os)},
    {"ro.system.build.version.release", offsetof(struct facts, os)},
    {"ro.build.id", offsetof(struct facts, build)},
    {"ro.build.display.id", offsetof(struct facts, build)},
    {"ro.serialno", offsetof(struct facts, serial)},
    {"ro.boot.serialno", offsetof(struct facts, serial)},
    {"persist.sys.timezone", offsetof(struct facts, zone)},
};
enum { WANTED = sizeof wanted / sizeof *wanted };

static struct slice *fact(struct facts *f, size_t place)
{
    return (struct slice *)((char *)f + place);
}

/* "brand/product/device:14/BUILD/1:user/release-keys" */
static void fingerprint(struct source *s, struct slice print)
{
    size_t at = slice_find(print, ':');
    struct slice rest = slice_sub(print, at + 1, print.n);
    struct slice release = slice_sub(rest, 0, slice_find(rest, '/'));
    rest = slice_sub(rest, release.n + 1, rest.n);
    struct slice build = slice_sub(rest, 0, slice_find(rest, '/'));
    if (!s->facts.os.n)
        s->facts.os = source_fact(s, release);
    if (!s->facts.build.n)
        s->facts.build = source_fact(s, build);
}

/* Takes what is wanted of "[name]: [value]" or "name=value" lines. */
static void properties(struct source *s, struct slice text)
{
    struct slice found[WANTED] = {0}, print = {0}, line;
    struct cursor c = cursor(text);
    while (cursor_line(&c, &line)) {
        bool listed = slice_starts(line, "[");
        struct slice name = slice_sub(
            line, listed, slice_search(line, slice_of(listed ? "]: [" : "="), 0) - listed);
        struct slice value = slice_sub(line, listed + name.n + (listed ? 4 : 1), line.n);
        if (listed && slice_ends(value, "]"))
            value.n--;
        for (unsigned i = 0; i < WANTED; i++)
            if (slice_is(name, wanted[i].name))
                found[i] = value;
        if (slice_is(name, "ro.build.fingerprint"))
            print = value;
    }
    for (unsigned i = 0; i < WANTED; i++) {
        struct slice *to = fact(&s->facts, wanted[i].fact);
        if (!to->n && found[i].n)
            *to = source_fact(s, found[i]);
    }
    fingerprint(s, print);
}

static bool slurp(struct source *s, const char *path, struct slice prefix, size_t limit,
                  struct arena *a, struct slice *out, struct entry *f)
{
    struct err ignored = {0};
    struct slice full =
        slice_of(arena_printf(a, "%.*s%s", (int)prefix.n, (const char *)prefix.p, path));
    if (!source_find(s, full, f) || f->type != ENTRY_FILE)
        return false;
    struct blob *b = source_blob(s, f, &ignored);
    uint64_t n = b && blob_size(b) < limit ? blob_size(b) : limit;
    uint8_t *p = b ? arena_alloc(a, (size_t)n) : NULL;
    bool ok = b && blob_read(b, 0, p, (size_t)n, &ignored);
    blob_close(b);
    *out = slice_at(p, ok ? (size_t)n : 0);
    return ok;
}

/* The head of a dumpstate; *start by the phone's own clock. */
static bool head(struct source *s, struct slice text, struct wall *start)
{
    static const char mark[] = "== dumpstate: ", print[] = "Build fingerprint: '",
                      build[] = "Build: ";
    struct cursor c = cursor(text);
    struct slice line;
    bool found = false;
    while (cursor_line(&c, &line)) {
        if (slice_starts(line, mark) && !found) {
            struct wall w;
            found = wall_parse(slice_sub(line, strlen(mark), line.n), &w) && !w.no_year;
            if (found)
                *start = w;
        } else if (slice_starts(line, print)) {
            fingerprint(s, slice_sub(line, strlen(print), line.n));
        } else if (slice_starts(line, build) && !s->facts.build.n) {
            s->facts.build = source_fact(s, slice_sub(line, strlen(build), line.n));
        }
    }
    return found;
}

static unsigned release_number(struct slice os)
{
    unsigned n = 0;
    for (size_t i = 0; i < os.n && n < 1000 && os.p[i] >= '0' && os.p[i] <= '9'; i++)
        n = n * 10 + (os.p[i] - '0');
    return n;
}

/* By the zone; UTC where it isn't known, which every artifact tells with its times. */
static struct utime moment(const struct zone *z, const struct wall *w)
{
    int64_t utc[2];
    zone_moments(z, w->seconds, utc);
    return wall_moment(w, (int32_t)(w->seconds - utc[0]));
}

/* When services were dumped stands in their sections' `modified` as the phone's clock showed it. */
static void section_times(struct source *s, const struct zone *z)
{
    for (size_t i = 0; i < s->nrows; i++) {
        struct row *r = &s->rows[i];
        if (!(r->flags & ROW_SECTION) || r->mount || r->modified == INT64_MIN)
            continue;
        struct wall w = {.seconds = r->modified / NS, .precision = SECOND};
        r->modified = moment(z, &w).ns;
    }
}

/* The acquisition's own start, from acquisition.json of AndroidQF; in UTC. */
static void acquisition(struct source *s, struct slice prefix, struct arena *a)
{
    struct slice text;
    struct entry f;
    struct json j;
    if (!slurp(s, "/acquisition.json", prefix, HEAD_MAX, a, &text, &f))
        return;
    json_open(&j, text, a);
    if (json_next(&j) != JSON_OBJECT)
        return;
    while (json_key(&j)) {
        bool started = slice_is(j.text, "started");
        enum json_token t = json_next(&j);
        if (started && t == JSON_STRING)
            s->facts.taken = utime_parse(j.text);
        else if (!json_skip(&j, t))
            return;
    }
}

void android_facts(struct source *s, struct slice prefix)
{
    static const char *const lists[] = {"/getprop.txt", "/dumpstate/SYSTEM PROPERTIES",
                                        "/system/build.prop", "/vendor/build.prop"};
    struct arena a = {0};
    struct slice text;
    struct entry f;
    struct wall start;
    struct zone zone;
    s->facts.platform = slice_of("android");
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        if (slurp(s, lists[i], prefix, PROPERTIES_MAX, &a, &text, &f))
            properties(s, text);
    bool started =
        slurp(s, "/dumpstate/head", prefix, HEAD_MAX, &a, &text, &f) && head(s, text, &start);
    if (!s->facts.zone.n &&
        slurp(s, "/data/property/persist.sys.timezone", prefix, 256, &a, &text, &f))
        s->facts.zone = source_fact(s, text);
    bool known = zone_find(s->facts.zone, &zone);
    s->facts.release = release_number(s->facts.os);
    acquisition(s, prefix, &a);
    if (started && s->facts.taken.precision == PRECISION_NONE)
        s->facts.taken = moment(&zone, &start);
    if (started && !known)
        source_noted(s, "the phone's time zone is not known: its times are taken as UTC");
    section_times(s, &zone);
    arena_free(&a);
}
