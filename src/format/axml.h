#pragma once

#include "base/bytes.h"
#include "base/err.h"

/*
 * Compiled XML of Android's packages (AndroidManifest.xml): a pull reader as tolerant as the system's
 * own, since packages that hide something break what other readers rely on. What was odd is counted
 * and named, not refused.
 */
enum {
    AXML_MAX_DEPTH = 128,
    AXML_MAX_ATTRIBUTES = 256,
    AXML_MAX_STRING = 64 * 1024, /* bytes of one string */
};

enum axml_event {
    AXML_END,
    AXML_ERROR,
    AXML_START,
    AXML_CLOSE,
    AXML_TEXT,
};

enum axml_type { /* as in the file */
                 AXML_NULL = 0,
                 AXML_REFERENCE = 1,
                 AXML_STRING = 3,
                 AXML_FLOAT = 4,
                 AXML_INT = 0x10,
                 AXML_INT_HEX = 0x11,
                 AXML_BOOL = 0x12,
};

struct axml_attribute {
    struct slice name; /* as written: may lie; the system goes by id */
    uint32_t id;       /* resource id of the attribute, 0: none */
    struct slice raw;  /* the text that was compiled, or empty */
    uint8_t type;
    uint32_t data;
};

struct axml {
    struct slice name; /* START, CLOSE */
    struct slice text; /* TEXT */
    struct axml_attribute attributes[AXML_MAX_ATTRIBUTES];
    unsigned n;
    unsigned depth;  /* of the element: 1 for the root */
    const char *odd; /* the first thing that only a broken or hostile writer does; NULL: none */
    struct err err;

    /* for the implementation */
    struct slice bytes;
    struct arena *arena;
    size_t at, end; /* of the next chunk; of all chunks */
    struct slice strings, offsets, ids;
    bool utf8, started;
};

/* False: no compiled XML at all. bytes and arena must outlive what is read. */
bool axml_open(struct axml *x, struct slice bytes, struct arena *a, struct err *e);
enum axml_event axml_next(struct axml *x);

/* An attribute of the last START by its resource id; one without an id by its name. NULL: none. */
const struct axml_attribute *axml_get(const struct axml *x, uint32_t id, const char *name);
/* Its value as text: a string, else what the compiler wrote down for it, else empty. */
struct slice axml_text(struct axml *x, const struct axml_attribute *attribute);
/* Its value as a number or truth; false: it is none. A string of digits counts. */
bool axml_number(struct axml *x, const struct axml_attribute *attribute, int64_t *out);
