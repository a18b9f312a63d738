#pragma once

#include <sqlite3.h>

#include "format/json.h"
#include "report/finding_words.h"
#include "report/gaps.h"
#include "report/rows.h"

/* Inside report/: one export, being written. */
enum { EXPORT_KINDS = 5 };

struct export
{
    struct casefile *c;
    FILE *to;
    struct slice columns; /* CSV; empty: JSON lines */
    struct buf out, rows; /* whole JSON lines that wait; CSV made of them */
    struct arena arena;   /* of one row */
    struct ranking ranking;
    int64_t by_type[OBS_TYPES]; /* indicators loaded */
};

/* Writes what has gathered, when it is much; all: whatever there is. */
MUST_CHECK bool export_flush(struct export *x, bool all, struct err *e);

/* A line's beginning, members and end. */
void export_start(struct json_writer *w, struct buf *out, const char *kind);
void export_member(struct json_writer *w, const char *name, struct slice text);
void export_member_number(struct json_writer *w, const char *name, int64_t n);
void export_member_time(struct json_writer *w, const char *name,
                        struct utime t); /* NONE: nothing */
MUST_CHECK bool export_end(struct export *x, struct json_writer *w, struct err *e);

MUST_CHECK bool export_observables(struct export *x, struct err *e);

/* CSV: the columns of a kind, comma-separated; and whole JSON lines as rows. */
struct slice csv_columns(const char *kind);
MUST_CHECK bool csv_rows(struct slice columns, struct slice lines, struct buf *out, struct err *e);
