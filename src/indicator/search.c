/* Text against all values at once; see search.h. */
#include "indicator/search.h"

#include "indicator/kinds.h"
#include "indicator/matcher_impl.h"
#include "record/forms.h"

enum { WORD = 1, DOT = 2, UPPER = 4, HIGH = 8, OTHER = 16 };

static const uint8_t kind[256] = {
    ['0' ... '9'] = WORD,
    ['a' ... 'z'] = WORD,
    ['A' ... 'Z'] = WORD | UPPER,
    ['-'] = WORD,
    ['_'] = WORD,
    ['.'] = WORD | DOT,
    [0x80 ... 0xff] = WORD | HIGH,
    ['%'] = OTHER,
    ['@'] = OTHER,
    [':'] = OTHER,
    ['/'] = OTHER,
};

enum { HOST_MAX = 253 };

static bool may_have(const struct matcher *m, struct slice key, enum observable type, enum way way)
{
    uint32_t tag = matcher_tag(key, type, way);
    size_t at = table_start(&m->table, tag);
    return table_next(&m->table, tag, &at) != TABLE_END;
}

/* A word with a dot: the host that it is, and those that it is below. */
static bool host_known(const struct matcher *m, struct slice word)
{
    while (word.n &&
           (word.p[word.n - 1] == '.' || word.p[word.n - 1] == '-' || word.p[word.n - 1] == '_'))
        word.n--;
    if (may_have(m, word, OBS_IP, WAY_VALUE) || may_have(m, word, OBS_URL, WAY_ANY_HOST))
        return true;
    if (word.n && ascii_digit(word.p[word.n - 1]))
        return false; /* no name ends in a digit */
    if (m->needs.www && may_have(m, word, OBS_DOMAIN, WAY_WWW))
        return true;
    for (;;) {
        if (may_have(m, word, OBS_DOMAIN, WAY_VALUE))
            return true;
        size_t dot = slice_find(word, '.');
        word = slice_sub(word, dot + 1, word.n);
        if (slice_find(word, '.') == word.n)
            return false;
    }
}

static bool is_hash(size_t n)
{
    return n == 32 || n == 40 || n == 64 || n == 96 || n == 128;
}

/* A word in lower case. */
static bool folded_known(const struct matcher *m, struct slice word, uint8_t seen, bool names)
{
    if (names && may_have(m, word, OBS_APP, WAY_VALUE))
        return true;
    if (word.n == 36 && may_have(m, word, OBS_PROFILE, WAY_VALUE))
        return true;
    if (is_hash(word.n) &&
        (may_have(m, word, OBS_HASH, WAY_VALUE) || may_have(m, word, OBS_CERT, WAY_VALUE)))
        return true;
    if (!(seen & DOT))
        return false;
    while (word.n && (word.p[0] == '.' || word.p[0] == '-' || word.p[0] == '_'))
        word = slice_sub(word, 1, word.n);
    return host_known(m, word);
}

/* Apart, because its room is cleared each time that it is called. */
static __attribute__((noinline)) bool upper_known(const struct matcher *m, struct slice word,
                                                  uint8_t seen, bool names)
{
    uint8_t low[HOST_MAX + 3];
    for (size_t i = 0; i < word.n; i++)
        low[i] = ascii_lower(word.p[i]);
    return folded_known(m, slice_at(low, word.n), seen, names);
}

/* One word; `seen` is what is in it. True: the line is worth a closer look. */
static bool word_known(const struct matcher *m, struct slice word, uint8_t seen, bool names)
{
    if (!(seen & DOT) && !names && word.n < 32)
        return false;
    if (seen & HIGH)
        return seen & DOT;
    if (word.n < 3 || word.n > HOST_MAX)
        return word.n >= 3 && (seen & DOT); /* too long for a host, perhaps not for its end */
    if (names && (may_have(m, word, OBS_PROCESS, WAY_VALUE) ||
                  may_have(m, slice_sub(word, 0, 15), OBS_PROCESS, WAY_CUT15)))
        return true;
    return seen & UPPER ? upper_known(m, word, seen, names) : folded_known(m, word, seen, names);
}

/* An address of IPv6 or a certificate around the colon at i: times have fewer colons, names of C++ no
   digits. */
static bool colons_around(struct slice s, size_t i)
{
    size_t from = i, end = i, colons = 0, digits = 0;
    bool gap = false;
    while (from && (s.p[from - 1] == ':' || ascii_hex(s.p[from - 1]) >= 0))
        from--;
    for (; end < s.n && (s.p[end] == ':' || ascii_hex(s.p[end]) >= 0); end++)
        continue;
    for (size_t k = from; k < end; k++) {
        colons += s.p[k] == ':';
        digits += ascii_digit(s.p[k]);
        gap = gap || (s.p[k] == ':' && k + 1 < end && s.p[k + 1] == ':');
    }
    return colons >= 5 || (gap && digits);
}

/* A path from i on: each folder on the way, with and without the alias of /var, /tmp and /etc. */
static __attribute__((noinline)) bool path_known(const struct matcher *m, struct slice s, size_t i)
{
    uint8_t aliased[512] = "/private";
    enum { HEAD = 8 };
    size_t n = 1;
    struct slice path = slice_sub(s, i, s.n);
    while (n < path.n && n < sizeof aliased - HEAD && path.p[n] > ' ' &&
           !memchr("\"'<>()[]{},;=|`:", path.p[n], 16))
        n++;
    path = slice_sub(path, 0, n);
    while (path.n > 1 && path.p[path.n - 1] == '.')
        path.n--;
    memcpy(aliased + HEAD, path.p, path.n);
    for (size_t at = 0; at < path.n;) {
        size_t end = at + 1 + slice_find(slice_sub(path, at + 1, path.n), '/');
        if (may_have(m, slice_sub(path, 0, end), OBS_PATH, WAY_FOLDER) ||
            may_have(m, slice_at(aliased, HEAD + end), OBS_PATH, WAY_FOLDER) ||
            (m->needs.relative &&
             may_have(m, slice_sub(path, at + 1, end - at - 1), OBS_PATH, WAY_RELATIVE)))
            return true;
        at = end;
    }
    return n == sizeof aliased - HEAD;
}

static bool has_type(const struct matcher *m, enum observable type)
{
    return m->needs.types >> type & 1;
}

/* A mark between words. Links may write their host in many ways; such ones are rare in logs. */
static bool mark_known(const struct matcher *m, struct slice line, size_t i)
{
    const uint8_t *p = line.p;
    bool after = i && (kind[p[i - 1]] & WORD);
    switch (p[i]) {
    case '@': return has_type(m, OBS_EMAIL) || slice_search(line, slice_of("://"), 0) < i;
    case '%': return slice_search(line, slice_of("://"), 0) < i;
    case ':':
        if (i + 3 < line.n && p[i + 1] == '/' && p[i + 2] == '/')
            return ascii_digit(p[i + 3]) || p[i + 3] == '[';
        return (has_type(m, OBS_IP) || has_type(m, OBS_CERT)) && colons_around(line, i);
    case '/':
        return has_type(m, OBS_PATH) && !after && !(i && p[i - 1] == '/') && path_known(m, line, i);
    default: return false;
    }
}

bool search_may_know(const struct matcher *m, struct slice line, bool names)
{
    bool ranges = m->needs.nbits4 > 0;
    for (size_t i = 0; i < line.n;) {
        const size_t from = i;
        uint8_t seen = 0, k;
        for (; i < line.n && (k = kind[line.p[i]]) & WORD; i++)
            seen |= k;
        struct slice word = slice_sub(line, from, i - from);
        if (word.n && word_known(m, word, seen, names))
            return true;
        /* "\\n" of a JSON string inside text belongs to no name. */
        if (word.n && from && line.p[from - 1] == '\\' && (seen & DOT) &&
            word_known(m, slice_sub(word, 1, word.n), seen, names))
            return true;
        if (ranges && (seen & DOT) && ascii_digit(word.p[0]))
            return true;
        if (i < line.n && kind[line.p[i]] == OTHER && mark_known(m, line, i))
            return true;
        i++;
    }
    return false;
}

/* -- the closer look -- */

static void try(struct text_search *s, enum observable type, struct slice word)
{
    struct observed o;
    struct sink k = {EXPOSURE_NONE, "", s->arena, &s->found};
    if (observable_normalise(type, word, s->arena, &o) && o.type == type)
        sink_add(&k, o);
}

/* Words as what is no link: they end at white space and at what encloses or joins. */
static void try_words(struct text_search *s)
{
    static const char ends[] = " \t\"'<>()[]{},;=|`";
    struct slice t = s->text;
    for (size_t i = 0, n; i < t.n; i += n + 1) {
        for (n = 0; i + n < t.n && !memchr(ends, t.p[i + n], sizeof ends - 1);)
            n++;
        struct slice word = slice_sub(t, i, n);
        enum observable type;
        while (word.n && memchr(".:", word.p[word.n - 1], 2))
            word.n--;
        if (word.n < 3)
            continue;
        if (kind_guess(word, &type) &&
            (type == OBS_HASH || type == OBS_PATH || type == OBS_PROFILE))
            try(s, type, word);
        try(s, OBS_CERT, word);
        if (s->names) {
            try(s, OBS_APP, word);
            try(s, OBS_PROCESS, word);
        }
    }
}

void search_open(struct text_search *s, const struct matcher *m, struct slice text, bool names,
                 struct arena *a)
{
    *s = (struct text_search){.m = m, .c = cursor(text), .arena = a, .names = names};
}

/* To the next line that may hold something. */
static bool next_line(struct text_search *s)
{
    for (;;) {
        s->at = cursor_offset(&s->c);
        if (!cursor_line(&s->c, &s->text))
            return false;
        s->line++;
        if (search_may_know(s->m, s->text, s->names))
            break;
    }
    s->taken_apart++;
    s->found = (struct sightings){0};
    s->next = 0;
    observable_derive(OBS_TEXT, EXPOSURE_NONE, "", s->text, s->arena, &s->found);
    try_words(s);
    return true;
}

bool search_next(struct text_search *s, struct text_hit *hit)
{
    for (;;) {
        while (s->next < s->found.n) {
            const struct sighting *g = &s->found.items[s->next++];
            struct match m;
            if (!matcher_find(s->m, g->type, g->value, &m, 1))
                continue;
            *hit = (struct text_hit){s->line, s->at, s->text, g->type, g->value};
            return true;
        }
        if (!next_line(s))
            return false;
    }
}
