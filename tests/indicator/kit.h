#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "indicator/lint.h"

/* One set from text, as a job and its parent read it. */
static inline bool set_load(struct indicators *in, const char *name, struct slice text,
                            struct err *e)
{
    struct buf out = {0};
    struct blob *b = blob_of_memory(text);
    bool ok = indicators_parse(b, name, &out, e) && indicators_add(in, buf_view(&out), e);
    blob_close(b);
    buf_free(&out);
    return ok;
}

static inline struct indicators *set_of(const char *name, const char *text)
{
    struct err e = {0};
    struct indicators *in = indicators_new();
    if (!set_load(in, name, slice_of(text), &e))
        fail_msg("%s", e.msg);
    unsigned items = 0; /* nothing of a file may vanish */
    for (unsigned t = 0; t < OBS_TYPES; t++)
        items += in->sets[0].by_type[t];
    assert_int_equal(items, in->sets[0].loaded);
    return in;
}

static inline const struct indicator *set_find(const struct indicators *in, enum observable type,
                                               const char *value)
{
    for (size_t i = 0; i < in->nitems; i++)
        if (in->items[i].type == type && slice_is(in->items[i].value, value))
            return &in->items[i];
    fail_msg("no %s '%s' among %zu", observable_name(type), value, in->nitems);
    return NULL;
}

static inline bool set_says(const struct indicators *in, const char *value, enum lint why)
{
    for (size_t i = 0; i < in->nrejected; i++)
        if (!strcmp(in->rejected[i].why, lint_why(why)) &&
            (!value || slice_is(in->rejected[i].value, value)))
            return true;
    for (size_t i = 0; i < in->nremarks; i++)
        if (!strcmp(in->remarks[i].why, lint_why(why)) &&
            (!value || slice_is(in->remarks[i].value, value)))
            return true;
    return false;
}

static inline void expect_says(const struct indicators *in, const char *value, enum lint why)
{
    if (!set_says(in, value, why))
        fail_msg("of %s nobody says: %s", value ? value : "anything", lint_why(why));
}

static inline void expect_counts(const struct indicators *in, unsigned loaded, unsigned rejected)
{
    if (in->sets[0].loaded != loaded || in->sets[0].rejected != rejected)
        fail_msg("%u loaded, %u rejected; not %u, %u", in->sets[0].loaded, in->sets[0].rejected,
                 loaded, rejected);
}
