#pragma once

#include "record/observable.h"

/* Shared by the observable_*.c files only. */

/* Where what is found in one field goes. */
struct sink {
    enum exposure exposure;
    const char *field;
    struct arena *arena;
    struct sightings *out;
};
void sink_add(struct sink *k, struct observed o);
/* A URL and the domain or address that it leads to. */
void sink_url(struct sink *k, struct observed url);

/*
 * A host as a domain or an address. With in_url also what browsers accept there: percent-encoding,
 * odd notations of IPv4, and a single label, which comes back as OBS_NONE.
 */
bool host_normalise(struct slice in, bool in_url, struct arena *a, struct observed *out);
/* The last label is a top-level domain, or one of those reserved for examples and hidden services. */
bool host_has_tld(struct slice domain);

bool url_normalise(struct slice in, struct arena *a, struct observed *out);
bool email_normalise(struct slice in, struct arena *a, struct observed *out);
bool path_normalise(struct slice in, struct arena *a, struct observed *out);
/* WebKit keeps a folder for each origin, named after it: the hosts of these names. */
void path_origins(struct slice path, struct sink *k);

void text_search(struct slice text, struct sink *k);

/* in with NUL, control characters and broken UTF-8 written as \xNN; in itself if there are none. */
struct slice visible(struct slice in, struct arena *a);

static inline uint8_t ascii_lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

static inline bool ascii_alpha(uint8_t c)
{
    return ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z';
}

static inline bool ascii_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static inline int ascii_hex(uint8_t c)
{
    return ascii_digit(c)                                   ? c - '0'
           : ascii_lower(c) >= 'a' && ascii_lower(c) <= 'f' ? ascii_lower(c) - 'a' + 10
                                                            : -1;
}
