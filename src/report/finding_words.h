#pragma once

#include "detect/review.h"
#include "report/report.h"

/* What a finding says to a person, in the order of docs/reading-a-report.md. All in the arena. */
struct finding_text {
    const char *title;       /* "Received: link or name" ... */
    const char *explanation; /* one paragraph: seen, what the step means, the list, how sure */
    const char *benign[8];   /* NULL-terminated */
    const char *next[4];
};

/* One row of `finding` with what belongs to it. Slices die with the next case_finding_next(). */
struct case_finding {
    int64_t id, number, evidence; /* number: in export order, from 1 */
    struct slice key, artifact, title_of_artifact, rule, how, subject, type, family_class;
    enum severity severity;
    enum confidence confidence;
    enum exposure exposure;
    struct utime time, last; /* of its first and last record */
    uint64_t records;
    /* of its best indicator; empty for rules */
    struct slice family, set_name, published, indicator;
    struct utime set_date;
    /* what a person decided, and when; REVIEW_NONE: nobody did */
    enum review review;
    struct slice review_by, review_text;
    struct utime reviewed;
};

/* All findings in export order: time (none last), artifact, place. */
struct finding_iter;
struct finding_iter *findings_open(struct casefile *c, struct err *e);
bool findings_next(struct finding_iter *it, struct case_finding *out, struct err *e);
void findings_close(struct finding_iter *it);

void finding_words(const struct case_finding *f, const char *lang, struct arena *a,
                   struct finding_text *out);
