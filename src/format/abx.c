/*
 * ABX, Android's binary XML (com.android.internal.util.BinaryXmlSerializer): tokens of one byte, the
 * event in its low half, the type of its value in the high one; numbers are big-endian, strings in
 * Java's modified UTF-8 behind two bytes of length. Names are interned: 0xffff and the string the
 * first time, from then on its number. Attributes are tokens of their own behind that of their element.
 */
#include "format/abx.h"

#include <stdio.h>

#include "base/utf8.h"

enum token {
    START_DOCUMENT = 0,
    END_DOCUMENT = 1,
    START_TAG = 2,
    END_TAG = 3,
    TEXT = 4,
    CDSECT = 5,
    ENTITY_REF = 6,
    IGNORABLE_WHITESPACE = 7,
    PROCESSING_INSTRUCTION = 8,
    COMMENT = 9,
    DOCDECL = 10,
    ATTRIBUTE = 15,
};

enum type {
    TYPE_NULL = 1,
    TYPE_STRING,
    TYPE_STRING_INTERNED,
    TYPE_BYTES_HEX,
    TYPE_BYTES_BASE64,
    TYPE_INT,
    TYPE_INT_HEX,
    TYPE_LONG,
    TYPE_LONG_HEX,
    TYPE_FLOAT,
    TYPE_DOUBLE,
    TYPE_TRUE,
    TYPE_FALSE,
};

static const char magic[] = {'A', 'B', 'X', 0};

bool abx_is_binary(struct slice head)
{
    return slice_equal(slice_sub(head, 0, sizeof magic), slice_at(magic, sizeof magic));
}

void abx_open(struct abx *x, struct slice bytes, struct arena *a)
{
    *x = (struct abx){.arena = a, .binary = abx_is_binary(bytes)};
    if (!x->binary) {
        xml_open(&x->xml, bytes, a);
        return;
    }
    x->c = cursor(bytes);
    cursor_skip(&x->c, sizeof magic);
}

static enum xml_token fail(struct abx *x, enum err_code code, const char *why)
{
    if (!x->err.code)
        err_set(&x->err, code, "%s: byte %zu: %s", x->binary ? "binary XML" : "XML", x->at, why);
    return XML_ERROR;
}

static bool enter(struct abx *x, struct slice name)
{
    if (x->depth == ABX_MAX_DEPTH)
        fail(x, ERR_LIMIT, "elements nested too deep");
    else if (x->started && !x->depth)
        fail(x, ERR_CORRUPT, "a second root element");
    else
        x->open[x->depth++] = x->name = name;
    x->started = true;
    return !x->err.code;
}

static bool leave(struct abx *x, struct slice name)
{
    if (!x->depth || !slice_equal(x->open[x->depth - 1], name))
        return fail(x, ERR_CORRUPT, "an element is closed that isn't open") != XML_ERROR;
    x->depth--;
    x->name = name;
    return true;
}

/* A character above U+FFFF as two surrogates of three bytes each; NUL as C0 80. */
static size_t modified_next(struct slice s, uint32_t *cp)
{
    if (s.n >= 2 && s.p[0] == 0xc0 && s.p[1] == 0x80) {
        *cp = 0;
        return 2;
    }
    if (s.n >= 6 && s.p[0] == 0xed && (s.p[1] & 0xf0) == 0xa0 && (s.p[2] & 0xc0) == 0x80 &&
        s.p[3] == 0xed && (s.p[4] & 0xf0) == 0xb0 && (s.p[5] & 0xc0) == 0x80) {
        uint32_t high = (s.p[1] & 0xfu) << 6 | (s.p[2] & 0x3fu),
                 low = (s.p[4] & 0xfu) << 6 | (s.p[5] & 0x3fu);
        *cp = 0x10000 + (high << 10 | low);
        return 6;
    }
    return 0;
}

static struct slice plain_utf8(struct abx *x, struct slice s)
{
    bool odd = false;
    for (size_t i = 0; i < s.n && !odd; i++)
        odd = s.p[i] == 0xc0 || s.p[i] == 0xed;
    if (!odd)
        return s;
    struct buf out = {0};
    for (uint32_t cp; s.n;) {
        size_t n = modified_next(s, &cp);
        if (n)
            utf8_add(&out, cp);
        else
            buf_byte(&out, s.p[0]);
        s = slice_sub(s, n ? n : 1, s.n);
    }
    struct slice text = arena_copy(x->arena, buf_view(&out));
    buf_free(&out);
    return text;
}

static struct slice take_string(struct abx *x)
{
    return plain_utf8(x, cursor_take(&x->c, cursor_u16be(&x->c)));
}

static struct slice take_interned(struct abx *x)
{
    uint16_t number = cursor_u16be(&x->c);
    if (number != 0xffff) {
        if (number >= x->nnames)
            fail(x, ERR_CORRUPT, "a name that isn't in its table");
        return number < x->nnames ? x->names[number] : (struct slice){0};
    }
    struct slice name = take_string(x);
    if (x->nnames == ABX_MAX_NAMES) /* as the writer does: given, but not kept */
        return name;
    if (x->nnames == x->room) {
        size_t room = x->room ? x->room * 2 : 64;
        struct slice *names = arena_alloc(x->arena, room * sizeof *names);
        if (x->nnames)
            memcpy(names, x->names, x->nnames * sizeof *names);
        x->names = names;
        x->room = room;
    }
    x->names[x->nnames++] = name;
    return name;
}

static struct slice printed(struct abx *x, const char *text)
{
    return arena_copy(x->arena, slice_of(text));
}

static struct slice as_hex(struct abx *x, struct slice bytes)
{
    static const char digits[] = "0123456789abcdef";
    uint8_t *to = arena_alloc(x->arena, bytes.n * 2 + 1);
    for (size_t i = 0; i < bytes.n; i++) {
        to[i * 2] = (uint8_t)digits[bytes.p[i] >> 4];
        to[i * 2 + 1] = (uint8_t)digits[bytes.p[i] & 15];
    }
    return slice_at(to, bytes.n * 2);
}

static struct slice as_base64(struct abx *x, struct slice bytes)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint8_t *to = arena_alloc(x->arena, (bytes.n + 2) / 3 * 4 + 1), *p = to;
    for (size_t i = 0; i < bytes.n; i += 3) {
        struct slice part = slice_sub(bytes, i, 3);
        uint32_t v = (uint32_t)part.p[0] << 16 | (part.n > 1 ? (uint32_t)part.p[1] << 8 : 0) |
                     (part.n > 2 ? part.p[2] : 0);
        for (size_t k = 0; k < 4; k++)
            *p++ = (uint8_t)(k > part.n ? '=' : digits[v >> (18 - 6 * k) & 63]);
    }
    return slice_at(to, (size_t)(p - to));
}

static struct slice as_real(struct abx *x, double v)
{
    char text[40];
    /* The shortest form that is the same float again. */
    for (int digits = 6; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, v);
        double back = 0;
        if (sscanf(text, "%lf", &back) == 1 && back == v)
            break;
    }
    return printed(x, text);
}

static struct slice take_number(struct abx *x, enum type t)
{
    char text[40] = "";
    float narrow;
    double wide;
    uint32_t bits32;
    uint64_t bits64;
    if (t == TYPE_INT)
        snprintf(text, sizeof text, "%d", (int32_t)cursor_u32be(&x->c));
    else if (t == TYPE_INT_HEX)
        snprintf(text, sizeof text, "%x", cursor_u32be(&x->c));
    else if (t == TYPE_LONG)
        snprintf(text, sizeof text, "%lld", (long long)(int64_t)cursor_u64be(&x->c));
    else if (t == TYPE_LONG_HEX)
        snprintf(text, sizeof text, "%llx", (unsigned long long)cursor_u64be(&x->c));
    else if (t == TYPE_FLOAT) {
        bits32 = cursor_u32be(&x->c);
        memcpy(&narrow, &bits32, sizeof narrow);
        snprintf(text, sizeof text, "%.7g", (double)narrow);
    } else {
        bits64 = cursor_u64be(&x->c);
        memcpy(&wide, &bits64, sizeof wide);
        return as_real(x, wide);
    }
    return printed(x, text);
}

static struct slice take_value(struct abx *x, unsigned type)
{
    switch ((enum type)type) {
    case TYPE_NULL: return (struct slice){0};
    case TYPE_STRING: return take_string(x);
    case TYPE_STRING_INTERNED: return take_interned(x);
    case TYPE_BYTES_HEX: return as_hex(x, cursor_take(&x->c, cursor_u16be(&x->c)));
    case TYPE_BYTES_BASE64: return as_base64(x, cursor_take(&x->c, cursor_u16be(&x->c)));
    case TYPE_INT:
    case TYPE_INT_HEX:
    case TYPE_LONG:
    case TYPE_LONG_HEX:
    case TYPE_FLOAT:
    case TYPE_DOUBLE: return take_number(x, type);
    case TYPE_TRUE: return slice_of("true");
    case TYPE_FALSE: return slice_of("false");
    }
    fail(x, ERR_CORRUPT, "a value of an unknown type");
    return (struct slice){0};
}

/* The attributes behind a START_TAG. */
static bool take_attributes(struct abx *x)
{
    while (cursor_left(&x->c) && (*x->c.p & 15) == ATTRIBUTE) {
        unsigned type = cursor_u8(&x->c) >> 4;
        struct slice name = take_interned(x), value = take_value(x, type);
        if (x->n == ABX_MAX_ATTRIBUTES)
            fail(x, ERR_LIMIT, "an element with too many attributes");
        if (x->err.code)
            return false;
        x->attributes[x->n++] = (struct abx_attribute){name, value};
    }
    return true;
}

static enum xml_token start_tag(struct abx *x)
{
    struct slice name = take_interned(x);
    if (x->err.code || !take_attributes(x) || !enter(x, name))
        return XML_ERROR;
    return x->c.bad ? fail(x, ERR_CORRUPT, "ends early") : XML_START;
}

static enum xml_token end_tag(struct abx *x)
{
    struct slice name = take_interned(x);
    if (x->err.code || x->c.bad || !leave(x, name))
        return fail(x, ERR_CORRUPT, "ends early");
    return XML_STOP;
}

static enum xml_token end_document(struct abx *x)
{
    x->ended = true;
    if (cursor_left(&x->c))
        return fail(x, ERR_CORRUPT, "data behind the end");
    return XML_END;
}

static enum xml_token binary_next(struct abx *x)
{
    while (!x->ended && cursor_left(&x->c)) {
        x->at = cursor_offset(&x->c);
        uint8_t token = cursor_u8(&x->c);
        switch ((enum token)(token & 15)) {
        case START_DOCUMENT: continue;
        case END_DOCUMENT: return end_document(x);
        case START_TAG: return start_tag(x);
        case END_TAG: return end_tag(x);
        case TEXT:
        case CDSECT:
        case ENTITY_REF:
        case IGNORABLE_WHITESPACE:
            x->text = slice_trim(take_value(x, token >> 4));
            if (x->err.code || x->c.bad)
                return fail(x, ERR_CORRUPT, "ends early");
            if (!x->text.n)
                continue;
            return XML_TEXT;
        case PROCESSING_INSTRUCTION:
        case COMMENT:
        case DOCDECL:
            take_value(x, token >> 4);
            if (x->err.code || x->c.bad)
                return fail(x, ERR_CORRUPT, "ends early");
            continue;
        case ATTRIBUTE: break;
        }
        return fail(x, ERR_CORRUPT, "an unknown token");
    }
    return x->c.bad ? fail(x, ERR_CORRUPT, "ends early") : XML_END;
}

static enum xml_token text_next(struct abx *x)
{
    enum xml_token t = xml_next(&x->xml);
    x->at = cursor_offset(&x->xml.c);
    x->text = x->xml.text;
    if (t == XML_ERROR)
        x->err = x->xml.err;
    else if (t == XML_START && !enter(x, x->xml.name))
        t = XML_ERROR;
    else if (t == XML_STOP && !leave(x, x->xml.name))
        t = XML_ERROR;
    else if (t == XML_TEXT && !x->depth)
        t = fail(x, ERR_CORRUPT, "text outside of the root element");
    return t;
}

enum xml_token abx_next(struct abx *x)
{
    if (x->err.code)
        return XML_ERROR;
    x->n = 0;
    enum xml_token t = x->binary ? binary_next(x) : text_next(x);
    if (t == XML_END && (!x->started || x->depth))
        return fail(x, ERR_CORRUPT, "ends early");
    return t;
}

struct slice abx_get(struct abx *x, const char *name)
{
    if (!x->binary)
        return xml_attribute(&x->xml, name);
    for (unsigned i = 0; i < x->n; i++)
        if (slice_is(x->attributes[i].name, name))
            return x->attributes[i].value;
    return (struct slice){0};
}

bool abx_skip(struct abx *x)
{
    unsigned outside = x->depth - 1;
    while (x->depth > outside) {
        enum xml_token t = abx_next(x);
        if (t == XML_ERROR || t == XML_END)
            return false;
    }
    return true;
}
