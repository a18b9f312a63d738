#pragma once

#include "record/record.h"

/*
 * The only normaliser and the only deriver: both the evidence's side and the indicators' side
 * pass through here, so that they always agree.
 *
 * Normal forms
 *   domain    ASCII (IDNA), lower case, no final dot, no port; at least two labels
 *   url       scheme://host[:port]/path?query: scheme and host lower case, IDNA, no user-info, no
 *             default port, no fragment, unreserved characters not percent-encoded, path at least /
 *   ip        IPv4 dotted quad, or IPv6 as in RFC 5952; odd notations (hex, octal, one number) of
 *             IPv4 are folded; a prefix length is kept in indicators ("192.0.2.0/24")
 *   email     lower case, no "mailto:", no quotes; a +tag is kept (the matcher also tries without)
 *   phone     + and digits where an international prefix (+ or 00) is there, else digits
 *   process   as it is, white space at the ends removed; the base name if it is a path, the first
 *             part of "process/bundle"
 *   app       as it is; compared without case
 *   path      absolute device path, /var -> /private/var (also /tmp, /etc), ~/ -> /private/var/mobile/,
 *             no //, no final / (the loader of sets puts it back: "all below it"); without a first /
 *             it stays relative
 *   filename  one component, as it is
 *   hash, cert  lower-case hex without colons or blanks; 32, 40, 64 (or 96, 128) digits
 *   profile   lower case
 *   property, account  as it is
 * Control characters and broken UTF-8 are taken out of e-mails and phones, and written as \xNN in
 * paths, names and accounts.
 */

enum {
    OBSERVABLE_MAX = 16 * 1024,       /* bytes of one value; longer ones are none */
    SIGHTINGS_MAX_BYTES = 128 * 1024, /* of all values of a record, so that it fits into a frame */
};

/* A value seen in evidence or listed in a set, in its normal form. */
struct observed {
    enum observable type;
    struct slice value; /* valid UTF-8, never empty, no NUL or control characters */
};

/*
 * The normal form of a value of type o. The type may change: a domain that is an address becomes
 * OBS_IP, a "domain" with a path OBS_URL ("http" where no scheme is said), a URL without scheme and
 * path OBS_DOMAIN or OBS_IP, mailto: and tel: OBS_EMAIL and OBS_PHONE, file: OBS_PATH. False: in is no such value (no error, just false).
 * OBS_TEXT has no normal form and is always false. OBS_HANDLE becomes e-mail, phone or account.
 * The result lives in a (or is a part of in).
 */
bool observable_normalise(enum observable o, struct slice in, struct arena *a,
                          struct observed *out);

/* Undoes defanging: [.] (.) [dot] [:] [at] hxxp. Returns in itself if there is nothing to undo. */
struct slice observable_refang(struct slice in, struct arena *a);

/* What a field of a record yields. */
struct sighting {
    enum observable type;
    enum exposure exposure;
    const char *field;
    struct slice value; /* normal form */
};

struct sightings {
    struct sighting *items; /* in the arena; sorted by nothing, without duplicates */
    size_t n, room;
    bool
        overfull; /* more than RECORD_MAX_SIGHTINGS, SIGHTINGS_MAX_BYTES: the rest was not looked at */
    /* for the implementation */
    size_t bytes, slots;
    uint32_t *index;
};

/*
 * All observables of one text: the value itself by its type, then what follows from it:
 *   url  -> its domain or ip           path -> filename, hosts of WebKit's origin folders
 *   text -> URLs (with a scheme, or host/path without one), bare hosts of a known suffix, IPs,
 *           e-mails; each URL's host        email -> its domain is NOT derived
 *   process -> path, if it is one; "package:part" and "process/bundle": each part, and the app if
 *           it is named like one
 *   app, ... -> nothing more
 * A domain, url, ip or email that is none is searched like text. Text is searched whole, in one
 * pass, whatever its length.
 */
void observable_derive(enum observable o, enum exposure x, const char *field, struct slice text,
                       struct arena *a, struct sightings *out);

/* observable_derive() over all fields of a record. */
void record_derive(const struct record *r, struct arena *a, struct sightings *out);

/* Host of a normalised URL ("https://h:8443/p" -> "h"; brackets of IPv6 removed). */
struct slice observable_url_host(struct slice url);
/* The registrable domain (eTLD+1) of a normalised domain; empty if it is itself a public suffix. */
struct slice observable_registrable(struct slice domain);
bool observable_is_public_suffix(struct slice domain);
