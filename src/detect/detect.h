#pragma once

#include "casefile/casefile.h"

/* Findings and verdict: everything here is a query over a case. */

enum severity { SEVERITY_INFO, SEVERITY_LOW, SEVERITY_MEDIUM, SEVERITY_HIGH, SEVERITY_CRITICAL };
const char *severity_name(enum severity s);
bool severity_from_name(struct slice name, enum severity *out);

enum verdict {
    VERDICT_UNREADABLE,
    VERDICT_TRACES,
    VERDICT_REVIEW,
    VERDICT_INCOMPLETE,
    VERDICT_NONE
};
const char *verdict_name(enum verdict v); /* "none-found" */

/* A heuristic: SQL over the case that returns what it is about. */
struct rule {
    const char *id; /* "ios.sms.apple_notification" */
    const char *artifact;
    const char *class; /* "notice": the words rule.CLASS of the wording tables */
    const char *title, *explains, *benign, *next, *source; /* English; source: where published */
    const char *disputed;                                  /* who disputes it and why, or NULL */
    enum severity severity;
    enum confidence confidence;
    enum exposure exposure;
    /* SELECT ... AS record_id, ... AS subject FROM r: r is the artifact's rows of `record` in one
       piece of evidence. Rows of one subject are one finding; the subject makes the finding's key.
       site(url), port(url) and usual_place(path) are there besides SQLite's own: see rules.c. */
    const char *sql;
};
extern const struct rule *const rules[];
extern const unsigned rule_count;
const struct rule *rule_find(struct slice id);

/* Severity of an indicator finding: the one documented table (docs/output.md). */
enum severity severity_of(enum exposure x, enum confidence c);

struct window {
    struct utime since, until; /* UTIME_NONE: open */
};

/* Matches all distinct observables of the case, builds indicator findings and runs the rules.
   Replaces the findings there are. m may be NULL (no indicators). */
MUST_CHECK bool detect_run(struct casefile *c, const struct matcher *m, const struct indicators *in,
                           const struct window *w, struct err *e);

/* What the case says now. Written down with detect_conclude(). */
struct conclusion {
    enum verdict verdict;
    int exit;             /* by --fail-on */
    unsigned findings[5]; /* by severity, without those set aside */
    unsigned dismissed;   /* set aside by a person (detect/review.h) */
    unsigned coverage[STATUSES];
    unsigned gaps; /* rows that move the verdict */
    uint64_t indicators, sets;
};
MUST_CHECK bool detect_conclude(struct casefile *c, enum severity fail_on, struct conclusion *out,
                                struct err *e);

/* Does a coverage row count as "not read"? The line is documented in docs/output.md. */
bool coverage_is_gap(enum status s, bool expected, uint64_t records, uint64_t skipped,
                     uint64_t lost);
