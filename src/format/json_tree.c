/* A document of JSON as a tree in an arena, for what is looked up rather than streamed. */
#include "format/json.h"

struct json_value *json_tree_of(struct json *j, enum json_token t, size_t max_values, struct err *e)
{
    struct json_value *open[JSON_MAX_DEPTH], **tail[JSON_MAX_DEPTH], *top = NULL;
    struct slice key = {0};
    unsigned depth = 0;
    for (;; t = json_next(j)) {
        if (t == JSON_ERROR) {
            *e = j->err;
            return NULL;
        }
        if (t == JSON_END) {
            err_set(e, ERR_ABSENT, "no value");
            return NULL;
        }
        if (t == JSON_KEY) {
            key = j->text;
            continue;
        }
        if (t == JSON_OBJECT_END || t == JSON_ARRAY_END) {
            depth--;
        } else {
            if (max_values-- == 0) {
                err_set(e, ERR_LIMIT, "byte %zu: too many values", cursor_offset(&j->c));
                return NULL;
            }
            struct json_value *v = arena_alloc(j->arena, sizeof *v);
            v->type = t;
            v->key = key;
            key = (struct slice){0};
            if (t == JSON_STRING || t == JSON_NUMBER)
                v->text = j->text;
            if (depth) {
                open[depth - 1]->n++;
                *tail[depth - 1] = v;
                tail[depth - 1] = &v->next;
            } else {
                top = v;
            }
            if (t == JSON_OBJECT || t == JSON_ARRAY) {
                open[depth] = v;
                tail[depth++] = &v->first;
            }
        }
        if (depth == 0)
            return top;
    }
}

struct json_value *json_tree(struct json *j, size_t max_values, struct err *e)
{
    struct json_value *v = json_tree_of(j, json_next(j), max_values, e);
    if (!v || json_next(j) == JSON_END)
        return v;
    *e = j->err;
    return NULL;
}

const struct json_value *json_get(const struct json_value *object, const char *key)
{
    if (!object || object->type != JSON_OBJECT)
        return NULL;
    for (const struct json_value *v = object->first; v; v = v->next)
        if (slice_is(v->key, key))
            return v;
    return NULL;
}

struct slice json_get_text(const struct json_value *object, const char *key)
{
    const struct json_value *v = json_get(object, key);
    return v ? v->text : (struct slice){0};
}

bool json_int(struct slice number, int64_t *out)
{
    bool negative = number.n && number.p[0] == '-';
    uint64_t v = 0, most = negative ? (uint64_t)INT64_MAX + 1 : INT64_MAX;
    if (number.n == negative)
        return false;
    for (size_t i = negative; i < number.n; i++) {
        unsigned digit = number.p[i] - (unsigned)'0';
        if (digit > 9 || v > (most - digit) / 10)
            return false;
        v = v * 10 + digit;
    }
    *out = negative ? (int64_t)(0 - v) : (int64_t)v;
    return true;
}
