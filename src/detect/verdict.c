/* What a case says: the verdict in the order of docs/output.md, and the exit status. */
#include <sqlite3.h>
#include <stdio.h>

#include "casefile/impl.h"
#include "detect/impl.h"
#include "detect/review.h"

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

/* Pending leaves the file as failed, and so does what a hostile case may hold. */
static enum status status_from(struct slice name)
{
    for (unsigned i = STATUS_READ; i < STATUSES; i++)
        if (slice_is(name, status_name((enum status)i)))
            return (enum status)i;
    return STATUS_FAILED;
}

static bool count_coverage(struct casefile *c, struct conclusion *k, struct err *e)
{
    sqlite3_stmt *s =
        case_prepare(c, "SELECT status, expected, records, skipped, lost FROM coverage", e);
    int rc = SQLITE_ERROR;
    while (s && (rc = sqlite3_step(s)) == SQLITE_ROW) {
        enum status status = status_from(case_text(s, 0));
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
    sqlite3_stmt *s = case_prepare(c,
                                   "SELECT f.severity, f.confidence, l.action FROM finding f "
                                   "LEFT JOIN log l ON l.id = " REVIEW_ROW,
                                   e);
    int rc = SQLITE_ERROR;
    while (s && (rc = sqlite3_step(s)) == SQLITE_ROW) {
        int severity = sqlite3_column_int(s, 0);
        if (severity < 0 || severity > SEVERITY_CRITICAL)
            continue;
        if (slice_is(case_text(s, 2), "dismiss")) {
            k->dismissed++;
            continue;
        }
        k->findings[severity]++;
        *traces |= sqlite3_column_int(s, 1) == CONFIDENCE_HIGH;
        *review |= severity > SEVERITY_INFO;
    }
    sqlite3_finalize(s);
    return rc == SQLITE_DONE || case_err(c, e);
}

/* What isn't a coverage row and yet moves the verdict. */
struct circumstances {
    int64_t evidence;    /* pieces that could be opened */
    int64_t unopened;    /* there are others that could not */
    int64_t unread_sets; /* lists that could not be read */
    int64_t interrupted;
    int64_t ended; /* the check came to its end, and matched what it had read */
};

static bool look_around(struct casefile *c, struct conclusion *k, struct circumstances *x,
                        struct err *e)
{
#define FACT(name) "SELECT count(*) FROM run WHERE name = '" name "' AND value <> '0'"
    int64_t detected = 0, finished = 0, sets = 0, values = 0;
    bool ok = case_number(c, "SELECT count(*) FROM evidence", &x->evidence, e) &&
              case_number(c, FACT("unopened"), &x->unopened, e) &&
              case_number(c, FACT("unread_sets"), &x->unread_sets, e) &&
              case_number(c, FACT("interrupted"), &x->interrupted, e) &&
              case_number(c, FACT("detected"), &detected, e) &&
              case_number(c, FACT("finished"), &finished, e) &&
              case_number(c, "SELECT count(*) FROM indicator_set", &sets, e) &&
              case_number(c, "SELECT coalesce(sum(loaded), 0) FROM indicator_set", &values, e);
    x->ended = detected && (finished || c->fresh) && !c->failed;
    k->sets = (uint64_t)sets;
    k->indicators = (uint64_t)values;
    return ok;
}

static bool note(struct casefile *c, const struct conclusion *k, struct err *e)
{
    char exit[16];
    snprintf(exit, sizeof exit, "%d", k->exit);
    return c->mode != CASE_WRITE ||
           (casefile_set(c, "verdict", slice_of(verdict_name(k->verdict)), e) &&
            casefile_set(c, "exit", slice_of(exit), e));
}

/* Nothing could be read: not where the owner left it all out, nor where the check broke off. */
static bool is_unreadable(const struct conclusion *k, const struct circumstances *x)
{
    return x->ended && !x->interrupted &&
           (!x->evidence || k->coverage[STATUS_FAILED] || k->coverage[STATUS_LOCKED] ||
            !k->coverage[STATUS_SKIPPED]);
}

bool detect_conclude(struct casefile *c, enum severity fail_on, struct conclusion *out,
                     struct err *e)
{
    bool traces = false, review = false, found = false;
    struct circumstances x = {0};
    struct conclusion k = {0};
    if (!look_around(c, &k, &x, e) || !count_coverage(c, &k, e) ||
        !count_findings(c, &k, &traces, &review, e))
        return false;
    bool nothing_read = !k.coverage[STATUS_READ] && !k.coverage[STATUS_PARTIAL];
    k.gaps += (k.indicators == 0) + (x.unopened > 0) + (x.unread_sets > 0) + (x.interrupted > 0) +
              !x.ended + nothing_read;
    for (unsigned s = fail_on; s <= SEVERITY_CRITICAL; s++)
        found |= k.findings[s] > 0;
    bool unreadable = nothing_read && !traces && !review && is_unreadable(&k, &x);
    k.verdict = unreadable ? VERDICT_UNREADABLE
                : traces   ? VERDICT_TRACES
                : review   ? VERDICT_REVIEW
                : k.gaps   ? VERDICT_INCOMPLETE
                           : VERDICT_NONE;
    k.exit = unreadable ? 4 : found ? 1 : k.gaps ? 3 : 0;
    *out = k;
    return note(c, &k, e);
}
