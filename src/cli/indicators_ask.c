/* bridle indicators show, search: what the sets say. */
#include <stdlib.h>

#include "cli/indicators.h"
#include "indicator/kinds.h"
#include "indicator/matcher.h"

static void member(struct json_writer *w, const char *key, struct slice text)
{
    if (!text.n)
        return;
    json_name(w, key);
    json_string(w, text);
}

static void member_time(struct json_writer *w, const char *key, struct utime t)
{
    char text[UTIME_TEXT];
    if (t.precision != PRECISION_NONE)
        member(w, key, slice_of(utime_text(t, text)));
}

static void member_true(struct json_writer *w, const char *key, bool v)
{
    if (!v)
        return;
    json_name(w, key);
    json_bool(w, true);
}

void indicator_json(struct json_writer *w, const struct indicators *in, const struct indicator *i)
{
    const struct set *set = &in->sets[i->set];
    char hex[SHA256_TEXT];
    json_name(w, "type");
    json_text(w, observable_name(i->type));
    member(w, "value", i->value);
    if (!slice_equal(i->value, i->published))
        member(w, "published_as", i->published);
    member(w, "id", i->ref);
    member(w, "family", i->family);
    json_name(w, "family_class");
    json_text(w, family_class_name((enum family_class)i->family_class));
    member_time(w, "published", i->created);
    member_time(w, "valid_until", i->valid_until);
    if (i->confidence >= 0) {
        json_name(w, "set_confidence");
        json_number(w, i->confidence);
    }
    member_true(w, "below", i->prefix);
    member_true(w, "expired", i->expired);
    member_true(w, "general", i->too_general);
    if (i->remark != LINT_OK)
        member(w, "remark", slice_of(lint_why((enum lint)i->remark)));
    member(w, "set", set->name);
    json_name(w, "set_sha256");
    json_text(w, hex_text(set->sha256, sizeof set->sha256, hex));
}

static void put_line(struct buf *out)
{
    buf_byte(out, '\n');
    fwrite(out->p, 1, out->n, stdout);
    buf_clear(out);
}

static void begin(struct json_writer *w, struct buf *out, const char *kind)
{
    json_writer(w, out);
    json_object(w);
    json_name(w, "schema");
    json_text(w, "bridle/1");
    json_name(w, "kind");
    json_text(w, kind);
}

/* -- show -- */

static bool is_meant(const struct set *set, const char *what)
{
    char hex[SHA256_TEXT];
    hex_text(set->sha256, sizeof set->sha256, hex);
    return slice_is(set->name, what) || slice_is(slice_basename(set->name), what) ||
           (strlen(what) >= 8 && !strncmp(hex, what, strlen(what)));
}

static void show_item(const struct indicators *in, const struct indicator *i, bool json,
                      struct buf *out)
{
    struct json_writer w;
    if (json) {
        begin(&w, out, "indicator");
        indicator_json(&w, in, i);
        json_object_end(&w);
        put_line(out);
        return;
    }
    printf("%-9s ", observable_name(i->type));
    print_text(i->value, stdout);
    if (i->family.n) {
        fputs("  ", stdout);
        print_text(i->family, stdout);
    }
    if (i->remark != LINT_OK)
        printf("  (%s)", lint_why((enum lint)i->remark));
    putchar('\n');
}

/* What was left out belongs to what a set says. */
static void show_rejected(const struct indicators *in, unsigned set)
{
    for (size_t i = 0; i < in->nrejected; i++)
        if (in->rejected_set[i] == set) {
            fputs("rejected  ", stdout);
            print_text(in->rejected[i].value, stdout);
            printf("  (%s)\n", in->rejected[i].why);
        }
}

int indicators_show(const struct indicators_options *o, const struct list *rest)
{
    struct indicators *in = indicators_new();
    struct buf out = {0};
    int status;
    for (size_t k = 0; k < rest->n && indicators_given(o, in, &status); k++) {
        bool found = false;
        for (unsigned s = 0; s < in->nsets; s++) {
            if (!is_meant(&in->sets[s], rest->items[k]))
                continue;
            found = true;
            for (size_t i = 0; i < in->nitems; i++)
                if (indicators_item(in, i)->set == s)
                    show_item(in, indicators_item(in, i), o->json, &out);
            if (!o->json)
                show_rejected(in, s);
        }
        if (!found && in->nsets)
            status = complain(EXIT_USAGE, "no-such-set", "name", rest->items[k], NULL);
        if (k + 1 < rest->n)
            indicators_clear(in);
    }
    buf_free(&out);
    indicators_free(in);
    return status;
}

/* -- search -- */

struct search {
    const struct indicators *in;
    const struct matcher *matcher;
    struct arena arena;
    struct buf out;
    bool json;
    size_t found;
};

static void match_json(struct json_writer *w, const struct search *s, const struct match *m)
{
    json_object(w);
    json_name(w, "match");
    json_text(w, how_name(m->how));
    json_name(w, "confidence");
    json_text(w, confidence_name(m->confidence));
    member_true(w, "near", m->near);
    indicator_json(w, s->in, m->indicator);
    json_object_end(w);
}

static void print_match(const struct search *s, const struct match *m)
{
    const struct indicator *i = m->indicator;
    printf("  %s, %s: ", how_name(m->how), confidence_name(m->confidence));
    print_text(i->value, stdout);
    fputs(" in ", stdout);
    print_text(s->in->sets[i->set].name, stdout);
    if (i->family.n) {
        fputs(", ", stdout);
        print_text(i->family, stdout);
    }
    printf(" (%s)", family_class_name((enum family_class)i->family_class));
    if (i->remark != LINT_OK)
        printf("; %s", lint_why((enum lint)i->remark));
    if (i->expired)
        fputs("; expired", stdout);
    putchar('\n');
}

/* A value as one type: the sets that know it, and what to think of it if a set had it. */
static void search_as(struct search *s, struct observed o, bool always)
{
    enum { USUAL = 64 };
    struct match some[USUAL], *all = some;
    enum lint why = lint_value(o.type, o.value);
    size_t n = matcher_find(s->matcher, o.type, o.value, some, USUAL);
    if (!n && why == LINT_OK && !always)
        return;
    if (n > USUAL) {
        all = arena_alloc(&s->arena, n * sizeof *all);
        matcher_find(s->matcher, o.type, o.value, all, n);
    }
    s->found += n;
    if (s->json) {
        struct json_writer w;
        begin(&w, &s->out, "known");
        json_name(&w, "type");
        json_text(&w, observable_name(o.type));
        member(&w, "value", o.value);
        if (why != LINT_OK) {
            json_name(&w, "hygiene");
            json_text(&w, lint_why(why));
        }
        json_name(&w, "matches");
        json_array(&w);
        for (size_t i = 0; i < n; i++)
            match_json(&w, s, &all[i]);
        json_array_end(&w);
        json_object_end(&w);
        put_line(&s->out);
        return;
    }
    print_text(o.value, stdout);
    printf(" as %s: %s%s%s\n", observable_name(o.type), n ? "known" : "no set knows it",
           why != LINT_OK ? "; as an indicator: " : "", why != LINT_OK ? lint_why(why) : "");
    for (size_t i = 0; i < n; i++)
        print_match(s, &all[i]);
}

/* As what it looks like, with all that follows from it, and as a name of any kind. */
static void search_value(struct search *s, struct slice value)
{
    static const enum observable names[] = {OBS_PROCESS, OBS_APP,      OBS_FILENAME, OBS_ACCOUNT,
                                            OBS_CERT,    OBS_PROPERTY, OBS_PROFILE,  OBS_PATH};
    struct slice plain = observable_refang(slice_trim(value), &s->arena);
    enum observable guess = OBS_NONE;
    struct sightings found = {0};
    struct observed o;
    if (kind_guess(plain, &guess))
        observable_derive(guess, EXPOSURE_NONE, "", plain, &s->arena, &found);
    for (size_t i = 0; i < found.n; i++)
        search_as(s, (struct observed){found.items[i].type, found.items[i].value}, i == 0);
    for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
        bool seen = !observable_normalise(names[k], plain, &s->arena, &o);
        for (size_t i = 0; !seen && i < found.n; i++)
            seen = found.items[i].type == o.type && slice_equal(found.items[i].value, o.value);
        if (!seen)
            search_as(s, o, !found.n && k == 0);
    }
}

int indicators_search(const struct indicators_options *o, const struct list *rest)
{
    struct search s = {.json = o->json};
    struct indicators *in = indicators_new();
    int status;
    if (indicators_given(o, in, &status)) {
        struct matcher *m = matcher_new(in);
        s.in = in;
        s.matcher = m;
        for (size_t i = 0; i < rest->n; i++)
            search_value(&s, slice_of(rest->items[i]));
        matcher_free(m);
    }
    arena_free(&s.arena);
    buf_free(&s.out);
    indicators_free(in);
    return status;
}
