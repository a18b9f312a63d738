/*
 * Indicators in small JSON and YAML models: TinyCheck's, MISP's warning lists and galaxies, Echap's
 * list of apps. docs/indicators.md
 */
#include "indicator/models.h"

#include "indicator/misp.h"

enum { VALUES_MAX = 100000 };

static struct slice first_of(const struct json_value *o, const char *const *names)
{
    for (; *names; names++) {
        struct slice s = json_get_text(o, *names);
        if (s.n)
            return s;
    }
    return (struct slice){0};
}

static bool talks_of_stalking(struct slice s)
{
    return slice_search(s, slice_of("talkerware"), 0) < s.n ||
           slice_search(s, slice_of("atchware"), 0) < s.n;
}

static enum family_class class_of(const struct where *w, struct slice family, struct slice kind)
{
    return talks_of_stalking(kind) || talks_of_stalking(family) ? FAMILY_STALKERWARE
                                                                : where_class(w, family);
}

static void cut_off(struct draft *d, const struct json *j)
{
    draft_reject(d, slice_of(arena_printf(&d->arena, "%s", j->err.msg)), LINT_CUT_OFF);
}

/* A value whose type nobody said. */
static void guessed(struct draft *d, struct slice value, struct slice what,
                    const struct indicator *like)
{
    enum observable type;
    struct slice plain = observable_refang(slice_trim(value), &d->arena);
    if (kind_guess(plain, &type)) {
        draft_guess(d, what, type);
        draft_add(d, type, value, like);
    } else {
        draft_reject(d, value, slice_starts(plain, "/") ? LINT_LINK_PART : LINT_NO_TYPE);
    }
}

/* -- typed lists -- */

/* Kinds that are no attacker's: providers for everybody, tags of what merely watches. */
static bool everybodys(struct slice type, struct slice tag)
{
    return slice_is(type, "freedns") || slice_is(tag, "tracker") || slice_is(tag, "suspect");
}

static void typed_value(struct draft *d, const struct where *w, const struct json_value *v)
{
    static const char *const types[] = {"type", "indicator_type", "ioc_type", "kind", NULL};
    static const char *const values[] = {"value", "indicator", "ioc", "observable", NULL};
    static const char *const families[] = {"family", "malware", "campaign", "app", "tag", NULL};
    static const char *const dates[] = {"first_seen", "created", "date", NULL};
    struct slice type = first_of(v, types), value = first_of(v, values);
    struct slice family = first_of(v, families);
    struct indicator like = {.confidence = -1, .ref = json_get_text(v, "uuid")};
    if (v->type == JSON_STRING)
        value = v->text;
    if (!value.n) {
        draft_reject(d, type, LINT_BAD_OBJECT);
        return;
    }
    like.created = utime_parse(first_of(v, dates));
    like.family_class = (uint8_t)class_of(w, family, family);
    if (everybodys(type, family))
        like.remark = LINT_TRACKER;
    else if (!slice_is_nocase(family, "stalkerware") && family.n)
        like.family = family;
    if (slice_is(type, "freedns"))
        draft_add(d, OBS_DOMAIN, value, &like);
    else if (slice_is(type, "tld"))
        draft_reject(d, value, LINT_PUBLIC_SUFFIX);
    else if (!misp_value(d, type, value, &like))
        guessed(d, value, slice_of("value"), &like);
}

/* The elements of a list, behind its '['. */
static bool typed_values(struct json *j, const struct where *w, struct draft *d)
{
    for (enum json_token t; (t = json_next(j)) != JSON_ARRAY_END;) {
        struct err e = {0};
        const struct json_value *v = json_tree_of(j, t, VALUES_MAX, &e);
        if (!v) {
            j->err = e;
            return false;
        }
        typed_value(d, w, v);
    }
    return true;
}

void typed_list_read(struct slice text, const struct where *w, struct draft *d)
{
    struct json j;
    json_open(&j, text, &d->arena);
    d->set.format = slice_of("JSON list");
    enum json_token t = json_next(&j);
    bool ok = t != JSON_ARRAY || typed_values(&j, w, d);
    while (ok && t == JSON_OBJECT && json_key(&j)) {
        bool list = slice_is(j.text, "iocs") || slice_is(j.text, "indicators");
        enum json_token v = json_next(&j);
        ok = list && v == JSON_ARRAY ? typed_values(&j, w, d) : json_skip(&j, v);
    }
    if (!ok || j.err.code)
        cut_off(d, &j);
    draft_family(d, w->family, where_class(w, w->family));
}

/* -- warning lists -- */

struct strings {
    struct slice *items;
    size_t n, room;
};

static bool read_strings(struct json *j, struct strings *s, struct arena *a)
{
    for (enum json_token t; (t = json_next(j)) != JSON_ARRAY_END;) {
        if (t != JSON_STRING) {
            if (!json_skip(j, t))
                return false;
            continue;
        }
        if (s->n == s->room) {
            size_t room = s->room ? 2 * s->room : 256;
            struct slice *more = arena_alloc(a, room * sizeof *more);
            if (s->n)
                memcpy(more, s->items, s->n * sizeof *more);
            s->items = more;
            s->room = room;
        }
        s->items[s->n++] = j->text;
    }
    return true;
}

static void harmless_value(struct draft *d, struct slice type, struct slice value)
{
    const struct indicator like = {.confidence = -1, .family_class = FAMILY_OTHER};
    struct slice text = slice_sub(value, slice_starts(value, "."), value.n);
    if (slice_is(type, "regex"))
        draft_reject(d, value, LINT_OPERATOR);
    else if (slice_is(type, "cidr"))
        draft_add(d, OBS_IP, text, &like);
    else if (slice_is(type, "hostname"))
        draft_add(d, OBS_DOMAIN, text, &like);
    else
        guessed(d, text, slice_of("value"), &like);
}

void warning_list_read(struct slice text, const struct where *w, struct draft *d)
{
    struct json j;
    struct strings list = {0};
    struct slice type = {0};
    bool ok = true;
    json_open(&j, text, &d->arena);
    d->set.format = slice_of("MISP warning list");
    d->set.harmless = true;
    d->set.name = w->name;
    if (json_next(&j) != JSON_OBJECT)
        return;
    while (ok && json_key(&j)) {
        struct slice key = j.text;
        enum json_token t = json_next(&j);
        if (t == JSON_STRING && slice_is(key, "type"))
            type = j.text;
        if (t == JSON_STRING && slice_is(key, "name"))
            d->set.name = j.text;
        ok = t == JSON_ARRAY && slice_is(key, "list") ? read_strings(&j, &list, &d->arena)
                                                      : json_skip(&j, t);
    }
    for (size_t i = 0; i < list.n; i++)
        harmless_value(d, type, list.items[i]);
    if (!ok || j.err.code)
        cut_off(d, &j);
}

/* -- lists of apps -- */

static void each_text(struct draft *d, const struct json_value *list, enum observable type,
                      const struct indicator *like)
{
    if (list && list->type == JSON_STRING)
        draft_add(d, type, list->text, like);
    for (const struct json_value *v = list ? list->first : NULL; v; v = v->next)
        if (v->type == JSON_STRING || v->type == JSON_NUMBER)
            draft_add(d, type, v->text, like);
        else
            draft_reject(d, v->text, LINT_BAD_OBJECT);
}

static void refuse_each(struct draft *d, const struct json_value *list)
{
    for (const struct json_value *v = list ? list->first : NULL; v; v = v->next)
        draft_reject(d, v->text, LINT_PROPERTY);
}

static void app(struct draft *d, const struct where *w, const struct json_value *v)
{
    static const struct {
        const char *key;
        enum observable type;
        enum lint remark;
    } lists[] = {
        {"packages", OBS_APP, LINT_OK},
        {"ios_bundles", OBS_APP, LINT_OK},
        {"certificates", OBS_CERT, LINT_OK},
        {"websites", OBS_DOMAIN, LINT_SELLER},
        {"distribution", OBS_DOMAIN, LINT_SELLER},
    };
    struct slice family = json_get_text(v, "name"), kind = json_get_text(v, "type");
    struct indicator like = {.confidence = -1, .family = family};
    like.family_class = (uint8_t)class_of(w, family, kind);
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        like.remark = (uint8_t)lists[i].remark;
        each_text(d, json_get(v, lists[i].key), lists[i].type, &like);
    }
    like.remark = LINT_OK;
    const struct json_value *c2 = json_get(v, "c2");
    each_text(d, json_get(c2, "ips"), OBS_IP, &like);
    each_text(d, json_get(c2, "ip"), OBS_IP, &like);
    each_text(d, json_get(c2, "domains"), OBS_DOMAIN, &like);
    refuse_each(d, json_get(v, "certificate_organizations"));
    refuse_each(d, json_get(v, "certificate_cname_re"));
}

bool apps_read(const struct json_value *list, const struct where *w, struct draft *d)
{
    bool seen = false;
    for (const struct json_value *v = list->first; v; v = v->next)
        seen = seen || json_get(v, "packages") || json_get(v, "c2") || json_get(v, "certificates");
    if (!seen || list->type != JSON_ARRAY)
        return false;
    d->set.format = slice_of("list of apps");
    for (const struct json_value *v = list->first; v; v = v->next) {
        if (v->type == JSON_OBJECT)
            app(d, w, v);
        else
            draft_reject(d, v->text, LINT_BAD_OBJECT);
    }
    return true;
}

/* -- galaxies -- */

void galaxy_read(struct slice text, const struct where *w, struct draft *d)
{
    struct json j;
    struct slice kind = {0};
    bool ok = true;
    json_open(&j, text, &d->arena);
    d->set.format = slice_of("MISP galaxy");
    if (json_next(&j) != JSON_OBJECT)
        return;
    while (ok && json_key(&j)) {
        struct slice key = j.text;
        enum json_token t = json_next(&j);
        if (t == JSON_STRING && slice_is(key, "type"))
            kind = j.text;
        if (t != JSON_ARRAY || !slice_is(key, "values")) {
            ok = json_skip(&j, t);
            continue;
        }
        while (ok && (t = json_next(&j)) != JSON_ARRAY_END) {
            struct err e = {0};
            const struct json_value *v = json_tree_of(&j, t, VALUES_MAX, &e);
            ok = v != NULL;
            if (!ok) {
                j.err = e;
                break;
            }
            struct indicator like = {.confidence = -1, .remark = LINT_SELLER};
            like.family = json_get_text(v, "value");
            like.ref = json_get_text(v, "uuid");
            like.family_class = (uint8_t)class_of(w, like.family, kind);
            each_text(d, json_get(json_get(v, "meta"), "website"), OBS_DOMAIN, &like);
        }
    }
    if (!ok || j.err.code)
        cut_off(d, &j);
}
