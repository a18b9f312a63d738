#pragma once

#include "indicator/draft.h"
#include "indicator/where.h"

/* Events (bare, in "Event", in "response"), read as a stream. text must outlive d. */
void misp_read(struct slice text, const struct where *w, struct draft *d);

/*
 * A value under one of MISP's names of types, which other formats use, too: "domain",
 * "ip-dst|port", "filename|sha256". False: no type of indicators ("comment"); nothing is counted.
 */
bool misp_value(struct draft *d, struct slice type, struct slice value,
                const struct indicator *like);
