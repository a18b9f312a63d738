/* The report as one page: head, parts in their order, records, script. Complete without script. */
#include <openssl/evp.h>

#include "base/hash.h"
#include "report/html.h"

/* Our own drawings. Shape and word tell severity and status apart; colour only helps. */
static const char symbols[] = "<svg width=\"0\" height=\"0\" class=\"vh\" aria-hidden=\"true\">"
#define SYMBOL(id, body) "<symbol id=\"i-" id "\" viewBox=\"0 0 24 24\">" body "</symbol>"
#define LEAF "M6 2.5h8l4.5 4.5v14.5H6z"
    SYMBOL("logo", "<path d=\"M4 5v6a8 8 0 0 0 16 0V5\"/><path d=\"M2.5 5h3M18.5 5h3M8 11h8\"/>"
                   "<circle class=\"f\" cx=\"12\" cy=\"11\" r=\"1.8\"/>")
        SYMBOL("critical",
               "<path class=\"f\" d=\"M8.2 2.5h7.6l5.7 5.7v7.6l-5.7 5.7H8.2l-5.7-5.7V8.2z"
               "\"/><path class=\"k\" d=\"M12 7v6\" stroke-width=\"2.2\"/>"
               "<circle class=\"kf\" cx=\"12\" cy=\"16.5\" r=\"1.35\"/>")
            SYMBOL("high", "<path class=\"f\" d=\"M12 2.5 22.5 21h-21z\"/>"
                           "<path class=\"k\" d=\"M12 9.5v5\" stroke-width=\"2.2\"/>"
                           "<circle class=\"kf\" cx=\"12\" cy=\"17.6\" r=\"1.3\"/>")
                SYMBOL("medium", "<path class=\"f\" d=\"M12 1.5 22.5 12 12 22.5 1.5 12z\"/>"
                                 "<path class=\"k\" d=\"M8 12h8\" stroke-width=\"2.2\"/>")
                    SYMBOL("low", "<circle cx=\"12\" cy=\"12\" r=\"9\"/>"
                                  "<path class=\"f\" d=\"M3 12a9 9 0 0 0 18 0z\"/>")
                        SYMBOL("info",
                               "<circle cx=\"12\" cy=\"12\" r=\"9\"/><path d=\"M12 11v5.5\"/>"
                               "<circle class=\"f\" cx=\"12\" cy=\"7.8\" r=\"1.2\"/>")
#define LENS                                                                                       \
    "<circle cx=\"10.5\" cy=\"10.5\" r=\"7.5\"/>"                                                  \
    "<path d=\"m16 16 5.5 5.5\" stroke-width=\"2.5\"/>"
                            SYMBOL("traces", LENS "<circle class=\"f\" cx=\"10.5\" cy=\"10.5\" r=\"3\"/>") SYMBOL(
                                "review",
                                LENS "<path d=\"M8.5 9a2 2 0 1 1 2 2.4v.6\"/>"
                                     "<circle class=\"f\" cx=\"10.5\" cy=\"14.2\" r=\"1\"/>")
                                SYMBOL("none-found", LENS "<path d=\"M7.5 10.5h6\"/>") SYMBOL(
                                    "gap",
                                    "<rect x=\"3\" y=\"3\" width=\"18\" height=\"18\" rx=\"2\" "
                                    "stroke-dasharray=\"4 2.5\"/>"
                                    "<path d=\"m3.5 12 8.5-8.5M4 20 20 4M12 20.5l8.5-8.5\"/>")
                                    SYMBOL(
                                        "incomplete",
                                        "<rect x=\"3\" y=\"3\" width=\"18\" height=\"18\" rx=\"2\" "
                                        "stroke-dasharray=\"4 2.5\"/>"
                                        "<path d=\"m3.5 12 8.5-8.5M4 20 20 4M12 20.5l8.5-8.5\"/>")
                                        SYMBOL("unreadable",
                                               "<path d=\"" LEAF
                                               "\"/><path d=\"m9.5 11 5 5m0-5-5 5\"/>")
                                            SYMBOL("read",
                                                   "<path d=\"" LEAF
                                                   "\"/><path d=\"M9 11h6.5M9 14h6.5M9 17h4\"/>")
                                                SYMBOL(
                                                    "partial",
                                                    "<path d=\"" LEAF "\"/><path d=\"M9 11h6.5\"/>"
                                                    "<path d=\"m7 19 6-5.5M9.5 21l7-6.5M14 21l3.5-3.5\" stroke-width=\"1.3\"/>")
                                                    SYMBOL("failed",
                                                           "<path d=\"" LEAF
                                                           "\"/><path d=\"m9.5 11 5 5m0-5-5 5\"/>")
                                                        SYMBOL(
                                                            "pending",
                                                            "<path d=\"" LEAF
                                                            "\"/><path d=\"M9.5 14h.01M12.3 14h.01M15 14h.01\" "
                                                            "stroke-width=\"2.4\"/>")
                                                            SYMBOL(
                                                                "locked",
                                                                "<rect x=\"4.5\" y=\"10.5\" width=\"15\" height=\"11\" rx=\"1.5\"/>"
                                                                "<path d=\"M8 10.5V7a4 4 0 0 1 8 0v3.5\"/>")
                                                                SYMBOL(
                                                                    "absent",
                                                                    "<path d=\"" LEAF
                                                                    "\" stroke-dasharray=\"3 2.5\"/>")
                                                                    SYMBOL(
                                                                        "skipped",
                                                                        "<path d=\"" LEAF
                                                                        "\" stroke-dasharray=\"3 2.5\"/><path d=\"M9 14h6.5\"/>")
                                                                        SYMBOL(
                                                                            "not-applicable",
                                                                            "<path d=\"M7 12h10\"/>")
                                                                            SYMBOL(
                                                                                "chev",
                                                                                "<path d=\"m5 9 7 7 7-7\"/>")
                                                                                SYMBOL(
                                                                                    "close",
                                                                                    "<path d=\"m5 5 14 14M19 5 5 19\"/>") "<defs><pattern id=\"hatch\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" "
                                                                                                                          "patternTransform=\"rotate(45)\"><path class=\"hl\" d=\"M0 0V6\"/></pattern></defs></svg>\n";

/* 'sha256-...' of what stands between the tags, as a browser computes it. */
static void put_source(struct page *p, const char *bytes, unsigned n)
{
    uint8_t sum[SHA256_SIZE], text[64];
    sha256_of(slice_at(bytes, n), sum);
    EVP_EncodeBlock(text, sum, sizeof sum);
    putf(p, "'sha256-%s'", (const char *)text);
}

static void put_head(struct page *p)
{
    putf(p, "<!DOCTYPE html>\n<html lang=\"%s\" dir=\"%s\">\n<head><meta charset=\"utf-8\">\n",
         p->lang, strcmp(p->lang, "ar") ? "ltr" : "rtl");
    put(p,
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; script-src ");
    put_source(p, web_report_js, web_report_js_size);
    put(p, "; style-src ");
    put_source(p, web_report_css, web_report_css_size);
    put(p, "; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; "
           "trusted-types 'none'\">\n"
           "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
           "<meta name=\"referrer\" content=\"no-referrer\">\n"
           "<meta name=\"robots\" content=\"noindex\">\n"
           "<meta name=\"color-scheme\" content=\"light dark\">\n<title>bridle</title>\n<style>");
    buf_add(&p->out, web_report_css, web_report_css_size);
    put(p, "</style></head>\n<body>\n<a class=\"skip\" href=\"#result\">");
    put_word(p, "ui.skip-link");
    put(p, "</a>");
    put(p, symbols);
}

static void put_part(struct page *p, const char *id, const char *key, uint64_t n)
{
    putf(p, "<li><a href=\"#%s\"><span>", id);
    put_word(p, key);
    put(p, "</span>");
    if (n) {
        put(p, "<b>");
        put_number(p, n);
        put(p, "</b>");
    }
    put(p, "</a></li>");
}

static void put_nav(struct page *p)
{
    uint64_t findings = 0;
    for (unsigned i = 0; i < 5; i++)
        findings += p->k.findings[i];
    put(p, "<div class=\"frame\"><div class=\"side\" role=\"banner\"><div class=\"brand\">");
    put_icon(p, "logo");
    put(p, "<span>bridle</span></div><nav aria-label=\"");
    put_word(p, "page.parts");
    put(p, "\"><ul>");
    put_part(p, "result", "section.result", 0);
    put_part(p, "findings", "section.findings", findings);
    put_part(p, "timeline", "section.timeline", 0);
    put_part(p, "coverage", "section.coverage", p->k.gaps);
    put_part(p, "method", "page.method", 0);
    put_part(p, "log", "section.log", 0);
    put_part(p, "records", "section.records", p->ranking.n);
    put(p, "</ul></nav></div>\n<main id=\"main\">");
}

static void put_fact(struct page *p, const char *key, struct slice text)
{
    if (!text.n)
        return;
    put(p, "<div>");
    put_term(p, key);
    put_evidence(p, text);
    put(p, "</dd></div>");
}

static void put_top(struct page *p)
{
    put(p, "<div class=\"top\"><dl class=\"facts\">");
    struct sqlite3_stmt *s = page_query(
        p, "SELECT name, device ->> '$.model', device ->> '$.os', taken_ns, device ->> '$.build' "
           "FROM evidence ORDER BY id LIMIT 4");
    while (page_row(p, s)) {
        put_fact(p, "page.case", column(s, 0));
        put_fact(p, "page.phone", column(s, 1));
        put_fact(p, "page.system", column(s, 2));
        if (column(s, 3).n) {
            put(p, "<div>");
            put_term(p, "page.taken");
            put_date(p, column_int(s, 3));
            put(p, "</dd></div>");
        }
    }
    s = page_query(p, "SELECT CAST(value AS INTEGER) FROM run WHERE name = 'checked_ns'");
    while (page_row(p, s)) {
        put(p, "<div>");
        put_term(p, "page.checked");
        put_date(p, column_int(s, 0));
        put(p, "</dd></div>");
    }
    put(p, "</dl><div class=\"tools js-only\"><select id=\"theme\" aria-label=\"");
    put_word(p, "page.appearance");
    put(p, "\">");
    for (unsigned i = 0; i < 3; i++) {
        static const char *const themes[] = {"auto", "light", "dark"};
        putf(p, "<option value=\"%s\">", themes[i]);
        put_word(p, page_key(p, "ui.theme-%s", themes[i]));
        put(p, "</option>");
    }
    put(p, "</select><button type=\"button\" id=\"print\">");
    put_word(p, "ui.print");
    put(p, "</button></div></div>\n");
}

static void put_foot(struct page *p)
{
    static const char *const lines[] = {"ui.utc", "ui.defanged", "ui.control-chars", NULL};
    put(p, "<footer><p>");
    for (size_t i = 0; lines[i]; i++) {
        put_word(p, lines[i]);
        put(p, " ");
    }
    put(p, "</p></footer></main></div>\n<script>");
    buf_add(&p->out, web_report_js, web_report_js_size);
    put(p, "</script>\n</body></html>\n");
}

static void put_parts(struct page *p)
{
    void (*const parts[])(struct page *) = {html_result,   html_findings, html_timeline,
                                            html_coverage, html_method,   html_records};
    for (size_t i = 0; i < sizeof parts / sizeof *parts && !p->failed; i++) {
        parts[i](p);
        page_flush(p);
    }
}

static bool known_language(const char *lang)
{
    for (size_t i = 0; languages[i]; i++)
        if (lang && !strcmp(languages[i], lang))
            return true;
    return false;
}

bool report_html(struct casefile *c, const struct report_options *o, FILE *to, struct err *e)
{
    struct page p = {.c = c, .to = to, .e = e, .packer = o->packer};
    enum severity fail = SEVERITY_LOW;
    p.lang = known_language(o->lang) ? o->lang : "en";
    (void)severity_from_name(casefile_get(c, "fail_on", &p.a), &fail);
    p.failed = !detect_conclude(c, fail, &p.k, e) || !ranking_make(c, &p.ranking, e);
    if (!p.failed) {
        page_axis(&p);
        put_head(&p);
        put_nav(&p);
        put_top(&p);
        put_parts(&p);
        put_foot(&p);
    }
    if (!p.failed && (fwrite(p.out.p, 1, p.out.n, to) != p.out.n || fflush(to) != 0))
        p.failed = !err_io(e, "the report can't be written");
    ranking_free(&p.ranking);
    buf_free(&p.out);
    arena_free(&p.a);
    return !p.failed;
}
