#pragma once

#include "base/bytes.h"
#include "base/err.h"

/*
 * Checks a signature file of minisign (or signify's kind in its layout): Ed25519 over the message, or
 * over its BLAKE2b-512, and over the trusted comment. key: a public key as text ("RW..."), or a whole
 * file of one. False: e says what doesn't fit. *comment: the trusted comment, in signature; may be
 * NULL.
 */
MUST_CHECK bool minisign_verify(struct slice message, struct slice signature, struct slice key,
                                struct slice *comment, struct err *e);
