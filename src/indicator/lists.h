#pragma once

#include "indicator/draft.h"
#include "indicator/where.h"

/*
 * Plain text in UTF-8: one value a line, a table, or prose that mentions defanged values. False: e
 * (ERR_UNSUPPORTED: no text, or nothing in it that is a value).
 */
MUST_CHECK bool lists_read(struct slice text, const struct where *w, struct draft *d,
                           struct err *e);

/* A table. False, and nothing done: it is none. */
bool table_read(struct slice text, const struct where *w, struct draft *d);
/* Prose: only what is defanged, a hash, or marked as code counts. False: there is nothing such. */
bool prose_read(struct slice text, const struct where *w, struct draft *d);

/* What all text says of its values before their own facts. */
struct indicator lists_like(const struct where *w);
/*
 * A value whose type is told by k, or by itself (k NULL). Links without a path are meant as hosts,
 * and "address:port" is less sure. `what` says in `guesses` where the type came from.
 */
void lists_value(struct draft *d, const struct value_kind *k, struct slice value, struct slice what,
                 const struct indicator *like);
