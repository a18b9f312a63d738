/*
 * MISP events. What they mean by "to_ids": an attribute by itself without it is context and not
 * taken. In an object it says little (exporters leave it false on the domains of a domain-ip object,
 * and on the package names of an app), so there the value counts, at most medium. Of a file object
 * with hashes only the hashes count: its name alone would be another file's, too.
 */
#include "indicator/misp.h"

#include "base/utf8.h"

#include "format/json.h"
#include "record/forms.h"

enum { DEPTH_MAX = 4, VALUES_MAX = 200000 };

/* Both halves of a "type|type" that mean something by themselves. */
static bool composite(struct draft *d, struct slice type, struct slice value,
                      const struct indicator *like)
{
    size_t bar = slice_find(type, '|'), split = slice_find(value, '|');
    const struct value_kind *a = kind_named(slice_sub(type, 0, bar));
    const struct value_kind *b = kind_named(slice_sub(type, bar + 1, type.n));
    struct slice first = slice_sub(value, 0, split), second = slice_sub(value, split + 1, value.n);
    struct indicator i = *like;
    if (!a)
        return false;
    if (a->why != LINT_OK) {
        draft_reject(d, value, a->why);
    } else if (a->type == OBS_FILENAME) { /* the hash is the key, the name goes with it */
        if (b && b->type == OBS_HASH && b->why == LINT_OK)
            draft_add(d, OBS_HASH, second, &i);
        else
            draft_reject(d, value, b ? b->why : LINT_PROPERTY);
    } else if (slice_is_nocase(slice_sub(type, bar + 1, type.n), "port")) {
        i.qualified = true;
        draft_add(d, a->type, first, &i);
    } else {
        draft_add(d, a->type, first, &i);
        if (b && b->why == LINT_OK && second.n)
            draft_add(d, b->type, second, &i);
    }
    return true;
}

bool misp_value(struct draft *d, struct slice type, struct slice value,
                const struct indicator *like)
{
    if (slice_find(type, '|') < type.n)
        return composite(d, type, value, like);
    if (slice_is_nocase(type, "malware-sample")) /* its value is "name|md5" */
        return composite(d, slice_of("filename|md5"), value, like);
    const struct value_kind *k = kind_named(type);
    if (!k)
        return false;
    if (k->why != LINT_OK)
        draft_reject(d, utf8_cut(value, 200), k->why);
    else
        draft_add(d, k->type, value, like);
    return true;
}

struct misp {
    struct json j;
    const struct where *where;
    struct draft *draft;
    struct slice info, date, timestamp, cluster;
    bool stalkerware; /* some tag says so */
};

static bool is_true(const struct json_value *object, const char *key)
{
    const struct json_value *v = json_get(object, key);
    return v && (v->type == JSON_TRUE || slice_is(v->text, "1") || slice_is(v->text, "true"));
}

static struct utime seconds(struct slice text)
{
    int64_t v;
    return json_int(text, &v) && v > 0 ? utime_from_int(v, UNIX) : utime_parse(text);
}

/* What an attribute's own type leaves open its relation in the object tells. */
static struct slice type_of(const struct json_value *a)
{
    struct slice type = json_get_text(a, "type"), relation = json_get_text(a, "object_relation");
    const struct value_kind *own = kind_named(type), *k = kind_named(relation);
    bool vague = !own || own->type == OBS_HASH;
    bool tells = k && k->why == LINT_OK && (k->type == OBS_APP || k->type == OBS_CERT);
    return vague && tells ? relation : type;
}

static void attribute(struct misp *m, const struct json_value *a, const struct json_value *object,
                      const struct indicator *like)
{
    struct slice value = json_get_text(a, "value"), type = type_of(a);
    struct slice seen = json_get_text(a, "first_seen");
    struct indicator i = *like;
    const struct value_kind *k = kind_named(type);
    bool composed = slice_find(type, '|') < type.n;
    if (!value.n || (!k && !composed && !slice_is(type, "malware-sample")))
        return;
    i.ref = json_get_text(a, "uuid");
    i.created = seconds(seen.n ? seen : json_get_text(a, "timestamp"));
    if (is_true(a, "deleted")) {
        draft_reject(m->draft, value, LINT_REVOKED);
        return;
    }
    bool meant = is_true(a, "to_ids") || !json_get(a, "to_ids");
    bool app = object && slice_is(json_get_text(object, "name"), "android-app");
    if (!meant && !object && (!k || k->why == LINT_OK)) {
        draft_reject(m->draft, value, LINT_CONTEXT);
        return;
    }
    if (!meant && !app)
        i.remark = LINT_UNSURE;
    misp_value(m->draft, type, value, &i);
}

static bool has_hash(const struct json_value *attributes)
{
    for (const struct json_value *a = attributes->first; a; a = a->next) {
        const struct value_kind *k = kind_named(json_get_text(a, "type"));
        if (k && k->type == OBS_HASH)
            return true;
    }
    return false;
}

static void object(struct misp *m, const struct json_value *o)
{
    const struct json_value *attributes = json_get(o, "Attribute");
    struct indicator like = {.confidence = -1, .family_class = FAMILY_OTHER};
    bool app = slice_is(json_get_text(o, "name"), "android-app");
    bool file = slice_is(json_get_text(o, "name"), "file"), revoked = is_true(o, "deleted");
    if (!attributes)
        return;
    for (const struct json_value *a = attributes->first; app && a; a = a->next)
        if (slice_is(json_get_text(a, "object_relation"), "name"))
            like.family = json_get_text(a, "value");
    like.family_class = (uint8_t)where_class(m->where, like.family);
    bool only_hashes = file && has_hash(attributes);
    for (const struct json_value *a = attributes->first; a; a = a->next) {
        const struct value_kind *k = kind_named(json_get_text(a, "type"));
        if (only_hashes && k && k->why == LINT_OK && k->type != OBS_HASH)
            continue;
        if (revoked && k)
            draft_reject(m->draft, json_get_text(a, "value"), LINT_REVOKED);
        else
            attribute(m, a, o, &like);
    }
}

static void tag(struct misp *m, const struct json_value *t)
{
    struct slice name = json_get_text(t, "name");
    if (slice_search(name, slice_of("talkerware"), 0) < name.n)
        m->stalkerware = true;
    /* misp-galaxy:malpedia="Pegasus (Android)" */
    size_t from = slice_search(name, slice_of("=\""), 0);
    if (slice_starts(name, "misp-galaxy:") && from < name.n && !m->cluster.n &&
        (slice_search(name, slice_of("malpedia"), 0) < from ||
         slice_search(name, slice_of("malware"), 0) < from ||
         slice_search(name, slice_of("tool"), 0) < from))
        m->cluster = slice_sub(name, from + 2, name.n - from - 3);
}

static bool each(struct misp *m, struct slice key)
{
    struct json *j = &m->j;
    const struct indicator like = {
        .confidence = -1, .family_class = (uint8_t)where_class(m->where, (struct slice){0})};
    for (enum json_token t; (t = json_next(j)) != JSON_ARRAY_END;) {
        struct err e = {0};
        const struct json_value *v = json_tree_of(j, t, VALUES_MAX, &e);
        if (!v) {
            j->err = e;
            return false;
        }
        if (v->type != JSON_OBJECT)
            draft_reject(m->draft, v->text, LINT_BAD_OBJECT);
        else if (slice_is(key, "Attribute"))
            attribute(m, v, NULL, &like);
        else if (slice_is(key, "Object"))
            object(m, v);
        else
            tag(m, v);
    }
    return true;
}

static bool event(struct misp *m, unsigned depth);

static bool events(struct misp *m, unsigned depth)
{
    for (enum json_token t; (t = json_next(&m->j)) != JSON_ARRAY_END;)
        if (t == JSON_OBJECT ? !event(m, depth) : !json_skip(&m->j, t))
            return false;
    return true;
}

static void fact(struct misp *m, struct slice key, struct slice text)
{
    if (slice_is(key, "info"))
        m->info = text;
    else if (slice_is(key, "date"))
        m->date = text;
    else if (slice_is(key, "timestamp"))
        m->timestamp = text;
}

/* An event, or what wraps one or many, behind its '{'. */
static bool event(struct misp *m, unsigned depth)
{
    struct json *j = &m->j;
    while (json_key(j)) {
        struct slice key = j->text;
        enum json_token t = json_next(j);
        bool list = slice_is(key, "Attribute") || slice_is(key, "Object") || slice_is(key, "Tag");
        bool ok = true;
        if (t == JSON_ARRAY && list)
            ok = each(m, key);
        else if (t == JSON_ARRAY && slice_is(key, "response") && depth < DEPTH_MAX)
            ok = events(m, depth + 1);
        else if (t == JSON_OBJECT && depth < DEPTH_MAX &&
                 (slice_is(key, "Event") || slice_is(key, "response")))
            ok = event(m, depth + 1);
        else if (t == JSON_OBJECT && slice_is(key, "Orgc")) {
            struct err e = {0};
            const struct json_value *v = json_tree_of(j, t, VALUES_MAX, &e);
            ok = v != NULL;
            if (!ok)
                j->err = e;
            m->draft->set.publisher = json_get_text(v, "name");
        } else {
            if (t == JSON_STRING)
                fact(m, key, j->text);
            ok = json_skip(j, t);
        }
        if (!ok)
            return false;
    }
    return !j->err.code;
}

void misp_read(struct slice text, const struct where *w, struct draft *d)
{
    struct misp m = {.where = w, .draft = d};
    json_open(&m.j, text, &d->arena);
    enum json_token t = json_next(&m.j);
    bool ok = t == JSON_OBJECT ? event(&m, 0) : t == JSON_ARRAY && events(&m, 0);
    d->set.format = slice_of("MISP");
    d->set.published = seconds(m.timestamp);
    if (d->set.published.precision == PRECISION_NONE)
        d->set.published = utime_parse(m.date);
    struct slice family = m.cluster.n ? m.cluster : m.info;
    enum family_class class = where_class(w, family);
    if (class == FAMILY_OTHER &&
        (m.stalkerware || slice_search(family, slice_of("talkerware"), 0) < family.n))
        class = FAMILY_STALKERWARE;
    draft_family(d, family, class);
    for (size_t i = 0; i < d->n; i++) /* objects with a family of their own */
        if (d->items[i].family_class == FAMILY_OTHER)
            d->items[i].family_class = (uint8_t) class;
    if (!ok)
        draft_reject(d, slice_of(arena_printf(&d->arena, "%s", m.j.err.msg)), LINT_CUT_OFF);
}
