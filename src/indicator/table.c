#include "indicator/table.h"

#include <stdlib.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

uint32_t table_tag(struct slice key, uint64_t seed)
{
    uint64_t h = XXH3_64bits_withSeed(key.p, key.n, seed);
    return (uint32_t)(h ^ h >> 32);
}

static void make_slots(struct table *t, size_t room)
{
    t->slots = xrealloc(NULL, room, sizeof *t->slots);
    t->mask = room - 1;
    t->filter = xcalloc(room * TABLE_FILTER / 64, sizeof *t->filter);
    for (size_t i = 0; i < room; i++)
        t->slots[i] = (struct table_slot){0, TABLE_END};
}

void table_init(struct table *t, size_t expected)
{
    size_t room = 16;
    while (room < 2 * expected)
        room *= 2;
    t->n = 0;
    make_slots(t, room);
}

void table_free(struct table *t)
{
    free(t->slots);
    free(t->filter);
    *t = (struct table){0};
}

static void place(struct table *t, struct table_slot s)
{
    size_t at = s.tag & t->mask, bit = s.tag & (TABLE_FILTER * (t->mask + 1) - 1);
    t->filter[bit / 64] |= UINT64_C(1) << bit % 64;
    while (t->slots[at].number != TABLE_END)
        at = (at + 1) & t->mask;
    t->slots[at] = s;
}

void table_put(struct table *t, uint32_t tag, uint32_t number)
{
    if (2 * (t->n + 1) > t->mask + 1) {
        struct table_slot *old = t->slots;
        free(t->filter);
        size_t room = t->mask + 1;
        make_slots(t, 2 * room);
        for (size_t i = 0; i < room; i++)
            if (old[i].number != TABLE_END)
                place(t, old[i]);
        free(old);
    }
    place(t, (struct table_slot){tag, number});
    t->n++;
}
