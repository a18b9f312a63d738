#include <stdlib.h>

#include "base/utf8.h"
#include "source/source_impl.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* An archive (tar, tar_extra) as a container: paths are paths, and what is present can be read or says why not. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct source *s = tar_open(blob_of_memory(slice_at(data, size)));
    struct entry f;
    for (size_t pos = 0; source_next(s, NULL, &pos, &f);) {
        uint8_t bytes[4096];
        struct err e = {0};
        if (f.path.n == 0 || f.path.p[0] != '/' || !utf8_valid(f.path) ||
            slice_search(f.path, slice_of("/../"), 0) < f.path.n || slice_ends(f.path, "/.."))
            abort();
        struct blob *b = source_blob(s, &f, &e);
        size_t n = b && blob_size(b) < sizeof bytes ? (size_t)blob_size(b) : sizeof bytes;
        if (b ? !blob_read(b, 0, bytes, n, &e) || !blob_read(b, blob_size(b) - n, bytes, n, &e)
              : !e.code)
            abort();
        blob_close(b);
    }
    source_close(s);
    return 0;
}
