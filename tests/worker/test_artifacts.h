#pragma once

#include "artifact/artifact.h"

/*
 * Artifacts that misbehave, one way each: artifact_find() knows them in programs that link
 * test_artifacts.c. Each above `skip` but the
 * first two must end `failed`.
 */
extern const struct artifact test_good;    /* one record for each line of each file */
extern const struct artifact test_many;    /* as many small records as the first file has bytes */
extern const struct artifact test_crash;   /* writes where nothing is */
extern const struct artifact test_loop;    /* never ends */
extern const struct artifact test_bomb;    /* takes memory without end */
extern const struct artifact test_socket;  /* opens a socket */
extern const struct artifact test_fork;    /* forks */
extern const struct artifact test_lie;     /* sends what is no frame */
extern const struct artifact test_extra;   /* sends a frame that it does not count */
extern const struct artifact test_file;    /* opens a file that isn't evidence */
extern const struct artifact test_deaf;    /* ignores its alarm, and sleeps */
extern const struct artifact test_signal;  /* ends another process */
extern const struct artifact test_exit;    /* ends as if all were well, without a last frame */
extern const struct artifact test_limit;   /* one record more than it may */
extern const struct artifact test_skip;    /* one good row, one bad */
extern const struct artifact test_lost;    /* one record, one loss */
extern const struct artifact test_unknown; /* knows none of its files */
extern const struct artifact test_none;    /* matches no file */
