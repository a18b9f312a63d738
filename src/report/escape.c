#include "report/escape.h"

#include "base/utf8.h"

void escape_terminal(struct buf *out, struct slice text)
{
    uint32_t cp;
    while (text.n) {
        size_t n = utf8_next(text, &cp);
        if (n == 0)
            buf_printf(out, "\\x%02x", text.p[0]);
        else if (utf8_is_hidden(cp) || cp == '\n' || cp == '\t')
            buf_printf(out, cp == '\n' || cp == '\t' ? " " : "<U+%04X>", cp);
        else
            buf_add(out, text.p, n);
        text = slice_sub(text, n ? n : 1, text.n);
    }
}

void escape_html(struct buf *out, struct slice text)
{
    uint32_t cp;
    while (text.n) {
        size_t n = utf8_next(text, &cp);
        if (n == 0)
            buf_printf(out, "<span class=\"u\">\\x%02x</span>", text.p[0]);
        else if (utf8_is_hidden(cp))
            buf_printf(out, "<span class=\"u\">U+%04X</span>", cp);
        else if (cp == '&')
            buf_text(out, "&amp;");
        else if (cp == '<')
            buf_text(out, "&lt;");
        else if (cp == '>')
            buf_text(out, "&gt;");
        else if (cp == '"')
            buf_text(out, "&quot;");
        else if (cp == '\'')
            buf_text(out, "&#39;");
        else
            buf_add(out, text.p, n);
        text = slice_sub(text, n ? n : 1, text.n);
    }
}

static bool scheme_at(struct slice s)
{
    return s.n >= 4 && (s.p[0] | 32) == 'h' && (s.p[1] | 32) == 't' && (s.p[2] | 32) == 't' &&
           (s.p[3] | 32) == 'p';
}

static bool word(uint8_t c)
{
    return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') || c >= 0x80;
}

struct slice defang(struct slice text, struct arena *a)
{
    struct buf out = {0};
    for (size_t i = 0; i < text.n; i++) {
        struct slice rest = slice_sub(text, i, text.n);
        if (scheme_at(rest) && (i == 0 || !word(text.p[i - 1]))) {
            buf_byte(&out, text.p[i]);
            buf_text(&out, "xxp");
            i += 3;
        } else if (text.p[i] == '.' && i && word(text.p[i - 1]) && i + 1 < text.n &&
                   word(text.p[i + 1])) {
            buf_text(&out, "[.]");
        } else {
            buf_byte(&out, text.p[i]);
        }
    }
    struct slice kept = arena_copy(a, buf_view(&out));
    buf_free(&out);
    return kept;
}

void escape_defang(struct buf *out, struct slice text)
{
    struct arena a = {0};
    escape_html(out, defang(text, &a));
    arena_free(&a);
}

void escape_csv(struct buf *out, struct slice text)
{
    bool formula = text.n && strchr("=+-@\t\r", text.p[0]);
    buf_byte(out, '"');
    if (formula)
        buf_byte(out, '\'');
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '"')
            buf_byte(out, '"');
        buf_byte(out, text.p[i]);
    }
    buf_byte(out, '"');
}
