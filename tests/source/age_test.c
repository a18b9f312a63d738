#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/base64.h"
#include "base/hash.h"
#include "tests/source/age_make.h"

static struct secret password(const char *text)
{
    struct secret s = {.kind = SECRET_PASSWORD, .n = strlen(text)};
    memcpy(s.bytes, text, s.n);
    return s;
}

static struct secret identities(const char *text)
{
    struct secret s = {.nidentities = strlen(text)};
    memcpy(s.identities, text, s.nidentities);
    return s;
}

/* Bytes of which no two neighbouring pieces are alike. */
static struct slice pattern(size_t n)
{
    uint8_t *p = malloc(n + 1);
    uint32_t x = 12345;
    for (size_t i = 0; i < n; i++) {
        x = x * 1664525 + 1013904223;
        p[i] = (uint8_t)(x >> 24);
    }
    return slice_at(p, n);
}

static struct blob *open_made(const struct buf *b, const char *passphrase, struct err *e)
{
    struct secret s = password(passphrase);
    return age_blob(blob_of_memory(buf_view(b)), &s, e);
}

static void assert_made_text(struct blob *b)
{
    char text[64] = "";
    struct err e = {0};
    assert_non_null(b);
    assert_int_equal(blob_size(b), strlen(MADE_TEXT));
    assert_null(b->damage);
    assert_true(blob_read(b, 0, text, (size_t)blob_size(b), &e));
    assert_string_equal(text, MADE_TEXT);
    blob_close(b);
}

static struct buf of_hex(const char *hex)
{
    struct buf b = {0};
    size_t n = strlen(hex) / 2;
    assert_true(hex_bytes(slice_of(hex), buf_room(&b, n), n));
    b.n = n;
    return b;
}

static void files_of_age_itself_open(void **state)
{
    (void)state;
    struct err e = {0};
    struct secret s = identities("# a comment\nAGE-SECRET-KEY-1NONSENSE\n" MADE_IDENTITY "\n");
    struct blob *armored = blob_of_memory(slice_of(made_armored));
    assert_true(age_is(armored));
    assert_made_text(age_blob(armored, &s, &e));
    struct buf two = of_hex(made_for_two), pass = of_hex(made_with_passphrase);
    assert_made_text(age_blob(blob_of_memory(buf_view(&two)), &s, &e));
    s = password(made_passphrase);
    assert_made_text(age_blob(blob_of_memory(buf_view(&pass)), &s, &e));
    buf_free(&two);
    buf_free(&pass);
}

static void armor_may_have_crlf_and_blank_ends(void **state)
{
    (void)state;
    struct err e = {0};
    struct secret s = identities(MADE_IDENTITY);
    struct buf b = {0};
    struct cursor c = cursor(slice_of(made_armored));
    struct slice line;
    buf_text(&b, "\r\n  ");
    while (cursor_line(&c, &line)) {
        buf_slice(&b, line);
        buf_text(&b, "\r\n");
    }
    buf_text(&b, "\n \n");
    assert_made_text(age_blob(blob_of_memory(buf_view(&b)), &s, &e));
    buf_free(&b);
}

static void what_it_takes_is_said(void **state)
{
    (void)state;
    struct err e = {0};
    struct secret none = {0}, s;
    struct slice armored = slice_of(made_armored);
    assert_null(age_blob(blob_of_memory(armored), &none, &e));
    assert_int_equal(e.code, ERR_LOCKED);
    assert_non_null(strstr(e.msg, AGE_IDENTITY_NEEDED));
    err_clear(&e);
    s = password("a password doesn't help");
    assert_null(age_blob(blob_of_memory(armored), &s, &e));
    assert_int_equal(e.code, ERR_LOCKED);
    err_clear(&e);
    s = identities("AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX");
    assert_null(age_blob(blob_of_memory(armored), &s, &e));
    assert_int_equal(e.code, ERR_WRONG_KEY);
    err_clear(&e);
    struct buf made = age_make(slice_of("x"));
    s = identities(MADE_IDENTITY);
    assert_null(age_blob(blob_of_memory(buf_view(&made)), &s, &e));
    assert_int_equal(e.code, ERR_LOCKED);
    assert_null(strstr(e.msg, AGE_IDENTITY_NEEDED));
    err_clear(&e);
    assert_null(open_made(&made, "tesT", &e));
    assert_int_equal(e.code, ERR_WRONG_KEY);
    buf_free(&made);
}

static void any_place_of_any_size_reads(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 65535, 65536, 65537, 3 * 65536, 20 * 65536 + 5};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct slice plain = pattern(sizes[i]);
        struct buf made = age_make(plain);
        struct err e = {0};
        struct blob *b = open_made(&made, "test", &e);
        assert_non_null(b);
        assert_null(b->damage);
        assert_int_equal(blob_size(b), plain.n);
        uint8_t *got = malloc(plain.n + 1);
        for (size_t at = 0; at < plain.n; at += 40961) {
            size_t n = plain.n - at < 100000 ? plain.n - at : 100000;
            assert_true(blob_read(b, at, got, n, &e));
            assert_memory_equal(got, plain.p + at, n);
        }
        blob_close(b);
        free(got);
        free((void *)plain.p);
        buf_free(&made);
    }
}

static void a_cut_file_reads_as_far_as_it_goes(void **state)
{
    (void)state;
    enum { N = 3 * 65536 + 100 };
    struct slice plain = pattern(N);
    struct buf made = age_make(plain);
    size_t head = made.n - (N + 4 * 16);
    /* Inside the last piece, at the border before it, inside the third, inside the first. */
    const struct {
        size_t keep, plain;
    } cuts[] = {{made.n - 1, 3 * 65536},
                {head + 3 * 65552, 3 * 65536},
                {head + 2 * 65552 + 50, 2 * 65536},
                {head + 17, 0},
                {head, 0}};
    for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++) {
        struct err e = {0};
        struct secret s = password("test");
        struct slice cut = slice_at(made.p, cuts[i].keep);
        struct blob *b = age_blob(blob_of_memory(cut), &s, &e);
        assert_non_null(b);
        assert_non_null(b->damage);
        assert_int_equal(blob_size(b), cuts[i].plain);
        uint8_t *got = malloc(N);
        assert_true(blob_read(b, 0, got, cuts[i].plain, &e));
        assert_memory_equal(got, plain.p, cuts[i].plain);
        blob_close(b);
        free(got);
    }
    free((void *)plain.p);
    buf_free(&made);
}

static void a_changed_byte_is_found(void **state)
{
    (void)state;
    struct slice plain = pattern(2 * 65536);
    struct buf made = age_make(plain);
    size_t head = made.n - (2 * 65552);
    for (size_t i = 0; i < head; i++) {
        struct err e = {0};
        made.p[i] ^= 1;
        struct blob *b = open_made(&made, "test", &e);
        uint8_t got[16];
        /* The nonce behind the header is authenticated by the pieces. */
        if (i >= head - 16) {
            assert_non_null(b->damage);
            assert_false(blob_read(b, 0, got, 16, &e));
        } else {
            assert_null(b);
        }
        blob_close(b);
        made.p[i] ^= 1;
    }
    made.p[head + 100] ^= 1;
    struct err e = {0};
    uint8_t got[16];
    struct blob *b = open_made(&made, "test", &e);
    assert_null(b->damage);
    assert_false(blob_read(b, 0, got, 16, &e));
    assert_int_equal(e.code, ERR_CORRUPT);
    err_clear(&e);
    assert_true(blob_read(b, 65536, got, 16, &e));
    assert_memory_equal(got, plain.p + 65536, 16);
    blob_close(b);
    free((void *)plain.p);
    buf_free(&made);
}

static void bytes_behind_the_end_are_told(void **state)
{
    (void)state;
    struct buf made = age_make(slice_of("all of it"));
    struct err e = {0};
    buf_text(&made, "more");
    struct blob *b = open_made(&made, "test", &e);
    assert_non_null(b);
    assert_non_null(b->damage);
    blob_close(b);
    buf_free(&made);
}

/* A header that must be refused whoever asks. */
static void assert_refused(const char *stanzas, bool end)
{
    struct buf b = {0};
    struct err e = {0};
    buf_text(&b, "age-encryption.org/v1\n");
    buf_text(&b, stanzas);
    if (end)
        age_end_header(&b);
    struct secret s = password("test");
    memcpy(s.identities, MADE_IDENTITY, s.nidentities = strlen(MADE_IDENTITY));
    struct blob *blob = age_blob(blob_of_memory(buf_view(&b)), &s, &e);
    assert_null(blob);
    assert_int_equal(e.code, ERR_CORRUPT);
    buf_free(&b);
}

static void broken_headers_are_refused(void **state)
{
    (void)state;
    assert_refused("", true);
    assert_refused("-> \n\n", true);
    assert_refused("->  a\n\n", true);
    assert_refused("-> a b \n\n", true);
    assert_refused("-> a\n", true);
    assert_refused("-> a\nAA=\n", true);
    assert_refused("-> a\nAB\n", true); /* not canonical */
    assert_refused("-> a\r\nAA\n", false);
    assert_refused("-> X25519 AAAA\nAAAA\n", true);
    assert_refused("-> ssh-ed25519 abc\nAAAA\n", true); /* a kind of key we don't have */
    assert_refused("-> scrypt AAAAAAAAAAAAAAAAAAAAAA 31\n"
                   "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n",
                   true);
    assert_refused("-> scrypt AAAAAAAAAAAAAAAAAAAAAA 04\n"
                   "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n",
                   true);
    struct buf b = {0};
    age_stanza_scrypt(&b, "test", 4);
    buf_text(&b, "-> grease x\n\n");
    buf_byte(&b, 0);
    assert_refused((const char *)b.p, true); /* a passphrase stands alone */
    buf_clear(&b);
    for (int i = 0; i <= AGE_MAX_STANZAS; i++)
        buf_text(&b, "-> grease x\n\n");
    buf_byte(&b, 0);
    assert_refused((const char *)b.p, true);
    buf_free(&b);
}

static void identities_are_checked(void **state)
{
    (void)state;
    uint8_t key[AGE_SECRET_SIZE];
    char text[] = MADE_IDENTITY;
    assert_true(age_identity_parse(slice_of(text), key));
    for (char *p = text; *p; p++)
        *p |= *p >= 'A' && *p <= 'Z' ? 0x20 : 0;
    assert_true(age_identity_parse(slice_of(text), key));
    text[0] = 'A';
    assert_false(age_identity_parse(slice_of(text), key)); /* mixed case */
    char changed[] = MADE_IDENTITY;
    changed[30] = changed[30] == 'Q' ? 'P' : 'Q';
    assert_false(age_identity_parse(slice_of(changed), key));
    assert_false(age_identity_parse(slice_of(""), key));
}

static void base64_is_strict(void **state)
{
    (void)state;
    uint8_t to[BASE64_ROOM(16)];
    size_t n;
    assert_true(base64_decode(slice_of("YWJj"), false, to, &n) && n == 3);
    assert_true(base64_decode(slice_of("YWI"), false, to, &n) && n == 2);
    assert_true(base64_decode(slice_of("YWI="), true, to, &n) && n == 2);
    assert_true(base64_decode(slice_of("YQ=="), true, to, &n) && n == 1 && to[0] == 'a');
    assert_true(base64_decode(slice_of(""), true, to, &n) && n == 0);
    assert_false(base64_decode(slice_of("YWI="), false, to, &n));
    assert_false(base64_decode(slice_of("YWI"), true, to, &n));
    assert_false(base64_decode(slice_of("YWJ="), true, to, &n));
    assert_false(base64_decode(slice_of("Y==="), true, to, &n));
    assert_false(base64_decode(slice_of("Y W="), true, to, &n));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_of_age_itself_open),
        cmocka_unit_test(armor_may_have_crlf_and_blank_ends),
        cmocka_unit_test(what_it_takes_is_said),
        cmocka_unit_test(any_place_of_any_size_reads),
        cmocka_unit_test(a_cut_file_reads_as_far_as_it_goes),
        cmocka_unit_test(a_changed_byte_is_found),
        cmocka_unit_test(bytes_behind_the_end_are_told),
        cmocka_unit_test(broken_headers_are_refused),
        cmocka_unit_test(identities_are_checked),
        cmocka_unit_test(base64_is_strict),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
