#pragma once

#include "base/blob.h"

/* Cryptographic hashes, over OpenSSL's EVP. A failure of the library ends the process. */
enum { SHA256_SIZE = 32, SHA1_SIZE = 20, MD5_SIZE = 16, SHA256_TEXT = 65 };

struct sha256;
struct sha256 *sha256_new(void);
void sha256_add(struct sha256 *h, const void *p, size_t n);
void sha256_end(struct sha256 *h, uint8_t out[SHA256_SIZE]); /* frees h */
void sha256_free(struct sha256 *h);                          /* without a result */

void sha256_of(struct slice s, uint8_t out[SHA256_SIZE]);
void sha1_of(struct slice s, uint8_t out[SHA1_SIZE]);
/* Reads the blob once in pieces. */
MUST_CHECK bool sha256_blob(struct blob *b, uint8_t out[SHA256_SIZE], struct err *e);

/* Lower-case hex with a final NUL; to must hold 2 * n + 1. */
const char *hex_text(const void *p, size_t n, char *to);
/* Hex of either case to bytes; false if it isn't exactly 2 * n digits. */
bool hex_bytes(struct slice text, uint8_t *to, size_t n);
