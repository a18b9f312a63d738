/*
 * Names of kinds and guesses; docs/indicators.md
 *
 * The names are those of MISP's attribute types (its manual, 2026), of the typed files of
 * mvt-indicators, of TinyCheck, OTX and of the tables in the sets that we have seen.
 */
#include "indicator/kinds.h"

#include <stdlib.h>

#include "record/address.h"
#include "record/forms.h"

static const struct value_kind kinds[] = {
#include "indicator/kinds.inc"
};

struct slice kind_fold(struct slice name, uint8_t to[FOLDED_MAX])
{
    size_t n = 0;
    for (size_t i = 0; i < name.n && n < FOLDED_MAX; i++)
        if (ascii_alpha(name.p[i]) || ascii_digit(name.p[i]))
            to[n++] = ascii_lower(name.p[i]);
    return slice_at(to, n);
}

const struct value_kind *kind_named(struct slice name)
{
    uint8_t to[FOLDED_MAX];
    struct slice folded = kind_fold(name, to);
    size_t low = 0, high = sizeof kinds / sizeof *kinds;
    while (low < high) {
        size_t mid = (low + high) / 2;
        int c = slice_compare(folded, slice_of(kinds[mid].name));
        if (c == 0)
            return &kinds[mid];
        if (c < 0)
            high = mid;
        else
            low = mid + 1;
    }
    return NULL;
}

/* Words end at anything but a letter or digit; two together may be one name ("file_paths"). */
const struct value_kind *kind_in_name(struct slice name)
{
    const struct value_kind *found = kind_named(name);
    size_t before = 0;
    for (size_t at = 0; at < name.n && !found;) {
        size_t end = at;
        while (end < name.n && (ascii_alpha(name.p[end]) || ascii_digit(name.p[end])))
            end++;
        const struct value_kind *pair =
            at ? kind_named(slice_sub(name, before, end - before)) : NULL;
        const struct value_kind *one = pair ? pair : kind_named(slice_sub(name, at, end - at));
        before = at;
        at = end + 1;
        if (one && (pair || at >= name.n))
            return one;
    }
    return found;
}

/* -- guesses -- */

static bool all_hex(struct slice s, size_t *colons)
{
    *colons = 0;
    for (size_t i = 0; i < s.n; i++) {
        *colons += s.p[i] == ':';
        if (s.p[i] != ':' && ascii_hex(s.p[i]) < 0)
            return false;
    }
    return s.n;
}

static bool is_uuid(struct slice s)
{
    if (s.n != 36)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? s.p[i] != '-' : ascii_hex(s.p[i]) < 0)
            return false;
    }
    return true;
}

/* Top-level domains that nobody takes as the last part of a package's name. */
static const char *const plain_tlds[] = {"com",    "net",   "org",   "info",   "biz", "xyz",
                                         "online", "site",  "top",   "ru",     "cn",  "ir",
                                         "eu",     "space", "store", "website"};

static bool plain_tld(struct slice label)
{
    for (size_t i = 0; i < sizeof plain_tlds / sizeof *plain_tlds; i++)
        if (slice_is_nocase(label, plain_tlds[i]))
            return true;
    return false;
}

bool kind_looks_like_app(struct slice in)
{
    size_t dot = slice_find(in, '.'), labels = 1;
    const uint8_t *last = in.n ? memrchr(in.p, '.', in.n) : NULL;
    uint8_t first[16] = "x.";
    if (dot < 2 || dot > sizeof first - 2 || !last || dot + 1 >= in.n)
        return false;
    for (size_t i = 0; i < in.n; i++) {
        uint8_t c = in.p[i];
        labels += c == '.';
        if (!ascii_alpha(c) && !ascii_digit(c) && c != '.' && c != '_' && c != '-')
            return false;
    }
    memcpy(first + 2, in.p, dot);
    bool reversed = host_has_tld(slice_at(first, dot + 2));
    bool common = slice_is_nocase(slice_sub(in, 0, dot), "com") ||
                  slice_is_nocase(slice_sub(in, 0, dot), "org") ||
                  slice_is_nocase(slice_sub(in, 0, dot), "net");
    struct slice tail = slice_sub(in, (size_t)(last - in.p) + 1, in.n);
    if (!host_has_tld(in))
        return reversed && (labels > 2 || common);
    return common && labels > 2 && !plain_tld(tail);
}

/* Where paths on phones start; "/x.php" is a part of a link. */
static bool rooted(struct slice s)
{
    static const char *const roots[] = {
        "/private/", "/var/",          "/data/",      "/system/", "/sdcard/", "/storage/",
        "/tmp/",     "/usr/",          "/etc/",       "/vendor/", "/mnt/",    "/Library/",
        "/System/",  "/Applications/", "/Users/",     "/dev/",    "/proc/",   "/sbin/",
        "/bin/",     "/opt/",          "/Developer/", "~/",       "Library/", "file:///",
    };
    for (size_t i = 0; i < sizeof roots / sizeof *roots; i++)
        if (slice_starts(s, roots[i]))
            return true;
    return false;
}

static bool host_like(struct slice s)
{
    struct slice host = slice_sub(s, 0, slice_find(s, '/'));
    host = slice_sub(host, 0, slice_find(host, ':'));
    if (slice_starts(host, "*."))
        host = slice_sub(host, 2, host.n);
    if (host.n && host.p[host.n - 1] == '.')
        host.n--;
    for (size_t i = 0; i < host.n; i++)
        if (host.p[i] <= ' ' || memchr("\"'<>()[]{}|\\^`,;=&?#", host.p[i], 21))
            return false;
    bool beyond = false;
    for (size_t i = 0; i < host.n; i++)
        beyond = beyond || host.p[i] >= 0x80;
    return slice_find(host, '.') < host.n && (beyond || host_has_tld(host));
}

bool kind_guess(struct slice in, enum observable *type)
{
    struct address a;
    size_t colons;
    bool hex = all_hex(in, &colons);
    struct slice host = slice_sub(in, 0, slice_find(in, ':'));
    *type = OBS_NONE;
    if (hex && !colons && (in.n == 32 || in.n == 40 || in.n == 64 || in.n == 96 || in.n == 128))
        *type = OBS_HASH;
    else if (hex && (colons == 19 || colons == 31) && in.n == 3 * colons + 2)
        *type = OBS_CERT;
    else if (rooted(in))
        *type = OBS_PATH;
    else if (slice_search(in, slice_of("://"), 0) < in.n)
        *type = OBS_URL;
    else if (address_parse(in, &a) || address_parse(host, &a))
        *type = OBS_IP;
    else if (slice_find(in, '@') < in.n && slice_find(in, ' ') == in.n)
        *type = OBS_EMAIL;
    else if (slice_starts(in, "+") && in.n > 6 && ascii_digit(in.p[1]))
        *type = OBS_PHONE;
    else if (is_uuid(in))
        *type = OBS_PROFILE;
    else if (kind_looks_like_app(in))
        *type = OBS_APP;
    else if (!slice_starts(in, "/") && host_like(in))
        *type = OBS_DOMAIN;
    return *type != OBS_NONE;
}
