/*
 * The header of an age file: text lines that end in LF, a stanza for each who may open it.
 *
 *   age-encryption.org/v1
 *   -> TYPE ARGUMENT...
 *   base64 without padding, 64 digits a line; the last line is shorter, if need be empty
 *   --- code
 */
#include "base/base64.h"
#include "source/age.h"

enum { COLUMNS = 64, CODE_DIGITS = 43 };

/* A line that must end in LF. */
static bool take_line(struct cursor *c, struct slice *line)
{
    struct slice rest = slice_at(c->p, cursor_left(c));
    size_t n = slice_find(rest, '\n');
    *line = slice_sub(rest, 0, n);
    cursor_skip(c, n == rest.n ? n : n + 1);
    return n < rest.n;
}

static bool printable(struct slice arg)
{
    for (size_t i = 0; i < arg.n; i++)
        if (arg.p[i] < 33 || arg.p[i] > 126)
            return false;
    return arg.n > 0;
}

/* "-> TYPE ARGUMENT..." without the mark. */
static bool parse_arguments(struct slice line, struct age_stanza *s)
{
    unsigned n = 0;
    for (bool more = true; more; n++) {
        size_t end = slice_find(line, ' ');
        struct slice one = slice_sub(line, 0, end);
        more = end < line.n;
        line = slice_sub(line, end + 1, line.n);
        if (!printable(one))
            return false;
        if (n == 0)
            s->type = one;
        else if (n <= 3)
            s->args[n - 1] = one;
    }
    s->nargs = n - 1;
    return true;
}

/* The lines up to one of less than 64 digits, as one. */
static bool parse_body(struct cursor *c, struct arena *a, struct age_stanza *s)
{
    const uint8_t *start = c->p;
    struct slice line;
    size_t lines = 0;
    do {
        if (!take_line(c, &line) || line.n > COLUMNS)
            return false;
        lines++;
    } while (line.n == COLUMNS);
    size_t digits = (lines - 1) * COLUMNS + line.n;
    uint8_t *joined = arena_alloc(a, digits + 1), *to = arena_alloc(a, BASE64_ROOM(digits));
    for (size_t i = 0; i < lines; i++)
        memcpy(joined + i * COLUMNS, start + i * (COLUMNS + 1), i + 1 < lines ? COLUMNS : line.n);
    s->body.p = to;
    return base64_decode(slice_at(joined, digits), false, to, &s->body.n);
}

/* "--- code": the end. */
static bool parse_end(struct slice line, struct age_header *h)
{
    uint8_t code[BASE64_ROOM(CODE_DIGITS)];
    size_t n;
    struct slice digits = slice_sub(line, 4, line.n);
    if (!slice_starts(line, "--- ") || digits.n != CODE_DIGITS ||
        !base64_decode(digits, false, code, &n) || n != sizeof h->mac)
        return false;
    memcpy(h->mac, code, n);
    return true;
}

bool age_header_parse(struct slice bytes, struct arena *a, struct age_header *out, struct err *e)
{
    struct cursor c = cursor(bytes);
    struct slice line;
    out->n = 0;
    if (!take_line(&c, &line) || !slice_is(line, "age-encryption.org/v1"))
        return err_set(e, ERR_UNSUPPORTED, "no age file of version 1");
    for (;;) {
        size_t at = cursor_offset(&c);
        if (!take_line(&c, &line))
            return err_set(e, ERR_CORRUPT, "damaged age header: it ends early");
        if (slice_starts(line, "---")) {
            out->authenticated = slice_sub(bytes, 0, at + 3);
            out->size = cursor_offset(&c);
            if (!out->n || !parse_end(line, out))
                return err_set(e, ERR_CORRUPT, "damaged age header: its last line at byte %zu", at);
            return true;
        }
        if (out->n == AGE_MAX_STANZAS)
            return err_set(e, ERR_CORRUPT, "age header with more than %d keys", AGE_MAX_STANZAS);
        struct age_stanza *s = &out->stanzas[out->n++];
        *s = (struct age_stanza){.nargs = 0};
        if (!slice_starts(line, "-> ") || !parse_arguments(slice_sub(line, 3, line.n), s) ||
            !parse_body(&c, a, s))
            return err_set(e, ERR_CORRUPT, "damaged age header: key %u at byte %zu", out->n, at);
    }
}
