/*
 * Which evidence of an Android phone it is, by names, and where in the container it begins: people
 * zip the folder or its content, and give the folder above.
 *
 * Paths become relative to the acquisition's root. What lies in archives in it (the bug report and the
 * backup of an AndroidQF acquisition) is mounted at its own path.
 */
#include "source/android.h"

#include <stdlib.h>

enum { MAX_ROOTS = 64, SNIFF = 1 << 20, MAX_TRIED = 64, MAX_REPORTS = 16 };

static bool recognise(struct source *s, unsigned depth);

static struct slice row_path(const struct row *r)
{
    return slice_at(r->path, r->path_n);
}

/* The folder of a path, without the slash: "" at the top. */
static struct slice folder_of(struct slice path)
{
    struct slice name = slice_basename(path);
    return slice_sub(path, 0, path.n - name.n - (path.n > name.n));
}

static bool below(struct slice path, struct slice folder)
{
    return path.n > folder.n && path.p[folder.n] == '/' &&
           slice_equal(slice_sub(path, 0, folder.n), folder);
}

/* Makes the paths below a folder relative to it. */
static void set_root(struct source *s, struct slice root)
{
    for (size_t i = 0; root.n && i < s->nrows; i++) {
        struct row *r = &s->rows[i];
        if (!below(row_path(r), root))
            continue;
        r->path += root.n;
        r->path_n = (uint16_t)(r->path_n - root.n);
        if (r->flags & ROW_SECTION) {
            r->domain += root.n;
            r->domain_n = (uint16_t)(r->domain_n - root.n);
        }
    }
    if (root.n)
        source_sort(s);
}

/* A file of the phone itself: an acquisition or a report that lies there is part of its file system. */
static bool inside_phone(struct slice path)
{
    static const char *const places[] = {"/data/data/", "/data/app/",     "/data/media/",
                                         "/data/user/", "/data/user_de/", "/data/system/",
                                         "/system/",    "/data/misc/",    "/private/var/"};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        if (slice_search(path, slice_of(places[i]), 0) < path.n)
            return true;
    return false;
}

/* -- folders that hold something telling -- */

struct folder {
    struct slice path;
    unsigned seen, more; /* bits of names; others that count */
};

struct folders {
    struct folder all[MAX_ROOTS];
    unsigned n;
};

static struct folder *folder(struct folders *f, struct slice path)
{
    for (unsigned i = 0; i < f->n; i++)
        if (slice_equal(f->all[i].path, path))
            return &f->all[i];
    if (f->n == MAX_ROOTS)
        return NULL;
    f->all[f->n] = (struct folder){.path = path};
    return &f->all[f->n++];
}

/* -- AndroidQF -- */

/* What only an acquisition has; two files of one folder show it. */
static const char *const aqf_names[] = {
    "acquisition.json", "getprop.txt", "packages.json",      "settings_*.txt", "dumpsys.txt",
    "files.json",       "hashes.csv",  "root_binaries.json", "mounts.json",    "processes.json",
};
/* What other things may be called as well. */
static const char *const aqf_more[] = {"logcat.txt",   "processes.txt", "ps.txt",
                                       "services.txt", "backup.ab",     "bugreport.zip",
                                       "selinux.txt",  "env.txt",       "command.log"};
enum {
    AQF_NAMES = sizeof aqf_names / sizeof *aqf_names,
    AQF_MORE = sizeof aqf_more / sizeof *aqf_more
};

static void see_aqf(struct folders *f, struct slice path)
{
    unsigned bit = 0, more = 0;
    if (inside_phone(path))
        return;
    for (unsigned i = 0; i < AQF_NAMES && !bit; i++)
        bit = source_pattern_matches(aqf_names[i], path) ? 1u << i : 0;
    for (unsigned i = 0; i < AQF_MORE && !bit && !more; i++)
        more = source_pattern_matches(aqf_more[i], path);
    struct folder *in = bit || more ? folder(f, folder_of(path)) : NULL;
    if (!in)
        return;
    in->seen |= bit;
    in->more += more;
}

/* The acquisition's folder: of several the one with the most files. */
static bool find_aqf(const struct source *s, struct slice *root)
{
    struct folders f = {0};
    unsigned best = 0;
    for (size_t i = 0; i < s->norder; i++)
        if (s->rows[s->order[i]].type == ENTRY_FILE)
            see_aqf(&f, row_path(&s->rows[s->order[i]]));
    for (unsigned i = 0; i < f.n; i++) {
        unsigned own = (unsigned)__builtin_popcount(f.all[i].seen), all = own + f.all[i].more;
        if (own && all >= 2 && all > best) {
            best = all;
            *root = f.all[i].path;
        }
    }
    return best > 0;
}

/* -- bug reports -- */

/* Names of the main text, the best first. */
static const char *const main_names[] = {
    "bugreport-*.txt",    "bugreport-*.txt.gz", "dumpstate-*.txt", "dumpstate-*.txt.gz",
    "dumpstate.txt",      "dumpState_*.log",    "dumpState_*.txt", "dumpState_*.log.gz",
    "dumpState_*.txt.gz", "bugreport*.txt",     "dumpsys.txt",     "dumpsys.txt.gz",
};
enum { MAIN_NAMES = sizeof main_names / sizeof *main_names, SURE_NAMES = 9 };

static bool is_dump(struct source *s, const struct entry *f)
{
    uint8_t *head = xcalloc(1, SNIFF);
    bool yes =
        !inside_phone(f->path) && android_is_dump(slice_at(head, android_head(s, f, head, SNIFF)));
    free(head);
    return yes;
}

/* The text that main_entry.txt names, beside it. */
static bool named_text(struct source *s, const struct entry *list, struct entry *out)
{
    struct arena a = {0};
    struct err ignored = {0};
    struct slice name, path;
    bool found = false;
    if (source_slurp(s, list, SOURCE_MAX_PATH, &a, &name, &ignored)) {
        if (slice_starts(name, "\xef\xbb\xbf"))
            name = slice_sub(name, 3, name.n);
        found = source_path(s, folder_of(list->path), slice_trim(name), &path) &&
                source_find(s, path, out) && out->type == ENTRY_FILE && is_dump(s, out);
    }
    arena_free(&a);
    return found;
}

/* Adds a text unless it is there. */
static void add_text(struct entry texts[MAX_REPORTS], unsigned *n, const struct entry *f)
{
    for (unsigned i = 0; i < *n; i++)
        if (texts[i].id == f->id)
            return;
    if (*n < MAX_REPORTS)
        texts[(*n)++] = *f;
}

/* The main texts below a folder: those of the best kind of name, several for several reports. */
static unsigned find_texts(struct source *s, struct slice root, struct entry texts[MAX_REPORTS])
{
    struct entry f, text;
    unsigned n = 0;
    for (size_t pos = 0; source_next(s, "main_entry.txt", &pos, &f);)
        if (f.type == ENTRY_FILE && named_text(s, &f, &text))
            add_text(texts, &n, &text);
    for (unsigned i = 0; i < MAIN_NAMES && !n; i++)
        for (size_t pos = 0; source_next(s, main_names[i], &pos, &f);)
            if (f.type == ENTRY_FILE && (!root.n || below(f.path, root)) && is_dump(s, &f))
                add_text(texts, &n, &f);
    return n;
}

/* The largest text that is a dump, whatever its name. */
static bool largest_text(struct source *s, struct entry *out)
{
    struct entry f;
    unsigned tried = 0;
    out->bytes = 0;
    for (size_t pos = 0; tried < MAX_TRIED && source_next(s, "*.txt", &pos, &f);)
        if (f.type == ENTRY_FILE && f.bytes > out->bytes && ++tried && is_dump(s, &f))
            *out = f;
    return out->bytes > 0;
}

static bool any_content(const struct source *s)
{
    for (size_t i = 0; i < s->norder; i++)
        if (s->rows[s->order[i]].type == ENTRY_FILE && s->rows[s->order[i]].bytes)
            return true;
    return false;
}

/* A report by its names ("x/FS/data/...", main_entry.txt), even if its text is no dump or gone. */
static bool shows_report(struct source *s, struct slice *root)
{
    struct entry f;
    size_t pos = 0;
    if (!any_content(s))
        return false;
    for (unsigned i = 0; i <= SURE_NAMES; i++) {
        pos = 0;
        if (source_next(s, i ? main_names[i - 1] : "main_entry.txt", &pos, &f) &&
            !inside_phone(f.path)) {
            *root = folder_of(f.path);
            return true;
        }
    }
    for (size_t i = 0; i < s->norder; i++) {
        struct slice path = row_path(&s->rows[s->order[i]]);
        size_t at = slice_search(path, slice_of("/FS/data/"), 0);
        if (at < path.n) {
            *root = slice_sub(path, 0, at);
            return true;
        }
    }
    return false;
}

/* Indexes texts: the first at the top, others (of further reports) below their own names. */
static void index_texts(struct source *s, const struct entry *texts, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        struct err e = {0};
        struct slice none = {0}, prefix = i ? texts[i].path : none;
        struct entry f;
        source_entry(s, texts[i].id, &f); /* its path may have changed since */
        if (i)
            prefix = source_keep_slice(s, f.path);
        if (!android_index(s, &f, prefix, &e))
            source_damaged(s, "%s", e.msg);
    }
    source_sort(s);
}

static bool report_recognise(struct source *s)
{
    struct entry texts[MAX_REPORTS];
    struct slice root = {0};
    bool shown = shows_report(s, &root);
    unsigned n = find_texts(s, root, texts);
    if (!n && shown)
        n = largest_text(s, &texts[0]);
    if (!n && !shown)
        return false;
    if (!shown)
        root = folder_of(texts[0].path);
    s->kind = SOURCE_ANDROID_BUGREPORT;
    set_root(s, root);
    if (!n)
        source_damaged(s, "the report's main text was not found");
    index_texts(s, texts, n);
    android_facts(s, slice_of(""));
    return true;
}

/* -- archives inside -- */

/* A zip among the entries, recognised by itself; NULL: it is none, or nothing we know. */
static struct source *open_inner(struct source *s, const struct entry *f)
{
    uint8_t magic[4];
    struct err e = {0};
    struct blob *b = source_blob(s, f, &e);
    bool zip = b && blob_size(b) > sizeof magic && blob_read(b, 0, magic, sizeof magic, &e) &&
               !memcmp(magic, "PK\x03\x04", sizeof magic);
    if (!zip) {
        blob_close(b);
        return NULL;
    }
    blob_close(b);
    source_damaged(s, "%.*s: not opened", (int)f->path.n, (const char *)f->path.p);
    return NULL;
}

/* Mounts the zips of a name that hold evidence of this kind; how many. */
static unsigned mount_zips(struct source *s, const char *pattern, enum source_kind kind,
                           unsigned depth)
{
    struct entry found[MAX_TRIED], f;
    unsigned n = 0, mounted = 0;
    for (size_t pos = 0; n < MAX_TRIED && source_next(s, pattern, &pos, &f);)
        if (f.type == ENTRY_FILE && f.present)
            found[n++] = f;
    for (unsigned i = 0; i < n; i++) {
        struct source *in = open_inner(s, &found[i]);
        bool wanted = in && recognise(in, depth + 1) && in->kind == kind;
        if (in && !wanted)
            source_noted(s, "%.*s: no %s in it", (int)found[i].path.n,
                         (const char *)found[i].path.p, source_kind_name(kind));
        if (!wanted)
            source_close(in);
        else
            mounted += source_mount(s, found[i].path, in);
    }
    if (mounted)
        source_sort(s);
    return mounted;
}

/* Facts that only the report inside knows. */
static void take_facts(struct source *s)
{
    for (unsigned i = 0; i < s->nmounts; i++) {
        const struct facts *in = &s->mounts[i]->facts;
        struct facts *f = &s->facts;
        struct slice *const mine[] = {&f->model, &f->os, &f->build, &f->serial, &f->zone};
        const struct slice theirs[] = {in->model, in->os, in->build, in->serial, in->zone};
        for (size_t k = 0; k < sizeof mine / sizeof *mine; k++)
            if (!mine[k]->n)
                *mine[k] = theirs[k];
        if (!f->release)
            f->release = in->release;
        if (f->taken.precision == PRECISION_NONE)
            f->taken = in->taken;
    }
}

static bool aqf_recognise(struct source *s, unsigned depth)
{
    struct slice root;
    struct entry f;
    if (!find_aqf(s, &root))
        return false;
    s->kind = SOURCE_ANDROIDQF;
    set_root(s, root);
    if (!mount_zips(s, "bugreport*.zip", SOURCE_ANDROID_BUGREPORT, depth) &&
        source_find(s, slice_of("/bugreport.zip"), &f) && f.bytes)
        source_damaged(s, "bugreport.zip can't be read as a bug report");
    mount_zips(s, "intrusion_logs/*.zip", SOURCE_INTRUSION_LOG, depth);
    mount_zips(s, "intrusion-logs/*.zip", SOURCE_INTRUSION_LOG, depth);
    if (source_find(s, slice_of("/dumpsys.txt"), &f) && f.type == ENTRY_FILE)
        index_texts(s, &f, 1);
    take_facts(s);
    android_facts(s, slice_of(""));
    return true;
}

/* -- several reports in a folder -- */

static bool reports_recognise(struct source *s, unsigned depth)
{
    static const char *const names[] = {"bugreport*.zip", "dumpState_*.zip"};
    unsigned n = 0;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        n += mount_zips(s, names[i], SOURCE_ANDROID_BUGREPORT, depth);
    if (!n)
        return false;
    s->kind = SOURCE_ANDROID_BUGREPORT;
    s->facts.platform = slice_of("android");
    take_facts(s);
    return true;
}

/* -- intrusion logs -- */

/* "2026-01-08.txt", "2026-01-08-1.txt" */
static bool dated(struct slice name)
{
    static const char form[] = "0000-00-00";
    for (size_t i = 0; i < sizeof form - 1; i++)
        if (i >= name.n ||
            (form[i] == '0' ? name.p[i] < '0' || name.p[i] > '9' : name.p[i] != (uint8_t)form[i]))
            return false;
    return true;
}

static bool is_intrusion_log(struct source *s, const struct entry *f)
{
    static const char *const events[] = {"\"dns_event\"", "\"connect_event\"",
                                         "\"security_event\""};
    uint8_t head[4096];
    struct slice text = slice_at(head, android_head(s, f, head, sizeof head));
    if (!slice_starts(slice_trim(text), "{"))
        return false;
    for (size_t i = 0; i < sizeof events / sizeof *events; i++)
        if (slice_search(text, slice_of(events[i]), 0) < text.n)
            return true;
    return false;
}

static bool find_intrusion_log(struct source *s, struct slice *root)
{
    struct entry f;
    unsigned tried = 0;
    for (size_t pos = 0; tried < MAX_TRIED && source_next(s, "*.txt", &pos, &f);) {
        if (f.type != ENTRY_FILE || !dated(slice_basename(f.path)) || !++tried ||
            !is_intrusion_log(s, &f))
            continue;
        *root = folder_of(f.path);
        return true;
    }
    return false;
}

static bool intrusion_recognise(struct source *s, unsigned depth)
{
    struct slice root = {0};
    bool plain = find_intrusion_log(s, &root), zips = false;
    struct entry f;
    for (size_t pos = 0; !zips && source_next(s, "*.zip", &pos, &f);)
        zips = dated(slice_basename(f.path));
    if (zips)
        zips = mount_zips(s, "*.zip", SOURCE_INTRUSION_LOG, depth) > 0;
    if (!plain && !zips)
        return false;
    s->kind = SOURCE_INTRUSION_LOG;
    if (plain && !zips)
        set_root(s, root);
    s->facts.platform = slice_of("android");
    return true;
}

/* -- an unpacked backup, a file system -- */

static bool backup_recognise(struct source *s)
{
    struct entry f;
    for (size_t pos = 0; source_next(s, "apps/*/_manifest", &pos, &f);) {
        if (f.type != ENTRY_FILE)
            continue;
        s->kind = SOURCE_ANDROID_BACKUP;
        set_root(s, folder_of(folder_of(folder_of(f.path))));
        s->facts.platform = slice_of("android");
        return true;
    }
    for (size_t pos = 0; source_next(s, "apps/com.android.providers.telephony/*/*", &pos, &f);) {
        s->kind = SOURCE_ANDROID_BACKUP;
        set_root(s, folder_of(folder_of(folder_of(folder_of(f.path)))));
        s->facts.platform = slice_of("android");
        return true;
    }
    return false;
}

/* Places of an Android file system; two different ones below the same root show it. */
static const char *const fs_places[] = {
    "/data/system/", "/data/data/",  "/data/app/",         "/data/misc/",  "/data/user/0/",
    "/data/local/",  "/data/media/", "/system/build.prop", "/system/app/", "/system/framework/",
};
enum { FS_PLACES = sizeof fs_places / sizeof *fs_places };

static bool filesystem_recognise(struct source *s)
{
    struct folders roots = {0};
    for (size_t i = 0; i < s->norder; i++) {
        struct slice path = row_path(&s->rows[s->order[i]]);
        for (unsigned k = 0; k < FS_PLACES; k++) {
            size_t at = slice_search(path, slice_of(fs_places[k]), 0);
            struct folder *root = at < path.n ? folder(&roots, slice_sub(path, 0, at)) : NULL;
            if (root)
                root->seen |= 1u << k;
        }
    }
    for (unsigned i = 0; i < roots.n; i++) {
        if (__builtin_popcount(roots.all[i].seen) < 2)
            continue;
        s->kind = SOURCE_ANDROID_FILESYSTEM;
        set_root(s, roots.all[i].path);
        android_facts(s, slice_of(""));
        return true;
    }
    return false;
}

/* -- one text -- */

static bool text_recognise(struct source *s)
{
    struct entry f;
    if (s->nrows != 1)
        return false;
    source_entry(s, 0, &f);
    if (f.type != ENTRY_FILE || !is_dump(s, &f))
        return false;
    s->kind = SOURCE_ANDROID_BUGREPORT;
    index_texts(s, &f, 1);
    android_facts(s, slice_of(""));
    return true;
}

static bool recognise(struct source *s, unsigned depth)
{
    if (depth >= SOURCE_MAX_NESTING)
        return false;
    return text_recognise(s) || aqf_recognise(s, depth) || report_recognise(s) ||
           intrusion_recognise(s, depth) || backup_recognise(s) || filesystem_recognise(s) ||
           reports_recognise(s, depth);
}

bool android_recognise(struct source *s)
{
    return recognise(s, 0);
}
