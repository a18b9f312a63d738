/* What the fields of a record yield: sightings, each value once. */
#include "record/forms.h"

static uint32_t hash_of(enum observable type, struct slice value)
{
    uint32_t h = 2166136261u ^ (uint32_t)type;
    for (size_t i = 0; i < value.n; i++)
        h = (h ^ value.p[i]) * 16777619u;
    return h ^ h >> 15;
}

/* Where the value is in the index, or would be: a slot holds the item's number + 1. */
static uint32_t *find_slot(const struct sightings *s, const struct sighting *v)
{
    size_t mask = s->slots - 1, i = hash_of(v->type, v->value) & mask;
    for (;; i = (i + 1) & mask) {
        const struct sighting *other = s->index[i] ? &s->items[s->index[i] - 1] : NULL;
        if (!other || (other->type == v->type && slice_equal(other->value, v->value) &&
                       (other->field == v->field || strcmp(other->field, v->field) == 0)))
            return &s->index[i];
    }
}

static void grow(struct sightings *s, struct arena *a)
{
    size_t room = s->room ? s->room * 4 : 8;
    struct sighting *items = arena_alloc(a, room * sizeof *items);
    if (s->n)
        memcpy(items, s->items, s->n * sizeof *items);
    s->items = items;
    s->room = room;
    s->slots = 2 * room;
    s->index = arena_alloc(a, s->slots * sizeof *s->index);
    for (size_t i = 0; i < s->n; i++)
        *find_slot(s, &items[i]) = (uint32_t)i + 1;
}

void sink_add(struct sink *k, struct observed o)
{
    struct sightings *s = k->out;
    struct sighting v = {o.type, k->exposure, k->field, o.value};
    if (o.type == OBS_NONE || !o.value.n || s->overfull)
        return;
    if (s->n == s->room)
        grow(s, k->arena);
    uint32_t *slot = find_slot(s, &v);
    if (*slot) {
        struct sighting *same = &s->items[*slot - 1];
        if (same->exposure < v.exposure)
            same->exposure = v.exposure;
        return;
    }
    if (s->n == RECORD_MAX_SIGHTINGS || s->bytes + o.value.n > SIGHTINGS_MAX_BYTES) {
        s->overfull = true;
        return;
    }
    s->bytes += o.value.n;
    s->items[s->n++] = v;
    *slot = (uint32_t)s->n;
}

static void add_as(struct sink *k, enum observable type, struct slice text)
{
    struct observed o;
    if (observable_normalise(type, text, k->arena, &o))
        sink_add(k, o);
}

static void add_path(struct sink *k, struct observed path)
{
    sink_add(k, path);
    add_as(k, OBS_FILENAME, path.value);
    path_origins(path.value, k);
}

/* Dotted like a package or bundle: "com.example.app". */
static bool names_app(struct slice s)
{
    bool dot = false, start = true;
    for (size_t i = 0; i < s.n; i++) {
        uint8_t c = s.p[i];
        if (c == '.' && start)
            return false;
        dot = dot || c == '.';
        start = c == '.';
        if (!ascii_alpha(c) && !ascii_digit(c) && c != '_' && c != '-' && c != '.')
            return false;
    }
    return dot && !start && ascii_alpha(s.p[0]);
}

static void add_process(struct sink *k, struct slice text, struct observed first)
{
    struct slice s = slice_trim(text);
    struct observed path;
    sink_add(k, first);
    if (slice_starts(s, "/")) {
        if (path_normalise(s, k->arena, &path))
            add_path(k, path);
        return;
    }
    for (unsigned parts = 0; s.n && parts < 4; parts++) {
        struct slice part = slice_sub(s, 0, slice_find(s, '/'));
        struct slice package = slice_sub(part, 0, slice_find(part, ':'));
        s = slice_sub(s, part.n + 1, s.n);
        if (!names_app(package))
            continue;
        add_as(k, OBS_PROCESS, part);
        add_as(k, OBS_PROCESS, package);
        add_as(k, OBS_APP, package);
    }
}

void observable_derive(enum observable o, enum exposure x, const char *field, struct slice text,
                       struct arena *a, struct sightings *out)
{
    struct sink k = {x, field, a, out};
    struct observed v;
    if (observable_normalise(o, text, a, &v)) {
        if (v.type == OBS_URL)
            sink_url(&k, v);
        else if (v.type == OBS_PATH)
            add_path(&k, v);
        else if (v.type == OBS_PROCESS)
            add_process(&k, text, v);
        else
            sink_add(&k, v);
    } else if (o == OBS_TEXT || o == OBS_URL || o == OBS_DOMAIN || o == OBS_IP || o == OBS_EMAIL) {
        text_search(text, &k);
    }
}

void record_derive(const struct record *r, struct arena *a, struct sightings *out)
{
    for (unsigned i = 0; i < r->n; i++) {
        const struct field *f = &r->fields[i];
        if (f->kind == KIND_TEXT && f->observable != OBS_NONE)
            observable_derive(f->observable, f->exposure, f->name, f->text, a, out);
    }
}
