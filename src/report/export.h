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
    struct buf out;
    struct ranking ranking;
    int64_t by_type[OBS_TYPES]; /* indicators loaded */
};

/* Writes what has gathered; all: the rest, too. */
MUST_CHECK bool export_flush(struct export *x, bool all, struct err *e);
sqlite3_stmt *export_query(struct export *x, const char *sql, struct err *e);
struct slice export_text(sqlite3_stmt *s, int column);
/* From six columns at `at`: place, name, n, state, path, container. */
void export_provenance(struct json_writer *w, sqlite3_stmt *s, int at);
bool export_listed(struct slice list, const char *name); /* in a comma-separated list */

/* The lines of one kind as CSV: what write() gives as JSON lines, flattened (docs/output.md). */
MUST_CHECK bool export_csv(struct export *x, const char *kind,
                           bool (*write)(struct export *x, struct err *e), struct err *e);
