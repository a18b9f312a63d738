#pragma once

#include "base/bytes.h"
#include "base/utime.h"

/* What an X.509 certificate says, and its digests. Texts in the arena. */
struct cert {
    struct slice subject, issuer; /* "CN=..., O=..."; as RFC 2253 has it */
    struct slice serial;          /* decimal */
    struct utime from, to;
    char md5[33], sha1[41], sha256[65]; /* of the DER bytes */
};
/* The digests are there in any case. False: it is no certificate. */
bool cert_parse(struct slice der, struct arena *a, struct cert *out);
