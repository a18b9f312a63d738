/*
 * In CBC a block's IV is the cipher block before it, so that any place can be read alone. The real
 * length comes from the padding alone: the size in a backup's catalogue is that of the file before
 * it was copied, and wrong for about one file in a hundred, mostly databases.
 *
 * Small reads go through a cache of chunks, each at the place its number gives; where the chunk
 * before one is there, some behind it are read too. Long reads are decrypted in the caller's buffer.
 */
#include "source/aes_blob.h"

#include <openssl/evp.h>
#include <stdlib.h>

enum {
    BLOCK = 16,
    CHUNK = 16 * 1024,  /* measured: 4 KiB halves the speed of SQLite's reads */
    AHEAD = 4,          /* chunks read at once where reading goes on */
    PLACES = 512,       /* measured: 256 cost the join of a large browser history a quarter more */
    PIECE = 128 * 1024, /* decrypted while it is still in the processor's cache */
};

struct aes {
    struct blob blob;
    struct blob *inner;
    uint64_t whole; /* bytes of whole cipher blocks */
    EVP_CIPHER_CTX *ctx;
    uint64_t after; /* where the last long read ended, and the cipher block before that */
    uint8_t iv[BLOCK];
    uint8_t *cache; /* BLOCK bytes, then the places; NULL: not needed yet */
    uint64_t *held; /* by place: its chunk's number + 1; 0: none */
    size_t places;
};

static void decrypt_blocks(struct aes *a, const uint8_t iv[BLOCK], uint8_t *to, size_t n)
{
    int got = 0;
    if (!EVP_DecryptInit_ex(a->ctx, NULL, NULL, NULL, iv) ||
        !EVP_DecryptUpdate(a->ctx, to, &got, to, (int)n) || (size_t)got != n)
        die("AES-CBC failed");
}

/* Reads and decrypts whole blocks. off and n are multiples of BLOCK, inside `whole`. */
static bool decrypt(struct aes *a, uint64_t off, uint8_t *to, size_t n, struct err *e)
{
    uint8_t iv[BLOCK] = {0}, next[BLOCK];
    if (off && off == a->after)
        memcpy(iv, a->iv, BLOCK);
    else if (off && !blob_read(a->inner, off - BLOCK, iv, BLOCK, e))
        return false;
    for (size_t m; n > 0; to += m, off += m, n -= m) {
        m = n < PIECE ? n : PIECE;
        if (!blob_read(a->inner, off, to, m, e))
            return false;
        memcpy(next, to + m - BLOCK, BLOCK);
        decrypt_blocks(a, iv, to, m);
        memcpy(iv, next, BLOCK);
    }
    a->after = off;
    memcpy(a->iv, iv, BLOCK);
    return true;
}

/* The same into the cache, where the block before `to` may be borrowed: one read less. */
static bool decrypt_cached(struct aes *a, uint64_t off, uint8_t *to, size_t n, struct err *e)
{
    uint8_t iv[BLOCK] = {0}, borrowed[BLOCK];
    size_t before = off ? BLOCK : 0;
    memcpy(borrowed, to - BLOCK, BLOCK);
    bool ok = blob_read(a->inner, off - before, to - before, n + before, e);
    memcpy(iv, to - before, before);
    memcpy(to - BLOCK, borrowed, BLOCK);
    if (ok)
        decrypt_blocks(a, iv, to, n);
    return ok;
}

static void start_cache(struct aes *a)
{
    uint64_t chunks = (a->whole + CHUNK - 1) / CHUNK;
    a->places = chunks < PLACES ? (size_t)chunks : PLACES;
    a->cache = xlarge(BLOCK + (a->whole < CHUNK ? (size_t)a->whole : a->places * CHUNK));
    a->held = xcalloc(a->places, sizeof *a->held);
}

/* The decrypted chunk, from the cache or put there. */
static const uint8_t *chunk(struct aes *a, uint64_t number, struct err *e)
{
    if (!a->cache)
        start_cache(a);
    size_t place = (size_t)(number % a->places);
    uint8_t *bytes = a->cache + BLOCK + place * CHUNK;
    if (a->held[place] == number + 1)
        return bytes;
    uint64_t off = number * CHUNK, left = a->whole - off;
    size_t room = (a->places - place) * CHUNK, n = CHUNK;
    if (number && a->held[(number - 1) % a->places] == number)
        n = room < AHEAD * CHUNK ? room : AHEAD * CHUNK;
    if (n > left)
        n = (size_t)left;
    for (size_t i = 0; i * CHUNK < n; i++)
        a->held[place + i] = 0;
    if (!decrypt_cached(a, off, bytes, n, e))
        return NULL;
    for (size_t i = 0; i * CHUNK < n; i++)
        a->held[place + i] = number + i + 1;
    return bytes;
}

/* From the start of a chunk to the end of the file, which may lie inside of a block: what is read
   from front to back needs no cache. */
static bool read_tail(struct aes *a, uint64_t off, uint8_t *to, size_t n, struct err *e)
{
    uint8_t last[BLOCK];
    size_t whole = n / BLOCK * BLOCK, rest = n - whole;
    if (whole && !decrypt(a, off, to, whole, e))
        return false;
    if (rest && !decrypt(a, off + whole, last, BLOCK, e))
        return false;
    memcpy(to + whole, last, rest);
    return true;
}

static bool aes_read(struct blob *b, uint64_t off, void *to, size_t n, struct err *e)
{
    struct aes *a = (struct aes *)b;
    uint8_t *p = to;
    for (size_t m; n > 0; p += m, off += m, n -= m) {
        size_t at = (size_t)(off % CHUNK);
        if (at == 0 && n >= CHUNK) {
            m = n - n % CHUNK;
            if (!decrypt(a, off, p, m, e))
                return false;
        } else if (at == 0 && !a->cache && off + n == b->size) {
            m = n;
            if (!read_tail(a, off, p, n, e))
                return false;
        } else {
            m = n < CHUNK - at ? n : CHUNK - at;
            const uint8_t *bytes = chunk(a, off / CHUNK, e);
            if (!bytes)
                return false;
            memcpy(p, bytes + at, m);
        }
    }
    return true;
}

static void aes_close(struct blob *b)
{
    struct aes *a = (struct aes *)b;
    EVP_CIPHER_CTX_free(a->ctx); /* wipes the key schedule */
    free(a->cache);
    free(a->held);
    blob_close(a->inner);
    free(a);
}

/* The last cipher block, decrypted. */
static bool read_last(struct aes *a, uint8_t last[BLOCK], struct err *e)
{
    uint8_t two[2 * BLOCK] = {0};
    if (a->whole <= CHUNK) /* so that a small file is read once and whole */
        return blob_read(&a->blob, a->whole - BLOCK, last, BLOCK, e);
    if (!blob_read(a->inner, a->whole - sizeof two, two, sizeof two, e))
        return false;
    decrypt_blocks(a, two, two + BLOCK, BLOCK);
    memcpy(last, two + BLOCK, BLOCK);
    explicit_bzero(two, sizeof two);
    return true;
}

/* Sets the size from the padding; what is wrong with it becomes the blob's damage. */
static bool measure(struct aes *a, struct err *e)
{
    uint64_t n = blob_size(a->inner);
    a->whole = n - n % BLOCK;
    a->blob.size = a->whole;
    a->blob.damage = a->inner->damage;
    if (n == 0)
        a->blob.damage = "empty, where an encrypted file has 16 bytes or more";
    if (n % BLOCK)
        a->blob.damage = "ends inside a cipher block: cut off";
    if (a->whole == 0 || n % BLOCK)
        return true;
    uint8_t last[BLOCK];
    if (!read_last(a, last, e))
        return false;
    uint8_t pad = last[BLOCK - 1];
    bool valid = pad >= 1 && pad <= BLOCK;
    for (int i = 1; valid && i <= pad; i++)
        valid = last[BLOCK - i] == pad;
    if (valid)
        a->blob.size -= pad;
    else
        a->blob.damage = "its padding is wrong: the end is damaged or cut off";
    explicit_bzero(last, sizeof last);
    return true;
}

struct blob *aes_blob(struct blob *inner, const uint8_t key[32], struct err *e)
{
    static const struct blob_ops ops = {aes_read, aes_close};
    struct aes *a = xcalloc(1, sizeof *a);
    a->blob.ops = &ops;
    a->inner = inner;
    a->ctx = EVP_CIPHER_CTX_new();
    if (!a->ctx || !EVP_DecryptInit_ex(a->ctx, EVP_aes_256_cbc(), NULL, key, NULL) ||
        !EVP_CIPHER_CTX_set_padding(a->ctx, 0))
        die("AES is not available");
    if (!measure(a, e)) {
        aes_close(&a->blob);
        return NULL;
    }
    return &a->blob;
}
