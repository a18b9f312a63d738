#include "base/hash.h"

#include <openssl/evp.h>
#include <stdlib.h>

struct sha256 {
    EVP_MD_CTX *ctx;
};

struct sha256 *sha256_new(void)
{
    struct sha256 *h = xcalloc(1, sizeof *h);
    h->ctx = EVP_MD_CTX_new();
    if (!h->ctx || !EVP_DigestInit_ex(h->ctx, EVP_sha256(), NULL))
        die("SHA-256 is not available");
    return h;
}

void sha256_add(struct sha256 *h, const void *p, size_t n)
{
    if (!EVP_DigestUpdate(h->ctx, p, n))
        die("SHA-256 failed");
}

void sha256_end(struct sha256 *h, uint8_t out[SHA256_SIZE])
{
    if (!EVP_DigestFinal_ex(h->ctx, out, NULL))
        die("SHA-256 failed");
    sha256_free(h);
}

void sha256_free(struct sha256 *h)
{
    if (!h)
        return;
    EVP_MD_CTX_free(h->ctx);
    free(h);
}

void sha256_of(struct slice s, uint8_t out[SHA256_SIZE])
{
    if (!EVP_Digest(s.p, s.n, out, NULL, EVP_sha256(), NULL))
        die("SHA-256 failed");
}

void sha1_of(struct slice s, uint8_t out[SHA1_SIZE])
{
    if (!EVP_Digest(s.p, s.n, out, NULL, EVP_sha1(), NULL))
        die("SHA-1 failed");
}

bool sha256_blob(struct blob *b, uint8_t out[SHA256_SIZE], struct err *e)
{
    uint8_t piece[128 * 1024];
    struct sha256 *h = sha256_new();
    for (uint64_t off = 0, n; off < blob_size(b); off += n) {
        n = blob_size(b) - off;
        if (n > sizeof piece)
            n = sizeof piece;
        if (!blob_read(b, off, piece, (size_t)n, e)) {
            sha256_free(h);
            return false;
        }
        sha256_add(h, piece, (size_t)n);
    }
    sha256_end(h, out);
    return true;
}

const char *hex_text(const void *p, size_t n, char *to)
{
    static const char digits[] = "0123456789abcdef";
    const uint8_t *from = p;
    for (size_t i = 0; i < n; i++) {
        to[2 * i] = digits[from[i] >> 4];
        to[2 * i + 1] = digits[from[i] & 15];
    }
    to[2 * n] = '\0';
    return to;
}

static int digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool hex_bytes(struct slice text, uint8_t *to, size_t n)
{
    if (text.n != 2 * n)
        return false;
    for (size_t i = 0; i < n; i++) {
        int high = digit(text.p[2 * i]), low = digit(text.p[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        to[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}
