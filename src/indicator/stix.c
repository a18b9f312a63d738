/*
 * STIX 2.0 and 2.1 bundles.
 *
 * One pass over the objects keeps what an indicator needs; relations, reports and newer versions may
 * stand anywhere in the file, so values are taken in only after the last one. The family of an
 * indicator is what a relationship says it indicates, else the first report that lists it. Nothing
 * in a bundle is trusted to be well-formed: an object that isn't costs only itself. Shapes seen in
 * the wild: docs/indicators.md
 */
#include "indicator/stix.h"

#include "base/utf8.h"

#include <stdlib.h>

#include "format/json.h"
#include "indicator/families.h"
#include "indicator/stix_pattern.h"

enum { SHOWN_MAX = 200 };

/* What lists of an object say about it. */
enum { SAYS_STALKERWARE = 1, SAYS_HARMLESS = 2, SAYS_COMPROMISED = 4, SAYS_CONTEXT = 8 };

struct object {
    struct slice type, id, name, pattern, pattern_type, created, modified, valid_until;
    struct slice source_ref, target_ref, family;
    unsigned says;
    int confidence;
    bool revoked, superseded;
    enum family_class class;   /* of a family, by its name */
    size_t refs_from, refs_to; /* in stix.refs */
};

struct objects {
    struct object *items;
    size_t n, room;
};

struct ids {
    struct slice *items;
    size_t n, room;
};

struct stix {
    struct json j;
    struct draft *draft;
    struct objects indicators, named, reports;
    struct ids refs;      /* object_refs of all reports */
    struct ids relations; /* pairs: source_ref, target_ref */
    struct table ids;     /* of indicators: the newest of each id */
    struct table names;   /* of named */
    bool seen;            /* there is a STIX object in the file */
};

static struct object *append(struct objects *o, const struct object *item)
{
    if (o->n == o->room) {
        o->room = o->room ? 2 * o->room : 64;
        o->items = xrealloc(o->items, o->room, sizeof *o->items);
    }
    o->items[o->n] = *item;
    return &o->items[o->n++];
}

static void append_id(struct ids *ids, struct slice id)
{
    if (ids->n == ids->room) {
        ids->room = ids->room ? 2 * ids->room : 256;
        ids->items = xrealloc(ids->items, ids->room, sizeof *ids->items);
    }
    ids->items[ids->n++] = id;
}

#define TEXT(key)                                                                                  \
    {                                                                                              \
        {(const uint8_t *)#key, sizeof #key - 1}, offsetof(struct object, key)                     \
    }

static const struct {
    struct slice key;
    size_t at;
} texts[] = {
    TEXT(type),    TEXT(id),       TEXT(name),        TEXT(pattern),    TEXT(pattern_type),
    TEXT(created), TEXT(modified), TEXT(valid_until), TEXT(source_ref), TEXT(target_ref),
};

static unsigned says(struct slice label)
{
    if (slice_is_nocase(label, "benign"))
        return SAYS_HARMLESS;
    if (slice_is_nocase(label, "compromised"))
        return SAYS_COMPROMISED;
    if (slice_is_nocase(label, "misp:to_ids=\"False\""))
        return SAYS_CONTEXT;
    /* Upper or lower case at the start, alone or with more around it. */
    return slice_search(label, slice_of("talkerware"), 0) < label.n ? SAYS_STALKERWARE : 0;
}

/* The strings of a list: labels and types, or the ids that a report lists. */
static bool read_list(struct stix *s, struct object *o, bool refs)
{
    for (enum json_token t; (t = json_next(&s->j)) != JSON_ARRAY_END;) {
        if (t == JSON_STRING && refs)
            append_id(&s->refs, s->j.text);
        else if (t == JSON_STRING)
            o->says |= says(s->j.text);
        else if (!json_skip(&s->j, t))
            return false;
    }
    return true;
}

/* The value of a key that no text is under. */
static bool read_other(struct stix *s, struct slice key, struct object *o)
{
    enum json_token t = json_next(&s->j);
    int64_t v;
    if (t == JSON_ARRAY && slice_is(key, "object_refs"))
        return read_list(s, o, true);
    if (t == JSON_ARRAY && (slice_is(key, "labels") || slice_ends(key, "_types")))
        return read_list(s, o, false);
    if (t == JSON_TRUE && slice_is(key, "revoked"))
        o->revoked = true;
    if (t == JSON_NUMBER && slice_is(key, "confidence") && json_int(s->j.text, &v) && v >= 0 &&
        v <= 100)
        o->confidence = (int)v;
    return json_skip(&s->j, t);
}

static bool read_member(struct stix *s, struct object *o)
{
    struct slice key = s->j.text;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (slice_equal(key, texts[i].key)) {
            enum json_token t = json_next(&s->j);
            if (t == JSON_STRING)
                *(struct slice *)((char *)o + texts[i].at) = s->j.text;
            return json_skip(&s->j, t);
        }
    return read_other(s, key, o);
}

static bool same_id(const struct objects *list, uint32_t number, struct slice id)
{
    return slice_equal(list->items[number].id, id);
}

static uint32_t find(const struct objects *list, const struct table *t, struct slice id)
{
    uint32_t tag = table_tag(id, 0), number;
    size_t at = table_start(t, tag);
    while ((number = table_next(t, tag, &at)) != TABLE_END && !same_id(list, number, id))
        continue;
    return number;
}

static int64_t when(const struct object *o)
{
    struct utime t = utime_parse(o->modified.n ? o->modified : o->created);
    return t.precision == PRECISION_NONE ? INT64_MIN : t.ns;
}

/* Of several versions the newest counts, of equal ones the last. It keeps the place of the first. */
static void add_indicator(struct stix *s, const struct object *o)
{
    uint32_t same = o->id.n ? find(&s->indicators, &s->ids, o->id) : TABLE_END;
    struct object older = *o;
    if (same == TABLE_END) {
        append(&s->indicators, o);
        if (o->id.n)
            table_put(&s->ids, table_tag(o->id, 0), (uint32_t)s->indicators.n - 1);
        return;
    }
    if (when(o) >= when(&s->indicators.items[same])) {
        older = s->indicators.items[same];
        s->indicators.items[same] = *o;
    }
    older.superseded = true;
    append(&s->indicators, &older);
}

static const char *const named_types[] = {
    "malware", "tool", "threat-actor", "campaign", "intrusion-set", "infrastructure", "identity",
};

/* One object, behind its '{'. */
static bool read_object(struct stix *s)
{
    struct object o = {.confidence = -1, .refs_from = s->refs.n};
    while (json_key(&s->j))
        if (!read_member(s, &o))
            return false;
    if (s->j.err.code)
        return false;
    o.refs_to = s->refs.n;
    s->seen = s->seen || (o.type.n && slice_equal(slice_sub(o.id, 0, o.type.n), o.type));
    if (!o.type.n && o.pattern.n) {
        draft_reject(s->draft, o.id, LINT_BAD_OBJECT);
    } else if (slice_is(o.type, "indicator")) {
        add_indicator(s, &o);
    } else if (slice_is(o.type, "relationship")) {
        append_id(&s->relations, o.source_ref);
        append_id(&s->relations, o.target_ref);
    } else if (slice_is(o.type, "report") || slice_is(o.type, "grouping")) {
        append(&s->reports, &o);
    } else {
        s->refs.n = o.refs_from;
        for (size_t i = 0; i < sizeof named_types / sizeof *named_types; i++)
            if (slice_is(o.type, named_types[i]) && o.id.n) {
                append(&s->named, &o);
                table_put(&s->names, table_tag(o.id, 0), (uint32_t)s->named.n - 1);
            }
    }
    return true;
}

/* The list of objects, behind its '['. */
static bool read_objects(struct stix *s)
{
    for (enum json_token t; (t = json_next(&s->j)) != JSON_ARRAY_END;) {
        if (t == JSON_OBJECT) {
            if (!read_object(s))
                return false;
            continue;
        }
        if (!json_skip(&s->j, t))
            return false;
        draft_reject(s->draft, s->j.text, LINT_BAD_OBJECT);
    }
    return true;
}

/* The bundle, or a bare list of objects. */
static bool read_bundle(struct stix *s)
{
    enum json_token t = json_next(&s->j);
    if (t == JSON_ARRAY)
        return read_objects(s);
    if (t != JSON_OBJECT)
        return t != JSON_ERROR;
    while (json_key(&s->j)) {
        bool objects = slice_is(s->j.text, "objects"), type = slice_is(s->j.text, "type");
        t = json_next(&s->j);
        if (type && t == JSON_STRING && slice_is(s->j.text, "bundle"))
            s->seen = true;
        if (t == JSON_ARRAY && objects ? !read_objects(s) : !json_skip(&s->j, t))
            return false;
    }
    return !s->j.err.code && json_next(&s->j) == JSON_END;
}

static void set_classes(struct objects *families, struct slice set)
{
    for (size_t i = 0; i < families->n; i++) {
        struct object *o = &families->items[i];
        o->class = family_class_of(o->name);
        if (o->class == FAMILY_OTHER && (o->says & SAYS_STALKERWARE))
            o->class = FAMILY_STALKERWARE;
        if (o->class == FAMILY_OTHER)
            o->class = family_class_of(set);
    }
}

static void give_family(struct stix *s, struct slice indicator, const struct object *family)
{
    uint32_t number = find(&s->indicators, &s->ids, indicator);
    struct object *o = number == TABLE_END ? NULL : &s->indicators.items[number];
    if (!o || o->family.n || !family->name.n)
        return;
    o->family = family->name;
    o->class = family->class;
}

static void give_families(struct stix *s)
{
    enum family_class unnamed = family_class_of(s->draft->set.name);
    set_classes(&s->named, s->draft->set.name);
    set_classes(&s->reports, s->draft->set.name);
    for (size_t i = 0; i < s->indicators.n; i++) {
        struct object *o = &s->indicators.items[i];
        o->class =
            unnamed == FAMILY_OTHER && (o->says & SAYS_STALKERWARE) ? FAMILY_STALKERWARE : unnamed;
    }
    for (size_t i = 0; i + 1 < s->relations.n; i += 2) {
        struct slice target = s->relations.items[i + 1];
        uint32_t number = find(&s->named, &s->names, target);
        if (number != TABLE_END && !slice_starts(target, "identity--"))
            give_family(s, s->relations.items[i], &s->named.items[number]);
    }
    for (size_t i = 0; i < s->reports.n; i++) {
        const struct object *r = &s->reports.items[i];
        for (size_t k = r->refs_from; k < r->refs_to; k++)
            give_family(s, s->refs.items[k], r);
    }
}

/* The newest date of all indicators, and who published them. */
static void set_facts(struct stix *s)
{
    struct set *set = &s->draft->set;
    for (size_t i = 0; i < s->indicators.n; i++) {
        const struct object *o = &s->indicators.items[i];
        struct utime t = utime_parse(o->modified.n ? o->modified : o->created);
        if (t.precision != PRECISION_NONE &&
            (set->published.precision == PRECISION_NONE || t.ns > set->published.ns))
            set->published = t;
    }
    for (size_t i = 0; i < s->named.n && !set->publisher.n; i++)
        if (slice_is(s->named.items[i].type, "identity"))
            set->publisher = s->named.items[i].name;
}

/* Why nothing of an indicator is taken; LINT_OK: it is. */
static enum lint whole(const struct object *o)
{
    return o->superseded                                                    ? LINT_SUPERSEDED
           : o->revoked                                                     ? LINT_REVOKED
           : !o->pattern.n                                                  ? LINT_BAD_OBJECT
           : o->pattern_type.n && !slice_is_nocase(o->pattern_type, "stix") ? LINT_PATTERN_TYPE
           : o->says & SAYS_HARMLESS                                        ? LINT_HARMLESS
           : o->says & SAYS_CONTEXT                                         ? LINT_CONTEXT
                                                                            : LINT_OK;
}

static void take_indicator(struct stix *s, const struct object *o)
{
    struct draft *d = s->draft;
    enum lint why = whole(o);
    if (why == LINT_BAD_OBJECT || why == LINT_PATTERN_TYPE) {
        draft_reject(d, o->pattern.n ? utf8_cut(o->pattern, SHOWN_MAX) : o->id, why);
        return;
    }
    struct utime until = utime_parse(o->valid_until);
    struct indicator like = {
        .ref = o->id,
        .family = o->family,
        .family_class = (uint8_t)o->class,
        .created = utime_parse(o->created.n ? o->created : o->modified),
        .valid_until = until,
        .expired = until.precision != PRECISION_NONE && until.ns < d->set.published.ns,
        .confidence = (int8_t)o->confidence,
    };
    size_t n;
    struct comparison *c = pattern_parse(o->pattern, &d->arena, &n);
    for (size_t i = 0; i < n; i++) {
        like.prefix = c[i].prefix;
        like.qualified = c[i].narrowed || (o->says & SAYS_COMPROMISED);
        if (why != LINT_OK || c[i].why != LINT_OK)
            draft_reject(d, c[i].value, why != LINT_OK ? why : c[i].why);
        else
            draft_add(d, c[i].type, c[i].value, &like);
    }
}

bool stix_read(struct slice text, struct draft *d, struct err *e)
{
    struct stix s = {.draft = d};
    table_init(&s.ids, 1024);
    table_init(&s.names, 16);
    json_open(&s.j, text, &d->arena);
    bool whole_file = read_bundle(&s);
    if (s.seen) {
        give_families(&s);
        set_facts(&s);
        for (size_t i = 0; i < s.indicators.n; i++)
            take_indicator(&s, &s.indicators.items[i]);
        if (!whole_file)
            draft_reject(d, slice_of(arena_printf(&d->arena, "%s", s.j.err.msg)), LINT_CUT_OFF);
    } else if (!whole_file) {
        *e = s.j.err;
        if (!e->code)
            err_set(e, ERR_CORRUPT, "more behind the end of the document");
    } else {
        err_set(e, ERR_UNSUPPORTED, "JSON, but no STIX bundle");
    }
    table_free(&s.ids);
    table_free(&s.names);
    free(s.indicators.items);
    free(s.named.items);
    free(s.relations.items);
    free(s.reports.items);
    free(s.refs.items);
    return s.seen;
}
