#pragma once

#include "worker/frame.h"

/*
 * From what arrived of a job to its status: `read` needs every proof, anything else is told.
 */
struct account {
    struct job_tally seen; /* counted by the parent itself */
    bool done;             /* the last frame came: */
    struct done_frame end;
    bool exited; /* the opener told how the job ended: */
    struct exited_frame exit;
    const char *broken; /* why nothing of it counts as read: "sent a bad frame", ...; or NULL */
    char first_skip[320];
    struct buf lost, unknown, locked; /* texts, joined with "; ", bounded */
};
void account_free(struct account *a);

/* Appends to one of the account's texts. */
void account_word(struct account *a, enum job_word w, struct slice text);
void account_skip(struct account *a, const struct skip_frame *s);

/* What a wait status means, in plain words: "ended by signal 11 (crash)". */
void exit_words(int status, const struct limits *l, char *to, size_t n);

/* The status; reason is replaced, empty for `read`. */
enum status outcome(const struct account *a, const struct artifact *art, const struct opened *o,
                    const struct limits *l, struct buf *reason);
struct usage account_usage(const struct account *a, const struct opened *o);
