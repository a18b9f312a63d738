#pragma once

#include "indicator/lint.h"

/*
 * What sets call the kinds of their values: fields `type`, headers of columns, names of files. And,
 * where nothing says it, what a value itself looks like.
 */
struct value_kind {
    const char *name; /* folded: letters and digits, lower case */
    enum observable type;
    enum lint why; /* not LINT_OK: refused for this, whatever the value */
};

/* Compared without case and punctuation; NULL: no name that we know. */
const struct value_kind *kind_named(struct slice name);
/* The last kind that is named in words of a name: "v4_validation_domains.txt" is one of domains. */
const struct value_kind *kind_in_name(struct slice name);

/* False: it looks like nothing. in is refanged and trimmed. */
bool kind_guess(struct slice in, enum observable *type);
/* Written like a package or bundle: "com.example.app", not "example.com". */
bool kind_looks_like_app(struct slice in);

enum { FOLDED_MAX = 48 };
/* Letters and digits in lower case, at most FOLDED_MAX of them. */
struct slice kind_fold(struct slice name, uint8_t to[FOLDED_MAX]);
