/* Findings by class of family: how far each got, then every finding with its way back. */
#include <sqlite3.h>

#include "report/html.h"

enum { MAX_FINDINGS = 2000 /* of one class on the page */, MAX_RECORDS = 50 /* of one finding */ };

/* One class of family, "" for findings of rules that name none. */
struct family {
    const char *class;
    unsigned number[EXPOSURES];
    struct utime first[EXPOSURES];
    unsigned all;
    enum exposure furthest;
    enum severity gravest;
    int64_t open; /* findings that stand open: the first, and the first of the gravest */
};

static bool in_family(const struct case_finding *f, const char *class)
{
    return slice_is(f->family_class, class);
}

static void weigh(struct page *p, struct family *fam, int64_t *first)
{
    struct case_finding f;
    struct finding_iter *it = p->failed ? NULL : findings_open(p->c, p->e);
    while (it && findings_next(it, &f, p->e)) {
        if (!in_family(&f, fam->class) || (unsigned)f.exposure >= EXPOSURES)
            continue;
        if (!fam->all++)
            *first = f.id;
        if (f.severity > fam->gravest || fam->all == 1) {
            fam->gravest = f.severity;
            fam->open = f.id;
        }
        if (!fam->number[f.exposure]++)
            fam->first[f.exposure] = f.time;
        if (f.exposure > fam->furthest)
            fam->furthest = f.exposure;
    }
    findings_close(it);
    p->failed |= p->e->code != ERR_NONE;
}

/* The steps that what was read can show at all. */
static unsigned visible_steps(struct page *p)
{
    unsigned bits = 0;
    struct coverage_row r;
    struct coverage_iter *it = p->failed ? NULL : coverage_open(p->c, false, p->e);
    while (it && coverage_next(it, &r, p->e))
        if (r.status == STATUS_READ || r.status == STATUS_PARTIAL)
            bits |= r.can_show;
    coverage_close(it);
    p->failed |= p->e->code != ERR_NONE;
    return bits;
}

static void put_step(struct page *p, const struct family *fam, enum exposure x, bool visible)
{
    unsigned n = fam->number[x];
    putf(p, "<li class=\"r%u %s%s\"><span class=\"bar num\">", (unsigned)x,
         n         ? "found"
         : visible ? "zero"
                   : "blind",
         n && x == fam->furthest ? " top1" : "");
    if (n)
        putf(p, "%u", n);
    put(p, "</span><span class=\"tx\"><b>");
    put_word(p, page_key(p, "exposure.%s", exposure_name(x)));
    put(p, "</b> <span>");
    put_word(p, n ? "ladder.found" : visible ? "ladder.not-found" : "ladder.blind");
    if (n && fam->first[x].precision != PRECISION_NONE) {
        put(p, " · ");
        put_date(p, fam->first[x].ns);
    }
    put(p, "</span></span></li>");
}

static void put_ladder(struct page *p, const struct family *fam, unsigned visible)
{
    put(p, "<div class=\"lw\"><p class=\"lad-t\"><b>");
    put_word(p, "section.ladder");
    put(p, "</b><span class=\"far\">");
    put_word(p, "page.furthest");
    put(p, ": ");
    put_word(p, page_key(p, "exposure.%s", exposure_name(fam->furthest)));
    put(p, "</span></p><ol class=\"ladder\">");
    for (unsigned x = RECEIVED; x < EXPOSURES; x++)
        put_step(p, fam, (enum exposure)x, visible >> x & 1);
    put(p, "</ol></div>");
}

/* Ours, but for the finding's value wherever it stands in it. */
static void put_words(struct page *p, const struct case_finding *f, struct slice rest)
{
    while (rest.n) {
        size_t at = f->subject.n ? slice_search(rest, f->subject, 0) : rest.n;
        put_own(p, arena_string(&p->a, slice_sub(rest, 0, at)));
        if (at < rest.n)
            put_value_text(p, f->type, f->subject);
        rest = slice_sub(rest, at + f->subject.n, rest.n);
    }
}

/* In a right-to-left language words_value() marks where each value begins and ends. */
void put_sentence(struct page *p, const struct case_finding *f, const char *text)
{
    const struct slice open = slice_of("\u2068"), close = slice_of("\u2069");
    struct slice rest = slice_of(text);
    bool marked = !strcmp(words(p->lang, "meta.direction"), "rtl");
    while (marked && rest.n) {
        size_t from = slice_search(rest, open, 0), to = slice_search(rest, close, from);
        put_words(p, f, slice_sub(rest, 0, from));
        struct slice value = slice_sub(rest, from + open.n, to - from - open.n);
        rest = slice_sub(rest, to + close.n, rest.n);
        if (from == to)
            break;
        if (slice_equal(value, f->subject) || slice_search(value, slice_of("<U+"), 0) < value.n)
            put_value_text(p, f->type, value);
        else
            put_evidence(p, value);
    }
    put_words(p, f, rest);
}

static void put_summary(struct page *p, const struct case_finding *f, const struct finding_text *t)
{
    const char *severity = severity_name(f->severity);
    static const char *const sure[] = {"low", "medium", "high"};
    putf(p, "<summary><span class=\"no num\">%lld</span><span class=\"sev sev-%s\">",
         (long long)f->number, severity);
    put_icon(p, severity);
    put(p, "<span>");
    put_word(p, page_key(p, "severity.%s", severity));
    put(p, "</span></span><span class=\"ti\"><span>");
    put_sentence(p, f, t->title);
    put(p, "</span><small>");
    put_word(p, page_key(p, "exposure.%s", exposure_name(f->exposure)));
    put(p, " · ");
    put_word(p, "ui.confidence");
    put(p, ": ");
    put_word(p, page_key(p, "confidence.%s", sure[f->confidence < 3 ? f->confidence : 0]));
    put(p, " · ");
    put_evidence(p, f->title_of_artifact);
    put(p, "</small></span><span class=\"meta\">");
    put_code(p, f->artifact);
    put(p, "<br>");
    put_time(p, f->time);
    put(p, "</span>");
    put_icon_class(p, "chev", "i chev");
    put(p, "</summary>\n");
}

static void put_list(struct page *p, const char *class, const char *title, const char *const *items)
{
    if (!items[0])
        return;
    putf(p, "<div class=\"%s\"><h4>", class);
    put_word(p, title);
    put(p, "</h4>");
    for (size_t i = 0; items[i]; i++) {
        put(p, "<p>");
        put_own(p, items[i]);
        put(p, "</p>");
    }
    put(p, "</div>");
}

static void put_said(struct page *p, const struct case_finding *f, const struct finding_text *t)
{
    put(p, "<div class=\"fb\"><div class=\"txt\"><div><h4>");
    put_word(p, "page.found");
    put(p, "</h4><p>");
    put_sentence(p, f, t->explanation);
    put(p, "</p></div>");
    put_list(p, "benign", "benign.title", t->benign);
    put_list(p, "nx", "next.title", t->next);
    put(p, "</div>\n<div>");
}

static void put_row_place(struct page *p, enum place place, struct slice name, int64_t n)
{
    static const char *const keys[PLACES] = {"ui.row", "page.key", "page.line", "page.offset"};
    put_term(p, keys[place]);
    put(p, "<code>");
    if (name.n) {
        put_evidence(p, name);
        put(p, ", ");
    }
    putf(p, "%lld</code></dd>", (long long)n);
}

static void put_place(struct page *p, sqlite3_stmt *s)
{
    int64_t place = column_int(s, 3), state = column_int(s, 6);
    put(p, "<dl class=\"dl\">");
    put_term(p, "ui.path");
    put_code(p, column(s, 1));
    put(p, "</dd>");
    if (column(s, 2).n) {
        put_term(p, "ui.container-path");
        put_code(p, column(s, 2));
        put(p, "</dd>");
    }
    put_row_place(p, place >= 0 && place < PLACES ? (enum place)place : ROW, column(s, 4),
                  column_int(s, 5));
    if (column(s, 9).n) {
        put_term(p, "page.field");
        put_code(p, column(s, 9));
        put(p, "</dd>");
    }
    put_term(p, "ui.time");
    put_time(p, column_time(s, 7, 8));
    put(p, "</dd>");
    put_term(p, "page.state");
    put_word(p, page_key(p, "ui.state-%s",
                         state_name(state >= 0 && state < STATES ? (enum state)state : LIVE)));
    put(p, "</dd>");
    if (column(s, 10).n) {
        put_term(p, "page.sha256");
        put_code(p, column(s, 10));
        put(p, "</dd>");
    }
    put(p, "</dl>");
}

static void put_short_place(struct page *p, sqlite3_stmt *s)
{
    put(p, "<li>");
    put_time(p, column_time(s, 7, 8));
    put(p, " · ");
    put_code(p, slice_basename(column(s, 1)));
    put(p, " ");
    put_code(p, column(s, 4));
    putf(p, " <span class=\"num\">%lld</span></li>", (long long)column_int(s, 5));
}

/* The first record in full, the next ones as lines. */
static void put_records(struct page *p, const struct case_finding *f)
{
    unsigned n = 0;
    sqlite3_stmt *s = page_query(
        p, "SELECT r.id, f.path, f.container, r.place, r.name, r.n, r.state, r.time_ns, "
           "r.precision, x.field, f.sha256 FROM finding_record x JOIN record r ON r.id = "
           "x.record_id JOIN file f ON f.id = r.file_id WHERE x.finding_id = ?1 ORDER BY "
           "r.time_ns IS NULL, r.time_ns, f.path, r.name, r.n LIMIT ?2");
    if (!s)
        return;
    sqlite3_bind_int64(s, 1, f->id);
    sqlite3_bind_int(s, 2, MAX_RECORDS);
    put(p, "<h4>");
    put_word(p, "page.where");
    put(p, "</h4>");
    while (page_row(p, s)) {
        if (n == 1) {
            put(p, "<details class=\"fold\"><summary>");
            put_own(p, words_count(&p->a, p->lang, "records", f->records));
            put(p, "</summary><ol class=\"recs\">");
        }
        if (n++ == 0)
            put_place(p, s);
        else
            put_short_place(p, s);
    }
    if (n > 1 && f->records > n) {
        put(p, "<li>+ ");
        put_number(p, f->records - n);
        put(p, " ");
        put_word(p, "page.record-more");
        put(p, "</li>");
    }
    put(p, n > 1 ? "</ol></details>" : "");
}

static void put_match(struct page *p, sqlite3_stmt *s)
{
    put(p, "<dl class=\"dl\">");
    put_term(p, "page.published");
    put_value(p, column(s, 0), column(s, 1));
    put(p, "</dd>");
    put_term(p, "page.how");
    put_word(p, page_key(p, "match.%s", arena_string(&p->a, column(s, 2))));
    put(p, "</dd>");
    if (column(s, 3).n) {
        put_term(p, "ui.family");
        put_evidence(p, column(s, 3));
        put(p, "</dd>");
    }
    put_term(p, "ui.set");
    put_evidence(p, column(s, 4));
    if (column(s, 5).n) {
        put(p, " · ");
        put_date(p, column_int(s, 5));
    }
    put(p, "</dd>");
    put_term(p, "page.set-hash");
    put_code(p, column(s, 6));
    put(p, "</dd></dl>");
}

static void put_rule(struct page *p, const struct case_finding *f)
{
    const struct rule *r = rule_find(f->rule);
    put_term(p, "page.rule");
    put_code(p, f->rule);
    if (r->source) {
        put(p, "<br><small>");
        put_text(p, slice_of(r->source));
        put(p, "</small>");
    }
    put(p, "</dd>");
}

static void put_matched(struct page *p, const struct case_finding *f)
{
    put(p, "<h4>");
    put_word(p, "page.matched");
    put(p, "</h4><dl class=\"dl\">");
    put_term(p, "ui.value");
    put_value(p, f->type, f->subject);
    put(p, "</dd>");
    if (rule_find(f->rule))
        put_rule(p, f);
    put(p, "</dl>");
    sqlite3_stmt *s = page_query(
        p, "SELECT i.type, i.published, x.how, i.family, s.name, s.published_ns, s.sha256 FROM "
           "finding_indicator x JOIN indicator i ON i.id = x.indicator_id JOIN indicator_set s ON "
           "s.id = i.set_id WHERE x.finding_id = ?1 ORDER BY s.name, i.ref, i.value LIMIT 10");
    if (s)
        sqlite3_bind_int64(s, 1, f->id);
    while (page_row(p, s))
        put_match(p, s);
}

static void put_finding(struct page *p, const struct case_finding *f, bool open)
{
    struct finding_text t;
    finding_words(f, p->lang, &p->a, &t);
    putf(p, "<details class=\"finding\" id=\"f-%lld\"%s>", (long long)f->number,
         open ? " open" : "");
    put_summary(p, f, &t);
    put_said(p, f, &t);
    put_records(p, f);
    put_matched(p, f);
    put(p, "</div></div></details>\n");
    page_flush(p);
}

static void put_family_head(struct page *p, const struct family *fam)
{
    static const char *const tones[] = {"info", "low", "medium", "high", "critical"};
    putf(p, "<article class=\"family card tone-%s\"><div class=\"fam-h\"><div><h3>",
         tones[fam->gravest < 5 ? fam->gravest : 0]);
    put_word(p, fam->class[0] ? page_key(p, "family.%s", fam->class) : "page.no-family");
    put(p, "</h3><p>");
    put_word(p,
             fam->class[0] ? page_key(p, "family.%s.about", fam->class) : "page.no-family.about");
    put(p, "</p><p class=\"rem\">");
    put_own(p, words_count(&p->a, p->lang, "findings", fam->all));
    put(p, "</p></div>");
}

static void put_family(struct page *p, const char *class, unsigned visible)
{
    struct family fam = {.class = class};
    struct case_finding f;
    int64_t first = 0;
    unsigned n = 0;
    weigh(p, &fam, &first);
    if (!fam.all)
        return;
    put_family_head(p, &fam);
    put_ladder(p, &fam, visible);
    put(p, "</div>\n");
    struct finding_iter *it = p->failed ? NULL : findings_open(p->c, p->e);
    while (it && findings_next(it, &f, p->e))
        if (in_family(&f, class) && (unsigned)f.exposure < EXPOSURES && n++ < MAX_FINDINGS)
            put_finding(p, &f, f.id == first || f.id == fam.open);
    findings_close(it);
    p->failed |= p->e->code != ERR_NONE;
    if (fam.all > MAX_FINDINGS) {
        put(p, "<p class=\"quiet\">+ ");
        put_number(p, fam.all - MAX_FINDINGS);
        put(p, " ");
        put_word(p, "page.finding-more");
        put(p, "</p>");
    }
    put(p, "</article>\n");
}

static void put_legend(struct page *p)
{
    static const char *const legend[][2] = {
        {"found", "ladder.found"}, {"", "ladder.not-found"}, {"blind", "ladder.blind"}};
    put(p, "<p class=\"legend\">");
    for (size_t i = 0; i < sizeof legend / sizeof *legend; i++) {
        putf(p, "<span><i class=\"sw %s\"></i><span>", legend[i][0]);
        put_word(p, legend[i][1]);
        put(p, "</span></span>");
    }
    put(p, "</p>");
}

void html_findings(struct page *p)
{
    static const char *const all[] = {"mercenary", "stalkerware", "forensic-tool", "other", ""};
    unsigned visible = visible_steps(p), findings = 0;
    for (unsigned i = 0; i < 5; i++)
        findings += p->k.findings[i];
    put(p, "<section id=\"findings\" aria-labelledby=\"h-findings\"><div class=\"sh\">"
           "<h2 id=\"h-findings\">");
    put_word(p, "section.findings");
    put(p, "</h2><button type=\"button\" id=\"openall\" class=\"js-only\">");
    put_word(p, "page.open-all");
    put(p, "</button></div>");
    if (findings) {
        put_legend(p);
    } else {
        put(p, "<div class=\"card quiet\"><p>");
        put_word(p, "page.no-findings");
        put(p, "</p></div>");
    }
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        put_family(p, all[i], visible);
    put(p, "</section>\n");
}
