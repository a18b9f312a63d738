/*
 * A subset of YAML; yaml.h says which. One line is looked at at a time: `at` is what of it is still
 * to be read and `indent` the column where that starts, so that "- a: b" is a list's dash followed by
 * a map that starts two columns further right. Descent ends at depth 64.
 */
#include "format/yaml.h"

#include "base/utf8.h"

enum { DEPTH_MAX = 64, FLOW_MAX = 1 << 20 };

struct yaml {
    struct cursor c;
    struct arena *arena;
    struct err *e;
    size_t left; /* values that may still be made */
    uint64_t number;
    struct slice at;
    size_t indent;
    bool end;
};

static bool stop(struct yaml *y, enum err_code code, const char *what)
{
    if (!y->e->code)
        err_set(y->e, code, "line %llu: %s", (unsigned long long)y->number, what);
    y->end = true;
    return false;
}

static struct json_value *value(struct yaml *y, enum json_token type)
{
    if (y->left-- == 0) {
        y->left = 0;
        stop(y, ERR_LIMIT, "too many values");
        return NULL;
    }
    struct json_value *v = arena_alloc(y->arena, sizeof *v);
    v->type = type;
    return v;
}

static struct json_value *text_value(struct yaml *y, struct slice text)
{
    struct json_value *v = value(y, JSON_STRING);
    if (v)
        v->text = text;
    return v;
}

/* -- lines -- */

static struct slice raw_line(struct yaml *y)
{
    struct slice line;
    if (!cursor_line(&y->c, &line)) {
        y->end = true;
        return (struct slice){0};
    }
    y->number++;
    return line;
}

/* The next line that says something. */
static void next_line(struct yaml *y)
{
    while (!y->end) {
        struct slice line = raw_line(y);
        size_t n = 0;
        while (n < line.n && line.p[n] == ' ')
            n++;
        struct slice s = slice_trim(line);
        if (y->end || !s.n || s.p[0] == '#' || (y->number == 1 && s.p[0] == '%'))
            continue;
        if (!n && slice_is(s, "..."))
            y->end = true;
        else if (!n && slice_starts(s, "---") && (s.n == 3 || s.p[3] == ' ') && !y->at.p)
            continue; /* the start */
        else if (!n && slice_is(s, "---"))
            stop(y, ERR_UNSUPPORTED, "a second document");
        else if (n < line.n && line.p[n] == '\t')
            stop(y, ERR_CORRUPT, "a tab in front of it");
        else {
            y->at = s;
            y->indent = n;
            return;
        }
    }
}

/* -- scalars -- */

static size_t comment_at(struct slice s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] == '#' && (i == 0 || s.p[i - 1] == ' ' || s.p[i - 1] == '\t'))
            return i;
    return s.n;
}

static uint32_t hex_digits(struct slice s, size_t from, size_t n)
{
    uint32_t v = 0;
    for (size_t i = 0; i < n; i++) {
        uint8_t c = from + i < s.n ? s.p[from + i] : 'x';
        uint32_t d = c >= '0' && c <= '9'   ? c - (uint32_t)'0'
                     : c >= 'a' && c <= 'f' ? c - (uint32_t)'a' + 10
                     : c >= 'A' && c <= 'F' ? c - (uint32_t)'A' + 10
                                            : 16;
        if (d == 16)
            return UINT32_MAX;
        v = v << 4 | d;
    }
    return v;
}

/* Behind a backslash at i; returns how many bytes that is, 0: no escape. */
static size_t escape(struct slice s, size_t i, struct buf *out)
{
    static const char names[] = "0abtnvfre \"/\\", values[] = "\0\a\b\t\n\v\f\r\x1b \"/\\";
    uint8_t c = i < s.n ? s.p[i] : 0;
    size_t n = c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 0;
    if (n) {
        uint32_t cp = hex_digits(s, i + 1, n);
        if (cp == UINT32_MAX)
            return 0;
        utf8_add(out, cp);
        return n + 1;
    }
    const char *at = c ? strchr(names, c) : NULL;
    if (!at)
        return 0;
    buf_byte(out, (uint8_t)values[at - names]);
    return 1;
}

/* A quoted text at the start of s. Returns its length with both quotes, 0: e. */
static size_t quoted(struct yaml *y, struct slice s, struct slice *out)
{
    const uint8_t quote = s.p[0];
    struct buf b = {0};
    size_t i = 1;
    for (; i < s.n; i++) {
        if (s.p[i] == quote && quote == '\'' && i + 1 < s.n && s.p[i + 1] == quote) {
            buf_byte(&b, quote);
            i++;
        } else if (s.p[i] == quote) {
            break;
        } else if (s.p[i] == '\\' && quote == '"') {
            size_t n = escape(s, i + 1, &b);
            if (!n)
                break;
            i += n;
        } else {
            buf_byte(&b, s.p[i]);
        }
    }
    bool ok = i < s.n && s.p[i] == quote;
    if (ok)
        *out = arena_copy(y->arena, buf_view(&b));
    else
        stop(y, ERR_UNSUPPORTED, i < s.n ? "an unknown escape" : "a quoted text that goes on");
    buf_free(&b);
    return ok ? i + 1 : 0;
}

/* -- flow: [a, "b"], {k: v} -- */

static struct json_value *flow(struct yaml *y, struct slice *s, unsigned depth);

static struct slice flow_plain(struct slice *s, bool key)
{
    size_t n = 0;
    while (n < s->n && !memchr(",[]{}", s->p[n], 5) &&
           !(key && s->p[n] == ':' && (n + 1 == s->n || s->p[n + 1] == ' ')))
        n++;
    struct slice text = slice_trim(slice_sub(*s, 0, n));
    *s = slice_sub(*s, n, s->n);
    return text;
}

static bool flow_text(struct yaml *y, struct slice *s, bool key, struct slice *out)
{
    if (s->n && (s->p[0] == '"' || s->p[0] == '\'')) {
        size_t n = quoted(y, *s, out);
        *s = slice_sub(*s, n, s->n);
        return n > 0;
    }
    *out = flow_plain(s, key);
    return true;
}

static bool flow_members(struct yaml *y, struct slice *s, struct json_value *v, unsigned depth)
{
    const uint8_t close = v->type == JSON_OBJECT ? '}' : ']';
    struct json_value **tail = &v->first;
    for (;;) {
        *s = slice_trim(*s);
        if (s->n && s->p[0] == close) {
            *s = slice_sub(*s, 1, s->n);
            return true;
        }
        struct slice key = {0};
        if (v->type == JSON_OBJECT) {
            if (!flow_text(y, s, true, &key))
                return false;
            *s = slice_trim(*s);
            if (!s->n || s->p[0] != ':')
                return stop(y, ERR_CORRUPT, "no value for a key");
            *s = slice_sub(*s, 1, s->n);
        }
        struct json_value *member = flow(y, s, depth + 1);
        if (!member)
            return false;
        member->key = key;
        *tail = member;
        tail = &member->next;
        v->n++;
        *s = slice_trim(*s);
        if (s->n && s->p[0] == ',')
            *s = slice_sub(*s, 1, s->n);
        else if (!s->n || s->p[0] != close)
            return stop(y, ERR_CORRUPT, "a list that does not end");
    }
}

static struct json_value *flow(struct yaml *y, struct slice *s, unsigned depth)
{
    *s = slice_trim(*s);
    if (depth > DEPTH_MAX) {
        stop(y, ERR_LIMIT, "nested too deeply");
        return NULL;
    }
    uint8_t c = s->n ? s->p[0] : 0;
    if (c == '[' || c == '{') {
        struct json_value *v = value(y, c == '[' ? JSON_ARRAY : JSON_OBJECT);
        *s = slice_sub(*s, 1, s->n);
        return v && flow_members(y, s, v, depth) ? v : NULL;
    }
    struct slice text;
    if (!flow_text(y, s, false, &text))
        return NULL;
    return text.n || c == '"' || c == '\'' ? text_value(y, text) : value(y, JSON_NULL);
}

/* A flow may go on over lines: these are joined until its brackets are even. */
static struct json_value *flow_lines(struct yaml *y, struct slice s)
{
    struct buf b = {0};
    int open = 0;
    buf_slice(&b, slice_sub(s, 0, comment_at(s)));
    for (size_t from = 0;;) {
        uint8_t quote = 0;
        for (; from < b.n; from++) {
            uint8_t c = b.p[from];
            if (quote)
                quote = c == quote ? 0 : quote;
            else if (c == '"' || c == '\'')
                quote = c;
            else
                open += (c == '[' || c == '{') - (c == ']' || c == '}');
        }
        if (open <= 0 || b.n > FLOW_MAX)
            break;
        next_line(y);
        if (y->end)
            break;
        buf_byte(&b, ' ');
        buf_slice(&b, slice_sub(y->at, 0, comment_at(y->at)));
    }
    struct slice all = arena_copy(y->arena, buf_view(&b));
    buf_free(&b);
    struct json_value *v = flow(y, &all, 0);
    next_line(y);
    return v;
}

/* -- blocks -- */

/* '|' and '>': the lines that are indented more than the key, as they are or joined by blanks. */
static struct json_value *block_text(struct yaml *y, bool folded, size_t parent)
{
    struct buf b = {0};
    size_t base = 0;
    for (;;) {
        struct cursor before = y->c;
        struct slice line = raw_line(y);
        size_t n = 0;
        while (n < line.n && line.p[n] == ' ')
            n++;
        bool blank = n == line.n;
        if (y->end || (!blank && n <= parent && !(n == 0 && parent == SIZE_MAX))) {
            y->number -= !y->end;
            y->end = false;
            y->c = before;
            break;
        }
        base = base || blank ? base : n;
        if (b.n)
            buf_byte(&b, folded ? ' ' : '\n');
        buf_slice(&b, slice_sub(line, n < base ? n : base, line.n));
    }
    struct json_value *v = text_value(y, arena_copy(y->arena, buf_view(&b)));
    buf_free(&b);
    next_line(y);
    return v;
}

/* A plain text, with the lines that go on with it: those indented more than `parent`. */
static struct json_value *plain(struct yaml *y, struct slice s, size_t parent, bool alone)
{
    struct slice text = slice_trim(slice_sub(s, 0, comment_at(s)));
    if (!text.n) {
        next_line(y);
        return value(y, JSON_NULL);
    }
    if (memchr("&*!%@`", text.p[0], 6)) {
        stop(y, ERR_UNSUPPORTED, "an anchor, alias or tag");
        return NULL;
    }
    struct buf b = {0};
    next_line(y);
    while (!y->end && (y->indent > parent || (alone && parent == 0)) && !slice_is(y->at, "-") &&
           !slice_starts(y->at, "- ")) {
        if (!b.n)
            buf_slice(&b, text);
        buf_byte(&b, ' ');
        buf_slice(&b, slice_trim(slice_sub(y->at, 0, comment_at(y->at))));
        next_line(y);
    }
    if (b.n)
        text = arena_copy(y->arena, buf_view(&b));
    buf_free(&b);
    return text_value(y, text);
}

/* What stands behind a key or dash in the same line. */
static struct json_value *inline_value(struct yaml *y, struct slice s, size_t parent)
{
    struct slice text;
    if (s.p[0] == '[' || s.p[0] == '{')
        return flow_lines(y, s);
    if (s.p[0] == '|' || s.p[0] == '>')
        return block_text(y, s.p[0] == '>', parent);
    if (s.p[0] != '"' && s.p[0] != '\'')
        return plain(y, s, parent, false);
    size_t n = quoted(y, s, &text);
    struct slice rest = slice_trim(slice_sub(s, n, s.n));
    if (n && rest.n && rest.p[0] != '#')
        stop(y, ERR_CORRUPT, "text behind a quoted one");
    if (!n || y->e->code)
        return NULL;
    next_line(y);
    return text_value(y, text);
}

/* "key: ..." at the start of s; the rest, trimmed, in *rest. */
static bool take_key(struct yaml *y, struct slice s, struct slice *key, struct slice *rest)
{
    size_t n = 0;
    if (s.n && (s.p[0] == '"' || s.p[0] == '\'')) {
        size_t used = 1;
        while (used < s.n && s.p[used] != s.p[0])
            used++;
        if (used + 1 >= s.n || s.p[used + 1] != ':')
            return false;
        n = quoted(y, s, key);
        if (!n || n >= s.n || s.p[n] != ':')
            return false;
    } else {
        while (n < s.n && !(s.p[n] == ':' && (n + 1 == s.n || s.p[n + 1] == ' ')))
            n++;
        if (n == 0 || n == s.n || comment_at(s) < n || memchr("[{&*!|>%@`?", s.p[0], 11))
            return false;
        *key = slice_trim(slice_sub(s, 0, n));
    }
    *rest = slice_trim(slice_sub(s, n + 1, s.n));
    if (rest->n && rest->p[0] == '#')
        rest->n = 0;
    return true;
}

static bool is_dash(struct slice s)
{
    return slice_is(s, "-") || slice_starts(s, "- ");
}

static struct json_value *node(struct yaml *y, size_t parent, bool top, unsigned depth);

static struct json_value *sequence(struct yaml *y, unsigned depth)
{
    struct json_value *v = value(y, JSON_ARRAY), *item;
    const size_t indent = y->indent;
    for (struct json_value **tail = v ? &v->first : NULL;
         v && !y->end && y->indent == indent && is_dash(y->at); tail = &item->next) {
        struct slice rest = slice_trim(slice_sub(y->at, 1, y->at.n));
        if (rest.n && rest.p[0] == '#')
            rest.n = 0;
        if (rest.n) {
            y->indent += (size_t)(rest.p - y->at.p);
            y->at = rest;
            item = node(y, indent, false, depth + 1);
        } else {
            next_line(y);
            item = !y->end && y->indent > indent ? node(y, indent, false, depth + 1)
                                                 : value(y, JSON_NULL);
        }
        if (!item)
            return NULL;
        *tail = item;
        v->n++;
    }
    return v;
}

static struct json_value *map(struct yaml *y, unsigned depth)
{
    struct json_value *v = value(y, JSON_OBJECT), *member;
    const size_t indent = y->indent;
    for (struct json_value **tail = v ? &v->first : NULL;
         v && !y->end && y->indent == indent && !is_dash(y->at); tail = &member->next) {
        struct slice key, rest;
        if (!take_key(y, y->at, &key, &rest)) {
            stop(y, ERR_CORRUPT, "no key of a map");
            return NULL;
        }
        if (rest.n) {
            member = inline_value(y, rest, indent);
        } else {
            next_line(y);
            bool below = !y->end && (y->indent > indent || (y->indent == indent && is_dash(y->at)));
            member = below ? node(y, indent, false, depth + 1) : value(y, JSON_NULL);
        }
        if (!member)
            return NULL;
        member->key = key;
        *tail = member;
        v->n++;
    }
    return v;
}

static struct json_value *node(struct yaml *y, size_t parent, bool top, unsigned depth)
{
    struct slice key, rest;
    if (depth > DEPTH_MAX) {
        stop(y, ERR_LIMIT, "nested too deeply");
        return NULL;
    }
    struct json_value *v = is_dash(y->at)                    ? sequence(y, depth)
                           : take_key(y, y->at, &key, &rest) ? map(y, depth)
                           : !y->e->code                     ? inline_value(y, y->at, parent)
                                                             : NULL;
    bool less = y->end || y->indent <= parent;
    if (v && !less && !top && !y->e->code) {
        stop(y, ERR_CORRUPT, "indented unlike the lines above it");
        return NULL;
    }
    return y->e->code ? NULL : v;
}

struct json_value *yaml_tree(struct slice text, struct arena *a, size_t max_values, struct err *e)
{
    struct yaml y = {.c = cursor(text), .arena = a, .e = e, .left = max_values};
    if (!utf8_valid(text)) {
        err_set(e, ERR_CORRUPT, "not UTF-8");
        return NULL;
    }
    next_line(&y);
    if (y.end) {
        if (!e->code)
            err_set(e, ERR_ABSENT, "an empty document");
        return NULL;
    }
    struct json_value *v = node(&y, 0, true, 0);
    if (v && !y.end)
        stop(&y, ERR_CORRUPT, "indented unlike the lines above it");
    return e->code ? NULL : v;
}

bool yaml_looks_like(struct slice start)
{
    struct cursor c = cursor(start);
    struct slice line, key, rest;
    struct err e = {0};
    struct arena a = {0};
    struct yaml y = {.arena = &a, .e = &e, .left = 8};
    bool is = false;
    while (cursor_line(&c, &line)) {
        struct slice s = slice_trim(line);
        if (!s.n || s.p[0] == '#' || slice_starts(s, "---") || slice_is(s, "-"))
            continue;
        if (slice_starts(s, "- "))
            s = slice_trim(slice_sub(s, 2, s.n));
        is = take_key(&y, s, &key, &rest) && key.n < 64 && slice_find(key, ' ') == key.n;
        break;
    }
    arena_free(&a);
    return is;
}
