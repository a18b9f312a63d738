/*
 * Findings from matches. Each distinct observable is looked up once; one pass over the sightings then
 * picks those of the hits, and all of one observable, evidence and artifact are one finding.
 */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

#include "casefile/impl.h"
#include "detect/impl.h"
#include "format/json.h"

enum { LOW_SET_CONFIDENCE = 40 };

/* An observable that indicators know. */
struct hit {
    int64_t observable;
    const char *type, *value;
    struct match *matches;
    size_t n;
};

struct hits {
    struct hit *items; /* by observable, rising */
    size_t n, room;
    uint64_t *filter; /* bit id % (64 * words): most ids are no hit, and this says so at once */
    size_t words;     /* a power of two */
    struct arena arena;
};

static void add_hit(struct hits *h, const struct matcher *m, int64_t id, struct slice type,
                    struct slice value)
{
    enum { USUAL = 16 };
    struct match some[USUAL];
    size_t n = matcher_find(m, observable_from_name(type), value, some, USUAL);
    if (!n)
        return;
    if (h->n == h->room) {
        h->room = h->room ? 2 * h->room : 64;
        h->items = xrealloc(h->items, h->room, sizeof *h->items);
    }
    struct hit *hit = &h->items[h->n++];
    *hit = (struct hit){id, arena_string(&h->arena, type), arena_string(&h->arena, value),
                        arena_alloc(&h->arena, n * sizeof *some), n};
    if (n <= USUAL)
        memcpy(hit->matches, some, n * sizeof *some);
    else
        matcher_find(m, observable_from_name(type), value, hit->matches, n);
}

static void make_filter(struct hits *h)
{
    h->words = 16;
    while (h->words < h->n)
        h->words *= 2;
    h->filter = xcalloc(h->words, sizeof *h->filter);
    for (size_t i = 0; i < h->n; i++) {
        uint64_t id = (uint64_t)h->items[i].observable;
        h->filter[id / 64 & (h->words - 1)] |= UINT64_C(1) << id % 64;
    }
}

static bool find_hits(struct casefile *c, const struct matcher *m, struct hits *h, struct err *e)
{
    sqlite3_stmt *s = case_prepare(c, "SELECT id, type, value FROM observable ORDER BY id", e);
    int rc = SQLITE_DONE;
    while (s && (rc = sqlite3_step(s)) == SQLITE_ROW)
        add_hit(h, m, sqlite3_column_int64(s, 0), case_text(s, 1), case_text(s, 2));
    sqlite3_finalize(s);
    make_filter(h);
    return s && (rc == SQLITE_DONE || case_err(c, e));
}

static int by_observable(const void *key, const void *item)
{
    int64_t a = *(const int64_t *)key, b = ((const struct hit *)item)->observable;
    return a < b ? -1 : a > b;
}

static const struct hit *hit_of(const struct hits *h, int64_t observable)
{
    uint64_t id = (uint64_t)observable;
    if (!(h->filter[id / 64 & (h->words - 1)] >> id % 64 & 1))
        return NULL;
    return bsearch(&observable, h->items, h->n, sizeof *h->items, by_observable);
}

/* SQL: hit(observable_id) */
static void is_hit(sqlite3_context *ctx, int n, sqlite3_value **args)
{
    (void)n;
    sqlite3_result_int(ctx, hit_of(sqlite3_user_data(ctx), sqlite3_value_int64(args[0])) != NULL);
}

/* -- how sure -- */

/* A cut name only matches where the source cuts names at that very length. */
static bool holds(const struct match *m, unsigned process_cut)
{
    return m->how != HOW_TRUNCATED || m->cut == process_cut;
}

/* How sure a match is, after what its set says of the indicator: nothing about what happened after
   its last valid day. */
static enum confidence sure(const struct match *m, struct utime when)
{
    const struct indicator *i = m->indicator;
    if (i->too_general || (i->valid_until.precision != PRECISION_NONE &&
                           when.precision != PRECISION_NONE && when.ns > i->valid_until.ns))
        return CONFIDENCE_LOW;
    if (i->confidence >= 0 && i->confidence < LOW_SET_CONFIDENCE &&
        m->confidence > CONFIDENCE_MEDIUM)
        return CONFIDENCE_MEDIUM;
    return m->confidence;
}

static const struct match *best_match(const struct hit *h, unsigned process_cut, struct utime when)
{
    const struct match *best = NULL;
    for (size_t i = 0; i < h->n; i++) {
        const struct match *m = &h->matches[i];
        if (!holds(m, process_cut))
            continue;
        int more = best ? (int)sure(m, when) - (int)sure(best, when) : 1;
        if (more > 0 || (more == 0 && m->how < best->how))
            best = m;
    }
    return best;
}

static enum family_class gravest(const struct hit *h, unsigned process_cut)
{
    enum family_class c = FAMILY_OTHER;
    for (size_t i = 0; i < h->n; i++)
        if (holds(&h->matches[i], process_cut) && h->matches[i].indicator->family_class < c)
            c = (enum family_class)h->matches[i].indicator->family_class;
    return c;
}

/* -- findings -- */

enum { ADD_INDICATOR, LINK_INDICATOR, QUERIES };

static const char *const queries[QUERIES] = {
    [ADD_INDICATOR] =
        "INSERT OR IGNORE INTO indicator (set_id, ref, type, value, published, family, "
        "family_class, confidence, created_ns) "
        "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    [LINK_INDICATOR] = "INSERT OR IGNORE INTO finding_indicator SELECT ?5, id, ?6 FROM indicator "
                       "WHERE set_id = ?1 AND ref = ?2 AND type = ?3 AND value = ?4",
};

/* The sightings of one observable in one evidence and artifact, in time order. */
struct group {
    const struct hit *hit;
    int64_t evidence;
    char artifact[64];
    unsigned process_cut;
    enum exposure exposure; /* the highest */
    struct utime time;      /* of the first */
    struct place_seen {
        int64_t record;
        char field[WIRE_MAX_NAME + 1];
    } * places;
    size_t n, room;
};

struct matching {
    struct writer *w;
    struct hits hits;
    sqlite3_stmt *queries[QUERIES];
    struct utime checked; /* what happened at an unknown time happened before */
    struct group group;
};

static bool add_indicator(struct matching *x, int64_t finding, const struct match *m, struct err *e)
{
    const struct indicator *i = m->indicator;
    sqlite3_stmt *add = x->queries[ADD_INDICATOR], *link = x->queries[LINK_INDICATOR];
    for (int k = 0; k < QUERIES; k++) {
        sqlite3_bind_int64(x->queries[k], 1, (int64_t)i->set + 1);
        case_bind(x->queries[k], 2, i->ref);
        case_bind(x->queries[k], 3, slice_of(observable_name(i->type)));
        case_bind(x->queries[k], 4, i->value);
    }
    case_bind(add, 5, i->published);
    case_bind_null(add, 6, i->family);
    case_bind(add, 7, slice_of(family_class_name((enum family_class)i->family_class)));
    if (i->confidence >= 0)
        sqlite3_bind_int(add, 8, i->confidence);
    else
        sqlite3_bind_null(add, 8);
    if (i->created.precision != PRECISION_NONE)
        sqlite3_bind_int64(add, 9, i->created.ns);
    else
        sqlite3_bind_null(add, 9);
    sqlite3_bind_int64(link, 5, finding);
    case_bind(link, 6, slice_of(how_name(m->how)));
    return case_step(x->w->c, add, e) && case_step(x->w->c, link, e);
}

/* Writes the group that was gathered, if any, as a finding. */
static bool end_group(struct matching *x, struct err *e)
{
    struct group *g = &x->group;
    struct utime when = g->time.precision != PRECISION_NONE ? g->time : x->checked;
    const struct match *best = g->n ? best_match(g->hit, g->process_cut, when) : NULL;
    int64_t id;
    if (!best)
        return true;
    const struct finding f = {
        .evidence = g->evidence,
        .artifact = g->artifact,
        .rule = "indicator",
        .type = g->hit->type,
        .subject = slice_of(g->hit->value),
        .how = how_name(best->how),
        .observable = g->hit->observable,
        .severity = severity_of(g->exposure, sure(best, when)),
        .confidence = sure(best, when),
        .exposure = g->exposure,
        .family_class = family_class_name(gravest(g->hit, g->process_cut)),
        .time = g->time,
    };
    bool ok = writer_finding(x->w, &f, &id, e);
    for (size_t i = 0; ok && i < g->n; i++)
        ok = writer_record(x->w, id, g->places[i].record, slice_of(g->places[i].field), e);
    for (size_t i = 0; ok && i < g->hit->n; i++)
        if (holds(&g->hit->matches[i], g->process_cut))
            ok = add_indicator(x, id, &g->hit->matches[i], e);
    return ok;
}

static void copy_text(char *to, size_t room, struct slice text)
{
    snprintf(to, room, "%.*s", (int)(text.n < room ? text.n : room), (const char *)text.p);
}

/* One row of `places`: into the group that is open, or into a new one. */
static bool add_place(struct matching *x, sqlite3_stmt *s, struct err *e)
{
    struct group *g = &x->group;
    const struct hit *hit = hit_of(&x->hits, sqlite3_column_int64(s, 0));
    int64_t evidence = sqlite3_column_int64(s, 1);
    struct slice artifact = case_text(s, 2);
    bool timed = sqlite3_column_type(s, 7) != SQLITE_NULL;
    struct utime t = {sqlite3_column_int64(s, 7), (enum precision)sqlite3_column_int(s, 8)};
    int exposure = sqlite3_column_int(s, 6);
    if (!in_window(&x->w->window, timed, t.ns))
        return true;
    if (!g->n || hit != g->hit || evidence != g->evidence || !slice_is(artifact, g->artifact)) {
        if (!end_group(x, e))
            return false;
        *g = (struct group){.hit = hit, .evidence = evidence, .places = g->places, .room = g->room};
        copy_text(g->artifact, sizeof g->artifact, artifact);
        g->process_cut = (unsigned)sqlite3_column_int(s, 3);
        g->time = timed ? t : UTIME_NONE;
    }
    if (g->n == g->room) {
        g->room = g->room ? 2 * g->room : 16;
        g->places = xrealloc(g->places, g->room, sizeof *g->places);
    }
    if (exposure > (int)g->exposure && exposure < EXPOSURES)
        g->exposure = (enum exposure)exposure;
    struct place_seen *p = &g->places[g->n++];
    p->record = sqlite3_column_int64(s, 4);
    copy_text(p->field, sizeof p->field, case_text(s, 5));
    return true;
}

static const char places[] =
    "SELECT s.observable_id, c.evidence_id, c.artifact, c.process_cut, s.record_id, s.field, "
    "s.exposure, r.time_ns, r.precision FROM sighting s CROSS JOIN record r ON r.id = s.record_id "
    "CROSS JOIN coverage c ON c.id = r.coverage_id WHERE hit(s.observable_id) "
    "ORDER BY s.observable_id, c.evidence_id, c.artifact, r.time_ns IS NULL, r.time_ns, r.name, r.n, "
    "s.id";

static bool gather(struct matching *x, struct err *e)
{
    struct casefile *c = x->w->c;
    if (sqlite3_create_function(c->db, "hit", 1, SQLITE_UTF8, &x->hits, is_hit, NULL, NULL) !=
        SQLITE_OK)
        return case_err(c, e);
    sqlite3_stmt *s = case_prepare(c, places, e);
    int rc = SQLITE_DONE;
    bool ok = s != NULL;
    while (ok && (rc = sqlite3_step(s)) == SQLITE_ROW)
        ok = add_place(x, s, e);
    ok = ok && (rc == SQLITE_DONE || case_err(c, e)) && end_group(x, e);
    sqlite3_finalize(s);
    sqlite3_create_function(c->db, "hit", 1, SQLITE_UTF8, NULL, NULL, NULL, NULL);
    return ok;
}

bool match_run(struct writer *w, const struct matcher *m, struct err *e)
{
    struct matching x = {.w = w};
    struct slice checked = casefile_get(w->c, "checked_ns", &x.hits.arena);
    if (json_int(checked, &x.checked.ns))
        x.checked.precision = NANO;
    bool ok = find_hits(w->c, m, &x.hits, e);
    for (int k = 0; ok && k < QUERIES; k++)
        ok = (x.queries[k] = case_prepare(w->c, queries[k], e)) != NULL;
    ok = ok && (!x.hits.n || gather(&x, e));
    for (int k = 0; k < QUERIES; k++)
        sqlite3_finalize(x.queries[k]);
    free(x.group.places);
    free(x.hits.items);
    free(x.hits.filter);
    arena_free(&x.hits.arena);
    return ok;
}
