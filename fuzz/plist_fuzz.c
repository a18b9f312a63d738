#include "format/plist.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Reaches plist.c, plist_binary.c, plist_xml.c and plist_xml_value.c. */
/* Reads values by each way there is; only so many, since few bytes can spell millions. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a = {0};
    struct err e = {0};
    struct plist *p = plist_open(slice_at(data, size), &a, &e);
    if (p) {
        struct plist_walk *w = plist_walk(plist_top(p), &a);
        struct slice path;
        struct plist_value v;
        for (int n = 0; n < 20000 && plist_walk_next(w, &path, &v); n++) {
            (void)(plist_string(v).n + plist_data(v).n + path.n);
            (void)(plist_bool(v, false) + plist_int(v, 0) + plist_date(v).ns);
            (void)plist_real(v, 0);
        }
        plist_path(plist_top(p), "a", "\xc3\xa4", NULL);
        plist_at(plist_top(p), 40);
        plist_unreferenced(p);
        plist_bad(p, &e);
    }
    arena_free(&a);
    return 0;
}
