/*
 * Which format a file has. JSON is told apart by its keys: the first that belongs to one model only
 * decides, so that a big file is not read twice.
 */
#include "indicator/formats.h"

#include "base/utf8.h"
#include "format/yaml.h"
#include "indicator/lists.h"
#include "indicator/misp.h"
#include "indicator/models.h"
#include "indicator/openioc.h"
#include "indicator/stix.h"

enum { SNIFF_MEMBERS = 4000, YAML_VALUES = 2000000 };

enum shape { STIX, MISP, TYPED, WARNING, GALAXY, APPS, CONTENTS };

static bool is_uuid(struct slice s)
{
    enum observable type;
    return s.n == 36 && kind_guess(s, &type) && type == OBS_PROFILE;
}

/* By the first object of a list, which is read no further than needed. */
static enum shape list_shape(struct json *j)
{
    enum json_token t = json_next(j);
    if (t == JSON_STRING)
        return TYPED;
    if (t != JSON_OBJECT)
        return STIX;
    while (json_key(j)) {
        struct slice key = j->text;
        bool dashes = false;
        t = json_next(j);
        if (slice_is(key, "id") && t == JSON_STRING)
            dashes = slice_search(j->text, slice_of("--"), 0) < j->text.n;
        if (dashes || slice_is(key, "spec_version") || slice_is(key, "pattern"))
            return STIX;
        if (slice_is(key, "Event") || slice_is(key, "Attribute"))
            return MISP;
        if (slice_is(key, "packages") || slice_is(key, "c2") || slice_is(key, "certificates"))
            return APPS;
        if (slice_is(key, "value") || slice_is(key, "indicator") || slice_is(key, "ioc"))
            return TYPED;
        if (!json_skip(j, t))
            break;
    }
    return STIX;
}

static enum shape json_shape(struct slice text, struct arena *a)
{
    static const struct {
        const char *key;
        enum json_token value;
        enum shape shape;
    } keys[] = {
        {"objects", JSON_ARRAY, STIX},
        {"response", JSON_ARRAY, MISP},
        {"response", JSON_OBJECT, MISP},
        {"Event", JSON_OBJECT, MISP},
        {"Attribute", JSON_ARRAY, MISP},
        {"Object", JSON_ARRAY, MISP},
        {"iocs", JSON_ARRAY, TYPED},
        {"indicators", JSON_ARRAY, TYPED},
        {"list", JSON_ARRAY, WARNING},
        {"values", JSON_ARRAY, GALAXY},
        {"bridle_index", JSON_NUMBER, CONTENTS},
    };
    struct json j;
    json_open(&j, text, a);
    enum json_token t = json_next(&j);
    if (t == JSON_ARRAY)
        return list_shape(&j);
    if (t != JSON_OBJECT)
        return STIX;
    for (unsigned n = 0; n < SNIFF_MEMBERS && json_key(&j); n++) {
        struct slice key = j.text;
        t = json_next(&j);
        if (slice_is(key, "type") && t == JSON_STRING && slice_is(j.text, "bundle"))
            return STIX;
        if (t == JSON_OBJECT && is_uuid(key))
            return CONTENTS; /* a feed's manifest: one object an event */
        for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
            if (t == keys[i].value && slice_is(key, keys[i].key))
                return keys[i].shape;
        if (!json_skip(&j, t))
            break;
    }
    return STIX;
}

static bool contents(struct err *e)
{
    return err_set(e, ERR_ABSENT, "a table of contents; the sets lie beside it");
}

static bool json_read(struct slice text, const struct where *w, struct draft *d, struct err *e)
{
    struct json j;
    struct json_value *v;
    switch (json_shape(text, &d->arena)) {
    case STIX: d->set.format = slice_of("STIX 2"); return stix_read(text, d, e);
    case MISP: misp_read(text, w, d); return true;
    case TYPED: typed_list_read(text, w, d); return true;
    case WARNING: warning_list_read(text, w, d); return true;
    case GALAXY: galaxy_read(text, w, d); return true;
    case CONTENTS: return contents(e);
    case APPS:
        json_open(&j, text, &d->arena);
        v = json_tree(&j, YAML_VALUES, e);
        return v && (apps_read(v, w, d) || err_set(e, ERR_UNSUPPORTED, "JSON of an unknown model"));
    }
    return false;
}

static bool yaml_read(struct slice text, const struct where *w, struct draft *d, struct err *e)
{
    struct json_value *v = yaml_tree(text, &d->arena, YAML_VALUES, e);
    if (!v)
        return false;
    if (json_get(v, "indicators") && json_get(v, "indicators")->type == JSON_ARRAY)
        return contents(e);
    return apps_read(v, w, d) || err_set(e, ERR_UNSUPPORTED, "YAML, but no list of indicators");
}

/* The name of a rule of YARA at the start of a line; empty: none starts there. */
static struct slice rule_name(struct slice line)
{
    static const char *const heads[] = {"private ", "global "};
    struct slice s = slice_trim(line);
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
        if (slice_starts(s, heads[i]))
            s = slice_trim(slice_sub(s, strlen(heads[i]), s.n));
    if (!slice_starts(s, "rule "))
        return (struct slice){s.p, 0};
    s = slice_trim(slice_sub(s, 5, s.n));
    size_t n = 0;
    while (n < s.n && s.p[n] > ' ' && s.p[n] != '{' && s.p[n] != ':')
        n++;
    struct slice rest = slice_trim(slice_sub(s, n, s.n));
    bool rule = !rest.n || rest.p[0] == '{' || rest.p[0] == ':';
    return slice_sub(s, 0, rule ? n : 0);
}

/* Rules of YARA are counted and refused by name. False: there are none. */
static bool yara_read(struct slice text, struct draft *d)
{
    struct cursor c = cursor(text);
    struct slice line, condition = slice_of("condition:");
    bool found = false;
    if (slice_search(text, condition, 0) == text.n)
        return false;
    while (cursor_line(&c, &line)) {
        struct slice name = rule_name(line);
        if (name.n)
            draft_reject(d, name, LINT_PATTERN_TYPE);
        found = found || name.n;
    }
    d->set.format = slice_of("YARA");
    return found;
}

bool format_read(struct slice text, struct slice path, struct draft *d, struct err *e)
{
    struct where w = where_of(utf8_clean(path, &d->arena), &d->arena);
    struct slice s = text;
    if (s.n >= 2 && (!memcmp(s.p, "\xff\xfe", 2) || !memcmp(s.p, "\xfe\xff", 2)))
        s = text = utf8_from_utf16(slice_sub(s, 2, s.n), s.p[0] == 0xfe, &d->arena);
    if (slice_starts(s, "\xef\xbb\xbf"))
        s = slice_sub(s, 3, s.n);
    struct slice start = slice_trim(slice_sub(s, 0, 4096));
    bool json =
        slice_ends(path, ".json") || slice_ends(path, ".stix") || slice_ends(path, ".stix2");
    if (json || slice_starts(start, "{") || slice_starts(start, "["))
        return json_read(text, &w, d, e);
    if (s.n && memchr(s.p, 0, s.n))
        return err_set(e, ERR_UNSUPPORTED, "not text");
    s = utf8_clean(s, &d->arena);
    if (slice_starts(start, "<"))
        return openioc_read(s, &w, d, e);
    if (yara_read(s, d))
        return true;
    bool named = slice_ends(path, ".yaml") || slice_ends(path, ".yml");
    if (named || yaml_looks_like(start)) {
        if (yaml_read(s, &w, d, e) || named || e->code == ERR_ABSENT)
            return !e->code;
        err_clear(e); /* text with a colon in its first line */
    }
    return lists_read(s, &w, d, e);
}
