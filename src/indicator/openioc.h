#pragma once

#include "indicator/draft.h"
#include "indicator/where.h"

/* OpenIOC 1.0 and 1.1. text must outlive d. */
MUST_CHECK bool openioc_read(struct slice text, const struct where *w, struct draft *d,
                             struct err *e);
