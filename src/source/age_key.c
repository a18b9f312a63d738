/* Who may open an age file: identities, passphrases, and how they wrap its key. */
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/base64.h"
#include "base/hash.h"
#include "source/age.h"

enum { TAG = 16, NONCE = 12, WRAPPED = AGE_KEY_SIZE + TAG, SALT = 16 };

static void hmac(struct slice key, struct slice text, uint8_t out[32])
{
    unsigned n = 32;
    if (!HMAC(EVP_sha256(), key.n ? key.p : (const uint8_t *)"", (int)key.n, text.p, text.n, out,
              &n))
        die("HMAC failed");
}

void age_hkdf(struct slice secret, struct slice salt, const char *info, uint8_t out[32])
{
    uint8_t key[32], text[64];
    size_t n = strlen(info);
    if (n >= sizeof text)
        die("the name of a key is too long");
    memcpy(text, info, n);
    text[n] = 1;
    hmac(salt, secret, key);
    hmac(slice_at(key, sizeof key), slice_at(text, n + 1), out);
    explicit_bzero(key, sizeof key);
}

bool age_open(const uint8_t key[32], const uint8_t nonce[12], const uint8_t *from, size_t n,
              uint8_t *to)
{
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    int done = 0, rest = 0;
    uint8_t tag[TAG];
    memcpy(tag, from + n, TAG);
    if (!c || !EVP_DecryptInit_ex(c, EVP_chacha20_poly1305(), NULL, key, nonce) ||
        !EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, TAG, tag))
        die("ChaCha20-Poly1305 is not available");
    bool ok = EVP_DecryptUpdate(c, to, &done, from, (int)n) && (size_t)done == n &&
              EVP_DecryptFinal_ex(c, to + done, &rest);
    EVP_CIPHER_CTX_free(c);
    return ok;
}

/* -- Bech32, as identities are written -- */

static uint32_t bech32_step(uint32_t sum, uint32_t v)
{
    static const uint32_t g[] = {0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3};
    uint32_t top = sum >> 25;
    sum = (sum & 0x1ffffff) << 5 ^ v;
    for (int i = 0; i < 5; i++)
        if (top >> i & 1)
            sum ^= g[i];
    return sum;
}

bool age_identity_parse(struct slice text, uint8_t secret[AGE_SECRET_SIZE])
{
    static const char prefix[] = "age-secret-key-", digits[] = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
    enum { PREFIX = sizeof prefix - 1, DATA = 52, CHECK = 6 };
    uint8_t lower[PREFIX + 1 + DATA + CHECK];
    bool small = false, big = false;
    if (text.n != sizeof lower)
        return false;
    for (size_t i = 0; i < text.n; i++) {
        uint8_t c = text.p[i];
        small = small || (c >= 'a' && c <= 'z');
        big = big || (c >= 'A' && c <= 'Z');
        lower[i] = c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
    }
    if ((small && big) || memcmp(lower, prefix, PREFIX) != 0 || lower[PREFIX] != '1')
        return false;
    uint32_t sum = 1, bits = 0;
    for (size_t i = 0; i < PREFIX; i++)
        sum = bech32_step(sum, lower[i] >> 5);
    sum = bech32_step(sum, 0);
    for (size_t i = 0; i < PREFIX; i++)
        sum = bech32_step(sum, lower[i] & 31);
    unsigned left = 0;
    size_t n = 0;
    for (size_t i = 0; i < DATA + CHECK; i++) {
        const char *d = memchr(digits, lower[PREFIX + 1 + i], 32);
        if (!d)
            return false;
        uint32_t v = (uint32_t)(d - digits);
        sum = bech32_step(sum, v);
        bits = bits << 5 | v;
        left += 5;
        if (i < DATA && left >= 8)
            secret[n++] = (uint8_t)(bits >> (left -= 8));
        /* 52 digits hold 32 bytes and four bits more. */
        if (i == DATA - 1 && (bits & 15))
            return false;
    }
    explicit_bzero(lower, sizeof lower);
    return sum == 1;
}

/* -- X25519 -- */

static bool x25519(const uint8_t secret[32], const uint8_t point[32], uint8_t out[32])
{
    size_t n = 32;
    EVP_PKEY *own = EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, NULL, secret, 32);
    EVP_PKEY *other = EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, NULL, point, 32);
    EVP_PKEY_CTX *c = own ? EVP_PKEY_CTX_new(own, NULL) : NULL;
    /* A point of low order gives all zeros, and the library refuses it. */
    bool ok = c && other && EVP_PKEY_derive_init(c) > 0 && EVP_PKEY_derive_set_peer(c, other) > 0 &&
              EVP_PKEY_derive(c, out, &n) > 0 && n == 32;
    EVP_PKEY_CTX_free(c);
    EVP_PKEY_free(own);
    EVP_PKEY_free(other);
    return ok;
}

/* True: this stanza is for this identity. */
static bool unwrap_x25519(const struct age_stanza *s, const uint8_t secret[32],
                          uint8_t key[AGE_KEY_SIZE])
{
    static const uint8_t nonce[NONCE], base[32] = {9};
    uint8_t share[BASE64_ROOM(43)], shared[32], wrap[32], salt[64];
    size_t n;
    base64_decode(s->args[0], false, share, &n);
    memcpy(salt, share, 32);
    bool ok = x25519(secret, share, shared) && x25519(secret, base, salt + 32);
    if (ok) {
        age_hkdf(slice_at(shared, 32), slice_at(salt, 64), "age-encryption.org/v1/X25519", wrap);
        ok = age_open(wrap, nonce, s->body.p, AGE_KEY_SIZE, key);
    }
    explicit_bzero(shared, sizeof shared);
    explicit_bzero(wrap, sizeof wrap);
    return ok;
}

static bool x25519_valid(const struct age_stanza *s, struct err *e)
{
    uint8_t share[BASE64_ROOM(43)];
    size_t n;
    if (s->nargs == 1 && s->args[0].n == 43 && base64_decode(s->args[0], false, share, &n) &&
        n == 32 && s->body.n == WRAPPED)
        return true;
    return err_set(e, ERR_CORRUPT, "damaged age header: a key for an identity");
}

static bool by_identity(const struct age_header *h, const struct secret *s,
                        uint8_t key[AGE_KEY_SIZE], struct err *e)
{
    struct cursor c = cursor(slice_at(s->identities, s->nidentities));
    struct slice line;
    unsigned others = 0;
    uint8_t secret[AGE_SECRET_SIZE];
    for (unsigned i = 0; i < h->n; i++) {
        bool known = slice_is(h->stanzas[i].type, "X25519");
        others += !known;
        if (known && !x25519_valid(&h->stanzas[i], e))
            return false;
    }
    if (others == h->n)
        return err_set(e, ERR_CORRUPT, "encrypted to a kind of key that can't be used here: %.*s",
                       (int)(h->stanzas[0].type.n < 40 ? h->stanzas[0].type.n : 40),
                       (const char *)h->stanzas[0].type.p);
    if (!s->nidentities)
        return err_set(e, ERR_LOCKED, "encrypted to a key: " AGE_IDENTITY_NEEDED);
    bool found = false;
    while (!found && cursor_line(&c, &line)) {
        if (!age_identity_parse(slice_trim(line), secret))
            continue;
        for (unsigned i = 0; i < h->n && !found; i++)
            found = slice_is(h->stanzas[i].type, "X25519") &&
                    unwrap_x25519(&h->stanzas[i], secret, key);
    }
    explicit_bzero(secret, sizeof secret);
    return found || err_set(e, ERR_WRONG_KEY, AGE_IDENTITY_WRONG);
}

/* -- passphrase -- */

/* log2 of scrypt's N: decimal without a leading zero. */
static bool parse_work(struct slice text, unsigned *out)
{
    if (text.n < 1 || text.n > 2 || text.p[0] < '1')
        return false;
    *out = 0;
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] < '0' || text.p[i] > '9')
            return false;
        *out = *out * 10 + (text.p[i] - '0');
    }
    return true;
}

static bool by_passphrase(const struct age_stanza *s, const struct secret *secret,
                          uint8_t key[AGE_KEY_SIZE], struct err *e)
{
    static const char label[] = "age-encryption.org/v1/scrypt";
    static const uint8_t nonce[NONCE];
    uint8_t salt[sizeof label - 1 + BASE64_ROOM(22)], wrap[32];
    size_t n;
    unsigned work;
    memcpy(salt, label, sizeof label - 1);
    if (s->nargs != 2 || s->args[0].n != 22 ||
        !base64_decode(s->args[0], false, salt + sizeof label - 1, &n) || n != SALT ||
        !parse_work(s->args[1], &work) || s->body.n != WRAPPED)
        return err_set(e, ERR_CORRUPT, "damaged age header: the key for a passphrase");
    if (work > AGE_MAX_WORK)
        return err_set(e, ERR_CORRUPT, "asks for 2^%u rounds of scrypt, more than 2^%d", work,
                       AGE_MAX_WORK);
    if (secret->kind != SECRET_PASSWORD)
        return err_set(e, ERR_LOCKED, "encrypted with a passphrase");
    uint64_t rounds = UINT64_C(1) << work, memory = 1024 * rounds;
    if (!EVP_PBE_scrypt((const char *)secret->bytes, secret->n, salt, sizeof label - 1 + SALT,
                        rounds, 8, 1, memory + (1 << 20), wrap, sizeof wrap))
        return err_set(e, ERR_CORRUPT,
                       "its passphrase takes %llu MiB of memory, which aren't there",
                       (unsigned long long)(memory >> 20));
    bool ok = age_open(wrap, nonce, s->body.p, AGE_KEY_SIZE, key);
    explicit_bzero(wrap, sizeof wrap);
    return ok || err_set(e, ERR_WRONG_KEY, "the passphrase doesn't open it");
}

bool age_file_key(const struct age_header *h, const struct secret *s, uint8_t key[AGE_KEY_SIZE],
                  struct err *e)
{
    uint8_t sum_key[32], sum[32];
    unsigned scrypt = 0;
    for (unsigned i = 0; i < h->n; i++)
        scrypt += slice_is(h->stanzas[i].type, "scrypt");
    /* Alone, so that who knows a passphrase knows that nobody else made the file. */
    if (scrypt && h->n > 1)
        return err_set(e, ERR_CORRUPT, "damaged age header: a passphrase beside other keys");
    if (!(scrypt ? by_passphrase(&h->stanzas[0], s, key, e) : by_identity(h, s, key, e)))
        return false;
    age_hkdf(slice_at(key, AGE_KEY_SIZE), (struct slice){0}, "header", sum_key);
    hmac(slice_at(sum_key, 32), h->authenticated, sum);
    bool ok = CRYPTO_memcmp(sum, h->mac, sizeof sum) == 0;
    explicit_bzero(sum_key, sizeof sum_key);
    return ok || err_set(e, ERR_CORRUPT, "damaged age header: its code is wrong");
}
