/*
 * Scheme 1: META-INF/X.RSA is a PKCS#7 signature over X.SF, which has the digest of MANIFEST.MF, which
 * has those of the files. The first two steps are tested.
 */
#include <openssl/evp.h>
#include <openssl/pkcs7.h>
#include <openssl/x509.h>

#include "base/base64.h"
#include "format/apk.h"

/* The value of "Name: value" in the main section of a manifest. */
static struct slice main_value(struct slice text, const char *name)
{
    struct cursor c = cursor(text);
    struct slice line;
    while (cursor_line(&c, &line) && line.n) {
        size_t n = slice_find(line, ':');
        if (slice_is_nocase(slice_sub(line, 0, n), name))
            return slice_trim(slice_sub(line, n + 1, line.n));
    }
    return (struct slice){0};
}

/* "2, 3": schemes that were used when this was made. */
static unsigned promised(struct slice list)
{
    unsigned bits = 0;
    while (list.n) {
        size_t n = slice_find(list, ',');
        struct slice one = slice_trim(slice_sub(list, 0, n));
        bits |= slice_is(one, "2") ? APK_V2 : slice_is(one, "3") ? APK_V3 : 0u;
        list = slice_sub(list, n + 1, list.n);
    }
    return bits;
}

/* 1: the manifest's digest fits, 0: it doesn't, -1: it isn't given. */
static int manifest_fits(struct slice signed_file, struct slice manifest)
{
    static const struct {
        const char *name;
        const EVP_MD *(*digest)(void);
    } digests[] = {{"SHA-256-Digest-Manifest", EVP_sha256},
                   {"SHA1-Digest-Manifest", EVP_sha1},
                   {"SHA-512-Digest-Manifest", EVP_sha512}};
    for (size_t i = 0; i < sizeof digests / sizeof *digests; i++) {
        struct slice text = main_value(signed_file, digests[i].name);
        uint8_t sum[EVP_MAX_MD_SIZE], said[BASE64_ROOM(128)];
        unsigned n = 0;
        size_t said_n;
        if (!text.n)
            continue;
        EVP_Digest(manifest.p, manifest.n, sum, &n, digests[i].digest(), NULL);
        return text.n <= 128 && base64_decode(text, true, said, &said_n) &&
               slice_equal(slice_at(said, said_n), slice_at(sum, n));
    }
    return -1;
}

/* The certificate that a signer's issuer and serial number name. */
static struct slice signer_certificate(PKCS7 *p7, PKCS7_SIGNER_INFO *si, struct arena *a)
{
    uint8_t *der = NULL;
    STACK_OF(X509) *all = p7->d.sign->cert;
    X509 *x = si->issuer_and_serial
                  ? X509_find_by_issuer_and_serial(all, si->issuer_and_serial->issuer,
                                                   si->issuer_and_serial->serial)
                  : NULL;
    int n = x ? i2d_X509(x, &der) : 0;
    struct slice s = n > 0 ? arena_copy(a, slice_at(der, (size_t)n)) : (struct slice){0};
    OPENSSL_free(der);
    return s;
}

/* What the library forgives and the phone doesn't: attributes that aren't in order of their bytes, and a
   content that is said to be something else. */
static const char *check_attributes(const PKCS7_SIGNER_INFO *si)
{
    const STACK_OF(X509_ATTRIBUTE) *all = si->auth_attr;
    int n = sk_X509_ATTRIBUTE_num(all);
    const char *problem = NULL;
    struct buf last = {0};
    for (int i = 0; i < n && !problem; i++) {
        X509_ATTRIBUTE *one = sk_X509_ATTRIBUTE_value(all, i);
        uint8_t *der = NULL;
        int size = i2d_X509_ATTRIBUTE(one, &der);
        struct slice bytes = slice_at(der, size > 0 ? (size_t)size : 0);
        if (size <= 0 || (i && slice_compare(buf_view(&last), bytes) > 0))
            problem = "its signed attributes are not in order";
        buf_clear(&last);
        buf_slice(&last, bytes);
        OPENSSL_free(der);
    }
    buf_free(&last);
    ASN1_TYPE *type = n > 0 ? PKCS7_get_signed_attribute(si, NID_pkcs9_contentType) : NULL;
    if (n > 0 && !problem &&
        (!type || type->type != V_ASN1_OBJECT || OBJ_obj2nid(type->value.object) != NID_pkcs7_data))
        problem = "its signed attributes are of another content";
    return problem;
}

/* PKCS7_verify() of OpenSSL 3.0 loses its copy of the content where this fails. */
static bool can_be_digested(PKCS7 *p7)
{
    BIO *in = BIO_new(BIO_s_mem());
    BIO *chain = in ? PKCS7_dataInit(p7, in) : NULL;
    BIO_free_all(chain ? chain : in);
    return chain;
}

static const char *check(PKCS7 *p7, struct slice signed_file)
{
    BIO *in = BIO_new_mem_buf(signed_file.p, (int)signed_file.n);
    bool ok =
        in && can_be_digested(p7) &&
        PKCS7_verify(p7, NULL, NULL, in, NULL, PKCS7_NOVERIFY | PKCS7_BINARY | PKCS7_NOCHAIN) == 1;
    BIO_free(in);
    return ok ? NULL : "its signature does not verify";
}

void apk_add_v1(struct apk *out, struct slice pkcs7, struct slice signed_file,
                struct slice manifest, struct arena *a)
{
    const uint8_t *p = pkcs7.p;
    PKCS7 *p7 = pkcs7.n <= APK_MAX_PKCS7 ? d2i_PKCS7(NULL, &p, (long)pkcs7.n) : NULL;
    bool usable = p7 && PKCS7_type_is_signed(p7) && p7->d.sign;
    out->schemes |= APK_V1;
    out->promised |= promised(main_value(signed_file, "X-Android-APK-Signed"));
    STACK_OF(PKCS7_SIGNER_INFO) *all = usable ? PKCS7_get_signer_info(p7) : NULL;
    int n = all ? sk_PKCS7_SIGNER_INFO_num(all) : 0;
    const char *problem = !n               ? "its signature can't be read"
                          : !signed_file.n ? "what it signed is missing"
                                           : check(p7, signed_file);
    if (!problem && manifest_fits(signed_file, manifest) == 0)
        problem = "the list of files is not what was signed";
    for (int i = 0; i < (n ? n : 1) && out->n < APK_MAX_SIGNERS; i++) {
        struct apk_signer *s = &out->signers[out->n++];
        *s = (struct apk_signer){.scheme = APK_V1, .problem = problem};
        if (n)
            s->certificate = signer_certificate(p7, sk_PKCS7_SIGNER_INFO_value(all, i), a);
        if (n && !s->problem)
            s->problem = check_attributes(sk_PKCS7_SIGNER_INFO_value(all, i));
        if (!s->certificate.n && !s->problem)
            s->problem = "its certificate is missing";
    }
    PKCS7_free(p7);
}
