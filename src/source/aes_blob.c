/*
 * In CBC a block's IV is the cipher block before it, so that any place can be read alone. The real
 * length comes from the padding alone: the size in a backup's catalogue is that of the file before
 * it was copied, and wrong for about one file in a hundred, mostly databases.
 *
 * Small reads go through a few cached pieces, which are longer where the bytes behind one follow;
 * long reads are decrypted in the caller's buffer. A read that goes on where the last one ended
 * needs no look at the block before it.
 */
#include "source/aes_blob.h"

#include <openssl/evp.h>
#include <stdlib.h>

enum {
    BLOCK = 16,
    CHUNK = 16 * 1024, /* measured: 4 KiB halves the speed of SQLite's reads */
    AHEAD = 64 * 1024, /* where reading goes on */
    SLOTS = 6,
    PIECE = 128 * 1024, /* decrypted while it is still in the processor's cache */
};

/* Decrypted bytes from off on, a multiple of CHUNK. */
struct slot {
    uint64_t off;
    size_t n, room; /* n 0: empty */
    uint64_t used;
    uint8_t *bytes;
};

struct aes {
    struct blob blob;
    struct blob *inner;
    uint64_t whole; /* bytes of whole cipher blocks */
    EVP_CIPHER_CTX *ctx;
    uint64_t clock;
    struct slot slots[SLOTS];
    uint64_t end;        /* of what was read last */
    uint8_t last[BLOCK]; /* its last cipher block; at first the IV of the file */
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
    uint8_t iv[BLOCK] = {0};
    if (off == a->end)
        memcpy(iv, a->last, BLOCK);
    else if (off && !blob_read(a->inner, off - BLOCK, iv, BLOCK, e))
        return false;
    for (size_t m; n > 0; to += m, off += m, n -= m) {
        m = n < PIECE ? n : PIECE;
        if (!blob_read(a->inner, off, to, m, e))
            return false;
        memcpy(a->last, to + m - BLOCK, BLOCK);
        a->end = off + m;
        decrypt_blocks(a, iv, to, m);
        memcpy(iv, a->last, BLOCK);
    }
    return true;
}

/* Bytes to read from off on: more if a slot ends there. */
static size_t length_from(const struct aes *a, uint64_t off)
{
    uint64_t left = a->whole - off;
    size_t n = CHUNK;
    for (int i = 0; i < SLOTS; i++)
        if (a->slots[i].n && a->slots[i].off + a->slots[i].n == off)
            n = AHEAD;
    return left < n ? (size_t)left : n;
}

/* A slot that holds the byte at off, from the cache or put there. */
static const struct slot *slot_at(struct aes *a, uint64_t off, struct err *e)
{
    struct slot *oldest = &a->slots[0];
    for (int i = 0; i < SLOTS; i++) {
        struct slot *s = &a->slots[i];
        if (off >= s->off && off - s->off < s->n) {
            s->used = ++a->clock;
            return s;
        }
        if (s->used < oldest->used)
            oldest = s;
    }
    off -= off % CHUNK;
    size_t n = length_from(a, off);
    if (oldest->room < n) {
        oldest->room = n > CHUNK ? AHEAD : n;
        oldest->bytes = xrealloc(oldest->bytes, oldest->room, 1);
    }
    oldest->off = off;
    oldest->n = 0;
    if (!decrypt(a, off, oldest->bytes, n, e))
        return NULL;
    oldest->n = n;
    oldest->used = ++a->clock;
    return oldest;
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
        } else {
            m = n < CHUNK - at ? n : CHUNK - at;
            const struct slot *s = slot_at(a, off, e);
            if (!s)
                return false;
            memcpy(p, s->bytes + (off - s->off), m);
        }
    }
    return true;
}

static void aes_close(struct blob *b)
{
    struct aes *a = (struct aes *)b;
    EVP_CIPHER_CTX_free(a->ctx); /* wipes the key schedule */
    for (int i = 0; i < SLOTS; i++)
        free(a->slots[i].bytes);
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
