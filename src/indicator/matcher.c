/*
 * Look-up of observables in a collection.
 *
 * One hash table holds all keys. An indicator has a key for each way in which it can be found: its
 * value, and what goes with it (the host of a listed host/path, the first 15 letters of a long
 * process name, ...). The way is part of the key's hash, so ways never mix. Keys are not stored:
 * each entry makes its own from its indicator when it is compared. A look-up asks for a handful of
 * keys and never scans.
 */
#include "indicator/matcher.h"

#include <stdlib.h>

#include "indicator/compiled.h"
#include "indicator/matcher_impl.h"
#include "indicator/phones.h"
#include "record/address.h"

enum { CUT_LINUX = 15, CUT_IOS = 16, KEY_MAX = 256 };

struct results {
    const struct matcher *m;
    struct match *out;
    size_t max, n;
};

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

static struct slice folded(struct slice s, uint8_t to[KEY_MAX])
{
    if (s.n > KEY_MAX)
        return s;
    for (size_t i = 0; i < s.n; i++)
        to[i] = lower(s.p[i]);
    return slice_at(to, s.n);
}

static struct slice without_slash(struct slice s)
{
    return slice_sub(s, 0, s.n > 1 && s.p[s.n - 1] == '/' ? s.n - 1 : s.n);
}

static struct slice link_of(struct slice url)
{
    size_t at = slice_search(url, slice_of("://"), 0);
    return without_slash(slice_sub(url, at < url.n ? at + 3 : 0, url.n));
}

static struct slice digits(struct slice phone)
{
    return slice_sub(phone, slice_starts(phone, "+"), phone.n);
}

/* Sets copy paths from backups, where "/Library" is the home folder's. */
static struct slice relative_path(struct slice path)
{
    static const char *const heads[] = {"/Library/", "/Documents/", "/Media/"};
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
        if (slice_starts(path, heads[i]))
            return slice_sub(path, 1, path.n);
    return slice_starts(path, "/") ? (struct slice){path.p, 0} : path;
}

/* Gmail's accounts have many spellings: dots don't count, nor what follows a '+', and there are two
   names of its domain. The account in one of them; empty: it is another's. */
static struct slice mailbox(struct slice email, uint8_t to[KEY_MAX])
{
    size_t at = slice_find(email, '@'), n = 0;
    struct slice domain = slice_sub(email, at, email.n);
    if (at >= KEY_MAX || (!slice_is(domain, "@gmail.com") && !slice_is(domain, "@googlemail.com")))
        return (struct slice){email.p, 0};
    for (size_t i = 0; i < at && email.p[i] != '+'; i++)
        if (email.p[i] != '.')
            to[n++] = email.p[i];
    return slice_at(to, n);
}

static struct slice range_key(const struct address *range, unsigned bits, uint8_t to[KEY_MAX])
{
    struct address x = *range;
    address_mask(&x, bits);
    memcpy(to, x.bytes, sizeof x.bytes);
    to[16] = (uint8_t)bits;
    to[17] = x.v4;
    return slice_at(to, 18);
}

/* The key under which an indicator is found in this way. */
static struct slice key_of(const struct indicator *i, enum way way, uint8_t to[KEY_MAX])
{
    struct address x;
    struct slice s = i->value;
    switch (way) {
    case WAY_VALUE:
        return i->type == OBS_APP ? folded(s, to) : i->type == OBS_PHONE ? digits(s) : s;
    case WAY_WWW: return slice_sub(s, 4, s.n);
    case WAY_HOST:
    case WAY_ANY_HOST: return observable_url_host(s);
    case WAY_LINK: return link_of(s);
    case WAY_FOLDER: return without_slash(s);
    case WAY_CUT15: return slice_sub(s, 0, CUT_LINUX);
    case WAY_CUT16: return slice_sub(s, 0, CUT_IOS);
    case WAY_TAIL: return slice_sub(s, s.n - PHONE_TAIL, PHONE_TAIL);
    case WAY_RELATIVE: s = relative_path(s); return slice_sub(s, 0, slice_find(s, '/'));
    case WAY_MAILBOX: return mailbox(s, to);
    case WAY_RANGE: return address_parse(s, &x) ? range_key(&x, x.bits, to) : s;
    }
    return s;
}

uint32_t matcher_tag(struct slice key, enum observable type, enum way way)
{
    return table_tag(key, (uint64_t)way << 8 | (uint64_t)type);
}

static void add(struct matcher *m, size_t item, enum way way)
{
    uint8_t to[KEY_MAX];
    const struct indicator *i = &m->in->items[item];
    if (m->n == m->room) {
        m->room = 2 * m->room;
        m->entries = xrealloc(m->entries, m->room, sizeof *m->entries);
    }
    table_put(&m->table, matcher_tag(key_of(i, way, to), i->type, way), (uint32_t)m->n);
    m->entries[m->n++] = (struct entry){(uint32_t)item, way};
}

static void add_length(uint8_t *list, uint8_t *n, uint8_t bits)
{
    size_t at = 0;
    while (at < *n && list[at] > bits)
        at++;
    if (at < *n && list[at] == bits)
        return;
    memmove(list + at + 1, list + at, (size_t)*n - at);
    list[at] = bits;
    ++*n;
}

static void note_depth(uint64_t *deepest, struct slice s)
{
    uint64_t n = 0;
    for (size_t i = 0; i < s.n; i++)
        n += s.p[i] == '/';
    *deepest = n > *deepest ? n : *deepest;
}

static void add_indicator(struct matcher *m, size_t item)
{
    const struct indicator *i = &m->in->items[item];
    struct slice s = i->value;
    struct address x;
    uint8_t to[KEY_MAX];
    m->needs.types |= UINT64_C(1) << i->type;
    switch (i->type) {
    case OBS_DOMAIN:
        add(m, item, WAY_VALUE);
        if (slice_starts(s, "www.") && slice_find(slice_sub(s, 4, s.n), '.') < s.n - 4) {
            add(m, item, WAY_WWW);
            m->needs.www = true;
        }
        break;
    case OBS_URL:
        add(m, item, WAY_LINK);
        add(m, item, WAY_ANY_HOST);
        if (i->prefix) {
            m->needs.links = true;
            note_depth(&m->needs.deepest_link, link_of(s));
        }
        if (i->host_too)
            add(m, item, WAY_HOST);
        break;
    case OBS_IP:
        if (i->prefix && address_parse(s, &x) && address_is_range(&x)) {
            add(m, item, WAY_RANGE);
            if (x.v4)
                add_length(m->needs.bits4, &m->needs.nbits4, x.bits);
            else
                add_length(m->needs.bits6, &m->needs.nbits6, x.bits);
        } else {
            add(m, item, WAY_VALUE);
        }
        break;
    case OBS_PHONE:
        add(m, item, WAY_VALUE);
        if (digits(s).n >= PHONE_TAIL)
            add(m, item, WAY_TAIL);
        break;
    case OBS_EMAIL:
        add(m, item, WAY_VALUE);
        if (mailbox(s, to).n)
            add(m, item, WAY_MAILBOX);
        break;
    case OBS_PROCESS:
        add(m, item, WAY_VALUE);
        if (s.n > CUT_LINUX)
            add(m, item, WAY_CUT15);
        if (s.n > CUT_IOS)
            add(m, item, WAY_CUT16);
        break;
    case OBS_PATH:
        if (relative_path(s).n) {
            add(m, item, WAY_RELATIVE);
            m->needs.relative = true;
        } else {
            add(m, item, WAY_FOLDER);
            note_depth(&m->needs.deepest_folder, without_slash(s));
        }
        break;
    case OBS_APP:
    case OBS_NONE:
    case OBS_FILENAME:
    case OBS_HASH:
    case OBS_CERT:
    case OBS_PROFILE:
    case OBS_PROPERTY:
    case OBS_ACCOUNT:
    case OBS_TEXT:
    case OBS_HANDLE:
    case OBS_TYPES: add(m, item, WAY_VALUE);
    }
}

struct matcher *matcher_new(const struct indicators *in)
{
    struct matcher *m = xcalloc(1, sizeof *m);
    m->in = in;
    if (compiled_matcher(in, m))
        return m;
    m->room = in->nitems + 16;
    m->entries = xrealloc(NULL, m->room, sizeof *m->entries);
    table_init(&m->table, in->nitems);
    for (size_t i = 0; i < in->nitems; i++)
        add_indicator(m, i);
    return m;
}

void matcher_free(struct matcher *m)
{
    if (!m)
        return;
    if (!m->mapped) {
        table_free(&m->table);
        free(m->entries);
    }
    free(m);
}

/* What is weak stays weak, however it was found. */
static void hit(struct results *r, const struct indicator *i, struct match match)
{
    match.indicator = i;
    if (i->qualified && match.confidence > CONFIDENCE_MEDIUM)
        match.confidence = CONFIDENCE_MEDIUM;
    if (i->too_general) {
        match.confidence = CONFIDENCE_LOW;
        match.how = HOW_TOO_GENERAL;
    }
    if (r->n < r->max)
        r->out[r->n] = match;
    r->n++;
}

static const struct match exact = {.how = HOW_EXACT, .confidence = CONFIDENCE_HIGH};
static const struct match nearly = {
    .how = HOW_EXACT, .confidence = CONFIDENCE_MEDIUM, .near = true};
static const struct match below = {.how = HOW_PATH_PREFIX, .confidence = CONFIDENCE_HIGH};

/* The indicators of a type that have a key, one after the other. */
struct walk {
    const struct matcher *m;
    enum observable type;
    enum way way;
    struct slice key;
    uint32_t tag;
    size_t at;
};

static struct walk walk(const struct results *r, enum observable type, enum way way,
                        struct slice key)
{
    uint32_t tag = matcher_tag(key, type, way);
    return (struct walk){r->m, type, way, key, tag, table_start(&r->m->table, tag)};
}

/* Apart, because its room for a key is cleared each time that it is called. */
static __attribute__((noinline)) bool has_key(const struct indicator *i, enum way way,
                                              struct slice key)
{
    uint8_t to[KEY_MAX];
    return slice_equal(key_of(i, way, to), key);
}

static const struct indicator *walk_next(struct walk *w)
{
    uint32_t number;
    while ((number = table_next(&w->m->table, w->tag, &w->at)) != TABLE_END) {
        const struct entry *e = &w->m->entries[number];
        const struct indicator *i = indicators_item(w->m->in, e->item);
        if (e->way == (uint32_t)w->way && i->type == w->type && has_key(i, w->way, w->key))
            return i;
    }
    return NULL;
}

static void look(struct results *r, enum observable type, enum way way, struct slice key,
                 struct match as)
{
    struct walk w = walk(r, type, way, key);
    for (const struct indicator *i; (i = walk_next(&w)) != NULL;)
        hit(r, i, as);
}

static void find_domain(struct results *r, struct slice name)
{
    static const struct match subdomain = {.how = HOW_SUBDOMAIN, .confidence = CONFIDENCE_HIGH};
    look(r, OBS_DOMAIN, WAY_VALUE, name, exact);
    if (r->m->needs.www)
        look(r, OBS_DOMAIN, WAY_WWW, name, nearly);
    for (struct slice s = name;;) {
        size_t dot = slice_find(s, '.');
        s = slice_sub(s, dot + 1, s.n);
        if (slice_find(s, '.') == s.n) /* a single label is never an indicator */
            return;
        look(r, OBS_DOMAIN, WAY_VALUE, s, subdomain);
    }
}

/* A listed host/path, of which only the host was seen. */
static void find_host(struct results *r, struct slice host)
{
    static const struct match weak = {
        .how = HOW_TOO_GENERAL, .confidence = CONFIDENCE_LOW, .near = true};
    if (r->m->needs.links)
        look(r, OBS_URL, WAY_HOST, host, weak);
}

/* The link itself, then each part of it that ends before a slash or the query. */
static void find_url(struct results *r, struct slice url)
{
    struct slice s = link_of(url), path = slice_sub(s, 0, slice_find(s, '?'));
    look(r, OBS_URL, WAY_LINK, s, exact);
    uint64_t depth = r->m->needs.links ? r->m->needs.deepest_link + 1 : 0;
    for (size_t n = 0; depth > 0 && n < path.n; depth--) {
        n += slice_find(slice_sub(path, n, path.n), '/');
        struct walk w = walk(r, OBS_URL, WAY_LINK, slice_sub(s, 0, n));
        for (const struct indicator *i; n < s.n && (i = walk_next(&w)) != NULL;)
            if (i->prefix)
                hit(r, i, below);
        n++;
    }
}

static void find_address(struct results *r, struct slice value)
{
    static const struct match range = {.how = HOW_IP_RANGE, .confidence = CONFIDENCE_HIGH};
    struct address x;
    uint8_t to[KEY_MAX];
    /* "192.0.2.1/24", as interfaces are written: the address itself */
    struct slice one = slice_sub(value, 0, slice_find(value, '/'));
    look(r, OBS_IP, WAY_VALUE, one, exact);
    if (!address_parse(one, &x))
        return;
    const uint8_t *bits = x.v4 ? r->m->needs.bits4 : r->m->needs.bits6;
    size_t n = x.v4 ? r->m->needs.nbits4 : r->m->needs.nbits6;
    for (size_t i = 0; i < n; i++)
        look(r, OBS_IP, WAY_RANGE, range_key(&x, bits[i], to), range);
}

static bool found_already(const struct results *r, const struct indicator *i)
{
    for (size_t k = 0; k < r->n && k < r->max; k++)
        if (r->out[k].indicator == i)
            return true;
    return false;
}

static void find_email(struct results *r, struct slice value)
{
    uint8_t to[2 * KEY_MAX];
    size_t at = slice_find(value, '@'), plus = slice_find(value, '+');
    look(r, OBS_EMAIL, WAY_VALUE, value, exact);
    if (plus > 0 && plus < at && value.n <= sizeof to) {
        memcpy(to, value.p, plus);
        memcpy(to + plus, value.p + at, value.n - at);
        look(r, OBS_EMAIL, WAY_VALUE, slice_at(to, plus + value.n - at), nearly);
    }
    struct slice box = mailbox(value, to);
    struct walk w = walk(r, OBS_EMAIL, WAY_MAILBOX, box);
    for (const struct indicator *i; box.n && (i = walk_next(&w)) != NULL;)
        if (!slice_equal(i->value, value) && !found_already(r, i) &&
            slice_find(i->value, '+') == i->value.n)
            hit(r, i, nearly);
}

/* The same number in its national and international spelling. */
static void find_phone(struct results *r, struct slice value)
{
    struct slice number = digits(value);
    look(r, OBS_PHONE, WAY_VALUE, number, exact);
    if (number.n < PHONE_TAIL)
        return;
    struct walk w =
        walk(r, OBS_PHONE, WAY_TAIL, slice_sub(number, number.n - PHONE_TAIL, PHONE_TAIL));
    for (const struct indicator *i; (i = walk_next(&w)) != NULL;)
        if (!slice_equal(digits(i->value), number) && phones_same(i->value, value))
            hit(r, i, nearly);
}

static void find_app(struct results *r, struct slice value)
{
    uint8_t to[KEY_MAX];
    look(r, OBS_APP, WAY_VALUE, folded(value, to), exact);
}

static void find_process(struct results *r, struct slice name)
{
    struct match cut = {.how = HOW_TRUNCATED, .confidence = CONFIDENCE_MEDIUM};
    look(r, OBS_PROCESS, WAY_VALUE, name, exact);
    cut.cut = (unsigned)name.n;
    if (name.n == CUT_LINUX)
        look(r, OBS_PROCESS, WAY_CUT15, name, cut);
    if (name.n == CUT_IOS)
        look(r, OBS_PROCESS, WAY_CUT16, name, cut);
}

/* A relative path may start behind any slash; what starts there must be all of it. */
static void find_relative(struct results *r, struct slice path)
{
    for (size_t at = slice_starts(path, "/"); at < path.n;) {
        struct slice rest = slice_sub(path, at, path.n);
        size_t n = slice_find(rest, '/');
        struct walk w = walk(r, OBS_PATH, WAY_RELATIVE, slice_sub(rest, 0, n));
        for (const struct indicator *i; (i = walk_next(&w)) != NULL;) {
            struct slice want = without_slash(relative_path(i->value));
            bool starts = slice_equal(slice_sub(rest, 0, want.n), want);
            if (starts && (rest.n == want.n || rest.p[want.n] == '/') && !found_already(r, i))
                hit(r, i, rest.n == want.n ? exact : below);
        }
        at += n + 1;
    }
}

/* The path itself and every folder above it. */
static void find_path(struct results *r, struct slice path)
{
    path = without_slash(path);
    look(r, OBS_PATH, WAY_FOLDER, path, exact);
    uint64_t depth = r->m->needs.deepest_folder;
    for (size_t n = 1; depth > 0; depth--) {
        n += slice_find(slice_sub(path, n, path.n), '/');
        if (n >= path.n)
            break;
        look(r, OBS_PATH, WAY_FOLDER, slice_sub(path, 0, n), below);
        n++;
    }
    if (r->m->needs.relative)
        find_relative(r, path);
}

/* Exact matches first, then by confidence; sets keep their order. */
static void sort(struct match *m, size_t n)
{
    for (size_t i = 1; i < n; i++)
        for (size_t k = i; k > 0; k--) {
            bool a = m[k - 1].how == HOW_EXACT, b = m[k].how == HOW_EXACT;
            if (a > b || (a == b && m[k - 1].confidence >= m[k].confidence))
                break;
            struct match swap = m[k];
            m[k] = m[k - 1];
            m[k - 1] = swap;
        }
}

size_t matcher_find(const struct matcher *m, enum observable type, struct slice value,
                    struct match *out, size_t max)
{
    struct results r = {m, out, max, 0};
    switch (type) {
    case OBS_DOMAIN:
        find_domain(&r, value);
        find_host(&r, value);
        break;
    case OBS_IP:
        find_address(&r, value);
        find_host(&r, value);
        break;
    case OBS_URL: find_url(&r, value); break;
    case OBS_EMAIL: find_email(&r, value); break;
    case OBS_PHONE: find_phone(&r, value); break;
    case OBS_PROCESS: find_process(&r, value); break;
    case OBS_PATH: find_path(&r, value); break;
    case OBS_APP: find_app(&r, value); break;
    case OBS_FILENAME:
    case OBS_HASH:
    case OBS_CERT:
    case OBS_PROFILE:
    case OBS_PROPERTY:
    case OBS_ACCOUNT: look(&r, type, WAY_VALUE, value, exact); break;
    case OBS_NONE:
    case OBS_TEXT:
    case OBS_HANDLE:
    case OBS_TYPES: break;
    }
    sort(out, r.n < max ? r.n : max);
    return r.n;
}
