/*
 * Tables: CSV with ',', ';', tab or '|'. The headers say what the columns are; without headers, or
 * where they say nothing, the values of a column do. MISP's CSV and its like name the type of each
 * value in a column of its own.
 */
#include <stdlib.h>

#include "format/csv.h"
#include "indicator/lists.h"

#include "base/utf8.h"
#include "indicator/misp.h"

enum role {
    NO_ROLE,
    VALUES, /* of one kind */
    ANY,    /* the column `type` tells which, or the value itself */
    TYPE,
    FAMILY,
    DATE,
    REF,
    TO_IDS,
};

struct column {
    enum role role;
    const struct value_kind *kind;
    struct slice what;    /* as `guesses` shows it */
    enum observable type; /* of a column without a header */
};

struct sheet {
    struct csv rows;
    struct column columns[CSV_MAX_FIELDS];
    size_t n;
    bool header;
    size_t type; /* number of the column; n: none */
};

static const struct {
    const char *header; /* folded */
    enum role role;
} roles[] = {
    {"value", ANY},          {"indicator", ANY},
    {"indicatorvalue", ANY}, {"ioc", ANY},
    {"iocvalue", ANY},       {"iocs", ANY},
    {"observable", ANY},     {"indicators", ANY},
    {"type", TYPE},          {"indicatortype", TYPE},
    {"ioctype", TYPE},       {"observabletype", TYPE},
    {"app", FAMILY},         {"family", FAMILY},
    {"malware", FAMILY},     {"malwarefamily", FAMILY},
    {"malwarename", FAMILY}, {"threatname", FAMILY},
    {"campaign", FAMILY},    {"tool", FAMILY},
    {"date", DATE},          {"created", DATE},
    {"createdat", DATE},     {"firstseen", DATE},
    {"published", DATE},     {"datetime", DATE},
    {"timestamp", DATE},     {"uuid", REF},
    {"toids", TO_IDS},
};

static enum role role_of(struct slice header)
{
    uint8_t to[FOLDED_MAX];
    struct slice folded = kind_fold(header, to);
    for (size_t i = 0; i < sizeof roles / sizeof *roles; i++)
        if (slice_is(folded, roles[i].header))
            return roles[i].role;
    return NO_ROLE;
}

/* -- finding out what it is -- */

static bool blank_row(const struct csv *r)
{
    return r->n == 0 || (r->n == 1 && (!slice_trim(r->fields[0]).n || r->fields[0].p[0] == '#'));
}

static bool first_row(struct csv *r)
{
    while (csv_next(r))
        if (!blank_row(r) && !slice_starts(r->fields[0], "#"))
            return true;
    return false;
}

static void name_columns(struct sheet *t, struct draft *d)
{
    bool any = false;
    t->n = t->type = t->rows.n;
    for (size_t i = 0; i < t->n; i++) {
        struct slice header = slice_trim(t->rows.fields[i]);
        struct column *c = &t->columns[i];
        *c = (struct column){.role = role_of(header), .kind = kind_named(header)};
        c->what =
            slice_of(arena_printf(&d->arena, "column %.*s", (int)header.n, (const char *)header.p));
        if (c->role == NO_ROLE && c->kind)
            c->role = VALUES;
        any = any || c->role == ANY;
        if (c->role == TYPE)
            t->type = i;
    }
    if (!any)
        t->type = t->n;
}

/* A header: at least one name of a column of values, and no cell that is a value itself. */
static bool is_header(const struct csv *r)
{
    bool values = false;
    for (size_t i = 0; i < r->n; i++) {
        struct slice s = slice_trim(r->fields[i]);
        const struct value_kind *k = kind_named(s);
        enum observable type;
        if (s.n > FOLDED_MAX || kind_guess(s, &type))
            return false;
        values = values || role_of(s) == ANY || (k && k->why == LINT_OK);
    }
    return values;
}

/* Without a header: the same number of cells in each row, and a column whose values are known. */
static bool guess_columns(struct sheet *t, struct slice text, uint8_t delimiter, struct draft *d)
{
    enum { ROWS = 50, CELL_MAX = 2048 };
    unsigned rows = 0, counts[CSV_MAX_FIELDS][OBS_TYPES] = {0};
    struct csv *r = &t->rows;
    bool found = false;
    csv_open(r, text, delimiter, &d->arena);
    while (rows < ROWS && csv_next(r)) {
        if (blank_row(r) || slice_starts(r->fields[0], "#"))
            continue;
        if (rows == 0)
            t->n = r->n;
        if (r->n != t->n || t->n < 2 || r->open)
            return false;
        rows++;
        for (size_t i = 0; i < r->n; i++) {
            enum observable type;
            if (r->fields[i].n > CELL_MAX)
                return false; /* sentences */
            if (kind_guess(observable_refang(slice_trim(r->fields[i]), &d->arena), &type))
                counts[i][type]++;
        }
    }
    for (size_t i = 0; rows && i < t->n; i++) {
        t->columns[i] = (struct column){.role = NO_ROLE};
        for (unsigned o = 1; o < OBS_TYPES; o++)
            if (counts[i][o] * 2 > rows) {
                t->columns[i].role = ANY;
                t->columns[i].what = slice_of(arena_printf(&d->arena, "column %zu", i + 1));
                found = true;
            }
    }
    t->type = t->n;
    return found;
}

static bool find_columns(struct sheet *t, struct slice text, struct draft *d)
{
    static const char delimiters[] = ",;\t|";
    for (const char *at = delimiters; *at; at++) {
        csv_open(&t->rows, text, (uint8_t)*at, &d->arena);
        if (!first_row(&t->rows) || t->rows.n < 2 || !is_header(&t->rows))
            continue;
        t->header = true;
        name_columns(t, d);
        return true;
    }
    for (const char *at = delimiters; *at; at++)
        if (guess_columns(t, text, (uint8_t)*at, d)) {
            csv_open(&t->rows, text, (uint8_t)*at, &d->arena);
            return true;
        }
    csv_open(&t->rows, text, ',', &d->arena); /* one column, under a header */
    if (first_row(&t->rows) && t->rows.n == 1 && is_header(&t->rows)) {
        t->header = true;
        name_columns(t, d);
        return true;
    }
    return false;
}

/* -- rows -- */

static struct utime date_of(struct slice s)
{
    char text[16];
    struct utime t = utime_parse(s);
    bool digits = s.n == 8;
    for (size_t i = 0; digits && i < s.n; i++)
        digits = s.p[i] >= '0' && s.p[i] <= '9';
    if (t.precision != PRECISION_NONE || !digits)
        return t;
    memcpy(text, s.p, 4);
    memcpy(text + 5, s.p + 4, 2);
    memcpy(text + 8, s.p + 6, 2);
    text[4] = text[7] = '-';
    return utime_parse(slice_at(text, 10));
}

static void read_row(struct sheet *t, const struct where *w, struct draft *d)
{
    struct indicator like = lists_like(w);
    struct csv *r = &t->rows;
    bool context = false, repeats = false;
    for (size_t i = 0; i < r->n && i < t->n; i++) {
        struct slice s = slice_trim(r->fields[i]);
        if (t->columns[i].role == FAMILY && s.n) {
            like.family = s;
            like.family_class = (uint8_t)where_class(w, s);
        } else if (t->columns[i].role == DATE) {
            like.created = date_of(s);
        } else if (t->columns[i].role == REF) {
            like.ref = s;
        } else if (t->columns[i].role == TO_IDS) {
            context = slice_is(s, "0") || slice_is_nocase(s, "false");
        }
    }
    for (size_t i = 0; i < r->n && i < t->n; i++) {
        const struct column *c = &t->columns[i];
        struct slice s = slice_trim(r->fields[i]);
        if ((c->role != ANY && c->role != VALUES) || !s.n || slice_is(s, "-") ||
            slice_is_nocase(s, "n/a") || slice_is_nocase(s, "unknown"))
            continue;
        d->quiet_repeats = repeats;
        repeats = true;
        struct slice type = t->type < r->n ? slice_trim(r->fields[t->type]) : (struct slice){0};
        if (context)
            draft_reject(d, utf8_cut(s, 200), LINT_CONTEXT);
        else if (c->role == VALUES)
            lists_value(d, c->kind, s, c->what, &like);
        else if (!type.n || !misp_value(d, type, s, &like))
            lists_value(d, NULL, s, c->what, &like);
    }
    d->quiet_repeats = false;
}

bool table_read(struct slice text, const struct where *w, struct draft *d)
{
    struct sheet *t = xcalloc(1, sizeof *t);
    bool is = find_columns(t, text, d);
    if (is) {
        d->set.format = slice_of("table");
        while (csv_next(&t->rows))
            if (!blank_row(&t->rows) && !slice_starts(t->rows.fields[0], "#"))
                read_row(t, w, d);
        if (t->rows.open)
            draft_reject(d, (struct slice){0}, LINT_CUT_OFF);
    }
    free(t);
    return is;
}
