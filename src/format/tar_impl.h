#pragma once

#include "format/tar.h"

/* Between tar.c (headers) and tar_extra.c (what extends them: pax records, maps of sparse files). */

enum {
    TAR_MAX_EXTRA = 16 << 20,  /* of extended headers; long attributes of macOS take megabytes */
    TAR_MAX_EXTENTS = 1 << 20, /* of a sparse file */
};

/* What stands in place of a header's fields. */
struct tar_extra {
    struct slice path, link; /* p NULL: not given */
    bool has_size, has_uid, has_gid;
    uint64_t size, inode;
    uint32_t uid, gid;
    struct utime modified, changed, born;

    /* sparse files of pax: 0.0 gives pairs, 0.1 the text of a map, 1.0 a map before the content */
    struct slice sparse_path, map;
    bool has_real, v1, bad_map;
    uint64_t real;
    uint64_t pending; /* 0.0: the offset whose length comes next */
    bool has_pending;
};

struct tar_extents {
    struct tar_extent *all;
    size_t n, room;
};

/* A decimal number that fills s; false: it is none or too large. */
bool tar_decimal(struct slice s, uint64_t *out);
/* False: the map is too long. */
bool tar_add_extent(struct tar_extents *x, uint64_t off, uint64_t n);
/* Rising, inside `bytes`, and together no more than `stored`? */
bool tar_extents_fit(const struct tar_extents *x, uint64_t bytes, uint64_t stored);
/* A pax header's records over x. False: one is not readable; those before it count. */
bool tar_extra_records(struct slice records, struct tar_extra *x, struct tar_extents *extents);
/* 0.1: "offset,length,offset,length". */
bool tar_extra_map(struct slice map, struct tar_extents *extents);
