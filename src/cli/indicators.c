/*
 * bridle indicators: the local store of indicators, and what is to be known of a file of them. This
 * file chooses the part; lint is here, too, since it needs no store.
 */
#include "cli/indicators.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/utf8.h"
#include "indicator/lint.h"

#define AT(member) offsetof(struct indicators_options, member)

void print_text(struct slice s, FILE *to)
{
    uint32_t cp;
    while (s.n) {
        size_t n = utf8_next(s, &cp);
        if (n == 0)
            fprintf(to, "\\x%02x", s.p[0]);
        else if (utf8_is_hidden(cp) || cp == '\n')
            fprintf(to, "<U+%04X>", cp);
        else
            fwrite(s.p, 1, n, to);
        s = slice_sub(s, n ? n : 1, s.n);
    }
}

void print_types(const unsigned by_type[OBS_TYPES], FILE *to)
{
    const char *between = "";
    for (unsigned t = 0; t < OBS_TYPES; t++)
        if (by_type[t]) {
            fprintf(to, "%s%s %u", between, observable_name((enum observable)t), by_type[t]);
            between = ", ";
        }
}

bool indicators_given(const struct indicators_options *o, struct indicators *in, int *status)
{
    struct limits limits;
    unsigned unread = 0;
    limits_default(&limits);
    *status = EXIT_USAGE;
    if (!load_indicators(&o->indicators, &limits, in, &unread))
        return false;
    *status = unread ? EXIT_INCOMPLETE : EXIT_DONE;
    if (in->nsets == 0 && !unread)
        *status = complain(EXIT_INCOMPLETE, "no-sets", NULL);
    return true;
}

/* -- lint -- */

static void print_problems(const struct indicators *in)
{
    for (size_t i = 0; i < in->nrejected; i++) {
        fputs("  ", stdout);
        print_text(in->rejected[i].value, stdout);
        printf(": %s\n", in->rejected[i].why);
    }
}

/* What loads and deserves a word: one line for each reason. */
static void print_remarks(const struct indicators *in)
{
    enum { SHOWN = 3 };
    for (unsigned why = LINT_GENERAL; why < LINTS; why++) {
        unsigned n = 0, lines = 0;
        for (size_t i = 0; i < in->nremarks; i++) {
            const struct rejected *r = &in->remarks[i];
            if (strcmp(r->why, lint_why((enum lint)why)))
                continue;
            if (lines++ < SHOWN) {
                fputs(n ? ", " : "  loaded, but: ", stdout);
                print_text(r->value, stdout);
            }
            n += r->count;
        }
        if (lines > SHOWN)
            printf(" and %u more", n - SHOWN);
        if (n)
            printf(": %s\n", lint_why((enum lint)why));
    }
}

/* What the file does not say itself: a person should look whether it is right. */
static void print_guesses(const struct indicators *in)
{
    for (size_t i = 0; i < in->nsets; i++)
        for (size_t k = 0; k < in->sets[i].nguesses; k++) {
            const struct guess *g = &in->sets[i].guesses[k];
            fputs("  by its ", stdout);
            print_text(g->what, stdout);
            printf(": %u of type %s\n", g->values, observable_name(g->type));
        }
}

/* Publishers forget to list what they write about: hashes in a README that no file of its folder has.
   They come last among the remarks. */
static void hint_at_readme(const char *folder, const struct limits *limits, struct indicators *in)
{
    static const char *const names[] = {"README.md", "README.adoc", "README.txt", "README"};
    struct indicators *prose = indicators_new();
    char *path = NULL;
    bool found = false;
    for (size_t i = 0; i < sizeof names / sizeof *names && !found; i++) {
        free(path);
        path = NULL;
        found = asprintf(&path, "%s/%s", folder, names[i]) > 0 && access(path, R_OK) == 0;
    }
    struct err e = {0};
    struct buf parsed = {0};
    int fd = found ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (fd >= 0 && worker_parse(fd, name_of_set(path), limits, indicators_parse, &parsed, &e) &&
        indicators_add(prose, buf_view(&parsed), &e))
        indicators_hint(in, prose, LINT_ONLY_PROSE);
    if (fd >= 0)
        close(fd);
    buf_free(&parsed);
    indicators_free(prose);
    free(path);
}

static int lint_one(const char *path, bool json)
{
    struct limits limits;
    struct indicators *in = indicators_new();
    struct list one = {&path, 1};
    unsigned unread = 0, loaded = 0, rejected = 0;
    limits_default(&limits);
    if (!load_files(&one, &limits, in, NULL, &unread)) {
        indicators_free(in);
        return EXIT_USAGE;
    }
    indicators_weaken(in);
    if (in->nsets)
        hint_at_readme(path, &limits, in);
    for (size_t i = 0; i < in->nsets; i++) {
        loaded += in->sets[i].loaded;
        rejected += in->sets[i].rejected;
    }
    if (json) {
        struct buf out = {0};
        lint_json(in, &out);
        fwrite(out.p, 1, out.n, stdout);
        buf_free(&out);
    } else {
        printf("%s: %u loaded, %u rejected\n", path, loaded, rejected);
        print_guesses(in);
        print_problems(in);
        print_remarks(in);
    }
    bool problems = in->nrejected > 0;
    indicators_free(in);
    return problems ? EXIT_FOUND : unread ? EXIT_UNREADABLE : EXIT_DONE;
}

int indicators_lint(const struct indicators_options *o, const struct list *rest)
{
    int status = EXIT_DONE;
    for (size_t i = 0; i < rest->n; i++) {
        int one = lint_one(rest->items[i], o->json);
        status = one > status ? one : status;
    }
    return status;
}

/* -- the parts -- */

static const struct part {
    const char *name;
    size_t least, most; /* of what follows the name */
    int (*run)(const struct indicators_options *o, const struct list *rest);
} parts[] = {
    {"add", 1, SIZE_MAX, indicators_add_files}, {"list", 0, 0, indicators_list},
    {"show", 1, SIZE_MAX, indicators_show},     {"search", 1, SIZE_MAX, indicators_search},
    {"lint", 1, SIZE_MAX, indicators_lint},     {"remove", 1, SIZE_MAX, indicators_remove},
    {"update", 0, 0, indicators_update},
};

static int run(const struct command *self, int argc, char **argv)
{
    struct indicators_options o = {.seconds = 60};
    struct list words = {0};
    bool help;
    if (!options_parse(self, argc, argv, &o, &words, &help))
        return help ? EXIT_DONE : EXIT_USAGE;
    int status = EXIT_USAGE;
    const struct part *part = NULL;
    for (size_t i = 0; words.n && i < sizeof parts / sizeof *parts; i++)
        if (!strcmp(words.items[0], parts[i].name))
            part = &parts[i];
    if (part && words.n - 1 >= part->least && words.n - 1 <= part->most) {
        const struct list rest = {words.items + 1, words.n - 1};
        status = part->run(&o, &rest);
    } else {
        command_help(self, stderr);
    }
    free(words.items);
    free(o.indicators.items);
    free(o.index.items);
    return status;
}

const struct command command_indicators = {
    .name = "indicators",
    .usage = "add FILE... | list | show SET... | search VALUE... | lint FILE... | remove SET... | "
             "update",
    .title = "the sets of indicators on this machine: adds, shows, searches and updates them",
    .options = COMMAND_OPTIONS(
        {"json", 0, OPTION_FLAG, AT(json), NULL, "JSON lines"},
        {"indicators", 'i', OPTION_LIST, AT(indicators), "PATH",
         "list, show, search: these instead of the store"},
        {"licence", 0, OPTION_TEXT, AT(licence), "TEXT", "add: the licence of these files"},
        {"publisher", 0, OPTION_TEXT, AT(publisher), "TEXT", "add: who published them"},
        {"index", 0, OPTION_LIST, AT(index), "URL",
         "update: a list of sets, by HTTPS or a file (default: the one of this release)"},
        {"offline", 0, OPTION_TEXT, AT(offline), "DIR", "update: take the files from this folder"},
        {"key", 0, OPTION_TEXT, AT(key), "KEY", "update: minisign key that the index is signed by"},
        {"ca-file", 0, OPTION_TEXT, AT(ca_file), "FILE",
         "update: certificates to trust instead of the system's"},
        {"seconds", 0, OPTION_COUNT, AT(seconds), "N", "update: time limit of a file (60)"}),
    .more =
        "add keeps files of any format that is read; lint only looks at them. search tells which\n"
        "sets know a value, and whether it is too general. update alone uses the network, by a\n"
        "program of its own. The store is $BRIDLE_STORE, else in your data folder; check and\n"
        "recheck use it when no -i is given.\n"
        "Exit status: 0 done, 1 lint: problems, 3 not everything could be read or updated or\n"
        "there are no sets, 4 no file of indicators.",
    .run = run,
};
