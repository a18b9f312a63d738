#pragma once

#include "indicator/matcher.h"

/*
 * Free text, as logs hold it, searched for all values of a collection in one pass.
 *
 * What counts is exactly what a field of text yields (OBS_TEXT: links, hosts, addresses, e-mails, by
 * the same code), and besides, as whole words: hashes and certificates, UUIDs of profiles, paths from
 * a folder that phones have; with `names` also package and process names, which in running text would
 * be ordinary words. A line is only taken apart if one of its words may be known, which a hash of the
 * word and of its endings tells: nearly none is.
 *
 *     search_open(&s, matcher, text, names, &arena);
 *     while (search_next(&s, &hit)) ...
 */
struct text_hit {
    size_t line, at;   /* number, from 1, and where the line starts in the text */
    struct slice text; /* the line */
    enum observable type;
    struct slice value; /* normal form; ask the matcher for it. In the arena or the text */
};

struct text_search {
    const struct matcher *m;
    struct cursor c;
    struct arena *arena; /* what a line needs; the caller may reset it between lines */
    bool names;
    size_t line, at;
    struct slice text;
    struct sightings found;
    size_t next;
    size_t taken_apart; /* lines, for those who measure */
};

void search_open(struct text_search *s, const struct matcher *m, struct slice text, bool names,
                 struct arena *a);
bool search_next(struct text_search *s, struct text_hit *hit);

/* Part of the above: false if nothing in the line can be known. */
bool search_may_know(const struct matcher *m, struct slice line, bool names);
