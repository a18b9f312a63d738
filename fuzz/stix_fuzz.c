/* Any bytes as a set of indicators: parsed, taken in, matched with its own values. */
#include <stdint.h>
#include <stdlib.h>

#include "indicator/matcher.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err e = {0};
    struct buf parsed = {0};
    struct indicators *in = indicators_new();
    struct blob *b = blob_of_memory(slice_at(data, size));
    if (indicators_parse(b, "fuzz", &parsed, &e)) {
        /* What our own parser writes is never refused. */
        if (!indicators_add(in, buf_view(&parsed), &e))
            abort();
    }
    /* The bytes as if they came from a parser that was taken over. */
    err_clear(&e);
    (void)!indicators_add(in, slice_at(data, size), &e);
    struct matcher *m = matcher_new(in);
    for (size_t i = 0; i < in->nitems; i++) {
        struct match found[4];
        matcher_find(m, in->items[i].type, in->items[i].value, found, 4);
    }
    matcher_free(m);
    indicators_free(in);
    blob_close(b);
    buf_free(&parsed);
    return 0;
}
