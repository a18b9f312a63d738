/* bridle report and bridle export: documents from a case alone. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/cli.h"

struct document {
    const char *out, *lang, *what, *format;
    bool redact;
};

#define AT(member) offsetof(struct document, member)

static bool is_stdout(const char *path)
{
    return !strcmp(path, "-");
}

/* Opens the case and the output, writes, and tells where. */
static int write_document(const char *case_path, const char *out, struct document *d, bool html)
{
    struct err e = {0};
    struct packer *packer = html ? packer_start() : NULL;
    const struct report_options options = {d->lang ? d->lang : "en", d->redact, packer};
    confine_to(case_path, is_stdout(out) ? NULL : out);
    struct casefile *c = casefile_open(case_path, CASE_READ, &e);
    if (!c) {
        packer_end(packer);
        return complain_case(&e, case_path);
    }
    int fd = is_stdout(out) ? dup(STDOUT_FILENO)
                            : open(out, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    FILE *f = fd < 0 ? NULL : fdopen(fd, "w");
    int status = EXIT_DONE;
    if (!f)
        err_io(&e, "%s", out);
    /* Whatever it returns, e says whether it went wrong. */
    bool done = f && (html ? report_html(c, &options, f, &e)
                           : report_export(c, d->what, d->format ? d->format : "jsonl", f, &e));
    packer_end(packer);
    if (f && !done && !e.code)
        err_set(&e, ERR_IO, "%s", out);
    if (f && fclose(f) != 0 && !e.code)
        err_io(&e, "%s", out);
    if (e.code == ERR_USAGE)
        status = complain(EXIT_USAGE, "usage", "value", e.msg, "command",
                          html ? "report" : "export", NULL);
    else if (e.code)
        status = complain(EXIT_OURS, "internal", "why", e.msg, NULL);
    else if (!is_stdout(out))
        fprintf(stderr, "%s\n", out);
    struct err ignored = {0};
    if (!casefile_close(c, &ignored) && status == EXIT_DONE)
        status = complain(EXIT_OURS, "internal", "why", ignored.msg, NULL);
    return status;
}

static bool known_language(const char *lang)
{
    for (const char *const *l = languages; *l; l++)
        if (!lang || !strcmp(lang, *l))
            return true;
    return false;
}

static int run(const struct command *self, int argc, char **argv)
{
    struct document d = {0};
    struct list cases = {0};
    bool help, html = !strcmp(self->name, "report");
    char *out = NULL;
    if (!options_parse(self, argc, argv, &d, &cases, &help))
        return help ? EXIT_DONE : EXIT_USAGE;
    if (cases.n != 1) {
        command_help(self, stderr);
        return EXIT_USAGE;
    }
    if (!known_language(d.lang))
        return complain(EXIT_USAGE, "usage", "value", d.lang, "command", self->name, NULL);
    if (d.format && !strcmp(d.format, "csv") && (!d.what || strchr(d.what, ',')))
        return complain(EXIT_USAGE, "csv-kind", NULL);
    struct slice base = slice_of(cases.items[0]);
    if (slice_ends(base, ".bridle"))
        base.n -= strlen(".bridle");
    if (!d.out && html && asprintf(&out, "%.*s.html", (int)base.n, (const char *)base.p) < 0)
        die("out of memory");
    int status = write_document(cases.items[0], d.out ? d.out : out ? out : "-", &d, html);
    free(out);
    free(cases.items);
    return status;
}

const struct command command_report = {
    .name = "report",
    .usage = "CASE [-o FILE]",
    .title = "writes the HTML report of a case again",
    .options = COMMAND_OPTIONS(
        {"out", 'o', OPTION_TEXT, AT(out), "FILE", "default: CASE.html; - for the screen"},
        {"lang", 0, OPTION_TEXT, AT(lang), "LANG", "en, it, es, fr or ar"}),
    .run = run,
};

const struct command command_export = {
    .name = "export",
    .usage = "CASE [--what KINDS] [--format FORMAT] [-o FILE]",
    .title = "writes a case's content for other programs",
    .options = COMMAND_OPTIONS(
        {"what", 0, OPTION_TEXT, AT(what), "KINDS",
         "findings,records,observables,coverage,evidence (default: all)"},
        {"format", 0, OPTION_TEXT, AT(format), "FORMAT", "jsonl (default) or csv, one kind a file"},
        {"out", 'o', OPTION_TEXT, AT(out), "FILE", "default: - (the screen)"}),
    .run = run,
};
