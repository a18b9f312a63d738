#pragma once

#include "base/bytes.h"

/* Releases of iOS, as far as builds.inc knows them. */

/* The version of a build of either case ("21D61" is "17.3.1"); empty: not known. */
struct slice ios_version_of(struct slice build);
