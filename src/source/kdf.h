#pragma once

#include "base/bytes.h"
#include "base/err.h"

/* Key derivation of encrypted iOS backups (docs/formats/ios/backup.md). */
enum { KDF_SIZE = 32, KDF_MAX_ROUNDS = 1 << 28 };

/*
 * PBKDF2-HMAC-SHA256, first block. progress (may be NULL) is called about a hundred times with
 * 0..1; false from it is ERR_STOP. Rounds of 0 or above KDF_MAX_ROUNDS are ERR_CORRUPT.
 */
MUST_CHECK bool kdf_sha256(struct slice password, struct slice salt, uint32_t rounds,
                           bool (*progress)(double done), uint8_t out[KDF_SIZE], struct err *e);
/* PBKDF2-HMAC-SHA1, with the same limits. */
MUST_CHECK bool kdf_sha1(struct slice password, struct slice salt, uint32_t rounds,
                         uint8_t out[KDF_SIZE], struct err *e);
