#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"

enum precision { PRECISION_NONE, DAY, SECOND, MILLI, MICRO, NANO };

/* A moment in UTC, nanoseconds since 1970 (1677 to 2262). PRECISION_NONE: there is no time. */
struct utime {
    int64_t ns;
    enum precision precision;
};

#define UTIME_NONE ((struct utime){0, PRECISION_NONE})

/* Which zero point a source usually counts from. The unit is decided by magnitude. */
enum epoch {
    EPOCH_NONE,
    MAC,    /* 2001-01-01; a value after 2031 is read as Unix time (Safari on iOS 26) */
    UNIX,   /* 1970-01-01 */
    WEBKIT, /* 1601-01-01, microseconds (Chrome) */
};

/*
 * A time from a number. Sentinels (0, -1, NSDate's distant past and future), NaN and what lies
 * outside the years 1678 to 2261 give UTIME_NONE. Units by magnitude: docs/formats/ios/times.md.
 */
struct utime utime_from_real(double v, enum epoch guess);
struct utime utime_from_int(int64_t v, enum epoch guess);

/* RFC 3339, "YYYY-MM-DD HH:MM:SS[.f]" (taken as UTC; also with " +0100" behind) or "YYYY-MM-DD". */
struct utime utime_parse(struct slice text);

/* RFC 3339 with Z; as many groups of three decimals as the value needs. "" for UTIME_NONE. */
enum { UTIME_TEXT = 40 };
const char *utime_text(struct utime t, char out[UTIME_TEXT]);

/* The calendar: days since 1970-01-01 of a date and back (proleptic Gregorian; month and day from 1). */
int64_t utime_days(int64_t year, unsigned month, unsigned day);
void utime_date(int64_t days, int *year, unsigned *month, unsigned *day);
unsigned utime_month_days(unsigned year, unsigned month);

/* The clock of this machine. Never used in anything that must be reproducible. */
struct utime utime_now(void);
/* Seconds of a steady clock, for budgets and durations. */
double utime_steady(void);
