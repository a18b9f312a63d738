#pragma once

#include "base/stream.h"
#include "base/utime.h"

/*
 * Tape archives in one pass: V7, ustar, GNU (long names, base-256 numbers, sparse files) and pax
 * (extended and global headers, sparse 0.0, 0.1 and 1.0). Forms: docs/formats/tar.md.
 *
 * Nothing of the archive is believed: a header counts only with its checksum; behind one that has
 * none the next is searched for, and what was passed over is counted.
 */
enum { TAR_BLOCK = 512 };

/* Is this block, the first of a file, an archive's header? */
bool tar_recognise(struct slice block);

enum tar_type { TAR_FILE, TAR_FOLDER, TAR_SYMLINK, TAR_HARDLINK, TAR_OTHER };

/* A piece of a sparse file that has content. */
struct tar_extent {
    uint64_t off, n;
};

/* Slices and extents are valid until the next tar_next(). Names are as written, any bytes. */
struct tar_member {
    enum tar_type type;
    struct slice name, target; /* target: of links */
    uint64_t at, stored;       /* where in the archive its content lies, and how long */
    uint64_t bytes;            /* of the file; more than stored if it is sparse */
    uint32_t mode, uid, gid;
    uint64_t inode;                       /* 0: not said */
    struct utime modified, changed, born; /* changed: its status */
    bool sparse;                          /* content are the extents, one behind the other */
    const struct tar_extent *extents;     /* rising, inside bytes; together no more than stored */
    size_t nextents;
};

/* What was not as it should be; each costs the archive its completeness, but `ends_twice`. */
struct tar_losses {
    uint64_t gaps, passed, first_gap; /* places without header: how many, bytes, the first */
    uint64_t extras;                  /* long names or extended headers that were not readable */
    uint64_t sparse;                  /* sparse files whose map was not readable: left out */
    uint64_t pieces;                  /* files that begin or go on in another volume: left out */
    bool no_end;                      /* no mark of the end */
    bool cut;                         /* ends inside a header or a content */
    bool ends_twice;                  /* another archive behind the mark of the end: read as well */
};

struct tar;
struct tar *tar_new(struct stream *in); /* must outlive it */
/* False at the end (e->code 0), or where the stream can't be read (e). */
bool tar_next(struct tar *t, struct tar_member *m, struct err *e);
/* More of the last member's content, as stored; *got less than n only at its end. */
MUST_CHECK bool tar_read(struct tar *t, void *to, size_t n, size_t *got, struct err *e);
const struct tar_losses *tar_losses(const struct tar *t);
void tar_free(struct tar *t);
