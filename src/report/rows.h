#pragma once

#include "casefile/casefile.h"

struct sqlite3_stmt;

/*
 * Queries over a case. A damaged file shows itself at any step, so whoever walks a query asks e in
 * the end: an output that breaks off is an error, never just short.
 */
struct sqlite3_stmt *rows_query(struct casefile *c, const char *sql, struct err *e); /* NULL: e */
/* The next row; false: the end, or e is set. */
bool rows_next(struct casefile *c, struct sqlite3_stmt *s, struct err *e);
struct slice rows_text(struct sqlite3_stmt *s, int column); /* until the next row */

/*
 * The order of exports: time (none last), artifact, place in the evidence; not the ids of the file,
 * which depend on how jobs interleaved. Numbers in an export follow it. Until ranking_free() all
 * queries see one state of the case, and lock it only once: half of the time of an export else.
 */
struct ranking {
    struct casefile *c;
    uint32_t *order; /* record ids in export order */
    uint32_t *rank;  /* by record id: number in the export, from 1; 0: no such record */
    size_t n, room;
    uint32_t *source; /* by record id: its row in coverage; 0: there is none */
    uint32_t *file;   /* by file id: place in FILE_ORDER, from 1 */
    size_t nsources, nfiles;
};
#define FILE_ORDER "ORDER BY path, container, evidence_id, id"
MUST_CHECK bool ranking_make(struct casefile *c, struct ranking *r, struct err *e);
void ranking_free(struct ranking *r);
