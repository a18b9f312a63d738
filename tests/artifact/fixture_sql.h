#pragma once

#include "base/bytes.h"

/* Files of fixtures. Any failure ends the process: a fixture that can't be built is a broken test. */

void fixture_put(const char *path, struct slice bytes);

/* A SQLite database at path. Statements behind a line "-- wal" are kept in PATH-wal. A line
   "-- wal mode" instead gives a database in WAL mode without a WAL beside it. */
void fixture_sql(struct slice sql, const char *path);
