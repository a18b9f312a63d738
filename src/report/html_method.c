/* What an expert needs to repeat the check: evidence, program, lists of indicators, log. */
#include <sqlite3.h>

#include "report/html.h"

enum { MAX_LOG = 500 };

static void put_pair(struct page *p, const char *key, struct slice text)
{
    if (!text.n)
        return;
    put_term(p, key);
    put_code(p, text);
    put(p, "</dd>");
}

static void put_pair_number(struct page *p, const char *key, uint64_t n)
{
    put_term(p, key);
    put_number(p, n);
    put(p, "</dd>");
}

static void put_device(struct page *p, int64_t evidence)
{
    sqlite3_stmt *s = page_query(p, "SELECT j.key, j.value FROM evidence e, json_each(e.device) j "
                                    "WHERE e.id = ?1 ORDER BY j.id");
    if (s)
        sqlite3_bind_int64(s, 1, evidence);
    while (page_row(p, s)) {
        const char *name = arena_string(&p->a, column(s, 0));
        const char *key = page_key(p, "page.device.%s", name);
        if (!column(s, 1).n)
            continue;
        put(p, "<dt>");
        put_text(p, words_have("en", key) ? slice_of(words(p->lang, key)) : column(s, 0));
        put(p, "</dt><dd>");
        put_code(p, column(s, 1));
        put(p, "</dd>");
    }
}

static void put_remarks(struct page *p, const char *sql, int64_t id, const char *key)
{
    bool any = false;
    sqlite3_stmt *s = page_query(p, sql);
    if (s)
        sqlite3_bind_int64(s, 1, id);
    while (page_row(p, s)) {
        if (!any && key)
            put_term(p, key);
        put(p, any ? "<br>" : "");
        put_evidence(p, column(s, 0));
        any = true;
    }
    put(p, any && key ? "</dd>" : "");
}

static void put_evidence_box(struct page *p, sqlite3_stmt *s)
{
    int64_t id = column_int(s, 0);
    put(p, "<div class=\"card box\"><h3>");
    put_evidence(p, column(s, 1));
    put(p, "</h3><dl class=\"dl\">");
    put_pair(p, "page.kind", column(s, 2));
    put_pair(p, "page.sha256", column(s, 3));
    if (column(s, 4).n)
        put_pair_number(p, "page.bytes", (uint64_t)column_int(s, 4));
    put_term(p, "page.encrypted");
    put_word(p, column_int(s, 5) ? "page.yes" : "page.no");
    put(p, "</dd>");
    if (column(s, 7).n) {
        put_term(p, "page.taken");
        put_time(p, (struct utime){column_int(s, 7), SECOND});
        put(p, "</dd>");
    }
    put_device(p, id);
    put_pair(p, "page.confinement", column(s, 6));
    put_pair_number(p, "page.files-known", (uint64_t)column_int(s, 8));
    put_pair_number(p, "page.files-hashed", (uint64_t)column_int(s, 9));
    put_remarks(p,
                "SELECT j.value FROM evidence e, json_each(e.notes) j WHERE e.id = ?1 ORDER BY "
                "j.id LIMIT 100",
                id, "page.notes");
    put_remarks(p,
                "SELECT j.value FROM evidence e, json_each(e.damage) j WHERE e.id = ?1 ORDER BY "
                "j.id LIMIT 100",
                id, "page.damage");
    put(p, "</dl></div>\n");
}

static void put_run(struct page *p)
{
    static const struct {
        const char *name, *key;
    } facts[] = {
        {"version", "page.version"}, {"options", "page.options"}, {"fail_on", "page.fail-on"}};
    put(p, "<div class=\"card box\"><h3>");
    put_word(p, "page.run");
    put(p, "</h3><dl class=\"dl\">");
    put_pair(p, "section.result", slice_of(verdict_name(p->k.verdict)));
    put_pair_number(p, "page.exit", (uint64_t)p->k.exit);
    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++)
        put_pair(p, facts[i].key, casefile_get(p->c, facts[i].name, &p->a));
    sqlite3_stmt *s = page_query(p, "SELECT CAST(value AS INTEGER) FROM run WHERE name = "
                                    "'checked_ns'");
    while (page_row(p, s)) {
        put_term(p, "page.checked");
        put_time(p, (struct utime){column_int(s, 0), SECOND});
        put(p, "</dd>");
    }
    put(p, "</dl></div>\n");
}

static void put_set(struct page *p, sqlite3_stmt *s)
{
    put(p, "<tr><td><b>");
    put_evidence(p, column(s, 1));
    put(p, "</b><br>");
    put_code(p, column(s, 4));
    put(p, "<br><span class=\"rem\">");
    put_remarks(p,
                "SELECT group_concat(t, ' · ') FROM (SELECT j.key || ' ' || j.value AS t FROM "
                "indicator_set i, json_each(i.by_type) j WHERE i.id = ?1 AND j.value > 0 ORDER BY "
                "j.key)",
                column_int(s, 0), NULL);
    put(p, "</span></td><td data-l=\"");
    put_word(p, "page.publisher");
    put(p, "\">");
    put_evidence(p, column(s, 2));
    put(p, column(s, 2).n && column(s, 3).n ? "<br>" : "");
    put_evidence(p, column(s, 3));
    put(p, "</td><td data-l=\"");
    put_word(p, "page.set-date");
    put(p, "\">");
    put_time(p, column(s, 5).n ? (struct utime){column_int(s, 5), DAY} : UTIME_NONE);
    put(p, "</td><td class=\"n\" data-l=\"");
    put_word(p, "page.loaded");
    put(p, "\">");
    put_number(p, (uint64_t)column_int(s, 6));
    put(p, "</td><td class=\"n\" data-l=\"");
    put_word(p, "page.rejected");
    put(p, "\">");
    put_number(p, (uint64_t)column_int(s, 7));
    put(p, "</td><td class=\"rem\">");
    put_remarks(p,
                "SELECT j.value FROM indicator_set i, json_each(i.remarks) j WHERE i.id = ?1 "
                "ORDER BY j.id LIMIT 20",
                column_int(s, 0), NULL);
    put(p, "</td></tr>\n");
    page_flush(p);
}

static void put_sets(struct page *p)
{
    static const char *const heads[] = {"ui.set",      "page.publisher", "page.set-date",
                                        "page.loaded", "page.rejected",  "page.remarks"};
    put(p, "<h3 class=\"sub\">");
    put_word(p, "section.indicators");
    put(p, "</h3><div class=\"card tw\">");
    if (!p->k.sets) {
        put(p, "<p class=\"quiet\">");
        put_word(p, "page.no-sets");
        put(p, "</p></div>");
        return;
    }
    put(p, "<table class=\"stack\"><thead><tr>");
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        putf(p, "<th scope=\"col\"%s>", i == 3 || i == 4 ? " class=\"n\"" : "");
        put_word(p, heads[i]);
        put(p, "</th>");
    }
    put(p, "</tr></thead><tbody>\n");
    sqlite3_stmt *s =
        page_query(p, "SELECT id, name, publisher, licence, sha256, published_ns, loaded, rejected "
                      "FROM indicator_set ORDER BY name, sha256, id");
    while (page_row(p, s))
        put_set(p, s);
    put(p, "</tbody></table></div>\n");
}

static void put_log(struct page *p)
{
    put(p, "<section id=\"log\" aria-labelledby=\"h-log\"><div class=\"sh\"><h2 id=\"h-log\">");
    put_word(p, "section.log");
    put(p, "</h2></div>");
    int64_t all = page_count(p, "SELECT count(*) FROM log");
    if (!all) {
        put(p, "<p class=\"card quiet\">–</p></section>\n");
        return;
    }
    put(p, "<div class=\"card tw\"><table class=\"log stack\"><thead><tr>");
    static const char *const heads[] = {"ui.time", "page.actor", "page.action", "page.detail"};
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        put(p, "<th scope=\"col\">");
        put_word(p, heads[i]);
        put(p, "</th>");
    }
    put(p, "</tr></thead><tbody>\n");
    sqlite3_stmt *s =
        page_query(p, "SELECT at_ns, actor, action, detail FROM log ORDER BY id LIMIT ?1");
    if (s)
        sqlite3_bind_int(s, 1, MAX_LOG);
    while (page_row(p, s)) {
        put(p, "<tr><td>");
        put_time(p, (struct utime){column_int(s, 0), SECOND});
        for (int i = 1; i < 4; i++) {
            put(p, "</td><td>");
            put_evidence(p, column(s, i));
        }
        put(p, "</td></tr>\n");
        page_flush(p);
    }
    put(p, "</tbody></table>");
    if (all > MAX_LOG)
        putf(p, "<p class=\"quiet\">+ %lld</p>", (long long)(all - MAX_LOG));
    put(p, "</div></section>\n");
}

void html_method(struct page *p)
{
    put(p, "<section id=\"method\" aria-labelledby=\"h-method\"><div class=\"sh\">"
           "<h2 id=\"h-method\">");
    put_word(p, "page.method");
    put(p, "</h2></div><div class=\"two\">\n");
    sqlite3_stmt *s = page_query(
        p, "SELECT e.id, e.name, e.source, e.sha256, e.bytes, e.encrypted, e.confinement, "
           "e.taken_ns, (SELECT count(*) FROM file f WHERE f.evidence_id = e.id), (SELECT "
           "count(sha256) FROM file f WHERE f.evidence_id = e.id) FROM evidence e ORDER BY e.id");
    while (page_row(p, s))
        put_evidence_box(p, s);
    put_run(p);
    put(p, "</div>\n");
    put_sets(p);
    put(p, "</section>\n");
    put_log(p);
}
