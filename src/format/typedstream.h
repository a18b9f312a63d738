#pragma once

#include "base/bytes.h"
#include "base/err.h"

/*
 * The typedstream of an NSAttributedString, as in sms.db `attributedBody`: its text and the values
 * of its attributes that hold links. Not a full unarchiver. Format: docs/formats/typedstream.md.
 */
struct typedstream_body {
    struct slice text;   /* the string's bytes (UTF-8), inside the input */
    struct slice *links; /* URLs found in attributes; inside the input */
    size_t nlinks;
};
/* ERR_CORRUPT: header, class or a length is not as it must be; what was found before is set. */
MUST_CHECK bool typedstream_body(struct slice bytes, struct arena *a, struct typedstream_body *out,
                                 struct err *e);
