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

/* site(url): the registrable domain of a link, or its host where it has none. NULL: no link. */
static void site(sqlite3_context *ctx, int n, sqlite3_value **args)
{
    (void)n;
    struct arena a = {0};
    struct observed url;
    struct slice text = {sqlite3_value_text(args[0]), (size_t)sqlite3_value_bytes(args[0])};
    if (text.n && observable_normalise(OBS_URL, text, &a, &url) && url.type == OBS_URL) {
        struct slice host = observable_url_host(url.value);
        struct slice registrable = observable_registrable(host);
        struct slice out = registrable.n ? registrable : host;
        sqlite3_result_text(ctx, (const char *)out.p, (int)out.n, SQLITE_TRANSIENT);
    }
    arena_free(&a);
}

/* The rows of one subject are one finding: they come together, in time order. */
static bool add_rows(struct writer *w, const struct rule *r, int64_t evidence, sqlite3_stmt *s,
                     struct err *e)
{
    char *subject = NULL;
    int64_t finding = 0;
    bool ok = true;
    int rc = SQLITE_DONE;
    while (ok && (rc = sqlite3_step(s)) == SQLITE_ROW) {
        const char *now = (const char *)sqlite3_column_text(s, 1);
        bool has_time = sqlite3_column_type(s, 2) != SQLITE_NULL;
        struct utime t = {sqlite3_column_int64(s, 2), (enum precision)sqlite3_column_int(s, 3)};
        if (!in_window(&w->window, has_time, t.ns))
            continue;
        if (!subject || strcmp(subject, now ? now : "")) {
            free(subject);
            subject = xstrdup(now ? now : "");
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
    free(subject);
    return ok && (rc == SQLITE_DONE || case_err(w->c, e));
}

static bool run_rule(struct writer *w, const struct rule *r, struct err *e)
{
    struct buf sql = {0};
    buf_printf(&sql,
               "SELECT f.record_id, f.subject, r.time_ns, r.precision FROM (%s) f "
               "JOIN record r ON r.id = f.record_id "
               "ORDER BY f.subject, r.time_ns IS NULL, r.time_ns, r.name, r.n",
               r->sql);
    buf_byte(&sql, '\0');
    sqlite3_stmt *over = case_prepare(
        w->c, "SELECT id, evidence_id FROM coverage WHERE artifact = ?1 AND records > 0", e);
    sqlite3_stmt *s = over ? case_prepare(w->c, (const char *)sql.p, e) : NULL;
    bool ok = s != NULL;
    if (ok)
        case_bind(over, 1, slice_of(r->artifact));
    while (ok && sqlite3_step(over) == SQLITE_ROW) {
        sqlite3_bind_int64(s, 1, sqlite3_column_int64(over, 0));
        ok = add_rows(w, r, sqlite3_column_int64(over, 1), s, e);
        sqlite3_reset(s);
    }
    sqlite3_finalize(over);
    sqlite3_finalize(s);
    buf_free(&sql);
    return ok || err_in(e, "rule %s", r->id);
}

bool rules_run(struct writer *w, struct err *e)
{
    if (sqlite3_create_function(w->c->db, "site", 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC, NULL, site,
                                NULL, NULL) != SQLITE_OK)
        return case_err(w->c, e);
    for (unsigned i = 0; i < rule_count; i++)
        if (!run_rule(w, rules[i], e))
            return false;
    return true;
}
