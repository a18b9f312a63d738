/*
 * XML property lists: the values of an indexed text. Format: docs/formats/plist.md
 */
#include <stdlib.h>

#include "base/utf8.h"
#include "format/plist_impl.h"

static struct plist_value value(struct plist *p, uint32_t node)
{
    return (struct plist_value){p, p->xml.nodes[node].type, node};
}

static unsigned digit(uint8_t c)
{
    return c >= '0' && c <= '9'   ? c - '0' + 0u
           : c >= 'a' && c <= 'f' ? c - 'a' + 10u
           : c >= 'A' && c <= 'F' ? c - 'A' + 10u
                                  : 99;
}

/* The character that a reference, without & and ;, stands for. */
static bool character(struct slice name, uint32_t *cp)
{
    static const struct {
        const char *name;
        char is;
    } names[] = {{"lt", '<'}, {"gt", '>'}, {"amp", '&'}, {"quot", '"'}, {"apos", '\''}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (slice_is(name, names[i].name)) {
            *cp = (uint8_t)names[i].is;
            return true;
        }
    unsigned base = slice_starts(name, "#x") ? 16 : 10;
    struct slice digits = slice_sub(name, base == 16 ? 2 : 1, name.n);
    *cp = 0;
    for (size_t i = 0; i < digits.n; i++) {
        if (digit(digits.p[i]) >= base)
            return false;
        if (*cp <= 0x10ffff)
            *cp = *cp * base + digit(digits.p[i]);
    }
    return slice_starts(name, "#") && digits.n;
}

/* c stands behind an &. What is no reference stays as it is written. */
static void add_reference(struct plist *p, struct cursor *c, struct buf *out)
{
    enum { LONGEST = 16 }; /* "#x10ffff;" with some zeros in front */
    struct slice rest = slice_sub((struct slice){c->p, cursor_left(c)}, 0, LONGEST);
    struct slice name = slice_sub(rest, 0, slice_find(rest, ';'));
    uint32_t cp;
    if (name.n < rest.n && character(name, &cp)) {
        utf8_add(out, cp);
        cursor_skip(c, (uint64_t)name.n + 1);
        return;
    }
    plist_damage(p, ERR_CORRUPT, "plist: byte %zu: an unknown character reference",
                 (size_t)(c->p - p->bytes.p));
    buf_byte(out, '&');
}

static struct slice decoded(struct plist *p, struct slice raw)
{
    struct buf out = {0};
    struct cursor c = cursor(raw);
    struct slice inner;
    if (!plist_spend(p, raw.n / 2 + 4))
        return (struct slice){0};
    while (cursor_left(&c)) {
        if (*c.p == '<' && plist_xml_enclosed(&c, "<![CDATA[", "]]>", &inner)) {
            buf_slice(&out, inner);
        } else if (*c.p != '<' || !plist_xml_comment(&c)) {
            uint8_t b = cursor_u8(&c);
            if (b == '&')
                add_reference(p, &c, &out);
            else
                buf_byte(&out, b);
        }
    }
    struct slice text = arena_copy(p->arena, buf_view(&out));
    buf_free(&out);
    return text;
}

static struct slice string(struct plist *p, uint64_t ref)
{
    const struct plist_node *n = &p->xml.nodes[ref];
    struct slice raw = slice_sub(p->bytes, n->start, n->n);
    return n->marked ? decoded(p, raw) : raw;
}

static uint8_t sextet(uint8_t c)
{
    return (uint8_t)(c >= 'A' && c <= 'Z'   ? c - 'A'
                     : c >= 'a' && c <= 'z' ? c - 'a' + 26
                     : c >= '0' && c <= '9' ? c - '0' + 52
                     : c == '+'             ? 62
                     : c == '/'             ? 63
                                            : 64);
}

static struct slice data(struct plist *p, uint64_t ref)
{
    struct slice text = string(p, ref);
    if (!text.n || !plist_spend(p, text.n / 4 + 4))
        return (struct slice){0};
    uint8_t *to = arena_alloc(p->arena, text.n / 4 * 3 + 3);
    uint32_t bits = 0;
    size_t digits = 0, n = 0;
    bool odd = false, padded = false;
    for (size_t i = 0; i < text.n; i++) {
        uint8_t six = sextet(text.p[i]);
        if (six == 64 || padded) {
            padded = padded || text.p[i] == '=';
            odd = odd || !(plist_xml_white(text.p[i]) || text.p[i] == '=');
            continue;
        }
        bits = bits << 6 | six;
        if (++digits % 4 != 1)
            to[n++] = (uint8_t)(bits >> (8 - digits % 4 * 2) % 8);
    }
    if (odd || digits % 4 == 1)
        plist_damage(p, ERR_CORRUPT, "plist: byte %u: data that is no base64",
                     p->xml.nodes[ref].start);
    return (struct slice){to, n};
}

/* Decimal, or hexadecimal behind 0x, with a sign. */
static bool integer_of(struct slice s, struct plist_number *n)
{
    bool negative = slice_starts(s, "-"), over = false;
    s = slice_sub(s, negative || slice_starts(s, "+"), s.n);
    unsigned base = slice_starts(s, "0x") || slice_starts(s, "0X") ? 16 : 10;
    s = slice_sub(s, base == 16 ? 2 : 0, s.n);
    uint64_t v = 0;
    for (size_t i = 0; i < s.n; i++) {
        unsigned d = digit(s.p[i]);
        if (d >= base)
            return false;
        over |= __builtin_mul_overflow(v, base, &v);
        over |= __builtin_add_overflow(v, d, &v);
        n->r = n->r * base + d;
    }
    n->fits = !over && v <= (uint64_t)INT64_MAX + negative;
    n->i = (int64_t)(negative ? 0 - v : v);
    n->r = n->fits ? (double)n->i : negative ? -n->r : n->r;
    return s.n > 0;
}

static bool real_of(struct slice s, struct plist_number *n)
{
    char text[64] = {0}, *end;
    if (!s.n || s.n >= sizeof text)
        return false;
    memcpy(text, s.p, s.n);
    n->r = strtod(text, &end);
    return end == text + s.n;
}

static bool number(struct plist *p, uint64_t ref, struct plist_number *n)
{
    const struct plist_node *node = &p->xml.nodes[ref];
    *n = (struct plist_number){0};
    if (node->type == PLIST_BOOL) {
        n->fits = true;
        n->i = node->n;
        return true;
    }
    if (node->type == PLIST_UID)
        node = &p->xml.nodes[ref += 2];
    struct slice text = slice_trim(string(p, ref));
    if (!plist_spend(p, text.n / 8))
        return false;
    if (node->type == PLIST_REAL ? real_of(text, n) : integer_of(text, n))
        return true;
    plist_damage(p, ERR_CORRUPT, "plist: byte %u: no number", node->start);
    return false;
}

static struct utime date(struct plist *p, uint64_t ref)
{
    const struct plist_node *node = &p->xml.nodes[ref];
    struct plist_number n;
    if (node->type != PLIST_DATE)
        return number(p, ref, &n) ? plist_time(n.r) : UTIME_NONE;
    struct slice text = slice_trim(string(p, ref));
    struct utime t = utime_parse(text);
    if (t.ns == utime_parse(slice_of("2001-01-01T00:00:00Z")).ns)
        return UTIME_NONE;
    /* Years that we can't hold, such as 4001 for never, are dates, too. */
    bool far =
        slice_compare(text, slice_of("1678")) < 0 || slice_compare(text, slice_of("2262")) >= 0;
    if (t.precision == PRECISION_NONE && !(far && text.n == 20 && slice_ends(text, "Z")))
        plist_damage(p, ERR_CORRUPT, "plist: byte %u: no date", node->start);
    return t;
}

static void begin(struct plist_iter *it)
{
    const struct plist_node *n = &it->container.plist->xml.nodes[it->container.ref];
    it->n = n->n;
    it->at = it->container.ref + 1;
}

static void next(struct plist_iter *it, struct plist_value *key, struct plist_value *v)
{
    struct plist *p = it->container.plist;
    *key = (struct plist_value){0};
    if (it->container.type == PLIST_DICT)
        *key = value(p, (uint32_t)it->at++);
    *v = value(p, (uint32_t)it->at);
    it->at = p->xml.nodes[it->at].next;
}

/* Members are found by walking, which a loop over a long array makes slow: so those of the last
   long array that was asked are kept. */
static struct plist_value at(struct plist_value array, size_t i)
{
    enum { LONG = 32 };
    struct plist *p = array.plist;
    struct plist_iter it = {.container = array};
    struct plist_value key, v;
    begin(&it);
    if (i >= it.n)
        return (struct plist_value){0};
    if (i < LONG) {
        for (size_t k = 0; k < i; k++)
            next(&it, &key, &v);
        return value(p, (uint32_t)it.at);
    }
    if (!p->xml.members || p->xml.indexed != array.ref) {
        if (!plist_spend(p, it.n))
            return (struct plist_value){0};
        if (it.n > p->xml.room) {
            p->xml.room = (uint32_t)it.n;
            p->xml.members = arena_alloc(p->arena, it.n * sizeof *p->xml.members);
        }
        p->xml.indexed = (uint32_t)array.ref;
        for (size_t k = 0; k < it.n; k++, next(&it, &key, &v))
            p->xml.members[k] = (uint32_t)it.at;
    }
    return value(p, p->xml.members[i]);
}

static struct plist_value find(struct plist_value dict, struct slice key)
{
    struct plist *p = dict.plist;
    struct plist_iter it = {.container = dict};
    struct plist_value k, v;
    begin(&it);
    for (size_t i = 0; i < it.n; i++) {
        if (!plist_spend(p, 1 + key.n / 64))
            break;
        next(&it, &k, &v);
        if (slice_equal(string(p, k.ref), key))
            return v;
    }
    return (struct plist_value){0};
}

const struct plist_kind plist_xml = {
    .number = number,
    .date = date,
    .string = string,
    .data = data,
    .begin = begin,
    .next = next,
    .at = at,
    .find = find,
};
