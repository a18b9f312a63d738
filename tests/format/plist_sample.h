#pragma once

#include <stdio.h>
#include <stdlib.h>

#include "base/bytes.h"

/* A file of the public samples, below 64 KiB. Skips the test where there are none. */
static inline struct slice plist_sample(struct arena *a, const char *path)
{
    enum { ROOM = 1 << 16 };
    const char *shared = getenv("BRIDLE_SHARED"), *source = getenv("BRIDLE_SOURCE");
    if (!shared)
        shared = arena_printf(a, "%s/../shared", source ? source : ".");
    FILE *f = fopen(arena_printf(a, "%s/samples/plaso/%s", shared, path), "rb");
    if (!f) {
        print_message("no samples in %s: skipped\n", shared);
        skip();
    }
    uint8_t *p = arena_alloc(a, ROOM);
    size_t n = fread(p, 1, ROOM, f);
    fclose(f);
    return (struct slice){p, n};
}
