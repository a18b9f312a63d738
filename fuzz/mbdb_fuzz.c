#include <stdlib.h>

#include "base/utf8.h"
#include "source/ios_backup.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A catalogue of hostile domains and paths over a folder with one file. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct source_ops ops = {0};
    struct ios_backup *b = xcalloc(1, sizeof *b);
    struct err e = {0};
    struct entry f;
    uint8_t named[1] = {0};
    b->source.ops = &ops;
    b->in = dir_of_file(-1, "3d0d7e5fb2ce288813306e4d4636395e047a3d28", 0);
    b->named = named;
    if (ios_mbdb_read(b, slice_at(data, size), &e)) {
        source_sort(&b->source);
        for (size_t pos = 0; source_next(&b->source, NULL, &pos, &f);)
            if (f.path.n == 0 || f.path.p[0] != '/' || !utf8_valid(f.path) ||
                slice_search(f.path, slice_of("/../"), 0) < f.path.n || slice_ends(f.path, "/.."))
                abort();
    }
    source_close(b->in);
    source_close(&b->source);
    return 0;
}
