/* The hygiene of sets, value by value, and what `indicators lint --json` prints. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "indicator/families.h"
#include "indicator/lint.h"

static void every_reason_has_words_of_its_own(void **state)
{
    (void)state;
    for (unsigned a = 1; a < LINTS; a++) {
        assert_true(strlen(lint_why((enum lint)a)) > 10);
        for (unsigned b = 1; b < a; b++)
            assert_string_not_equal(lint_why((enum lint)a), lint_why((enum lint)b));
    }
    assert_string_equal(lint_why(LINT_OK), "");
    assert_string_equal(lint_why(LINTS), "");
    assert_false(lint_rejects(LINT_OK));
    assert_true(lint_rejects(LINT_BAD_VALUE));
    assert_true(lint_rejects(LINT_MORE));
    assert_false(lint_rejects(LINT_GENERAL));
}

static void values_are_weighed_by_type(void **state)
{
    (void)state;
    static const struct {
        enum observable type;
        const char *value;
        enum lint want;
    } rows[] = {
        {OBS_DOMAIN, "spy.example", LINT_OK},
        {OBS_DOMAIN, "co.uk", LINT_PUBLIC_SUFFIX},
        {OBS_DOMAIN, "github.io", LINT_PUBLIC_SUFFIX},
        {OBS_DOMAIN, "x.github.io", LINT_OK},
        {OBS_DOMAIN, "tinyurl.com", LINT_GENERAL},
        {OBS_DOMAIN, "google.com", LINT_GENERAL},
        {OBS_DOMAIN, "a.google.com", LINT_OK},
        {OBS_DOMAIN, "003-1-d.outlook.com", LINT_GENERAL}, /* near both ends of the list */
        {OBS_DOMAIN, "zzb.bz", LINT_GENERAL},
        {OBS_URL, "https://tinyurl.com/", LINT_GENERAL},
        {OBS_URL, "https://tinyurl.com:8443/", LINT_GENERAL},
        {OBS_URL, "https://tinyurl.com/abc", LINT_OK},
        {OBS_URL, "http://127.0.0.1/x", LINT_PRIVATE_ADDRESS},
        {OBS_URL, "http://[fe80::1]/x", LINT_PRIVATE_ADDRESS},
        {OBS_IP, "192.0.2.1", LINT_OK},
        {OBS_IP, "198.51.100.1", LINT_OK},
        {OBS_IP, "203.0.113.1", LINT_OK},
        {OBS_IP, "2001:db8::1", LINT_OK},
        {OBS_IP, "0.1.2.3", LINT_PRIVATE_ADDRESS},
        {OBS_IP, "100.64.0.1", LINT_PRIVATE_ADDRESS},
        {OBS_IP, "169.254.1.1", LINT_PRIVATE_ADDRESS},
        {OBS_IP, "172.16.0.1", LINT_PRIVATE_ADDRESS},
        {OBS_IP, "172.32.0.1", LINT_OK},
        {OBS_IP, "224.0.0.1", LINT_PRIVATE_ADDRESS},
        {OBS_IP, "255.255.255.255", LINT_PRIVATE_ADDRESS},
        {OBS_IP, "::", LINT_PRIVATE_ADDRESS},
        {OBS_IP, "fd00::1", LINT_PRIVATE_ADDRESS},
        {OBS_IP, "ff02::1", LINT_PRIVATE_ADDRESS},
        {OBS_IP, "198.0.0.0/8", LINT_WIDE_RANGE},
        {OBS_IP, "198.48.0.0/12", LINT_OK},
        {OBS_IP, "104.16.0.0", LINT_GENERAL},
        {OBS_IP, "104.27.255.255", LINT_GENERAL},
        {OBS_IP, "104.28.0.0", LINT_OK},
        {OBS_IP, "104.15.255.255", LINT_OK},
        {OBS_IP, "2a04:4e42::1", LINT_GENERAL},
        {OBS_IP, "2a04:4e43::1", LINT_OK},
        {OBS_PATH, "/private/var/tmp/", LINT_WIDE_PATH},
        {OBS_PATH, "/private/var/tmp", LINT_WIDE_PATH},
        {OBS_PATH, "/private/var/tmp/stop", LINT_OK},
        {OBS_PATH, "/", LINT_WIDE_PATH},
        {OBS_PATH, "tmp", LINT_WIDE_PATH},
        {OBS_HASH, "d41d8cd98f00b204e9800998ecf8427e", LINT_BENIGN_HASH},
        {OBS_HASH, "d41d8cd98f00b204e9800998ecf8427f", LINT_OK},
        {OBS_CERT, "d41d8cd98f00b204e9800998ecf8427e", LINT_OK},
        {OBS_CERT, "61ed377e85d386a8dfee6b864bd85b0bfaa5af81", LINT_GENERAL},
        {OBS_PROCESS, "launchd", LINT_GENERAL},
        {OBS_PROCESS, "Launchd", LINT_OK},
        {OBS_PROCESS, "bh", LINT_OK},
        {OBS_APP, "com.Apple.MobileSafari", LINT_GENERAL},
        {OBS_APP, "com.apple.mobilesafarix", LINT_SYSTEM_NAME},
        {OBS_APP, "com.android.core", LINT_SYSTEM_NAME},
        {OBS_APP, "sys.base.service", LINT_SYSTEM_NAME},
        {OBS_APP, "com.guest", LINT_SYSTEM_NAME},
        {OBS_APP, "com.client.appA", LINT_OK},
        {OBS_APP, "com.spy.service", LINT_OK},
        {OBS_DOMAIN, "7aac.gov.ua", LINT_COMPROMISED},
        {OBS_IP, "104.21.64.137", LINT_GENERAL}, /* front ends that a set of 2026 lists */
        {OBS_IP, "142.251.183.138", LINT_GENERAL},
        {OBS_IP, "173.194.193.138", LINT_GENERAL},
        {OBS_IP, "173.194.194.94", LINT_GENERAL},
        {OBS_IP, "173.194.206.106", LINT_GENERAL},
        {OBS_IP, "192.178.209.95", LINT_GENERAL},
        {OBS_IP, "74.125.132.95", LINT_GENERAL},
        {OBS_IP, "74.125.202.103", LINT_GENERAL},
        {OBS_DOMAIN, "gamehosts-621ba.appspot.com", LINT_OK},
        {OBS_DOMAIN, "afip-aviso-wbe.kesug.com", LINT_OK},
        {OBS_DOMAIN, "appspot.com", LINT_PUBLIC_SUFFIX},
        {OBS_FILENAME, "base.apk", LINT_GENERAL},
        {OBS_EMAIL, "lure@spy.example", LINT_OK},
        {OBS_PROFILE, "x", LINT_OK},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        enum lint got = lint_value(rows[i].type, slice_of(rows[i].value));
        if (got != rows[i].want)
            fail_msg("%s: %s", rows[i].value, got ? lint_why(got) : "fine");
    }
}

static void short_names_of_families_count_only_as_a_whole(void **state)
{
    (void)state;
    assert_int_equal(family_class_of(slice_of("NSO Group")), FAMILY_MERCENARY);
    assert_int_equal(family_class_of(slice_of("NSO")), FAMILY_MERCENARY);
    assert_int_equal(family_class_of(slice_of("transonic")), FAMILY_OTHER);
    assert_int_equal(family_class_of(slice_of("Quadream's KingsPawn")), FAMILY_MERCENARY);
    assert_int_equal(family_class_of(slice_of("Cellebrite Falcon")), FAMILY_FORENSIC);
    assert_int_equal(family_class_of(slice_of("m-Spy")), FAMILY_STALKERWARE);
    assert_int_equal(family_class_of(slice_of("")), FAMILY_OTHER);
}

static void json_lists_what_was_refused_and_what_is_worth_a_word(void **state)
{
    (void)state;
    static const char text[] =
        "{\"objects\":["
        "{\"type\":\"indicator\",\"id\":\"indicator--1\",\"pattern\":\"[domain-name:value='com.mx']\"},"
        "{\"type\":\"indicator\",\"id\":\"indicator--2\",\"pattern\":\"[domain-name:value='bit.ly']\"},"
        "{\"type\":\"indicator\",\"id\":\"indicator--3\",\"pattern\":\"[app:id='a.b']\"},"
        "{\"type\":\"indicator\",\"id\":\"indicator--4\",\"pattern\":\"[app:id='a.b']\"},"
        "{\"type\":\"indicator\",\"id\":\"indicator--5\",\"pattern\":\"[mutex:name='\\\"\\\\\\\\']\"},"
        "{\"type\":\"indicator\",\"id\":\"indicator--6\",\"pattern\":\"[mutex:name='\\\"\\\\\\\\']\"}]}";
    struct err e = {0};
    struct buf parsed = {0}, out = {0};
    struct blob *b = blob_of_memory(slice_of(text));
    struct indicators *in = indicators_new();
    assert_true(indicators_parse(b, "x.stix2", &parsed, &e));
    assert_true(indicators_add(in, buf_view(&parsed), &e));
    lint_json(in, &out);
    buf_byte(&out, 0);
    assert_string_equal(
        (const char *)out.p,
        "{\"schema\":\"bridle/1\",\"kind\":\"lint\",\"loaded\":3,\"rejected\":3,"
        "\"by_type\":{\"domain\":1,\"app\":2},\"problems\":["
        "{\"value\":\"com.mx\",\"why\":\"a public suffix: everyone registers names below it\"},"
        "{\"value\":\"mutex:name='\\\"\\\\\\\\'\",\"why\":\"not supported: phones have no such "
        "thing\",\"count\":2},"
        "{\"value\":\"bit.ly\",\"why\":\"shared by many harmless services: only a weak match\"},"
        "{\"value\":\"a.b\",\"why\":\"listed more than once\"}],\"format\":\"STIX 2\"}");
    blob_close(b);
    buf_free(&parsed);
    buf_free(&out);
    indicators_free(in);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_reason_has_words_of_its_own),
        cmocka_unit_test(values_are_weighed_by_type),
        cmocka_unit_test(short_names_of_families_count_only_as_a_whole),
        cmocka_unit_test(json_lists_what_was_refused_and_what_is_worth_a_word),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
