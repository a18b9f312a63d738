/*
 * The VFS through which SQLite reads evidence. There is no file and no descriptor behind it, only
 * blobs; SQLite can ask for the database, its WAL and its journal, and for nothing else.
 *
 * - The WAL's index (-shm) is heap memory, so SQLite rebuilds it and replays the WAL by itself.
 * - A database in WAL mode whose WAL is missing would not open: an empty one is shown.
 * - IOCAP_IMMUTABLE is never claimed: SQLite would then pass over the WAL without a word.
 * - Writes exist only for the roll-back of a hot journal and end in memory, with a limit.
 * - The page count in the header reads as 0, which makes SQLite go by the size of the file. A
 *   count that is too small would hide pages, one that is too big refuses the whole file;
 *   sqlite_check.c compares it and tells.
 *
 * Format: docs/formats/sqlite.md
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

#include "format/sqlite_impl.h"

enum {
    OVERLAY_MAX = 256 << 20, /* bytes of pages from a journal */
    SHM_MAX_REGIONS = 1 << 16,
    PAGE_COUNT_AT = 28, /* in the database header, big-endian, 4 bytes */
};

enum role { MAIN_FILE, WAL_FILE, JOURNAL_FILE };

struct file {
    sqlite3_file base; /* first: SQLite casts */
    struct view *v;
    enum role role;
};

/* The bytes of b below end, then zeros: SQLite wants what is missing of a short read as zeros. */
static int read_blob(struct view *v, struct blob *b, uint64_t end, uint8_t *to, size_t n,
                     uint64_t off)
{
    size_t have = off >= end ? 0 : end - off < n ? (size_t)(end - off) : n;
    if (have && !blob_read(b, off, to, have, &v->io))
        return SQLITE_IOERR_READ;
    memset(to + have, 0, n - have);
    return have == n ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

static void hide_page_count(uint8_t *to, size_t n, uint64_t off)
{
    for (uint64_t at = PAGE_COUNT_AT; at < PAGE_COUNT_AT + 4; at++)
        if (at >= off && at - off < n)
            to[at - off] = 0;
}

static int main_read(struct view *v, uint8_t *to, size_t n, uint64_t off)
{
    for (size_t done = 0; done < n;) {
        uint64_t page = (off + done) / v->page_size, in = (off + done) % v->page_size;
        size_t part = v->page_size - in < n - done ? (size_t)(v->page_size - in) : n - done;
        if (page < v->pages_room && v->pages[page])
            memcpy(to + done, v->pages[page] + in, part);
        else if (read_blob(v, v->db, v->base, to + done, part, off + done) == SQLITE_IOERR_READ)
            return SQLITE_IOERR_READ;
        done += part;
    }
    if (off < PAGE_COUNT_AT + 4)
        hide_page_count(to, n, off);
    return n <= v->size && off <= v->size - n ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

bool sqlite_view_read(struct view *v, uint64_t off, void *to, size_t n)
{
    return main_read(v, to, n, off) == SQLITE_OK;
}

static int file_read(sqlite3_file *sf, void *to, int n, sqlite3_int64 off)
{
    struct file *f = (struct file *)sf;
    struct view *v = f->v;
    if (n < 0 || off < 0)
        return SQLITE_IOERR_READ;
    switch (f->role) {
    case MAIN_FILE: return main_read(v, to, (size_t)n, (uint64_t)off);
    case WAL_FILE: return read_blob(v, v->wal, v->wal_size, to, (size_t)n, (uint64_t)off);
    case JOURNAL_FILE:
        return read_blob(v, v->journal, blob_size(v->journal), to, (size_t)n, (uint64_t)off);
    }
    return SQLITE_IOERR_READ;
}

/* The page of the overlay that covers byte `at`, started as a copy of the evidence. */
static uint8_t *overlay_page(struct view *v, uint64_t at)
{
    uint64_t page = at / v->page_size;
    if (page >= v->pages_room)
        return NULL;
    if (!v->pages[page]) {
        if ((v->npages + 1) * v->page_size > OVERLAY_MAX)
            return NULL;
        uint8_t *p = xcalloc(1, v->page_size);
        if (read_blob(v, v->db, v->base, p, v->page_size, page * v->page_size) ==
            SQLITE_IOERR_READ) {
            free(p);
            return NULL;
        }
        v->pages[page] = p;
        v->npages++;
    }
    return v->pages[page];
}

static int file_write(sqlite3_file *sf, const void *from, int n, sqlite3_int64 off)
{
    struct file *f = (struct file *)sf;
    struct view *v = f->v;
    if (n < 0 || off < 0 || !v->journal || f->role == WAL_FILE)
        return SQLITE_READONLY;
    if (f->role == JOURNAL_FILE) /* its header is wiped once it has been rolled back */
        return SQLITE_OK;
    if (!v->pages) {
        /* The roll-back may bring back pages that a shrinking transaction had cut off. */
        v->pages_room = v->size / v->page_size + OVERLAY_MAX / v->page_size;
        v->pages = xcalloc(v->pages_room, sizeof *v->pages);
    }
    v->rolled_back = true;
    const uint8_t *bytes = from;
    for (uint64_t at = (uint64_t)off, end = at + (uint64_t)n; at < end;) {
        uint64_t in = at % v->page_size, part = v->page_size - in;
        if (part > end - at)
            part = end - at;
        uint8_t *page = overlay_page(v, at);
        if (!page)
            return SQLITE_FULL;
        memcpy(page + in, bytes, part);
        bytes += part;
        at += part;
        if (at > v->size)
            v->size = at;
    }
    return SQLITE_OK;
}

static int file_truncate(sqlite3_file *sf, sqlite3_int64 size)
{
    struct file *f = (struct file *)sf;
    struct view *v = f->v;
    if (size < 0 || !v->journal || f->role == WAL_FILE)
        return SQLITE_READONLY;
    if (f->role == JOURNAL_FILE) {
        v->journal_gone = true;
        return SQLITE_OK;
    }
    v->rolled_back = true;
    v->size = (uint64_t)size;
    if (v->base > v->size)
        v->base = v->size;
    return SQLITE_OK;
}

static int file_size(sqlite3_file *sf, sqlite3_int64 *size)
{
    struct file *f = (struct file *)sf;
    struct view *v = f->v;
    uint64_t n = f->role == MAIN_FILE  ? v->size
                 : f->role == WAL_FILE ? v->wal_size
                                       : blob_size(v->journal);
    *size = (sqlite3_int64)n;
    return SQLITE_OK;
}

static int file_close(sqlite3_file *f)
{
    (void)f;
    return SQLITE_OK;
}

static int file_sync(sqlite3_file *f, int flags)
{
    (void)f, (void)flags;
    return SQLITE_OK;
}

/* Nobody else has the evidence open: every lock is free, and none is held by another. */
static int file_lock(sqlite3_file *f, int level)
{
    (void)f, (void)level;
    return SQLITE_OK;
}

static int file_reserved(sqlite3_file *f, int *held)
{
    (void)f;
    *held = 0;
    return SQLITE_OK;
}

static int file_control(sqlite3_file *f, int op, void *arg)
{
    (void)f, (void)op, (void)arg;
    return SQLITE_NOTFOUND;
}

static int file_sector(sqlite3_file *f)
{
    (void)f;
    return 512;
}

static int file_traits(sqlite3_file *f)
{
    (void)f;
    return 0;
}

static int shm_map(sqlite3_file *sf, int region, int size, int extend, void volatile **out)
{
    struct view *v = ((struct file *)sf)->v;
    (void)extend;
    if (region < 0 || region >= SHM_MAX_REGIONS || size <= 0)
        return SQLITE_IOERR_SHMMAP;
    if (region >= v->nshm) {
        v->shm = xrealloc(v->shm, (size_t)region + 1, sizeof *v->shm);
        while (v->nshm <= region)
            v->shm[v->nshm++] = xcalloc(1, (size_t)size);
    }
    *out = v->shm[region];
    return SQLITE_OK;
}

static int shm_lock(sqlite3_file *f, int offset, int n, int flags)
{
    (void)f, (void)offset, (void)n, (void)flags;
    return SQLITE_OK;
}

static void shm_barrier(sqlite3_file *f)
{
    (void)f;
}

static int shm_unmap(sqlite3_file *sf, int delete_it)
{
    struct view *v = ((struct file *)sf)->v;
    (void)delete_it;
    while (v->nshm > 0)
        free(v->shm[--v->nshm]);
    free(v->shm);
    v->shm = NULL;
    return SQLITE_OK;
}

static const sqlite3_io_methods file_methods = {
    .iVersion = 2, /* with shared memory: version 1 could not read a WAL */
    .xClose = file_close,
    .xRead = file_read,
    .xWrite = file_write,
    .xTruncate = file_truncate,
    .xSync = file_sync,
    .xFileSize = file_size,
    .xLock = file_lock,
    .xUnlock = file_lock,
    .xCheckReservedLock = file_reserved,
    .xFileControl = file_control,
    .xSectorSize = file_sector,
    .xDeviceCharacteristics = file_traits,
    .xShmMap = shm_map,
    .xShmLock = shm_lock,
    .xShmBarrier = shm_barrier,
    .xShmUnmap = shm_unmap,
};

static int vfs_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *sf, int flags, int *out)
{
    struct view *v = vfs->pAppData;
    struct file *f = (struct file *)sf;
    (void)name;
    f->base.pMethods = NULL;
    if (flags & SQLITE_OPEN_MAIN_DB)
        f->role = MAIN_FILE;
    else if (flags & SQLITE_OPEN_WAL)
        f->role = WAL_FILE;
    else if ((flags & SQLITE_OPEN_MAIN_JOURNAL) && v->journal)
        f->role = JOURNAL_FILE;
    else
        return SQLITE_CANTOPEN; /* temporary files, other databases, other journals */
    f->v = v;
    f->base.pMethods = &file_methods;
    if (out)
        *out = v->journal && f->role != WAL_FILE ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY;
    return SQLITE_OK;
}

static bool ends_with(const char *s, const char *end)
{
    return slice_ends(slice_of(s), end);
}

static int vfs_delete(sqlite3_vfs *vfs, const char *name, int sync)
{
    struct view *v = vfs->pAppData;
    (void)sync;
    if (ends_with(name, "-journal"))
        v->journal_gone = true;
    return SQLITE_OK;
}

static int vfs_access(sqlite3_vfs *vfs, const char *name, int flags, int *there)
{
    struct view *v = vfs->pAppData;
    (void)flags;
    *there = (ends_with(name, "-wal") && v->wal) ||
             (ends_with(name, "-journal") && v->journal && !v->journal_gone);
    return SQLITE_OK;
}

static int vfs_full_path(sqlite3_vfs *vfs, const char *name, int n, char *to)
{
    (void)vfs;
    snprintf(to, (size_t)n, "%s", name);
    return SQLITE_OK;
}

static int vfs_random(sqlite3_vfs *vfs, int n, char *to)
{
    (void)vfs;
    memset(to, 0, (size_t)n);
    ssize_t got = getrandom(to, (size_t)n, GRND_NONBLOCK);
    return got > 0 ? (int)got : 0;
}

static int vfs_sleep(sqlite3_vfs *vfs, int us)
{
    (void)vfs;
    return us;
}

/* Milliseconds of the Julian calendar; the Unix epoch is day 2440587.5. */
static int vfs_time(sqlite3_vfs *vfs, sqlite3_int64 *ms)
{
    struct timespec t;
    (void)vfs;
    clock_gettime(CLOCK_REALTIME, &t);
    *ms = 210866760000000 + (sqlite3_int64)t.tv_sec * 1000 + t.tv_nsec / 1000000;
    return SQLITE_OK;
}

static int vfs_last_error(sqlite3_vfs *vfs, int n, char *to)
{
    (void)vfs, (void)n, (void)to;
    return 0;
}

void sqlite_view_register(struct view *v)
{
    snprintf(v->name, sizeof v->name, "evidence-%p", (void *)v);
    v->vfs = (sqlite3_vfs){
        .iVersion = 2,
        .szOsFile = sizeof(struct file),
        .mxPathname = 64,
        .zName = v->name,
        .pAppData = v,
        .xOpen = vfs_open,
        .xDelete = vfs_delete,
        .xAccess = vfs_access,
        .xFullPathname = vfs_full_path,
        .xRandomness = vfs_random,
        .xSleep = vfs_sleep,
        .xGetLastError = vfs_last_error,
        .xCurrentTimeInt64 = vfs_time,
    };
    if (sqlite3_vfs_register(&v->vfs, 0) != SQLITE_OK)
        die("sqlite3_vfs_register");
}

void sqlite_view_unregister(struct view *v)
{
    sqlite3_vfs_unregister(&v->vfs);
    for (uint64_t i = 0; i < v->pages_room && v->npages; i++)
        if (v->pages[i]) {
            free(v->pages[i]);
            v->npages--;
        }
    free(v->pages);
    v->pages = NULL;
    v->pages_room = 0;
}
