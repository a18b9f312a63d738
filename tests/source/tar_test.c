#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/format/tar_make.h"
#include "tests/source/tree.h"

static struct buf made;
static char root[64];
static int fd = -1;
static struct err e;

static int start(void **state)
{
    (void)state;
    made = (struct buf){0};
    tree_new(root);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    buf_free(&made);
    tree_remove(root);
    return 0;
}

/* The archive as evidence. */
static struct source *open_made(void)
{
    char path[4096];
    tree_put(root, "evidence.bin", made.p, made.n);
    tree_path(root, "evidence.bin", path);
    struct source *s = tree_open(path, NULL, &fd, &e);
    if (!s)
        print_message("# %s\n", e.msg);
    assert_non_null(s);
    return s;
}

static void close_made(struct source *s)
{
    source_close(s);
    close(fd);
}

static void members_are_read_in_place(void **state)
{
    (void)state;
    make_header(&made, "./", '5', 0);
    make_member(&made, "./d/a.txt", '0', "alpha");
    make_member(&made, "b.txt", '0', "");
    make_end(&made);
    struct source *s = open_made();
    struct entry f;
    assert_int_equal(source_kind(s), SOURCE_FILES);
    assert_true(tree_find(s, "/d/a.txt", &f));
    assert_int_equal(f.container.n, 0);
    assert_int_equal(f.mode, S_IFREG | 0644);
    assert_int_equal(f.uid, 501);
    assert_true(tree_reads(s, &f, "alpha"));
    assert_true(tree_find(s, "/b.txt", &f));
    assert_true(tree_reads(s, &f, ""));
    assert_int_equal(source_facts(s)->files, 2);
    assert_true(tree_intact(s));
    close_made(s);
}

static void a_file_system_gets_device_paths(void **state)
{
    (void)state;
    make_member(&made, "filesystem2/mobile/Library/SMS/sms.db", '0', "SQLite format 3");
    make_member(&made, "filesystem2/mobile/Containers/x", '0', "");
    make_member(&made, "filesystem1/private/etc/hosts", '0', "text");
    make_end(&made);
    struct source *s = open_made();
    struct entry f;
    assert_int_equal(source_kind(s), SOURCE_IOS_FILESYSTEM);
    assert_true(tree_find(s, "/private/var/mobile/Library/SMS/sms.db", &f));
    assert_true(slice_is(f.container, "filesystem2/mobile/Library/SMS/sms.db"));
    close_made(s);
}

static void a_hard_link_has_its_files_content(void **state)
{
    (void)state;
    make_member(&made, "a", '0', "alpha");
    make_link(&made, "b", '1', "./a");
    make_link(&made, "c", '1', "b");
    make_link(&made, "lost", '1', "elsewhere");
    make_end(&made);
    struct source *s = open_made();
    struct entry f;
    assert_true(tree_find(s, "/b", &f));
    assert_int_equal(f.bytes, 5);
    assert_true(tree_reads(s, &f, "alpha"));
    assert_true(tree_find(s, "/c", &f));
    assert_true(tree_reads(s, &f, "alpha"));
    assert_true(tree_find(s, "/lost", &f));
    assert_null(source_blob(s, &f, &e));
    assert_int_equal(e.code, ERR_ABSENT);
    close_made(s);
}

static void symlinks_are_recorded_and_never_followed(void **state)
{
    (void)state;
    make_member(&made, "a", '0', "alpha");
    make_link(&made, "soft", '2', "a");
    make_end(&made);
    struct source *s = open_made();
    struct entry f;
    assert_true(tree_find(s, "/soft", &f));
    assert_int_equal(f.type, ENTRY_LINK);
    assert_true(slice_is(f.target, "a"));
    assert_null(source_blob(s, &f, &e));
    close_made(s);
}

static void hostile_names_are_refused_and_told(void **state)
{
    (void)state;
    make_member(&made, "../up", '0', "u");
    make_member(&made, "a/../../up", '0', "u");
    make_member(&made, "/etc/passwd", '0', "text");
    make_member(&made, "b\xff", '0', "b");
    make_end(&made);
    struct source *s = open_made();
    struct entry f;
    assert_true(tree_note(s, "2 names with .. refused"));
    assert_true(tree_find(s, "/etc/passwd", &f));
    assert_true(tree_find(s, "/b\\xff", &f));
    assert_true(tree_reads(s, &f, "b"));
    close_made(s);
}

static void of_duplicates_the_first_is_read(void **state)
{
    (void)state;
    make_member(&made, "a", '0', "first");
    make_member(&made, "a", '0', "second");
    make_end(&made);
    struct source *s = open_made();
    struct entry f;
    assert_true(tree_find(s, "/a", &f));
    assert_true(tree_reads(s, &f, "first"));
    assert_true(tree_damage(s, "only the first is read"));
    close_made(s);
}

static void make_sparse(void)
{
    struct buf r = {0};
    make_record(&r, "GNU.sparse.size", "20");
    make_record(&r, "GNU.sparse.map", "2,3,10,5");
    make_record(&r, "GNU.sparse.name", "sparse");
    make_header(&made, "x", 'x', r.n);
    make_content(&made, r.p, r.n);
    make_member(&made, "GNUSparseFile.0/sparse", '0', "abcdefgh");
    buf_free(&r);
}

static void a_cut_sparse_file_ends_at_the_cut(void **state)
{
    (void)state;
    make_member(&made, "a.txt", '0', "text");
    make_sparse();
    made.n -= TAR_BLOCK - 5;
    struct source *s = open_made();
    struct entry f;
    char bytes[12];
    assert_true(tree_find(s, "/sparse", &f));
    struct blob *b = source_blob(s, &f, &e);
    assert_non_null(b);
    assert_int_equal(blob_size(b), 12);
    assert_non_null(b->damage);
    assert_true(blob_read(b, 0, bytes, 12, &e));
    assert_memory_equal(bytes, "\0\0abc\0\0\0\0\0de", 12);
    blob_close(b);
    assert_true(tree_damage(s, "the archive is cut off"));
    close_made(s);
}

static void a_sparse_file_reads_as_it_was(void **state)
{
    (void)state;
    make_member(&made, "a.txt", '0', "text");
    make_sparse();
    make_end(&made);
    struct source *s = open_made();
    struct entry f;
    char bytes[20];
    assert_true(tree_find(s, "/sparse", &f));
    struct blob *b = source_blob(s, &f, &e);
    assert_non_null(b);
    assert_int_equal(blob_size(b), 20);
    assert_true(blob_read(b, 0, bytes, 20, &e));
    assert_memory_equal(bytes, "\0\0abc\0\0\0\0\0defgh\0\0\0\0\0", 20);
    assert_true(blob_read(b, 3, bytes, 9, &e));
    assert_memory_equal(bytes, "bc\0\0\0\0\0de", 9);
    blob_close(b);
    assert_true(tree_intact(s));
    close_made(s);
}

static void a_sparse_bomb_is_refused(void **state)
{
    (void)state;
    struct buf r = {0};
    make_member(&made, "a.txt", '0', "text");
    make_record(&r, "GNU.sparse.size", "1099511627776");
    make_record(&r, "GNU.sparse.map", "0,1");
    make_header(&made, "x", 'x', r.n);
    make_content(&made, r.p, r.n);
    make_member(&made, "bomb", '0', "b");
    make_end(&made);
    buf_free(&r);
    struct source *s = open_made();
    struct entry f;
    assert_true(tree_find(s, "/bomb", &f));
    assert_null(source_blob(s, &f, &e));
    assert_non_null(strstr(e.msg, "unlikely"));
    close_made(s);
}

/* Every cut is told, and what lies before it is read. */
static void a_cut_archive_is_never_whole(void **state)
{
    (void)state;
    make_member(&made, "a.txt", '0', "alpha");
    make_extended(&made, 'x', "path", "b.txt");
    make_member(&made, "short", '0', "beta");
    make_member(&made, "c.txt", '0', "gamma");
    size_t end = made.n;
    for (size_t n = TAR_BLOCK + 1; n <= end; n += 93) {
        struct entry f;
        struct buf whole = made;
        made.n = n;
        struct source *s = open_made();
        made = whole;
        assert_false(tree_intact(s));
        assert_true(tree_find(s, "/a.txt", &f));
        struct blob *b = source_blob(s, &f, &e);
        assert_true(blob_size(b) == 5 || b->damage);
        blob_close(b);
        close_made(s);
    }
}

static void a_damaged_header_costs_its_member(void **state)
{
    (void)state;
    make_member(&made, "a.txt", '0', "alpha");
    size_t bad = make_member(&made, "b.txt", '0', "beta");
    make_member(&made, "c.txt", '0', "gamma");
    make_end(&made);
    made.p[bad] = 'B';
    struct source *s = open_made();
    struct entry f;
    assert_true(tree_find(s, "/a.txt", &f));
    assert_false(tree_find(s, "/b.txt", &f));
    assert_true(tree_find(s, "/c.txt", &f));
    assert_true(tree_reads(s, &f, "gamma"));
    assert_true(tree_damage(s, "damaged in 1 places, the first at byte 1024"));
    close_made(s);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, start, stop)
    const struct CMUnitTest tests[] = {
        TEST(members_are_read_in_place),          TEST(a_file_system_gets_device_paths),
        TEST(a_hard_link_has_its_files_content),  TEST(symlinks_are_recorded_and_never_followed),
        TEST(hostile_names_are_refused_and_told), TEST(of_duplicates_the_first_is_read),
        TEST(a_cut_sparse_file_ends_at_the_cut),  TEST(a_sparse_file_reads_as_it_was),
        TEST(a_sparse_bomb_is_refused),           TEST(a_cut_archive_is_never_whole),
        TEST(a_damaged_header_costs_its_member),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
