/* Runs each rule over each piece of evidence whose artifact it is about. */
#include <sqlite3.h>
#include <stdlib.h>

#include "casefile/impl.h"
#include "detect/impl.h"

#define RULE(name) extern const struct rule rule_##name;
#include "detect/list.h"
#undef RULE

#define RULE(name) &rule_##name,
const struct rule *const rules[] = {
#include "detect/list.h"
};
#undef RULE

const unsigned rule_count = sizeof rules / sizeof *rules;

const struct rule *rule_find(struct slice id)
{
    for (unsigned i = 0; i < rule_count; i++)
        if (slice_is(id, rules[i]->id))
            return rules[i];
    return NULL;
}

/* -- what SQL can't say -- */

static struct slice value_text(sqlite3_value *v)
{
    const uint8_t *text = sqlite3_value_text(v);
    return (struct slice){text, text ? (size_t)sqlite3_value_bytes(v) : 0};
}

static void result_text(sqlite3_context *ctx, struct slice s)
{
    sqlite3_result_text64(ctx, (const char *)s.p, s.n, SQLITE_TRANSIENT, SQLITE_UTF8);
}

/* A value that is a link, in its normal form. */
static bool link_of(sqlite3_value *v, struct arena *a, struct observed *out)
{
    struct slice text = value_text(v);
    return text.n && observable_normalise(OBS_URL, text, a, out) && out->type == OBS_URL;
}

/* site(url): the registrable domain of a link, or its host where it has none. NULL: no link. */
static void site(sqlite3_context *ctx, int n, sqlite3_value **args)
{
    struct arena a = {0};
    struct observed url;
    (void)n;
    if (link_of(args[0], &a, &url)) {
        struct slice host = observable_url_host(url.value);
        struct slice registrable = observable_registrable(host);
        result_text(ctx, registrable.n ? registrable : host);
    }
    arena_free(&a);
}

/* port(url): the port that a link names beside the scheme's own. NULL: none. */
static void port(sqlite3_context *ctx, int n, sqlite3_value **args)
{
    struct arena a = {0};
    struct observed url;
    (void)n;
    if (link_of(args[0], &a, &url)) {
        size_t at = slice_search(url.value, slice_of("://"), 0);
        struct slice rest = slice_sub(url.value, at + 3, url.value.n);
        rest = slice_sub(rest, 0, slice_find(rest, '/'));
        int number = 0, scale = 1;
        while (rest.n && scale <= 10000 && rest.p[rest.n - 1] >= '0' && rest.p[rest.n - 1] <= '9') {
            number += scale * (rest.p[--rest.n] - '0');
            scale *= 10;
        }
        if (scale > 1 && rest.n && rest.p[rest.n - 1] == ':')
            sqlite3_result_int(ctx, number);
    }
    arena_free(&a);
}

/* usual_place(path): 1 where the system or the App Store puts programs, 0 elsewhere. NULL: no
   absolute path. */
static void usual_place(sqlite3_context *ctx, int n, sqlite3_value **args)
{
    static const char *const places[] = {
        "/System/",
        "/usr/",
        "/bin/",
        "/sbin/",
        "/Applications/",
        "/Library/",
        "/Developer/",
        "/private/preboot/",
        "/private/var/containers/Bundle/",
        "/private/var/mobile/Containers/Bundle/",
        "/private/var/staged_system_apps/",
    };
    struct arena a = {0};
    struct observed path;
    struct slice text = value_text(args[0]);
    (void)n;
    if (text.n && text.p[0] == '/' && observable_normalise(OBS_PATH, text, &a, &path)) {
        bool usual = false;
        for (size_t i = 0; i < sizeof places / sizeof *places; i++)
            usual |= slice_starts(path.value, places[i]);
        sqlite3_result_int(ctx, usual);
    }
    arena_free(&a);
}

static bool add_functions(struct casefile *c, struct err *e)
{
    static const struct {
        const char *name;
        void (*run)(sqlite3_context *, int, sqlite3_value **);
    } functions[] = {{"site", site}, {"port", port}, {"usual_place", usual_place}};
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
        if (sqlite3_create_function(c->db, functions[i].name, 1,
                                    SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY, NULL,
                                    functions[i].run, NULL, NULL) != SQLITE_OK)
            return case_err(c, e);
    return true;
}

/* -- running -- */

/* The rows of one subject are one finding: they come together, in time order. */
static bool add_rows(struct writer *w, const struct rule *r, int64_t evidence, sqlite3_stmt *s,
                     struct err *e)
{
    struct arena a = {0};
    struct slice subject = {0};
    int64_t finding = 0;
    bool ok = true;
    int rc = SQLITE_DONE;
    while (ok && (rc = sqlite3_step(s)) == SQLITE_ROW) {
        struct slice now = case_text(s, 1);
        bool has_time = sqlite3_column_type(s, 2) != SQLITE_NULL;
        struct utime t = {sqlite3_column_int64(s, 2), (enum precision)sqlite3_column_int(s, 3)};
        if (!in_window(&w->window, has_time, t.ns))
            continue;
        if (!finding || !slice_equal(subject, now)) {
            arena_reset(&a);
            subject = arena_copy(&a, now);
            const struct finding f = {
                .evidence = evidence,
                .artifact = r->artifact,
                .rule = r->id,
                .type = "",
                .subject = subject,
                .how = "exact",
                .severity = r->severity,
                .confidence = r->confidence,
                .exposure = r->exposure,
                .time = has_time ? t : UTIME_NONE,
            };
            ok = writer_finding(w, &f, &finding, e);
        }
        ok = ok && writer_record(w, finding, sqlite3_column_int64(s, 0), slice_of(""), e);
    }
    arena_free(&a);
    return ok && (rc == SQLITE_DONE || case_err(w->c, e));
}

static bool run_rule(struct writer *w, const struct rule *r, struct err *e)
{
    struct buf sql = {0};
    buf_printf(&sql,
               "WITH r AS NOT MATERIALIZED (SELECT record.* FROM span CROSS JOIN record ON "
               "record.id BETWEEN first_record AND last_record WHERE span.coverage_id = ?1) "
               "SELECT f.record_id, f.subject, t.time_ns, t.precision FROM (%s) f "
               "JOIN record t ON t.id = f.record_id "
               "ORDER BY f.subject, t.time_ns IS NULL, t.time_ns, t.name, t.n",
               r->sql);
    buf_byte(&sql, '\0');
    sqlite3_stmt *over =
        case_prepare(w->c, "SELECT id, evidence_id FROM coverage WHERE artifact = ?1", e);
    sqlite3_stmt *s = over ? case_prepare(w->c, (const char *)sql.p, e) : NULL;
    bool ok = s != NULL;
    int rc = SQLITE_DONE;
    if (ok)
        case_bind(over, 1, slice_of(r->artifact));
    while (ok && (rc = sqlite3_step(over)) == SQLITE_ROW) {
        sqlite3_bind_int64(s, 1, sqlite3_column_int64(over, 0));
        ok = add_rows(w, r, sqlite3_column_int64(over, 1), s, e);
        sqlite3_reset(s);
    }
    ok = ok && (rc == SQLITE_DONE || case_err(w->c, e));
    sqlite3_finalize(over);
    sqlite3_finalize(s);
    buf_free(&sql);
    return ok || err_in(e, "rule %s", r->id);
}

bool rules_run(struct writer *w, struct err *e)
{
    if (!add_functions(w->c, e))
        return false;
    for (unsigned i = 0; i < rule_count; i++)
        if (!run_rule(w, rules[i], e))
            return false;
    return true;
}
