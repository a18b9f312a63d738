#pragma once

#include "report/compare.h"
#include "report/finding_words.h"
#include "report/gaps.h"

/* Inside report/ only: the table that compare.c fills and compare_show.c prints. */

enum item_kind { ITEM_FINDING, ITEM_COVERAGE, ITEM_STATE };
enum change { SAME, ADDED, GONE, CHANGED };

struct cell {
    bool there;
    enum severity severity;
    enum confidence confidence;
    enum exposure exposure;
    enum review review;
    enum status status; /* ITEM_COVERAGE */
    uint64_t records;
};

struct item {
    enum item_kind kind;
    uint64_t hash;
    struct slice key;
    struct slice artifact, where; /* its id and title */
    struct slice title;           /* ITEM_STATE: the record's fields as JSON */
    struct slice shown;           /* ITEM_FINDING: the title with its value defanged */
    struct utime time;            /* ITEM_FINDING: of its first record in any check */
    struct cell *cells;           /* one for each check */
};

struct check_facts {
    struct casefile *c;
    const char *path;
    unsigned given; /* place on the command line */
    struct slice verdict, serial, model, os;
    struct utime checked, taken;
};

struct comparison {
    struct arena arena;
    uint64_t seed; /* of the hashes: a case can't choose collisions */
    struct check_facts checks[COMPARE_MAX];
    unsigned n;
    struct item **items, **slots;
    size_t nitems, room; /* room: a power of two, of slots and items */
};

/* From the first check to the last. */
enum change compare_change(const struct comparison *x, const struct item *item);
