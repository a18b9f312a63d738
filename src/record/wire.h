#pragma once

#include "record/observable.h"

/*
 * How a record crosses the process border: varints and length-prefixed strings, in the order of the
 * structs. The decoder treats its input as hostile: every enum, length and UTF-8 sequence is
 * checked, and the payload must be used up exactly.
 */
enum {
    WIRE_MAX_RECORD = 1000 * 1000, /* bytes of an encoded record: fits a frame of 1 MiB */
    WIRE_MAX_NAME = 128,           /* bytes of a field's name */
};

struct sent_record {
    struct record record; /* texts valid UTF-8, cut to the limits of record.h */
    struct sightings sightings;
};

/* Cleans texts (utf8_clean), cuts them, keeps what was cut in field.cut. Appends to out. False:
   something did not fit (a text, a sighting); what did is there all the same. */
bool record_encode(const struct record *r, const struct sightings *s, struct arena *a,
                   struct buf *out);
/* Everything in out points into payload or the arena. */
MUST_CHECK bool record_decode(struct slice payload, struct arena *a, struct sent_record *out,
                              struct err *e);

/* The pieces, for other messages of the same kind. */
void wire_add_string(struct buf *out, struct slice s);
struct slice wire_string(struct cursor *c); /* not valid UTF-8: marks the cursor bad */
void wire_add_signed(struct buf *out, int64_t v);
int64_t wire_signed(struct cursor *c);
/* A byte below limit, else the cursor is bad. */
uint8_t wire_enum(struct cursor *c, unsigned limit);
void wire_add_origin(struct buf *out, const struct origin *o, struct arena *a);
struct origin wire_origin(struct cursor *c);
