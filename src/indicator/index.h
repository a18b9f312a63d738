#pragma once

#include "indicator/indicator.h"

/*
 * Indexes: lists of sets and where to get them. docs/indicators.md
 *
 * Ours is JSON {"bridle_index":1,"sets":[{name,url,sha256,size,licence,publisher,as,key,...}]}; MVT's is
 * YAML with `indicators`; and a MISP feed's manifest.json lists events that lie beside it.
 */
struct listed {
    struct slice name, url; /* url may be relative to the index's */
    struct slice sha256;    /* hex; empty: not pinned */
    struct slice licence, publisher;
    struct slice published; /* a date, as text */
    struct slice as;        /* the name its parser is told, where the URL's says too little */
    struct slice key;       /* of minisign: there must be a signature at url + ".minisig" */
    uint64_t size;          /* 0: not said */
};

struct index {
    struct listed *sets;
    size_t n;
    unsigned refused; /* entries without what it takes */
};

/* Parses an index and appends it to out in a form of our own. Made to run in worker_parse(). */
bool index_parse(struct blob *b, const char *name, struct buf *out, struct err *e);
/* What index_parse() wrote, decoded as hostile; in a and in parsed. */
MUST_CHECK bool index_read(struct slice parsed, struct arena *a, struct index *out, struct err *e);
/* `url` as it is meant from `base`; empty: it isn't HTTPS, or holds what no URL may. */
struct slice index_url(struct slice base, struct slice url, struct arena *a);
