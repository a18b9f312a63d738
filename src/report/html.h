#pragma once

#include "report/escape.h"
#include "report/finding_words.h"
#include "report/gaps.h"
#include "report/rows.h"

/*
 * Inside html*.c only: the page while it is written. Everything goes through put*(); what comes from
 * the case only through the ones that escape. The first error stops all that follows.
 */
struct sqlite3_stmt;

struct page {
    struct casefile *c;
    const char *lang;
    FILE *to;
    struct buf out;
    struct arena a; /* reset by page_flush() */
    struct err *e;
    bool failed;
    struct conclusion k;
    struct ranking ranking;
    struct packer *packer;
    int64_t first_ns, last_ns; /* the common axis of all bars; equal: no time is known */
};

void put(struct page *p, const char *html); /* our own markup only */
void putf(struct page *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void put_text(struct page *p, struct slice text);     /* escaped */
void put_own(struct page *p, const char *text);       /* our words, escaped */
void put_evidence(struct page *p, struct slice text); /* escaped, in <bdi> */
void put_code(struct page *p, struct slice text);     /* escaped, in <code><bdi> */
/* As put_code(); links, hosts and addresses can't be opened by accident. */
void put_value(struct page *p, struct slice type, struct slice text);
/* The same without <code>, for sentences that hold such a value. */
void put_value_text(struct page *p, struct slice type, struct slice text);
/* A sentence about a finding: the value that it is about can't be opened, the rest is escaped. */
void put_sentence(struct page *p, const struct case_finding *f, const char *text);
void put_word(struct page *p, const char *key);
void put_number(struct page *p, uint64_t n);
/* "2024-05-04 12:31:09", as fine as t is; a dash for none. */
void put_time(struct page *p, struct utime t);
void put_date(struct page *p, int64_t ns);
void put_icon(struct page *p, const char *name);
void put_icon_class(struct page *p, const char *name, const char *class);
void put_term(struct page *p, const char *key); /* <dt>word</dt><dd>, to be closed by the caller */
const char *page_key(struct page *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Hands what was written to the file; nothing of the arena may be used after it. */
void page_flush(struct page *p);

/* A query over the case; page_row() is false at its end or on error, and has then freed it. */
struct sqlite3_stmt *page_query(struct page *p, const char *sql);
bool page_row(struct page *p, struct sqlite3_stmt *s);
struct slice column(struct sqlite3_stmt *s, int i);
int64_t column_int(struct sqlite3_stmt *s, int i);
struct utime column_time(struct sqlite3_stmt *s, int ns, int precision);
int64_t page_count(struct page *p, const char *sql);

/* Place on the axis in thousandths, held inside it. */
unsigned axis_at(const struct page *p, int64_t ns);
void page_axis(struct page *p);

/* A bar on the common axis: hatched where nobody has looked, with marks for records of findings. */
void put_span(struct page *p, int64_t coverage, struct utime first, struct utime last, bool state);
void put_axis(struct page *p, unsigned marks);

/* The parts in their order. */
void html_result(struct page *p);
void html_findings(struct page *p);
void html_timeline(struct page *p);
void html_coverage(struct page *p);
void html_method(struct page *p);
void html_records(struct page *p);

extern const char web_report_css[], web_report_js[];
extern const unsigned web_report_css_size, web_report_js_size;
