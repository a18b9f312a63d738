#pragma once

#include "source/kdf.h"
#include "source/source.h"

/* The class keys of an encrypted iOS backup (docs/formats/ios/backup.md). */
enum { KEYBAG_CLASSES = 16, KEY_SIZE = 32, WRAPPED_SIZE = 40 };

struct class_key {
    bool present, unlocked, curve; /* curve: Curve25519, for files written while locked */
    uint8_t wrapped[WRAPPED_SIZE], public_key[KEY_SIZE];
    uint8_t key[KEY_SIZE];
};

struct keybag {
    uint8_t salt[64], double_salt[64];
    size_t nsalt, ndouble_salt;
    uint32_t rounds, double_rounds; /* double_rounds 0: iOS before 10.2, one stage only */
    struct class_key classes[KEYBAG_CLASSES];
};

/* ERR_CORRUPT: "damaged keybag: ...". */
MUST_CHECK bool keybag_parse(struct slice blob, struct keybag *out, struct err *e);
/* Key from a password (the slow part) or from SECRET_DERIVED_KEY. Others are ERR_LOCKED. */
MUST_CHECK bool keybag_derive(const struct keybag *k, const struct secret *s,
                              bool (*progress)(double done), uint8_t key[KDF_SIZE], struct err *e);
/*
 * Unwraps every class key. None opens: ERR_WRONG_KEY. Some don't: true, and `lost` has a bit for
 * each of those classes.
 */
MUST_CHECK bool keybag_unlock(struct keybag *k, const uint8_t key[KDF_SIZE], unsigned *lost,
                              struct err *e);
/*
 * A file's key: 4 bytes class (little-endian), then 40 (AES) or 72 bytes (Curve25519). other: a
 * second class to try, 0 none. No key for its class: ERR_LOCKED. It doesn't open: ERR_CORRUPT.
 */
MUST_CHECK bool keybag_file_key(const struct keybag *k, struct slice wrapped, unsigned other,
                                uint8_t key[KEY_SIZE], struct err *e);
void keybag_wipe(struct keybag *k);

/* RFC 3394. False: the check value is wrong. */
MUST_CHECK bool key_unwrap(const uint8_t kek[KEY_SIZE], const uint8_t wrapped[WRAPPED_SIZE],
                           uint8_t key[KEY_SIZE]);
