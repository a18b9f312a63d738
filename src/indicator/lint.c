/* Hygiene of sets; the lists are data, each with its source. docs/indicators.md */
#include "indicator/lint.h"

#include "format/json.h"
#include "record/address.h"

static const char *const whys[LINTS] = {
    [LINT_OK] = "",
    [LINT_BAD_VALUE] = "not a value of its type",
    [LINT_SINGLE_LABEL] = "a single label is no domain",
    [LINT_PUBLIC_SUFFIX] = "a public suffix: everyone registers names below it",
    [LINT_PRIVATE_ADDRESS] = "a private, local, multicast or reserved address",
    [LINT_WIDE_RANGE] = "too wide a range of addresses",
    [LINT_WIDE_PATH] = "a folder that holds much of any phone",
    [LINT_BENIGN_HASH] = "the hash of a harmless file that is everywhere",
    [LINT_HASH_KIND] = "a kind of hash that is not supported",
    [LINT_NOT_FOR_PHONES] = "not supported: phones have no such thing",
    [LINT_PROPERTY] = "not supported: nothing on a phone is compared with this",
    [LINT_OPERATOR] = "not supported: this comparison is not an equality",
    [LINT_SEVERAL] = "not supported: only several things together would count",
    [LINT_QUALIFIER] = "not supported: a pattern over time or count",
    [LINT_BAD_PATTERN] = "the pattern cannot be read",
    [LINT_PATTERN_TYPE] = "not supported: a rule in another language",
    [LINT_REVOKED] = "revoked by its publisher",
    [LINT_SUPERSEDED] = "a newer version of it is in the same file",
    [LINT_HARMLESS] = "harmless by the set's own word",
    [LINT_CONTEXT] = "only context by the set's own word, not for matching",
    [LINT_NO_TYPE] = "nothing says what kind of value it is",
    [LINT_LINK_PART] = "only a part of a link: it would be on many sites",
    [LINT_BAD_OBJECT] = "the object lacks what an indicator needs",
    [LINT_CUT_OFF] = "the file ends too early or is damaged: what follows was not read",
    [LINT_MORE] = "more values with problems than are listed",
    [LINT_GENERAL] = "shared by many harmless services: only a weak match",
    [LINT_LISTED_HARMLESS] = "on a warning list of harmless values: only a weak match",
    [LINT_TRACKER] = "a service of trackers or for everybody: only a weak match",
    [LINT_COMPROMISED] = "somebody else's site that was broken into: at most a medium match",
    [LINT_SELLER] = "a site that sells or explains it: says that it was visited, no more",
    [LINT_SYSTEM_NAME] = "named like a part of the system: at most a medium match",
    [LINT_UNSURE] = "not meant for alarms by the set's own word: at most a medium match",
    [LINT_RETYPED] = "listed as another type than it is",
    [LINT_SPACE] = "white space around it was taken off",
    [LINT_PUNYCODE] = "a name in another script: compared in its ASCII form",
    [LINT_REFANGED] = "written so that it is no link",
    [LINT_TWICE] = "listed more than once",
    [LINT_ONLY_PROSE] = "only in the README beside it: no file of the folder lists it",
    [LINT_EXPIRED] = "expired by the set's own word",
};

const char *lint_why(enum lint l)
{
    return l < LINTS ? whys[l] : "";
}

enum lint lint_of(const char *why)
{
    unsigned l = LINTS;
    while (--l > LINT_OK && strcmp(whys[l], why))
        continue;
    return (enum lint)l;
}

struct words {
    const char *const *items;
    size_t n;
};

#define WORDS(list)                                                                                \
    (struct words)                                                                                 \
    {                                                                                              \
        list, sizeof list / sizeof *list                                                           \
    }

static const char *const general_hosts[] = {
#include "indicator/general_hosts.inc"
};
/* Sites that sets list, which are somebody else's and were broken into. By hand (2026-09). */
static const char *const compromised_hosts[] = {"7aac.gov.ua"};
static const char *const general_processes[] = {
#include "indicator/general_processes.inc"
};
static const char *const general_apps[] = {
#include "indicator/general_apps.inc"
};
static const char *const general_files[] = {
#include "indicator/general_files.inc"
};
static const char *const wide_paths[] = {
#include "indicator/wide_paths.inc"
};
static const char *const benign_hashes[] = {
#include "indicator/benign_hashes.inc"
};

/* The test keys of the Android source, published with it: anybody signs with them. SHA-1 of testkey
   and platform; SHA-256 of testkey, platform, shared, media, networkstack. */
static const char *const test_certs[] = {
    "27196e386b875e76adf700e7ea84e4c6eee33dfa",
    "28bbfe4a7b97e74681dc55c2fbb6ccb8d6c74963733f6af6ae74d8c3a6e879fd",
    "465983f7791f2abeb43ea2cbdc7f21a8260b72bc08a55c839fc1a43bc741a81e",
    "61ed377e85d386a8dfee6b864bd85b0bfaa5af81",
    "a40da80a59d170caa950cf15c18c454d47a39b26989d8b640ecd745ba71bf5dc",
    "c8a2e9bccf597c2fb6dc66bee293fc13f2fc47ec77bc6b2b0d52c11f51192ab8",
    "e1dbadce60dc080d15b58a014b0dcf9400e24de23fa00b287a5a982bfebda2ee",
};

/* The words are sorted by bytes. */
static bool listed(struct words w, struct slice value)
{
    size_t low = 0, high = w.n;
    while (low < high) {
        size_t mid = (low + high) / 2;
        int c = slice_compare(value, slice_of(w.items[mid]));
        if (c == 0)
            return true;
        if (c < 0)
            high = mid;
        else
            low = mid + 1;
    }
    return false;
}

static const struct {
    uint32_t first, last;
} shared4[] = {
#include "indicator/shared_ranges4.inc"
};

static const struct {
    uint64_t high;
    uint8_t bits;
} shared6[] = {
#include "indicator/shared_ranges6.inc"
};

static uint64_t high_bits(const struct address *a, unsigned bytes)
{
    uint64_t v = 0;
    for (unsigned i = 0; i < bytes; i++)
        v = v << 8 | a->bytes[i];
    return v;
}

static bool shared_address(const struct address *a)
{
    if (a->v4) {
        uint32_t v = (uint32_t)high_bits(a, 4);
        size_t low = 0, high = sizeof shared4 / sizeof *shared4;
        while (low < high) {
            size_t mid = (low + high) / 2;
            if (v >= shared4[mid].first && v <= shared4[mid].last)
                return true;
            if (v < shared4[mid].first)
                high = mid;
            else
                low = mid + 1;
        }
        return false;
    }
    uint64_t v = high_bits(a, 8);
    for (size_t i = 0; i < sizeof shared6 / sizeof *shared6; i++)
        if ((v ^ shared6[i].high) >> (64 - shared6[i].bits) == 0)
            return true;
    return false;
}

/* Never an address of somebody on the net. The ranges for documentation are not among them: examples
   and tests use those. */
static bool private_address(const struct address *a)
{
    static const char *const ranges[] = {
        "0.0.0.0/8",      "10.0.0.0/8",    "100.64.0.0/10", "127.0.0.0/8",
        "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",  "192.168.0.0/16",
        "198.18.0.0/15",  "224.0.0.0/3",   "::/127",        "64:ff9b:1::/48",
        "100::/64",       "fc00::/7",      "fe80::/10",     "ff00::/8",
    };
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
        struct address r;
        if (address_parse(slice_of(ranges[i]), &r) && address_inside(a, &r))
            return true;
    }
    return false;
}

static enum lint lint_address(struct slice value)
{
    enum { WIDEST4 = 12, WIDEST6 = 24 };
    struct address a;
    if (!address_parse(value, &a))
        return LINT_BAD_VALUE;
    if (private_address(&a))
        return LINT_PRIVATE_ADDRESS;
    if (a.bits < (a.v4 ? WIDEST4 : WIDEST6))
        return LINT_WIDE_RANGE;
    return shared_address(&a) ? LINT_GENERAL : LINT_OK;
}

static enum lint lint_url(struct slice url)
{
    struct slice host = observable_url_host(url);
    struct address a;
    if (address_parse(host, &a) && private_address(&a))
        return LINT_PRIVATE_ADDRESS;
    struct slice after = slice_sub(url, (size_t)(host.p + host.n - url.p), url.n);
    bool root = slice_find(after, '/') + 1 >= after.n;
    return root && listed(WORDS(general_hosts), host) ? LINT_GENERAL : LINT_OK;
}

/* Words that any app may be made of, sorted. */
static const char *const plain_words[] = {
    "android", "app",           "apps",     "backup",  "base",    "client",   "com",
    "core",    "device",        "fone",     "google",  "guest",   "helper",   "manager",
    "mobile",  "org",           "phone",    "protect", "safe",    "security", "server",
    "service", "services",      "settings", "smart",   "support", "sync",     "sys",
    "system",  "systemservice", "test",     "update",  "updater", "wifi",
};

/* Names that makers of phones use for their own, or that say nothing: another app may bear them, so
   a match needs more than the name to be sure. */
static bool like_the_system(struct slice app)
{
    static const char *const heads[] = {
        "android.",    "com.android.",     "com.apple.",           "com.google.android.",
        "com.miui.",   "com.oppo.",        "com.huawei.android.",  "com.qualcomm.",
        "com.vivo.",   "com.sec.android.", "com.samsung.android.", "com.xdja.",
        "com.xiaomi.",
    };
    bool plain = true;
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
        if (slice_starts(app, heads[i]))
            return true;
    while (app.n && plain) {
        size_t n = slice_find(app, '.');
        plain = listed(WORDS(plain_words), slice_sub(app, 0, n));
        app = slice_sub(app, n + 1, app.n);
    }
    return plain;
}

static enum lint lint_app(struct slice app)
{
    uint8_t low[64];
    size_t n = app.n < sizeof low ? app.n : sizeof low;
    for (size_t i = 0; i < n; i++)
        low[i] = app.p[i] >= 'A' && app.p[i] <= 'Z' ? (uint8_t)(app.p[i] + 32) : app.p[i];
    return listed(WORDS(general_apps), slice_at(low, n)) ? LINT_GENERAL
           : like_the_system(slice_at(low, n))           ? LINT_SYSTEM_NAME
                                                         : LINT_OK;
}

static enum lint lint_path(struct slice path)
{
    if (path.n > 1 && path.p[path.n - 1] == '/')
        path.n--;
    return listed(WORDS(wide_paths), path) ? LINT_WIDE_PATH : LINT_OK;
}

static enum lint general_if(bool general)
{
    return general ? LINT_GENERAL : LINT_OK;
}

enum lint lint_value(enum observable type, struct slice value)
{
    switch (type) {
    case OBS_DOMAIN:
        return observable_is_public_suffix(value) ? LINT_PUBLIC_SUFFIX
               : listed(WORDS(compromised_hosts), value)
                   ? LINT_COMPROMISED
                   : general_if(listed(WORDS(general_hosts), value));
    case OBS_URL: return lint_url(value);
    case OBS_IP: return lint_address(value);
    case OBS_PATH: return lint_path(value);
    case OBS_HASH: return listed(WORDS(benign_hashes), value) ? LINT_BENIGN_HASH : LINT_OK;
    case OBS_CERT: return general_if(listed(WORDS(test_certs), value));
    case OBS_PROCESS: return general_if(listed(WORDS(general_processes), value));
    case OBS_APP: return lint_app(value);
    case OBS_FILENAME: return general_if(listed(WORDS(general_files), value));
    case OBS_EMAIL:
    case OBS_PHONE:
    case OBS_PROFILE:
    case OBS_PROPERTY:
    case OBS_ACCOUNT:
    case OBS_NONE:
    case OBS_TEXT:
    case OBS_HANDLE:
    case OBS_TYPES: break;
    }
    return LINT_OK;
}

static void problems_json(struct json_writer *w, const struct rejected *r, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        json_object(w);
        json_name(w, "value");
        json_string(w, r[i].value);
        json_name(w, "why");
        json_text(w, r[i].why);
        if (r[i].count > 1) {
            json_name(w, "count");
            json_number(w, r[i].count);
        }
        json_object_end(w);
    }
}

/* The format, and what was guessed where that does not say the types. */
static void format_json(struct json_writer *w, const struct indicators *in)
{
    if (in->nsets != 1)
        return;
    const struct set *s = in->sets;
    json_name(w, "format");
    json_string(w, s->format);
    if (s->harmless) {
        json_name(w, "harmless");
        json_bool(w, true);
    }
    if (!s->nguesses)
        return;
    json_name(w, "guessed");
    json_array(w);
    for (size_t i = 0; i < s->nguesses; i++) {
        json_object(w);
        json_name(w, "from");
        json_string(w, s->guesses[i].what);
        json_name(w, "type");
        json_text(w, observable_name(s->guesses[i].type));
        json_name(w, "values");
        json_number(w, s->guesses[i].values);
        json_object_end(w);
    }
    json_array_end(w);
}

void lint_json(const struct indicators *in, struct buf *out)
{
    struct json_writer w;
    unsigned long long loaded = 0, rejected = 0, by_type[OBS_TYPES] = {0};
    for (size_t i = 0; i < in->nsets; i++) {
        loaded += in->sets[i].loaded;
        rejected += in->sets[i].rejected;
        for (size_t t = 0; t < OBS_TYPES; t++)
            by_type[t] += in->sets[i].by_type[t];
    }
    json_writer(&w, out);
    json_object(&w);
    json_name(&w, "schema");
    json_text(&w, "bridle/1");
    json_name(&w, "kind");
    json_text(&w, "lint");
    json_name(&w, "loaded");
    json_number(&w, (int64_t)loaded);
    json_name(&w, "rejected");
    json_number(&w, (int64_t)rejected);
    json_name(&w, "by_type");
    json_object(&w);
    for (unsigned t = 0; t < OBS_TYPES; t++)
        if (by_type[t]) {
            json_name(&w, observable_name((enum observable)t));
            json_number(&w, (int64_t)by_type[t]);
        }
    json_object_end(&w);
    json_name(&w, "problems");
    json_array(&w);
    problems_json(&w, in->rejected, in->nrejected);
    problems_json(&w, in->remarks, in->nremarks);
    json_array_end(&w);
    format_json(&w, in);
    json_object_end(&w);
}
