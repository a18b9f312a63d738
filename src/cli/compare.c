/* bridle diff and bridle history: several checks of one phone side by side. */
#include <stdlib.h>

#include "cli/cli.h"
#include "report/compare.h"

struct compare {
    bool json;
};

#define AT(member) offsetof(struct compare, member)

static bool differs(const struct comparison *x)
{
    struct difference d;
    compare_difference(x, &d);
    return d.added || d.gone || d.changed || d.coverage || d.state_added || d.state_gone;
}

static int show(const struct compare *o, struct casefile *const *cases, const struct list *paths,
                bool diff)
{
    struct err e = {0};
    struct buf out = {0};
    struct comparison *x = compare_open(cases, paths->items, (unsigned)paths->n, !diff, &e);
    if (!x)
        return complain(EXIT_UNREADABLE, "case", "name", paths->items[0], "why", e.msg, NULL);
    if (o->json)
        compare_json(x, diff, &out);
    else
        compare_text(x, diff, "en", &out);
    int status = diff && differs(x) ? EXIT_FOUND : EXIT_DONE;
    if (fwrite(out.p, 1, out.n, stdout) != out.n || fflush(stdout) != 0)
        status = complain(EXIT_OURS, "internal", "why", "stdout", NULL);
    buf_free(&out);
    compare_close(x);
    return status;
}

static int run(const struct command *self, int argc, char **argv)
{
    struct compare o = {0};
    struct list paths = {0};
    struct casefile *cases[COMPARE_MAX] = {NULL};
    bool help, diff = !strcmp(self->name, "diff");
    if (!options_parse(self, argc, argv, &o, &paths, &help))
        return help ? EXIT_DONE : EXIT_USAGE;
    if (paths.n < 2 || paths.n > (diff ? 2 : COMPARE_MAX)) {
        command_help(self, stderr);
        return EXIT_USAGE;
    }
    int status = EXIT_DONE;
    struct err e = {0};
    size_t n = 0;
    confine_to(paths.items[0], NULL);
    for (; n < paths.n && status == EXIT_DONE; n++) {
        cases[n] = casefile_open(paths.items[n], CASE_READ, &e);
        if (!cases[n])
            status = complain_case(&e, paths.items[n]);
    }
    if (status == EXIT_DONE)
        status = show(&o, cases, &paths, diff);
    for (size_t i = 0; i < n; i++) {
        struct err ignored = {0};
        if (cases[i] && !casefile_close(cases[i], &ignored))
            status = status == EXIT_DONE ? EXIT_OURS : status;
    }
    free(paths.items);
    return status;
}

const struct command command_diff = {
    .name = "diff",
    .usage = "CASE CASE",
    .title = "what is new, gone or changed between two checks of one phone",
    .options = COMMAND_OPTIONS({"json", 0, OPTION_FLAG, AT(json), NULL, "JSON lines"}),
    .more = "Exit status: 0 nothing differs, 1 something does, 2 wrong usage, 4 unreadable.",
    .run = run,
};

const struct command command_history = {
    .name = "history",
    .usage = "CASE CASE...",
    .title = "the findings of several checks of one phone as one timeline",
    .options = COMMAND_OPTIONS({"json", 0, OPTION_FLAG, AT(json), NULL, "JSON lines"}),
    .run = run,
};
