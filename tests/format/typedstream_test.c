#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "format/typedstream.h"

static struct arena arena;
static struct buf b;
static struct typedstream_body body;
static struct err e;

static int reset(void **state)
{
    (void)state;
    arena_reset(&arena);
    buf_clear(&b);
    err_clear(&e);
    return 0;
}

#define ADD(literal) buf_add(&b, literal, sizeof literal - 1)

static void add_length(size_t n)
{
    if (n < 0x80) {
        buf_byte(&b, (uint8_t)n);
    } else if (n < 0x8000) {
        buf_byte(&b, 0x81);
        buf_byte(&b, (uint8_t)n);
        buf_byte(&b, (uint8_t)(n >> 8));
    } else {
        buf_byte(&b, 0x82);
        buf_u32le(&b, (uint32_t)n);
    }
}

static void add_string(const char *text)
{
    add_length(strlen(text));
    buf_text(&b, text);
}

/* What an iPhone writes up to the text. Objects: 0 the root, 1 to 3 its classes, 4 its string, 5 and
   6 NSMutableString and NSString. Shared strings: 0 "@", 6 "+". */
static void add_head(void)
{
    ADD("\x04\x0bstreamtyped\x81\xe8\x03\x84\x01@\x84\x84\x84\x19NSMutableAttributedString\0\x84\x84"
        "\x12NSAttributedString\0\x84\x84\x08NSObject\0\x85\x92\x84\x84\x84\x0fNSMutableString\x01"
        "\x84\x84\x08NSString\x01\x95\x84\x01+");
}

/* Shared strings: 7 "iI", 8 NSDictionary, 9 "i". Object 7 the dictionary, 8 its class. */
static void add_run(size_t units, uint8_t attributes)
{
    ADD("\x86\x84\x02iI\x01");
    add_length(units);
    ADD("\x92\x84\x84\x84\x0cNSDictionary\0\x95\x84\x01i");
    buf_byte(&b, attributes);
}

/* A further string object: class 6, type "+". */
static void add_object(const char *text)
{
    ADD("\x92\x84\x98\x98");
    add_string(text);
    ADD("\x86");
}

static void add_url(const char *url)
{
    ADD("\x92\x84\x84\x84\x05NSURL\0\x95\x84\x01"
        "c\0");
    add_object(url);
    ADD("\x86");
}

static void add_part(void)
{
    add_object("__kIMMessagePartAttributeName");
    ADD("\x92\x84\x84\x84\x08NSNumber\0\x84\x84\x07NSValue\0\x95\x84\x01*\x84\x84\x01q\x9f\0\x86");
}

static void add_end(void)
{
    ADD("\x86\x86");
}

static void add_simple(const char *text)
{
    add_head();
    add_string(text);
    add_run(strlen(text), 0);
    add_end();
}

static bool read_body(void)
{
    return typedstream_body(buf_view(&b), &arena, &body, &e);
}

static void reads(const char *text)
{
    if (!read_body())
        fail_msg("%s", e.msg);
    assert_true(slice_is(body.text, text));
}

static void refuses(const char *words)
{
    assert_false(read_body());
    if (!strstr(e.msg, words))
        fail_msg("\"%s\" has no \"%s\"", e.msg, words);
}

static void the_text_is_inside_the_input(void **state)
{
    (void)state;
    add_simple("Your parcel: https://spy.example/a");
    reads("Your parcel: https://spy.example/a");
    assert_true(body.text.p > b.p && body.text.p < b.p + b.n);
    assert_int_equal(body.nlinks, 0);
}

static void lengths_have_three_forms(void **state)
{
    (void)state;
    for (size_t n = 0; n < 70000; n += n < 300 ? 1 : 8111) {
        char *text = arena_alloc(&arena, n + 1);
        memset(text, 'x', n);
        buf_clear(&b);
        add_simple(text);
        reads(text);
    }
    /* 16 bits hold up to 65,535 when they count bytes. */
    buf_clear(&b);
    add_head();
    ADD("\x81\x40\x9c");
    for (int i = 0; i < 40000; i++)
        buf_byte(&b, 'y');
    add_run(40000, 0);
    add_end();
    assert_true(read_body());
    assert_int_equal(body.text.n, 40000);
}

static void links_are_the_strings_of_urls(void **state)
{
    (void)state;
    add_head();
    add_string("see here");
    add_run(8, 2);
    add_object("__kIMLinkAttributeName");
    add_url("tel:+15550100");
    add_object("other");
    add_object("https://hidden.example/x");
    add_end();
    reads("see here");
    assert_int_equal(body.nlinks, 2);
    assert_true(slice_is(body.links[0], "tel:+15550100"));
    assert_true(slice_is(body.links[1], "https://hidden.example/x"));
}

static void a_link_may_be_a_plain_string(void **state)
{
    (void)state;
    add_head();
    add_string("x");
    add_run(1, 2);
    add_object("NSLink");
    add_object("spy.example/a");
    add_object("https://a.example/key");
    add_object("no link");
    add_end();
    reads("x");
    assert_int_equal(body.nlinks, 1);
    assert_true(slice_is(body.links[0], "spy.example/a"));
}

static void a_link_named_twice_is_one(void **state)
{
    (void)state;
    add_head();
    add_string("xy");
    add_run(2, 2);
    add_object("NSLink");             /* object 9 */
    add_object("https://a.example/"); /* object 10 */
    ADD("\x92\x9b\x92\x9c");
    add_end();
    reads("xy");
    assert_int_equal(body.nlinks, 1);
}

static void numbers_and_data_are_stepped_over(void **state)
{
    (void)state;
    add_head();
    add_string("x");
    add_run(1, 3);
    add_part();
    add_object("data");
    ADD("\x92\x84\x84\x84\x0dNSMutableData\0\x84\x84\x06NSData\0\x95\x9b\x0c\x84\x05[12c]");
    ADD("\x86\x86\x84\x92://\x86\x86\x80\xff\0");
    ADD("\x86");
    add_object("more");
    ADD("\x92\x84\x84\x84\x07NSThing\0\x95\x84\x1a{P=ff{Q=dd}}sSlLqQcCB@[2i]");
    ADD("\x01\x83\0\0\x80?\x83\0\0\0\0\0\0\xf0?\x01");
    ADD("\x81\xff\xff\x03\x82\0\0\0\x80\x92\x87\0\0\0\0\0\0\0\x80\x07");
    ADD("\x86\x86\x86\x85\x01\x81\0\x01");
    ADD("\x86");
    add_end();
    reads("x");
    assert_int_equal(body.nlinks, 0);
}

static void the_text_is_that_of_the_root_object(void **state)
{
    (void)state;
    /* The marker in front stands in a class name, which a search would take for the text. */
    ADD("\x04\x0bstreamtyped\x81\xe8\x03\x84\x01@\x84\x84\x84\x12NSAttributedString\0\x84\x84\x17"
        "NSString\x01\x94\x84\x01+\x09innocent!\0\x85\x92\x84\x84\x84\x08NSString\x01\x85\x84\x01+");
    add_string("the text");
    ADD("\x86\x86");
    reads("the text");
}

static void a_string_as_root_is_a_text(void **state)
{
    (void)state;
    ADD("\x04\x0bstreamtyped\x81\xe8\x03\x84\x01@\x84\x84\x84\x08NSString\x01\x84\x84\x08NSObject\0"
        "\x85\x84\x01+\x02hi\x86");
    reads("hi");
}

static void an_empty_text_is_a_text(void **state)
{
    (void)state;
    add_simple("");
    reads("");
}

static void a_cut_body_is_told_and_keeps_what_was_read(void **state)
{
    (void)state;
    add_head();
    size_t from = b.n + 1;
    add_string("Your parcel");
    size_t to = b.n;
    add_run(11, 1);
    add_object("NSLink");
    add_url("https://a.example/path");
    size_t linked = b.n - 2;
    add_end();
    struct slice whole = buf_view(&b);
    assert_true(read_body());
    for (size_t n = 0; n < whole.n; n++) {
        uint8_t *copy = malloc(n + 1); /* of its own, so that a sanitizer sees reads beyond */
        memcpy(copy, whole.p, n);
        assert_false(typedstream_body(slice_at(copy, n), &arena, &body, &e));
        assert_int_equal(e.code, ERR_CORRUPT);
        size_t want = n < from ? 0 : n < to ? n - from : to - from;
        assert_int_equal(body.text.n, want);
        assert_memory_equal(body.text.p ? body.text.p : whole.p, whole.p + (want ? from : 0), want);
        assert_int_equal(body.nlinks, n >= linked);
        free(copy);
    }
}

static void bytes_behind_the_end_are_told(void **state)
{
    (void)state;
    add_simple("abc");
    ADD("\0");
    refuses("something follows the end");
    assert_true(slice_is(body.text, "abc"));
}

static void a_text_behind_damage_is_searched_for(void **state)
{
    (void)state;
    add_simple("abc");
    b.p[2] = 'S';
    refuses("not the header");
    assert_true(slice_is(body.text, "abc"));
    reset(NULL);
    add_simple("abc");
    b.p[20] = 0x91; /* the class of the root */
    refuses("byte 21");
    assert_true(slice_is(body.text, "abc"));
}

static void what_is_no_attributed_string_is_told(void **state)
{
    (void)state;
    ADD("\x04\x0bstreamtyped\x81\xe8\x03\x84\x01@\x84\x84\x84\x08NSNumber\0\x84\x84\x08NSObject\0"
        "\x85\x84\x01i\x05\x86");
    refuses("not an attributed string");
    assert_int_equal(body.text.n, 0);
    reset(NULL);
    refuses("not the header");
    ADD("\x04\x0bstreamtyped\x81\xe8\x03\x84\x01i\x05");
    refuses("doesn't begin with an object");
    reset(NULL);
    ADD("bplist00");
    refuses("not the header");
}

/* Appends to the root of a body whose text is "x"; says what the reader finds wrong. */
static void root_refuses(const char *bytes, size_t n, const char *words)
{
    reset(NULL);
    add_head();
    add_string("x");
    ADD("\x86");
    buf_add(&b, bytes, n);
    refuses(words);
    assert_true(slice_is(body.text, "x"));
}
#define ROOT_REFUSES(literal, words) root_refuses(literal, sizeof literal - 1, words)

static void odd_bytes_are_damage_and_keep_the_text(void **state)
{
    (void)state;
    ROOT_REFUSES("\x84\x01?", "a type that isn't known");
    ROOT_REFUSES("\x84\x01!", "a type that isn't known");
    ROOT_REFUSES("\x85", "no string");
    ROOT_REFUSES("\x99\x01", "a reference to what isn't there");
    ROOT_REFUSES("\x92\x99", "a reference to what isn't there");
    ROOT_REFUSES("\x92\x88", "not an integer");
    ROOT_REFUSES("\x84\x01i\x83", "not an integer");
    ROOT_REFUSES("\x84\x01i\x85", "not an integer");
    ROOT_REFUSES("\x84\x01+\x90", "not a length");
    ROOT_REFUSES("\x92\x84\x85", "an object without a class");
    ROOT_REFUSES("\x92\x84\x92", "not a class");
    ROOT_REFUSES("\x84\x03[3c\0\0\0", "an array whose type isn't known");
    ROOT_REFUSES("\x84\x02{?\x01", "a structure whose type isn't known");
    ROOT_REFUSES("\x84\x05[9c]i123", "ends too early");
    ROOT_REFUSES("\x84\x0d[4294967295c]abc", "ends too early");
    ROOT_REFUSES("\x84\x82\xff\xff\xff\x7fi", "ends too early");
}

static void nesting_has_a_limit(void **state)
{
    (void)state;
    add_head();
    add_string("x");
    ADD("\x86");
    for (int i = 0; i < 100000; i++)
        ADD("\x92\x84\x98"); /* a string whose first value is a string ... */
    refuses("nested too deeply");
    assert_int_equal(e.code, ERR_LIMIT);
    assert_true(slice_is(body.text, "x"));
}

/* Two bytes could name a type string of half the file each time. */
static void repeating_long_types_has_a_limit(void **state)
{
    (void)state;
    add_head();
    add_string("x");
    ADD("\x86\x84");
    add_length(200003);
    ADD("{");
    for (int i = 0; i < 200000; i++)
        buf_byte(&b, 'n');
    ADD("=c");
    for (int i = 0; i < 200000; i++)
        ADD("\x01\x99");
    refuses("more types than the bytes can need");
    assert_int_equal(e.code, ERR_LIMIT);
}

static void a_class_may_not_be_its_own_ancestor_for_ever(void **state)
{
    (void)state;
    ADD("\x04\x0bstreamtyped\x81\xe8\x03\x84\x01@\x84\x84\x84\x01Z\0\x93\x86");
    refuses("not an attributed string");
}

/* Messages of a published test image: their text column has the same words. */
static void published_messages_are_read_whole(void **state)
{
    (void)state;
    const char *shared = getenv("BRIDLE_SHARED"), *source = getenv("BRIDLE_SOURCE");
    if (!shared)
        shared = arena_printf(&arena, "%s/../shared", source ? source : ".");
    const char *uri = arena_printf(
        &arena, "file:%s/samples/plaso/sqlite/imessage_chat.db?mode=ro&immutable=1", shared);
    sqlite3 *db;
    sqlite3_stmt *rows;
    if (sqlite3_open_v2(uri, &db, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, NULL) != SQLITE_OK) {
        sqlite3_close(db);
        print_message("no samples in %s: skipped\n", shared);
        skip();
    }
    assert_int_equal(
        sqlite3_prepare_v2(db, "SELECT text, attributedBody FROM message", -1, &rows, NULL),
        SQLITE_OK);
    unsigned n = 0, same = 0, links = 0;
    for (; sqlite3_step(rows) == SQLITE_ROW; n++) {
        struct slice text = slice_at(sqlite3_column_text(rows, 0),
                                     (size_t)sqlite3_column_bytes(rows, 0)),
                     bytes = slice_at(sqlite3_column_blob(rows, 1),
                                      (size_t)sqlite3_column_bytes(rows, 1));
        if (!typedstream_body(bytes, &arena, &body, &e))
            fail_msg("message %u: %s", n, e.msg);
        same += slice_equal(text, body.text);
        links += (unsigned)body.nlinks;
    }
    sqlite3_finalize(rows);
    sqlite3_close(db);
    assert_int_equal(n, 10);
    assert_int_equal(same, 8); /* the publisher changed a product's name in two text columns */
    assert_int_equal(links, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_text_is_inside_the_input, reset),
        cmocka_unit_test_setup(lengths_have_three_forms, reset),
        cmocka_unit_test_setup(links_are_the_strings_of_urls, reset),
        cmocka_unit_test_setup(a_link_may_be_a_plain_string, reset),
        cmocka_unit_test_setup(a_link_named_twice_is_one, reset),
        cmocka_unit_test_setup(numbers_and_data_are_stepped_over, reset),
        cmocka_unit_test_setup(the_text_is_that_of_the_root_object, reset),
        cmocka_unit_test_setup(a_string_as_root_is_a_text, reset),
        cmocka_unit_test_setup(an_empty_text_is_a_text, reset),
        cmocka_unit_test_setup(a_cut_body_is_told_and_keeps_what_was_read, reset),
        cmocka_unit_test_setup(bytes_behind_the_end_are_told, reset),
        cmocka_unit_test_setup(a_text_behind_damage_is_searched_for, reset),
        cmocka_unit_test_setup(what_is_no_attributed_string_is_told, reset),
        cmocka_unit_test_setup(odd_bytes_are_damage_and_keep_the_text, reset),
        cmocka_unit_test_setup(nesting_has_a_limit, reset),
        cmocka_unit_test_setup(repeating_long_types_has_a_limit, reset),
        cmocka_unit_test_setup(a_class_may_not_be_its_own_ancestor_for_ever, reset),
        cmocka_unit_test_setup(published_messages_are_read_whole, reset),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_free(&arena);
    buf_free(&b);
    return failed;
}
