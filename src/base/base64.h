#pragma once

#include "base/bytes.h"

/*
 * Base64 of the standard alphabet, strictly (RFC 4648): no white space, and a last digit's unused
 * bits must be zero. padded: with "=" to a multiple of four digits, else without any. What comes out
 * goes to `to`, which must hold BASE64_ROOM(text.n); *n is its length. False: it is no such text.
 */
#define BASE64_ROOM(digits) ((digits) / 4 * 3 + 3)
bool base64_decode(struct slice text, bool padded, uint8_t *to, size_t *n);
