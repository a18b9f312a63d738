/*
 * Hosts: domain names and addresses in their normal form.
 *
 * Nearly all hosts are lower-case ASCII and come back as they are. Others go through libidn2,
 * which maps and checks as browsers do, save that it refuses some names that browsers open (emoji):
 * for those the labels are encoded here, so that no spelling of a host is lost. libidn2 and libpsl
 * are slow (microseconds), so neither is asked about ASCII names.
 */
#include <idn2.h>
#include <libpsl.h>

#include "base/utf8.h"
#include "record/address.h"
#include "record/forms.h"

enum { HOST_MAX = 253, LABEL_MAX = 63, IDN_MAX = 1024 };

static const uint8_t host_char[256] = {
    ['-'] = 1, ['_'] = 1, ['0' ... '9'] = 1, ['a' ... 'z'] = 1, ['.'] = 2, ['A' ... 'Z'] = 4,
};

/* RFC 3492: how far the next step of the generalised integers goes. */
static uint32_t punycode_bias(uint32_t delta, uint32_t points, bool first)
{
    uint32_t k = 0;
    delta = first ? delta / 700 : delta / 2;
    delta += delta / points;
    for (; delta > 455; k += 36)
        delta /= 35;
    return k + 36 * delta / (delta + 38);
}

static void punycode_number(struct buf *out, uint32_t v, uint32_t bias)
{
    for (uint32_t k = 36;; k += 36) {
        uint32_t t = k <= bias ? 1 : k >= bias + 26 ? 26 : k - bias;
        uint32_t digit = v < t ? v : t + (v - t) % (36 - t);
        buf_byte(out, (uint8_t)(digit < 26 ? 'a' + digit : '0' + digit - 26));
        if (v < t)
            return;
        v = (v - t) / (36 - t);
    }
}

/* One label of code points, not all ASCII, as "xn--...". */
static void punycode(const uint32_t *cp, size_t n, struct buf *out)
{
    uint32_t next = 128, delta = 0, bias = 72, done = 0;
    buf_text(out, "xn--");
    for (size_t i = 0; i < n; i++)
        if (cp[i] < 128) {
            buf_byte(out, ascii_lower((uint8_t)cp[i]));
            done++;
        }
    const uint32_t basic = done;
    if (basic)
        buf_byte(out, '-');
    while (done < n) {
        uint32_t least = UINT32_MAX;
        for (size_t i = 0; i < n; i++)
            if (cp[i] >= next && cp[i] < least)
                least = cp[i];
        delta += (least - next) * (done + 1); /* at most 0x110000 * 1024: no overflow */
        next = least;
        for (size_t i = 0; i < n; i++) {
            if (cp[i] < next)
                delta++;
            if (cp[i] == next) {
                punycode_number(out, delta, bias);
                bias = punycode_bias(delta, done + 1, done == basic);
                delta = 0;
                done++;
            }
        }
        delta++;
        next++;
    }
}

static bool is_dot(uint32_t cp)
{
    return cp == '.' || cp == 0x3002 || cp == 0xff0e || cp == 0xff61;
}

/* What libidn2 refuses, label by label and without its mappings. */
static struct slice encode_labels(struct slice in, struct arena *a)
{
    struct buf out = {0};
    uint32_t cp[IDN_MAX];
    while (in.n) {
        size_t n = 0, used;
        bool ascii = true, dot = false;
        while (in.n && !dot && (used = utf8_next(in, &cp[n])) > 0) {
            in = slice_sub(in, used, in.n);
            dot = is_dot(cp[n]);
            ascii = ascii && (dot || cp[n] < 128);
            n += !dot;
        }
        if (ascii)
            for (size_t i = 0; i < n; i++)
                buf_byte(&out, (uint8_t)cp[i]);
        else
            punycode(cp, n, &out);
        if (dot)
            buf_byte(&out, '.');
    }
    struct slice kept = arena_copy(a, buf_view(&out));
    buf_free(&out);
    return kept;
}

/* False: not UTF-8, or absurdly long. */
static bool to_ascii(struct slice in, struct arena *a, struct slice *out)
{
    char *ascii = NULL;
    if (in.n > IDN_MAX || !utf8_valid(in) || memchr(in.p, 0, in.n))
        return false;
    if (idn2_to_ascii_8z(arena_string(a, in), &ascii, IDN2_NONTRANSITIONAL | IDN2_NFC_INPUT) ==
        IDN2_OK)
        *out = arena_copy(a, slice_of(ascii));
    else
        *out = encode_labels(in, a);
    idn2_free(ascii);
    return true;
}

static struct slice percent_decode(struct slice in, struct arena *a)
{
    if (slice_find(in, '%') == in.n)
        return in;
    uint8_t *to = arena_alloc(a, in.n);
    size_t n = 0;
    for (size_t i = 0; i < in.n; i++) {
        int hi = i + 2 < in.n ? ascii_hex(in.p[i + 1]) : -1,
            lo = hi < 0 ? -1 : ascii_hex(in.p[i + 2]);
        bool coded = in.p[i] == '%' && lo >= 0;
        to[n++] = coded ? (uint8_t)(hi << 4 | lo) : in.p[i];
        i += coded ? 2 : 0;
    }
    return slice_at(to, n);
}

static bool address_result(const struct address *x, struct slice same, struct arena *a,
                           struct observed *out)
{
    char text[ADDRESS_TEXT];
    struct slice value = slice_at(text, address_text(x, text));
    out->type = OBS_IP;
    out->value = slice_equal(value, same) ? same : arena_copy(a, value);
    return true;
}

/* Of an ASCII host: labels are neither empty nor too long; how many, and is the last a number? */
static bool scan_labels(struct slice s, bool *upper, size_t *labels, bool *number)
{
    uint8_t seen = 0;
    size_t start = 0;
    *labels = 1;
    for (size_t i = 0; i < s.n; i++) {
        uint8_t k = host_char[s.p[i]];
        if (!k)
            return false;
        seen |= k;
        if (k == 2) {
            if (i == start || i - start > LABEL_MAX)
                return false;
            start = i + 1;
            ++*labels;
        }
    }
    if (start == s.n || s.n - start > LABEL_MAX || s.n > HOST_MAX)
        return false;
    *upper = seen & 4;
    *number = ascii_digit(s.p[start]);
    for (size_t i = start; i < s.n && *number; i++)
        *number = ascii_digit(s.p[i]) || (s.p[start] == '0' && ascii_lower(s.p[start + 1]) == 'x' &&
                                          (i == start + 1 || ascii_hex(s.p[i]) >= 0));
    return true;
}

bool host_normalise(struct slice in, bool in_url, struct arena *a, struct observed *out)
{
    struct address x;
    bool upper, number;
    size_t labels, high = 0;
    struct slice s = in_url ? percent_decode(in, a) : in;
    if (!s.n || s.n > 4 * IDN_MAX)
        return false;
    if (s.p[0] == '[' || slice_find(s, ':') < s.n)
        return address_parse(s, &x) && !address_is_range(&x) && address_result(&x, s, a, out);
    while (high < s.n && s.p[high] < 0x80)
        high++;
    if (high < s.n && !to_ascii(s, a, &s))
        return false;
    if (s.n && s.p[s.n - 1] == '.')
        s.n--;
    if (!s.n || !scan_labels(s, &upper, &labels, &number))
        return false;
    if (number) /* no top-level domain is a number: an address or nothing */
        return (in_url ? address_parse_loose(s, &x) : address_parse(s, &x)) &&
               address_result(&x, s, a, out);
    if (labels < 2 && !in_url)
        return false;
    if (upper) {
        uint8_t *to = arena_alloc(a, s.n);
        for (size_t i = 0; i < s.n; i++)
            to[i] = ascii_lower(s.p[i]);
        s.p = to;
    }
    *out = (struct observed){labels < 2 ? OBS_NONE : OBS_DOMAIN, s};
    return true;
}

static const struct {
    uint16_t length, n; /* of each name; how many */
    const char *names;
} tlds[] = {
#include "record/tlds.inc"
};

bool host_has_tld(struct slice domain)
{
    const uint8_t *dot = domain.n ? memrchr(domain.p, '.', domain.n) : NULL;
    if (!dot)
        return false;
    uint8_t name[32];
    size_t n = (size_t)(domain.p + domain.n - dot) - 1;
    for (size_t i = 0; i < n && i < sizeof name; i++)
        name[i] = ascii_lower(dot[1 + i]);
    for (size_t t = 0; t < sizeof tlds / sizeof *tlds && tlds[t].length <= n; t++) {
        size_t low = 0, high = tlds[t].length == n ? tlds[t].n : 0;
        while (low < high) {
            size_t mid = (low + high) / 2;
            int c = memcmp(name, tlds[t].names + mid * n, n);
            if (c == 0)
                return true;
            if (c < 0)
                high = mid;
            else
                low = mid + 1;
        }
    }
    return false;
}

/* libpsl wants C strings; a normal form is never longer than this. */
static bool as_string(struct slice domain, char to[HOST_MAX + 1])
{
    struct address x;
    if (!domain.n || domain.n > HOST_MAX || memchr(domain.p, 0, domain.n) ||
        address_parse(domain, &x))
        return false;
    memcpy(to, domain.p, domain.n);
    to[domain.n] = 0;
    return true;
}

/* The built-in list, never the system's: two machines must agree, and a confined job opens no file. */
struct slice observable_registrable(struct slice domain)
{
    char text[HOST_MAX + 1];
    const char *at = NULL;
    if (as_string(domain, text))
        at = psl_registrable_domain(psl_builtin(), text);
    return at ? slice_sub(domain, (size_t)(at - text), domain.n) : (struct slice){domain.p, 0};
}

bool observable_is_public_suffix(struct slice domain)
{
    char text[HOST_MAX + 1];
    return as_string(domain, text) && psl_is_public_suffix(psl_builtin(), text);
}
