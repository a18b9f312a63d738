/*
 * A tape archive as a container: one pass over its headers, then content in place.
 *
 * A hard link has its file's content. Of two members with one name the first is read, as in every
 * container, although unpacking would leave the last: that there are two is told as damage.
 */
#include "format/tar.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "base/utf8.h"
#include "source/source_impl.h"

enum {
    MAX_EXTENTS = 4 << 20, /* kept of all sparse files: 64 MiB */
    MAX_RATIO = 200,       /* a sparse file's size by what is stored, where it is above ... */
};
#define MAX_HOLES (UINT64_C(1) << 30) /* ... this */

/* The map of a sparse file; content are the extents one behind the other. */
struct map {
    size_t n;
    struct tar_extent extents[];
};

/* Where a row's content is. */
struct place {
    uint64_t at, stored;
    const struct map *map;
    const char *missing; /* why there is none; NULL: it is there */
};

struct tar_source {
    struct source source;
    struct blob *content;
    struct place *places; /* by row */
    size_t room, extents;
};

/* -- content -- */

struct sparse_blob {
    struct blob blob;
    struct blob *inner;
    const struct map *map;
};

/* The part of one extent that lies in [off, off + n), as it stands in inner from `start` on. */
static bool read_extent(struct sparse_blob *s, struct tar_extent x, uint64_t start, uint64_t off,
                        uint8_t *to, size_t n, struct err *e)
{
    uint64_t from = x.off > off ? x.off : off, end = x.off + x.n, stop = off + n;
    if (end < stop)
        stop = end;
    return from >= stop ||
           blob_read(s->inner, start + (from - x.off), to + (from - off), (size_t)(stop - from), e);
}

static bool sparse_read(struct blob *b, uint64_t off, void *to, size_t n, struct err *e)
{
    struct sparse_blob *s = (struct sparse_blob *)b;
    uint64_t start = 0;
    memset(to, 0, n);
    for (size_t i = 0; i < s->map->n && s->map->extents[i].off < off + n; i++) {
        if (!read_extent(s, s->map->extents[i], start, off, to, n, e))
            return false;
        start += s->map->extents[i].n;
    }
    return true;
}

static void sparse_close(struct blob *b)
{
    blob_close(((struct sparse_blob *)b)->inner);
    free(b);
}

/* Of a cut file's size what can be read: up to the first byte that is behind the cut. */
static uint64_t readable(const struct map *map, uint64_t there, uint64_t bytes)
{
    for (size_t i = 0; i < map->n; i++) {
        const struct tar_extent *x = &map->extents[i];
        if (x->n > there)
            return x->off + there;
        there -= x->n;
    }
    return bytes;
}

/* Takes inner over. Like any cut content, a sparse file's ends at the cut, and its damage says so. */
static struct blob *sparse_blob(struct blob *inner, const struct map *map, uint64_t bytes)
{
    static const struct blob_ops ops = {sparse_read, sparse_close};
    struct sparse_blob *s = xcalloc(1, sizeof *s);
    uint64_t size = inner->damage ? readable(map, blob_size(inner), bytes) : bytes;
    *s = (struct sparse_blob){{&ops, size, inner->damage}, inner, map};
    return &s->blob;
}

static struct blob *tar_blob(struct source *s, const struct row *r, struct err *e)
{
    struct tar_source *t = (struct tar_source *)s;
    const struct place *p = &t->places[r - s->rows];
    if (p->missing) {
        err_set(e, ERR_ABSENT, "%s", p->missing);
        return NULL;
    }
    struct blob *b = blob_window(t->content, p->at, p->stored);
    if (blob_size(b) < p->stored)
        b->damage = "the archive ends inside this file";
    return p->map ? sparse_blob(b, p->map, r->bytes) : b;
}

static void tar_source_close(struct source *s)
{
    struct tar_source *t = (struct tar_source *)s;
    blob_close(t->content);
    free(t->places);
}

static const struct source_ops tar_ops = {tar_blob, tar_source_close};

/* -- index -- */

static enum entry_type entry_type(enum tar_type t)
{
    switch (t) {
    case TAR_FILE:
    case TAR_HARDLINK: return ENTRY_FILE;
    case TAR_FOLDER: return ENTRY_FOLDER;
    case TAR_SYMLINK: return ENTRY_LINK;
    case TAR_OTHER: break;
    }
    return ENTRY_OTHER;
}

static uint32_t type_bits(enum entry_type t)
{
    return t == ENTRY_FILE ? S_IFREG : t == ENTRY_FOLDER ? S_IFDIR : t == ENTRY_LINK ? S_IFLNK : 0;
}

/* A copy of a member's map; NULL: too much. */
static const struct map *keep_map(struct tar_source *t, const struct tar_member *m)
{
    bool holes = m->bytes > MAX_HOLES && m->bytes / MAX_RATIO > m->stored;
    if (holes || m->nextents > MAX_EXTENTS - t->extents)
        return NULL;
    size_t bytes = m->nextents * sizeof(struct tar_extent);
    struct map *map = arena_alloc(&t->source.memory, sizeof *map + bytes);
    map->n = m->nextents;
    if (bytes)
        memcpy(map->extents, m->extents, bytes);
    t->extents += m->nextents;
    return map;
}

static struct place place_of(struct tar_source *t, const struct tar_member *m)
{
    struct place p = {.at = m->at, .stored = m->stored};
    if (m->type == TAR_HARDLINK)
        p.missing = "a hard link to a file that is not in the archive";
    else if (m->sparse && !(p.map = keep_map(t, m)))
        p.missing = "a sparse file of an unlikely size";
    return p;
}

static void add_member(struct tar_source *t, const struct tar_member *m)
{
    struct source *s = &t->source;
    struct entry en = {
        .type = entry_type(m->type),
        .listed = true,
        .bytes = m->bytes,
        .uid = m->uid,
        .gid = m->gid,
        .inode = m->inode,
        .modified = m->modified,
        .changed = m->changed,
        .born = m->born,
    };
    if (!source_path(s, slice_at(NULL, 0), m->name, &en.path) || en.path.n == 1)
        return;
    en.present = en.type == ENTRY_FILE;
    en.mode = m->mode | type_bits(en.type);
    en.container = slice_sub(en.path, 1, en.path.n);
    struct slice target = utf8_cut(utf8_clean(m->target, &s->memory), SOURCE_MAX_PATH);
    if (m->type == TAR_SYMLINK || m->type == TAR_HARDLINK)
        en.target = source_keep_slice(s, target);
    if (!source_add(s, &en))
        return;
    if (s->nrows > t->room) {
        t->room = s->room;
        t->places = xrealloc(t->places, t->room, sizeof *t->places);
    }
    t->places[s->nrows - 1] = place_of(t, m);
}

/* A hard link's row gets what its file has. The file comes first in an archive. */
static void resolve(struct tar_source *t, struct row *link)
{
    struct source *s = &t->source;
    struct slice path;
    struct entry file;
    if (!source_path(s, slice_at(NULL, 0), slice_at(link->extra, link->extra_n), &path) ||
        !source_find(s, path, &file) || file.type != ENTRY_FILE)
        return;
    t->places[link - s->rows] = t->places[file.id];
    link->bytes = file.bytes;
}

static void resolve_links(struct tar_source *t)
{
    for (size_t i = 0; i < t->source.nrows; i++) {
        struct row *r = &t->source.rows[i];
        if (r->type == ENTRY_FILE && r->extra_n)
            resolve(t, r);
    }
}

#define N(x) ((unsigned long long)(x))

static void tell(struct source *s, const struct tar_losses *l)
{
    if (l->gaps)
        source_damaged(s,
                       "the archive is damaged in %llu places, the first at byte %llu: %llu "
                       "bytes passed over",
                       N(l->gaps), N(l->first_gap), N(l->passed));
    if (l->extras)
        source_damaged(s, "%llu long names or extended headers of the archive can't be read",
                       N(l->extras));
    if (l->sparse)
        source_damaged(s, "%llu sparse files of the archive can't be read", N(l->sparse));
    if (l->pieces)
        source_damaged(s, "%llu files of the archive begin in another volume", N(l->pieces));
    if (l->cut)
        source_damaged(s, "the archive is cut off");
    if (l->no_end)
        source_damaged(s, "the archive has no mark of its end: it may be cut off");
    if (l->ends_twice)
        source_noted(s, "another archive follows the end of the first: read as well");
}

static void index_members(struct tar_source *t, struct stream *in)
{
    struct tar_member m;
    struct err e = {0};
    struct tar *tar = tar_new(in);
    while (tar_next(tar, &m, &e))
        add_member(t, &m);
    if (e.code)
        source_damaged(&t->source, "the archive can't be read from byte %llu on: %s", N(in->at),
                       e.msg);
    tell(&t->source, tar_losses(tar));
    tar_free(tar);
    source_sort(&t->source);
    resolve_links(t);
}

bool tar_is(struct blob *b)
{
    uint8_t head[TAR_BLOCK];
    struct err ignored = {0};
    return blob_size(b) >= sizeof head && blob_read(b, 0, head, sizeof head, &ignored) &&
           tar_recognise(slice_at(head, sizeof head));
}

struct source *tar_open(struct blob *b)
{
    struct tar_source *t = xcalloc(1, sizeof *t);
    t->source.ops = &tar_ops;
    t->source.kind = SOURCE_FILES;
    t->content = b;
    struct stream *in = stream_of_blob(b);
    index_members(t, in);
    stream_close(in);
    return &t->source;
}
