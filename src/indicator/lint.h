#pragma once

#include "indicator/indicator.h"

/*
 * The hygiene of sets: what would raise alarms on every phone is not loaded, or only counts as a
 * weak match. docs/indicators.md explains each reason.
 */
enum lint {
    LINT_OK,
    /* Not loaded. */
    LINT_BAD_VALUE,
    LINT_SINGLE_LABEL,
    LINT_PUBLIC_SUFFIX,
    LINT_PRIVATE_ADDRESS,
    LINT_WIDE_RANGE,
    LINT_WIDE_PATH,
    LINT_BENIGN_HASH,
    LINT_HASH_KIND,
    LINT_NOT_FOR_PHONES,
    LINT_PROPERTY,
    LINT_OPERATOR,
    LINT_SEVERAL,
    LINT_QUALIFIER,
    LINT_BAD_PATTERN,
    LINT_PATTERN_TYPE,
    LINT_REVOKED,
    LINT_SUPERSEDED,
    LINT_HARMLESS,
    LINT_CONTEXT,
    LINT_NO_TYPE,
    LINT_LINK_PART,
    LINT_BAD_OBJECT,
    LINT_CUT_OFF,
    LINT_MORE,
    /* Loaded, and worth a word. */
    LINT_GENERAL,
    LINT_LISTED_HARMLESS,
    LINT_TRACKER,
    LINT_COMPROMISED,
    LINT_SELLER,
    LINT_SYSTEM_NAME,
    LINT_UNSURE,
    LINT_RETYPED,
    LINT_SPACE,
    LINT_PUNYCODE,
    LINT_REFANGED,
    LINT_TWICE,
    LINT_EXPIRED,
    LINT_ONLY_PROSE,
    LINTS,
};

const char *lint_why(enum lint l);  /* "" beyond the enum */
enum lint lint_of(const char *why); /* the one with these words; LINT_OK: none */

static inline bool lint_rejects(enum lint l)
{
    return l > LINT_OK && l < LINT_GENERAL;
}

/* Remarks that make any match weak. */
static inline bool lint_weakens(enum lint l)
{
    return l >= LINT_GENERAL && l <= LINT_TRACKER;
}

/* Remarks that keep a match from being more than medium. */
static inline bool lint_qualifies(enum lint l)
{
    return l >= LINT_COMPROMISED && l <= LINT_UNSURE;
}

/* What to think of a value in its normal form: LINT_OK, a remark, or why it is not loaded. */
enum lint lint_value(enum observable type, struct slice value);

/* `indicators lint FILE --json`: one JSON object, as in docs/output.md. */
void lint_json(const struct indicators *in, struct buf *out);
