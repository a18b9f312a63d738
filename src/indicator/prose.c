/*
 * Prose: reports and READMEs. Only what an author marked counts: defanged values, whole hashes, and
 * what stands in code (in `ticks`, ++pluses++ or a block between lines of dashes or ticks). Plain
 * links are references. Under a heading that says so, sites are somebody else's that were broken
 * into, and hashes are those of certificates.
 */
#include "indicator/lists.h"
#include "record/forms.h"

struct prose {
    const struct where *where;
    struct draft *draft;
    bool block, compromised, certificates;
    bool found;
};

static bool has_word(struct slice s, const char *word)
{
    size_t n = strlen(word);
    for (size_t i = 0; i + n <= s.n; i++)
        if (slice_is_nocase(slice_sub(s, i, n), word))
            return true;
    return false;
}

static void heading(struct prose *p, struct slice s)
{
    p->compromised = has_word(s, "compromised");
    p->certificates = has_word(s, "certificate") || has_word(s, "thumbprint");
}

/* Up to a placeholder: "host/path/<VICTIM_ID>". */
static struct slice before_placeholder(struct slice s, bool *cut)
{
    size_t n = slice_find(s, '<');
    *cut = n < s.n;
    return slice_sub(s, 0, n);
}

static void take(struct prose *p, struct slice s, bool marked)
{
    static const char edges[] = "\"'(),;:|+*`[]<>";
    struct draft *d = p->draft;
    struct indicator like = lists_like(p->where);
    enum observable type;
    while (s.n && memchr(edges, s.p[0], sizeof edges - 1))
        s = slice_sub(s, 1, s.n);
    while (s.n && memchr(edges, s.p[s.n - 1], sizeof edges - 1) && !slice_ends(s, ">"))
        s.n--;
    struct slice value = before_placeholder(s, &like.prefix);
    while (slice_ends(value, "."))
        value.n--;
    struct slice plain = observable_refang(value, &d->arena);
    bool defanged = !slice_equal(plain, value);
    if (plain.n < 4 || !kind_guess(plain, &type))
        return;
    if (!defanged && type != OBS_HASH && (!marked || type == OBS_URL || type == OBS_PATH))
        return;
    struct value_kind k = {.type = type};
    if (type == OBS_HASH && p->certificates)
        k.type = OBS_CERT;
    if (p->compromised && (type == OBS_DOMAIN || type == OBS_URL))
        like.remark = LINT_COMPROMISED;
    p->found = true;
    lists_value(d, &k, value, slice_of("text"), &like);
}

/* Words end at white space and at what separates cells and halves of a pair. */
static void words(struct prose *p, struct slice s, bool marked)
{
    for (size_t at = 0; at < s.n;) {
        size_t end = at;
        while (end < s.n && s.p[end] > ' ' && s.p[end] != '|' && s.p[end] != ',')
            end++;
        if (end > at)
            take(p, slice_sub(s, at, end - at), marked);
        at = end + 1;
    }
}

/* A line, with the spans of it that are marked as code. */
static void line(struct prose *p, struct slice s)
{
    while (s.n && !p->block) {
        size_t tick = slice_find(s, '`'), close;
        words(p, slice_sub(s, 0, tick), false);
        s = slice_sub(s, tick + 1, s.n);
        if (tick == s.n + tick + 1 || (close = slice_find(s, '`')) == s.n) {
            words(p, s, false);
            return;
        }
        words(p, slice_sub(s, 0, close), true);
        s = slice_sub(s, close + 1, s.n);
    }
    words(p, s, true);
}

/* A line of at least four dashes, or of three ticks, opens and closes a block. */
static bool is_fence(struct slice s)
{
    if (slice_starts(s, "```"))
        return true;
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] != '-')
            return false;
    return s.n >= 4;
}

bool prose_read(struct slice text, const struct where *w, struct draft *d)
{
    struct prose p = {.where = w, .draft = d};
    struct cursor c = cursor(text);
    struct slice s;
    while (cursor_line(&c, &s)) {
        s = slice_trim(s);
        if (is_fence(s))
            p.block = !p.block;
        else if (!p.block && (slice_starts(s, "=") || slice_starts(s, "#") || slice_starts(s, ".")))
            heading(&p, s);
        else
            line(&p, s);
    }
    d->set.format = slice_of("text");
    return p.found;
}
