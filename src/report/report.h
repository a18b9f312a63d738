#pragma once

#include <stdio.h>

#include "detect/detect.h"

/* Everything people and programs read: all of it from the case alone. */

/* Words in the reader's language; English where one is missing. Tables are compiled in. */
const char *words(const char *lang, const char *key); /* never NULL: the key itself if unknown */
/*
 * A value as it stands in a sentence: where the language runs right to left, between the isolates
 * U+2068 and U+2069, else a date in it would read backwards. Such characters of its own become text.
 */
const char *words_value(struct arena *a, const char *lang, const char *value);
/* Fills {name} placeholders with words_value(): pairs of name, value, ended by NULL. In the arena. */
const char *words_fill(struct arena *a, const char *lang, const char *key, ...)
    __attribute__((sentinel));
/* `count.KEY` in the plural form of n. */
const char *words_count(struct arena *a, const char *lang, const char *key, uint64_t n);
bool words_have(const char *lang, const char *key);
/* 1,234,567 in the arena. */
const char *number_text(struct arena *a, uint64_t n);
extern const char *const languages[]; /* "en", "it", "es", "fr", "ar", NULL */

/* The key of a verdict's words, with the gravest family class and whether it stayed an attempt
   ("verdict.traces.mercenary.attempt"); KEY.means explains it. In the arena. */
const char *verdict_key(struct casefile *c, enum verdict v, struct arena *a, struct err *e);

/* A second process that packs the page's records. Best started before anything else: memory that is
   there already costs both of them. */
struct packer *packer_start(void);
void packer_end(struct packer *k);

struct report_options {
    const char *lang; /* default "en" */
    bool redact;
    struct packer *packer; /* or NULL */
};

/* The self-contained HTML page. */
MUST_CHECK bool report_html(struct casefile *c, const struct report_options *o, FILE *to,
                            struct err *e);
/* The terminal summary: verdict first. color and width as the terminal has them. */
MUST_CHECK bool report_summary(struct casefile *c, const struct conclusion *k, const char *lang,
                               bool color, unsigned width, const char *case_path,
                               const char *report_path, double seconds, FILE *to, struct err *e);
/* The --json object, one line. */
MUST_CHECK bool report_json(struct casefile *c, const struct conclusion *k, const char *case_path,
                            const char *report_path, double seconds, FILE *to, struct err *e);
/* what: findings, records, observables, coverage, evidence (comma-separated, or NULL: all);
   format: jsonl, csv. ERR_USAGE: an unknown name, told. */
MUST_CHECK bool report_export(struct casefile *c, const char *what, const char *format, FILE *to,
                              struct err *e);
