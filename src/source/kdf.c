/*
 * Current backups ask for ten million rounds of PBKDF2-HMAC-SHA256: most of the time of a check.
 * A round is two compressions when the states behind both HMAC pads are kept and OpenSSL's block
 * function is called directly; its own PBKDF2 takes three to four times as long.
 */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "source/kdf.h"

#include <endian.h>
#include <openssl/evp.h>
#include <openssl/sha.h>

#include "base/hash.h"

static bool rounds_fit(uint32_t rounds, struct err *e)
{
    if (rounds == 0 || rounds > KDF_MAX_ROUNDS)
        return err_set(e, ERR_CORRUPT, "damaged keybag: %u rounds of key derivation", rounds);
    return true;
}

bool kdf_sha1(struct slice password, struct slice salt, uint32_t rounds, uint8_t out[KDF_SIZE],
              struct err *e)
{
    if (!rounds_fit(rounds, e))
        return false;
    const char *text = password.n ? (const char *)password.p : "";
    if (!PKCS5_PBKDF2_HMAC(text, (int)password.n, salt.p, (int)salt.n, (int)rounds, EVP_sha1(),
                           KDF_SIZE, out))
        die("PBKDF2 failed");
    return true;
}

#ifdef OPENSSL_NO_DEPRECATED_3_0

bool kdf_sha256(struct slice password, struct slice salt, uint32_t rounds,
                bool (*progress)(double done), uint8_t out[KDF_SIZE], struct err *e)
{
    if (!rounds_fit(rounds, e))
        return false;
    if (progress && !progress(0))
        return err_set(e, ERR_STOP, "interrupted while deriving the key");
    const char *text = password.n ? (const char *)password.p : "";
    if (!PKCS5_PBKDF2_HMAC(text, (int)password.n, salt.p, (int)salt.n, (int)rounds, EVP_sha256(),
                           KDF_SIZE, out))
        die("PBKDF2 failed");
    return true;
}

#else

/* HMAC with a key whose pads are already hashed. */
struct hmac {
    SHA256_CTX inner, outer, work;
};

static void hmac_start(struct hmac *h, struct slice key)
{
    uint8_t block[SHA256_CBLOCK] = {0}, pad[SHA256_CBLOCK];
    if (key.n > sizeof block)
        sha256_of(key, block);
    else if (key.n)
        memcpy(block, key.p, key.n);
    for (size_t i = 0; i < sizeof pad; i++)
        pad[i] = block[i] ^ 0x36;
    SHA256_Init(&h->inner);
    SHA256_Update(&h->inner, pad, sizeof pad);
    for (size_t i = 0; i < sizeof pad; i++)
        pad[i] = block[i] ^ 0x5c;
    SHA256_Init(&h->outer);
    SHA256_Update(&h->outer, pad, sizeof pad);
    explicit_bzero(block, sizeof block);
    explicit_bzero(pad, sizeof pad);
}

/* U1 = HMAC(password, salt || 1) */
static void first_round(const struct hmac *h, struct slice salt, uint8_t u[SHA256_SIZE])
{
    SHA256_CTX c = h->inner;
    SHA256_Update(&c, salt.p, salt.n);
    SHA256_Update(&c, "\0\0\0\1", 4);
    SHA256_Final(u, &c);
    c = h->outer;
    SHA256_Update(&c, u, SHA256_SIZE);
    SHA256_Final(u, &c);
    explicit_bzero(&c, sizeof c);
}

/* The last block of a message of one pad and one hash: hash, end mark, length in bits. */
static void closing_block(uint32_t block[16])
{
    memset(block, 0, SHA256_CBLOCK);
    block[8] = htobe32(0x80000000);
    block[15] = htobe32((SHA256_CBLOCK + SHA256_SIZE) * 8);
}

/* Hashes the block behind a pad and puts the result in the block's first half. */
static void compress(struct hmac *h, const SHA256_CTX *pad, uint32_t block[16])
{
    memcpy(h->work.h, pad->h, sizeof h->work.h);
    SHA256_Transform(&h->work, (const uint8_t *)block);
    for (int i = 0; i < 8; i++)
        block[i] = htobe32(h->work.h[i]);
}

bool kdf_sha256(struct slice password, struct slice salt, uint32_t rounds,
                bool (*progress)(double done), uint8_t out[KDF_SIZE], struct err *e)
{
    if (!rounds_fit(rounds, e))
        return false;
    struct hmac h;
    uint32_t block[16], sum[8];
    hmac_start(&h, password);
    closing_block(block);
    first_round(&h, salt, (uint8_t *)block);
    memcpy(sum, block, sizeof sum);

    bool going = !progress || progress(0);
    uint32_t step = rounds / 100 + 1;
    for (uint32_t i = 1; i < rounds && going; i++) {
        compress(&h, &h.inner, block);
        compress(&h, &h.outer, block);
        for (int k = 0; k < 8; k++)
            sum[k] ^= block[k];
        if (i % step == 0 && progress)
            going = progress((double)i / rounds);
    }
    if (going)
        memcpy(out, sum, KDF_SIZE);
    explicit_bzero(&h, sizeof h);
    explicit_bzero(block, sizeof block);
    explicit_bzero(sum, sizeof sum);
    return going || err_set(e, ERR_STOP, "interrupted while deriving the key");
}

#endif
