#pragma once

#include "source/source.h"

/*
 * Files encrypted with age, version 1 (c2sp.org/age): AndroidQF encrypts its collections so, and
 * people encrypt what they hand over. Opened by an X25519 identity or by a passphrase, also armored.
 */
enum {
    AGE_KEY_SIZE = 16,
    AGE_MAX_STANZAS = 128, /* each costs work before anything is authenticated */
    AGE_MAX_HEADER = 1 << 20,
    AGE_MAX_WORK = 22, /* log2 of scrypt's N: 4 GiB of memory */
    AGE_SECRET_SIZE = 32,
};

/* In messages that are about identities, not about passphrases. */
#define AGE_IDENTITY_NEEDED "its identity file is needed"
#define AGE_IDENTITY_WRONG "the identity doesn't open it"

/* Begins like an age file, binary or armored. */
bool age_is(struct blob *b);

/*
 * The plaintext, decrypted where it is read. Takes `in` over, also when it gives NULL. A file that is
 * cut off opens as far as whole pieces go, and the blob's damage says so. ERR_LOCKED: it takes a
 * passphrase or an identity (AGE_IDENTITY_NEEDED) that s hasn't got. ERR_WRONG_KEY: what s has doesn't
 * open it. ERR_CORRUPT: a header that breaks the format or was changed.
 */
MUST_CHECK struct blob *age_blob(struct blob *in, const struct secret *s, struct err *e);

/* A secret key as `age-keygen` writes it: "AGE-SECRET-KEY-1...", upper or lower case. */
bool age_identity_parse(struct slice text, uint8_t secret[AGE_SECRET_SIZE]);

/* -- inside -- */

struct age_stanza {
    struct slice type, args[3]; /* arguments behind the type; further ones are only counted */
    unsigned nargs;
    struct slice body; /* decoded */
};

struct age_header {
    struct age_stanza stanzas[AGE_MAX_STANZAS];
    unsigned n;
    struct slice authenticated; /* what the code at its end is about */
    uint8_t mac[32];
    size_t size; /* the payload begins here */
};

/* The header at the start of bytes. Slices lie in bytes and the arena. */
MUST_CHECK bool age_header_parse(struct slice bytes, struct arena *a, struct age_header *out,
                                 struct err *e);
/* The key of the payload, authenticated with the header. */
MUST_CHECK bool age_file_key(const struct age_header *h, const struct secret *s,
                             uint8_t key[AGE_KEY_SIZE], struct err *e);
/* HKDF-SHA-256, 32 bytes. */
void age_hkdf(struct slice secret, struct slice salt, const char *info, uint8_t out[32]);
/* Opens ChaCha20-Poly1305: n bytes of plaintext to `to`, from n + 16 at `from`. False: it doesn't. */
bool age_open(const uint8_t key[32], const uint8_t nonce[12], const uint8_t *from, size_t n,
              uint8_t *to);
/* The binary form of an armored file, decoded where it is read. Takes `in` over. */
MUST_CHECK struct blob *age_armor_blob(struct blob *in, struct err *e);
bool age_is_armored(struct slice head);
