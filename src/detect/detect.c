/*
 * Findings from matches: each distinct observable is looked up once; the sightings of a hit, grouped
 * by evidence and artifact, are one finding.
 */
#include "detect/detect.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

#include "casefile/impl.h"
#include "detect/impl.h"

enum { MAX_MATCHES = 64, LOW_SET_CONFIDENCE = 40 };

static const char *const severities[] = {"info", "low", "medium", "high", "critical"};

const char *severity_name(enum severity s)
{
    return (unsigned)s < 5 ? severities[s] : "";
}

bool severity_from_name(struct slice name, enum severity *out)
{
    for (unsigned i = 0; i < 5; i++)
        if (slice_is(name, severities[i])) {
            *out = (enum severity)i;
            return true;
        }
    return false;
}

enum severity severity_of(enum exposure x, enum confidence c)
{
    static const uint8_t table[3][EXPOSURES] = {
        /* none, received, opened, configured, contacted, present, ran */
        [CONFIDENCE_HIGH] = {SEVERITY_MEDIUM, SEVERITY_MEDIUM, SEVERITY_HIGH, SEVERITY_HIGH,
                             SEVERITY_HIGH, SEVERITY_CRITICAL, SEVERITY_CRITICAL},
        [CONFIDENCE_MEDIUM] = {SEVERITY_LOW, SEVERITY_LOW, SEVERITY_MEDIUM, SEVERITY_MEDIUM,
                               SEVERITY_MEDIUM, SEVERITY_HIGH, SEVERITY_HIGH},
        [CONFIDENCE_LOW] = {SEVERITY_INFO, SEVERITY_INFO, SEVERITY_LOW, SEVERITY_LOW, SEVERITY_LOW,
                            SEVERITY_MEDIUM, SEVERITY_MEDIUM},
    };
    return (enum severity)table[c][x];
}

/* An observable that indicators know. */
struct hit {
    int64_t observable;
    struct match *matches;
    size_t n;
};

struct hits {
    struct hit *items;
    size_t n;
};

static bool find_hits(struct casefile *c, const struct matcher *m, struct hits *out, struct err *e)
{
    struct match found[MAX_MATCHES];
    sqlite3_stmt *s = case_prepare(c, "SELECT id, type, value FROM observable", e);
    int rc = SQLITE_DONE;
    while (s && (rc = sqlite3_step(s)) == SQLITE_ROW) {
        struct slice type = {sqlite3_column_text(s, 1), (size_t)sqlite3_column_bytes(s, 1)};
        struct slice value = {sqlite3_column_text(s, 2), (size_t)sqlite3_column_bytes(s, 2)};
        size_t n = matcher_find(m, observable_from_name(type), value, found, MAX_MATCHES);
        if (!n)
            continue;
        n = n < MAX_MATCHES ? n : MAX_MATCHES;
        struct hit h = {sqlite3_column_int64(s, 0), xcalloc(n, sizeof *found), n};
        memcpy(h.matches, found, n * sizeof *found);
        out->items = xrealloc(out->items, out->n + 1, sizeof *out->items);
        out->items[out->n++] = h;
    }
    sqlite3_finalize(s);
    return s && (rc == SQLITE_DONE || case_err(c, e));
}

/* -- writing -- */

static void hex_key(const char *const parts[4], char key[33])
{
    uint8_t hash[SHA256_SIZE];
    struct buf text = {0};
    for (int i = 0; i < 4; i++) {
        buf_text(&text, parts[i] ? parts[i] : "");
        buf_byte(&text, '\n');
    }
    sha256_of(buf_view(&text), hash);
    hex_text(hash, 16, key);
    buf_free(&text);
}

bool writer_start(struct writer *w, struct casefile *c, const struct window *window, struct err *e)
{
    *w = (struct writer){.c = c, .window = *window};
    w->add =
        case_prepare(c,
                     "INSERT INTO finding (key, evidence_id, artifact, observable_id, rule, how, "
                     "severity, confidence, exposure, time_ns, precision, subject, family_class) "
                     "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
                     e);
    w->add_record =
        w->add ? case_prepare(c, "INSERT OR IGNORE INTO finding_record VALUES (?1, ?2, ?3)", e)
               : NULL;
    return w->add_record != NULL;
}

void writer_end(struct writer *w)
{
    sqlite3_finalize(w->add);
    sqlite3_finalize(w->add_record);
}

bool in_window(const struct window *w, bool has_time, int64_t ns)
{
    if (!has_time)
        return true;
    return (w->since.precision == PRECISION_NONE || ns >= w->since.ns) &&
           (w->until.precision == PRECISION_NONE || ns <= w->until.ns);
}

bool writer_finding(struct writer *w, const struct finding *f, int64_t *id, struct err *e)
{
    char key[33];
    hex_key((const char *const[]){f->artifact, f->rule, f->type, f->subject}, key);
    sqlite3_stmt *s = w->add;
    case_bind(s, 1, slice_of(key));
    sqlite3_bind_int64(s, 2, f->evidence);
    case_bind(s, 3, slice_of(f->artifact));
    if (f->observable)
        sqlite3_bind_int64(s, 4, f->observable);
    else
        sqlite3_bind_null(s, 4);
    case_bind(s, 5, slice_of(f->rule));
    case_bind(s, 6, slice_of(f->how));
    sqlite3_bind_int(s, 7, f->severity);
    sqlite3_bind_int(s, 8, f->confidence);
    sqlite3_bind_int(s, 9, f->exposure);
    if (f->time.precision != PRECISION_NONE)
        sqlite3_bind_int64(s, 10, f->time.ns);
    else
        sqlite3_bind_null(s, 10);
    sqlite3_bind_int(s, 11, f->time.precision);
    case_bind(s, 12, slice_of(f->subject));
    case_bind_null(s, 13, slice_of(f->family_class));
    if (!case_step(w->c, s, e))
        return false;
    *id = sqlite3_last_insert_rowid(w->c->db);
    return true;
}

bool writer_record(struct writer *w, int64_t finding, int64_t record, struct slice field,
                   struct err *e)
{
    sqlite3_bind_int64(w->add_record, 1, finding);
    sqlite3_bind_int64(w->add_record, 2, record);
    case_bind(w->add_record, 3, field);
    return case_step(w->c, w->add_record, e);
}

/* -- a hit's findings -- */

struct place_seen {
    int64_t record, evidence, time_ns;
    bool has_time;
    enum precision precision;
    enum exposure exposure;
    unsigned process_cut;
    char artifact[64], field[WIRE_MAX_NAME + 1];
};

static void read_place(sqlite3_stmt *s, struct place_seen *p)
{
    p->record = sqlite3_column_int64(s, 0);
    snprintf(p->field, sizeof p->field, "%s", (const char *)sqlite3_column_text(s, 1));
    p->exposure = (enum exposure)sqlite3_column_int(s, 2);
    p->has_time = sqlite3_column_type(s, 3) != SQLITE_NULL;
    p->time_ns = sqlite3_column_int64(s, 3);
    p->precision = (enum precision)sqlite3_column_int(s, 4);
    p->evidence = sqlite3_column_int64(s, 5);
    snprintf(p->artifact, sizeof p->artifact, "%s", (const char *)sqlite3_column_text(s, 6));
    p->process_cut = (unsigned)sqlite3_column_int(s, 7);
}

/* A cut name only matches where the source cuts names at that very length. */
static bool holds(const struct match *m, unsigned process_cut)
{
    return m->how != HOW_TRUNCATED || m->cut == process_cut;
}

/* How sure a match is, after what its set says of the indicator. */
static enum confidence sure(const struct match *m)
{
    enum confidence c = m->confidence;
    if (m->indicator->too_general || m->indicator->expired)
        return CONFIDENCE_LOW;
    if (m->indicator->confidence >= 0 && m->indicator->confidence < LOW_SET_CONFIDENCE &&
        c > CONFIDENCE_MEDIUM)
        return CONFIDENCE_MEDIUM;
    return c;
}

static const struct match *best_match(const struct hit *h, unsigned process_cut)
{
    const struct match *best = NULL;
    for (size_t i = 0; i < h->n; i++) {
        const struct match *m = &h->matches[i];
        if (holds(m, process_cut) &&
            (!best || sure(m) > sure(best) || (sure(m) == sure(best) && m->how < best->how)))
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

static bool add_indicator(struct casefile *c, int64_t finding, const struct match *m, struct err *e)
{
    const struct indicator *i = m->indicator;
    sqlite3_stmt *put = case_prepare(
        c,
        "INSERT OR IGNORE INTO indicator (set_id, ref, type, value, published, family, family_class, "
        "confidence, created_ns) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        e);
    sqlite3_stmt *link = case_prepare(
        c,
        "INSERT OR IGNORE INTO finding_indicator SELECT ?5, id, ?6 FROM indicator WHERE set_id = ?1 "
        "AND ref = ?2 AND type = ?3 AND value = ?4",
        e);
    bool ok = put && link;
    sqlite3_stmt *both[] = {put, link};
    for (int k = 0; k < 2 && ok; k++) {
        sqlite3_bind_int64(both[k], 1, (int64_t)i->set + 1);
        case_bind(both[k], 2, i->ref);
        case_bind(both[k], 3, slice_of(observable_name(i->type)));
        case_bind(both[k], 4, i->value);
    }
    if (ok) {
        case_bind(put, 5, i->published);
        case_bind_null(put, 6, i->family);
        case_bind(put, 7, slice_of(family_class_name((enum family_class)i->family_class)));
        if (i->confidence >= 0)
            sqlite3_bind_int(put, 8, i->confidence);
        if (i->created.precision != PRECISION_NONE)
            sqlite3_bind_int64(put, 9, i->created.ns);
        sqlite3_bind_int64(link, 5, finding);
        case_bind(link, 6, slice_of(how_name(m->how)));
        ok = case_step(c, put, e) && case_step(c, link, e);
    }
    sqlite3_finalize(put);
    sqlite3_finalize(link);
    return ok;
}

/* One finding from the sightings [from, to) of one evidence and artifact, in time order. */
static bool one_finding(struct writer *w, const struct hit *h, const char *type, const char *value,
                        const struct place_seen *from, const struct place_seen *to, struct err *e)
{
    const struct match *best = best_match(h, from->process_cut);
    int64_t id;
    if (!best)
        return true;
    struct finding f = {
        .evidence = from->evidence,
        .artifact = from->artifact,
        .rule = "indicator",
        .type = type,
        .subject = value,
        .how = how_name(best->how),
        .observable = h->observable,
        .confidence = sure(best),
        .family_class = family_class_name(gravest(h, from->process_cut)),
    };
    if (from->has_time)
        f.time = (struct utime){from->time_ns, from->precision};
    for (const struct place_seen *p = from; p < to; p++)
        if (p->exposure > f.exposure)
            f.exposure = p->exposure;
    f.severity = severity_of(f.exposure, f.confidence);
    if (!writer_finding(w, &f, &id, e))
        return false;
    for (const struct place_seen *p = from; p < to; p++)
        if (!writer_record(w, id, p->record, slice_of(p->field), e))
            return false;
    for (size_t i = 0; i < h->n; i++)
        if (holds(&h->matches[i], from->process_cut) && !add_indicator(w->c, id, &h->matches[i], e))
            return false;
    return true;
}

static bool hit_findings(struct writer *w, const struct hit *h, sqlite3_stmt *places,
                         sqlite3_stmt *what, struct err *e)
{
    struct place_seen *seen = NULL;
    size_t n = 0, room = 0;
    sqlite3_bind_int64(places, 1, h->observable);
    while (sqlite3_step(places) == SQLITE_ROW) {
        if (n == room) {
            room = room ? room * 2 : 16;
            seen = xrealloc(seen, room, sizeof *seen);
        }
        read_place(places, &seen[n]);
        n += in_window(&w->window, seen[n].has_time, seen[n].time_ns);
    }
    sqlite3_reset(places);
    sqlite3_bind_int64(what, 1, h->observable);
    bool ok = sqlite3_step(what) == SQLITE_ROW || case_err(w->c, e);
    for (size_t i = 0, k; ok && i < n; i = k) {
        for (k = i + 1; k < n && seen[k].evidence == seen[i].evidence &&
                        !strcmp(seen[k].artifact, seen[i].artifact);)
            k++;
        ok = one_finding(w, h, (const char *)sqlite3_column_text(what, 0),
                         (const char *)sqlite3_column_text(what, 1), seen + i, seen + k, e);
    }
    sqlite3_reset(what);
    free(seen);
    return ok;
}

static bool match_all(struct writer *w, const struct matcher *m, struct err *e)
{
    struct hits hits = {0};
    sqlite3_stmt *places = case_prepare(
        w->c,
        "SELECT s.record_id, s.field, s.exposure, r.time_ns, r.precision, c.evidence_id, c.artifact, "
        "c.process_cut FROM sighting s JOIN record r ON r.id = s.record_id "
        "JOIN coverage c ON c.id = r.coverage_id WHERE s.observable_id = ?1 "
        "ORDER BY c.evidence_id, c.artifact, r.time_ns IS NULL, r.time_ns, r.name, r.n, s.id",
        e);
    sqlite3_stmt *what =
        places ? case_prepare(w->c, "SELECT type, value FROM observable WHERE id = ?1", e) : NULL;
    bool ok = what && find_hits(w->c, m, &hits, e);
    for (size_t i = 0; ok && i < hits.n; i++)
        ok = hit_findings(w, &hits.items[i], places, what, e);
    for (size_t i = 0; i < hits.n; i++)
        free(hits.items[i].matches);
    free(hits.items);
    sqlite3_finalize(places);
    sqlite3_finalize(what);
    return ok;
}

bool detect_run(struct casefile *c, const struct matcher *m, const struct indicators *in,
                const struct window *window, struct err *e)
{
    struct writer w;
    (void)in;
    if (!case_exec(c,
                   "CREATE INDEX IF NOT EXISTS sighting_observable ON sighting (observable_id);"
                   "CREATE INDEX IF NOT EXISTS record_coverage ON record (coverage_id, n);"
                   "DELETE FROM finding_record; DELETE FROM finding_indicator;"
                   "DELETE FROM finding; DELETE FROM indicator",
                   e))
        return false;
    bool ok = writer_start(&w, c, window, e) && (!m || match_all(&w, m, e)) && rules_run(&w, e);
    writer_end(&w);
    return ok;
}
