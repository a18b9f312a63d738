#pragma once

#include "artifact/artifact.h"
#include "record/observable.h"

/*
 * How the worker makes a job and hears of it. Not for artifacts.
 */

/* What a job says about a file or itself, beside its records. */
enum job_word {
    JOB_LOST,    /* something bigger than a row is missing */
    JOB_UNKNOWN, /* the current file is nothing the artifact knows */
    JOB_LOCKED,  /* a file whose key is missing */
    JOB_NOTE,
    JOB_WORDS,
};

struct booked_file {
    const struct entry *entry;
    uint64_t bytes;
    const uint8_t *sha256; /* or NULL */
    bool used;             /* the artifact reads it (else it is a sibling, or only listed) */
};

/* A skipped row. */
struct skipped {
    const struct origin *origin;
    bool in_part; /* the row was emitted without the part that could not be read */
    const char *why;
};

/*
 * Where a job's messages go: frames in the worker, memory in tests. Files count from 0 in the order
 * of file(); `file` below is such a number. A sink that can't go on ends the process. record():
 * false if something of the record did not fit.
 */
struct job_sink {
    void (*file)(struct job_sink *s, const struct booked_file *f);
    bool (*record)(struct job_sink *s, uint64_t file, const struct record *r,
                   const struct sightings *found, struct arena *scratch);
    void (*skip)(struct job_sink *s, uint64_t file, const struct skipped *what);
    void (*word)(struct job_sink *s, enum job_word word, const char *text);
};

/* At most so many texts of one kind are sent; all are counted. */
enum { JOB_MAX_SKIPS = 20, JOB_MAX_WORDS = 20 };

struct job_tally {
    uint64_t files;   /* matched and opened */
    uint64_t booked;  /* files told to the sink */
    uint64_t sent;    /* records told to the sink */
    uint64_t counted; /* records of a bulk artifact that were only counted */
    uint64_t skipped, in_part;
    uint64_t words[JOB_WORDS];
    uint64_t bytes; /* of the files used, with their siblings */
};

struct job_setup {
    const struct artifact *artifact;
    struct source *source;
    struct job_sink *sink;
    double seconds;       /* databases stop a little before */
    uint64_t max_records; /* to the sink */
    bool keep_all;
    enum job_hash hash;
};

struct job *job_new(const struct job_setup *setup); /* copies it */
/* Runs the artifact over its files. False: e; the tally is true in any case. */
bool job_run(struct job *j, struct err *e);
const struct job_tally *job_tally(const struct job *j);
void job_free(struct job *j);

/* Artifacts of a test program (tests/worker/test_artifacts.c), ends with NULL; weak, because the
   product has none. artifact_find() knows them, nothing else does. */
extern const struct artifact *const artifacts_of_tests[] __attribute__((weak));
