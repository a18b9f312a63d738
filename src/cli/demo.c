/*
 * bridle demo: a made-up phone with planted traces and look-alikes, checked like any other. Ends
 * with 0 only if all that was planted was found, and nothing else.
 */
#include <errno.h>
#include <ftw.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/cli.h"
#include "demo/phone.h"

struct demo {
    const char *keep;
};

extern const struct command command_check;

#define CASE "bridle-demo.bridle"
#define REPORT "bridle-demo.html"

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

/* The check as a person would call it; the password comes by a pipe, as from another program. */
static int check_phone(const char *phone, const char *sets)
{
    int ends[2];
    char fd[16];
    if (pipe(ends) != 0 ||
        write(ends[1], demo_password, strlen(demo_password)) != (ssize_t)strlen(demo_password))
        return EXIT_OURS;
    close(ends[1]);
    snprintf(fd, sizeof fd, "%d", ends[0]);
    char *args[] = {(char *)phone, "-i",   (char *)sets,    "-o", CASE, "--force",
                    "--report",    REPORT, "--password-fd", fd};
    /* A process of its own: a check confines itself, and the made-up phone is to be removed. */
    int status = 0;
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0)
        exit(command_check.run(&command_check, sizeof args / sizeof *args, args));
    close(ends[0]);
    return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status)
                                                                           : EXIT_OURS;
}

static bool was_planted(sqlite3_stmt *s, bool *seen)
{
    for (size_t i = 0; demo_planted[i].artifact; i++) {
        const struct demo_trace *t = &demo_planted[i];
        bool indicator = t->value != NULL;
        if (strcmp(t->artifact, (const char *)sqlite3_column_text(s, 0)) ||
            strcmp(t->rule, (const char *)sqlite3_column_text(s, 1)))
            continue;
        const char *type = (const char *)sqlite3_column_text(s, 2);
        const char *value = (const char *)sqlite3_column_text(s, 3);
        if (indicator && (!type || !value || strcmp(t->type, type) || strcmp(t->value, value)))
            continue;
        seen[i] = true;
        return true;
    }
    return false;
}

static bool compare(struct casefile *c, unsigned *planted, unsigned *found, unsigned *wrong)
{
    bool seen[64] = {false};
    sqlite3_stmt *s = NULL;
    if (sqlite3_prepare_v2(casefile_db(c),
                           "SELECT f.artifact, f.rule, o.type, o.value FROM finding f "
                           "LEFT JOIN observable o ON o.id = f.observable_id",
                           -1, &s, NULL) != SQLITE_OK)
        return false;
    while (sqlite3_step(s) == SQLITE_ROW)
        if (!was_planted(s, seen)) {
            fprintf(stderr, "not planted: %s %s %s\n", sqlite3_column_text(s, 0),
                    sqlite3_column_text(s, 1), sqlite3_column_text(s, 3));
            ++*wrong;
        }
    sqlite3_finalize(s);
    for (*planted = 0; demo_planted[*planted].artifact; ++*planted)
        *found += seen[*planted];
    return *found == *planted && *wrong == 0;
}

static int judge(int status)
{
    struct err e = {0};
    struct arena a = {0};
    unsigned planted = 0, found = 0, wrong = 0;
    if (status != EXIT_FOUND)
        return status == EXIT_DONE ? EXIT_OURS : status;
    struct casefile *c = casefile_open(CASE, CASE_READ, &e);
    if (!c)
        return complain_case(&e, CASE);
    bool right = compare(c, &planted, &found, &wrong);
    const char *n = arena_printf(&a, "%u", planted);
    putchar('\n');
    puts(right ? words_fill(&a, "en", "cli.demo-ok", "n", n, NULL)
               : words_fill(&a, "en", "cli.demo-bad", "planted", n, "found",
                            arena_printf(&a, "%u", found), "wrong", arena_printf(&a, "%u", wrong),
                            NULL));
    arena_free(&a);
    if (!casefile_close(c, &e))
        return complain_case(&e, CASE);
    return right ? EXIT_DONE : EXIT_OURS;
}

static int run(const struct command *self, int argc, char **argv)
{
    struct demo d = {0};
    struct list rest = {0};
    struct err e = {0};
    struct arena a = {0};
    bool help;
    if (!options_parse(self, argc, argv, &d, &rest, &help))
        return help ? EXIT_DONE : EXIT_USAGE;
    free(rest.items);
    const char *tmp = getenv("TMPDIR");
    char *folder = d.keep ? xstrdup(d.keep)
                          : xstrdup(arena_printf(&a, "%s/bridle-demo.XXXXXX", tmp ? tmp : "/tmp"));
    int status = EXIT_OURS;
    if (d.keep ? mkdir(folder, 0700) != 0 : !mkdtemp(folder))
        err_io(&e, "%s", folder);
    const char *phone = arena_printf(&a, "%s/phone", folder);
    const char *sets = arena_printf(&a, "%s/demo.stix2", folder);
    if (!e.code && demo_write_phone(phone, &e) && demo_write_indicators(sets, &e))
        status = judge(check_phone(phone, sets));
    if (e.code)
        status = complain(EXIT_OURS, "internal", "why", e.msg, NULL);
    else if (!d.keep && nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS) != 0)
        fprintf(stderr, "%s: %s\n", folder, strerror(errno));
    free(folder);
    arena_free(&a);
    return status;
}

const struct command command_demo = {
    .name = "demo",
    .usage = "[--keep FOLDER]",
    .title = "makes a phone with planted traces, checks it, and compares",
    .options = COMMAND_OPTIONS({"keep", 0, OPTION_TEXT, offsetof(struct demo, keep), "FOLDER",
                                "write the made-up phone there and leave it"}),
    .run = run,
};
