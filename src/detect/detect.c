/* Findings: how they are named, weighed and written; the run over a case. */
#include "detect/detect.h"

#include <sqlite3.h>

#include "casefile/impl.h"
#include "detect/impl.h"

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

/* The first half of the SHA-256 of the four parts, each with a line end behind it. */
static void make_key(const struct finding *f, char key[33])
{
    uint8_t hash[SHA256_SIZE];
    struct buf text = {0};
    buf_printf(&text, "%s\n%s\n%s\n", f->artifact, f->rule, f->type);
    buf_slice(&text, f->subject);
    buf_byte(&text, '\n');
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
    make_key(f, key);
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
    case_bind(s, 12, f->subject);
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

/* A surer finding that holds all records and indicators of another one says all that it says. So goes
   the bare host of a listed link where the link itself was seen, or a number without its prefix.
   Candidates are those that hold the other's first record: a list with an index, not all pairs. */
static const char covered[] =
    "WITH link AS MATERIALIZED (SELECT record_id, finding_id FROM finding_record) "
    "DELETE FROM finding WHERE id IN (SELECT f.id FROM finding f CROSS JOIN link ON "
    "link.record_id = (SELECT min(record_id) FROM finding_record WHERE finding_id = f.id) "
    "CROSS JOIN finding g ON g.id = link.finding_id WHERE g.confidence > f.confidence AND "
    "NOT EXISTS (SELECT indicator_id FROM finding_indicator WHERE finding_id = f.id EXCEPT "
    "SELECT indicator_id FROM finding_indicator WHERE finding_id = g.id) AND "
    "NOT EXISTS (SELECT record_id FROM finding_record WHERE finding_id = f.id EXCEPT "
    "SELECT record_id FROM finding_record WHERE finding_id = g.id));"
    "DELETE FROM finding_record WHERE finding_id NOT IN (SELECT id FROM finding);"
    "DELETE FROM finding_indicator WHERE finding_id NOT IN (SELECT id FROM finding);"
    "DELETE FROM indicator WHERE id NOT IN (SELECT indicator_id FROM finding_indicator)";

bool detect_run(struct casefile *c, const struct matcher *m, const struct indicators *in,
                const struct window *window, struct err *e)
{
    struct writer w;
    (void)in;
    if (!case_flush(c, e) ||
        !case_exec(c,
                   "DELETE FROM run WHERE name = 'detected'; DELETE FROM finding_record;"
                   "DELETE FROM finding_indicator; DELETE FROM finding; DELETE FROM indicator",
                   e))
        return false;
    bool ok = writer_start(&w, c, window, e) &&
              (!m || (match_run(&w, m, e) && case_exec(c, covered, e))) && rules_run(&w, e);
    writer_end(&w);
    return ok && casefile_set(c, "detected", slice_of("1"), e);
}
