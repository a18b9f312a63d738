/* Any bytes as a field of any type: what comes out is valid and, where that is promised, its own
   normal form (names may look like another's prefix again, once one was taken off). */
#include <stdint.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "record/observable.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct arena a;
    struct sightings found = {0};
    if (!size)
        return 0;
    struct slice text = {data + 1, size - 1};
    observable_derive((enum observable)(data[0] % OBS_TYPES), OPENED, "x", text, &a, &found);
    observable_refang(text, &a);
    for (size_t i = 0; i < found.n; i++) {
        const struct sighting *s = &found.items[i];
        struct observed o;
        bool fixed = s->type <= OBS_PHONE || s->type == OBS_HASH || s->type == OBS_CERT;
        if (!utf8_valid(s->value) || !s->value.n || s->value.n > OBSERVABLE_MAX)
            abort();
        if (fixed && (!observable_normalise(s->type, s->value, &a, &o) || o.type != s->type ||
                      !slice_equal(o.value, s->value)))
            abort();
        for (size_t k = 0; k < s->value.n; k++)
            if (s->value.p[k] < 0x20)
                abort();
        observable_registrable(s->value);
    }
    arena_reset(&a);
    return 0;
}
