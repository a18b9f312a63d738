#pragma once

#include <stddef.h>

#include "base/err.h"

/*
 * The parent's share of opening evidence: looks at names only, never at bytes. Follows what the
 * person gave to the folder that is a backup's root (a level up from a content folder, or one or
 * two levels down; several: ERR_USAGE, with their names). Anything else is opened as it is.
 * Returns an open read-only descriptor (folder or regular file), or -1. root gets the real path.
 */
MUST_CHECK int source_locate(const char *path, char *root, size_t n, struct err *e);
