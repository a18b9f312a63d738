#pragma once

#include "base/blob.h"
#include "record/record.h"

/*
 * SQLite databases from evidence, read by SQLite itself through our own read-only VFS over blobs:
 * its WAL is replayed in memory, a hot journal is rolled back in memory, nothing is ever written.
 * The connection is hardened (no views, triggers, generated columns, extensions, ATTACH; limits on
 * lengths and memory; a progress budget). Never open evidence with the stock VFS.
 *
 * SQLite forgives in silence what costs rows. So each table that is read is also checked (a look at
 * all pages or quick_check, WAL frames with a wrong checksum, a file that ends inside a page or
 * below its own page count), and what was lost is told through sqlite_losses().
 */
struct sqlite;

struct sqlite_limits {
    double seconds;     /* for all queries together; 0: none */
    uint64_t max_value; /* bytes of one value; 0: 64 MiB */
};

/* Must be called once in a process before its system calls are filtered (SQLite's randomness). */
void sqlite_setup(void);

/* wal and journal may be NULL. The blobs must outlive it and are not closed by it.
   ERR_CORRUPT: no SQLite header, or the schema can't be read at all. An empty file is ERR_ABSENT. */
MUST_CHECK struct sqlite *sqlite_open(struct blob *db, struct blob *wal, struct blob *journal,
                                      const struct sqlite_limits *l, struct err *e);
void sqlite_close(struct sqlite *s);

/* A table of that name, and really a table (not a view, not virtual, no generated columns). */
bool sqlite_has_table(struct sqlite *s, const char *table);
/* Can `SELECT expr FROM from` be prepared? Probes one column. Damage of the schema page is e. */
bool sqlite_has(struct sqlite *s, const char *expr, const char *from);

enum sqlite_type { SQL_NULL, SQL_INT, SQL_REAL, SQL_TEXT, SQL_BLOB };

/* Valid until the next sqlite_next() of the same query. */
struct sqlite_value {
    enum sqlite_type type;
    int64_t integer;    /* INT; REAL cut */
    double real;        /* REAL; INT converted */
    struct slice bytes; /* TEXT (any bytes, UTF-8 as SQLite sees it), BLOB */
};

struct sqlite_row {
    int64_t id;       /* value of the row expression */
    enum state state; /* LIVE, WAL, JOURNAL, RECOVERED */
    bool has_id;      /* false: the expression gave NULL or no integer */
    unsigned n;
    const struct sqlite_value *values;
};

/*
 * All rows of `SELECT row, columns... FROM from`, ordered by `row`. With a WAL (or a hot journal)
 * it runs over both views, the older perhaps only where it differs, and merges: what only the newer
 * view has is WAL (JOURNAL), what only the older has is RECOVERED. On a damaged page it goes on
 * behind it by ranges of rowids of the first table of `from`, so `from` must hold no WHERE of its
 * own; where only a LEFT JOINed table or one value is damaged, the row comes with NULL for that.
 * Everything passed must outlive the query, and queries must be freed before sqlite_close().
 */
struct sqlite_query;
MUST_CHECK struct sqlite_query *sqlite_query(struct sqlite *s, const char *from, const char *row,
                                             const char *const *columns, unsigned n, struct err *e);
/* False at the end (e->code is 0) or when nothing more can be had (e). Damage that could be walked
   around is not an error here: see sqlite_losses(). */
bool sqlite_next(struct sqlite_query *q, struct sqlite_row *row, struct err *e);
void sqlite_query_free(struct sqlite_query *q);

/* One integer; false if there is no row, it is NULL or no integer, or it can't be prepared. */
bool sqlite_int(struct sqlite *s, const char *select, int64_t *out);

/* Looks at the table, the first time also at the use of all pages; adds to the losses. */
void sqlite_check(struct sqlite *s, const char *table);

/* What went missing so far, in words ("table message: page 7: btree ..."); empty: nothing.
   At most 20 are kept; `more` counts the rest. */
struct sqlite_losses {
    const char *const *what;
    unsigned n, more;
};
struct sqlite_losses sqlite_losses(const struct sqlite *s);

/* Words that lost nothing: the WAL ends with a transaction that was never finished, the older view
   can't be read. */
struct sqlite_losses sqlite_notes(const struct sqlite *s);

/* WAL: the database has one that was replayed; JOURNAL: a hot one was rolled back; else LIVE. */
enum state sqlite_overlay(const struct sqlite *s);
