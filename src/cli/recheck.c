/*
 * bridle recheck: a case against other indicators and today's rules, without the evidence. The
 * findings in the case are replaced; what is new is told.
 */
#include <sqlite3.h>
#include <stdlib.h>

#include "cli/cli.h"

struct recheck {
    struct list indicators;
    const char *since, *until, *fail_on;
    bool json, quiet;
    struct window window; /* what follows from since and until */
};

#define AT(member) offsetof(struct recheck, member)

static bool one_number(struct casefile *c, const char *sql, int64_t *out, struct err *e)
{
    sqlite3_stmt *s = NULL;
    bool ok = sqlite3_prepare_v2(casefile_db(c), sql, -1, &s, NULL) == SQLITE_OK &&
              sqlite3_step(s) == SQLITE_ROW;
    if (ok)
        *out = sqlite3_column_int64(s, 0);
    else
        err_set(e, ERR_IO, "case: %s", sqlite3_errmsg(casefile_db(c)));
    sqlite3_finalize(s);
    return ok;
}

static bool remember(struct casefile *c, struct err *e)
{
    return sqlite3_exec(casefile_db(c),
                        "CREATE TEMP TABLE before AS SELECT evidence_id, key FROM main.finding",
                        NULL, NULL, NULL) == SQLITE_OK ||
           err_set(e, ERR_IO, "case: %s", sqlite3_errmsg(casefile_db(c)));
}

static int judge(struct recheck *r, struct casefile *c, const struct indicators *in,
                 unsigned unread, const struct ending *end, struct err *e)
{
    char text[16];
    int64_t added = 0;
    struct matcher *m = matcher_new(in);
    snprintf(text, sizeof text, "%u", unread);
    bool ok = remember(c, e) && casefile_add_sets(c, in, e) &&
              casefile_set(c, "unread_sets", slice_of(text), e) &&
              casefile_log(c, "recheck", slice_of(""), e) &&
              detect_run(c, in->nitems ? m : NULL, in, &r->window, e) &&
              one_number(c,
                         "SELECT count(*) FROM main.finding f WHERE NOT EXISTS (SELECT 1 FROM "
                         "temp.before b WHERE b.evidence_id = f.evidence_id AND b.key = f.key)",
                         &added, e);
    int status = ok ? finish(c, end, e) : EXIT_OURS;
    if (ok && !r->json && !r->quiet) {
        struct arena a = {0};
        puts(words_fill(&a, "en", "cli.recheck-new", "n",
                        arena_printf(&a, "%lld", (long long)added), NULL));
        arena_free(&a);
    }
    matcher_free(m);
    return status;
}

static int run(const struct command *self, int argc, char **argv)
{
    struct recheck r = {0};
    struct list cases = {0};
    struct limits limits;
    struct err e = {0};
    unsigned unread = 0;
    bool help;
    if (!options_parse(self, argc, argv, &r, &cases, &help))
        return help ? EXIT_DONE : EXIT_USAGE;
    struct ending end = {.json = r.json, .quiet = r.quiet, .fail_on = SEVERITY_MEDIUM};
    if (!options_time(self, r.since, &r.window.since) ||
        !options_time(self, r.until, &r.window.until))
        return EXIT_USAGE;
    if (cases.n != 1 || (r.fail_on && !severity_from_name(slice_of(r.fail_on), &end.fail_on))) {
        command_help(self, stderr);
        return EXIT_USAGE;
    }
    double began = utime_steady();
    limits_default(&limits);
    end.case_path = cases.items[0];
    struct indicators *in = indicators_new();
    int status = EXIT_USAGE;
    if (load_indicators(&r.indicators, &limits, in, &unread)) {
        if (in->nitems == 0 && !r.quiet)
            complain(0, "no-indicators", NULL);
        confine_to(end.case_path, NULL);
        struct casefile *c = casefile_open(end.case_path, CASE_WRITE, &e);
        end.seconds = utime_steady() - began;
        status = c ? judge(&r, c, in, unread, &end, &e) : EXIT_UNREADABLE;
        if (c && !casefile_close(c, &e))
            status = EXIT_OURS;
        if (e.code)
            status = complain_case(&e, end.case_path);
    }
    indicators_free(in);
    free(cases.items);
    free(r.indicators.items);
    return status;
}

const struct command command_recheck = {
    .name = "recheck",
    .usage = "CASE -i INDICATORS...",
    .title = "matches a case against other indicators, without the evidence",
    .options = COMMAND_OPTIONS(
        {"indicators", 'i', OPTION_LIST, AT(indicators), "PATH",
         "file or folder of indicators; may be repeated"},
        {"since", 0, OPTION_TEXT, AT(since), "T", "findings from this time on (UTC)"},
        {"until", 0, OPTION_TEXT, AT(until), "T", "findings up to this time (UTC)"},
        {"fail-on", 0, OPTION_TEXT, AT(fail_on), "SEVERITY", "exit 1 from this severity on"},
        {"json", 0, OPTION_FLAG, AT(json), NULL, "one JSON object instead of the summary"},
        {"quiet", 'q', OPTION_FLAG, AT(quiet), NULL, "no summary"}),
    .run = run,
};
