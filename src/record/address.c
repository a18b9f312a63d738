/* IP addresses: parsing, printing, ranges. */
#include "record/address.h"

#include <stdio.h>

/* The digits at the start as a number of at most `max`; 0 digits taken means there is none. */
static size_t decimal(struct slice s, unsigned max, unsigned *out)
{
    size_t n = 0;
    unsigned v = 0;
    while (n < s.n && s.p[n] >= '0' && s.p[n] <= '9') {
        v = v * 10 + (unsigned)(s.p[n] - '0');
        if (v > max || (n && s.p[0] == '0'))
            return 0;
        n++;
    }
    *out = v;
    return n;
}

static bool quad(struct slice s, uint8_t out[4])
{
    for (int i = 0; i < 4; i++) {
        unsigned v = 0;
        size_t n = decimal(s, 255, &v);
        if (!n || (i < 3 ? n == s.n || s.p[n] != '.' : n != s.n))
            return false;
        out[i] = (uint8_t)v;
        s = slice_sub(s, n + 1, s.n);
    }
    return true;
}

static int hex_digit(uint8_t c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* One to four hex digits. */
static size_t group(struct slice s, unsigned *out)
{
    size_t n = 0;
    unsigned v = 0;
    while (n < s.n && n < 5 && hex_digit(s.p[n]) >= 0)
        v = v << 4 | (unsigned)hex_digit(s.p[n++]);
    *out = v;
    return n <= 4 ? n : 0;
}

static bool parse_v6(struct slice s, uint8_t out[16])
{
    uint8_t bytes[16] = {0};
    size_t n = 0, gap = SIZE_MAX; /* where "::" stands */
    bool want_group = false;      /* a single colon was just read */
    if (slice_starts(s, ":") && !slice_starts(s, "::"))
        return false;
    while (s.n) {
        unsigned v;
        size_t digits;
        if (slice_starts(s, "::")) {
            if (gap != SIZE_MAX)
                return false;
            gap = n;
            s = slice_sub(s, 2, s.n);
            want_group = false;
            continue;
        }
        if (n <= 12 && slice_find(s, ':') == s.n && slice_find(s, '.') < s.n) {
            if (!quad(s, bytes + n))
                return false;
            n += 4;
            want_group = false;
            break;
        }
        digits = group(s, &v);
        if (!digits || n == 16)
            return false;
        bytes[n++] = (uint8_t)(v >> 8);
        bytes[n++] = (uint8_t)v;
        s = slice_sub(s, digits, s.n);
        want_group = s.n && s.p[0] == ':' && !slice_starts(s, "::");
        if (s.n && s.p[0] != ':')
            return false;
        if (want_group)
            s = slice_sub(s, 1, s.n);
    }
    if (want_group || (gap == SIZE_MAX ? n != 16 : n > 14))
        return false;
    if (gap != SIZE_MAX) {
        memmove(bytes + 16 - (n - gap), bytes + gap, n - gap);
        memset(bytes + gap, 0, 16 - n);
    }
    memcpy(out, bytes, 16);
    return true;
}

bool address_parse(struct slice text, struct address *out)
{
    struct address a = {.v4 = true, .bits = 32};
    unsigned bits = 0;
    size_t slash = slice_find(text, '/');
    struct slice s = slice_sub(text, 0, slash);
    if (s.n > 1 && s.p[0] == '[' && s.p[s.n - 1] == ']')
        s = slice_sub(s, 1, s.n - 2);
    s = slice_sub(s, 0, slice_find(s, '%'));
    if (!quad(s, a.bytes)) {
        static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
        if (!parse_v6(s, a.bytes))
            return false;
        a.v4 = false;
        a.bits = 128;
        if (memcmp(a.bytes, mapped, sizeof mapped) == 0 && slash == text.n) {
            memmove(a.bytes, a.bytes + 12, 4);
            memset(a.bytes + 4, 0, 12);
            a.v4 = true;
            a.bits = 32;
        }
    }
    if (slash < text.n) {
        struct slice tail = slice_sub(text, slash + 1, text.n);
        size_t n = decimal(tail, a.bits, &bits);
        if (!n || n != tail.n)
            return false;
        a.bits = (uint8_t)bits;
    }
    *out = a;
    return true;
}

/* One part of a browser's IPv4: 0x1f, 017 or 15. */
static bool loose_part(struct slice s, uint64_t *out)
{
    unsigned base = 10;
    uint64_t v = 0;
    if (!s.n)
        return false;
    if (s.n > 1 && s.p[0] == '0') {
        base = (s.p[1] | 0x20) == 'x' ? 16 : 8;
        s = slice_sub(s, base == 16 ? 2 : 1, s.n);
    }
    for (size_t i = 0; i < s.n; i++) {
        int d = hex_digit(s.p[i]);
        if (d < 0 || (unsigned)d >= base || v > UINT32_MAX)
            return false;
        v = v * base + (unsigned)d;
    }
    *out = v;
    return true;
}

bool address_parse_loose(struct slice host, struct address *out)
{
    struct address a = {.v4 = true, .bits = 32};
    uint64_t parts[4], v = 0;
    size_t n = 0;
    for (struct slice s = host;;) {
        size_t dot = slice_find(s, '.');
        if (n == 4 || !loose_part(slice_sub(s, 0, dot), &parts[n++]))
            return false;
        if (dot == s.n)
            break;
        s = slice_sub(s, dot + 1, s.n);
    }
    /* The last part fills all bytes that are left. */
    if (parts[n - 1] >= UINT64_C(1) << (8 * (5 - n)))
        return false;
    for (size_t i = 0; i + 1 < n; i++) {
        if (parts[i] > 255)
            return false;
        v |= parts[i] << (8 * (3 - i));
    }
    v |= parts[n - 1];
    for (int i = 0; i < 4; i++)
        a.bytes[i] = (uint8_t)(v >> (8 * (3 - i)));
    *out = a;
    return true;
}

static size_t v6_text(const uint8_t b[16], char *out)
{
    unsigned groups[8];
    int best = -1, best_n = 1; /* the longest run of at least two zero groups becomes "::" */
    for (int i = 0; i < 8; i++)
        groups[i] = (unsigned)b[2 * i] << 8 | b[2 * i + 1];
    for (int i = 0; i < 8; i++) {
        int n = 0;
        while (i + n < 8 && groups[i + n] == 0)
            n++;
        if (n > best_n) {
            best = i;
            best_n = n;
        }
    }
    size_t n = 0;
    for (int i = 0; i < 8; i++) {
        if (i == best) {
            out[n++] = ':';
            out[n++] = ':';
            i += best_n - 1;
            continue;
        }
        n += (size_t)snprintf(out + n, ADDRESS_TEXT - n, "%s%x", i && out[n - 1] != ':' ? ":" : "",
                              groups[i]);
    }
    return n;
}

size_t address_text(const struct address *a, char out[ADDRESS_TEXT])
{
    size_t n = 0;
    if (a->v4) {
        for (int i = 0; i < 4; i++) {
            unsigned v = a->bytes[i];
            if (i)
                out[n++] = '.';
            if (v > 99)
                out[n++] = (char)('0' + v / 100);
            if (v > 9)
                out[n++] = (char)('0' + v / 10 % 10);
            out[n++] = (char)('0' + v % 10);
        }
    } else {
        n = v6_text(a->bytes, out);
    }
    if (address_is_range(a))
        n += (size_t)snprintf(out + n, ADDRESS_TEXT - n, "/%u", a->bits);
    return n;
}

void address_mask(struct address *a, unsigned bits)
{
    for (unsigned i = 0; i < 16; i++) {
        unsigned keep = bits > 8 * i ? bits - 8 * i : 0;
        if (keep < 8)
            a->bytes[i] &= (uint8_t)(0xff00u >> keep);
    }
}

bool address_inside(const struct address *a, const struct address *range)
{
    struct address x = *a, r = *range;
    if (a->v4 != range->v4 || a->bits < range->bits)
        return false;
    address_mask(&x, range->bits);
    address_mask(&r, range->bits);
    return memcmp(x.bytes, r.bytes, sizeof x.bytes) == 0;
}
