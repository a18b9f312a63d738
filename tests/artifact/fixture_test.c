/*
 * Every fixture below tests/artifact/ios and android: the artifact of its name must say the same of
 * a plain backup, an encrypted one and a file system, or of an acquisition and of the folder above
 * it, and it must be what expect.jsonl and expect.coverage hold. With BRIDLE_BLESS=1 those are written instead: the difference is for a reviewer to read.
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

#include "artifact/record_json.h"
#include "fixture.h"
#include "fixture_list.h"
#include "fixture_sql.h"
#include "worker/worker.h"

enum { MAX_PATHS = 256 };

struct run {
    struct buf lines, coverage;
    const char *paths[MAX_PATHS]; /* of the files booked */
    unsigned n;
};

static void add_line(struct run *r, const struct event *ev)
{
    struct json_writer w;
    char time[UTIME_TEXT];
    const struct record *record = &ev->record->record;
    json_writer(&w, &r->lines);
    json_object(&w);
    utime_text(record_moment(record), time);
    if (time[0]) {
        json_name(&w, "time");
        json_text(&w, time);
    }
    json_name(&w, "fields");
    record_json_fields(&w, record, true);
    json_name(&w, "observables");
    record_json_observables(&w, &ev->record->sightings);
    json_name(&w, "provenance");
    record_json_provenance(&w, &record->origin, slice_of(r->paths[ev->file.number]),
                           (struct slice){0});
    json_object_end(&w);
    buf_byte(&r->lines, '\n');
}

static void take(struct run *r, const struct event *ev, struct arena *a)
{
    switch (ev->type) {
    case EVENT_FILE:
        assert_true(r->n < MAX_PATHS);
        r->paths[r->n++] = arena_string(a, ev->file.path);
        break;
    case EVENT_RECORD: add_line(r, ev); break;
    case EVENT_SKIP:
    case EVENT_NOTE: break;
    case EVENT_FINISHED:
        buf_printf(&r->coverage, "%s files=%llu records=%llu skipped=%llu\n",
                   status_name(ev->status), (unsigned long long)ev->usage.files,
                   (unsigned long long)ev->usage.records, (unsigned long long)ev->usage.skipped);
        if (ev->text[0])
            buf_printf(&r->coverage, "%s\n", ev->text);
    }
}

/* What the real worker says of the fixture in one form. */
static void run_form(const struct fixture *f, enum fixture_form form, struct run *r)
{
    char folder[] = "/tmp/bridle-fixture-XXXXXX";
    struct arena a = {0};
    struct limits l;
    struct opened o;
    struct event ev;
    struct err e = {0};
    struct secret secret = fixture_secret(form);
    assert_non_null(mkdtemp(folder));
    fixture_write(f, form, folder);
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    limits_default(&l);
    l.seconds = 60;
    l.keep_all = true;
    struct worker *w = worker_start(fd, "fixture", &l, &e);
    if (!w || !worker_open(w, &secret, NULL, &o, &e))
        fail_msg("%s", e.msg);
    worker_run(w, f->artifact);
    while (worker_next(w, &ev, &e))
        take(r, &ev, &a);
    assert_int_equal(e.code, ERR_NONE);
    worker_stop(w);
    close(fd);
    fixture_remove(folder);
    arena_free(&a);
}

/* The first line in which they differ. */
static void show_difference(struct slice want, struct slice got)
{
    struct cursor a = cursor(want), b = cursor(got);
    struct slice x, y;
    for (unsigned n = 1;; n++) {
        bool more = cursor_line(&a, &x), more_got = cursor_line(&b, &y);
        x = more ? x : slice_of("(no more)");
        y = more_got ? y : slice_of("(no more)");
        if (slice_equal(x, y) && (more || more_got))
            continue;
        fprintf(stderr, "line %u\n- %.*s\n+ %.*s\n", n, (int)x.n, (const char *)x.p, (int)y.n,
                (const char *)y.p);
        return;
    }
}

static void expect(const struct fixture *f, const char *file, const struct buf *got,
                   enum fixture_form form, bool bless)
{
    static const char *const forms[] = {"plain backup", "encrypted backup", "file system",
                                        "acquisition", "folder above it"};
    struct arena a = {0};
    char *path = arena_printf(&a, "%s/%s", f->folder, file);
    if (bless)
        fixture_put(path, buf_view(got));
    struct slice want = fixture_slurp(path, &a);
    if (!slice_equal(want, buf_view(got))) {
        show_difference(want, buf_view(got));
        fail_msg("%s: the %s says something else", path, forms[form]);
    }
    arena_free(&a);
}

static void all_forms_say_the_same(void **state)
{
    struct fixture f;
    const struct artifact *a = fixture_artifact(*state);
    bool bless = getenv("BRIDLE_BLESS") != NULL;
    assert_non_null(a);
    assert_true(fixture_load(&f, *state, a));
    for (enum fixture_form form = PLAIN_BACKUP; form < FIXTURE_FORMS; form++) {
        struct run r = {0};
        if (!fixture_may_be_in(a, form))
            continue;
        run_form(&f, form, &r);
        expect(&f, "expect.coverage", &r.coverage, form, bless);
        expect(&f, "expect.jsonl", &r.lines, form, bless);
        buf_free(&r.lines);
        buf_free(&r.coverage);
        bless = false; /* the others must agree with the first */
    }
    fixture_free(&f);
}

int main(int argc, char **argv)
{
    return fixture_tests(all_forms_say_the_same, argc > 1 ? argv[1] : NULL);
}
