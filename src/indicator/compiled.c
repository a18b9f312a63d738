/*
 * The compiled table; see compiled.h. Layout: a header, then sections, each at a multiple of 64:
 *
 *   SETS      facts and notes of each set, in the wire form of draft.h without items
 *   RECORDS   struct packed, one an item
 *   STRINGS   all texts; records hold offset and length
 *   SLOTS, FILTER, ENTRIES   the matcher's table as it is in memory
 *
 * Numbers are this machine's own: the header tells another byte order or size of a structure.
 */
#include "indicator/compiled.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "indicator/draft.h"
#include "indicator/lint.h"
#include "indicator/matcher_impl.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#define MAGIC "bridle compiled\n"

enum { SETS, RECORDS, STRINGS, SLOTS, FILTER, ENTRIES, SECTIONS };
enum { ALIGNMENT = 64, SAME = 1, UUID_REF = 2, TEXT_MAX = UINT16_MAX };

struct packed {
    int64_t created, until;
    uint32_t value, published, ref, family; /* offsets in STRINGS */
    uint16_t nvalue, npublished, nref, nfamily;
    uint16_t set, flags; /* of draft.h */
    uint8_t type, family_class, remark, created_precision, until_precision,
        how; /* SAME, UUID_REF */
    int8_t confidence;
    uint8_t unused;
};

struct header {
    char magic[sizeof MAGIC - 1];
    uint32_t order, record_size;
    uint8_t key[COMPILED_KEY];
    uint64_t sum; /* XXH3 of all that follows the header */
    uint64_t size, nsets;
    uint64_t mask, ntable;
    struct {
        uint64_t at, n; /* bytes */
    } sections[SECTIONS];
    struct needs needs;
    uint64_t own_sum; /* of the header up to here */
};

struct compiled {
    const uint8_t *map;
    struct header h;
    struct indicator *items; /* made when they are first asked for */
    size_t n;
    struct arena arena; /* refs that were written short */
};

/* -- writing -- */

struct writer {
    FILE *f;
    XXH3_state_t *sum;
    struct header h;
    uint64_t at;
};

static void put(struct writer *w, const void *p, size_t n)
{
    if (n) {
        fwrite(p, 1, n, w->f);
        XXH3_64bits_update(w->sum, p, n);
    }
    w->at += n;
}

static void put_section(struct writer *w, int which, const void *p, size_t n)
{
    static const char zeros[ALIGNMENT];
    put(w, zeros, (ALIGNMENT - w->at % ALIGNMENT) % ALIGNMENT);
    w->h.sections[which].at = w->at;
    w->h.sections[which].n = n;
    put(w, p, n);
}

/* Texts repeat (families above all): each is kept once. */
struct pool {
    struct buf bytes;
    struct table index;
    struct span {
        uint32_t at, n;
    } * spans;
    size_t n, room;
};

static uint32_t pool_put(struct pool *p, struct slice s)
{
    uint32_t at = (uint32_t)p->bytes.n;
    buf_slice(&p->bytes, s);
    return at;
}

static uint32_t pool_once(struct pool *p, struct slice s)
{
    uint32_t tag = table_tag(s, 0), number;
    size_t at = table_start(&p->index, tag);
    while ((number = table_next(&p->index, tag, &at)) != TABLE_END)
        if (p->spans[number].n == s.n && !memcmp(p->bytes.p + p->spans[number].at, s.p, s.n))
            return p->spans[number].at;
    if (p->n == p->room) {
        p->room = p->room ? 2 * p->room : 64;
        p->spans = xrealloc(p->spans, p->room, sizeof *p->spans);
    }
    table_put(&p->index, tag, (uint32_t)p->n);
    p->spans[p->n] = (struct span){pool_put(p, s), (uint32_t)s.n};
    return p->spans[p->n++].at;
}

static struct slice cut(struct slice s)
{
    return slice_sub(s, 0, TEXT_MAX);
}

static struct packed record_of(const struct indicator *i, struct pool *p)
{
    uint8_t uuid[16];
    struct slice value = cut(i->value), published = cut(i->published), family = cut(i->family);
    struct slice ref = cut(i->ref);
    bool same = slice_equal(value, published), short_ref = draft_uuid(ref, uuid);
    if (short_ref)
        ref = slice_at(uuid, sizeof uuid);
    return (struct packed){
        .created = i->created.ns,
        .until = i->valid_until.ns,
        .created_precision = (uint8_t)i->created.precision,
        .until_precision = (uint8_t)i->valid_until.precision,
        .value = pool_put(p, value),
        .nvalue = (uint16_t)value.n,
        .published = same ? 0 : pool_put(p, published),
        .npublished = same ? 0 : (uint16_t)published.n,
        .ref = pool_put(p, ref),
        .nref = (uint16_t)ref.n,
        .family = family.n ? pool_once(p, family) : 0,
        .nfamily = (uint16_t)family.n,
        .set = (uint16_t)i->set,
        .flags = draft_flags(i),
        .type = (uint8_t)i->type,
        .family_class = i->family_class,
        .remark = i->remark,
        .confidence = i->confidence,
        .how = (uint8_t)((same ? SAME : 0) | (short_ref ? UUID_REF : 0)),
    };
}

static void put_sets(struct buf *out, const struct indicators *in)
{
    struct draft d = {0};
    for (unsigned i = 0; i < in->nsets; i++) {
        struct buf one = {0};
        d.set = in->sets[i];
        d.nnotes = 0;
        for (size_t k = 0; k < in->nrejected + in->nremarks; k++) {
            bool remark = k >= in->nrejected;
            size_t n = remark ? k - in->nrejected : k;
            const struct rejected *r = remark ? &in->remarks[n] : &in->rejected[n];
            if ((remark ? in->remarks_set[n] : in->rejected_set[n]) != i)
                continue;
            if (d.nnotes == d.notes_room) {
                d.notes_room = d.notes_room ? 2 * d.notes_room : 64;
                d.notes = xrealloc(d.notes, d.notes_room, sizeof *d.notes);
            }
            d.notes[d.nnotes++] = (struct note){r->value, lint_of(r->why), r->count};
        }
        draft_write(&d, &one);
        buf_varint(out, one.n);
        buf_slice(out, buf_view(&one));
        buf_free(&one);
    }
    free(d.notes);
}

static void put_all(struct writer *w, const struct indicators *in, const struct matcher *m)
{
    struct buf sets = {0};
    struct pool pool = {0};
    struct packed *records = xcalloc(in->nitems, sizeof *records);
    table_init(&pool.index, 64);
    put_sets(&sets, in);
    for (size_t i = 0; i < in->nitems; i++)
        records[i] = record_of(&in->items[i], &pool);
    w->h.nsets = in->nsets;
    w->h.mask = m->table.mask;
    w->h.ntable = m->table.n;
    w->h.needs = m->needs;
    put_section(w, SETS, sets.p, sets.n);
    put_section(w, RECORDS, records, in->nitems * sizeof *records);
    put_section(w, STRINGS, pool.bytes.p, pool.bytes.n);
    put_section(w, SLOTS, m->table.slots, (m->table.mask + 1) * sizeof *m->table.slots);
    put_section(w, FILTER, m->table.filter, (m->table.mask + 1) * TABLE_FILTER / 8);
    put_section(w, ENTRIES, m->entries, m->n * sizeof *m->entries);
    table_free(&pool.index);
    buf_free(&pool.bytes);
    buf_free(&sets);
    free(pool.spans);
    free(records);
}

static bool write_file(const struct indicators *in, struct writer *w, struct err *e)
{
    struct matcher *m = matcher_new(in);
    w->at = sizeof w->h;
    w->sum = XXH3_createState();
    XXH3_64bits_reset(w->sum);
    fwrite(&w->h, sizeof w->h, 1, w->f); /* its place; what it says comes last */
    put_all(w, in, m);
    w->h.size = w->at;
    w->h.sum = XXH3_64bits_digest(w->sum);
    w->h.own_sum = XXH3_64bits(&w->h, offsetof(struct header, own_sum));
    rewind(w->f);
    fwrite(&w->h, sizeof w->h, 1, w->f);
    XXH3_freeState(w->sum);
    matcher_free(m);
    return (fflush(w->f) == 0 && !ferror(w->f)) || err_io(e, "compiled table");
}

bool compiled_write(const struct indicators *in, const uint8_t key[COMPILED_KEY], const char *path,
                    struct err *e)
{
    struct writer w = {
        .h = {.magic = MAGIC, .order = 0x01020304, .record_size = sizeof(struct packed)}};
    char *temporary = NULL;
    if (in->nsets > UINT16_MAX)
        return err_set(e, ERR_LIMIT, "more than %d sets", UINT16_MAX);
    memcpy(w.h.key, key, COMPILED_KEY);
    if (asprintf(&temporary, "%s.XXXXXX", path) < 0)
        die("out of memory");
    int fd = mkostemp(temporary, O_CLOEXEC);
    w.f = fd < 0 ? NULL : fdopen(fd, "w");
    bool ok = w.f ? write_file(in, &w, e) : err_io(e, "%s", path);
    if (w.f && fclose(w.f) != 0 && ok)
        ok = err_io(e, "%s", path);
    ok = ok && (rename(temporary, path) == 0 || err_io(e, "%s", path));
    if (!ok && fd >= 0)
        unlink(temporary);
    free(temporary);
    return ok;
}

/* -- opening -- */

static struct slice section(const struct compiled *c, int which)
{
    return slice_at(c->map + c->h.sections[which].at, c->h.sections[which].n);
}

static bool inside(const struct compiled *c, uint32_t at, uint16_t n)
{
    return (uint64_t)at + n <= c->h.sections[STRINGS].n;
}

static bool good_sections(const struct compiled *c)
{
    const struct header *h = &c->h;
    uint64_t slots = h->mask + 1;
    for (int i = 0; i < SECTIONS; i++)
        if (h->sections[i].at % ALIGNMENT || h->sections[i].at > h->size ||
            h->sections[i].n > h->size - h->sections[i].at)
            return false;
    return slots && !(slots & h->mask) && slots >= 16 && slots <= UINT32_MAX &&
           h->ntable * 2 <= slots && h->sections[SLOTS].n == slots * sizeof(struct table_slot) &&
           h->sections[FILTER].n == slots * TABLE_FILTER / 8 &&
           h->sections[RECORDS].n % sizeof(struct packed) == 0 &&
           h->sections[ENTRIES].n == h->ntable * sizeof(struct entry) &&
           h->needs.nbits4 <= sizeof h->needs.bits4 && h->needs.nbits6 <= sizeof h->needs.bits6;
}

/* Every number that leads somewhere leads inside. */
static bool good_numbers(const struct compiled *c)
{
    const struct table_slot *slots = (const void *)section(c, SLOTS).p;
    const struct entry *entries = (const void *)section(c, ENTRIES).p;
    const struct packed *records = (const void *)section(c, RECORDS).p;
    uint64_t used = 0;
    for (uint64_t i = 0; i <= c->h.mask; i++) {
        if (slots[i].number != TABLE_END && slots[i].number >= c->h.ntable)
            return false;
        used += slots[i].number != TABLE_END;
    }
    for (uint64_t i = 0; i < c->h.ntable; i++)
        if (entries[i].item >= c->n || entries[i].way > WAY_MAILBOX)
            return false;
    for (size_t i = 0; i < c->n; i++) {
        const struct packed *r = &records[i];
        if (r->type <= OBS_NONE || r->type >= OBS_TEXT || r->family_class >= FAMILIES ||
            r->set >= c->h.nsets || r->remark >= LINTS || !r->nvalue ||
            r->created_precision > NANO || r->until_precision > NANO ||
            ((r->how & UUID_REF) && r->nref != 16) || !inside(c, r->value, r->nvalue) ||
            !inside(c, r->published, r->npublished) || !inside(c, r->ref, r->nref) ||
            !inside(c, r->family, r->nfamily))
            return false;
    }
    return used == c->h.ntable;
}

static bool read_sets(struct indicators *in, const struct compiled *c, struct err *e)
{
    struct cursor cur = cursor(section(c, SETS));
    for (uint64_t i = 0; i < c->h.nsets; i++) {
        struct slice one = cursor_take(&cur, cursor_varint(&cur));
        if (cur.bad || !indicators_add(in, one, e))
            return e->code || err_set(e, ERR_CORRUPT, "compiled table: its sets");
    }
    return true;
}

static bool map_file(struct compiled *c, const uint8_t key[COMPILED_KEY], const char *path,
                     struct err *e)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool ok = fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
              (size_t)st.st_size >= sizeof c->h &&
              pread(fd, &c->h, sizeof c->h, 0) == (ssize_t)sizeof c->h;
    bool mine = ok && !memcmp(c->h.magic, MAGIC, sizeof c->h.magic) && c->h.order == 0x01020304 &&
                c->h.record_size == sizeof(struct packed) && !memcmp(c->h.key, key, COMPILED_KEY);
    if (!mine) {
        if (fd >= 0)
            close(fd);
        return err_set(e, ERR_ABSENT, "compiled table: none, or of other sets");
    }
    void *map = MAP_FAILED;
    if (c->h.size == (uint64_t)st.st_size &&
        c->h.own_sum == XXH3_64bits(&c->h, offsetof(struct header, own_sum)))
        map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
    close(fd);
    if (map == MAP_FAILED)
        return err_set(e, ERR_CORRUPT, "compiled table: cut off or damaged");
    c->map = map;
    return true;
}

bool compiled_open(struct indicators *in, const uint8_t key[COMPILED_KEY], const char *path,
                   struct err *e)
{
    struct compiled *c = xcalloc(1, sizeof *c);
    bool ok = map_file(c, key, path, e);
    if (ok) {
        c->n = c->h.sections[RECORDS].n / sizeof(struct packed);
        ok = (good_sections(c) &&
              XXH3_64bits(c->map + sizeof c->h, c->h.size - sizeof c->h) == c->h.sum &&
              good_numbers(c)) ||
             err_set(e, ERR_CORRUPT, "compiled table: damaged");
    }
    ok = ok && read_sets(in, c, e);
    if (!ok) {
        compiled_close(c);
        return false;
    }
    c->items = xcalloc(c->n, sizeof *c->items); /* untouched pages cost nothing */
    in->compiled = c;
    in->nitems = c->n;
    return true;
}

void compiled_close(struct compiled *c)
{
    if (!c)
        return;
    if (c->map)
        munmap((void *)c->map, c->h.size);
    arena_free(&c->arena);
    free(c->items);
    free(c);
}

const struct indicator *compiled_item(struct compiled *c, size_t n)
{
    struct indicator *i = &c->items[n];
    struct packed r;
    if (i->type != OBS_NONE)
        return i;
    memcpy(&r, section(c, RECORDS).p + n * sizeof r, sizeof r);
    const uint8_t *text = section(c, STRINGS).p;
    draft_set_flags(i, r.flags);
    i->set = r.set;
    i->value = slice_at(text + r.value, r.nvalue);
    i->published = r.how & SAME ? i->value : slice_at(text + r.published, r.npublished);
    i->ref = slice_at(text + r.ref, r.nref);
    if (r.how & UUID_REF)
        i->ref = draft_uuid_text(i->ref.p, &c->arena);
    i->family = slice_at(text + r.family, r.nfamily);
    i->created = (struct utime){r.created, (enum precision)r.created_precision};
    i->valid_until = (struct utime){r.until, (enum precision)r.until_precision};
    i->family_class = r.family_class;
    i->confidence = r.confidence;
    i->remark = r.remark;
    i->type = (enum observable)r.type;
    return i;
}

bool compiled_matcher(const struct indicators *in, struct matcher *m)
{
    const struct compiled *c = in->compiled;
    if (!c)
        return false;
    m->mapped = true;
    m->table = (struct table){.slots = (void *)section(c, SLOTS).p,
                              .filter = (void *)section(c, FILTER).p,
                              .mask = c->h.mask,
                              .n = c->h.ntable};
    m->entries = (void *)section(c, ENTRIES).p;
    m->n = c->h.ntable;
    m->needs = c->h.needs;
    return true;
}
