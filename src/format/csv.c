/* Delimited text; see csv.h. */
#include "format/csv.h"

void csv_open(struct csv *r, struct slice text, uint8_t delimiter, struct arena *a)
{
    r->c = cursor(text);
    r->arena = a;
    r->delimiter = delimiter;
    r->n = 0;
    r->line = 0;
    r->next_line = 1;
    r->open = r->wide = false;
}

/* A field behind its opening quote, up to the closing one. */
static struct slice quoted(struct csv *r)
{
    const uint8_t *from = r->c.p;
    size_t doubled = 0;
    r->open = true;
    for (; cursor_left(&r->c); r->c.p++) {
        if (*r->c.p == '\n')
            r->next_line++;
        if (*r->c.p != '"')
            continue;
        if (cursor_left(&r->c) > 1 && r->c.p[1] == '"') {
            doubled++;
            r->c.p++;
            continue;
        }
        r->open = false;
        break;
    }
    struct slice s = slice_at(from, (size_t)(r->c.p - from));
    if (!r->open)
        r->c.p++;
    if (!doubled)
        return s;
    uint8_t *to = arena_alloc(r->arena, s.n);
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) {
        to[n++] = s.p[i];
        if (s.p[i] == '"' && i + 1 < s.n)
            i++;
    }
    return slice_at(to, n);
}

/* One field; what stands between a closing quote and the delimiter is dropped. */
static struct slice field(struct csv *r)
{
    const uint8_t *from = r->c.p;
    if (cursor_left(&r->c) && *from == '"') {
        r->c.p++;
        struct slice s = quoted(r);
        while (cursor_left(&r->c) && *r->c.p != r->delimiter && *r->c.p != '\n')
            r->c.p++;
        return s;
    }
    while (cursor_left(&r->c) && *r->c.p != r->delimiter && *r->c.p != '\n')
        r->c.p++;
    size_t n = (size_t)(r->c.p - from);
    if (n && from[n - 1] == '\r' && (!cursor_left(&r->c) || *r->c.p == '\n'))
        n--;
    return slice_at(from, n);
}

bool csv_next(struct csv *r)
{
    r->n = 0;
    if (!cursor_left(&r->c))
        return false;
    r->line = r->next_line;
    for (;;) {
        struct slice s = field(r);
        if (r->n < CSV_MAX_FIELDS)
            r->fields[r->n++] = s;
        else
            r->wide = true;
        if (!cursor_left(&r->c))
            return true;
        uint8_t c = *r->c.p++;
        if (c == '\n') {
            r->next_line++;
            return true;
        }
    }
}
