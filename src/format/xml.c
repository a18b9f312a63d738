/* Tags and texts of XML; see xml.h. */
#include "format/xml.h"

#include "base/utf8.h"

enum { NAME_MAX = 1000 };

void xml_open(struct xml *x, struct slice bytes, struct arena *a)
{
    *x = (struct xml){.c = cursor(bytes), .arena = a};
    if (slice_starts(bytes, "\xef\xbb\xbf"))
        cursor_skip(&x->c, 3);
}

static enum xml_token stop(struct xml *x, const char *what)
{
    err_set(&x->err, ERR_CORRUPT, "byte %zu: %s", cursor_offset(&x->c), what);
    return XML_ERROR;
}

static struct slice rest(const struct xml *x)
{
    return slice_at(x->c.p, cursor_left(&x->c));
}

static bool is_blank(uint8_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* The code point of "&...;" at the start of s and its length; 0: none that XML itself knows. */
static size_t entity(struct slice s, uint32_t *cp)
{
    static const struct {
        const char *name;
        uint8_t is;
    } names[] = {{"&lt;", '<'}, {"&gt;", '>'}, {"&amp;", '&'}, {"&quot;", '"'}, {"&apos;", '\''}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (slice_starts(s, names[i].name)) {
            *cp = names[i].is;
            return strlen(names[i].name);
        }
    if (!slice_starts(s, "&#"))
        return 0;
    bool hex = s.n > 2 && s.p[2] == 'x';
    *cp = 0;
    for (size_t i = 2 + hex; i < s.n && i < 12; i++) {
        uint8_t c = s.p[i];
        uint32_t d = c >= '0' && c <= '9'          ? c - (uint32_t)'0'
                     : hex && c >= 'a' && c <= 'f' ? c - (uint32_t)'a' + 10
                     : hex && c >= 'A' && c <= 'F' ? c - (uint32_t)'A' + 10
                                                   : 16;
        if (c == ';')
            return i > 2u + hex && *cp <= 0x10ffff ? i + 1 : 0;
        if (d == 16 || *cp > 0x10ffff)
            return 0;
        *cp = *cp * (hex ? 16 : 10) + d;
    }
    return 0;
}

static struct slice decoded(struct xml *x, struct slice s)
{
    if (slice_find(s, '&') == s.n)
        return s;
    struct buf b = {0};
    while (s.n) {
        uint32_t cp;
        size_t n = s.p[0] == '&' ? entity(s, &cp) : 0;
        if (n)
            utf8_add(&b, cp);
        else
            buf_byte(&b, s.p[0]);
        s = slice_sub(s, n ? n : 1, s.n);
    }
    struct slice kept = arena_copy(x->arena, buf_view(&b));
    buf_free(&b);
    return kept;
}

/* Passes over what starts with `from` and ends with `to`; what is between in *inner. */
static bool enclosed(struct xml *x, const char *from, const char *to, struct slice *inner)
{
    struct slice s = rest(x);
    if (!slice_starts(s, from))
        return false;
    size_t end = slice_search(s, slice_of(to), strlen(from));
    *inner = slice_sub(s, strlen(from), end - strlen(from));
    cursor_skip(&x->c, end + strlen(to));
    return true;
}

/* <!DOCTYPE ...> with its inner brackets. */
static void skip_declaration(struct xml *x)
{
    for (int depth = 0; cursor_left(&x->c);) {
        uint8_t c = cursor_u8(&x->c);
        depth += (c == '[') - (c == ']');
        if (c == '>' && depth <= 0)
            return;
    }
}

/* A tag behind its '<'. */
static enum xml_token tag(struct xml *x)
{
    struct slice s = rest(x);
    bool end = slice_starts(s, "/");
    size_t n = end, quote = 0;
    while (n < s.n && !is_blank(s.p[n]) && s.p[n] != '>' && s.p[n] != '/' && s.p[n] != '<')
        n++;
    x->name = slice_sub(s, end, n - end);
    size_t from = n;
    while (n < s.n && (quote || s.p[n] != '>')) {
        if (quote ? s.p[n] == quote : s.p[n] == '"' || s.p[n] == '\'')
            quote = quote ? 0 : s.p[n];
        n++;
    }
    if (n == s.n || !x->name.n || x->name.n > NAME_MAX)
        return stop(x, n == s.n ? "a tag that does not end" : "a tag without a name");
    x->attributes = slice_sub(s, from, n - from);
    x->closes = !end && slice_ends(x->attributes, "/");
    if (x->closes)
        x->attributes.n--;
    cursor_skip(&x->c, n + 1);
    return end ? XML_STOP : XML_START;
}

enum xml_token xml_next(struct xml *x)
{
    struct slice inner;
    if (x->err.code)
        return XML_ERROR;
    if (x->closes) {
        x->closes = false;
        return XML_STOP;
    }
    while (cursor_left(&x->c)) {
        struct slice s = rest(x);
        if (s.p[0] != '<') {
            size_t n = slice_find(s, '<');
            cursor_skip(&x->c, n);
            x->text = slice_trim(decoded(x, slice_sub(s, 0, n)));
            if (x->text.n)
                return XML_TEXT;
        } else if (enclosed(x, "<!--", "-->", &inner) || enclosed(x, "<?", "?>", &inner)) {
            continue;
        } else if (enclosed(x, "<![CDATA[", "]]>", &inner)) {
            x->text = slice_trim(inner);
            if (x->text.n)
                return XML_TEXT;
        } else if (slice_starts(s, "<!")) {
            skip_declaration(x);
        } else {
            cursor_skip(&x->c, 1);
            return tag(x);
        }
    }
    return XML_END;
}

struct slice xml_attribute(struct xml *x, const char *name)
{
    struct slice s = x->attributes;
    for (;;) {
        while (s.n && is_blank(s.p[0]))
            s = slice_sub(s, 1, s.n);
        size_t n = slice_find(s, '=');
        if (n == s.n)
            return (struct slice){s.p, 0};
        struct slice key = slice_trim(slice_sub(s, 0, n));
        s = slice_sub(s, n + 1, s.n);
        while (s.n && is_blank(s.p[0]))
            s = slice_sub(s, 1, s.n);
        if (!s.n || (s.p[0] != '"' && s.p[0] != '\''))
            return (struct slice){s.p, 0};
        size_t end = slice_find(slice_sub(s, 1, s.n), s.p[0]);
        struct slice value = slice_sub(s, 1, end);
        if (xml_is(key, name))
            return decoded(x, value);
        s = slice_sub(s, end + 2, s.n);
    }
}

bool xml_is(struct slice name, const char *local)
{
    size_t colon = slice_find(name, ':');
    return slice_is(colon < name.n ? slice_sub(name, colon + 1, name.n) : name, local);
}
