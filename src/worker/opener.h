#pragma once

#include <sys/types.h>

#include "worker/frame.h"

/* The descriptors that an opener is started with; it closes all others. */
enum { OPENER_CONTROL = 3, OPENER_EVIDENCE = 4, OPENER_FDS = 5 };

/* What argv[0] of an opener is. */
#define OPENER_NAME "bridle-opener"

/* Becomes an opener: in a forked child, with the two descriptors in their places. Starts this program
   again, so that nothing of the parent's memory comes along. */
_Noreturn void opener_exec(void);

/* All that libraries do once, with files and randomness: before system calls are filtered. */
void opener_libraries(void);
