#include "format/apk.h"
#include "format/cert.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A package with its digests (apk_digest), and the same bytes as a signature file (apk_v1). */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct apk k;
    struct arena a = {0};
    struct err e = {0};
    struct cert c;
    struct slice all = slice_at(data, size);
    struct blob *b = blob_of_memory(all);
    if (!apk_read(b, &a, &k, &e))
        memset(&k, 0, sizeof k);
    apk_add_v1(&k, all, slice_of("SHA1-Digest-Manifest: AAAA\nX-Android-APK-Signed: 2, 3\n"), all,
               &a);
    apk_finish(&k);
    for (unsigned i = 0; i < k.n; i++)
        cert_parse(k.signers[i].certificate, &a, &c);
    blob_close(b);
    arena_free(&a);
    return 0;
}
