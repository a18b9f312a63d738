/* When things happened: a lane for each source with findings, and the findings in their order. */
#include <sqlite3.h>

#include "report/html.h"

enum { STEPS = 1000, MAX_ORDER = 200 };

/* Where the records of a source's findings lie on the axis; as many marks as can be told apart. */
static void put_ticks(struct page *p, int64_t coverage)
{
    uint8_t seen[STEPS + 1] = {0};
    sqlite3_stmt *s = page_query(
        p, "SELECT DISTINCT r.time_ns FROM finding_record x JOIN record r ON r.id = x.record_id "
           "WHERE r.coverage_id = ?1 AND r.time_ns IS NOT NULL");
    if (s)
        sqlite3_bind_int64(s, 1, coverage);
    while (page_row(p, s)) {
        int64_t at = column_int(s, 0);
        if (at >= p->first_ns && at <= p->last_ns)
            seen[axis_at(p, at)] = 1;
    }
    for (unsigned x = 0; x <= STEPS; x++)
        if (seen[x])
            putf(p, "<path class=\"pt\" d=\"M%u 0V14\"/>", x);
}

void put_span(struct page *p, int64_t coverage, struct utime first, struct utime last, bool state)
{
    put(p, "<svg class=\"cb\" viewBox=\"0 0 1000 14\" preserveAspectRatio=\"none\" "
           "aria-hidden=\"true\"><rect class=\"none\" width=\"1000\" height=\"14\"/>");
    if (state) {
        put(p, "<rect class=\"blank\" width=\"1000\" height=\"14\"/>"
               "<path class=\"sn\" d=\"M0 7H1000\"/>");
    } else if (first.precision != PRECISION_NONE && p->last_ns > p->first_ns) {
        unsigned from = axis_at(p, first.ns), to = axis_at(p, last.ns);
        from = from > STEPS - 4 ? STEPS - 4 : from;
        putf(p, "<rect class=\"cv\" x=\"%u\" width=\"%u\" height=\"14\"/>", from,
             to > from + 4 ? to - from : 4);
    }
    put_ticks(p, coverage);
    put(p, "<rect class=\"base\" width=\"1000\" height=\"14\"/></svg>");
}

void put_axis(struct page *p, unsigned marks)
{
    if (p->last_ns <= p->first_ns)
        return;
    put(p, "<span class=\"ax\">");
    for (unsigned i = 0; i < marks; i++) {
        put(p, "<span>");
        put_date(p, p->first_ns + (p->last_ns - p->first_ns) / (marks - 1) * i);
        put(p, "</span>");
    }
    put(p, "</span>");
}

static bool has_findings(struct page *p, int64_t coverage)
{
    bool any = false;
    sqlite3_stmt *s =
        page_query(p, "SELECT EXISTS (SELECT 1 FROM coverage c JOIN finding f ON f.artifact = "
                      "c.artifact AND f.evidence_id = c.evidence_id WHERE c.id = ?1)");
    if (s)
        sqlite3_bind_int64(s, 1, coverage);
    while (page_row(p, s))
        any = column_int(s, 0);
    return any;
}

static unsigned put_lanes(struct page *p)
{
    unsigned lanes = 0;
    struct coverage_row r;
    struct coverage_iter *it = p->failed ? NULL : coverage_open(p->c, false, p->e);
    while (it && coverage_next(it, &r, p->e)) {
        if (!has_findings(p, r.id))
            continue;
        if (!lanes++) {
            put(p, "<div class=\"lane\"><span></span>");
            put_axis(p, 5);
            put(p, "</div>");
        }
        put(p, "<div class=\"lane\"><span>");
        put_evidence(p, r.title);
        put(p, "</span>");
        put_span(p, r.id, r.first, r.last, slice_is(r.holds, "state"));
        put(p, "</div>\n");
    }
    coverage_close(it);
    p->failed |= p->e->code != ERR_NONE;
    return lanes;
}

static void put_order(struct page *p)
{
    unsigned n = 0;
    struct case_finding f;
    struct finding_text t;
    struct finding_iter *it = p->failed ? NULL : findings_open(p->c, p->e);
    put(p, "<ol class=\"order\">");
    while (it && findings_next(it, &f, p->e) && n++ < MAX_ORDER) {
        const char *severity = severity_name(f.severity);
        finding_words(&f, p->lang, &p->a, &t);
        put(p, "<li>");
        put_time(p, f.time);
        putf(p, "<span class=\"sev sev-%s\">", severity);
        put_icon(p, severity);
        put(p, "<span>");
        put_word(p, page_key(p, "severity.%s", severity));
        putf(p, "</span></span><a href=\"#f-%lld\">", (long long)f.number);
        put_sentence(p, &f, t.title);
        put(p, "</a></li>");
    }
    put(p, "</ol>");
    findings_close(it);
    p->failed |= p->e->code != ERR_NONE;
}

void html_timeline(struct page *p)
{
    put(p, "<section id=\"timeline\" aria-labelledby=\"h-timeline\"><div class=\"sh\">"
           "<h2 id=\"h-timeline\">");
    put_word(p, "section.timeline");
    put(p, "</h2></div>");
    bool any = page_count(p, "SELECT EXISTS (SELECT 1 FROM finding)");
    if (!any) {
        put(p, "<div class=\"card quiet\"><p>");
        put_word(p, "page.no-findings");
        put(p, "</p></div></section>\n");
        return;
    }
    put(p, "<p class=\"lead\">");
    put_word(p, "page.ticks");
    put(p, "</p><div class=\"card strip\">");
    put_lanes(p);
    uint64_t undated = (uint64_t)page_count(
        p, "SELECT count(DISTINCT x.record_id) FROM finding_record x JOIN record r ON r.id = "
           "x.record_id WHERE r.time_ns IS NULL");
    if (undated) {
        put(p, "<p class=\"rem\">");
        put_number(p, undated);
        put(p, " ");
        put_word(p, "page.undated");
        put(p, "</p>");
    }
    put_order(p);
    put(p, "</div></section>\n");
}
