/*
 * bridle check: evidence in, case and report out. The line that everything else hangs on:
 * locate -> open (confined) -> case with a plan -> jobs -> findings -> verdict -> report.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/version.h"
#include "source/locate.h"

struct check {
    const char *out, *contact, *password_file, *identity, *report, *only, *skip, *since, *until,
        *fail_on, *hash;
    struct list indicators;
    unsigned password_fd, jobs, time_limit;
    uint64_t memory;
    bool no_report, force, keep_all, json, quiet, verbose, no_sandbox;

    /* what follows from them */
    struct limits limits;
    struct window window;
    enum severity fail;
    struct secret secret;
    struct casefile *casefile;
    struct progress progress;
    struct packer *packer; /* of the report; NULL: none is wanted */
    char *report_path;     /* the same */
    unsigned unopened;
    bool confined;
};

#define AT(member) offsetof(struct check, member)

extern const struct command command_check;

static bool usage(const char *value)
{
    complain(EXIT_USAGE, "usage", "value", value, "command", "check", NULL);
    return false;
}

/* Every id of a comma-separated list must be an artifact. */
static bool names_known(const char *names)
{
    struct slice rest = slice_of(names);
    while (rest.n) {
        size_t n = slice_find(rest, ',');
        if (!artifact_find(slice_sub(rest, 0, n)))
            return usage(names);
        rest = slice_sub(rest, n + 1, rest.n);
    }
    return true;
}

static bool listed(const char *names, const char *id)
{
    struct slice rest = slice_of(names);
    while (rest.n) {
        size_t n = slice_find(rest, ',');
        if (slice_is(slice_sub(rest, 0, n), id))
            return true;
        rest = slice_sub(rest, n + 1, rest.n);
    }
    return false;
}

static bool settle(struct check *k)
{
    static const char *const hashes[] = {"used", "default", "all"};
    limits_default(&k->limits);
    k->limits.hash = HASH_DEFAULT;
    if (k->jobs)
        k->limits.jobs = k->jobs;
    if (k->time_limit)
        k->limits.seconds = k->time_limit;
    if (k->memory)
        k->limits.memory = k->memory;
    k->limits.keep_all = k->keep_all;
    k->limits.no_sandbox = k->no_sandbox;
    k->fail = SEVERITY_MEDIUM;
    if (k->fail_on && !severity_from_name(slice_of(k->fail_on), &k->fail))
        return usage(k->fail_on);
    if (k->hash) {
        unsigned i = 0;
        while (i < 3 && strcmp(k->hash, hashes[i]))
            i++;
        if (i == 3)
            return usage(k->hash);
        k->limits.hash = (enum job_hash)i;
    }
    return (!k->only || names_known(k->only)) && (!k->skip || names_known(k->skip)) &&
           options_time(&command_check, k->since, &k->window.since) &&
           options_time(&command_check, k->until, &k->window.until);
}

/* Password and identities as the options say. Once for all evidence; true also if there is none yet. */
static bool given_password(struct check *k)
{
    struct err e = {0};
    bool from_fd = k->password_fd != UINT32_MAX;
    if (k->identity && !identity_file(k->identity, &k->secret)) {
        complain(EXIT_UNREADABLE, "identity-file", "name", k->identity, NULL);
        return false;
    }
    if (!k->password_file && !from_fd)
        return true;
    if (from_fd ? password_read((int)k->password_fd, &k->secret, &e)
                : password_file(k->password_file, &k->secret, &e))
        return true;
    complain(EXIT_UNREADABLE, "password-file", "name",
             k->password_file ? k->password_file : "--password-fd", NULL);
    return false;
}

static bool derivation(double done)
{
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\r\033[K%3.0f %%", done * 100);
    if (done >= 1 && isatty(STDERR_FILENO))
        fputs("\r\033[K", stderr);
    return !interrupted;
}

/* Opens the evidence; asks for a password only when it is locked, three times at most. */
static bool open_evidence(struct check *k, struct worker *w, const char *name,
                          struct opened *opened, struct err *e)
{
    bool given = k->secret.kind != SECRET_NONE;
    bool (*show)(double) = k->quiet ? NULL : derivation;
    if (worker_open(w, &k->secret, show, opened, e))
        return true;
    for (int tries = 0; tries < 3 && !given && !interrupted && !wants_identity(e) &&
                        (e->code == ERR_LOCKED || e->code == ERR_WRONG_KEY);
         tries++) {
        struct err asked = {0};
        if (e->code == ERR_WRONG_KEY)
            complain(0, "wrong-password", "name", name, NULL);
        if (!password_ask(name, &k->secret, &asked))
            return asked.code == ERR_STOP ? (*e = asked, false) : false;
        err_clear(e);
        if (worker_open(w, &k->secret, show, opened, e))
            return true;
    }
    return false;
}

/* File numbers of the jobs to file ids of the case: one growing table per artifact. */
struct run {
    int64_t id;
    int64_t *files;
    size_t nfiles;
};

static bool store_event(struct check *k, int64_t evidence, struct run *runs, struct event *ev,
                        struct err *e)
{
    struct run *r = NULL;
    for (unsigned i = 0; i < artifact_count; i++)
        if (artifacts[i] == ev->artifact)
            r = &runs[i];
    if (!r)
        return err_set(e, ERR_CORRUPT, "an event of an unknown artifact");
    int64_t file = ev->file.number < r->nfiles ? r->files[ev->file.number] : 0;
    switch (ev->type) {
    case EVENT_FILE:
        r->files = xrealloc(r->files, r->nfiles + 1, sizeof *r->files);
        return casefile_add_file(k->casefile, evidence, &ev->file, &r->files[r->nfiles++], e);
    case EVENT_RECORD:
        k->progress.records++;
        return casefile_add_record(k->casefile, r->id, file, ev->record, e);
    case EVENT_SKIP: return casefile_add_skip(k->casefile, r->id, file, &ev->origin, ev->text, e);
    case EVENT_NOTE: return casefile_log(k->casefile, "note", slice_of(ev->text), e);
    case EVENT_FINISHED:
        k->progress.done++;
        if (k->verbose)
            fprintf(stderr, "%-28s %-14s %s\n", ev->artifact->id, status_name(ev->status),
                    ev->text ? ev->text : "");
        return casefile_finish(k->casefile, r->id, ev->status, ev->text, &ev->usage, e);
    }
    return true;
}

static bool left_out(const struct check *k, const struct artifact *a)
{
    return (k->only && !listed(k->only, a->id)) || (k->skip && listed(k->skip, a->id));
}

/* A pending row for every artifact, then the jobs: those that take long first, so that none of them
   runs alone in the end. */
static bool plan(struct check *k, int64_t evidence, struct worker *w, struct run *runs,
                 struct err *e)
{
    const struct usage nothing = {0};
    for (unsigned i = 0; i < artifact_count; i++) {
        if (!casefile_plan(k->casefile, evidence, artifacts[i], &runs[i].id, e))
            return false;
        if (!left_out(k, artifacts[i]))
            continue;
        k->progress.total--;
        if (!casefile_finish(k->casefile, runs[i].id, STATUS_SKIPPED, "by-user", &nothing, e))
            return false;
    }
    for (int heavy = 1; heavy >= 0; heavy--)
        for (unsigned i = 0; i < artifact_count; i++)
            if (artifacts[i]->heavy == heavy && !left_out(k, artifacts[i]))
                worker_run(w, artifacts[i]);
    return true;
}

static bool read_evidence(struct check *k, int64_t evidence, struct worker *w, struct err *e)
{
    struct run *runs = xcalloc(artifact_count, sizeof *runs);
    struct event ev;
    bool told = false;
    progress_start(&k->progress, artifact_count, k->quiet || k->verbose);
    bool ok = plan(k, evidence, w, runs, e);
    while (ok && worker_next(w, &ev, e)) {
        ok = store_event(k, evidence, runs, &ev, e);
        progress_draw(&k->progress, ev.artifact->title);
        if (interrupted && !told) {
            worker_interrupt(w);
            told = true;
        }
    }
    progress_end(&k->progress);
    for (unsigned i = 0; i < artifact_count; i++)
        free(runs[i].files);
    free(runs);
    return ok && !e->code;
}

/* NAME.bridle in the current folder, from the evidence's own name. */
static char *default_case(const char *root)
{
    char *out;
    struct slice path = slice_of(root);
    while (path.n > 1 && path.p[path.n - 1] == '/')
        path.n--;
    struct slice name = slice_basename(path);
    if (asprintf(&out, "%.*s.bridle", (int)name.n, (const char *)name.p) < 0)
        die("out of memory");
    return out;
}

static char *default_report(const char *casepath)
{
    char *out;
    struct slice base = slice_of(casepath);
    if (slice_ends(base, ".bridle"))
        base.n -= strlen(".bridle");
    if (asprintf(&out, "%.*s.html", (int)base.n, (const char *)base.p) < 0)
        die("out of memory");
    return out;
}

/* Nothing is written below the evidence: not the case, not the report. */
static bool inside(const char *path, const char *root)
{
    char folder[4096], real[4096];
    const char *slash = strrchr(path, '/');
    snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - path) + 1 : 1,
             slash ? path : ".");
    struct stat st;
    if (!realpath(folder, real) || stat(root, &st) != 0 || !S_ISDIR(st.st_mode))
        return false;
    size_t n = strlen(root);
    return !strncmp(real, root, n) && (real[n] == '/' || !real[n]);
}

static bool start_case(struct check *k, const char *path, const struct indicators *in,
                       unsigned unread, struct err *e)
{
    char text[64];
    char *options = NULL;
    k->casefile = casefile_create(path, k->force, e);
    if (!k->casefile)
        return false;
    snprintf(text, sizeof text, "%lld", (long long)utime_now().ns);
    bool ok = casefile_set(k->casefile, "checked_ns", slice_of(text), e) &&
              casefile_set(k->casefile, "version", slice_of(BRIDLE_VERSION), e) &&
              casefile_set(k->casefile, "fail_on", slice_of(severity_name(k->fail)), e) &&
              casefile_add_sets(k->casefile, in, e);
    snprintf(text, sizeof text, "%u", unread);
    ok = ok && casefile_set(k->casefile, "unread_sets", slice_of(text), e);
    if (ok && asprintf(&options, "{\"hash\":%u,\"jobs\":%u}", (unsigned)k->limits.hash,
                       k->limits.jobs) > 0)
        ok = casefile_set(k->casefile, "options", slice_of(options), e) &&
             casefile_log(k->casefile, "check", slice_of("bridle " BRIDLE_VERSION), e);
    free(options);
    return ok;
}

static bool add_contact(struct check *k, struct err *e)
{
    char text[4096];
    if (!k->contact)
        return true;
    int fd = open(k->contact, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text);
    if (n < 0)
        err_io(e, "%s", k->contact);
    if (fd >= 0)
        close(fd);
    return n >= 0 && casefile_set(k->casefile, "contact", slice_trim(slice_at(text, (size_t)n)), e);
}

/* Before the first byte of evidence is looked at; the readers are started later and need exec. */
static void confine(struct check *k, const char *case_path)
{
    if (k->confined)
        return;
    k->confined = true;
    const char *files[] = {case_path, k->report, NULL};
    if (!worker_confine_parent(files, true) && !k->quiet)
        complain(0, "not-confined", NULL);
}

/* A file that would be replaced, which only --force may do. */
static const char *existing(const struct check *k, const char *case_path)
{
    if (k->casefile || k->force)
        return NULL;
    return access(case_path, F_OK) == 0                          ? case_path
           : k->report_path && access(k->report_path, F_OK) == 0 ? k->report_path
                                                                 : NULL;
}

/* One piece of evidence, from its path to its rows in the case. */
static int check_one(struct check *k, const char *path, const struct indicators *in,
                     unsigned unread, char **case_path, struct err *e)
{
    char root[4096];
    struct opened opened = {0};
    int status = EXIT_DONE, fd = source_locate(path, root, sizeof root, e);
    if (fd < 0)
        return complain(e->code == ERR_USAGE ? EXIT_USAGE : EXIT_UNREADABLE, "cannot-open", "name",
                        path, "why", e->msg, NULL);
    const char *slash = strrchr(root, '/');
    const char *name = slash && slash[1] ? slash + 1 : root;
    if (!*case_path)
        *case_path = default_case(root);
    if (!k->report_path && !k->no_report)
        k->report_path = k->report ? xstrdup(k->report) : default_report(*case_path);
    const char *stray = inside(*case_path, root)                         ? *case_path
                        : k->report_path && inside(k->report_path, root) ? k->report_path
                                                                         : NULL;
    if (stray) {
        close(fd);
        return complain(EXIT_USAGE, "inside", "name", stray, NULL);
    }
    const char *there = existing(k, *case_path);
    if (there) {
        close(fd);
        return complain(EXIT_USAGE, "exists", "name", there, NULL);
    }
    confine(k, *case_path);
    struct worker *w = worker_start(fd, name, &k->limits, e);
    if (!w) {
        close(fd);
        return complain(EXIT_OURS, "no-sandbox", NULL);
    }
    if (!open_evidence(k, w, name, &opened, e)) {
        status = interrupted ? EXIT_INTERRUPTED : complain_err(e, name);
    } else {
        int64_t evidence;
        bool ok = (k->casefile || start_case(k, *case_path, in, unread, e)) && add_contact(k, e) &&
                  casefile_add_evidence(k->casefile, name, &opened, NULL, 0, &evidence, e) &&
                  read_evidence(k, evidence, w, e);
        if (!ok)
            status = e->code == ERR_USAGE ? complain(EXIT_USAGE, "exists", "name", *case_path, NULL)
                                          : complain(EXIT_OURS, "internal", "why", e->msg, NULL);
    }
    worker_stop(w);
    close(fd);
    return status;
}

static bool write_report(struct check *k, const char *path, struct err *e)
{
    const struct report_options options = {.lang = "en", .packer = k->packer};
    int fd = open(path, O_WRONLY | O_CREAT | (k->force ? O_TRUNC : O_EXCL) | O_CLOEXEC, 0600);
    FILE *f = fd < 0 ? NULL : fdopen(fd, "w");
    if (!f)
        return err_io(e, "%s", path);
    bool ok = report_html(k->casefile, &options, f, e);
    if (fclose(f) != 0 && ok)
        return err_io(e, "%s", path);
    return ok;
}

/* Findings, verdict, report, summary. */
static int conclude(struct check *k, const struct indicators *in, char *case_path, double began)
{
    struct err e = {0};
    struct matcher *m = matcher_new(in);
    char text[32];
    struct ending end = {case_path, k->report_path, k->fail, k->json, k->quiet, 0};
    snprintf(text, sizeof text, "%u", k->unopened);
    bool ok = casefile_set(k->casefile, "unopened", slice_of(text), &e) &&
              casefile_set(k->casefile, "interrupted", slice_of(interrupted ? "1" : "0"), &e) &&
              detect_run(k->casefile, in->nitems ? m : NULL, in, &k->window, &e);
    struct conclusion c;
    ok = ok && detect_conclude(k->casefile, k->fail, &c, &e) &&
         (!k->report_path || write_report(k, k->report_path, &e));
    end.seconds = utime_steady() - began;
    int status = ok ? finish(k->casefile, &end, &e) : EXIT_OURS;
    if (e.code)
        status = complain(EXIT_OURS, "internal", "why", e.msg, NULL);
    matcher_free(m);
    return status;
}

static int check(struct check *k, const struct list *evidence)
{
    struct err e = {0};
    struct indicators *in = indicators_new();
    char *case_path = k->out ? xstrdup(k->out) : NULL;
    unsigned unread = 0;
    int status = EXIT_DONE;
    double began = utime_steady();
    k->packer = k->no_report ? NULL : packer_start();
    if (!load_indicators(&k->indicators, &k->limits, in, &unread))
        status = EXIT_USAGE;
    for (size_t i = 0;
         i < evidence->n && (status == EXIT_DONE || status == EXIT_UNREADABLE) && !interrupted;
         i++) {
        err_clear(&e);
        int one = check_one(k, evidence->items[i], in, unread, &case_path, &e);
        k->unopened += one == EXIT_UNREADABLE;
        if (one != EXIT_DONE)
            status = one;
    }
    if (k->casefile) {
        if (in->nitems == 0 && !k->quiet)
            complain(0, "no-indicators", NULL);
        int end = conclude(k, in, case_path, began);
        status = status == EXIT_DONE || status == EXIT_UNREADABLE ? end : status;
        if (!casefile_close(k->casefile, &e))
            status = complain(EXIT_OURS, "internal", "why", e.msg, NULL);
    }
    if (interrupted)
        status = complain(EXIT_INTERRUPTED, "interrupted", NULL);
    secret_wipe(&k->secret);
    indicators_free(in);
    packer_end(k->packer);
    free(k->report_path);
    free(case_path);
    return status;
}

static int run(const struct command *self, int argc, char **argv)
{
    struct check k = {.password_fd = UINT32_MAX};
    struct list evidence = {0};
    bool help;
    if (!options_parse(self, argc, argv, &k, &evidence, &help))
        return help ? EXIT_DONE : EXIT_USAGE;
    if (evidence.n == 0) {
        command_help(self, stderr);
        return EXIT_USAGE;
    }
    int status = !settle(&k)           ? EXIT_USAGE
                 : !given_password(&k) ? EXIT_UNREADABLE
                                       : check(&k, &evidence);
    free(evidence.items);
    free(k.indicators.items);
    return status;
}

const struct command command_check = {
    .name = "check",
    .usage = "EVIDENCE... [-i INDICATORS] [-o CASE]",
    .title = "reads evidence, writes one case file and one report, prints a summary",
    .options = COMMAND_OPTIONS(
        {"out", 'o', OPTION_TEXT, AT(out), "CASE", "case file (default: NAME.bridle here)"},
        {"indicators", 'i', OPTION_LIST, AT(indicators), "PATH",
         "file or folder of indicators; may be repeated"},
        {"password-file", 0, OPTION_TEXT, AT(password_file), "F", "password of the backup"},
        {"identity", 0, OPTION_TEXT, AT(identity), "FILE", "secret key for what age encrypted"},
        {"password-fd", 0, OPTION_COUNT, AT(password_fd), "N", "the same from an open descriptor"},
        {"report", 0, OPTION_TEXT, AT(report), "FILE", "report (default: beside the case)"},
        {"no-report", 0, OPTION_FLAG, AT(no_report), NULL, "write no report"},
        {"contact", 0, OPTION_TEXT, AT(contact), "FILE", "helpdesk and reference for the report"},
        {"only", 0, OPTION_TEXT, AT(only), "A,B", "read only these artifacts"},
        {"skip", 0, OPTION_TEXT, AT(skip), "A,B", "leave these artifacts out"},
        {"since", 0, OPTION_TEXT, AT(since), "T", "findings from this time on (UTC)"},
        {"until", 0, OPTION_TEXT, AT(until), "T", "findings up to this time (UTC)"},
        {"fail-on", 0, OPTION_TEXT, AT(fail_on), "SEVERITY",
         "exit 1 from info, low, medium, high or critical on"},
        {"hash", 0, OPTION_TEXT, AT(hash), "WHICH", "files to hash: used, default or all"},
        {"keep-all", 0, OPTION_FLAG, AT(keep_all), NULL, "store also records without observables"},
        {"jobs", 'j', OPTION_COUNT, AT(jobs), "N", "artifacts read side by side"},
        {"max-memory", 0, OPTION_SIZE, AT(memory), "SIZE", "memory of one artifact (K, M, G)"},
        {"time-limit", 0, OPTION_COUNT, AT(time_limit), "S", "seconds for one artifact"},
        {"force", 0, OPTION_FLAG, AT(force), NULL, "replace an existing case"},
        {"json", 0, OPTION_FLAG, AT(json), NULL, "one JSON object instead of the summary"},
        {"no-sandbox", 0, OPTION_FLAG, AT(no_sandbox), NULL,
         "go on where the readers can't be confined"},
        {"quiet", 'q', OPTION_FLAG, AT(quiet), NULL, "no progress, no summary"},
        {"verbose", 'v', OPTION_FLAG, AT(verbose), NULL, "a line for each artifact"}),
    .more = "Exit status: 0 nothing found and all read, 1 found, 2 wrong usage, 3 incomplete,\n"
            "4 unreadable or wrong password, 5 an error of bridle, 130 interrupted.",
    .run = run,
};
