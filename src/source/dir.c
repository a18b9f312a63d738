/*
 * A folder as a container. Everything is opened component by component with O_NOFOLLOW, so that no
 * link is ever followed, and only regular files are opened: a pipe would hang, a device would act.
 * Times of change and owners are given as the folder has them; what a copy invented (inode,
 * status change) is left out.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/utf8.h"
#include "source/source_impl.h"

enum { OPEN_FLAGS = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC };

/* A backup's contents lie in 256 folders, and files are asked for in the order of the phone's paths:
   folders stay open, so that not each file opens its own anew. */
enum { FOLDERS = 512, FOLDERS_OPEN = 256, PROBES = 4 };

struct folder {
    uint8_t *name; /* below the root; NULL: a free place */
    size_t n;
    int fd;
};

struct dir {
    struct source source;
    int fd;                 /* the caller's */
    struct folder *folders; /* by hash of the name; NULL: none yet */
    size_t open;
};

/* Opens the folder or file below fd that a container path names. -1: errno. */
static int open_below(int fd, struct slice path)
{
    char name[NAME_MAX + 1];
    int at = fd;
    while (path.n) {
        struct slice one = slice_sub(path, 0, slice_find(path, '/'));
        path = slice_sub(path, one.n + 1, path.n);
        int next = -1;
        if (one.n > NAME_MAX)
            errno = ENAMETOOLONG;
        else {
            memcpy(name, one.p, one.n);
            name[one.n] = '\0';
            next = openat(at, name, OPEN_FLAGS | (path.n ? O_DIRECTORY : 0));
        }
        int why = errno;
        if (at != fd)
            close(at);
        errno = why;
        if (next < 0)
            return -1;
        at = next;
    }
    return at;
}

static void close_folder(struct dir *d, struct folder *f)
{
    if (!f->name)
        return;
    close(f->fd);
    free(f->name);
    f->name = NULL;
    d->open--;
}

/* The folder, kept open. -1: errno. */
static int folder_below(struct dir *d, struct slice name)
{
    size_t at = source_hash(name), place = at;
    if (!d->folders)
        d->folders = xcalloc(FOLDERS, sizeof *d->folders);
    for (size_t i = 0; i < PROBES; i++) {
        struct folder *f = &d->folders[(at + i) % FOLDERS];
        if (!f->name)
            place = at + i;
        else if (slice_equal(slice_at(f->name, f->n), name))
            return f->fd;
    }
    struct folder *f = &d->folders[place % FOLDERS];
    close_folder(d, f);
    for (size_t i = 0; d->open == FOLDERS_OPEN; i++)
        close_folder(d, &d->folders[(place + i) % FOLDERS]);
    int fd = open_below(d->fd, name);
    if (fd < 0)
        return -1;
    *f = (struct folder){xrealloc(NULL, name.n, 1), name.n, fd};
    memcpy(f->name, name.p, name.n);
    d->open++;
    return fd;
}

static int open_file(struct dir *d, struct slice path)
{
    struct slice name = slice_basename(path);
    struct slice folder = slice_sub(path, 0, path.n - name.n);
    if (!folder.n)
        return open_below(d->fd, path);
    int at = folder_below(d, slice_sub(folder, 0, folder.n - 1));
    return at < 0 ? -1 : open_below(at, name);
}

static void dir_close(struct source *s)
{
    struct dir *d = (struct dir *)s;
    for (size_t i = 0; d->folders && i < FOLDERS; i++)
        close_folder(d, &d->folders[i]);
    free(d->folders);
}

/* The raw name of a row: the path as shown has bytes that aren't UTF-8 escaped. */
static struct slice raw_name(const struct row *r)
{
    return r->extra ? slice_at(r->extra, r->extra_n) : slice_at(r->container, r->container_n);
}

static struct blob *dir_blob(struct source *s, const struct row *r, struct err *e)
{
    struct dir *d = (struct dir *)s;
    int fd = open_file(d, raw_name(r));
    struct stat st;
    if (fd < 0 || fstat(fd, &st) < 0) {
        err_io(e, "opening");
        if (fd >= 0)
            close(fd);
        return NULL;
    }
    if (!S_ISREG(st.st_mode)) {
        close(fd);
        err_set(e, ERR_ABSENT, "not a regular file");
        return NULL;
    }
    return blob_of_fd(fd, 0, (uint64_t)st.st_size, true);
}

static const struct source_ops dir_ops = {dir_blob, dir_close};

/* A folder that is being read, by getdents64() itself: fdopendir() asks for the descriptor's flags,
   a system call that a confined process needn't have. */
struct level {
    uint8_t bytes[16 * 1024]; /* first: aligned for the names */
    size_t at, n;
    size_t name_n; /* length of the name of what is above, with its slash */
    int fd;
};

struct walk {
    struct dir *d;
    const struct dir_options *o;
    struct buf name; /* raw, below the root */
    struct level *levels[DIR_MAX_DEPTH];
    unsigned depth;
    size_t unreadable, too_deep;
};

/* Takes fd over. */
static void enter(struct walk *w, int fd)
{
    if (fd < 0) {
        if (!w->unreadable++)
            source_damaged(&w->d->source, "folder \"%.*s\" can't be read: %s", (int)w->name.n,
                           w->name.n ? (const char *)w->name.p : "", strerror(errno));
        return;
    }
    if (w->name.n)
        buf_byte(&w->name, '/');
    struct level *l = xcalloc(1, sizeof *l);
    l->fd = fd;
    l->name_n = w->name.n;
    w->levels[w->depth++] = l;
}

/* The next name; NULL: the end, or what is in errno. */
static const struct dirent64 *next_name(struct level *l)
{
    errno = 0;
    if (l->at == l->n) {
        ssize_t n = getdents64(l->fd, l->bytes, sizeof l->bytes);
        if (n <= 0)
            return NULL;
        l->n = (size_t)n;
        l->at = 0;
    }
    const struct dirent64 *de = (const void *)(l->bytes + l->at);
    l->at += de->d_reclen;
    return de;
}

static enum entry_type type_of(mode_t mode)
{
    return S_ISREG(mode)   ? ENTRY_FILE
           : S_ISDIR(mode) ? ENTRY_FOLDER
           : S_ISLNK(mode) ? ENTRY_LINK
                           : ENTRY_OTHER;
}

/* What the system says of a name; without names_only, or where readdir() doesn't know the type. */
static bool ask(struct walk *w, int dir, const struct dirent64 *de, struct entry *out)
{
    struct stat st;
    if (w->o->names_only && de->d_type != DT_UNKNOWN) {
        out->type = type_of(DTTOIF(de->d_type));
        return true;
    }
    if (fstatat(dir, de->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return false;
    out->type = type_of(st.st_mode);
    if (w->o->names_only)
        return true;
    out->bytes = (uint64_t)st.st_size;
    out->mode = st.st_mode;
    out->uid = st.st_uid;
    out->gid = st.st_gid;
    __int128 ns = (__int128)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
    if (ns > INT64_MIN && ns <= INT64_MAX)
        out->modified = (struct utime){(int64_t)ns, NANO};
    return true;
}

static struct slice link_target(struct source *s, int dir, const char *name)
{
    char to[SOURCE_MAX_PATH];
    ssize_t n = readlinkat(dir, name, to, sizeof to);
    struct slice text = slice_at(to, n > 0 ? (size_t)n : 0);
    return source_keep_slice(s, utf8_cut(utf8_clean(text, &s->memory), SOURCE_MAX_PATH));
}

/* Adds the entry at w->name. */
static void add(struct walk *w, int dir, const struct dirent64 *de)
{
    struct source *s = &w->d->source;
    struct slice name = buf_view(&w->name);
    struct entry en = {.listed = true};
    if (!ask(w, dir, de, &en)) {
        source_damaged(s, "\"%.*s\" can't be looked at: %s", (int)name.n, (const char *)name.p,
                       strerror(errno));
        return;
    }
    if (!source_path(s, slice_at(NULL, 0), name, &en.path))
        return;
    en.present = en.type == ENTRY_FILE;
    en.container = slice_sub(en.path, 1, en.path.n);
    if (en.type == ENTRY_LINK)
        en.target = link_target(s, dir, de->d_name);
    struct row *r = source_add(s, &en);
    if (r && en.type == ENTRY_FILE && !slice_equal(en.container, name)) {
        r->extra = source_keep(s, name.p, name.n);
        r->extra_n = (uint16_t)name.n;
    }
    if (en.type != ENTRY_FOLDER)
        return;
    if (w->depth < w->o->depth)
        enter(w, openat(dir, de->d_name, OPEN_FLAGS | O_DIRECTORY));
    else if (w->depth >= DIR_MAX_DEPTH)
        w->too_deep++;
}

static void walk(struct walk *w)
{
    while (w->depth > 0) {
        struct level *l = w->levels[w->depth - 1];
        w->name.n = l->name_n;
        const struct dirent64 *de = next_name(l);
        if (de) {
            if (strcmp(de->d_name, ".") == 0 || strcmp(de->d_name, "..") == 0)
                continue;
            buf_text(&w->name, de->d_name);
            add(w, l->fd, de);
            continue;
        }
        if (errno)
            source_damaged(&w->d->source, "reading folder \"%.*s\": %s", (int)w->name.n,
                           w->name.n ? (const char *)w->name.p : "", strerror(errno));
        close(l->fd);
        free(l);
        w->depth--;
    }
}

struct source *dir_open(int fd, const struct dir_options *o, struct err *e)
{
    /* A descriptor of its own: readdir() moves the position. */
    int top = openat(fd, ".", OPEN_FLAGS | O_DIRECTORY);
    if (top < 0) {
        err_io(e, "opening the folder");
        return NULL;
    }
    struct dir *d = xcalloc(1, sizeof *d);
    d->source.ops = &dir_ops;
    d->source.kind = SOURCE_FILES;
    d->fd = fd;
    struct walk w = {.d = d, .o = o};
    enter(&w, top);
    walk(&w);
    buf_free(&w.name);
    if (w.unreadable > 1)
        source_damaged(&d->source, "%zu more folders can't be read", w.unreadable - 1);
    if (w.too_deep)
        source_damaged(&d->source, "%zu folders are deeper than %d levels: left out", w.too_deep,
                       DIR_MAX_DEPTH);
    source_sort(&d->source);
    return &d->source;
}

struct single {
    struct source source;
    struct blob *blob;
};

static struct blob *single_blob(struct source *s, const struct row *r, struct err *e)
{
    (void)e;
    return blob_window(((struct single *)s)->blob, 0, r->bytes);
}

static void single_close(struct source *s)
{
    blob_close(((struct single *)s)->blob);
}

struct source *dir_of_blob(struct blob *b, const char *name)
{
    static const struct source_ops ops = {single_blob, single_close};
    struct single *one = xcalloc(1, sizeof *one);
    struct source *s = &one->source;
    s->ops = &ops;
    s->kind = SOURCE_FILES;
    one->blob = b;
    struct entry en = {.type = ENTRY_FILE, .present = true, .listed = true, .bytes = blob_size(b)};
    if (!source_path(s, slice_at(NULL, 0), slice_basename(slice_of(name)), &en.path))
        en.path = slice_of("/file");
    en.container = slice_sub(en.path, 1, en.path.n);
    source_add(s, &en);
    source_sort(s);
    return s;
}

struct source *dir_of_file(int fd, const char *name, uint64_t bytes)
{
    return dir_of_blob(blob_of_fd(fd, 0, bytes, false), name);
}
