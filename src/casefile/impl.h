#pragma once

#include <sqlite3.h>

#include "casefile/casefile.h"

/* Inside casefile/ only. */

/* What is known of a coverage row while its job runs. */
struct run_state {
    int64_t id;
    struct utime first, last;
    uint64_t records;
    unsigned types; /* bits 1 << enum observable, of the sightings stored */
    unsigned skips;
};

/* Ids of observables by a hash of type and value; open addressing, grown at two thirds. */
struct seen {
    struct seen_entry {
        uint64_t hash;
        uint32_t id;
    } * slots;
    size_t n, room; /* room: a power of two */
};

/* Files of one piece of evidence that are booked already: path -> row. */
struct booked {
    uint64_t hash;
    int64_t id;
    bool hashed;
};

enum statement {
    ADD_SPAN,
    ADD_FILE,
    HASH_FILE,
    ADD_SKIP,
    STATEMENTS,
};

struct casefile {
    sqlite3 *db;
    char *path;
    enum case_mode mode;
    bool fresh;    /* made by casefile_create(), not yet closed */
    bool failed;   /* SQLite said no: nothing more is committed */
    uint64_t seed; /* of the hashes: evidence can't choose collisions */
    sqlite3_stmt *statements[STATEMENTS];
    struct batch *records, *observables, *sightings; /* that wait to be inserted */
    unsigned pending;                                /* rows since the last commit */
    double committed;                                /* steady time of it */
    struct span {
        int64_t run, first, last; /* run: 0 while none is open */
    } span;                       /* the latest records, all of one run */
    struct seen seen;
    struct booked *files;
    size_t nfiles, files_room;
    struct run_state *runs;
    size_t nruns;
};

/* "case: " and SQLite's words; ERR_IO, and the case is marked as failed. Always false. */
bool case_err(struct casefile *c, struct err *e);
MUST_CHECK bool case_exec(struct casefile *c, const char *sql, struct err *e);
/* Prepares, or NULL with e. */
sqlite3_stmt *case_prepare(struct casefile *c, const char *sql, struct err *e);
/* Steps a statement that returns no rows and resets it. */
MUST_CHECK bool case_step(struct casefile *c, sqlite3_stmt *s, struct err *e);
void case_bind(sqlite3_stmt *s, int at, struct slice text);      /* as text, not copied */
void case_bind_null(sqlite3_stmt *s, int at, struct slice text); /* the same; empty is NULL */
/* A text column; empty for NULL, which a hostile case may hold anywhere. */
struct slice case_text(sqlite3_stmt *s, int column);
/* The single integer that a query gives. */
MUST_CHECK bool case_number(struct casefile *c, const char *sql, int64_t *out, struct err *e);
/* Writes down the records that wait and the span that is open, so that queries see them. */
MUST_CHECK bool case_flush(struct casefile *c, struct err *e);
/* The same without the span: what waits has become much. */
MUST_CHECK bool case_flush_rows(struct casefile *c, struct err *e);
MUST_CHECK bool case_commit(struct casefile *c, struct err *e);
/* Commits when many rows or a second have gathered: what a killed run keeps. */
MUST_CHECK bool case_breathe(struct casefile *c, struct err *e);

/*
 * Rows of one table that wait to be inserted, in one statement. A row is its cells in the order of
 * the columns named here. Ids count from 1: the table is empty, and nothing else adds to it.
 */
struct batch *batch_new(struct casefile *c, const char *table, const char *columns, struct err *e);
int64_t batch_row(struct batch *b);        /* starts a row: its id */
int64_t batch_next(const struct batch *b); /* the id that the next row will have */
void batch_free(struct batch *b);
void batch_integer(struct batch *b, int64_t v);
void batch_null(struct batch *b);
void batch_text(struct batch *b, struct slice text);    /* copied */
void batch_fixed(struct batch *b, const char *literal); /* not copied */
/* A text that is written where it waits: what is appended to the buffer until the end. */
struct buf *batch_begin_text(struct batch *b);
void batch_end_text(struct batch *b);
size_t batch_bytes(const struct batch *b);
MUST_CHECK bool batch_flush(struct batch *b, struct err *e);

/* Is it a case of a version we know? Before SQLite opens it. */
MUST_CHECK bool case_sniff(const char *path, struct err *e);
/* The schema of a case, as created; and a check of an opened one against it. */
extern const char case_schema[];
enum { CASE_APPLICATION = 0x6272646c /* "brdl" */, CASE_VERSION = 1 };
MUST_CHECK bool case_check_schema(struct casefile *c, struct err *e);
