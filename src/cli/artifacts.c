/* bridle artifacts and bridle explain: what can be read, and what a word of the result means. */
#include <stdlib.h>

#include "cli/cli.h"
#include "format/json.h"

struct show {
    bool json;
};

#define AT(member) offsetof(struct show, member)

static const struct {
    unsigned bit;
    const char *name;
} kinds[] = {
    {IN_BACKUP, "ios-backup"},
    {IN_BACKUP_ENC, "ios-backup (encrypted)"},
    {IN_IOS_FS, "ios-filesystem"},
    {IN_SYSDIAGNOSE, "sysdiagnose"},
    {IN_LOGARCHIVE, "logarchive"},
    {IN_BUGREPORT, "android-bugreport"},
    {IN_ANDROIDQF, "androidqf"},
    {IN_ANDROID_BACKUP, "android-backup"},
    {IN_ANDROID_FS, "android-filesystem"},
    {IN_INTRUSION_LOG, "intrusion-log"},
};

static void print_columns(const struct artifact *a)
{
    for (const struct table *t = a->tables; t && t->name; t++) {
        printf("  Table     %s\n", t->name);
        for (const struct column *c = t->columns; c->name; c++)
            if (c->observable != OBS_NONE)
                printf("            %-16s %s, %s\n", c->name, observable_name(c->observable),
                       exposure_name(c->exposure));
            else
                printf("            %s\n", c->name);
    }
}

/* What is known of an artifact beside its places; any may be missing. */
static const struct {
    const char *key, *title;
    size_t at;
} facts[] = {
    {"since", "Since", offsetof(struct artifact, since)},
    {"kept", "Kept", offsetof(struct artifact, kept)},
    {"clears", "Cleared", offsetof(struct artifact, clears)},
};

static const char *fact(const struct artifact *a, size_t i)
{
    const char *text;
    memcpy(&text, (const char *)a + facts[i].at, sizeof text);
    return text;
}

static void print_page(const struct artifact *a)
{
    printf("%s: %s\n\n%s\n\n", a->id, a->title, a->explains);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (a->found_in & kinds[i].bit)
            printf("  Found in  %s%s\n", kinds[i].name,
                   a->expected_in & kinds[i].bit ? ", every phone has it" : "");
    for (const char *const *p = a->paths; *p; p++)
        printf("  Path      %s\n", *p);
    printf("  Holds     %s\n", a->state ? "a state on the day of capture" : "a span of time");
    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++)
        if (fact(a, i))
            printf("  %-9s %s\n", facts[i].title, fact(a, i));
    for (int x = 0; x < EXPOSURES; x++)
        if (artifact_can_show(a) & 1u << x)
            printf("  Can show  %s\n", exposure_name((enum exposure)x));
    print_columns(a);
}

static void add_json(struct buf *out, const struct artifact *a)
{
    struct json_writer w;
    json_writer(&w, out);
    json_object(&w);
    json_name(&w, "id");
    json_text(&w, a->id);
    json_name(&w, "title");
    json_text(&w, a->title);
    json_name(&w, "explains");
    json_text(&w, a->explains);
    json_name(&w, "found_in");
    json_array(&w);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (a->found_in & kinds[i].bit)
            json_text(&w, kinds[i].name);
    json_array_end(&w);
    json_name(&w, "paths");
    json_array(&w);
    for (const char *const *p = a->paths; *p; p++)
        json_text(&w, *p);
    json_array_end(&w);
    json_name(&w, "holds");
    json_text(&w, a->state ? "state" : "span");
    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++)
        if (fact(a, i)) {
            json_name(&w, facts[i].key);
            json_text(&w, fact(a, i));
        }
    json_name(&w, "can_show");
    json_array(&w);
    for (int x = 0; x < EXPOSURES; x++)
        if (artifact_can_show(a) & 1u << x)
            json_text(&w, exposure_name((enum exposure)x));
    json_array_end(&w);
    json_object_end(&w);
    buf_byte(out, '\n');
}

static int run_artifacts(const struct command *self, int argc, char **argv)
{
    struct show s = {0};
    struct list ids = {0};
    bool help;
    if (!options_parse(self, argc, argv, &s, &ids, &help))
        return help ? EXIT_DONE : EXIT_USAGE;
    for (size_t i = 0; i < ids.n; i++) {
        const struct artifact *a = artifact_find(slice_of(ids.items[i]));
        if (!a)
            return complain(EXIT_USAGE, "usage", "value", ids.items[i], "command", "artifacts",
                            NULL);
        if (i)
            putchar('\n');
        print_page(a);
    }
    struct buf json = {0};
    for (unsigned i = 0; ids.n == 0 && i < artifact_count; i++) {
        if (s.json)
            add_json(&json, artifacts[i]);
        else
            printf("%-28s %-28s %s\n", artifacts[i]->id, artifacts[i]->title,
                   artifacts[i]->paths[0]);
    }
    fwrite(json.p, 1, json.n, stdout);
    buf_free(&json);
    free(ids.items);
    return EXIT_DONE;
}

static void print_rule(const struct rule *r)
{
    printf("%s: %s\n\n%s\n\n", r->id, r->title, r->explains);
    printf("  Severity    %s, confidence %s, exposure %s\n", severity_name(r->severity),
           confidence_name(r->confidence), exposure_name(r->exposure));
    printf("  Harmless    %s\n  Next step   %s\n  Published   %s\n", r->benign, r->next, r->source);
    if (r->disputed)
        printf("  Disputed    %s\n", r->disputed);
}

/* A word that the tables explain: KIND.WORD and KIND.WORD.means. */
static bool print_word(const char *word)
{
    static const char *const groups[] = {"verdict", "exposure", "coverage", "confidence", "family"};
    struct arena a = {0};
    bool found = false;
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++) {
        const char *key = arena_printf(&a, "%s.%s", groups[i], word);
        const char *means = arena_printf(&a, "%s.%s", key, i == 4 ? "about" : "means");
        if (strcmp(words("en", means), means) == 0)
            continue;
        printf("%s (%s): %s\n%s\n", word, groups[i], words("en", key), words("en", means));
        found = true;
    }
    arena_free(&a);
    return found;
}

static int run_explain(const struct command *self, int argc, char **argv)
{
    struct show s = {0};
    struct list what = {0};
    bool help;
    if (!options_parse(self, argc, argv, &s, &what, &help))
        return help ? EXIT_DONE : EXIT_USAGE;
    if (what.n == 0) {
        command_help(self, stdout);
        puts("\nRules:");
        for (unsigned i = 0; i < rule_count; i++)
            printf("  %-44s %s\n", rules[i]->id, rules[i]->title);
    }
    int status = EXIT_DONE;
    for (size_t i = 0; i < what.n; i++) {
        struct slice name = slice_of(what.items[i]);
        const struct artifact *a = artifact_find(name);
        const struct rule *r = rule_find(name);
        if (a)
            print_page(a);
        else if (r)
            print_rule(r);
        else if (!print_word(what.items[i]))
            status =
                complain(EXIT_USAGE, "usage", "value", what.items[i], "command", "explain", NULL);
    }
    free(what.items);
    return status;
}

const struct command command_artifacts = {
    .name = "artifacts",
    .usage = "[ID...]",
    .title = "what can be read, where it lies, and what it shows",
    .options = COMMAND_OPTIONS({"json", 0, OPTION_FLAG, AT(json), NULL, "one JSON object a line"}),
    .run = run_artifacts,
};

const struct command command_explain = {
    .name = "explain",
    .usage = "WHAT...",
    .title = "what a rule, artifact, verdict or word of the result means",
    .options = COMMAND_OPTIONS({.name = NULL}),
    .run = run_explain,
};
