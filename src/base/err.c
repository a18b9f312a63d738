#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool err_set(struct err *e, enum err_code code, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    e->code = code;
    vsnprintf(e->msg, sizeof e->msg, fmt, ap);
    va_end(ap);
    return false;
}

bool err_io(struct err *e, const char *fmt, ...)
{
    const char *why = strerrordesc_np(errno);
    char where[160];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(where, sizeof where, fmt, ap);
    va_end(ap);
    return err_set(e, ERR_IO, "%s: %s", where, why ? why : "unknown error");
}

bool err_in(struct err *e, const char *fmt, ...)
{
    char where[sizeof e->msg];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(where, sizeof where - 3, fmt, ap);
    va_end(ap);
    size_t n = strlen(where);
    memcpy(where + n, ": ", 3);
    n += 2;
    /* What is cut, if anything, is the end of the innermost message. */
    size_t old = strlen(e->msg);
    if (old > sizeof e->msg - 1 - n)
        old = sizeof e->msg - 1 - n;
    memmove(e->msg + n, e->msg, old);
    memcpy(e->msg, where, n);
    e->msg[n + old] = '\0';
    return false;
}

void err_clear(struct err *e)
{
    e->code = ERR_NONE;
    e->msg[0] = '\0';
}

const char *err_name(enum err_code code)
{
    static const char *const names[ERR_CODES] = {
        [ERR_NONE] = "none",     [ERR_IO] = "io",
        [ERR_ABSENT] = "absent", [ERR_CORRUPT] = "corrupt",
        [ERR_LOCKED] = "locked", [ERR_UNSUPPORTED] = "unsupported",
        [ERR_LIMIT] = "limit",   [ERR_WRONG_KEY] = "wrong-key",
        [ERR_USAGE] = "usage",   [ERR_STOP] = "stop",
    };
    return (unsigned)code < ERR_CODES ? names[code] : "unknown";
}

void die(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    fputs("bridle: ", stderr);
    vfprintf(stderr, fmt, ap);
    fputc('\n', stderr);
    va_end(ap);
    _exit(5);
}
