#pragma once

#include "base/bytes.h"
#include "base/err.h"

/*
 * Writes small invented iOS backups, plain or encrypted, for `bridle demo` and for tests, with the
 * faults that real ones have. The same input gives the same bytes: keys and salts are made from
 * what is written, not from chance, so they protect nothing.
 */
enum mkbackup_type { MKBACKUP_FILE, MKBACKUP_FOLDER, MKBACKUP_LINK };

struct mkbackup_file {
    const char *domain, *path; /* "HomeDomain", "Library/SMS/sms.db" */
    enum mkbackup_type type;
    struct slice bytes;
    const char *target; /* MKBACKUP_LINK */
    unsigned class;     /* protection class; 0: 3 */
    int64_t modified;   /* Unix seconds; 0: the backup's day */

    /* Faults. */
    const char *id;   /* instead of the right one; no content is written unless it is 40 digits */
    uint64_t claimed; /* size in the catalogue; 0: the right one */
    size_t cut;       /* so many bytes of the stored content are missing at its end */
    bool absent;      /* listed, but without content */
    bool unlisted;    /* content without a row */
    bool clear;       /* stored in clear, without a key, in an encrypted backup */
    bool bad_key;     /* its wrapped key does not open */
    bool broken_row;  /* the details in its row are garbage */
    bool in_snapshot; /* content below Snapshot/ */
};

struct mkbackup_options {
    const char *password;   /* NULL: not encrypted */
    uint32_t double_rounds; /* first stage; 0: 1000, where phones take 10 million */
    uint32_t rounds;        /* second stage; 0: 10 */
    bool one_stage;         /* as before iOS 10.2 */
    bool clear_catalogue;   /* Manifest.db in clear, contents encrypted: iOS 10.0 */
    bool decrypted_copy;    /* says encrypted and has keys in its rows, but all is in clear */
    unsigned damaged_class; /* this class key does not open */
    unsigned missing_class; /* this class key isn't in the keybag */
    bool flat;              /* contents beside the manifest, not in folders of two digits */
    bool no_info, no_status, no_manifest_plist, no_manifest_db;
    const char *snapshot_state; /* NULL: "finished" */
    /* NULL: an invented phone. */
    const char *name, *model, *os, *build, *serial, *udid, *phone;
    const char *const *apps; /* bundle ids, NULL at the end */
    int64_t taken;           /* Unix seconds; 0: 2026-01-15 12:00 UTC */
};

/* folder is made, or must be empty. */
MUST_CHECK bool mkbackup_write(const char *folder, const struct mkbackup_options *o,
                               const struct mkbackup_file *files, size_t n, struct err *e);
