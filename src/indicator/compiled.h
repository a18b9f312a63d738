#pragma once

#include "indicator/indicator.h"

/*
 * A collection that is ready to be asked: a file with the items, their strings and the matcher's
 * table, which is mapped and used where it lies. It is a cache, not a form of exchange: written and
 * read by the same build on the same machine, and made anew whenever `key` differs. Opening checks
 * its sum and every number in it, so that a damaged file is never believed.
 */
struct compiled;
struct matcher;

enum { COMPILED_KEY = 32 };

/* Writes beside path and renames. in: loaded in memory, weakened. */
MUST_CHECK bool compiled_write(const struct indicators *in, const uint8_t key[COMPILED_KEY],
                               const char *path, struct err *e);
/* Into an empty collection. ERR_ABSENT: no file, or of another key; ERR_CORRUPT: damaged. */
MUST_CHECK bool compiled_open(struct indicators *in, const uint8_t key[COMPILED_KEY],
                              const char *path, struct err *e);

/* For indicator.c and matcher.c. */
void compiled_close(struct compiled *c);
const struct indicator *compiled_item(struct compiled *c, size_t n);
bool compiled_matcher(const struct indicators *in, struct matcher *m); /* false: not compiled */
