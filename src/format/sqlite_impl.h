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
    bool order_guessed;                 /* a collation was needed that only the app has */
    bool checked, too_deep;             /* by sqlite_check(); for it */
    struct pages *pages, *pages_before; /* NULL: not looked at, or not all in order */
    uint8_t *differs;                   /* by page: not the same in both */
    bool pages_tried, compared;
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
bool sqlite_out_of_time(const struct sqlite *s);
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
enum { JOINS_MAX = 6 };

struct query_sql {
    const char *row;
    const char *const *columns;
    unsigned n;
    char table[64]; /* the first table, for words */
    char *all;      /* every row, by row */
    char *range;    /* from rowid ?1 on, by rowid; NULL: the first table has none to go by */
    char *single;   /* likewise; if bare, with NULL for the columns of joined tables */
    char *key;      /* likewise, but no value at all; NULL: there are joins that drop rows */
    char *from;     /* the first table with its alias */
    char *whole;    /* that and all that is joined to it */
    char *rowid;    /* its rowid */
    bool bare;      /* there are tables joined, all by LEFT JOIN */
    /* The joined tables with their names in this query, if each is a table with rowids joined by
       LEFT JOIN, and no column asks others: then `all` ends with their rowids. */
    bool plain;
    unsigned njoins;
    char *joins[JOINS_MAX], *aliases[JOINS_MAX];
};
/* The columns a statement of these begins with; then those that were asked for. */
enum { COLUMN_ID, COLUMN_ROWID, COLUMN_FIRST };
struct query_sql sqlite_query_sql(struct sqlite *s, const char *from, const char *row,
                                  const char *const *columns, unsigned n);
/* Stands on the row of rowid with NULL for each value that can't be read; NULL: not even that. */
sqlite3_stmt *sqlite_query_patched(struct sqlite *s, struct view *v, const struct query_sql *q,
                                   int64_t rowid);
void sqlite_query_sql_free(struct query_sql *q);

/* sqlite_walk.c: the rows of a query as one view gives them. */
struct side {
    struct sqlite *s;
    struct view *v;
    const struct query_sql *sql;
    sqlite3_stmt *all, *range, *single, *key; /* of sql's texts; key may be NULL */
    sqlite3_stmt *patched;                    /* one row */
    sqlite3_stmt *at;                         /* the one of these that is being stepped */
    bool have;                                /* `at` stands on a row not yet used */
    bool done;
    bool has_last;
    int64_t last; /* highest rowid of the rows had */
    unsigned seeks;
};
MUST_CHECK bool sqlite_side_start(struct side *d, struct sqlite *s, struct view *v,
                                  const struct query_sql *sql, struct err *e);
/* Makes `have` true, or `done`. */
MUST_CHECK bool sqlite_side_next(struct side *d, struct err *e);
/* It has met damage, and goes by rowid. */
bool sqlite_side_walks(const struct side *d);
/* Goes on at the first row at or behind rowid. Needs d->range. */
void sqlite_side_seek(struct side *d, int64_t rowid);
void sqlite_side_free(struct side *d);

/* sqlite_wal.c */
enum { WAL_HEADER = 32, FRAME_HEADER = 24 };
/* Fills s->wal. */
void sqlite_check_wal(struct sqlite *s, struct blob *wal);
void sqlite_check_journal(struct sqlite *s, struct blob *journal, bool rolled_back);

/* sqlite_pages.c */
struct pages;
/* All pages of the newer view, each well formed and in its place; NULL: that is not known. */
const struct pages *sqlite_pages_now(struct sqlite *s);
/* Bits by column: what some record has there. Columns beyond are not looked at. */
enum { PAGE_COLUMNS = 128 };
enum in_column { IN_NULL, IN_NUMBER, IN_BLOB, IN_TEXT, IN_COLUMN };
struct in_columns {
    uint64_t bits[IN_COLUMN][PAGE_COLUMNS / 64];
};
/* Of all rows of a table with rowids. */
struct in_columns sqlite_pages_columns(const struct pages *m, const char *table);

/* sqlite_changes.c: what the WAL changes. */
struct row_range {
    int64_t least, most;
};
struct row_ranges {
    struct row_range *all; /* rising, none touching another */
    size_t n;
};
/* Neither rows nor indexes of the table differ between the views. False: they do, or who knows. */
bool sqlite_untouched(struct sqlite *s, const char *table);
/* The rowids between which rows of the table differ; the caller frees ->all. False: not known. */
bool sqlite_changed_rows(struct sqlite *s, const char *table, struct row_ranges *out);
bool row_ranges_hold(const struct row_ranges *r, int64_t row);

/* sqlite_plan.c: which rows of a query must be compared with the older view. */
struct merge_plan {
    enum { COMPARE_ALL, COMPARE_NONE, COMPARE_SOME } what;
    /* SOME: those of the first table's rows, and those joined to one of these. */
    struct row_ranges rows, joined[JOINS_MAX];
    bool touched[JOINS_MAX];
};
struct merge_plan sqlite_merge_plan(struct sqlite *s, const struct query_sql *q);
void sqlite_merge_plan_free(struct merge_plan *p);

/* sqlite_check.c */
void sqlite_check_file(struct sqlite *s);
void sqlite_check_schema(struct sqlite *s);
