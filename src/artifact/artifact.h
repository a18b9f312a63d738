#pragma once

#include "artifact/job.h"

/*
 * An artifact is one const struct: where its files are, what their tables and columns mean, or a
 * function for what is no table. One file and one line in list.h each; docs/writing-an-artifact.md.
 */

/* Kinds of evidence. A backup without encryption leaves some things out, so it is one of its own. */
enum {
    IN_BACKUP = 1 << 0,     /* iOS backup without encryption */
    IN_BACKUP_ENC = 1 << 1, /* encrypted iOS backup */
    IN_IOS_FS = 1 << 2,     /* iOS file system */
    IN_SYSDIAGNOSE = 1 << 3,
    IN_LOGARCHIVE = 1 << 4,
    IN_BUGREPORT = 1 << 5,
    IN_ANDROIDQF = 1 << 6,
    IN_ANDROID_BACKUP = 1 << 7,
    IN_ANDROID_FS = 1 << 8,
    IN_INTRUSION_LOG = 1 << 9,
    IN_ANY_BACKUP = IN_BACKUP | IN_BACKUP_ENC,
};

/* Turns a column's bytes into fields of the record: a body, a plist. False: e, and the row is
   counted as skipped in part (its other columns stand). */
typedef bool (*column_decode)(struct job *job, struct slice bytes, struct record *r, struct err *e);

struct column {
    const char *name; /* the field's name */
    const char *sql;  /* an expression over the table's FROM */
    enum kind kind;
    enum epoch epoch;           /* KIND_TIME */
    enum observable observable; /* OBS_NONE: a fact only */
    enum exposure exposure;
    bool optional;        /* absent in some schema versions: left out then */
    column_decode decode; /* instead of kind */
};

struct table {
    const char *name; /* of the origin, and checked to be a real table */
    const char *from;
    const char *row; /* integer expression: the row id that an expert finds again */
    const struct column *columns;
    /* SQL, or NULL: non-zero means that the owner made this row (sent it), so that RECEIVED
       becomes EXPOSURE_NONE. Left out where its column is absent. */
    const char *own;
    bool optional; /* absent in some versions: no word about it */
    /* The further tables of `from`, NULL-terminated: checked for damage too. */
    const char *const *joined;
};

struct artifact {
    const char *id;       /* "ios.safari_history": names everything */
    const char *title;    /* "Safari visits" */
    const char *explains; /* what it shows, how long it is kept, what clears it; two sentences */
    const char *since;    /* first release that has it: "iOS 13", "Android 8"; NULL: all we read */
    const char *kept;     /* how long entries stay: "about 30 days"; NULL: not known */
    const char *clears;   /* what empties it: "clearing Safari's history"; NULL: not known */
    unsigned kept_days;   /* the same for computing what silence is worth; 0: not known */
    unsigned found_in; /* none there = `absent`; elsewhere `not-applicable`. Never stops a read */
    unsigned expected_in; /* part of found_in where every phone has it: absent counts as not read */
    bool state;           /* holds a state on the day of capture, not a span of time */
    bool bulk;            /* stores only records with an observable, counts the others */
    bool heavy;           /* takes long on most phones: its job starts first */
    unsigned process_cut; /* the source cuts process names at this length; 0: never */
    unsigned shows; /* coded: bits 1 << exposure it can yield; declared: derived from the columns */
    const char *const *paths;   /* patterns, NULL-terminated; see source_next() */
    const struct table *tables; /* declared, ends with a table without a name ... */
    /* Where other things bear the same file name: LIKE pattern of the names in its schema.
       A database in which none fits is something else (a note); one without any table is unused. */
    const char *mark;
    /* Declared: adds to every record of a file what its place says; made once a file, in
       job_memory(). */
    void (*about)(struct job *job, const struct file *f, struct record *r);
    bool (*run)(struct job *job, struct err *e); /* ... or coded; never both */
};

#define PATHS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define TABLES(...) ((const struct table[]){__VA_ARGS__, {.name = NULL}})
#define COLUMNS(...) ((const struct column[]){__VA_ARGS__, {.name = NULL}})
#define TEXT(n, s, ...)                                                                            \
    {                                                                                              \
        .name = n, .sql = s, .kind = KIND_TEXT, __VA_ARGS__                                        \
    }
#define INT(n, s, ...)                                                                             \
    {                                                                                              \
        .name = n, .sql = s, .kind = KIND_INT, __VA_ARGS__                                         \
    }
#define REAL(n, s, ...)                                                                            \
    {                                                                                              \
        .name = n, .sql = s, .kind = KIND_REAL, __VA_ARGS__                                        \
    }
#define HEX(n, s, ...)                                                                             \
    {                                                                                              \
        .name = n, .sql = s, .kind = KIND_HEX, __VA_ARGS__                                         \
    }
#define TIME(n, s, e, ...)                                                                         \
    {                                                                                              \
        .name = n, .sql = s, .kind = KIND_TIME, .epoch = e, __VA_ARGS__                            \
    }
#define OBSERVE(n, s, o, x, ...)                                                                   \
    {                                                                                              \
        .name = n, .sql = s, .kind = KIND_TEXT, .observable = o, .exposure = x, __VA_ARGS__        \
    }
#define DECODE(n, s, f, ...)                                                                       \
    {                                                                                              \
        .name = n, .sql = s, .decode = f, __VA_ARGS__                                              \
    }
#define OPTIONAL .optional = true

/* All artifacts, in the order of list.h (which is the order of jobs and of `bridle artifacts`). */
extern const struct artifact *const artifacts[];
extern const unsigned artifact_count;
const struct artifact *artifact_find(struct slice id); /* NULL */

/* Coverage over its rows: does this artifact yield exposure x at all? By its columns, or .shows of
   a coded one. Bits 1 << exposure. */
unsigned artifact_can_show(const struct artifact *a);

/* By .mark: the database is something else's, or empty and unused; noted. Coded artifacts with a mark
   ask before they read. */
bool artifact_is_foreign(struct job *job, struct sqlite *db, const struct artifact *a,
                         const struct file *f);

/* Runs a declared artifact's tables over the files of a job. */
bool artifact_run_tables(struct job *job, const struct artifact *a, struct err *e);
