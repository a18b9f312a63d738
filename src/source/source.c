/* What all kinds of evidence share: texts, facts, paths, and the way to an entry's bytes. */
#include "source/source_impl.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/utf8.h"

const char *source_kind_name(enum source_kind k)
{
    static const char *const names[SOURCE_KINDS] = {
        [SOURCE_IOS_BACKUP] = "ios-backup",
        [SOURCE_IOS_FILESYSTEM] = "ios-filesystem",
        [SOURCE_SYSDIAGNOSE] = "sysdiagnose",
        [SOURCE_LOGARCHIVE] = "logarchive",
        [SOURCE_ANDROID_BUGREPORT] = "android-bugreport",
        [SOURCE_ANDROIDQF] = "androidqf",
        [SOURCE_ANDROID_BACKUP] = "android-backup",
        [SOURCE_ANDROID_FILESYSTEM] = "android-filesystem",
        [SOURCE_INTRUSION_LOG] = "intrusion-log",
        [SOURCE_FILES] = "files",
    };
    return k < SOURCE_KINDS ? names[k] : "";
}

void secret_wipe(struct secret *s)
{
    explicit_bzero(s, sizeof *s);
}

enum source_kind source_kind(const struct source *s)
{
    return s->kind;
}

const struct facts *source_facts(const struct source *s)
{
    return &s->facts;
}

bool source_derived_key(const struct source *s, struct secret *out)
{
    if (s->derived.kind == SECRET_NONE)
        return false;
    *out = s->derived;
    return true;
}

void source_close(struct source *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < s->ntexts; i++)
        blob_close(s->texts[i].blob);
    if (s->ops->close)
        s->ops->close(s);
    free(s->texts);
    free(s->sections);
    for (unsigned i = 0; i < s->nmounts; i++)
        source_close(s->mounts[i]);
    secret_wipe(&s->derived);
    free(s->rows);
    free(s->order);
    free(s->hashes);
    free(s->edges);
    arena_free(&s->memory);
    free(s);
}

/* Pieces of 64 KiB, filled without gaps: strings need no alignment. */
uint8_t *source_keep(struct source *s, const void *p, size_t n)
{
    enum { PIECE = 64 * 1024 };
    if (n > s->nspare || !s->spare) {
        s->nspare = n > PIECE / 4 ? n : PIECE;
        s->spare = arena_alloc(&s->memory, s->nspare);
    }
    uint8_t *to = s->spare;
    if (n)
        memcpy(to, p, n);
    s->spare += n;
    s->nspare -= n;
    return to;
}

struct slice source_keep_slice(struct source *s, struct slice text)
{
    return slice_at(source_keep(s, text.p, text.n), text.n);
}

struct slice source_fact(struct source *s, struct slice text)
{
    enum { MAX_FACT = 256 };
    return source_keep_slice(s, utf8_cut(utf8_clean(slice_trim(text), &s->memory), MAX_FACT));
}

static void add_text(struct source *s, struct texts *t, const char *fmt, va_list args)
{
    char line[400];
    vsnprintf(line, sizeof line, fmt, args);
    if (t->n >= SOURCE_MAX_TEXTS) {
        snprintf(t->rest, sizeof t->rest, "%u more", ++t->more);
        t->what[SOURCE_MAX_TEXTS] = t->rest;
        t->n = SOURCE_MAX_TEXTS + 1;
        return;
    }
    struct slice text = utf8_clean(slice_of(line), &s->memory);
    t->what[t->n++] = arena_string(&s->memory, text);
}

void source_damaged(struct source *s, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    add_text(s, &s->damage, fmt, args);
    va_end(args);
}

void source_noted(struct source *s, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    add_text(s, &s->notes, fmt, args);
    va_end(args);
}

const char *const *source_damage(const struct source *s, unsigned *n)
{
    *n = s->damage.n;
    return s->damage.what;
}

const char *const *source_notes(const struct source *s, unsigned *n)
{
    *n = s->notes.n;
    return s->notes.what;
}

/* Appends the components of name behind "/"; false at "..". */
static bool add_components(struct buf *b, struct slice name)
{
    while (name.n) {
        struct slice one = slice_sub(name, 0, slice_find(name, '/'));
        name = slice_sub(name, one.n + 1, name.n);
        if (slice_is(one, ".."))
            return false;
        if (one.n == 0 || slice_is(one, "."))
            continue;
        buf_byte(b, '/');
        buf_slice(b, one);
    }
    return true;
}

bool source_path(struct source *s, struct slice prefix, struct slice name, struct slice *out)
{
    struct buf b = {0};
    struct slice text = {0};
    bool fits = prefix.n <= SOURCE_MAX_PATH && name.n <= SOURCE_MAX_PATH;
    bool plain = fits && add_components(&b, prefix) && add_components(&b, name);
    if (plain) {
        text = utf8_clean(b.n ? buf_view(&b) : slice_of("/"), &s->memory);
        fits = text.n <= SOURCE_MAX_PATH;
    }
    if (plain && fits)
        *out = source_keep_slice(s, text);
    buf_free(&b);
    s->too_long += !fits;
    if (fits && !plain && !s->refused++)
        s->refused_name = source_fact(s, name.n ? name : prefix);
    return plain && fits;
}

static struct blob *section_blob(struct source *s, const struct row *r)
{
    const struct section *one = &s->sections[r->place];
    struct blob *b = blob_window(s->texts[one->text].blob, r->inode, r->bytes);
    b->damage = one->damage; /* that of the whole text is the source's */
    return b;
}

bool source_text(struct source *s, const struct entry *section, struct entry *text,
                 const uint8_t **sha256)
{
    *sha256 = NULL;
    if (!section->file.n || section->id >= s->nrows || !source_find(s, section->file, text))
        return false;
    const struct row *r = &s->rows[section->id];
    if (r->mount) {
        struct entry inner, ignored;
        struct source *in = s->mounts[r->mount - 1];
        source_entry(in, r->place, &inner);
        return source_text(in, &inner, &ignored, sha256);
    }
    const struct source_text *t = &s->texts[s->sections[r->place].text];
    if (t->hashed)
        *sha256 = t->sha256;
    return true;
}

struct blob *source_blob(struct source *s, const struct entry *f, struct err *e)
{
    if (f->id >= s->nrows || s->rows[f->id].type != ENTRY_FILE) {
        err_set(e, ERR_ABSENT, "no file");
        return NULL;
    }
    const struct row *r = &s->rows[f->id];
    if (!(r->flags & ROW_PRESENT)) {
        err_set(e, ERR_ABSENT, "listed, but its content is not there");
        return NULL;
    }
    if (r->mount) {
        struct entry inner;
        source_entry(s->mounts[r->mount - 1], r->place, &inner);
        return source_blob(s->mounts[r->mount - 1], &inner, e);
    }
    return r->flags & ROW_SECTION ? section_blob(s, r) : s->ops->blob(s, r, e);
}

bool source_slurp(struct source *s, const struct entry *f, size_t limit, struct arena *a,
                  struct slice *out, struct err *e)
{
    struct blob *b = source_blob(s, f, e);
    bool ok = b && blob_slurp(b, limit, a, out, e);
    blob_close(b);
    return ok;
}
