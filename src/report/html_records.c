/* The page's list of all records: what it is operated with, and its words. The rows: html_rows.c. */
#include <sqlite3.h>

#include "casefile/impl.h"
#include "format/json.h"
#include "report/html_blocks.h"

static void put_words(struct page *p, struct json_writer *w)
{
    static const char *const keys[] = {
        "page.loading",     "page.old-browser",   "page.shown",    "page.proves",
        "page.fields",      "page.where",         "page.state",    "ui.no-match",
        "ui.path",          "ui.container-path",  "ui.time",       "ui.artifact",
        "page.all",         "section.findings",   "ui.row",        "page.key",
        "page.line",        "page.offset",        "ui.state-live", "ui.state-wal",
        "ui.state-journal", "ui.state-recovered",
    };
    json_name(w, "words");
    json_object(w);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        json_name(w, keys[i]);
        json_text(w, words(p->lang, keys[i]));
    }
    json_object_end(w);
}

/* What the script needs besides the rows: its words, and the sources by number. */
static void put_index(struct page *p, const struct layout *l)
{
    struct buf text = {0};
    struct json_writer w;
    json_writer(&w, &text);
    json_object(&w);
    put_words(p, &w);
    json_name(&w, "sources");
    json_array(&w);
    sqlite3_stmt *s =
        page_query(p, "SELECT c.artifact, c.title, e.name FROM coverage c JOIN evidence e ON "
                      "e.id = c.evidence_id WHERE c.id = ?1");
    for (size_t i = 0; i < l->nparts && s; i++) {
        sqlite3_bind_int64(s, 1, l->parts[i].source);
        if (sqlite3_step(s) == SQLITE_ROW) {
            json_array(&w);
            json_number(&w, l->parts[i].source);
            for (int column_of = 0; column_of < 3; column_of++)
                json_string(&w, column(s, column_of));
            json_array_end(&w);
        }
        sqlite3_reset(s);
    }
    sqlite3_finalize(s);
    json_array_end(&w);
    json_object_end(&w);
    put_block(p, "id=\"index\"", &text);
    buf_free(&text);
}

static void put_controls(struct page *p)
{
    put(p, "<div class=\"card js-only\" id=\"browser\"><div class=\"rf\"><label>");
    put_word(p, "ui.search");
    put(p,
        "<input type=\"search\" id=\"q\" spellcheck=\"false\" autocomplete=\"off\" placeholder=\"");
    put_word(p, "ui.search-hint");
    put(p, "\"></label><label>");
    put_word(p, "ui.artifact");
    put(p, "<select id=\"source\"><option value=\"\">");
    put_word(p, "page.all");
    put(p, "</option></select></label><label>");
    put_word(p, "ui.sort");
    put(p, "<select id=\"order\"><option value=\"up\">");
    put_word(p, "ui.first");
    put(p, "</option><option value=\"down\">");
    put_word(p, "ui.last");
    put(p, "</option></select></label><div class=\"full\"><label class=\"tick\">"
           "<input type=\"checkbox\" id=\"hits\"><span>");
    put_word(p, "page.findings-only");
    put(p, "</span></label><span class=\"count\" id=\"count\" role=\"status\"></span></div></div>"
           "<div class=\"rh\" aria-hidden=\"true\"><span>");
    put_word(p, "ui.time");
    put(p, "</span><span>");
    put_word(p, "ui.artifact");
    put(p, "</span><span>");
    put_word(p, "page.content");
    put(p, "</span><span>");
    put_word(p, "section.findings");
    put(p, "</span></div><div class=\"rv-box\" id=\"list\" role=\"listbox\" tabindex=\"0\" "
           "aria-labelledby=\"h-records\"><div class=\"rv-in\" id=\"rows\"></div></div></div>\n"
           "<dialog class=\"drawer\" id=\"drawer\" aria-labelledby=\"drawer-t\"><div class=\"dh\">"
           "<h2 id=\"drawer-t\"></h2><button type=\"button\" id=\"back\">");
    put_word(p, "ui.previous");
    put(p, "</button><button type=\"button\" id=\"forth\">");
    put_word(p, "ui.next");
    put(p, "</button><button type=\"button\" id=\"shut\" aria-label=\"");
    put_word(p, "ui.close");
    put(p, "\">");
    put_icon(p, "close");
    put(p, "</button></div><div class=\"db\" id=\"drawer-b\"></div></dialog>\n");
}

void html_records(struct page *p)
{
    struct layout layout;
    /* One transaction: else each query takes and drops the file's lock. */
    bool begin = sqlite3_get_autocommit(casefile_db(p->c));
    p->failed = p->failed || (begin && !case_exec(p->c, "BEGIN", p->e));
    put(p, "<section id=\"records\" aria-labelledby=\"h-records\"><div class=\"sh\">"
           "<h2 id=\"h-records\">");
    put_word(p, "section.records");
    put(p, "</h2></div><p class=\"lead no-js\">");
    put_word(p, "ui.no-script");
    put(p, "</p>\n");
    put_controls(p);
    put(p, "</section>\n");
    page_flush(p);
    layout_make(p, &layout);
    put_index(p, &layout);
    put_rows(p, &layout);
    put_files(p);
    packer_wait(p);
    layout_free(&layout);
    struct err ignored = {0};
    if (begin)
        (void)!case_exec(p->c, "ROLLBACK", &ignored); /* nothing was written */
}
