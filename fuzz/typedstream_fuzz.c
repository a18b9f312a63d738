#include <assert.h>

#include "format/typedstream.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Whatever is found lies inside the input, and an error is never without words. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a = {0};
    struct err e = {0};
    struct typedstream_body b;
    bool good = typedstream_body(slice_at(data, size), &a, &b, &e);
    assert(good == (e.code == ERR_NONE) && (good || *e.msg));
    assert(b.text.n == 0 || (b.text.p >= data && b.text.p + b.text.n <= data + size));
    for (size_t i = 0; i < b.nlinks; i++)
        assert(b.links[i].p >= data && b.links[i].p + b.links[i].n <= data + size);
    arena_free(&a);
    return 0;
}
