#include <assert.h>

#include "format/protobuf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Fields lie one behind the other inside the input; the last one ends with it, or the rest is bad. */
static void walk(struct slice message, unsigned depth)
{
    struct pb p = pb_open(message);
    struct pb_field f, first;
    size_t at = 0;
    while (pb_next(&p, &f)) {
        assert(f.number >= 1 && f.number < 1 << 29);
        assert(cursor_offset(&p.c) > at && (f.bytes.n == 0 || f.bytes.p > message.p + at));
        assert(pb_find(message, f.number, &first) && first.number == f.number);
        at = cursor_offset(&p.c);
        if (f.wire == PB_BYTES && depth < 4)
            walk(f.bytes, depth + 1);
    }
    assert(pb_bad(&p) == (at < message.n));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size <= 4096) /* each field is looked for from the start */
        walk(slice_at(data, size), 0);
    return 0;
}
