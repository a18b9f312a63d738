/*
 * Lists: one value a line. Seen in the wild: '#' comments, also behind a value; "hash  name"; hosts
 * files ("0.0.0.0 host"); filters of ad blockers ("||host^"); Maltrail's "address:port" and "/path".
 * docs/indicators.md
 */
#include "indicator/lists.h"

#include "base/utf8.h"
#include "record/address.h"
#include "record/forms.h"

/* Lines that are looked at to tell a list from prose, and how many of a hundred may be none. */
enum { LOOKED_AT = 2000, STRAYS = 10 };

struct indicator lists_like(const struct where *w)
{
    return (struct indicator){
        .confidence = -1, .family = w->family, .family_class = (uint8_t)where_class(w, w->family)};
}

/* "https://host" with no more than that. */
static bool bare_link(struct slice s, struct slice *host)
{
    size_t at = slice_search(s, slice_of("://"), 0);
    if (at == s.n)
        return false;
    *host = slice_sub(s, at + 3, s.n);
    return host->n && slice_find(*host, '/') == host->n && slice_find(*host, '?') == host->n;
}

/* "192.0.2.1:443": the port is the set's, the evidence may not tell it. */
static bool with_port(struct slice s)
{
    size_t colon = slice_find(s, ':'), n = colon + 1;
    while (n < s.n && ascii_digit(s.p[n]))
        n++;
    return colon + 1 < s.n && n == s.n;
}

void lists_value(struct draft *d, const struct value_kind *k, struct slice value, struct slice what,
                 const struct indicator *like)
{
    struct slice text = slice_trim(value), host;
    struct slice plain = observable_refang(text, &d->arena);
    struct indicator i = *like;
    enum observable type = k ? k->type : OBS_NONE;
    if (k && k->why != LINT_OK) {
        draft_reject(d, value, k->why);
        return;
    }
    if (!k && !kind_guess(plain, &type)) {
        draft_reject(d, value, slice_starts(plain, "/") ? LINT_LINK_PART : LINT_NO_TYPE);
        return;
    }
    if (bare_link(plain, &host) && (type == OBS_URL || type == OBS_DOMAIN || type == OBS_IP)) {
        struct address a;
        size_t at = slice_search(text, slice_of("://"), 0);
        type = address_parse(slice_sub(host, 0, slice_find(host, ':')), &a) ? OBS_IP : OBS_DOMAIN;
        value = at < text.n ? slice_sub(text, at + 3, text.n) : host;
        plain = host;
    }
    if (type == OBS_IP || type == OBS_DOMAIN)
        i.qualified = i.qualified || with_port(plain);
    draft_guess(d, what, type == OBS_HANDLE ? OBS_ACCOUNT : type);
    draft_add(d, type, value, &i);
}

/* -- lines -- */

static bool is_comment(struct slice s)
{
    return !s.n || s.p[0] == '#' || s.p[0] == ';' || s.p[0] == '!' || slice_starts(s, "//");
}

/* Takes off " # why", quotes, list marks and a comma at the end. */
static struct slice value_of(struct slice s)
{
    for (size_t i = 1; i < s.n; i++)
        if (s.p[i] == '#' && (s.p[i - 1] == ' ' || s.p[i - 1] == '\t'))
            s.n = i;
    s = slice_trim(s);
    if (slice_starts(s, "- ") || slice_starts(s, "* "))
        s = slice_trim(slice_sub(s, 2, s.n));
    if (s.n > 1 && (s.p[s.n - 1] == ',' || s.p[s.n - 1] == ';'))
        s.n--;
    if (s.n > 1 && memchr("\"'`", s.p[0], 3) && s.p[s.n - 1] == s.p[0])
        s = slice_sub(s, 1, s.n - 2);
    if (slice_starts(s, "||") && s.n > 3) {
        s = slice_sub(s, 2, s.n);
        s = slice_sub(s, 0, slice_find(s, '^'));
    }
    return s;
}

static size_t word_end(struct slice s)
{
    size_t n = 0;
    while (n < s.n && s.p[n] != ' ' && s.p[n] != '\t')
        n++;
    return n;
}

static bool is_null_address(struct slice s)
{
    return slice_is(s, "0.0.0.0") || slice_is(s, "127.0.0.1") || slice_is(s, "::1") ||
           slice_is(s, "::");
}

/* A hash and the name of the file, or of a rule: "e3b0...  sample.apk". */
static bool is_hash(struct slice s)
{
    enum observable type;
    return kind_guess(s, &type) && type == OBS_HASH;
}

/* The values of a line; *rest is what is still to be read of it. */
static struct slice next_value(struct slice *rest)
{
    struct slice s = slice_trim(*rest);
    size_t n = word_end(s);
    struct slice first = slice_sub(s, 0, n);
    if (n < s.n && is_null_address(first)) {
        s = slice_trim(slice_sub(s, n, s.n));
        n = word_end(s);
        first = slice_sub(s, 0, n);
        *rest = slice_sub(s, n, s.n);
        return first;
    }
    rest->n = 0;
    return n < s.n && is_hash(first) ? first : s;
}

/* Rules of other programs, one a line. */
static bool is_rule(struct slice s)
{
    static const char *const heads[] = {"alert ", "drop ", "reject ", "pass "};
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
        if (slice_starts(s, heads[i]) && slice_find(s, '(') < s.n)
            return true;
    return false;
}

static bool is_one_value(struct slice line)
{
    struct slice rest = line, first = next_value(&rest);
    enum observable type;
    return is_rule(line) || (first.n && word_end(first) == first.n) || kind_guess(first, &type);
}

/* True if nearly all lines are values; and at least one is known as such, unless the name says it. */
static bool looks_like_list(struct slice text, const struct where *w, struct arena *a, bool *empty)
{
    struct cursor c = cursor(text);
    struct slice line;
    unsigned lines = 0, values = 0, known = 0;
    while (lines < LOOKED_AT && cursor_line(&c, &line)) {
        struct slice s = slice_trim(line), rest;
        enum observable type;
        if (is_comment(s))
            continue;
        lines++;
        rest = s = value_of(s);
        values += is_one_value(s);
        known += kind_guess(observable_refang(next_value(&rest), a), &type) || is_rule(s);
    }
    *empty = lines == 0;
    bool few = (lines - values) * 100 <= lines * STRAYS;
    return lines > 0 && few && (w->kind ? values > 0 : known * 2 >= values);
}

static void list_read(struct slice text, const struct where *w, struct draft *d)
{
    struct cursor c = cursor(text);
    struct slice line, what = slice_of(w->kind ? "name of the file" : "each value");
    const struct indicator like = lists_like(w);
    bool first = true;
    d->set.format = slice_of("list");
    while (cursor_line(&c, &line)) {
        struct slice s = slice_trim(line);
        if (is_comment(s))
            continue;
        struct slice rest = s = value_of(s);
        bool heading = first && w->kind && kind_named(s) && slice_find(s, '.') == s.n;
        first = false;
        if (is_rule(s)) {
            draft_reject(d, utf8_cut(s, 200), LINT_PATTERN_TYPE);
            continue;
        }
        while (rest.n && !heading)
            lists_value(d, w->kind, next_value(&rest), what, &like);
    }
}

/* Sums of the files beside it: no indicators. */
static bool is_checksums(const struct where *w)
{
    struct slice base = slice_basename(w->name);
    return slice_ends(base, "SUMS") || slice_ends(base, "SUMS.txt") || slice_ends(base, "CHECKSUM");
}

bool lists_read(struct slice text, const struct where *w, struct draft *d, struct err *e)
{
    bool empty;
    if (is_checksums(w))
        return err_set(e, ERR_UNSUPPORTED, "a list of check sums");
    d->set.name = w->name;
    bool written = slice_ends(w->name, ".md") || slice_ends(w->name, ".adoc");
    if (!written && table_read(text, w, d))
        return true;
    if (looks_like_list(text, w, &d->arena, &empty) && !written) {
        list_read(text, w, d);
        return true;
    }
    if (empty && w->kind) { /* a set of none: said by its name */
        d->set.format = slice_of("list");
        return true;
    }
    if (empty)
        return err_set(e, ERR_CORRUPT, "nothing is in it");
    return prose_read(text, w, d) || err_set(e, ERR_UNSUPPORTED, "no format that is known");
}
