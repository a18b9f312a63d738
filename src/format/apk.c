/*
 * The signing block. All lengths are little-endian and come from the package; each value lies in a
 * slice of its own that is as long as its length says and no longer than what holds it.
 */
#include "format/apk.h"

#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

enum {
    EOCD = 22,
    MAX_COMMENT = 65535,
    BLOCK_END = 24, /* size and magic */
    ID_V2 = 0x7109871a,
    ATTRIBUTE_ROTATION = 0x3ba06f8c, /* earlier certificates */
};
#define ID_V3 0xf05368c0u
#define ID_V31 0x1b93ad61u
#define ATTRIBUTE_PROMISE 0xbeeff00du /* of a scheme that must be there, too */

/* How a signature is made: digest and padding by its number. */
struct method {
    uint32_t number;
    bool pss;
    int type; /* of the key */
    const EVP_MD *(*digest)(void);
};
static const struct method methods[] = {
    {0x0101, true, EVP_PKEY_RSA, EVP_sha256},  {0x0102, true, EVP_PKEY_RSA, EVP_sha512},
    {0x0103, false, EVP_PKEY_RSA, EVP_sha256}, {0x0104, false, EVP_PKEY_RSA, EVP_sha512},
    {0x0201, false, EVP_PKEY_EC, EVP_sha256},  {0x0202, false, EVP_PKEY_EC, EVP_sha512},
    {0x0301, false, EVP_PKEY_DSA, EVP_sha256}, {0x0421, false, EVP_PKEY_RSA, EVP_sha256},
    {0x0423, false, EVP_PKEY_EC, EVP_sha256},  {0x0425, false, EVP_PKEY_DSA, EVP_sha256},
};
enum { METHODS = sizeof methods / sizeof *methods };

static const struct method *find_method(uint32_t number)
{
    for (int i = 0; i < METHODS; i++)
        if (methods[i].number == number)
            return &methods[i];
    return NULL;
}

/* A value behind its length of four bytes. */
static struct slice take(struct cursor *c)
{
    return cursor_take(c, cursor_u32le(c));
}

/* -- signatures -- */

static bool verify(const struct method *m, struct slice spki, struct slice data,
                   struct slice signature)
{
    const uint8_t *p = spki.p;
    EVP_PKEY *key = d2i_PUBKEY(NULL, &p, (long)spki.n);
    EVP_PKEY_CTX *how = NULL;
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    bool ok = c && key && EVP_PKEY_base_id(key) == m->type &&
              EVP_DigestVerifyInit(c, &how, m->digest(), NULL, key) > 0;
    if (ok && m->pss)
        ok = EVP_PKEY_CTX_set_rsa_padding(how, RSA_PKCS1_PSS_PADDING) > 0 &&
             EVP_PKEY_CTX_set_rsa_pss_saltlen(how, RSA_PSS_SALTLEN_DIGEST) > 0;
    ok = ok && EVP_DigestVerify(c, signature.p, signature.n, data.p, data.n) == 1;
    EVP_MD_CTX_free(c);
    EVP_PKEY_free(key);
    return ok;
}

/* The certificate's key is the one that signed. */
static bool same_key(struct slice certificate, struct slice spki)
{
    const uint8_t *p = certificate.p;
    uint8_t *der = NULL;
    X509 *x = d2i_X509(NULL, &p, (long)certificate.n);
    int n = x ? i2d_PUBKEY(X509_get0_pubkey(x), &der) : 0;
    bool same = n > 0 && slice_equal(slice_at(der, (size_t)n), spki);
    OPENSSL_free(der);
    X509_free(x);
    return same;
}

/* One that can be used must verify; of several the last, as the strongest. */
static const char *check_signatures(struct slice list, struct slice signed_data, struct slice spki)
{
    struct cursor c = cursor(list);
    const struct method *m = NULL;
    struct slice signature = {0};
    unsigned n = 0;
    for (; cursor_left(&c) && !c.bad; n++) {
        struct cursor one = cursor(take(&c));
        const struct method *found = find_method(cursor_u32le(&one));
        struct slice bytes = take(&one);
        if (found && !one.bad) {
            m = found;
            signature = bytes;
        }
    }
    if (c.bad)
        return "its signatures are cut off";
    if (!m)
        return n ? "no signature of a known kind" : "it has no signature";
    return verify(m, spki, signed_data, signature) ? NULL : "its signature does not verify";
}

/* -- what a signer signed -- */

static void add_past(struct apk_signer *s, struct slice attribute)
{
    struct cursor c = cursor(attribute);
    cursor_u32le(&c); /* version */
    struct slice last = {0};
    while (cursor_left(&c) && !c.bad) {
        struct cursor node = cursor(take(&c)), data = cursor(take(&node));
        last = take(&data);
        if (data.bad || !last.n)
            s->problem = "its list of earlier certificates is damaged";
        else if (!slice_equal(last, s->certificate) && s->npast < APK_MAX_PAST)
            s->past[s->npast++] = last;
    }
    if (c.bad || !slice_equal(last, s->certificate))
        s->problem = "its list of earlier certificates does not end with its own";
}

static void read_attributes(struct apk *out, struct apk_signer *s, struct slice list)
{
    struct cursor c = cursor(list);
    while (cursor_left(&c) && !c.bad) {
        struct slice one = take(&c);
        struct cursor v = cursor(one);
        uint32_t id = cursor_u32le(&v);
        if (id == ATTRIBUTE_ROTATION)
            add_past(s, slice_sub(one, 4, one.n));
        if (id == ATTRIBUTE_PROMISE && s->scheme == APK_V2)
            out->promised |= cursor_u32le(&v) == 3 ? APK_V3 : 0;
    }
    if (c.bad)
        s->problem = "its attributes are cut off";
}

/* Digests of the content that this signer vouches for. */
static const char *check_digests(struct apk *out, struct blob *b, const struct apk_layout *l,
                                 struct slice list, struct err *e)
{
    struct cursor c = cursor(list);
    const char *problem = NULL;
    while (cursor_left(&c) && !c.bad && !problem) {
        struct cursor one = cursor(take(&c));
        uint32_t algorithm = cursor_u32le(&one);
        struct slice value = take(&one);
        if (!one.bad)
            problem = apk_digest(out, b, l, algorithm, value, e);
        if (e->code)
            return NULL;
    }
    return c.bad ? "its digests are cut off" : problem;
}

static bool read_signer(struct apk *out, struct blob *b, const struct apk_layout *l,
                        struct slice bytes, unsigned scheme, struct err *e)
{
    if (out->n == APK_MAX_SIGNERS) {
        out->problem = "more signers than any package has";
        return true;
    }
    struct apk_signer *s = &out->signers[out->n++];
    *s = (struct apk_signer){.scheme = scheme};
    struct cursor c = cursor(bytes);
    struct slice data = take(&c);
    uint32_t min = scheme != APK_V2 ? cursor_u32le(&c) : 0,
             max = scheme != APK_V2 ? cursor_u32le(&c) : 0;
    struct slice signatures = take(&c), spki = take(&c);
    struct cursor d = cursor(data);
    struct slice digests = take(&d), certificates = take(&d);
    if (scheme != APK_V2) {
        s->min_sdk = cursor_u32le(&d);
        s->max_sdk = cursor_u32le(&d);
    }
    struct slice attributes = take(&d);
    struct cursor certs = cursor(certificates);
    s->certificate = take(&certs);
    if (c.bad || d.bad || certs.bad)
        s->problem = "it is cut off";
    else if (min != s->min_sdk || max != s->max_sdk)
        s->problem = "the releases it is for differ from those it signed";
    else if (!same_key(s->certificate, spki))
        s->problem = "its key is not that of its certificate";
    else
        s->problem = check_signatures(signatures, data, spki);
    read_attributes(out, s, attributes);
    if (!s->problem)
        s->problem = check_digests(out, b, l, digests, e);
    return !e->code;
}

static bool read_scheme(struct apk *out, struct blob *b, const struct apk_layout *l,
                        struct slice value, unsigned scheme, struct err *e)
{
    struct cursor outer = cursor(value), c = cursor(take(&outer));
    out->schemes |= scheme;
    if (!cursor_left(&c))
        out->problem = "a signing scheme without a signer";
    while (cursor_left(&c) && !c.bad)
        if (!read_signer(out, b, l, take(&c), scheme, e))
            return false;
    if (c.bad)
        out->problem = "the signing block is cut off";
    return true;
}

/* -- where things are -- */

static bool find_end(struct blob *b, struct arena *a, struct apk_layout *l, struct err *e)
{
    uint64_t size = blob_size(b);
    size_t n = size < EOCD + MAX_COMMENT ? (size_t)size : EOCD + MAX_COMMENT;
    uint8_t *tail = arena_alloc(a, n);
    if (!blob_read(b, size - n, tail, n, e))
        return false;
    for (size_t at = n; at-- > 0;) {
        struct slice s = slice_at(tail + at, n - at);
        struct cursor c = cursor(s);
        if (s.n < EOCD || cursor_u32le(&c) != 0x06054b50)
            continue;
        cursor_skip(&c, 8);
        uint32_t length = cursor_u32le(&c), start = cursor_u32le(&c);
        if (cursor_u16le(&c) != s.n - EOCD)
            continue;
        l->end = size - n + at;
        l->directory = l->block = start;
        l->tail = s;
        if ((uint64_t)start + length > l->end)
            return err_set(e, ERR_CORRUPT, "the zip's directory lies outside of the file");
        return true;
    }
    return err_set(e, ERR_CORRUPT, "no end of a zip's directory");
}

/* The block's pairs; empty: there is none. */
static bool find_block(struct blob *b, struct arena *a, struct apk_layout *l, struct slice *pairs,
                       struct err *e)
{
    uint8_t foot[BLOCK_END], head[8];
    *pairs = (struct slice){0};
    if (l->directory < BLOCK_END + 8)
        return true;
    if (!blob_read(b, l->directory - BLOCK_END, foot, BLOCK_END, e))
        return false;
    struct cursor c = cursor(slice_at(foot, BLOCK_END));
    uint64_t size = cursor_u64le(&c);
    if (memcmp(foot + 8, "APK Sig Block 42", 16) != 0)
        return true;
    if (size < BLOCK_END || size > APK_MAX_BLOCK || size + 8 > l->directory)
        return err_set(e, ERR_CORRUPT, "a signing block of an impossible size");
    l->block = l->directory - size - 8;
    if (!blob_read(b, l->block, head, sizeof head, e))
        return false;
    c = cursor(slice_at(head, sizeof head));
    if (cursor_u64le(&c) != size)
        return err_set(e, ERR_CORRUPT, "a signing block whose two sizes differ");
    size_t n = (size_t)(size - BLOCK_END);
    uint8_t *bytes = arena_alloc(a, n + 1);
    *pairs = slice_at(bytes, n);
    return blob_read(b, l->block + 8, bytes, n, e);
}

static bool directory_ends_at_end(const struct apk_layout *l)
{
    struct cursor c = cursor(l->tail);
    cursor_skip(&c, 12);
    uint32_t length = cursor_u32le(&c);
    return l->directory + length == l->end;
}

bool apk_read(struct blob *b, struct arena *a, struct apk *out, struct err *e)
{
    struct apk_layout l = {0, 0, 0, {0}};
    struct slice pairs;
    memset(out, 0, sizeof *out);
    if (!find_end(b, a, &l, e) || !find_block(b, a, &l, &pairs, e))
        return false;
    struct cursor c = cursor(pairs);
    while (cursor_left(&c) && !c.bad) {
        struct slice pair = cursor_take(&c, cursor_u64le(&c));
        struct cursor one = cursor(pair);
        uint32_t id = cursor_u32le(&one);
        unsigned scheme = id == ID_V2 ? APK_V2 : id == ID_V3 ? APK_V3 : id == ID_V31 ? APK_V31 : 0;
        if (scheme && !read_scheme(out, b, &l, slice_sub(pair, 4, pair.n), scheme, e))
            return false;
    }
    if (c.bad)
        out->problem = "the signing block is cut off";
    if (out->schemes && !directory_ends_at_end(&l))
        out->problem = "data between the zip's directory and its end";
    return true;
}

unsigned apk_scheme_number(unsigned bit)
{
    return bit == APK_V1 ? 1 : bit == APK_V2 ? 2 : bit == APK_V3 ? 3 : 31;
}

void apk_finish(struct apk *out)
{
    unsigned missing = out->promised & ~out->schemes;
    if (missing & (APK_V2 | APK_V3) && !out->problem)
        out->problem = "a signing scheme that was there has been taken out";
    if (!out->n && !out->problem)
        out->problem = "it is not signed";
}
