/* What a case says: the verdict in the order of docs/output.md, and the exit status. */
#include <sqlite3.h>
#include <stdio.h>

#include "casefile/impl.h"
#include "detect/impl.h"

const char *verdict_name(enum verdict v)
{
    static const char *const names[] = {"unreadable", "traces", "review", "incomplete",
                                        "none-found"};
    return (unsigned)v < 5 ? names[v] : "";
}

bool coverage_is_gap(enum status s, bool expected, uint64_t records, uint64_t skipped,
                     uint64_t lost)
{
    /* The line of docs/output.md, "When a verdict is incomplete": never moved silently. */
    enum { MAX_ROWS = 100, MAX_SHARE = 100 /* one in a hundred */ };
    switch (s) {
    case STATUS_READ:
    case STATUS_NOT_APPLICABLE:
    case STATUS_SKIPPED: return false;
    case STATUS_ABSENT: return expected;
    case STATUS_PARTIAL:
        return lost || skipped == 0 || skipped > MAX_ROWS ||
               skipped * MAX_SHARE > records + skipped;
    case STATUS_PENDING:
    case STATUS_FAILED:
    case STATUS_LOCKED:
    case STATUSES: break;
    }
    return true;
}

static enum status status_from(const char *name)
{
    for (unsigned i = 0; i < STATUSES; i++)
        if (!strcmp(name, status_name((enum status)i)))
            return (enum status)i;
    return STATUS_FAILED;
}

static bool count_coverage(struct casefile *c, struct conclusion *k, struct err *e)
{
    sqlite3_stmt *s =
        case_prepare(c, "SELECT status, expected, records, skipped, lost FROM coverage", e);
    int rc = SQLITE_ERROR;
    while (s && (rc = sqlite3_step(s)) == SQLITE_ROW) {
        enum status status = status_from((const char *)sqlite3_column_text(s, 0));
        if (status == STATUS_PENDING)
            status = STATUS_FAILED; /* pending leaves the file as failed */
        k->coverage[status]++;
        k->gaps += coverage_is_gap(
            status, sqlite3_column_int(s, 1), (uint64_t)sqlite3_column_int64(s, 2),
            (uint64_t)sqlite3_column_int64(s, 3), (uint64_t)sqlite3_column_int64(s, 4));
    }
    sqlite3_finalize(s);
    return rc == SQLITE_DONE || case_err(c, e);
}

static bool count_findings(struct casefile *c, struct conclusion *k, bool *traces, bool *review,
                           struct err *e)
{
    sqlite3_stmt *s = case_prepare(c, "SELECT severity, confidence FROM finding", e);
    int rc = SQLITE_ERROR;
    while (s && (rc = sqlite3_step(s)) == SQLITE_ROW) {
        int severity = sqlite3_column_int(s, 0);
        if (severity < 0 || severity > SEVERITY_CRITICAL)
            continue;
        k->findings[severity]++;
        *traces |= sqlite3_column_int(s, 1) == CONFIDENCE_HIGH;
        *review |= severity > SEVERITY_INFO;
    }
    sqlite3_finalize(s);
    return rc == SQLITE_DONE || case_err(c, e);
}

static int64_t number(struct casefile *c, const char *sql)
{
    struct err ignored = {0};
    int64_t n = 0;
    sqlite3_stmt *s = case_prepare(c, sql, &ignored);
    if (s && sqlite3_step(s) == SQLITE_ROW)
        n = sqlite3_column_int64(s, 0);
    sqlite3_finalize(s);
    return n;
}

/* What isn't a coverage row and yet leaves the check incomplete. */
static unsigned other_gaps(struct casefile *c, const struct conclusion *k)
{
    unsigned n = k->indicators == 0;
    n += number(c,
                "SELECT count(*) FROM run WHERE name IN ('unopened', 'unread_sets', 'interrupted')"
                " AND value <> '0'") > 0;
    n += !c->fresh && number(c, "SELECT count(*) FROM run WHERE name = 'finished'") == 0;
    return n;
}

static bool note(struct casefile *c, const struct conclusion *k, struct err *e)
{
    char exit[16];
    snprintf(exit, sizeof exit, "%d", k->exit);
    return c->mode != CASE_WRITE ||
           (casefile_set(c, "verdict", slice_of(verdict_name(k->verdict)), e) &&
            casefile_set(c, "exit", slice_of(exit), e));
}

bool detect_conclude(struct casefile *c, enum severity fail_on, struct conclusion *out,
                     struct err *e)
{
    bool traces = false, review = false, found = false;
    struct conclusion k = {0};
    k.sets = (uint64_t)number(c, "SELECT count(*) FROM indicator_set");
    k.indicators = (uint64_t)number(c, "SELECT coalesce(sum(loaded), 0) FROM indicator_set");
    if (!count_coverage(c, &k, e) || !count_findings(c, &k, &traces, &review, e))
        return false;
    k.gaps += other_gaps(c, &k);
    for (unsigned s = fail_on; s <= SEVERITY_CRITICAL; s++)
        found |= k.findings[s] > 0;
    bool nothing_read = !k.coverage[STATUS_READ] && !k.coverage[STATUS_PARTIAL];
    bool unreadable = nothing_read && !traces && !review &&
                      (number(c, "SELECT count(*) FROM evidence") == 0 ||
                       k.coverage[STATUS_FAILED] || k.coverage[STATUS_LOCKED]);
    k.verdict = unreadable ? VERDICT_UNREADABLE
                : traces   ? VERDICT_TRACES
                : review   ? VERDICT_REVIEW
                : k.gaps   ? VERDICT_INCOMPLETE
                           : VERDICT_NONE;
    k.exit = unreadable ? 4 : found ? 1 : k.gaps ? 3 : 0;
    *out = k;
    return note(c, &k, e);
}
