#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <openssl/evp.h>

#include "base/hash.h"
#include "source/keybag.h"

/* The numbers of docs/formats/ios/backup.md. */
static const char class_key_wrapped[] =
    "f4297688ce0c7853e241091c616184bb973e037943e3b4ed401a355b2157"
    "743d5a014785831821ee";
static const char file_key_wrapped[] =
    "f5908bb4ef0a499d9177144769a9375b88468be29532d4595e24bf1d564c"
    "6fd60469cc06f0e3670f";

static void tag(struct buf *b, const char *name, const void *p, uint32_t n)
{
    buf_add(b, name, 4);
    for (int shift = 24; shift >= 0; shift -= 8)
        buf_byte(b, (uint8_t)(n >> shift));
    buf_add(b, p, n);
}

static void number(struct buf *b, const char *name, uint32_t v)
{
    uint8_t bytes[4] = {(uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v};
    tag(b, name, bytes, 4);
}

static void run_of_bytes(struct buf *b, const char *name, uint8_t first)
{
    uint8_t bytes[20];
    for (uint8_t i = 0; i < 20; i++)
        bytes[i] = (uint8_t)(first + i);
    tag(b, name, bytes, sizeof bytes);
}

static void header(struct buf *b, bool double_stage)
{
    number(b, "VERS", 4);
    number(b, "TYPE", 0x40000001);
    tag(b, "UUID", "0123456789abcdef", 16);
    number(b, "WRAP", 0);
    run_of_bytes(b, "SALT", 100);
    number(b, "ITER", 10);
    tag(b, "GRCE", "odd", 3);
    if (double_stage) {
        run_of_bytes(b, "DPSL", 0);
        number(b, "DPIC", 1000);
    }
}

static void class(struct buf *b, uint32_t n, const char *wrapped)
{
    uint8_t bytes[WRAPPED_SIZE];
    assert_true(hex_bytes(slice_of(wrapped), bytes, sizeof bytes));
    tag(b, "UUID", "0123456789abcdef", 16);
    number(b, "CLAS", n);
    number(b, "WRAP", 2);
    number(b, "KTYP", 0);
    tag(b, "WPKY", bytes, sizeof bytes);
}

static struct secret password(const char *text)
{
    struct secret s = {.kind = SECRET_PASSWORD, .n = strlen(text)};
    memcpy(s.bytes, text, s.n);
    return s;
}

static bool unlock(struct keybag *k, const char *text, unsigned *lost, struct err *e)
{
    uint8_t key[KDF_SIZE];
    struct secret s = password(text);
    return keybag_derive(k, &s, NULL, key, e) && keybag_unlock(k, key, lost, e);
}

static void documented_keys_open(void **state)
{
    (void)state;
    struct buf b = {0};
    struct keybag k;
    struct err e = {0};
    unsigned lost;
    uint8_t wrapped[44] = {3}, key[KEY_SIZE], expected[KEY_SIZE];
    header(&b, true);
    class(&b, 3, class_key_wrapped);
    assert_true(keybag_parse(buf_view(&b), &k, &e));
    assert_true(unlock(&k, "bridle", &lost, &e));
    assert_int_equal(lost, 0);
    assert_true(hex_bytes(slice_of(file_key_wrapped), wrapped + 4, 40));
    assert_true(keybag_file_key(&k, slice_at(wrapped, sizeof wrapped), 0, key, &e));
    memset(expected, 0x44, sizeof expected);
    assert_memory_equal(key, expected, KEY_SIZE);
    buf_free(&b);
}

static void bag_without_second_salt_has_one_stage(void **state)
{
    (void)state;
    struct buf b = {0};
    struct keybag k;
    struct err e = {0};
    uint8_t key[KDF_SIZE];
    char text[2 * KDF_SIZE + 1];
    struct secret s = password("bridle");
    header(&b, false);
    class(&b, 3, class_key_wrapped);
    assert_true(keybag_parse(buf_view(&b), &k, &e));
    assert_true(keybag_derive(&k, &s, NULL, key, &e));
    assert_string_equal(hex_text(key, KDF_SIZE, text),
                        "85acdd7745a31407baa4ac9f35d4783ff684e1ed891f589d73fb1ad50daa5d89");
    buf_free(&b);
}

static void derived_key_needs_no_derivation(void **state)
{
    (void)state;
    struct buf b = {0};
    struct keybag k;
    struct err e = {0};
    unsigned lost;
    uint8_t key[KDF_SIZE];
    struct secret s = {.kind = SECRET_DERIVED_KEY, .n = KDF_SIZE};
    header(&b, true);
    class(&b, 3, class_key_wrapped);
    assert_true(keybag_parse(buf_view(&b), &k, &e));
    assert_true(
        hex_bytes(slice_of("de7722112ce55a81a354453c146cfc247f4dc3e251d9054cb472485310c08688"),
                  s.bytes, KDF_SIZE));
    assert_true(keybag_derive(&k, &s, NULL, key, &e));
    assert_true(keybag_unlock(&k, key, &lost, &e));
    s.n = 5;
    assert_false(keybag_derive(&k, &s, NULL, key, &e));
    assert_int_equal(e.code, ERR_WRONG_KEY);
    buf_free(&b);
}

static void no_secret_is_locked(void **state)
{
    (void)state;
    struct keybag k = {.rounds = 1};
    struct secret s = {.kind = SECRET_NONE};
    uint8_t key[KDF_SIZE];
    struct err e = {0};
    assert_false(keybag_derive(&k, &s, NULL, key, &e));
    assert_int_equal(e.code, ERR_LOCKED);
}

static void no_key_opening_is_a_wrong_password(void **state)
{
    (void)state;
    struct buf b = {0};
    struct keybag k;
    struct err e = {0};
    unsigned lost;
    header(&b, true);
    class(&b, 3, class_key_wrapped);
    assert_true(keybag_parse(buf_view(&b), &k, &e));
    assert_false(unlock(&k, "bridle ", &lost, &e));
    assert_int_equal(e.code, ERR_WRONG_KEY);
    buf_free(&b);
}

static void some_keys_not_opening_is_damage_and_goes_on(void **state)
{
    (void)state;
    struct buf b = {0};
    struct keybag k;
    struct err e = {0};
    unsigned lost;
    uint8_t wrapped[44] = {4}, key[KEY_SIZE];
    header(&b, true);
    class(&b, 3, class_key_wrapped);
    class(&b, 4, file_key_wrapped); /* wrapped by another key */
    assert_true(keybag_parse(buf_view(&b), &k, &e));
    assert_true(unlock(&k, "bridle", &lost, &e));
    assert_int_equal(lost, 1 << 4);
    assert_false(keybag_file_key(&k, slice_at(wrapped, sizeof wrapped), 0, key, &e));
    assert_int_equal(e.code, ERR_LOCKED);
    /* The class that the file states elsewhere is tried, too. */
    e = (struct err){0};
    assert_true(hex_bytes(slice_of(file_key_wrapped), wrapped + 4, 40));
    assert_true(keybag_file_key(&k, slice_at(wrapped, sizeof wrapped), 3, key, &e));
    buf_free(&b);
}

static void wrapped_key_of_odd_length_is_corrupt(void **state)
{
    (void)state;
    struct keybag k = {0};
    uint8_t wrapped[80] = {3}, key[KEY_SIZE];
    for (size_t n = 0; n <= sizeof wrapped; n++) {
        struct err e = {0};
        assert_false(keybag_file_key(&k, slice_at(wrapped, n), 0, key, &e));
        assert_int_equal(e.code, n == 44 || n == 76 ? ERR_LOCKED : ERR_CORRUPT);
    }
}

static void aes_wrap(const uint8_t kek[KEY_SIZE], const uint8_t key[KEY_SIZE], uint8_t *out)
{
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    int n = 0;
    EVP_CIPHER_CTX_set_flags(ctx, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
    assert_int_equal(EVP_EncryptInit_ex(ctx, EVP_aes_256_wrap(), NULL, kek, NULL), 1);
    assert_int_equal(EVP_EncryptUpdate(ctx, out, &n, key, KEY_SIZE), 1);
    EVP_CIPHER_CTX_free(ctx);
}

/* The public half of a private key, and what it shares with another's public one. */
static void x25519(const uint8_t secret[KEY_SIZE], uint8_t public_key[KEY_SIZE],
                   const uint8_t peer[KEY_SIZE], uint8_t shared[KEY_SIZE])
{
    size_t n = KEY_SIZE;
    EVP_PKEY *ours = EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, NULL, secret, KEY_SIZE);
    assert_int_equal(EVP_PKEY_get_raw_public_key(ours, public_key, &n), 1);
    if (peer) {
        EVP_PKEY *theirs = EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, NULL, peer, KEY_SIZE);
        EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(ours, NULL);
        assert_int_equal(EVP_PKEY_derive_init(ctx), 1);
        assert_int_equal(EVP_PKEY_derive_set_peer(ctx, theirs), 1);
        assert_int_equal(EVP_PKEY_derive(ctx, shared, &n), 1);
        EVP_PKEY_CTX_free(ctx);
        EVP_PKEY_free(theirs);
    }
    EVP_PKEY_free(ours);
}

static void curve_class_opens_its_files(void **state)
{
    (void)state;
    uint8_t kek[KEY_SIZE] = {7}, class_secret[KEY_SIZE] = {8}, file_secret[KEY_SIZE] = {9};
    uint8_t class_public[KEY_SIZE], file_public[KEY_SIZE], file_key[KEY_SIZE] = {10};
    uint8_t shared[KEY_SIZE], key[KEY_SIZE], wrapped[4 + KEY_SIZE + WRAPPED_SIZE] = {2};
    uint8_t class_wrapped[WRAPPED_SIZE];
    struct buf b = {0};
    x25519(class_secret, class_public, NULL, NULL);
    x25519(file_secret, file_public, class_public, shared);
    buf_add(&b, "\0\0\0\1", 4);
    buf_add(&b, shared, KEY_SIZE);
    buf_add(&b, file_public, KEY_SIZE);
    buf_add(&b, class_public, KEY_SIZE);
    sha256_of(buf_view(&b), key);
    memcpy(wrapped + 4, file_public, KEY_SIZE);
    aes_wrap(key, file_key, wrapped + 4 + KEY_SIZE);
    aes_wrap(kek, class_secret, class_wrapped);

    buf_clear(&b);
    header(&b, true);
    tag(&b, "UUID", "0123456789abcdef", 16);
    number(&b, "CLAS", 2);
    number(&b, "WRAP", 2);
    number(&b, "KTYP", 1);
    tag(&b, "WPKY", class_wrapped, WRAPPED_SIZE);
    tag(&b, "PBKY", class_public, KEY_SIZE);
    struct keybag k;
    struct err e = {0};
    unsigned lost;
    assert_true(keybag_parse(buf_view(&b), &k, &e));
    assert_true(keybag_unlock(&k, kek, &lost, &e));
    assert_true(keybag_file_key(&k, slice_at(wrapped, sizeof wrapped), 0, key, &e));
    assert_memory_equal(key, file_key, KEY_SIZE);
    wrapped[10] ^= 1;
    assert_false(keybag_file_key(&k, slice_at(wrapped, sizeof wrapped), 0, key, &e));
    assert_int_equal(e.code, ERR_CORRUPT);
    buf_free(&b);
}

static void corrupt(struct slice blob)
{
    struct keybag k;
    struct err e = {0};
    assert_false(keybag_parse(blob, &k, &e));
    assert_int_equal(e.code, ERR_CORRUPT);
}

static void damaged_bags_are_told(void **state)
{
    (void)state;
    struct buf b = {0};
    corrupt(slice_of(""));
    header(&b, true);
    corrupt(buf_view(&b)); /* no classes */
    class(&b, 3, class_key_wrapped);
    struct slice whole = buf_view(&b);
    for (size_t n = 0; n < whole.n; n++)
        corrupt(slice_sub(whole, 0, n));

    buf_clear(&b);
    number(&b, "ITER", 10);
    class(&b, 0, class_key_wrapped);
    class(&b, 3, class_key_wrapped);
    corrupt(buf_view(&b)); /* no SALT */

    buf_clear(&b);
    header(&b, false);
    run_of_bytes(&b, "DPSL", 0);
    class(&b, 3, class_key_wrapped);
    corrupt(buf_view(&b)); /* DPSL without DPIC */

    buf_clear(&b);
    header(&b, false);
    number(&b, "DPIC", 0);
    class(&b, 3, class_key_wrapped);
    corrupt(buf_view(&b));

    buf_clear(&b);
    number(&b, "TYPE", 0);
    header(&b, true);
    class(&b, 3, class_key_wrapped);
    corrupt(buf_view(&b)); /* a system keybag */
    buf_free(&b);
}

static void changed_wrapped_key_does_not_open(void **state)
{
    (void)state;
    uint8_t kek[KEY_SIZE], wrapped[WRAPPED_SIZE], key[KEY_SIZE], expected[KEY_SIZE];
    memset(kek, 0x33, sizeof kek);
    memset(expected, 0x44, sizeof expected);
    assert_true(hex_bytes(slice_of(file_key_wrapped), wrapped, sizeof wrapped));
    assert_true(key_unwrap(kek, wrapped, key));
    assert_memory_equal(key, expected, KEY_SIZE);
    for (size_t i = 0; i < sizeof wrapped; i++) {
        wrapped[i] ^= 1;
        assert_false(key_unwrap(kek, wrapped, key));
        wrapped[i] ^= 1;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(documented_keys_open),
        cmocka_unit_test(bag_without_second_salt_has_one_stage),
        cmocka_unit_test(derived_key_needs_no_derivation),
        cmocka_unit_test(no_secret_is_locked),
        cmocka_unit_test(no_key_opening_is_a_wrong_password),
        cmocka_unit_test(some_keys_not_opening_is_damage_and_goes_on),
        cmocka_unit_test(curve_class_opens_its_files),
        cmocka_unit_test(wrapped_key_of_odd_length_is_corrupt),
        cmocka_unit_test(damaged_bags_are_told),
        cmocka_unit_test(changed_wrapped_key_does_not_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
