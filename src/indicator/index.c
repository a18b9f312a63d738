/* Reading indexes; see index.h. */
#include "indicator/index.h"

#include "base/base64.h"
#include "format/json.h"
#include "format/yaml.h"
#include "indicator/kinds.h"

enum {
    INDEX_MAX = 16 << 20,
    VALUES_MAX = 200000,
    SETS_MAX = 20000,
    URL_MAX = 2000,
    TEXT_MAX = 4000
};

#define MAGIC "bridle index 1\n"

struct reading {
    struct buf *out;
    struct arena *arena;
    unsigned n, refused;
    struct buf sets;
};

static void put(struct buf *b, struct slice s)
{
    if (s.n > TEXT_MAX)
        s.n = 0;
    buf_varint(b, s.n);
    buf_slice(b, s);
}

static void add(struct reading *r, const struct listed *s)
{
    if (!s->url.n || s->url.n > URL_MAX || (s->sha256.n && s->sha256.n != 64) || r->n == SETS_MAX) {
        r->refused++;
        return;
    }
    put(&r->sets, s->name.n ? s->name : s->url);
    put(&r->sets, s->url);
    put(&r->sets, s->sha256);
    put(&r->sets, s->licence);
    put(&r->sets, s->publisher);
    put(&r->sets, s->published);
    put(&r->sets, s->as);
    put(&r->sets, s->key);
    buf_varint(&r->sets, s->size);
    r->n++;
}

/* -- ours -- */

static void add_own(struct reading *r, const struct json_value *v)
{
    int64_t size = 0;
    struct listed s = {
        .name = json_get_text(v, "name"),
        .url = json_get_text(v, "url"),
        .licence = json_get_text(v, "licence"),
        .publisher = json_get_text(v, "publisher"),
        .published = json_get_text(v, "published"),
        .as = json_get_text(v, "as"),
        .key = json_get_text(v, "key"),
    };
    struct slice sum = json_get_text(v, "sha256");
    uint8_t *lower = arena_alloc(r->arena, sum.n + 1);
    for (size_t i = 0; i < sum.n; i++)
        lower[i] = sum.p[i] >= 'A' && sum.p[i] <= 'F' ? (uint8_t)(sum.p[i] + 32) : sum.p[i];
    s.sha256 = slice_at(lower, sum.n);
    if (json_int(json_get_text(v, "size"), &size) && size > 0)
        s.size = (uint64_t)size;
    add(r, &s);
}

/* -- MVT's -- */

static struct slice or_else(struct slice s, const char *other)
{
    return s.n ? s : slice_of(other);
}

static void add_mvt(struct reading *r, const struct json_value *v)
{
    const struct json_value *g = json_get(v, "github"), *sources = json_get(v, "sources");
    struct slice owner = json_get_text(g, "owner"), repo = json_get_text(g, "repo"),
                 path = json_get_text(g, "path"), branch = json_get_text(g, "branch");
    struct listed s = {.name = json_get_text(v, "name"), .url = json_get_text(v, "download_url")};
    branch = or_else(branch, "main");
    if (owner.n && repo.n && path.n)
        s.url = slice_of(
            arena_printf(r->arena, "https://raw.githubusercontent.com/%.*s/%.*s/%.*s/%.*s",
                         (int)owner.n, (const char *)owner.p, (int)repo.n, (const char *)repo.p,
                         (int)branch.n, (const char *)branch.p, (int)path.n, (const char *)path.p));
    if (sources && sources->first)
        s.publisher = sources->first->text;
    add(r, &s);
}

/* -- a MISP feed -- */

static void add_event(struct reading *r, const struct json_value *v)
{
    enum observable type;
    if (v->key.n != 36 || !kind_guess(v->key, &type) || type != OBS_PROFILE) {
        r->refused++;
        return;
    }
    const struct json_value *orgc = json_get(v, "Orgc");
    struct listed s = {
        .name = json_get_text(v, "info"),
        .url = slice_of(arena_printf(r->arena, "%.*s.json", (int)v->key.n, (const char *)v->key.p)),
        .publisher = json_get_text(orgc, "name"),
        .published = json_get_text(v, "date"),
    };
    add(r, &s);
}

static bool read_any(struct reading *r, const struct json_value *top, struct err *e)
{
    const struct json_value *own = json_get(top, "sets"), *mvt = json_get(top, "indicators");
    int64_t version;
    if (json_get(top, "bridle_index")) {
        if (!json_int(json_get_text(top, "bridle_index"), &version) || version != 1 || !own)
            return err_set(e, ERR_UNSUPPORTED, "an index of a newer version");
        for (const struct json_value *v = own->first; v; v = v->next)
            add_own(r, v);
        return true;
    }
    if (mvt && mvt->type == JSON_ARRAY) {
        for (const struct json_value *v = mvt->first; v; v = v->next)
            add_mvt(r, v);
        return true;
    }
    for (const struct json_value *v = top->first; v; v = v->next)
        add_event(r, v);
    return (top->type == JSON_OBJECT && r->n > 0) ||
           err_set(e, ERR_UNSUPPORTED, "not an index of sets");
}

bool index_parse(struct blob *b, const char *name, struct buf *out, struct err *e)
{
    struct arena a = {0};
    struct reading r = {.out = out, .arena = &a};
    struct slice text;
    struct json j;
    bool ok = blob_slurp(b, INDEX_MAX, &a, &text, e);
    if (ok) {
        struct slice start = slice_trim(text);
        const struct json_value *top;
        json_open(&j, text, &a);
        top = slice_starts(start, "{") ? json_tree(&j, VALUES_MAX, e)
                                       : yaml_tree(text, &a, VALUES_MAX, e);
        ok = top && read_any(&r, top, e);
    }
    if (ok) {
        buf_text(out, MAGIC);
        buf_varint(out, r.refused);
        buf_varint(out, r.n);
        buf_slice(out, buf_view(&r.sets));
    }
    buf_free(&r.sets);
    arena_free(&a);
    return ok || err_in(e, "%s", name);
}

static struct slice get(struct cursor *c)
{
    struct slice s = cursor_take(c, cursor_varint(c));
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < 0x20 || s.p[i] == 0x7f)
            s.n = i; /* goes to a terminal and into lines */
    return s;
}

bool index_read(struct slice parsed, struct arena *a, struct index *out, struct err *e)
{
    struct cursor c = cursor(parsed);
    bool mine = slice_is(cursor_take(&c, strlen(MAGIC)), MAGIC);
    uint64_t refused = cursor_varint(&c), n = cursor_varint(&c);
    if (!mine || c.bad || n > SETS_MAX || refused > UINT32_MAX)
        return err_set(e, ERR_CORRUPT, "parsed index: damaged");
    *out = (struct index){arena_alloc(a, (n + 1) * sizeof *out->sets), n, (unsigned)refused};
    for (size_t i = 0; i < n; i++) {
        struct listed *s = &out->sets[i];
        s->name = get(&c);
        s->url = get(&c);
        s->sha256 = get(&c);
        s->licence = get(&c);
        s->publisher = get(&c);
        s->published = get(&c);
        s->as = get(&c);
        s->key = get(&c);
        s->size = cursor_varint(&c);
        if (s->url.n > URL_MAX)
            c.bad = true;
    }
    return !c.bad || err_set(e, ERR_CORRUPT, "parsed index: cut off");
}

struct slice index_url(struct slice base, struct slice url, struct arena *a)
{
    const struct slice none = {url.p, 0};
    for (size_t i = 0; i < url.n; i++)
        if (url.p[i] <= ' ' || url.p[i] >= 0x7f || memchr("\"<>\\^`{|}", url.p[i], 9))
            return none;
    if (slice_search(url, slice_of("://"), 0) == url.n && slice_starts(base, "https://")) {
        const uint8_t *slash = memrchr(base.p, '/', base.n);
        size_t folder = (size_t)(slash - base.p) + 1;
        bool path = folder > strlen("https://") && !slice_starts(url, "/");
        url = slice_of(arena_printf(a, "%.*s%.*s", path ? (int)folder : 0, (const char *)base.p,
                                    (int)url.n, (const char *)url.p));
    }
    return slice_starts(url, "https://") && url.n <= URL_MAX ? url : none;
}
