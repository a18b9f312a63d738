#pragma once

#include "base/bytes.h"
#include "base/err.h"

/*
 * The made-up phone of `bridle demo`: an encrypted backup with planted traces and look-alikes, and a
 * list of indicators for the traces. All names are under .example, all addresses and numbers from
 * the ranges kept for documentation.
 */

/* A finding that must come out; nothing else may. */
struct demo_trace {
    const char *artifact;
    const char *rule;  /* "indicator", or a rule's id */
    const char *type;  /* of the observable; NULL for a rule */
    const char *value; /* of the observable; NULL for a rule */
};
extern const struct demo_trace demo_planted[]; /* ends with a row without an artifact */

extern const char *const demo_password;

MUST_CHECK bool demo_write_phone(const char *folder, struct err *e);
MUST_CHECK bool demo_write_indicators(const char *path, struct err *e);
