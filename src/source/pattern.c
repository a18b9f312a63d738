/*
 * Patterns are compared from the tail: "Library/SMS/sms.db" is in every home folder, and most
 * paths already differ in their last byte.
 */
#include "source/source.h"

/* One component against one of a pattern; '*' is any run of bytes, also an empty one. */
static bool component_matches(struct slice pattern, struct slice name)
{
    size_t p = 0, n = 0, star = SIZE_MAX, retry = 0;
    while (n < name.n) {
        if (p < pattern.n && pattern.p[p] == '*') {
            star = p++;
            retry = n;
        } else if (p < pattern.n && pattern.p[p] == name.p[n]) {
            p++;
            n++;
        } else if (star != SIZE_MAX) {
            p = star + 1;
            n = ++retry;
        } else {
            return false;
        }
    }
    while (p < pattern.n && pattern.p[p] == '*')
        p++;
    return p == pattern.n;
}

/* Cuts the last component and the slash before it off. */
static struct slice pop(struct slice *path)
{
    struct slice last = slice_basename(*path);
    path->n -= last.n;
    if (path->n)
        path->n--;
    return last;
}

/* loose: a path may also end before an unanchored pattern does. */
static bool matches(const char *pattern, struct slice path, bool loose)
{
    struct slice left = slice_of(pattern);
    bool anchored = slice_starts(left, "/");
    loose = loose && !anchored && !slice_is(slice_basename(left), "*");
    for (bool any = false; left.n; any = true) {
        if (path.n == 0)
            return loose && any;
        struct slice want = pop(&left), have = pop(&path);
        if (have.n == 0 || !component_matches(want, have))
            return false;
        if (anchored && left.n == 0)
            return path.n == 0;
    }
    return true;
}

bool source_pattern_matches(const char *pattern, struct slice path)
{
    return matches(pattern, path, false);
}

bool source_pattern_matches_loose(const char *pattern, struct slice path)
{
    return matches(pattern, path, true);
}
