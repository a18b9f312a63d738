#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/source/tree.h"

static char root[64];
static int fd;
static struct err e;

static int start(void **state)
{
    (void)state;
    tree_new(root);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    tree_remove(root);
    return 0;
}

static struct source *open_root(void)
{
    struct source *s = tree_open(root, NULL, &fd, &e);
    if (!s)
        print_message("# %s\n", e.msg);
    assert_non_null(s);
    return s;
}

static void close_root(struct source *s)
{
    source_close(s);
    close(fd);
}

static void loose_files_keep_their_names(void **state)
{
    (void)state;
    tree_text(root, "sms.db", "SQLite format 3");
    tree_text(root, "below/a.txt", "text");
    struct source *s = open_root();
    struct entry f;
    assert_int_equal(source_kind(s), SOURCE_FILES);
    assert_true(tree_find(s, "/sms.db", &f));
    assert_int_equal(f.container.n, 0);
    assert_int_equal(f.bytes, 15);
    assert_true(f.present && f.listed);
    assert_true(tree_find(s, "/below/a.txt", &f));
    assert_true(tree_reads(s, &f, "text"));
    assert_int_equal(source_facts(s)->files, 2);
    assert_true(tree_intact(s));
    close_root(s);
}

static void entries_come_in_path_order(void **state)
{
    (void)state;
    static const char *const names[] = {"b", "a/z", "a.txt", "a/b", "c"};
    static const char *const order[] = {"/a", "/a.txt", "/a/b", "/a/z", "/b", "/c"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        tree_text(root, names[i], "x");
    struct source *s = open_root();
    struct entry f;
    size_t pos = 0, n = 0;
    while (source_next(s, NULL, &pos, &f))
        assert_true(slice_is(f.path, order[n++]));
    assert_int_equal(n, 6);
    assert_false(source_next(s, NULL, &pos, &f));
    close_root(s);
}

static void index_finds_what_the_pattern_matches(void **state)
{
    (void)state;
    static const char *const names[] = {"a",      "ab",         "abc",   "abcd", "b.db",
                                        "x/b.db", "x/b.db-wal", "x/.db", "db",   "x/y/long name.db",
                                        "x/a"};
    static const char *const patterns[] = {"a",       "a*",     "*a",   "*",     "ab*",   "*.db",
                                           "b*b",     "a*d",    "*bc*", "x/*",   "x/*/*", "/*",
                                           "/x/*.db", "*-wal",  "????", "ab*cd", "a*b*c", "b.db",
                                           "/b.db",   "x/b.db", "*.db*"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        tree_text(root, names[i], "x");
    struct source *s = open_root();
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
        size_t all = 0, some = 0;
        struct entry one, other;
        while (source_next(s, NULL, &all, &one)) {
            if (!source_pattern_matches_loose(patterns[i], one.path))
                continue;
            assert_true(source_next(s, patterns[i], &some, &other));
            assert_int_equal(one.id, other.id);
        }
        assert_false(source_next(s, patterns[i], &some, &other));
    }
    close_root(s);
}

static void siblings_are_found_by_suffix(void **state)
{
    (void)state;
    tree_text(root, "x/a.db", "SQLite format 3");
    tree_text(root, "x/a.db-wal", "wal");
    struct source *s = open_root();
    struct entry f, wal;
    assert_true(tree_find(s, "a.db", &f));
    assert_true(source_sibling(s, &f, "-wal", &wal));
    assert_true(tree_reads(s, &wal, "wal"));
    assert_false(source_sibling(s, &f, "-journal", &wal));
    close_root(s);
}

static void links_are_recorded_and_never_followed(void **state)
{
    (void)state;
    char path[4096], outside[64];
    tree_new(outside);
    tree_text(outside, "secret", "not evidence");
    tree_text(root, "a.txt", "text");
    snprintf(path, sizeof path, "%s/folder", root);
    assert_int_equal(symlink(outside, path), 0);
    snprintf(path, sizeof path, "%s/file", root);
    assert_int_equal(symlink("/etc/hostname", path), 0);
    struct source *s = open_root();
    struct entry f;
    assert_true(tree_find(s, "/folder", &f));
    assert_int_equal(f.type, ENTRY_LINK);
    assert_true(slice_is(f.target, outside));
    assert_false(tree_find(s, "secret", &f));
    assert_true(tree_find(s, "/file", &f));
    assert_null(source_blob(s, &f, &e));
    assert_int_equal(e.code, ERR_ABSENT);
    close_root(s);
    tree_remove(outside);
}

static void file_that_became_a_link_is_not_followed(void **state)
{
    (void)state;
    char path[4096], elsewhere[4096], text[4];
    tree_text(root, "x/a.txt", "text");
    tree_text(root, "y/a.txt", "other");
    struct source *s = open_root();
    struct entry f;
    assert_true(tree_find(s, "x/a.txt", &f));
    snprintf(path, sizeof path, "%s/x", root);
    snprintf(elsewhere, sizeof elsewhere, "%s/z", root);
    assert_int_equal(rename(path, elsewhere), 0);
    assert_int_equal(symlink("y", path), 0);
    /* If the folder is still open from before, the file that was listed is read. */
    struct blob *b = source_blob(s, &f, &e);
    if (b) {
        assert_int_equal(blob_size(b), sizeof text);
        assert_true(blob_read(b, 0, text, sizeof text, &e));
        assert_memory_equal(text, "text", sizeof text);
        blob_close(b);
    } else {
        assert_int_equal(e.code, ERR_IO);
    }
    err_clear(&e);
    assert_true(tree_find(s, "y/a.txt", &f));
    snprintf(path, sizeof path, "%s/y/a.txt", root);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(symlink("../z/a.txt", path), 0);
    assert_null(source_blob(s, &f, &e));
    assert_int_equal(e.code, ERR_IO);
    close_root(s);
}

static void files_of_many_folders_are_read(void **state)
{
    (void)state;
    char name[32], text[32];
    for (int i = 0; i < 700; i++) {
        snprintf(name, sizeof name, "f%d/a", i);
        snprintf(text, sizeof text, "%06d", i);
        tree_text(root, name, text);
    }
    struct source *s = open_root();
    for (int i = 0; i < 1400; i++) {
        struct entry f;
        snprintf(name, sizeof name, "f%d/a", i % 700);
        snprintf(text, sizeof text, "%06d", i % 700);
        assert_true(tree_find(s, name, &f));
        struct blob *b = source_blob(s, &f, &e);
        char got[6];
        assert_non_null(b);
        assert_true(blob_read(b, 0, got, sizeof got, &e));
        assert_memory_equal(got, text, sizeof got);
        blob_close(b);
    }
    close_root(s);
}

static void pipes_are_never_opened(void **state)
{
    (void)state;
    char path[4096];
    tree_text(root, "a.txt", "text");
    snprintf(path, sizeof path, "%s/pipe", root);
    assert_int_equal(mkfifo(path, 0600), 0);
    struct source *s = open_root();
    struct entry f;
    assert_true(tree_find(s, "/pipe", &f));
    assert_int_equal(f.type, ENTRY_OTHER);
    assert_false(f.present);
    assert_null(source_blob(s, &f, &e));
    close_root(s);
}

static void names_that_are_no_utf8_are_escaped_and_can_be_read(void **state)
{
    (void)state;
    tree_text(root, "a\xff/b\xfe.txt", "text");
    struct source *s = open_root();
    struct entry f;
    assert_true(tree_find(s, "/a\\xff/b\\xfe.txt", &f));
    assert_true(tree_reads(s, &f, "text"));
    close_root(s);
}

static void too_deep_folders_are_told(void **state)
{
    (void)state;
    char name[4096] = "";
    size_t n = 0;
    for (int i = 0; i < 80; i++)
        n += (size_t)snprintf(name + n, sizeof name - n, "d/");
    snprintf(name + n, sizeof name - n, "deep");
    tree_text(root, name, "text");
    tree_text(root, "a.txt", "text");
    struct source *s = open_root();
    struct entry f;
    assert_false(tree_find(s, "deep", &f));
    assert_true(tree_damage(s, "deeper than 64"));
    close_root(s);
}

static void unreadable_folders_are_told(void **state)
{
    (void)state;
    char path[4096];
    if (geteuid() == 0) {
        print_message("# skipped: the superuser can read everything\n");
        return;
    }
    tree_text(root, "a.txt", "text");
    tree_text(root, "x/b.txt", "text");
    snprintf(path, sizeof path, "%s/x", root);
    chmod(path, 0);
    struct source *s = open_root();
    assert_true(tree_damage(s, "\"x\" can't be read"));
    chmod(path, 0700);
    close_root(s);
}

static void nothing_is_absent_and_strange_things_are_unsupported(void **state)
{
    (void)state;
    assert_null(tree_open(root, NULL, &fd, &e));
    assert_int_equal(e.code, ERR_ABSENT);
    close(fd);
    tree_text(root, "empty", "");
    assert_null(tree_open(root, NULL, &fd, &e));
    assert_int_equal(e.code, ERR_ABSENT);
    close(fd);
    tree_put(root, "photo.jpg", "\xff\xd8\xff\xe0\0\x10JFIF\0", 12);
    assert_null(tree_open(root, NULL, &fd, &e));
    assert_int_equal(e.code, ERR_UNSUPPORTED);
    close(fd);
}

static void one_file_is_evidence_if_it_can_be(void **state)
{
    (void)state;
    char path[4096];
    struct entry f;
    tree_text(root, "x", "SQLite format 3");
    snprintf(path, sizeof path, "%s/x", root);
    struct source *s = tree_open(path, NULL, &fd, &e);
    assert_non_null(s);
    assert_int_equal(source_kind(s), SOURCE_FILES);
    assert_true(tree_find(s, "/evidence", &f));
    assert_true(tree_reads(s, &f, "SQLite format 3"));
    close_root(s);
    tree_put(root, "x",
             "\x7f"
             "ELF",
             4);
    assert_null(tree_open(path, NULL, &fd, &e));
    assert_int_equal(e.code, ERR_UNSUPPORTED);
    close(fd);
    tree_text(root, "x", "");
    assert_null(tree_open(path, NULL, &fd, &e));
    assert_int_equal(e.code, ERR_ABSENT);
    close(fd);
}

static void phone_is_the_same_in_each_layout(void **state)
{
    (void)state;
    static const char *const layouts[] = {"private/var/", "var/", "filesystem1/private/var/",
                                          "a/b/private/var/", "private/var/private/var/"};
    for (size_t i = 0; i < sizeof layouts / sizeof *layouts; i++) {
        char folder[64], name[200];
        tree_new(folder);
        snprintf(name, sizeof name, "%smobile/Library/SMS/sms.db", layouts[i]);
        tree_text(folder, name, "SQLite format 3");
        struct source *s = tree_open(folder, NULL, &fd, &e);
        struct entry f;
        assert_non_null(s);
        assert_int_equal(source_kind(s), SOURCE_IOS_FILESYSTEM);
        assert_true(slice_is(source_facts(s)->platform, "ios"));
        assert_true(tree_find(s, "/private/var/mobile/Library/SMS/sms.db", &f));
        assert_true(i == 0 ? f.container.n == 0 : slice_is(f.container, name));
        assert_true(tree_reads(s, &f, "SQLite format 3"));
        close_root(s);
        tree_remove(folder);
    }
}

static void data_volume_stands_beside_the_system(void **state)
{
    (void)state;
    tree_text(root, "filesystem2/mobile/Library/SMS/sms.db", "SQLite format 3");
    tree_text(root, "filesystem2/mobile/Containers/x", "x");
    tree_text(root, "filesystem2/root/y", "y");
    tree_folder(root, "filesystem1/private/var/mobile/Library");
    tree_text(root, "filesystem1/private/var/mobile/Library/z", "z");
    tree_text(root, "filesystem1/System/Library/CoreServices/SystemVersion.plist",
              "<?xml version=\"1.0\"?><plist version=\"1.0\"><dict><key>ProductVersion</key>"
              "<string>17.3.1</string></dict></plist>");
    struct source *s = open_root();
    struct entry f;
    assert_int_equal(source_kind(s), SOURCE_IOS_FILESYSTEM);
    assert_true(tree_find(s, "/private/var/mobile/Library/SMS/sms.db", &f));
    assert_true(slice_is(f.container, "filesystem2/mobile/Library/SMS/sms.db"));
    assert_true(tree_find(s, "/private/var/root/y", &f));
    assert_true(tree_find(s, "/private/var/mobile/Library/z", &f));
    assert_true(tree_find(s, "/System/Library/CoreServices/SystemVersion.plist", &f));
    assert_true(slice_is(source_facts(s)->os, "17.3.1"));
    assert_true(tree_intact(s));
    close_root(s);
}

static void part_of_a_data_volume_stays_loose_files(void **state)
{
    (void)state;
    tree_text(root, "project/mobile/Library/notes.txt", "text");
    struct source *s = open_root();
    assert_int_equal(source_kind(s), SOURCE_FILES);
    close_root(s);
}

static void same_path_twice_is_damage(void **state)
{
    (void)state;
    struct entry f;
    tree_text(root, "private/var/mobile/Library/a", "first");
    tree_text(root, "private/var/private/var/mobile/Library/a", "second");
    struct source *s = open_root();
    assert_true(tree_damage(s, "only the first is read"));
    assert_true(tree_find(s, "/private/var/mobile/Library/a", &f));
    close_root(s);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, start, stop)
    const struct CMUnitTest tests[] = {
        TEST(loose_files_keep_their_names),
        TEST(entries_come_in_path_order),
        TEST(index_finds_what_the_pattern_matches),
        TEST(siblings_are_found_by_suffix),
        TEST(links_are_recorded_and_never_followed),
        TEST(file_that_became_a_link_is_not_followed),
        TEST(files_of_many_folders_are_read),
        TEST(pipes_are_never_opened),
        TEST(names_that_are_no_utf8_are_escaped_and_can_be_read),
        TEST(too_deep_folders_are_told),
        TEST(unreadable_folders_are_told),
        TEST(nothing_is_absent_and_strange_things_are_unsupported),
        TEST(one_file_is_evidence_if_it_can_be),
        TEST(phone_is_the_same_in_each_layout),
        TEST(data_volume_stands_beside_the_system),
        TEST(part_of_a_data_volume_stays_loose_files),
        TEST(same_path_twice_is_damage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
