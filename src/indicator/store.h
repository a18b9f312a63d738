#pragma once

#include "indicator/indicator.h"

/*
 * The local store: a folder with
 *   store.json   which sets there are and where they come from; replaced as a whole, so that a reader
 *                sees the old or the new sets, never a mixture
 *   sets/SHA256  the files as published, named by their sum
 *   compiled     all of them, ready to be asked; a cache
 * Reading takes no lock. Whoever changes it holds the lock from store_lock() on.
 */
struct stored {
    struct slice name;   /* as the parser is told: "pegasus.stix2", "2018_nso/domains.txt" */
    struct slice sha256; /* hex; the name of its file */
    struct slice url;    /* where it was downloaded from; empty: added by hand */
    struct slice etag;
    struct slice index; /* the index that named it */
    struct slice publisher, licence;
    struct slice published;      /* a date as text: by the index, for sets that don't say it */
    struct utime added, checked; /* this version of it; the last time that it was asked for */
};

struct store {
    char *folder;
    struct stored *sets;
    size_t n, room;
    struct slice json; /* store.json as read; empty: there is none */
    struct arena arena;
    int lock; /* -1: not held */
};

/* A folder that isn't there is an empty store. ERR_CORRUPT: store.json is damaged. */
MUST_CHECK struct store *store_open(const char *folder, struct err *e);
void store_close(struct store *s); /* NULL is fine */
/* Makes the folder, waits for others, and reads store.json again. */
MUST_CHECK bool store_lock(struct store *s, struct err *e);

/* Of a folder in s, in its arena. */
char *store_path(struct store *s, const char *name);
char *store_file(struct store *s, const struct stored *set);
/* What the compiled table of these sets is known by. */
void store_key(const struct store *s, const char *version, uint8_t key[32]);

/* Keeps a file's bytes; *sha256 is its name (hex, in the arena). Nothing refers to it yet. */
MUST_CHECK bool store_keep(struct store *s, struct blob *bytes, struct slice *sha256,
                           struct err *e);
/* Adds a set, or replaces the one of the same URL, or, without one, of the same name. What it points
   to must live as long as s. True: there was one with other bytes or none. */
bool store_put(struct store *s, const struct stored *set);
void store_remove(struct store *s, size_t n);
/* Writes store.json and removes the files that no set needs any more. */
MUST_CHECK bool store_save(struct store *s, struct err *e);
