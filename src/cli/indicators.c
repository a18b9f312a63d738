/* bridle indicators lint: is a file of indicators fit for use, and what was left out of it. */
#include <stdlib.h>

#include "cli/cli.h"
#include "indicator/lint.h"

struct lint_options {
    bool json;
};

static void print_problems(const struct indicators *in)
{
    for (size_t i = 0; i < in->nrejected; i++)
        printf("  %.*s: %s\n", (int)in->rejected[i].value.n, (const char *)in->rejected[i].value.p,
               in->rejected[i].why);
}

/* What the file does not say itself: a person should look whether it is right. */
static void print_guesses(const struct indicators *in)
{
    for (size_t i = 0; i < in->nsets; i++)
        for (size_t k = 0; k < in->sets[i].nguesses; k++) {
            const struct guess *g = &in->sets[i].guesses[k];
            printf("  by its %.*s: %u of type %s\n", (int)g->what.n, (const char *)g->what.p,
                   g->values, observable_name(g->type));
        }
}

static int lint_one(const char *path, const struct lint_options *l)
{
    struct limits limits;
    struct indicators *in = indicators_new();
    struct list one = {&path, 1};
    unsigned unread = 0, loaded = 0, rejected = 0;
    limits_default(&limits);
    if (!load_indicators(&one, &limits, in, &unread)) {
        indicators_free(in);
        return EXIT_USAGE;
    }
    for (size_t i = 0; i < in->nsets; i++) {
        loaded += in->sets[i].loaded;
        rejected += in->sets[i].rejected;
    }
    if (l->json) {
        struct buf out = {0};
        lint_json(in, &out);
        fwrite(out.p, 1, out.n, stdout);
        buf_free(&out);
    } else {
        printf("%s: %u loaded, %u rejected\n", path, loaded, rejected);
        print_guesses(in);
        print_problems(in);
    }
    bool problems = in->nrejected > 0;
    indicators_free(in);
    return problems ? EXIT_FOUND : unread ? EXIT_UNREADABLE : EXIT_DONE;
}

static int run(const struct command *self, int argc, char **argv)
{
    struct lint_options l = {0};
    struct list words_left = {0};
    bool help;
    if (!options_parse(self, argc, argv, &l, &words_left, &help))
        return help ? EXIT_DONE : EXIT_USAGE;
    if (words_left.n < 2 || strcmp(words_left.items[0], "lint")) {
        command_help(self, stderr);
        return EXIT_USAGE;
    }
    int status = EXIT_DONE;
    for (size_t i = 1; i < words_left.n; i++) {
        int one = lint_one(words_left.items[i], &l);
        status = one > status ? one : status;
    }
    free(words_left.items);
    return status;
}

const struct command command_indicators = {
    .name = "indicators",
    .usage = "lint FILE...",
    .title = "looks at files of indicators: what loads, what doesn't, and why",
    .options = COMMAND_OPTIONS({"json", 0, OPTION_FLAG, offsetof(struct lint_options, json), NULL,
                                "one JSON object a file"}),
    .more = "Exit status: 0 nothing to report, 1 problems, 4 no file of indicators.",
    .run = run,
};
