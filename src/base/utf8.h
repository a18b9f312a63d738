#pragma once

#include "base/bytes.h"

/* Length of the valid UTF-8 sequence at the start of s (no surrogates, no overlong forms), its
   code point in *cp; 0 if there is none. */
size_t utf8_next(struct slice s, uint32_t *cp);
bool utf8_valid(struct slice s);
void utf8_add(struct buf *b, uint32_t cp); /* a surrogate or > 10FFFF becomes U+FFFD */
/* Bytes from evidence as valid UTF-8: each byte that isn't part of a sequence becomes \xNN.
   Returns s itself if it is valid already. */
struct slice utf8_clean(struct slice s, struct arena *a);
/* UTF-16 to UTF-8; lone surrogates become U+FFFD, an odd last byte is dropped. */
struct slice utf8_from_utf16(struct slice s, bool big_endian, struct arena *a);
/* Cut to at most n bytes without splitting a sequence. */
struct slice utf8_cut(struct slice s, size_t n);
/* True for what must be shown as a box: C0 (but tab, LF), C1, DEL, bidi controls, zero-width
   characters, line and paragraph separators. */
bool utf8_is_hidden(uint32_t cp);
