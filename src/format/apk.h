#pragma once

#include "base/blob.h"

/*
 * Who signed an Android package: the signing block before the zip's directory (schemes 2, 3 and 3.1;
 * source.android.com/docs/security/features/apksigning), and the PKCS#7 files of scheme 1. Signatures
 * are verified, so that a certificate stands for something; nothing is asked about who issued it,
 * since packages are signed with certificates of their own.
 */
enum {
    APK_MAX_SIGNERS = 32,
    APK_MAX_PAST = 16,
    APK_MAX_BLOCK = 16 << 20,
    APK_MAX_PKCS7 = 1 << 20,
    APK_V1 = 1 << 0, /* bits of schemes */
    APK_V2 = 1 << 1,
    APK_V3 = 1 << 2,
    APK_V31 = 1 << 3,
};

struct apk_signer {
    unsigned scheme;                 /* one of the bits */
    struct slice certificate;        /* DER; empty where there is none to be had */
    uint32_t min_sdk, max_sdk;       /* schemes 3 and 3.1 */
    struct slice past[APK_MAX_PAST]; /* earlier certificates that this one replaces */
    unsigned npast;
    const char *problem; /* why it doesn't verify; NULL: it does */
};

struct apk {
    struct apk_signer signers[APK_MAX_SIGNERS];
    unsigned n;
    unsigned schemes;    /* there */
    unsigned promised;   /* said to be there by what another scheme signed */
    const char *problem; /* of the package as a whole; NULL: none */
    bool content;        /* digests of the content were tested: the signer's problem tells */
    struct {
        unsigned n;
        uint8_t sum[64];
    } digests[2]; /* of the content, SHA-256 and SHA-512, once they were made */
};

/*
 * Schemes 2 and up, with the digests of the content (which reads all of the package). A package
 * without a block has no signers: no error. ERR_CORRUPT: not the end of a zip.
 */
MUST_CHECK bool apk_read(struct blob *b, struct arena *a, struct apk *out, struct err *e);

/* Adds what a signature file of scheme 1 (META-INF/X.RSA, .DSA, .EC) says; signed_file is X.SF,
   manifest MANIFEST.MF, empty where missing. Slices must outlive out. */
void apk_add_v1(struct apk *out, struct slice pkcs7, struct slice signed_file,
                struct slice manifest, struct arena *a);
/* After all: tells schemes that were promised and are missing. */
void apk_finish(struct apk *out);
/* 1, 2, 3, 31 for a bit of a scheme. */
unsigned apk_scheme_number(unsigned bit);

/* -- inside -- */

struct apk_layout {
    uint64_t block, directory, end; /* where they begin; block == directory: there is none */
    struct slice tail;              /* from `end` on */
};
/* Tests one digest of the content: algorithm and value as in the block. NULL: it fits or isn't one that
   is tested here; or e. */
const char *apk_digest(struct apk *out, struct blob *b, const struct apk_layout *l,
                       uint32_t algorithm, struct slice value, struct err *e);
