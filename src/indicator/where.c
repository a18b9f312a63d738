/*
 * Names of files as the only facts about a list: "2018-08-01_nso/domains.txt" holds domains of NSO,
 * "android_hermit.txt" what belongs to Hermit.
 */
#include "indicator/where.h"

#include "indicator/families.h"
#include "record/forms.h"

/* Words that name no family. */
static const char *const general[] = {
    "all",       "android",    "apt",    "assets",  "blocklist", "compiled",   "data",
    "export",    "exports",    "feed",   "feeds",   "full",      "general",    "generated",
    "indicator", "indicators", "ioc",    "iocs",    "ios",       "list",       "lists",
    "malware",   "misp",       "mobile", "network", "osx",       "public",     "raw",
    "readme",    "report",     "sample", "samples", "set",       "sets",       "static",
    "threat",    "threats",    "tmp",    "trails",  "txt",       "validation", "values",
    "event",     "events",
};

static bool is_general(struct slice word)
{
    size_t digits = 0;
    for (size_t i = 0; i < word.n; i++)
        digits += ascii_digit(word.p[i]);
    if (digits == word.n || (digits == word.n - 1 && ascii_lower(word.p[0]) == 'v'))
        return true; /* dates, "v2" */
    for (size_t i = 0; i < sizeof general / sizeof *general; i++)
        if (slice_is_nocase(word, general[i]))
            return true;
    return kind_named(word) != NULL;
}

/* The words of a name that may be a family's, joined by blanks. */
static struct slice family_words(struct slice name, struct arena *a)
{
    struct buf b = {0};
    for (size_t at = 0; at < name.n;) {
        size_t end = at;
        while (end < name.n &&
               (ascii_alpha(name.p[end]) || ascii_digit(name.p[end]) || name.p[end] >= 0x80))
            end++;
        struct slice word = slice_sub(name, at, end - at);
        if (word.n && !is_general(word)) {
            if (b.n)
                buf_byte(&b, ' ');
            buf_slice(&b, word);
        }
        at = end + 1;
    }
    struct slice kept = arena_copy(a, buf_view(&b));
    buf_free(&b);
    return kept;
}

static struct slice without_ending(struct slice base)
{
    const uint8_t *dot = base.n ? memrchr(base.p, '.', base.n) : NULL;
    return slice_sub(base, 0, dot && dot > base.p ? (size_t)(dot - base.p) : base.n);
}

enum family_class where_class(const struct where *w, struct slice family)
{
    enum family_class c = family_class_of(family);
    return c != FAMILY_OTHER ? c : w->class;
}

struct where where_of(struct slice path, struct arena *a)
{
    struct slice base = slice_basename(path);
    struct slice above = slice_sub(path, 0, path.n - base.n - (base.n < path.n));
    struct slice folder = slice_basename(above);
    struct slice stem = without_ending(base);
    struct where w = {.name = base, .kind = kind_in_name(stem)};
    if (!w.kind && stem.n < base.n) /* "samples.sha256" */
        w.kind = kind_named(slice_sub(base, stem.n + 1, base.n));
    w.family = family_words(stem, a);
    if (!w.family.n) {
        w.family = family_words(folder, a);
        w.name = folder.n ? slice_sub(path, above.n - folder.n, path.n) : base;
    }
    w.class = family_class_of(w.family);
    if (w.class == FAMILY_OTHER)
        w.class = family_class_of(folder);
    return w;
}
