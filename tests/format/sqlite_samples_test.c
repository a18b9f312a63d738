/* Databases of real programs, and what the kernel sees of us while we read. */
#include <dirent.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "sqlite_make.h"

static struct made sample(struct arena *a, const char *path)
{
    struct made m = made_read(arena_printf(a, "%s/%s", samples_folder(a), path));
    if (!m.db.n) {
        print_message("no %s: skipped\n", path);
        skip();
    }
    return m;
}

static unsigned count(const char *text, const char *words)
{
    unsigned n = 0;
    for (const char *p = text; (p = strstr(p, words)); p += strlen(words))
        n++;
    return n;
}

static void a_phone_store_is_read_whole(void **state)
{
    (void)state;
    struct arena a = {0};
    static const char *const name[] = {"ZPROCNAME"}, *const usage[] = {"u.ZWWANIN", "p.Z_PK"};
    struct made m = sample(&a, "plaso/ios/DataUsage.sqlite");
    struct opened o = made_open(&m);
    assert_int_equal(count_lines(rows_of(&o, &a, "ZPROCESS", "Z_PK", name, 1)), 371);
    const char *rows = rows_of(
        &o, &a, "ZLIVEUSAGE u LEFT JOIN ZPROCESS p ON p.Z_PK = u.ZHASPROCESS", "u.Z_PK", usage, 2);
    assert_int_equal(count_lines(rows), 887);
    assert_int_equal(count(rows, "|-\n"), 0);
    sqlite_check(o.s, "ZPROCESS");
    assert_string_equal(losses_of(&o, &a), "");
    opened_close(&o);
    made_free(&m);
    arena_free(&a);
}

static void a_wal_of_a_real_program_is_replayed(void **state)
{
    (void)state;
    struct arena a = {0};
    static const char *const columns[] = {"Field1"};
    struct made m = sample(&a, "plaso/wal_database.db");
    if (!m.wal.n) {
        made_free(&m);
        arena_free(&a);
        skip();
    }
    struct opened o = made_open(&m);
    assert_int_equal(sqlite_overlay(o.s), WAL);
    const char *rows = rows_of(&o, &a, "MyTable", "rowid", columns, 1);
    /* The publisher's own count of rows as they are now; some of them stand only in the WAL. */
    assert_in_range(count(rows, " live ") + count(rows, " wal "), 10, 11);
    assert_true(count(rows, " wal ") >= 1);
    opened_close(&o);
    made_free(&m);
    arena_free(&a);
}

static void a_damaged_store_gives_the_rest(void **state)
{
    (void)state;
    struct arena a = {0};
    static const char *const columns[] = {"m.guid", "h.id"};
    struct made m = sample(&a, "handover/V14/backup/3d/3d0d7e5fb2ce288813306e4d4636395e047a3d28");
    struct opened o = made_open(&m);
    const char *rows = rows_of(&o, &a, "message m LEFT JOIN handle h ON h.ROWID = m.handle_id",
                               "m.ROWID", columns, 2);
    assert_in_range(count_lines(rows), 187, 199);
    assert_non_null(strstr(rows, " live G0|"));
    sqlite_check(o.s, "message");
    assert_non_null(strstr(losses_of(&o, &a), "can't be read"));
    assert_non_null(strstr(losses_of(&o, &a), "Page 25"));
    opened_close(&o);
    made_free(&m);
    arena_free(&a);
}

/* One table as SQLite itself gives it, from a copy, in the form of rows_of(). */
static const char *stock_rows(sqlite3 *db, struct arena *a, const char *sql)
{
    sqlite3_stmt *st;
    struct buf out = {0};
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &st, NULL), SQLITE_OK);
    while (sqlite3_step(st) == SQLITE_ROW) {
        buf_printf(&out, "%lld live ", (long long)sqlite3_column_int64(st, 0));
        for (int i = 1; i < sqlite3_column_count(st); i++) {
            int type = sqlite3_column_type(st, i);
            /* The conversion to UTF-8 first, then its length. */
            const uint8_t *p =
                type == SQLITE_BLOB ? sqlite3_column_blob(st, i) : sqlite3_column_text(st, i);
            int n = sqlite3_column_bytes(st, i);
            buf_text(&out, i > 1 ? "|" : "");
            if (type == SQLITE_INTEGER)
                buf_printf(&out, "%lld", (long long)sqlite3_column_int64(st, i));
            else if (type == SQLITE_FLOAT)
                buf_printf(&out, "%.15g", sqlite3_column_double(st, i));
            else if (type == SQLITE_TEXT)
                buf_add(&out, p, (size_t)n);
            else if (type == SQLITE_NULL)
                buf_text(&out, "-");
            for (int j = 0; type == SQLITE_BLOB && j < n; j++)
                buf_printf(&out, "%02x", p[j]);
        }
        buf_byte(&out, '\n');
    }
    sqlite3_finalize(st);
    char *text = arena_string(a, buf_view(&out));
    buf_free(&out);
    return text;
}

enum { MAX_NAMES = 64 };

static unsigned names(sqlite3 *db, struct arena *a, const char *sql, int column,
                      const char *to[MAX_NAMES])
{
    sqlite3_stmt *st;
    unsigned n = 0;
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &st, NULL), SQLITE_OK);
    while (n < MAX_NAMES && sqlite3_step(st) == SQLITE_ROW)
        to[n++] = arena_printf(a, "%s", (const char *)sqlite3_column_text(st, column));
    sqlite3_finalize(st);
    return n;
}

static const char *quoted(struct arena *a, const char *name)
{
    char *q = sqlite3_mprintf("\"%w\"", name);
    char *kept = arena_printf(a, "%s", q);
    sqlite3_free(q);
    return kept;
}

static unsigned compare_tables(struct opened *o, sqlite3 *db, struct arena *a)
{
    const char *tables[MAX_NAMES], *columns[MAX_NAMES];
    unsigned compared = 0, n = names(db, a,
                                     "SELECT name FROM sqlite_schema WHERE type = 'table'"
                                     " AND name NOT LIKE 'sqlite_%'",
                                     0, tables);
    for (unsigned i = 0; i < n; i++) {
        if (!sqlite_has_table(o->s, tables[i]))
            continue;
        const char *table = quoted(a, tables[i]), *list = "";
        unsigned width = names(db, a, arena_printf(a, "PRAGMA table_info(%s)", table), 1, columns);
        for (unsigned c = 0; c < width; c++) {
            columns[c] = quoted(a, columns[c]);
            list = arena_printf(a, "%s, %s", list, columns[c]);
        }
        bool rowid = sqlite_has(o->s, "_rowid_", table);
        const char *row = rowid ? "_rowid_" : "1";
        assert_string_equal(rows_of(o, a, table, row, columns, width),
                            stock_rows(db, a,
                                       arena_printf(a, "SELECT %s%s FROM %s NOT INDEXED ORDER BY 1",
                                                    row, list, table)));
        sqlite_check(o->s, tables[i]);
        compared++;
    }
    return compared;
}

static void odd_databases_give_what_sqlite_gives(void **state)
{
    (void)state;
    struct arena a = {0};
    unsigned compared = 0, files = 0;
    const char *folder = arena_printf(&a, "%s/sqlite-corpus", samples_folder(&a));
    for (unsigned sub = 1; sub <= 0xe; sub++) {
        char path[64];
        const char *in = arena_printf(&a, "%s/%02X", folder, sub);
        DIR *d = opendir(in);
        for (struct dirent *f; d && (f = readdir(d));) {
            if (!slice_ends(slice_of(f->d_name), ".db"))
                continue;
            struct made m = made_read(arena_printf(&a, "%s/%s", in, f->d_name));
            struct opened o = made_open(&m);
            sqlite3 *db;
            assert_non_null(o.s);
            assert_int_equal(sqlite3_open(made_write(&m, path), &db), SQLITE_OK);
            compared += compare_tables(&o, db, &a);
            assert_int_equal(count(losses_of(&o, &a), "Page"), 0);
            files++;
            sqlite3_close(db);
            made_remove(path);
            opened_close(&o);
            made_free(&m);
        }
        if (d)
            closedir(d);
    }
    arena_free(&a);
    assert_true(files == 0 || (files > 60 && compared > 60));
}

/* Kills the process at the first call that could open, make or change a file. */
static void forbid_files(void)
{
    static const unsigned calls[] = {
#ifdef SYS_open
        SYS_open,     SYS_creat,    SYS_unlink,   SYS_rename,  SYS_mkdir,
#endif
        SYS_openat,   SYS_unlinkat, SYS_renameat, SYS_mkdirat, SYS_ftruncate,
        SYS_pwrite64, SYS_fsync,    SYS_socket,   SYS_execve,
    };
    enum { N = sizeof calls / sizeof *calls };
    struct sock_filter filter[N + 3] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr))};
    for (unsigned i = 0; i < N; i++)
        filter[1 + i] =
            (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, calls[i], (uint8_t)(N - i), 0);
    filter[N + 1] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    filter[N + 2] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
    struct sock_fprog program = {N + 3, filter};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
        _exit(77);
}

/* Everything that could make SQLite want a file: a WAL, a roll-back, a large sort, the clock. */
static int read_confined(const struct made *with_wal, const struct made *hot)
{
    static const char *const columns[] = {"t.a", "datetime('now')"};
    const struct made *both[] = {with_wal, hot};
    struct arena a = {0};
    unsigned rows = 0;
    for (int i = 0; i < 2; i++) {
        struct opened o = made_open(both[i]);
        if (!o.s)
            return 1;
        rows += count_lines(rows_of(&o, &a, "t LEFT JOIN t u ON u.a = t.a", "t.a", columns, 2));
        sqlite_check(o.s, "t");
        if (sqlite_losses(o.s).n)
            return 2;
        opened_close(&o);
    }
    arena_free(&a);
    return rows >= 4000 ? 0 : 3;
}

static void reading_asks_the_kernel_for_no_file(void **state)
{
    (void)state;
    static const char filled[] =
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a);"
        "WITH c(i) AS (VALUES(1) UNION ALL SELECT i + 1 FROM c WHERE i < 2000)"
        " INSERT INTO t SELECT i, printf('%d %.*c', 7919 * i % 2003, 400, 'x') FROM c;";
    struct made with_wal = made_wal(filled, "DELETE FROM t WHERE id % 7 = 0;"
                                            "INSERT INTO t VALUES (3000, 'new')");
    struct made hot = made_hot(filled, "UPDATE t SET a = 'changed'");
    sqlite_setup();
    pid_t child = fork();
    if (child == 0) {
        forbid_files();
        _exit(read_confined(&with_wal, &hot));
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    made_free(&with_wal);
    made_free(&hot);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
        skip(); /* no seccomp here */
    assert_int_equal(status, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reading_asks_the_kernel_for_no_file),
        cmocka_unit_test(a_phone_store_is_read_whole),
        cmocka_unit_test(a_wal_of_a_real_program_is_replayed),
        cmocka_unit_test(a_damaged_store_gives_the_rest),
        cmocka_unit_test(odd_databases_give_what_sqlite_gives),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
