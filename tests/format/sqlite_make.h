#pragma once

#include "base/blob.h"
#include "format/sqlite.h"

/* Databases for tests, made by SQLite itself in a temporary folder, and what our reader makes of
   them as text. Everything ends the test that calls it if something is wrong with the making. */

/* The files of one database, in memory; empty: not there. Freed by made_free(). */
struct made {
    struct buf db, wal, journal;
};

/* `sql` runs and the database is closed. */
struct made made_plain(const char *sql);
/* Then `wal_sql` runs in WAL mode and stays in the WAL. NULL: the WAL is empty. */
struct made made_wal(const char *sql, const char *wal_sql);
/* `open_sql` runs in a transaction that is caught in the middle, with its journal. */
struct made made_hot(const char *sql, const char *open_sql);
/* From files beside each other, PATH, PATH-wal and PATH-journal. */
struct made made_read(const char *path);
/* All into a new temporary folder; returns the path of the database. made_remove() ends it. */
const char *made_write(const struct made *m, char path[64]);
void made_remove(const char *path);
void made_free(struct made *m);
struct made made_copy(const struct made *m);
/* The next of a row of numbers that *state starts. */
uint64_t made_random(uint64_t *state);
/* Cuts it or flips bits somewhere, mostly in one byte; what: where, in words. */
void made_damage(struct made *m, uint64_t *random, char what[80]);

/* An open one. */
struct opened {
    struct blob *db, *wal, *journal;
    struct sqlite *s;
    struct err e;
};
struct opened made_open(const struct made *m);
void opened_close(struct opened *o);

/* "3 wal a|b\n" for each row; NULL is "-", blobs are in hex; then "error: ..." if there was one. */
const char *rows_of(struct opened *o, struct arena *a, const char *from, const char *row,
                    const char *const *columns, unsigned n);
unsigned count_lines(const char *text);
/* All losses, or all notes, one a line. */
const char *losses_of(const struct opened *o, struct arena *a);
const char *notes_of(const struct opened *o, struct arena *a);

/* The samples folder, or the test is skipped. */
const char *samples_folder(struct arena *a);
