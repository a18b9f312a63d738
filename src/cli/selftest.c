/* bridle selftest: proves on this machine that the readers of evidence are confined. */
#include <stdlib.h>

#include "cli/cli.h"

static int run(const struct command *self, int argc, char **argv)
{
    struct list rest = {0};
    bool help, nothing;
    if (!options_parse(self, argc, argv, &nothing, &rest, &help))
        return help ? EXIT_DONE : EXIT_USAGE;
    free(rest.items);
    if (!worker_selftest(stdout))
        return complain(EXIT_OURS, "no-sandbox", NULL);
    puts(words("en", "cli.selftest-ok"));
    return EXIT_DONE;
}

const struct command command_selftest = {
    .name = "selftest",
    .usage = "",
    .title = "proves that the readers of evidence are confined on this machine",
    .options = COMMAND_OPTIONS({.name = NULL}),
    .run = run,
};
