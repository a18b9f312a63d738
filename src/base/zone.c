#include "base/zone.h"

#include <stdlib.h>

struct shift {
    uint32_t at;    /* seconds since 1970 */
    int32_t offset; /* from then on */
};

struct zone_rules {
    const char *name;
    uint32_t first, n; /* shifts */
    int32_t before;    /* the offset in 2000, before the first shift */
};

#include "zones.inc"

enum { ZONES = sizeof zones / sizeof *zones, DAY_S = 86400, WEEK_S = 7 * DAY_S };

static int by_name(const void *key, const void *rules)
{
    return slice_compare(*(const struct slice *)key,
                         slice_of(((const struct zone_rules *)rules)->name));
}

/* Up to two digits; -1 if there is none. */
static int small_number(struct slice *s)
{
    int v = -1;
    for (unsigned i = 0; i < 2 && s->n && s->p[0] >= '0' && s->p[0] <= '9'; i++) {
        v = (v < 0 ? 0 : v * 10) + (s->p[0] - '0');
        *s = slice_sub(*s, 1, s->n);
    }
    return v;
}

/* "GMT+02:00", "GMT-3", "UTC+0530". */
static bool custom(struct slice name, struct zone *out)
{
    if ((!slice_starts(name, "GMT") && !slice_starts(name, "UTC")) || name.n < 5 ||
        (name.p[3] != '+' && name.p[3] != '-'))
        return false;
    int sign = name.p[3] == '-' ? -1 : 1;
    struct slice rest = slice_sub(name, 4, name.n);
    int hours = small_number(&rest), minutes = 0;
    if (slice_starts(rest, ":"))
        rest = slice_sub(rest, 1, rest.n);
    if (rest.n)
        minutes = small_number(&rest);
    if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59 || rest.n)
        return false;
    out->fixed = sign * (hours * 3600 + minutes * 60);
    return true;
}

bool zone_find(struct slice name, struct zone *out)
{
    *out = (struct zone){0};
    out->rules = bsearch(&name, zones, ZONES, sizeof *zones, by_name);
    return out->rules || custom(name, out);
}

int32_t zone_offset(const struct zone *z, int64_t utc)
{
    if (!z->rules)
        return z->fixed;
    const struct shift *all = shifts + z->rules->first;
    uint32_t low = 0, high = z->rules->n; /* shifts before low are not later than utc */
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (all[middle].at <= utc)
            low = middle + 1;
        else
            high = middle;
    }
    return low ? all[low - 1].offset : z->rules->before;
}

unsigned zone_moments(const struct zone *z, int64_t local, int64_t utc[2])
{
    /* Offsets lie between -12 and +14 hours, and no zone shifts twice in a week. */
    int32_t before = zone_offset(z, local - WEEK_S / 2), after = zone_offset(z, local + WEEK_S / 2);
    unsigned n = 0;
    if (zone_offset(z, local - before) == before)
        utc[n++] = local - before;
    if (after != before && zone_offset(z, local - after) == after)
        utc[n++] = local - after;
    if (!n)
        utc[n++] = local - before;
    if (n == 2 && utc[0] > utc[1]) {
        int64_t later = utc[0];
        utc[0] = utc[1];
        utc[1] = later;
    }
    return n;
}

/* -- text -- */

static bool number(struct cursor *c, unsigned places, unsigned *out)
{
    *out = 0;
    if (cursor_left(c) < places)
        return false;
    for (unsigned i = 0; i < places; i++, c->p++) {
        if (*c->p < '0' || *c->p > '9')
            return false;
        *out = *out * 10 + (*c->p - '0');
    }
    return true;
}

static bool skip(struct cursor *c, const char *any)
{
    if (!cursor_left(c) || !*c->p || !strchr(any, *c->p))
        return false;
    c->p++;
    return true;
}

static void fraction(struct cursor *c, struct wall *out)
{
    unsigned places = 0;
    int32_t unit = 1000000000;
    out->precision = SECOND;
    if (!skip(c, ".,"))
        return;
    for (; cursor_left(c) && *c->p >= '0' && *c->p <= '9'; c->p++)
        if (unit > 1) {
            unit /= 10;
            out->ns += (*c->p - '0') * unit;
            places++;
        }
    out->precision = places == 0 ? SECOND : places <= 3 ? MILLI : places <= 6 ? MICRO : NANO;
}

static bool offset(struct cursor *c, struct wall *out)
{
    unsigned hours, minutes = 0;
    skip(c, " ");
    if (!cursor_left(c))
        return true;
    out->has_offset = true;
    if (skip(c, "Z"))
        return !cursor_left(c);
    int sign = *c->p == '-' ? -1 : 1;
    if (!skip(c, "+-") || !number(c, 2, &hours))
        return false;
    skip(c, ":");
    if (cursor_left(c) && !number(c, 2, &minutes))
        return false;
    out->offset = sign * (int32_t)(hours * 3600 + minutes * 60);
    return !cursor_left(c) && hours <= 23 && minutes <= 59;
}

static bool date(struct cursor *c, struct wall *out, unsigned *y, unsigned *m, unsigned *d)
{
    struct cursor at = *c;
    if (number(c, 4, y) && skip(c, "-/"))
        return number(c, 2, m) && skip(c, "-/") && number(c, 2, d);
    *c = at;
    *y = 1972; /* a leap year, so that 02-29 is a day */
    out->no_year = true;
    return number(c, 2, m) && skip(c, "-/") && number(c, 2, d);
}

bool wall_parse(struct slice text, struct wall *out)
{
    struct cursor c = cursor(slice_trim(text));
    unsigned y, mo, d, h, mi, s;
    *out = (struct wall){0};
    if (!date(&c, out, &y, &mo, &d) || mo < 1 || mo > 12 || d < 1 || d > utime_month_days(y, mo))
        return false;
    out->seconds = utime_days(y, mo, d) * DAY_S;
    out->precision = DAY;
    if (!cursor_left(&c))
        return true;
    if (!skip(&c, " T-_") || !number(&c, 2, &h) || !skip(&c, ":-") || !number(&c, 2, &mi) ||
        !skip(&c, ":-") || !number(&c, 2, &s) || h > 23 || mi > 59 || s > 60)
        return false;
    out->seconds += h * 3600 + mi * 60 + s;
    fraction(&c, out);
    return offset(&c, out);
}

static int64_t in_year(int64_t seconds, int year)
{
    int y;
    unsigned m, d;
    utime_date(seconds / DAY_S, &y, &m, &d);
    if (d > utime_month_days((unsigned)year, m)) /* 02-29 */
        return INT64_MAX;
    return utime_days(year, m, d) * DAY_S + seconds % DAY_S;
}

void wall_year(struct wall *w, int64_t end)
{
    enum { YEARS = 9 }; /* a leap year is among so many */
    int year;
    unsigned m, d;
    if (!w->no_year)
        return;
    utime_date((end - (end < 0 ? DAY_S - 1 : 0)) / DAY_S, &year, &m, &d);
    for (int back = 0; back < YEARS; back++) {
        int64_t at = in_year(w->seconds, year - back);
        if (at <= end) {
            w->seconds = at;
            w->no_year = false;
            return;
        }
    }
}

struct utime wall_moment(const struct wall *w, int32_t offset)
{
    __int128 ns = (__int128)(w->seconds - offset) * 1000000000 + w->ns;
    if (ns > INT64_MAX || ns < INT64_MIN)
        return UTIME_NONE;
    return (struct utime){(int64_t)ns, w->precision};
}
