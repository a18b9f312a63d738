#pragma once

#include "indicator/draft.h"

/* Reads a STIX 2.0 or 2.1 bundle into d. text must outlive it. */
MUST_CHECK bool stix_read(struct slice text, struct draft *d, struct err *e);
