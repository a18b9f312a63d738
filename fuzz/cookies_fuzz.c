#include <assert.h>

#include "format/cookies.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool inside(struct slice s, const uint8_t *data, size_t size)
{
    return s.n == 0 || (s.p >= data && s.p + s.n <= data + size);
}

/* Texts lie inside the input, it always comes to an end, and an error is never without words. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cookies c;
    struct cookie k;
    struct err e = {0};
    if (!cookies_open(&c, slice_at(data, size), &e)) {
        assert(e.code && *e.msg);
        return 0;
    }
    for (size_t n = 0;; n++) {
        bool good = cookies_next(&c, &k, &e);
        if (!good && !e.code)
            break;
        assert(n <= size + 1 && k.at <= size && (good || *e.msg));
        assert(inside(k.host, data, size) && inside(k.name, data, size));
        assert(inside(k.path, data, size) && inside(k.value, data, size));
        err_clear(&e);
    }
    return 0;
}
