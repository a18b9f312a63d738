#include "base/base64.h"

static uint32_t digit(uint8_t c)
{
    return c >= 'A' && c <= 'Z'   ? c - 'A'
           : c >= 'a' && c <= 'z' ? c - 'a' + 26
           : c >= '0' && c <= '9' ? c - '0' + 52
           : c == '+'             ? 62
           : c == '/'             ? 63
                                  : 64;
}

bool base64_decode(struct slice text, bool padded, uint8_t *to, size_t *n)
{
    uint32_t bits = 0;
    size_t out = 0;
    if (padded) {
        if (text.n % 4)
            return false;
        for (int i = 0; i < 2 && text.n && text.p[text.n - 1] == '='; i++)
            text.n--;
    }
    if (text.n % 4 == 1)
        return false;
    for (size_t i = 0; i < text.n; i++) {
        uint32_t d = digit(text.p[i]);
        if (d == 64)
            return false;
        bits = bits << 6 | d;
        if (i % 4 != 0)
            to[out++] = (uint8_t)(bits >> (6 - i % 4 * 2));
    }
    *n = out;
    unsigned unused = text.n % 4 == 2 ? 4 : text.n % 4 == 3 ? 2 : 0;
    return (bits & ((1u << unused) - 1)) == 0;
}
