/* Collections of indicators: reading files into our own form, and that form into memory. */
#include "indicator/indicator.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/utf8.h"
#include "indicator/compiled.h"
#include "indicator/draft.h"
#include "indicator/formats.h"
#include "indicator/matcher.h"
#include "indicator/table.h"

enum { FILE_MAX = 1 << 30, POOL = 256 * 1024 };

const char *family_class_name(enum family_class c)
{
    static const char *const names[FAMILIES] = {"mercenary", "stalkerware", "forensic-tool",
                                                "other"};
    return c < FAMILIES ? names[c] : "";
}

const char *how_name(enum how h)
{
    static const char *const names[HOWS] = {
        "exact", "subdomain", "path-prefix", "ip-range", "truncated", "too-general",
    };
    return h < HOWS ? names[h] : "";
}

const char *confidence_name(enum confidence c)
{
    static const char *const names[] = {"low", "medium", "high"};
    return (unsigned)c < sizeof names / sizeof *names ? names[c] : "";
}

struct indicators *indicators_new(void)
{
    return xcalloc(1, sizeof(struct indicators));
}

void indicators_clear(struct indicators *in)
{
    arena_free(&in->arena);
    for (size_t i = 0; i < in->nsets; i++)
        free(in->sets[i].guesses);
    free(in->sets);
    free(in->items);
    free(in->harmless);
    compiled_close(in->compiled);
    free(in->rejected);
    free(in->rejected_set);
    free(in->remarks);
    free(in->remarks_set);
    *in = (struct indicators){0};
}

void indicators_free(struct indicators *in)
{
    if (in)
        indicators_clear(in);
    free(in);
}

const struct indicator *indicators_item(const struct indicators *in, size_t n)
{
    return in->compiled ? compiled_item(in->compiled, n) : &in->items[n];
}

bool indicators_parse(struct blob *b, const char *name, struct buf *out, struct err *e)
{
    struct draft *d = draft_new();
    struct slice text;
    bool ok = blob_slurp(b, FILE_MAX, &d->arena, &text, e);
    if (ok) {
        sha256_of(text, d->set.sha256);
        d->set.name = utf8_clean(slice_basename(slice_of(name)), &d->arena);
        ok = format_read(text, slice_of(name), d, e);
    }
    if (ok && b->damage)
        draft_reject(d, slice_of(b->damage), LINT_CUT_OFF);
    if (ok)
        draft_write(d, out);
    draft_free(d);
    return ok || err_in(e, "%s", name);
}

/* Strings are packed: hundreds of thousands of small ones. */
struct reader {
    struct cursor c;
    struct arena *arena;
    uint8_t *pool;
    size_t left;
    const char *bad; /* what contradicts the form */
};

static struct slice keep(struct reader *r, struct slice s)
{
    if (!s.n)
        return slice_of("");
    if (s.n > r->left) {
        r->left = s.n > POOL / 4 ? s.n : POOL;
        r->pool = arena_alloc(r->arena, r->left);
    }
    uint8_t *to = r->pool;
    memcpy(to, s.p, s.n);
    r->pool += s.n;
    r->left -= s.n;
    return slice_at(to, s.n);
}

static struct slice get_string(struct reader *r)
{
    struct slice s = cursor_take(&r->c, cursor_varint(&r->c));
    if (!utf8_valid(s))
        r->bad = "text that is not UTF-8";
    return keep(r, s);
}

static struct utime get_time(struct reader *r)
{
    uint64_t v = cursor_varint(&r->c);
    uint8_t precision = cursor_u8(&r->c);
    if (precision > NANO)
        r->bad = "a time of unknown precision";
    return (struct utime){(int64_t)(v >> 1 ^ -(v & 1)), (enum precision)precision};
}

static unsigned get_count(struct reader *r)
{
    uint64_t v = cursor_varint(&r->c);
    if (v > UINT32_MAX / 2)
        r->bad = "a count that is too large";
    return r->bad ? 0 : (unsigned)v;
}

/* A count of things of at least `least` bytes each: never more than there can be. */
static size_t get_length(struct reader *r, size_t least)
{
    uint64_t v = cursor_varint(&r->c);
    if (v > cursor_left(&r->c) / least)
        r->bad = "more entries than bytes";
    return r->bad ? 0 : (size_t)v;
}

static struct slice get_ref(struct reader *r, bool uuid)
{
    if (!uuid)
        return get_string(r);
    struct slice bytes = cursor_take(&r->c, 16);
    return draft_uuid_text(bytes.p, r->arena);
}

static struct indicator get_item(struct reader *r, const struct slice *families, size_t n)
{
    struct indicator i = {.type = (enum observable)cursor_u8(&r->c)};
    uint64_t flags = cursor_varint(&r->c);
    if (flags & ITEM_REMARK)
        i.remark = cursor_u8(&r->c);
    i.family_class = cursor_u8(&r->c);
    int confidence = cursor_u8(&r->c);
    uint64_t family = cursor_varint(&r->c);
    if (i.remark && (i.remark >= LINTS || lint_rejects((enum lint)i.remark)))
        r->bad = "an unknown remark";
    if (i.type <= OBS_NONE || i.type >= OBS_TEXT || i.family_class >= FAMILIES ||
        confidence > 101 || family > n)
        r->bad = "an indicator of unknown type, class or family";
    else if (family)
        i.family = families[family - 1];
    i.confidence = (int8_t)(confidence - 1);
    draft_set_flags(&i, flags);
    i.ref = get_ref(r, flags & ITEM_UUID);
    i.value = get_string(r);
    i.published = flags & ITEM_AS_PUBLISHED ? i.value : get_string(r);
    i.created = get_time(r);
    if (flags & ITEM_UNTIL)
        i.valid_until = get_time(r);
    for (size_t k = 0; k < i.value.n; k++)
        if (i.value.p[k] < 0x20)
            r->bad = "a value with control characters";
    if (!i.value.n || i.value.n > OBSERVABLE_MAX + 1)
        r->bad = "a value of impossible length";
    return i;
}

static struct set get_set(struct reader *r)
{
    struct set s = {0};
    if (!slice_is(cursor_take(&r->c, strlen(DRAFT_MAGIC)), DRAFT_MAGIC))
        r->bad = "not a parsed set";
    s.name = get_string(r);
    s.publisher = get_string(r);
    s.licence = get_string(r);
    s.url = get_string(r);
    s.format = get_string(r);
    struct slice sha = cursor_take(&r->c, sizeof s.sha256);
    if (sha.n)
        memcpy(s.sha256, sha.p, sha.n);
    s.published = get_time(r);
    s.loaded = get_count(r);
    s.rejected = get_count(r);
    for (size_t t = 0; t < OBS_TYPES; t++)
        s.by_type[t] = get_count(r);
    s.harmless = cursor_u8(&r->c) == 1;
    size_t n = get_length(r, 3);
    s.guesses = xcalloc(n, sizeof *s.guesses);
    for (size_t i = 0; i < n && !r->bad && !r->c.bad; i++) {
        struct guess *g = &s.guesses[s.nguesses++];
        g->what = get_string(r);
        g->type = (enum observable)cursor_u8(&r->c);
        g->values = get_count(r);
        if (g->type <= OBS_NONE || g->type >= OBS_TYPES)
            r->bad = "a guess of unknown type";
    }
    return s;
}

static void add_note(struct rejected **list, unsigned **sets, size_t *n, unsigned set,
                     struct rejected note)
{
    if ((*n & (*n - 1)) == 0) { /* room is always the next power of two */
        *list = xrealloc(*list, *n ? 2 * *n : 1, sizeof **list);
        *sets = xrealloc(*sets, *n ? 2 * *n : 1, sizeof **sets);
    }
    (*list)[*n] = note;
    (*sets)[(*n)++] = set;
}

static void get_notes(struct reader *r, struct indicators *in)
{
    for (size_t n = get_length(r, 3); n > 0 && !r->bad && !r->c.bad; n--) {
        struct rejected note = {.value = get_string(r)};
        enum lint why = (enum lint)cursor_u8(&r->c);
        note.why = lint_why(why);
        note.count = get_count(r);
        if (why == LINT_OK || why >= LINTS)
            r->bad = "an unknown reason";
        else if (lint_rejects(why))
            add_note(&in->rejected, &in->rejected_set, &in->nrejected, (unsigned)in->nsets, note);
        else
            add_note(&in->remarks, &in->remarks_set, &in->nremarks, (unsigned)in->nsets, note);
    }
}

static void get_items(struct reader *r, struct indicators *in, bool harmless)
{
    struct indicator **list = harmless ? &in->harmless : &in->items;
    size_t *nlist = harmless ? &in->nharmless : &in->nitems;
    size_t nfamilies = get_length(r, 1);
    struct slice *families = xcalloc(nfamilies, sizeof *families);
    for (size_t i = 0; i < nfamilies; i++)
        families[i] = get_string(r);
    get_notes(r, in);
    size_t n = get_length(r, 9);
    *list = xrealloc(*list, *nlist + n, sizeof **list);
    for (size_t i = 0; i < n && !r->bad && !r->c.bad; i++) {
        (*list)[*nlist + i] = get_item(r, families, nfamilies);
        (*list)[*nlist + i].set = (unsigned)in->nsets;
    }
    if (!r->bad && (r->c.bad || cursor_left(&r->c)))
        r->bad = r->c.bad ? "it ends too early" : "more bytes than the set needs";
    if (!r->bad)
        *nlist += n;
    free(families);
}

/* How many of a's values b does not have. */
static size_t missing(const struct indicators *a, const struct indicators *b)
{
    struct table t;
    size_t n = 0;
    table_init(&t, b->nitems);
    for (size_t i = 0; i < b->nitems; i++)
        table_put(&t, table_tag(b->items[i].value, (uint64_t)b->items[i].type), (uint32_t)i);
    for (size_t i = 0; i < a->nitems; i++) {
        const struct indicator *x = &a->items[i];
        uint32_t tag = table_tag(x->value, (uint64_t)x->type), number;
        size_t at = table_start(&t, tag);
        while ((number = table_next(&t, tag, &at)) != TABLE_END)
            if (b->items[number].type == x->type && slice_equal(b->items[number].value, x->value))
                break;
        n += number == TABLE_END;
    }
    table_free(&t);
    return n;
}

void indicators_compare(const struct indicators *a, const struct indicators *b, size_t *only_a,
                        size_t *only_b)
{
    *only_a = missing(a, b);
    *only_b = missing(b, a);
}

void indicators_hint(struct indicators *in, const struct indicators *prose, unsigned why)
{
    struct matcher *m = matcher_new(in);
    for (size_t i = 0; i < prose->nitems; i++) {
        const struct indicator *x = &prose->items[i];
        struct match match;
        if ((x->type != OBS_HASH && x->type != OBS_CERT) ||
            matcher_find(m, OBS_HASH, x->value, &match, 1) ||
            matcher_find(m, OBS_CERT, x->value, &match, 1))
            continue;
        struct rejected note = {arena_copy(&in->arena, x->value), lint_why((enum lint)why), 1};
        add_note(&in->remarks, &in->remarks_set, &in->nremarks, 0, note);
    }
    matcher_free(m);
}

void indicators_weaken(struct indicators *in)
{
    struct indicators harmless = {.items = in->harmless, .nitems = in->nharmless};
    struct matcher *m = in->nharmless ? matcher_new(&harmless) : NULL;
    for (size_t i = 0; m && i < in->nitems; i++) {
        struct indicator *item = &in->items[i];
        struct match match;
        if (item->too_general || !matcher_find(m, item->type, item->value, &match, 1) ||
            match.near || (match.how != HOW_EXACT && match.how != HOW_IP_RANGE))
            continue;
        item->too_general = true;
        item->remark = LINT_LISTED_HARMLESS;
        add_note(&in->remarks, &in->remarks_set, &in->nremarks, item->set,
                 (struct rejected){item->published, lint_why(LINT_LISTED_HARMLESS), 1});
    }
    matcher_free(m);
}

bool indicators_add(struct indicators *in, struct slice parsed, struct err *e)
{
    struct reader r = {.c = cursor(parsed), .arena = &in->arena};
    const size_t rejected = in->nrejected, remarks = in->nremarks;
    struct set set = get_set(&r);
    get_items(&r, in, set.harmless);
    if (r.bad) {
        free(set.guesses);
        in->nrejected = rejected;
        in->nremarks = remarks;
        return err_set(e, ERR_CORRUPT, "parsed indicators: %s", r.bad);
    }
    in->sets = xrealloc(in->sets, in->nsets + 1, sizeof *in->sets);
    in->sets[in->nsets++] = set;
    return true;
}
