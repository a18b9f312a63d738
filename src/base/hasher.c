#include "base/hasher.h"

#include <endian.h>
#include <stdlib.h>

#ifdef __x86_64__
#include <cpuid.h>
#include <immintrin.h>
#endif

enum { BLOCK = 64, PIECE = 128 * 1024, WORDS = SHA256_SIZE / 4 };

/* One of the two files that are being hashed. */
struct stream {
    struct hashed *item; /* NULL: none */
    uint64_t off;        /* what was read of it */
    bool last;           /* `piece` has its end, with the padding behind it */
    uint32_t state[WORDS];
    const uint8_t *at;
    size_t blocks;  /* from there on */
    uint8_t *piece; /* PIECE bytes and two blocks */
};

struct hasher {
    bool pairs;
    struct stream two[2];
    struct hashed *next, *end;
};

#ifdef __x86_64__

/* FIPS 180-4, 4.2.2 */
static const uint32_t constants[BLOCK] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

#define WITH_SHA __attribute__((target("sha,sse4.1")))

/* State and message words in the order that the instructions want: a holds ABEF, b CDGH. */
struct lane {
    __m128i a, b, w[4];
};

WITH_SHA static struct lane load(const uint32_t s[WORDS])
{
    __m128i abcd = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)s), 0xb1);
    __m128i efgh = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)(s + 4)), 0x1b);
    return (struct lane){_mm_alignr_epi8(abcd, efgh, 8), _mm_blend_epi16(efgh, abcd, 0xf0), {{0}}};
}

WITH_SHA static void store(const struct lane *l, uint32_t s[WORDS])
{
    __m128i feba = _mm_shuffle_epi32(l->a, 0x1b), dchg = _mm_shuffle_epi32(l->b, 0xb1);
    _mm_storeu_si128((__m128i *)s, _mm_blend_epi16(feba, dchg, 0xf0));
    _mm_storeu_si128((__m128i *)(s + 4), _mm_alignr_epi8(dchg, feba, 8));
}

/* Four rounds of both, with the words in w[i]. Step by step in turns: that is the gain. more: words
   for later rounds are still to be made. */
WITH_SHA static inline __attribute__((always_inline)) void
rounds(struct lane *x, struct lane *y, const uint32_t *k, int i, bool more)
{
    const __m128i four = _mm_loadu_si128((const __m128i *)(k + 4 * i));
    const int next = (i + 1) % 4, third = (i + 2) % 4, fourth = (i + 3) % 4;
    __m128i m = _mm_add_epi32(x->w[i], four), n = _mm_add_epi32(y->w[i], four);
    x->b = _mm_sha256rnds2_epu32(x->b, x->a, m);
    y->b = _mm_sha256rnds2_epu32(y->b, y->a, n);
    m = _mm_shuffle_epi32(m, 0x0e);
    n = _mm_shuffle_epi32(n, 0x0e);
    if (more) {
        x->w[i] = _mm_sha256msg1_epu32(x->w[i], x->w[next]);
        y->w[i] = _mm_sha256msg1_epu32(y->w[i], y->w[next]);
        x->w[i] = _mm_add_epi32(x->w[i], _mm_alignr_epi8(x->w[fourth], x->w[third], 4));
        y->w[i] = _mm_add_epi32(y->w[i], _mm_alignr_epi8(y->w[fourth], y->w[third], 4));
    }
    x->a = _mm_sha256rnds2_epu32(x->a, x->b, m);
    y->a = _mm_sha256rnds2_epu32(y->a, y->b, n);
    if (more) {
        x->w[i] = _mm_sha256msg2_epu32(x->w[i], x->w[fourth]);
        y->w[i] = _mm_sha256msg2_epu32(y->w[i], y->w[fourth]);
    }
}

WITH_SHA static inline __attribute__((always_inline)) void sixteen(struct lane *x, struct lane *y,
                                                                   const uint32_t *k, bool more)
{
    rounds(x, y, k, 0, more);
    rounds(x, y, k, 1, more);
    rounds(x, y, k, 2, more);
    rounds(x, y, k, 3, more);
}

WITH_SHA static void hash_two(struct stream *s, struct stream *t, size_t blocks)
{
    const __m128i flip = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
    struct lane x = load(s->state), y = load(t->state);
    const uint8_t *p = s->at, *q = t->at;
    for (size_t n = blocks; n; n--, p += BLOCK, q += BLOCK) {
        const __m128i xa = x.a, xb = x.b, ya = y.a, yb = y.b;
        for (int i = 0; i < 4; i++) {
            x.w[i] = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)p + i), flip);
            y.w[i] = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)q + i), flip);
        }
        sixteen(&x, &y, constants, true);
        sixteen(&x, &y, constants + 16, true);
        sixteen(&x, &y, constants + 32, true);
        sixteen(&x, &y, constants + 48, false);
        x.a = _mm_add_epi32(x.a, xa);
        x.b = _mm_add_epi32(x.b, xb);
        y.a = _mm_add_epi32(y.a, ya);
        y.b = _mm_add_epi32(y.b, yb);
    }
    store(&x, s->state);
    store(&y, t->state);
}

static bool has_sha(void)
{
    unsigned a, b, c, d;
    if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_SSE4_1) || !(c & bit_SSSE3))
        return false;
    return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & bit_SHA);
}

#else

static void hash_two(struct stream *s, struct stream *t, size_t blocks)
{
    (void)s, (void)t, (void)blocks;
}

static bool has_sha(void)
{
    return false;
}

#endif

struct hasher *hasher_new(void)
{
    struct hasher *h = xcalloc(1, sizeof *h);
    h->pairs = has_sha();
    for (int i = 0; h->pairs && i < 2; i++)
        h->two[i].piece = xcalloc(1, PIECE + 2 * BLOCK);
    return h;
}

void hasher_free(struct hasher *h)
{
    if (!h)
        return;
    free(h->two[0].piece);
    free(h->two[1].piece);
    free(h);
}

static void start(struct stream *s, struct hashed *item)
{
    static const uint32_t first[WORDS] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                          0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    s->item = item;
    s->off = 0;
    s->last = false;
    memcpy(s->state, first, sizeof first);
}

static void finish(struct stream *s)
{
    for (int i = 0; i < WORDS; i++) {
        uint32_t word = htobe32(s->state[i]);
        memcpy(s->item->sha256 + 4 * i, &word, sizeof word);
    }
    s->item->ok = true;
    s->item = NULL;
}

/* The next piece; behind the last the end mark and the length in bits. */
static bool read_piece(struct stream *s)
{
    struct blob *b = s->item->blob;
    uint64_t left = blob_size(b) - s->off;
    size_t n = left < PIECE ? (size_t)left : PIECE;
    if (!blob_read(b, s->off, s->piece, n, &s->item->e))
        return false;
    s->off += n;
    s->at = s->piece;
    s->blocks = n / BLOCK;
    s->last = n < PIECE;
    if (s->last) {
        uint64_t bits = htobe64(s->off * 8);
        s->blocks = (n + 1 + sizeof bits + BLOCK - 1) / BLOCK;
        memset(s->piece + n, 0, s->blocks * BLOCK - n);
        s->piece[n] = 0x80;
        memcpy(s->piece + s->blocks * BLOCK - sizeof bits, &bits, sizeof bits);
    }
    return true;
}

/* Has blocks to hash afterwards; false: there is nothing left. */
static bool refill(struct hasher *h, struct stream *s)
{
    while (!s->blocks) {
        if (s->item && s->last)
            finish(s);
        if (!s->item && h->next == h->end)
            return false;
        if (!s->item)
            start(s, h->next++);
        if (!s->item->blob || !read_piece(s))
            s->item = NULL;
    }
    return true;
}

static void use_up(struct stream *s, size_t blocks)
{
    s->at += blocks * BLOCK;
    s->blocks -= blocks;
}

static void run_pairs(struct hasher *h)
{
    struct stream *s = &h->two[0], *t = &h->two[1];
    for (;;) {
        bool one = refill(h, s), other = refill(h, t);
        if (!one && !other)
            break;
        if (one && other) {
            size_t blocks = s->blocks < t->blocks ? s->blocks : t->blocks;
            hash_two(s, t, blocks);
            use_up(s, blocks);
            use_up(t, blocks);
        } else { /* the last, beside a copy of itself */
            struct stream *alone = one ? s : t, copy = *alone;
            hash_two(alone, &copy, alone->blocks);
            use_up(alone, alone->blocks);
        }
    }
}

void hasher_run(struct hasher *h, struct hashed *all, size_t n)
{
    for (size_t i = 0; i < n; i++)
        all[i].ok = false;
    h->next = all;
    h->end = all + n;
    if (h->pairs) {
        run_pairs(h);
        return;
    }
    for (; h->next < h->end; h->next++)
        h->next->ok = h->next->blob && sha256_blob(h->next->blob, h->next->sha256, &h->next->e);
}
