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

/* All of a coded artifact whose files are plists around one list of dictionaries: `emit` gets each with
   its number. An entry that is none is a skipped row. */
bool ios_plist_entries(struct job *job, const char *list,
                       bool (*emit)(struct job *job, struct plist_value entry, int64_t n,
                                    struct err *e),
                       struct err *e);

/* "90F2C1EE-68DD-4243-B040-007638E92E37", of either case. */
bool ios_is_uuid(struct slice s);

/*
 * The app or group whose container a path lies in: the UUID of the path by the container's own
 * metadata; in a backup the path has the id itself. Empty: in no container, or not known. Lives in
 * job_memory().
 */
struct slice ios_container_app(struct job *job, struct slice path);
/* For .about: `app`, as a fact. */
void ios_about_app(struct job *job, const struct file *f, struct record *r);

/*
 * What was deleted at the end of a list, which leaves no gap: the highest number that was ever given
 * (Core Data's Z_PRIMARYKEY, SQLite's sqlite_sequence) is above the highest that is there. A row
 * only where that is so. `tops`: "SELECT 'Process' AS name, max(Z_PK) AS top FROM ZPROCESS UNION
 * ALL ...". Rules look for table Z_PRIMARYKEY or sqlite_sequence.
 */
#define IOS_CORE_DATA_TAIL(tops)                                                                   \
    {                                                                                              \
        .name = "Z_PRIMARYKEY",                                                                    \
        .from = "Z_PRIMARYKEY k JOIN (" tops ") t ON t.name = k.Z_NAME AND k.Z_MAX > t.top",       \
        .row = "k.Z_ENT", .optional = true,                                                        \
        .columns = COLUMNS(TEXT("list", "k.Z_NAME"), INT("last_given", "k.Z_MAX"),                 \
                           INT("last_there", "t.top")),                                            \
    }
#define IOS_SEQUENCE_TAIL(tops)                                                                    \
    {                                                                                              \
        .name = "sqlite_sequence",                                                                 \
        .from = "sqlite_sequence k JOIN (" tops ") t ON t.name = k.name AND k.seq > t.top",        \
        .row = "k.rowid", .optional = true,                                                        \
        .columns = COLUMNS(TEXT("list", "k.name"), INT("last_given", "k.seq"),                     \
                           INT("last_there", "t.top")),                                            \
    }
