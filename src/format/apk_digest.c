/*
 * The digest of a package's content: of what stands before the signing block, the directory, and the
 * end record (as if the block weren't there), each in pieces of 1 MiB.
 */
#include <openssl/evp.h>
#include <stdlib.h>

#include "base/hash.h"
#include "format/apk.h"

enum { PIECE = 1 << 20, MAX_SUM = 64 };

/* The digest of a signature's kind; NULL: a tree over 4 KiB pages, which isn't tested. */
static const EVP_MD *digest_of(uint32_t algorithm)
{
    switch (algorithm) {
    case 0x0101:
    case 0x0103:
    case 0x0201:
    case 0x0301: return EVP_sha256();
    case 0x0102:
    case 0x0104:
    case 0x0202: return EVP_sha512();
    default: return NULL;
    }
}

struct sums {
    const EVP_MD *kind;
    EVP_MD_CTX *ctx;
    struct buf all; /* one behind the other */
    uint32_t n;
    uint8_t *piece;
};

/* H(mark, n, bytes), appended to out. */
static void add_sum(struct sums *s, uint8_t mark, uint32_t n, struct slice bytes, struct buf *out)
{
    const uint8_t head[] = {mark, (uint8_t)n, (uint8_t)(n >> 8), (uint8_t)(n >> 16),
                            (uint8_t)(n >> 24)};
    unsigned length = 0;
    if (!EVP_DigestInit_ex(s->ctx, s->kind, NULL) || !EVP_DigestUpdate(s->ctx, head, sizeof head) ||
        !EVP_DigestUpdate(s->ctx, bytes.p, bytes.n) ||
        !EVP_DigestFinal_ex(s->ctx, buf_room(out, MAX_SUM), &length))
        die("the digest of a package failed");
    out->n += length;
}

static void add_piece(struct sums *s, struct slice bytes)
{
    add_sum(s, 0xa5, (uint32_t)bytes.n, bytes, &s->all);
    s->n++;
}

static bool add_region(struct sums *s, struct blob *b, uint64_t from, uint64_t to, struct err *e)
{
    for (uint64_t at = from; at < to; at += PIECE) {
        size_t n = to - at < PIECE ? (size_t)(to - at) : PIECE;
        if (!blob_read(b, at, s->piece, n, e))
            return false;
        add_piece(s, slice_at(s->piece, n));
    }
    return true;
}

/* The end record with the place of the block in it. */
static void add_end(struct sums *s, const struct apk_layout *l)
{
    memcpy(s->piece, l->tail.p, l->tail.n);
    for (int i = 0; i < 4; i++)
        s->piece[16 + i] = (uint8_t)(l->block >> 8 * i);
    add_piece(s, slice_at(s->piece, l->tail.n));
}

static bool make(struct sums *s, struct blob *b, const struct apk_layout *l, struct buf *top,
                 struct err *e)
{
    s->ctx = EVP_MD_CTX_new();
    s->piece = xcalloc(1, PIECE);
    bool ok = add_region(s, b, 0, l->block, e) && add_region(s, b, l->directory, l->end, e);
    if (ok) {
        add_end(s, l);
        add_sum(s, 0x5a, s->n, buf_view(&s->all), top);
    }
    EVP_MD_CTX_free(s->ctx);
    free(s->piece);
    buf_free(&s->all);
    return ok;
}

const char *apk_digest(struct apk *out, struct blob *b, const struct apk_layout *l,
                       uint32_t algorithm, struct slice value, struct err *e)
{
    struct sums s = {.kind = digest_of(algorithm)};
    struct buf top = {0};
    if (!s.kind)
        return NULL;
    unsigned which = s.kind == EVP_sha512();
    if (!out->digests[which].n) {
        bool ok = make(&s, b, l, &top, e);
        out->digests[which].n = ok ? (unsigned)top.n : 0;
        memcpy(out->digests[which].sum, top.n ? top.p : (const uint8_t *)"", top.n);
        buf_free(&top);
        if (!ok)
            return NULL;
    }
    out->content = true;
    struct slice sum = slice_at(out->digests[which].sum, out->digests[which].n);
    return slice_equal(sum, value) ? NULL : "the content is not what was signed";
}
