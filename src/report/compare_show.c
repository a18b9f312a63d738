/* What compare.c gathered, for people and for programs. */
#include "base/utf8.h"
#include "format/json.h"
#include "report/compare_impl.h"
#include "report/escape.h"

/* Of each artifact's list; the rest is counted, and is in the JSON. */
enum { SHOWN_STATES = 12, SHOWN_BYTES = 160 };

static const char *const change_names[] = {"same", "new", "gone", "changed"};
static const char *const kind_names[] = {"finding", "coverage", "state"};

static void add_value(struct buf *out, struct slice text)
{
    escape_terminal(out, text);
}

static void add_day(struct buf *out, struct utime t)
{
    char text[UTIME_TEXT];
    if (t.precision != PRECISION_NONE)
        t.precision = DAY;
    buf_text(out, utime_text(t, text));
}

static void show_check(const struct comparison *x, unsigned i, const char *lang, struct buf *out)
{
    const struct check_facts *f = &x->checks[i];
    buf_printf(out, "  %u  ", i + 1);
    add_value(out, slice_of(f->path));
    buf_text(out, "  ");
    add_day(out, f->taken.precision ? f->taken : f->checked);
    buf_text(out, "  ");
    add_value(out, f->model);
    buf_byte(out, ' ');
    add_value(out, f->os);
    buf_text(out, "  ");
    struct arena a = {0};
    buf_text(out, words(lang, arena_printf(&a, "verdict.%.*s", (int)f->verdict.n,
                                           (const char *)f->verdict.p)));
    arena_free(&a);
    buf_byte(out, '\n');
}

static const char *word(const char *lang, const char *prefix, const char *name, struct arena *a)
{
    return words(lang, arena_printf(a, "%s.%s", prefix, name));
}

static void show_cell(const struct cell *c, enum item_kind kind, const char *lang, struct arena *a,
                      struct buf *out)
{
    if (!c->there)
        buf_text(out, words(lang, "compare.not-there"));
    else if (kind == ITEM_COVERAGE)
        buf_text(out, word(lang, "coverage", status_name(c->status), a));
    else
        buf_printf(out, "%s, %s", word(lang, "severity", severity_name(c->severity), a),
                   words_count(a, lang, "records", c->records));
    if (c->there && c->review == REVIEW_DISMISSED)
        buf_printf(out, ", %s", words(lang, "review.dismissed"));
}

static void show_item(const struct comparison *x, const struct item *item, const char *lang,
                      struct arena *a, struct buf *out)
{
    const struct cell *from = &item->cells[0], *to = &item->cells[x->n - 1];
    enum change change = compare_change(x, item);
    buf_text(out, change == ADDED ? "  + " : change == GONE ? "  - " : "    ");
    add_value(out, item->kind == ITEM_FINDING ? item->shown : item->title);
    if (item->kind == ITEM_FINDING) {
        buf_text(out, "\n      ");
        add_value(out, item->where);
        if (item->time.precision != PRECISION_NONE)
            buf_byte(out, ' ');
        add_day(out, item->time);
    }
    buf_text(out, ": ");
    if (change == CHANGED) {
        show_cell(from, item->kind, lang, a, out);
        buf_text(out, " -> ");
    }
    show_cell(change == GONE ? from : to, item->kind, lang, a, out);
    buf_byte(out, '\n');
}

static void heading(const char *lang, const char *key, struct buf *out)
{
    buf_printf(out, "\n%s\n", words(lang, key));
}

/* New and gone entries of one artifact after the other; x->items has them together. */
static void show_states(const struct comparison *x, struct arena *a, struct buf *out)
{
    struct slice artifact = {0};
    uint64_t shown = 0, more = 0;
    for (size_t i = 0; i <= x->nitems; i++) {
        const struct item *item = i < x->nitems ? x->items[i] : NULL;
        bool other = !item || item->kind != ITEM_STATE || !slice_equal(item->artifact, artifact);
        if (other && more)
            buf_printf(out, "    + %s\n", number_text(a, more));
        if (other)
            more = shown = 0;
        if (!item || item->kind != ITEM_STATE || compare_change(x, item) == SAME)
            continue;
        if (!slice_equal(item->artifact, artifact)) {
            buf_text(out, "  ");
            add_value(out, item->where);
            buf_byte(out, '\n');
            artifact = item->artifact;
        }
        if (shown++ >= SHOWN_STATES) {
            more++;
            continue;
        }
        buf_text(out, compare_change(x, item) == ADDED ? "    + " : "    - ");
        add_value(out, defang(utf8_cut(item->title, SHOWN_BYTES), a));
        buf_byte(out, '\n');
    }
}

static void show_difference(const struct comparison *x, const char *lang, struct arena *a,
                            struct buf *out)
{
    struct difference d;
    compare_difference(x, &d);
    if (d.other_phone)
        buf_printf(out, "%s\n", words(lang, "compare.other-phone"));
    buf_printf(out, "\n%s\n",
               words_fill(a, lang, "cli.diff", "new", number_text(a, d.added), "gone",
                          number_text(a, d.gone), "changed", number_text(a, d.changed), NULL));
    for (size_t i = 0; i < x->nitems; i++)
        if (x->items[i]->kind == ITEM_FINDING && compare_change(x, x->items[i]) != SAME)
            show_item(x, x->items[i], lang, a, out);
    if (d.coverage)
        heading(lang, "compare.coverage", out);
    for (size_t i = 0; i < x->nitems; i++)
        if (x->items[i]->kind == ITEM_COVERAGE && compare_change(x, x->items[i]) != SAME)
            show_item(x, x->items[i], lang, a, out);
    if (d.state_added || d.state_gone) {
        heading(lang, "compare.state", out);
        show_states(x, a, out);
    }
}

/* One line a finding: the numbers of the checks that show it. */
static void show_history(const struct comparison *x, const char *lang, struct arena *a,
                         struct buf *out)
{
    char text[UTIME_TEXT];
    heading(lang, "compare.timeline", out);
    for (size_t i = 0; i < x->nitems && x->items[i]->kind == ITEM_FINDING; i++) {
        const struct item *item = x->items[i];
        const struct cell *last = NULL;
        for (unsigned k = 0; k < x->n; k++)
            last = item->cells[k].there ? &item->cells[k] : last;
        utime_text(item->time, text);
        if (strlen(text) > 19)
            text[10] = ' ', text[19] = '\0';
        buf_printf(out, "  %-19s  ", item->time.precision ? text : "");
        add_value(out, item->shown);
        buf_printf(out, "\n  %19s  ", "");
        add_value(out, item->where);
        buf_text(out, ": ");
        show_cell(last, ITEM_FINDING, lang, a, out);
        buf_text(out, "; ");
        buf_text(out, words(lang, "compare.checks"));
        for (unsigned k = 0; k < x->n; k++)
            if (item->cells[k].there)
                buf_printf(out, " %u", k + 1);
        buf_byte(out, '\n');
    }
}

void compare_text(const struct comparison *x, bool diff, const char *lang, struct buf *out)
{
    struct arena a = {0};
    for (unsigned i = 0; i < x->n; i++)
        show_check(x, i, lang, out);
    if (diff)
        show_difference(x, lang, &a, out);
    else
        show_history(x, lang, &a, out);
    arena_free(&a);
}

/* -- JSON -- */

static void member(struct json_writer *w, const char *name, struct slice text)
{
    json_name(w, name);
    json_string(w, text);
}

static void member_if(struct json_writer *w, const char *name, struct slice text)
{
    if (text.n)
        member(w, name, text);
}

static void member_time(struct json_writer *w, const char *name, struct utime t)
{
    char text[UTIME_TEXT];
    if (t.precision != PRECISION_NONE)
        member(w, name, slice_of(utime_text(t, text)));
}

static void line(struct json_writer *w, struct buf *out, const char *kind)
{
    json_writer(w, out);
    json_object(w);
    member(w, "schema", slice_of("bridle/1"));
    member(w, "kind", slice_of(kind));
}

static void line_end(struct json_writer *w, struct buf *out)
{
    json_object_end(w);
    buf_byte(out, '\n');
}

static void json_cell(struct json_writer *w, const struct item *item, unsigned check)
{
    const struct cell *c = &item->cells[check];
    json_object(w);
    json_name(w, "check");
    json_number(w, check + 1);
    if (item->kind == ITEM_COVERAGE) {
        member(w, "status", slice_of(status_name(c->status)));
    } else if (item->kind == ITEM_FINDING) {
        member(w, "severity", slice_of(severity_name(c->severity)));
        member(w, "confidence", slice_of(confidence_name(c->confidence)));
        member(w, "exposure", slice_of(exposure_name(c->exposure)));
        member_if(w, "review", slice_of(review_name(c->review)));
    }
    json_name(w, "records");
    json_number(w, (int64_t)c->records);
    json_object_end(w);
}

static void json_item(const struct comparison *x, const struct item *item, bool diff,
                      struct buf *out)
{
    struct json_writer w;
    line(&w, out, diff ? "diff" : "history");
    member(&w, "of", slice_of(kind_names[item->kind]));
    if (diff)
        member(&w, "change", slice_of(change_names[compare_change(x, item)]));
    if (item->kind == ITEM_FINDING)
        member(&w, "key", item->key);
    member(&w, "artifact", item->artifact);
    member_time(&w, "time", item->time);
    if (item->kind == ITEM_STATE) {
        json_name(&w, "fields");
        json_raw(&w, item->title);
    } else {
        member(&w, "title", item->title);
    }
    json_name(&w, "checks");
    json_array(&w);
    for (unsigned i = 0; i < x->n; i++)
        if (item->cells[i].there)
            json_cell(&w, item, i);
    json_array_end(&w);
    line_end(&w, out);
}

void compare_json(const struct comparison *x, bool diff, struct buf *out)
{
    struct json_writer w;
    for (unsigned i = 0; i < x->n; i++) {
        const struct check_facts *f = &x->checks[i];
        line(&w, out, "check");
        json_name(&w, "number");
        json_number(&w, i + 1);
        member(&w, "case", slice_of(f->path));
        member_time(&w, "taken", f->taken);
        member_time(&w, "checked", f->checked);
        member_if(&w, "model", f->model);
        member_if(&w, "os", f->os);
        member_if(&w, "serial", f->serial);
        member_if(&w, "verdict", f->verdict);
        line_end(&w, out);
    }
    for (size_t i = 0; i < x->nitems; i++) {
        const struct item *item = x->items[i];
        if (diff ? compare_change(x, item) != SAME : item->kind == ITEM_FINDING)
            json_item(x, item, diff, out);
    }
}
