/*
 * What the terminal shows at the end: verdict first, findings by weight, what was not checked as
 * loud as the rest, what it was compared with, and where case and report are.
 *
 * Values of the case are made harmless by safe() or shown() before they enter a sentence; what paragraph()
 * gets is ready to be sent.
 */
#include <sqlite3.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "report/escape.h"
#include "report/finding_words.h"
#include "report/gaps.h"
#include "report/rows.h"

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

static const char *safe(struct screen *s, struct slice text)
{
    struct buf out = {0};
    escape_terminal(&out, text);
    const char *kept = arena_string(&s->arena, buf_view(&out));
    buf_free(&out);
    return kept;
}

/* For what stands alone; words_fill() isolates by itself. */
static const char *shown(struct screen *s, struct slice text)
{
    return words_value(&s->arena, s->lang, safe(s, text));
}

static const char *word(struct screen *s, const char *prefix, const char *name)
{
    return words(s->lang, arena_printf(&s->arena, "%s.%s", prefix, name));
}

/* Columns that a text takes: code points but isolates, near enough for the words of a terminal. */
static size_t columns_of(struct slice text)
{
    size_t n = 0;
    for (size_t i = 0; i < text.n; i++) {
        bool isolate = text.n - i >= 3 && text.p[i] == 0xe2 && text.p[i + 1] == 0x81 &&
                       (text.p[i + 2] == 0xa8 || text.p[i + 2] == 0xa9);
        n += (text.p[i] & 0xc0) != 0x80 && !isolate;
    }
    return n;
}

/* Breaks between words, each line after `indent` blanks; the first one has `used` columns behind
   it already, in which case its blanks are there. */
static void paragraph_from(struct screen *s, size_t used, unsigned indent, const char *text)
{
    struct slice rest = slice_of(text);
    size_t at = used;
    while (rest.n) {
        size_t n = slice_find(rest, ' ');
        size_t wide = columns_of(slice_sub(rest, 0, n));
        if (at > indent && at + 1 + wide > s->width) {
            buf_byte(&s->out, '\n');
            at = 0;
        }
        if (at == 0)
            buf_printf(&s->out, "%*s", (int)indent, "");
        else if (at > indent)
            buf_byte(&s->out, ' ');
        buf_slice(&s->out, slice_sub(rest, 0, n));
        at = (at ? at + (at > indent) : indent) + wide;
        rest = slice_sub(rest, n + 1, rest.n);
    }
    buf_byte(&s->out, '\n');
}

static void paragraph(struct screen *s, unsigned indent, const char *text)
{
    paragraph_from(s, 0, indent, text);
}

static void heading(struct screen *s, const char *key)
{
    buf_byte(&s->out, '\n');
    style(s, "1");
    buf_text(&s->out, words(s->lang, key));
    style(s, "0");
    buf_byte(&s->out, '\n');
}

/* -- verdict -- */

/* What the findings that decide a verdict are about. */
struct weight {
    bool known[FAMILIES];
    enum exposure furthest[FAMILIES];
};

static bool weigh(struct casefile *c, bool only_sure, struct weight *out, struct err *e)
{
    struct case_finding f;
    struct finding_iter *it = findings_open(c, e);
    *out = (struct weight){0};
    while (it && findings_next(it, &f, e))
        for (unsigned i = 0; i < FAMILIES; i++) {
            if ((only_sure && f.confidence != CONFIDENCE_HIGH) ||
                !slice_is(f.family_class, family_class_name((enum family_class)i)))
                continue;
            out->known[i] = true;
            if (f.exposure > out->furthest[i])
                out->furthest[i] = f.exposure;
        }
    findings_close(it);
    return it && !e->code;
}

static const char *class_key(enum verdict v, const struct weight *w, unsigned class,
                             struct arena *a)
{
    bool attempt = v == VERDICT_TRACES && w->furthest[class] <= OPENED;
    return arena_printf(a, "verdict.%s.%s%s", verdict_name(v),
                        family_class_name((enum family_class) class), attempt ? ".attempt" : "");
}

const char *verdict_key(struct casefile *c, enum verdict v, struct arena *a, struct err *e)
{
    struct weight w;
    if ((v == VERDICT_TRACES || v == VERDICT_REVIEW) && weigh(c, v == VERDICT_TRACES, &w, e))
        for (unsigned i = 0; i < FAMILIES; i++) /* by gravity */
            if (w.known[i])
                return class_key(v, &w, i, a);
    return arena_printf(a, "verdict.%s", verdict_name(v));
}

static void show_title(struct screen *s, const struct conclusion *k, const char *key,
                       unsigned unread)
{
    struct buf line = {0};
    for (const char *c = verdict_name(k->verdict); *c; c++)
        buf_byte(&line, (uint8_t)(*c >= 'a' && *c <= 'z' ? *c - 32 : *c == '-' ? ' ' : *c));
    buf_printf(&line, ": %s", words(s->lang, key));
    if (unread)
        buf_printf(&line, "; %s", words_count(&s->arena, s->lang, "unchecked", unread));
    style(s, k->verdict == VERDICT_TRACES ? "1;31" : "1");
    paragraph(s, 0, arena_string(&s->arena, buf_view(&line)));
    style(s, "0");
    buf_free(&line);
}

/* Of two kinds of traces each has its say; whom an app watches must think of safety first. */
static bool show_verdict(struct screen *s, const struct conclusion *k, unsigned unread,
                         struct err *e)
{
    struct weight w = {0};
    const char *key = verdict_key(s->c, k->verdict, &s->arena, e);
    if (e->code || (k->verdict == VERDICT_TRACES && !weigh(s->c, true, &w, e)))
        return false;
    show_title(s, k, key, unread);
    paragraph(s, 2, word(s, key, "means"));
    for (unsigned i = 0; i < FAMILIES; i++) {
        const char *other = w.known[i] ? class_key(k->verdict, &w, i, &s->arena) : key;
        if (!strcmp(other, key))
            continue;
        buf_byte(&s->out, '\n');
        style(s, "1");
        paragraph(s, 2, words(s->lang, other));
        style(s, "0");
        paragraph(s, 2, word(s, other, "means"));
    }
    if (w.known[FAMILY_STALKERWARE]) {
        buf_byte(&s->out, '\n');
        paragraph(s, 2, words(s->lang, "now.stalkerware.1"));
        paragraph(s, 2, words(s->lang, "now.stalkerware.2"));
    }
    return true;
}

/* -- findings -- */

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
    size_t room = 0;
    struct finding_iter *it = findings_open(s->c, e);
    while (it && findings_next(it, &f, e)) {
        struct slice *const texts[] = {&f.key,      &f.artifact,     &f.title_of_artifact,
                                       &f.rule,     &f.how,          &f.subject,
                                       &f.type,     &f.family_class, &f.family,
                                       &f.set_name, &f.published,    &f.indicator};
        for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
            *texts[i] = arena_copy(&s->arena, *texts[i]);
        if (*n == room) {
            room = room ? room * 2 : 64;
            *list = xrealloc(*list, room, sizeof **list);
        }
        (*list)[(*n)++] = f;
    }
    findings_close(it);
    return it && !e->code;
}

static unsigned severity_columns(struct screen *s)
{
    size_t widest = 0;
    for (unsigned i = SEVERITY_INFO; i <= SEVERITY_CRITICAL; i++) {
        size_t n = columns_of(slice_of(word(s, "severity", severity_name((enum severity)i))));
        widest = n > widest ? n : widest;
    }
    return (unsigned)widest;
}

static const char *seconds_text(struct arena *a, struct utime t)
{
    char text[UTIME_TEXT];
    utime_text(t, text);
    if (strlen(text) < 20)
        return arena_string(a, slice_of(text)); /* a day, or nothing */
    text[10] = ' ';
    return arena_string(a, slice_at(text, 19));
}

static void part(struct buf *line, const char *text)
{
    if (*text)
        buf_printf(line, "%s%s", line->n ? " · " : "", text);
}

/* Where and when; then what it is called and how sure that is, on a line of its own if named. */
static void show_details(struct screen *s, const struct case_finding *f, unsigned indent)
{
    struct buf line = {0};
    part(&line, shown(s, f->title_of_artifact));
    part(&line, seconds_text(&s->arena, f->time));
    part(&line, words_count(&s->arena, s->lang, "records", f->records));
    if (f->review != REVIEW_NONE)
        part(&line, word(s, "review", review_name(f->review)));
    if (f->family.n) {
        paragraph(s, indent, arena_string(&s->arena, buf_view(&line)));
        buf_clear(&line);
        part(&line, shown(s, f->family));
    }
    part(&line, arena_printf(&s->arena, "%s: %s", words(s->lang, "ui.confidence"),
                             word(s, "confidence", confidence_name(f->confidence))));
    paragraph(s, indent, arena_string(&s->arena, buf_view(&line)));
    buf_free(&line);
}

static void show_finding(struct screen *s, const struct case_finding *f, unsigned wide)
{
    static const char *const colors[] = {"0", "36", "33", "35", "1;31"};
    struct finding_text text;
    struct case_finding harmless = *f;
    const char *severity = word(s, "severity", severity_name(f->severity));
    bool link = slice_is(f->type, "domain") || slice_is(f->type, "url") ||
                slice_is(f->type, "ip") || slice_is(f->type, "email");
    harmless.subject =
        slice_of(safe(s, link ? defang(f->subject, &s->arena) : utf8_cut(f->subject, 400)));
    finding_words(&harmless, s->lang, &s->arena, &text);
    buf_text(&s->out, "  ");
    style(s, colors[f->severity]);
    buf_text(&s->out, severity);
    style(s, "0");
    buf_printf(&s->out, "%*s", (int)(wide + 2 - columns_of(slice_of(severity))), "");
    paragraph_from(s, wide + 4, wide + 4, text.title);
    style(s, "2");
    show_details(s, f, wide + 4);
    style(s, "0");
}

static bool show_findings(struct screen *s, const char *case_path, struct err *e)
{
    struct case_finding *list = NULL;
    size_t n = 0;
    bool ok = gather(s, &list, &n, e);
    if (ok && n) {
        unsigned wide = severity_columns(s);
        qsort(list, n, sizeof *list, by_weight);
        heading(s, "cli.found");
        for (size_t i = 0; i < n && i < SHOWN_FINDINGS; i++)
            show_finding(s, &list[i], wide);
        if (n > SHOWN_FINDINGS)
            paragraph(s, 2,
                      words_fill(&s->arena, s->lang, "cli.more", "n",
                                 number_text(&s->arena, n - SHOWN_FINDINGS), "case",
                                 safe(s, slice_of(case_path)), NULL));
    }
    free(list);
    return ok;
}

/* -- what was not checked -- */

struct gap {
    const char *title, *why, *closer; /* closer: "" if nothing would */
    bool told;
};

struct gaps {
    struct gap *items;
    size_t n, room;
    unsigned unread; /* rows that move the verdict */
};

static void add_gap(struct gaps *g, const char *title, const char *why, const char *closer)
{
    if (g->n == g->room) {
        g->room = g->room ? g->room * 2 : 64;
        g->items = xrealloc(g->items, g->room, sizeof *g->items);
    }
    g->items[g->n++] = (struct gap){title, why, closer ? closer : "", false};
}

/* What no coverage row tells: evidence that stayed closed, lists that could not be read. */
static void other_gaps(struct screen *s, const struct conclusion *k, struct gaps *g)
{
    static const char *const names[][2] = {{"interrupted", "reason.interrupted"},
                                           {"unopened", "page.unopened"},
                                           {"unread_sets", "page.unread-sets"}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct slice value = casefile_get(s->c, names[i][0], &s->arena);
        if (value.n && !slice_is(value, "0"))
            add_gap(g, "", words(s->lang, names[i][1]), NULL);
    }
    if (k->indicators == 0)
        add_gap(g, "", words(s->lang, "reason.no-indicators"), "close.indicators");
}

static const char *why(struct screen *s, const struct coverage_row *r)
{
    const char *status = word(s, "coverage", status_name(r->status));
    if (r->status == STATUS_SKIPPED)
        return status;
    return arena_printf(&s->arena, "%s: %s", status,
                        shown(s, slice_of(gap_reason(r, s->lang, &s->arena))));
}

static bool find_gaps(struct screen *s, const struct conclusion *k, struct gaps *g, struct err *e)
{
    struct coverage_row r;
    struct coverage_iter *it = coverage_open(s->c, true, e);
    other_gaps(s, k, g);
    while (it && coverage_next(it, &r, e)) {
        bool plain = r.status == STATUS_NOT_APPLICABLE && !r.encrypted &&
                     r.found_in & IN_BACKUP_ENC && slice_is(r.source, "ios-backup");
        g->unread += r.gap;
        if (r.gap || plain || r.status == STATUS_PARTIAL || r.status == STATUS_SKIPPED)
            add_gap(g, shown(s, r.title), why(s, &r), gap_closer(&r));
    }
    coverage_close(it);
    return it && !e->code;
}

/* All that shares this gap's reason and closer, in one paragraph. */
static void show_alike(struct screen *s, struct gaps *g, size_t from)
{
    const struct gap *first = &g->items[from];
    struct buf line = {0};
    for (size_t i = from; i < g->n; i++) {
        struct gap *x = &g->items[i];
        if (x->told || strcmp(x->closer, first->closer) || strcmp(x->why, first->why))
            continue;
        buf_printf(&line, "%s%s", line.n ? ", " : "", x->title);
        x->told = true;
    }
    buf_printf(&line, "%s%s", line.n ? ": " : "", first->why);
    paragraph(s, 2, arena_string(&s->arena, buf_view(&line)));
    buf_free(&line);
}

static void show_gaps(struct screen *s, struct gaps *g)
{
    unsigned lines = 0;
    size_t left = 0;
    heading(s, "cli.not-checked");
    if (!g->n)
        paragraph(s, 2, words(s->lang, "page.no-gap.means"));
    for (size_t i = 0; i < g->n; i++) {
        const char *closer = g->items[i].closer;
        bool any = false;
        for (size_t k = i; k < g->n; k++) {
            if (g->items[k].told || strcmp(g->items[k].closer, closer))
                continue;
            if (lines < SHOWN_GAPS) {
                show_alike(s, g, k);
                lines++;
                any = true;
            }
        }
        if (any && *closer)
            paragraph(s, 4,
                      arena_printf(&s->arena, "%s: %s.", words(s->lang, "close.title"),
                                   words(s->lang, closer)));
    }
    for (size_t i = 0; i < g->n; i++)
        left += !g->items[i].told;
    if (left)
        paragraph(
            s, 2,
            arena_printf(&s->arena, "+ %s", words_count(&s->arena, s->lang, "unchecked", left)));
}

/* -- what it rests on -- */

/* False: there is no such number. */
static bool one_number(struct screen *s, const char *sql, int64_t *out, struct err *e)
{
    sqlite3_stmt *q = rows_query(s->c, sql, e);
    bool known = q && rows_next(s->c, q, e) && sqlite3_column_type(q, 0) != SQLITE_NULL;
    *out = known ? sqlite3_column_int64(q, 0) : 0;
    sqlite3_finalize(q);
    return known;
}

static const char *date_text(struct arena *a, int64_t ns)
{
    char text[UTIME_TEXT];
    return arena_string(a, slice_of(utime_text((struct utime){ns, DAY}, text)));
}

static void show_sets(struct screen *s, const struct conclusion *k, struct err *e)
{
    int64_t newest;
    if (k->indicators == 0) {
        paragraph(s, 2, words(s->lang, "page.no-sets"));
        return;
    }
    bool dated = one_number(s, "SELECT max(published_ns) FROM indicator_set", &newest, e);
    paragraph(s, 2,
              arena_printf(&s->arena, "%s (%s).",
                           words_fill(&s->arena, s->lang, "cli.sets", "sets",
                                      words_count(&s->arena, s->lang, "lists", k->sets), "date",
                                      dated ? date_text(&s->arena, newest) : "?", NULL),
                           words_count(&s->arena, s->lang, "indicators", k->indicators)));
    if (one_number(s, "SELECT sum(rejected) FROM indicator_set", &newest, e) && newest > 0)
        paragraph(s, 2, words_count(&s->arena, s->lang, "refused", (uint64_t)newest));
}

/* Times before 2007, when there was no such phone, say nothing about the span. */
static void show_span(struct screen *s, struct err *e)
{
    int64_t first, last;
    if (one_number(s,
                   "SELECT min(first_ns) FROM coverage WHERE holds = 'span' AND "
                   "first_ns > 1167609600000000000",
                   &first, e) &&
        one_number(s, "SELECT max(last_ns) FROM coverage WHERE holds = 'span'", &last, e))
        paragraph(s, 2,
                  arena_printf(&s->arena, "%s %s",
                               words_fill(&s->arena, s->lang, "cli.span", "first",
                                          date_text(&s->arena, first), "last",
                                          date_text(&s->arena, last), NULL),
                               words(s->lang, "ui.utc")));
}

static void show_limits(struct screen *s, struct err *e)
{
    sqlite3_stmt *q = rows_query(s->c, "SELECT DISTINCT source FROM evidence ORDER BY 1", e);
    heading(s, "section.limits");
    while (q && rows_next(s->c, q, e)) {
        const char *key =
            arena_printf(&s->arena, "limits.%s", arena_string(&s->arena, rows_text(q, 0)));
        if (words_have("en", key))
            paragraph(s, 2, words(s->lang, key));
    }
    sqlite3_finalize(q);
    paragraph(s, 2, words(s->lang, "limits.restart"));
}

static void show_end(struct screen *s, const char *case_path, const char *report_path,
                     double seconds)
{
    buf_byte(&s->out, '\n');
    paragraph(
        s, 0,
        words_fill(&s->arena, s->lang, "cli.case", "path", safe(s, slice_of(case_path)), NULL));
    if (report_path)
        paragraph(s, 0,
                  words_fill(&s->arena, s->lang, "cli.report", "path",
                             safe(s, slice_of(report_path)), NULL));
    if (seconds > 0)
        paragraph(s, 0,
                  words_fill(&s->arena, s->lang, "cli.took", "seconds",
                             arena_printf(&s->arena, "%.1f", seconds), NULL));
}

bool report_summary(struct casefile *c, const struct conclusion *k, const char *lang, bool color,
                    unsigned width, const char *case_path, const char *report_path, double seconds,
                    FILE *to, struct err *e)
{
    struct screen s = {.c = c, .lang = lang, .color = color};
    struct gaps gaps = {0};
    s.width = width < MIN_WIDTH ? MIN_WIDTH : width > MAX_WIDTH ? MAX_WIDTH : width;
    bool ok = find_gaps(&s, k, &gaps, e) && show_verdict(&s, k, gaps.unread, e) &&
              show_findings(&s, case_path, e);
    if (ok) {
        show_gaps(&s, &gaps);
        heading(&s, "section.indicators");
        show_sets(&s, k, e);
        show_span(&s, e);
        show_limits(&s, e);
        show_end(&s, case_path, report_path, seconds);
        ok = !e->code && (fwrite(s.out.p, 1, s.out.n, to) == s.out.n || err_io(e, "summary"));
    }
    free(gaps.items);
    arena_free(&s.arena);
    buf_free(&s.out);
    return ok;
}
