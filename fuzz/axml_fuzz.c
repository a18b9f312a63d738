#include <stdlib.h>

#include "format/axml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct axml x;
    struct arena a = {0};
    struct err e = {0};
    enum axml_event ev = AXML_ERROR;
    int64_t v;
    if (axml_open(&x, slice_at(data, size), &a, &e))
        while ((ev = axml_next(&x)) != AXML_END && ev != AXML_ERROR && a.used < 64 << 20)
            for (unsigned i = 0; ev == AXML_START && i < x.n; i++) {
                axml_text(&x, &x.attributes[i]);
                axml_number(&x, &x.attributes[i], &v);
                if (x.depth > AXML_MAX_DEPTH)
                    abort();
            }
    arena_free(&a);
    return 0;
}
