#pragma once

#include <sys/types.h>

#include "worker/worker.h"

/* What an opener may allocate: an index of millions of files. */
#define OPENER_MEMORY (UINT64_C(4) << 30)

/*
 * Confinement of the calling process, for good. Everything that needs a file, randomness or a
 * library's lazy start must have happened before.
 */
struct sandbox {
    enum confinement level;
    void *job_filter; /* made before the first filter is on, loaded by each job */
    int statm;        /* /proc/self/statm, -1 if there is none: how much a job inherits */
};

/*
 * Opener: no new privileges, not dumpable, no core files; Landlock: reading below evidence_fd if it
 * is a folder, else nothing; then an allow-list of system calls with kill as default. The opener may
 * still fork and set limits of its children.
 */
void sandbox_opener(struct sandbox *s, int evidence_fd, bool folder);

/*
 * A job, forked from the opener: dies with it; limits on time and memory; no fork, no limits, no
 * signal handling from here on. False: e, and the job must not go on.
 */
MUST_CHECK bool sandbox_job(const struct sandbox *s, pid_t opener, double seconds, uint64_t memory,
                            struct err *e);

/* The first steps alone, which the parent takes as well: not dumpable, no core files. */
void sandbox_no_dumps(void);

/* Closes every descriptor from `first` on and puts /dev/null on 0 to 2. */
void sandbox_close_others(int first);
