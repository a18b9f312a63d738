#pragma once

#include "base/bytes.h"

/*
 * Rows of a table in text, after RFC 4180: fields in quotes may hold the delimiter, line ends and
 * doubled quotes. Any single byte may be the delimiter. Nothing is an error: a quote that never
 * closes ends with the text, and `open` then says so.
 */
enum { CSV_MAX_FIELDS = 256 }; /* of a row; what is beyond is dropped and `wide` set */

struct csv {
    struct cursor c;
    struct arena *arena; /* fields with doubled quotes are decoded into it */
    uint8_t delimiter;
    struct slice fields[CSV_MAX_FIELDS];
    size_t n;
    uint64_t line; /* of the row's start, from 1 */
    uint64_t next_line;
    bool open, wide;
};

void csv_open(struct csv *r, struct slice text, uint8_t delimiter, struct arena *a);
/* The next row; blank lines are rows of one empty field. False: the end. */
bool csv_next(struct csv *r);
