/*
 * What the terminal shows at the end: verdict first, findings by weight, what was not checked as
 * loud as the rest, what it was compared with, and where case and report are.
 */
#include <sqlite3.h>
#include <stdlib.h>

#include "format/json.h"
#include "report/escape.h"
#include "report/finding_words.h"
#include "report/gaps.h"

enum { SHOWN_FINDINGS = 10, SHOWN_GAPS = 12, MIN_WIDTH = 40, MAX_WIDTH = 100 };

struct screen {
    struct casefile *c;
    const char *lang;
    bool color;
    unsigned width;
    struct arena arena;
    struct buf out;
};

static void style(struct screen *s, const char *code)
{
    if (s->color)
        buf_printf(&s->out, "\033[%sm", code);
}

/* Columns that a text takes: code points, near enough for the words of a terminal. */
static size_t columns_of(struct slice text)
{
    size_t n = 0;
    for (size_t i = 0; i < text.n; i++)
        n += (text.p[i] & 0xc0) != 0x80;
    return n;
}

/* A paragraph, broken between words, each line after `indent` blanks. */
static void paragraph(struct screen *s, unsigned indent, const char *text)
{
    struct buf shown = {0};
    escape_terminal(&shown, slice_of(text));
    struct slice rest = buf_view(&shown);
    size_t at = 0;
    while (rest.n) {
        size_t n = slice_find(rest, ' ');
        size_t wide = columns_of(slice_sub(rest, 0, n));
        if (at && at + 1 + wide > s->width - indent) {
            buf_byte(&s->out, '\n');
            at = 0;
        }
        if (at == 0)
            buf_printf(&s->out, "%*s", (int)indent, "");
        else
            buf_byte(&s->out, ' ');
        buf_slice(&s->out, slice_sub(rest, 0, n));
        at += wide + (at ? 1 : 0);
        rest = slice_sub(rest, n + 1, rest.n);
    }
    buf_byte(&s->out, '\n');
    buf_free(&shown);
}

static void heading(struct screen *s, const char *text)
{
    buf_byte(&s->out, '\n');
    style(s, "1");
    buf_text(&s->out, text);
    style(s, "0");
    buf_byte(&s->out, '\n');
}

/* The gravest family class among the findings of high confidence, else among all; and whether
   anything got further than being opened. */
struct weight {
    int class; /* enum family_class; -1: unknown */
    enum exposure furthest;
};

static int class_from(struct slice name)
{
    for (int i = 0; i < FAMILIES; i++)
        if (slice_is(name, family_class_name((enum family_class)i)))
            return i;
    return -1;
}

static bool weigh(struct screen *s, bool only_sure, struct weight *out, struct err *e)
{
    struct case_finding f;
    struct finding_iter *it = findings_open(s->c, e);
    *out = (struct weight){-1, EXPOSURE_NONE};
    while (it && findings_next(it, &f, e)) {
        int class = class_from(f.family_class);
        if ((only_sure && f.confidence != CONFIDENCE_HIGH) || class < 0)
            continue;
        if (out->class < 0 || class < out->class)
            *out = (struct weight){class, f.exposure};
        else if (class == out->class && f.exposure > out->furthest)
            out->furthest = f.exposure;
    }
    findings_close(it);
    return it && !e->code;
}

const char *verdict_key(struct casefile *c, enum verdict v, struct arena *a, struct err *e)
{
    struct screen s = {.c = c};
    struct weight w;
    const char *key = arena_printf(a, "verdict.%s", verdict_name(v));
    if ((v != VERDICT_TRACES && v != VERDICT_REVIEW) || !weigh(&s, v == VERDICT_TRACES, &w, e) ||
        w.class < 0)
        return key;
    key = arena_printf(a, "%s.%s", key, family_class_name((enum family_class)w.class));
    if (v == VERDICT_TRACES && w.furthest <= OPENED)
        key = arena_printf(a, "%s.attempt", key);
    return key;
}

static bool show_verdict(struct screen *s, const struct conclusion *k, struct err *e)
{
    const char *key = verdict_key(s->c, k->verdict, &s->arena, e);
    struct buf upper = {0};
    for (const char *c = verdict_name(k->verdict); *c; c++)
        buf_byte(&upper, (uint8_t)(*c >= 'a' && *c <= 'z' ? *c - 32 : *c == '-' ? ' ' : *c));
    style(s, k->verdict == VERDICT_TRACES ? "1;31" : "1");
    buf_slice(&s->out, buf_view(&upper));
    buf_printf(&s->out, ": %s", words(s->lang, key));
    style(s, "0");
    buf_byte(&s->out, '\n');
    buf_free(&upper);
    paragraph(s, 2, words(s->lang, arena_printf(&s->arena, "%s.means", key)));
    return !e->code;
}

static int by_weight(const void *a, const void *b)
{
    const struct case_finding *x = a, *y = b;
    if (x->severity != y->severity)
        return x->severity > y->severity ? -1 : 1;
    if (x->confidence != y->confidence)
        return x->confidence > y->confidence ? -1 : 1;
    return x->number < y->number ? -1 : 1;
}

static bool gather(struct screen *s, struct case_finding **list, size_t *n, struct err *e)
{
    struct case_finding f;
    struct finding_iter *it = findings_open(s->c, e);
    while (it && findings_next(it, &f, e)) {
        struct slice *const texts[] = {&f.key,      &f.artifact,     &f.title_of_artifact,
                                       &f.rule,     &f.how,          &f.subject,
                                       &f.type,     &f.family_class, &f.family,
                                       &f.set_name, &f.published,    &f.indicator};
        for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
            *texts[i] = arena_copy(&s->arena, *texts[i]);
        *list = xrealloc(*list, *n + 1, sizeof **list);
        (*list)[(*n)++] = f;
    }
    findings_close(it);
    return it && !e->code;
}

static void show_finding(struct screen *s, const struct case_finding *f)
{
    static const char *const colors[] = {"0", "36", "33", "35", "1;31"};
    struct finding_text text;
    char when[UTIME_TEXT];
    finding_words(f, s->lang, &s->arena, &text);
    buf_byte(&s->out, ' ');
    buf_byte(&s->out, ' ');
    style(s, colors[f->severity]);
    buf_printf(&s->out, "%-9s",
               words(s->lang, arena_printf(&s->arena, "severity.%s", severity_name(f->severity))));
    style(s, "0");
    struct buf line = {0};
    struct slice title = slice_of(text.title);
    bool link = slice_is(f->type, "domain") || slice_is(f->type, "url") ||
                slice_is(f->type, "ip") || slice_is(f->type, "email");
    escape_terminal(&line, link ? defang(title, &s->arena) : title);
    buf_slice(&s->out, buf_view(&line));
    buf_byte(&s->out, '\n');
    buf_free(&line);
    struct utime t = f->time;
    t.ns -= t.ns % 1000000000;
    const char *detail = arena_printf(
        &s->arena, "%.*s%s%s%s%.*s, %s", (int)f->title_of_artifact.n, f->title_of_artifact.p,
        t.precision == PRECISION_NONE ? "" : ", ", utime_text(t, when), f->family.n ? ", " : "",
        (int)f->family.n, f->family.p, words_count(&s->arena, s->lang, "records", f->records));
    style(s, "2");
    paragraph(s, 11, detail);
    style(s, "0");
}

static bool show_findings(struct screen *s, const char *case_path, struct err *e)
{
    struct case_finding *list = NULL;
    size_t n = 0;
    bool ok = gather(s, &list, &n, e);
    if (ok && n) {
        qsort(list, n, sizeof *list, by_weight);
        heading(s, words(s->lang, "cli.found"));
        for (size_t i = 0; i < n && i < SHOWN_FINDINGS; i++)
            show_finding(s, &list[i]);
        if (n > SHOWN_FINDINGS)
            paragraph(s, 2,
                      words_fill(&s->arena, s->lang, "cli.more", "n",
                                 number_text(&s->arena, n - SHOWN_FINDINGS), "case", case_path,
                                 NULL));
    }
    free(list);
    return ok;
}

/* One line for each gap, then one for each thing that would close some. */
static bool show_gaps(struct screen *s, struct err *e)
{
    struct coverage_row r;
    struct coverage_iter *it = coverage_open(s->c, true, e);
    const char *closers[8] = {0};
    unsigned n = 0, shown = 0, kinds = 0;
    while (it && coverage_next(it, &r, e)) {
        const char *closer = gap_closer(&r);
        bool told = r.gap || r.status == STATUS_PARTIAL || r.status == STATUS_SKIPPED ||
                    (r.status == STATUS_NOT_APPLICABLE && r.encrypted == false &&
                     r.found_in & IN_BACKUP_ENC && slice_is(r.source, "ios-backup"));
        if (!told)
            continue;
        if (n++ == 0)
            heading(s, words(s->lang, "cli.not-checked"));
        for (unsigned i = 0; closer && i <= kinds && kinds < 7; i++) {
            if (i == kinds)
                closers[kinds++] = closer;
            if (closers[i] == closer || !strcmp(closers[i], closer))
                break;
        }
        if (shown++ < SHOWN_GAPS)
            paragraph(s, 2,
                      arena_printf(&s->arena, "%.*s: %s: %s", (int)r.title.n, r.title.p,
                                   words(s->lang, arena_printf(&s->arena, "coverage.%s",
                                                               status_name(r.status))),
                                   gap_reason(&r, s->lang, &s->arena)));
    }
    coverage_close(it);
    if (shown > SHOWN_GAPS)
        paragraph(s, 2, arena_printf(&s->arena, "… %u", shown - SHOWN_GAPS));
    for (unsigned i = 0; i < kinds; i++)
        paragraph(s, 2,
                  arena_printf(&s->arena, "%s: %s.", words(s->lang, "close.title"),
                               words(s->lang, closers[i])));
    return it && !e->code;
}

static int64_t one_number(struct casefile *c, const char *sql, bool *none)
{
    sqlite3_stmt *s = NULL;
    int64_t v = 0;
    *none = true;
    if (sqlite3_prepare_v2(casefile_db(c), sql, -1, &s, NULL) == SQLITE_OK &&
        sqlite3_step(s) == SQLITE_ROW && sqlite3_column_type(s, 0) != SQLITE_NULL) {
        v = sqlite3_column_int64(s, 0);
        *none = false;
    }
    sqlite3_finalize(s);
    return v;
}

static const char *date_text(struct arena *a, int64_t ns)
{
    char text[UTIME_TEXT];
    return arena_string(a, slice_of(utime_text((struct utime){ns, DAY}, text)));
}

static void show_basis(struct screen *s, const struct conclusion *k)
{
    bool none;
    heading(s, words(s->lang, "section.indicators"));
    if (k->indicators == 0) {
        paragraph(s, 2, words(s->lang, "error.no-indicators"));
    } else {
        int64_t newest = one_number(s->c, "SELECT max(published_ns) FROM indicator_set", &none);
        paragraph(s, 2,
                  arena_printf(&s->arena, "%s (%s).",
                               words_fill(&s->arena, s->lang, "cli.sets", "sets",
                                          number_text(&s->arena, k->sets), "date",
                                          none ? "?" : date_text(&s->arena, newest), NULL),
                               words_count(&s->arena, s->lang, "indicators", k->indicators)));
    }
    int64_t rejected = one_number(s->c, "SELECT sum(rejected) FROM indicator_set", &none);
    if (!none && rejected > 0)
        paragraph(s, 2,
                  arena_printf(&s->arena,
                               "%s values of the lists were skipped (bridle indicators lint FILE).",
                               number_text(&s->arena, (uint64_t)rejected)));
    int64_t first = one_number(
        s->c,
        "SELECT min(first_ns) FROM coverage WHERE holds = 'span' AND first_ns > 1167609600000000000",
        &none);
    if (!none) {
        int64_t last =
            one_number(s->c, "SELECT max(last_ns) FROM coverage WHERE holds = 'span'", &none);
        paragraph(s, 2,
                  words_fill(&s->arena, s->lang, "cli.span", "first", date_text(&s->arena, first),
                             "last", date_text(&s->arena, last), NULL));
    }
}

static void show_limits(struct screen *s)
{
    sqlite3_stmt *q = NULL;
    heading(s, words(s->lang, "section.limits"));
    if (sqlite3_prepare_v2(casefile_db(s->c), "SELECT DISTINCT source FROM evidence ORDER BY 1", -1,
                           &q, NULL) == SQLITE_OK)
        while (sqlite3_step(q) == SQLITE_ROW) {
            const char *key =
                arena_printf(&s->arena, "limits.%s", (const char *)sqlite3_column_text(q, 0));
            if (words_have("en", key))
                paragraph(s, 2, words(s->lang, key));
        }
    sqlite3_finalize(q);
    paragraph(s, 2, words(s->lang, "limits.restart"));
}

bool report_summary(struct casefile *c, const struct conclusion *k, const char *lang, bool color,
                    unsigned width, const char *case_path, const char *report_path, double seconds,
                    FILE *to, struct err *e)
{
    struct screen s = {.c = c, .lang = lang, .color = color};
    s.width = width < MIN_WIDTH ? MIN_WIDTH : width > MAX_WIDTH ? MAX_WIDTH : width;
    bool ok = show_verdict(&s, k, e) && show_findings(&s, case_path, e) && show_gaps(&s, e);
    if (ok) {
        show_basis(&s, k);
        show_limits(&s);
        buf_byte(&s.out, '\n');
        paragraph(&s, 0, words_fill(&s.arena, lang, "cli.case", "path", case_path, NULL));
        if (report_path)
            paragraph(&s, 0, words_fill(&s.arena, lang, "cli.report", "path", report_path, NULL));
        if (seconds > 0)
            paragraph(&s, 0,
                      words_fill(&s.arena, lang, "cli.took", "seconds",
                                 arena_printf(&s.arena, "%.1f", seconds), NULL));
        ok = fwrite(s.out.p, 1, s.out.n, to) == s.out.n || err_io(e, "summary");
    }
    arena_free(&s.arena);
    buf_free(&s.out);
    return ok;
}

static void counts(struct json_writer *w, const char *name, const unsigned *n, unsigned from,
                   unsigned to, const char *(*name_of)(unsigned))
{
    json_name(w, name);
    json_object(w);
    for (unsigned i = from; i < to; i++) {
        json_name(w, name_of(i));
        json_number(w, n[i]);
    }
    json_object_end(w);
}

static const char *name_of_status(unsigned i)
{
    return status_name((enum status)i);
}

static bool evidence_list(struct casefile *c, struct json_writer *w)
{
    sqlite3_stmt *s = NULL;
    json_name(w, "evidence");
    json_array(w);
    if (sqlite3_prepare_v2(casefile_db(c),
                           "SELECT id, source, name, device, encrypted, confinement FROM evidence "
                           "ORDER BY id",
                           -1, &s, NULL) == SQLITE_OK)
        while (sqlite3_step(s) == SQLITE_ROW) {
            json_object(w);
            json_name(w, "id");
            json_number(w, sqlite3_column_int64(s, 0));
            json_name(w, "source");
            json_text(w, (const char *)sqlite3_column_text(s, 1));
            json_name(w, "name");
            json_text(w, (const char *)sqlite3_column_text(s, 2));
            json_name(w, "device");
            json_raw(w, slice_of((const char *)sqlite3_column_text(s, 3)));
            json_name(w, "encrypted");
            json_bool(w, sqlite3_column_int(s, 4));
            json_name(w, "confinement");
            json_text(w, (const char *)sqlite3_column_text(s, 5));
            json_object_end(w);
        }
    sqlite3_finalize(s);
    json_array_end(w);
    return true;
}

bool report_json(struct casefile *c, const struct conclusion *k, const char *case_path,
                 const char *report_path, double seconds, FILE *to, struct err *e)
{
    struct json_writer w;
    struct buf out = {0};
    json_writer(&w, &out);
    json_object(&w);
    json_name(&w, "schema");
    json_text(&w, "bridle/1");
    json_name(&w, "kind");
    json_text(&w, "summary");
    json_name(&w, "verdict");
    json_text(&w, verdict_name(k->verdict));
    json_name(&w, "exit");
    json_number(&w, k->exit);
    json_name(&w, "findings");
    json_object(&w);
    for (unsigned i = SEVERITY_CRITICAL + 1; i-- > 0;) {
        json_name(&w, severity_name((enum severity)i));
        json_number(&w, k->findings[i]);
    }
    json_object_end(&w);
    evidence_list(c, &w);
    counts(&w, "coverage", k->coverage, STATUS_READ, STATUSES, name_of_status);
    json_name(&w, "indicators");
    json_object(&w);
    json_name(&w, "sets");
    json_number(&w, (int64_t)k->sets);
    json_name(&w, "values");
    json_number(&w, (int64_t)k->indicators);
    json_object_end(&w);
    json_name(&w, "case");
    json_text(&w, case_path);
    if (report_path) {
        json_name(&w, "report");
        json_text(&w, report_path);
    }
    json_name(&w, "seconds");
    json_real(&w, seconds);
    json_object_end(&w);
    buf_byte(&out, '\n');
    bool ok = fwrite(out.p, 1, out.n, to) == out.n || err_io(e, "summary");
    buf_free(&out);
    return ok;
}
