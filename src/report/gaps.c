#include "report/gaps.h"

#include <sqlite3.h>
#include <stdlib.h>

#include "report/rows.h"

struct coverage_iter {
    struct casefile *c;
    sqlite3_stmt *s;
};

#define ROWS                                                                                       \
    "SELECT c.id, c.evidence_id, c.artifact, c.title, c.reason, e.source, c.holds, c.status, "     \
    "c.files, c.records, c.skipped, c.lost, c.bytes, c.ms, c.first_ns, c.last_ns, c.can_show, "    \
    "c.types, c.found_in, c.expected, e.encrypted FROM coverage c "                                \
    "JOIN evidence e ON e.id = c.evidence_id ORDER BY "

struct coverage_iter *coverage_open(struct casefile *c, bool gaps_first, struct err *e)
{
    const char *sql =
        gaps_first ? ROWS
            "c.status IN ('read', 'not-applicable', 'skipped'), c.status = 'absent' AND "
            "NOT c.expected, c.expected = 0, c.artifact, c.evidence_id"
                   : ROWS "c.artifact, c.evidence_id";
    struct coverage_iter *it = xcalloc(1, sizeof *it);
    it->c = c;
    if (!(it->s = rows_query(c, sql, e))) {
        free(it);
        return NULL;
    }
    return it;
}

static struct utime moment(sqlite3_stmt *s, int i)
{
    return sqlite3_column_type(s, i) == SQLITE_NULL
               ? UTIME_NONE
               : (struct utime){sqlite3_column_int64(s, i), NANO};
}

bool coverage_next(struct coverage_iter *it, struct coverage_row *r, struct err *e)
{
    sqlite3_stmt *s = it->s;
    if (!rows_next(it->c, s, e))
        return false;
    *r = (struct coverage_row){
        .id = sqlite3_column_int64(s, 0),
        .evidence = sqlite3_column_int64(s, 1),
        .artifact = rows_text(s, 2),
        .title = rows_text(s, 3),
        .reason = rows_text(s, 4),
        .source = rows_text(s, 5),
        .holds = rows_text(s, 6),
        .status = STATUS_FAILED,
        .files = (uint64_t)sqlite3_column_int64(s, 8),
        .records = (uint64_t)sqlite3_column_int64(s, 9),
        .skipped = (uint64_t)sqlite3_column_int64(s, 10),
        .lost = (uint64_t)sqlite3_column_int64(s, 11),
        .bytes = (uint64_t)sqlite3_column_int64(s, 12),
        .seconds = (double)sqlite3_column_int64(s, 13) / 1000,
        .first = moment(s, 14),
        .last = moment(s, 15),
        .can_show = (unsigned)sqlite3_column_int(s, 16),
        .types = (unsigned)sqlite3_column_int(s, 17),
        .found_in = (unsigned)sqlite3_column_int(s, 18),
        .expected = sqlite3_column_int(s, 19) != 0,
        .encrypted = sqlite3_column_int(s, 20) != 0,
    };
    struct slice status = rows_text(s, 7);
    for (unsigned i = STATUS_READ; i < STATUSES; i++)
        if (slice_is(status, status_name((enum status)i)))
            r->status = (enum status)i;
    if (slice_is(status, "pending"))
        r->reason = slice_of("interrupted");
    r->gap = coverage_is_gap(r->status, r->expected, r->records, r->skipped, r->lost);
    return true;
}

void coverage_close(struct coverage_iter *it)
{
    if (!it)
        return;
    sqlite3_finalize(it->s);
    free(it);
}

static bool says(const struct coverage_row *r, const char *word)
{
    return slice_search(r->reason, slice_of(word), 0) < r->reason.n;
}

const char *gap_closer(const struct coverage_row *r)
{
    switch (r->status) {
    case STATUS_READ: return NULL;
    case STATUS_SKIPPED: return "close.no-skip";
    case STATUS_LOCKED: return "close.password";
    case STATUS_ABSENT: return r->expected ? "close.again" : NULL;
    case STATUS_NOT_APPLICABLE:
        return r->found_in & IN_BACKUP_ENC && slice_is(r->source, "ios-backup")
                   ? "close.encrypted-backup"
               : r->found_in & IN_IOS_FS      ? "close.filesystem"
               : r->found_in & IN_SYSDIAGNOSE ? "close.sysdiagnose"
               : r->found_in & IN_BUGREPORT   ? "close.bugreport"
                                              : NULL;
    case STATUS_PENDING:
    case STATUS_PARTIAL:
    case STATUS_FAILED:
    case STATUSES: break;
    }
    if (says(r, "schema not known") || says(r, "not known"))
        return "close.newer-version";
    return says(r, "limit of") ? "close.limits" : "close.again";
}

const char *gap_reason(const struct coverage_row *r, const char *lang, struct arena *a)
{
    if (!r->reason.n)
        return r->status == STATUS_ABSENT && r->expected
                   ? words(lang, "reason.expected")
                   : words(lang, arena_printf(a, "coverage.%s.means", status_name(r->status)));
    const char *key = arena_printf(a, "reason.%.*s", (int)r->reason.n, (const char *)r->reason.p);
    return words_have("en", key) ? words(lang, key) : arena_string(a, r->reason);
}
