#pragma once

#include "base/blob.h"
#include "record/observable.h"

/* What a set of indicators says, and the sets' own facts. */

enum family_class { FAMILY_MERCENARY, FAMILY_STALKERWARE, FAMILY_FORENSIC, FAMILY_OTHER, FAMILIES };
const char *family_class_name(enum family_class c); /* "mercenary", ..., as in docs/output.md */

/* How a value matched; the names outside are those of the wording table (`match.*`). */
enum how {
    HOW_EXACT,
    HOW_SUBDOMAIN,
    HOW_PATH_PREFIX,
    HOW_IP_RANGE,
    HOW_TRUNCATED,
    HOW_TOO_GENERAL,
    HOWS,
};
const char *how_name(enum how h);

enum confidence { CONFIDENCE_LOW, CONFIDENCE_MEDIUM, CONFIDENCE_HIGH };
const char *confidence_name(enum confidence c);

struct indicator {
    enum observable type;
    unsigned set;             /* index of its set */
    struct slice value;       /* normal form */
    struct slice published;   /* as the set writes it */
    struct slice ref;         /* the set's own id, "indicator--..." */
    struct slice family;      /* "Pegasus"; empty: unknown */
    struct utime created;     /* the indicator's own date; see docs/output.md `published` */
    struct utime valid_until; /* UTIME_NONE: not said; compare it with the time of the check */
    uint8_t family_class;     /* enum family_class */
    int8_t confidence;        /* 0..100 as published; -1: not said */
    bool too_general;         /* shared by many harmless services: only a weak match */
    bool prefix;              /* path: everything below; url: longer paths too; ip: a range */
    bool expired;             /* valid_until is before the newest date in its own set */
    bool host_too;  /* url that the set lists as a domain: its host alone is a weak match */
    uint8_t remark; /* enum lint: why it is too general or qualified, where that has a name */
    bool qualified; /* never more than medium: a compromised host, an address for one port */
};

/* A value that was not loaded, and why; or a remark on one that was. */
struct rejected {
    struct slice value;
    const char *why; /* from a fixed list: see lint.h */
    unsigned count;
};

struct set {
    struct slice name, publisher, licence, url; /* empty: unknown */
    struct slice format;                        /* "STIX 2", "CSV", ...: as lint shows it */
    uint8_t sha256[32];
    struct utime published;
    /* In values of the file: loaded + rejected = all. One that is listed twice counts twice as
       loaded and is one item. */
    unsigned loaded, rejected;
    unsigned by_type[OBS_TYPES]; /* of the loaded ones */
    /* A warning list: what it holds is harmless; see indicators.harmless. */
    bool harmless;
    /* Of formats that don't say what their values are: what was taken for what. */
    struct guess {
        struct slice what; /* "column domain_name", "file name", "value" */
        enum observable type;
        unsigned values;
    } * guesses;
    size_t nguesses;
};

/* A loaded collection: sets, their indicators, what was rejected. Owns its memory. */
struct indicators {
    struct arena arena;
    struct set *sets;
    size_t nsets;
    struct indicator *items; /* none where they lie in a compiled table: indicators_item() */
    size_t nitems;
    struct compiled *compiled; /* NULL: all is in memory; compiled.h */
    /* The values of warning lists. Never matched: what is on one makes an indicator too general. */
    struct indicator *harmless;
    size_t nharmless;
    struct rejected *rejected; /* of all sets, in file order */
    unsigned *rejected_set;
    size_t nrejected;
    struct rejected
        *remarks; /* loaded, yet worth a word: listed twice, too general, retyped, ... */
    unsigned *remarks_set;
    size_t nremarks;
};

/* One of the items, wherever they lie; valid as long as `in`. */
const struct indicator *indicators_item(const struct indicators *in, size_t n);

struct indicators *indicators_new(void);
void indicators_free(struct indicators *in);
void indicators_clear(struct indicators *in); /* as new */

/*
 * Parses one file of any supported format (docs/indicators.md) and appends it to out in our own wire
 * form. Made to run in worker_parse(). What a file is follows from its content; the name (with the
 * folder that it lies in, if known) helps where values don't say their type. One bad object never
 * costs the others, and a file that is cut off gives what stands before the cut, with "the file ends
 * too early" among the rejected. ERR_UNSUPPORTED: no format we know; ERR_CORRUPT: damaged from the
 * start; ERR_ABSENT: a table of contents (a MISP feed's manifest), the sets lie beside it.
 */
bool indicators_parse(struct blob *b, const char *name, struct buf *out, struct err *e);
/* Adds what indicators_parse() wrote, decoded as hostile, as one set. */
MUST_CHECK bool indicators_add(struct indicators *in, struct slice parsed, struct err *e);
/* How many values (by type and normal form) only one of the two has. */
void indicators_compare(const struct indicators *a, const struct indicators *b, size_t *only_a,
                        size_t *only_b);
/* A remark for each hash and certificate that `prose` has and `in` has not. */
void indicators_hint(struct indicators *in, const struct indicators *prose, unsigned why);
/* Makes what the warning lists among them hold too general, with a remark. After the last set. */
void indicators_weaken(struct indicators *in);
