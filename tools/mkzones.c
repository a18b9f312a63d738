/*
 * mkzones FOLDER: the zones of a tzdata folder (/usr/share/zoneinfo) as C tables on stdout: for each
 * name the shifts of its clock from 2000 to 2037. Format of the files: RFC 8536 (TZif).
 */
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/utime.h"

#define FIRST INT64_C(946684800) /* 2000-01-01 */
#define END INT64_C(2145916800)  /* 2038-01-01 */
enum { FIRST_YEAR = 2000, LAST_YEAR = 2037, DAY_SECONDS = 86400 };

struct shift {
    int64_t at;
    int32_t offset;
};

struct zone {
    char *name;
    int32_t before;
    struct shift *shifts;
    size_t n, first;
};

static struct zone *zones;
static size_t nzones;
static size_t root_length;

static void add_shift(struct zone *z, int64_t at, int32_t offset)
{
    int32_t now = z->n ? z->shifts[z->n - 1].offset : z->before;
    if (at < FIRST)
        z->before = offset;
    else if (at < END && offset != now) {
        z->shifts = xrealloc(z->shifts, z->n + 1, sizeof *z->shifts);
        z->shifts[z->n++] = (struct shift){at, offset};
    }
}

/* -- the rule behind the last shift: "CET-1CEST,M3.5.0,M10.5.0/3" -- */

/* [+-]h[h][:mm[:ss]] in seconds. */
static int32_t clock_value(const char **p)
{
    int sign = **p == '-' ? -1 : 1;
    long part[3] = {0};
    if (**p == '-' || **p == '+')
        ++*p;
    for (int i = 0; i < 3; i++) {
        char *end;
        part[i] = strtol(*p, &end, 10);
        *p = end;
        if (**p != ':')
            break;
        ++*p;
    }
    return sign * (int32_t)(part[0] * 3600 + part[1] * 60 + part[2]);
}

static void skip_name(const char **p)
{
    if (**p == '<') {
        while (**p && **p != '>')
            ++*p;
        if (**p)
            ++*p;
        return;
    }
    while ((**p >= 'A' && **p <= 'Z') || (**p >= 'a' && **p <= 'z'))
        ++*p;
}

/* ",M3.5.0/2", ",J60", ",59": seconds since 1970 of that day and time in a year, by the wall. */
static int64_t rule_in(const char **p, int year)
{
    int64_t day;
    ++*p; /* the comma */
    char kind = **p;
    char *end;
    if (kind == 'M') {
        unsigned m = (unsigned)strtol(*p + 1, &end, 10);
        unsigned week = (unsigned)strtol(end + 1, &end, 10);
        unsigned weekday = (unsigned)strtol(end + 1, &end, 10);
        int64_t first = utime_days(year, m, 1);
        unsigned start = (unsigned)((first + 4) % 7); /* 1970-01-01 was a Thursday */
        day = first + (weekday + 7 - start) % 7 + 7 * (int64_t)(week - 1);
        while (day >= first + utime_month_days((unsigned)year, m))
            day -= 7;
    } else {
        long n = strtol(*p + (kind == 'J'), &end, 10);
        day = utime_days(year, 1, 1) + n;
        if (kind == 'J')
            day += utime_month_days((unsigned)year, 2) == 29 && n >= 60 ? 0 : -1;
    }
    *p = end;
    int32_t time = 2 * 3600;
    if (**p == '/') {
        ++*p;
        time = clock_value(p);
    }
    return day * DAY_SECONDS + time;
}

static void add_rule(struct zone *z, const char *rule, int64_t last)
{
    const char *p = rule;
    skip_name(&p);
    int32_t standard = -clock_value(&p);
    if (!*p)
        return;
    skip_name(&p);
    int32_t summer = *p == ',' ? standard + 3600 : -clock_value(&p);
    for (int year = FIRST_YEAR; year <= LAST_YEAR; year++) {
        const char *q = p;
        int64_t on = rule_in(&q, year) - standard, off = rule_in(&q, year) - summer;
        for (int i = 0; i < 2; i++) {
            bool is_on = (on < off) == (i == 0);
            int64_t at = is_on ? on : off;
            if (at > last)
                add_shift(z, at, is_on ? summer : standard);
        }
    }
}

/* -- files -- */

static struct slice slurp(const char *path)
{
    struct buf b = {0};
    FILE *f = fopen(path, "rb");
    for (int c; f && (c = getc(f)) != EOF;)
        buf_byte(&b, (uint8_t)c);
    if (f)
        fclose(f);
    return buf_view(&b);
}

struct counts {
    uint32_t isut, isstd, leap, time, type, chars;
};

static struct counts head(struct cursor *c)
{
    struct counts n;
    cursor_skip(c, 20); /* magic, version, reserved */
    n.isut = cursor_u32be(c);
    n.isstd = cursor_u32be(c);
    n.leap = cursor_u32be(c);
    n.time = cursor_u32be(c);
    n.type = cursor_u32be(c);
    n.chars = cursor_u32be(c);
    return n;
}

static bool read_zone(struct slice bytes, struct zone *z)
{
    struct cursor c = cursor(bytes);
    struct counts n = head(&c);
    cursor_skip(&c, n.time * 5 + n.type * 6 + n.chars + n.leap * 8 + n.isstd + n.isut);
    n = head(&c);
    struct cursor times = cursor(cursor_take(&c, n.time * 8));
    struct cursor kinds = cursor(cursor_take(&c, n.time));
    struct slice types = cursor_take(&c, n.type * 6);
    cursor_skip(&c, n.chars + n.leap * 12 + n.isstd + n.isut + 1);
    struct slice footer;
    if (c.bad || !n.type || !cursor_line(&c, &footer))
        return false;
    struct cursor first = cursor(types);
    z->before = (int32_t)cursor_u32be(&first);
    int64_t last = INT64_MIN;
    for (uint32_t i = 0; i < n.time; i++) {
        last = (int64_t)cursor_u64be(&times);
        struct cursor type = cursor(slice_sub(types, 6 * (size_t)cursor_u8(&kinds), 6));
        add_shift(z, last, (int32_t)cursor_u32be(&type));
    }
    struct arena a = {0};
    add_rule(z, arena_string(&a, footer), last);
    arena_free(&a);
    return true;
}

/* The same zones with other rules, and the zone of this machine. */
static bool is_other(const char *name)
{
    static const char *const others[] = {"posix", "right", "posixrules", "localtime", "Factory"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (!strcmp(name, others[i]))
            return true;
    return false;
}

static int visit(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st;
    const char *name = path + root_length + 1;
    if (at->level == 0 || (type != FTW_F && !is_other(name)))
        return FTW_CONTINUE;
    if (is_other(name))
        return type == FTW_D ? FTW_SKIP_SUBTREE : FTW_CONTINUE;
    struct slice bytes = slurp(path);
    struct zone z = {0};
    bool is_zone = slice_starts(bytes, "TZif2") || slice_starts(bytes, "TZif3") ||
                   slice_starts(bytes, "TZif4");
    bool understood = is_zone && read_zone(bytes, &z);
    free((void *)bytes.p);
    if (!is_zone)
        return FTW_CONTINUE;
    if (!understood)
        return fprintf(stderr, "%s: not understood\n", path), FTW_STOP;
    z.name = xstrdup(name);
    zones = xrealloc(zones, nzones + 1, sizeof *zones);
    zones[nzones++] = z;
    return FTW_CONTINUE;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct zone *)a)->name, ((const struct zone *)b)->name);
}

static bool same(const struct zone *a, const struct zone *b)
{
    if (a->n != b->n || a->before != b->before)
        return false;
    for (size_t i = 0; i < a->n; i++)
        if (a->shifts[i].at != b->shifts[i].at || a->shifts[i].offset != b->shifts[i].offset)
            return false;
    return true;
}

static void print(void)
{
    size_t all = 0;
    puts("static const struct shift shifts[] = {");
    for (size_t i = 0; i < nzones; i++) {
        size_t twin = 0;
        while (twin < i && !same(&zones[twin], &zones[i]))
            twin++;
        zones[i].first = twin < i ? zones[twin].first : all;
        if (twin < i)
            continue;
        for (size_t k = 0; k < zones[i].n; k++)
            printf("    {%lld, %d},\n", (long long)zones[i].shifts[k].at,
                   zones[i].shifts[k].offset);
        all += zones[i].n;
    }
    puts("};\n\nstatic const struct zone_rules zones[] = {");
    for (size_t i = 0; i < nzones; i++)
        printf("    {\"%s\", %zu, %zu, %d},\n", zones[i].name, zones[i].first, zones[i].n,
               zones[i].before);
    puts("};");
}

int main(int argc, char **argv)
{
    enum { OPEN_FOLDERS = 16, PLAUSIBLE = 100 };
    if (argc != 2)
        return fprintf(stderr, "mkzones FOLDER\n"), 2;
    root_length = strlen(argv[1]);
    /* Links are followed: many names are links to others. */
    if (nftw(argv[1], visit, OPEN_FOLDERS, FTW_ACTIONRETVAL) != 0)
        return perror(argv[1]), 1;
    if (nzones < PLAUSIBLE)
        return fprintf(stderr, "%s: no zones (package tzdata)\n", argv[1]), 1;
    qsort(zones, nzones, sizeof *zones, by_name);
    print();
    return 0;
}
