#pragma once

#include "artifact/job_impl.h"
#include "worker/worker.h"

/*
 * What crosses the sockets between parent, opener and jobs:
 *   u32le length of the payload (at most FRAME_MAX), u8 type, payload
 * Integers are varints, strings are length-prefixed; a payload must be used up exactly. The parent
 * treats everything as hostile: a decoder checks every enum, length and UTF-8 sequence.
 */
enum frame_type {
    FRAME_READY,    /* opener: confined; level */
    FRAME_OPEN,     /* parent: name, secret */
    FRAME_PROGRESS, /* opener: thousandths of a key derivation */
    FRAME_OPENED,
    FRAME_REFUSED, /* opener: err */
    FRAME_RUN,     /* parent, with the job's socket: number, artifact, limits */
    FRAME_EXITED,  /* opener: a job ended */
    FRAME_FILE,    /* these and those below: job */
    FRAME_RECORD,
    FRAME_SKIP,
    FRAME_WORD,
    FRAME_DONE,
    FRAME_BYTES, /* worker_parse(): a piece of the result */
    FRAME_TYPES,
};

enum { FRAME_MAX = 1 << 20, FRAME_HEAD = 5, FRAME_MAX_TEXT = 1024 };

/* Appends a frame: the payload goes to out between begin and end. */
size_t frame_begin(struct buf *out, enum frame_type t);
void frame_end(struct buf *out, size_t begun);

/* Cuts a stream of bytes into frames. */
struct frame_reader {
    struct buf in;
    size_t at; /* bytes of in that are used up */
};
enum frame_result { FRAME_NONE, FRAME_GOT, FRAME_BAD };
/* The next whole frame; the payload is valid until the next frame_fill(). BAD: no frame can begin so. */
enum frame_result frame_next(struct frame_reader *r, enum frame_type *t, struct slice *payload);
/* Reads what the descriptor has now: bytes read, 0 at the end, -1 (errno). */
ssize_t frame_fill(struct frame_reader *r, int fd);
/* Wipes all that was ever read. */
void frame_reader_wipe(struct frame_reader *r);
void frame_reader_free(struct frame_reader *r);

/* -- payloads: each frame_add_X() appends a whole frame, each frame_X() decodes a payload -- */

void frame_add_err(struct buf *out, enum frame_type t, const struct err *e);
bool frame_err(struct slice payload, struct err *out);

struct open_request {
    struct slice name;
    struct secret secret;
};
void frame_add_open(struct buf *out, const char *name, const struct secret *s);
bool frame_open(struct slice payload, struct open_request *out);

/* What the parent keeps of OPENED; slices are in the payload, lists in the arena. */
struct opened_frame {
    struct opened opened; /* without the confinement */
    struct secret key;    /* SECRET_NONE: none */
};
void frame_add_opened(struct buf *out, const struct source *s, const struct secret *key,
                      struct arena *a);
bool frame_opened(struct slice payload, struct arena *a, struct opened_frame *out);

struct run_request {
    uint64_t number;
    struct slice artifact;
    double seconds;
    uint64_t memory, max_records;
    bool keep_all;
    enum job_hash hash;
};
void frame_add_run(struct buf *out, const struct run_request *run);
bool frame_run(struct slice payload, struct run_request *out);

struct exited_frame {
    uint64_t number;
    int status; /* as wait() gives it */
    uint64_t ms, peak_kib;
};
void frame_add_exited(struct buf *out, const struct exited_frame *x);
bool frame_exited(struct slice payload, struct exited_frame *out);

struct file_frame {
    struct sent_file file; /* without the number */
    bool used;
};
void frame_add_file(struct buf *out, const struct booked_file *f, struct arena *a);
bool frame_file(struct slice payload, struct file_frame *out);

/* False: something of the record did not fit. */
bool frame_add_record(struct buf *out, uint64_t file, const struct record *r,
                      const struct sightings *s, struct arena *a);
bool frame_record(struct slice payload, struct arena *a, uint64_t *file, struct sent_record *out);

struct skip_frame {
    uint64_t file;
    struct origin origin;
    bool in_part;
    struct slice why;
};
void frame_add_skip(struct buf *out, uint64_t file, const struct skipped *what, struct arena *a);
bool frame_skip(struct slice payload, struct skip_frame *out);

void frame_add_word(struct buf *out, enum job_word w, const char *text, struct arena *a);
bool frame_word(struct slice payload, enum job_word *w, struct slice *text);

struct done_frame {
    struct job_tally tally;
    struct err err; /* code 0: the artifact ran to its end */
};
void frame_add_done(struct buf *out, const struct job_tally *t, const struct err *e);
bool frame_done(struct slice payload, struct done_frame *out);

/* One number: READY, PROGRESS. */
void frame_add_number(struct buf *out, enum frame_type t, uint64_t v);
bool frame_number(struct slice payload, uint64_t limit, uint64_t *out);
