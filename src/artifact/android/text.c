/*
 * Texts line by line, and what is said twice in them.
 *
 * `bytes` holds a piece of the blob; the line being looked for always begins at `from`. A line that
 * fills all of it is cut, and the rest of it is passed over.
 */
#include <stdlib.h>

#include "artifact/android/common.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

enum { PIECE = 64 * 1024 };

void android_text_start(struct android_text *t, struct job *job, const struct file *f)
{
    uint64_t size = blob_size(f->blob);
    *t = (struct android_text){
        .job = job,
        .blob = f->blob,
        .base = f->entry.offset,
        .next_number = f->entry.line ? (int64_t)f->entry.line : 1,
    };
    t->room = size < PIECE ? (size_t)size + 1 : PIECE;
    t->bytes = arena_alloc(job_arena(job), t->room);
}

/* More bytes behind those that are there. False: there are none, or e. */
static bool fill(struct android_text *t, struct err *e)
{
    uint64_t left = blob_size(t->blob) - t->at;
    if (!left)
        return false;
    if (t->from) {
        memmove(t->bytes, t->bytes + t->from, t->to - t->from);
        t->to -= t->from;
        t->from = 0;
    }
    if (t->to == t->room) {
        size_t room = t->room * 4 < ANDROID_LINE_MAX + 2 ? t->room * 4 : ANDROID_LINE_MAX + 2;
        uint8_t *bytes = arena_alloc(job_arena(t->job), room);
        memcpy(bytes, t->bytes, t->to);
        t->bytes = bytes;
        t->room = room;
    }
    size_t n = t->room - t->to;
    if (n > left)
        n = (size_t)left;
    if (!blob_read(t->blob, t->at, t->bytes + t->to, n, e))
        return false;
    t->to += n;
    t->at += n;
    return true;
}

/* Passes over what is left of a line that was cut. False: e. */
static bool pass_over(struct android_text *t, struct err *e)
{
    for (;;) {
        uint8_t *end = memchr(t->bytes + t->from, '\n', t->to - t->from);
        t->from = end ? (size_t)(end - t->bytes) + 1 : t->to;
        if (end || !fill(t, e))
            return !e->code;
    }
}

static void give(struct android_text *t, size_t n)
{
    t->line = slice_at(t->bytes + t->from, n);
    if (t->line.n && t->line.p[t->line.n - 1] == '\r')
        t->line.n--;
    t->body = slice_trim(t->line);
    t->indent = t->body.n ? (size_t)(t->body.p - t->line.p) : t->line.n;
    t->offset = t->base + t->at - (t->to - t->from);
    t->number = t->next_number++;
}

static void tell_cut(struct android_text *t)
{
    struct origin o = {LINE, {0}, t->number, LIVE};
    struct err why = {0};
    err_set(&why, ERR_LIMIT, "a line of more than %d bytes was cut", ANDROID_LINE_MAX);
    job_skip_part(t->job, &o, &why);
}

bool android_text_next(struct android_text *t, struct err *e)
{
    if (t->again) {
        t->again = false;
        return true;
    }
    if (t->cut && !pass_over(t, e))
        return false;
    t->cut = false;
    for (size_t looked = 0;;) {
        size_t have = t->to - t->from;
        uint8_t *end = memchr(t->bytes + t->from + looked, '\n', have - looked);
        if (end) {
            size_t n = (size_t)(end - (t->bytes + t->from));
            give(t, n);
            t->from += n + 1;
            return true;
        }
        looked = have;
        if (have > ANDROID_LINE_MAX) {
            t->cut = true;
            give(t, ANDROID_LINE_MAX);
            t->from = t->to;
            tell_cut(t);
            return true;
        }
        if (fill(t, e))
            continue;
        if (e->code || !have)
            return false;
        give(t, have);
        t->from = t->to;
        t->open_end = true;
        return true;
    }
}

void android_text_again(struct android_text *t)
{
    t->again = true;
}

void android_text_record(const struct android_text *t, struct record *r)
{
    record_start(r, LINE, slice_of(""), t->number);
}

void android_text_skip(const struct android_text *t, const char *why)
{
    struct origin o = {LINE, {0}, t->number, LIVE};
    struct err e = {0};
    err_set(&e, ERR_CORRUPT, "%s", why);
    job_skip(t->job, &o, &e);
}

/* -- what is said twice -- */

/* At most so many records are compared: more of them come twice. */
enum { MAX_SEEN = 4 * 1000 * 1000 };

void android_seen_file(struct android_seen *s, struct job *job, const struct file *f)
{
    struct entry twin;
    struct slice path = f->entry.path;
    bool again = slice_find(slice_basename(path), '#') < slice_basename(path).n;
    s->twins =
        f->entry.file.n && (again || source_sibling(job_source(job), &f->entry, "#2", &twin));
    if (slice_equal(s->text, f->entry.file))
        return;
    s->text = arena_copy(job_memory(job), f->entry.file);
    s->n = 0;
    if (s->slots)
        memset(s->slots, 0, s->room * sizeof *s->slots);
}

/* All fields of a record, without its place; never 0. */
static uint64_t hash_of(const struct record *r)
{
    uint64_t h = r->n;
    for (unsigned i = 0; i < r->n; i++) {
        const struct field *f = &r->fields[i];
        h = XXH3_64bits_withSeed(f->name, strlen(f->name), h ^ f->kind);
        switch (f->kind) {
        case KIND_TEXT:
        case KIND_HEX: h = XXH3_64bits_withSeed(f->text.p, f->text.n, h); break;
        case KIND_INT: h = XXH3_64bits_withSeed(&f->integer, sizeof f->integer, h); break;
        case KIND_REAL: h = XXH3_64bits_withSeed(&f->real, sizeof f->real, h); break;
        case KIND_TIME: h = XXH3_64bits_withSeed(&f->time.ns, sizeof f->time.ns, h); break;
        case KINDS: break;
        }
    }
    return h ? h : 1;
}

static bool put(uint64_t *slots, size_t room, uint64_t h)
{
    size_t i = h & (room - 1);
    while (slots[i]) {
        if (slots[i] == h)
            return false;
        i = (i + 1) & (room - 1);
    }
    slots[i] = h;
    return true;
}

static void grow(struct android_seen *s, struct job *job)
{
    size_t room = s->room ? s->room * 2 : 1024;
    uint64_t *slots = arena_alloc(job_memory(job), room * sizeof *slots);
    for (size_t i = 0; i < s->room; i++)
        if (s->slots[i])
            put(slots, room, s->slots[i]);
    s->slots = slots;
    s->room = room;
}

bool android_emit(struct android_seen *s, struct job *job, const struct record *r, struct err *e)
{
    if (s->twins && s->n < MAX_SEEN) {
        if (s->n * 2 >= s->room)
            grow(s, job);
        if (!put(s->slots, s->room, hash_of(r)))
            return true;
        s->n++;
    }
    return job_emit(job, r, e);
}
