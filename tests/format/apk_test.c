/* Packages of AOSP's own tests and others: what each must give is in the table. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <openssl/ec.h>
#include <openssl/x509.h>
#include <zlib.h>

#include "format/apk.h"
#include "format/axml.h"
#include "format/cert.h"
#include "tests/format/samples.h"

#define RSA_KEY "fb5dbd3c669af9fc236c6991e6387b7f11ff0590997f22d0f5c74ff40e04fca8"
#define RSA_KEY_2 "681b0e56a796350c08647352a4db800cc44b2adc8f4c72fa350bd05d4d50264d"
#define RSA_KEY_3 "bb77a72efc60e66501ab75953af735874f82cfe52a70d035186a01b3482180f3"
#define EC_KEY_1 "6a8b96e278e58f62cfe3584022cec1d0527fcb85a9e5d2e1694eb0405be5b599"
#define VERIFY "its signature does not verify"
#define TAKEN_OUT "a signing scheme that was there has been taken out"

struct want {
    const char *name;
    unsigned schemes;
    const char *problem;
    struct {
        unsigned scheme;
        const char *sha256, *problem;
        unsigned past;
    } signers[4];
};

static const struct want wants[] = {
    {"TestActivity",
     APK_V1,
     NULL,
     {{APK_V1, "6f5c31608f1f9e285eb6343c7c8af07de81c1fb2148b5349bec906444144576d", NULL, 0}}},
    {"TestActivity_signed_both",
     APK_V1 | APK_V2,
     NULL,
     {{APK_V2, "b39038a91d8880fb01d2f6bdaeb22d39c1b7c447cef69e779bad544e9a3ec6a3", NULL, 0},
      {APK_V1, "b39038a91d8880fb01d2f6bdaeb22d39c1b7c447cef69e779bad544e9a3ec6a3", NULL, 0}}},
    {"TestActivity_unsigned", 0, "it is not signed", {{0}}},
    {"apksig/golden-aligned-v1-out", APK_V1, NULL, {{APK_V1, RSA_KEY, NULL, 0}}},
    {"apksig/golden-aligned-v2-out", APK_V2, NULL, {{APK_V2, RSA_KEY, NULL, 0}}},
    {"apksig/golden-aligned-v3-out", APK_V3, NULL, {{APK_V3, RSA_KEY, NULL, 0}}},
    {"apksig/golden-aligned-v1v2-out",
     APK_V1 | APK_V2,
     NULL,
     {{APK_V2, RSA_KEY, NULL, 0}, {APK_V1, RSA_KEY, NULL, 0}}},
    {"apksig/golden-aligned-v1v2v3-out",
     APK_V1 | APK_V2 | APK_V3,
     NULL,
     {{APK_V2, RSA_KEY, NULL, 0}, {APK_V3, RSA_KEY, NULL, 0}, {APK_V1, RSA_KEY, NULL, 0}}},
    {"apksig/golden-aligned-v1v2v3-lineage-out",
     APK_V1 | APK_V2 | APK_V3,
     NULL,
     {{APK_V2, RSA_KEY, NULL, 0}, {APK_V3, RSA_KEY_2, NULL, 1}, {APK_V1, RSA_KEY, NULL, 0}}},
    {"apksig/v1v2v3-with-rsa-2048-lineage-3-signers",
     APK_V1 | APK_V2 | APK_V3,
     NULL,
     {{APK_V2, RSA_KEY, NULL, 0}, {APK_V3, RSA_KEY_3, NULL, 2}, {APK_V1, RSA_KEY, NULL, 0}}},
    {"apksig/v1v2v3-with-rsa-2048-lineage-3-signers-invalid-lineage-attr",
     APK_V1 | APK_V2 | APK_V3,
     NULL,
     {{APK_V2, RSA_KEY, NULL, 0}, {APK_V3, RSA_KEY_3, VERIFY, 0}, {APK_V1, RSA_KEY, NULL, 0}}},
    {"apksig/v1v2v3-with-rsa-2048-lineage-3-signers-no-sig-block",
     APK_V1,
     TAKEN_OUT,
     {{APK_V1, RSA_KEY, NULL, 0}}},
    {"apksig/two-signers",
     APK_V1 | APK_V2,
     NULL,
     {{APK_V2, RSA_KEY, NULL, 0},
      {APK_V2, EC_KEY_1, NULL, 0},
      {APK_V1, RSA_KEY, NULL, 0},
      {APK_V1, EC_KEY_1, NULL, 0}}},
    {"apksig/two-signers-second-signer-v2-broken",
     APK_V1 | APK_V2,
     NULL,
     {{APK_V2, RSA_KEY, NULL, 0},
      {APK_V2, EC_KEY_1, VERIFY, 0},
      {APK_V1, RSA_KEY, NULL, 0},
      {APK_V1, EC_KEY_1, NULL, 0}}},
    {"apksig/v1-only-empty", APK_V1, NULL, {{APK_V1, RSA_KEY, NULL, 0}}},
    {"apksig/v1-only-pkcs7-cert-bag-first-cert-not-used",
     APK_V1,
     NULL,
     {{APK_V1, RSA_KEY, NULL, 0}}},
    {"apksig/v1-only-with-signed-attrs-wrong-content-type",
     APK_V1,
     NULL,
     {{APK_V1, RSA_KEY, "its signed attributes are of another content", 0}}},
    {"apksig/v1-only-with-signed-attrs-wrong-digest", APK_V1, NULL, {{APK_V1, RSA_KEY, VERIFY, 0}}},
    {"apksig/v1-only-with-signed-attrs-wrong-order",
     APK_V1,
     NULL,
     {{APK_V1, RSA_KEY, "its signed attributes are not in order", 0}}},
    {"apksig/v1-only-with-signed-attrs-wrong-signature",
     APK_V1,
     NULL,
     {{APK_V1, RSA_KEY, VERIFY, 0}}},
    {"apksig/v2-only-garbage-between-cd-and-eocd",
     APK_V2,
     "data between the zip's directory and its end",
     {{APK_V2, RSA_KEY, NULL, 0}}},
    {"apksig/v2-only-two-signers",
     APK_V2,
     NULL,
     {{APK_V2, RSA_KEY, NULL, 0}, {APK_V2, EC_KEY_1, NULL, 0}}},
    {"apksig/v2-only-two-signers-second-signer-no-sig",
     APK_V2,
     NULL,
     {{APK_V2, RSA_KEY, NULL, 0}, {APK_V2, EC_KEY_1, "it has no signature", 0}}},
    {"apksig/v2-only-two-signers-second-signer-no-supported-sig",
     APK_V2,
     NULL,
     {{APK_V2, RSA_KEY, NULL, 0}, {APK_V2, EC_KEY_1, "no signature of a known kind", 0}}},
    {"apksig/v2-only-with-rsa-pkcs1-sha256-2048", APK_V2, NULL, {{APK_V2, RSA_KEY, NULL, 0}}},
    {"apksig/v2-only-with-rsa-pkcs1-sha256-2048-sig-does-not-verify",
     APK_V2,
     NULL,
     {{APK_V2, RSA_KEY, VERIFY, 0}}},
    {"apksig/v2-only-wrong-apk-sig-block-magic", 0, "it is not signed", {{0}}},
    {"apksig/v2-stripped", APK_V1, TAKEN_OUT, {{APK_V1, RSA_KEY, NULL, 0}}},
    {"apksig/v2-stripped-with-ignorable-signing-schemes",
     APK_V1,
     TAKEN_OUT,
     {{APK_V1, RSA_KEY, NULL, 0}}},
    {"apksig/v3-stripped",
     APK_V2,
     TAKEN_OUT,
     {{APK_V2, "f3c6b37909f6df310652fbd7c55ec27d3079dcf695dc6e75e22ba7c4e1c95601", NULL, 0}}},
};
enum { WANTS = sizeof wants / sizeof *wants };

/* A member of a zip whose name ends so, the n-th; only as much of a zip as these packages need. */
static struct slice member(struct slice zip, const char *end, unsigned n, struct slice *name,
                           struct arena *a)
{
    for (size_t at = 0; (at = slice_search(zip, slice_at("PK\1\2", 4), at)) < zip.n; at += 4) {
        struct cursor c = cursor(slice_sub(zip, at, zip.n));
        cursor_skip(&c, 10);
        uint16_t method = cursor_u16le(&c);
        cursor_skip(&c, 8);
        uint32_t packed = cursor_u32le(&c), plain = cursor_u32le(&c);
        uint16_t length = cursor_u16le(&c);
        cursor_skip(&c, 12);
        uint32_t local = cursor_u32le(&c);
        *name = cursor_take(&c, length);
        if (!slice_starts(*name, "META-INF/") || !slice_ends(*name, end) || n--)
            continue;
        struct cursor l = cursor(slice_sub(zip, local, zip.n));
        cursor_skip(&l, 26);
        uint16_t names = cursor_u16le(&l), extra = cursor_u16le(&l);
        cursor_skip(&l, names + (unsigned)extra);
        struct slice bytes = cursor_take(&l, packed);
        if (!method)
            return bytes;
        uint8_t *to = arena_alloc(a, plain + 1);
        z_stream z = {.next_in = (Bytef *)bytes.p,
                      .avail_in = packed,
                      .next_out = to,
                      .avail_out = plain + 1};
        assert_int_equal(inflateInit2(&z, -15), Z_OK);
        assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
        inflateEnd(&z);
        return slice_at(to, plain);
    }
    return (struct slice){0};
}

static void add_v1(struct apk *k, struct slice zip, struct arena *a)
{
    static const char *const ends[] = {".RSA", ".EC", ".DSA"};
    struct slice name, other, p7;
    for (size_t i = 0; i < 3; i++)
        for (unsigned n = 0; (p7 = member(zip, ends[i], n, &name, a)).n; n++) {
            const char *sf = arena_printf(a, "%.*s.SF", (int)(name.n - strlen(ends[i])), name.p);
            apk_add_v1(k, p7, member(zip, sf, 0, &other, a),
                       member(zip, "META-INF/MANIFEST.MF", 0, &other, a), a);
        }
}

static void check_sample(const struct want *w, struct arena *a)
{
    static struct apk k;
    struct err e = {0};
    struct slice zip = sample_or_skip(a, arena_printf(a, "androguard/APK/%s.apk", w->name));
    struct blob *b = blob_of_memory(zip);
    assert_true(apk_read(b, a, &k, &e));
    add_v1(&k, zip, a);
    apk_finish(&k);
    assert_int_equal(k.schemes, w->schemes);
    assert_string_equal(k.problem ? k.problem : "", w->problem ? w->problem : "");
    for (unsigned i = 0; i < 4; i++) {
        struct cert c;
        assert_int_equal(i < k.n, w->signers[i].scheme != 0);
        if (i >= k.n)
            break;
        assert_true(cert_parse(k.signers[i].certificate, a, &c));
        assert_int_equal(k.signers[i].scheme, w->signers[i].scheme);
        assert_string_equal(c.sha256, w->signers[i].sha256);
        const char *got = k.signers[i].problem, *want = w->signers[i].problem;
        assert_string_equal(got ? got : "", want ? want : "");
        assert_int_equal(k.signers[i].npast, w->signers[i].past);
    }
    blob_close(b);
}

static void samples_give_their_signers(void **state)
{
    (void)state;
    for (int i = 0; i < WANTS; i++) {
        struct arena a = {0};
        check_sample(&wants[i], &a);
        arena_free(&a);
    }
}

static void a_certificate_says_who_and_when(void **state)
{
    (void)state;
    struct arena a = {0};
    struct slice zip = sample_or_skip(&a, "androguard/APK/TestActivity.apk");
    struct blob *b = blob_of_memory(zip);
    static struct apk k;
    struct err e = {0};
    struct cert c;
    char when[UTIME_TEXT];
    assert_true(apk_read(b, &a, &k, &e));
    add_v1(&k, zip, &a);
    assert_true(cert_parse(k.signers[0].certificate, &a, &c));
    assert_true(slice_is(c.subject, "CN=Android Debug,O=Android,C=US"));
    assert_true(slice_is(c.serial, "1360330447"));
    assert_string_equal(c.sha1, "1e0be401f93460e08d89a3ef6e2725556be1d16b");
    assert_string_equal(utime_text(c.from, when), "2013-02-08T13:34:07Z");
    assert_false(cert_parse(slice_of("no certificate"), &a, &c));
    assert_int_equal(strlen(c.sha256), 64);
    blob_close(b);
    arena_free(&a);
}

static void a_certificate_may_name_nobody(void **state)
{
    (void)state;
    struct arena a = {0};
    struct cert c;
    uint8_t *der = NULL;
    X509 *x = X509_new();
    EVP_PKEY *key = EVP_EC_gen("P-256");
    assert_true(x && key && X509_set_pubkey(x, key));
    assert_true(X509_gmtime_adj(X509_getm_notBefore(x), 0) != NULL);
    assert_true(X509_gmtime_adj(X509_getm_notAfter(x), 60) != NULL);
    assert_true(X509_sign(x, key, EVP_sha256()) > 0);
    int n = i2d_X509(x, &der);
    assert_true(n > 0 && cert_parse(slice_at(der, (size_t)n), &a, &c));
    assert_int_equal(c.subject.n, 0);
    assert_int_equal(c.issuer.n, 0);
    OPENSSL_free(der);
    EVP_PKEY_free(key);
    X509_free(x);
    arena_free(&a);
}

static void changed_content_is_found(void **state)
{
    (void)state;
    struct arena a = {0};
    struct slice zip = sample_or_skip(&a, "androguard/APK/apksig/golden-aligned-v2-out.apk");
    uint8_t *bytes = arena_alloc(&a, zip.n);
    memcpy(bytes, zip.p, zip.n);
    bytes[100] ^= 1;
    static struct apk k;
    struct err e = {0};
    struct blob *b = blob_of_memory(slice_at(bytes, zip.n));
    assert_true(apk_read(b, &a, &k, &e));
    assert_string_equal(k.signers[0].problem, "the content is not what was signed");
    blob_close(b);
    arena_free(&a);
}

static void what_is_no_package_is_an_error(void **state)
{
    (void)state;
    struct arena a = {0};
    static struct apk k;
    static const char *const not [] = {"", "PK\5\6",
                                       "no zip at all, but long enough to hold an end"};
    for (size_t i = 0; i < sizeof not / sizeof *not ; i++) {
        struct err e = {0};
        struct blob *b = blob_of_memory(slice_of(not [i]));
        assert_false(apk_read(b, &a, &k, &e));
        assert_int_equal(e.code, ERR_CORRUPT);
        blob_close(b);
    }
    arena_free(&a);
}

/* -- compiled XML -- */

static const struct {
    const char *name, *package, *odd;
} manifests[] = {
    {"-Chinese", "com.hotel", NULL},
    {"-xmlns", "com.real.RealPlayer", NULL},
    {"", "org.t0t0.androguard.TC", NULL},
    {"DoubleNamespace", "com.tencent.weread", NULL},
    {"ExtraNamespace", "com.shopgate.android.app13182", NULL},
    {"Liapp", "kc.dotoritv.android.air", NULL},
    {"MaskingNamespace", "com.primedia.apartmentguide", NULL},
    {"NonZeroStyle", "co.download.video", "a pool with a place for styles and none of them"},
    {"TextChunksXML", "com.tslstudio.tsladsudoku", NULL},
    {"UTF8Strings", "com.easylocker.bbottles.zt", NULL},
    {"WithComment", "com.zxfxxx660.sucruri", NULL},
    {"WrongFilesize", "com.swampy.sexpos", "another size than the file's"},
    {"_InvalidCharsInAttribute", "com.chaozhuo.gameassistant", NULL},
    {"_NamespaceInAttributeName", "jyiaivi.ohduxbbylb",
     "a pool with a place for styles and none of them"},
    {"_NamespaceInAttributeName2", "com.car2go", "a pool with a place for styles and none of them"},
    {"_StringNotTerminated", "com.swampy.sexpos", "a string without its end"},
    {"_WrongChunkStart", "com.zxfxxx160.sucruri55633254", "another type than XML"},
};

static void odd_manifests_tell_their_package(void **state)
{
    (void)state;
    static struct axml x;
    for (size_t i = 0; i < sizeof manifests / sizeof *manifests; i++) {
        struct arena a = {0};
        struct err e = {0};
        enum axml_event ev;
        struct slice bytes = sample_or_skip(
            &a, arena_printf(&a, "androguard/AXML/AndroidManifest%s.xml", manifests[i].name));
        assert_true(axml_open(&x, bytes, &a, &e));
        assert_int_equal(axml_next(&x), AXML_START);
        assert_true(slice_is(x.name, "manifest"));
        assert_true(slice_is(axml_text(&x, axml_get(&x, 0, "package")), manifests[i].package));
        while ((ev = axml_next(&x)) != AXML_END)
            assert_int_not_equal(ev, AXML_ERROR);
        assert_string_equal(x.odd ? x.odd : "", manifests[i].odd ? manifests[i].odd : "");
        /* Cut anywhere it is an error, or there is nothing left to say. */
        for (size_t n = 0; n < bytes.n; n += 191) {
            err_clear(&e);
            if (!axml_open(&x, slice_sub(bytes, 0, n), &a, &e))
                continue;
            while ((ev = axml_next(&x)) != AXML_END && ev != AXML_ERROR)
                ;
            assert_true(ev == AXML_ERROR || x.odd);
        }
        arena_free(&a);
    }
}

static void values_have_their_types(void **state)
{
    (void)state;
    struct arena a = {0};
    struct err e = {0};
    static struct axml x;
    int64_t v;
    struct slice bytes = sample_or_skip(&a, "androguard/AXML/AndroidManifest.xml");
    assert_true(axml_open(&x, bytes, &a, &e));
    assert_int_equal(axml_next(&x), AXML_START);
    assert_true(axml_number(&x, axml_get(&x, 0x0101021b, "versionCode"), &v) && v == 1);
    assert_false(axml_number(&x, axml_get(&x, 0x0101021c, "versionName"), &v));
    assert_false(axml_number(&x, axml_get(&x, 0x01010000, "nothing"), &v));
    arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(samples_give_their_signers),
        cmocka_unit_test(a_certificate_says_who_and_when),
        cmocka_unit_test(a_certificate_may_name_nobody),
        cmocka_unit_test(changed_content_is_found),
        cmocka_unit_test(what_is_no_package_is_an_error),
        cmocka_unit_test(odd_manifests_tell_their_package),
        cmocka_unit_test(values_have_their_types),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
