/* Any bytes as YAML. */
#include <stdint.h>
#include <stdlib.h>

#include "format/yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a = {0};
    struct err e = {0};
    yaml_looks_like(slice_at(data, size));
    if (!yaml_tree(slice_at(data, size), &a, 10000, &e) != (e.code != ERR_NONE))
        abort();
    arena_free(&a);
    return 0;
}
