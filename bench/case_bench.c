/*
 * case_bench [RECORDS]: the case alone, a million records of three kinds with their observables, written, matched,
 * judged. The records are made beforehand, so that only the case is timed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "detect/detect.h"

enum { SAMPLES = 1 << 14 };

static const char *const artifacts_used[] = {"ios.sms", "ios.safari_history", "ios.manifest"};

/* Five messages to two visits and a file; jobs send them some hundred at a time. */
static unsigned kind_of(unsigned i)
{
    unsigned turn = i / 512 % 8;
    return turn < 5 ? 0 : turn < 7 ? 1 : 2;
}

static void fill(struct record *r, struct arena *a, unsigned kind, int64_t i)
{
    struct utime t = {(1700000000 + i * 60) * INT64_C(1000000000) + 250000000, MILLI};
    if (kind == 0) {
        record_start(r, ROW, slice_of("message"), i + 1);
        record_time(r, "date", t);
        record_time(r, "date_read", t);
        record_observe(
            r, "text", OBS_TEXT, RECEIVED,
            slice_of(arena_printf(a, "Shall we meet at %d? Look at this: %s%d", (int)i,
                                  i % 4 ? "nothing today " : "https://a.example/p?n=", (int)i)));
        record_observe(r, "handle", OBS_HANDLE, RECEIVED,
                       slice_of(arena_printf(a, "+1555010%04d", (int)(i % 300))));
        record_text(r, "guid",
                    slice_of(arena_printf(a, "%08X-AAAA-4BBB-8CCC-123456789ABC", (int)i)));
        record_text(r, "service", slice_of("iMessage"));
        record_int(r, "is_from_me", i & 1);
    } else if (kind == 1) {
        record_start(r, ROW, slice_of("history_visits"), i + 1);
        record_time(r, "visited", t);
        record_observe(r, "url", OBS_URL, OPENED,
                       slice_of(arena_printf(a, "https://site%d.example/story/%d", (int)(i % 900),
                                             (int)(i % 9000))));
        record_text(r, "title", slice_of("A page about something"));
        record_int(r, "loaded", 1);
        record_int(r, "origin", 0);
    } else {
        record_start(r, ROW, slice_of("Files"), i + 1);
        record_time(r, "modified", t);
        record_time(r, "created", t);
        record_observe(r, "path", OBS_PATH, PRESENT,
                       slice_of(arena_printf(a, "/private/var/mobile/Media/DCIM/%d/IMG_%06d.JPG",
                                             (int)(i / 1000), (int)i)));
        record_text(r, "domain", slice_of("CameraRollDomain"));
        record_text(r, "mode", slice_of("100644"));
        record_int(r, "owner", 501);
        record_int(r, "bytes", i * 13);
        record_observe(r, "sha256", OBS_HASH, PRESENT,
                       slice_of(arena_printf(a, "%064x", (unsigned)i * 2654435761u)));
    }
}

/* Processor seconds: what other programs do on this machine doesn't count. */
static double since(double *from)
{
    double now = (double)clock() / CLOCKS_PER_SEC, spent = now - *from;
    *from = now;
    return spent;
}

int main(int argc, char **argv)
{
    const unsigned records = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 1000 * 1000;
    char folder[] = "/tmp/case-bench-XXXXXX", path[64];
    struct err e = {0};
    struct arena a = {0};
    if (!mkdtemp(folder))
        die("no folder");
    snprintf(path, sizeof path, "%s/a.bridle", folder);
    struct sent_record *sent = xcalloc(SAMPLES, sizeof *sent);
    for (unsigned i = 0; i < SAMPLES; i++) {
        fill(&sent[i].record, &a, kind_of(i), i);
        record_derive(&sent[i].record, &a, &sent[i].sightings);
    }
    double mark = (double)clock() / CLOCKS_PER_SEC;
    int64_t evidence, runs[3], file;
    struct opened o = {.kind = SOURCE_IOS_BACKUP, .facts.encrypted = true};
    struct casefile *c = casefile_create(path, true, &e);
    bool ok = c && casefile_add_evidence(c, "bench", &o, NULL, 0, &evidence, &e);
    for (unsigned i = 0; ok && i < 3; i++)
        ok = casefile_plan(c, evidence, artifact_find(slice_of(artifacts_used[i])), &runs[i], &e);
    struct sent_file f = {.path = slice_of("/private/var/mobile/x")};
    ok = ok && casefile_add_file(c, evidence, &f, &file, &e);
    uint64_t sightings = 0;
    for (unsigned i = 0; ok && i < records; i++) {
        const struct sent_record *s = &sent[i % SAMPLES];
        sightings += s->sightings.n;
        ok = casefile_add_record(c, runs[kind_of(i)], file, s, &e);
    }
    const struct usage u = {.records = records / 3};
    for (unsigned i = 0; ok && i < 3; i++)
        ok = casefile_finish(c, runs[i], STATUS_READ, "", &u, &e);
    double write_s = since(&mark);
    struct indicators *in = indicators_new();
    struct matcher *m = matcher_new(in);
    const struct window w = {0};
    struct conclusion k;
    ok = ok && detect_run(c, m, in, &w, &e);
    double detect_s = since(&mark);
    ok = ok && detect_conclude(c, SEVERITY_MEDIUM, &k, &e);
    if (c && !casefile_close(c, &e))
        ok = false;
    double close_s = since(&mark);
    if (!ok)
        die("%s", e.msg);
    struct stat st;
    if (stat(path, &st) != 0)
        die("no case");
    printf("%u records, %.1f sightings each: written %.2f s (%.0f records/s), detect %.2f s, "
           "close %.2f s, %.0f bytes a record\n",
           records, (double)sightings / records, write_s, records / write_s, detect_s, close_s,
           (double)st.st_size / records);
    if (!getenv("BRIDLE_KEEP")) {
        unlink(path);
        rmdir(folder);
    }
    matcher_free(m);
    indicators_free(in);
    arena_free(&a);
    free(sent);
    return 0;
}
