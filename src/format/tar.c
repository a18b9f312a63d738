/*
 * Headers of a tape archive, one after the other.
 *
 * 1. Between two calls the stream stands inside the last member's content; `left` and `padding` say
 *    how far from the next header, unless a block was read too far (`held`).
 * 2. What extends a header (long names, pax records) waits for the next real header, and goes with
 *    the place that has none in its stead.
 */
#include "format/tar.h"

#include <stdlib.h>

#include "format/tar_impl.h"

/* Fields of a header. GNU and ustar part behind the device numbers. */
enum {
    NAME = 0,
    MODE = 100,
    UID = 108,
    GID = 116,
    SIZE = 124,
    MTIME = 136,
    CHECKSUM = 148,
    TYPE = 156,
    LINK = 157,
    MAGIC = 257,
    PREFIX = 345,
    GNU_CTIME = 357,
    GNU_SPARSE = 386, /* four pairs of numbers, then whether blocks with more of them follow */
    GNU_SPARSE_MORE = 482,
    GNU_SPARSE_REAL = 483,
    BLOCK_SPARSE_MORE = 504, /* in such a block: 21 pairs before it */
    STAR_MAGIC = 508,
    NUMBER = 12,
};

struct tar {
    struct stream *in;
    uint8_t block[TAR_BLOCK];
    bool held;
    uint64_t left, padding;      /* of the last member's content */
    unsigned zeros;              /* blocks of zeros in a row, up to here */
    bool lost;                   /* in a place without header */
    struct buf name, link;       /* GNU's long ones */
    struct buf records, globals; /* pax; the globals' slices point there */
    struct tar_extra global;
    bool has_name, has_link, has_records;
    struct tar_extents extents;
    struct buf full; /* prefix and name of a ustar header */
    struct tar_losses losses;
};

/* -- fields -- */

static struct slice field(const struct tar *t, size_t at, size_t n)
{
    struct slice s = slice_at(t->block + at, n);
    return slice_sub(s, 0, slice_find(s, 0));
}

/* Octal between spaces and a NUL, or base 256 with its top bit set. False: neither, or too large. */
static bool number(const uint8_t *p, size_t n, int64_t *out)
{
    int64_t v = 0;
    size_t i = 0;
    if (p[0] & 0x80) {
        v = p[0] & 0x40 ? (int64_t)(p[0] | ~0x7f) : p[0] & 0x3f;
        for (i = 1; i < n; i++)
            if (__builtin_mul_overflow(v, 256, &v) || __builtin_add_overflow(v, p[i], &v))
                return false;
        *out = v;
        return true;
    }
    while (i < n && p[i] == ' ')
        i++;
    for (; i < n && p[i] >= '0' && p[i] <= '7'; i++)
        if (__builtin_mul_overflow(v, 8, &v) || __builtin_add_overflow(v, p[i] - '0', &v))
            return false;
    *out = v;
    return i == n || p[i] == ' ' || p[i] == 0;
}

/* Some old writers added signed bytes. */
static bool checksum_holds(const uint8_t *block)
{
    int64_t said, plain = 0, with_sign = 0;
    for (size_t i = 0; i < TAR_BLOCK; i++) {
        uint8_t c = i >= CHECKSUM && i < TYPE ? ' ' : block[i];
        plain += c;
        with_sign += (int8_t)c;
    }
    return number(block + CHECKSUM, 8, &said) && (said == plain || said == with_sign);
}

static bool zero(const uint8_t *block)
{
    return block[0] == 0 && memcmp(block, block + 1, TAR_BLOCK - 1) == 0;
}

bool tar_recognise(struct slice block)
{
    return block.n >= TAR_BLOCK && !zero(block.p) && checksum_holds(block.p);
}

static bool is_ustar(const struct tar *t)
{
    return memcmp(t->block + MAGIC, "ustar\0", 6) == 0;
}

static bool is_gnu(const struct tar *t)
{
    return memcmp(t->block + MAGIC, "ustar  \0", 8) == 0;
}

static uint32_t small_field(const struct tar *t, size_t at)
{
    int64_t v;
    return number(t->block + at, 8, &v) && v >= 0 && v <= UINT32_MAX ? (uint32_t)v : 0;
}

static struct utime time_field(const struct tar *t, size_t at)
{
    int64_t v;
    enum { NS = 1000000000 };
    if (t->block[at] == 0 || !number(t->block + at, NUMBER, &v) || v > INT64_MAX / NS ||
        v < INT64_MIN / NS)
        return UTIME_NONE;
    return (struct utime){v * NS, SECOND};
}

/* -- blocks -- */

/* False: there is none any more, or e. */
static bool next_block(struct tar *t, struct err *e)
{
    size_t got;
    if (t->held) {
        t->held = false;
        return true;
    }
    if (!stream_read(t->in, t->block, TAR_BLOCK, &got, e))
        return false;
    t->losses.cut |= got > 0 && got < TAR_BLOCK && t->zeros < 2;
    return got == TAR_BLOCK;
}

/* To the end of the last member's content. */
static bool pass_content(struct tar *t, struct err *e)
{
    uint64_t n = t->left + t->padding, from = t->in->at;
    t->left = t->padding = 0;
    if (!n)
        return true;
    if (!stream_skip(t->in, n, e))
        return false;
    t->losses.cut |= t->in->at - from < n;
    return true;
}

static void expect_content(struct tar *t, uint64_t n)
{
    t->left = n;
    t->padding = -n % TAR_BLOCK;
}

bool tar_read(struct tar *t, void *to, size_t n, size_t *got, struct err *e)
{
    size_t want = n < t->left ? n : (size_t)t->left;
    bool ok = stream_read(t->in, to, want, got, e);
    t->left -= *got;
    if (ok && *got < want) {
        t->losses.cut = true;
        t->left = t->padding = 0;
    }
    return ok;
}

static void forget_extras(struct tar *t)
{
    t->has_name = t->has_link = t->has_records = false;
}

/* A block that is no header: the next may be. */
static void pass_block(struct tar *t)
{
    if (!t->lost) {
        t->losses.extras += t->has_name || t->has_link || t->has_records;
        if (!t->losses.gaps++)
            t->losses.first_gap = t->in->at - TAR_BLOCK;
        forget_extras(t);
    }
    t->lost = true;
    t->zeros = 0;
    t->losses.passed += TAR_BLOCK;
}

/* The next header in t->block; passes over what is none. */
static bool next_header(struct tar *t, struct err *e)
{
    while (next_block(t, e)) {
        int64_t size;
        if (zero(t->block)) {
            t->zeros++;
            continue;
        }
        if (!checksum_holds(t->block) || !number(t->block + SIZE, NUMBER, &size) || size < 0 ||
            size > INT64_MAX / 2) {
            pass_block(t);
            continue;
        }
        t->losses.ends_twice |= t->zeros > 1;
        t->zeros = 0;
        t->lost = false;
        return true;
    }
    /* One block is enough: some writers leave it at that. */
    t->losses.no_end |= !e->code && !t->losses.cut && !t->zeros;
    return false;
}

/* -- what extends a header -- */

/* The content of such an entry. False: e, or *good says that it's not readable. */
static bool read_extra(struct tar *t, struct buf *to, bool *good, struct err *e)
{
    int64_t size;
    size_t got = 0;
    number(t->block + SIZE, NUMBER, &size); /* next_header() has seen that it is one */
    expect_content(t, (uint64_t)size);
    buf_clear(to);
    *good = size <= TAR_MAX_EXTRA;
    if (*good) {
        size_t n = (size_t)size;
        if (!tar_read(t, buf_room(to, n + 1), n, &got, e))
            return false;
        to->n = got;
        *good = got == n;
    }
    return pass_content(t, e);
}

static bool read_name(struct tar *t, struct buf *to, bool *has, struct err *e)
{
    if (!read_extra(t, to, has, e))
        return false;
    to->n = slice_find(buf_view(to), 0);
    t->losses.extras += !*has;
    return true;
}

static bool read_globals(struct tar *t, struct err *e)
{
    bool good;
    struct tar_extents none = {0};
    if (!read_extra(t, &t->globals, &good, e))
        return false;
    t->global = (struct tar_extra){0};
    good = good && tar_extra_records(buf_view(&t->globals), &t->global, &none);
    free(none.all);
    t->losses.extras += !good;
    return true;
}

/* Reads the entry in t->block if it only extends the next one. */
static bool take_extra(struct tar *t, bool *taken, struct err *e)
{
    *taken = true;
    switch (t->block[TYPE]) {
    case 'L': return read_name(t, &t->name, &t->has_name, e);
    case 'K': return read_name(t, &t->link, &t->has_link, e);
    case 'g': return read_globals(t, e);
    case 'x':
    case 'X': /* Solaris */
        if (!read_extra(t, &t->records, &t->has_records, e))
            return false;
        t->losses.extras += !t->has_records;
        return true;
    default: *taken = false; return true;
    }
}

/* -- sparse files -- */

static bool add_pairs(struct tar *t, const uint8_t *p, size_t pairs)
{
    for (size_t i = 0; i < pairs; i++, p += 2 * NUMBER) {
        int64_t off, n;
        if (p[0] == 0)
            continue; /* unused */
        if (!number(p, NUMBER, &off) || !number(p + NUMBER, NUMBER, &n) || off < 0 || n < 0 ||
            !tar_add_extent(&t->extents, (uint64_t)off, (uint64_t)n))
            return false;
    }
    return true;
}

/* GNU's own: a map in the header and in blocks behind it. */
static bool gnu_sparse(struct tar *t, struct tar_member *m, bool *good, struct err *e)
{
    int64_t real;
    *good = number(t->block + GNU_SPARSE_REAL, NUMBER, &real) && real >= 0 &&
            add_pairs(t, t->block + GNU_SPARSE, 4);
    for (bool more = t->block[GNU_SPARSE_MORE]; more; more = t->block[BLOCK_SPARSE_MORE]) {
        if (!next_block(t, e)) {
            t->losses.cut = true;
            *good = false;
            return !e->code;
        }
        *good = *good && add_pairs(t, t->block, 21);
    }
    m->bytes = *good ? (uint64_t)real : 0;
    m->at = t->in->at;
    return true;
}

/* A line of digits of the map before the content. False: e, or *good says that there is none. */
static bool map_number(struct tar *t, struct slice *block, uint64_t *out, bool *good, struct err *e)
{
    uint8_t digits[24];
    size_t n = 0, got;
    for (;;) {
        if (!block->n) {
            if (t->left < TAR_BLOCK || !tar_read(t, t->block, TAR_BLOCK, &got, e) ||
                got < TAR_BLOCK) {
                *good = false;
                return !e->code;
            }
            *block = slice_at(t->block, TAR_BLOCK);
        }
        uint8_t c = block->p[0];
        *block = slice_sub(*block, 1, block->n);
        if (c == '\n')
            break;
        if (n == sizeof digits) {
            *good = false;
            return true;
        }
        digits[n++] = c;
    }
    *good = tar_decimal(slice_at(digits, n), out);
    return true;
}

/* pax 1.0: count, then pairs, filled up to a whole block. */
static bool map_before_content(struct tar *t, struct tar_member *m, bool *good, struct err *e)
{
    struct slice block = {0};
    uint64_t count, off, n;
    if (!map_number(t, &block, &count, good, e))
        return false;
    while (*good && count-- > 0) {
        if (!map_number(t, &block, &off, good, e) || (*good && !map_number(t, &block, &n, good, e)))
            return false;
        *good = *good && tar_add_extent(&t->extents, off, n);
    }
    m->at = t->in->at;
    m->stored = t->left;
    return true;
}

static bool pax_sparse(struct tar *t, const struct tar_extra *x, struct tar_member *m, bool *good,
                       struct err *e)
{
    *good = x->has_real && !x->bad_map && !x->has_pending;
    m->bytes = x->real;
    if (*good && x->v1)
        return map_before_content(t, m, good, e);
    if (*good && x->map.p)
        *good = !t->extents.n && tar_extra_map(x->map, &t->extents);
    return true;
}

/* -- members -- */

static enum tar_type type_of(uint8_t type, struct slice name, uint64_t size)
{
    switch (type) {
    case '1': return TAR_HARDLINK;
    case '2': return TAR_SYMLINK;
    case '3': /* devices, pipes */
    case '4':
    case '6':
    case 'M': /* the rest of a file that began in another volume */
    case 'N': /* an old way to rename */
    case 'V': return TAR_OTHER;
    case '5':
    case 'D': return TAR_FOLDER;
    /* V7 knew no folders. What no standard names is to be taken for a file. */
    default: return !size && name.n && name.p[name.n - 1] == '/' ? TAR_FOLDER : TAR_FILE;
    }
}

/* The name in the header, or what stands in its place; kept where the next block doesn't reach. */
static struct slice name_of(struct tar *t, const struct tar_extra *x)
{
    bool star = memcmp(t->block + STAR_MAGIC, "tar\0", 4) == 0;
    buf_clear(&t->full);
    if (x->sparse_path.p)
        return x->sparse_path;
    if (x->path.p)
        return x->path;
    if (t->has_name)
        return buf_view(&t->name);
    if (is_ustar(t) && t->block[PREFIX]) {
        buf_slice(&t->full, field(t, PREFIX, star ? 131 : 155));
        buf_byte(&t->full, '/');
    }
    buf_slice(&t->full, field(t, NAME, 100));
    return buf_view(&t->full);
}

static struct slice target_of(struct tar *t, const struct tar_extra *x)
{
    if (x->link.p)
        return x->link;
    if (!t->has_link) {
        buf_clear(&t->link);
        buf_slice(&t->link, field(t, LINK, 100));
    }
    return buf_view(&t->link);
}

static void fill(struct tar *t, const struct tar_extra *x, uint64_t size, struct tar_member *m)
{
    *m = (struct tar_member){
        .name = name_of(t, x),
        .target = target_of(t, x),
        .at = t->in->at,
        .mode = small_field(t, MODE) & 07777,
        .uid = x->has_uid ? x->uid : small_field(t, UID),
        .gid = x->has_gid ? x->gid : small_field(t, GID),
        .inode = x->inode,
        .modified = x->modified.precision ? x->modified : time_field(t, MTIME),
        .changed = x->changed.precision || !is_gnu(t) ? x->changed : time_field(t, GNU_CTIME),
        .born = x->born,
    };
    m->type = type_of(t->block[TYPE], m->name, size);
    t->losses.pieces += t->block[TYPE] == 'M';
}

/*
 * GNU repeats the size of the file at a hard link, without content; pax may put the content there
 * again. What follows tells. Nobody reads it: the file that is linked has the same.
 */
static bool pass_link_content(struct tar *t, uint64_t n, struct err *e)
{
    if (!n || !is_ustar(t))
        return true;
    if (!next_block(t, e))
        return !e->code;
    t->held = zero(t->block) || checksum_holds(t->block);
    if (!t->held && n > TAR_BLOCK)
        expect_content(t, n - TAR_BLOCK);
    return true;
}

static bool is_sparse(uint8_t type, const struct tar_extra *x, const struct tar_extents *extents)
{
    return type == 'S' || x->has_real || x->bad_map || x->v1 || extents->n;
}

static bool take_sparse(struct tar *t, const struct tar_extra *x, struct tar_member *m,
                        struct err *e)
{
    bool good = true;
    if (t->block[TYPE] == 'S' ? !gnu_sparse(t, m, &good, e) : !pax_sparse(t, x, m, &good, e))
        return false;
    m->sparse = true;
    m->extents = t->extents.all;
    m->nextents = t->extents.n;
    if (!good || !tar_extents_fit(&t->extents, m->bytes, m->stored)) {
        t->losses.sparse++;
        m->type = TAR_OTHER;
    }
    return true;
}

/* The member of the header in t->block. */
static bool take_member(struct tar *t, struct tar_member *m, struct err *e)
{
    struct tar_extra x = t->global;
    uint8_t type = t->block[TYPE];
    int64_t said;
    t->extents.n = 0;
    if (t->has_records && !tar_extra_records(buf_view(&t->records), &x, &t->extents))
        t->losses.extras++;
    number(t->block + SIZE, NUMBER, &said); /* next_header() has seen that it is one */
    uint64_t n = x.has_size && x.size <= INT64_MAX / 2 ? x.size : (uint64_t)said;
    fill(t, &x, n, m);
    forget_extras(t);
    if (m->type == TAR_HARDLINK)
        return pass_link_content(t, n, e);
    if (type >= '2' && type <= '6')
        return true;
    expect_content(t, n);
    m->stored = m->bytes = n;
    return m->type != TAR_FILE || !is_sparse(type, &x, &t->extents) || take_sparse(t, &x, m, e);
}

/* -- outside -- */

struct tar *tar_new(struct stream *in)
{
    struct tar *t = xcalloc(1, sizeof *t);
    t->in = in;
    return t;
}

bool tar_next(struct tar *t, struct tar_member *m, struct err *e)
{
    bool extra = true;
    if (!pass_content(t, e))
        return false;
    while (extra) {
        if (!next_header(t, e) || !take_extra(t, &extra, e)) {
            t->losses.extras += t->has_name || t->has_link || t->has_records;
            forget_extras(t);
            return false;
        }
    }
    return take_member(t, m, e);
}

const struct tar_losses *tar_losses(const struct tar *t)
{
    return &t->losses;
}

void tar_free(struct tar *t)
{
    if (!t)
        return;
    buf_free(&t->name);
    buf_free(&t->link);
    buf_free(&t->records);
    buf_free(&t->globals);
    buf_free(&t->full);
    free(t->extents.all);
    free(t);
}
