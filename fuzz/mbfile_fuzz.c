#include <stdlib.h>

#include "source/ios_backup.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a = {0};
    struct mbfile f;
    struct err e = {0};
    if (mbfile_parse(slice_at(data, size), &a, &f, &e) && f.target.n + f.key.n > 4 * size + 4)
        abort(); /* more than the file holds */
    arena_free(&a);
    return 0;
}
