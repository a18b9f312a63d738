/* The first screen: verdict and gaps side by side, what to do now, what it was checked with. */
#include <sqlite3.h>

#include "report/html.h"

enum { MAX_STEPS = 20 };

static const char *const classes[] = {"mercenary", "stalkerware", "forensic-tool", "other", NULL};

/* The class in "verdict.traces.mercenary.attempt"; NULL if the key names none. */
static const char *class_in(const char *key)
{
    for (size_t i = 0; classes[i]; i++)
        if (slice_search(slice_of(key), slice_of(classes[i]), 0) < strlen(key))
            return classes[i];
    return NULL;
}

/* The classes found, each with the furthest step and the gravest weight. */
static void put_reach(struct page *p)
{
    put(p, "<ul class=\"reach\">");
    for (size_t i = 0; classes[i]; i++) {
        sqlite3_stmt *s = page_query(
            p, "SELECT max(severity), max(exposure), min(time_ns), max(time_ns) FROM finding WHERE "
               "family_class = ?1 GROUP BY family_class");
        if (s)
            sqlite3_bind_text(s, 1, classes[i], -1, SQLITE_STATIC);
        while (page_row(p, s)) {
            const char *severity = severity_name((enum severity)column_int(s, 0));
            putf(p, "<li class=\"sev-%s\">", severity);
            put_icon(p, severity);
            put(p, "<span><b>");
            put_word(p, page_key(p, "family.%s", classes[i]));
            put(p, "</b></span><span class=\"go\">");
            put_word(p, page_key(p, "exposure.%s", exposure_name((enum exposure)column_int(s, 1))));
            if (column(s, 2).n) {
                put(p, "<small class=\"num\">");
                put_date(p, column_int(s, 2));
                put(p, " – ");
                put_date(p, column_int(s, 3));
                put(p, "</small>");
            }
            put(p, "</span></li>");
        }
    }
    put(p, "</ul>");
}

static void put_verdict(struct page *p, const char *key)
{
    const char *name = verdict_name(p->k.verdict);
    putf(p, "<div class=\"panel t-%s\"><p class=\"kick\">", name);
    put_icon(p, name);
    put(p, "<span>");
    put_word(p, "section.result");
    put(p, "</span></p><h1 id=\"verdict\">");
    put_word(p, key);
    put(p, "</h1>");
    if (p->k.gaps) {
        put(p, "<p class=\"peek\">");
        put_icon(p, "gap");
        put(p, "<a href=\"#unchecked\">");
        put_own(p, words_count(&p->a, p->lang, "unchecked", p->k.gaps));
        put(p, "</a></p>");
    }
    put(p, "<p>");
    put_word(p, page_key(p, "%s.means", key));
    put(p, "</p>");
    put_reach(p);
    put(p, "<p class=\"more\"><a href=\"#findings\">");
    put_word(p, "page.all-findings");
    put(p, "</a></p></div>\n");
}

static void put_loose_gap(struct page *p, const char *key, const char *closes)
{
    put(p, "<li>");
    put_icon(p, "failed");
    put(p, "<span>");
    put_word(p, key);
    put(p, "</span><span></span>");
    if (closes) {
        put(p, "<span class=\"to\">");
        put_word(p, closes);
        put(p, "</span>");
    }
    put(p, "</li>");
}

static void put_gap(struct page *p, const struct coverage_row *r)
{
    const char *closes = gap_closer(r), *status = status_name(r->status);
    put(p, "<li>");
    put_icon(p, status);
    put(p, "<span>");
    put_evidence(p, r->title);
    put(p, "</span><span class=\"st\">");
    put_word(p, page_key(p, "coverage.%s", status));
    put(p, "</span><span class=\"to\">");
    put_text(p, slice_of(gap_reason(r, p->lang, &p->a)));
    if (closes) {
        put(p, " · ");
        put_word(p, closes);
    }
    put(p, "</span></li>");
}

/* What isn't a coverage row and yet leaves the check incomplete. */
static void put_other_gaps(struct page *p)
{
    if (!p->k.indicators)
        put_loose_gap(p, "reason.no-indicators", "close.indicators");
    if (page_count(p, "SELECT count(*) FROM run WHERE name = 'unopened' AND value <> '0'"))
        put_loose_gap(p, "page.unopened", "close.again");
    if (page_count(p, "SELECT count(*) FROM run WHERE name = 'unread_sets' AND value <> '0'"))
        put_loose_gap(p, "page.unread-sets", "close.indicators");
    if (page_count(p, "SELECT count(*) FROM run WHERE name = 'interrupted' AND value <> '0'"))
        put_loose_gap(p, "reason.interrupted", "close.again");
}

/* The user's choice, what this evidence never holds and what only some phones have: they move no
   verdict, yet stand here. */
static void put_left_out(struct page *p)
{
    static const enum status kinds[] = {STATUS_SKIPPED, STATUS_ABSENT, STATUS_NOT_APPLICABLE};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        struct coverage_row r;
        bool any = false;
        struct coverage_iter *it = p->failed ? NULL : coverage_open(p->c, false, p->e);
        while (it && coverage_next(it, &r, p->e)) {
            if (r.gap || r.status != kinds[i])
                continue;
            put(p, any ? " · " : "<p class=\"rem\"><b>");
            if (!any) {
                put_word(p, page_key(p, "coverage.%s", status_name(kinds[i])));
                put(p, ":</b> ");
            }
            put_evidence(p, r.title);
            any = true;
        }
        put(p, any ? "</p>" : "");
        coverage_close(it);
        p->failed |= p->e->code != ERR_NONE;
    }
}

static void put_limits(struct page *p)
{
    put(p, "<h3 class=\"sub\">");
    put_word(p, "section.limits");
    put(p, "</h3><ul class=\"plain\">");
    struct sqlite3_stmt *s = page_query(p, "SELECT DISTINCT source FROM evidence ORDER BY source");
    while (page_row(p, s)) {
        const char *key = page_key(p, "limits.%s", arena_string(&p->a, column(s, 0)));
        if (!words_have("en", key))
            continue;
        put(p, "<li>");
        put_word(p, key);
        put(p, "</li>");
    }
    put(p, "<li>");
    put_word(p, "limits.restart");
    put(p, "</li></ul>");
}

static void put_gaps(struct page *p)
{
    put(p, "<div class=\"panel gap t-gap\" id=\"unchecked\"><p class=\"kick\">");
    put_icon(p, "gap");
    put(p, "<span>");
    put_word(p, "section.not-checked");
    put(p, "</span></p><h2 class=\"h1\">");
    if (p->k.gaps)
        put_own(p, words_count(&p->a, p->lang, "unchecked", p->k.gaps));
    else
        put_word(p, "page.no-gap");
    put(p, "</h2><p>");
    put_word(p, p->k.gaps ? "page.nobody" : "page.no-gap.means");
    put(p, "</p><ul class=\"gaps\">");
    put_other_gaps(p);
    struct coverage_row r;
    struct coverage_iter *it = p->failed ? NULL : coverage_open(p->c, true, p->e);
    while (it && coverage_next(it, &r, p->e))
        if (r.gap)
            put_gap(p, &r);
    coverage_close(it);
    p->failed |= p->e->code != ERR_NONE;
    put(p, "</ul>");
    put_left_out(p);
    if (!p->k.gaps)
        put_limits(p);
    put(p, "<p class=\"more\"><a href=\"#coverage\">");
    put_word(p, "page.all-sources");
    put(p, "</a></p></div>");
}

/* The steps now.PREFIX.FROM to now.PREFIX.TO, as far as there are any, as items of a list. */
static void put_items(struct page *p, const char *prefix, unsigned from, unsigned to)
{
    for (unsigned i = from; i <= to; i++) {
        const char *key = page_key(p, "now.%s.%u", prefix, i);
        if (!words_have("en", key))
            break;
        put(p, "<li><span>");
        put_word(p, key);
        put(p, "</span></li>");
    }
}

static void put_steps(struct page *p, const char *prefix, unsigned from, bool watched_first)
{
    put(p, "<ol class=\"steps\">");
    if (watched_first)
        put_items(p, "stalkerware", 1, 2);
    put_items(p, prefix, from, MAX_STEPS);
    put(p, "</ol>");
}

/* Is an app that watches someone among the findings? Then its safety steps come before all others,
   whatever else was found. */
static bool is_watched(struct page *p)
{
    bool found = false;
    sqlite3_stmt *s =
        page_query(p, "SELECT EXISTS (SELECT 1 FROM finding WHERE family_class = 'stalkerware')");
    while (page_row(p, s))
        found = column_int(s, 0) != 0;
    return found;
}

static void put_help_list(struct page *p, const char *const *list)
{
    for (size_t i = 0; list[i]; i++) {
        put(p, "<li>");
        put_word(p, page_key(p, "help.%s", list[i]));
        put(p, "</li>");
    }
}

static void put_help(struct page *p, const char *class, bool watched_too)
{
    static const char *const general[] = {"accessnow", "amnesty", "citizenlab",
                                          "rsf",       "smex",    NULL};
    static const char *const watched[] = {"stalkerware", "techsafety", NULL};
    bool only_watched = class && !strcmp(class, "stalkerware");
    put(p, "<details class=\"fold\"><summary>");
    put_word(p, "help.title");
    put(p, "</summary><ul class=\"help\">");
    if (only_watched || watched_too)
        put_help_list(p, watched);
    if (!only_watched)
        put_help_list(p, general);
    put(p, "<li>");
    put_word(p, "help.other-device");
    put(p, "</li></ul></details>");
}

static void put_now(struct page *p, const char *class)
{
    bool traces = p->k.verdict == VERDICT_TRACES, review = p->k.verdict == VERDICT_REVIEW;
    put(p, "<div><h2>");
    put_word(p, "section.now");
    put(p, "</h2>");
    bool watched_too = class && strcmp(class, "stalkerware") && is_watched(p);
    put_steps(p, traces ? (class ? class : "other") : verdict_name(p->k.verdict), 1, watched_too);
    if (watched_too) {
        put(p, "<h3>");
        put_word(p, "family.stalkerware");
        put(p, "</h3>");
        put_steps(p, "stalkerware", 3, false);
    }
    if (review && class) {
        put(p, "<details class=\"fold\"><summary>");
        put_word(p, page_key(p, "family.%s", class));
        put(p, "</summary>");
        put_steps(p, class, 1, false);
        put(p, "</details>");
    }
    struct slice contact = casefile_get(p->c, "contact", &p->a);
    if (contact.n) {
        put(p, "<p class=\"who\"><b>");
        put_word(p, "page.contact");
        put(p, ":</b> ");
        put_evidence(p, contact);
        put(p, "</p>");
    }
    put_help(p, class, watched_too);
    put(p, "</div>");
}

static void put_figure(struct page *p, uint64_t n, const char *key)
{
    put(p, "<div><dt>");
    put_word(p, key);
    put(p, "</dt><dd>");
    put_number(p, n);
    put(p, "</dd></div>");
}

static void put_newest(struct page *p)
{
    const int64_t day = 86400LL * 1000000000;
    struct sqlite3_stmt *s = page_query(
        p, "SELECT max(published_ns), (SELECT CAST(value AS INTEGER) FROM run WHERE name = "
           "'checked_ns') FROM indicator_set");
    while (page_row(p, s)) {
        if (!column(s, 0).n)
            continue;
        int64_t at = column_int(s, 0), checked = column_int(s, 1);
        put(p, "<p class=\"rem\">");
        put_word(p, "page.newest");
        put(p, ": ");
        put_date(p, at);
        if (checked > at && at > 0) {
            put(p, " · ");
            put_own(p, words_count(&p->a, p->lang, "days", (uint64_t)((checked - at) / day)));
        }
        put(p, "</p>");
    }
}

static void put_checked_with(struct page *p)
{
    put(p, "<div><h2>");
    put_word(p, "page.checked-with");
    put(p, "</h2><dl class=\"figs\"><div><dt>");
    put_word(p, "page.sources-read");
    unsigned all = 0;
    for (unsigned i = 0; i < STATUSES; i++)
        all += i == STATUS_NOT_APPLICABLE ? 0 : p->k.coverage[i];
    putf(p, "</dt><dd class=\"num\">%u / %u</dd></div>", p->k.coverage[STATUS_READ], all);
    put_figure(p, (uint64_t)page_count(p, "SELECT coalesce(sum(records), 0) FROM coverage"),
               "page.records-read");
    put_figure(p, p->k.indicators, "page.indicators");
    put(p, "</dl>");
    put_newest(p);
    if (p->k.gaps)
        put_limits(p);
    put(p, "</div>");
}

void html_result(struct page *p)
{
    const char *key = verdict_key(p->c, p->k.verdict, &p->a, p->e), *class = class_in(key);
    p->failed |= p->e->code != ERR_NONE;
    put(p, "<section id=\"result\" aria-labelledby=\"verdict\"><div class=\"pair\">");
    put_verdict(p, key);
    put_gaps(p);
    put(p, "</div>\n<div class=\"now card\">");
    put_now(p, class);
    put_checked_with(p);
    put(p, "</div></section>\n");
}
