#pragma once

#include "worker/frame.h"

/* A job's messages as frames on a socket, gathered into big writes. */
struct frame_sink {
    struct job_sink sink; /* first: the job knows only this */
    int fd;
    struct buf out;
    struct arena scratch;
};
void sink_start(struct frame_sink *s, int fd);
void sink_flush(struct frame_sink *s);

/* Writes all of it; a parent that is gone ends the process. */
void write_or_exit(int fd, const void *p, size_t n);
