#include "format/archive.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Goes through collections of collections and asks everything that can be asked about a member. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a = {0};
    struct err e = {0};
    struct archive ar;
    struct archive_iter open[8];
    struct plist_value k, v;
    size_t depth = 0;
    if (archive_open(slice_at(data, size), &a, &ar, &e))
        open[depth++] = archive_iter(&ar, archive_root(&ar));
    while (depth) {
        if (!archive_next(&open[depth - 1], &k, &v)) {
            depth--;
            continue;
        }
        archive_get(&ar, v, "k");
        archive_class(&ar, v);
        archive_url(&ar, v, &a);
        (void)(plist_string(k).n + plist_data(v).n + plist_date(v).ns);
        if (v.type == PLIST_DICT && depth < 8)
            open[depth++] = archive_iter(&ar, v);
    }
    arena_free(&a);
    return 0;
}
