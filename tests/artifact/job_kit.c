#include "job_kit.h"

#include <assert.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fixture_sql.h"

static struct kit *kit_of(struct job_sink *s)
{
    return (struct kit *)((char *)s - offsetof(struct kit, sink));
}

static char *text_of(struct kit *k, struct slice s)
{
    return arena_string(&k->memory, s);
}

static void keep_file(struct job_sink *s, const struct booked_file *f)
{
    struct kit *k = kit_of(s);
    assert(k->nfiles < KIT_MAX);
    k->files[k->nfiles++] =
        arena_printf(&k->memory, "%.*s%s%s", (int)f->entry->path.n, (const char *)f->entry->path.p,
                     f->used ? "" : " (beside)", f->sha256 ? " +hash" : "");
}

static bool keep_record(struct job_sink *s, uint64_t file, const struct record *r,
                        const struct sightings *found, struct arena *scratch)
{
    struct kit *k = kit_of(s);
    (void)scratch;
    assert(k->nrecords < KIT_MAX);
    struct record *to = &k->records[k->nrecords];
    k->file_of[k->nrecords] = file;
    *to = *r;
    to->origin.name = arena_copy(&k->memory, r->origin.name);
    for (unsigned i = 0; i < r->n; i++) {
        to->fields[i].name = text_of(k, slice_of(r->fields[i].name));
        if (r->fields[i].kind == KIND_TEXT || r->fields[i].kind == KIND_HEX)
            to->fields[i].text = arena_copy(&k->memory, r->fields[i].text);
    }
    struct buf list = {0};
    for (size_t i = 0; i < found->n; i++)
        buf_printf(&list, "%s%s %.*s %s", i ? "; " : "", observable_name(found->items[i].type),
                   (int)found->items[i].value.n, (const char *)found->items[i].value.p,
                   exposure_name(found->items[i].exposure));
    k->sightings[k->nrecords++] = text_of(k, buf_view(&list));
    buf_free(&list);
    return !r->overfull;
}

static void keep_skip(struct job_sink *s, uint64_t file, const struct skipped *what)
{
    struct kit *k = kit_of(s);
    (void)file;
    k->skips[k->nskips++] =
        arena_printf(&k->memory, "%.*s %lld: %s", (int)what->origin->name.n,
                     (const char *)what->origin->name.p, (long long)what->origin->n, what->why);
}

static void keep_word(struct job_sink *s, enum job_word word, const char *text)
{
    struct kit *k = kit_of(s);
    k->words[word][k->nwords[word]++] = text_of(k, slice_of(text));
}

void kit_start(struct kit *k)
{
    *k = (struct kit){.path = "/tmp/bridle-test-XXXXXX",
                      .sink = {keep_file, keep_record, keep_skip, keep_word}};
    if (!mkdtemp(k->path))
        die("no folder");
}

void kit_put(struct kit *k, const char *name, const char *bytes, size_t n)
{
    fixture_put(arena_printf(&k->memory, "%s/%s", k->path, name), slice_at(bytes, n));
}

void kit_sql(struct kit *k, const char *name, const char *sql)
{
    fixture_sql(slice_of(sql), arena_printf(&k->memory, "%s/%s", k->path, name));
}

void kit_run(struct kit *k, const struct artifact *a)
{
    struct secret none = {0};
    int fd = open(k->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct source *s = source_open(fd, "kit", &none, NULL, &k->err);
    if (!s)
        die("%s", k->err.msg);
    struct job_setup setup = {a, s, &k->sink, 60, 1000, false, HASH_DEFAULT};
    struct job *j = job_new(&setup);
    k->ok = job_run(j, &k->err);
    k->tally = *job_tally(j);
    job_free(j);
    source_close(s);
    close(fd);
}

void kit_end(struct kit *k)
{
    DIR *d = opendir(k->path);
    for (struct dirent *e; d && (e = readdir(d));)
        unlinkat(dirfd(d), e->d_name, 0);
    closedir(d);
    rmdir(k->path);
    arena_free(&k->memory);
}

const char *kit_field(struct kit *k, unsigned record, const char *name)
{
    const struct record *r = &k->records[record];
    for (unsigned i = 0; record < k->nrecords && i < r->n; i++) {
        const struct field *f = &r->fields[i];
        char time[UTIME_TEXT];
        if (strcmp(f->name, name) != 0)
            continue;
        switch (f->kind) {
        case KIND_TEXT: return text_of(k, f->text);
        case KIND_INT: return arena_printf(&k->memory, "%lld", (long long)f->integer);
        case KIND_REAL: return arena_printf(&k->memory, "%g", f->real);
        case KIND_TIME: return text_of(k, slice_of(utime_text(f->time, time)));
        case KIND_HEX: return arena_printf(&k->memory, "%zu bytes", f->text.n);
        case KINDS: break;
        }
    }
    return "";
}
