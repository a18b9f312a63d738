#pragma once

#include "artifact/artifact.h"
#include "format/plist.h"

/* What several artifacts of iOS share. */

/*
 * Every address in a plist, keyed archive or not, as one text field of `name`, a line each: strings
 * with "://", "mailto:" or "www.", also inside nested plists and typedstreams (three deep). Nothing
 * is added if there is none. False: e, the plist is damaged; what was found before is in the record.
 */
bool ios_plist_urls(struct job *job, struct slice bytes, const char *name, enum exposure x,
                    struct record *r, struct err *e);

/* The same below one value of an open plist. */
void ios_value_urls(struct job *job, struct plist_value v, struct buf *lines);

/* A string of a dict as a fact, if it is there: field `name` from `key`. */
void ios_plist_text(struct record *r, const char *name, struct plist_value dict, const char *key);

/* The array that a plist is all about. False: it has other members and not this one, so it is booked
   as unknown. (An empty plist has an empty list.) */
bool ios_plist_list(struct job *job, struct plist *p, const char *key, struct plist_value *list);

/* Opens the current file as a plist whose top is a dictionary, as all of ours are; NULL: it is booked
   as lost or as of an unknown schema. */
struct plist *ios_plist_file(struct job *job, struct file *f);
/* Books what is wrong with a plist that was read to the end, if anything. */
void ios_plist_end(struct job *job, struct file *f, struct plist *p);
