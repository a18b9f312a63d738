#include <assert.h>

#include "base/utf8.h"
#include "format/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_token(struct json_writer *w, const struct json *j, enum json_token t)
{
    switch (t) {
    case JSON_END:
    case JSON_ERROR: break;
    case JSON_OBJECT: json_object(w); break;
    case JSON_OBJECT_END: json_object_end(w); break;
    case JSON_ARRAY: json_array(w); break;
    case JSON_ARRAY_END: json_array_end(w); break;
    case JSON_KEY: json_name_slice(w, j->text); break;
    case JSON_STRING: json_string(w, j->text); break;
    case JSON_NUMBER: json_raw(w, j->text); break;
    case JSON_TRUE: json_bool(w, true); break;
    case JSON_FALSE: json_bool(w, false); break;
    case JSON_NULL: json_null(w); break;
    }
}

/* Reads a document and writes it again. False: it is none. */
static bool copy(struct slice in, struct arena *a, struct buf *out)
{
    struct json j;
    struct json_writer w;
    enum json_token t;
    json_open(&j, in, a);
    json_writer(&w, out);
    while ((t = json_next(&j)) != JSON_END && t != JSON_ERROR) {
        assert(j.depth <= JSON_MAX_DEPTH && (t != JSON_STRING || utf8_valid(j.text)));
        write_token(&w, &j, t);
    }
    assert((t == JSON_END) == (j.err.code == ERR_NONE));
    return t == JSON_END;
}

/* What is read and written again stays the same, and every way of reading comes to one verdict. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a = {0};
    struct buf once = {0}, twice = {0};
    struct json j;
    struct err e = {0};
    struct slice in = slice_at(data, size);
    bool good = copy(in, &a, &once);
    if (good)
        assert(copy(buf_view(&once), &a, &twice) && slice_equal(buf_view(&once), buf_view(&twice)));
    json_open(&j, in, &a);
    assert((json_skip(&j, json_next(&j)) && json_next(&j) == JSON_END) == good);
    json_open(&j, in, &a);
    assert((json_tree(&j, SIZE_MAX, &e) != NULL) == good);
    json_open_lines(&j, in, &a);
    for (size_t n = 0; json_more(&j); n++) {
        assert(n <= size);
        if (!json_tree(&j, 1000, &e))
            json_resync(&j);
    }
    buf_free(&once);
    buf_free(&twice);
    arena_free(&a);
    return 0;
}
