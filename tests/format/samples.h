#pragma once

#include <stdio.h>
#include <stdlib.h>

#include "base/bytes.h"

/*
 * A file of the public samples, which a clone of the project doesn't have: in $BRIDLE_SHARED/samples
 * or ../shared/samples beside it. No pointer: not there. Includers have cmocka already.
 */
static inline struct slice sample_file(struct arena *a, const char *name)
{
    const char *shared = getenv("BRIDLE_SHARED"), *source = getenv("BRIDLE_SOURCE");
    const char *path =
        shared ? arena_printf(a, "%s/samples/%s", shared, name)
               : arena_printf(a, "%s/../shared/samples/%s", source ? source : ".", name);
    struct buf b = {0};
    FILE *f = fopen(path, "rb");
    if (!f)
        return (struct slice){0};
    for (size_t n; (n = fread(buf_room(&b, 65536), 1, 65536, f)) > 0;)
        b.n += n;
    fclose(f);
    struct slice all = arena_copy(a, buf_view(&b));
    buf_free(&b);
    return all;
}

/* The same; skips the test where the samples aren't there. */
static inline struct slice sample_or_skip(struct arena *a, const char *name)
{
    struct slice s = sample_file(a, name);
    if (!s.p) {
        print_message("no sample %s: skipped\n", name);
        skip();
    }
    return s;
}
