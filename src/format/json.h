#pragma once

#include "base/bytes.h"
#include "base/err.h"

/*
 * JSON, strict RFC 8259 and UTF-8: pull reader over bytes in memory, and a writer.
 * Numbers keep their text (ids above 2^53 lose no digit). Depth at most JSON_MAX_DEPTH.
 */
enum { JSON_MAX_DEPTH = 256 };

enum json_token {
    JSON_END, /* the document is complete */
    JSON_ERROR,
    JSON_OBJECT,
    JSON_OBJECT_END,
    JSON_ARRAY,
    JSON_ARRAY_END,
    JSON_KEY,
    JSON_STRING,
    JSON_NUMBER,
    JSON_TRUE,
    JSON_FALSE,
    JSON_NULL,
};

struct json {
    struct cursor c;
    struct arena *arena;
    struct slice text; /* KEY, STRING: decoded (in the bytes or the arena); NUMBER: as written */
    unsigned depth;
    struct err err; /* after JSON_ERROR: what, and at which byte */
    /* for the implementation */
    uint8_t state;
    bool lines;
    const uint8_t *end; /* of all documents; c ends with the one that is read */
    uint64_t kinds[JSON_MAX_DEPTH / 64];
};

/* One document. bytes and arena must outlive what is read. A BOM at the start is skipped. */
void json_open(struct json *j, struct slice bytes, struct arena *a);
/* Several documents, one a line (JSON lines; blank lines don't count): each ends with JSON_END, then
   comes the next; json_more() tells whether there is one. After an error json_resync() goes to the
   next line: a torn line costs no other. (json_more() does so, too, if it was forgotten.) */
void json_open_lines(struct json *j, struct slice bytes, struct arena *a);
bool json_more(struct json *j);
void json_resync(struct json *j);

enum json_token json_next(struct json *j);
/* Skips the rest of the value whose first token was t (nothing, for a scalar). False: error. */
bool json_skip(struct json *j, enum json_token t);
/* In an object: the next key into j->text; false at the object's end or on error (j->err.code).
   The value must be read or skipped before the next call. */
bool json_key(struct json *j);

/* A small tree for documents that are looked up rather than streamed; same limits, and at most
   max_values values. Lives in the arena. NULL: e. */
struct json_value {
    enum json_token type; /* OBJECT ARRAY STRING NUMBER TRUE FALSE NULL */
    struct slice key, text;
    struct json_value *first, *next; /* children, siblings */
    size_t n;                        /* children */
};
MUST_CHECK struct json_value *json_tree(struct json *j, size_t max_values, struct err *e);
/* The same for one value inside a document that is streamed; t is its first token. */
MUST_CHECK struct json_value *json_tree_of(struct json *j, enum json_token t, size_t max_values,
                                           struct err *e);
/* The first member of that name; NULL if there is none, or object is no object or NULL. */
const struct json_value *json_get(const struct json_value *object, const char *key);
struct slice json_get_text(const struct json_value *object, const char *key); /* STRING, NUMBER */
bool json_int(struct slice number, int64_t *out); /* false: not an integer of 64 bits */

/* The writer. Commas and nesting are its business; keys must be used inside objects only. At the top
   it puts nothing between values: the caller adds the line ends of JSON lines. */
struct json_writer {
    struct buf *out;
    unsigned depth;
    uint64_t first[JSON_MAX_DEPTH / 64]; /* by depth: nothing was written yet */
};
void json_writer(struct json_writer *w, struct buf *out);
void json_object(struct json_writer *w);
void json_object_end(struct json_writer *w);
void json_array(struct json_writer *w);
void json_array_end(struct json_writer *w);
void json_name(struct json_writer *w, const char *key);
void json_name_slice(struct json_writer *w, struct slice key);
void json_string(struct json_writer *w, struct slice text); /* invalid bytes become \\xNN text */
void json_text(struct json_writer *w, const char *text);
void json_number(struct json_writer *w, int64_t v);
void json_real(struct json_writer *w, double v); /* shortest form that reads back; NaN is null */
void json_bool(struct json_writer *w, bool v);
void json_null(struct json_writer *w);
void json_raw(struct json_writer *w, struct slice json); /* a complete value, not checked */
