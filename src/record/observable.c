/*
 * Normal forms of all types, and what a field yields.
 *
 * Each type has one function; the longer ones (hosts, URLs, paths, free text) have files of their
 * own. Nothing here fails: a value that is no such thing is simply none, and the record still shows
 * it as text.
 */
#include "record/observable.h"

#include "base/utf8.h"
#include "record/address.h"
#include "record/forms.h"

enum { PHONE_MAX = 20, CHAT_MIN = 5 };

/* Chat systems write accounts like e-mail addresses. */
static const struct {
    const char *domain;
    bool phone; /* digits in front of it are an international number */
} chats[] = {
    {"s.whatsapp.net", true}, {"c.us", true},       {"g.us", false},
    {"lid", false},           {"broadcast", false}, {"newsletter", false},
};

/* What stands in front of an account and is none of it. "e:", "p:": Messages' own accounts. */
static const char *const handle_heads[] = {
    "mailto:",         "tel:",      "sms:",      "smsto:", "callto:",
    "facetime-audio:", "facetime:", "imessage:", "e:",     "p:",
};

struct slice visible(struct slice in, struct arena *a)
{
    size_t i = 0;
    while (i < in.n && in.p[i] >= 0x20 && in.p[i] < 0x7f)
        i++;
    if (i == in.n)
        return in;
    struct buf b = {0};
    for (struct slice s = in; s.n;) {
        uint32_t cp;
        size_t n = utf8_next(s, &cp);
        bool hidden = n && (cp < 0x20 || (cp >= 0x7f && cp < 0xa0));
        if (n && !hidden)
            buf_add(&b, s.p, n);
        else
            for (size_t k = 0; k < (n ? n : 1); k++)
                buf_printf(&b, "\\x%02x", s.p[k]);
        s = slice_sub(s, n ? n : 1, s.n);
    }
    struct slice kept = arena_copy(a, buf_view(&b));
    buf_free(&b);
    return kept;
}

/* A sequence that shows: neither broken nor a control, zero-width or direction character. */
static size_t shown(struct slice s)
{
    uint32_t cp;
    if (s.n && s.p[0] >= 0x20 && s.p[0] < 0x7f)
        return 1;
    size_t n = utf8_next(s, &cp);
    return n && cp >= 0x20 && !utf8_is_hidden(cp) ? n : 0;
}

/* All that does not show taken out; in itself if there is nothing. */
static struct slice without_hidden(struct slice in, struct arena *a)
{
    size_t ok = 0, used = 0, n;
    while (ok < in.n && (n = shown(slice_sub(in, ok, 4))) > 0)
        ok += n;
    if (ok == in.n)
        return in;
    uint8_t *to = arena_alloc(a, in.n);
    for (size_t i = 0; i < in.n; i += n ? n : 1) {
        n = shown(slice_sub(in, i, 4));
        memcpy(to + used, in.p + i, n);
        used += n;
    }
    return slice_at(to, used);
}

static struct slice lowered(struct slice in, struct arena *a)
{
    size_t i = 0;
    while (i < in.n && ascii_lower(in.p[i]) == in.p[i])
        i++;
    if (i == in.n)
        return in;
    uint8_t *to = arena_alloc(a, in.n);
    for (i = 0; i < in.n; i++)
        to[i] = ascii_lower(in.p[i]);
    return slice_at(to, in.n);
}

static bool result(struct observed *out, enum observable type, struct slice value)
{
    *out = (struct observed){type, value};
    return value.n > 0 && value.n <= OBSERVABLE_MAX;
}

static bool starts_nocase(struct slice s, const char *head)
{
    return slice_is_nocase(slice_sub(s, 0, strlen(head)), head);
}

static bool ip_normalise(struct slice in, struct arena *a, struct observed *out)
{
    struct slice s = slice_trim(in);
    struct address x;
    char text[ADDRESS_TEXT];
    if (slice_starts(s, "/")) /* Java writes "/192.0.2.1:443" */
        s = slice_sub(s, 1, s.n);
    if (!address_parse(s, &x)) {
        /* "192.0.2.1:443", "[2001:db8::1]:443" */
        const uint8_t *colon = s.n ? memrchr(s.p, ':', s.n) : NULL;
        struct slice host = slice_sub(s, 0, colon ? (size_t)(colon - s.p) : 0);
        if (!host.n || (slice_find(host, ':') < host.n && host.p[0] != '[') ||
            !address_parse(host, &x))
            return false;
    }
    struct slice value = slice_at(text, address_text(&x, text));
    return result(out, OBS_IP, slice_equal(value, s) ? s : arena_copy(a, value));
}

/* "host", "host:port", "*.host", ".host", "host/path", "scheme://host/path" or an address. */
static bool domain_normalise(struct slice in, struct arena *a, struct observed *out)
{
    struct slice s = slice_trim(in);
    if (slice_starts(s, "*."))
        s = slice_sub(s, 1, s.n);
    while (slice_starts(s, "."))
        s = slice_sub(s, 1, s.n);
    bool more = slice_find(s, '/') < s.n || slice_find(s, ':') < s.n;
    return host_normalise(s, false, a, out) || ip_normalise(s, a, out) ||
           (more && url_normalise(s, a, out));
}

bool email_normalise(struct slice in, struct arena *a, struct observed *out)
{
    struct slice s = slice_trim(without_hidden(in, a));
    struct observed host;
    size_t open = slice_find(s, '<'), close = slice_find(s, '>');
    if (open < close && close < s.n) /* "Name <user@host>" */
        s = slice_sub(s, open + 1, close - open - 1);
    if (starts_nocase(s, "mailto:"))
        s = slice_sub(s, 7, s.n);
    s = slice_sub(s, 0, slice_find(s, '?'));
    while (s.n > 1 && memchr("\"'", s.p[0], 2) && s.p[s.n - 1] == s.p[0])
        s = slice_sub(s, 1, s.n - 2);
    const uint8_t *sign = s.n ? memrchr(s.p, '@', s.n) : NULL;
    if (!sign || sign == s.p)
        return false;
    struct slice local = slice_sub(s, 0, (size_t)(sign - s.p));
    struct slice domain = slice_sub(s, local.n + 1, s.n);
    if (local.n > 1 && local.p[0] == '"' && local.p[local.n - 1] == '"')
        local = slice_sub(local, 1, local.n - 2);
    for (size_t i = 0; i < local.n; i++)
        if (local.p[i] <= ' ' || memchr("@<>,;:()[]\"\\", local.p[i], 12))
            return false;
    if (!local.n || local.n > 254 || !host_normalise(domain, false, a, &host) ||
        host.type != OBS_DOMAIN)
        return false;
    struct slice low = lowered(local, a);
    if (low.p == local.p && host.value.p == local.p + local.n + 1)
        return result(out, OBS_EMAIL, slice_at(local.p, local.n + 1 + host.value.n));
    return result(out, OBS_EMAIL,
                  slice_of(arena_printf(a, "%.*s@%.*s", (int)low.n, (const char *)low.p,
                                        (int)host.value.n, (const char *)host.value.p)));
}

/* Digits, blanks and the usual punctuation. least: how many digits it must have. */
static bool phone_normalise(struct slice in, size_t least, struct arena *a, struct observed *out)
{
    struct slice s = slice_trim(without_hidden(in, a));
    uint8_t to[1 + PHONE_MAX];
    size_t n = 0, first = 0;
    if (starts_nocase(s, "tel:"))
        s = slice_sub(s, 4, s.n);
    s = slice_sub(s, 0, slice_find(s, ';'));
    for (size_t i = 0; i < s.n; i++) {
        uint8_t c = s.p[i];
        if (ascii_digit(c) || (c == '+' && n == 0)) {
            if (n == sizeof to)
                return false;
            to[n++] = c;
        } else if (!memchr(" -().\xa0\xc2/", c, 8)) {
            return false;
        }
    }
    if (n > 10 && to[0] == '0' && to[1] == '0') { /* 0049...: the other spelling of + */
        to[1] = '+';
        first = 1;
    }
    size_t digits = n - first - (n > first && to[first] == '+');
    if (digits < least)
        return false;
    return result(out, OBS_PHONE, arena_copy(a, slice_at(to + first, n - first)));
}

/* "4915550100@s.whatsapp.net", "4915550100:3@c.us", "1234-5678@g.us" */
static bool chat_normalise(struct slice s, struct arena *a, struct observed *out)
{
    size_t sign = slice_find(s, '@');
    struct slice user = slice_sub(s, 0, sign), domain = slice_sub(s, sign + 1, s.n);
    for (size_t i = 0; i < sizeof chats / sizeof *chats; i++) {
        if (!slice_is_nocase(domain, chats[i].domain))
            continue;
        struct slice number = slice_sub(user, 0, slice_find(user, ':'));
        number = slice_sub(number, 0, slice_find(number, '.'));
        size_t digits = 0;
        while (digits < number.n && ascii_digit(number.p[digits]))
            digits++;
        if (chats[i].phone && digits >= CHAT_MIN && digits == number.n && digits <= PHONE_MAX)
            return result(
                out, OBS_PHONE,
                slice_of(arena_printf(a, "+%.*s", (int)number.n, (const char *)number.p)));
        return result(out, OBS_ACCOUNT, visible(lowered(s, a), a));
    }
    return false;
}

static bool handle_normalise(struct slice in, struct arena *a, struct observed *out)
{
    struct slice s = slice_trim(in);
    bool word = s.n && ascii_alpha(s.p[0]); /* else it is a number */
    for (size_t i = 0; word && i < sizeof handle_heads / sizeof *handle_heads; i++)
        if (starts_nocase(s, handle_heads[i])) {
            s = slice_sub(s, strlen(handle_heads[i]), s.n);
            break;
        }
    for (int i = 0; i < 2 && slice_starts(s, "/"); i++) /* "facetime://..." */
        s = slice_sub(s, 1, s.n);
    /* "iMessage;-;+15550100" */
    size_t first = slice_find(s, ';'), mark = slice_search(s, slice_of(";-;"), first);
    if (mark == s.n)
        mark = slice_search(s, slice_of(";+;"), first);
    if (mark < s.n)
        s = slice_sub(s, mark + 3, s.n);
    if (slice_find(s, '@') < s.n && (chat_normalise(s, a, out) || email_normalise(s, a, out)))
        return true;
    if (phone_normalise(s, slice_starts(s, "+") ? 3 : 7, a, out))
        return true;
    return result(out, OBS_ACCOUNT, visible(s, a));
}

/* A path gives its last component, "process/bundle" (data usage) its first. */
static bool process_normalise(struct slice in, struct arena *a, struct observed *out)
{
    struct slice s = slice_trim(in);
    if (slice_starts(s, "/"))
        s = slice_basename(s);
    else
        s = slice_sub(s, 0, slice_find(s, '/'));
    return result(out, OBS_PROCESS, visible(s, a));
}

static bool hash_normalise(enum observable o, struct slice in, struct arena *a,
                           struct observed *out)
{
    uint8_t hex[128];
    size_t n = 0;
    for (size_t i = 0; i < in.n; i++) {
        uint8_t c = ascii_lower(in.p[i]);
        if (ascii_hex(c) >= 0 && n < sizeof hex)
            hex[n++] = c;
        else if (!memchr(" \t\r\n:-", c, 6))
            return false;
    }
    if (n != 32 && n != 40 && n != 64 && n != 96 && n != 128)
        return false;
    struct slice value = slice_at(hex, n);
    return result(out, o, slice_equal(value, in) ? in : arena_copy(a, value));
}

bool observable_normalise(enum observable o, struct slice in, struct arena *a, struct observed *out)
{
    switch (o) {
    case OBS_DOMAIN: return domain_normalise(in, a, out);
    case OBS_URL: return url_normalise(in, a, out);
    case OBS_IP: return ip_normalise(in, a, out);
    case OBS_EMAIL: return email_normalise(in, a, out);
    case OBS_PHONE: return phone_normalise(in, 3, a, out);
    case OBS_PROCESS: return process_normalise(in, a, out);
    case OBS_APP: { /* an Android component is "package/class" */
        struct slice s = slice_trim(in);
        return result(out, o, visible(slice_sub(s, 0, slice_find(s, '/')), a));
    }
    case OBS_PATH: return path_normalise(in, a, out);
    case OBS_FILENAME: return result(out, o, visible(slice_basename(slice_trim(in)), a));
    case OBS_HASH:
    case OBS_CERT: return hash_normalise(o, in, a, out);
    case OBS_PROFILE: return result(out, o, visible(lowered(slice_trim(in), a), a));
    case OBS_PROPERTY:
    case OBS_ACCOUNT: return result(out, o, visible(slice_trim(in), a));
    case OBS_HANDLE: return handle_normalise(in, a, out);
    case OBS_NONE:
    case OBS_TEXT:
    case OBS_TYPES: break;
    }
    return false;
}

/* Spellings that stop a link from being one, longest first. */
static const struct {
    const char *from, *to;
} fangs[] = {
    {"[://]", "://"}, {"[dot]", "."}, {"(dot)", "."}, {"{dot}", "."}, {"[at]", "@"}, {"(at)", "@"},
    {"{at}", "@"},    {"[.]", "."},   {"(.)", "."},   {"{.}", "."},   {"[:]", ":"},  {"[@]", "@"},
    {"[/]", "/"},     {"[s]", "s"},   {"[.", "."},    {"\\.", "."},
};

/* Nearly all values have none of what fangs start with. */
static bool has_fangs(struct slice s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] == '[' || s.p[i] == '(' || s.p[i] == '{' || s.p[i] == '\\')
            return true;
    return false;
}

struct slice observable_refang(struct slice in, struct arena *a)
{
    struct buf b = {0};
    struct slice s = in;
    bool scheme = starts_nocase(s, "hxxp") || starts_nocase(s, "h**p");
    if (!scheme && !has_fangs(s))
        return in;
    if (scheme) {
        buf_text(&b, "http");
        s = slice_sub(s, 4, s.n);
    }
    while (s.n) {
        size_t i = 0, n = sizeof fangs / sizeof *fangs;
        while (i < n && !starts_nocase(s, fangs[i].from))
            i++;
        if (i < n) {
            buf_text(&b, fangs[i].to);
            s = slice_sub(s, strlen(fangs[i].from), s.n);
        } else {
            buf_byte(&b, s.p[0]);
            s = slice_sub(s, 1, s.n);
        }
    }
    struct slice kept = slice_equal(buf_view(&b), in) ? in : arena_copy(a, buf_view(&b));
    buf_free(&b);
    return kept;
}
