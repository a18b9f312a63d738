#pragma once

#include "base/bytes.h"

/*
 * Names of tables and keys, each kept once and as a number: some dozen in a case of ours, any number
 * in another's.
 */
struct names {
    void *tree; /* of struct name, sorted */
    const struct name *last;
    struct name **all; /* in order of arrival */
    size_t n, room;
    struct arena arena;
};

/* In order of arrival, from 0. */
uint32_t name_number(struct names *l, struct slice text);
/* After the last one: gives every name its place among all of them, sorted. */
void names_sort(struct names *l);
uint32_t name_place(const struct names *l, uint32_t number);
void names_free(struct names *l);
