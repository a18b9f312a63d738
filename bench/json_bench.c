/* Reader and writer of JSON on 100 MB that look like a bundle of STIX indicators. */
#include <stdio.h>

#include "base/utime.h"
#include "format/json.h"

enum { BYTES = 100 * 1000 * 1000, ROUNDS = 5 };

static void member(struct json_writer *w, const char *key, const char *text)
{
    json_name(w, key);
    json_text(w, text);
}

/* An object of either kind has the fields that published sets have. */
static void add_object(struct json_writer *w, unsigned i, bool relationship)
{
    char id[64], other[64], pattern[64];
    const char *time = "2026-01-03T10:00:00.123456Z",
               *kind = relationship ? "relationship" : "indicator";
    snprintf(id, sizeof id, "%s--%08x-1452-437e-a19e-32590edf60c3", kind, i * 2654435761u);
    snprintf(other, sizeof other, "indicator--%08x-1452-437e-a19e-32590edf60c3", i);
    snprintf(pattern, sizeof pattern, "[domain-name:value='host-%u.example']", i);
    json_object(w);
    member(w, "type", kind);
    member(w, "spec_version", "2.1");
    member(w, "id", id);
    member(w, "created", time);
    member(w, "modified", time);
    if (relationship) {
        member(w, "relationship_type", "indicates");
        member(w, "source_ref", other);
        member(w, "target_ref", "malware--2e9d534b-2e11-4758-bdc5-9c3e1c100d4d");
    } else {
        json_name(w, "indicator_types");
        json_array(w);
        json_text(w, "malicious-activity");
        json_array_end(w);
        member(w, "pattern", pattern);
        member(w, "pattern_type", "stix");
        json_name(w, "confidence");
        json_number(w, i % 100);
        member(w, "valid_from", time);
    }
    json_object_end(w);
}

static void write_bundle(struct buf *out)
{
    struct json_writer w;
    json_writer(&w, out);
    json_object(&w);
    member(&w, "type", "bundle");
    json_name(&w, "objects");
    json_array(&w);
    for (unsigned i = 0; out->n < BYTES; i++)
        add_object(&w, i, i % 2);
    json_array_end(&w);
    json_object_end(&w);
}

/* The writer alone, without the formatting of test data: what was read, written again. */
static void copy(struct slice bytes, struct arena *a, struct buf *out)
{
    struct json j;
    struct json_writer w;
    json_open(&j, bytes, a);
    json_writer(&w, out);
    for (enum json_token t; (t = json_next(&j)) != JSON_END && t != JSON_ERROR;) {
        switch (t) {
        case JSON_END:
        case JSON_ERROR: break;
        case JSON_OBJECT: json_object(&w); break;
        case JSON_OBJECT_END: json_object_end(&w); break;
        case JSON_ARRAY: json_array(&w); break;
        case JSON_ARRAY_END: json_array_end(&w); break;
        case JSON_KEY: json_name_slice(&w, j.text); break;
        case JSON_STRING: json_string(&w, j.text); break;
        case JSON_NUMBER: json_raw(&w, j.text); break;
        case JSON_TRUE: json_bool(&w, true); break;
        case JSON_FALSE: json_bool(&w, false); break;
        case JSON_NULL: json_null(&w); break;
        }
    }
}

static size_t read_all(struct slice bytes, struct arena *a)
{
    struct json j;
    size_t tokens = 0;
    json_open(&j, bytes, a);
    for (enum json_token t; (t = json_next(&j)) != JSON_END; tokens++)
        if (t == JSON_ERROR)
            return 0;
    return tokens;
}

static double best(double a, double since)
{
    double took = utime_steady() - since;
    return took < a ? took : a;
}

int main(void)
{
    struct buf bundle = {0}, again = {0};
    struct arena a = {0};
    struct err e = {0};
    double reading = 1e9, copying = 1e9, tree = 1e9;
    size_t tokens = 0;
    bool good = true;
    write_bundle(&bundle);
    buf_room(&again, bundle.n);
    for (int i = 0; i < ROUNDS; i++) {
        struct json j;
        double start = utime_steady();
        tokens = read_all(buf_view(&bundle), &a);
        reading = best(reading, start);
        buf_clear(&again);
        start = utime_steady();
        copy(buf_view(&bundle), &a, &again);
        copying = best(copying, start);
        json_open(&j, buf_view(&bundle), &a);
        start = utime_steady();
        good = good && json_tree(&j, SIZE_MAX, &e);
        tree = best(tree, start);
        arena_reset(&a);
    }
    good = good && tokens && slice_equal(buf_view(&bundle), buf_view(&again));
    double mb = (double)bundle.n / 1e6;
    printf("%.0f MB, %zu tokens, best of %d\n", mb, tokens, ROUNDS);
    printf("reader        %6.0f MB/s\n", mb / reading);
    printf("writer        %6.0f MB/s (reading and writing, less reading)\n",
           mb / (copying - reading));
    printf("tree          %6.0f MB/s\n", mb / tree);
    arena_free(&a);
    buf_free(&bundle);
    buf_free(&again);
    return good ? 0 : 1;
}
