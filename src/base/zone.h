#pragma once

#include "base/utime.h"

/*
 * Wall clocks: what a phone prints without a zone. The zones' rules are those of the tzdata package
 * at build time (tools/mkzones.c), from 2000 to 2037: nothing is opened when bridle runs.
 */
struct zone {
    const struct zone_rules *rules; /* NULL: always `fixed` */
    int32_t fixed;                  /* seconds east of UTC */
};

/* By an IANA name ("Europe/Berlin", "UTC"), or "GMT+2", "GMT+02:00" as Java has them. False: unknown;
   *out is UTC then. */
bool zone_find(struct slice name, struct zone *out);
/* Seconds east of UTC at a moment in seconds since 1970. */
int32_t zone_offset(const struct zone *z, int64_t utc);
/*
 * The moments at which a clock shows `local` (seconds since 1970 as if it were UTC): 1, or 2 in the
 * hour that comes twice when summer time ends, the earlier first. What the clock never showed: 1, by
 * the offset before the gap.
 */
unsigned zone_moments(const struct zone *z, int64_t local, int64_t utc[2]);

/* A time as text, taken apart. */
struct wall {
    int64_t seconds; /* since 1970 as if it were UTC; of the year 1972 where no year is said */
    int32_t ns;
    enum precision precision;
    bool no_year;
    bool has_offset; /* "+0200", "Z": `offset` is seconds east of UTC */
    int32_t offset;
};

/*
 * "2026-01-15 13:00:00[.123][+0200]", with T or a second - for the blank, "-" also in the time
 * ("2026-01-15-13-00-00"), or without the year ("01-15 13:00:00.123"). False: no such time.
 */
bool wall_parse(struct slice text, struct wall *out);
/* Gives a time without a year the last year in which it is not later than `end` (same clock, as
   `seconds`). */
void wall_year(struct wall *w, int64_t end);
/* The moment by an offset in seconds. */
struct utime wall_moment(const struct wall *w, int32_t offset);
