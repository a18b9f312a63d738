/* What was read, gaps first: status, count, span of time, why, and what would close the gap. */
#include "report/html.h"

static void put_head(struct page *p)
{
    put(p, "<div class=\"tw card\"><table class=\"cov stack\"><thead><tr><th scope=\"col\">");
    put_word(p, "ui.artifact");
    put(p, "</th><th scope=\"col\">");
    put_word(p, "page.status");
    put(p, "</th><th scope=\"col\" class=\"n\">");
    put_word(p, "section.records");
    put(p, "</th><th scope=\"col\" class=\"n\">");
    put_word(p, "page.files");
    put(p, "</th><th scope=\"col\">");
    put_word(p, "page.span");
    put_axis(p, 2);
    put(p, "</th><th scope=\"col\">");
    put_word(p, "page.why");
    put(p, "</th></tr></thead><tbody>\n");
}

static void put_count(struct page *p, uint64_t n, bool known, const char *label)
{
    putf(p, "<td class=\"n%s\" data-l=\"", known ? "" : " nul");
    put_word(p, label);
    put(p, "\">");
    if (known)
        put_number(p, n);
    else
        put(p, "–");
    put(p, "</td>");
}

static void put_why(struct page *p, const struct coverage_row *r)
{
    const char *closes = gap_closer(r);
    put(p, "<td class=\"cl\">");
    if (r->status != STATUS_READ || r->reason.n)
        put_text(p, slice_of(gap_reason(r, p->lang, &p->a)));
    if (r->skipped) {
        put(p, " · ");
        put_number(p, r->skipped);
        put(p, " ");
        put_word(p, "page.skipped");
    }
    if (closes) {
        put(p, "<span class=\"to\">");
        put_word(p, closes);
        put(p, "</span>");
    }
    put(p, "</td>");
}

static void put_row(struct page *p, const struct coverage_row *r)
{
    const char *status = status_name(r->status);
    bool looked = r->status == STATUS_READ || r->status == STATUS_PARTIAL;
    bool state = slice_is(r->holds, "state");
    putf(p, "<tr class=\"%s\"><td><b>", looked ? "rd" : "un");
    put_evidence(p, r->title);
    put(p, "</b><br>");
    put_code(p, r->artifact);
    putf(p, "</td><td><span class=\"stt %s\">", status);
    put_icon(p, status);
    put(p, "<span>");
    put_word(p, page_key(p, "coverage.%s", status));
    put(p, "</span></span></td>");
    put_count(p, r->records, looked, "section.records");
    put_count(p, r->files, looked, "page.files");
    put(p, "<td>");
    put_span(p, r->id, looked ? r->first : UTIME_NONE, r->last, state && looked);
    if (state && looked) {
        put(p, "<span class=\"snt\">");
        put_word(p, "page.state-day");
        put(p, "</span>");
    } else if (looked && r->first.precision != PRECISION_NONE) {
        put(p, "<span class=\"ax\">");
        put_date(p, r->first.ns);
        put_date(p, r->last.ns);
        put(p, "</span>");
    }
    put(p, "</td>");
    put_why(p, r);
    put(p, "</tr>\n");
    page_flush(p);
}

static bool not_part(const struct coverage_row *r)
{
    return r->status == STATUS_NOT_APPLICABLE;
}

static void put_group(struct page *p, const char *key, unsigned n)
{
    put(p, "<tr class=\"grp\"><th colspan=\"6\" scope=\"colgroup\">");
    put_word(p, key);
    putf(p, " (%u)</th></tr>\n", n);
}

static void put_rows(struct page *p, bool gaps)
{
    struct coverage_row r;
    struct coverage_iter *it = p->failed ? NULL : coverage_open(p->c, true, p->e);
    while (it && coverage_next(it, &r, p->e))
        if (r.gap == gaps && !not_part(&r))
            put_row(p, &r);
    coverage_close(it);
    p->failed |= p->e->code != ERR_NONE;
}

/* One row names all that this kind of evidence never holds. */
static void put_never(struct page *p, unsigned n)
{
    const char *closes = NULL;
    bool first = true;
    struct coverage_row r;
    put_group(p, "coverage.not-applicable", n);
    put(p, "<tr><td colspan=\"6\">");
    struct coverage_iter *it = p->failed ? NULL : coverage_open(p->c, false, p->e);
    while (it && coverage_next(it, &r, p->e)) {
        if (!not_part(&r))
            continue;
        put(p, first ? "" : " · ");
        put_evidence(p, r.title);
        const char *key = gap_closer(&r);
        closes = closes ? closes : key;
        first = false;
    }
    coverage_close(it);
    p->failed |= p->e->code != ERR_NONE;
    put(p, "<br><span class=\"rem\">");
    put_word(p, "coverage.not-applicable.means");
    if (closes) {
        put(p, " ");
        put_word(p, "close.title");
        put(p, ": ");
        put_word(p, closes);
    }
    put(p, "</span></td></tr>\n");
}

static void count(struct page *p, unsigned *gaps, unsigned *rest, unsigned *never)
{
    struct coverage_row r;
    struct coverage_iter *it = p->failed ? NULL : coverage_open(p->c, true, p->e);
    while (it && coverage_next(it, &r, p->e))
        ++*(not_part(&r) ? never : r.gap ? gaps : rest);
    coverage_close(it);
    p->failed |= p->e->code != ERR_NONE;
}

void html_coverage(struct page *p)
{
    unsigned gaps = 0, rest = 0, never = 0;
    count(p, &gaps, &rest, &never);
    put(p, "<section id=\"coverage\" aria-labelledby=\"h-coverage\"><div class=\"sh\">"
           "<h2 id=\"h-coverage\">");
    put_word(p, "section.coverage");
    put(p, "</h2></div>\n");
    put_head(p);
    if (gaps) {
        put_group(p, "page.gaps", gaps);
        put_rows(p, true);
    }
    if (rest) {
        put_group(p, "page.rest", rest);
        put_rows(p, false);
    }
    if (never)
        put_never(p, never);
    put(p, "</tbody></table></div></section>\n");
}
