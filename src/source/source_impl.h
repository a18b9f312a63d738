#pragma once

#include <stdarg.h>

#include "base/hash.h"
#include "source/source.h"

/*
 * What the kinds of evidence have in common: a sorted list of rows and what was noticed.
 *
 * Containers (a folder, an archive) make a source whose paths are "/" + their own names; layouts
 * (an iOS file system, a backup) give these names their meaning, so that each works in each.
 */

enum {
    SOURCE_MAX_PATH = 4096,
    SOURCE_MAX_ENTRIES = 4 * 1000 * 1000, /* four times the files of a full phone */
    SOURCE_MAX_TEXTS = 32,                /* damage and notes each; more are counted */
    SOURCE_MAX_MOUNTS = 200,
    SOURCE_MAX_NESTING = 4, /* containers inside each other */
};

/* An entry, packed: a full phone has a million. Strings lie in the source's memory. */
struct row {
    const uint8_t *path, *container, *domain;
    const uint8_t *extra; /* ENTRY_LINK: target; files: whatever the kind keeps */
    uint64_t bytes, inode;
    int64_t modified, changed, born; /* ns; TIME_ABSENT */
    uint32_t mode, uid, gid;
    uint32_t place; /* where the kind finds the content */
    uint16_t path_n, container_n, domain_n, relative_n, extra_n; /* relative: tail of path */
    uint8_t type, precision, protection, flags;
    uint8_t mount; /* 0: of this source; n: entry `place` of the n-th mounted one */
};
/* ROW_SECTION: `domain` is the path of the text, `inode` the offset in it, `born` the line, `place`
   the number of the section. */
enum { ROW_PRESENT = 1, ROW_LISTED = 2, ROW_DUPLICATE = 4, ROW_BROKEN = 8, ROW_SECTION = 16 };

struct source_ops {
    /* Only asked for rows of files that are present. */
    struct blob *(*blob)(struct source *s, const struct row *r, struct err *e);
    void (*close)(struct source *s); /* the kind's own things; may be NULL */
};

struct texts {
    const char *what[SOURCE_MAX_TEXTS + 1];
    unsigned n, more;
    char rest[40]; /* the last text, if some were too many: "12 more" */
};

/* A text with sections. Its blob is open as long as the source, so that what had to be found out for
   it (places to go on inflating from) is found out once. */
struct source_text {
    struct slice path;
    struct blob *blob;
    uint8_t sha256[SHA256_SIZE];
    bool hashed;
};

struct section {
    uint32_t text;
    const char *damage; /* static; NULL: none */
    bool no_foot;
};

/* Kinds embed this as their first member and allocate it with xcalloc(). */
struct source {
    const struct source_ops *ops;
    enum source_kind kind;
    struct facts facts;
    struct secret derived;
    struct arena memory;
    uint8_t *spare; /* rest of a piece of memory that source_keep() hands out */
    size_t nspare;

    struct source *mounts[SOURCE_MAX_MOUNTS];
    unsigned nmounts, depth; /* depth: levels of containers in it, itself included */

    struct source_text *texts;
    struct section *sections;
    size_t ntexts, nsections;

    struct row *rows;
    size_t nrows, room;
    uint32_t *order; /* rows by path, without duplicates */
    /* Of each last component, in that order: its hash; its first byte and its last three. */
    uint32_t *hashes, *edges;
    size_t norder;
    struct texts damage, notes;
    size_t refused, too_long, over; /* names with "..", longer ones, entries over the limit */
    struct slice refused_name;      /* the first */
};

/* Bytes that live as long as the source, packed. */
uint8_t *source_keep(struct source *s, const void *p, size_t n);
struct slice source_keep_slice(struct source *s, struct slice text);
void source_damaged(struct source *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void source_noted(struct source *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/*
 * prefix + "/" + name as a path: valid UTF-8, empty and "." components dropped. False, and counted
 * for a note, when a component is ".." or it is too long.
 */
bool source_path(struct source *s, struct slice prefix, struct slice name, struct slice *out);

/*
 * Appends what e says; its slices must live as long as the source and `relative` be a tail of
 * `path`. The new row, for what an entry doesn't hold; valid until the next call. NULL: full.
 */
struct row *source_add(struct source *s, const struct entry *e);
/* After the last source_add(), or after paths were changed: sorts, puts duplicates aside, counts. */
void source_sort(struct source *s);
void source_entry(const struct source *s, size_t id, struct entry *out);
/* The entry of exactly this path. */
bool source_find(const struct source *s, struct slice path, struct entry *out);
uint32_t source_hash(struct slice s);
/* Reads a whole small file of the source. */
MUST_CHECK bool source_slurp(struct source *s, const struct entry *f, size_t limit, struct arena *a,
                             struct slice *out, struct err *e);
/* A text of the evidence for struct facts: cleaned, kept. */
struct slice source_fact(struct source *s, struct slice text);

/* dir.c: the folder fd with everything below. names_only asks the system for no sizes and times. */
struct dir_options {
    bool names_only;
    unsigned depth; /* levels of folders; at most DIR_MAX_DEPTH */
};
enum { DIR_MAX_DEPTH = 64 };
MUST_CHECK struct source *dir_open(int fd, const struct dir_options *o, struct err *e);
/* One loose file; fd is not closed. */
struct source *dir_of_file(int fd, const char *name, uint64_t bytes);
/* The same of a blob, which is taken over. */
struct source *dir_of_blob(struct blob *b, const char *name);

/* tar.c: a tape archive. What it lacks is told as damage. Takes b over. */
bool tar_is(struct blob *b);
struct source *tar_open(struct blob *b);

/*
 * mount.c: a container inside a container. The entries of `inner` appear in `outer` at prefix + "/" +
 * their path, with prefix as "/bugreport.zip" or ""; their bytes are asked of `inner`, which is taken
 * over in any case. Its damage and notes become outer's, with the prefix before them. source_sort() is
 * due afterwards. False: nested too deep or too many; told as damage of outer.
 */
bool source_mount(struct source *outer, struct slice prefix, struct source *inner);

/* files.c: gives a container's names their meaning: an iOS file system, or loose files. */
MUST_CHECK bool files_recognise(struct source *s, struct err *e);
/* Do the names show the file system of an iPhone? */
bool files_show_ios(const struct source *s);

/* ios_backup.c. prefix: the backup's folder inside `in`, "" or "/name". */
bool ios_backup_recognise(struct source *in, struct slice *prefix);
/* Takes `in` over, also when it gives NULL. */
MUST_CHECK struct source *ios_backup_open(struct source *in, struct slice prefix,
                                          const struct secret *secret,
                                          bool (*progress)(double done), struct err *e);
