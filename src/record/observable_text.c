/*
 * What free text mentions: URLs, hosts, addresses, e-mails, in one pass.
 *
 * The text is cut into runs of host characters; nearly all are passed over unseen, because neither
 * a dot is in them nor '@' or ':' behind them. Exactness matters more than reach: a name counts only
 * as a whole ("notspy.example" is not "spy.example"), with a known top-level domain, and not inside
 * a path, a query, or an e-mail. Thai, Chinese, Japanese and their like put no blanks around a link,
 * so a change between such a script and ASCII is a border too.
 */
#include "base/utf8.h"
#include "record/address.h"
#include "record/forms.h"

enum { RUN = 1, DOT = 2, HIGH = 4, NOT_HEX = 8 };
enum { LOCAL_MAX = 64, V6_MAX = 45 };

static const uint8_t kind[256] = {
    ['0' ... '9'] = RUN,
    ['a' ... 'f'] = RUN,
    ['A' ... 'F'] = RUN,
    ['g' ... 'z'] = RUN | NOT_HEX,
    ['G' ... 'Z'] = RUN | NOT_HEX,
    ['-'] = RUN | NOT_HEX,
    ['_'] = RUN | NOT_HEX,
    ['.'] = RUN | DOT | NOT_HEX,
    [0x80 ... 0xff] = RUN | HIGH | NOT_HEX,
};

/* Ends a URL; the rest of ASCII may stand in one. */
static const uint8_t url_stop[256] = {
    [0 ... 0x20] = 1, ['"'] = 1, ['<'] = 1, ['>'] = 1,  ['`'] = 1,  ['{'] = 1,
    ['}'] = 1,        ['|'] = 1, ['^'] = 1, ['\\'] = 1, [0x7f] = 1,
};

enum { EDGE = 1, CLOSING = 2, JOINED = 4, AUTHORITY = 8 };

static const uint8_t mark[256] = {
    ['-'] = EDGE,
    ['_'] = EDGE,
    ['.'] = EDGE | CLOSING,
    [','] = CLOSING,
    [';'] = CLOSING,
    [':'] = CLOSING,
    ['!'] = CLOSING,
    ['*'] = CLOSING,
    ['\''] = CLOSING | AUTHORITY,
    ['/'] = JOINED | AUTHORITY,
    ['\\'] = JOINED,
    ['%'] = JOINED,
    ['@'] = JOINED,
    ['?'] = CLOSING | AUTHORITY,
    ['#'] = AUTHORITY,
};

struct range {
    uint32_t first, last;
};

static bool in_ranges(uint32_t cp, const struct range *r, size_t n)
{
    for (size_t i = 0; i < n && cp >= r[i].first; i++)
        if (cp <= r[i].last)
            return true;
    return false;
}

/* Blanks, punctuation and direction marks beyond ASCII: never part of a name or link. */
static bool is_border(uint32_t cp)
{
    static const struct range borders[] = {
        {0x80, 0xa0},     {0xab, 0xab},     {0xbb, 0xbb},     {0x60c, 0x60c},   {0x61b, 0x61f},
        {0x6d4, 0x6d4},   {0x964, 0x965},   {0x1680, 0x1680}, {0x2000, 0x200a}, {0x200e, 0x205f},
        {0x2061, 0x206f}, {0x3000, 0x3001}, {0x3003, 0x3003}, {0x3008, 0x3020}, {0x3030, 0x3030},
        {0xff01, 0xff0c}, {0xff1a, 0xff20}, {0xff3b, 0xff3d}, {0xff5b, 0xff60}, {0xff62, 0xff64},
        {0xfff0, 0xffff},
    };
    return in_ranges(cp, borders, sizeof borders / sizeof *borders);
}

/* Scripts written without blanks between words. */
static bool is_unspaced(uint32_t cp)
{
    static const struct range scripts[] = {
        {0xe00, 0xeff},     {0x1000, 0x109f},   {0x1100, 0x11ff}, {0x1780, 0x17ff},
        {0x2e80, 0x9fff},   {0xac00, 0xd7ff},   {0xf900, 0xfaff}, {0xff61, 0xff9f},
        {0x1b000, 0x1b16f}, {0x20000, 0x3ffff},
    };
    return in_ranges(cp, scripts, sizeof scripts / sizeof *scripts);
}

struct text {
    struct slice all;
    struct sink *sink;
    size_t floor; /* what lies before has been used */
};

static uint8_t at(const struct text *t, size_t i)
{
    return i < t->all.n ? t->all.p[i] : 0;
}

static struct slice between(const struct text *t, size_t from, size_t to)
{
    return slice_sub(t->all, from, to - from);
}

/* "https://a.example/x,https://b.example/y" are two links: the comma at which the scheme in front
   of the colon starts a second one, or 0. */
static size_t next_of_list(struct slice s, size_t colon)
{
    size_t i = colon;
    if (!slice_starts(slice_sub(s, colon, 3), "://"))
        return 0;
    while (i && ascii_alpha(s.p[i - 1]))
        i--;
    return i && i < colon && memchr(",;)]", s.p[i - 1], 4) ? i - 1 : 0;
}

/* How many bytes of s, which starts with a host, belong to a link: up to a stop, a border, the next
   of a list. The ideographic full stop is a dot in a host and ends a sentence behind it. */
static size_t link_length(struct slice s)
{
    bool path = false;
    size_t i = 0;
    while (i < s.n && !url_stop[s.p[i]]) {
        uint32_t cp = s.p[i];
        size_t n = cp < 0x80 ? 1 : utf8_next(slice_sub(s, i, 4), &cp), comma;
        if (n == 0 || (n > 1 && is_border(cp)) || (path && cp == 0x3002))
            break;
        if (cp == ':' && (comma = next_of_list(s, i)) > 0)
            return comma;
        path = path || cp == '/' || cp == '?';
        i += n;
    }
    return i;
}

/* Takes off what the sentence put behind the link: "(see https://a.example/b)." */
static struct slice trim_link(struct slice s)
{
    int round = 0, square = 0;
    for (size_t i = 0; i < s.n; i++) {
        round += (s.p[i] == '(') - (s.p[i] == ')');
        square += (s.p[i] == '[') - (s.p[i] == ']');
    }
    for (; s.n; s.n--) {
        uint8_t c = s.p[s.n - 1];
        if (c == ')' && round < 0)
            round++;
        else if (c == ']' && square < 0)
            square++;
        else if (!(mark[c] & CLOSING))
            break;
    }
    return s;
}

/* The part of s in front of the first letter of an unspaced script. */
static struct slice before_script(struct slice s)
{
    size_t i = 0;
    while (i < s.n) {
        uint32_t cp;
        size_t n = utf8_next(slice_sub(s, i, 4), &cp);
        if (!n || is_unspaced(cp))
            break;
        i += n;
    }
    return slice_sub(s, 0, i);
}

/* The part of s behind its last border or letter of an unspaced script. */
static struct slice last_piece(struct slice s)
{
    size_t from = 0;
    for (size_t i = 0, n; i < s.n; i += n) {
        uint32_t cp;
        n = utf8_next(slice_sub(s, i, 4), &cp);
        bool split = !n || is_border(cp) || is_unspaced(cp);
        n = n ? n : 1;
        from = split ? i + n : from;
    }
    return slice_sub(s, from, s.n);
}

/*
 * How much of s, behind "://", is believed to be a link's authority ("user@host:port"): with a user
 * name all that browsers would read so, else up to the first byte that no host holds.
 */
static size_t authority_length(struct slice s)
{
    size_t n = 0, user = 0;
    for (size_t step = 1; n < s.n && !url_stop[s.p[n]] && !(mark[s.p[n]] & AUTHORITY); n += step) {
        uint32_t cp;
        step = s.p[n] < 0x80 ? 1 : utf8_next(slice_sub(s, n, 4), &cp);
        if (step == 0 || (step > 1 && is_border(cp)))
            break;
        if (s.p[n] == '@')
            user = n + 1;
    }
    size_t host = user;
    if (host < n && s.p[host] == '[')
        host += slice_find(slice_sub(s, host, n - host), ']');
    while (host < n && ((kind[s.p[host]] & RUN) || memchr(":%[]", s.p[host], 4)))
        host++;
    return host;
}

static bool is_digits(struct slice s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!ascii_digit(s.p[i]))
            return false;
    return s.n;
}

/* "host:" with no number behind: the colon belongs to the sentence. */
static struct slice trim_port(struct slice s)
{
    const uint8_t *colon = s.n ? memrchr(s.p, ':', s.n) : NULL;
    size_t n = colon ? (size_t)(colon - s.p) : s.n;
    struct slice port = slice_sub(s, n + 1, s.n);
    return !colon || slice_find(port, ']') < port.n || is_digits(port) ? s : slice_sub(s, 0, n);
}

static bool authority_host(struct slice s, struct arena *a, struct observed *out)
{
    const uint8_t *user = s.n ? memrchr(s.p, '@', s.n) : NULL;
    if (user)
        s = slice_sub(s, (size_t)(user - s.p) + 1, s.n);
    size_t end = slice_starts(s, "[") ? slice_find(s, ']') + 1 : slice_find(s, ':');
    return host_normalise(slice_sub(s, 0, end), true, a, out);
}

/* A link whose host is valid. One that is too long to be kept still gives its host. */
static void add_link(const struct text *t, struct slice link, struct observed host)
{
    struct observed url;
    if (link.n <= OBSERVABLE_MAX && url_normalise(link, t->sink->arena, &url))
        sink_url(t->sink, url);
    else
        sink_add(t->sink, host);
}

/* JSON inside text writes a slash as "\/": the rest of a link, from its path on, without that. */
static struct slice unescape_slashes(struct slice s, struct arena *a, size_t *used)
{
    struct buf b = {0};
    size_t i = 0;
    for (; i < s.n; i++) {
        if (s.p[i] == '\\' && i + 1 < s.n && s.p[i + 1] == '/')
            i++;
        else if (url_stop[s.p[i]])
            break;
        buf_byte(&b, s.p[i]);
    }
    *used = i;
    struct slice kept = arena_copy(a, buf_view(&b));
    buf_free(&b);
    return kept;
}

/* Where the scheme in front of `colon` starts, not before `start`; `colon` if there is none. */
static size_t find_scheme(const struct text *t, size_t start, size_t colon)
{
    size_t scheme = colon;
    while (scheme > start && (ascii_alpha(at(t, scheme - 1)) || ascii_digit(at(t, scheme - 1)) ||
                              at(t, scheme - 1) == '-'))
        scheme--;
    while (scheme < colon && !ascii_alpha(at(t, scheme)))
        scheme++;
    /* Words run into the link: "herehttps://a.example". */
    if (colon - scheme > 5 && slice_is_nocase(between(t, colon - 5, colon), "https"))
        return colon - 5;
    if (colon - scheme > 5 && slice_is_nocase(between(t, colon - 4, colon), "http"))
        return colon - 4;
    return scheme;
}

/* A host without blanks around it: the part before the other script, if only that is a name. */
static struct slice cut_script(const struct text *t, struct slice authority)
{
    struct slice ascii = before_script(authority);
    struct observed o;
    if (ascii.n == authority.n || !host_has_tld(ascii))
        return authority;
    bool whole = authority_host(authority, t->sink->arena, &o) && host_has_tld(o.value);
    return whole ? authority : ascii;
}

/* A scheme ends at `colon`, "//" follows. Returns where to go on; `colon` if it is no URL. */
static size_t take_url(const struct text *t, size_t start, size_t colon)
{
    struct arena *a = t->sink->arena;
    bool escaped = at(t, colon + 1) == '\\';
    size_t scheme = find_scheme(t, start, colon), head = colon + (escaped ? 5 : 3);
    struct slice rest = slice_sub(t->all, head, t->all.n);
    size_t believed = authority_length(rest), used;
    struct slice authority = trim_port(cut_script(t, slice_sub(rest, 0, believed)));
    struct observed host;
    if (scheme == colon || !authority.n || !authority_host(authority, a, &host))
        return colon;
    uint8_t next = at(t, head + authority.n);
    if (escaped) {
        struct slice tail = unescape_slashes(slice_sub(rest, authority.n, rest.n), a, &used);
        struct buf b = {0};
        buf_slice(&b, between(t, scheme, colon));
        buf_text(&b, "://");
        buf_slice(&b, authority);
        buf_slice(&b, tail);
        add_link(t, trim_link(arena_copy(a, buf_view(&b))), host);
        buf_free(&b);
        return head + authority.n + used;
    }
    struct slice link = slice_sub(rest, 0, authority.n);
    if (next == '/' || next == '?' || next == '#')
        link = slice_sub(rest, 0, link_length(rest));
    link = trim_link(link);
    add_link(t, between(t, scheme, head + link.n), host);
    return head + link.n;
}

static bool add_address(const struct text *t, struct slice s)
{
    struct address a;
    char text[ADDRESS_TEXT];
    if (!address_parse(s, &a) || address_is_range(&a))
        return false;
    struct slice value = slice_at(text, address_text(&a, text));
    sink_add(t->sink, (struct observed){OBS_IP, arena_copy(t->sink->arena, value)});
    return true;
}

static struct slice trim_label(struct slice s)
{
    while (s.n && (mark[s.p[0]] & EDGE))
        s = slice_sub(s, 1, s.n);
    while (s.n && (mark[s.p[s.n - 1]] & EDGE))
        s.n--;
    return s;
}

static bool looks_like_host(struct slice s, struct arena *a, struct observed *out)
{
    if (s.n && s.p[s.n - 1] < 0x80)
        return host_has_tld(s) && host_normalise(s, false, a, out);
    return host_normalise(s, false, a, out) && host_has_tld(out->value);
}

/* The end of ":port" at i, or i. */
static size_t skip_port(const struct text *t, size_t i)
{
    size_t end = i + 1;
    while (at(t, i) == ':' && end < i + 6 && ascii_digit(at(t, end)))
        end++;
    return end > i + 1 && !(kind[at(t, end)] & RUN) ? end : i;
}

/*
 * A host without a scheme. `end` is where it ends in the text, so that a port and a path may follow;
 * 0 if something else stands behind it. Returns where to go on.
 */
static size_t take_host(const struct text *t, struct slice s, size_t end)
{
    struct observed host = {0};
    struct address x;
    bool number = s.n && ascii_digit(s.p[s.n - 1]) && address_parse(s, &x);
    if (!number && !looks_like_host(s, t->sink->arena, &host))
        return end;
    if (number) {
        char text[ADDRESS_TEXT];
        host.type = OBS_IP;
        host.value = arena_copy(t->sink->arena, slice_at(text, address_text(&x, text)));
    }
    size_t go_on = end ? skip_port(t, end) : 0;
    if (end && (at(t, go_on) == '/' || (at(t, go_on) == '?' && ascii_alpha(at(t, go_on + 1))))) {
        struct slice rest = slice_sub(t->all, end - s.n, t->all.n);
        struct slice link = trim_link(slice_sub(rest, 0, link_length(rest)));
        struct slice tail = slice_sub(link, go_on + 1 - (end - s.n), link.n);
        bool range = number && tail.n < 4 && is_digits(tail); /* "192.0.2.0/24" */
        if (!range && tail.n) {
            add_link(t, link, host);
            return end - s.n + link.n;
        }
        go_on += 1 + tail.n;
    }
    sink_add(t->sink, host);
    return go_on;
}

/* A run with bytes beyond ASCII: the pieces between borders, or between those and other scripts. */
static size_t take_pieces(const struct text *t, size_t start, size_t end, bool scripts)
{
    size_t go_on = end, from = start;
    for (size_t i = start, n; i <= end; i += n) {
        uint32_t cp;
        n = i < end ? utf8_next(between(t, i, end), &cp) : 0;
        if (n && !is_border(cp) && !(scripts && is_unspaced(cp)))
            continue;
        struct slice s = trim_label(between(t, from, i));
        size_t stop = s.n ? (size_t)(s.p + s.n - t->all.p) : 0;
        size_t next = s.n ? take_host(t, s, stop == end ? end : 0) : 0;
        go_on = next > go_on ? next : go_on;
        n = n ? n : 1;
        from = i + n;
    }
    return go_on;
}

/* '@' at `sign`. Returns where to go on. */
static size_t take_email(const struct text *t, size_t sign)
{
    size_t start = sign, end = sign + 1;
    while (start > t->floor &&
           ((kind[at(t, start - 1)] & RUN) || at(t, start - 1) == '+' || at(t, start - 1) == '\''))
        if (sign - --start > LOCAL_MAX)
            return sign + 1;
    while (kind[at(t, end)] & RUN)
        end++;
    struct slice local = last_piece(between(t, start, sign));
    struct slice domain = between(t, sign + 1, end);
    domain = trim_label(before_script(slice_sub(domain, 0, link_length(domain))));
    struct observed o;
    while (local.n && memchr("-_.'", local.p[0], 4))
        local = slice_sub(local, 1, local.n);
    if (!domain.n)
        return end;
    size_t stop = (size_t)(domain.p + domain.n - t->all.p);
    if (local.n && looks_like_host(domain, t->sink->arena, &o)) {
        struct slice whole = slice_at(local.p, (size_t)(domain.p + domain.n - local.p));
        if (observable_normalise(OBS_HANDLE, whole, t->sink->arena, &o) && o.type != OBS_ACCOUNT)
            sink_add(t->sink, o);
        return stop;
    }
    return add_address(t, domain) ? stop : sign + 1;
}

static bool is_v6_char(uint8_t c)
{
    return ascii_hex(c) >= 0 || c == ':' || c == '.';
}

/* An IPv6 address that starts at `start`, its first colon at `colon`. */
static size_t take_v6(const struct text *t, size_t start, size_t colon)
{
    size_t end = start, colons = 0, digits = 0;
    if (start && (at(t, start - 1) == ':' || (kind[at(t, start - 1)] & RUN)))
        return colon;
    for (; end - start < V6_MAX && is_v6_char(at(t, end)); end++) {
        colons += at(t, end) == ':';
        digits += ascii_digit(at(t, end));
    }
    struct slice s = between(t, start, end);
    while (s.n && (s.p[s.n - 1] == '.' || (s.p[s.n - 1] == ':' && !slice_ends(s, "::"))))
        s.n--;
    /* "a::b" is C++ and "12:30:45" a time: wants eight groups, or a gap, a digit and some length. */
    bool gap = slice_search(s, slice_of("::"), 0) < s.n;
    bool likely = colons >= 7 || (gap && digits && s.n >= 6);
    uint8_t behind = at(t, start + s.n);
    if (!likely || ((kind[behind] & RUN) && behind != '.') || !add_address(t, s))
        return colon;
    return start + s.n;
}

/* The run at `start` is a part of something else: a path, a coded link, a name of a chat. */
static bool inside(const struct text *t, size_t start)
{
    uint8_t before = start ? at(t, start - 1) : 0;
    if (before == '/' && start > 1 && at(t, start - 2) == '/') /* "//host/path" in a page */
        return start > 2 && !url_stop[at(t, start - 3)] && !memchr("('=", at(t, start - 3), 3);
    return mark[before] & JOINED;
}

static bool is_link(const struct text *t, size_t colon)
{
    if (at(t, colon + 1) == '/')
        return at(t, colon + 2) == '/';
    return at(t, colon + 1) == '\\' && slice_starts(slice_sub(t->all, colon, 5), ":\\/\\/");
}

/* The run from start to end; `seen` is what is in it. Returns where to go on, at least `end`. */
static size_t take_run(const struct text *t, size_t start, size_t end, uint8_t seen)
{
    size_t next = end;
    if (at(t, end) == '@')
        return take_email(t, end);
    if (at(t, end) == ':' && is_link(t, end))
        next = take_url(t, start, end);
    else if (at(t, end) == ':' && !(seen & NOT_HEX) && end - start <= 4)
        next = take_v6(t, start, end);
    /* "\n" of a JSON string inside text belongs to no name. */
    if (start < end && start && at(t, start - 1) == '\\' && memchr("nrt", at(t, start), 3))
        start++;
    else if (!(seen & DOT) || inside(t, start))
        return next;
    if (seen & HIGH) {
        size_t a = take_pieces(t, start, end, false), b = take_pieces(t, start, end, true);
        return next > end ? next : a > b ? a : b;
    }
    struct slice s = trim_label(between(t, start, end));
    if (next > end || !s.n)
        return next;
    next = take_host(t, s, (size_t)(s.p + s.n - t->all.p));
    return next > end ? next : end;
}

static uint64_t zero_bytes(uint64_t v)
{
    return (v - UINT64_C(0x0101010101010101)) & ~v & UINT64_C(0x8080808080808080);
}

static bool is_sign(uint8_t c)
{
    return c == '.' || c == ':' || c == '@';
}

/* The first dot, colon or '@' from i on: without one there is nothing to be found. */
static size_t next_sign(struct slice s, size_t i)
{
    static const uint64_t each = UINT64_C(0x0101010101010101);
    for (uint64_t v; s.n - i >= sizeof v; i += sizeof v) {
        memcpy(&v, s.p + i, sizeof v);
        if (zero_bytes(v ^ each * '.') | zero_bytes(v ^ each * ':') | zero_bytes(v ^ each * '@'))
            break;
    }
    while (i < s.n && !is_sign(s.p[i]))
        i++;
    return i;
}

void text_search(struct slice text, struct sink *k)
{
    struct text t = {.all = text, .sink = k};
    size_t from = 0, start;
    while ((start = next_sign(text, from)) < text.n && !k->out->overfull) {
        uint8_t seen = 0, c;
        while (start > from && kind[text.p[start - 1]])
            start--;
        size_t end = start;
        for (; end < text.n && (c = kind[text.p[end]]) != 0; end++)
            seen |= c;
        size_t used = take_run(&t, start, end, seen);
        from = end + 1 < text.n ? end + 1 : text.n;
        if (used > end)
            from = t.floor = used;
    }
}
