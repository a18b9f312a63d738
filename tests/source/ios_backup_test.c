#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/hash.h"
#include "demo/mkbackup.h"
#include "format/sqlite.h"
#include "tests/source/tree.h"

#define BYTES(text)                                                                                \
    {                                                                                              \
        (const uint8_t *)(text), sizeof(text) - 1                                                  \
    }
#define SMS "/private/var/mobile/Library/SMS/sms.db"

static char root[64], folder[80];
static int fd;
static struct err e;

static const struct mkbackup_file usual[] = {
    {.domain = "HomeDomain", .path = "", .type = MKBACKUP_FOLDER},
    {.domain = "HomeDomain", .path = "Library", .type = MKBACKUP_FOLDER},
    {.domain = "HomeDomain", .path = "Library/SMS/sms.db", .bytes = BYTES("SQLite format 3\0sms")},
    {.domain = "HomeDomain", .path = "Library/empty", .bytes = BYTES("")},
    {.domain = "AppDomain-com.vendor.app", .path = "Documents/a.txt", .bytes = BYTES("app")},
    {.domain = "AppDomainGroup-group.vendor", .path = "b", .bytes = BYTES("group"), .class = 1},
    {.domain = "CameraRollDomain", .path = "Media/link", .type = MKBACKUP_LINK, .target = "/etc"},
};
enum { USUAL = sizeof usual / sizeof *usual };

static int start(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "%s/backup", tree_new(root));
    return 0;
}

static int stop(void **state)
{
    (void)state;
    tree_remove(root);
    return 0;
}

static void make(const struct mkbackup_options *o, const struct mkbackup_file *files, size_t n)
{
    e = (struct err){0};
    if (!mkbackup_write(folder, o, files, n, &e))
        fail_msg("%s", e.msg);
}

static struct secret password(const char *text)
{
    struct secret s = {.kind = text ? SECRET_PASSWORD : SECRET_NONE};
    s.n = text ? strlen(text) : 0;
    memcpy(s.bytes, text ? text : "", s.n);
    return s;
}

static struct source *open_with(const char *text)
{
    struct secret s = password(text);
    struct source *source = tree_open(folder, &s, &fd, &e);
    if (!source)
        print_message("# %s\n", e.msg);
    return source;
}

/* Made from one file beside the usual ones, opened with the right password. */
static struct source *open_odd(const struct mkbackup_options *o, struct mkbackup_file odd)
{
    struct mkbackup_file files[USUAL + 1];
    memcpy(files, usual, sizeof usual);
    files[USUAL] = odd;
    make(o, files, USUAL + 1);
    struct source *s = open_with(o->password);
    assert_non_null(s);
    return s;
}

static void close_all(struct source *s)
{
    source_close(s);
    close(fd);
}

static void refused(const char *text, enum err_code code, const char *words)
{
    assert_null(open_with(text));
    close(fd);
    assert_int_equal(e.code, code);
    assert_non_null(strstr(e.msg, words));
}

static void usual_files_are_right(struct source *s)
{
    struct entry f;
    assert_int_equal(source_kind(s), SOURCE_IOS_BACKUP);
    assert_true(tree_find(s, "Library/SMS/sms.db", &f));
    assert_true(slice_is(f.path, SMS));
    assert_true(slice_is(f.domain, "HomeDomain"));
    assert_true(slice_is(f.relative, "Library/SMS/sms.db"));
    assert_true(slice_ends(f.container, "3d0d7e5fb2ce288813306e4d4636395e047a3d28"));
    assert_true(f.present && f.listed);
    assert_int_equal(f.bytes, 19);
    assert_int_equal(f.mode, 0100644);
    assert_int_equal(f.uid, 501);
    assert_int_equal(f.modified.ns / 1000000000, 1768478400);
    assert_int_equal(f.modified.precision, SECOND);
    struct blob *b = source_blob(s, &f, &e);
    assert_non_null(b);
    assert_int_equal(blob_size(b), 19);
    blob_close(b);
    assert_true(tree_find(s,
                          "/private/var/mobile/Containers/Data/Application/com.vendor.app/"
                          "Documents/a.txt",
                          &f));
    assert_true(tree_reads(s, &f, "app"));
    assert_true(tree_find(s, "/private/var/mobile/Containers/Shared/AppGroup/group.vendor/b", &f));
    assert_true(tree_reads(s, &f, "group"));
    assert_true(tree_find(s, "Library/empty", &f));
    assert_true(tree_reads(s, &f, ""));
    assert_true(tree_find(s, "/private/var/mobile/Media/link", &f));
    assert_int_equal(f.type, ENTRY_LINK);
    assert_true(slice_is(f.target, "/etc"));
    assert_true(tree_find(s, "/private/var/mobile", &f));
    assert_int_equal(f.type, ENTRY_FOLDER);
}

static void plain_backup_opens(void **state)
{
    (void)state;
    make(&(struct mkbackup_options){0}, usual, USUAL);
    struct source *s = open_with(NULL);
    assert_non_null(s);
    usual_files_are_right(s);
    assert_false(source_facts(s)->encrypted);
    assert_true(tree_intact(s));
    struct secret key;
    assert_false(source_derived_key(s, &key));
    close_all(s);
}

static void encrypted_backup_opens_with_its_password(void **state)
{
    (void)state;
    make(&(struct mkbackup_options){.password = "p\xc3\xa4ss word "}, usual, USUAL);
    struct source *s = open_with("p\xc3\xa4ss word ");
    assert_non_null(s);
    usual_files_are_right(s);
    assert_true(source_facts(s)->encrypted);
    assert_true(tree_intact(s));
    close_all(s);
}

static void no_password_is_locked_and_a_wrong_one_is_wrong(void **state)
{
    (void)state;
    make(&(struct mkbackup_options){.password = "right"}, usual, USUAL);
    refused(NULL, ERR_LOCKED, "password");
    refused("wrong", ERR_WRONG_KEY, "wrong password");
    refused("", ERR_WRONG_KEY, "wrong password");
}

static void derived_key_opens_it_again(void **state)
{
    (void)state;
    make(&(struct mkbackup_options){.password = "right"}, usual, USUAL);
    struct source *s = open_with("right");
    struct secret key;
    assert_non_null(s);
    assert_true(source_derived_key(s, &key));
    assert_int_equal(key.kind, SECRET_DERIVED_KEY);
    close_all(s);
    s = tree_open(folder, &key, &fd, &e);
    assert_non_null(s);
    usual_files_are_right(s);
    close_all(s);
}

static void old_backups_have_one_stage(void **state)
{
    (void)state;
    make(&(struct mkbackup_options){.password = "x", .one_stage = true}, usual, USUAL);
    struct source *s = open_with("x");
    assert_non_null(s);
    usual_files_are_right(s);
    close_all(s);
}

static void clear_catalogue_with_sealed_contents_needs_the_password(void **state)
{
    (void)state;
    make(&(struct mkbackup_options){.password = "x", .clear_catalogue = true}, usual, USUAL);
    refused(NULL, ERR_LOCKED, "password");
    refused("y", ERR_WRONG_KEY, "wrong password");
    struct source *s = open_with("x");
    assert_non_null(s);
    usual_files_are_right(s);
    close_all(s);
}

static void decrypted_copy_opens_without_password(void **state)
{
    (void)state;
    make(&(struct mkbackup_options){.password = "x", .decrypted_copy = true}, usual, USUAL);
    struct source *s = open_with(NULL);
    assert_non_null(s);
    usual_files_are_right(s);
    assert_true(source_facts(s)->encrypted);
    close_all(s);
}

static void facts_come_from_the_plists(void **state)
{
    (void)state;
    struct mkbackup_options o = {.name = "Phone <1>",
                                 .model = "iPhone14,5",
                                 .os = "17.2",
                                 .build = "21C62",
                                 .serial = "S1",
                                 .udid = "U1",
                                 .phone = "+1 555 0123",
                                 .taken = 1768000000};
    make(&o, usual, USUAL);
    struct source *s = open_with(NULL);
    const struct facts *f = source_facts(s);
    assert_true(slice_is(f->platform, "ios"));
    assert_true(slice_is(f->name, "Phone <1>"));
    assert_true(slice_is(f->model, "iPhone14,5"));
    assert_true(slice_is(f->os, "17.2"));
    assert_true(slice_is(f->build, "21C62"));
    assert_true(slice_is(f->serial, "S1"));
    assert_true(slice_is(f->udid, "U1"));
    assert_true(slice_is(f->phone, "+1 555 0123"));
    assert_true(f->taken.ns == INT64_C(1768000000000000000));
    close_all(s);
}

static void lockdown_serves_where_info_is_missing(void **state)
{
    (void)state;
    make(&(struct mkbackup_options){.no_info = true, .model = "iPhone14,5"}, usual, USUAL);
    struct source *s = open_with(NULL);
    assert_non_null(s);
    assert_true(slice_is(source_facts(s)->model, "iPhone14,5"));
    assert_true(tree_note(s, "Info.plist is missing"));
    close_all(s);
}

static void its_own_files_are_entries(void **state)
{
    (void)state;
    make(&(struct mkbackup_options){.password = "x"}, usual, USUAL);
    struct source *s = open_with("x");
    struct entry f;
    char head[16];
    assert_non_null(s);
    assert_true(tree_find(s, "/Info.plist", &f));
    assert_true(slice_is(f.container, "Info.plist"));
    assert_true(f.bytes > 100);
    assert_true(tree_find(s, "/Status.plist", &f) && tree_find(s, "/Manifest.plist", &f));
    assert_true(tree_find(s, "/Manifest.db", &f));
    struct blob *b = source_blob(s, &f, &e);
    assert_non_null(b);
    assert_true(blob_read(b, 0, head, sizeof head, &e));
    assert_memory_equal(head, "SQLite format 3", 16);
    blob_close(b);
    close_all(s);
}

static void wrong_size_in_the_catalogue_cuts_nothing(void **state)
{
    (void)state;
    struct entry f;
    static const uint64_t sizes[] = {1, 1000};
    for (size_t i = 0; i < 2; i++) {
        struct source *s = open_odd(&(struct mkbackup_options){.password = "x"},
                                    (struct mkbackup_file){.domain = "HomeDomain",
                                                           .path = "odd",
                                                           .bytes = BYTES("twenty bytes of text"),
                                                           .claimed = sizes[i]});
        assert_true(tree_find(s, "/private/var/mobile/odd", &f));
        assert_int_equal(f.bytes, sizes[i]);
        assert_true(tree_reads(s, &f, "twenty bytes of text"));
        close_all(s);
        tree_remove(folder);
    }
}

static void cut_content_is_told_by_its_blob(void **state)
{
    (void)state;
    struct entry f;
    struct source *s = open_odd(&(struct mkbackup_options){.password = "x"},
                                (struct mkbackup_file){.domain = "HomeDomain",
                                                       .path = "odd",
                                                       .bytes = BYTES("twenty bytes of text"),
                                                       .cut = 5});
    assert_true(tree_find(s, "/private/var/mobile/odd", &f));
    struct blob *b = source_blob(s, &f, &e);
    assert_non_null(b);
    assert_int_equal(blob_size(b), 16);
    assert_non_null(strstr(b->damage, "cut off"));
    blob_close(b);
    close_all(s);
}

static void content_shorter_than_listed_is_told_but_not_of_databases(void **state)
{
    (void)state;
    struct entry f;
    struct mkbackup_file files[] = {
        {.domain = "HomeDomain", .path = "a", .bytes = BYTES("twenty bytes of text"), .cut = 5},
        {.domain = "HomeDomain", .path = "b", .bytes = BYTES("SQLite format 3\0x"), .claimed = 90},
        {.domain = "HomeDomain", .path = "c", .bytes = BYTES("text"), .claimed = 1},
    };
    static const char *const paths[] = {"/private/var/mobile/a", "/private/var/mobile/b",
                                        "/private/var/mobile/c"};
    make(&(struct mkbackup_options){0}, files, 3);
    struct source *s = open_with(NULL);
    assert_non_null(s);
    for (size_t i = 0; i < 3; i++) {
        assert_true(tree_find(s, paths[i], &f));
        struct blob *b = source_blob(s, &f, &e);
        assert_non_null(b);
        assert_true((b->damage != NULL) == (i == 0));
        blob_close(b);
    }
    close_all(s);
}

static void listed_file_without_content_is_absent(void **state)
{
    (void)state;
    struct entry f;
    struct source *s = open_odd(
        &(struct mkbackup_options){0},
        (struct mkbackup_file){
            .domain = "HomeDomain", .path = "odd", .absent = true, .bytes = BYTES("text")});
    assert_true(tree_find(s, "/private/var/mobile/odd", &f));
    assert_true(f.listed && !f.present);
    assert_null(source_blob(s, &f, &e));
    assert_int_equal(e.code, ERR_ABSENT);
    assert_true(tree_note(s, "1 of 5 files in the manifest have no content"));
    assert_int_equal(source_facts(s)->files, 4 + 4);
    close_all(s);
}

static void missing_class_key_locks_its_files_only(void **state)
{
    (void)state;
    struct entry f;
    make(&(struct mkbackup_options){.password = "x", .missing_class = 1}, usual, USUAL);
    struct source *s = open_with("x");
    assert_non_null(s);
    assert_true(tree_find(s, SMS, &f));
    struct blob *b = source_blob(s, &f, &e);
    assert_non_null(b);
    blob_close(b);
    assert_true(tree_find(s, "AppGroup/group.vendor/b", &f));
    assert_null(source_blob(s, &f, &e));
    assert_int_equal(e.code, ERR_LOCKED);
    assert_non_null(strstr(e.msg, "class 1"));
    close_all(s);
}

static void damaged_class_key_is_damage(void **state)
{
    (void)state;
    make(&(struct mkbackup_options){.password = "x", .damaged_class = 2}, usual, USUAL);
    struct source *s = open_with("x");
    assert_non_null(s);
    assert_true(tree_damage(s, "the key of class 2"));
    usual_files_are_right(s);
    close_all(s);
}

static void file_key_that_does_not_open_is_that_file_only(void **state)
{
    (void)state;
    struct entry f;
    struct source *s = open_odd(
        &(struct mkbackup_options){.password = "x"},
        (struct mkbackup_file){
            .domain = "HomeDomain", .path = "odd", .bytes = BYTES("text"), .bad_key = true});
    assert_true(tree_find(s, "/private/var/mobile/odd", &f));
    assert_null(source_blob(s, &f, &e));
    assert_int_equal(e.code, ERR_CORRUPT);
    usual_files_are_right(s);
    close_all(s);
}

static void file_without_key_is_read_as_it_is(void **state)
{
    (void)state;
    struct entry f;
    struct source *s =
        open_odd(&(struct mkbackup_options){.password = "x"},
                 (struct mkbackup_file){
                     .domain = "HomeDomain", .path = "odd", .bytes = BYTES("text"), .clear = true});
    assert_true(tree_find(s, "/private/var/mobile/odd", &f));
    assert_true(tree_reads(s, &f, "text"));
    close_all(s);
}

static void damaged_row_is_told_and_its_content_is_not_guessed(void **state)
{
    (void)state;
    struct entry f;
    struct source *s = open_odd(
        &(struct mkbackup_options){.password = "x"},
        (struct mkbackup_file){
            .domain = "HomeDomain", .path = "odd", .bytes = BYTES("text"), .broken_row = true});
    assert_true(tree_damage(s, "1 rows whose details"));
    assert_true(tree_find(s, "/private/var/mobile/odd", &f));
    assert_null(source_blob(s, &f, &e));
    assert_int_equal(e.code, ERR_CORRUPT);
    close_all(s);
}

static void content_that_no_row_names_is_found_by_its_id(void **state)
{
    (void)state;
    struct entry f;
    struct mkbackup_file files[] = {
        {.domain = "HomeDomain",
         .path = "Library/SMS/sms.db",
         .unlisted = true,
         .bytes = BYTES("SQLite format 3\0sms")},
        {.domain = "HomeDomain", .path = "never heard of", .unlisted = true, .bytes = BYTES("x")},
        {.domain = "HomeDomain", .path = "Library/TCC/TCC.db", .bytes = BYTES("tcc")},
    };
    make(&(struct mkbackup_options){0}, files, 3);
    struct source *s = open_with(NULL);
    assert_non_null(s);
    assert_true(tree_find(s, SMS, &f));
    assert_true(f.present && !f.listed);
    assert_true(slice_is(f.domain, "HomeDomain"));
    assert_true(tree_find(s, "/unlisted/*", &f));
    assert_true(tree_reads(s, &f, "x"));
    assert_true(tree_note(s, "well-known id") && tree_note(s, "what they are is not known"));
    close_all(s);
}

static void unlisted_content_of_an_encrypted_backup_is_locked(void **state)
{
    (void)state;
    struct entry f;
    struct source *s = open_odd(&(struct mkbackup_options){.password = "x"},
                                (struct mkbackup_file){.domain = "HomeDomain",
                                                       .unlisted = true,
                                                       .path = "Library/TCC/TCC.db",
                                                       .bytes = BYTES("tcc")});
    assert_true(tree_find(s, "TCC.db", &f));
    assert_null(source_blob(s, &f, &e));
    assert_int_equal(e.code, ERR_LOCKED);
    close_all(s);
}

static void snapshot_and_flat_layout_are_looked_into(void **state)
{
    (void)state;
    struct entry f;
    struct source *s = open_odd(
        &(struct mkbackup_options){0},
        (struct mkbackup_file){
            .domain = "HomeDomain", .path = "odd", .in_snapshot = true, .bytes = BYTES("text")});
    assert_true(tree_find(s, "/private/var/mobile/odd", &f));
    assert_true(slice_starts(f.container, "Snapshot/"));
    assert_true(tree_reads(s, &f, "text"));
    close_all(s);
    tree_remove(folder);
    make(&(struct mkbackup_options){.flat = true, .password = "x"}, usual, USUAL);
    s = open_with("x");
    assert_non_null(s);
    usual_files_are_right(s);
    close_all(s);
}

static void names_that_climb_are_refused_and_told(void **state)
{
    (void)state;
    static const struct mkbackup_file files[] = {
        {.domain = "HomeDomain", .path = "../../etc/passwd", .bytes = BYTES("x")},
        {.domain = "SysContainerDomain-../../../a", .path = "b", .bytes = BYTES("x")},
        {.domain = "HomeDomain", .path = "./a//b", .bytes = BYTES("x")},
    };
    struct entry f;
    make(&(struct mkbackup_options){0}, files, 3);
    struct source *s = open_with(NULL);
    assert_non_null(s);
    assert_true(tree_note(s, "2 names with .. refused"));
    assert_true(tree_find(s, "/private/var/mobile/a/b", &f));
    assert_false(tree_find(s, "passwd", &f));
    close_all(s);
}

static void unknown_domain_is_shown_below_its_name(void **state)
{
    (void)state;
    struct entry f;
    struct source *s =
        open_odd(&(struct mkbackup_options){0},
                 (struct mkbackup_file){.domain = "NewDomain", .path = "a/b", .bytes = BYTES("x")});
    assert_true(tree_find(s, "/NewDomain/a/b", &f));
    assert_true(tree_note(s, "NewDomain is not known"));
    close_all(s);
}

static void false_id_never_becomes_a_path(void **state)
{
    (void)state;
    static const char *const ids[] = {"../../../../etc/passwd", "", "3d0d",
                                      "zz0d7e5fb2ce288813306e4d4636395e047a3d28"};
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        struct entry f;
        struct source *s =
            open_odd(&(struct mkbackup_options){0},
                     (struct mkbackup_file){
                         .domain = "HomeDomain", .path = "odd", .id = ids[i], .bytes = BYTES("x")});
        assert_true(tree_damage(s, "1 files without a valid id"));
        assert_true(tree_find(s, "/private/var/mobile/odd", &f));
        assert_false(f.present);
        close_all(s);
        tree_remove(folder);
    }
}

static void link_as_content_is_not_read(void **state)
{
    (void)state;
    char path[4096];
    struct entry f;
    make(&(struct mkbackup_options){0}, usual, USUAL);
    snprintf(path, sizeof path, "%s/3d/3d0d7e5fb2ce288813306e4d4636395e047a3d28", folder);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(symlink("/etc/hostname", path), 0);
    struct source *s = open_with(NULL);
    assert_non_null(s);
    assert_true(tree_find(s, SMS, &f));
    assert_false(f.present);
    assert_true(tree_damage(s, "links or no regular files"));
    close_all(s);
}

static void interrupted_backup_is_damage(void **state)
{
    (void)state;
    make(&(struct mkbackup_options){.snapshot_state = "uploading"}, usual, USUAL);
    struct source *s = open_with(NULL);
    assert_non_null(s);
    assert_true(tree_damage(s, "interrupted (uploading)"));
    close_all(s);
}

static void manifest_db_alone_is_enough(void **state)
{
    (void)state;
    struct mkbackup_options o = {.no_info = true, .no_status = true, .no_manifest_plist = true};
    make(&o, usual, USUAL);
    struct source *s = open_with(NULL);
    assert_non_null(s);
    usual_files_are_right(s);
    close_all(s);
}

static void info_plist_alone_opens_with_damage(void **state)
{
    (void)state;
    make(&(struct mkbackup_options){.no_manifest_db = true, .no_manifest_plist = true}, NULL, 0);
    struct source *s = open_with(NULL);
    struct entry f;
    assert_non_null(s);
    assert_true(tree_damage(s, "Manifest.db is missing"));
    assert_true(slice_is(source_facts(s)->model, "iPhone12,8"));
    assert_true(tree_find(s, "/Info.plist", &f));
    close_all(s);
}

static void contents_alone_are_a_part_of_a_backup(void **state)
{
    (void)state;
    struct entry f;
    struct mkbackup_options o = {
        .no_info = true, .no_status = true, .no_manifest_plist = true, .no_manifest_db = true};
    make(&o, usual, USUAL);
    struct source *s = open_with(NULL);
    assert_non_null(s);
    assert_int_equal(source_kind(s), SOURCE_IOS_BACKUP);
    assert_true(tree_find(s, SMS, &f));
    assert_true(f.present && !f.listed);
    close_all(s);
}

static void encrypted_backup_needs_its_manifest_plist(void **state)
{
    (void)state;
    char path[4096];
    make(&(struct mkbackup_options){.password = "x"}, usual, USUAL);
    snprintf(path, sizeof path, "%s/Manifest.plist", folder);
    assert_int_equal(truncate(path, 200), 0);
    refused("x", ERR_CORRUPT, "Manifest.plist: ");
    assert_int_equal(unlink(path), 0);
    refused("x", ERR_CORRUPT, "Manifest.plist is missing");
}

static void garbage_as_catalogue_is_corrupt(void **state)
{
    (void)state;
    make(&(struct mkbackup_options){0}, usual, USUAL);
    tree_text(folder, "Manifest.db", "no database at all, not even one of sixteen bytes");
    refused(NULL, ERR_CORRUPT, "Manifest.db is no database");
    tree_text(folder, "Manifest.db", "");
    refused(NULL, ERR_CORRUPT, "Manifest.db is empty");
}

static void manifest_of_another_backup_is_corrupt(void **state)
{
    (void)state;
    struct mkbackup_file odd = {.domain = "HomeDomain", .path = "odd", .bytes = BYTES("x")};
    char path[4096];
    struct stat st;
    make(&(struct mkbackup_options){.password = "x"}, &odd, 1);
    snprintf(path, sizeof path, "%s/Manifest.db", folder);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(truncate(path, 0), 0);
    assert_int_equal(truncate(path, st.st_size), 0);
    refused("x", ERR_CORRUPT, "does not open with its key");
}

/* Enough rows for many pages, so that a damaged one leaves others. */
static void make_many(const struct mkbackup_options *o)
{
    enum { MANY = 500 };
    static char names[MANY][32];
    static struct mkbackup_file files[MANY];
    for (size_t i = 0; i < MANY; i++) {
        snprintf(names[i], sizeof names[i], "Library/file%zu", i);
        files[i] = (struct mkbackup_file){.domain = "HomeDomain", .path = names[i], .absent = true};
    }
    make(o, files, MANY);
}

static void lost_pages_of_the_catalogue_are_damage(void **state)
{
    (void)state;
    static const char *const passwords[] = {NULL, "x"};
    for (size_t i = 0; i < 2; i++) {
        char path[4096], zeros[4096] = {0};
        struct stat st;
        make_many(&(struct mkbackup_options){.password = passwords[i]});
        snprintf(path, sizeof path, "%s/Manifest.db", folder);
        int file = open(path, O_RDWR);
        assert_true(file >= 0 && fstat(file, &st) == 0);
        assert_int_equal(pwrite(file, zeros, sizeof zeros, st.st_size / 2 / 4096 * 4096), 4096);
        close(file);
        struct source *s = open_with(passwords[i]);
        assert_non_null(s);
        assert_true(tree_damage(s, "Manifest.db: "));
        assert_in_range(source_facts(s)->files, 3, 4); /* the backup's own */
        close_all(s);

        assert_int_equal(truncate(path, st.st_size / 2), 0);
        s = open_with(passwords[i]);
        if (s)
            assert_true(tree_damage(s, "Manifest.db: "));
        else
            assert_int_equal(e.code, ERR_CORRUPT);
        close_all(s);
        tree_remove(folder);
    }
}

/* A record of Manifest.mbdb. */
static void mbdb_text(struct buf *b, const char *s)
{
    if (!s) {
        buf_add(b, "\xff\xff", 2);
        return;
    }
    buf_byte(b, (uint8_t)(strlen(s) >> 8));
    buf_byte(b, (uint8_t)strlen(s));
    buf_text(b, s);
}

static void mbdb_record(struct buf *b, const char *domain, const char *path, const char *target,
                        uint16_t mode, uint8_t size)
{
    static const char zeros[64];
    mbdb_text(b, domain);
    mbdb_text(b, path);
    mbdb_text(b, target);
    mbdb_text(b, NULL);
    mbdb_text(b, NULL);
    buf_byte(b, (uint8_t)(mode >> 8));
    buf_byte(b, (uint8_t)mode);
    buf_add(b, zeros, 8 + 4 + 4);
    for (int i = 0; i < 3; i++)
        buf_add(b, "\x50\0\0\0", 4);
    buf_add(b, zeros, 7);
    buf_byte(b, size);
    buf_byte(b, 4);
    buf_byte(b, 1);
    mbdb_text(b, "name");
    mbdb_text(b, "value");
}

static void old_catalogue_is_read(void **state)
{
    (void)state;
    struct buf b = {0};
    struct entry f;
    buf_add(&b, "mbdb\5\0", 6);
    mbdb_record(&b, "HomeDomain", "Library/SMS/sms.db", NULL, 0100644, 3);
    mbdb_record(&b, "HomeDomain", "Library", NULL, 040755, 0);
    mbdb_record(&b, "HomeDomain", "link", "/etc", 0120755, 0);
    tree_folder(root, "backup");
    tree_put(folder, "Manifest.mbdb", b.p, b.n);
    tree_text(folder, "3d0d7e5fb2ce288813306e4d4636395e047a3d28", "sms");
    struct source *s = open_with(NULL);
    assert_non_null(s);
    assert_true(tree_find(s, SMS, &f));
    assert_true(tree_reads(s, &f, "sms"));
    assert_int_equal(f.bytes, 3);
    assert_int_equal(f.modified.ns / 1000000000, 0x50000000);
    assert_true(tree_find(s, "/private/var/mobile/link", &f));
    assert_true(slice_is(f.target, "/etc"));
    assert_true(tree_intact(s));
    close_all(s);
    tree_put(folder, "Manifest.mbdb", b.p, b.n - 5);
    s = open_with(NULL);
    assert_true(tree_find(s, SMS, &f));
    assert_true(tree_damage(s, "runs past the end"));
    close_all(s);
    buf_free(&b);
}

static void backup_inside_a_folder_is_found(void **state)
{
    (void)state;
    struct entry f;
    make(&(struct mkbackup_options){.password = "x"}, usual, USUAL);
    struct secret s = password("x");
    struct source *source = tree_open(root, &s, &fd, &e);
    assert_non_null(source);
    usual_files_are_right(source);
    assert_true(tree_find(source, "/Info.plist", &f));
    assert_true(slice_is(f.container, "backup/Info.plist"));
    close_all(source);
}

static int setup(void **state)
{
    (void)state;
    sqlite_setup();
    return 0;
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, start, stop)
    const struct CMUnitTest tests[] = {
        TEST(plain_backup_opens),
        TEST(encrypted_backup_opens_with_its_password),
        TEST(no_password_is_locked_and_a_wrong_one_is_wrong),
        TEST(derived_key_opens_it_again),
        TEST(old_backups_have_one_stage),
        TEST(clear_catalogue_with_sealed_contents_needs_the_password),
        TEST(decrypted_copy_opens_without_password),
        TEST(facts_come_from_the_plists),
        TEST(lockdown_serves_where_info_is_missing),
        TEST(its_own_files_are_entries),
        TEST(wrong_size_in_the_catalogue_cuts_nothing),
        TEST(cut_content_is_told_by_its_blob),
        TEST(content_shorter_than_listed_is_told_but_not_of_databases),
        TEST(listed_file_without_content_is_absent),
        TEST(missing_class_key_locks_its_files_only),
        TEST(damaged_class_key_is_damage),
        TEST(file_key_that_does_not_open_is_that_file_only),
        TEST(file_without_key_is_read_as_it_is),
        TEST(damaged_row_is_told_and_its_content_is_not_guessed),
        TEST(content_that_no_row_names_is_found_by_its_id),
        TEST(unlisted_content_of_an_encrypted_backup_is_locked),
        TEST(snapshot_and_flat_layout_are_looked_into),
        TEST(names_that_climb_are_refused_and_told),
        TEST(unknown_domain_is_shown_below_its_name),
        TEST(false_id_never_becomes_a_path),
        TEST(link_as_content_is_not_read),
        TEST(interrupted_backup_is_damage),
        TEST(manifest_db_alone_is_enough),
        TEST(info_plist_alone_opens_with_damage),
        TEST(contents_alone_are_a_part_of_a_backup),
        TEST(encrypted_backup_needs_its_manifest_plist),
        TEST(garbage_as_catalogue_is_corrupt),
        TEST(manifest_of_another_backup_is_corrupt),
        TEST(lost_pages_of_the_catalogue_are_damage),
        TEST(old_catalogue_is_read),
        TEST(backup_inside_a_folder_is_found),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
