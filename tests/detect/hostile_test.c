/*
 * A case that somebody has damaged or made up: opening, matching and judging end in an error or in a
 * result, never in a crash. Seeded, so that a failure can be seen again.
 */
#include "kit.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TRIES = 150 };

/* A small case with a bit of everything. */
static void fill(struct kit *k)
{
    kit_plain(k);
    kit_message(k, 1, "2026-01-03T10:00:00Z", "https://www.spy.example/a");
    kit_message(k, 2, NULL, "ALERT: State-sponsored attackers may be targeting your iPhone");
    kit_finish(k, STATUS_READ, (struct usage){.records = 2});
    kit_artifact(k, "ios.safari_history");
    for (int i = 1; i <= 200; i++) {
        kit_row(k, "history_visits", i, "2026-01-03T10:00:00.2Z");
        record_observe(&k->record, "url", OBS_URL, OPENED,
                       slice_of(arena_printf(&k->arena, "http://h%d.example/%d", i, i)));
        record_int(&k->record, "redirected_to", i + 1);
        kit_put(k);
    }
    kit_finish(k, STATUS_PARTIAL, (struct usage){.records = 20, .skipped = 1});
    kit_detect(k);
    MUST(casefile_close(k->c, e));
    k->c = NULL;
}

static uint32_t next(uint32_t *x)
{
    *x = *x * 1664525u + 1013904223u;
    return *x >> 8;
}

static struct slice read_case(struct kit *k)
{
    struct stat st;
    int fd = open(k->path, O_RDONLY);
    assert_true(fd >= 0 && fstat(fd, &st) == 0);
    uint8_t *p = arena_alloc(&k->arena, (size_t)st.st_size);
    assert_int_equal(read(fd, p, (size_t)st.st_size), st.st_size);
    close(fd);
    return slice_at(p, (size_t)st.st_size);
}

static void write_case(struct kit *k, struct slice bytes)
{
    int fd = open(k->path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes.p, bytes.n), bytes.n);
    close(fd);
}

/* All that a command does with a case. */
static bool use(struct kit *k)
{
    struct err e = {0}, ignored = {0};
    struct conclusion end;
    char side[128];
    struct casefile *c = casefile_open(k->path, CASE_WRITE, &e);
    if (!c)
        return false;
    struct matcher *m = matcher_new(k->in);
    bool ok = casefile_add_sets(c, k->in, &e) && detect_run(c, m, k->in, &k->window, &e) &&
              detect_conclude(c, SEVERITY_MEDIUM, &end, &e) &&
              casefile_log(c, "recheck", slice_of(""), &e);
    matcher_free(m);
    ok = casefile_close(c, &ignored) && ok;
    snprintf(side, sizeof side, "%s-journal", k->path);
    unlink(side);
    return ok;
}

static void flipped_bytes_never_crash(void **state)
{
    struct kit *k = *state;
    unsigned used = 0;
    fill(k);
    struct slice whole = read_case(k);
    uint8_t *bytes = arena_alloc(&k->arena, whole.n);
    for (uint32_t i = 0; i < TRIES; i++) {
        uint32_t x = i;
        memcpy(bytes, whole.p, whole.n);
        for (unsigned n = 1 + next(&x) % 8; n > 0; n--)
            bytes[next(&x) % whole.n] = (uint8_t)next(&x);
        write_case(k, slice_at(bytes, whole.n));
        used += use(k);
    }
    assert_true(used > 0); /* many land in unused space or in texts */
}

static void cut_cases_never_crash(void **state)
{
    struct kit *k = *state;
    fill(k);
    struct slice whole = read_case(k);
    for (unsigned i = 0; i < 40; i++) {
        write_case(k, slice_sub(whole, 0, whole.n * i / 40));
        assert_false(use(k));
    }
}

/* Where NOT NULL and CHECK don't hold: nobody enforces them in a file from elsewhere. */
static void values_that_cannot_be_never_crash(void **state)
{
    static const char *const changes[] = {
        "UPDATE record SET fields = '{\"url\":'",
        "UPDATE record SET fields = ''",
        "UPDATE record SET n = 9223372036854775807, time_ns = -9223372036854775808",
        "UPDATE record SET state = 77, precision = -5, place = 99",
        "UPDATE coverage SET artifact = '', status = 'x', process_cut = -1",
        "UPDATE coverage SET artifact = hex(zeroblob(5000))",
        "UPDATE coverage SET records = -1, skipped = -1, lost = -1",
        "UPDATE sighting SET exposure = 1000, field = hex(zeroblob(5000))",
        "UPDATE sighting SET exposure = -1",
        "UPDATE observable SET type = 'no such type'",
        "UPDATE observable SET value = ''",
        "UPDATE observable SET id = -id",
        "UPDATE span SET first_record = -9223372036854775808, last_record = 9223372036854775807",
        "UPDATE run SET value = '99999999999999999999' WHERE name = 'checked_ns'",
        "UPDATE finding SET severity = 99, confidence = -1",
        "DELETE FROM evidence",
        "DELETE FROM file",
        "DELETE FROM coverage",
    };
    struct kit *k = *state;
    fill(k);
    struct slice whole = read_case(k);
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        write_case(k, whole);
        MUST(k->c = casefile_open(k->path, CASE_WRITE, e));
        kit_ask(k, "PRAGMA ignore_check_constraints = ON");
        kit_ask(k, changes[i]);
        MUST(casefile_close(k->c, e));
        k->c = NULL;
        use(k);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        KIT_TEST(flipped_bytes_never_crash),
        KIT_TEST(cut_cases_never_crash),
        KIT_TEST(values_that_cannot_be_never_crash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
