#include "base/blob.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

bool blob_read(struct blob *b, uint64_t off, void *to, size_t n, struct err *e)
{
    if (off > b->size || n > b->size - off)
        return err_set(e, ERR_CORRUPT, "read of %zu bytes at %llu of a file of %llu", n,
                       (unsigned long long)off, (unsigned long long)b->size);
    return n == 0 || b->ops->read(b, off, to, n, e);
}

bool blob_slurp(struct blob *b, size_t limit, struct arena *a, struct slice *out, struct err *e)
{
    if (b->size > limit)
        return err_set(e, ERR_LIMIT, "file of %llu bytes, more than %zu",
                       (unsigned long long)b->size, limit);
    size_t n = (size_t)b->size;
    uint8_t *p = arena_alloc(a, n);
    if (!blob_read(b, 0, p, n, e))
        return false;
    *out = (struct slice){p, n};
    return true;
}

void blob_close(struct blob *b)
{
    if (b && b->ops->close)
        b->ops->close(b);
}

struct fd_blob {
    struct blob blob;
    int fd;
    bool own;
    uint64_t start;
};

static bool fd_read(struct blob *b, uint64_t off, void *to, size_t n, struct err *e)
{
    struct fd_blob *f = (struct fd_blob *)b;
    for (size_t done = 0; done < n;) {
        ssize_t got = pread(f->fd, (uint8_t *)to + done, n - done, (off_t)(f->start + off + done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return err_io(e, "read at %llu", (unsigned long long)(off + done));
        if (got == 0)
            return err_set(e, ERR_IO, "the file became shorter while it was read");
        done += (size_t)got;
    }
    return true;
}

static void fd_close(struct blob *b)
{
    struct fd_blob *f = (struct fd_blob *)b;
    if (f->own)
        close(f->fd);
    free(f);
}

struct blob *blob_of_fd(int fd, uint64_t off, uint64_t size, bool own_fd)
{
    static const struct blob_ops ops = {fd_read, fd_close};
    struct fd_blob *f = xcalloc(1, sizeof *f);
    *f = (struct fd_blob){{&ops, size, NULL}, fd, own_fd, off};
    return &f->blob;
}

struct memory_blob {
    struct blob blob;
    struct slice bytes;
};

static bool memory_read(struct blob *b, uint64_t off, void *to, size_t n, struct err *e)
{
    (void)e;
    memcpy(to, ((struct memory_blob *)b)->bytes.p + off, n);
    return true;
}

static void plain_free(struct blob *b)
{
    free(b);
}

struct blob *blob_of_memory(struct slice s)
{
    static const struct blob_ops ops = {memory_read, plain_free};
    struct memory_blob *m = xcalloc(1, sizeof *m);
    *m = (struct memory_blob){{&ops, s.n, NULL}, s};
    return &m->blob;
}

struct window_blob {
    struct blob blob;
    struct blob *inner;
    uint64_t start;
};

static bool window_read(struct blob *b, uint64_t off, void *to, size_t n, struct err *e)
{
    struct window_blob *w = (struct window_blob *)b;
    return blob_read(w->inner, w->start + off, to, n, e);
}

struct blob *blob_window(struct blob *inner, uint64_t off, uint64_t size)
{
    static const struct blob_ops ops = {window_read, plain_free};
    struct window_blob *w = xcalloc(1, sizeof *w);
    if (off > inner->size)
        off = inner->size;
    if (size > inner->size - off)
        size = inner->size - off;
    *w = (struct window_blob){{&ops, size, inner->damage}, inner, off};
    return &w->blob;
}
