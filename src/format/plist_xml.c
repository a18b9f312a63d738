/*
 * XML property lists: the index. Opening reads the text once and keeps 16 bytes for each
 * element, in file order; plist_xml_value.c decodes text when asked. A value's ref is the number of
 * its element.
 *
 * Reading stops at the first place that breaks the syntax, and the plist is bad from then on: the
 * elements before it can be used. An element that is cut off itself is never given out, since half a
 * number or half an address would look like a whole one. Format: docs/formats/plist.md
 */
#include <assert.h>

#include "base/utf8.h"
#include "format/plist_impl.h"

/* The bytes of the shortest element, <key/>. */
enum { SHORTEST = 6 };

static const struct element {
    const char *name;
    enum plist_type type;
    bool key, yes;
} elements[] = {
    {"key", PLIST_STRING, .key = true},
    {"string", PLIST_STRING},
    {"dict", PLIST_DICT},
    {"integer", PLIST_INT},
    {"array", PLIST_ARRAY},
    {"data", PLIST_DATA},
    {"date", PLIST_DATE},
    {"true", PLIST_BOOL, .yes = true},
    {"false", PLIST_BOOL},
    {"real", PLIST_REAL},
    {"plist", PLIST_NONE},
};

struct tag {
    const struct element *element;
    size_t at;
    bool closes, empty; /* </x>, <x/> */
};

struct scan {
    struct plist *p;
    struct cursor c;
    struct plist_node *nodes;
    uint32_t count, room;
    uint32_t open[PLIST_MAX_DEPTH]; /* containers around the place; a dict's n counts keys, too */
    unsigned depth, too_deep;       /* of containers; of those inside the deepest allowed */
    bool started, ended;            /* <plist>, </plist> */
};

static bool stop(struct scan *s, size_t at, const char *why)
{
    plist_damage(s->p, ERR_CORRUPT, "plist: byte %zu: %s", at, why);
    return false;
}

static bool stands_at(const struct cursor *c, const char *text)
{
    return slice_starts((struct slice){c->p, cursor_left(c)}, text);
}

bool plist_xml_enclosed(struct cursor *c, const char *from, const char *to, struct slice *inner)
{
    if (!stands_at(c, from))
        return false;
    cursor_skip(c, strlen(from));
    struct slice rest = {c->p, cursor_left(c)};
    *inner = slice_sub(rest, 0, slice_search(rest, slice_of(to), 0));
    cursor_skip(c, (uint64_t)inner->n + strlen(to));
    return true;
}

bool plist_xml_comment(struct cursor *c)
{
    struct slice inner;
    return plist_xml_enclosed(c, "<!--", "-->", &inner) ||
           plist_xml_enclosed(c, "<?", "?>", &inner);
}

/* At a comment, CDATA, an instruction or a document type, and not at a tag. */
static bool at_markup(const struct cursor *c)
{
    return cursor_left(c) > 1 && (c->p[1] == '!' || c->p[1] == '?');
}

/* Goes past the > of a tag; one inside quotes doesn't count. */
static bool skip_tag(struct scan *s)
{
    size_t at = cursor_offset(&s->c);
    uint8_t quote = 0;
    while (cursor_left(&s->c)) {
        uint8_t b = *s->c.p++;
        if (!quote && b == '>')
            return true;
        if (!quote && b == '[')
            return stop(s, at, "entities of its own, which no property list has");
        if (quote ? b == quote : b == '"' || b == '\'')
            quote = quote ? 0 : b;
    }
    return stop(s, at, "ends inside a tag");
}

static bool read_tag(struct scan *s, struct tag *t)
{
    *t = (struct tag){.at = cursor_offset(&s->c)};
    cursor_skip(&s->c, 1);
    t->closes = stands_at(&s->c, "/");
    cursor_skip(&s->c, t->closes);
    struct slice rest = {s->c.p, cursor_left(&s->c)}, name = {rest.p, 0};
    while (name.n < rest.n && rest.p[name.n] >= 'a' && rest.p[name.n] <= 'z')
        name.n++;
    for (size_t i = 0; i < sizeof elements / sizeof *elements && !t->element; i++)
        if (name.n && *name.p == *elements[i].name && slice_is(name, elements[i].name))
            t->element = &elements[i];
    cursor_skip(&s->c, name.n);
    uint8_t after = cursor_left(&s->c) ? *s->c.p : 0;
    if (!t->element || !(plist_xml_white(after) || after == '>' || after == '/'))
        return stop(s, t->at, "an unknown element, or the end inside a tag");
    if (!skip_tag(s))
        return false;
    t->empty = !t->closes && s->c.p[-2] == '/';
    return true;
}

/* The text of a scalar up to its closing tag, undecoded. */
static bool read_text(struct scan *s, const struct tag *t, struct plist_node *n)
{
    struct slice inner;
    struct tag end;
    for (;;) {
        struct slice rest = {s->c.p, cursor_left(&s->c)};
        cursor_skip(&s->c, slice_find(rest, '<'));
        if (!cursor_left(&s->c) || s->c.bad)
            return stop(s, t->at, "an element that doesn't end");
        if (!at_markup(&s->c) ||
            (!plist_xml_comment(&s->c) && !plist_xml_enclosed(&s->c, "<![CDATA[", "]]>", &inner)))
            break;
        n->marked = true;
    }
    n->n = (uint32_t)(cursor_offset(&s->c) - n->start);
    struct slice raw = slice_sub(s->p->bytes, n->start, n->n);
    n->marked = n->marked || slice_find(raw, '&') < raw.n;
    if (!read_tag(s, &end))
        return false;
    return (end.closes && end.element == t->element) ||
           stop(s, end.at, "not the end of the element before");
}

static bool add(struct scan *s, const struct tag *t, struct plist_node n)
{
    struct plist_node *in = s->depth ? &s->nodes[s->open[s->depth - 1]] : NULL;
    if (s->too_deep)
        return true;
    if (!in && s->count)
        return stop(s, t->at, "a second value at the top");
    if (t->element->key != (in && in->type == PLIST_DICT && in->n % 2 == 0))
        return stop(s, t->at, t->element->key ? "a key out of place" : "a value without a key");
    if (in)
        in->n++;
    assert(s->count < s->room);
    n.next = s->count + 1;
    s->nodes[s->count++] = n;
    return true;
}

static bool add_scalar(struct scan *s, const struct tag *t)
{
    struct plist_node n = {.start = (uint32_t)cursor_offset(&s->c),
                           .type = (uint8_t)t->element->type};
    if (!t->empty && !read_text(s, t, &n))
        return false;
    if (n.type == PLIST_BOOL)
        n.n = t->element->yes;
    return add(s, t, n);
}

static bool open_container(struct scan *s, const struct tag *t)
{
    struct plist_node n = {.start = (uint32_t)t->at, .type = (uint8_t)t->element->type};
    bool fits = s->depth < PLIST_MAX_DEPTH;
    if (!fits) {
        plist_damage(s->p, ERR_LIMIT, "plist: byte %zu: nested deeper than %d", t->at,
                     PLIST_MAX_DEPTH);
        n.type = PLIST_NONE;
    }
    if (!add(s, t, n))
        return false;
    if (!t->empty && fits)
        s->open[s->depth++] = s->count - 1;
    else if (!t->empty)
        s->too_deep++;
    return true;
}

/* {CF$UID: n} is how XML spells a UID. */
static bool is_uid(const struct scan *s, const struct plist_node *dict)
{
    const struct plist_node *key = dict + 1;
    return dict->n == 1 && key[1].type == PLIST_INT && !key->marked &&
           slice_is(slice_sub(s->p->bytes, key->start, key->n), "CF$UID");
}

static void finish_container(struct scan *s)
{
    struct plist_node *n = &s->nodes[s->open[--s->depth]];
    n->next = s->count;
    if (n->type != PLIST_DICT)
        return;
    if (n->n % 2)
        plist_damage(s->p, ERR_CORRUPT, "plist: byte %u: a key without a value", n->start);
    n->n /= 2;
    if (is_uid(s, n))
        n->type = PLIST_UID;
}

static bool close_container(struct scan *s, const struct tag *t)
{
    if (s->too_deep) {
        s->too_deep--;
        return true;
    }
    if (!s->depth || s->nodes[s->open[s->depth - 1]].type != t->element->type)
        return stop(s, t->at, "closes what isn't open");
    finish_container(s);
    return true;
}

/* <plist> around the value, which may be missing. */
static bool wrap(struct scan *s, const struct tag *t)
{
    if (t->closes ? !s->started || s->depth : s->started || s->count)
        return stop(s, t->at, "<plist> out of place");
    s->started = true;
    s->ended = t->closes || t->empty;
    return true;
}

/* Goes past white space, and the zeros that some files are filled up with. */
static void skip_white(struct scan *s)
{
    while (cursor_left(&s->c) && (plist_xml_white(*s->c.p) || *s->c.p == 0))
        s->c.p++;
    if (!cursor_left(&s->c) || *s->c.p == '<')
        return;
    stop(s, cursor_offset(&s->c), "text outside of elements");
    cursor_skip(&s->c, slice_find((struct slice){s->c.p, cursor_left(&s->c)}, '<'));
}

static bool skip_markup(struct scan *s)
{
    size_t at = cursor_offset(&s->c);
    if (plist_xml_comment(&s->c))
        return !s->c.bad || stop(s, at, "a comment that doesn't end");
    return stands_at(&s->c, "<!DOCTYPE") ? skip_tag(s) : stop(s, at, "unknown markup");
}

/* The next piece of the text; false at the end and at what breaks the syntax. */
static bool step(struct scan *s)
{
    struct tag t;
    skip_white(s);
    size_t at = cursor_offset(&s->c);
    if (!cursor_left(&s->c))
        return false;
    if (at_markup(&s->c))
        return skip_markup(s);
    if (s->ended)
        return stop(s, at, "elements behind the end");
    if (!read_tag(s, &t))
        return false;
    if (t.element->type == PLIST_NONE)
        return wrap(s, &t);
    if (t.element->type == PLIST_ARRAY || t.element->type == PLIST_DICT)
        return t.closes ? close_container(s, &t) : open_container(s, &t);
    return t.closes ? stop(s, at, "closes what isn't open") : add_scalar(s, &t);
}

/* What is not '<' at the start after white space is another format. */
static bool recognise(struct plist *p)
{
    struct slice s = p->bytes;
    if (slice_starts(s, "\xef\xbb\xbf"))
        p->bytes = slice_sub(s, 3, s.n);
    else if (s.n >= 2 && ((s.p[0] == 0xfe && s.p[1] == 0xff) || (s.p[0] == 0 && s.p[1] == '<')))
        p->bytes = utf8_from_utf16(slice_sub(s, s.p[0] ? 2 : 0, s.n), true, p->arena);
    else if (s.n >= 2 && ((s.p[0] == 0xff && s.p[1] == 0xfe) || (s.p[0] == '<' && s.p[1] == 0)))
        p->bytes = utf8_from_utf16(slice_sub(s, s.p[1] ? 2 : 0, s.n), false, p->arena);
    struct slice text = slice_trim(p->bytes);
    if (!s.n)
        plist_damage(p, ERR_CORRUPT, "plist: an empty file");
    else if (s.n > UINT32_MAX)
        plist_damage(p, ERR_LIMIT, "plist: %zu bytes of text are too many", s.n);
    else if (slice_starts(s, "bplist"))
        plist_damage(p, ERR_UNSUPPORTED, "plist: a binary form other than bplist00");
    else if (slice_starts(text, "{") || slice_starts(text, "(") || slice_starts(text, "/"))
        plist_damage(p, ERR_UNSUPPORTED, "plist: the old text form");
    else if (!slice_starts(text, "<"))
        plist_damage(p, ERR_CORRUPT, "plist: neither binary nor XML");
    return !p->bad.code;
}

bool plist_xml_open(struct plist *p)
{
    if (!recognise(p))
        return false;
    struct scan s = {.p = p, .c = cursor(p->bytes)};
    s.room = (uint32_t)(p->bytes.n / SHORTEST) + 1;
    s.nodes = arena_alloc(p->arena, s.room * sizeof *s.nodes);
    while (step(&s))
        ;
    if (s.depth || (s.started && !s.ended))
        stop(&s, cursor_offset(&s.c), "the end comes too early");
    while (s.depth)
        finish_container(&s);
    if (!s.count)
        return stop(&s, cursor_offset(&s.c), "no value in it");
    p->kind = &plist_xml;
    p->xml.nodes = s.nodes;
    p->xml.count = s.count;
    p->top = (struct plist_value){p, s.nodes[0].type, 0};
    return true;
}
