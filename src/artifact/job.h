#pragma once

#include "base/blob.h"
#include "record/record.h"
#include "source/source.h"

/*
 * What an artifact sees of the world: the files that match its paths, and where its records go.
 * A job runs confined, in its own process; everything here is only valid inside it.
 */
struct job;
struct artifact;
struct sqlite;

struct file {
    struct entry entry;
    struct blob *blob;          /* closed by the next job_next_file() */
    struct blob *wal, *journal; /* siblings NAME-wal, NAME-journal, or NULL */
};

/*
 * The next file that matches the artifact's paths. Opens it with its siblings, resets the arena,
 * books it (path, size, SHA-256 as --hash says); of a section (entry.file) the text it is part of, once
 * for all. A file that can't be opened is told as lost and
 * passed over. False at the end (e->code 0) or when the job must stop (e).
 */
bool job_next_file(struct job *j, struct file *f, struct err *e);

/* Sends a record: normalises, derives observables, serialises at once (what it points to may die
   right after). It belongs to the file of the last job_next_file(), or, where the artifact has called
   that never, to the last booked one. False: stop now, budget spent. */
MUST_CHECK bool job_emit(struct job *j, const struct record *r, struct err *e);
/* A bad row: counted, the first 20 are kept with place and reason; clears e. The artifact ends
   `partial`. */
void job_skip(struct job *j, const struct origin *o, struct err *e);
/* The same for a row that was emitted without a part that could not be read. */
void job_skip_part(struct job *j, const struct origin *o, struct err *e);
/* Something bigger than a row is missing (a page, the end of a file, a whole file): the artifact
   ends `partial` with this reason. Clears e if it came from there. */
void job_lost(struct job *j, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* A remark that moves no status. */
void job_note(struct job *j, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* This file is nothing this artifact knows (unknown schema or format): the artifact ends `failed`
   with the reason unless another of its files was read (then `partial`). Clears e. */
void job_unknown(struct job *j, struct err *e);

/* For reading one file's worth of things; reset by job_next_file(). In a declared artifact's
   column_decode it is reset after every row. */
struct arena *job_arena(struct job *j);
/* For what must last as long as the job. */
struct arena *job_memory(struct job *j);
struct source *job_source(struct job *j);
const struct artifact *job_artifact(const struct job *j);
bool job_keep_all(const struct job *j); /* --keep-all */
enum job_hash { HASH_USED, HASH_DEFAULT, HASH_ALL } job_hashing(const struct job *j); /* --hash */
/* Books a file that was hashed or listed outside job_next_file() (ios.manifest). sha256 or NULL. */
bool job_book_file(struct job *j, const struct entry *f, uint64_t bytes, const uint8_t *sha256,
                   struct err *e);

/* The database of the current file, opened with its WAL and journal under the job's budget; closed
   by job_next_file(). NULL: e (corrupt, or no database). */
struct sqlite *job_sqlite(struct job *j, struct file *f, struct err *e);
/* The whole current file in the arena: for plists and the like. At most 64 MiB. */
MUST_CHECK bool job_slurp(struct job *j, struct file *f, struct slice *out, struct err *e);

/* Fills a field from a number by the artifact's epoch. A sentinel ("never": 0, -1, distant past and
   future) gives no field; a number that is no time stays as a number under the same name. */
void job_time(struct record *r, const char *name, double v, enum epoch guess);
