#pragma once

#include <sqlite3.h>

#include "format/sqlite.h"

/* Shared by the sqlite_*.c files; nobody else includes it. */

/*
 * What one connection reads: the bytes of the evidence, and over them the pages that a roll-back
 * wrote. The VFS is registered under its own name, so that no table of open files is needed.
 */
struct view {
    sqlite3_vfs vfs;
    char name[32];
    struct blob *db, *wal, *journal; /* wal, journal: NULL when this view is without */
    uint64_t wal_size;               /* up to the last commit */
    uint64_t size;                   /* of the database as SQLite is told */
    uint64_t base;                   /* bytes of db that still show: a roll-back may cut it */
    uint32_t page_size;
    uint8_t **pages; /* written by the roll-back, by page; NULL: none */
    uint64_t npages, pages_room;
    void **shm; /* the WAL's index, in memory */
    int nshm;
    bool rolled_back, journal_gone;
    struct err io; /* why the last read of a blob went wrong */
    sqlite3 *db_handle;
};

/* The facts of the WAL that SQLite keeps for itself. */
struct wal {
    uint64_t end;       /* bytes up to and with the last commit; 0: nothing usable */
    uint32_t pages;     /* of the database after the last commit */
    uint32_t page_size; /* of its frames */
};

enum { SQLITE_MAX_TOLD = 20 };

struct told {
    const char *what[SQLITE_MAX_TOLD];
    unsigned n, more;
};

struct sqlite {
    struct blob *db, *wal_blob, *journal_blob;
    struct view now, before; /* before: without WAL and journal */
    bool before_tried, before_usable;
    enum state overlay;
    uint32_t page_size, header_pages; /* header_pages 0: its count isn't valid */
    struct wal wal;
    bool incomplete; /* pages of the file are missing */
    bool schema_damaged;
    bool order_guessed;     /* a collation was needed that only the app has */
    bool checked, too_deep; /* by sqlite_check(); for it */
    double seconds, spent, entered;
    uint64_t max_value;
    unsigned depth; /* of sqlite_enter() */
    struct arena memory;
    struct told losses, notes;
};

/* sqlite_vfs.c */
void sqlite_view_register(struct view *v);
void sqlite_view_unregister(struct view *v);
/* Bytes of the database as the roll-back left them, without the WAL. False: can't be read. */
bool sqlite_view_read(struct view *v, uint64_t off, void *to, size_t n);

/* sqlite.c. The views of a struct sqlite run under one budget of time: between enter and leave. */
void sqlite_enter(struct sqlite *s);
void sqlite_leave(struct sqlite *s);
/* What SQLite's result code means to us. Always false. */
bool sqlite_fail(struct sqlite *s, struct view *v, int rc, struct err *e);
/* False: e->code is ERR_UNSUPPORTED if the SQL doesn't fit the schema. */
MUST_CHECK bool sqlite_compile(struct sqlite *s, struct view *v, const char *sql,
                               sqlite3_stmt **out, struct err *e);
/* The connection without WAL and journal, opened when first needed; NULL: it can't be read. */
struct view *sqlite_view_before(struct sqlite *s);
void sqlite_lost(struct sqlite *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void sqlite_note(struct sqlite *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* sqlite_sql.c */
struct query_sql {
    char *all;      /* every row, by row */
    char *range;    /* from rowid ?1 on, by rowid; NULL: the first table has none */
    char *single;   /* likewise; if bare, with NULL for the columns of joined tables */
    bool bare;      /* there are tables joined, all by LEFT JOIN */
    char table[64]; /* the first table, for words */
};
struct query_sql sqlite_query_sql(struct sqlite *s, const char *from, const char *row,
                                  const char *const *columns, unsigned n);

/* sqlite_wal.c */
enum { WAL_HEADER = 32, FRAME_HEADER = 24 };
/* Fills s->wal. */
void sqlite_check_wal(struct sqlite *s, struct blob *wal);
void sqlite_check_journal(struct sqlite *s, struct blob *journal, bool rolled_back);

/* sqlite_check.c */
void sqlite_check_file(struct sqlite *s);
void sqlite_check_schema(struct sqlite *s);
