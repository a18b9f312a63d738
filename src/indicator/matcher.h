#pragma once

#include "indicator/indicator.h"

/* Typed, exact look-up of normalised observables in a loaded collection. */
struct matcher;

/* in must outlive the matcher. */
struct matcher *matcher_new(const struct indicators *in);
void matcher_free(struct matcher *m);

struct match {
    const struct indicator *indicator;
    enum how how;
    enum confidence confidence; /* of the match, not of the set */
    unsigned cut; /* HOW_TRUNCATED: the length the source must cut names at for this to hold */
    bool near; /* not the listed value itself, but what goes with it: "www." left out, the host of
                     a listed host/path, an address without its +tag, a number without its prefix */
};

/*
 * All matches of a value of a type: domains by label suffix, a URL by itself and by its prefix (its
 * host is an observable of its own), paths by components, addresses by longest prefix, names cut at
 * 15 or 16, the rest by equality. Up to max go to out (best first: exact before others), the number
 * found is returned. docs/indicators.md has the table.
 */
size_t matcher_find(const struct matcher *m, enum observable type, struct slice value,
                    struct match *out, size_t max);
