#include "artifact/android/common.h"

#include "record/observable.h"

/* -- small grammars -- */

static struct slice from(struct slice s, size_t at)
{
    return slice_sub(s, at, s.n);
}

bool android_pair(struct slice text, struct slice *key, struct slice *value)
{
    size_t at = slice_find(text, '=');
    if (at == text.n)
        return false;
    *key = slice_trim(slice_sub(text, 0, at));
    *value = slice_trim(from(text, at + 1));
    return key->n > 0;
}

bool android_value(struct slice line, const char *key, struct slice *value)
{
    struct slice want = slice_of(key);
    for (size_t at = 0; (at = slice_search(line, want, at)) < line.n; at += want.n) {
        struct slice rest = from(line, at + want.n);
        bool begins = at == 0 || memchr(" \t{[,", line.p[at - 1], 5);
        if (!begins || !slice_starts(rest, "="))
            continue;
        rest = from(rest, 1);
        size_t n = 0;
        while (n < rest.n && rest.p[n] != ' ' && rest.p[n] != '\t')
            n++;
        *value = slice_sub(rest, 0, n);
        return true;
    }
    return false;
}

bool android_between(struct slice line, const char *open, const char *close, struct slice *inside)
{
    size_t at = slice_search(line, slice_of(open), 0);
    if (at == line.n)
        return false;
    struct slice rest = from(line, at + strlen(open));
    size_t end = slice_search(rest, slice_of(close), 0);
    *inside = slice_sub(rest, 0, end);
    return end < rest.n;
}

static bool separates(uint8_t c, const char *also)
{
    return c == ' ' || c == '\t' || c == ',' || (c && also && strchr(also, c));
}

bool android_word(struct slice *rest, const char *also, struct slice *word)
{
    size_t begin = 0, end;
    while (begin < rest->n && separates(rest->p[begin], also))
        begin++;
    for (end = begin; end < rest->n && !separates(rest->p[end], also); end++)
        ;
    *word = slice_sub(*rest, begin, end - begin);
    *rest = from(*rest, end);
    return word->n > 0;
}

/* Digits at the beginning of *s, cut off from it. False: none, or more than fit. */
static bool take_digits(struct slice *s, int64_t *v)
{
    size_t n = 0;
    *v = 0;
    for (; n < s->n && s->p[n] >= '0' && s->p[n] <= '9'; n++)
        if (__builtin_mul_overflow(*v, 10, v) || __builtin_add_overflow(*v, s->p[n] - '0', v))
            return false;
    *s = from(*s, n);
    return n > 0;
}

bool android_number(struct slice text, int64_t *v)
{
    bool negative = slice_starts(text, "-");
    text = from(text, negative);
    if (!take_digits(&text, v) || text.n)
        return false;
    if (negative)
        *v = -*v;
    return true;
}

bool android_bool(struct slice text, bool *v)
{
    *v = slice_is(text, "true");
    return *v || slice_is(text, "false");
}

static bool known_uid(struct slice text, int64_t *uid)
{
    static const struct {
        const char *name;
        int uid;
    } known[] = {
        {"root", 0},        {"system", 1000},       {"radio", 1001},  {"bluetooth", 1002},
        {"media", 1013},    {"mediacodec", 1046},   {"shell", 2000},  {"nobody", 9999},
        {"logd", 1036},     {"wifi", 1010},         {"nfc", 1027},    {"audioserver", 1041},
        {"keystore", 1017}, {"cameraserver", 1047}, {"statsd", 1066},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (slice_is(text, known[i].name)) {
            *uid = known[i].uid;
            return true;
        }
    return false;
}

bool android_uid(struct slice text, int64_t *uid)
{
    /* AOSP UserHandle.formatUid(): applications from 10000, isolated processes from 99000, those of
       an application zygote from 90000. */
    static const struct {
        const char *kind;
        int64_t first;
    } kinds[] = {{"ai", 90000}, {"_ai", 90000}, {"a", 10000}, {"_a", 10000},
                 {"i", 99000},  {"_i", 99000},  {"s", 0},     {"_s", 0}};
    int64_t user, n;
    if (known_uid(text, uid))
        return true;
    if (!slice_starts(text, "u"))
        return android_number(text, uid) && *uid >= 0;
    text = from(text, 1);
    if (!take_digits(&text, &user) || user > INT32_MAX / 100000)
        return false;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        struct slice rest = from(text, strlen(kinds[i].kind));
        if (slice_starts(text, kinds[i].kind) && take_digits(&rest, &n) && !rest.n && n < 100000) {
            *uid = user * 100000 + kinds[i].first + n;
            return true;
        }
    }
    return false;
}

static bool is_letter(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool android_is_package(struct slice text)
{
    unsigned labels = 0;
    bool first = true;
    for (size_t i = 0; i < text.n; i++) {
        uint8_t c = text.p[i];
        if (first && !is_letter(c))
            return false;
        if (!first && c == '.') {
            first = true;
            continue;
        }
        if (!is_letter(c) && c != '_' && (c < '0' || c > '9'))
            return false;
        labels += first;
        first = false;
    }
    return slice_is(text, "android") || (labels >= 2 && !first);
}

bool android_component(struct slice text, struct arena *a, struct slice *package,
                       struct slice *class)
{
    size_t at = slice_find(text, '/');
    *package = slice_sub(text, 0, at);
    *class = from(text, at + 1);
    if (at == text.n || !package->n || !class->n)
        return false;
    if (class->p[0] == '.')
        *class = slice_of(arena_printf(a, "%.*s%.*s", (int)package->n, (const char *)package->p,
                                       (int)class->n, (const char *)class->p));
    return true;
}

bool android_duration(struct slice text, int64_t *ms)
{
    static const struct {
        const char *unit;
        int64_t ms;
    } units[] = {{"ms", 1}, {"d", 86400000}, {"h", 3600000}, {"m", 60000}, {"s", 1000}};
    bool negative = slice_starts(text, "-");
    if (negative || slice_starts(text, "+"))
        text = from(text, 1);
    *ms = 0;
    if (slice_is(text, "0"))
        return true;
    bool any = false;
    while (text.n) {
        int64_t v, part = 0;
        size_t i = 0;
        if (!take_digits(&text, &v))
            return false;
        while (i < sizeof units / sizeof *units && !slice_starts(text, units[i].unit))
            i++;
        if (i == sizeof units / sizeof *units || __builtin_mul_overflow(v, units[i].ms, &part) ||
            __builtin_add_overflow(*ms, part, ms))
            return false;
        text = from(text, strlen(units[i].unit));
        any = true;
    }
    if (negative)
        *ms = -*ms;
    return any;
}

/* -- times -- */

void android_clock(struct job *job, struct android_clock *c)
{
    const struct facts *f = source_facts(job_source(job));
    *c = (struct android_clock){.taken = f->taken, .release = f->release, .end = INT64_MAX / 2};
    c->assumed = !zone_find(f->zone, &c->zone);
    if (f->taken.precision != PRECISION_NONE) {
        int64_t utc = f->taken.ns / 1000000000;
        c->end = utc + zone_offset(&c->zone, utc) + 86400;
    }
}

struct utime android_moment(const struct android_clock *c, struct slice text, struct utime *later)
{
    struct wall w;
    int64_t utc[2];
    *later = UTIME_NONE;
    if (!wall_parse(text, &w))
        return UTIME_NONE;
    if (w.no_year && c->taken.precision == PRECISION_NONE)
        return UTIME_NONE;
    wall_year(&w, c->end);
    if (w.has_offset)
        return wall_moment(&w, w.offset);
    unsigned n = zone_moments(&c->zone, w.seconds, utc);
    if (n > 1)
        *later = wall_moment(&w, (int32_t)(w.seconds - utc[1]));
    return wall_moment(&w, (int32_t)(w.seconds - utc[0]));
}

void android_time(const struct android_clock *c, struct record *r, const char *name,
                  struct slice text)
{
    struct utime later, t = android_moment(c, text, &later);
    struct wall w;
    if (t.precision == PRECISION_NONE) {
        android_fact(r, name, text);
        return;
    }
    record_time(r, name, t);
    record_time(r, name, later);
    if (later.precision != PRECISION_NONE)
        record_text(r, "clock", slice_of("ambiguous"));
    if (c->assumed && wall_parse(text, &w) && !w.has_offset)
        record_text(r, "tz", slice_of("assumed"));
}

/* -- records -- */

void android_flag(struct record *r, const char *name, bool v)
{
    record_int(r, name, v);
}

void android_fact(struct record *r, const char *name, struct slice text)
{
    if (text.n && !slice_is(text, "null"))
        record_text(r, name, text);
}

void android_observe(struct record *r, const char *name, enum observable o, enum exposure x,
                     struct slice text)
{
    if (text.n && !slice_is(text, "null"))
        record_observe(r, name, o, x, text);
}
