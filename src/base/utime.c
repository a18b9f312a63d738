#include "base/utime.h"

#include <math.h>
#include <time.h>

#define NS INT64_C(1000000000)
#define MAC_TO_UNIX INT64_C(978307200)       /* 2001-01-01 */
#define WEBKIT_TO_UNIX INT64_C(-11644473600) /* 1601-01-01 */

/* CoreData's distantFuture (year 4001) and distantPast (year 1), in seconds since 2001. */
#define DISTANT_FUTURE 63113904000.0
#define DISTANT_PAST -63114076800.0

static struct utime make(__int128 ns, enum precision p)
{
    if (ns > INT64_MAX - NS || ns < INT64_MIN + NS)
        return UTIME_NONE;
    return (struct utime){(int64_t)ns, p};
}

/* Nanoseconds a unit of v has, and the precision that comes with it. */
static int64_t unit_of(double magnitude, enum epoch guess, enum precision *p)
{
    /* Unix seconds have ten digits until 2286, Mac seconds reach ten after 2032 and are Unix then. */
    double milli = guess == UNIX ? 1e11 : 1e10;
    if (guess == WEBKIT)
        return *p = MICRO, 1000;
    if (magnitude >= 1e16)
        return *p = NANO, 1;
    if (magnitude >= 1e13 * (guess == UNIX ? 10 : 1))
        return *p = MICRO, 1000;
    if (magnitude >= milli)
        return *p = MILLI, 1000000;
    return *p = SECOND, NS;
}

static __int128 zero_point(__int128 since, enum epoch guess)
{
    if (guess == WEBKIT)
        return (__int128)WEBKIT_TO_UNIX * NS;
    if (guess == MAC && since <= (__int128)MAC_TO_UNIX * NS)
        return (__int128)MAC_TO_UNIX * NS;
    return 0;
}

struct utime utime_from_int(int64_t v, enum epoch guess)
{
    enum precision p;
    if (v == 0 || v == -1 || (double)v == DISTANT_FUTURE || (double)v == DISTANT_PAST)
        return UTIME_NONE;
    __int128 since = (__int128)v * unit_of(fabs((double)v), guess, &p);
    return make(since + zero_point(since, guess), p);
}

struct utime utime_from_real(double v, enum epoch guess)
{
    enum precision p;
    if (!isfinite(v) || v == 0 || v == -1 || v == DISTANT_FUTURE || v == DISTANT_PAST ||
        fabs(v) > 9e18)
        return UTIME_NONE;
    int64_t unit = unit_of(fabs(v), guess, &p);
    double whole = floor(v), rest = v - whole;
    __int128 since = (__int128)whole * unit;
    if (unit == NS && rest != 0) {
        /* A double of today's size is good for a tenth of a microsecond. */
        since += (__int128)llround(rest * 1e6) * 1000;
        p = MICRO;
    }
    return make(since + zero_point(since, guess), p);
}

int64_t utime_days(int64_t y, unsigned m, unsigned d)
{
    y -= m <= 2;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    unsigned yoe = (unsigned)(y - era * 400);
    unsigned doy = (153 * (m > 2 ? m - 3 : m + 9) + 2) / 5 + d - 1;
    unsigned doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    return era * 146097 + (int64_t)doe - 719468;
}

void utime_date(int64_t days, int *y, unsigned *m, unsigned *d)
{
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    unsigned doe = (unsigned)(days - era * 146097);
    unsigned yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    unsigned doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    unsigned mp = (5 * doy + 2) / 153;
    *d = doy - (153 * mp + 2) / 5 + 1;
    *m = mp < 10 ? mp + 3 : mp - 9;
    *y = (int)((int64_t)yoe + era * 400 + (*m <= 2));
}

unsigned utime_month_days(unsigned year, unsigned month)
{
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    if (month == 2)
        return leap ? 29 : 28;
    return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

static bool digits(struct cursor *c, unsigned n, unsigned *out)
{
    *out = 0;
    for (unsigned i = 0; i < n; i++) {
        uint8_t b = cursor_u8(c);
        if (b < '0' || b > '9')
            return false;
        *out = *out * 10 + (b - '0');
    }
    return true;
}

static bool one(struct cursor *c, uint8_t want)
{
    return cursor_left(c) && *c->p == want ? (c->p++, true) : false;
}

struct utime utime_parse(struct slice text)
{
    struct cursor c = cursor(slice_trim(text));
    unsigned y, mo, d, h, mi, s, zh = 0, zm = 0;
    if (!digits(&c, 4, &y) || !one(&c, '-') || !digits(&c, 2, &mo) || !one(&c, '-') ||
        !digits(&c, 2, &d) || mo < 1 || mo > 12 || d < 1 || d > 31)
        return UTIME_NONE;
    int64_t days = utime_days(y, mo, d);
    if (!cursor_left(&c))
        return make((__int128)days * 86400 * NS, DAY);
    if ((!one(&c, 'T') && !one(&c, ' ')) || !digits(&c, 2, &h) || !one(&c, ':') ||
        !digits(&c, 2, &mi) || !one(&c, ':') || !digits(&c, 2, &s) || h > 23 || mi > 59 || s > 60)
        return UTIME_NONE;
    int64_t ns = 0, unit = NS;
    unsigned places = 0;
    if (one(&c, '.'))
        for (; cursor_left(&c) && *c.p >= '0' && *c.p <= '9'; c.p++)
            if (unit > 1) {
                unit /= 10;
                ns += (*c.p - '0') * unit;
                places++;
            }
    one(&c, ' ');
    int sign = one(&c, '+') ? -1 : one(&c, '-') ? 1 : 0;
    if (sign && (!digits(&c, 2, &zh) || (one(&c, ':'), !digits(&c, 2, &zm))))
        return UTIME_NONE;
    if (!sign)
        one(&c, 'Z');
    if (cursor_left(&c))
        return UTIME_NONE;
    int64_t at = days * 86400 + h * 3600 + mi * 60 + s + sign * (int64_t)(zh * 3600 + zm * 60);
    enum precision p = places == 0 ? SECOND : places <= 3 ? MILLI : places <= 6 ? MICRO : NANO;
    return make((__int128)at * NS + ns, p);
}

/* v in `places` digits at to; where the next character goes. By hand: a case holds millions. */
static char *put_digits(char *to, uint64_t v, unsigned places)
{
    for (unsigned i = places; i-- > 0; v /= 10)
        to[i] = (char)('0' + v % 10);
    return to + places;
}

const char *utime_text(struct utime t, char out[UTIME_TEXT])
{
    char *p = out;
    *p = '\0';
    if (t.precision == PRECISION_NONE)
        return out;
    int64_t sec = t.ns / NS, frac = t.ns % NS;
    if (frac < 0)
        sec--, frac += NS;
    int64_t days = sec / 86400, rest = sec % 86400;
    if (rest < 0)
        days--, rest += 86400;
    int y; /* 1677 to 2262 */
    unsigned m, d;
    utime_date(days, &y, &m, &d);
    p = put_digits(p, (uint64_t)y, 4);
    *p++ = '-';
    p = put_digits(p, m, 2);
    *p++ = '-';
    p = put_digits(p, d, 2);
    if (t.precision != DAY) {
        *p++ = 'T';
        p = put_digits(p, (uint64_t)rest / 3600, 2);
        *p++ = ':';
        p = put_digits(p, (uint64_t)rest / 60 % 60, 2);
        *p++ = ':';
        p = put_digits(p, (uint64_t)rest % 60, 2);
        unsigned places = frac == 0 ? 0 : frac % 1000 ? 9 : frac % 1000000 ? 6 : 3;
        if (places) {
            *p++ = '.';
            p = put_digits(p,
                           (uint64_t)frac / (places == 9   ? 1
                                             : places == 6 ? 1000
                                                           : 1000000),
                           places);
        }
        *p++ = 'Z';
    }
    *p = '\0';
    return out;
}

struct utime utime_now(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_REALTIME, &ts);
    return (struct utime){ts.tv_sec * NS, SECOND};
}

double utime_steady(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}
