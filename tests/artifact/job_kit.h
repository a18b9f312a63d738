#pragma once

#include "artifact/job_impl.h"

/* Runs an artifact over a folder made of SQL and texts, in this process; keeps all it says. */
enum { KIT_MAX = 64 };

struct kit {
    char path[64]; /* the folder */
    struct job_sink sink;
    struct arena memory;
    struct job_tally tally;
    struct err err;
    bool ok;
    struct record records[KIT_MAX]; /* texts copied */
    uint64_t file_of[KIT_MAX];
    const char *sightings[KIT_MAX]; /* "url https://... opened; ..." */
    unsigned nrecords;
    const char *files[KIT_MAX]; /* paths, "+hash" behind those with one */
    unsigned nfiles;
    const char *skips[KIT_MAX];
    unsigned nskips;
    const char *words[JOB_WORDS][KIT_MAX];
    unsigned nwords[JOB_WORDS];
};

void kit_start(struct kit *k);
void kit_put(struct kit *k, const char *name, const char *bytes, size_t n);
/* A database from SQL; what follows a line "-- wal" stays in NAME-wal. */
void kit_sql(struct kit *k, const char *name, const char *sql);
void kit_run(struct kit *k, const struct artifact *a);
void kit_end(struct kit *k);
/* A field's text: strings as they are, numbers and times printed; "" if it isn't there. */
const char *kit_field(struct kit *k, unsigned record, const char *name);
