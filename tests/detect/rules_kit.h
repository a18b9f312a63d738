#pragma once

#include "kit.h"

/* What the tests of rules share: records made as artifacts make them, findings as one line. */

/* A field of a record: text, or a number where text is NULL. */
struct pair {
    const char *name, *text;
    int64_t number;
};

#define PUT(k, table, row, time, ...)                                                              \
    put(k, table, row, time, (const struct pair[]){__VA_ARGS__, {.name = NULL}})

void put(struct kit *k, const char *table, int64_t row, const char *time, const struct pair *p);
/* Records go to this artifact of the one piece of evidence from now on. */
void start(struct kit *k, const char *artifact);
/* The findings of the artifact's rules as "name subject rows,...", in this order. */
void expect(struct kit *k, const char *want);
