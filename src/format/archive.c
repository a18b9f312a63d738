/*
 * NSKeyedArchiver: a property list whose $objects hold everything and refer to one another by UID.
 * Nothing is built here either: whatever is asked for is followed through $objects then, with the
 * steps of the plist as the limit. Format: docs/formats/plist.md
 */
#include "format/archive.h"

#include "format/plist_impl.h"

/* UIDs that lead to UIDs, wrappers in wrappers, an NSURL's base of a base: never more than two. */
enum { MAX_HOPS = 16 };

static const struct plist_value none;

bool archive_open(struct slice bytes, struct arena *a, struct archive *out, struct err *e)
{
    struct plist *p = plist_open(bytes, a, e);
    if (!p)
        return false;
    struct plist_value objects = plist_get(plist_top(p), "$objects");
    *out = (struct archive){p, objects, plist_count(objects)};
    if (out->objects.type == PLIST_ARRAY && plist_get(plist_top(p), "$top").type == PLIST_DICT)
        return true;
    if (plist_bad(p, e))
        return false;
    return err_set(e, ERR_CORRUPT, "archive: a property list, but no keyed archive");
}

struct plist_value archive_root(struct archive *ar)
{
    struct plist_value top = plist_get(plist_top(ar->plist), "$top"), v = plist_get(top, "root");
    struct plist_iter it = plist_iter(top);
    struct slice key;
    if (v.type == PLIST_NONE)
        plist_next(&it, &key, &v);
    return archive_resolve(ar, v);
}

/* Object 0 is the string "$null": nil. */
struct plist_value archive_follow(struct archive *ar, struct plist_value v)
{
    for (unsigned hops = 0; v.type == PLIST_UID; hops++) {
        uint64_t i = (uint64_t)plist_int(v, -1);
        if (hops == MAX_HOPS || i >= ar->n) {
            plist_damage(ar->plist, ERR_CORRUPT, "archive: UID %lld leads nowhere", (long long)i);
            return none;
        }
        v = plist_at(ar->objects, i);
        if (i == 0 && slice_is(plist_string(v), "$null"))
            return none;
    }
    return v;
}

/* What a wrapper object stands for; v itself if it is none. */
static struct plist_value unwrapped(struct plist_value v)
{
    static const struct {
        const char *key;
        enum plist_type type;
    } wrappers[] = {{"NS.string", PLIST_STRING},
                    {"NS.data", PLIST_DATA},
                    {"NS.time", PLIST_DATE},
                    {"NS.uuidbytes", PLIST_DATA}};
    struct plist_iter it = plist_iter(v);
    struct plist_value inner;
    struct slice key;
    while (plist_next(&it, &key, &inner)) {
        if (!slice_starts(key, "NS."))
            continue;
        for (size_t i = 0; i < sizeof wrappers / sizeof *wrappers; i++) {
            if (!slice_is(key, wrappers[i].key))
                continue;
            if (wrappers[i].type == PLIST_DATE && plist_is_number(inner))
                inner.type = PLIST_DATE;
            return inner;
        }
    }
    return v;
}

struct plist_value archive_resolve(struct archive *ar, struct plist_value v)
{
    for (unsigned hops = 0; hops < MAX_HOPS; hops++) {
        v = archive_follow(ar, v);
        if (v.type != PLIST_DICT)
            return v;
        struct plist_value inner = unwrapped(v);
        if (inner.ref == v.ref)
            return v;
        v = inner;
    }
    plist_damage(ar->plist, ERR_CORRUPT, "archive: references in a circle");
    return none;
}

struct plist_value archive_get(struct archive *ar, struct plist_value object, const char *key)
{
    object = archive_follow(ar, object);
    struct plist_value k, v = plist_get(object, key);
    if (v.type != PLIST_NONE)
        return archive_resolve(ar, v);
    struct plist_value keys = archive_resolve(ar, plist_get(object, "NS.keys"));
    struct plist_value values = archive_resolve(ar, plist_get(object, "NS.objects"));
    struct plist_iter it = plist_iter(keys);
    struct slice unused;
    while (plist_next(&it, &unused, &k))
        if (slice_is(plist_string(archive_resolve(ar, k)), key))
            return archive_resolve(ar, plist_at(values, it.i - 1));
    return none;
}

struct slice archive_class(struct archive *ar, struct plist_value object)
{
    struct plist_value class = archive_follow(ar, plist_get(archive_follow(ar, object), "$class"));
    return plist_string(archive_resolve(ar, plist_get(class, "$classname")));
}

struct archive_iter archive_iter(struct archive *ar, struct plist_value object)
{
    struct archive_iter it = {.archive = ar};
    object = archive_resolve(ar, object);
    if (object.type == PLIST_ARRAY) {
        it.values = object;
    } else if (object.type == PLIST_DICT) {
        it.keys = archive_resolve(ar, plist_get(object, "NS.keys"));
        it.values = archive_resolve(ar, plist_get(object, "NS.objects"));
        if (plist_get(object, "NS.object.0").type != PLIST_NONE)
            plist_damage(ar->plist, ERR_UNSUPPORTED, "archive: a collection in the old form");
    }
    it.n = plist_count(it.values);
    if (it.keys.type != PLIST_NONE && plist_count(it.keys) != it.n)
        plist_damage(ar->plist, ERR_CORRUPT, "archive: %zu keys for %zu values",
                     plist_count(it.keys), it.n);
    return it;
}

bool archive_next(struct archive_iter *it, struct plist_value *key, struct plist_value *v)
{
    *key = *v = none;
    if (it->i >= it->n || !plist_spend(it->archive->plist, 1))
        return false;
    *key = archive_resolve(it->archive, plist_at(it->keys, it->i));
    *v = archive_resolve(it->archive, plist_at(it->values, it->i));
    it->i++;
    return true;
}

/* "mailto:a@b.example" has a scheme, "a/b:c" and "?at=10:00" haven't. */
static bool has_scheme(struct slice url)
{
    size_t colon = slice_find(url, ':');
    return colon && colon < url.n && slice_find(url, '/') > colon && slice_find(url, '?') > colon &&
           slice_find(url, '#') > colon;
}

static struct slice joined(struct slice base, struct slice relative, struct arena *a)
{
    uint8_t *p = arena_alloc(a, base.n + relative.n + 1);
    if (base.n)
        memcpy(p, base.p, base.n);
    if (relative.n)
        memcpy(p + base.n, relative.p, relative.n);
    return (struct slice){p, base.n + relative.n};
}

struct slice archive_url(struct archive *ar, struct plist_value object, struct arena *a)
{
    struct slice url = {0};
    for (unsigned hops = 0; !has_scheme(url); hops++) {
        object = archive_resolve(ar, object);
        if (object.type != PLIST_DICT)
            break;
        struct slice part = plist_string(archive_get(ar, object, "NS.relative"));
        if (hops == MAX_HOPS) {
            plist_damage(ar->plist, ERR_CORRUPT, "archive: bases of a URL in a circle");
            break;
        }
        if (!plist_spend(ar->plist, 1 + (url.n ? (part.n + url.n) / 4 : 0)))
            break;
        url = url.n ? joined(part, url, a) : part;
        object = plist_get(object, "NS.base");
    }
    return url;
}
