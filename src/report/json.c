/* The --json object of a check: one line, keys in the order of docs/output.md. */
#include <sqlite3.h>

#include "format/json.h"
#include "report/report.h"
#include "report/rows.h"

static bool evidence_list(struct casefile *c, struct json_writer *w, struct err *e)
{
    sqlite3_stmt *s = rows_query(c,
                                 "SELECT id, source, name, device, encrypted, confinement FROM "
                                 "evidence ORDER BY id",
                                 e);
    json_name(w, "evidence");
    json_array(w);
    while (s && rows_next(c, s, e)) {
        json_object(w);
        json_name(w, "id");
        json_number(w, sqlite3_column_int64(s, 0));
        json_name(w, "source");
        json_string(w, rows_text(s, 1));
        json_name(w, "name");
        json_string(w, rows_text(s, 2));
        json_name(w, "device");
        json_raw(w, rows_text(s, 3));
        json_name(w, "encrypted");
        json_bool(w, sqlite3_column_int(s, 4));
        json_name(w, "confinement");
        json_string(w, rows_text(s, 5));
        json_object_end(w);
    }
    sqlite3_finalize(s);
    json_array_end(w);
    return !e->code;
}

bool report_json(struct casefile *c, const struct conclusion *k, const char *case_path,
                 const char *report_path, double seconds, FILE *to, struct err *e)
{
    struct json_writer w;
    struct buf out = {0};
    json_writer(&w, &out);
    json_object(&w);
    json_name(&w, "schema");
    json_text(&w, "bridle/1");
    json_name(&w, "kind");
    json_text(&w, "summary");
    json_name(&w, "verdict");
    json_text(&w, verdict_name(k->verdict));
    json_name(&w, "exit");
    json_number(&w, k->exit);
    json_name(&w, "findings");
    json_object(&w);
    for (unsigned i = SEVERITY_CRITICAL + 1; i-- > 0;) {
        json_name(&w, severity_name((enum severity)i));
        json_number(&w, k->findings[i]);
    }
    json_object_end(&w);
    json_name(&w, "dismissed");
    json_number(&w, k->dismissed);
    bool ok = evidence_list(c, &w, e);
    json_name(&w, "coverage");
    json_object(&w);
    for (unsigned i = STATUS_READ; i < STATUSES; i++) {
        json_name(&w, status_name((enum status)i));
        json_number(&w, k->coverage[i]);
    }
    json_object_end(&w);
    json_name(&w, "indicators");
    json_object(&w);
    json_name(&w, "sets");
    json_number(&w, (int64_t)k->sets);
    json_name(&w, "values");
    json_number(&w, (int64_t)k->indicators);
    json_object_end(&w);
    json_name(&w, "case");
    json_text(&w, case_path);
    if (report_path) {
        json_name(&w, "report");
        json_text(&w, report_path);
    }
    json_name(&w, "seconds");
    json_real(&w, seconds);
    json_object_end(&w);
    buf_byte(&out, '\n');
    ok = ok && (fwrite(out.p, 1, out.n, to) == out.n || err_io(e, "summary"));
    buf_free(&out);
    return ok;
}
