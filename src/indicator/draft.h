#pragma once

#include "indicator/lint.h"
#include "indicator/table.h"

/*
 * A set while its file is read: each format hands in what it finds, here it is brought to normal
 * form, weeded (lint.h), merged, and written out. What is handed in must live until draft_write().
 */
struct draft {
    struct arena arena; /* for whoever reads the file, too */
    struct set set;
    struct indicator *items;
    size_t n, room;
    struct table index; /* of items, by type and value */
    struct note {
        struct slice value;
        enum lint why;
        unsigned count;
    } * notes; /* rejections and remarks, in file order */
    size_t nnotes, notes_room;
    size_t guesses_room;
    bool quiet_repeats; /* a value that comes again is no news: rows of a table share it */
};

struct draft *draft_new(void);
void draft_free(struct draft *d);

/*
 * One published value. `like` gives all but type, value, published and what lint finds out; its
 * prefix, qualified, host_too and remark may be set (a remark of lint_weakens() makes it too
 * general). False: it was rejected (and counted).
 */
bool draft_add(struct draft *d, enum observable type, struct slice published,
               const struct indicator *like);
void draft_reject(struct draft *d, struct slice value, enum lint why);
/* Counts a value whose type was guessed from `what`. */
void draft_guess(struct draft *d, struct slice what, enum observable type);
/* The family of all indicators that have none. */
void draft_family(struct draft *d, struct slice family, enum family_class class);

/* Appends the set in the wire form that indicators_add() reads. */
void draft_write(const struct draft *d, struct buf *out);

/* The parts of an item's flags that it has in every form, and back. */
uint16_t draft_flags(const struct indicator *i);
void draft_set_flags(struct indicator *i, uint64_t flags);
/* "indicator--UUID" as 16 bytes, if it is written just so; and back. */
bool draft_uuid(struct slice ref, uint8_t out[16]);
struct slice draft_uuid_text(const uint8_t bytes[16], struct arena *a);

/* The wire form: strings are a varint and bytes, times a zigzag varint and a precision. */
#define DRAFT_MAGIC "bridle indicators 2\n"
enum {
    ITEM_GENERAL = 1,
    ITEM_PREFIX = 2,
    ITEM_EXPIRED = 4,
    ITEM_HOST_TOO = 8,
    ITEM_QUALIFIED = 16,
    ITEM_AS_PUBLISHED = 32, /* published is the value: not written again */
    ITEM_UUID = 64,         /* ref is "indicator--" and a UUID: 16 bytes */
    ITEM_UNTIL = 128,
    ITEM_REMARK = 256,
};
