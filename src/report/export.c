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
    struct slice text = buf_view(&x->out);
    if (text.n < (all ? 1 : FLUSH))
        return true;
    if (x->columns.n) {
        buf_clear(&x->rows);
        if (!csv_rows(x->columns, text, &x->rows, e))
            return false;
        text = buf_view(&x->rows);
    }
    bool ok = fwrite(text.p, 1, text.n, x->to) == text.n;
    buf_clear(&x->out);
    return ok || err_io(e, "export");
}

void export_start(struct json_writer *w, struct buf *out, const char *kind)
{
    json_writer(w, out);
    json_object(w);
    json_name(w, "schema");
    json_text(w, "bridle/1");
    json_name(w, "kind");
    json_text(w, kind);
}

void export_member(struct json_writer *w, const char *name, struct slice text)
{
    json_name(w, name);
    json_string(w, text);
}

static void member_if(struct json_writer *w, const char *name, struct slice text)
{
    if (text.n)
        export_member(w, name, text);
}

void export_member_number(struct json_writer *w, const char *name, int64_t n)
{
    json_name(w, name);
    json_number(w, n);
}

void export_member_time(struct json_writer *w, const char *name, struct utime t)
{
    char text[UTIME_TEXT];
    if (t.precision != PRECISION_NONE)
        export_member(w, name, slice_of(utime_text(t, text)));
}

bool export_end(struct export *x, struct json_writer *w, struct err *e)
{
    json_object_end(w);
    buf_byte(&x->out, '\n');
    return export_flush(x, false, e);
}

/* -- evidence -- */

static bool evidence(struct export *x, struct err *e)
{
    sqlite3_stmt *s = rows_query(x->c,
                                 "SELECT id, source, name, sha256, device, encrypted, taken_ns "
                                 "FROM evidence ORDER BY id",
                                 e);
    bool ok = s != NULL;
    while (ok && rows_next(x->c, s, e)) {
        struct json_writer w;
        export_start(&w, &x->out, "evidence");
        export_member_number(&w, "id", sqlite3_column_int64(s, 0));
        export_member(&w, "source", rows_text(s, 1));
        export_member(&w, "name", rows_text(s, 2));
        member_if(&w, "sha256", rows_text(s, 3));
        json_name(&w, "device");
        json_raw(&w, rows_text(s, 4));
        json_name(&w, "encrypted");
        json_bool(&w, sqlite3_column_int(s, 5));
        if (sqlite3_column_type(s, 6) != SQLITE_NULL)
            export_member_time(&w, "taken", (struct utime){sqlite3_column_int64(s, 6), SECOND});
        ok = export_end(x, &w, e);
    }
    sqlite3_finalize(s);
    return ok && !e->code;
}

/* -- records -- */

static const char *const place_keys[PLACES] = {"row", "key", "line", "offset"};

static void provenance(struct json_writer *w, sqlite3_stmt *s, int at)
{
    unsigned place = (unsigned)sqlite3_column_int(s, at);
    struct slice name = rows_text(s, at + 1), container = rows_text(s, at + 5);
    place = place < PLACES ? place : OFFSET;
    json_object(w);
    export_member(w, "path", rows_text(s, at + 4));
    member_if(w, "container_path", container);
    if (place == ROW)
        export_member(w, "table", name);
    if (place == KEY)
        export_member(w, "key", name);
    else
        export_member_number(w, place_keys[place], sqlite3_column_int64(s, at + 2));
    export_member(w, "state", slice_of(state_name((enum state)sqlite3_column_int(s, at + 3))));
    json_object_end(w);
}

static void named_time(struct json_writer *w, struct slice what, struct utime t)
{
    json_object(w);
    export_member(w, "what", what);
    export_member_time(w, "time", t);
    json_object_end(w);
}

/* As casefile/write.c has it: the name of the only time, or names and times by turns. */
static void times(struct export *x, struct json_writer *w, struct slice text, struct utime own)
{
    struct json j;
    json_name(w, "times");
    json_array(w);
    json_open(&j, text, &x->arena);
    if (text.n && text.p[0] != '[')
        named_time(w, text, own);
    else if (text.n && json_next(&j) == JSON_ARRAY)
        while (json_next(&j) == JSON_STRING) {
            struct slice what = j.text;
            bool other = json_next(&j) == JSON_STRING;
            named_time(w, what, other ? utime_parse(j.text) : own);
        }
    json_array_end(w);
    arena_reset(&x->arena);
}

static void observables_of(struct export *x, struct json_writer *w, sqlite3_stmt *s, int64_t first,
                           int64_t record, struct err *e)
{
    json_name(w, "observables");
    json_array(w);
    sqlite3_bind_int64(s, 1, first);
    while (first && rows_next(x->c, s, e) && sqlite3_column_int64(s, 0) == record) {
        json_object(w);
        export_member(w, "type", rows_text(s, 1));
        export_member(w, "value", rows_text(s, 2));
        export_member(w, "field", rows_text(s, 3));
        export_member(w, "exposure",
                      slice_of(exposure_name((enum exposure)sqlite3_column_int(s, 4))));
        json_object_end(w);
    }
    sqlite3_reset(s);
    json_array_end(w);
}

static bool record_line(struct export *x, sqlite3_stmt *s, sqlite3_stmt *seen, int64_t id, size_t n,
                        struct err *e)
{
    struct json_writer w;
    struct utime t = UTIME_NONE;
    if (sqlite3_column_type(s, 9) != SQLITE_NULL)
        t = (struct utime){sqlite3_column_int64(s, 9), (enum precision)sqlite3_column_int(s, 10)};
    export_start(&w, &x->out, "record");
    export_member_number(&w, "id", (int64_t)n);
    export_member_number(&w, "evidence", sqlite3_column_int64(s, 0));
    export_member(&w, "artifact", rows_text(s, 1));
    export_member_time(&w, "time", t);
    times(x, &w, rows_text(s, 8), t);
    json_name(&w, "fields");
    json_raw(&w, rows_text(s, 11));
    observables_of(x, &w, seen, sqlite3_column_int64(s, 12), id, e);
    json_name(&w, "provenance");
    provenance(&w, s, 2);
    return export_end(x, &w, e);
}

/* A record whose file or source is missing. */
static bool torn(uint32_t id, struct err *e)
{
    return err_set(e, ERR_CORRUPT, "case: record %u is incomplete", id);
}

static bool records(struct export *x, struct err *e)
{
    sqlite3_stmt *s = rows_query(
        x->c,
        "SELECT c.evidence_id, c.artifact, r.place, r.name, r.n, r.state, f.path, f.container, "
        "r.times, r.time_ns, r.precision, r.fields, r.first_sighting FROM record r "
        "JOIN coverage c ON c.id = r.coverage_id JOIN file f ON f.id = r.file_id WHERE r.id = ?1",
        e);
    sqlite3_stmt *seen =
        s ? rows_query(x->c,
                       "SELECT s.record_id, o.type, o.value, s.field, s.exposure "
                       "FROM sighting s JOIN observable o ON o.id = s.observable_id "
                       "WHERE s.id >= ?1 ORDER BY s.id",
                       e)
          : NULL;
    bool ok = seen != NULL;
    for (size_t i = 0; ok && i < x->ranking.n; i++) {
        sqlite3_bind_int64(s, 1, x->ranking.order[i]);
        ok = rows_next(x->c, s, e) ? record_line(x, s, seen, x->ranking.order[i], i + 1, e)
                                   : !e->code && torn(x->ranking.order[i], e);
        sqlite3_reset(s);
    }
    sqlite3_finalize(s);
    sqlite3_finalize(seen);
    return ok && !e->code;
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
    sqlite3_stmt *s = rows_query(
        x->c,
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
    while (rows_next(x->c, s, e)) {
        json_object(w);
        export_member(w, "type", rows_text(s, 0));
        export_member(w, "value", rows_text(s, 8));
        export_member(w, "id", rows_text(s, 2));
        member_if(w, "family", rows_text(s, 3));
        export_member(w, "family_class", rows_text(s, 4));
        if (sqlite3_column_type(s, 5) != SQLITE_NULL)
            export_member_time(w, "published", (struct utime){sqlite3_column_int64(s, 5), SECOND});
        export_member(w, "set", rows_text(s, 6));
        export_member(w, "set_sha256", rows_text(s, 7));
        json_object_end(w);
    }
    json_array_end(w);
    sqlite3_finalize(s);
    return !e->code;
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
    export_member(w, "field", field);
    if (v && (v->type == JSON_STRING || v->type == JSON_NUMBER))
        export_member(w, "text", v->text);
}

struct ranked {
    uint32_t rank;
    int64_t id;
};

static int by_rank(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    return (x->rank > y->rank) - (x->rank < y->rank);
}

/* The records of a finding in export order. */
static struct ranked *ranked_records(struct export *x, int64_t finding, size_t *n, struct err *e)
{
    struct ranked *list = NULL;
    size_t room = 0;
    sqlite3_stmt *s = rows_query(
        x->c, "SELECT record_id FROM finding_record WHERE finding_id = ?1 ORDER BY record_id", e);
    sqlite3_bind_int64(s, 1, finding);
    while (s && rows_next(x->c, s, e)) {
        int64_t id = sqlite3_column_int64(s, 0);
        if (id <= 0 || (size_t)id >= x->ranking.room) {
            err_set(e, ERR_CORRUPT, "case: a finding names a record that isn't there");
            break;
        }
        if (*n == room) {
            room = room ? room * 2 : 16;
            list = xrealloc(list, room, sizeof *list);
        }
        list[(*n)++] = (struct ranked){x->ranking.rank[id], id};
    }
    sqlite3_finalize(s);
    if (*n)
        qsort(list, *n, sizeof *list, by_rank);
    return list;
}

static void record_of(struct json_writer *w, sqlite3_stmt *s, uint32_t rank, struct arena *a)
{
    json_object(w);
    export_member_number(w, "id", rank);
    if (sqlite3_column_type(s, 7) != SQLITE_NULL)
        export_member_time(
            w, "time",
            (struct utime){sqlite3_column_int64(s, 7), (enum precision)sqlite3_column_int(s, 8)});
    seen_text(w, rows_text(s, 0), rows_text(s, 9), a);
    json_name(w, "provenance");
    provenance(w, s, 1);
    json_object_end(w);
}

static bool records_of(struct export *x, struct json_writer *w, int64_t finding, struct err *e)
{
    struct arena a = {0};
    size_t n = 0;
    struct ranked *list = ranked_records(x, finding, &n, e);
    sqlite3_stmt *s =
        e->code ? NULL
                : rows_query(x->c,
                             "SELECT fr.field, r.place, r.name, r.n, r.state, f.path, f.container, "
                             "r.time_ns, r.precision, r.fields FROM record r JOIN file f ON f.id = "
                             "r.file_id JOIN finding_record fr ON fr.record_id = r.id AND "
                             "fr.finding_id = ?2 WHERE r.id = ?1",
                             e);
    json_name(w, "records");
    json_array(w);
    for (size_t i = 0; s && i < n && !e->code; i++) {
        sqlite3_bind_int64(s, 1, list[i].id);
        sqlite3_bind_int64(s, 2, finding);
        if (rows_next(x->c, s, e))
            record_of(w, s, list[i].rank, &a);
        else if (!e->code)
            torn((uint32_t)list[i].id, e);
        sqlite3_reset(s);
        arena_reset(&a);
    }
    json_array_end(w);
    sqlite3_finalize(s);
    arena_free(&a);
    free(list);
    return !e->code;
}

static void review_of(struct json_writer *w, const struct case_finding *f)
{
    json_name(w, "review");
    json_object(w);
    export_member(w, "state", slice_of(review_name(f->review)));
    export_member_time(w, "at", f->reviewed);
    member_if(w, "by", f->review_by);
    member_if(w, "why", f->review_text);
    json_object_end(w);
}

static bool finding_line(struct export *x, const struct case_finding *f, struct err *e)
{
    struct arena a = {0};
    struct finding_text text;
    struct json_writer w;
    finding_words(f, "en", &a, &text);
    export_start(&w, &x->out, "finding");
    export_member_number(&w, "id", f->number);
    export_member(&w, "key", f->key);
    export_member_number(&w, "evidence", f->evidence);
    export_member(&w, "artifact", f->artifact);
    export_member_time(&w, "time", f->time);
    export_member(&w, "severity", slice_of(severity_name(f->severity)));
    export_member(&w, "confidence", slice_of(confidence_name(f->confidence)));
    export_member(&w, "exposure", slice_of(exposure_name(f->exposure)));
    export_member(&w, "rule", f->rule);
    export_member(&w, "match", f->how);
    if (f->type.n) {
        json_name(&w, "observable");
        json_object(&w);
        export_member(&w, "type", f->type);
        export_member(&w, "value", f->subject);
        json_object_end(&w);
    } else {
        export_member(&w, "subject", f->subject);
    }
    bool ok = indicators_of(x, &w, f->id, e);
    if (f->review != REVIEW_NONE)
        review_of(&w, f);
    export_member(&w, "title", slice_of(text.title));
    export_member(&w, "explanation", slice_of(text.explanation));
    strings(&w, "benign", text.benign);
    strings(&w, "next", text.next);
    ok = ok && records_of(x, &w, f->id, e) && export_end(x, &w, e);
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

/* -- coverage -- */

/* How many indicators of each type could have matched in this artifact. */
static bool count_indicators(struct export *x, struct json_writer *w, unsigned types, struct err *e)
{
    json_name(w, "indicators");
    json_object(w);
    for (unsigned i = 1; i < OBS_TEXT; i++)
        if (types & 1u << i)
            export_member_number(w, observable_name((enum observable)i), x->by_type[i]);
    json_object_end(w);
    return !e->code;
}

static bool load_counts(struct export *x, struct err *e)
{
    sqlite3_stmt *s = rows_query(x->c,
                                 "SELECT j.key, sum(j.value) FROM indicator_set s, "
                                 "json_each(s.by_type) j GROUP BY j.key",
                                 e);
    while (s && rows_next(x->c, s, e)) {
        enum observable o = observable_from_name(rows_text(s, 0));
        if (o < OBS_TYPES)
            x->by_type[o] = sqlite3_column_int64(s, 1);
    }
    sqlite3_finalize(s);
    return !e->code;
}

static bool coverage(struct export *x, struct err *e)
{
    struct coverage_row r;
    struct coverage_iter *it = coverage_open(x->c, false, e);
    bool ok = it && load_counts(x, e);
    while (ok && coverage_next(it, &r, e)) {
        struct json_writer w;
        const char *closer = gap_closer(&r);
        export_start(&w, &x->out, "coverage");
        export_member_number(&w, "evidence", r.evidence);
        export_member(&w, "artifact", r.artifact);
        export_member(&w, "status", slice_of(status_name(r.status)));
        export_member(&w, "reason", r.reason);
        export_member_number(&w, "files", (int64_t)r.files);
        export_member_number(&w, "records", (int64_t)r.records);
        export_member_number(&w, "skipped", (int64_t)r.skipped);
        export_member_time(&w, "first", r.first);
        export_member_time(&w, "last", r.last);
        export_member_number(&w, "bytes", (int64_t)r.bytes);
        json_name(&w, "seconds");
        json_real(&w, r.seconds);
        export_member(&w, "holds", r.holds);
        json_name(&w, "can_show");
        json_array(&w);
        for (unsigned i = 0; i < EXPOSURES; i++)
            if (r.can_show & 1u << i)
                json_text(&w, exposure_name((enum exposure)i));
        json_array_end(&w);
        ok = count_indicators(x, &w, r.types, e);
        export_member(&w, "closes_gap", slice_of(closer ? words("en", closer) : ""));
        ok = ok && export_end(x, &w, e);
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
                         {"observables", export_observables},
                         {"findings", findings},
                         {"coverage", coverage}};

static bool listed(struct slice list, const char *name)
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

static bool one_kind(struct export *x, size_t kind, bool csv, struct err *e)
{
    if (csv) {
        x->columns = csv_columns(kinds[kind].name);
        if (fprintf(x->to, "%s\r\n", (const char *)x->columns.p) < 0)
            return err_io(e, "export");
    }
    return kinds[kind].write(x, e);
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
    /* Records are looked up in the order of time, which need not be that of the case. */
    sqlite3_exec(casefile_db(c), "PRAGMA cache_size = -65536", NULL, NULL, NULL);
    bool ok = ranking_make(c, &x.ranking, e);
    for (size_t i = 0; ok && i < EXPORT_KINDS; i++)
        if (!what || listed(slice_of(what), kinds[i].name))
            ok = one_kind(&x, i, csv, e);
    ok = ok && export_flush(&x, true, e);
    ranking_free(&x.ranking);
    buf_free(&x.out);
    buf_free(&x.rows);
    arena_free(&x.arena);
    return ok;
}
