#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "detect/detect.h"

/* A case in a folder of its own, filled record by record, with a list of indicators beside it. */
struct kit {
    char folder[64], path[96];
    struct casefile *c;
    struct arena arena;
    struct indicators *in;
    struct window window;
    int64_t evidence, run, file;
    struct record record; /* the one that is being made */
};

#define MUST(call)                                                                                 \
    do {                                                                                           \
        struct err must_e = {0}, *e = &must_e;                                                     \
        if (!(call))                                                                               \
            fail_msg("%s: %s", #call, e->msg);                                                     \
    } while (0)

int kit_set_up(void **state); /* for cmocka: *state is a struct kit with an empty case */
int kit_tear_down(void **state);
#define KIT_TEST(f) cmocka_unit_test_setup_teardown(f, kit_set_up, kit_tear_down)

void kit_evidence(struct kit *k, enum source_kind kind, bool encrypted);
/* Plans an artifact; records go to it from now on. */
void kit_artifact(struct kit *k, const char *id);
void kit_finish(struct kit *k, enum status s, struct usage u);
/* A record of one row: kit_row(), then record_*(&k->record, ...), then kit_put(). */
void kit_row(struct kit *k, const char *table, int64_t row, const char *time);
void kit_put(struct kit *k);
/* A message with a text. */
void kit_message(struct kit *k, int64_t row, const char *time, const char *text);

/* Adds an indicator and returns it, to be changed. */
struct indicator *kit_indicator(struct kit *k, enum observable type, const char *value);
/* Everything read, one list of indicators. */
void kit_plain(struct kit *k);
/* Matches and rules; then the conclusion. */
void kit_detect(struct kit *k);
struct conclusion kit_conclude(struct kit *k, enum severity fail_on);
/* Closes and opens again. */
void kit_reopen(struct kit *k, enum case_mode m);

/* The single value of a query; several rows are joined by "; ". */
const char *kit_ask(struct kit *k, const char *sql);
