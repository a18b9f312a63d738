#pragma once

#include "format/plist.h"

/*
 * NSKeyedArchiver on top of plist.h: references are followed when a value is asked for, cycles and
 * depth are bounded by the plist's budget. A value resolves itself: UIDs through $objects, $null to
 * PLIST_NONE, {NS.string} to STRING, {NS.data} to DATA, {NS.time} to DATE, {NS.uuidbytes} to DATA.
 */
struct archive {
    struct plist *plist;
    struct plist_value objects;
    size_t n; /* of objects */
};

/* ERR_CORRUPT if it is no keyed archive. */
MUST_CHECK bool archive_open(struct slice bytes, struct arena *a, struct archive *out,
                             struct err *e);
/* $top.root, or the first value of $top. */
struct plist_value archive_root(struct archive *ar);
struct plist_value archive_resolve(struct archive *ar, struct plist_value v);
/* Only what a UID leads to: for an object that is known to be no wrapper. Other values are
   themselves. */
struct plist_value archive_follow(struct archive *ar, struct plist_value v);
/* A member of an object: plain key, or, for NSDictionary, the key among its NS.keys. */
struct plist_value archive_get(struct archive *ar, struct plist_value object, const char *key);
/* Class name of an object; empty if unknown. */
struct slice archive_class(struct archive *ar, struct plist_value object);
/* Elements of NSArray / NSSet / NSDictionary (key empty for the first two), resolved. */
struct archive_iter {
    struct archive *archive;
    struct plist_value keys, values;
    size_t i, n;
};
struct archive_iter archive_iter(struct archive *ar, struct plist_value object);
bool archive_next(struct archive_iter *it, struct plist_value *key, struct plist_value *v);
/* URL of an NSURL: NS.base + NS.relative, simply joined. Empty if it is none. */
struct slice archive_url(struct archive *ar, struct plist_value object, struct arena *a);
