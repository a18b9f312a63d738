/* Paths on the device in one spelling, and the web origins that WebKit writes into them. */
#include "base/utf8.h"
#include "record/forms.h"

/* Links in the root folder of iOS, and the home folder. */
static const struct {
    const char *from, *to;
} aliases[] = {
    {"/var", "/private/var"},
    {"/tmp", "/private/tmp"},
    {"/etc", "/private/etc"},
    {"~", "/private/var/mobile"},
};

/* True if every component can stay: not empty, not "." or "..", no final slash, nothing to escape. */
static bool is_plain(struct slice s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] == '/' && (i + 1 == s.n || s.p[i + 1] == '/' || s.p[i + 1] == '.'))
            return false;
    return s.n && s.p[0] != '.';
}

/* "file:///a%20b" -> "/a b" */
static struct slice from_url(struct slice s, struct arena *a)
{
    s = slice_sub(s,
                  slice_is_nocase(slice_sub(s, 0, 16), "file://localhost") ? 16
                  : slice_is_nocase(slice_sub(s, 0, 7), "file://")         ? 7
                                                                           : 5,
                  s.n);
    if (slice_find(s, '%') == s.n)
        return s;
    uint8_t *to = arena_alloc(a, s.n);
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) {
        int hi = i + 2 < s.n ? ascii_hex(s.p[i + 1]) : -1, lo = hi < 0 ? -1 : ascii_hex(s.p[i + 2]);
        bool coded = s.p[i] == '%' && lo >= 0;
        to[n++] = coded ? (uint8_t)(hi << 4 | lo) : s.p[i];
        i += coded ? 2 : 0;
    }
    return slice_at(to, n);
}

/* Appends the components of s, each behind a slash, with "." and ".." resolved. */
static void add_components(struct buf *b, struct slice s)
{
    while (s.n) {
        size_t n = slice_find(s, '/');
        struct slice part = slice_sub(s, 0, n);
        s = slice_sub(s, n + 1, s.n);
        if (slice_is(part, "..")) {
            while (b->n && b->p[--b->n] != '/')
                continue;
        } else if (part.n && !slice_is(part, ".")) {
            buf_byte(b, '/');
            buf_slice(b, part);
        }
    }
}

bool path_normalise(struct slice in, struct arena *a, struct observed *out)
{
    struct slice s = slice_trim(in);
    const char *head = NULL;
    if (slice_is_nocase(slice_sub(s, 0, 5), "file:"))
        s = from_url(s, a);
    s = visible(s, a);
    for (size_t i = 0; i < sizeof aliases / sizeof *aliases && !head; i++) {
        size_t n = strlen(aliases[i].from);
        if (slice_starts(s, aliases[i].from) && (s.n == n || s.p[n] == '/')) {
            head = aliases[i].to;
            s = slice_sub(s, n, s.n);
        }
    }
    if (head || !is_plain(s)) {
        struct buf b = {0};
        bool absolute = head || slice_starts(s, "/");
        if (head)
            buf_text(&b, head);
        add_components(&b, s);
        /* A relative path loses the slash that its first component got. */
        s = arena_copy(a, slice_sub(buf_view(&b), !absolute && b.n, b.n));
        buf_free(&b);
    }
    *out = (struct observed){OBS_PATH, s};
    return s.n && s.n <= OBSERVABLE_MAX;
}

/* "https_www.a.example_0.localstorage", "https+++www.a.example": the host in it, or empty. */
static struct slice origin_host(struct slice name)
{
    static const char *const heads[] = {"https_", "http_", "https+++", "http+++"};
    struct slice none = {name.p, 0};
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        if (!slice_starts(name, heads[i]))
            continue;
        struct slice host = slice_sub(name, strlen(heads[i]), name.n);
        if (i >= 2)
            return slice_sub(host, 0, slice_find(host, '^'));
        const uint8_t *last = host.n ? memrchr(host.p, '_', host.n) : NULL;
        size_t n = last ? (size_t)(last - host.p) : host.n, end = n + 1;
        while (end < host.n && ascii_digit(host.p[end]))
            end++;
        bool port = end > n + 1 && (end == host.n || host.p[end] == '.');
        return port ? slice_sub(host, 0, n) : none;
    }
    return none;
}

void path_origins(struct slice path, struct sink *k)
{
    size_t at = 0;
    while ((at = slice_search(path, slice_of("http"), at)) < path.n) {
        struct slice name = slice_sub(path, at, path.n);
        name = slice_sub(name, 0, slice_find(name, '/'));
        struct slice host = origin_host(name);
        struct observed o;
        if ((at == 0 || path.p[at - 1] == '/') && host.n &&
            host_normalise(host, false, k->arena, &o))
            sink_add(k, o);
        at += name.n;
    }
}
