#pragma once

#include <endian.h>

#include "base/utf8.h"
#include "format/json.h"

/* Shared by reader and writer. */

/*
 * Where among eight bytes is one that is more than itself: a quote, a backslash, a control character,
 * or part of a longer UTF-8 sequence. Each term sets the high bit of such a byte, and a borrow or
 * carry only leaves a byte that is such a one, so the lowest bit is always right. 0: nowhere.
 */
static inline uint64_t json_odd(const uint8_t *p)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    uint64_t x;
    memcpy(&x, p, 8);
    x = le64toh(x);
    return (x | (x + ones) | (x - ones * 0x20) | ((x ^ ones * '"') - ones) |
            ((x ^ ones * '\\') - ones)) &
           ones * 0x80;
}

/* The first such byte at or after p, or end. */
static inline const uint8_t *json_plain(const uint8_t *p, const uint8_t *end)
{
    uint64_t found;
    bool long_enough = end - p >= 8;
    for (; end - p >= 8; p += 8)
        if ((found = json_odd(p)) != 0)
            return p + __builtin_ctzll(found) / 8;
    if (long_enough) { /* the rest together with what was seen already */
        found = json_odd(end - 8);
        return found ? end - 8 + __builtin_ctzll(found) / 8 : end;
    }
    while (p < end && *p >= 0x20 && *p < 0x7f && *p != '"' && *p != '\\')
        p++;
    return p;
}

/* Length of the UTF-8 sequence at p; 0: none. The two frequent lengths without a call. */
static inline size_t json_sequence(const uint8_t *p, const uint8_t *end)
{
    uint32_t cp;
    if (end - p >= 3 && (p[1] & 0xc0) == 0x80) {
        if (p[0] >= 0xc2 && p[0] < 0xe0)
            return 2;
        /* E0 may be overlong, ED a surrogate. */
        if (p[0] > 0xe0 && p[0] < 0xf0 && p[0] != 0xed && (p[2] & 0xc0) == 0x80)
            return 3;
    }
    return utf8_next(slice_at(p, (size_t)(end - p)), &cp);
}
