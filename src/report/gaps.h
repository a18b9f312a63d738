#pragma once

#include "report/report.h"

/* A coverage row as the outputs need it. Slices die with the next coverage_next(). */
struct coverage_row {
    int64_t id, evidence;
    struct slice artifact, title, reason, source, holds;
    enum status status; /* never pending: that leaves the file as failed */
    uint64_t files, records, skipped, lost, bytes;
    double seconds;
    struct utime first, last;
    unsigned can_show, types, found_in;
    bool expected, encrypted, gap;
};

struct coverage_iter;
/* In export order: artifact, evidence. With gaps_first: what moves the verdict first. */
struct coverage_iter *coverage_open(struct casefile *c, bool gaps_first, struct err *e);
bool coverage_next(struct coverage_iter *it, struct coverage_row *out, struct err *e);
void coverage_close(struct coverage_iter *it);

/* The key of what would close the gap ("close.password"), or NULL. */
const char *gap_closer(const struct coverage_row *r);
/* Why, for people: the reason's words where it is a key of the tables, else as it is. */
const char *gap_reason(const struct coverage_row *r, const char *lang, struct arena *a);
