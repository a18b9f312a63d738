#pragma once

#include "indicator/matcher.h"
#include "worker/worker.h"

/*
 * The case: one SQLite file (schema.sql) that holds everything said about the evidence. Only the
 * parent writes it. Someone else's case is hostile: casefile_open() checks its schema word for word.
 */
struct casefile;
struct sqlite3;

enum case_mode { CASE_READ, CASE_WRITE };

/* Creates the file with mode 0600. An existing one is ERR_USAGE unless force. Disk full and the like
   are ERR_IO from any call below; the file then reads as incomplete. */
MUST_CHECK struct casefile *casefile_create(const char *path, bool force, struct err *e);
MUST_CHECK struct casefile *casefile_open(const char *path, enum case_mode m, struct err *e);
/* Commits, returns to rollback mode, leaves one file. False: e; the file stays readable. */
MUST_CHECK bool casefile_close(struct casefile *c, struct err *e);
/* Ends without a commit and removes the file: nothing could be opened. */
void casefile_discard(struct casefile *c);

/* The evidence row. sha256 may be NULL. */
MUST_CHECK bool casefile_add_evidence(struct casefile *c, const char *name, const struct opened *o,
                                      const uint8_t *sha256, uint64_t bytes, int64_t *id,
                                      struct err *e);
/* One pending coverage row per artifact, before the first job starts. */
MUST_CHECK bool casefile_plan(struct casefile *c, int64_t evidence, const struct artifact *a,
                              int64_t *run, struct err *e);
MUST_CHECK bool casefile_add_file(struct casefile *c, int64_t evidence, const struct sent_file *f,
                                  int64_t *id, struct err *e);
MUST_CHECK bool casefile_add_record(struct casefile *c, int64_t run, int64_t file,
                                    const struct sent_record *r, struct err *e);
/* A skipped row, kept with its place and reason (first 20 a run). */
MUST_CHECK bool casefile_add_skip(struct casefile *c, int64_t run, int64_t file,
                                  const struct origin *o, const char *why, struct err *e);
MUST_CHECK bool casefile_finish(struct casefile *c, int64_t run, enum status s, const char *reason,
                                const struct usage *u, struct err *e);
/* The sets used, with their counts; replaces those there were. */
MUST_CHECK bool casefile_add_sets(struct casefile *c, const struct indicators *in, struct err *e);

/* Facts of the run: "verdict", "version", "checked_ns", "options", "contact", ... */
MUST_CHECK bool casefile_set(struct casefile *c, const char *name, struct slice value,
                             struct err *e);
struct slice casefile_get(struct casefile *c, const char *name, struct arena *a); /* or empty */
/* Appends to the chained log. */
MUST_CHECK bool casefile_log(struct casefile *c, const char *action, struct slice detail,
                             struct err *e);

/* For the queries of detect/ and report/: the case's own connection. Records are there from
   casefile_finish() or detect_run() on. */
struct sqlite3 *casefile_db(struct casefile *c);
