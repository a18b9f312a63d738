#pragma once

#include <stdbool.h>

/*
 * An error is data: each code leads to one coverage state or exit status.
 * Fallible functions return false (or NULL) and have then set *e; on true *e is untouched.
 */
#define MUST_CHECK __attribute__((warn_unused_result))

enum err_code {
    ERR_NONE,
    ERR_IO,          /* the operating system said no: the message holds its words */
    ERR_ABSENT,      /* what was asked for isn't there */
    ERR_CORRUPT,     /* the bytes contradict their format: damaged, cut off or hostile */
    ERR_UNSUPPORTED, /* a format or version we don't know */
    ERR_LOCKED,      /* encrypted, and the key or password is missing */
    ERR_WRONG_KEY,   /* a password was given and doesn't open it */
    ERR_LIMIT,       /* a budget of time, memory, depth or count is spent */
    ERR_USAGE,       /* the person or the caller asked for something that makes no sense */
    ERR_STOP,        /* interrupted, or the other side is gone */
    ERR_CODES,
};

struct err {
    enum err_code code;
    char msg[240]; /* UTF-8, lower case, no final stop; cut if longer */
};

/* Sets code and message. Always returns false, so that `return err_set(...)` reads well. */
bool err_set(struct err *e, enum err_code code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* As err_set() with ERR_IO and errno's text after the message. */
bool err_io(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Puts context in front of an error that is already set: "Library/SMS/sms.db: page 7: ...". */
bool err_in(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

void err_clear(struct err *e);

/* "corrupt", "locked", ...: for logs and tests, not for people. */
const char *err_name(enum err_code code);

/* No memory, or a promise of our own code broken: says so and ends the process with status 5. */
_Noreturn void die(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
