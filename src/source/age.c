/*
 * The payload of an age file: pieces of 64 KiB, each sealed for itself with its number and whether
 * it is the last one. So any place can be read alone, and a file that was cut off is told from a
 * whole one.
 */
#include "source/age.h"

#include <stdlib.h>

enum {
    PLAIN = 64 * 1024,
    TAG = 16,
    SEALED = PLAIN + TAG,
    NONCE = 12,
    START = 16, /* of the payload: a nonce, from which its key is made */
    PLACES = 16,
};

struct age {
    struct blob blob;
    struct blob *inner;
    uint64_t start, sealed; /* where the pieces begin; bytes of them that are used */
    uint64_t pieces;
    bool ended; /* the last of them has the mark */
    uint8_t key[32];
    uint8_t *cache;        /* PLACES pieces, each at the place its number gives */
    uint64_t held[PLACES]; /* its number + 1; 0: none */
    uint8_t *cipher;       /* one sealed piece */
};

bool age_is(struct blob *b)
{
    static const char magic[] = "age-encryption.org/";
    uint8_t head[256];
    struct err ignored = {0};
    size_t n = blob_size(b) < sizeof head ? (size_t)blob_size(b) : sizeof head;
    if (!n || !blob_read(b, 0, head, n, &ignored))
        return false;
    return slice_starts(slice_at(head, n), magic) || age_is_armored(slice_at(head, n));
}

static size_t piece_size(const struct age *a, uint64_t number)
{
    return number + 1 < a->pieces ? SEALED : (size_t)(a->sealed - number * SEALED);
}

/* Opens a piece. False: e is set only where reading failed. */
static bool open_piece(struct age *a, uint64_t number, bool last, uint8_t *to, struct err *e)
{
    uint8_t nonce[NONCE] = {0};
    size_t n = piece_size(a, number);
    for (int i = 0; i < 8; i++)
        nonce[10 - i] = (uint8_t)(number >> 8 * i);
    nonce[11] = last;
    return blob_read(a->inner, a->start + number * SEALED, a->cipher, n, e) &&
           age_open(a->key, nonce, a->cipher, n - TAG, to);
}

/* The plaintext of a piece, from the cache or put there. */
static const uint8_t *piece(struct age *a, uint64_t number, struct err *e)
{
    size_t place = (size_t)(number % PLACES);
    uint8_t *to = a->cache + place * PLAIN;
    if (a->held[place] == number + 1)
        return to;
    a->held[place] = 0;
    if (!open_piece(a, number, a->ended && number + 1 == a->pieces, to, e)) {
        if (!e->code)
            err_set(e, ERR_CORRUPT, "age: piece %llu is damaged", (unsigned long long)number);
        return NULL;
    }
    a->held[place] = number + 1;
    return to;
}

static bool age_read(struct blob *b, uint64_t off, void *to, size_t n, struct err *e)
{
    struct age *a = (struct age *)b;
    uint8_t *p = to;
    for (size_t m; n > 0; p += m, off += m, n -= m) {
        const uint8_t *bytes = piece(a, off / PLAIN, e);
        size_t at = (size_t)(off % PLAIN);
        if (!bytes)
            return false;
        m = n < PLAIN - at ? n : PLAIN - at;
        memcpy(p, bytes + at, m);
    }
    return true;
}

static void age_close(struct blob *b)
{
    struct age *a = (struct age *)b;
    explicit_bzero(a->key, sizeof a->key);
    free(a->cache);
    free(a->cipher);
    blob_close(a->inner);
    free(a);
}

/* Looks at the end: the last piece must be the one with the mark. */
static bool measure(struct age *a, struct err *e)
{
    a->sealed = blob_size(a->inner) - a->start;
    a->pieces = (a->sealed + SEALED - 1) / SEALED;
    a->blob.damage = a->inner->damage;
    size_t n = a->pieces ? piece_size(a, a->pieces - 1) : 0;
    bool empty = n == TAG && a->pieces > 1; /* only an empty file has an empty last piece */
    if (n >= TAG && !empty && open_piece(a, a->pieces - 1, true, a->cache, e)) {
        a->ended = true;
    } else if (e->code) {
        return false;
    } else {
        a->blob.damage = "the end of the age file is missing or damaged";
        /* A piece that is no whole one can't be opened. */
        if (n < SEALED && a->pieces)
            a->sealed = --a->pieces * SEALED;
    }
    a->blob.size = a->sealed - a->pieces * TAG;
    return true;
}

static bool read_header(struct age *a, const struct secret *s, struct err *e)
{
    struct arena memory = {0};
    struct age_header *h = arena_alloc(&memory, sizeof *h);
    uint8_t key[AGE_KEY_SIZE], nonce[START];
    uint64_t size = blob_size(a->inner);
    size_t n = size < AGE_MAX_HEADER ? (size_t)size : AGE_MAX_HEADER;
    uint8_t *head = arena_alloc(&memory, n);
    bool ok = blob_read(a->inner, 0, head, n, e) &&
              age_header_parse(slice_at(head, n), &memory, h, e) && age_file_key(h, s, key, e);
    if (ok && size - h->size < START)
        ok = err_set(e, ERR_CORRUPT, "the age file ends behind its header");
    if (ok && blob_read(a->inner, h->size, nonce, START, e)) {
        age_hkdf(slice_at(key, AGE_KEY_SIZE), slice_at(nonce, START), "payload", a->key);
        a->start = h->size + START;
    }
    explicit_bzero(key, sizeof key);
    arena_free(&memory);
    return ok && !e->code;
}

struct blob *age_blob(struct blob *in, const struct secret *s, struct err *e)
{
    static const struct blob_ops ops = {age_read, age_close};
    uint8_t head[256];
    size_t n = blob_size(in) < sizeof head ? (size_t)blob_size(in) : sizeof head;
    if (!blob_read(in, 0, head, n, e)) {
        blob_close(in);
        return NULL;
    }
    if (age_is_armored(slice_at(head, n)) && !(in = age_armor_blob(in, e)))
        return NULL;
    struct age *a = xcalloc(1, sizeof *a);
    a->blob.ops = &ops;
    a->inner = in;
    a->cipher = xcalloc(1, SEALED);
    a->cache = xcalloc(PLACES, PLAIN);
    if (!read_header(a, s, e) || !measure(a, e)) {
        age_close(&a->blob);
        return NULL;
    }
    return &a->blob;
}
