#include "format/ips.h"

#include <stdio.h>
#include <stdlib.h>

enum { MAX_HEAD = 256 }; /* values of a head; real ones have some twenty */

bool ips_open(struct slice bytes, struct arena *a, struct ips *out, struct err *e)
{
    struct json j;
    *out = (struct ips){.time = UTIME_NONE};
    if (slice_trim(bytes).n == 0)
        return err_set(e, ERR_ABSENT, "empty report");
    size_t n = slice_find(bytes, '\n');
    json_open(&j, slice_sub(bytes, 0, n), a);
    out->head = json_tree(&j, MAX_HEAD, e);
    if (!out->head)
        return err_in(e, "first line");
    if (out->head->type != JSON_OBJECT)
        return err_set(e, ERR_CORRUPT, "first line: no JSON object");
    out->body = slice_sub(bytes, n + 1, bytes.n);
    out->time = ips_time(json_get(out->head, "timestamp"));
    return true;
}

enum ips_shape ips_shape(const struct ips *r)
{
    struct slice s = slice_trim(r->body);
    return s.n == 0 ? IPS_EMPTY : s.p[0] == '{' ? IPS_JSON : IPS_TEXT;
}

struct utime ips_time_text(struct slice text)
{
    char plain[64];
    size_t at = slice_search(text, slice_of(".00 "), 0);
    if (at == text.n || text.n >= sizeof plain)
        return utime_parse(text);
    int n = snprintf(plain, sizeof plain, "%.*s%.*s", (int)at, (const char *)text.p,
                     (int)(text.n - at - 3), (const char *)text.p + at + 3);
    return utime_parse(slice_at(plain, (size_t)n));
}

struct utime ips_time(const struct json_value *v)
{
    int64_t n;
    if (v && v->type == JSON_STRING)
        return ips_time_text(v->text);
    if (v && v->type == JSON_NUMBER && json_int(v->text, &n))
        return utime_from_int(n, UNIX);
    return UTIME_NONE;
}

void ips_os(struct slice text, struct slice *version, struct slice *build)
{
    *version = *build = (struct slice){text.p, 0};
    size_t open = slice_find(text, '(');
    struct slice name = slice_trim(slice_sub(text, 0, open));
    struct slice inner = slice_sub(text, open + 1, text.n);
    inner = slice_sub(inner, 0, slice_find(inner, ')'));
    if (slice_starts(inner, "Build "))
        inner = slice_sub(inner, strlen("Build "), inner.n);
    *build = slice_trim(inner);
    size_t from = name.n;
    while (from && name.p[from - 1] != ' ')
        from--;
    name = slice_sub(name, from, name.n);
    if (name.n && name.p[0] >= '0' && name.p[0] <= '9')
        *version = name;
}

struct slice ips_line(struct slice text, const char *key)
{
    struct cursor c = cursor(text);
    struct slice line;
    size_t n = strlen(key);
    while (cursor_line(&c, &line))
        if (slice_starts(line, key) && line.n > n && line.p[n] == ':')
            return slice_trim(slice_sub(line, n + 1, line.n));
    return slice_sub(text, 0, 0);
}
