#include "source/keybag.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The first 76 bytes are also taken as a file's wrapped key. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct keybag k;
    struct err e = {0};
    uint8_t key[KEY_SIZE] = {1};
    unsigned lost;
    if (!keybag_parse(slice_at(data, size), &k, &e))
        return 0;
    if (!keybag_unlock(&k, key, &lost, &e))
        for (int i = 0; i < KEYBAG_CLASSES; i++)
            k.classes[i].unlocked = k.classes[i].present;
    size_t n = size < 76 ? 44 : 76;
    if (keybag_file_key(&k, slice_at(data, size < n ? size : n), 3, key, &e))
        keybag_wipe(&k);
    return 0;
}
