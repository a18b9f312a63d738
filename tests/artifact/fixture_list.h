#pragma once

#include "artifact/artifact.h"

/* The artifact whose fixture a folder is; NULL: its name is none. */
const struct artifact *fixture_artifact(const char *folder);

/* Runs a cmocka test over every fixture below tests/artifact/ios (or only over `one`, as in
   "ios/sms/odd"); *state is its folder. The exit status of the program. */
int fixture_tests(void (*test)(void **state), const char *one);
