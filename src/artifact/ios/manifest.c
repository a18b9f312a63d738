/*
 * The backup's list of files: one record per file, folder and link of Manifest.db, with the device
 * path that its domain stands for, times, owner and mode; and, unless --hash=used, the SHA-256 of
 * each file's content.
 *
 * A domain names an app ("AppDomain-com.example.app"), also of apps that are gone. Sizes in the
 * manifest are stale for about one file in a hundred (databases that changed meanwhile): `bytes`
 * is the manifest's, the content's own length is what was hashed.
 */
#include "artifact/artifact.h"
#include "base/hasher.h"

#include <stdio.h>

enum { BATCH = 64 };

/* Losses are told by number and first example, so that ten thousand missing files are one line. */
struct tally {
    unsigned missing, unreadable, damaged;
    char example[3][160];
};

static void note(char example[160], const struct entry *f, const char *why)
{
    if (!example[0])
        snprintf(example, 160, "%.*s: %.50s", (int)(f->path.n < 100 ? f->path.n : 100),
                 (const char *)f->path.p, why);
}

/* Entries on their way: their contents are hashed together, then they are sent in their order. */
struct batch {
    struct entry entries[BATCH];
    struct hashed contents[BATCH]; /* nhashed of them */
    struct hashed *of[BATCH];      /* of an entry; NULL: not hashed */
    size_t n, nhashed;
    struct arena scratch; /* for one record */
};

static void add(struct job *job, struct batch *b, const struct entry *f)
{
    struct hashed *h = NULL;
    if (f->type == ENTRY_FILE && f->present && job_hashing(job) != HASH_USED) {
        h = &b->contents[b->nhashed++];
        *h = (struct hashed){0};
        h->blob = source_blob(job_source(job), f, &h->e);
    }
    b->of[b->n] = h;
    b->entries[b->n++] = *f;
}

/* Books the content; false where there is no hash to be had, which is told. */
static bool take_hash(struct job *job, const struct entry *f, const struct hashed *h,
                      struct tally *t, struct err *e)
{
    if (!h->ok) {
        t->unreadable++;
        note(t->example[1], f, h->e.msg);
    } else if (h->blob->damage) {
        t->damaged++;
        note(t->example[2], f, h->blob->damage);
    }
    uint64_t bytes = h->blob ? blob_size(h->blob) : 0;
    return job_book_file(job, f, bytes, h->ok ? h->sha256 : NULL, e) && h->ok;
}

/* "AppDomain-com.example.app", "AppDomainGroup-group.x", "AppDomainPlugin-y": the part behind. */
static struct slice app_of(struct slice domain)
{
    static const char *const kinds[] = {"AppDomain-", "AppDomainPlugin-", "AppDomainGroup-"};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (slice_starts(domain, kinds[i]))
            return slice_sub(domain, strlen(kinds[i]), domain.n);
    return (struct slice){0};
}

static void fill(struct record *r, const struct entry *f, struct arena *a)
{
    static const char *const types[] = {"file", "folder", "link", "other"};
    record_start(r, ROW, slice_of("Files"), f->row);
    record_time(r, "modified", f->modified);
    record_time(r, "changed", f->changed);
    record_time(r, "created", f->born);
    record_observe(r, "path", OBS_PATH, PRESENT, f->path);
    record_text(r, "domain", f->domain);
    struct slice app = app_of(f->domain);
    if (app.n && !f->relative.n) /* once an app, at its root folder */
        record_observe(r, "app", OBS_APP, PRESENT, app);
    record_text(r, "type", slice_of(types[f->type]));
    if (f->mode)
        record_text(r, "mode", slice_of(arena_printf(a, "%06o", f->mode)));
    record_int(r, "owner", f->uid);
    record_int(r, "group", f->gid);
    record_int(r, "inode", (int64_t)f->inode);
    record_int(r, "bytes", (int64_t)f->bytes);
    if (f->protection)
        record_int(r, "protection_class", f->protection);
    if (f->target.n)
        record_observe(r, "target", OBS_PATH, PRESENT, f->target);
    if (!f->listed)
        record_int(r, "listed", 0);
}

static void tell(struct job *job, const struct tally *t)
{
    if (t->missing)
        job_lost(job, "%u listed files are not in this copy (%s)", t->missing, t->example[0]);
    if (t->unreadable)
        job_lost(job, "%u files could not be read (%s)", t->unreadable, t->example[1]);
    if (t->damaged)
        job_lost(job, "%u files are damaged (%s)", t->damaged, t->example[2]);
}

static bool emit(struct job *job, struct batch *b, size_t i, struct tally *t, struct err *e)
{
    const struct entry *f = &b->entries[i];
    const struct hashed *h = b->of[i];
    struct record r;
    char hex[SHA256_TEXT];
    arena_reset(&b->scratch);
    fill(&r, f, &b->scratch);
    if (f->type == ENTRY_FILE && !f->present) {
        record_int(&r, "present", 0);
        if (f->bytes) { /* empty files have no content file */
            t->missing++;
            note(t->example[0], f, "listed, not there");
        }
    } else if (h && take_hash(job, f, h, t, e)) {
        record_observe(&r, "sha256", OBS_HASH, PRESENT,
                       slice_of(hex_text(h->sha256, sizeof h->sha256, hex)));
    }
    return !e->code && job_emit(job, &r, e);
}

static bool send(struct job *job, struct batch *b, struct hasher *hasher, struct tally *t,
                 struct err *e)
{
    bool ok = true;
    hasher_run(hasher, b->contents, b->nhashed);
    for (size_t i = 0; i < b->n; i++)
        ok = ok && emit(job, b, i, t, e);
    for (size_t i = 0; i < b->nhashed; i++)
        blob_close(b->contents[i].blob);
    b->n = b->nhashed = 0;
    return ok;
}

static bool run(struct job *job, struct err *e)
{
    struct file manifest;
    struct tally t = {0};
    struct entry f;
    if (!job_next_file(job, &manifest, e))
        return !e->code;
    struct batch *b = arena_alloc(job_memory(job), sizeof *b);
    struct hasher *hasher = hasher_new();
    bool ok = true;
    for (size_t at = 0; ok && source_next(job_source(job), NULL, &at, &f);) {
        if (!f.domain.n && f.listed)
            continue; /* the backup's own files at its root */
        add(job, b, &f);
        if (b->n == BATCH)
            ok = send(job, b, hasher, &t, e);
    }
    ok = ok && send(job, b, hasher, &t, e);
    hasher_free(hasher);
    arena_free(&b->scratch);
    tell(job, &t);
    return ok;
}

const struct artifact ios_manifest = {
    .id = "ios.manifest",
    .title = "Files of the backup",
    .explains =
        "Every file, folder and link that the backup lists, with times, owner and hash; also "
        "folders of apps that are gone. As on the day of the backup.",
    .found_in = IN_ANY_BACKUP,
    .expected_in = IN_ANY_BACKUP,
    .state = true,
    .heavy = true,
    .shows = 1 << PRESENT,
    .paths = PATHS("/Manifest.db", "/Manifest.mbdb"),
    .run = run,
};
