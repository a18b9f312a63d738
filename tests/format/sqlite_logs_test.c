/* Damaged WALs and journals: SQLite stops at the first bad frame in silence, we don't. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sqlite_make.h"

enum { PAGE = 4096, FRAME = 24 + PAGE, HEADER = 32 };

static const char first_row[] =
    "CREATE TABLE t (id INTEGER PRIMARY KEY, a); INSERT INTO t VALUES (1, 'one');";

/* Three transactions of one frame each: rows 2, 3, 4. */
static struct made three_frames(void)
{
    struct made m = made_wal(first_row, "INSERT INTO t VALUES (2, 'two');"
                                        "INSERT INTO t VALUES (3, 'three');"
                                        "INSERT INTO t VALUES (4, 'four')");
    assert_int_equal(m.wal.n, HEADER + 3 * FRAME);
    return m;
}

/* n: rows that come; losses: "" or words that must be among them. Frees m. */
static void expect(struct made *m, unsigned n, const char *losses)
{
    static const char *const columns[] = {"a"};
    struct arena a = {0};
    struct opened o = made_open(m);
    if (!o.s)
        fail_msg("%s", o.e.msg);
    assert_int_equal(count_lines(rows_of(&o, &a, "t", "id", columns, 1)), n);
    sqlite_check(o.s, "t");
    const char *told = losses_of(&o, &a);
    if (!*losses && *told)
        fail_msg("told: %s", told);
    if (!strstr(told, losses))
        fail_msg("'%s' is not in: %s", losses, told);
    opened_close(&o);
    made_free(m);
    arena_free(&a);
}

static void a_whole_wal_is_no_loss(void **state)
{
    (void)state;
    struct made m = three_frames();
    expect(&m, 4, "");
}

static void a_flipped_byte_in_a_frame_is_told(void **state)
{
    (void)state;
    struct made m = three_frames();
    m.wal.p[HEADER + FRAME + 1000] ^= 1;
    expect(&m, 2, "its WAL is damaged behind byte 4152; frames not used: 2");
}

static void a_flipped_salt_in_the_last_frame_is_told(void **state)
{
    (void)state;
    struct made m = three_frames();
    m.wal.p[HEADER + 2 * FRAME + 9] ^= 1;
    expect(&m, 3, "its WAL is damaged behind byte 8272; frames not used: 1");
}

static void a_damaged_first_frame_is_told_though_nothing_is_left(void **state)
{
    (void)state;
    struct made m = three_frames();
    m.wal.p[HEADER + 100] ^= 1;
    expect(&m, 1, "its WAL is damaged behind byte 32; frames not used: 3");
}

static void a_damaged_header_is_told(void **state)
{
    (void)state;
    for (size_t at = 0; at < HEADER; at++) {
        struct made m = three_frames();
        m.wal.p[at] ^= 0x10;
        expect(&m, 1, "the header of its WAL is damaged: 12392 bytes were not used");
    }
}

static void a_wal_that_ends_inside_a_frame_is_told(void **state)
{
    (void)state;
    static const size_t left[] = {1, 12, 30, 4000};
    for (size_t i = 0; i < sizeof left / sizeof *left; i++) {
        struct made m = three_frames();
        m.wal.n = HEADER + 2 * FRAME + left[i];
        expect(&m, 3, "its WAL ends inside a frame");
    }
    struct made m = three_frames();
    m.wal.n = 20;
    expect(&m, 1, "its WAL is cut off after 20 bytes");
}

/* Frames of an earlier round behind the end are the normal state of a WAL that was restarted. */
static struct made restarted(void)
{
    struct made m = made_wal(first_row, "INSERT INTO t VALUES (2, 'two');"
                                        "INSERT INTO t VALUES (3, 'three');"
                                        "PRAGMA wal_checkpoint(RESTART);"
                                        "INSERT INTO t VALUES (4, 'four');");
    assert_int_equal(m.wal.n, HEADER + 2 * FRAME);
    return m;
}

static void frames_of_an_earlier_round_are_no_loss(void **state)
{
    (void)state;
    struct made m = restarted();
    expect(&m, 4, "");
    m = restarted();
    m.wal.n -= 100; /* journal_size_limit cuts anywhere */
    expect(&m, 4, "");
}

static void damage_before_an_earlier_round_is_told(void **state)
{
    (void)state;
    struct made m = restarted();
    m.wal.p[HEADER + 2000] ^= 4;
    expect(&m, 3, "its WAL is damaged behind byte 32; frames not used: 1");
}

static void a_wal_of_other_page_size_is_not_used(void **state)
{
    (void)state;
    struct made m = three_frames(), other = made_wal("PRAGMA page_size = 1024; CREATE TABLE t (a);",
                                                     "INSERT INTO t VALUES (1)");
    buf_clear(&m.wal);
    buf_add(&m.wal, other.wal.p, other.wal.n);
    made_free(&other);
    expect(&m, 1, "its WAL has pages of 1024 bytes, the database of 4096: not used");
}

static void put_be32(uint8_t *p, uint32_t v)
{
    for (int i = 0; i < 4; i++)
        p[i] = (uint8_t)(v >> (24 - 8 * i));
}

/* Gives all frames good checksums again (over big-endian words). */
static void seal(struct buf *wal)
{
    uint32_t sum[2] = {0, 0};
    wal->p[3] |= 1;
    for (size_t at = 0, n = 0; at < wal->n; at += n) {
        n = at ? FRAME : HEADER;
        for (size_t i = 0; i < n; i += 8) {
            if (i == (at ? 8 : 24)) /* salts (of a frame) and the sums themselves */
                i = at ? 24 : HEADER;
            if (i == n)
                break;
            struct cursor c = cursor(slice_at(wal->p + at + i, 8));
            sum[0] += cursor_u32be(&c) + sum[1];
            sum[1] += cursor_u32be(&c) + sum[0];
        }
        put_be32(wal->p + at + (at ? 16 : 24), sum[0]);
        put_be32(wal->p + at + (at ? 20 : 28), sum[1]);
    }
}

static void a_wal_that_makes_it_unreadable_is_left_out(void **state)
{
    (void)state;
    struct made m = three_frames();
    seal(&m.wal);
    expect(&m, 4, "");
    m = three_frames();
    m.wal.p[HEADER + 2 * FRAME + 3] = 1; /* a page 1 that is none */
    seal(&m.wal);
    expect(&m, 1, "its WAL can't be used: ");
}

static void pages_that_only_the_wal_has_are_not_missing(void **state)
{
    (void)state;
    struct made m = made_wal(first_row, "WITH c(i) AS (VALUES(2) UNION ALL SELECT i + 1 FROM c"
                                        " WHERE i < 100) INSERT INTO t SELECT i,"
                                        " printf('%.*c', 1000, 'x') FROM c;");
    assert_true(m.wal.n > HEADER + 20 * FRAME);
    expect(&m, 100, "");
}

static void pages_behind_the_file_that_the_wal_lacks_are_told(void **state)
{
    (void)state;
    struct made m = made_wal("CREATE TABLE t (id INTEGER PRIMARY KEY, a);"
                             "WITH c(i) AS (VALUES(1) UNION ALL SELECT i + 1 FROM c"
                             " WHERE i < 100) INSERT INTO t SELECT i,"
                             " printf('%.*c', 1000, 'x') FROM c;",
                             "INSERT INTO t VALUES (101, 'a')");
    m.db.n -= 5 * PAGE;
    static const char *const columns[] = {"id"};
    struct arena a = {0};
    struct opened o = made_open(&m);
    assert_non_null(strstr(losses_of(&o, &a), "missing pages: "));
    const char *rows = rows_of(&o, &a, "t", "id", columns, 1);
    assert_true(count_lines(rows) > 50);
    assert_non_null(strstr(rows, "101 wal 101"));
    opened_close(&o);
    made_free(&m);
    arena_free(&a);
}

static const char filled[] = "CREATE TABLE t (id INTEGER PRIMARY KEY, a);"
                             "WITH c(i) AS (VALUES(1) UNION ALL SELECT i + 1 FROM c WHERE i < 200)"
                             " INSERT INTO t SELECT i, printf('text %d %.*c', i, 400, 'x') FROM c;";

static struct made hot(void)
{
    return made_hot(filled, "UPDATE t SET a = 'changed'");
}

/* Losses alone: how many rows a half rolled-back database shows is chance. */
static void expect_loss(struct made *m, const char *words)
{
    struct arena a = {0};
    struct opened o = made_open(m);
    assert_non_null(o.s);
    if (!strstr(losses_of(&o, &a), words))
        fail_msg("'%s' is not in: %s", words, losses_of(&o, &a));
    opened_close(&o);
    made_free(m);
    arena_free(&a);
}

static void a_damaged_journal_is_told(void **state)
{
    (void)state;
    struct made m = hot();
    m.journal.p[512 + 2] ^= 1;        /* the page number of the first record */
    m.journal.p[512 + 4 + PAGE] ^= 1; /* its checksum */
    expect_loss(&m, "its journal is damaged at byte 512: rolled back in part");
    m = hot();
    m.journal.p[0] ^= 1;
    expect_loss(&m, "the header of its journal is damaged: not rolled back");
    m = hot();
    m.journal.n = 512 + 2 * (PAGE + 8) + 100;
    expect_loss(&m, "its journal is damaged at byte 8720: rolled back in part");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_wal_is_no_loss),
        cmocka_unit_test(a_flipped_byte_in_a_frame_is_told),
        cmocka_unit_test(a_flipped_salt_in_the_last_frame_is_told),
        cmocka_unit_test(a_damaged_first_frame_is_told_though_nothing_is_left),
        cmocka_unit_test(a_damaged_header_is_told),
        cmocka_unit_test(a_wal_that_ends_inside_a_frame_is_told),
        cmocka_unit_test(frames_of_an_earlier_round_are_no_loss),
        cmocka_unit_test(damage_before_an_earlier_round_is_told),
        cmocka_unit_test(a_wal_of_other_page_size_is_not_used),
        cmocka_unit_test(a_wal_that_makes_it_unreadable_is_left_out),
        cmocka_unit_test(pages_that_only_the_wal_has_are_not_missing),
        cmocka_unit_test(pages_behind_the_file_that_the_wal_lacks_are_told),
        cmocka_unit_test(a_damaged_journal_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
