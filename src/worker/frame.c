#include "worker/frame.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/utf8.h"

enum {
    READ_SIZE = 256 * 1024,
    MAX_PATH_TEXT = 16 * 1024,
    MAX_REMARKS = 500, /* of damage, of notes: a frame holds them all */
};

size_t frame_begin(struct buf *out, enum frame_type t)
{
    size_t begun = out->n;
    uint8_t head[FRAME_HEAD] = {0, 0, 0, 0, (uint8_t)t};
    buf_add(out, head, sizeof head);
    return begun;
}

void frame_end(struct buf *out, size_t begun)
{
    size_t n = out->n - begun - FRAME_HEAD;
    if (n > FRAME_MAX)
        die("frame of %zu bytes", n);
    for (unsigned i = 0; i < 4; i++)
        out->p[begun + i] = (uint8_t)(n >> 8 * i);
}

enum frame_result frame_next(struct frame_reader *r, enum frame_type *t, struct slice *payload)
{
    struct cursor c = cursor(slice_sub(buf_view(&r->in), r->at, r->in.n));
    if (cursor_left(&c) < FRAME_HEAD)
        return FRAME_NONE;
    uint32_t n = cursor_u32le(&c);
    uint8_t type = cursor_u8(&c);
    if (n > FRAME_MAX || type >= FRAME_TYPES)
        return FRAME_BAD;
    if (cursor_left(&c) < n)
        return FRAME_NONE;
    *t = (enum frame_type)type;
    *payload = cursor_take(&c, n);
    r->at += FRAME_HEAD + n;
    return FRAME_GOT;
}

ssize_t frame_fill(struct frame_reader *r, int fd)
{
    /* All the room there can ever be, at once: growing would leave copies of a key behind. */
    if (!r->in.room)
        buf_room(&r->in, FRAME_MAX + FRAME_HEAD + READ_SIZE);
    if (r->at) {
        r->in.n -= r->at;
        memmove(r->in.p, r->in.p + r->at, r->in.n);
        r->at = 0;
    }
    ssize_t got;
    do
        got = read(fd, buf_room(&r->in, READ_SIZE), READ_SIZE);
    while (got < 0 && errno == EINTR);
    if (got > 0)
        r->in.n += (size_t)got;
    return got;
}

void frame_reader_wipe(struct frame_reader *r)
{
    if (r->in.p)
        explicit_bzero(r->in.p, r->in.room);
    r->in.n = r->at = 0;
}

void frame_reader_free(struct frame_reader *r)
{
    buf_free(&r->in);
    r->at = 0;
}

static bool used_up(const struct cursor *c)
{
    return !c->bad && cursor_left(c) == 0;
}

static void add_text(struct buf *out, struct slice text, size_t limit, struct arena *a)
{
    wire_add_string(out, utf8_cut(utf8_clean(utf8_cut(text, limit), a), limit));
}

void frame_add_number(struct buf *out, enum frame_type t, uint64_t v)
{
    size_t begun = frame_begin(out, t);
    buf_varint(out, v);
    frame_end(out, begun);
}

bool frame_number(struct slice payload, uint64_t limit, uint64_t *out)
{
    struct cursor c = cursor(payload);
    *out = cursor_varint(&c);
    return used_up(&c) && *out <= limit;
}

/* -- errors -- */

static void add_err(struct buf *out, const struct err *e)
{
    struct arena a = {0};
    buf_byte(out, (uint8_t)e->code);
    add_text(out, slice_of(e->msg), sizeof e->msg - 1, &a);
    arena_free(&a);
}

static void take_err(struct cursor *c, struct err *out)
{
    out->code = (enum err_code)wire_enum(c, ERR_CODES);
    struct slice msg = wire_string(c);
    if (msg.n >= sizeof out->msg) {
        c->bad = true;
        return;
    }
    memset(out->msg, 0, sizeof out->msg);
    if (msg.n)
        memcpy(out->msg, msg.p, msg.n);
}

void frame_add_err(struct buf *out, enum frame_type t, const struct err *e)
{
    size_t begun = frame_begin(out, t);
    add_err(out, e);
    frame_end(out, begun);
}

bool frame_err(struct slice payload, struct err *out)
{
    struct cursor c = cursor(payload);
    take_err(&c, out);
    return used_up(&c) && out->code != ERR_NONE;
}

/* -- parent and opener -- */

static void add_secret(struct buf *out, const struct secret *s)
{
    buf_byte(out, (uint8_t)s->kind);
    wire_add_string(out, slice_at(s->bytes, s->n));
    wire_add_string(out, slice_at(s->identities, s->nidentities));
}

static void take_secret(struct cursor *c, struct secret *out)
{
    uint8_t kind = wire_enum(c, SECRET_DERIVED_KEY + 1);
    struct slice bytes = cursor_take(c, cursor_varint(c)); /* any bytes, not only UTF-8 */
    struct slice identities = cursor_take(c, cursor_varint(c));
    if (bytes.n > sizeof out->bytes || identities.n > sizeof out->identities) {
        c->bad = true;
        return;
    }
    out->kind = kind;
    out->n = bytes.n;
    out->nidentities = identities.n;
    if (bytes.n)
        memcpy(out->bytes, bytes.p, bytes.n);
    if (identities.n)
        memcpy(out->identities, identities.p, identities.n);
}

void frame_add_open(struct buf *out, const char *name, const struct secret *s)
{
    size_t begun = frame_begin(out, FRAME_OPEN);
    wire_add_string(out, slice_of(name));
    add_secret(out, s);
    frame_end(out, begun);
}

bool frame_open(struct slice payload, struct open_request *out)
{
    struct cursor c = cursor(payload);
    out->name = cursor_take(&c, cursor_varint(&c));
    take_secret(&c, &out->secret);
    return used_up(&c);
}

static void add_remarks(struct buf *out, const char *const *what, unsigned n, struct arena *a)
{
    unsigned kept = n < MAX_REMARKS ? n : MAX_REMARKS;
    buf_varint(out, kept + (n > kept));
    for (unsigned i = 0; i < kept; i++)
        add_text(out, slice_of(what[i]), FRAME_MAX_TEXT, a);
    if (n > kept)
        add_text(out, slice_of(arena_printf(a, "%u more", n - kept)), FRAME_MAX_TEXT, a);
}

static const char *const *take_remarks(struct cursor *c, unsigned *n, struct arena *a)
{
    uint64_t count = cursor_varint(c);
    if (count > MAX_REMARKS + 1)
        c->bad = true;
    const char **what = arena_alloc(a, (c->bad ? 1 : count + 1) * sizeof *what);
    for (*n = 0; *n < count && !c->bad; (*n)++)
        what[*n] = arena_string(a, wire_string(c));
    return what;
}

/* The facts' texts in the order in which they are sent. */
enum { FACTS = 9 };
static void fact_slots(struct facts *f, struct slice *slots[FACTS])
{
    struct slice *all[FACTS] = {&f->platform, &f->model, &f->os,   &f->build, &f->serial,
                                &f->name,     &f->udid,  &f->imei, &f->phone};
    memcpy(slots, all, sizeof all);
}

void frame_add_opened(struct buf *out, const struct source *s, const struct secret *key,
                      struct arena *a)
{
    struct facts f = *source_facts(s);
    struct slice *slots[FACTS];
    unsigned n;
    size_t begun = frame_begin(out, FRAME_OPENED);
    add_secret(out, key);
    buf_byte(out, (uint8_t)source_kind(s));
    fact_slots(&f, slots);
    for (unsigned i = 0; i < FACTS; i++)
        add_text(out, *slots[i], FRAME_MAX_TEXT, a);
    buf_byte(out, (uint8_t)f.taken.precision);
    wire_add_signed(out, f.taken.ns);
    buf_byte(out, f.encrypted);
    buf_varint(out, f.files);
    const char *const *what = source_damage(s, &n);
    add_remarks(out, what, n, a);
    /* Notes take what room is left, damage matters more. */
    what = source_notes(s, &n);
    add_remarks(out, what, n, a);
    frame_end(out, begun);
}

bool frame_opened(struct slice payload, struct arena *a, struct opened_frame *out)
{
    struct cursor c = cursor(payload);
    struct opened *o = &out->opened;
    struct slice *slots[FACTS];
    *out = (struct opened_frame){0};
    take_secret(&c, &out->key);
    o->kind = (enum source_kind)wire_enum(&c, SOURCE_KINDS);
    fact_slots(&o->facts, slots);
    for (unsigned i = 0; i < FACTS; i++)
        *slots[i] = arena_copy(a, wire_string(&c));
    o->facts.taken.precision = (enum precision)wire_enum(&c, NANO + 1);
    o->facts.taken.ns = wire_signed(&c);
    o->facts.encrypted = wire_enum(&c, 2);
    o->facts.files = cursor_varint(&c);
    o->damage = take_remarks(&c, &o->ndamage, a);
    o->notes = take_remarks(&c, &o->nnotes, a);
    return used_up(&c);
}

void frame_add_run(struct buf *out, const struct run_request *run)
{
    size_t begun = frame_begin(out, FRAME_RUN);
    buf_varint(out, run->number);
    wire_add_string(out, run->artifact);
    buf_varint(out, (uint64_t)(run->seconds * 1000));
    buf_varint(out, run->memory);
    buf_varint(out, run->max_records);
    buf_byte(out, run->keep_all);
    buf_byte(out, (uint8_t)run->hash);
    frame_end(out, begun);
}

bool frame_run(struct slice payload, struct run_request *out)
{
    struct cursor c = cursor(payload);
    out->number = cursor_varint(&c);
    out->artifact = wire_string(&c);
    out->seconds = (double)cursor_varint(&c) / 1000;
    out->memory = cursor_varint(&c);
    out->max_records = cursor_varint(&c);
    out->keep_all = wire_enum(&c, 2);
    out->hash = (enum job_hash)wire_enum(&c, HASH_ALL + 1);
    return used_up(&c);
}

void frame_add_exited(struct buf *out, const struct exited_frame *x)
{
    size_t begun = frame_begin(out, FRAME_EXITED);
    buf_varint(out, x->number);
    buf_varint(out, (uint64_t)x->status);
    buf_varint(out, x->ms);
    buf_varint(out, x->peak_kib);
    frame_end(out, begun);
}

bool frame_exited(struct slice payload, struct exited_frame *out)
{
    struct cursor c = cursor(payload);
    out->number = cursor_varint(&c);
    uint64_t status = cursor_varint(&c);
    out->status = (int)(status & 0xffff);
    out->ms = cursor_varint(&c);
    out->peak_kib = cursor_varint(&c);
    return used_up(&c) && status <= 0xffff;
}

/* -- job -- */

void frame_add_file(struct buf *out, const struct booked_file *f, struct arena *a)
{
    size_t begun = frame_begin(out, FRAME_FILE);
    add_text(out, f->entry->path, MAX_PATH_TEXT, a);
    add_text(out, f->entry->container, MAX_PATH_TEXT, a);
    add_text(out, f->entry->domain, MAX_PATH_TEXT, a);
    buf_varint(out, f->bytes);
    buf_byte(out, f->used);
    buf_byte(out, f->sha256 != NULL);
    if (f->sha256)
        buf_add(out, f->sha256, SHA256_SIZE);
    frame_end(out, begun);
}

bool frame_file(struct slice payload, struct file_frame *out)
{
    struct cursor c = cursor(payload);
    struct sent_file *f = &out->file;
    *f = (struct sent_file){0};
    f->path = wire_string(&c);
    f->container = wire_string(&c);
    f->domain = wire_string(&c);
    f->bytes = cursor_varint(&c);
    out->used = wire_enum(&c, 2);
    f->hashed = wire_enum(&c, 2);
    if (f->hashed) {
        struct slice hash = cursor_take(&c, SHA256_SIZE);
        if (hash.n)
            memcpy(f->sha256, hash.p, SHA256_SIZE);
    }
    return used_up(&c) && f->path.n && f->bytes <= INT64_MAX;
}

bool frame_add_record(struct buf *out, uint64_t file, const struct record *r,
                      const struct sightings *s, struct arena *a)
{
    size_t begun = frame_begin(out, FRAME_RECORD);
    buf_varint(out, file);
    bool whole = record_encode(r, s, a, out);
    frame_end(out, begun);
    return whole;
}

bool frame_record(struct slice payload, struct arena *a, uint64_t *file, struct sent_record *out)
{
    struct err e;
    struct cursor c = cursor(payload);
    *file = cursor_varint(&c);
    return !c.bad && record_decode(cursor_take(&c, cursor_left(&c)), a, out, &e);
}

void frame_add_skip(struct buf *out, uint64_t file, const struct skipped *what, struct arena *a)
{
    size_t begun = frame_begin(out, FRAME_SKIP);
    buf_varint(out, file);
    wire_add_origin(out, what->origin, a);
    buf_byte(out, what->in_part);
    add_text(out, slice_of(what->why), FRAME_MAX_TEXT, a);
    frame_end(out, begun);
}

bool frame_skip(struct slice payload, struct skip_frame *out)
{
    struct cursor c = cursor(payload);
    out->file = cursor_varint(&c);
    out->origin = wire_origin(&c);
    out->in_part = wire_enum(&c, 2);
    out->why = wire_string(&c);
    return used_up(&c);
}

void frame_add_word(struct buf *out, enum job_word w, const char *text, struct arena *a)
{
    size_t begun = frame_begin(out, FRAME_WORD);
    buf_byte(out, (uint8_t)w);
    add_text(out, slice_of(text), FRAME_MAX_TEXT, a);
    frame_end(out, begun);
}

bool frame_word(struct slice payload, enum job_word *w, struct slice *text)
{
    struct cursor c = cursor(payload);
    *w = (enum job_word)wire_enum(&c, JOB_WORDS);
    *text = wire_string(&c);
    return used_up(&c);
}

void frame_add_done(struct buf *out, const struct job_tally *t, const struct err *e)
{
    size_t begun = frame_begin(out, FRAME_DONE);
    const uint64_t counts[] = {t->files,   t->booked,  t->sent, t->counted,
                               t->skipped, t->in_part, t->bytes};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        buf_varint(out, counts[i]);
    for (unsigned i = 0; i < JOB_WORDS; i++)
        buf_varint(out, t->words[i]);
    add_err(out, e);
    frame_end(out, begun);
}

bool frame_done(struct slice payload, struct done_frame *out)
{
    struct cursor c = cursor(payload);
    struct job_tally *t = &out->tally;
    uint64_t *const counts[] = {&t->files,   &t->booked,  &t->sent, &t->counted,
                                &t->skipped, &t->in_part, &t->bytes};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        *counts[i] = cursor_varint(&c) & INT64_MAX; /* the case holds signed numbers */
    for (unsigned i = 0; i < JOB_WORDS; i++)
        t->words[i] = cursor_varint(&c) & INT64_MAX;
    take_err(&c, &out->err);
    return used_up(&c);
}
