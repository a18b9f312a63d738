/*
 * Chunks of type, header size and size: a pool of strings, a list of the attributes' resource ids,
 * then one chunk for each event. Sizes lie in packages that hide from readers, so only what is needed
 * is believed: a chunk must be within the file, its header within it.
 */
#include "format/axml.h"

#include "base/utf8.h"

enum chunk {
    STRING_POOL = 0x0001,
    XML = 0x0003,
    START_NAMESPACE = 0x0100,
    START_ELEMENT = 0x0102,
    END_ELEMENT = 0x0103,
    CDATA = 0x0104,
    RESOURCE_MAP = 0x0180,
};

enum { HEAD = 8, NODE = 16, POOL_HEAD = 28, ATTRIBUTE = 20, NONE = -1, UTF8_FLAG = 0x100 };

static uint16_t u16(struct slice s, size_t at)
{
    struct cursor c = cursor(slice_sub(s, at, 2));
    return cursor_u16le(&c);
}

static uint32_t u32(struct slice s, size_t at)
{
    struct cursor c = cursor(slice_sub(s, at, 4));
    return cursor_u32le(&c);
}

static void odd(struct axml *x, const char *what)
{
    if (!x->odd)
        x->odd = what;
}

static enum axml_event fail(struct axml *x, enum err_code code, const char *what)
{
    err_set(&x->err, code, "compiled XML: byte %zu: %s", x->at, what);
    return AXML_ERROR;
}

/* -- strings -- */

/* One or two units; the first one's high bit tells. */
static size_t take_length(struct cursor *c, bool utf8)
{
    size_t n = utf8 ? cursor_u8(c) : cursor_u16le(c);
    size_t high = utf8 ? 0x80 : 0x8000;
    if (n & high)
        n = (n & (high - 1)) << (utf8 ? 8 : 16) | (utf8 ? cursor_u8(c) : cursor_u16le(c));
    return n;
}

static struct slice string(struct axml *x, uint32_t number)
{
    if (number >= x->offsets.n / 4)
        return (struct slice){0};
    struct cursor c = cursor(slice_sub(x->strings, u32(x->offsets, (size_t)number * 4), SIZE_MAX));
    size_t n = take_length(&c, x->utf8);
    if (x->utf8)
        n = take_length(&c, true); /* first in characters, then in bytes */
    size_t bytes = x->utf8 ? n : n * 2;
    if (c.bad || bytes > cursor_left(&c) || bytes > AXML_MAX_STRING) {
        odd(x, "a string longer than its pool");
        bytes = cursor_left(&c) < AXML_MAX_STRING ? cursor_left(&c) : AXML_MAX_STRING;
    }
    struct slice s = cursor_take(&c, bytes);
    struct slice end = cursor_take(&c, x->utf8 ? 1 : 2);
    if (c.bad || end.p[0] || end.p[end.n - 1])
        odd(x, "a string without its end");
    return x->utf8 ? s : utf8_from_utf16(s, false, x->arena);
}

static void open_pool(struct axml *x, struct slice chunk)
{
    size_t count = u32(chunk, 8), start = u32(chunk, 20), styles = u32(chunk, 24);
    if (u32(chunk, 12) == 0 && styles)
        odd(x, "a pool with a place for styles and none of them");
    x->utf8 = u32(chunk, 16) & UTF8_FLAG;
    size_t head = u16(chunk, 2) < POOL_HEAD ? POOL_HEAD : u16(chunk, 2);
    if (count > chunk.n / 4)
        odd(x, "a pool of more strings than its bytes");
    x->offsets = slice_sub(chunk, head, count < SIZE_MAX / 4 ? count * 4 : SIZE_MAX);
    x->offsets.n -= x->offsets.n % 4;
    x->strings = slice_sub(chunk, start, SIZE_MAX);
}

/* -- chunks -- */

/* The chunk at x->at; x->at moves behind it. False: the end, or e. */
static bool take_chunk(struct axml *x, struct slice *chunk)
{
    struct slice rest = slice_sub(x->bytes, x->at, x->end - x->at);
    if (rest.n < HEAD)
        return false;
    size_t n = u32(rest, 4), head = u16(rest, 2);
    if (n < HEAD || head < HEAD || head > n) {
        fail(x, ERR_CORRUPT, "a chunk with an impossible size");
        return false;
    }
    if (n > rest.n) {
        odd(x, "a chunk longer than the file");
        n = rest.n;
    }
    *chunk = slice_sub(rest, 0, n);
    x->at += n;
    return true;
}

bool axml_open(struct axml *x, struct slice bytes, struct arena *a, struct err *e)
{
    memset(x, 0, sizeof *x);
    x->bytes = bytes;
    x->arena = a;
    size_t head = u16(bytes, 2), size = u32(bytes, 4);
    if (bytes.n < HEAD + POOL_HEAD || head < HEAD || head > bytes.n || bytes.p[0] == '<')
        return err_set(e, ERR_UNSUPPORTED, "no compiled XML");
    if (u16(bytes, 0) != XML)
        odd(x, "another type than XML");
    if (size != bytes.n)
        odd(x, "another size than the file's");
    x->at = head;
    x->end = bytes.n;
    if (u16(bytes, x->at) != STRING_POOL)
        return err_set(e, ERR_UNSUPPORTED, "no compiled XML: it has no strings");
    return true;
}

/* -- elements -- */

static void take_attribute(struct axml *x, struct slice one)
{
    uint32_t name = u32(one, 4), raw = u32(one, 8), data = u32(one, 16);
    struct axml_attribute *to = &x->attributes[x->n++];
    *to = (struct axml_attribute){.type = slice_sub(one, 15, 1).n ? one.p[15] : 0, .data = data};
    to->name = string(x, name);
    if (name < x->ids.n / 4)
        to->id = u32(x->ids, (size_t)name * 4);
    if (raw != (uint32_t)NONE)
        to->raw = string(x, raw);
}

static enum axml_event start_element(struct axml *x, struct slice chunk)
{
    struct slice ext = slice_sub(chunk, u16(chunk, 2), SIZE_MAX);
    size_t start = u16(ext, 8), size = u16(ext, 10), count = u16(ext, 12);
    if (ext.n < 20)
        return fail(x, ERR_CORRUPT, "an element that is cut off");
    x->name = string(x, u32(ext, 4));
    x->n = 0;
    if (start != 20 || size != ATTRIBUTE)
        odd(x, "attributes at another place or of another size");
    if (size < ATTRIBUTE)
        size = ATTRIBUTE;
    for (size_t i = 0; i < count; i++) {
        struct slice one = slice_sub(ext, start + i * size, ATTRIBUTE);
        if (one.n < ATTRIBUTE)
            return fail(x, ERR_CORRUPT, "attributes that are cut off");
        if (x->n == AXML_MAX_ATTRIBUTES)
            return fail(x, ERR_LIMIT, "an element with too many attributes");
        take_attribute(x, one);
    }
    if (x->depth == AXML_MAX_DEPTH)
        return fail(x, ERR_LIMIT, "elements nested too deep");
    x->depth++;
    x->started = true;
    return AXML_START;
}

enum axml_event axml_next(struct axml *x)
{
    struct slice chunk;
    if (x->err.code)
        return AXML_ERROR;
    while (take_chunk(x, &chunk)) {
        struct slice ext = slice_sub(chunk, u16(chunk, 2), SIZE_MAX);
        switch (u16(chunk, 0)) {
        case STRING_POOL:
            if (!x->offsets.n)
                open_pool(x, chunk);
            else
                odd(x, "a second pool of strings");
            break;
        case RESOURCE_MAP: x->ids = ext; break;
        case START_ELEMENT: return start_element(x, chunk);
        case END_ELEMENT:
            if (!x->depth)
                return fail(x, ERR_CORRUPT, "an element is closed that isn't open");
            x->name = string(x, u32(ext, 4));
            x->depth--;
            return AXML_CLOSE;
        case CDATA: x->text = string(x, u32(ext, 0)); return AXML_TEXT;
        case START_NAMESPACE:
        case START_NAMESPACE + 1: break;
        default: odd(x, "a chunk of an unknown type");
        }
    }
    if (!x->err.code && (x->depth || !x->started))
        return fail(x, ERR_CORRUPT, "ends early");
    if (!x->err.code && x->at != x->end)
        odd(x, "data behind the end");
    return x->err.code ? AXML_ERROR : AXML_END;
}

const struct axml_attribute *axml_get(const struct axml *x, uint32_t id, const char *name)
{
    for (unsigned i = 0; i < x->n; i++) {
        const struct axml_attribute *one = &x->attributes[i];
        if (one->id ? one->id == id : slice_is(one->name, name))
            return one;
    }
    return NULL;
}

struct slice axml_text(struct axml *x, const struct axml_attribute *attribute)
{
    if (!attribute)
        return (struct slice){0};
    return attribute->type == AXML_STRING ? string(x, attribute->data) : attribute->raw;
}

bool axml_number(struct axml *x, const struct axml_attribute *attribute, int64_t *out)
{
    if (!attribute)
        return false;
    if (attribute->type >= AXML_INT && attribute->type < 0x20) {
        *out = attribute->type == AXML_BOOL ? attribute->data != 0 : (int32_t)attribute->data;
        return true;
    }
    struct slice text = axml_text(x, attribute);
    if (slice_is(text, "true") || slice_is(text, "false")) {
        *out = slice_is(text, "true");
        return true;
    }
    *out = 0;
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] < '0' || text.p[i] > '9' || i > 17)
            return false;
        *out = *out * 10 + (text.p[i] - '0');
    }
    return text.n > 0;
}
