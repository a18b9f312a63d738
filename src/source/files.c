/*
 * Names of a container as paths of a device: the file system of an iPhone, else loose files.
 *
 * Extractions differ in what is at their top: private/var/..., var/..., filesystem1/private/var/...,
 * the data volume alone (mobile/... is /private/var/mobile/...), or private/var twice. So the root
 * is found by what is known to lie below /private/var, and there may be several (system and data
 * volume side by side).
 */
#include "format/plist.h"
#include "source/source_impl.h"

/* Folders below /private/var that no other system has. */
static const char *const markers[] = {
    "/mobile/Library/",    "/mobile/Containers/", "/mobile/Media/",     "/containers/Bundle/",
    "/containers/Shared/", "/containers/Data/",   "/wireless/Library/",
};
enum { MARKERS = sizeof markers / sizeof *markers, MAX_ROOTS = 8, MAX_ROOT_DEPTH = 8 };

struct root {
    struct slice base;
    bool data;     /* the data volume: base is /private/var itself */
    unsigned seen; /* markers, by bit */
};

struct roots {
    struct root all[MAX_ROOTS];
    unsigned n;
};

/* "private/var" is proof enough; a data volume must show two of the folders. */
static bool accepted(const struct root *r)
{
    return !r->data || (r->seen & (r->seen - 1)) != 0;
}

static bool below(struct slice path, struct slice base)
{
    return path.n > base.n && path.p[base.n] == '/' &&
           slice_equal(slice_sub(path, 0, base.n), base);
}

static bool cut_tail(struct slice *s, const char *tail)
{
    if (!slice_ends(*s, tail))
        return false;
    s->n -= strlen(tail);
    return true;
}

/* What stands before a marker, without the device's own part of it. */
static void learn(struct roots *r, struct slice base, unsigned marker)
{
    bool data = !cut_tail(&base, "/private/var") && !cut_tail(&base, "/var");
    while (!data && cut_tail(&base, "/private/var"))
        ;
    unsigned depth = 0;
    for (size_t i = 0; i < base.n; i++)
        depth += base.p[i] == '/';
    if (depth > MAX_ROOT_DEPTH)
        return;
    for (unsigned i = 0; i < r->n; i++)
        if (r->all[i].data == data && slice_equal(r->all[i].base, base)) {
            r->all[i].seen |= 1u << marker;
            return;
        }
    if (r->n < MAX_ROOTS)
        r->all[r->n++] = (struct root){base, data, 1u << marker};
}

/* The root a path lies below: the longest. NULL: none. */
static const struct root *root_of(const struct roots *r, struct slice path)
{
    const struct root *best = NULL;
    for (unsigned i = 0; i < r->n; i++) {
        const struct root *one = &r->all[i];
        if (accepted(one) && below(path, one->base) && (!best || one->base.n >= best->base.n))
            best = one;
    }
    return best;
}

static void find_roots(const struct source *s, struct roots *r)
{
    for (size_t i = 0; i < s->norder; i++) {
        const struct row *row = &s->rows[s->order[i]];
        struct slice path = slice_at(row->path, row->path_n);
        if (root_of(r, path))
            continue;
        for (unsigned m = 0; m < MARKERS; m++) {
            size_t at = slice_search(path, slice_of(markers[m]), 0);
            if (at < path.n)
                learn(r, slice_sub(path, 0, at), m);
        }
    }
}

/* The device's path of a row below a root. */
static bool device_path(struct source *s, const struct root *root, struct slice path,
                        struct slice *out)
{
    struct slice rest = slice_sub(path, root->base.n, path.n), none = {0};
    if (root->data)
        return source_path(s, slice_of("/private/var"), rest, out);
    while (slice_starts(rest, "/private/var/private/var/"))
        rest = slice_sub(rest, strlen("/private/var"), rest.n);
    if (slice_starts(rest, "/var/"))
        return source_path(s, slice_of("/private"), rest, out);
    if (rest.p == path.p) {
        *out = path;
        return true;
    }
    return source_path(s, none, rest, out);
}

static void rename_rows(struct source *s, const struct roots *r)
{
    for (size_t i = 0; i < s->nrows; i++) {
        struct row *row = &s->rows[i];
        struct slice path = slice_at(row->path, row->path_n), to;
        const struct root *root = root_of(r, path);
        if (!root || !device_path(s, root, path, &to))
            continue;
        row->path = to.p;
        row->path_n = (uint16_t)to.n;
    }
}

/* A plist of the file system; NULL if it isn't there or can't be read. */
static struct plist *open_plist(struct source *s, const char *path, struct arena *a)
{
    struct entry f;
    struct slice bytes;
    struct err e = {0};
    if (!source_find(s, slice_of(path), &f) || !source_slurp(s, &f, 16u << 20, a, &bytes, &e))
        return NULL;
    return plist_open(bytes, a, &e);
}

static void take(struct source *s, struct slice *fact, struct plist_value v)
{
    struct slice text = plist_string(v);
    if (fact->n == 0 && text.n)
        *fact = source_fact(s, text);
}

/* The phone's cache of answers about itself, by scrambled keys: base64 of MD5 of a fixed word and
   the question. */
static void gestalt_facts(struct source *s, struct arena *a)
{
    static const char path[] = "/private/var/containers/Shared/SystemGroup/"
                               "systemgroup.com.apple.mobilegestaltcache/Library/Caches/"
                               "com.apple.MobileGestalt.plist";
    struct facts *f = &s->facts;
    const struct {
        const char *key;
        struct slice *fact;
    } answers[] = {
        {"h9jDsbgj7xIVeIQ8S3/X3Q", &f->model},  /* ProductType */
        {"qNNddlUK+B/YlooNoymwgA", &f->os},     /* ProductVersion */
        {"mZfUC7qo4pURNhyMHZ62RQ", &f->build},  /* BuildVersion */
        {"VasUgeSzVyHdB27g2XpN0g", &f->serial}, /* SerialNumber */
        {"re6Zb+zwFKJNlkQTUeT+/w", &f->udid},   /* UniqueDeviceID */
    };
    struct plist *p = open_plist(s, path, a);
    if (!p)
        return;
    struct plist_value extra = plist_get(plist_top(p), "CacheExtra");
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++)
        take(s, answers[i].fact, plist_get(extra, answers[i].key));
}

static void filesystem_facts(struct source *s)
{
    static const char version[] = "/System/Library/CoreServices/SystemVersion.plist";
    static const char settings[] = "/private/var/preferences/SystemConfiguration/preferences.plist";
    struct arena a = {0};
    struct facts *f = &s->facts;
    f->platform = slice_of("ios");
    struct plist *p = open_plist(s, version, &a);
    if (p) {
        take(s, &f->os, plist_get(plist_top(p), "ProductVersion"));
        take(s, &f->build, plist_get(plist_top(p), "ProductBuildVersion"));
    }
    p = open_plist(s, settings, &a);
    if (p)
        take(s, &f->name, plist_path(plist_top(p), "System", "System", "ComputerName", NULL));
    gestalt_facts(s, &a);
    arena_free(&a);
}

/* How files begin that can be evidence. Text counts, too: logs have no mark. */
static bool known_start(struct slice head)
{
    static const struct {
        const char *bytes;
        size_t n;
    } starts[] = {
        {"SQLite format 3", 16},
        {"bplist", 6},
        {"SEGB", 4},
        {"cook", 4},                         /* binary cookies */
        {"\x00\x10\x00\x00\x11\x00\x00", 8}, /* tracev3 */
        {"\xff\xfe", 2},                     /* UTF-16 text */
    };
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++)
        if (slice_equal(slice_sub(head, 0, starts[i].n), slice_at(starts[i].bytes, starts[i].n)))
            return true;
    for (size_t i = 0; i < head.n; i++) {
        uint8_t c = head.p[i];
        if ((c < 0x20 && c != '\t' && c != '\n' && c != '\r' && c != 0x1b) || c == 0x7f)
            return false;
    }
    return head.n > 0;
}

/* False: nothing that can be evidence, or nothing at all. */
static bool worth_reading(struct source *s, struct err *e)
{
    enum { ENOUGH = 10000 }; /* files looked into before giving up */
    struct entry f;
    size_t seen = 0, filled = 0;
    for (size_t pos = 0; seen < ENOUGH && source_next(s, NULL, &pos, &f);) {
        if (f.type != ENTRY_FILE)
            continue;
        seen++;
        uint8_t head[64];
        struct err ignored = {0};
        struct blob *b = source_blob(s, &f, &ignored);
        if (!b)
            continue;
        size_t n = blob_size(b) < sizeof head ? (size_t)blob_size(b) : sizeof head;
        bool known = n && blob_read(b, 0, head, n, &ignored) && known_start(slice_at(head, n));
        blob_close(b);
        filled += n > 0;
        if (known)
            return true;
    }
    unsigned damaged;
    source_damage(s, &damaged);
    if (!filled && !damaged && seen < ENOUGH)
        return err_set(e, ERR_ABSENT, seen ? "all files are empty" : "empty: there are no files");
    return err_set(e, ERR_UNSUPPORTED, "nothing we know as evidence");
}

static bool any_root(const struct source *s, struct roots *r)
{
    unsigned n = 0;
    find_roots(s, r);
    for (unsigned i = 0; i < r->n; i++)
        n += accepted(&r->all[i]);
    return n > 0;
}

bool files_show_ios(const struct source *s)
{
    struct roots roots = {0};
    return any_root(s, &roots);
}

bool files_recognise(struct source *s, struct err *e)
{
    struct roots roots = {0};
    if (!any_root(s, &roots))
        return worth_reading(s, e);
    rename_rows(s, &roots);
    s->kind = SOURCE_IOS_FILESYSTEM;
    source_sort(s);
    filesystem_facts(s);
    return true;
}
