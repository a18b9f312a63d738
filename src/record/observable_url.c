/*
 * URLs in one spelling.
 *
 * What browsers treat alike must become alike: case of scheme and host, default ports, user names,
 * dot segments, percent-encoding that need not be there or must be there, backslashes for slashes,
 * white space around and line breaks inside. The fragment never leaves the phone and is dropped.
 */
#include <stdio.h>

#include "record/forms.h"

static const struct scheme {
    uint8_t n;
    const char *name;
    uint16_t port; /* left out when it is this one; 0: there is no usual one */
    bool loose;    /* browsers take any number of slashes, either way */
    bool no_host;  /* what stands in the place of a host is none */
} schemes[] = {
    {5, "https", 443, true, false},
    {4, "http", 80, true, false},
    {2, "ws", 80, true, false},
    {3, "wss", 443, true, false},
    {3, "ftp", 21, true, false},
    {11, "android-app", 0, false, true},
    {16, "android.resource", 0, false, true},
    {16, "chrome-extension", 0, false, true},
    {7, "content", 0, false, true},
};

/* Schemes that only wrap another URL. */
static const char *const wrappers[] = {"blob:", "feed:", "filesystem:", "view-source:"};

/* Schemes of people, not of places. */
static const char *const handles[] = {
    "mailto:", "tel:", "sms:", "smsto:", "callto:", "facetime:", "facetime-audio:", "imessage:"};

static const struct scheme *find_scheme(struct slice name)
{
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
        if (name.n == schemes[i].n && slice_is_nocase(name, schemes[i].name))
            return &schemes[i];
    return NULL;
}

static bool starts_nocase(struct slice s, const char *prefix)
{
    return slice_is_nocase(slice_sub(s, 0, strlen(prefix)), prefix);
}

/* What stays as it is. A percent sign that codes nothing is coded itself, or it might code something
   once what follows it is decoded. */
static const uint8_t url_char[256] = {
    ['a' ... 'z'] = 1, ['A' ... 'Z'] = 1, ['0' ... '9'] = 1, ['-'] = 1, ['.'] = 1,  ['_'] = 1,
    ['~'] = 1,         ['!'] = 1,         ['$'] = 1,         ['&'] = 1, ['\''] = 1, ['('] = 1,
    [')'] = 1,         ['*'] = 1,         ['+'] = 1,         [','] = 1, [';'] = 1,  ['='] = 1,
    [':'] = 1,         ['@'] = 1,         ['/'] = 1,         ['?'] = 1, ['['] = 1,  [']'] = 1,
};

enum { BREAK = 1, PATH = 2, BACK = 4, PORT = 8 };

static const uint8_t marks[256] = {
    ['\t'] = BREAK, ['\r'] = BREAK, ['\n'] = BREAK, ['/'] = PATH,
    ['?'] = PATH,   ['\\'] = BACK,  [':'] = PORT,
};

/* The first byte with one of these marks, or the end. */
static size_t find_mark(struct slice s, unsigned mark)
{
    size_t n = 0;
    while (n < s.n && !(marks[s.p[n]] & mark))
        n++;
    return n;
}

static bool unreserved(uint8_t c)
{
    return ascii_alpha(c) || ascii_digit(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

/* True if path and query can stay as they are: nothing to encode, decode or resolve. */
static bool rest_is_plain(struct slice rest)
{
    if (!rest.n || rest.p[0] != '/' || rest.p[rest.n - 1] == '?')
        return false;
    for (size_t i = 0; i < rest.n; i++)
        if (!url_char[rest.p[i]] || (rest.p[i] == '/' && i + 1 < rest.n && rest.p[i + 1] == '.'))
            return false;
    return true;
}

/* Text that is put together in memory that is big enough. */
struct out {
    uint8_t *p;
    size_t n;
};

static void put(struct out *out, struct slice s)
{
    memcpy(out->p + out->n, s.p, s.n);
    out->n += s.n;
}

static void put_coded(struct out *out, uint8_t c)
{
    static const char digits[] = "0123456789ABCDEF";
    out->p[out->n++] = '%';
    out->p[out->n++] = (uint8_t)digits[c >> 4];
    out->p[out->n++] = (uint8_t)digits[c & 15];
}

/* A path segment has ended: takes "." back, and ".." with the segment before it. */
static void resolve_dots(struct out *out, size_t root)
{
    struct slice segment = slice_basename(slice_at(out->p, out->n));
    size_t back = slice_is(segment, ".") ? 0 : slice_is(segment, "..") ? 1 : 2;
    if (back == 2)
        return;
    out->n -= segment.n;
    while (back && out->n > root + 1 && out->p[--out->n - 1] != '/')
        continue;
}

/* Path and query in their normal form behind what out holds; the path starts at `root`. */
static void put_rest(struct out *out, struct slice rest, bool loose)
{
    const size_t root = out->n;
    bool query = false;
    size_t asked = 0; /* behind the latest slash or the mark of the query */
    out->p[out->n++] = '/';
    for (size_t i = rest.n && (rest.p[0] == '/' || (loose && rest.p[0] == '\\')); i < rest.n; i++) {
        uint8_t c = rest.p[i];
        int hi = c == '%' && i + 2 < rest.n ? ascii_hex(rest.p[i + 1]) : -1;
        int lo = hi < 0 ? -1 : ascii_hex(rest.p[i + 2]);
        if (!query && (c == '?' || c == '/' || (loose && c == '\\'))) {
            resolve_dots(out, root);
            query = c == '?';
            /* What ".." left ends in a slash already. */
            if (query || out->p[out->n - 1] != '/' || (i && rest.p[i - 1] == '/'))
                out->p[out->n++] = query ? '?' : '/';
            asked = out->n;
        } else if (lo >= 0) {
            c = (uint8_t)(hi << 4 | lo);
            if (unreserved(c))
                out->p[out->n++] = c;
            else
                put_coded(out, c);
            i += 2;
        } else if (url_char[c]) {
            out->p[out->n++] = c;
        } else {
            put_coded(out, c);
        }
    }
    if (!query)
        resolve_dots(out, root);
    else if (out->n == asked)
        out->n--; /* a question mark with nothing behind it */
}

/* Takes "scheme:" off; empty if there is none. */
static struct slice take_scheme(struct slice *s)
{
    size_t n = 0;
    while (n < s->n && (ascii_alpha(s->p[n]) || (n && (ascii_digit(s->p[n]) || s->p[n] == '+' ||
                                                       s->p[n] == '-' || s->p[n] == '.'))))
        n++;
    if (n == 0 || n == s->n || s->p[n] != ':')
        return (struct slice){s->p, 0};
    struct slice scheme = slice_sub(*s, 0, n);
    *s = slice_sub(*s, n + 1, s->n);
    return scheme;
}

struct parts {
    struct slice scheme, host, rest;
    unsigned port; /* 0: the usual one */
    bool loose, user;
};

/* "user@host:port" */
static bool split_authority(struct slice s, unsigned usual_port, struct parts *p)
{
    const uint8_t *at = s.n ? memrchr(s.p, '@', s.n) : NULL;
    p->user = at;
    if (at)
        s = slice_sub(s, (size_t)(at - s.p) + 1, s.n);
    size_t bracket = s.n && s.p[0] == '[' ? slice_find(s, ']') : 0;
    size_t colon = bracket + slice_find(slice_sub(s, bracket, s.n), ':');
    p->host = slice_sub(s, 0, colon);
    for (size_t i = colon + 1; i < s.n; i++) {
        if (!ascii_digit(s.p[i]) || p->port > 6553)
            return false;
        p->port = p->port * 10 + (unsigned)(s.p[i] - '0');
    }
    if (p->port > 65535)
        return false;
    if (p->port == usual_port)
        p->port = 0;
    return p->host.n > 0;
}

/* False: no URL with a host. A missing scheme is left empty. */
static bool split(struct slice s, struct parts *p)
{
    struct slice all = s;
    unsigned usual_port = 0;
    *p = (struct parts){.scheme = take_scheme(&s)};
    const struct scheme *known = find_scheme(p->scheme);
    if (known) {
        usual_port = known->port;
        p->loose = known->loose;
    }
    if (p->loose) {
        while (s.n && (s.p[0] == '/' || s.p[0] == '\\'))
            s = slice_sub(s, 1, s.n);
    } else if (slice_starts(s, "//")) {
        s = slice_sub(s, 2, s.n);
    } else {
        if (p->scheme.n && (!s.n || !ascii_digit(s.p[0])))
            return false;
        p->scheme.n = 0; /* "host:port/path", not a scheme */
        s = all;
    }
    s = slice_sub(s, 0, slice_find(s, '#'));
    size_t n = find_mark(s, p->loose ? PATH | BACK : PATH);
    p->rest = slice_sub(s, n, s.n);
    if (!p->scheme.n)
        usual_port = 80; /* it will read http:// */
    return split_authority(slice_sub(s, 0, n), usual_port, p);
}

/* Line breaks and tabs inside a URL do not count. */
static struct slice without_breaks(struct slice in, struct arena *a)
{
    while (in.n && in.p[0] <= ' ')
        in = slice_sub(in, 1, in.n);
    while (in.n && in.p[in.n - 1] <= ' ')
        in.n--;
    if (find_mark(in, BREAK) == in.n)
        return in;
    uint8_t *to = arena_alloc(a, in.n);
    size_t n = 0;
    for (size_t i = 0; i < in.n; i++)
        if (in.p[i] != '\t' && in.p[i] != '\r' && in.p[i] != '\n')
            to[n++] = in.p[i];
    return slice_at(to, n);
}

static bool put_together(const struct parts *p, struct observed host, struct arena *a,
                         struct observed *out)
{
    struct slice scheme = p->scheme.n ? p->scheme : slice_of("http");
    bool v6 = host.type == OBS_IP && slice_find(host.value, ':') < host.value.n;
    size_t room = scheme.n + host.value.n + p->rest.n + sizeof "://[]:65535/";
    for (size_t i = 0; i < p->rest.n; i++)
        room += url_char[p->rest.p[i]] ? 0 : 2;
    if (room > OBSERVABLE_MAX)
        return false;
    struct out o = {arena_alloc(a, room), 0};
    for (size_t i = 0; i < scheme.n; i++)
        o.p[o.n++] = ascii_lower(scheme.p[i]);
    put(&o, slice_of(v6 ? "://[" : "://"));
    put(&o, host.value);
    put(&o, slice_of(v6 ? "]" : ""));
    if (p->port)
        o.n += (size_t)snprintf((char *)o.p + o.n, 7, ":%u", p->port);
    put_rest(&o, p->rest, p->loose || !p->scheme.n);
    *out = (struct observed){OBS_URL, slice_at(o.p, o.n)};
    return true;
}

static bool lower_scheme(struct slice s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] >= 'A' && s.p[i] <= 'Z')
            return false;
    return s.n;
}

/* What is no link to a host: an address of a person, a file. */
static bool other_normalise(struct slice s, struct arena *a, struct observed *out, bool *other)
{
    *other = true;
    for (size_t i = 0; i < sizeof handles / sizeof *handles; i++)
        if (starts_nocase(s, handles[i]))
            return observable_normalise(OBS_HANDLE, s, a, out) && out->type != OBS_ACCOUNT;
    if (starts_nocase(s, "file:"))
        return path_normalise(s, a, out);
    return *other = false;
}

bool url_normalise(struct slice in, struct arena *a, struct observed *out)
{
    struct slice s = without_breaks(in, a);
    struct parts p;
    struct observed host;
    if (!slice_starts(s, "http")) {
        bool other;
        for (size_t i = 0; i < sizeof wrappers / sizeof *wrappers; i++)
            if (starts_nocase(s, wrappers[i]))
                s = slice_sub(s, strlen(wrappers[i]), s.n);
        bool ok = other_normalise(s, a, out, &other);
        if (other)
            return ok;
    }
    if (!split(s, &p) || !host_normalise(p.host, true, a, &host))
        return false;
    if (!p.scheme.n && (host.type == OBS_NONE || p.rest.n == 0)) {
        *out = host;
        return host.type != OBS_NONE;
    }
    /* Most are in order already and stay where they are. */
    const uint8_t *end = p.rest.p + p.rest.n;
    if (lower_scheme(p.scheme) && !p.user && p.host.p == host.value.p && p.host.n == host.value.n &&
        p.host.p == p.scheme.p + p.scheme.n + 3 && p.rest.p == p.host.p + p.host.n &&
        rest_is_plain(p.rest) && end - p.scheme.p <= OBSERVABLE_MAX) {
        *out = (struct observed){OBS_URL, slice_at(p.scheme.p, (size_t)(end - p.scheme.p))};
        return true;
    }
    return put_together(&p, host, a, out);
}

struct slice observable_url_host(struct slice url)
{
    size_t at = slice_search(url, slice_of("://"), 0);
    struct slice s = slice_sub(url, at + 3, url.n);
    if (at == url.n)
        return (struct slice){url.p, 0};
    if (slice_starts(s, "["))
        return slice_sub(s, 1, slice_find(s, ']') - 1);
    return slice_sub(s, 0, find_mark(s, PATH | PORT));
}

void sink_url(struct sink *k, struct observed url)
{
    struct observed host;
    sink_add(k, url);
    if (url.type != OBS_URL)
        return;
    struct slice scheme = slice_sub(url.value, 0, slice_find(url.value, ':'));
    const struct scheme *known = find_scheme(scheme);
    if (known && known->no_host)
        return;
    if (host_normalise(observable_url_host(url.value), false, k->arena, &host))
        sink_add(k, host);
}
