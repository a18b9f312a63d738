#pragma once

#include "base/bytes.h"

/*
 * A hash table of numbers: open addressing, half full at most. What a number stands for, and whether
 * two are the same thing, is the user's business:
 *
 *     size_t at = table_start(t, tag);
 *     while ((number = table_next(t, tag, &at)) != TABLE_END)
 *         if (it is the same) ...
 */
#define TABLE_END UINT32_MAX

struct table {
    struct table_slot {
        uint32_t tag, number; /* TABLE_END: free */
    } * slots;
    uint64_t *filter; /* a bit for each tag that is there: small enough to stay in the cache */
    size_t mask, n;
};

/* The seed keeps keys of different kinds apart. */
uint32_t table_tag(struct slice key, uint64_t seed);
void table_init(struct table *t, size_t expected);
void table_free(struct table *t);
void table_put(struct table *t, uint32_t tag, uint32_t number);

enum { TABLE_FILTER = 8 }; /* bits for each slot */

/* False: nothing is under this tag. Most questions end here. */
static inline bool table_may_have(const struct table *t, uint32_t tag)
{
    size_t bit = tag & (TABLE_FILTER * (t->mask + 1) - 1);
    return t->filter[bit / 64] >> bit % 64 & 1;
}

static inline size_t table_start(const struct table *t, uint32_t tag)
{
    return tag & t->mask;
}

/* The next number under this tag, which may be another's by chance. */
static inline uint32_t table_next(const struct table *t, uint32_t tag, size_t *at)
{
    if (!table_may_have(t, tag))
        return TABLE_END;
    for (;; *at = (*at + 1) & t->mask) {
        struct table_slot s = t->slots[*at];
        if (s.number == TABLE_END)
            return TABLE_END;
        if (s.tag == tag) {
            *at = (*at + 1) & t->mask;
            return s.number;
        }
    }
}
