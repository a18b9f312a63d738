#pragma once

#include "base/blob.h"

/*
 * AES-256-CBC with a zero IV and PKCS#7 padding, read at any place. Takes `inner` over, also when
 * it gives NULL. A wrong padding or a length that is no multiple of 16 is told in blob->damage;
 * what is there can be read.
 */
MUST_CHECK struct blob *aes_blob(struct blob *inner, const uint8_t key[32], struct err *e);
