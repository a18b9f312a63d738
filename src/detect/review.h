#pragma once

#include "casefile/casefile.h"

/*
 * What people decided about findings: rows of the case's chained log, so that nothing is ever taken
 * back silently. The latest decision on a finding's key in one piece of evidence holds; a dismissed
 * finding moves no verdict, and `recheck` keeps it so.
 */
enum review { REVIEW_NONE, REVIEW_CONFIRMED, REVIEW_DISMISSED, REVIEW_NOTE };
const char *review_name(enum review r); /* "confirmed", "dismissed", "note"; "" for none */
/* The log's action: "confirm", "dismiss", "note". False: no such word. */
bool review_from_action(struct slice action, enum review *out);

/* by: who decided, may be empty; text: why, in their own words. */
MUST_CHECK bool review_add(struct casefile *c, struct slice key, int64_t evidence, enum review what,
                           const char *by, const char *text, struct err *e);

/*
 * SQL: the id of the log row that decides on finding `f`, or NULL. A row of a hostile case that
 * isn't ours decides nothing.
 */
#define REVIEW_ROW                                                                                 \
    "(SELECT max(x.id) FROM log x WHERE x.action IN ('confirm', 'dismiss') AND "                   \
    "CASE WHEN json_valid(x.detail) THEN x.detail ->> '$.key' = f.key AND "                        \
    "x.detail ->> '$.evidence' = f.evidence_id END)"
