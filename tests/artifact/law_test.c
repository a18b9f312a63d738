/*
 * The truncation law: whatever is cut off or changed in a file, no record may go missing under the
 * status `read`. Every fixture is damaged DAMAGES times, each the same in every run: the first file
 * emptied, then three of four are cuts, one a changed bit. A change inside a value may change that
 * value, where the format has no checksum: nothing can see that. So what counts is the number of
 * records; without those that only the state before the WAL has: damage there is a remark.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "fixture.h"
#include "fixture_list.h"
#include "fixture_sql.h"
#include "format/sqlite.h"
#include "worker/outcome.h"

enum { DAMAGES = 50 };

/* -- what a job in this process says, without its records -- */

struct counter {
    struct job_sink sink;
    struct account account;
    uint64_t kept; /* records that aren't only a remnant */
};

static void count_file(struct job_sink *s, const struct booked_file *f)
{
    struct counter *c = (struct counter *)s;
    c->account.seen.booked++;
    c->account.seen.files += f->used;
}

static bool count_record(struct job_sink *s, uint64_t file, const struct record *r,
                         const struct sightings *found, struct arena *scratch)
{
    (void)file;
    (void)found;
    (void)scratch;
    ((struct counter *)s)->account.seen.sent++;
    ((struct counter *)s)->kept += r->origin.state != RECOVERED;
    return true;
}

static void count_skip(struct job_sink *s, uint64_t file, const struct skipped *what)
{
    struct skip_frame f = {file, *what->origin, what->in_part, slice_of(what->why)};
    account_skip(&((struct counter *)s)->account, &f);
}

static void count_word(struct job_sink *s, enum job_word word, const char *text)
{
    account_word(&((struct counter *)s)->account, word, slice_of(text));
}

/* Status of the artifact over the folder; its records in *n, the reason in *reason. */
static enum status run(const struct artifact *a, const char *folder, uint64_t *n,
                       struct buf *reason)
{
    struct counter c = {.sink = {count_file, count_record, count_skip, count_word}};
    struct limits l = {.seconds = 60, .memory = 1 << 30};
    struct secret none = {0};
    struct err e = {0};
    enum status status = STATUS_FAILED;
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct source *s = source_open(fd, "fixture", &none, NULL, &e);
    if (s) {
        struct opened o = {.kind = source_kind(s), .facts = *source_facts(s)};
        struct job_setup setup = {a, s, &c.sink, l.seconds, 100000, true, HASH_USED};
        struct job *j = job_new(&setup);
        o.damage = source_damage(s, &o.ndamage);
        c.account.done = c.account.exited = true;
        if (job_run(j, &c.account.end.err))
            err_clear(&c.account.end.err);
        c.account.end.tally = *job_tally(j);
        status = outcome(&c.account, a, &o, &l, reason);
        *n = c.kept;
        job_free(j);
    }
    account_free(&c.account);
    source_close(s);
    close(fd);
    return status;
}

/* -- damage -- */

struct damage {
    size_t file, at;
    bool cut;
    uint8_t bit;
};

/* A small generator of numbers, the same everywhere (xorshift). */
static uint32_t number(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

/* A list of lines and nothing else, without an end mark: with whole lines cut off it is as good as
   before. */
static bool lines_only(const char *relative)
{
    static const char *const names[] = {"getprop.txt",         "settings_system.txt",
                                        "settings_secure.txt", "settings_global.txt",
                                        "processes.txt",       "ps.txt",
                                        "dumpstate_log.txt",   "command.log"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!strcmp(relative, names[i]))
            return true;
    return false;
}

static struct damage damage(const struct fixture *f, unsigned i)
{
    uint32_t state = 2463534242u + i * 7919;
    size_t all = 0;
    for (size_t k = 0; k < f->n; k++)
        all += f->files[k].bytes.n;
    for (unsigned k = 0; k < 4; k++)
        number(&state);
    struct damage d = {.at = i && all ? number(&state) % all : 0};
    d.cut = i % 4 != 3;
    d.bit = (uint8_t)(1u << number(&state) % 8);
    while (d.at >= f->files[d.file].bytes.n)
        d.at -= f->files[d.file++].bytes.n;
    if (d.cut && lines_only(f->files[d.file].relative))
        while (
            d.at && d.at < f->files[d.file].bytes.n &&
            (f->files[d.file].bytes.p[d.at - 1] == '\n' || f->files[d.file].bytes.p[d.at] == '\n'))
            d.at++;
    return d;
}

static void put_damaged(const struct fixture *f, const char *folder, const struct damage *d)
{
    struct arena a = {0};
    struct slice bytes = arena_copy(&a, f->files[d->file].bytes);
    if (d->cut)
        bytes.n = d->at;
    else
        ((uint8_t *)bytes.p)[d->at] ^= d->bit;
    fixture_put(arena_printf(&a, "%s%s", folder, f->files[d->file].path), bytes);
    arena_free(&a);
}

static void put_back(const struct fixture *f, const char *folder, size_t file)
{
    struct arena a = {0};
    fixture_put(arena_printf(&a, "%s%s", folder, f->files[file].path), f->files[file].bytes);
    arena_free(&a);
}

static void nothing_goes_missing_under_read(void **state)
{
    char folder[] = "/tmp/bridle-law-XXXXXX";
    struct fixture f;
    struct buf reason = {0};
    uint64_t whole = 0, now = 0;
    const struct artifact *a = fixture_artifact(*state);
    if (!a || !fixture_may_be_in(a, fixture_plain_form(a)))
        skip();
    assert_true(fixture_load(&f, *state, a));
    assert_non_null(mkdtemp(folder));
    fixture_write(&f, fixture_plain_form(a), folder);
    run(a, folder, &whole, &reason);
    for (unsigned i = 0; i < DAMAGES; i++) {
        struct damage d = damage(&f, i);
        put_damaged(&f, folder, &d);
        now = 0;
        if (run(a, folder, &now, &reason) == STATUS_READ && now < whole)
            fail_msg("%s %s at %zu: %llu of %llu records", f.files[d.file].relative,
                     d.cut ? "cut" : "changed", d.at, (unsigned long long)now,
                     (unsigned long long)whole);
        put_back(&f, folder, d.file);
    }
    fixture_remove(folder);
    fixture_free(&f);
    buf_free(&reason);
}

int main(int argc, char **argv)
{
    sqlite_setup();
    return fixture_tests(nothing_goes_missing_under_read, argc > 1 ? argv[1] : NULL);
}
