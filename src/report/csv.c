/*
 * CSV is the JSON lines, flattened: one column per key, nested objects as KEY.SUBKEY, lists as JSON
 * text. Columns are those of docs/output.md for each kind, so that a file reads alike every time.
 */
#include "report/escape.h"
#include "report/export.h"

static const struct {
    const char *kind, *columns;
} headers[] = {
    {"evidence", "id,source,name,sha256,device.platform,device.model,device.os,device.build,"
                 "device.serial,device.name,device.udid,device.imei,device.phone,encrypted,taken"},
    {"records", "id,evidence,artifact,time,times,fields,observables,provenance.path,"
                "provenance.container_path,provenance.table,provenance.row,provenance.key,"
                "provenance.line,provenance.offset,provenance.state"},
    {"observables", "type,value,exposure,records,first,last,artifacts"},
    {"findings",
     "id,key,evidence,artifact,time,severity,confidence,exposure,rule,match,"
     "observable.type,observable.value,subject,indicators,review.state,review.at,review.by,"
     "review.why,title,explanation,benign,next,"
     "records"},
    {"coverage", "evidence,artifact,status,reason,files,records,skipped,first,last,bytes,seconds,"
                 "holds,can_show,indicators,closes_gap"},
};

static void value_json(struct json_writer *w, const struct json_value *v, unsigned depth)
{
    switch (v->type) {
    case JSON_STRING: json_string(w, v->text); return;
    case JSON_NUMBER: json_raw(w, v->text); return;
    case JSON_TRUE:
    case JSON_FALSE: json_bool(w, v->type == JSON_TRUE); return;
    case JSON_OBJECT:
    case JSON_ARRAY: break;
    case JSON_NULL:
    case JSON_END:
    case JSON_ERROR:
    case JSON_OBJECT_END:
    case JSON_ARRAY_END:
    case JSON_KEY: json_null(w); return;
    }
    bool object = v->type == JSON_OBJECT;
    if (depth == 8) { /* our own lines are four deep */
        json_null(w);
        return;
    }
    object ? json_object(w) : json_array(w);
    for (const struct json_value *k = v->first; k; k = k->next) {
        if (object)
            json_name_slice(w, k->key);
        value_json(w, k, depth + 1);
    }
    object ? json_object_end(w) : json_array_end(w);
}

static void cell(struct buf *out, const struct json_value *v)
{
    if (!v)
        return;
    if (v->type == JSON_NUMBER) {
        buf_slice(out, v->text);
        return;
    }
    if (v->type == JSON_STRING) {
        escape_csv(out, v->text);
        return;
    }
    struct buf text = {0};
    struct json_writer w;
    json_writer(&w, &text);
    value_json(&w, v, 0);
    escape_csv(out, buf_view(&text));
    buf_free(&text);
}

static const struct json_value *at_path(const struct json_value *line, struct slice path,
                                        struct arena *a)
{
    size_t dot = slice_find(path, '.');
    const struct json_value *v = json_get(line, arena_string(a, slice_sub(path, 0, dot)));
    return !v || dot == path.n ? v : json_get(v, arena_string(a, slice_sub(path, dot + 1, path.n)));
}

struct slice csv_columns(const char *kind)
{
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++)
        if (!strcmp(headers[i].kind, kind))
            return slice_of(headers[i].columns);
    return slice_of("");
}

bool csv_rows(struct slice columns, struct slice lines, struct buf *out, struct err *e)
{
    enum { MAX_VALUES = 1 << 20 };
    struct arena a = {0};
    struct cursor c = cursor(lines);
    struct slice line;
    bool ok = true;
    while (ok && cursor_line(&c, &line)) {
        struct json j;
        json_open(&j, line, &a);
        const struct json_value *tree = json_tree(&j, MAX_VALUES, e);
        ok = tree != NULL;
        for (struct slice rest = columns; ok && rest.n;) {
            size_t n = slice_find(rest, ',');
            cell(out, at_path(tree, slice_sub(rest, 0, n), &a));
            buf_text(out, n < rest.n ? "," : "\r\n");
            rest = slice_sub(rest, n + 1, rest.n);
        }
        arena_reset(&a);
    }
    arena_free(&a);
    return ok;
}
