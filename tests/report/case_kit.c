#include "case_kit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#define MUST(call)                                                                                 \
    do {                                                                                           \
        struct err e = {0};                                                                        \
        if (!(call))                                                                               \
            fail_msg("%s: %s", #call, e.msg);                                                      \
    } while (0)

/* 2026-01-15 12:00:00 */
static const char checked[] = "1768478400000000000";

void kit_start(struct kit *k)
{
    *k = (struct kit){.folder = "/tmp/bridle-report.XXXXXX"};
    assert_non_null(mkdtemp(k->folder));
    snprintf(k->path, sizeof k->path, "%s/a.bridle", k->folder);
    const struct opened o = {
        .kind = SOURCE_IOS_BACKUP,
        .confinement = CONFINED_FULL,
        .facts = {.platform = slice_of("ios"),
                  .model = slice_of("iPhone14,5"),
                  .os = slice_of("17.2"),
                  .serial = slice_of("EXAMPLE1"),
                  .encrypted = true,
                  .taken = utime_parse(slice_of("2026-01-15T08:00:00Z"))},
    };
    MUST(k->c = casefile_create(k->path, false, &e));
    MUST(casefile_set(k->c, "checked_ns", slice_of(checked), &e));
    MUST(casefile_set(k->c, "version", slice_of("0.0.0"), &e));
    MUST(casefile_set(k->c, "fail_on", slice_of("medium"), &e));
    MUST(casefile_add_evidence(k->c, "backup", &o, NULL, 0, &k->evidence, &e));
}

void kit_end(struct kit *k)
{
    MUST(casefile_close(k->c, &e));
    matcher_free(k->matcher);
    indicators_free(k->in);
    arena_free(&k->arena);
    assert_int_equal(unlink(k->path), 0);
    assert_int_equal(rmdir(k->folder), 0);
}

void kit_artifact(struct kit *k, const char *id, const char *path, const char *container)
{
    const struct artifact *a = artifact_find(slice_of(id));
    const struct sent_file f = {slice_of(path), slice_of(container), slice_of("HomeDomain"), 4096};
    assert_non_null(a);
    MUST(casefile_plan(k->c, k->evidence, a, &k->run, &e));
    MUST(casefile_add_file(k->c, k->evidence, &f, &k->file, &e));
}

void kit_record(struct kit *k, struct record *r)
{
    struct sent_record sent = {.record = *r};
    record_derive(r, &k->arena, &sent.sightings);
    MUST(casefile_add_record(k->c, k->run, k->file, &sent, &e));
}

void kit_text(struct kit *k, int64_t row, const char *time, enum exposure x, const char *text)
{
    static struct record r; /* too big for a stack */
    record_start(&r, ROW, slice_of("message"), row);
    record_time(&r, "sent", utime_parse(slice_of(time)));
    record_observe(&r, "text", OBS_TEXT, x, slice_of(text));
    kit_record(k, &r);
}

void kit_finish(struct kit *k, enum status s, const char *reason, struct usage u)
{
    MUST(casefile_finish(k->c, k->run, s, reason, &u, &e));
}

static void one_indicator(struct buf *out, size_t n, const char *pattern)
{
    buf_printf(out,
               ",{\"type\":\"indicator\",\"id\":\"indicator--%08zu-0000-4000-8000-000000000000\","
               "\"created\":\"2025-12-01T00:00:00Z\",\"valid_from\":\"2025-12-01T00:00:00Z\","
               "\"pattern_type\":\"stix\",\"pattern\":\"[%s]\"},{\"type\":\"relationship\","
               "\"id\":\"relationship--%08zu-0000-4000-8000-000000000000\","
               "\"relationship_type\":\"indicates\",\"source_ref\":"
               "\"indicator--%08zu-0000-4000-8000-000000000000\",\"target_ref\":"
               "\"malware--00000000-0000-4000-8000-000000000000\"}",
               n, pattern, n, n);
}

void kit_indicators(struct kit *k, const char *family, const char *const *patterns)
{
    struct buf text = {0}, parsed = {0};
    buf_printf(&text,
               "{\"type\":\"bundle\",\"id\":\"bundle--00000000-0000-4000-8000-000000000000\","
               "\"objects\":[{\"type\":\"malware\",\"id\":"
               "\"malware--00000000-0000-4000-8000-000000000000\",\"name\":\"%s\"}",
               family);
    for (size_t i = 0; patterns[i]; i++)
        one_indicator(&text, i, patterns[i]);
    buf_text(&text, "]}");
    struct blob *b = blob_of_memory(buf_view(&text));
    k->in = indicators_new();
    MUST(indicators_parse(b, "lists/example.stix2", &parsed, &e));
    MUST(indicators_add(k->in, buf_view(&parsed), &e));
    blob_close(b);
    k->matcher = matcher_new(k->in);
    MUST(casefile_add_sets(k->c, k->in, &e));
    buf_free(&text);
    buf_free(&parsed);
}

void kit_detect(struct kit *k)
{
    const struct window all = {UTIME_NONE, UTIME_NONE};
    struct conclusion ignored;
    MUST(detect_run(k->c, k->matcher, k->in, &all, &e));
    MUST(casefile_set(k->c, "finished", slice_of("1"), &e));
    MUST(detect_conclude(k->c, SEVERITY_MEDIUM, &ignored, &e));
}

/* -- what is written -- */

static const char *text_of(struct kit *k, FILE *f, char **text, const size_t *n)
{
    assert_int_equal(fclose(f), 0);
    const char *kept = arena_string(&k->arena, slice_at(*text, *n));
    free(*text);
    return kept;
}

const char *kit_export(struct kit *k, const char *what, const char *format)
{
    char *text;
    size_t n;
    FILE *f = open_memstream(&text, &n);
    MUST(report_export(k->c, what, format, f, &e));
    return text_of(k, f, &text, &n);
}

const char *kit_html(struct kit *k, const char *lang)
{
    char *text;
    size_t n;
    FILE *f = open_memstream(&text, &n);
    const struct report_options o = {.lang = lang, .packer = k->packer};
    MUST(report_html(k->c, &o, f, &e));
    return text_of(k, f, &text, &n);
}

const char *kit_summary(struct kit *k, const char *lang, unsigned width, bool color)
{
    char *text;
    size_t n;
    struct conclusion end;
    FILE *f = open_memstream(&text, &n);
    MUST(detect_conclude(k->c, SEVERITY_MEDIUM, &end, &e));
    MUST(report_summary(k->c, &end, lang, color, width, "a.bridle", "a.html", 1.25, f, &e));
    return text_of(k, f, &text, &n);
}

bool contains(const char *text, const char *part)
{
    return strstr(text, part) != NULL;
}

unsigned occurrences(const char *text, const char *part)
{
    unsigned n = 0;
    for (const char *at = text; (at = strstr(at, part)); at += strlen(part))
        n++;
    return n;
}
