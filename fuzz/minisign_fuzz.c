/* Any bytes as a signature and as a key. */
#include <stdint.h>

#include "indicator/minisign.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char key[] = "RWScD76h3/mzlZDBkUhNebCE/zhI4sUnRBIT9/F6oze62dDnu90//LjO";
    struct err e = {0};
    struct slice s = slice_at(data, size);
    (void)!minisign_verify(slice_of("spy.example\n"), s, slice_of(key), NULL, &e);
    (void)!minisign_verify(s, s, s, NULL, &e);
    return 0;
}
