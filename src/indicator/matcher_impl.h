#pragma once

#include "indicator/matcher.h"
#include "indicator/table.h"

/* For matcher.c, compiled.c and search.c only. */

/* The ways in which an indicator is found, and the key of each. */
enum way {
    WAY_VALUE,    /* the value; app: without case; phone: its digits */
    WAY_WWW,      /* domain "www.x": x */
    WAY_HOST,     /* url listed as a domain: its host */
    WAY_ANY_HOST, /* url: its host; only asked by search.c, to see whether a link is worth reading */
    WAY_LINK,     /* url: without scheme and final slash */
    WAY_RANGE,    /* ip range: masked bytes and number of bits */
    WAY_FOLDER,   /* path: without final slash */
    WAY_RELATIVE, /* relative path: its first component */
    WAY_CUT15,    /* process: the first 15 bytes of a longer name (comm of Linux) */
    WAY_CUT16,    /* process: the first 16 bytes of a longer name (accounting of iOS) */
    WAY_TAIL,     /* phone: the last PHONE_TAIL digits */
    WAY_MAILBOX,  /* email at Gmail: the account in one spelling */
};

struct entry {
    uint32_t item, way;
};

/* Which questions have to be asked at all. Plain bytes: a compiled table keeps them as they are. */
struct needs {
    /* The most slashes in any indicator: longer parts of an observable need not be asked for. */
    uint64_t deepest_link, deepest_folder;
    uint64_t types; /* bit of each enum observable that there is */
    /* Lengths of the ranges that there are, widest last. */
    uint8_t nbits4, nbits6, bits4[33], bits6[129];
    uint8_t www, links, relative;
};

struct matcher {
    const struct indicators *in;
    struct table table; /* of entries */
    struct entry *entries;
    size_t n, room;
    struct needs needs;
    bool mapped; /* table and entries belong to the compiled table of `in` */
};

/* What a key of a kind is found under in the table. */
uint32_t matcher_tag(struct slice key, enum observable type, enum way way);
