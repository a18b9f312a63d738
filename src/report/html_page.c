/* What all parts of the page are written with. */
#include <sqlite3.h>
#include <stdarg.h>

#include "casefile/impl.h"
#include "report/html.h"

enum { FLUSH_AT = 64 * 1024 };

void put(struct page *p, const char *html)
{
    buf_text(&p->out, html);
}

void putf(struct page *p, const char *fmt, ...)
{
    va_list ap;
    char text[1024];
    va_start(ap, fmt);
    int n = vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    if (n < 0 || (size_t)n >= sizeof text)
        die("report: markup of %d bytes", n);
    buf_add(&p->out, text, (size_t)n);
}

void put_text(struct page *p, struct slice text)
{
    escape_html(&p->out, text);
}

/* Arabic sentences need their direction marks; in evidence the same marks are drawn as boxes. */
void put_own(struct page *p, const char *text)
{
    struct slice rest = slice_of(text);
    while (rest.n) {
        size_t at = slice_search(rest, slice_of("\xe2\x80\x8e"), 0);
        size_t rtl = slice_search(rest, slice_of("\xe2\x80\x8f"), 0);
        at = rtl < at ? rtl : at;
        put_text(p, slice_sub(rest, 0, at));
        buf_slice(&p->out, slice_sub(rest, at, 3));
        rest = slice_sub(rest, at + 3, rest.n);
    }
}

void put_evidence(struct page *p, struct slice text)
{
    put(p, "<bdi>");
    put_text(p, text);
    put(p, "</bdi>");
}

void put_code(struct page *p, struct slice text)
{
    put(p, "<code>");
    put_evidence(p, text);
    put(p, "</code>");
}

void put_value_text(struct page *p, struct slice type, struct slice text)
{
    static const char *const open[] = {"url", "domain", "ip", "email", NULL};
    bool live = slice_search(text, slice_of("://"), 0) < text.n;
    for (size_t i = 0; open[i]; i++)
        live |= slice_is(type, open[i]);
    put(p, "<bdi>");
    if (live)
        escape_defang(&p->out, text);
    else
        put_text(p, text);
    put(p, "</bdi>");
}

void put_value(struct page *p, struct slice type, struct slice text)
{
    put(p, "<code>");
    put_value_text(p, type, text);
    put(p, "</code>");
}

const char *page_key(struct page *p, const char *fmt, ...)
{
    va_list ap;
    char text[256];
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    return arena_string(&p->a, slice_of(text));
}

void put_word(struct page *p, const char *key)
{
    put_own(p, words(p->lang, key));
}

void put_number(struct page *p, uint64_t n)
{
    put(p, "<span class=\"num\">");
    put(p, number_text(&p->a, n));
    put(p, "</span>");
}

void put_time(struct page *p, struct utime t)
{
    char text[UTIME_TEXT];
    if (t.precision > SECOND)
        t.precision = MILLI;
    utime_text(t, text);
    size_t n = strlen(text);
    if (n && text[n - 1] == 'Z')
        text[n - 1] = 0;
    if (n > 10 && text[10] == 'T')
        text[10] = ' ';
    putf(p, "<span class=\"num\">%s</span>", n ? text : "–");
}

void put_date(struct page *p, int64_t ns)
{
    put_time(p, (struct utime){ns, DAY});
}

void put_icon_class(struct page *p, const char *name, const char *class)
{
    putf(p, "<svg class=\"%s\" aria-hidden=\"true\"><use href=\"#i-%s\"/></svg>", class, name);
}

void put_icon(struct page *p, const char *name)
{
    put_icon_class(p, name, "i");
}

void put_term(struct page *p, const char *key)
{
    put(p, "<dt>");
    put_word(p, key);
    put(p, "</dt><dd>");
}

void page_flush(struct page *p)
{
    if (p->out.n < FLUSH_AT && !p->failed)
        return;
    if (!p->failed && p->out.n && fwrite(p->out.p, 1, p->out.n, p->to) != p->out.n)
        p->failed = !err_io(p->e, "the report can't be written");
    buf_clear(&p->out);
    arena_reset(&p->a);
}

struct sqlite3_stmt *page_query(struct page *p, const char *sql)
{
    sqlite3_stmt *s = p->failed ? NULL : case_prepare(p->c, sql, p->e);
    p->failed |= !s;
    return s;
}

bool page_row(struct page *p, struct sqlite3_stmt *s)
{
    int rc = s && !p->failed ? sqlite3_step(s) : SQLITE_DONE;
    if (rc == SQLITE_ROW)
        return true;
    if (rc != SQLITE_DONE)
        p->failed = !case_err(p->c, p->e);
    sqlite3_finalize(s);
    return false;
}

struct slice column(struct sqlite3_stmt *s, int i)
{
    const void *text = sqlite3_column_text(s, i);
    return slice_at(text, text ? (size_t)sqlite3_column_bytes(s, i) : 0);
}

int64_t column_int(struct sqlite3_stmt *s, int i)
{
    return sqlite3_column_int64(s, i);
}

struct utime column_time(struct sqlite3_stmt *s, int ns, int precision)
{
    int64_t fine = sqlite3_column_int64(s, precision);
    if (sqlite3_column_type(s, ns) == SQLITE_NULL || fine < DAY || fine > NANO)
        return UTIME_NONE;
    return (struct utime){sqlite3_column_int64(s, ns), (enum precision)fine};
}

int64_t page_count(struct page *p, const char *sql)
{
    int64_t n = 0;
    sqlite3_stmt *s = page_query(p, sql);
    while (page_row(p, s))
        n = column_int(s, 0);
    return n;
}

/* Broken clocks and hostile times must not squeeze the rest: two years before the end are enough. */
void page_axis(struct page *p)
{
    const int64_t day = 86400LL * 1000000000, span = 730 * day;
    int64_t checked = 0, last, first;
    struct slice text = casefile_get(p->c, "checked_ns", &p->a);
    for (size_t i = 0; i < text.n && i < 19 && text.p[i] >= '0' && text.p[i] <= '9'; i++)
        checked = checked * 10 + (text.p[i] - '0');
    last = page_count(p, "SELECT max(last_ns) FROM coverage WHERE holds = 'span'");
    if (checked > 0 && last > checked)
        last = checked;
    if (last <= 0)
        return;
    sqlite3_stmt *s = page_query(p, "SELECT min(first_ns) FROM coverage WHERE holds = 'span' AND "
                                    "first_ns > ?1");
    first = last - day;
    if (s)
        sqlite3_bind_int64(s, 1, last - span);
    while (page_row(p, s))
        if (sqlite3_column_type(s, 0) != SQLITE_NULL && column_int(s, 0) < last)
            first = column_int(s, 0);
    p->first_ns = first;
    p->last_ns = last;
}

unsigned axis_at(const struct page *p, int64_t ns)
{
    if (ns <= p->first_ns || p->first_ns == p->last_ns)
        return 0;
    if (ns >= p->last_ns)
        return 1000;
    return (unsigned)((double)(ns - p->first_ns) * 1000 / (double)(p->last_ns - p->first_ns));
}
