#pragma once

#include "format/xml.h"

/*
 * XML as Android's services keep their state, in both forms: text, and ABX, the binary form of
 * Android 12 and later. The form is told by the first bytes; values come as text in either (numbers in
 * decimal, those that ABX calls hex and base64 in these). Elements must be closed in order.
 */
enum {
    ABX_MAX_DEPTH = 64,
    ABX_MAX_ATTRIBUTES = 64,
    ABX_MAX_NAMES = 0xffff, /* what ABX's table of names can hold */
};

struct abx_attribute {
    struct slice name, value;
};

struct abx {
    struct slice name;                                   /* START, STOP */
    struct slice text;                                   /* TEXT, trimmed; not only white space */
    struct abx_attribute attributes[ABX_MAX_ATTRIBUTES]; /* START, of the binary form only */
    unsigned n;
    unsigned depth; /* open elements; the one of a START is among them, that of a STOP isn't */
    size_t at;      /* byte behind the event in the text form, at its begin in the binary one */
    struct err err; /* after XML_ERROR */

    /* for the implementation */
    struct xml xml;
    struct cursor c;
    struct arena *arena;
    struct slice open[ABX_MAX_DEPTH];
    struct slice *names; /* the interned ones */
    size_t nnames, room;
    bool binary, started, ended;
};

/* bytes and arena must outlive what is read; decoded texts lie in the arena. */
void abx_open(struct abx *x, struct slice bytes, struct arena *a);
bool abx_is_binary(struct slice head);
/* XML_END: the root element has ended, and so has the document. */
enum xml_token abx_next(struct abx *x);
/* An attribute of the last START; empty: it has none of that name, or an empty one. */
struct slice abx_get(struct abx *x, const char *name);
/* Goes behind the end of the element whose START came last. False: error. */
bool abx_skip(struct abx *x);
