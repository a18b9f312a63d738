#pragma once

#include "base/blob.h"
#include "base/utime.h"

/*
 * Evidence as a sorted list of files, whatever container it came in. Runs only in the opener and
 * its jobs, confined. Paths are canonical device paths ("/private/var/mobile/Library/SMS/sms.db").
 */
enum source_kind {
    SOURCE_IOS_BACKUP,
    SOURCE_IOS_FILESYSTEM,
    SOURCE_SYSDIAGNOSE,
    SOURCE_LOGARCHIVE,
    SOURCE_ANDROID_BUGREPORT,
    SOURCE_ANDROIDQF,
    SOURCE_ANDROID_BACKUP,
    SOURCE_ANDROID_FILESYSTEM,
    SOURCE_INTRUSION_LOG,
    SOURCE_FILES,
    SOURCE_KINDS,
};
const char *source_kind_name(enum source_kind k); /* as in docs/output.md: "ios-backup" */

enum entry_type { ENTRY_FILE, ENTRY_FOLDER, ENTRY_LINK, ENTRY_OTHER };

/* What the container says of a file. Slices live as long as the source. */
struct entry {
    struct slice path;      /* canonical device path, valid UTF-8 */
    struct slice container; /* path as the container has it; equal to path: empty */
    struct slice domain;    /* iOS backup: "HomeDomain"; else empty */
    struct slice relative;  /* iOS backup: relativePath; else empty */
    struct slice target;    /* ENTRY_LINK */
    enum entry_type type;
    bool present;   /* the content is there (a backup may list what it doesn't hold) */
    bool listed;    /* the container's catalogue knows it (else it was only found on disk) */
    uint64_t bytes; /* as the container claims; the blob knows the truth */
    uint32_t mode, uid, gid;
    uint64_t inode;
    unsigned protection; /* iOS: class, 0 unknown */
    struct utime modified, changed, born;
    int64_t row; /* iOS backup: rowid in Files of Manifest.db; 0: unknown */
    size_t id;   /* index in the source */
    /*
     * A section of a text, such as the dump of one service in a bug report, is an entry of its own,
     * and its content a part of that file: the file's path, the number of the section's first line
     * (from 1) and where that begins. Empty and 0: a file of its own.
     */
    struct slice file;
    uint64_t line, offset;
};

/* A password or key. Wiped by secret_wipe(). */
struct secret {
    enum { SECRET_NONE, SECRET_PASSWORD, SECRET_DERIVED_KEY } kind;
    uint8_t bytes[1024];
    size_t n;
    /* Beside any of these: age identities ("AGE-SECRET-KEY-1..."), a line each. */
    uint8_t identities[1024];
    size_t nidentities;
};
void secret_wipe(struct secret *s);

/* Facts of the device and of the evidence, for the case. Slices live as long as the source. */
struct facts {
    struct slice platform, model, os, build, serial, name, udid, imei, phone; /* empty: unknown */
    struct slice zone; /* Android: the phone's zone as its properties name it, "Europe/Berlin" */
    unsigned release;  /* Android: 14; 0: unknown */
    struct utime taken;
    bool encrypted;
    size_t files; /* entries of type ENTRY_FILE that are present, without sections */
};

struct source;

/*
 * Opens what fd is (a folder or a file), by content, never by name. name is for messages only.
 * ERR_LOCKED: encrypted and s is SECRET_NONE. ERR_WRONG_KEY: s doesn't open it. ERR_ABSENT: empty.
 * ERR_UNSUPPORTED: nothing we know as evidence. ERR_CORRUPT: it is, but too damaged.
 * fd stays the caller's and must outlive the source. progress may be NULL; it is called with 0..1
 * during a long key derivation and stops it by returning false.
 */
MUST_CHECK struct source *source_open(int fd, const char *name, const struct secret *s,
                                      bool (*progress)(double done), struct err *e);
void source_close(struct source *s);

enum source_kind source_kind(const struct source *s);
const struct facts *source_facts(const struct source *s);
/* SECRET_DERIVED_KEY in *out, to open the same evidence again without the derivation; false: none. */
bool source_derived_key(const struct source *s, struct secret *out);

/*
 * Damage that makes every artifact `partial` at best and none `absent` (a cut archive, a manifest
 * that lost pages), in words; n of them.
 */
const char *const *source_damage(const struct source *s, unsigned *n);
/* Remarks that move nothing: "2 names with .. refused". */
const char *const *source_notes(const struct source *s, unsigned *n);

/*
 * The next entry whose path matches, in path order, from *pos (start with 0). A pattern matches
 * whole components at the tail of the path; a leading / anchors it; * stays inside a component.
 * NULL pattern: every entry. Entries of all types are returned.
 * Among loose files, source_pattern_matches_loose() decides.
 */
bool source_next(struct source *s, const char *pattern, size_t *pos, struct entry *out);
bool source_pattern_matches(const char *pattern, struct slice path);
/*
 * Files out of their folders: also a path that is a tail of the pattern, so that "/sms.db" is one
 * of "Library/SMS/sms.db". Not for a leading /, nor for a last component that is only *.
 */
bool source_pattern_matches_loose(const char *pattern, struct slice path);

/* The bytes of an entry, decrypted and inflated on demand; the source must outlive it. An entry
   that isn't present is ERR_ABSENT. ERR_LOCKED: its class key is missing. */
MUST_CHECK struct blob *source_blob(struct source *s, const struct entry *f, struct err *e);
/* The file that a section is part of, and its SHA-256 where the opener found it out (else NULL; it
   lives as long as the source). False: f is no section. */
bool source_text(struct source *s, const struct entry *section, struct entry *text,
                 const uint8_t **sha256);
/* The entry with exactly this path, in the same container folder/domain; false: none. For -wal. */
bool source_sibling(struct source *s, const struct entry *f, const char *suffix, struct entry *out);
