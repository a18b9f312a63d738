/*
 * The typedstream that NSArchiver writes, as far as attributed strings need it. The grammar is read
 * in full, so that the text is really the string of the root object and a link really a URL's
 * string: a search for markers would take what a sender hid in an attribute for the text.
 *
 * Where the grammar breaks, what was read stands; only if the text wasn't reached is it searched for
 * behind the class name. Either way the body counts as damaged. Format: docs/formats/typedstream.md
 *
 * Invariants: objects are numbered before their class, and classes before their superclass, in the
 * order in which they begin; a reference can only name what has begun.
 */
#include "format/typedstream.h"

#include <stdlib.h>

enum { INT16 = 0x81, INT32 = 0x82, REAL = 0x83, NEW = 0x84, NIL = 0x85, END = 0x86, INT64 = 0x87 };
enum { FIRST_REFERENCE = -110, MAX_DEPTH = 64, ROOT = 0, NONE = -1 };

/* What a class is for us, by its name or that of the nearest superclass that has one. */
enum role { OTHER, ATTRIBUTED, STRING, URL, DICTIONARY };

enum made { OBJECT, CLASS, C_STRING };

struct object {
    uint8_t made; /* enum made */
    uint8_t role; /* enum role; of a class: that of its objects */
    bool key;     /* names an attribute */
    bool link;
    struct slice text; /* OBJECT: of a string; CLASS: its name */
};

struct reader {
    struct cursor c;
    struct slice *strings; /* shared strings: types and class names */
    struct object *objects;
    size_t nstrings, strings_room, nobjects, objects_room;
    size_t steps; /* type letters still allowed: a reference of one byte can repeat many */
    int64_t body; /* the object whose text is the message's */
    struct err *e;
};

/* The object whose values are read. */
struct holder {
    int64_t self;
    unsigned children; /* objects seen so far */
    int64_t last;
};

static bool object(struct reader *r, const struct holder *parent, unsigned depth, int64_t *out);

static bool fail(struct reader *r, enum err_code code, const char *what)
{
    return err_set(r->e, code, "typedstream: byte %zu: %s", cursor_offset(&r->c), what);
}

static bool whole(struct reader *r)
{
    return !r->c.bad || fail(r, ERR_CORRUPT, "ends too early");
}

/* Room for one more element of an array; doubles it. */
static void *grown(void *array, size_t n, size_t *room, size_t size)
{
    if (n < *room)
        return array;
    *room = *room ? *room * 2 : 16;
    return xrealloc(array, *room, size);
}

static int64_t add_object(struct reader *r, enum made made)
{
    r->objects = grown(r->objects, r->nobjects, &r->objects_room, sizeof *r->objects);
    r->objects[r->nobjects] = (struct object){.made = (uint8_t)made};
    return (int64_t)r->nobjects++;
}

/* An integer whose first byte has been read. */
static bool integer(struct reader *r, uint8_t head, int64_t *v)
{
    switch (head) {
    case INT16: *v = (int16_t)cursor_u16le(&r->c); return whole(r);
    case INT32: *v = (int32_t)cursor_u32le(&r->c); return whole(r);
    case INT64: *v = (int64_t)cursor_u64le(&r->c); return whole(r);
    }
    *v = (int8_t)head;
    return *v >= FIRST_REFERENCE || fail(r, ERR_CORRUPT, "not an integer");
}

static bool real(struct reader *r, size_t size)
{
    int64_t v;
    uint8_t head = cursor_u8(&r->c);
    if (head != REAL)
        return whole(r) && integer(r, head, &v);
    cursor_skip(&r->c, size);
    return whole(r);
}

/* Length and bytes. What is there of a string that is cut off comes back, too. */
static bool plain_string(struct reader *r, struct slice *s)
{
    uint8_t head = cursor_u8(&r->c);
    uint64_t n = head;
    *s = slice_at(r->c.p, 0);
    if (head == NIL)
        return true;
    if (head == INT16)
        n = cursor_u16le(&r->c);
    else if (head == INT32)
        n = cursor_u32le(&r->c);
    else if (head >= 0x80)
        return fail(r, ERR_CORRUPT, "not a length");
    if (!whole(r))
        return false;
    *s = slice_at(r->c.p, n < cursor_left(&r->c) ? (size_t)n : cursor_left(&r->c));
    cursor_skip(&r->c, n);
    return whole(r);
}

static bool reference(struct reader *r, uint8_t head, size_t count, int64_t *out)
{
    if (!integer(r, head, out))
        return false;
    *out -= FIRST_REFERENCE;
    return (*out >= 0 && (uint64_t)*out < count) ||
           fail(r, ERR_CORRUPT, "a reference to what isn't there");
}

static bool shared_string(struct reader *r, struct slice *s)
{
    uint8_t head = cursor_u8(&r->c);
    int64_t at;
    if (!whole(r))
        return false;
    if (head == NIL)
        return fail(r, ERR_CORRUPT, "no string");
    if (head != NEW) {
        if (!reference(r, head, r->nstrings, &at))
            return false;
        *s = r->strings[at];
        return true;
    }
    if (!plain_string(r, s))
        return false;
    r->strings = grown(r->strings, r->nstrings, &r->strings_room, sizeof *r->strings);
    r->strings[r->nstrings++] = *s;
    return true;
}

static enum role role_of(struct slice class)
{
    static const struct {
        const char *name;
        enum role role;
    } known[] = {
        {"NSString", STRING},
        {"NSMutableString", STRING},
        {"NSAttributedString", ATTRIBUTED},
        {"NSMutableAttributedString", ATTRIBUTED},
        {"NSURL", URL},
        {"NSDictionary", DICTIONARY},
        {"NSMutableDictionary", DICTIONARY},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (slice_is(class, known[i].name))
            return known[i].role;
    return OTHER;
}

/* A class with its superclasses: literal ones up to one that is known already, or to none. */
static bool class(struct reader *r, int64_t *out)
{
    size_t first = r->nobjects;
    uint8_t head, role = OTHER;
    int64_t known = NONE, version;
    while ((head = cursor_u8(&r->c)) == NEW) {
        int64_t self = add_object(r, CLASS);
        if (!shared_string(r, &r->objects[self].text) || !integer(r, cursor_u8(&r->c), &version) ||
            !whole(r))
            return false;
    }
    if (!whole(r))
        return false;
    if (head != NIL) {
        if (!reference(r, head, r->nobjects, &known))
            return false;
        if (r->objects[known].made != CLASS)
            return fail(r, ERR_CORRUPT, "not a class");
        role = r->objects[known].role;
    }
    for (size_t i = r->nobjects; i-- > first;) {
        enum role own = role_of(r->objects[i].text);
        role = r->objects[i].role = own ? (uint8_t)own : role;
    }
    *out = first < r->nobjects ? (int64_t)first : known;
    return true;
}

/* An object inside h has been read: what it is there. */
static void took(struct reader *r, struct holder *h, int64_t child)
{
    static const char *const names[] = {"__kIMLinkAttributeName", "NSLink"};
    unsigned nth = h->children++;
    struct object *o = child == NONE ? NULL : &r->objects[child];
    enum role in = r->objects[h->self].role;
    if (in == DICTIONARY && nth % 2 == 0) {
        h->last = child;
        if (o)
            o->key = true;
    } else if (in == DICTIONARY && o && h->last != NONE) {
        for (size_t i = 0; i < sizeof names / sizeof *names; i++)
            o->link |= slice_is(r->objects[h->last].text, names[i]);
    } else if (in == URL && o) {
        o->link = true;
    }
}

static bool value(struct reader *r, struct holder *h, unsigned depth, uint8_t type)
{
    struct slice s;
    int64_t v;
    uint8_t head;
    switch (type) {
    case 'B':
    case 'c':
    case 'C': cursor_u8(&r->c); return whole(r);
    case 's':
    case 'S':
    case 'i':
    case 'I':
    case 'l':
    case 'L':
    case 'q':
    case 'Q': head = cursor_u8(&r->c); return whole(r) && integer(r, head, &v);
    case 'f': return real(r, 4);
    case 'd': return real(r, 8);
    case '#': return class(r, &v);
    case '%':
    case ':': return shared_string(r, &s);
    case '@':
        if (!object(r, h, depth, &v))
            return false;
        took(r, h, v);
        return true;
    case '*': /* a shared string that is numbered among the objects */
        head = cursor_u8(&r->c);
        if (head == NIL || !whole(r))
            return whole(r);
        if (head != NEW)
            return reference(r, head, r->nobjects, &v);
        add_object(r, C_STRING);
        return shared_string(r, &s);
    case '+': {
        bool good = plain_string(r, &s);
        struct object *o = &r->objects[h->self];
        /* Half a URL would be another host, half a text is still a text. */
        if (o->role == STRING && !o->text.p && (good || h->self == r->body))
            o->text = s;
        return good;
    }
    }
    return fail(r, ERR_CORRUPT, "a type that isn't known");
}

/* Types such as "[12i]": *i stands behind the bracket. */
static bool array(struct reader *r, struct holder *h, unsigned depth, struct slice types, size_t *i)
{
    uint64_t n = 0;
    for (; *i < types.n && types.p[*i] >= '0' && types.p[*i] <= '9' && n < UINT32_MAX; ++*i)
        n = n * 10 + (types.p[*i] - (unsigned)'0');
    if (types.n - *i < 2 || types.p[*i + 1] != ']')
        return fail(r, ERR_CORRUPT, "an array whose type isn't known");
    uint8_t type = types.p[*i];
    *i += 2;
    if (type == 'c' || type == 'C') {
        cursor_skip(&r->c, n);
        return whole(r);
    }
    /* Each element takes a byte at least. */
    while (n-- > 0)
        if (!value(r, h, depth, type))
            return false;
    return true;
}

/* A string of types, then a value for each. Structures are their members one by one. */
static bool group(struct reader *r, struct holder *h, unsigned depth)
{
    struct slice types;
    if (!shared_string(r, &types))
        return false;
    if (types.n > r->steps)
        return fail(r, ERR_LIMIT, "more types than the bytes can need");
    r->steps -= types.n;
    for (size_t i = 0; i < types.n;) {
        uint8_t type = types.p[i++];
        if (type == '}')
            continue;
        if (type == '{') {
            i += slice_find(slice_sub(types, i, types.n), '=') + 1;
            if (i > types.n)
                return fail(r, ERR_CORRUPT, "a structure whose type isn't known");
        } else if (type == '[') {
            if (!array(r, h, depth, types, &i))
                return false;
        } else if (!value(r, h, depth, type)) {
            return false;
        }
    }
    return true;
}

/* One object, literal or by reference; NONE for nil. */
static bool object(struct reader *r, const struct holder *parent, unsigned depth, int64_t *out)
{
    uint8_t head = cursor_u8(&r->c);
    int64_t of;
    *out = NONE;
    if (head == NIL || !whole(r))
        return whole(r);
    if (head != NEW)
        return reference(r, head, r->nobjects, out);
    if (depth == MAX_DEPTH)
        return fail(r, ERR_LIMIT, "nested too deeply");
    struct holder h = {.self = add_object(r, OBJECT), .last = NONE};
    if (!class(r, &of))
        return false;
    if (of == NONE)
        return fail(r, ERR_CORRUPT, "an object without a class");
    enum role role = r->objects[h.self].role = r->objects[of].role;
    bool first = !parent || (parent->self == ROOT && parent->children == 0 &&
                             r->objects[ROOT].role == ATTRIBUTED);
    if (role == STRING && first)
        r->body = h.self;
    while (cursor_left(&r->c) && *r->c.p != END)
        if (!group(r, &h, depth + 1))
            return false;
    cursor_skip(&r->c, 1);
    *out = h.self;
    return whole(r);
}

static bool stream(struct reader *r)
{
    struct slice types;
    int64_t version, root;
    if (cursor_u8(&r->c) != 4 || !plain_string(r, &types) || !slice_is(types, "streamtyped") ||
        !integer(r, cursor_u8(&r->c), &version))
        return fail(r, ERR_CORRUPT, "not the header of a typedstream");
    if (!shared_string(r, &types))
        return false;
    if (!slice_is(types, "@"))
        return fail(r, ERR_CORRUPT, "doesn't begin with an object");
    if (!object(r, NULL, 0, &root))
        return false;
    if (r->body == NONE || !r->objects[r->body].text.p)
        return fail(r, ERR_CORRUPT, "not an attributed string");
    return cursor_left(&r->c) == 0 || fail(r, ERR_CORRUPT, "something follows the end");
}

/* The last resort: what stands behind the class name of a string. */
static struct slice search_text(struct reader *r, struct slice bytes)
{
    struct slice text = {0}, name = slice_of("NSString"), mark = slice_of("\x84\x01+");
    size_t at = slice_search(bytes, name, 0);
    struct slice near = slice_sub(bytes, at, name.n + 16);
    size_t found = slice_search(near, mark, 0);
    if (found == near.n)
        return text;
    struct err ignored = {0};
    r->e = &ignored;
    r->c = cursor(slice_sub(bytes, at + found + mark.n, bytes.n));
    plain_string(r, &text);
    return text;
}

static bool is_link(const struct reader *r, size_t i)
{
    const struct object *o = &r->objects[i];
    if (o->made != OBJECT || o->role != STRING || o->text.n == 0)
        return false;
    if (o->link)
        return true;
    return !o->key && (int64_t)i != r->body &&
           slice_search(o->text, slice_of("://"), 0) < o->text.n;
}

bool typedstream_body(struct slice bytes, struct arena *a, struct typedstream_body *out,
                      struct err *e)
{
    struct reader r = {.c = cursor(bytes), .steps = 4096 + bytes.n * 4, .body = NONE, .e = e};
    *out = (struct typedstream_body){0};
    bool good = stream(&r);
    for (size_t i = 0; i < r.nobjects; i++)
        out->nlinks += is_link(&r, i);
    if (out->nlinks) {
        out->links = arena_alloc(a, out->nlinks * sizeof *out->links);
        struct slice *to = out->links;
        for (size_t i = 0; i < r.nobjects; i++)
            if (is_link(&r, i))
                *to++ = r.objects[i].text;
    }
    if (r.body != NONE && r.objects[r.body].text.p)
        out->text = r.objects[r.body].text;
    else
        out->text = search_text(&r, bytes);
    free(r.strings);
    free(r.objects);
    return good;
}
