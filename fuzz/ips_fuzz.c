#include <assert.h>

#include "format/ips.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool inside(struct slice s, struct slice whole)
{
    return s.n == 0 || (s.p >= whole.p && s.p + s.n <= whole.p + whole.n);
}

/* What is cut out of the input lies in it, and an error is never without words. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a = {0};
    struct err e = {0};
    struct ips r;
    struct slice in = slice_at(data, size), version, build;
    if (ips_open(in, &a, &r, &e)) {
        assert(r.head->type == JSON_OBJECT && inside(r.body, in));
        assert(inside(ips_line(r.body, "Path"), in));
        assert((ips_shape(&r) == IPS_EMPTY) == (slice_trim(r.body).n == 0));
    } else {
        assert(e.code && *e.msg);
    }
    ips_os(in, &version, &build);
    assert(inside(version, in) && inside(build, in));
    ips_time_text(in);
    arena_free(&a);
    return 0;
}
