#pragma once

#include "record/observable.h"

/*
 * How a record crosses the process border: varints and length-prefixed strings, in the order of the
 * structs. The decoder treats its input as hostile: every enum, length and UTF-8 sequence is
 * checked, and the payload must be used up exactly.
 */
struct sent_record {
    struct record record; /* texts valid UTF-8, cut to the limits of record.h */
    struct sightings sightings;
};

/* Cleans texts (utf8_clean), cuts them, keeps what was cut in field.cut. Appends to out. */
void record_encode(const struct record *r, const struct sightings *s, struct arena *a,
                   struct buf *out);
/* Everything in out points into payload or the arena. */
MUST_CHECK bool record_decode(struct slice payload, struct arena *a, struct sent_record *out,
                              struct err *e);
