#include "report/names.h"

#include <search.h>
#include <stdlib.h>

#include "base/err.h"

struct name {
    struct slice text;
    uint32_t number, place;
};

static int by_text(const void *a, const void *b)
{
    return slice_compare(((const struct name *)a)->text, ((const struct name *)b)->text);
}

uint32_t name_number(struct names *l, struct slice text)
{
    struct name key = {.text = text};
    if (l->last && slice_equal(l->last->text, text))
        return l->last->number;
    struct name **found = tfind(&key, &l->tree, by_text);
    if (found) {
        l->last = *found;
        return l->last->number;
    }
    struct name *new = arena_alloc(&l->arena, sizeof *new);
    new->text = arena_copy(&l->arena, text);
    new->number = (uint32_t)l->n;
    if (!tsearch(new, &l->tree, by_text))
        die("out of memory");
    if (l->n == l->room) {
        l->room = l->room ? l->room * 2 : 64;
        l->all = xrealloc(l->all, l->room, sizeof *l->all);
    }
    l->last = l->all[l->n++] = new;
    return new->number;
}

static void place_in_order(const void *node, VISIT which, void *next)
{
    if (which == postorder || which == leaf)
        (*(struct name *const *)node)->place = (*(uint32_t *)next)++;
}

void names_sort(struct names *l)
{
    uint32_t next = 0;
    twalk_r(l->tree, place_in_order, &next);
}

uint32_t name_place(const struct names *l, uint32_t number)
{
    return l->all[number]->place;
}

static void keep(void *name)
{
    (void)name; /* the arena's */
}

void names_free(struct names *l)
{
    tdestroy(l->tree, keep);
    free(l->all);
    arena_free(&l->arena);
}
