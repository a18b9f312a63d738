/*
 * Blocks of records in the page: gzip, base64, in script elements that a browser doesn't run. No text
 * of the evidence can end one early.
 *
 * Packing takes as long as reading the case, so a second process does it meanwhile: it gets a block in
 * shared memory and gives it back packed, one at a time and in their order. Without it (no memory, no
 * process, a block too big) the page is the same, only later. It is forked before there is much
 * memory, because whatever its parent changes of that afterwards has to be copied.
 */
#include <errno.h>
#include <openssl/evp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>

#include "report/html_blocks.h"
#include "worker/sandbox.h"
#include "worker/sink.h"

enum {
    ROOM = 16 << 20, /* of a block before; base64 of what zlib can't squeeze is 4/3 of it */
    PACKED_ROOM = 24 << 20,
};

struct packer {
    pid_t child; /* 0: none */
    int fd;
    uint8_t *shared; /* the block, and behind it the packed one */
    bool busy;       /* a block is on its way: */
    size_t waiting;  /* its bytes */
};

static void squeeze(struct slice in, struct buf *out)
{
    z_stream z = {0};
    /* 15 + 16: gzip; its header then has no time and no name. The fastest level: a third of the time
       for a tenth more bytes. */
    if (deflateInit2(&z, Z_BEST_SPEED, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        die("report: no memory for zlib");
    uLong room = deflateBound(&z, in.n);
    z.next_in = (Bytef *)(uintptr_t)in.p;
    z.avail_in = (uInt)in.n;
    z.next_out = buf_room(out, room);
    z.avail_out = (uInt)room;
    if (deflate(&z, Z_FINISH) != Z_STREAM_END)
        die("report: zlib left something out");
    out->n += room - z.avail_out;
    deflateEnd(&z);
}

static size_t base64(struct slice in, uint8_t *to)
{
    return (size_t)EVP_EncodeBlock(to, in.p, (int)in.n);
}

/* -- the second process -- */

static bool tell(int fd, uint32_t n)
{
    ssize_t put;
    do
        put = send(fd, &n, sizeof n, MSG_NOSIGNAL);
    while (put < 0 && errno == EINTR);
    return put == sizeof n;
}

static bool hear(int fd, uint32_t *n)
{
    ssize_t got;
    do
        got = read(fd, n, sizeof *n);
    while (got < 0 && errno == EINTR);
    return got == sizeof *n;
}

static _Noreturn void pack_blocks(int fd, uint8_t *shared)
{
    enum { SOCKET = 3 };
    struct sandbox s;
    struct buf gz = {0};
    uint32_t n;
    signal(SIGINT, SIG_IGN); /* of the terminal: the parent decides */
    signal(SIGPIPE, SIG_IGN);
    if (dup2(fd, SOCKET) < 0 || prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
        _exit(1);
    sandbox_close_others(SOCKET + 1);
    sandbox_opener(&s, -1, false);
    while (hear(SOCKET, &n) && n <= ROOM) {
        buf_clear(&gz);
        squeeze(slice_at(shared, n), &gz);
        if (gz.n / 3 * 4 + 8 > PACKED_ROOM)
            break;
        n = (uint32_t)base64(buf_view(&gz), shared + ROOM);
        write_or_exit(SOCKET, &n, sizeof n);
    }
    _exit(0);
}

struct packer *packer_start(void)
{
    int ends[2];
    struct packer *k = xcalloc(1, sizeof *k);
    void *shared = mmap(NULL, ROOM + PACKED_ROOM, PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (shared == MAP_FAILED)
        return k;
    k->shared = shared;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return k;
    k->child = fork();
    if (k->child == 0) {
        close(ends[0]);
        pack_blocks(ends[1], shared);
    }
    close(ends[1]);
    k->fd = ends[0];
    if (k->child > 0)
        return k;
    close(k->fd);
    k->child = 0;
    return k;
}

static void end_child(struct packer *k)
{
    close(k->fd);
    while (waitpid(k->child, NULL, 0) < 0 && errno == EINTR)
        ;
    k->child = 0;
}

void packer_end(struct packer *k)
{
    if (!k)
        return;
    if (k->child)
        end_child(k);
    if (k->shared)
        munmap(k->shared, ROOM + PACKED_ROOM);
    free(k);
}

/* -- blocks -- */

static void put_packed(struct page *p, struct slice text)
{
    buf_slice(&p->out, text);
    put(p, "</script>\n");
    page_flush(p);
}

static void pack_here(struct page *p, struct slice block)
{
    struct buf gz = {0}, text = {0};
    squeeze(block, &gz);
    text.n = base64(buf_view(&gz), buf_room(&text, gz.n / 3 * 4 + 8));
    put_packed(p, buf_view(&text));
    buf_free(&gz);
    buf_free(&text);
}

void packer_wait(struct page *p)
{
    struct packer *k = p->packer;
    uint32_t n;
    if (!k || !k->busy)
        return;
    k->busy = false;
    if (hear(k->fd, &n) && n <= PACKED_ROOM) {
        put_packed(p, slice_at(k->shared + ROOM, n));
        return;
    }
    end_child(k);
    pack_here(p, slice_at(k->shared, k->waiting));
}

static bool hand_over(struct packer *k, struct slice block)
{
    if (!k->child || block.n > ROOM)
        return false;
    memcpy(k->shared, block.p, block.n);
    k->waiting = block.n;
    k->busy = tell(k->fd, (uint32_t)block.n);
    if (!k->busy)
        end_child(k);
    return k->busy;
}

void put_block(struct page *p, const char *attributes, struct buf *rows)
{
    struct packer *k = p->packer;
    packer_wait(p);
    putf(p, "<script type=\"application/octet-stream\" %s>", attributes);
    if (!k || !hand_over(k, buf_view(rows)))
        pack_here(p, buf_view(rows));
    buf_clear(rows);
}
