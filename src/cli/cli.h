#pragma once

#include <signal.h>
#include <stdio.h>

#include "detect/detect.h"
#include "report/report.h"

/* Exit statuses of every command; docs/output.md. */
enum {
    EXIT_DONE = 0,
    EXIT_FOUND = 1,
    EXIT_USAGE = 2,
    EXIT_INCOMPLETE = 3,
    EXIT_UNREADABLE = 4,
    EXIT_OURS = 5,
    EXIT_INTERRUPTED = 130,
};

/* What an option stores, at its offset in the command's own struct. */
enum option_kind {
    OPTION_FLAG,  /* bool */
    OPTION_TEXT,  /* const char * */
    OPTION_LIST,  /* struct list: may be repeated */
    OPTION_COUNT, /* unsigned */
    OPTION_SIZE,  /* uint64_t, with K, M, G */
};

struct list {
    const char **items;
    size_t n;
};

/* A row of a command's table; help, man page and completion come from it. */
struct option {
    const char *name; /* without the dashes */
    char letter;      /* 0: none */
    enum option_kind kind;
    size_t at;
    const char *value, *help; /* value: its name in help; NULL for a flag */
};

struct command {
    const char *name;
    const char *usage;            /* what follows the name: "EVIDENCE..." */
    const char *title;            /* one line */
    const struct option *options; /* ends with a row without a name */
    const char *more;             /* further help, or NULL */
    int (*run)(const struct command *self, int argc, char **argv);
};

#define COMMAND_OPTIONS(...) ((const struct option[]){__VA_ARGS__, {.name = NULL}})

extern const struct command *const commands[]; /* NULL-terminated; from list.h */

/*
 * Parses argv behind the command's name. What is no option goes to rest. False: it has been said
 * what is wrong (exit EXIT_USAGE), or --help was printed (*help is then true, exit EXIT_DONE).
 */
bool options_parse(const struct command *c, int argc, char **argv, void *to, struct list *rest,
                   bool *help);
/* The value of an option that is a time; NULL leaves *out. False: it is none, and that was said. */
bool options_time(const struct command *c, const char *text, struct utime *out);
void command_help(const struct command *c, FILE *to);

/* "bridle: " + the words of error.KEY + the next step, on stderr. Pairs of placeholder and value,
   ended by NULL. Returns status, so that `return complain(...)` reads well. */
int complain(int status, const char *key, ...) __attribute__((sentinel));
/* The same for an error of the program: chooses the words by its code. name: what it is about. */
int complain_err(const struct err *e, const char *name);

/* An error with a case: not one, damaged, newer, in use. */
int complain_case(const struct err *e, const char *path);

/* Someone else's case is hostile: before its first page is read, the program gives up starting
   programs, the network, and writing elsewhere than beside the case and `out` (may be NULL). */
void confine_to(const char *case_path, const char *out);

bool color_wanted(FILE *f);      /* a terminal, and NO_COLOR is not set */
unsigned terminal_width(int fd); /* columns, 80 if unknown */

/* Loads files and folders of indicators, each in a confined job; without any, the local store. What
   can't be read is said on stderr and counted in *unread. False: a path doesn't exist (said). */
bool load_indicators(const struct list *paths, const struct limits *l, struct indicators *in,
                     unsigned *unread);
/* The same without the store and without what warning lists do. files: the path of each set, on the
   heap, may be NULL. */
bool load_files(const struct list *paths, const struct limits *l, struct indicators *in,
                struct list *files, unsigned *unread);
/* The local store, mapped if it is compiled. An empty one is nothing. False: it can't be read or not
   all of it (said). */
bool load_store(const struct limits *l, struct indicators *in);
/* Compiles the store as it is now. For the commands that change it. */
bool compile_store(const struct limits *l);
/* Its folder: $BRIDLE_STORE, else in the user's data folder. NULL: there is no such folder. */
char *store_folder(void);

/* Those of a job for a set's file: big ones need more memory than an artifact. */
struct limits limits_of_set(const struct limits *l, int fd);
/* A set's name for its parser: the file's and its folder's, which lists say themselves by. */
const char *name_of_set(const char *path);
/* What went wrong, without the name that the parser and its job put before it. */
const char *bare_reason(const char *why, const char *name);
/* The last set that was added lacks its end: what stood there is not looked for. */
bool last_set_cut_off(const struct indicators *in);

/* Asks on the terminal without echo. False: no terminal (e ERR_LOCKED) or interrupted. */
bool password_ask(const char *evidence, struct secret *out, struct err *e);
/* All of a file or descriptor, without one final line end. ERR_USAGE: empty or too long. */
bool password_read(int fd, struct secret *out, struct err *e);
bool password_file(const char *path, struct secret *out, struct err *e);
/* Adds the age identities of a file. False: it can't be read, has none, or too many. */
bool identity_file(const char *path, struct secret *out);
/* The error is about a missing or wrong identity, not about a password. */
bool wants_identity(const struct err *e);

/* The progress line on stderr; silent unless that is a terminal. */
struct progress {
    bool shown;
    unsigned done, total;
    uint64_t records;
    double next; /* steady time of the next drawing */
};
void progress_start(struct progress *p, unsigned total, bool quiet);
void progress_draw(struct progress *p, const char *what);
void progress_end(struct progress *p);

/* Set by SIGINT and SIGTERM. */
extern volatile sig_atomic_t interrupted;

/* After detection: conclusion into the case, summary or JSON to stdout; returns the exit status.
   report_path may be NULL. */
struct ending {
    const char *case_path, *report_path;
    enum severity fail_on;
    bool json, quiet;
    double seconds;
};
int finish(struct casefile *c, const struct ending *end, struct err *e);
