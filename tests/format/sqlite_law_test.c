/*
 * The law of damage: wherever a database or its WAL is cut or flipped, nothing crashes or hangs, and
 * a row that no longer comes is never missing without a word. BRIDLE_SQLITE_ROUNDS and _SEED widen
 * the search.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/utime.h"
#include "sqlite_make.h"

enum { MESSAGES = 300 };

#define STORE                                                                                      \
    "CREATE TABLE handle (id INTEGER PRIMARY KEY, name TEXT NOT NULL);"                            \
    "CREATE TABLE message (id INTEGER PRIMARY KEY AUTOINCREMENT, guid TEXT UNIQUE NOT NULL,"       \
    " handle_id INTEGER, text TEXT, body BLOB);"                                                   \
    "CREATE TABLE other (k TEXT PRIMARY KEY, v) WITHOUT ROWID;"                                    \
    "CREATE INDEX by_handle ON message (handle_id);"                                               \
    "WITH c(i) AS (VALUES(1) UNION ALL SELECT i + 1 FROM c WHERE i < 40)"                          \
    " INSERT INTO handle SELECT i, printf('user%d@a.example', i) FROM c;"                          \
    "INSERT INTO other SELECT name, id FROM handle;"                                               \
    "WITH c(i) AS (VALUES(1) UNION ALL SELECT i + 1 FROM c WHERE i < 250)"                         \
    " INSERT INTO message SELECT i, printf('guid-%d', i), 1 + i % 40,"                             \
    "  printf('text %d %.*c', i, i % 150, 'x'),"                                                   \
    "  CASE WHEN i % 25 = 0 THEN CAST(printf('%.*c', 3000, 'b') AS BLOB) END FROM c;"

/* Only in the WAL, and a few gone. */
static const char more[] =
    "WITH c(i) AS (VALUES(251) UNION ALL SELECT i + 1 FROM c WHERE i < 310)"
    " INSERT INTO message SELECT i, printf('guid-%d', i), 1, 'late', NULL FROM c;"
    "DELETE FROM message WHERE id % 31 = 0;";

struct seen {
    bool opened;
    unsigned n;     /* rows that are there now */
    bool ids[1000]; /* which */
    bool told;      /* a loss, or an error */
};

static struct seen look(const struct made *m)
{
    static const char *const columns[] = {"m.text", "m.body", "h.name"};
    struct seen seen = {.told = true};
    struct err e = {0};
    struct sqlite_row r;
    struct opened o = made_open(m);
    if (!o.s)
        goto done;
    seen.opened = true;
    seen.told = !sqlite_has_table(o.s, "message") || !sqlite_has_table(o.s, "handle");
    struct sqlite_query *q = sqlite_query(o.s, "message m LEFT JOIN handle h ON h.id = m.handle_id",
                                          "m.id", columns, 3, &e);
    while (q && sqlite_next(q, &r, &e)) {
        if (r.state == RECOVERED)
            continue;
        seen.n++;
        if (r.has_id && r.id >= 0 && r.id < 1000)
            seen.ids[r.id] = true;
    }
    sqlite_query_free(q);
    sqlite_check(o.s, "message");
    sqlite_check(o.s, "handle");
    seen.told |= e.code || sqlite_losses(o.s).n > 0;
done:
    opened_close(&o);
    return seen;
}

static unsigned number(const char *name, unsigned otherwise)
{
    const char *v = getenv(name);
    return v ? (unsigned)atoi(v) : otherwise;
}

static void keeps_the_law(struct made whole)
{
    unsigned rounds = number("BRIDLE_SQLITE_ROUNDS", 300), broken = 0;
    uint64_t random = number("BRIDLE_SQLITE_SEED", 1);
    struct seen all = look(&whole);
    assert_true(all.opened && !all.told && all.n > 200);
    for (unsigned i = 0; i < rounds; i++) {
        char what[80];
        struct made m = made_copy(&whole);
        made_damage(&m, &random, what);
        double start = utime_steady();
        struct seen now = look(&m);
        bool missing = now.n < all.n;
        /* A flip in a rowid may give a row another id, which nothing can see. */
        unsigned gone = 0;
        for (unsigned id = 0; id < 1000; id++)
            gone += all.ids[id] && !now.ids[id];
        missing |= gone > 1;
        if ((missing && !now.told) || utime_steady() - start > 10) {
            print_error("%s: %u of %u rows, %u ids gone, %s\n", what, now.n, all.n, gone,
                        now.told ? "slow" : "nothing told");
            broken++;
        }
        made_free(&m);
    }
    made_free(&whole);
    assert_int_equal(broken, 0);
}

static void a_plain_database_keeps_the_law(void **state)
{
    (void)state;
    keeps_the_law(made_plain(STORE));
}

static void small_pages_keep_the_law(void **state)
{
    (void)state;
    keeps_the_law(made_plain("PRAGMA page_size = 512; PRAGMA auto_vacuum = FULL;" STORE));
}

static void a_database_with_a_wal_keeps_the_law(void **state)
{
    (void)state;
    keeps_the_law(made_wal("PRAGMA page_size = 1024;" STORE, more));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plain_database_keeps_the_law),
        cmocka_unit_test(small_pages_keep_the_law),
        cmocka_unit_test(a_database_with_a_wal_keeps_the_law),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
