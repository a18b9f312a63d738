#pragma once

#include "cli/cli.h"

/*
 * Files by their URLs: from the network, by the program bridle-update, or from a folder. What they
 * hold is not looked at here.
 */
struct fetcher {
    const char *incoming; /* a folder of our own, for what is downloaded */
    const char *offline;  /* instead of the network; NULL: none */
    const char *ca_file;  /* may be NULL */
    unsigned seconds;     /* of one file */
    struct arena *arena;
    unsigned next;       /* number of the next download */
    struct found *files; /* of the offline folder, by size; made when first needed */
    size_t nfiles;
    bool listed;
    /* the running program */
    int to, pid;
    FILE *from;
};

struct request {
    struct slice url, etag;
    struct slice sha256; /* hex; empty: any. Offline it also finds the file. */
    uint64_t most;       /* bytes */
    enum { FETCH_FAILED, FETCH_GOT, FETCH_SAME } status;
    const char *path; /* GOT */
    struct slice new_etag;
    const char *why; /* FAILED */
};

/* Starts bridle-update, unless offline. ERR_ABSENT: it isn't installed. */
MUST_CHECK bool fetch_start(struct fetcher *f, struct err *e);
void fetch_one(struct fetcher *f, struct request *r);
void fetch_stop(struct fetcher *f); /* also what it downloaded is removed */
