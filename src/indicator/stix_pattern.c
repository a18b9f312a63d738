/*
 * STIX 2 patterns, as far as they can be asked of single values.
 *
 * A pattern is parsed by descent (depth 32) into a flat list of terms; AND and OR work on ranges of
 * that list, so there is no tree. A term is a value to look for, a condition that only narrows
 * another one (a size, a port, the type of an address), or something that can't be asked. AND of two
 * values that both must hold can't be asked of a single value, and matching either of them alone
 * would say more than the pattern does: such values are refused. docs/indicators.md
 */
#include "indicator/stix_pattern.h"

#include "base/utf8.h"

enum { DEPTH_MAX = 32, TERMS_MAX = 4096, SHOWN_MAX = 200 };

enum role { VALUE, HASH_OF_FILE, NAME_OF_FILE, CONDITION, NO_USE };

struct term {
    struct comparison c;
    enum role role;
    bool narrows; /* of a CONDITION: it says more than the value's type does */
};

struct parser {
    struct cursor c;
    struct arena *arena;
    struct term *terms;
    size_t n, room;
    bool bad;
};

/* What the paths of objects mean on a phone. */
static const struct property {
    const char *object, *path;
    enum observable type;
    enum role role;
    enum lint why;
    bool prefix;
} properties[] = {
    {"domain-name", "value", OBS_DOMAIN, VALUE, LINT_OK, false},
    {"hostname", "value", OBS_DOMAIN, VALUE, LINT_OK, false},
    {"url", "value", OBS_URL, VALUE, LINT_OK, false},
    {"ipv4-addr", "value", OBS_IP, VALUE, LINT_OK, false},
    {"ipv6-addr", "value", OBS_IP, VALUE, LINT_OK, false},
    {"network-traffic", "dst_ref.value", OBS_DOMAIN, VALUE, LINT_OK, false},
    {"network-traffic", "src_ref.value", OBS_DOMAIN, VALUE, LINT_OK, false},
    {"network-traffic", "dst_ref.type", OBS_NONE, CONDITION, LINT_OK, false},
    {"network-traffic", "src_ref.type", OBS_NONE, CONDITION, LINT_OK, false},
    {"network-traffic", "dst_port", OBS_NONE, CONDITION, LINT_OK, false},
    {"network-traffic", "src_port", OBS_NONE, CONDITION, LINT_OK, false},
    {"network-traffic", "protocols", OBS_NONE, CONDITION, LINT_OK, false},
    {"email-addr", "value", OBS_EMAIL, VALUE, LINT_OK, false},
    {"email-message", "from_ref.value", OBS_EMAIL, VALUE, LINT_OK, false},
    {"email-message", "sender_ref.value", OBS_EMAIL, VALUE, LINT_OK, false},
    {"phone-number", "value", OBS_PHONE, VALUE, LINT_OK, false},
    {"user-account", "account_login", OBS_HANDLE, VALUE, LINT_OK, false},
    {"user-account", "user_id", OBS_HANDLE, VALUE, LINT_OK, false},
    {"process", "name", OBS_PROCESS, VALUE, LINT_OK, false},
    {"process", "image_ref.name", OBS_PROCESS, VALUE, LINT_OK, false},
    {"process", "binary_ref.name", OBS_PROCESS, VALUE, LINT_OK, false},
    {"file", "name", OBS_FILENAME, NAME_OF_FILE, LINT_OK, false},
    {"file", "path", OBS_PATH, NAME_OF_FILE, LINT_OK, false},
    {"file", "parent_directory_ref.path", OBS_PATH, NAME_OF_FILE, LINT_OK, true},
    {"file", "size", OBS_NONE, CONDITION, LINT_OK, false},
    {"file", "mime_type", OBS_NONE, CONDITION, LINT_OK, false},
    {"directory", "path", OBS_PATH, VALUE, LINT_OK, true},
    {"app", "id", OBS_APP, VALUE, LINT_OK, false},
    {"configuration-profile", "id", OBS_PROFILE, VALUE, LINT_OK, false},
    {"android-property", "name", OBS_PROPERTY, VALUE, LINT_OK, false},
    {"mutex", "name", OBS_NONE, NO_USE, LINT_NOT_FOR_PHONES, false},
    {"windows-registry-key", NULL, OBS_NONE, NO_USE, LINT_NOT_FOR_PHONES, false},
};

/* Objects whose properties "hashes.X" are compared, and as what. "app:cert.X" is one, too. */
static const struct {
    const char *object, *path;
    enum observable type;
    enum role role;
} hashed[] = {
    {"file", "hashes.", OBS_HASH, HASH_OF_FILE},
    {"artifact", "hashes.", OBS_HASH, HASH_OF_FILE},
    {"app", "cert.", OBS_CERT, VALUE},
    {"x509-certificate", "hashes.", OBS_CERT, VALUE},
};

static const struct {
    const char *name; /* lower case, without '-' and '_' */
    size_t digits;
} algorithms[] = {
    {"md5", 32}, {"sha1", 40}, {"sha256", 64}, {"sha384", 96}, {"sha512", 128},
};

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

static bool is_word(uint8_t c)
{
    return (lower(c) >= 'a' && lower(c) <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

static uint8_t peek(struct parser *p)
{
    while (cursor_left(&p->c) && (*p->c.p == ' ' || (*p->c.p >= '\t' && *p->c.p <= '\r')))
        p->c.p++;
    return cursor_left(&p->c) ? *p->c.p : 0;
}

static bool take(struct parser *p, uint8_t c)
{
    if (!c || peek(p) != c)
        return false;
    p->c.p++;
    return true;
}

static bool want(struct parser *p, uint8_t c)
{
    if (!take(p, c))
        p->bad = true;
    return !p->bad;
}

/* A run of letters, digits, '_' and '-'; empty if there is none. */
static struct slice word(struct parser *p)
{
    peek(p);
    const uint8_t *from = p->c.p;
    while (cursor_left(&p->c) && is_word(*p->c.p))
        p->c.p++;
    return slice_at(from, (size_t)(p->c.p - from));
}

static bool take_word(struct parser *p, const char *name)
{
    const uint8_t *from = p->c.p;
    if (slice_is_nocase(word(p), name))
        return true;
    p->c.p = from;
    return false;
}

/* A string behind its opening quote, with \' and \\ decoded. */
static struct slice quoted(struct parser *p, uint8_t quote)
{
    const uint8_t *from = p->c.p;
    bool escaped = false;
    while (cursor_left(&p->c) && *p->c.p != quote) {
        bool skip = *p->c.p == '\\' && cursor_left(&p->c) > 1;
        escaped = escaped || skip;
        p->c.p += skip ? 2 : 1;
    }
    struct slice raw = slice_at(from, (size_t)(p->c.p - from));
    if (!cursor_left(&p->c)) {
        p->bad = true;
        return raw;
    }
    p->c.p++;
    if (!escaped)
        return raw;
    uint8_t *to = arena_alloc(p->arena, raw.n);
    size_t n = 0;
    for (size_t i = 0; i < raw.n; i++) {
        if (raw.p[i] == '\\' && i + 1 < raw.n && (raw.p[i + 1] == quote || raw.p[i + 1] == '\\'))
            i++;
        to[n++] = raw.p[i];
    }
    return slice_at(to, n);
}

/* A string, a number, true, false, or t'..', b'..', h'..'. */
static struct slice constant(struct parser *p)
{
    if (take(p, '\''))
        return quoted(p, '\'');
    peek(p);
    const uint8_t *from = p->c.p;
    while (cursor_left(&p->c) && (is_word(*p->c.p) || *p->c.p == '.' || *p->c.p == '+'))
        p->c.p++;
    struct slice s = slice_at(from, (size_t)(p->c.p - from));
    if (s.n == 1 && memchr("tbh", s.p[0], 3) && cursor_left(&p->c) && *p->c.p == '\'') {
        p->c.p++;
        return quoted(p, '\'');
    }
    if (!s.n)
        p->bad = true;
    return s;
}

static struct term *add(struct parser *p)
{
    static const struct term none = {.role = NO_USE, .c.why = LINT_BAD_PATTERN};
    if (p->n == TERMS_MAX) {
        p->bad = true;
        p->n--;
    }
    if (p->n == p->room) {
        size_t room = p->room ? 4 * p->room : 4;
        struct term *more = arena_alloc(p->arena, room * sizeof *more);
        if (p->n)
            memcpy(more, p->terms, p->n * sizeof *more);
        p->terms = more;
        p->room = room;
    }
    p->terms[p->n] = none;
    return &p->terms[p->n++];
}

/* "type:step.step[0].'step'", without quotes and indexes. */
static bool object_path(struct parser *p, struct slice *object, struct buf *path)
{
    *object = word(p);
    if (!object->n || !want(p, ':'))
        return !(p->bad = true);
    do {
        struct slice step = take(p, '\'')  ? quoted(p, '\'')
                            : take(p, '"') ? quoted(p, '"')
                                           : word(p);
        if (path->n)
            buf_byte(path, '.');
        if (!step.n)
            p->bad = true;
        else
            buf_slice(path, step);
        while (!p->bad && take(p, '[')) {
            if (take(p, '\'')) { /* hashes['SHA-256'] */
                buf_byte(path, '.');
                buf_slice(path, quoted(p, '\''));
            } else if (!take(p, '*')) {
                word(p);
            }
            want(p, ']');
        }
    } while (!p->bad && take(p, '.'));
    return !p->bad;
}

/* "hashes.SHA-256" and its spellings. False: object and path are no hash. */
static bool hash_property(struct slice object, struct slice path, struct property *out,
                          size_t *digits)
{
    for (size_t i = 0; i < sizeof hashed / sizeof *hashed; i++) {
        if (!slice_is(object, hashed[i].object) || !slice_starts(path, hashed[i].path))
            continue;
        uint8_t name[16];
        size_t n = 0;
        for (size_t k = strlen(hashed[i].path); k < path.n && n < sizeof name; k++)
            if (path.p[k] != '-' && path.p[k] != '_')
                name[n++] = lower(path.p[k]);
        *out = (struct property){.type = hashed[i].type, .role = NO_USE, .why = LINT_HASH_KIND};
        for (size_t k = 0; k < sizeof algorithms / sizeof *algorithms; k++)
            if (slice_is(slice_at(name, n), algorithms[k].name)) {
                out->role = hashed[i].role;
                out->why = LINT_OK;
                *digits = algorithms[k].digits;
            }
        return true;
    }
    return false;
}

static struct property find_property(struct slice object, struct slice path, size_t *digits)
{
    struct property found = {.role = NO_USE, .why = LINT_PROPERTY};
    if (hash_property(object, path, &found, digits))
        return found;
    for (size_t i = 0; i < sizeof properties / sizeof *properties; i++)
        if (slice_is(object, properties[i].object) &&
            (!properties[i].path || slice_is(path, properties[i].path)))
            return properties[i];
    return found;
}

/* LIKE with its only '%' at a place that our own forms cover; the value loses it. */
static bool plain_like(enum observable type, struct slice *value, bool *prefix)
{
    size_t first = slice_find(*value, '%');
    if (first == value->n)
        return true;
    if (type == OBS_DOMAIN && slice_starts(*value, "%.")) {
        *value = slice_sub(*value, 2, value->n);
        return slice_find(*value, '%') == value->n;
    }
    if ((type != OBS_URL && type != OBS_PATH) || first + 1 != value->n || first == 0 ||
        value->p[first - 1] != '/')
        return false;
    value->n--;
    *prefix = true;
    return true;
}

enum operator{ EQUAL, IN, LIKE, SUBSET, OTHER };

static enum operator take_operator(struct parser *p)
{
    static const char *const words[] = {"MATCHES", "ISSUPERSET"};
    bool not = take_word(p, "NOT");
    if (take(p, '=')) {
        take(p, '=');
        return not ? OTHER : EQUAL;
    }
    if (take_word(p, "IN"))
        return not ? OTHER : IN;
    if (take_word(p, "LIKE"))
        return not ? OTHER : LIKE;
    if (take_word(p, "ISSUBSET"))
        return not ? OTHER : SUBSET;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (take_word(p, words[i]))
            return OTHER;
    if (!take(p, '!') && !take(p, '<') && !take(p, '>'))
        p->bad = true;
    take(p, '=');
    take(p, '>');
    return OTHER;
}

/* A term with what it compares; of one that is no use, all of its text. */
static void add_value(struct parser *p, struct property found, size_t digits, enum operator op,
                      struct slice value, struct slice text)
{
    struct term *t = add(p);
    t->role = found.role;
    t->c = (struct comparison){
        .type = found.type, .value = value, .why = found.why, .prefix = found.prefix};
    if (found.role == CONDITION)
        return;
    if (found.role != NO_USE) {
        bool usable = op == EQUAL || op == IN || (op == SUBSET && found.type == OBS_IP) ||
                      (op == LIKE && plain_like(found.type, &t->c.value, &t->c.prefix));
        if (!usable)
            t->c.why = LINT_OPERATOR;
        /* The normaliser takes out blanks and colons; here only the number of digits is wrong. */
        size_t n = 0;
        for (size_t i = 0; i < value.n; i++)
            n += (value.p[i] >= '0' && value.p[i] <= '9') ||
                 (lower(value.p[i]) >= 'a' && lower(value.p[i]) <= 'f');
        if (digits && n != digits)
            t->c.why = LINT_BAD_VALUE;
    }
    if (t->c.why != LINT_OK) {
        t->role = NO_USE;
        t->c.value = t->c.why == LINT_BAD_VALUE ? value : utf8_cut(text, SHOWN_MAX);
    }
}

static void comparison(struct parser *p)
{
    struct buf path = {0};
    struct slice object;
    peek(p);
    const uint8_t *from = p->c.p;
    bool exists = take_word(p, "EXISTS");
    if (object_path(p, &object, &path)) {
        size_t digits = 0;
        struct property found = find_property(object, buf_view(&path), &digits);
        bool narrows = !slice_ends(buf_view(&path), ".type");
        enum operator op = exists ? OTHER : take_operator(p);
        bool list = op == IN && want(p, '(');
        do {
            struct slice value = exists || p->bad ? object : constant(p);
            struct slice text = slice_at(from, (size_t)(p->c.p - from));
            if (!p->bad) {
                add_value(p, found, digits, op, value, text);
                p->terms[p->n - 1].narrows = narrows;
            }
        } while (list && !p->bad && take(p, ','));
        if (list)
            want(p, ')');
    }
    buf_free(&path);
}

static bool all_of(const struct parser *p, size_t from, size_t to, enum role role)
{
    for (size_t i = from; i < to; i++)
        if (p->terms[i].role != role)
            return false;
    return from < to;
}

static void drop(struct parser *p, size_t from, size_t to)
{
    memmove(p->terms + from, p->terms + to, (p->n - to) * sizeof *p->terms);
    p->n -= to - from;
}

static void refuse(struct parser *p, size_t from, enum lint why)
{
    for (size_t i = from; i < p->n; i++)
        if (p->terms[i].role != CONDITION && p->terms[i].role != NO_USE) {
            p->terms[i].role = NO_USE;
            p->terms[i].c.why = why;
        }
}

/* The terms from `left` and from `mid` are joined by AND. */
static void join(struct parser *p, size_t left, size_t mid)
{
    bool conditions = all_of(p, mid, p->n, CONDITION);
    if (conditions || all_of(p, left, mid, CONDITION)) {
        size_t from = conditions ? mid : left, to = conditions ? p->n : mid;
        bool narrows = false;
        for (size_t i = from; i < to; i++)
            narrows = narrows || p->terms[i].narrows;
        if (conditions && all_of(p, left, mid, CONDITION))
            return;
        drop(p, from, to);
        /* A hash needs no size beside it; an address for one port is less sure without that. */
        for (size_t i = left; i < p->n; i++)
            if (p->terms[i].role != HASH_OF_FILE)
                p->terms[i].c.narrowed = p->terms[i].c.narrowed || narrows;
        return;
    }
    bool hash_left = all_of(p, left, mid, HASH_OF_FILE);
    bool hash_right = all_of(p, mid, p->n, HASH_OF_FILE);
    if (hash_left && hash_right)
        return; /* each hash alone is enough */
    if (hash_left && all_of(p, mid, p->n, NAME_OF_FILE))
        drop(p, mid, p->n);
    else if (hash_right && all_of(p, left, mid, NAME_OF_FILE))
        drop(p, left, mid);
    else
        refuse(p, left, LINT_SEVERAL);
}

static void expression(struct parser *p, unsigned depth)
{
    if (depth > DEPTH_MAX)
        p->bad = true;
    do {
        size_t left = p->n;
        bool first = true;
        do {
            size_t mid = p->n;
            if (p->bad)
                return;
            if (take(p, '(')) {
                expression(p, depth + 1);
                want(p, ')');
            } else {
                comparison(p);
            }
            if (!first)
                join(p, left, mid);
            first = false;
        } while (!p->bad && take_word(p, "AND"));
    } while (!p->bad && take_word(p, "OR"));
}

/* WITHIN 5 SECONDS, REPEATS 3 TIMES, START t'..' STOP t'..' */
static bool take_qualifier(struct parser *p)
{
    if (take_word(p, "START")) {
        constant(p);
        if (!take_word(p, "STOP"))
            p->bad = true;
        constant(p);
        return true;
    }
    bool within = take_word(p, "WITHIN");
    if (!within && !take_word(p, "REPEATS"))
        return false;
    constant(p);
    if (!take_word(p, within ? "SECONDS" : "TIMES"))
        p->bad = true;
    return true;
}

static void observations(struct parser *p, unsigned depth)
{
    size_t start = p->n;
    bool several = false;
    if (depth > DEPTH_MAX)
        p->bad = true;
    while (!p->bad) {
        size_t from = p->n;
        if (take(p, '(')) {
            observations(p, depth + 1);
            want(p, ')');
        } else if (want(p, '[')) {
            expression(p, depth + 1);
            want(p, ']');
        }
        while (!p->bad && take_qualifier(p))
            refuse(p, from, LINT_QUALIFIER);
        if (take_word(p, "AND") || take_word(p, "FOLLOWEDBY"))
            several = true;
        else if (!take_word(p, "OR"))
            break;
    }
    if (several)
        refuse(p, start, LINT_SEVERAL);
}

struct comparison *pattern_parse(struct slice pattern, struct arena *a, size_t *n)
{
    struct parser p = {.c = cursor(pattern), .arena = a};
    struct slice shown = utf8_cut(pattern, SHOWN_MAX);
    observations(&p, 0);
    if (peek(&p))
        p.bad = true;
    struct comparison *out = arena_alloc(a, (p.n + 1) * sizeof *out);
    *n = 0;
    for (size_t i = 0; i < p.n && !p.bad; i++)
        if (p.terms[i].role != CONDITION)
            out[(*n)++] = p.terms[i].c;
    if (!*n)
        out[(*n)++] =
            (struct comparison){.value = shown, .why = p.bad ? LINT_BAD_PATTERN : LINT_PROPERTY};
    return out;
}
