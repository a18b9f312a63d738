#pragma once

#include "base/bytes.h"

/* An IPv4 or IPv6 address, perhaps with a prefix length. */
struct address {
    uint8_t bytes[16]; /* IPv4 uses the first four */
    bool v4;
    uint8_t bits; /* of the prefix; 32 or 128: one address */
};

enum { ADDRESS_TEXT = 52 };

/*
 * Dotted quad without leading zeros, or any spelling of IPv6 (brackets and a zone are dropped),
 * either with "/bits" behind. An IPv4 address mapped into IPv6 becomes IPv4.
 */
bool address_parse(struct slice text, struct address *out);
/* As browsers read a host: also hex, octal, fewer than four parts, one number. Only IPv4. */
bool address_parse_loose(struct slice host, struct address *out);
/* Canonical text (RFC 5952); "/bits" if it is less than one address. Returns its length. */
size_t address_text(const struct address *a, char out[ADDRESS_TEXT]);

static inline bool address_is_range(const struct address *a)
{
    return a->bits < (a->v4 ? 32 : 128);
}

/* Clears what lies behind the first `bits` bits. */
void address_mask(struct address *a, unsigned bits);
bool address_inside(const struct address *a, const struct address *range);
