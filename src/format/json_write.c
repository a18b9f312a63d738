/*
 * The writer of JSON. Whatever bytes it is given, what comes out is JSON in UTF-8 and can be shown
 * on a terminal: control characters are escaped, bytes that are no UTF-8 become the text \xNN.
 */
#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "format/json_impl.h"

void json_writer(struct json_writer *w, struct buf *out)
{
    w->out = out;
    w->depth = 0;
}

/* Before each value and key: first[] says that nothing needs a comma yet. */
static void separate(struct json_writer *w)
{
    if (w->depth == 0)
        return;
    uint64_t *first = &w->first[(w->depth - 1) / 64], bit = UINT64_C(1) << (w->depth - 1) % 64;
    if (!(*first & bit))
        buf_byte(w->out, ',');
    *first &= ~bit;
}

static void mark_first(struct json_writer *w)
{
    w->first[(w->depth - 1) / 64] |= UINT64_C(1) << (w->depth - 1) % 64;
}

static void open_container(struct json_writer *w, uint8_t bracket)
{
    assert(w->depth < JSON_MAX_DEPTH);
    separate(w);
    buf_byte(w->out, bracket);
    w->depth++;
    mark_first(w);
}

static void close_container(struct json_writer *w, uint8_t bracket)
{
    assert(w->depth > 0);
    w->depth--;
    buf_byte(w->out, bracket);
}

void json_object(struct json_writer *w)
{
    open_container(w, '{');
}

void json_object_end(struct json_writer *w)
{
    close_container(w, '}');
}

void json_array(struct json_writer *w)
{
    open_container(w, '[');
}

void json_array_end(struct json_writer *w)
{
    close_container(w, ']');
}

/* C1, and the two line ends that JavaScript didn't always take in a string. */
static bool is_control(const uint8_t *p, size_t n)
{
    return (n == 2 && p[0] == 0xc2 && p[1] < 0xa0) ||
           (n == 3 && p[0] == 0xe2 && p[1] == 0x80 && (p[2] == 0xa8 || p[2] == 0xa9));
}

/* Writes the character at p as an escape and returns its length. */
static size_t escape(struct buf *out, const uint8_t *p, const uint8_t *end)
{
    static const char hex[] = "0123456789abcdef";
    static const char letters[] = "btn.fr"; /* U+0008 to U+000D; U+000B has none */
    uint32_t cp;
    size_t n = utf8_next(slice_at(p, (size_t)(end - p)), &cp);
    buf_byte(out, '\\');
    if (n == 0) {
        const char text[] = {'\\', 'x', hex[*p >> 4], hex[*p & 15]};
        buf_add(out, text, sizeof text);
        return 1;
    }
    if (cp == '"' || cp == '\\') {
        buf_byte(out, (uint8_t)cp);
    } else if (cp >= '\b' && cp <= '\r' && cp != '\v') {
        buf_byte(out, (uint8_t)letters[cp - '\b']);
    } else {
        const char text[] = {'u', hex[cp >> 12], hex[cp >> 8 & 15], hex[cp >> 4 & 15],
                             hex[cp & 15]};
        buf_add(out, text, sizeof text);
    }
    return n;
}

static void quote(struct buf *out, struct slice text)
{
    const struct cursor c = cursor(text);
    const uint8_t *p = json_plain(c.p, c.end), *run = c.p;
    uint8_t *to = buf_room(out, text.n + 3); /* a colon may follow */
    *to = '"';
    if (p == c.end) {
        memcpy(to + 1, c.p, text.n);
        to[text.n + 1] = '"';
        out->n += text.n + 2;
        return;
    }
    out->n++;
    for (;;) {
        size_t n;
        while (p < c.end && *p >= 0x80 && (n = json_sequence(p, c.end)) && !is_control(p, n))
            p = p + n < c.end && p[n] >= 0x80 ? p + n : json_plain(p + n, c.end);
        buf_add(out, run, (size_t)(p - run));
        if (p == c.end)
            break;
        run = p + escape(out, p, c.end);
        p = json_plain(run, c.end);
    }
    buf_byte(out, '"');
}

void json_name_slice(struct json_writer *w, struct slice key)
{
    assert(w->depth > 0);
    separate(w);
    quote(w->out, key);
    buf_byte(w->out, ':');
    mark_first(w); /* its value follows without a comma */
}

void json_name(struct json_writer *w, const char *key)
{
    json_name_slice(w, slice_of(key));
}

void json_string(struct json_writer *w, struct slice text)
{
    separate(w);
    quote(w->out, text);
}

void json_text(struct json_writer *w, const char *text)
{
    json_string(w, slice_of(text));
}

void json_raw(struct json_writer *w, struct slice json)
{
    separate(w);
    buf_slice(w->out, json);
}

void json_number(struct json_writer *w, int64_t v)
{
    uint8_t digits[20];
    size_t at = sizeof digits;
    uint64_t rest = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
    do
        digits[--at] = (uint8_t)('0' + rest % 10);
    while (rest /= 10);
    if (v < 0)
        digits[--at] = '-';
    json_raw(w, slice_at(digits + at, sizeof digits - at));
}

void json_real(struct json_writer *w, double v)
{
    if (!isfinite(v)) {
        json_null(w);
        return;
    }
    /* %g drops final zeros, so 15 digits are the shortest form of all that fit into them; numbers
       near zero may need fewer. 17 always read back. */
    char text[32];
    for (int digits = isnormal(v) ? 15 : 1; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, v);
        if (strtod(text, NULL) == v)
            break;
    }
    json_raw(w, slice_of(text));
}

void json_bool(struct json_writer *w, bool v)
{
    json_raw(w, slice_of(v ? "true" : "false"));
}

void json_null(struct json_writer *w)
{
    json_raw(w, slice_of("null"));
}
