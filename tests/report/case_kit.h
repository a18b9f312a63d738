#pragma once

#include "report/report.h"

/* A small case, made through casefile.h as a check makes it. Asserts that each step works. */
struct kit {
    char folder[64], path[96];
    struct casefile *c;
    int64_t evidence, run, file; /* run and file: of the last kit_artifact() */
    struct arena arena;
    struct indicators *in;
    struct matcher *matcher;
    struct packer *packer; /* of pages; NULL: none */
};

void kit_start(struct kit *k);
void kit_end(struct kit *k);
/* Plans an artifact of the registry and books one file; records go there from now on. */
void kit_artifact(struct kit *k, const char *id, const char *path, const char *container);
/* Fills r->origin with a table row and puts the record into the case. */
void kit_record(struct kit *k, struct record *r);
/* A record with one time and one text that is searched for observables. */
void kit_text(struct kit *k, int64_t row, const char *time, enum exposure x, const char *text);
void kit_finish(struct kit *k, enum status s, const char *reason, struct usage u);
/* Loads a STIX bundle; with `patterns`, ended by NULL, one indicator each. */
void kit_indicators(struct kit *k, const char *family, const char *const *patterns);
/* Matches, runs the rules, writes down that the check came to its end. */
void kit_detect(struct kit *k);

/* What the writers write, as text of the arena. */
const char *kit_export(struct kit *k, const char *what, const char *format);
const char *kit_html(struct kit *k, const char *lang);
const char *kit_summary(struct kit *k, const char *lang, unsigned width, bool color);

bool contains(const char *text, const char *part);
unsigned occurrences(const char *text, const char *part);
