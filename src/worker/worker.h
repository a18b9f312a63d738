#pragma once

#include <stdio.h>

#include "artifact/artifact.h"
#include "base/hash.h"
#include "record/wire.h"

/*
 * The parent's side of the process border. Opener and jobs are confined processes (docs/
 * threat-model.md); all that comes from them is decoded as hostile.
 *
 *   worker_start -> worker_open (again, with a secret, on ERR_LOCKED) -> worker_run for each
 *   artifact -> worker_next until it is false -> worker_stop
 */
struct worker;

struct limits {
    double seconds;       /* a job's wall clock and CPU; default 300 */
    uint64_t memory;      /* bytes a job may allocate beyond what it inherits; default 1 GiB */
    uint64_t max_records; /* default 5 million */
    unsigned jobs;        /* side by side; default min(cores, 4) */
    bool keep_all;
    enum job_hash hash;
    bool no_sandbox; /* only with --no-sandbox: goes on where confinement is impossible */
};
void limits_default(struct limits *l);

enum confinement { CONFINED_NONE, CONFINED_PARTIAL, CONFINED_FULL };
const char *confinement_name(enum confinement c); /* "none", "partial", "full" */

/*
 * Confines the calling process, the parent, for good: from now on it writes only in the folders of
 * these files (NULL-terminated), and opens no network connection; without exec it starts no program
 * either. Its children inherit that. False: this kernel can't, or not all of it.
 */
bool worker_confine_parent(const char *const *files, bool exec);

/* What the opener said of the evidence. Slices live as long as the worker. */
struct opened {
    enum source_kind kind;
    struct facts facts;
    enum confinement confinement;
    unsigned nnotes, ndamage;
    const char *const *notes, *const *damage;
};

/* Starts the opener on an open descriptor. NULL: e (ERR_UNSUPPORTED: no confinement here). */
MUST_CHECK struct worker *worker_start(int evidence_fd, const char *name, const struct limits *l,
                                       struct err *e);
/* Sends the secret and waits. May be called again after ERR_LOCKED and ERR_WRONG_KEY. progress
   may be NULL; it is called in the parent with 0..1 while a key is derived; false interrupts. */
MUST_CHECK bool worker_open(struct worker *w, const struct secret *s, bool (*progress)(double done),
                            struct opened *out, struct err *e);
/* Queues an artifact. */
void worker_run(struct worker *w, const struct artifact *a);

struct usage {
    uint64_t files, records, skipped, bytes;
    uint64_t lost; /* losses bigger than a row; 0: `partial` is only for skipped rows */
    double seconds;
    uint64_t peak_kib;
};

/* As in docs/output.md. pending leaves the file as failed. */
enum status {
    STATUS_PENDING,
    STATUS_READ,
    STATUS_PARTIAL,
    STATUS_FAILED,
    STATUS_LOCKED,
    STATUS_ABSENT,
    STATUS_NOT_APPLICABLE,
    STATUS_SKIPPED,
    STATUSES,
};
const char *status_name(enum status s);

enum event_type { EVENT_FILE, EVENT_RECORD, EVENT_SKIP, EVENT_NOTE, EVENT_FINISHED };

struct sent_file {
    struct slice path, container, domain; /* domain: iOS backups, else empty */
    uint64_t bytes;
    bool hashed;
    uint8_t sha256[SHA256_SIZE];
    unsigned number; /* counts from 0 in each job; records name it */
};

/* Valid until the next worker_next(). */
struct event {
    enum event_type type;
    const struct artifact *artifact;
    struct sent_file file;            /* FILE; RECORD and SKIP: file.number only */
    const struct sent_record *record; /* RECORD */
    struct origin origin;             /* SKIP: the place of the row */
    const char *text;                 /* SKIP: why; NOTE; FINISHED: the reason */
    enum status status;               /* FINISHED */
    struct usage usage;               /* FINISHED */
};

/* Waits for the next event of any job. False: all jobs are finished (e->code 0), or e. */
bool worker_next(struct worker *w, struct event *ev, struct err *e);
void worker_interrupt(struct worker *w); /* async-signal-safe: ends all jobs; they end `failed` */
void worker_stop(struct worker *w);

/*
 * One confined job over one file that isn't evidence (an indicator set): `parse` runs in a child
 * that can reach nothing but the blob; what it appends to out comes back as bytes. For loaders.
 */
MUST_CHECK bool worker_parse(int fd, const char *name, const struct limits *l,
                             bool (*parse)(struct blob *b, const char *name, struct buf *out,
                                           struct err *e),
                             struct buf *out, struct err *e);

/* Proves on this machine what confinement stops. Prints a line per check to f; false: one failed. */
bool worker_selftest(FILE *f);
