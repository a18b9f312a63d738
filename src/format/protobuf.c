/*
 * Protocol buffers' wire format: a key (field number << 3 | wire type) before each value. Groups
 * (3 and 4) went out of use before any of the formats we read came up, so they are damage.
 */
#include "format/protobuf.h"

enum { MAX_NUMBER = (1 << 29) - 1 };

struct pb pb_open(struct slice message)
{
    return (struct pb){cursor(message)};
}

bool pb_next(struct pb *p, struct pb_field *out)
{
    struct cursor *c = &p->c;
    if (c->bad || cursor_left(c) == 0)
        return false;
    uint64_t key = cursor_varint(c), number = key >> 3;
    struct pb_field f = {.number = (uint32_t)number, .wire = (enum pb_wire)(key & 7)};
    if (number == 0 || number > MAX_NUMBER)
        c->bad = true;
    switch (key & 7) {
    case PB_VARINT: f.value = cursor_varint(c); break;
    case PB_FIXED64: f.value = cursor_u64le(c); break;
    case PB_BYTES: f.bytes = cursor_take(c, cursor_varint(c)); break;
    case PB_FIXED32: f.value = cursor_u32le(c); break;
    default: c->bad = true;
    }
    if (c->bad)
        return false;
    *out = f;
    return true;
}

bool pb_bad(const struct pb *p)
{
    return p->c.bad;
}

int64_t pb_zigzag(uint64_t v)
{
    return (int64_t)(v >> 1 ^ (0 - (v & 1)));
}

bool pb_find(struct slice message, uint32_t number, struct pb_field *out)
{
    struct pb p = pb_open(message);
    struct pb_field f;
    while (pb_next(&p, &f))
        if (f.number == number) {
            *out = f;
            return true;
        }
    return false;
}
