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
#include "base/hash.h"

#include <stdio.h>

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

/* Content to hash: false where there is none to be had, which is told. */
static bool hash(struct job *job, const struct entry *f, uint8_t sha256[SHA256_SIZE],
                 struct tally *t, struct err *e)
{
    struct err why = {0};
    struct blob *b = source_blob(job_source(job), f, &why);
    bool ok = b && sha256_blob(b, sha256, &why);
    if (!ok) {
        t->unreadable++;
        note(t->example[1], f, why.msg);
    } else if (b->damage) {
        t->damaged++;
        note(t->example[2], f, b->damage);
    }
    uint64_t bytes = b ? blob_size(b) : 0;
    blob_close(b);
    return job_book_file(job, f, bytes, ok ? sha256 : NULL, e) && ok;
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

static bool run(struct job *job, struct err *e)
{
    struct file manifest;
    struct tally t = {0};
    struct arena scratch = {0};
    bool ok = true;
    if (!job_next_file(job, &manifest, e))
        return !e->code;
    struct entry f;
    for (size_t at = 0; ok && source_next(job_source(job), NULL, &at, &f);) {
        struct record r;
        uint8_t sha256[SHA256_SIZE];
        char hex[SHA256_TEXT];
        bool is_file = f.type == ENTRY_FILE;
        if (!f.domain.n && f.listed)
            continue; /* the backup's own files at its root */
        fill(&r, &f, &scratch);
        if (is_file && !f.present) {
            record_int(&r, "present", 0);
            if (f.bytes) { /* empty files have no content file */
                t.missing++;
                note(t.example[0], &f, "listed, not there");
            }
        } else if (is_file && job_hashing(job) != HASH_USED && hash(job, &f, sha256, &t, e)) {
            record_observe(&r, "sha256", OBS_HASH, PRESENT,
                           slice_of(hex_text(sha256, sizeof sha256, hex)));
        }
        ok = !e->code && job_emit(job, &r, e);
        arena_reset(&scratch);
    }
    arena_free(&scratch);
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
