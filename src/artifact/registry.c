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

/* Weak: a test program's own list takes its place. */
__attribute__((weak)) const struct artifact *const artifacts_of_tests[] = {NULL};

const struct artifact *artifact_find(struct slice id)
{
    const struct artifact *const *lists[] = {artifacts, artifacts_of_tests};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        for (const struct artifact *const *a = lists[i]; *a; a++)
            if (slice_is(id, (*a)->id))
                return *a;
    return NULL;
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
