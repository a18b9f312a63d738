/*
 * The pull reader of JSON: RFC 8259 to the letter, one token a call.
 *
 * It is also a check: whoever reads up to JSON_END knows that commas, brackets, numbers, escapes and
 * UTF-8 were all as they must be. What the grammar leaves open is passed through as it stands: equal
 * keys, U+0000, numbers of any size. Only half a surrogate pair has no bytes of its own: U+FFFD.
 *
 * Invariants:
 * 1 state says what may come next; kinds has one bit for each open container, set for objects.
 * 2 c.p stands behind the last token (behind the colon after a key); c.end is the document's end.
 */
#include "format/json_impl.h"

enum {
    AT_VALUE,      /* a value */
    AT_FIRST_ITEM, /* a value or ']' */
    AT_FIRST_KEY,  /* a key or '}' */
    AT_KEY,        /* a key */
    AT_COMMA,      /* a comma or the container's end */
    AT_END,        /* blanks only */
    ENDED,
    FAILED,
};

static enum json_token fail(struct json *j, const uint8_t *at, enum err_code code, const char *what)
{
    err_set(&j->err, code, "byte %zu: %s", (size_t)(at - j->c.start), what);
    j->state = FAILED;
    return JSON_ERROR;
}

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static const uint8_t *blanks(const uint8_t *p, const uint8_t *end)
{
    while (p < end && is_blank(*p)) {
        p++;
        /* Most blanks are indentation. */
        while (end - p >= 8 && memcmp(p, "        ", 8) == 0)
            p += 8;
    }
    return p;
}

static bool in_object(const struct json *j)
{
    unsigned i = j->depth - 1;
    return j->kinds[i / 64] >> i % 64 & 1;
}

static bool is_digit(const uint8_t *p, const uint8_t *end)
{
    return p < end && *p >= '0' && *p <= '9';
}

/* Behind the number at p; NULL with *p where it breaks off. */
static const uint8_t *number_end(const uint8_t **at, const uint8_t *end)
{
    const uint8_t *p = *at;
    if (*p == '-')
        p++;
    bool good = is_digit(p, end);
    if (good && *p == '0')
        p++;
    else
        while (is_digit(p, end))
            p++;
    if (good && p < end && *p == '.') {
        good = is_digit(++p, end);
        while (is_digit(p, end))
            p++;
    }
    if (good && p < end && (*p == 'e' || *p == 'E')) {
        p++;
        if (p < end && (*p == '+' || *p == '-'))
            p++;
        good = is_digit(p, end);
        while (is_digit(p, end))
            p++;
    }
    *at = p;
    return good ? p : NULL;
}

/* The value of \uXXXX at p; more than 16 bits if a digit isn't one. */
static uint32_t unit(const uint8_t *p)
{
    static const uint8_t digits[256] = {
        ['0'] = 1,  ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,
        ['6'] = 7,  ['7'] = 8,  ['8'] = 9,  ['9'] = 10, ['a'] = 11, ['b'] = 12,
        ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16, ['A'] = 11, ['B'] = 12,
        ['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16,
    };
    uint32_t v = 0, bad = 0;
    for (int i = 2; i < 6; i++) {
        uint32_t digit = digits[p[i]] - 1u; /* no digit: all ones */
        bad |= digit >> 4;
        v = v << 4 | (digit & 15);
    }
    return bad ? UINT32_MAX : v;
}

/* Length of the escape at p, whose first byte is the backslash; 0: there is none such. */
static size_t escape_length(const uint8_t *p, const uint8_t *end)
{
    size_t left = (size_t)(end - p);
    if (left < 2)
        return 0;
    if (p[1] != 'u')
        return memchr("\"\\/bfnrt", p[1], 8) ? 2 : 0;
    return left >= 6 && unit(p) <= 0xffff ? 6 : 0;
}

/* raw is checked. No escape is shorter than what it stands for (six bytes where utf8_add() wants room
   for four), so the buffer never grows. */
static struct slice unescape(struct arena *a, struct slice raw)
{
    struct buf out = {arena_alloc(a, raw.n), 0, raw.n};
    const uint8_t *p = raw.p, *end = p + raw.n;
    while (p < end) {
        if (*p != '\\') {
            const uint8_t *slash = memchr(p, '\\', (size_t)(end - p));
            size_t run = slash ? (size_t)(slash - p) : (size_t)(end - p);
            buf_add(&out, p, run);
            p += run;
            continue;
        }
        if (p[1] != 'u') {
            static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
            const char *at = strchr(from, p[1]);
            buf_byte(&out, at ? (uint8_t)to[at - from] : p[1]);
            p += 2;
            continue;
        }
        uint32_t cp = unit(p);
        p += 6;
        if (cp >= 0xd800 && cp < 0xdc00 && end - p >= 6 && p[0] == '\\' && p[1] == 'u') {
            uint32_t low = unit(p);
            if (low >= 0xdc00 && low < 0xe000) {
                cp = 0x10000 + ((cp - 0xd800) << 10) + (low - 0xdc00);
                p += 6;
            }
        }
        utf8_add(&out, cp); /* a lone surrogate becomes U+FFFD */
    }
    return buf_view(&out);
}

/* The string whose opening quote is at p, into j->text. False: failed. */
static bool string(struct json *j, const uint8_t *p)
{
    const uint8_t *start = ++p, *end = j->c.end;
    bool escapes = false;
    for (;;) {
        if (p == end || *p < 0x80)
            p = json_plain(p, end);
        if (p == end)
            return fail(j, p, ERR_CORRUPT, "ends inside a string"), false;
        if (*p == '"')
            break;
        size_t n = 0;
        if (*p == '\\') {
            n = escape_length(p, end);
            escapes = true;
        } else if (*p >= 0x20) {
            n = json_sequence(p, end);
        }
        if (n == 0)
            return fail(j, p, ERR_CORRUPT,
                        *p == '\\'  ? "an escape that isn't one"
                        : *p < 0x20 ? "a control character in a string"
                                    : "not UTF-8"),
                   false;
        p += n;
    }
    j->text = slice_at(start, (size_t)(p - start));
    if (escapes)
        j->text = unescape(j->arena, j->text);
    j->c.p = p + 1;
    return true;
}

static void value_done(struct json *j)
{
    j->state = j->depth ? AT_COMMA : AT_END;
}

static enum json_token open_container(struct json *j, const uint8_t *p, bool object)
{
    if (j->depth == JSON_MAX_DEPTH)
        return fail(j, p, ERR_LIMIT, "nested too deeply");
    uint64_t bit = UINT64_C(1) << j->depth % 64, *kinds = &j->kinds[j->depth / 64];
    *kinds = object ? *kinds | bit : *kinds & ~bit;
    j->depth++;
    j->c.p = p + 1;
    j->state = object ? AT_FIRST_KEY : AT_FIRST_ITEM;
    return object ? JSON_OBJECT : JSON_ARRAY;
}

static enum json_token close_container(struct json *j, const uint8_t *p)
{
    bool object = in_object(j);
    if (p == j->c.end)
        return fail(j, p, ERR_CORRUPT, object ? "ends inside an object" : "ends inside an array");
    if (*p != (object ? '}' : ']'))
        return fail(j, p, ERR_CORRUPT, object ? "no comma and no '}'" : "no comma and no ']'");
    j->c.p = p + 1;
    j->depth--;
    value_done(j);
    return object ? JSON_OBJECT_END : JSON_ARRAY_END;
}

static enum json_token literal(struct json *j, const uint8_t *p, const char *word,
                               enum json_token t)
{
    size_t n = strlen(word);
    if ((size_t)(j->c.end - p) < n || memcmp(p, word, n) != 0)
        return fail(j, p, ERR_CORRUPT, "not a value");
    j->c.p = p + n;
    value_done(j);
    return t;
}

static enum json_token value(struct json *j, const uint8_t *p)
{
    switch (*p) {
    case '{': return open_container(j, p, true);
    case '[': return open_container(j, p, false);
    case 't': return literal(j, p, "true", JSON_TRUE);
    case 'f': return literal(j, p, "false", JSON_FALSE);
    case 'n': return literal(j, p, "null", JSON_NULL);
    case '"':
        if (!string(j, p))
            return JSON_ERROR;
        value_done(j);
        return JSON_STRING;
    }
    if (*p != '-' && (*p < '0' || *p > '9'))
        return fail(j, p, ERR_CORRUPT, "not a value");
    const uint8_t *start = p;
    if (!number_end(&p, j->c.end))
        return fail(j, p, ERR_CORRUPT, "a number that isn't one");
    j->text = slice_at(start, (size_t)(p - start));
    j->c.p = p;
    value_done(j);
    return JSON_NUMBER;
}

static enum json_token key(struct json *j, const uint8_t *p)
{
    if (*p != '"')
        return fail(j, p, ERR_CORRUPT, "no key");
    if (!string(j, p))
        return JSON_ERROR;
    p = blanks(j->c.p, j->c.end);
    if (p == j->c.end || *p != ':')
        return fail(j, p, ERR_CORRUPT, "no colon after a key");
    j->c.p = p + 1;
    j->state = AT_VALUE;
    return JSON_KEY;
}

/* Begins the next line that isn't blank. */
static bool next_line(struct json *j)
{
    while (j->c.p < j->end) {
        const uint8_t *lf = memchr(j->c.p, '\n', (size_t)(j->end - j->c.p));
        j->c.end = lf ? lf : j->end;
        j->c.p = blanks(j->c.p, j->c.end);
        if (j->c.p < j->c.end) {
            j->depth = 0;
            j->state = AT_VALUE;
            return true;
        }
        if (lf)
            j->c.p = lf + 1;
    }
    return false;
}

enum json_token json_next(struct json *j)
{
    if (j->state == FAILED)
        return JSON_ERROR;
    if (j->state == ENDED && !(j->lines && next_line(j)))
        return JSON_END;
    const uint8_t *p = blanks(j->c.p, j->c.end);
    if (j->state == AT_END) {
        if (p != j->c.end)
            return fail(j, p, ERR_CORRUPT, "something follows the value");
        j->c.p = p;
        j->state = ENDED;
        return JSON_END;
    }
    if (j->state == AT_COMMA) {
        if (p == j->c.end || *p != ',')
            return close_container(j, p);
        p = blanks(p + 1, j->c.end);
        j->state = in_object(j) ? AT_KEY : AT_VALUE;
    }
    if (p == j->c.end)
        return fail(j, p, ERR_CORRUPT, "ends before a value");
    if ((j->state == AT_FIRST_KEY && *p == '}') || (j->state == AT_FIRST_ITEM && *p == ']'))
        return close_container(j, p);
    return j->state == AT_KEY || j->state == AT_FIRST_KEY ? key(j, p) : value(j, p);
}

void json_open(struct json *j, struct slice bytes, struct arena *a)
{
    *j = (struct json){.c = cursor(bytes), .arena = a, .state = AT_VALUE};
    if (slice_starts(bytes, "\xef\xbb\xbf"))
        j->c.p += 3;
    j->end = j->c.end;
}

void json_open_lines(struct json *j, struct slice bytes, struct arena *a)
{
    json_open(j, bytes, a);
    j->lines = true;
    j->state = ENDED;
}

bool json_more(struct json *j)
{
    if (j->state == FAILED)
        json_resync(j);
    if (j->state == ENDED)
        return j->lines && next_line(j);
    return j->state != FAILED;
}

void json_resync(struct json *j)
{
    if (!j->lines)
        return;
    j->c.p = j->c.end;
    j->state = ENDED;
    err_clear(&j->err);
}

bool json_skip(struct json *j, enum json_token t)
{
    if (t != JSON_OBJECT && t != JSON_ARRAY)
        return t != JSON_ERROR;
    unsigned outside = j->depth - 1;
    while (j->depth > outside)
        if (json_next(j) == JSON_ERROR)
            return false;
    return true;
}

bool json_key(struct json *j)
{
    return json_next(j) == JSON_KEY;
}
