#pragma once

#include "cli/cli.h"
#include "format/json.h"

/* What follows "bridle indicators": shared by the files of its parts. */
struct indicators_options {
    bool json;
    struct list indicators; /* instead of the store */
    const char *licence, *publisher;
    struct list index;
    const char *offline, *ca_file, *key;
    unsigned seconds;
};

/* Each gets what follows its own name, and returns the exit status. */
int indicators_lint(const struct indicators_options *o, const struct list *rest);
int indicators_add_files(const struct indicators_options *o, const struct list *rest);
int indicators_remove(const struct indicators_options *o, const struct list *rest);
int indicators_list(const struct indicators_options *o, const struct list *rest);
int indicators_show(const struct indicators_options *o, const struct list *rest);
int indicators_search(const struct indicators_options *o, const struct list *rest);
int indicators_update(const struct indicators_options *o, const struct list *rest);

/* The store, or what -i names. False: said; *status is the exit status. */
bool indicators_given(const struct indicators_options *o, struct indicators *in, int *status);
/* The members of an indicator in JSON, without schema and kind; docs/output.md. */
void indicator_json(struct json_writer *w, const struct indicators *in, const struct indicator *i);
/* "domain 1438, email 29" */
void print_types(const unsigned by_type[OBS_TYPES], FILE *to);
/* A text of a set for the terminal: what is hidden in it is shown. */
void print_text(struct slice text, FILE *to);
