#pragma once

#include <signal.h>
#include <sys/types.h>

#include "worker/frame.h"
#include "worker/outcome.h"

/* The parent's view of opener and jobs; shared by worker.c and jobs.c. */

/* A running job. */
struct slot {
    const struct artifact *artifact; /* NULL: free */
    uint64_t number;
    int fd;          /* -1: its stream has ended */
    bool heard;      /* something came through it */
    double deadline; /* long past its own alarm */
    struct frame_reader reader;
    struct arena arena; /* of the event handed out last */
    struct account account;
};

/* The opener's process. */
struct opener_side {
    pid_t pid; /* 0: none; also its process group, which holds its jobs */
    int fd;
    struct frame_reader reader;
};

struct worker {
    struct limits limits;
    char *name;
    int evidence_fd;
    struct opener_side opener;
    volatile pid_t group; /* for worker_interrupt(): what to end */
    volatile sig_atomic_t interrupted;
    enum confinement level;
    struct secret secret; /* opens the evidence again: the derived key, if there is one */
    struct opened opened;
    struct arena memory;
    bool restarted;
    char end_words[200]; /* how the last opener ended */
    char gone[240];      /* why no job can be started any more; empty: go on */
    struct slot *slots;
    unsigned turn; /* the slot that is drained */
    uint64_t number;
    const struct artifact **queue;
    size_t queued, taken;
    struct sent_record record; /* of the last event */
    struct buf reason;
};

/* Starts the opener and waits until it is confined. */
MUST_CHECK bool opener_spawn(struct worker *w, struct err *e);
/* Sends the secret and waits for the answer; keeps what was opened in *out and w->secret. */
MUST_CHECK bool opener_open(struct worker *w, const struct secret *s, bool (*progress)(double done),
                            struct opened_frame *out, struct err *e);
/* Ends it and its jobs. How it ended, or `why` if it was only this that ended it, in words. */
const char *opener_end(struct worker *w, const char *why);
/* Asks it for a job whose messages come through fd (the parent keeps its own). False: it is gone. */
bool opener_run(struct worker *w, const struct run_request *q, int fd);
