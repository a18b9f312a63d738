/*
 * A job: one artifact over the files that match its paths.
 *
 * 1. `file` and `db` belong to the current file and die with it; so does the file arena.
 * 2. Every file is booked before a record of it is sent; `current` is its number in the sink.
 *    A section of a text is not booked, but the text is.
 * 3. What goes missing is counted in the tally even where its text is one too many to be sent.
 */
#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "artifact/job_impl.h"
#include "base/hash.h"
#include "format/sqlite.h"

enum { SLURP_MAX = 64 << 20, MAX_WORD = 480, NO_FILE = -1 };

/* The next entry that one of the artifact's patterns matches. */
struct head {
    const char *pattern;
    size_t at;
    bool more;
    struct entry entry;
};

/* A text whose sections are read: booked once. */
struct read_text {
    struct slice path;
    int64_t number; /* in the sink */
    unsigned sections, unknown;
    const char *why; /* the first that was unknown */
    struct read_text *next;
};

struct job {
    struct job_setup setup;
    struct job_tally tally;
    struct arena file_arena, memory, scratch;
    struct head *heads; /* one for each path of the artifact; made by the first job_next_file() */
    size_t nheads;
    struct file file;
    const char *damage_told[3]; /* of blob, wal, journal */
    bool unknown_told;
    struct read_text *texts, *text; /* all; that of the current file, or NULL */
    struct sqlite *db;
    int64_t current; /* number of the file that records belong to */
    double deadline;
};

struct job *job_new(const struct job_setup *setup)
{
    struct job *j = xcalloc(1, sizeof *j);
    j->setup = *setup;
    j->current = NO_FILE;
    j->deadline = utime_steady() + setup->seconds;
    return j;
}

static void word(struct job *j, enum job_word w, const char *text)
{
    if (j->tally.words[w]++ < JOB_MAX_WORDS)
        j->setup.sink->word(j->setup.sink, w, text);
}

void job_lost(struct job *j, const char *fmt, ...)
{
    char text[MAX_WORD];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    word(j, JOB_LOST, text);
}

void job_note(struct job *j, const char *fmt, ...)
{
    char text[MAX_WORD];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    word(j, JOB_NOTE, text);
}

void job_unknown(struct job *j, struct err *e)
{
    char text[MAX_WORD];
    struct slice path = j->file.entry.path;
    snprintf(text, sizeof text, "%s (%.*s)", e->msg, (int)path.n, (const char *)path.p);
    /* A file counts once as unknown; what else it lacks is a loss. A text does if all its sections
       are: that shows at the end. */
    if (j->text && !j->unknown_told) {
        if (!j->text->unknown++)
            j->text->why = arena_printf(&j->memory, "%s", text);
    } else {
        word(j, j->unknown_told ? JOB_LOST : JOB_UNKNOWN, text);
    }
    j->unknown_told = true;
    err_clear(e);
}

static void skip(struct job *j, const struct origin *o, bool in_part, struct err *e)
{
    struct skipped what = {o, in_part, e->code ? e->msg : "not readable"};
    assert(j->current != NO_FILE);
    j->tally.in_part += in_part;
    if (j->tally.skipped++ < JOB_MAX_SKIPS)
        j->setup.sink->skip(j->setup.sink, (uint64_t)j->current, &what);
    err_clear(e);
}

void job_skip(struct job *j, const struct origin *o, struct err *e)
{
    skip(j, o, false, e);
}

void job_skip_part(struct job *j, const struct origin *o, struct err *e)
{
    skip(j, o, true, e);
}

static void lost_entry(struct job *j, const struct entry *f, const char *suffix, const char *why)
{
    job_lost(j, "%.*s%s: %s", (int)f->path.n, (const char *)f->path.p, suffix, why);
}

/* -- files -- */

static bool is_sibling(struct slice path, const char *pattern)
{
    static const char *const suffixes[] = {"-wal", "-journal", "-shm"};
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++)
        if (slice_ends(path, suffixes[i]) && !slice_ends(slice_of(pattern), suffixes[i]))
            return true;
    return false;
}

static void advance(struct job *j, struct head *h)
{
    do
        h->more = source_next(j->setup.source, h->pattern, &h->at, &h->entry);
    while (h->more && (h->entry.type != ENTRY_FILE || is_sibling(h->entry.path, h->pattern)));
}

static void start_heads(struct job *j)
{
    const char *const *paths = j->setup.artifact->paths;
    while (paths && paths[j->nheads])
        j->nheads++;
    j->heads = arena_alloc(&j->memory, (j->nheads + 1) * sizeof *j->heads);
    for (size_t i = 0; i < j->nheads; i++) {
        j->heads[i].pattern = paths[i];
        advance(j, &j->heads[i]);
    }
}

/* The patterns' matches merged in path order; what two of them match comes once. */
static bool next_entry(struct job *j, struct entry *out)
{
    struct head *first = NULL;
    if (!j->heads)
        start_heads(j);
    for (struct head *h = j->heads; h < j->heads + j->nheads; h++) {
        if (!h->more)
            continue;
        int order = first ? slice_compare(h->entry.path, first->entry.path) : -1;
        if (order < 0 || (order == 0 && h->entry.id < first->entry.id))
            first = h;
    }
    if (!first)
        return false;
    *out = first->entry;
    for (struct head *h = j->heads; h < j->heads + j->nheads; h++)
        if (h->more && h->entry.id == out->id)
            advance(j, h);
    return true;
}

static bool hashed_here(const struct job *j, const struct entry *f)
{
    /* ios.manifest hashes all files that a backup lists, unless only those used are wanted. */
    return source_kind(j->setup.source) != SOURCE_IOS_BACKUP || j->setup.hash == HASH_USED ||
           !f->domain.n;
}

static void book(struct job *j, const struct booked_file *f)
{
    j->setup.sink->file(j->setup.sink, f);
    j->tally.booked++;
}

static void book_blob(struct job *j, const struct entry *f, struct blob *b, bool used)
{
    uint8_t sha256[SHA256_SIZE];
    struct err e = {0};
    bool hashed = hashed_here(j, f);
    if (hashed && !sha256_blob(b, sha256, &e)) {
        lost_entry(j, f, "", e.msg);
        hashed = false;
    }
    j->tally.bytes += blob_size(b);
    book(j, &(struct booked_file){f, blob_size(b), hashed ? sha256 : NULL, used});
}

static struct blob *open_blob(struct job *j, const struct entry *f)
{
    struct err e = {0};
    if (!f->present) {
        /* A backup stores nothing for an empty file. */
        if (f->bytes)
            lost_entry(j, f, "", "listed, but not in this copy");
        return NULL;
    }
    struct blob *b = source_blob(j->setup.source, f, &e);
    if (!b && e.code == ERR_LOCKED)
        word(j, JOB_LOCKED,
             arena_printf(&j->file_arena, "%s: %s", arena_string(&j->file_arena, f->path), e.msg));
    else if (!b)
        lost_entry(j, f, "", e.msg);
    return b;
}

static struct blob *open_sibling(struct job *j, const struct entry *f, const char *suffix)
{
    struct entry s;
    if (!source_sibling(j->setup.source, f, suffix, &s) || s.type != ENTRY_FILE)
        return NULL;
    struct blob *b = open_blob(j, &s);
    if (b)
        book_blob(j, &s, b, false);
    return b;
}

/* Kinds of blob may learn of damage while they are read, so this looks again at the end. */
static void tell_damage(struct job *j)
{
    static const char *const suffixes[] = {"", "-wal", "-journal"};
    struct blob *const blobs[] = {j->file.blob, j->file.wal, j->file.journal};
    for (size_t i = 0; i < 3; i++)
        if (blobs[i] && blobs[i]->damage && blobs[i]->damage != j->damage_told[i]) {
            lost_entry(j, &j->file.entry, suffixes[i], blobs[i]->damage);
            j->damage_told[i] = blobs[i]->damage;
        }
}

static void close_file(struct job *j)
{
    sqlite_close(j->db);
    tell_damage(j);
    blob_close(j->file.blob);
    blob_close(j->file.wal);
    blob_close(j->file.journal);
    j->db = NULL;
    j->file = (struct file){0};
    j->text = NULL;
    for (size_t i = 0; i < 3; i++)
        j->damage_told[i] = NULL;
    j->unknown_told = false;
    arena_reset(&j->file_arena);
}

/* The text of a section: booked if it is the first. */
static void open_text(struct job *j, const struct entry *section)
{
    const uint8_t *sha256;
    struct entry text;
    struct read_text *t = j->texts;
    while (t && !slice_equal(t->path, section->file))
        t = t->next;
    if (!t) {
        t = arena_alloc(&j->memory, sizeof *t);
        *t = (struct read_text){
            arena_copy(&j->memory, section->file), (int64_t)j->tally.booked, 0, 0, NULL, j->texts};
        j->texts = t;
        j->tally.files++;
        if (!source_text(j->setup.source, section, &text, &sha256)) {
            text = *section;
            text.path = section->file;
        }
        book(j, &(struct booked_file){&text, text.bytes, sha256, true});
    }
    t->sections++;
    j->text = t;
    j->current = t->number;
    j->tally.bytes += section->bytes;
}

/* What sections could not be understood: the text as a whole only if it is all of them. */
static void tell_unknown(struct job *j)
{
    for (const struct read_text *t = j->texts; t; t = t->next)
        if (t->unknown)
            word(j, t->unknown == t->sections ? JOB_UNKNOWN : JOB_LOST, t->why);
}

bool job_next_file(struct job *j, struct file *f, struct err *e)
{
    struct entry entry;
    close_file(j);
    while (next_entry(j, &entry)) {
        if (utime_steady() > j->deadline)
            return err_set(e, ERR_LIMIT, "time limit of %.0f s reached", j->setup.seconds);
        struct blob *b = open_blob(j, &entry);
        if (!b)
            continue;
        j->file = (struct file){.entry = entry, .blob = b};
        *f = j->file;
        if (entry.file.n) {
            open_text(j, &entry);
            tell_damage(j);
            return true;
        }
        j->current = (int64_t)j->tally.booked;
        j->tally.files++;
        book_blob(j, &entry, b, true);
        j->file.wal = open_sibling(j, &entry, "-wal");
        j->file.journal = open_sibling(j, &entry, "-journal");
        tell_damage(j);
        *f = j->file;
        return true;
    }
    return false;
}

bool job_book_file(struct job *j, const struct entry *f, uint64_t bytes, const uint8_t *sha256,
                   struct err *e)
{
    (void)e;
    if (!j->file.blob)
        j->current = (int64_t)j->tally.booked;
    book(j, &(struct booked_file){f, bytes, sha256, false});
    return true;
}

struct sqlite *job_sqlite(struct job *j, struct file *f, struct err *e)
{
    /* Ends by itself, with a word for what it was doing, before the alarm ends the job. */
    double left = j->deadline - utime_steady() - 1;
    struct sqlite_limits limits = {.seconds = left > 0.1 ? left : 0.1};
    sqlite_close(j->db);
    j->db = sqlite_open(f->blob, f->wal, f->journal, &limits, e);
    return j->db;
}

bool job_slurp(struct job *j, struct file *f, struct slice *out, struct err *e)
{
    return blob_slurp(f->blob, SLURP_MAX, &j->file_arena, out, e);
}

/* -- records -- */

bool job_emit(struct job *j, const struct record *r, struct err *e)
{
    struct sightings found = {0};
    assert(j->current != NO_FILE);
    arena_reset(&j->scratch);
    record_derive(r, &j->scratch, &found);
    if (j->setup.artifact->bulk && !found.n && !found.overfull && !j->setup.keep_all) {
        j->tally.counted++;
        return true;
    }
    if (j->tally.sent >= j->setup.max_records)
        return err_set(e, ERR_LIMIT, "record limit of %llu reached",
                       (unsigned long long)j->setup.max_records);
    j->tally.sent++;
    if (!j->setup.sink->record(j->setup.sink, (uint64_t)j->current, r, &found, &j->scratch))
        job_lost(j, "%.*s %s %lld: too long, cut", (int)r->origin.name.n,
                 (const char *)r->origin.name.p, place_name(r->origin.place),
                 (long long)r->origin.n);
    return true;
}

/* NSDate's distant future and past, and what else stands for "never". */
static bool means_never(double v)
{
    return v == 0 || v == -1 || v == 63113904000.0 || v == -63114076800.0 || isnan(v);
}

void job_time(struct record *r, const char *name, double v, enum epoch guess)
{
    struct utime t = utime_from_real(v, guess);
    if (t.precision != PRECISION_NONE)
        record_time(r, name, t);
    else if (!means_never(v))
        record_real(r, name, v);
}

/* -- the rest -- */

bool job_run(struct job *j, struct err *e)
{
    const struct artifact *a = j->setup.artifact;
    bool ok = a->run ? a->run(j, e) : artifact_run_tables(j, a, e);
    close_file(j);
    tell_unknown(j);
    return ok;
}

const struct job_tally *job_tally(const struct job *j)
{
    return &j->tally;
}

void job_free(struct job *j)
{
    close_file(j);
    arena_free(&j->file_arena);
    arena_free(&j->memory);
    arena_free(&j->scratch);
    free(j);
}

struct arena *job_arena(struct job *j)
{
    return &j->file_arena;
}

struct arena *job_memory(struct job *j)
{
    return &j->memory;
}

struct source *job_source(struct job *j)
{
    return j->setup.source;
}

const struct artifact *job_artifact(const struct job *j)
{
    return j->setup.artifact;
}

bool job_keep_all(const struct job *j)
{
    return j->setup.keep_all;
}

enum job_hash job_hashing(const struct job *j)
{
    return j->setup.hash;
}
