/*
 * A keybag is a flat list of tag, length, value. A header comes first; each class key starts with
 * a UUID, so that the first UUID and the first WRAP belong to the header. Some class keys that
 * don't open are damage, all of them a wrong password: a false success is one in 2^64.
 */
#include "source/keybag.h"

#include <openssl/evp.h>

#include "base/hash.h"

enum {
    TYPE_MASK = 0x3fffffff, /* the top two bits are flags */
    TYPE_BACKUP = 1,
    TYPE_CLOUD = 3,
    WRAP_PASSWORD = 2,
    CLASS_MASK = 0xf,
};

/* One record of the list; value as a number if it is one. */
struct item {
    struct slice tag, value;
    uint32_t number;
};

static bool next_item(struct cursor *c, struct item *out, struct err *e)
{
    if (!cursor_left(c))
        return false;
    size_t at = cursor_offset(c);
    out->tag = cursor_take(c, 4);
    out->value = cursor_take(c, cursor_u32be(c));
    if (c->bad)
        return err_set(e, ERR_CORRUPT, "damaged keybag: record at %zu runs past the end", at);
    struct cursor v = cursor(out->value);
    out->number = out->value.n == 4 ? cursor_u32be(&v) : 0;
    return true;
}

static bool take_salt(struct slice v, uint8_t to[64], size_t *n, struct err *e)
{
    if (v.n == 0 || v.n > 64)
        return err_set(e, ERR_CORRUPT, "damaged keybag: salt of %zu bytes", v.n);
    memcpy(to, v.p, v.n);
    *n = v.n;
    return true;
}

static bool header_item(struct keybag *k, const struct item *i, struct err *e)
{
    uint32_t type = i->number & TYPE_MASK;
    if (slice_is(i->tag, "TYPE") && type != TYPE_BACKUP && type != TYPE_CLOUD)
        return err_set(e, ERR_CORRUPT, "not the keybag of a backup: type %u", type);
    if (slice_is(i->tag, "SALT"))
        return take_salt(i->value, k->salt, &k->nsalt, e);
    if (slice_is(i->tag, "DPSL"))
        return take_salt(i->value, k->double_salt, &k->ndouble_salt, e);
    if (slice_is(i->tag, "ITER"))
        k->rounds = i->number;
    if (slice_is(i->tag, "DPIC")) {
        k->double_rounds = i->number;
        if (i->number == 0)
            return err_set(e, ERR_CORRUPT, "damaged keybag: 0 rounds of key derivation");
    }
    return true;
}

/* A class key as it is collected; goes into the bag when the next begins. */
struct pending {
    struct class_key key;
    uint32_t class, wrap;
    bool open, wrapped, curve_key;
};

static void class_item(struct pending *p, const struct item *i)
{
    if (slice_is(i->tag, "CLAS"))
        p->class = i->number & CLASS_MASK;
    else if (slice_is(i->tag, "WRAP"))
        p->wrap = i->number;
    else if (slice_is(i->tag, "KTYP"))
        p->key.curve = i->number == 1;
    else if (slice_is(i->tag, "WPKY") && i->value.n == WRAPPED_SIZE) {
        memcpy(p->key.wrapped, i->value.p, WRAPPED_SIZE);
        p->wrapped = true;
    } else if (slice_is(i->tag, "PBKY") && i->value.n == KEY_SIZE) {
        memcpy(p->key.public_key, i->value.p, KEY_SIZE);
        p->curve_key = true;
    }
}

static void finish_class(struct keybag *k, const struct pending *p)
{
    bool complete = p->open && p->wrapped && (!p->key.curve || p->curve_key);
    if (!complete || !(p->wrap & WRAP_PASSWORD) || k->classes[p->class].present)
        return;
    k->classes[p->class] = p->key;
    k->classes[p->class].present = true;
}

static bool check(const struct keybag *k, struct err *e)
{
    if (!k->nsalt || !k->rounds)
        return err_set(e, ERR_CORRUPT, "damaged keybag: no %s", k->nsalt ? "ITER" : "SALT");
    if (!k->ndouble_salt != !k->double_rounds)
        return err_set(e, ERR_CORRUPT, "damaged keybag: %s without %s",
                       k->double_rounds ? "DPIC" : "DPSL", k->double_rounds ? "DPSL" : "DPIC");
    for (int i = 0; i < KEYBAG_CLASSES; i++)
        if (k->classes[i].present)
            return true;
    return err_set(e, ERR_CORRUPT, "damaged keybag: no class keys");
}

bool keybag_parse(struct slice blob, struct keybag *out, struct err *e)
{
    memset(out, 0, sizeof *out);
    struct cursor c = cursor(blob);
    struct pending pending = {0};
    struct item item = {0};
    unsigned uuids = 0;
    struct err bad = {0};
    while (next_item(&c, &item, &bad)) {
        if (slice_is(item.tag, "UUID") && ++uuids > 1) {
            finish_class(out, &pending);
            pending = (struct pending){.open = true};
        } else if (pending.open) {
            class_item(&pending, &item);
        } else if (!header_item(out, &item, &bad)) {
            break;
        }
    }
    if (bad.code) {
        *e = bad;
        return false;
    }
    finish_class(out, &pending);
    return check(out, e);
}

bool keybag_derive(const struct keybag *k, const struct secret *s, bool (*progress)(double done),
                   uint8_t key[KDF_SIZE], struct err *e)
{
    if (s->kind == SECRET_DERIVED_KEY) {
        if (s->n != KDF_SIZE)
            return err_set(e, ERR_WRONG_KEY, "a derived key has %d bytes, this one %zu", KDF_SIZE,
                           s->n);
        memcpy(key, s->bytes, KDF_SIZE);
        return true;
    }
    if (s->kind != SECRET_PASSWORD)
        return err_set(e, ERR_LOCKED, "encrypted backup: its password is needed");
    struct slice password = slice_at(s->bytes, s->n), salt = slice_at(k->salt, k->nsalt);
    if (!k->double_rounds)
        return kdf_sha1(password, salt, k->rounds, key, e);
    uint8_t first[KDF_SIZE];
    bool ok = kdf_sha256(password, slice_at(k->double_salt, k->ndouble_salt), k->double_rounds,
                         progress, first, e) &&
              kdf_sha1(slice_at(first, sizeof first), salt, k->rounds, key, e);
    explicit_bzero(first, sizeof first);
    return ok;
}

bool keybag_unlock(struct keybag *k, const uint8_t key[KDF_SIZE], unsigned *lost, struct err *e)
{
    unsigned opened = 0;
    *lost = 0;
    for (unsigned i = 0; i < KEYBAG_CLASSES; i++) {
        struct class_key *c = &k->classes[i];
        if (!c->present)
            continue;
        c->unlocked = key_unwrap(key, c->wrapped, c->key);
        if (c->unlocked)
            opened++;
        else
            *lost |= 1u << i;
    }
    if (!opened)
        return err_set(e, ERR_WRONG_KEY,
                       "wrong password: it must be the backup's own, which can differ from the "
                       "phone's passcode");
    return true;
}

/* By single blocks: the library's own EVP_aes_256_wrap() takes three times as long, and a backup has
   a key for each file. */
bool key_unwrap(const uint8_t kek[KEY_SIZE], const uint8_t wrapped[WRAPPED_SIZE],
                uint8_t key[KEY_SIZE])
{
    enum { HALF = 8, PIECES = KEY_SIZE / HALF, ROUNDS = 6 };
    uint8_t out[WRAPPED_SIZE], block[2 * HALF], check = 0;
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    if (!ctx || !EVP_DecryptInit_ex(ctx, EVP_aes_256_ecb(), NULL, kek, NULL) ||
        !EVP_CIPHER_CTX_set_padding(ctx, 0))
        die("AES is not available");
    memcpy(out, wrapped, sizeof out);
    memcpy(block, out, HALF);
    for (unsigned step = ROUNDS * PIECES; step > 0; step--) {
        uint8_t *piece = out + HALF * ((step - 1) % PIECES + 1);
        block[HALF - 1] ^= (uint8_t)step;
        memcpy(block + HALF, piece, HALF);
        int n = 0;
        if (!EVP_DecryptUpdate(ctx, block, &n, block, sizeof block) || n != sizeof block)
            die("AES failed");
        memcpy(piece, block + HALF, HALF);
    }
    for (int i = 0; i < HALF; i++)
        check |= block[i] ^ 0xa6;
    if (!check)
        memcpy(key, out + HALF, KEY_SIZE);
    explicit_bzero(out, sizeof out);
    explicit_bzero(block, sizeof block);
    EVP_CIPHER_CTX_free(ctx);
    return !check;
}

/* X25519 of our secret and the file's public key. */
static bool agree(const uint8_t secret[KEY_SIZE], const uint8_t *peer, uint8_t out[KEY_SIZE])
{
    EVP_PKEY *ours = EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, NULL, secret, KEY_SIZE);
    EVP_PKEY *theirs = EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, NULL, peer, KEY_SIZE);
    EVP_PKEY_CTX *ctx = ours ? EVP_PKEY_CTX_new(ours, NULL) : NULL;
    size_t n = KEY_SIZE;
    bool ok = ctx && theirs && EVP_PKEY_derive_init(ctx) == 1 &&
              EVP_PKEY_derive_set_peer(ctx, theirs) == 1 && EVP_PKEY_derive(ctx, out, &n) == 1 &&
              n == KEY_SIZE;
    EVP_PKEY_CTX_free(ctx);
    EVP_PKEY_free(theirs);
    EVP_PKEY_free(ours);
    return ok;
}

/* wrapped: the file's public key, then its wrapped key. */
static bool curve_unwrap(const struct class_key *c, const uint8_t *wrapped, uint8_t key[KEY_SIZE])
{
    uint8_t shared[KEY_SIZE], kek[KEY_SIZE];
    struct buf b = {0};
    bool ok = agree(c->key, wrapped, shared);
    if (ok) {
        buf_add(&b, "\0\0\0\1", 4);
        buf_add(&b, shared, sizeof shared);
        buf_add(&b, wrapped, KEY_SIZE);
        buf_add(&b, c->public_key, KEY_SIZE);
        sha256_of(buf_view(&b), kek);
        ok = key_unwrap(kek, wrapped + KEY_SIZE, key);
        explicit_bzero(b.p, b.n);
        buf_free(&b);
    }
    explicit_bzero(shared, sizeof shared);
    explicit_bzero(kek, sizeof kek);
    return ok;
}

static bool class_unwrap(const struct class_key *c, struct slice wrapped, uint8_t key[KEY_SIZE])
{
    if (!c->unlocked)
        return false;
    if (wrapped.n == WRAPPED_SIZE)
        return key_unwrap(c->key, wrapped.p, key);
    return c->curve && curve_unwrap(c, wrapped.p, key);
}

bool keybag_file_key(const struct keybag *k, struct slice wrapped, unsigned other,
                     uint8_t key[KEY_SIZE], struct err *e)
{
    struct cursor c = cursor(wrapped);
    uint32_t class = cursor_u32le(&c);
    struct slice rest = cursor_take(&c, cursor_left(&c));
    if (c.bad || (rest.n != WRAPPED_SIZE && rest.n != KEY_SIZE + WRAPPED_SIZE))
        return err_set(e, ERR_CORRUPT, "wrapped key of %zu bytes", wrapped.n);
    bool known = class < KEYBAG_CLASSES && k->classes[class].unlocked;
    if (known && class_unwrap(&k->classes[class], rest, key))
        return true;
    if (other < KEYBAG_CLASSES && class_unwrap(&k->classes[other], rest, key))
        return true;
    if (!known)
        return err_set(e, ERR_LOCKED, "the key of protection class %u is missing or damaged",
                       class);
    return err_set(e, ERR_CORRUPT, "its key does not open with the key of class %u", class);
}

void keybag_wipe(struct keybag *k)
{
    explicit_bzero(k, sizeof *k);
}
