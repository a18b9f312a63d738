#pragma once

#include "base/blob.h"

/*
 * Bytes that come once, from front to back: what an unpacker gives, or a blob read so. An archive
 * is gone over in this form, so that its reader doesn't care where it lies.
 */
struct stream;

/* What a kind of stream provides. */
struct stream_ops {
    /* Between 1 and n bytes; *got stays 0 at the end. */
    bool (*read)(struct stream *s, void *to, size_t n, size_t *got, struct err *e);
    /* Passes over up to n bytes: fewer only at the end. NULL: they are read. */
    bool (*skip)(struct stream *s, uint64_t n, uint64_t *done, struct err *e);
    void (*close)(struct stream *s); /* frees s */
};

/* Kinds embed this as their first member. */
struct stream {
    const struct stream_ops *ops;
    uint64_t at; /* bytes read or passed over */
};

/* n bytes; *got is less only at the end, or with an error: what came before it. */
MUST_CHECK bool stream_read(struct stream *s, void *to, size_t n, size_t *got, struct err *e);
/* The same without the bytes; s->at tells how far it came. */
MUST_CHECK bool stream_skip(struct stream *s, uint64_t n, struct err *e);
void stream_close(struct stream *s); /* NULL is fine */

/* Over a blob, which must outlive it. Skipping reads nothing. */
struct stream *stream_of_blob(struct blob *b);
