/* bridle review: a person's decision on a finding, written into the case's log. */
#include <sqlite3.h>
#include <stdlib.h>

#include "cli/cli.h"
#include "report/escape.h"
#include "report/finding_words.h"

struct review_options {
    const char *by, *text;
    bool json;
};

#define AT(member) offsetof(struct review_options, member)

/* FINDING is the number that summary, report and export show, or the finding's key. */
static bool is_named(const struct case_finding *f, const char *name)
{
    char *end;
    unsigned long long n = strtoull(name, &end, 10);
    return slice_is(f->key, name) || (*name && !*end && n == (uint64_t)f->number);
}

static void list_one(const struct case_finding *f)
{
    struct arena a = {0};
    struct buf out = {0};
    struct finding_text text;
    struct case_finding harmless = *f;
    harmless.subject = defang(f->subject, &a);
    finding_words(&harmless, "en", &a, &text);
    buf_printf(&out, "%4lld  %-8s  ", (long long)f->number, severity_name(f->severity));
    escape_terminal(&out, slice_of(text.title));
    if (f->review != REVIEW_NONE) {
        buf_printf(&out, "\n      %s",
                   words("en", arena_printf(&a, "review.%s", review_name(f->review))));
        if (f->review_by.n)
            buf_text(&out, ", ");
        escape_terminal(&out, f->review_by);
        if (f->review_text.n)
            buf_text(&out, ": ");
        escape_terminal(&out, f->review_text);
    }
    printf("%.*s\n", (int)out.n, (const char *)out.p);
    buf_free(&out);
    arena_free(&a);
}

/* Finds the finding, or lists all where no name is given. Its key goes to *key. */
static bool find(struct casefile *c, const char *name, struct buf *key, int64_t *evidence,
                 struct err *e)
{
    struct case_finding f;
    struct finding_iter *it = findings_open(c, e);
    bool found = false;
    while (it && !found && findings_next(it, &f, e)) {
        if (!name) {
            list_one(&f);
        } else if (is_named(&f, name)) {
            found = true;
            buf_slice(key, f.key);
            *evidence = f.evidence;
        }
    }
    findings_close(it);
    return found;
}

static enum severity fail_on(struct casefile *c)
{
    struct arena a = {0};
    enum severity s = SEVERITY_MEDIUM;
    if (!severity_from_name(casefile_get(c, "fail_on", &a), &s))
        s = SEVERITY_MEDIUM;
    arena_free(&a);
    return s;
}

static int decide(struct casefile *c, const struct review_options *o, const char *path,
                  const char *name, enum review what, struct err *e)
{
    struct buf key = {0};
    int64_t evidence = 0;
    struct ending end = {.case_path = path, .json = o->json, .fail_on = fail_on(c)};
    int status = EXIT_OURS;
    if (!find(c, name, &key, &evidence, e))
        status = e->code ? EXIT_OURS
                         : complain(EXIT_USAGE, "no-finding", "value", name, "case", path, NULL);
    else if (review_add(c, buf_view(&key), evidence, what, o->by ? o->by : "",
                        o->text ? o->text : "", e))
        status = finish(c, &end, e);
    buf_free(&key);
    return status;
}

static int run(const struct command *self, int argc, char **argv)
{
    struct review_options o = {0};
    struct list rest = {0};
    struct err e = {0};
    enum review what = REVIEW_NONE;
    bool help;
    if (!options_parse(self, argc, argv, &o, &rest, &help))
        return help ? EXIT_DONE : EXIT_USAGE;
    bool lists = rest.n == 1;
    if (!lists && (rest.n != 3 || !review_from_action(slice_of(rest.items[2]), &what))) {
        command_help(self, stderr);
        return EXIT_USAGE;
    }
    if (what != REVIEW_NONE && what != REVIEW_CONFIRMED && (!o.text || !*o.text))
        return complain(EXIT_USAGE, "review-why", NULL);
    confine_to(rest.items[0], NULL);
    struct casefile *c = casefile_open(rest.items[0], lists ? CASE_READ : CASE_WRITE, &e);
    if (!c)
        return complain_case(&e, rest.items[0]);
    int status = EXIT_DONE;
    if (lists)
        find(c, NULL, NULL, NULL, &e);
    else
        status = decide(c, &o, rest.items[0], rest.items[1], what, &e);
    if (!casefile_close(c, &e) || e.code)
        status = complain_case(&e, rest.items[0]);
    free(rest.items);
    return status;
}

const struct command command_review = {
    .name = "review",
    .usage = "CASE [FINDING confirm|dismiss|note]",
    .title = "lists findings, or writes a person's decision on one into the case",
    .options = COMMAND_OPTIONS(
        {"text", 't', OPTION_TEXT, AT(text), "TEXT", "why; needed to dismiss and to note"},
        {"by", 0, OPTION_TEXT, AT(by), "NAME", "who decided"},
        {"json", 0, OPTION_FLAG, AT(json), NULL, "one JSON object instead of the summary"}),
    .more =
        "FINDING is a finding's number or key. A dismissed finding stays in case and report, but\n"
        "moves no verdict; what was decided stands in the case's log and survives recheck.\n"
        "\"bridle report CASE\" writes the report anew.",
    .run = run,
};
