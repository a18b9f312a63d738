#pragma once

#include <sqlite3.h>

#include "detect/detect.h"

/* Inside detect/ only: how findings are written, by matches and by rules alike. */

struct finding {
    int64_t evidence, observable; /* observable: 0 for a rule's */
    const char *artifact, *rule, *type, *how, *family_class;
    struct slice subject; /* the value, or what the rule is about */
    enum severity severity;
    enum confidence confidence;
    enum exposure exposure;
    struct utime time; /* of its first record */
};

struct writer {
    struct casefile *c;
    struct window window;
    sqlite3_stmt *add, *add_record;
};

MUST_CHECK bool writer_start(struct writer *w, struct casefile *c, const struct window *window,
                             struct err *e);
void writer_end(struct writer *w);
MUST_CHECK bool writer_finding(struct writer *w, const struct finding *f, int64_t *id,
                               struct err *e);
MUST_CHECK bool writer_record(struct writer *w, int64_t finding, int64_t record, struct slice field,
                              struct err *e);
/* Records without a time pass every window. */
bool in_window(const struct window *w, bool has_time, int64_t ns);

/* Findings of indicators, then of rules. */
MUST_CHECK bool match_run(struct writer *w, const struct matcher *m, struct err *e);
MUST_CHECK bool rules_run(struct writer *w, struct err *e);
