#pragma once

#include "base/bytes.h"
#include "base/err.h"

/*
 * Random-access bytes: the one form in which parsers see any file of any container.
 * Size + positioned read. Not shared between processes; reads keep no position of their own.
 */
struct blob;

/* What a kind of blob provides. read() is only asked for ranges inside size. */
struct blob_ops {
    bool (*read)(struct blob *b, uint64_t off, void *to, size_t n, struct err *e);
    void (*close)(struct blob *b); /* frees b; may be NULL for static blobs */
};

/* Kinds embed this as their first member. */
struct blob {
    const struct blob_ops *ops;
    uint64_t size;
    /* Set by kinds that learn of damage, e.g. "ends inside a cipher block"; NULL: intact.
       Lives as long as the blob. Makes what is read from it `partial`. */
    const char *damage;
};

static inline uint64_t blob_size(const struct blob *b)
{
    return b->size;
}

/* All n bytes or an error; a range past the end is ERR_CORRUPT. */
MUST_CHECK bool blob_read(struct blob *b, uint64_t off, void *to, size_t n, struct err *e);
/* The whole content in the arena; more than limit bytes is ERR_LIMIT. */
MUST_CHECK bool blob_slurp(struct blob *b, size_t limit, struct arena *a, struct slice *out,
                           struct err *e);
void blob_close(struct blob *b); /* NULL is fine */

/* A region of an open file, read by pread. With own_fd, blob_close() closes it. */
struct blob *blob_of_fd(int fd, uint64_t off, uint64_t size, bool own_fd);
/* Bytes in memory; they must outlive the blob. */
struct blob *blob_of_memory(struct slice s);
/* Part of another blob, which must outlive it; cut to what `inner` has. */
struct blob *blob_window(struct blob *inner, uint64_t off, uint64_t size);
