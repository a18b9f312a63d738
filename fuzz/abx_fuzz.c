/* Both forms of Android's XML: what is opened is closed, within the limits. */
#include <stdlib.h>

#include "format/abx.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct abx x;
    struct arena a = {0};
    enum xml_token ev;
    long open = 0;
    abx_open(&x, slice_at(data, size), &a);
    while ((ev = abx_next(&x)) != XML_END && ev != XML_ERROR) {
        open += ev == XML_START;
        open -= ev == XML_STOP;
        abx_get(&x, "key");
        if (x.depth > ABX_MAX_DEPTH || open != (long)x.depth)
            abort();
        if (ev == XML_START && x.n == 3 && abx_skip(&x))
            open--;
    }
    if ((ev == XML_ERROR) != (x.err.code != ERR_NONE))
        abort();
    arena_free(&a);
    return 0;
}
