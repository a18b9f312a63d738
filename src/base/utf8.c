#include "base/utf8.h"

#include <stdlib.h>

size_t utf8_next(struct slice s, uint32_t *cp)
{
    if (!s.n)
        return 0;
    uint8_t b = s.p[0];
    size_t n = b < 0x80                ? 1
               : b >= 0xc2 && b < 0xe0 ? 2
               : (b & 0xf0) == 0xe0    ? 3
               : b >= 0xf0 && b < 0xf5 ? 4
                                       : 0;
    if (n == 0 || n > s.n)
        return 0;
    uint32_t c = n == 1 ? b : b & (0x7fu >> n);
    for (size_t i = 1; i < n; i++) {
        if ((s.p[i] & 0xc0) != 0x80)
            return 0;
        c = c << 6 | (s.p[i] & 0x3f);
    }
    if ((n == 3 && (c < 0x800 || (c >= 0xd800 && c < 0xe000))) ||
        (n == 4 && (c < 0x10000 || c > 0x10ffff)))
        return 0;
    *cp = c;
    return n;
}

/* Bytes of ASCII at the start, or some fewer if there are others behind them. */
static size_t ascii_run(struct slice s)
{
    static const uint64_t high = UINT64_C(0x8080808080808080);
    uint64_t a, b;
    size_t n = 0;
    for (; s.n - n >= 16; n += 16) {
        memcpy(&a, s.p + n, 8);
        memcpy(&b, s.p + n + 8, 8);
        if ((a | b) & high)
            return n;
    }
    if (s.n >= 16) { /* the rest, with some of what was seen */
        memcpy(&a, s.p + s.n - 16, 8);
        memcpy(&b, s.p + s.n - 8, 8);
        return (a | b) & high ? n : s.n;
    }
    if (s.n >= 8) {
        memcpy(&a, s.p, 8);
        memcpy(&b, s.p + s.n - 8, 8);
        return (a | b) & high ? 0 : s.n;
    }
    while (n < s.n && s.p[n] < 0x80)
        n++;
    return n;
}

bool utf8_valid(struct slice s)
{
    uint32_t cp;
    for (;;) {
        size_t n = ascii_run(s);
        if (n == s.n)
            return true;
        s = (struct slice){s.p + n, s.n - n};
        n = utf8_next(s, &cp);
        if (n == 0)
            return false;
        s = (struct slice){s.p + n, s.n - n};
    }
}

void utf8_add(struct buf *b, uint32_t cp)
{
    uint8_t *to = buf_room(b, 4);
    if (cp > 0x10ffff || (cp >= 0xd800 && cp < 0xe000))
        cp = 0xfffd;
    size_t n = cp < 0x80 ? 1 : cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4;
    for (size_t i = n; i-- > 1; cp >>= 6)
        to[i] = (uint8_t)(0x80 | (cp & 0x3f));
    static const uint8_t lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
    to[0] = (uint8_t)(lead[n] | cp);
    b->n += n;
}

struct slice utf8_clean(struct slice s, struct arena *a)
{
    uint32_t cp;
    if (utf8_valid(s))
        return s;
    struct buf out = {0};
    while (s.n) {
        size_t n = utf8_next(s, &cp);
        if (n)
            buf_add(&out, s.p, n);
        else
            buf_printf(&out, "\\x%02x", s.p[0]);
        s = slice_sub(s, n ? n : 1, s.n);
    }
    struct slice kept = arena_copy(a, buf_view(&out));
    buf_free(&out);
    return kept;
}

struct slice utf8_from_utf16(struct slice s, bool big_endian, struct arena *a)
{
    struct buf out = {0};
    size_t hi = big_endian ? 0 : 1, lo = 1 - hi;
    for (size_t i = 0; i + 1 < s.n; i += 2) {
        uint32_t u = (uint32_t)s.p[i + hi] << 8 | s.p[i + lo];
        if (u >= 0xd800 && u < 0xdc00 && i + 3 < s.n) {
            uint32_t v = (uint32_t)s.p[i + 2 + hi] << 8 | s.p[i + 2 + lo];
            if (v >= 0xdc00 && v < 0xe000) {
                u = 0x10000 + ((u - 0xd800) << 10) + (v - 0xdc00);
                i += 2;
            }
        }
        utf8_add(&out, u);
    }
    struct slice kept = arena_copy(a, buf_view(&out));
    buf_free(&out);
    return kept;
}

struct slice utf8_cut(struct slice s, size_t n)
{
    if (s.n <= n)
        return s;
    while (n && (s.p[n] & 0xc0) == 0x80)
        n--;
    return slice_sub(s, 0, n);
}

bool utf8_is_hidden(uint32_t cp)
{
    if (cp < 0x20)
        return cp != '\t' && cp != '\n';
    return (cp >= 0x7f && cp < 0xa0) || cp == 0xad || cp == 0x61c || cp == 0x180e ||
           (cp >= 0x200b && cp <= 0x200f) || (cp >= 0x2028 && cp <= 0x202e) ||
           (cp >= 0x2060 && cp <= 0x206f) || cp == 0xfeff || (cp >= 0xe0000 && cp < 0xe0080) ||
           (cp >= 0xfff9 && cp <= 0xfffb);
}
