#pragma once

#include "base/blob.h"

enum inflate_wrap {
    INFLATE_RAW, /* as in a zip member */
    INFLATE_GZIP,
    INFLATE_ZLIB,
};

/*
 * The plain bytes of a deflate stream, readable at any place (RFC 1950 to 1952). Takes `in` over,
 * also when it gives NULL.
 *
 * bytes: the plain size where a container knows it; UINT64_MAX: found by inflating all of it now.
 * Up to 16 MiB are inflated to memory by this call; longer ones when they are read, with states kept
 * on the way to go on from (at most 256 of 40 KiB).
 *
 * A stream that is cut off or damaged can be read up to there. That is known at once for a stream in
 * memory or of unknown size: the blob is so much shorter, and `damage` says why. Else the read that
 * comes to the place fails, and sets size and damage. Data behind the size, or behind a gzip file's
 * last member, is damage as well. A gzip or zlib checksum is tested when the end is read.
 *
 * ERR_LIMIT: more than 1 GiB at more than 200:1. ERR_CORRUPT: a size that deflate can't reach.
 */
MUST_CHECK struct blob *inflate_blob(struct blob *in, enum inflate_wrap wrap, uint64_t bytes,
                                     struct err *e);
