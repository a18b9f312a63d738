#include "kit.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* 2026-01-15 12:00:00 */
static const char checked[] = "1768478400000000000";

enum { MAX_INDICATORS = 64 };

int kit_set_up(void **state)
{
    struct kit *k = xcalloc(1, sizeof *k);
    snprintf(k->folder, sizeof k->folder, "/tmp/bridle-detect.XXXXXX");
    assert_non_null(mkdtemp(k->folder));
    snprintf(k->path, sizeof k->path, "%s/a.bridle", k->folder);
    MUST(k->c = casefile_create(k->path, false, e));
    MUST(casefile_set(k->c, "checked_ns", slice_of(checked), e));
    k->in = indicators_new();
    k->in->sets = xcalloc(2, sizeof *k->in->sets);
    k->in->items = xcalloc(MAX_INDICATORS, sizeof *k->in->items);
    *state = k;
    return 0;
}

int kit_tear_down(void **state)
{
    struct kit *k = *state;
    if (k->c)
        MUST(casefile_close(k->c, e));
    unlink(k->path);
    int left = rmdir(k->folder); /* fails where a file was left behind */
    indicators_free(k->in);
    arena_free(&k->arena);
    free(k);
    return left;
}

void kit_evidence(struct kit *k, enum source_kind kind, bool encrypted)
{
    const struct opened o = {.kind = kind, .facts = {.encrypted = encrypted}};
    MUST(casefile_add_evidence(k->c, "phone", &o, NULL, 0, &k->evidence, e));
}

void kit_artifact(struct kit *k, const char *id)
{
    const struct sent_file f = {.path = slice_of(arena_printf(&k->arena, "/private/%s", id))};
    const struct artifact *a = artifact_find(slice_of(id));
    if (!a)
        fail_msg("no artifact %s", id);
    MUST(casefile_plan(k->c, k->evidence, a, &k->run, e));
    MUST(casefile_add_file(k->c, k->evidence, &f, &k->file, e));
}

void kit_finish(struct kit *k, enum status s, struct usage u)
{
    MUST(casefile_finish(k->c, k->run, s, "", &u, e));
}

void kit_row(struct kit *k, const char *table, int64_t row, const char *time)
{
    record_start(&k->record, ROW, slice_of(table), row);
    if (time)
        record_time(&k->record, "date", utime_parse(slice_of(time)));
}

void kit_put(struct kit *k)
{
    struct sent_record *sent = xcalloc(1, sizeof *sent);
    sent->record = k->record;
    record_derive(&k->record, &k->arena, &sent->sightings);
    MUST(casefile_add_record(k->c, k->run, k->file, sent, e));
    free(sent);
}

void kit_message(struct kit *k, int64_t row, const char *time, const char *text)
{
    kit_row(k, "message", row, time);
    record_observe(&k->record, "text", OBS_TEXT, RECEIVED, slice_of(text));
    kit_put(k);
}

struct indicator *kit_indicator(struct kit *k, enum observable type, const char *value)
{
    const struct set lists[] = {{.name = slice_of("one"), .loaded = 1},
                                {.name = slice_of("two"), .loaded = 1}};
    struct indicators *in = k->in;
    assert_true(in->nitems < MAX_INDICATORS);
    if (!in->nsets) {
        memcpy(in->sets, lists, sizeof lists);
        in->nsets = 2;
    }
    struct indicator *i = &in->items[in->nitems];
    *i = (struct indicator){
        .type = type,
        .value = slice_of(value),
        .published = slice_of(value),
        .ref = slice_of(arena_printf(&k->arena, "indicator--%zu", in->nitems)),
        .family = slice_of("Example"),
        .family_class = FAMILY_MERCENARY,
        .confidence = -1,
    };
    in->nitems++;
    return i;
}

void kit_plain(struct kit *k)
{
    kit_indicator(k, OBS_DOMAIN, "spy.example");
    kit_evidence(k, SOURCE_IOS_BACKUP, true);
    kit_artifact(k, "ios.sms");
}

void kit_detect(struct kit *k)
{
    struct matcher *m = matcher_new(k->in);
    MUST(casefile_add_sets(k->c, k->in, e));
    MUST(detect_run(k->c, k->in->nitems ? m : NULL, k->in, &k->window, e));
    matcher_free(m);
}

struct conclusion kit_conclude(struct kit *k, enum severity fail_on)
{
    struct conclusion c;
    MUST(detect_conclude(k->c, fail_on, &c, e));
    return c;
}

void kit_reopen(struct kit *k, enum case_mode m)
{
    MUST(casefile_close(k->c, e));
    MUST(k->c = casefile_open(k->path, m, e));
}

const char *kit_ask(struct kit *k, const char *sql)
{
    sqlite3_stmt *s = NULL;
    struct buf out = {0};
    if (sqlite3_prepare_v2(casefile_db(k->c), sql, -1, &s, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(casefile_db(k->c)));
    while (sqlite3_step(s) == SQLITE_ROW) {
        const char *text = (const char *)sqlite3_column_text(s, 0);
        if (out.n)
            buf_text(&out, "; ");
        buf_text(&out, text ? text : "(null)");
    }
    sqlite3_finalize(s);
    const char *kept = arena_string(&k->arena, buf_view(&out));
    buf_free(&out);
    return kept;
}
