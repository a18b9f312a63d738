#pragma once

#include "base/blob.h"
#include "base/utime.h"

/*
 * Property lists, binary (bplist00) and XML, read lazily: a value is a reference into the bytes and
 * nothing is built, so that a hostile file costs nothing. Keyed archives on top in archive.h.
 *
 * Every walk is bounded: depth PLIST_MAX_DEPTH, and a visit budget in the plist that all look-ups
 * spend from (a "billion laughs" file ends with `bad`, not with the machine's memory).
 * bplist15/16/17 and the old ASCII form are ERR_UNSUPPORTED. Format facts: docs/formats/plist.md.
 */
enum plist_type {
    PLIST_NONE, /* absent, or damaged: then plist->bad is set */
    PLIST_NULL,
    PLIST_BOOL,
    PLIST_INT,
    PLIST_REAL,
    PLIST_DATE,
    PLIST_DATA,
    PLIST_STRING,
    PLIST_UID,
    PLIST_ARRAY,
    PLIST_DICT,
};

enum { PLIST_MAX_DEPTH = 64 };

struct plist; /* an opened document */

/* A value of a document: cheap to copy, valid as long as the plist. */
struct plist_value {
    struct plist *plist;
    enum plist_type type;
    uint64_t ref; /* for the implementation */
};

/* bytes and arena must outlive the plist. The top-level value's type is checked. XML is gone through
   once, for an index of 16 bytes an element; binary costs nothing. */
MUST_CHECK struct plist *plist_open(struct slice bytes, struct arena *a, struct err *e);
struct plist_value plist_top(struct plist *p);
/* Set once something was not as the format wants it, or a budget is spent: e says what and where.
   A caller that has read all it wanted checks this once; records read so far stand. */
bool plist_bad(const struct plist *p, struct err *e);
/* Objects of a binary plist that no other object refers to; 0 for XML. (Told, not an error.) */
uint64_t plist_unreferenced(struct plist *p);

/* Scalars: of the wrong type they give 0, false, an empty slice, UTIME_NONE, `otherwise`. An integer
   that doesn't fit into 64 bits gives `otherwise`, too; plist_real() has it roughly. The date zero
   (2001-01-01T00:00:00Z) means "never" and gives UTIME_NONE. */
bool plist_bool(struct plist_value v, bool otherwise);
bool plist_is_number(struct plist_value v);
int64_t plist_int(struct plist_value v, int64_t otherwise); /* also of BOOL, REAL, UID */
double plist_real(struct plist_value v, double otherwise);
struct utime plist_date(struct plist_value v);
/* STRING as UTF-8 (U+0000 is legal and kept; bytes that aren't UTF-8 become \xNN); in the bytes or
   in the arena. Dictionary keys likewise. */
struct slice plist_string(struct plist_value v);
struct slice plist_data(struct plist_value v);

/* DICT: the value of a key, type PLIST_NONE if it isn't there (the first, of equal keys). */
struct plist_value plist_get(struct plist_value dict, const char *key);
struct plist_value plist_get_slice(struct plist_value dict, struct slice key);
/* plist_get() along a chain of keys: plist_path(top, "Lockdown", "ProductType", NULL). */
struct plist_value plist_path(struct plist_value dict, ...) __attribute__((sentinel));
size_t plist_count(struct plist_value v); /* ARRAY, DICT */
struct plist_value plist_at(struct plist_value array, size_t i);

/* Goes over an ARRAY (key stays empty) or DICT in file order. A damaged member comes as PLIST_NONE,
   so that the count stays right. */
struct plist_iter {
    struct plist_value container;
    size_t i, n;
    uint64_t at; /* for the implementation */
};
struct plist_iter plist_iter(struct plist_value v);
bool plist_next(struct plist_iter *it, struct slice *key, struct plist_value *v);

/*
 * Goes over every scalar below a value, depth first, with its key path ("a.b[3].c"; keys over 1 KiB
 * are cut there), bounded by depth and visit budget. For finding every URL in a profile.
 * A path is good until the next call.
 */
struct plist_walk;
struct plist_walk *plist_walk(struct plist_value v, struct arena *a);
bool plist_walk_next(struct plist_walk *w, struct slice *path, struct plist_value *v);
