/*
 * Reading several cases into one table: a row for each finding, artifact or listed thing, a cell for
 * each check. Everything that stays is copied; a case may be big, its findings and states are not.
 */
#include <sqlite3.h>
#include <stdlib.h>
#include <sys/random.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/utf8.h"
#include "format/json.h"
#include "report/compare_impl.h"
#include "report/escape.h"
#include "report/rows.h"

/* A hostile case must not fill the memory with made-up apps. */
enum { MAX_ITEMS = 200 * 1000 };

static struct slice keep(struct comparison *x, struct slice s)
{
    return slice_of(arena_string(&x->arena, s));
}

/* The item with this kind and key; made if need be. NULL: too many. */
static struct item *item_of(struct comparison *x, enum item_kind kind, struct slice key)
{
    uint64_t hash = XXH3_64bits_withSeed(key.p, key.n, x->seed + kind);
    if (x->nitems * 2 >= x->room) {
        size_t room = x->room ? x->room * 2 : 1024;
        struct item **slots = xcalloc(room, sizeof(struct item *));
        for (size_t i = 0; i < x->nitems; i++) {
            size_t at = x->items[i]->hash & (room - 1);
            while (slots[at])
                at = (at + 1) & (room - 1);
            slots[at] = x->items[i];
        }
        free(x->slots);
        x->slots = slots;
        x->room = room;
        x->items = xrealloc(x->items, room, sizeof(struct item *));
    }
    size_t at = hash & (x->room - 1);
    for (; x->slots[at]; at = (at + 1) & (x->room - 1))
        if (x->slots[at]->hash == hash && x->slots[at]->kind == kind &&
            slice_equal(x->slots[at]->key, key))
            return x->slots[at];
    if (x->nitems == MAX_ITEMS)
        return NULL;
    struct item *item = arena_alloc(&x->arena, sizeof *item);
    *item = (struct item){.kind = kind, .hash = hash, .key = keep(x, key)};
    item->cells = arena_alloc(&x->arena, x->n * sizeof *item->cells);
    memset(item->cells, 0, x->n * sizeof *item->cells);
    x->slots[at] = x->items[x->nitems++] = item;
    return item;
}

static bool too_many(struct err *e)
{
    return err_set(e, ERR_LIMIT, "more than %d things to compare", MAX_ITEMS);
}

static struct slice title_of(const struct case_finding *f, struct slice subject, struct arena *a)
{
    struct case_finding named = *f;
    struct finding_text text;
    named.subject = subject;
    finding_words(&named, "en", a, &text);
    return slice_of(text.title);
}

static bool add_findings(struct comparison *x, unsigned at, struct err *e)
{
    struct case_finding f;
    struct arena a = {0};
    struct finding_iter *it = findings_open(x->checks[at].c, e);
    bool ok = it != NULL;
    while (ok && findings_next(it, &f, e)) {
        struct item *item = item_of(x, ITEM_FINDING, f.key);
        if (!item) {
            ok = too_many(e);
            break;
        }
        struct cell *cell = &item->cells[at];
        if (!item->title.n) {
            item->title = keep(x, title_of(&f, f.subject, &a));
            item->shown = keep(x, title_of(&f, defang(utf8_cut(f.subject, 200), &a), &a));
            item->artifact = keep(x, f.artifact);
            item->where = keep(x, f.title_of_artifact);
        }
        if (item->time.precision == PRECISION_NONE ||
            (f.time.precision != PRECISION_NONE && f.time.ns < item->time.ns))
            item->time = f.time;
        cell->there = true;
        cell->records += f.records;
        cell->severity = f.severity > cell->severity ? f.severity : cell->severity;
        cell->confidence = f.confidence > cell->confidence ? f.confidence : cell->confidence;
        cell->exposure = f.exposure > cell->exposure ? f.exposure : cell->exposure;
        cell->review = f.review;
        arena_reset(&a);
    }
    findings_close(it);
    arena_free(&a);
    return ok && !e->code;
}

/* The worse of two pieces of evidence counts: what one of them doesn't show may be there. */
static bool add_coverage(struct comparison *x, unsigned at, struct err *e)
{
    struct coverage_row r;
    struct coverage_iter *it = coverage_open(x->checks[at].c, false, e);
    bool ok = it != NULL;
    while (ok && coverage_next(it, &r, e)) {
        struct item *item = item_of(x, ITEM_COVERAGE, r.artifact);
        if (!item) {
            ok = too_many(e);
            break;
        }
        struct cell *cell = &item->cells[at];
        item->artifact = item->key;
        item->where = item->title = item->title.n ? item->title : keep(x, r.title);
        if (!cell->there || r.gap)
            cell->status = r.status;
        cell->there = true;
        cell->records += r.records;
    }
    coverage_close(it);
    return ok && !e->code;
}

/* What artifacts that hold a state list: the record's fields are the thing. */
static bool add_states(struct comparison *x, unsigned at, struct err *e)
{
    sqlite3_stmt *s = rows_query(x->checks[at].c,
                                 "SELECT c.artifact, c.title, r.name, r.fields FROM coverage c "
                                 "JOIN span p ON p.coverage_id = c.id JOIN record r ON r.id "
                                 "BETWEEN p.first_record AND p.last_record WHERE c.holds = 'state'",
                                 e);
    struct buf key = {0};
    bool ok = s != NULL;
    while (ok && rows_next(x->checks[at].c, s, e)) {
        buf_clear(&key);
        for (int i = 0; i < 4; i++)
            if (i != 1) {
                buf_slice(&key, rows_text(s, i));
                buf_byte(&key, '\n');
            }
        struct item *item = item_of(x, ITEM_STATE, buf_view(&key));
        if (!item) {
            ok = too_many(e);
            break;
        }
        if (!item->artifact.n) {
            item->artifact = keep(x, rows_text(s, 0));
            item->where = keep(x, rows_text(s, 1));
            item->title = keep(x, rows_text(s, 3));
        }
        item->cells[at].there = true;
        item->cells[at].records++;
    }
    buf_free(&key);
    sqlite3_finalize(s);
    return ok && !e->code;
}

static bool add_facts(struct comparison *x, unsigned at, struct err *e)
{
    struct check_facts *f = &x->checks[at];
    f->verdict = keep(x, casefile_get(f->c, "verdict", &x->arena));
    struct slice ns = casefile_get(f->c, "checked_ns", &x->arena);
    int64_t when;
    if (json_int(ns, &when))
        f->checked = (struct utime){when, SECOND};
    sqlite3_stmt *s = rows_query(
        f->c,
        "SELECT coalesce(max(device ->> '$.serial'), ''), coalesce(max(device ->> '$.model'), ''), "
        "coalesce(max(device ->> '$.os'), ''), max(taken_ns) FROM evidence WHERE json_valid(device)",
        e);
    if (s && rows_next(f->c, s, e)) {
        f->serial = keep(x, rows_text(s, 0));
        f->model = keep(x, rows_text(s, 1));
        f->os = keep(x, rows_text(s, 2));
        if (sqlite3_column_type(s, 3) != SQLITE_NULL)
            f->taken = (struct utime){sqlite3_column_int64(s, 3), SECOND};
    }
    sqlite3_finalize(s);
    return !e->code;
}

static int by_day(const void *a, const void *b)
{
    const struct check_facts *x = a, *y = b;
    int64_t m = x->taken.precision ? x->taken.ns : x->checked.ns;
    int64_t n = y->taken.precision ? y->taken.ns : y->checked.ns;
    if (m != n)
        return m < n ? -1 : 1;
    return x->given < y->given ? -1 : 1;
}

/* Findings by time, then what has none; the rest by artifact and name. */
static int by_time(const void *a, const void *b)
{
    const struct item *x = *(struct item *const *)a, *y = *(struct item *const *)b;
    bool p = x->time.precision != PRECISION_NONE, q = y->time.precision != PRECISION_NONE;
    if (x->kind != y->kind)
        return x->kind < y->kind ? -1 : 1;
    if (p != q)
        return p ? -1 : 1;
    if (p && x->time.ns != y->time.ns)
        return x->time.ns < y->time.ns ? -1 : 1;
    int order = slice_compare(x->artifact, y->artifact);
    return order ? order : slice_compare(x->key, y->key);
}

struct comparison *compare_open(struct casefile *const *cases, const char *const *paths, unsigned n,
                                bool by_date, struct err *e)
{
    struct comparison *x = xcalloc(1, sizeof *x);
    bool ok = true;
    x->n = n;
    if (getrandom(&x->seed, sizeof x->seed, 0) < 0)
        x->seed = (uint64_t)utime_now().ns;
    for (unsigned i = 0; ok && i < n; i++) {
        x->checks[i].c = cases[i];
        x->checks[i].path = paths[i];
        x->checks[i].given = i;
        ok = add_facts(x, i, e);
    }
    if (ok && by_date)
        qsort(x->checks, n, sizeof *x->checks, by_day);
    for (unsigned i = 0; ok && i < n; i++)
        ok = add_findings(x, i, e) && add_coverage(x, i, e) && add_states(x, i, e);
    if (ok && x->nitems)
        qsort(x->items, x->nitems, sizeof *x->items, by_time);
    if (ok)
        return x;
    compare_close(x);
    return NULL;
}

void compare_close(struct comparison *x)
{
    if (!x)
        return;
    arena_free(&x->arena);
    free(x->slots);
    free(x->items);
    free(x);
}

enum change compare_change(const struct comparison *x, const struct item *item)
{
    const struct cell *a = &item->cells[0], *b = &item->cells[x->n - 1];
    if (item->kind == ITEM_COVERAGE)
        return a->there == b->there && a->status == b->status ? SAME : CHANGED;
    if (a->there != b->there)
        return b->there ? ADDED : GONE;
    if (item->kind == ITEM_STATE || (a->severity == b->severity && a->review == b->review &&
                                     a->confidence == b->confidence && a->records == b->records))
        return SAME;
    return CHANGED;
}

void compare_difference(const struct comparison *x, struct difference *out)
{
    const struct check_facts *a = &x->checks[0], *b = &x->checks[x->n - 1];
    *out = (struct difference){0};
    for (size_t i = 0; i < x->nitems; i++) {
        const struct item *item = x->items[i];
        enum change change = compare_change(x, item);
        if (item->kind == ITEM_COVERAGE)
            out->coverage += change != SAME;
        else if (item->kind == ITEM_STATE) {
            out->state_added += change == ADDED;
            out->state_gone += change == GONE;
        } else {
            out->added += change == ADDED;
            out->gone += change == GONE;
            out->changed += change == CHANGED;
        }
    }
    out->other_phone = a->serial.n && b->serial.n && !slice_equal(a->serial, b->serial);
}
