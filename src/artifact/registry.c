#include "artifact/artifact.h"
#include "artifact/job_impl.h"

#define ARTIFACT(symbol) extern const struct artifact symbol;
#include "artifact/list.h"
#undef ARTIFACT

#define ARTIFACT(symbol) &symbol,
const struct artifact *const artifacts[] = {
#include "artifact/list.h"
    NULL,
};
#undef ARTIFACT

const unsigned artifact_count = sizeof artifacts / sizeof *artifacts - 1;

static const struct artifact *find_in(const struct artifact *const *list, struct slice id)
{
    for (; *list; list++)
        if (slice_is(id, (*list)->id))
            return *list;
    return NULL;
}

const struct artifact *artifact_find(struct slice id)
{
    const struct artifact *a = find_in(artifacts, id);
    return !a && artifacts_of_tests ? find_in(artifacts_of_tests, id) : a;
}

unsigned artifact_can_show(const struct artifact *a)
{
    unsigned shows = a->shows;
    for (const struct table *t = a->tables; t && t->name; t++)
        for (const struct column *c = t->columns; c->name; c++) {
            if (c->observable != OBS_NONE)
                shows |= 1u << c->exposure;
            /* What the owner sent is no longer `received`. */
            if (c->observable != OBS_NONE && c->exposure == RECEIVED && t->own)
                shows |= 1u << EXPOSURE_NONE;
        }
    return shows;
}
