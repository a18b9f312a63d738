#pragma once

#include "artifact/artifact.h"
#include "base/zone.h"

/*
 * What artifacts of Android share: reading texts line by line, and the small grammars that all dumps
 * have in common. docs/android.md shows how an artifact is made of it.
 */

/* -- where: sections of dumps (src/source/android_text.c makes them) -- */

/* The dump of a service, in a bug report or in dumpsys.txt; "#2" and on: dumped again. */
#define DUMPSYS(service) "dumpsys/" service, "dumpsys/" service "#*"
/* A section "------ TITLE (command) ------" of a bug report, without the command. */
#define DUMPSTATE(title) "dumpstate/" title, "dumpstate/" title "#*"

/* -- lines -- */

enum { ANDROID_LINE_MAX = 1 << 20 };

/*
 * The lines of a file or section. Bytes are given as they are: NUL, invalid UTF-8 and all (what
 * becomes text in a record is cleaned there). Memory doesn't grow with the text.
 */
struct android_text {
    struct slice line; /* without LF or CRLF; dies with the next line */
    struct slice body; /* the same without white space at both ends */
    size_t indent;     /* blanks before the body; a tab is one */
    int64_t number;    /* of the line in its file, from 1 */
    uint64_t offset;   /* in bytes, in its file */
    bool cut; /* longer than ANDROID_LINE_MAX: only the beginning; booked as skipped in part */

    bool open_end; /* the text ends in this line, without a line end: perhaps cut off in it */

    /* for the implementation */
    struct job *job;
    struct blob *blob;
    uint8_t *bytes;
    size_t room, from, to; /* of `bytes` what is read and not yet given */
    uint64_t at;           /* of `to` in the blob */
    int64_t next_number;
    uint64_t base; /* of the blob in its file */
    bool again;
};
/* At the first line; valid until the next job_next_file(). */
void android_text_start(struct android_text *t, struct job *job, const struct file *f);
/* The next line. False: the end (e->code 0), or the rest can't be read (e). */
bool android_text_next(struct android_text *t, struct err *e);
/* The next android_text_next() gives this line once more: for a line that ends a block. */
void android_text_again(struct android_text *t);
/* Starts a record that comes from this line. */
void android_text_record(const struct android_text *t, struct record *r);
/* A line that isn't what it should be: job_skip() at its place. */
void android_text_skip(const struct android_text *t, const char *why);

/* -- small grammars; all take hostile text -- */

/* "key=value" at the first '='; both trimmed. False: no '=', or nothing before it. */
bool android_pair(struct slice text, struct slice *key, struct slice *value);
/* The value of "key=" in "a=1 key=2 c=3": up to the next blank. The key stands at the beginning or
   behind a blank, '{', '[' or ','. False: not there. */
bool android_value(struct slice line, const char *key, struct slice *value);
/* What stands between `open` and the next `close` behind it: android_between(l, "[", "]"). */
bool android_between(struct slice line, const char *open, const char *close, struct slice *inside);
/* The next word of *rest (separated by blanks, commas and `also`), cut off from it. False: none. */
bool android_word(struct slice *rest, const char *also, struct slice *word);
/* A whole number, perhaps negative, and nothing else. */
bool android_number(struct slice text, int64_t *v);
/* "true" or "false". */
bool android_bool(struct slice text, bool *v);

/* uid as text: "10123", "u0a123", "u10s1000", "u0i5", "u0ai7", "u0_a123" (ps), or a well-known name
   (root, system, shell ...). */
bool android_uid(struct slice text, int64_t *uid);
/* Two labels at least, of letters, digits and _, or "android". */
bool android_is_package(struct slice text);
/* "pkg/cls" or "pkg/.Cls": the class in full (lives in a, or is a part of text). False: none. */
bool android_component(struct slice text, struct arena *a, struct slice *package,
                       struct slice *class);
/* "+1d2h3m4s5ms", "-11m1s", "0", "5s0ms": milliseconds. */
bool android_duration(struct slice text, int64_t *ms);

/* -- times -- */

/* The phone's clock: its zone and when the evidence was taken. */
struct android_clock {
    struct zone zone;
    bool assumed;       /* the zone isn't known: UTC was taken */
    struct utime taken; /* when the dump began, or UTIME_NONE */
    int64_t end; /* the same by the phone's wall clock with a day's grace, for years left out */
    unsigned release; /* Android: 14; 0: unknown */
};
void android_clock(struct job *job, struct android_clock *c);
/*
 * The moment of a time as text (forms: base/zone.h): by the offset it has, else by the phone's zone.
 * *later is the second candidate in the hour that comes twice, else UTIME_NONE. UTIME_NONE: none.
 */
struct utime android_moment(const struct android_clock *c, struct slice text, struct utime *later);
/*
 * Adds the field `name`: the moment. Where its wall clock is ambiguous a second field `name` with the
 * later candidate and clock="ambiguous"; where the zone isn't known tz="assumed". What is no time
 * stays as text under the same name.
 */
void android_time(const struct android_clock *c, struct record *r, const char *name,
                  struct slice text);

/* -- records -- */

/*
 * Emits, unless another section of the same text had the very same record (services are dumped
 * twice). Costs nothing where a section has no twin. One `android_seen` for each job, zeroed.
 */
struct android_seen {
    uint64_t *slots; /* hashes of records of the current text */
    size_t n, room;
    struct slice text; /* path of the text, in the job's memory */
    bool twins;
};
void android_seen_file(struct android_seen *s, struct job *job, const struct file *f);
MUST_CHECK bool android_emit(struct android_seen *s, struct job *job, const struct record *r,
                             struct err *e);

/* yes becomes 1, no 0: the value of a flag in a record, as everywhere in bridle. */
void android_flag(struct record *r, const char *name, bool v);
/* A text field, unless it is empty or "null". */
void android_fact(struct record *r, const char *name, struct slice text);
/* The same with an observable. */
void android_observe(struct record *r, const char *name, enum observable o, enum exposure x,
                     struct slice text);
