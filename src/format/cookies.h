#pragma once

#include "base/bytes.h"
#include "base/err.h"

/*
 * Apple's binary cookies ("cook"): pages of cookies, then a checksum over all pages. Big-endian
 * outside the pages, little-endian inside. Format: docs/formats/cookies.md.
 */
struct cookies {
    struct slice file;
    struct cursor sizes;   /* of the pages not begun yet */
    struct slice page;     /* the page that is read */
    struct cursor offsets; /* of its cookies not read yet */
    uint64_t next;         /* where the next page begins */
    uint32_t pages, left;  /* pages and cookies of the page still to come */
    uint32_t sum;          /* checksum so far */
};

struct cookie {
    uint64_t at; /* where it, or the page that is lost, begins in the file */
    uint32_t flags;
    struct slice host, name, path, value; /* raw bytes inside the input */
    double expires, created;              /* seconds since 2001 */
    bool page_lost; /* with an error: not one cookie, a page or the rest of the file */
};

enum { COOKIE_SECURE = 1, COOKIE_HTTP_ONLY = 4 };

/* ERR_CORRUPT: it doesn't begin like one. bytes must outlive the reader. */
MUST_CHECK bool cookies_open(struct cookies *c, struct slice bytes, struct err *e);
/*
 * The next cookie. False with e: this one (or, by page_lost, a page) can't be read, go on; false
 * without: the end. At the end the checksum has been compared; a wrong one is told first, as
 * page_lost.
 */
bool cookies_next(struct cookies *c, struct cookie *out, struct err *e);
