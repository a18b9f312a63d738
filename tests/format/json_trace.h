#pragma once

#include "format/json.h"

/* All tokens up to the end as one line: "{ a: 'x' 1 ? }"; "!" is an error. Bytes of strings as they
   are. */
static inline const char *json_trace(struct json *j)
{
    static char line[4096];
    static const char *const marks[] = {
        [JSON_OBJECT] = "{", [JSON_OBJECT_END] = "}", [JSON_ARRAY] = "[", [JSON_ARRAY_END] = "]",
        [JSON_TRUE] = "T",   [JSON_FALSE] = "F",      [JSON_NULL] = "N",
    };
    struct buf out = {0};
    for (;;) {
        enum json_token t = json_next(j);
        if (t == JSON_END)
            break;
        if (t == JSON_ERROR) {
            buf_text(&out, "! ");
            break;
        }
        if (t == JSON_STRING)
            buf_byte(&out, '\'');
        if (t == JSON_KEY || t == JSON_STRING || t == JSON_NUMBER)
            buf_slice(&out, j->text);
        else
            buf_text(&out, marks[t]);
        buf_text(&out, t == JSON_KEY ? ": " : t == JSON_STRING ? "' " : " ");
    }
    size_t n = out.n < sizeof line ? out.n : sizeof line;
    if (n)
        memcpy(line, out.p, n);
    line[n ? n - 1 : 0] = '\0';
    buf_free(&out);
    return line;
}
