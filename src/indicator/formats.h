#pragma once

#include "indicator/draft.h"

/*
 * Recognises a file of indicators by its content and reads it into d. path: its name, with its
 * folder in front if that is known. False: as indicators_parse().
 */
MUST_CHECK bool format_read(struct slice text, struct slice path, struct draft *d, struct err *e);
