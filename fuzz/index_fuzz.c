/* Any bytes as an index of sets, and as what its parser wrote. */
#include <stdint.h>
#include <stdlib.h>

#include "indicator/index.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a = {0};
    struct err e = {0};
    struct buf parsed = {0};
    struct index index;
    struct blob *b = blob_of_memory(slice_at(data, size));
    if (index_parse(b, "fuzz", &parsed, &e) && !index_read(buf_view(&parsed), &a, &index, &e))
        abort();
    err_clear(&e);
    if (index_read(slice_at(data, size), &a, &index, &e))
        for (size_t i = 0; i < index.n; i++)
            index_url(slice_of("https://a.example/i"), index.sets[i].url, &a);
    blob_close(b);
    buf_free(&parsed);
    arena_free(&a);
    return 0;
}
