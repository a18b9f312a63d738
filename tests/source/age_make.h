#pragma once

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>

#include "source/age.h"

/* Writes age files for tests, apart from the reader as far as the library goes. */

/* Made by age 1.1.1: "A collection of a made-up phone.\n" for this identity. */
#define MADE_IDENTITY "AGE-SECRET-KEY-15N55V2H34RJJZM9DP4CQ4ZV94VXNJLS7TVNMRCKJPKEAF5PUKQ4QMT6JKT"
#define MADE_TEXT "A collection of a made-up phone.\n"
static const char made_armored[] =
    "-----BEGIN AGE ENCRYPTED FILE-----\n"
    "YWdlLWVuY3J5cHRpb24ub3JnL3YxCi0+IFgyNTUxOSBBUWRjOW41ZnFoc2JMRHZj\n"
    "RFlCczErMUNHSlU2a0s2eS9pZHAvVHVkQkJJClREYmNpRHV1K2dlUUJSSkgyVkRq\n"
    "VVk1bGlRWHVieWZCdTk2RFFPVUJxbzAKLS0tIEN1bHlVL3NZRzd3YjF5OTZGZnMz\n"
    "a1pxVzB5VG9wZy9sVmVmS0ZxbGI3ckUKf8xnvNmeq80yzke17VW752i1mULstkK+\n"
    "6PG18Klem0RFBaGId9dAdpGeSGvpa+Bu1GqK9z+8knDMR/2GSIWt5is=\n"
    "-----END AGE ENCRYPTED FILE-----\n";
/* For two recipients, the second is ours. */
static const char made_for_two[] = "6167652d656e6372797074696f6e2e6f72672f76310a2d3e205832353531"
                                   "39206f7177677651377169785a666a72745657704d347a7153507277342f"
                                   "726e6e6851473276597354366c6b590a6d59674b45557a4c4e76714d4833"
                                   "383853314a692f346e6b692f5342414b64594a573266467577576a42590a"
                                   "2d3e2058323535313920592b307545782b666378486c756a55394a346a59"
                                   "556e5a786978666b4f522b4334465435694e72575745340a52593954594d"
                                   "43445a656e474f4a4f36726e594d78695463774b52377151437032324b34"
                                   "455948412f54300a2d2d2d2030414f39576d573871724753546473773746"
                                   "32474c4847422f5247523650704a6d50704d587a63747553510aa12fb0a8"
                                   "7954956cc95020b55d11eb4f4f520bb10680297bec811b29019a50ee927e"
                                   "4bb4a4461b1fdb525dc1e3b46836fbe319a254eec68eb3162e89c16bf986"
                                   "9b";
static const char made_passphrase[] = "a made-up passphrase";
static const char made_with_passphrase[] =
    "6167652d656e6372797074696f6e2e6f72672f76310a2d3e207363727970"
    "742030444c525946596339646d2f416138626546342b36512031380a7756"
    "537564334345397a767730756c74744b4e523671736b553547726c535631"
    "7155376f555744575578490a2d2d2d2052667263417472305868307a4745"
    "36763233525435514730314f394369632b4c703042786d57366c70754d0a"
    "35f3bb3296ab495409dc85874771d883a35b2b5f9af11a4d26fd8c15aee7"
    "152f1f7c9be66e6601ca65c41b5ff9f825f4abdab06dc4da9189a3377b08"
    "2c9e1506e4";

static inline void age_base64(struct buf *b, const void *p, size_t n)
{
    char text[256];
    int len = EVP_EncodeBlock((uint8_t *)text, p, (int)n);
    while (len && text[len - 1] == '=')
        len--;
    buf_add(b, text, (size_t)len);
}

static inline void age_seal(struct buf *b, const uint8_t key[32], const uint8_t nonce[12],
                            const uint8_t *from, size_t n)
{
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    int done = 0, rest = 0;
    uint8_t *to = buf_room(b, n + 16);
    EVP_EncryptInit_ex(c, EVP_chacha20_poly1305(), NULL, key, nonce);
    EVP_EncryptUpdate(c, to, &done, from, (int)n);
    EVP_EncryptFinal_ex(c, to + done, &rest);
    EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, 16, to + n);
    EVP_CIPHER_CTX_free(c);
    b->n += n + 16;
}

static const uint8_t age_test_key[16] = {7, 7, 7};

/* A stanza for a passphrase with N = 2^work. */
static inline void age_stanza_scrypt(struct buf *b, const char *passphrase, unsigned work)
{
    static const char label[] = "age-encryption.org/v1/scrypt";
    uint8_t salt[sizeof label + 15] = {0}, wrap[32], nonce[12] = {0};
    struct buf body = {0};
    memcpy(salt, label, sizeof label - 1);
    salt[sizeof label + 14] = 5;
    EVP_PBE_scrypt(passphrase, strlen(passphrase), salt, sizeof salt, UINT64_C(1) << work, 8, 1,
                   1 << 30, wrap, 32);
    age_seal(&body, wrap, nonce, age_test_key, 16);
    buf_text(b, "-> scrypt ");
    age_base64(b, salt + sizeof label - 1, 16);
    buf_printf(b, " %u\n", work);
    age_base64(b, body.p, body.n);
    buf_text(b, "\n");
    buf_free(&body);
}

/* The end of a header that began at the buffer's start. */
static inline void age_end_header(struct buf *b)
{
    uint8_t key[32], sum[32];
    buf_text(b, "---");
    age_hkdf(slice_at(age_test_key, 16), (struct slice){0}, "header", key);
    HMAC(EVP_sha256(), key, 32, b->p, b->n, sum, NULL);
    buf_text(b, " ");
    age_base64(b, sum, 32);
    buf_text(b, "\n");
}

static inline void age_payload(struct buf *b, struct slice plain)
{
    static const uint8_t start[16] = {9, 8, 7};
    uint8_t key[32], nonce[12] = {0};
    age_hkdf(slice_at(age_test_key, 16), slice_at(start, 16), "payload", key);
    buf_add(b, start, 16);
    for (size_t at = 0, i = 0; i == 0 || at < plain.n; at += 65536, i++) {
        struct slice one = slice_sub(plain, at, 65536);
        nonce[10] = (uint8_t)i;
        nonce[11] = at + one.n == plain.n;
        age_seal(b, key, nonce, one.p, one.n);
    }
}

/* A whole file for the passphrase "test". */
static inline struct buf age_make(struct slice plain)
{
    struct buf b = {0};
    buf_text(&b, "age-encryption.org/v1\n");
    age_stanza_scrypt(&b, "test", 4);
    age_end_header(&b);
    age_payload(&b, plain);
    return b;
}
