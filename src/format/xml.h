#pragma once

#include "base/bytes.h"
#include "base/err.h"

/*
 * XML as a stream of tags and texts, for data: names with their prefixes as written, no document
 * types (entities that a document declares are left as they stand, so nothing expands), no check
 * that tags are closed in order. Comments and processing instructions are passed over.
 */
enum xml_token {
    XML_END,
    XML_ERROR, /* err: what, and at which byte */
    XML_START, /* <name attributes>; an empty element gives XML_STOP next */
    XML_STOP,  /* </name> */
    XML_TEXT,  /* between tags, also CDATA; not only white space */
};

struct xml {
    struct cursor c;
    struct arena *arena;     /* texts with entities are decoded into it */
    struct slice name;       /* START, STOP */
    struct slice text;       /* TEXT, decoded and trimmed */
    struct slice attributes; /* START: not decoded */
    struct err err;
    bool closes; /* the element of the last START is empty */
};

/* bytes (UTF-8; a BOM is skipped) and arena must outlive what is read. */
void xml_open(struct xml *x, struct slice bytes, struct arena *a);
enum xml_token xml_next(struct xml *x);
/* The value of an attribute of the last START, decoded; empty if it has none. */
struct slice xml_attribute(struct xml *x, const char *name);
/* name without its prefix: "ioc:Content" is "Content". */
bool xml_is(struct slice name, const char *local);
