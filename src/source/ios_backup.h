#pragma once

#include "source/keybag.h"
#include "source/source_impl.h"

/*
 * Inside of the iOS backup: ios_backup.c opens it, ios_manifest.c and ios_mbdb.c read its two kinds
 * of catalogue, ios_domains.c knows where things are on a phone.
 */

/* Where a domain is on the device, appended to out; false: unknown, "/" + its name. */
bool ios_domain_path(struct slice domain, struct buf *out);

enum { ID_SIZE = 20, ID_TEXT = 2 * ID_SIZE + 1 };

/* Files that matter, for backups whose catalogue doesn't list them. */
struct ios_known_file {
    uint8_t id[ID_SIZE]; /* SHA-1 of domain-relative: the name of its content */
    struct slice domain, relative;
};
struct ios_known_files {
    struct ios_known_file *all;
    size_t n;
};
struct ios_known_files *ios_known_files(struct arena *a);
const struct ios_known_file *ios_known_find(const struct ios_known_files *t,
                                            const uint8_t id[ID_SIZE]);

/* What MBFile says of a file. Slices in the bytes or the arena. */
struct mbfile {
    uint64_t size, inode;
    uint32_t mode, uid, gid;
    unsigned protection;
    struct utime modified, changed, born;
    struct slice target, key;
};
/* ERR_CORRUPT: not a keyed archive, or with wrong types. Absent members stay zero. */
MUST_CHECK bool mbfile_parse(struct slice bytes, struct arena *a, struct mbfile *out,
                             struct err *e);

/* A row of a catalogue. */
struct listed {
    struct slice domain, relative;
    struct slice id; /* 40 hex digits; empty: made from domain and relative */
    uint64_t flags;  /* 1 file, 2 folder, 4 link; else by mode */
    struct mbfile about;
    bool broken; /* there was no way to read `about` */
};

/* A domain of the catalogue: as it stands there, as text, and its folder on the device. */
struct ios_domain {
    struct slice raw, name, path;
};
enum { IOS_DOMAIN_SLOTS = 1024 };

struct ios_backup {
    struct source source;
    struct source *in; /* the folder's own names */
    struct slice prefix;
    struct keybag *keybag; /* unlocked; NULL: there was no need */
    bool sealed;           /* contents are encrypted, each with its key */
    bool manifest_sealed;
    uint32_t manifest_place; /* Manifest.db in `in` */
    uint8_t manifest_key[KEY_SIZE];

    uint8_t *named;                              /* by id in `in`: a row names this content */
    struct ios_domain domains[IOS_DOMAIN_SLOTS]; /* seen lately, by hash */
    size_t files, missing, keys, broken, bad_ids, unknown_domains;
};

/* A file below the backup's folder; false: none. */
bool ios_backup_find(const struct ios_backup *b, const char *name, struct entry *out);
/* Adds what no row names: contents on disk, and the backup's own files. */
void ios_backup_add_unlisted(struct ios_backup *b);
void ios_backup_add_own(struct ios_backup *b);
/* Adds a row of the catalogue. */
void ios_backup_add(struct ios_backup *b, const struct listed *l);
/* Reads Manifest.db. wal may be NULL. */
MUST_CHECK bool ios_manifest_read(struct ios_backup *b, struct blob *db, struct blob *wal,
                                  struct err *e);
/* Reads Manifest.mbdb (iOS 4 to 9). */
MUST_CHECK bool ios_mbdb_read(struct ios_backup *b, struct slice bytes, struct err *e);
/* One record of it; false at the end or at damage (c->bad, or e). */
bool ios_mbdb_next(struct cursor *c, struct listed *out, struct err *e);
