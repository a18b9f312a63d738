#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tar_make.h"

static struct buf made;
static struct blob *blob;
static struct stream *in;
static struct tar *tar;
static struct err e;

static int start(void **state)
{
    (void)state;
    made = (struct buf){0};
    e = (struct err){0};
    tar = NULL;
    return 0;
}

static int stop(void **state)
{
    (void)state;
    tar_free(tar);
    stream_close(in);
    blob_close(blob);
    buf_free(&made);
    in = NULL;
    blob = NULL;
    return 0;
}

static void open_made(void)
{
    blob = blob_of_memory(buf_view(&made));
    in = stream_of_blob(blob);
    tar = tar_new(in);
}

/* An archive that a program wrote; they are the seeds of the fuzzer as well. */
static void open_sample(const char *name)
{
    char path[4096];
    const char *root = getenv("BRIDLE_SOURCE");
    snprintf(path, sizeof path, "%s/fuzz/corpus/tar/%s", root ? root : ".", name);
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    for (size_t n = 1; n;) {
        n = fread(buf_room(&made, 65536), 1, 65536, f);
        made.n += n;
    }
    fclose(f);
    open_made();
}

static struct tar_member next(void)
{
    struct tar_member m;
    if (!tar_next(tar, &m, &e))
        fail_msg("no member: %s", e.msg);
    return m;
}

#define assert_slice(s, text)                                                                      \
    do {                                                                                           \
        struct slice got_ = (s);                                                                   \
        if (!slice_is(got_, text))                                                                 \
            fail_msg("\"%.*s\", not \"%s\"", (int)got_.n, (const char *)got_.p, text);             \
    } while (0)

static void assert_content(const char *text)
{
    char bytes[256];
    size_t got;
    assert_true(tar_read(tar, bytes, sizeof bytes, &got, &e));
    assert_slice(slice_at(bytes, got), text);
}

static void assert_end(void)
{
    struct tar_member m;
    assert_false(tar_next(tar, &m, &e));
    assert_int_equal(e.code, ERR_NONE);
}

static void assert_whole(void)
{
    const struct tar_losses none = {0};
    assert_end();
    assert_memory_equal(tar_losses(tar), &none, sizeof none);
}

static void members_of_all_types_are_told(void **state)
{
    (void)state;
    make_header(&made, "d/", '5', 0);
    make_member(&made, "d/a", '0', "alpha");
    make_link(&made, "d/soft", '2', "../x");
    make_link(&made, "d/hard", '1', "d/a");
    make_header(&made, "d/pipe", '6', 0);
    make_member(&made, "old", '\0', "v7");
    make_end(&made);
    open_made();
    assert_true(tar_recognise(buf_view(&made)));
    struct tar_member m = next();
    assert_int_equal(m.type, TAR_FOLDER);
    assert_slice(m.name, "d/");
    m = next();
    assert_int_equal(m.type, TAR_FILE);
    assert_int_equal(m.bytes, 5);
    assert_int_equal(m.at, 1024);
    assert_int_equal(m.mode, 0644);
    assert_int_equal(m.uid, 501);
    assert_int_equal(m.gid, 20);
    assert_true(m.modified.ns == 1700000000000000000 && m.modified.precision == SECOND);
    assert_content("alpha");
    m = next();
    assert_int_equal(m.type, TAR_SYMLINK);
    assert_slice(m.target, "../x");
    m = next();
    assert_int_equal(m.type, TAR_HARDLINK);
    assert_slice(m.target, "d/a");
    assert_int_equal(next().type, TAR_OTHER);
    m = next();
    assert_slice(m.name, "old");
    assert_content("v7");
    assert_whole();
}

static void content_may_be_passed_over(void **state)
{
    (void)state;
    char big[3000];
    memset(big, 'x', sizeof big);
    make_header(&made, "big", '0', sizeof big);
    make_content(&made, big, sizeof big);
    make_member(&made, "after", '0', "a");
    make_end(&made);
    open_made();
    next();
    assert_slice(next().name, "after");
    assert_whole();
}

static void ustar_prefix_comes_before_the_name(void **state)
{
    (void)state;
    size_t h = make_header(&made, "name", '0', 0);
    make_field(&made, h, 345, "far/away", 8);
    make_end(&made);
    open_made();
    assert_slice(next().name, "far/away/name");
    assert_whole();
}

static void numbers_of_base_256_are_read(void **state)
{
    (void)state;
    size_t h = make_header(&made, "huge", '0', 0);
    make_field(&made, h, 124, "\x80\0\0\0\0\0\0\1\0\0\0\0", 12);
    make_field(&made, h, 136, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 12);
    open_made();
    struct tar_member m = next();
    assert_true(m.bytes == UINT64_C(1) << 32);
    assert_true(m.modified.ns == -1000000000);
    assert_end();
    assert_true(tar_losses(tar)->cut || tar_losses(tar)->no_end);
}

static void gnu_long_names_are_read(void **state)
{
    (void)state;
    open_sample("gnu.tar");
    assert_slice(next().name, "a.txt");
    assert_content("alpha\n");
    assert_slice(next().name, "d/");
    struct tar_member m = next();
    assert_int_equal(m.type, TAR_HARDLINK);
    assert_slice(m.target, "a.txt");
    m = next();
    assert_int_equal(m.name.n, 2 + 150 + 4);
    assert_content("long name\n");
    assert_slice(next().target, "../a.txt");
    assert_int_equal(next().target.n, 123);
    assert_whole();
}

static void pax_names_and_times_are_read(void **state)
{
    (void)state;
    open_sample("pax.tar");
    struct tar_member m = next();
    assert_slice(m.name, "a.txt");
    assert_true(m.modified.ns == 1700000000250000000 && m.modified.precision == MILLI);
    assert_true(m.changed.precision != PRECISION_NONE);
    next();
    assert_int_equal(next().type, TAR_HARDLINK);
    assert_int_equal(next().name.n, 2 + 150 + 4);
    next();
    assert_int_equal(next().target.n, 123);
    assert_whole();
}

static void pax_records_stand_in_place_of_the_header(void **state)
{
    (void)state;
    struct buf r = {0};
    make_record(&r, "path", "real/name");
    make_record(&r, "size", "4");
    make_record(&r, "uid", "3000000");
    make_record(&r, "mtime", "-1.5");
    make_record(&r, "ctime", "1700000000.123456789");
    make_record(&r, "LIBARCHIVE.creationtime", "1600000000");
    make_record(&r, "SCHILY.ino", "12345678901");
    make_record(&r, "SCHILY.xattr.user.note", "anything = at all");
    make_header(&made, "x", 'x', r.n);
    make_content(&made, r.p, r.n);
    make_header(&made, "short", '0', 0);
    make_content(&made, "text", 4);
    make_end(&made);
    buf_free(&r);
    open_made();
    struct tar_member m = next();
    assert_slice(m.name, "real/name");
    assert_int_equal(m.bytes, 4);
    assert_int_equal(m.uid, 3000000);
    assert_true(m.modified.ns == -1500000000 && m.modified.precision == MILLI);
    assert_true(m.changed.ns == 1700000000123456789 && m.changed.precision == NANO);
    assert_true(m.born.ns == 1600000000000000000 && m.born.precision == SECOND);
    assert_true(m.inode == 12345678901);
    assert_content("text");
    assert_whole();
}

static void a_global_header_holds_until_it_is_taken_back(void **state)
{
    (void)state;
    make_extended(&made, 'g', "mtime", "1");
    make_member(&made, "a", '0', "");
    make_extended(&made, 'x', "mtime", "2");
    make_member(&made, "b", '0', "");
    make_member(&made, "c", '0', "");
    make_end(&made);
    open_made();
    assert_true(next().modified.ns == 1000000000);
    assert_true(next().modified.ns == 2000000000);
    assert_true(next().modified.ns == 1000000000);
    assert_whole();
}

static void a_damaged_extended_header_is_told(void **state)
{
    (void)state;
    make_member(&made, "x", 'x', "99 path=never ends\n");
    make_member(&made, "a", '0', "alpha");
    make_end(&made);
    open_made();
    assert_slice(next().name, "a");
    assert_content("alpha");
    assert_end();
    assert_int_equal(tar_losses(tar)->extras, 1);
}

static void check_sparse(const char *name)
{
    open_sample(name);
    struct tar_member m = next();
    assert_slice(m.name, "sparse");
    assert_true(m.sparse);
    assert_int_equal(m.bytes, 1 << 20);
    assert_int_equal(m.stored, 8192);
    assert_true(m.nextents >= 2);
    assert_int_equal(m.extents[1].off, 1 << 18);
    assert_memory_equal(made.p + m.at, "begin", 5);
    assert_memory_equal(made.p + m.at + m.extents[0].n, "middle", 6);
    m = next();
    assert_slice(m.name, "sparse6");
    assert_int_equal(m.bytes, 8 * 65536);
    assert_true(m.nextents >= 6);
    assert_int_equal(m.extents[5].off, 5 * 65536);
    assert_memory_equal(made.p + m.at + 5 * 4096, "piece05", 7);
    assert_whole();
}

static void sparse_files_of_gnu_are_read(void **state)
{
    (void)state;
    check_sparse("sparse-gnu.tar");
}

static void sparse_files_of_pax_0_0_are_read(void **state)
{
    (void)state;
    check_sparse("sparse-0.0.tar");
}

static void sparse_files_of_pax_0_1_are_read(void **state)
{
    (void)state;
    check_sparse("sparse-0.1.tar");
}

static void sparse_files_of_pax_1_0_are_read(void **state)
{
    (void)state;
    check_sparse("sparse-1.0.tar");
}

static void a_sparse_map_that_lies_is_refused(void **state)
{
    (void)state;
    struct buf r = {0};
    make_record(&r, "GNU.sparse.size", "100");
    make_record(&r, "GNU.sparse.map", "0,10,5,10"); /* overlap */
    make_header(&made, "x", 'x', r.n);
    make_content(&made, r.p, r.n);
    make_member(&made, "lie", '0', "12345678901234567890");
    make_member(&made, "after", '0', "");
    make_end(&made);
    buf_free(&r);
    open_made();
    assert_int_equal(next().type, TAR_OTHER);
    assert_slice(next().name, "after");
    assert_end();
    assert_int_equal(tar_losses(tar)->sparse, 1);
}

static void a_bad_header_costs_its_member(void **state)
{
    (void)state;
    make_member(&made, "a", '0', "alpha");
    size_t bad = make_member(&made, "b", '0', "beta");
    make_member(&made, "c", '0', "gamma");
    make_end(&made);
    made.p[bad + 10] ^= 1;
    open_made();
    assert_slice(next().name, "a");
    assert_slice(next().name, "c");
    assert_content("gamma");
    assert_end();
    assert_int_equal(tar_losses(tar)->gaps, 1);
    assert_int_equal(tar_losses(tar)->first_gap, bad);
    assert_int_equal(tar_losses(tar)->passed, 1024);
}

static void a_long_name_dies_with_its_header(void **state)
{
    (void)state;
    make_member(&made, "././@LongLink", 'L', "the long name");
    size_t bad = make_member(&made, "b", '0', "");
    make_member(&made, "c", '0', "");
    make_end(&made);
    made.p[bad] ^= 1;
    open_made();
    assert_slice(next().name, "c");
    assert_end();
    assert_int_equal(tar_losses(tar)->extras, 1);
}

static void a_cut_is_told_wherever_it_is(void **state)
{
    (void)state;
    make_member(&made, "a", '0', "alpha");
    make_extended(&made, 'x', "path", "beta");
    make_member(&made, "b", '0', "beta");
    make_end(&made);
    size_t whole = made.n;
    for (size_t n = 0; n < whole - 1024; n += 100) {
        struct tar_member m;
        struct blob *cut = blob_of_memory(slice_at(made.p, n));
        struct stream *s = stream_of_blob(cut);
        struct tar *t = tar_new(s);
        while (tar_next(t, &m, &e))
            ;
        const struct tar_losses *l = tar_losses(t);
        assert_true(l->cut || l->no_end || l->extras);
        tar_free(t);
        stream_close(s);
        blob_close(cut);
    }
    open_made();
    next();
    assert_slice(next().name, "beta");
    assert_whole();
}

static void a_second_archive_behind_the_end_is_read(void **state)
{
    (void)state;
    make_member(&made, "a", '0', "");
    make_end(&made);
    make_member(&made, "b", '0', "");
    make_end(&made);
    open_made();
    next();
    assert_slice(next().name, "b");
    assert_end();
    assert_true(tar_losses(tar)->ends_twice);
    assert_int_equal(tar_losses(tar)->gaps, 0);
}

static void bytes_behind_the_end_are_told(void **state)
{
    (void)state;
    make_member(&made, "a", '0', "");
    make_end(&made);
    make_content(&made, "no header", 9);
    open_made();
    next();
    assert_end();
    assert_int_equal(tar_losses(tar)->passed, 512);
}

static void a_link_may_repeat_its_file(void **state)
{
    (void)state;
    make_member(&made, "a", '0', "alpha");
    size_t gnu = make_link(&made, "b", '1', "a");
    make_field(&made, gnu, 124, "00000000005", 12); /* the size only */
    size_t pax = make_link(&made, "c", '1', "a");
    make_field(&made, pax, 124, "00000000005", 12); /* with the content */
    make_content(&made, "alpha", 5);
    make_member(&made, "d", '0', "delta");
    make_end(&made);
    open_made();
    next();
    assert_slice(next().name, "b");
    assert_slice(next().name, "c");
    assert_slice(next().name, "d");
    assert_content("delta");
    assert_whole();
}

static void what_is_no_archive_is_not_recognised(void **state)
{
    (void)state;
    static const uint8_t zeros[1024];
    assert_false(tar_recognise(slice_at(zeros, sizeof zeros)));
    assert_false(tar_recognise(slice_of("short")));
    make_member(&made, "a", '0', "alpha");
    made.p[0] = 'b';
    assert_false(tar_recognise(buf_view(&made)));
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, start, stop)
    const struct CMUnitTest tests[] = {
        TEST(members_of_all_types_are_told),
        TEST(content_may_be_passed_over),
        TEST(ustar_prefix_comes_before_the_name),
        TEST(numbers_of_base_256_are_read),
        TEST(gnu_long_names_are_read),
        TEST(pax_names_and_times_are_read),
        TEST(pax_records_stand_in_place_of_the_header),
        TEST(a_global_header_holds_until_it_is_taken_back),
        TEST(a_damaged_extended_header_is_told),
        TEST(sparse_files_of_gnu_are_read),
        TEST(sparse_files_of_pax_0_0_are_read),
        TEST(sparse_files_of_pax_0_1_are_read),
        TEST(sparse_files_of_pax_1_0_are_read),
        TEST(a_sparse_map_that_lies_is_refused),
        TEST(a_bad_header_costs_its_member),
        TEST(a_long_name_dies_with_its_header),
        TEST(a_cut_is_told_wherever_it_is),
        TEST(a_second_archive_behind_the_end_is_read),
        TEST(bytes_behind_the_end_are_told),
        TEST(a_link_may_repeat_its_file),
        TEST(what_is_no_archive_is_not_recognised),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
