/*
 * bridle: reads evidence of a phone, matches it against known traces, and says what it found, how
 * sure that is, and what it could not check. This file only chooses the command.
 */
#include <sys/prctl.h>
#include <sys/resource.h>

#include "cli/cli.h"
#include "cli/version.h"

#define COMMAND(name) extern const struct command command_##name;
#include "cli/list.h"
#undef COMMAND

#define COMMAND(name) &command_##name,
const struct command *const commands[] = {
#include "cli/list.h"
    NULL};
#undef COMMAND

volatile sig_atomic_t interrupted;

static void on_signal(int signal)
{
    (void)signal;
    interrupted = 1;
}

static void help(FILE *to)
{
    fputs("bridle checks a phone, with its owner's consent, for traces of spyware.\n\n"
          "Usage: bridle COMMAND [OPTIONS] ...\n\n",
          to);
    for (const struct command *const *c = commands; *c; c++)
        fprintf(to, "  %-11s %s\n", (*c)->name, (*c)->title);
    fputs("\n\"bridle COMMAND --help\" tells the options. Start with: bridle demo\n"
          "Not in this version: hunt, catalog, seal, verify, open, serve.\n",
          to);
}

/* Passwords and messages pass through this process: no core file, no debugger of others. */
static void keep_private(void)
{
    struct rlimit none = {0, 0};
    prctl(PR_SET_DUMPABLE, 0);
    setrlimit(RLIMIT_CORE, &none);
}

int main(int argc, char **argv)
{
    struct sigaction act = {.sa_handler = on_signal};
    keep_private();
    sigaction(SIGINT, &act, NULL);
    sigaction(SIGTERM, &act, NULL);
    signal(SIGPIPE, SIG_IGN);
    if (argc < 2) {
        help(stderr);
        return EXIT_USAGE;
    }
    if (!strcmp(argv[1], "--version")) {
        puts("bridle " BRIDLE_VERSION);
        return EXIT_DONE;
    }
    if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help")) {
        help(stdout);
        return EXIT_DONE;
    }
    for (const struct command *const *c = commands; *c; c++)
        if (!strcmp(argv[1], (*c)->name)) {
            int status = (*c)->run(*c, argc - 2, argv + 2);
            if ((fflush(stdout) != 0 || ferror(stdout)) && status < EXIT_OURS)
                status = EXIT_OURS;
            return status;
        }
    complain(EXIT_USAGE, "command", "value", argv[1], NULL);
    return EXIT_USAGE;
}
