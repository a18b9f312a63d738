/*
 * JSON lines: one object a line, keys in the order of docs/output.md, rows in export order. Streams:
 * nothing but the ranking of the records is held in memory.
 */
#include <sqlite3.h>
#include <stdlib.h>

#include "format/json.h"
#include "report/export.h"

enum { FLUSH = 64 * 1024 };

bool export_flush(struct export *x, bool all, struct err *e)
{
    if (x->out.n < (all ? 1 : FLUSH))
        return true;
    bool ok = fwrite(x->out.p, 1, x->out.n, x->to) == x->out.n;
    buf_clear(&x->out);
    return ok || err_io(e, "export");
}

sqlite3_stmt *export_query(struct export *x, const char *sql, struct err *e)
{
    sqlite3_stmt *s = NULL;
    if (sqlite3_prepare_v2(casefile_db(x->c), sql, -1, &s, NULL) != SQLITE_OK)
        err_set(e, ERR_IO, "case: %s", sqlite3_errmsg(casefile_db(x->c)));
    return s;
}

struct slice export_text(sqlite3_stmt *s, int i)
{
    const uint8_t *text = sqlite3_column_text(s, i);
    return (struct slice){text, text ? (size_t)sqlite3_column_bytes(s, i) : 0};
}

static void start(struct json_writer *w, struct buf *out, const char *kind)
{
    json_writer(w, out);
    json_object(w);
    json_name(w, "schema");
    json_text(w, "bridle/1");
    json_name(w, "kind");
    json_text(w, kind);
}

static void member(struct json_writer *w, const char *name, struct slice text)
{
    json_name(w, name);
    json_string(w, text);
}

static void member_if(struct json_writer *w, const char *name, struct slice text)
{
    if (text.n)
        member(w, name, text);
}

static void member_number(struct json_writer *w, const char *name, int64_t n)
{
    json_name(w, name);
    json_number(w, n);
}

static void member_time(struct json_writer *w, const char *name, struct utime t)
{
    char text[UTIME_TEXT];
    if (t.precision != PRECISION_NONE)
        member(w, name, slice_of(utime_text(t, text)));
}

static bool end(struct export *x, struct json_writer *w, struct err *e)
{
    json_object_end(w);
    buf_byte(&x->out, '\n');
    return export_flush(x, false, e);
}

/* -- evidence -- */

static bool evidence(struct export *x, struct err *e)
{
    sqlite3_stmt *s = export_query(x,
                                   "SELECT id, source, name, sha256, device, encrypted, taken_ns "
                                   "FROM evidence ORDER BY id",
                                   e);
    bool ok = s != NULL;
    while (ok && sqlite3_step(s) == SQLITE_ROW) {
        struct json_writer w;
        start(&w, &x->out, "evidence");
        member_number(&w, "id", sqlite3_column_int64(s, 0));
        member(&w, "source", export_text(s, 1));
        member(&w, "name", export_text(s, 2));
        member_if(&w, "sha256", export_text(s, 3));
        json_name(&w, "device");
        json_raw(&w, export_text(s, 4));
        json_name(&w, "encrypted");
        json_bool(&w, sqlite3_column_int(s, 5));
        if (sqlite3_column_type(s, 6) != SQLITE_NULL)
            member_time(&w, "taken", (struct utime){sqlite3_column_int64(s, 6), SECOND});
        ok = end(x, &w, e);
    }
    sqlite3_finalize(s);
    return ok;
}

/* -- records -- */

static const char *const place_keys[PLACES] = {"row", "key", "line", "offset"};

void export_provenance(struct json_writer *w, sqlite3_stmt *s, int at)
{
    unsigned place = (unsigned)sqlite3_column_int(s, at);
    struct slice name = export_text(s, at + 1), container = export_text(s, at + 5);
    place = place < PLACES ? place : OFFSET;
    json_object(w);
    member(w, "path", export_text(s, at + 4));
    member_if(w, "container_path", container);
    if (place == ROW)
        member(w, "table", name);
    if (place == KEY)
        member(w, "key", name);
    else
        member_number(w, place_keys[place], sqlite3_column_int64(s, at + 2));
    member(w, "state", slice_of(state_name((enum state)sqlite3_column_int(s, at + 3))));
    json_object_end(w);
}

static void times(struct json_writer *w, struct slice text, struct utime t)
{
    json_name(w, "times");
    if (text.n && text.p[0] == '[') {
        json_raw(w, text);
        return;
    }
    json_array(w);
    if (text.n) {
        json_object(w);
        member(w, "what", text);
        member_time(w, "time", t);
        json_object_end(w);
    }
    json_array_end(w);
}

static void observables_of(struct json_writer *w, sqlite3_stmt *s, int64_t first, int64_t record)
{
    json_name(w, "observables");
    json_array(w);
    sqlite3_bind_int64(s, 1, first);
    while (first && sqlite3_step(s) == SQLITE_ROW && sqlite3_column_int64(s, 0) == record) {
        json_object(w);
        member(w, "type", export_text(s, 1));
        member(w, "value", export_text(s, 2));
        member(w, "field", export_text(s, 3));
        member(w, "exposure", slice_of(exposure_name((enum exposure)sqlite3_column_int(s, 4))));
        json_object_end(w);
    }
    sqlite3_reset(s);
    json_array_end(w);
}

static void record_line(struct export *x, sqlite3_stmt *s, sqlite3_stmt *seen, int64_t id, size_t n)
{
    struct json_writer w;
    struct utime t = UTIME_NONE;
    if (sqlite3_column_type(s, 9) != SQLITE_NULL)
        t = (struct utime){sqlite3_column_int64(s, 9), (enum precision)sqlite3_column_int(s, 10)};
    start(&w, &x->out, "record");
    member_number(&w, "id", (int64_t)n);
    member_number(&w, "evidence", sqlite3_column_int64(s, 0));
    member(&w, "artifact", export_text(s, 1));
    member_time(&w, "time", t);
    times(&w, export_text(s, 8), t);
    json_name(&w, "fields");
    json_raw(&w, export_text(s, 11));
    observables_of(&w, seen, sqlite3_column_int64(s, 12), id);
    json_name(&w, "provenance");
    export_provenance(&w, s, 2);
    json_object_end(&w);
    buf_byte(&x->out, '\n');
}

static bool records(struct export *x, struct err *e)
{
    sqlite3_stmt *s = export_query(
        x,
        "SELECT c.evidence_id, c.artifact, r.place, r.name, r.n, r.state, f.path, f.container, "
        "r.times, r.time_ns, r.precision, r.fields, r.first_sighting FROM record r "
        "JOIN coverage c ON c.id = r.coverage_id JOIN file f ON f.id = r.file_id WHERE r.id = ?1",
        e);
    sqlite3_stmt *seen =
        s ? export_query(x,
                         "SELECT s.record_id, o.type, o.value, s.field, s.exposure "
                         "FROM sighting s JOIN observable o ON o.id = s.observable_id "
                         "WHERE s.id >= ?1 ORDER BY s.id",
                         e)
          : NULL;
    bool ok = seen != NULL;
    for (size_t i = 0; ok && i < x->ranking.n; i++) {
        sqlite3_bind_int64(s, 1, x->ranking.order[i]);
        if (sqlite3_step(s) == SQLITE_ROW)
            record_line(x, s, seen, x->ranking.order[i], i + 1);
        sqlite3_reset(s);
        ok = export_flush(x, false, e);
    }
    sqlite3_finalize(s);
    sqlite3_finalize(seen);
    return ok;
}

/* -- findings -- */

static void strings(struct json_writer *w, const char *name, const char *const *list)
{
    json_name(w, name);
    json_array(w);
    for (; *list; list++)
        json_text(w, *list);
    json_array_end(w);
}

static bool indicators_of(struct export *x, struct json_writer *w, int64_t finding, struct err *e)
{
    sqlite3_stmt *s = export_query(
        x,
        "SELECT i.type, i.published, i.ref, i.family, i.family_class, i.created_ns, s.name, s.sha256, "
        "i.value, fi.how FROM finding_indicator fi JOIN indicator i ON i.id = fi.indicator_id "
        "JOIN indicator_set s ON s.id = i.set_id WHERE fi.finding_id = ?1 "
        "ORDER BY s.name, s.sha256, i.type, i.value, i.ref",
        e);
    if (!s)
        return false;
    sqlite3_bind_int64(s, 1, finding);
    json_name(w, "indicators");
    json_array(w);
    while (sqlite3_step(s) == SQLITE_ROW) {
        json_object(w);
        member(w, "type", export_text(s, 0));
        member(w, "value", export_text(s, 8));
        member(w, "id", export_text(s, 2));
        member_if(w, "family", export_text(s, 3));
        member(w, "family_class", export_text(s, 4));
        if (sqlite3_column_type(s, 5) != SQLITE_NULL)
            member_time(w, "published", (struct utime){sqlite3_column_int64(s, 5), SECOND});
        member(w, "set", export_text(s, 6));
        member(w, "set_sha256", export_text(s, 7));
        json_object_end(w);
    }
    json_array_end(w);
    sqlite3_finalize(s);
    return true;
}

/* The text that stands in the field where the value was seen; it may be a list there. */
static void seen_text(struct json_writer *w, struct slice field, struct slice fields,
                      struct arena *a)
{
    struct json j;
    struct err ignored = {0};
    if (!field.n)
        return;
    json_open(&j, fields, a);
    const struct json_value *tree = json_tree(&j, 4096, &ignored);
    const struct json_value *v = tree ? json_get(tree, arena_string(a, field)) : NULL;
    if (v && v->type == JSON_ARRAY)
        v = v->first;
    member(w, "field", field);
    if (v && (v->type == JSON_STRING || v->type == JSON_NUMBER))
        member(w, "text", v->text);
}

static bool records_of(struct export *x, struct json_writer *w, int64_t finding, struct err *e)
{
    sqlite3_stmt *s = export_query(
        x,
        "SELECT r.id, fr.field, r.place, r.name, r.n, r.state, f.path, f.container, r.time_ns, "
        "r.precision, r.fields FROM finding_record fr JOIN record r ON r.id = fr.record_id "
        "JOIN file f ON f.id = r.file_id WHERE fr.finding_id = ?1",
        e);
    struct arena a = {0};
    struct wanted {
        uint32_t rank;
        int64_t id;
    } *list = NULL;
    size_t n = 0;
    if (!s)
        return false;
    /* In export order: collect the ranks first. */
    sqlite3_bind_int64(s, 1, finding);
    while (sqlite3_step(s) == SQLITE_ROW) {
        int64_t id = sqlite3_column_int64(s, 0);
        if (id <= 0 || (size_t)id >= x->ranking.room)
            continue;
        list = xrealloc(list, n + 1, sizeof *list);
        list[n++] = (struct wanted){x->ranking.rank[id], id};
    }
    sqlite3_finalize(s);
    for (size_t i = 1; i < n; i++) /* almost sorted already */
        for (size_t k = i; k && list[k].rank < list[k - 1].rank; k--) {
            struct wanted t = list[k];
            list[k] = list[k - 1];
            list[k - 1] = t;
        }
    s = export_query(
        x,
        "SELECT r.id, fr.field, r.place, r.name, r.n, r.state, f.path, f.container, "
        "r.time_ns, r.precision, r.fields FROM record r JOIN file f ON f.id = r.file_id "
        "JOIN finding_record fr ON fr.record_id = r.id AND fr.finding_id = ?2 "
        "WHERE r.id = ?1",
        e);
    json_name(w, "records");
    json_array(w);
    for (size_t i = 0; s && i < n; i++) {
        sqlite3_bind_int64(s, 1, list[i].id);
        sqlite3_bind_int64(s, 2, finding);
        if (sqlite3_step(s) == SQLITE_ROW) {
            json_object(w);
            member_number(w, "id", list[i].rank);
            if (sqlite3_column_type(s, 8) != SQLITE_NULL)
                member_time(w, "time",
                            (struct utime){sqlite3_column_int64(s, 8),
                                           (enum precision)sqlite3_column_int(s, 9)});
            seen_text(w, export_text(s, 1), export_text(s, 10), &a);
            json_name(w, "provenance");
            export_provenance(w, s, 2);
            json_object_end(w);
            arena_reset(&a);
        }
        sqlite3_reset(s);
    }
    json_array_end(w);
    sqlite3_finalize(s);
    arena_free(&a);
    free(list);
    return s != NULL;
}

static bool finding_line(struct export *x, const struct case_finding *f, struct err *e)
{
    struct arena a = {0};
    struct finding_text text;
    struct json_writer w;
    finding_words(f, "en", &a, &text);
    start(&w, &x->out, "finding");
    member_number(&w, "id", f->number);
    member(&w, "key", f->key);
    member_number(&w, "evidence", f->evidence);
    member(&w, "artifact", f->artifact);
    member_time(&w, "time", f->time);
    member(&w, "severity", slice_of(severity_name(f->severity)));
    member(&w, "confidence", slice_of(confidence_name(f->confidence)));
    member(&w, "exposure", slice_of(exposure_name(f->exposure)));
    member(&w, "rule", f->rule);
    member(&w, "match", f->how);
    if (f->type.n) {
        json_name(&w, "observable");
        json_object(&w);
        member(&w, "type", f->type);
        member(&w, "value", f->subject);
        json_object_end(&w);
    } else {
        member(&w, "subject", f->subject);
    }
    bool ok = indicators_of(x, &w, f->id, e);
    member(&w, "title", slice_of(text.title));
    member(&w, "explanation", slice_of(text.explanation));
    strings(&w, "benign", text.benign);
    strings(&w, "next", text.next);
    ok = ok && records_of(x, &w, f->id, e) && end(x, &w, e);
    arena_free(&a);
    return ok;
}

static bool findings(struct export *x, struct err *e)
{
    struct case_finding f;
    struct finding_iter *it = findings_open(x->c, e);
    bool ok = it != NULL;
    while (ok && findings_next(it, &f, e))
        ok = finding_line(x, &f, e);
    findings_close(it);
    return ok && !e->code;
}

/* -- observables and coverage -- */

static bool observables(struct export *x, struct err *e)
{
    sqlite3_stmt *s = export_query(
        x,
        "SELECT o.type, o.value, max(s.exposure), count(DISTINCT s.record_id), min(r.time_ns), "
        "max(r.time_ns), group_concat(DISTINCT c.artifact) FROM observable o "
        "JOIN sighting s ON s.observable_id = o.id JOIN record r ON r.id = s.record_id "
        "JOIN coverage c ON c.id = r.coverage_id GROUP BY o.id ORDER BY o.type, o.value",
        e);
    bool ok = s != NULL;
    while (ok && sqlite3_step(s) == SQLITE_ROW) {
        struct json_writer w;
        start(&w, &x->out, "observable");
        member(&w, "type", export_text(s, 0));
        member(&w, "value", export_text(s, 1));
        member(&w, "exposure", slice_of(exposure_name((enum exposure)sqlite3_column_int(s, 2))));
        member_number(&w, "records", sqlite3_column_int64(s, 3));
        if (sqlite3_column_type(s, 4) != SQLITE_NULL) {
            member_time(&w, "first", (struct utime){sqlite3_column_int64(s, 4), NANO});
            member_time(&w, "last", (struct utime){sqlite3_column_int64(s, 5), NANO});
        }
        /* The order of group_concat is the order of rows: sort the registry's way. */
        struct slice all = export_text(s, 6);
        json_name(&w, "artifacts");
        json_array(&w);
        for (unsigned i = 0; i < artifact_count; i++)
            if (export_listed(all, artifacts[i]->id))
                json_text(&w, artifacts[i]->id);
        json_array_end(&w);
        ok = end(x, &w, e);
    }
    sqlite3_finalize(s);
    return ok;
}

/* How many indicators of each type could have matched in this artifact. */
static bool count_indicators(struct export *x, struct json_writer *w, unsigned types, struct err *e)
{
    json_name(w, "indicators");
    json_object(w);
    for (unsigned i = 1; i < OBS_TEXT; i++)
        if (types & 1u << i)
            member_number(w, observable_name((enum observable)i), x->by_type[i]);
    json_object_end(w);
    return !e->code;
}

static bool load_counts(struct export *x, struct err *e)
{
    sqlite3_stmt *s = export_query(x,
                                   "SELECT j.key, sum(j.value) FROM indicator_set s, "
                                   "json_each(s.by_type) j GROUP BY j.key",
                                   e);
    while (s && sqlite3_step(s) == SQLITE_ROW) {
        enum observable o = observable_from_name(export_text(s, 0));
        if (o < OBS_TYPES)
            x->by_type[o] = sqlite3_column_int64(s, 1);
    }
    sqlite3_finalize(s);
    return s != NULL;
}

static bool coverage(struct export *x, struct err *e)
{
    struct coverage_row r;
    struct coverage_iter *it = coverage_open(x->c, false, e);
    bool ok = it && load_counts(x, e);
    while (ok && coverage_next(it, &r, e)) {
        struct json_writer w;
        const char *closer = gap_closer(&r);
        start(&w, &x->out, "coverage");
        member_number(&w, "evidence", r.evidence);
        member(&w, "artifact", r.artifact);
        member(&w, "status", slice_of(status_name(r.status)));
        member(&w, "reason", r.reason);
        member_number(&w, "files", (int64_t)r.files);
        member_number(&w, "records", (int64_t)r.records);
        member_number(&w, "skipped", (int64_t)r.skipped);
        member_time(&w, "first", r.first);
        member_time(&w, "last", r.last);
        member_number(&w, "bytes", (int64_t)r.bytes);
        json_name(&w, "seconds");
        json_real(&w, r.seconds);
        member(&w, "holds", r.holds);
        json_name(&w, "can_show");
        json_array(&w);
        for (unsigned i = 0; i < EXPOSURES; i++)
            if (r.can_show & 1u << i)
                json_text(&w, exposure_name((enum exposure)i));
        json_array_end(&w);
        ok = count_indicators(x, &w, r.types, e);
        member(&w, "closes_gap", slice_of(closer ? words("en", closer) : ""));
        ok = ok && end(x, &w, e);
    }
    coverage_close(it);
    return ok && !e->code;
}

/* -- the whole -- */

static const struct {
    const char *name;
    bool (*write)(struct export *x, struct err *e);
} kinds[EXPORT_KINDS] = {{"evidence", evidence},
                         {"records", records},
                         {"observables", observables},
                         {"findings", findings},
                         {"coverage", coverage}};

bool export_listed(struct slice list, const char *name)
{
    while (list.n) {
        size_t n = slice_find(list, ',');
        if (slice_is(slice_sub(list, 0, n), name))
            return true;
        list = slice_sub(list, n + 1, list.n);
    }
    return false;
}

static bool all_known(struct slice list, struct err *e)
{
    while (list.n) {
        size_t n = slice_find(list, ',');
        struct slice one = slice_sub(list, 0, n);
        bool known = false;
        for (size_t i = 0; i < EXPORT_KINDS; i++)
            known |= slice_is(one, kinds[i].name);
        if (!known)
            return err_set(e, ERR_USAGE, "%.*s", (int)one.n, (const char *)one.p);
        list = slice_sub(list, n + 1, list.n);
    }
    return true;
}

bool report_export(struct casefile *c, const char *what, const char *format, FILE *to,
                   struct err *e)
{
    struct export x = {.c = c, .to = to};
    bool csv = !strcmp(format, "csv");
    if (!csv && strcmp(format, "jsonl"))
        return err_set(e, ERR_USAGE, "%s", format);
    if (what && !all_known(slice_of(what), e))
        return false;
    if (csv && (!what || strchr(what, ',')))
        return err_set(e, ERR_USAGE, "csv holds one kind: choose it with --what");
    bool ok = ranking_make(c, &x.ranking, e);
    for (size_t i = 0; ok && i < EXPORT_KINDS; i++)
        if (!what || export_listed(slice_of(what), kinds[i].name))
            ok = csv ? export_csv(&x, kinds[i].name, kinds[i].write, e) : kinds[i].write(&x, e);
    ok = ok && export_flush(&x, true, e);
    ranking_free(&x.ranking);
    buf_free(&x.out);
    return ok;
}
