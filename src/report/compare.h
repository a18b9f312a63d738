#pragma once

#include "report/report.h"

/*
 * Several checks of one phone side by side, from their cases alone. A finding is the same in two
 * checks if its key is (artifact, rule, subject), whatever the evidence was called.
 */
struct comparison;

enum { COMPARE_MAX = 64 }; /* checks at once: they are columns of one table */

/* The cases stay the caller's and must outlive the comparison. by_date: puts them in the order of the
   day when the evidence was taken (else: of the check). paths: as people gave them. */
MUST_CHECK struct comparison *compare_open(struct casefile *const *cases, const char *const *paths,
                                           unsigned n, bool by_date, struct err *e);
void compare_close(struct comparison *x);

/* What differs between the first and the last check: findings, coverage, and what artifacts that
   hold a state (apps, profiles, settings) list. */
struct difference {
    unsigned added, gone, changed; /* findings */
    unsigned coverage;             /* artifacts with another status */
    unsigned state_added, state_gone;
    bool other_phone; /* both name a phone, and not the same */
};
void compare_difference(const struct comparison *x, struct difference *out);

/* For people; JSON lines (docs/output.md) for programs. diff: what differs; else: every finding
   with the checks that show it, as one timeline. */
void compare_text(const struct comparison *x, bool diff, const char *lang, struct buf *out);
void compare_json(const struct comparison *x, bool diff, struct buf *out);
