#pragma once

#include "base/bytes.h"
#include "base/err.h"

/* Protocol buffers' wire format without a schema: one field after the other. */
enum pb_wire { PB_VARINT = 0, PB_FIXED64 = 1, PB_BYTES = 2, PB_FIXED32 = 5 };

struct pb_field {
    uint32_t number; /* from 1 */
    enum pb_wire wire;
    uint64_t value;     /* VARINT, FIXED32, FIXED64 */
    struct slice bytes; /* BYTES */
};
struct pb {
    struct cursor c;
};
struct pb pb_open(struct slice message);
/* False at the end or when the rest is no field; then pb_bad() tells which. Groups are bad. */
bool pb_next(struct pb *p, struct pb_field *out);
bool pb_bad(const struct pb *p);
int64_t pb_zigzag(uint64_t v);
/* The first field of a number; false if there is none. */
bool pb_find(struct slice message, uint32_t number, struct pb_field *out);
