#include "format/cert.h"

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <time.h>

#include "base/hash.h"

enum { MAX_DER = 256 * 1024, MAX_TEXT = 2048 };

static struct slice name_text(const X509_NAME *name, struct arena *a)
{
    char *text;
    BIO *out = BIO_new(BIO_s_mem());
    if (!out)
        die("out of memory");
    X509_NAME_print_ex(out, name, 0, XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB);
    long n = BIO_get_mem_data(out, &text);
    /* An empty name leaves nothing in memory to point at. */
    struct slice s = {0};
    if (n > 0)
        s = arena_copy(a, slice_at(text, n < MAX_TEXT ? (size_t)n : MAX_TEXT));
    BIO_free(out);
    return s;
}

static struct slice serial_text(const ASN1_INTEGER *serial, struct arena *a)
{
    BIGNUM *number = ASN1_INTEGER_to_BN(serial, NULL);
    char *text = number && BN_num_bits(number) <= 1024 ? BN_bn2dec(number) : NULL;
    struct slice s = text ? arena_copy(a, slice_of(text)) : (struct slice){0};
    OPENSSL_free(text);
    BN_free(number);
    return s;
}

static struct utime moment(const ASN1_TIME *t)
{
    struct tm tm;
    if (!ASN1_TIME_to_tm(t, &tm))
        return UTIME_NONE;
    int64_t seconds = timegm(&tm), ns;
    if (__builtin_mul_overflow(seconds, 1000000000, &ns))
        return UTIME_NONE;
    return (struct utime){ns, SECOND};
}

bool cert_parse(struct slice der, struct arena *a, struct cert *out)
{
    uint8_t sum[SHA256_SIZE];
    unsigned n = 0;
    *out = (struct cert){.from = UTIME_NONE};
    EVP_Digest(der.p, der.n, sum, &n, EVP_md5(), NULL);
    hex_text(sum, MD5_SIZE, out->md5);
    sha1_of(der, sum);
    hex_text(sum, SHA1_SIZE, out->sha1);
    sha256_of(der, sum);
    hex_text(sum, SHA256_SIZE, out->sha256);
    const uint8_t *p = der.p;
    X509 *x = der.n <= MAX_DER ? d2i_X509(NULL, &p, (long)der.n) : NULL;
    if (!x)
        return false;
    out->subject = name_text(X509_get_subject_name(x), a);
    out->issuer = name_text(X509_get_issuer_name(x), a);
    out->serial = serial_text(X509_get0_serialNumber(x), a);
    out->from = moment(X509_get0_notBefore(x));
    out->to = moment(X509_get0_notAfter(x));
    X509_free(x);
    return true;
}
