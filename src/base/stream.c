#include "base/stream.h"

#include <stdlib.h>

bool stream_read(struct stream *s, void *to, size_t n, size_t *got, struct err *e)
{
    *got = 0;
    while (*got < n) {
        size_t more = 0;
        bool ok = s->ops->read(s, (uint8_t *)to + *got, n - *got, &more, e);
        *got += more;
        s->at += more;
        if (!ok || !more)
            return ok;
    }
    return true;
}

static bool skip_by_reading(struct stream *s, uint64_t n, struct err *e)
{
    uint8_t bytes[16 * 1024];
    while (n) {
        size_t got, want = n < sizeof bytes ? (size_t)n : sizeof bytes;
        if (!stream_read(s, bytes, want, &got, e))
            return false;
        n -= got;
        if (got < want)
            return true;
    }
    return true;
}

bool stream_skip(struct stream *s, uint64_t n, struct err *e)
{
    uint64_t done = 0;
    if (!s->ops->skip)
        return skip_by_reading(s, n, e);
    bool ok = s->ops->skip(s, n, &done, e);
    s->at += done;
    return ok;
}

void stream_close(struct stream *s)
{
    if (s)
        s->ops->close(s);
}

/* Headers lie near each other in an archive of small files: one read brings several. */
enum { BUFFER = 16 * 1024 };

struct blob_stream {
    struct stream stream;
    struct blob *blob;
    uint64_t next;  /* where in the blob the next byte is */
    uint64_t start; /* what the buffer holds */
    size_t buffered;
    uint8_t buffer[BUFFER];
};

static bool blob_stream_read(struct stream *s, void *to, size_t n, size_t *got, struct err *e)
{
    struct blob_stream *b = (struct blob_stream *)s;
    uint64_t left = blob_size(b->blob) - b->next;
    if (b->next < b->start || b->next >= b->start + b->buffered) {
        size_t want = left < BUFFER ? (size_t)left : BUFFER;
        if (!blob_read(b->blob, b->next, b->buffer, want, e))
            return false;
        b->start = b->next;
        b->buffered = want;
    }
    size_t at = (size_t)(b->next - b->start), room = b->buffered - at;
    n = n < room ? n : room;
    memcpy(to, b->buffer + at, n);
    b->next += n;
    *got = n;
    return true;
}

static bool blob_stream_skip(struct stream *s, uint64_t n, uint64_t *done, struct err *e)
{
    struct blob_stream *b = (struct blob_stream *)s;
    uint64_t left = blob_size(b->blob) - b->next;
    (void)e;
    *done = n < left ? n : left;
    b->next += *done;
    return true;
}

static void blob_stream_close(struct stream *s)
{
    free(s);
}

struct stream *stream_of_blob(struct blob *b)
{
    static const struct stream_ops ops = {blob_stream_read, blob_stream_skip, blob_stream_close};
    struct blob_stream *s = xcalloc(1, sizeof *s);
    s->stream.ops = &ops;
    s->blob = b;
    return &s->stream;
}
