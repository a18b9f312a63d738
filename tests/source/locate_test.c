#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "source/locate.h"
#include "tests/source/tree.h"

static char root[64];
static char found[4096];
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

/* Where a path below root leads, also below root; NULL: refused. */
static const char *locate(const char *name)
{
    char path[4096];
    e = (struct err){0};
    snprintf(path, sizeof path, "%s%s%s", root, *name ? "/" : "", name);
    int fd = source_locate(path, found, sizeof found, &e);
    if (fd < 0)
        return NULL;
    close(fd);
    assert_memory_equal(found, root, strlen(root));
    return found + strlen(root);
}

static void backup(const char *name)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/Manifest.db", name);
    tree_text(root, path, "x");
    snprintf(path, sizeof path, "%s/Info.plist", name);
    tree_text(root, path, "x");
    snprintf(path, sizeof path, "%s/3d/3d0d", name);
    tree_text(root, path, "x");
    snprintf(path, sizeof path, "%s/Snapshot/4e/4e0d", name);
    tree_text(root, path, "x");
}

static void root_stays_and_content_folders_lead_up(void **state)
{
    (void)state;
    backup("phone");
    assert_string_equal(locate("phone"), "/phone");
    assert_string_equal(locate("phone/"), "/phone");
    assert_string_equal(locate("phone/3d"), "/phone");
    assert_string_equal(locate("phone/Snapshot"), "/phone");
    assert_string_equal(locate("phone/Snapshot/4e"), "/phone");
}

static void its_own_files_lead_to_the_folder(void **state)
{
    (void)state;
    backup("phone");
    assert_string_equal(locate("phone/Manifest.db"), "/phone");
    assert_string_equal(locate("phone/Info.plist"), "/phone");
    assert_string_equal(locate("phone/3d/3d0d"), "/phone/3d/3d0d");
    tree_text(root, "alone/Info.plist", "x");
    assert_string_equal(locate("alone/Info.plist"), "/alone/Info.plist");
}

static void one_backup_below_is_found(void **state)
{
    (void)state;
    backup("MobileSync/Backup/0000-1");
    assert_string_equal(locate("MobileSync/Backup"), "/MobileSync/Backup/0000-1");
    assert_string_equal(locate("MobileSync"), "/MobileSync/Backup/0000-1");
    tree_text(root, "MobileSync/Backup/other/readme", "x");
    assert_string_equal(locate("MobileSync"), "/MobileSync/Backup/0000-1");
}

static void several_backups_are_refused_by_name(void **state)
{
    (void)state;
    backup("Backup/0000-2");
    backup("Backup/0000-1");
    assert_null(locate("Backup"));
    assert_int_equal(e.code, ERR_USAGE);
    assert_non_null(strstr(e.msg, "2 backups"));
    assert_non_null(strstr(e.msg, "0000-1, 0000-2"));
}

static void other_folders_and_files_stay(void **state)
{
    (void)state;
    tree_text(root, "x/3d/file", "x");
    assert_string_equal(locate("x"), "/x");
    assert_string_equal(locate("x/3d"), "/x/3d");
    assert_string_equal(locate("x/3d/file"), "/x/3d/file");
    assert_string_equal(locate(""), "");
}

static void given_link_is_followed_but_none_below(void **state)
{
    (void)state;
    char path[4096], to[4096];
    backup("real/phone");
    snprintf(path, sizeof path, "%s/link", root);
    snprintf(to, sizeof to, "%s/real/phone", root);
    assert_int_equal(symlink(to, path), 0);
    assert_string_equal(locate("link"), "/real/phone");
    tree_folder(root, "above");
    snprintf(path, sizeof path, "%s/above/phone", root);
    assert_int_equal(symlink(to, path), 0);
    assert_string_equal(locate("above"), "/above");
}

static void nothing_and_pipes_are_refused(void **state)
{
    (void)state;
    char path[4096];
    assert_null(locate("nothing"));
    assert_int_equal(e.code, ERR_ABSENT);
    snprintf(path, sizeof path, "%s/pipe", root);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_null(locate("pipe"));
    assert_int_equal(e.code, ERR_USAGE);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, start, stop)
    const struct CMUnitTest tests[] = {
        TEST(root_stays_and_content_folders_lead_up),
        TEST(its_own_files_lead_to_the_folder),
        TEST(one_backup_below_is_found),
        TEST(several_backups_are_refused_by_name),
        TEST(other_folders_and_files_stay),
        TEST(given_link_is_followed_but_none_below),
        TEST(nothing_and_pipes_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
