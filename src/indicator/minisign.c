/*
 * Layout, from minisign's own description: a line of comment, base64 of {algorithm 2, key id 8,
 * signature 64}, "trusted comment: " and text, base64 of the signature over signature and text. The
 * algorithm is "Ed" (the message itself) or "ED" (its BLAKE2b-512). A key is base64 of {"Ed", id 8,
 * key 32}.
 */
#include "indicator/minisign.h"

#include <openssl/evp.h>

#include "base/base64.h"

enum {
    ID = 8,
    KEY = 32,
    SIGNATURE = 64,
    DIGEST = 64,
    KEY_BYTES = 2 + ID + KEY,
    SIGNATURE_BYTES = 2 + ID + SIGNATURE,
    COMMENT_MAX = 8192
};

/* A line of base64 of just so many bytes. */
static bool decode(struct slice line, size_t n, uint8_t *to)
{
    uint8_t bytes[BASE64_ROOM(128)];
    size_t got;
    if (line.n > 128 || !base64_decode(line, true, bytes, &got) || got != n)
        return false;
    memcpy(to, bytes, n);
    return true;
}

static bool read_key(struct slice text, uint8_t key[KEY_BYTES])
{
    struct cursor c = cursor(text);
    struct slice line;
    while (cursor_line(&c, &line)) {
        line = slice_trim(line);
        if (line.n && !slice_starts(line, "untrusted comment:"))
            return decode(line, KEY_BYTES, key) && key[0] == 'E' && key[1] == 'd';
    }
    return false;
}

static bool signed_by(const uint8_t key[KEY], const uint8_t signature[SIGNATURE],
                      struct slice message)
{
    EVP_PKEY *k = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, key, KEY);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool ok = k && ctx && EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, k) == 1 &&
              EVP_DigestVerify(ctx, signature, SIGNATURE, message.p, message.n) == 1;
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(k);
    return ok;
}

static bool hashed(struct slice message, uint8_t digest[DIGEST])
{
    unsigned n = 0;
    return EVP_Digest(message.p, message.n, digest, &n, EVP_blake2b512(), NULL) == 1 && n == DIGEST;
}

bool minisign_verify(struct slice message, struct slice signature, struct slice key,
                     struct slice *comment, struct err *e)
{
    uint8_t k[KEY_BYTES], s[SIGNATURE_BYTES], global[SIGNATURE], digest[DIGEST];
    uint8_t whole[SIGNATURE + COMMENT_MAX];
    struct slice lines[4] = {0}, trusted;
    struct cursor c = cursor(signature);
    for (int i = 0; i < 4 && cursor_line(&c, &lines[i]); i++)
        continue;
    if (!read_key(key, k))
        return err_set(e, ERR_USAGE, "not a key of minisign");
    if (!slice_starts(lines[2], "trusted comment: ") || lines[2].n > COMMENT_MAX ||
        !decode(lines[1], SIGNATURE_BYTES, s) || !decode(lines[3], SIGNATURE, global) ||
        s[0] != 'E' || (s[1] != 'd' && s[1] != 'D'))
        return err_set(e, ERR_CORRUPT, "not a signature of minisign");
    if (memcmp(s + 2, k + 2, ID))
        return err_set(e, ERR_WRONG_KEY, "signed with another key");
    if (s[1] == 'D') {
        if (!hashed(message, digest))
            return err_set(e, ERR_UNSUPPORTED, "this system's OpenSSL has no BLAKE2b");
        message = slice_at(digest, sizeof digest);
    }
    trusted = slice_sub(lines[2], strlen("trusted comment: "), lines[2].n);
    memcpy(whole, s + 2 + ID, SIGNATURE);
    memcpy(whole + SIGNATURE, trusted.p, trusted.n);
    if (!signed_by(k + 2 + ID, s + 2 + ID, message) ||
        !signed_by(k + 2 + ID, global, slice_at(whole, SIGNATURE + trusted.n)))
        return err_set(e, ERR_CORRUPT, "the signature does not fit");
    if (comment)
        *comment = trusted;
    return true;
}
