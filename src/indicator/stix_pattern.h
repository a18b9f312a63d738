#pragma once

#include "indicator/lint.h"

/* One comparison of a STIX pattern: what to look for, or why it can't be looked for. */
struct comparison {
    enum observable type;
    struct slice value; /* decoded; of one that can't be used: as much of the pattern as tells it */
    enum lint why;      /* LINT_OK: use it */
    bool prefix;        /* everything below the value, or that starts with it */
    bool narrowed;      /* the pattern wants more than the value: a port, a size */
};

/*
 * Reads a pattern. What stands in OR becomes a comparison each; in AND only what is enough by
 * itself, e.g. each of a file's hashes. There is always at least one comparison, in the arena.
 */
struct comparison *pattern_parse(struct slice pattern, struct arena *a, size_t *n);
