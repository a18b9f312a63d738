/* A case from somebody else may hold views, triggers or tables that lie: every object of its schema
   must be one of ours, word for word. */
#include "casefile/impl.h"

static const char objects[] =
    "SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name";

/* Indices that detection adds once a case is filled. */
static const char later[] = "CREATE INDEX sighting_observable ON sighting (observable_id);"
                            "CREATE INDEX record_coverage ON record (coverage_id, n);";

static bool same(sqlite3_stmt *a, sqlite3_stmt *b)
{
    for (int i = 0; i < 2; i++) {
        struct slice x = {sqlite3_column_text(a, i), (size_t)sqlite3_column_bytes(a, i)};
        struct slice y = {sqlite3_column_text(b, i), (size_t)sqlite3_column_bytes(b, i)};
        if (!slice_equal(x, y))
            return false;
    }
    return true;
}

static bool is_later(sqlite3_stmt *ours)
{
    const char *name = (const char *)sqlite3_column_text(ours, 0);
    return name && (!strcmp(name, "sighting_observable") || !strcmp(name, "record_coverage"));
}

/* Walks both lists in step; ours may have the later indices where the case has not. */
static bool compare(sqlite3_stmt *ours, sqlite3_stmt *theirs)
{
    int rc = sqlite3_step(theirs);
    while (sqlite3_step(ours) == SQLITE_ROW) {
        if (rc == SQLITE_ROW && same(ours, theirs))
            rc = sqlite3_step(theirs);
        else if (!is_later(ours))
            return false;
    }
    return rc == SQLITE_DONE;
}

bool case_check_schema(struct casefile *c, struct err *e)
{
    sqlite3 *model = NULL;
    sqlite3_stmt *ours = NULL, *theirs = case_prepare(c, objects, e);
    bool ok = theirs && sqlite3_open(":memory:", &model) == SQLITE_OK &&
              sqlite3_exec(model, case_schema, NULL, NULL, NULL) == SQLITE_OK &&
              sqlite3_exec(model, later, NULL, NULL, NULL) == SQLITE_OK &&
              sqlite3_prepare_v2(model, objects, -1, &ours, NULL) == SQLITE_OK &&
              compare(ours, theirs);
    sqlite3_finalize(ours);
    sqlite3_finalize(theirs);
    sqlite3_close(model);
    return ok || err_set(e, ERR_CORRUPT, "its tables are not those of a case");
}
