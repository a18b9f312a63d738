/* National and international spellings of numbers; see phones.h. */
#include "indicator/phones.h"

/* Country codes of one and two digits (ITU-T E.164, list of 2016-12-15 with its amendments to 2023). */
static const uint8_t short_codes[] = {
    1,  7,  20, 27, 30, 31, 32, 33, 34, 36, 39, 40, 41, 43, 44, 45, 46, 47, 48, 49, 51, 52, 53,
    54, 55, 56, 57, 58, 60, 61, 62, 63, 64, 65, 66, 81, 82, 84, 86, 90, 91, 92, 93, 94, 95, 98};
/* The first two digits of those of three. */
static const uint8_t long_codes[] = {21, 22, 23, 24, 25, 26, 29, 35, 37, 38, 42, 50,
                                     59, 67, 68, 69, 80, 85, 87, 88, 96, 97, 99};

/* What is dialled in front of a number inside a country: by its code; 0 is everybody else's. */
static const struct {
    const char *code, *trunk;
} trunks[] = {{"7", "8"},   {"36", "06"}, {"52", "01"}, {"370", "8"},
              {"370", "0"}, {"375", "8"}, {"993", "8"}};

/* What is dialled to get out of a country. "00" has become '+' before. */
static const char *const exits[] = {"00", "011", "0011", "010", "009", "810", "119"};

static bool listed(const uint8_t *list, size_t n, unsigned v)
{
    for (size_t i = 0; i < n; i++)
        if (list[i] == v)
            return true;
    return false;
}

static bool is_country(struct slice code)
{
    unsigned v = 0;
    for (size_t i = 0; i < code.n; i++)
        v = v * 10 + (code.p[i] - (unsigned)'0');
    return (code.n >= 1 && code.n <= 2 && listed(short_codes, sizeof short_codes, v)) ||
           (code.n == 3 && listed(long_codes, sizeof long_codes, v / 10));
}

static struct slice without_plus(struct slice s)
{
    return slice_sub(s, slice_starts(s, "+"), s.n);
}

static bool ends_with(struct slice s, struct slice end)
{
    return end.n < s.n && slice_equal(slice_sub(s, s.n - end.n, end.n), end);
}

/* national: as dialled in the country, with or without what is dialled in front. */
static bool spells(struct slice international, struct slice national)
{
    struct slice bare = slice_sub(national, slice_starts(national, "0"), national.n);
    for (int i = 0; i < 2; i++) {
        const struct slice s = i ? bare : national;
        struct slice code = slice_sub(international, 0, international.n - s.n);
        if (s.n >= PHONE_TAIL && ends_with(international, s) && is_country(code))
            return true;
    }
    for (size_t i = 0; i < sizeof trunks / sizeof *trunks; i++) {
        struct slice code = slice_of(trunks[i].code);
        struct slice rest = slice_sub(international, code.n, international.n);
        if (slice_starts(international, trunks[i].code) &&
            slice_starts(national, trunks[i].trunk) && rest.n >= PHONE_TAIL &&
            slice_equal(slice_sub(national, strlen(trunks[i].trunk), national.n), rest))
            return true;
    }
    return false;
}

/* "011 44 7700 900123" is "+44 7700 900123". */
static bool dialled_abroad(struct slice international, struct slice dialled)
{
    for (size_t i = 0; i < sizeof exits / sizeof *exits; i++)
        if (slice_starts(dialled, exits[i]) &&
            slice_equal(slice_sub(dialled, strlen(exits[i]), dialled.n), international))
            return true;
    return false;
}

bool phones_same(struct slice a, struct slice b)
{
    bool plus_a = slice_starts(a, "+"), plus_b = slice_starts(b, "+");
    struct slice x = without_plus(a), y = without_plus(b);
    if (plus_a && plus_b)
        return false;
    if (plus_a)
        return spells(x, y) || dialled_abroad(x, y);
    if (plus_b)
        return spells(y, x) || dialled_abroad(y, x);
    /* Neither says: one of both without the '+', or with and without the leading 0. */
    return (slice_starts(x, "0") && slice_equal(slice_sub(x, 1, x.n), y)) ||
           (slice_starts(y, "0") && slice_equal(slice_sub(y, 1, y.n), x)) ||
           (x.n > y.n ? x.n >= 10 && spells(x, y) : y.n >= 10 && y.n > x.n && spells(y, x));
}
