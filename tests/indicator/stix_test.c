/* STIX bundles: what is loaded, what is refused and why, and what a broken file costs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include <fcntl.h>
#include <sys/stat.h>

#include "indicator/lint.h"

#define MALWARE(name)                                                                              \
    "{\"type\":\"malware\",\"id\":\"malware--1\",\"name\":\"" name "\",\"is_family\":true}"
#define INDICATOR(id, pattern)                                                                     \
    "{\"type\":\"indicator\",\"id\":\"indicator--" id                                              \
    "\",\"created\":\"2026-01-15T12:00:00.000Z\","                                                 \
    "\"modified\":\"2026-01-15T12:00:00.000Z\",\"pattern\":\"" pattern "\","                       \
    "\"pattern_type\":\"stix\"}"
#define INDICATES(id)                                                                              \
    "{\"type\":\"relationship\",\"id\":\"relationship--" id "\",\"relationship_type\":"            \
    "\"indicates\",\"source_ref\":\"indicator--" id "\",\"target_ref\":\"malware--1\"}"
#define BUNDLE(objects) "{\"type\":\"bundle\",\"id\":\"bundle--1\",\"objects\":[" objects "]}"

static bool load(struct indicators *in, const char *name, struct slice text, struct err *e)
{
    struct buf out = {0};
    struct blob *b = blob_of_memory(text);
    bool ok = indicators_parse(b, name, &out, e) && indicators_add(in, buf_view(&out), e);
    blob_close(b);
    buf_free(&out);
    return ok;
}

static struct indicators *loaded(const char *name, const char *text)
{
    struct err e = {0};
    struct indicators *in = indicators_new();
    if (!load(in, name, slice_of(text), &e))
        fail_msg("%s", e.msg);
    /* Nothing of a file may vanish. */
    unsigned items = 0;
    for (unsigned t = 0; t < OBS_TYPES; t++)
        items += in->sets[0].by_type[t];
    assert_int_equal(items, in->sets[0].loaded);
    return in;
}

static void expect_item(const struct indicators *in, size_t n, enum observable type,
                        const char *value)
{
    assert_true(n < in->nitems);
    assert_int_equal(in->items[n].type, type);
    if (!slice_is(in->items[n].value, value))
        fail_msg("value is %.*s, not %s", (int)in->items[n].value.n, in->items[n].value.p, value);
}

static void expect_why(const struct indicators *in, enum lint why)
{
    for (size_t i = 0; i < in->nrejected; i++)
        if (strcmp(in->rejected[i].why, lint_why(why)) == 0)
            return;
    for (size_t i = 0; i < in->nremarks; i++)
        if (strcmp(in->remarks[i].why, lint_why(why)) == 0)
            return;
    fail_msg("nobody says: %s", lint_why(why));
}

static void an_indicator_keeps_what_its_set_says(void **state)
{
    (void)state;
    struct indicators *in = loaded(
        "dir/sub/Test.stix2",
        BUNDLE("{\"type\":\"identity\",\"id\":\"identity--1\",\"name\":\"A Lab\"}," MALWARE("Pegasus") "," INDICATES(
            "00000000-0000-4000-8000-0000000000aa") ","
                                                    "{\"type\":\"indicator\",\"id\":\"indicator--00000000-0000-4000-8000-0000000000aa\","
                                                    "\"created\":\"2026-01-15T12:00:00.000Z\",\"modified\":\"2026-02-15T12:00:00.5Z\","
                                                    "\"confidence\":75,\"valid_until\":\"2026-02-01T00:00:00Z\","
                                                    "\"pattern\":\"[domain-name:value = 'Spy[.]Example']\"}"));
    const struct indicator *i = in->items;
    char text[UTIME_TEXT];
    expect_item(in, 0, OBS_DOMAIN, "spy.example");
    assert_true(slice_is(i->published, "Spy[.]Example"));
    assert_true(slice_is(i->ref, "indicator--00000000-0000-4000-8000-0000000000aa"));
    assert_true(slice_is(i->family, "Pegasus"));
    assert_int_equal(i->family_class, FAMILY_MERCENARY);
    assert_string_equal(utime_text(i->created, text), "2026-01-15T12:00:00Z");
    assert_string_equal(utime_text(i->valid_until, text), "2026-02-01T00:00:00Z");
    assert_int_equal(i->confidence, 75);
    assert_true(i->expired);
    assert_false(i->too_general);
    assert_int_equal(i->set, 0);
    assert_true(slice_is(in->sets[0].name, "Test.stix2"));
    assert_true(slice_is(in->sets[0].publisher, "A Lab"));
    assert_string_equal(utime_text(in->sets[0].published, text), "2026-02-15T12:00:00.500Z");
    expect_why(in, LINT_REFANGED);
    expect_why(in, LINT_EXPIRED);
    indicators_free(in);
}

static void families_come_from_relations_then_reports(void **state)
{
    (void)state;
    struct indicators *in = loaded(
        "x.json",
        BUNDLE(
            "{\"type\":\"report\",\"id\":\"report--1\",\"name\":\"A stalkerware report\","
            "\"object_refs\":[\"indicator--1\",\"indicator--2\",\"indicator--9\"]}," INDICATOR("1", "[domain-name:value='a.example']") "," INDICATOR("2", "[domain-name:value='b.example']") "," INDICATOR(
                "3",
                "[domain-name:value='c.example']") "," INDICATES("1") "," INDICATES("1") "," MALWARE("Predator")));
    assert_int_equal(in->sets[0].loaded, 3);
    assert_true(slice_is(in->items[0].family, "Predator"));
    assert_int_equal(in->items[0].family_class, FAMILY_MERCENARY);
    assert_true(slice_is(in->items[1].family, "A stalkerware report"));
    assert_int_equal(in->items[1].family_class, FAMILY_STALKERWARE);
    assert_int_equal(in->items[2].family.n, 0);
    assert_int_equal(in->items[2].family_class, FAMILY_OTHER);
    indicators_free(in);
}

static void classes_follow_names_labels_and_the_set(void **state)
{
    (void)state;
    static const struct {
        const char *set, *family, *labels;
        enum family_class class;
    } rows[] = {
        {"a.stix2", "Wintego Helios", "[]", FAMILY_MERCENARY},
        {"a.stix2", "WINTEGO_helios 2024", "[]", FAMILY_MERCENARY},
        {"a.stix2", "OperationTriangulation", "[]", FAMILY_MERCENARY},
        {"a.stix2", "RCS Lab", "[]", FAMILY_MERCENARY},
        {"a.stix2", "Cellebrite", "[\"malicious-activity\"]", FAMILY_FORENSIC},
        {"a.stix2", "TheTruthSpy", "[]", FAMILY_STALKERWARE},
        {"a.stix2", "Some App", "[\"Stalkerware\"]", FAMILY_STALKERWARE},
        {"stalkerware.stix2", "Some App", "[]", FAMILY_STALKERWARE},
        {"pegasus.stix2", "", "[]", FAMILY_MERCENARY},
        {"a.stix2", "DragonEgg", "[]", FAMILY_OTHER},
        {"a.stix2", "nsoextra", "[]", FAMILY_OTHER},
    };
    struct arena a = {0};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *text = arena_printf(
            &a,
            "{\"objects\":[{\"type\":\"malware\",\"id\":\"malware--1\",\"name\":\"%s\","
            "\"labels\":%s}," INDICATOR("1", "[app:id='a.b']") "," INDICATES("1") "]}",
            rows[i].family, rows[i].labels);
        struct indicators *in = loaded(rows[i].set, text);
        if (in->items[0].family_class != rows[i].class)
            fail_msg("%s is %s", rows[i].family, family_class_name(in->items[0].family_class));
        indicators_free(in);
    }
    arena_free(&a);
}

static void values_that_would_alarm_everywhere_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *pattern;
        enum lint why;
    } rows[] = {
        {"[domain-name:value='despachosnegocios']", LINT_SINGLE_LABEL},
        {"[domain-name:value='com.mx']", LINT_PUBLIC_SUFFIX},
        {"[domain-name:value='gr.com']", LINT_PUBLIC_SUFFIX},
        {"[domain-name:value='appspot.com']", LINT_PUBLIC_SUFFIX},
        {"[domain-name:value='not a domain.example']", LINT_BAD_VALUE},
        {"[ipv4-addr:value='10.0.0.1']", LINT_PRIVATE_ADDRESS},
        {"[ipv4-addr:value='127.0.0.1']", LINT_PRIVATE_ADDRESS},
        {"[ipv4-addr:value='239.1.2.3']", LINT_PRIVATE_ADDRESS},
        {"[ipv6-addr:value='fe80::1']", LINT_PRIVATE_ADDRESS},
        {"[ipv6-addr:value='::1']", LINT_PRIVATE_ADDRESS},
        {"[url:value='http://192.168.1.1/x']", LINT_PRIVATE_ADDRESS},
        {"[ipv4-addr:value='198.0.0.0/8']", LINT_WIDE_RANGE},
        {"[ipv4-addr:value='0.0.0.0/0']", LINT_WIDE_RANGE},
        {"[ipv6-addr:value='2000::/3']", LINT_WIDE_RANGE},
        {"[file:path='/private/var/']", LINT_WIDE_PATH},
        {"[file:path='/var/mobile/Library/']", LINT_WIDE_PATH},
        {"[file:path='/data/local/tmp']", LINT_WIDE_PATH},
        {"[file:path='Library/']", LINT_WIDE_PATH},
        {"[file:hashes.MD5='D41D8CD98F00B204E9800998ECF8427E']", LINT_BENIGN_HASH},
        {"[file:hashes.'SHA-1'='da39a3ee5e6b4b0d3255bfef95601890afd80709']", LINT_BENIGN_HASH},
        {"[file:hashes.sha256='e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855']",
         LINT_BENIGN_HASH},
        {"[email-addr:value='nobody']", LINT_BAD_VALUE},
        {"[process:name='']", LINT_BAD_VALUE},
        {"[mutex:name='x']", LINT_NOT_FOR_PHONES},
        {"[domain-name:value", LINT_BAD_PATTERN},
    };
    struct arena a = {0};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *text = arena_printf(
            &a,
            "{\"objects\":[{\"type\":\"indicator\",\"id\":\"indicator--1\",\"pattern\":\"%s\"}]}",
            rows[i].pattern);
        struct indicators *in = loaded("x", text);
        if (in->nitems || in->nrejected != 1 || in->sets[0].rejected != 1 ||
            strcmp(in->rejected[0].why, lint_why(rows[i].why)) != 0)
            fail_msg("%s: %s", rows[i].pattern, in->nrejected ? in->rejected[0].why : "loaded");
        indicators_free(in);
    }
    arena_free(&a);
}

static void addresses_for_documentation_load(void **state)
{
    (void)state;
    struct indicators *in = loaded(
        "x",
        BUNDLE(INDICATOR("1", "[ipv4-addr:value='192.0.2.1']") "," INDICATOR("2", "[ipv4-addr:value='198.51.100.0/24']") "," INDICATOR(
            "3",
            "[ipv4-addr:value='203.0.113.77/24']") "," INDICATOR("4",
                                                                 "[domain-name:value='2001:DB8::0005']")));
    expect_item(in, 0, OBS_IP, "192.0.2.1");
    expect_item(in, 1, OBS_IP, "198.51.100.0/24");
    expect_item(in, 2, OBS_IP, "203.0.113.0/24");
    expect_item(in, 3, OBS_IP, "2001:db8::5");
    assert_false(in->items[0].prefix);
    assert_true(in->items[1].prefix);
    expect_why(in, LINT_RETYPED);
    indicators_free(in);
}

static void shared_values_are_only_weak(void **state)
{
    (void)state;
    static const char *const patterns[] = {
        "[domain-name:value='bit.ly']",
        "[url:value='https://bit.ly/']",
        "[ipv4-addr:value='104.21.64.137']",
        "[ipv4-addr:value='142.251.183.138']",
        "[ipv4-addr:value='74.125.202.103']",
        "[ipv6-addr:value='2606:4700::6810:1']",
        "[process:name='SpringBoard']",
        "[app:id='com.Android.Settings']",
        "[file:name='Info.plist']",
        "[app:cert.sha1='61:ED:37:7E:85:D3:86:A8:DF:EE:6B:86:4B:D8:5B:0B:FA:A5:AF:81']",
    };
    struct arena a = {0};
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
        struct indicators *in = loaded(
            "x", arena_printf(&a,
                              "{\"objects\":[{\"type\":\"indicator\",\"id\":\"indicator--1\","
                              "\"pattern\":\"%s\"}]}",
                              patterns[i]));
        if (in->nitems != 1 || !in->items[0].too_general)
            fail_msg("%s is not weak", patterns[i]);
        expect_why(in, LINT_GENERAL);
        indicators_free(in);
    }
    struct indicators *in =
        loaded("x", BUNDLE(INDICATOR("1", "[url:value='https://bit.ly/abc']") "," INDICATOR(
                        "2", "[domain-name:value='x.web.app']")));
    assert_int_equal(in->nitems, 2);
    assert_false(in->items[0].too_general);
    assert_false(in->items[1].too_general);
    indicators_free(in);
    arena_free(&a);
}

static void values_listed_as_another_type_are_retyped(void **state)
{
    (void)state;
    struct indicators *in = loaded(
        "x",
        BUNDLE(
            INDICATOR("1", "[domain-name:value='fgr1w2gnsdvsb.example/x']") "," INDICATOR("2", "[file:name='/var/foobar/txt']") "," INDICATOR("3", "[email-addr:value='+1 555 0100']") "," INDICATOR(
                "4",
                "[url:value='spy.example']") "," INDICATOR("5",
                                                           "[file:path='/var/tmp/l/']") "," INDICATOR("6",
                                                                                                      "[user-account:account_login='a@b.example']")));
    expect_item(in, 0, OBS_URL, "http://fgr1w2gnsdvsb.example/x");
    assert_true(in->items[0].prefix && in->items[0].host_too);
    expect_item(in, 1, OBS_PATH, "/private/var/foobar/txt");
    expect_item(in, 2, OBS_PHONE, "+15550100");
    expect_item(in, 3, OBS_DOMAIN, "spy.example");
    expect_item(in, 4, OBS_PATH, "/private/var/tmp/l/");
    assert_true(in->items[4].prefix);
    expect_item(in, 5, OBS_EMAIL, "a@b.example");
    assert_int_equal(in->nremarks, 4);
    indicators_free(in);
}

static void a_value_listed_twice_is_one_item_and_counts_twice(void **state)
{
    (void)state;
    struct indicators *in =
        loaded("x", BUNDLE(INDICATOR("1", "[domain-name:value='spy.example']") "," INDICATOR(
                        "2", "[domain-name:value=' SPY.example. ']")));
    assert_int_equal(in->nitems, 1);
    assert_int_equal(in->sets[0].loaded, 2);
    assert_int_equal(in->sets[0].by_type[OBS_DOMAIN], 2);
    assert_int_equal(in->sets[0].rejected, 0);
    expect_why(in, LINT_TWICE);
    indicators_free(in);
}

static void what_the_set_itself_takes_back_is_not_loaded(void **state)
{
    (void)state;
    struct indicators *in = loaded(
        "x",
        BUNDLE("{\"type\":\"indicator\",\"id\":\"indicator--1\",\"revoked\":true,"
               "\"pattern\":\"[domain-name:value='a.example' OR domain-name:value='b.example']\"},"
               "{\"type\":\"indicator\",\"id\":\"indicator--2\",\"pattern_type\":\"yara\","
               "\"pattern\":\"rule x { condition: true }\"},"
               "{\"type\":\"indicator\",\"id\":\"indicator--3\",\"indicator_types\":[\"benign\"],"
               "\"pattern\":\"[domain-name:value='c.example']\"},"
               "{\"type\":\"indicator\",\"id\":\"indicator--4\","
               "\"labels\":[\"misp:to_ids=\\\"False\\\"\"],"
               "\"pattern\":\"[domain-name:value='d.example']\"},"
               "{\"type\":\"indicator\",\"id\":\"indicator--5\"},"
               "{\"type\":\"indicator\",\"id\":\"indicator--6\",\"pattern\":7},"
               "{\"id\":\"indicator--7\",\"pattern\":\"[app:id='x.y']\"},"
               "17,"
               "{\"type\":\"indicator\",\"id\":\"indicator--8\",\"revoked\":false,"
               "\"pattern\":\"[domain-name:value='e.example']\"}"));
    assert_int_equal(in->sets[0].loaded, 1);
    assert_int_equal(in->sets[0].rejected, 9);
    static const enum lint whys[] = {LINT_REVOKED, LINT_PATTERN_TYPE, LINT_HARMLESS, LINT_CONTEXT,
                                     LINT_BAD_OBJECT};
    for (size_t i = 0; i < sizeof whys / sizeof *whys; i++)
        expect_why(in, whys[i]);
    expect_item(in, 0, OBS_DOMAIN, "e.example");
    indicators_free(in);
}

static void the_newest_version_of_an_indicator_counts(void **state)
{
    (void)state;
#define VERSION(date, value)                                                                       \
    "{\"type\":\"indicator\",\"id\":\"indicator--1\",\"modified\":\"" date                         \
    "\",\"pattern\":\"[domain-name:value='" value "']\"}"
    struct indicators *in = loaded(
        "x",
        BUNDLE(VERSION("2026-02-01T00:00:00Z", "b.example") "," VERSION(
            "2026-03-01T00:00:00Z", "c.example") "," VERSION("2026-01-01T00:00:00Z", "a.example")));
    assert_int_equal(in->nitems, 1);
    expect_item(in, 0, OBS_DOMAIN, "c.example");
    assert_int_equal(in->sets[0].rejected, 2);
    expect_why(in, LINT_SUPERSEDED);
    indicators_free(in);
}

static void a_long_pattern_is_shown_in_part(void **state)
{
    (void)state;
    struct buf b = {0};
    struct err e = {0};
    struct indicators *in = indicators_new();
    buf_text(&b,
             "{\"objects\":[{\"type\":\"indicator\",\"id\":\"indicator--1\",\"pattern\":\"[mutex:"
             "name='");
    for (int i = 0; i < 300; i++)
        buf_text(&b, i % 2 ? "\xe2\x82\xac" : "a");
    buf_text(&b, "']\"}]}");
    assert_true(load(in, "x", buf_view(&b), &e)); /* not cut inside of a letter */
    expect_why(in, LINT_NOT_FOR_PHONES);
    buf_free(&b);
    indicators_free(in);
}

static void an_indicator_may_be_qualified(void **state)
{
    (void)state;
    struct indicators *in = loaded(
        "x",
        BUNDLE("{\"type\":\"indicator\",\"id\":\"indicator--1\","
               "\"indicator_types\":[\"malicious-activity\",\"compromised\"],"
               "\"pattern\":\"[domain-name:value='a.example']\"}," INDICATOR(
                   "2", "[network-traffic:dst_ref.value='198.51.100.9' AND "
                        "network-traffic:dst_port=443]") "," INDICATOR("3", "[app:id='x.y']")));
    assert_true(in->items[0].qualified);
    assert_true(in->items[1].qualified);
    expect_item(in, 1, OBS_IP, "198.51.100.9");
    assert_false(in->items[2].qualified);
    indicators_free(in);
}

static void a_file_that_is_cut_off_gives_what_stands_before(void **state)
{
    (void)state;
    static const char text[] =
        BUNDLE(INDICATOR("1", "[domain-name:value='a.example']") "," INDICATOR(
            "2", "[domain-name:value='b.example']") "," INDICATOR("3", "[app:id='x.y']"));
    size_t told = 0, refused = 0;
    for (size_t n = 0; n < sizeof text - 1; n++) {
        struct err e = {0};
        struct indicators *in = indicators_new();
        if (load(in, "x", slice_at(text, n), &e)) {
            expect_why(in, LINT_CUT_OFF);
            assert_true(in->sets[0].rejected >= 1);
            told++;
        } else {
            assert_int_equal(e.code, ERR_CORRUPT);
            refused++;
        }
        if (n >= sizeof text - 3) /* only the brackets are gone */
            assert_int_equal(in->nitems, 3);
        indicators_free(in);
    }
    assert_true(refused < 20 && told > 500);
}

static void other_files_are_told_apart(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum err_code code;
    } rows[] = {
        {"", ERR_CORRUPT},
        {"hello", ERR_CORRUPT},
        {"spy.example\nb.example\n", ERR_CORRUPT},
        {"{", ERR_CORRUPT},
        {"{\"a\":1", ERR_CORRUPT},
        {"{}", ERR_UNSUPPORTED},
        {"[]", ERR_UNSUPPORTED},
        {"17", ERR_UNSUPPORTED},
        {"{\"objects\":[{\"type\":\"a\"}]}", ERR_UNSUPPORTED},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct err e = {0};
        struct indicators *in = indicators_new();
        assert_false(load(in, "dir/file.json", slice_of(rows[i].text), &e));
        if (e.code != rows[i].code)
            fail_msg("'%s': %s", rows[i].text, e.msg);
        assert_true(slice_starts(slice_of(e.msg), "dir/file.json: "));
        assert_int_equal(in->nsets, 0);
        indicators_free(in);
    }
    struct indicators *in = loaded("empty", "{\"type\":\"bundle\",\"id\":\"bundle--1\"}");
    assert_int_equal(in->sets[0].loaded + in->sets[0].rejected, 0);
    indicators_free(in);
}

static void rubbish_in_place_of_a_parsed_set_is_refused(void **state)
{
    (void)state;
    struct err e = {0};
    struct buf out = {0};
    struct blob *b = blob_of_memory(
        slice_of(BUNDLE(INDICATOR("1", "[domain-name:value='a.example']") "," INDICATOR(
            "00000000-0000-4000-8000-0000000000aa",
            "[mutex:name='x']") "," INDICATOR("00000000-0000-4000-8000-0000000000ab",
                                              "[domain-name:value='bit.ly']"))));
    struct indicators *in = indicators_new();
    assert_true(indicators_parse(b, "x", &out, &e));
    for (size_t n = 0; n < out.n; n++) {
        assert_false(indicators_add(in, slice_at(out.p, n), &e));
        assert_int_equal(e.code, ERR_CORRUPT);
        err_clear(&e);
    }
    unsigned taken = 0;
    for (size_t n = 0; n < out.n; n++)
        for (unsigned bit = 0; bit < 8; bit++) {
            out.p[n] ^= (uint8_t)(1u << bit);
            taken += indicators_add(in, buf_view(&out), &e);
            out.p[n] ^= (uint8_t)(1u << bit);
        }
    assert_true(taken > 0);
    assert_int_equal(in->nsets, taken);
    buf_byte(&out, 0);
    assert_false(indicators_add(in, buf_view(&out), &e));
    assert_int_equal(in->nsets, taken);
    blob_close(b);
    buf_free(&out);
    indicators_free(in);
}

static void problems_are_listed_up_to_a_limit_and_counted_beyond(void **state)
{
    (void)state;
    struct buf b = {0};
    buf_text(&b, "{\"objects\":[");
    for (int i = 0; i < 12000; i++)
        buf_printf(&b,
                   "%s{\"type\":\"indicator\",\"id\":\"indicator--%d\",\"pattern\":"
                   "\"[mutex:name='%d']\"}",
                   i ? "," : "", i, i);
    buf_text(&b, "]}");
    struct err e = {0};
    struct indicators *in = indicators_new();
    assert_true(load(in, "x", buf_view(&b), &e));
    assert_int_equal(in->sets[0].rejected, 12000);
    assert_int_equal(in->nrejected, 10001);
    assert_int_equal(in->rejected[10000].count, 2000);
    expect_why(in, LINT_MORE);
    buf_free(&b);
    indicators_free(in);
}

/* The public sets, where they are at hand: what the inventory counted in each. */
static const struct {
    const char *file;
    unsigned loaded, rejected;
    enum family_class class;
    struct {
        enum observable type;
        unsigned n;
    } types[5];
} sets[] = {
    {"amnesty/2021-07-18_nso/pegasus.stix2",
     1549,
     0,
     FAMILY_MERCENARY,
     {{OBS_DOMAIN, 1438}, {OBS_PROCESS, 81}, {OBS_EMAIL, 29}, {OBS_FILENAME, 1}}},
    {"amnesty/2021-12-16_cytrox/cytrox.stix2",
     343,
     0,
     FAMILY_MERCENARY,
     {{OBS_DOMAIN, 336}, {OBS_PATH, 6}, {OBS_PROFILE, 1}}},
    {"amnesty/2023-03-29_android_campaign/malware.stix2",
     2187,
     0,
     FAMILY_MERCENARY,
     {{OBS_DOMAIN, 2183}, {OBS_PROPERTY, 3}, {OBS_PATH, 1}}},
    {"amnesty/2024-05-02_wintego_helios/wintego_helios.stix2",
     175,
     0,
     FAMILY_MERCENARY,
     {{OBS_DOMAIN, 175}}},
    {"amnesty/2024-12-16_serbia_novispy/novispy.stix2",
     18,
     0,
     FAMILY_MERCENARY,
     {{OBS_IP, 7}, {OBS_APP, 4}, {OBS_HASH, 4}, {OBS_CERT, 3}}},
    {"mvt-indicators/intellexa_predator/predator.stix2",
     584,
     1,
     FAMILY_MERCENARY,
     {{OBS_DOMAIN, 568}, {OBS_PATH, 15}, {OBS_PROFILE, 1}}},
    {"mvt-indicators/2022-06-23_rcs_lab/rcs.stix2",
     40,
     0,
     FAMILY_MERCENARY,
     {{OBS_DOMAIN, 26}, {OBS_HASH, 9}, {OBS_APP, 5}}},
    {"mvt-indicators/2023-04-11_quadream/kingspawn.stix2",
     167,
     0,
     FAMILY_MERCENARY,
     {{OBS_DOMAIN, 164}, {OBS_PATH, 2}, {OBS_PROCESS, 1}}},
    {"mvt-indicators/2023-06_01_operation_triangulation/operation_triangulation.stix2",
     112,
     0,
     FAMILY_MERCENARY,
     {{OBS_DOMAIN, 75}, {OBS_EMAIL, 36}, {OBS_PROCESS, 1}}},
    {"mvt-indicators/2023-07-25_wyrmspy_dragonegg/wyrmspy_dragonegg.stix2",
     53,
     0,
     FAMILY_OTHER,
     {{OBS_HASH, 34}, {OBS_DOMAIN, 7}, {OBS_APP, 7}, {OBS_IP, 5}}},
    {"mvt-indicators/2024-12-25_eaglemsgspy/eaglemsgspy.stix2",
     51,
     0,
     FAMILY_MERCENARY,
     {{OBS_HASH, 25}, {OBS_DOMAIN, 13}, {OBS_IP, 13}}},
    {"mvt-indicators/2026-03-03_coruna_cryptowaters/coruna.stix2",
     216,
     0,
     FAMILY_MERCENARY,
     {{OBS_DOMAIN, 176}, {OBS_URL, 1}, {OBS_HASH, 20}, {OBS_PATH, 12}, {OBS_FILENAME, 7}}},
    {"mvt-indicators/2026-03-30_darksword/darksword.stix2",
     43,
     0,
     FAMILY_MERCENARY,
     {{OBS_PATH, 22}, {OBS_DOMAIN, 10}, {OBS_FILENAME, 7}, {OBS_IP, 3}, {OBS_HASH, 1}}},
    {"mvt-indicators/ResidentBat/residentbat.stix2",
     48,
     0,
     FAMILY_OTHER,
     {{OBS_IP, 24}, {OBS_APP, 8}, {OBS_CERT, 8}, {OBS_HASH, 8}}},
    {"mvt-indicators/candiru/candiru.stix2", 125, 0, FAMILY_MERCENARY, {{OBS_DOMAIN, 125}}},
    {"mvt-indicators/cellebrite/cellebrite.stix2", 1, 0, FAMILY_FORENSIC, {{OBS_APP, 1}}},
};

static void public_sets_load_as_counted(void **state)
{
    (void)state;
    struct arena a = {0};
    const char *shared = getenv("BRIDLE_SHARED"), *source = getenv("BRIDLE_SOURCE");
    if (!shared)
        shared = arena_printf(&a, "%s/../shared", source ? source : ".");
    const char *folder = arena_printf(&a, "%s/indicators", shared);
    if (access(folder, R_OK) != 0) {
        print_message("no folder %s: skipped\n", folder);
        arena_free(&a);
        skip();
    }
    struct indicators *in = indicators_new();
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
        struct err e = {0};
        struct stat st;
        struct buf out = {0};
        const char *path = arena_printf(&a, "%s/%s", folder, sets[i].file);
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        assert_true(fd >= 0 && fstat(fd, &st) == 0);
        struct blob *b = blob_of_fd(fd, 0, (uint64_t)st.st_size, true);
        if (!indicators_parse(b, path, &out, &e) || !indicators_add(in, buf_view(&out), &e))
            fail_msg("%s", e.msg);
        const struct set *s = &in->sets[i];
        if (s->loaded != sets[i].loaded || s->rejected != sets[i].rejected)
            fail_msg("%s: %u loaded, %u rejected", sets[i].file, s->loaded, s->rejected);
        for (size_t k = 0; k < 5 && sets[i].types[k].n; k++)
            assert_int_equal(s->by_type[sets[i].types[k].type], sets[i].types[k].n);
        assert_int_equal(in->items[in->nitems - 1].family_class, sets[i].class);
        blob_close(b);
        buf_free(&out);
    }
    /* None of what these sets list may be on our lists of harmless things. */
    for (size_t i = 0; i < in->nitems; i++)
        if (in->items[i].too_general)
            fail_msg("weak: %.*s", (int)in->items[i].value.n, in->items[i].value.p);
    indicators_free(in);
    arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_indicator_keeps_what_its_set_says),
        cmocka_unit_test(families_come_from_relations_then_reports),
        cmocka_unit_test(classes_follow_names_labels_and_the_set),
        cmocka_unit_test(values_that_would_alarm_everywhere_are_refused),
        cmocka_unit_test(addresses_for_documentation_load),
        cmocka_unit_test(shared_values_are_only_weak),
        cmocka_unit_test(values_listed_as_another_type_are_retyped),
        cmocka_unit_test(a_value_listed_twice_is_one_item_and_counts_twice),
        cmocka_unit_test(what_the_set_itself_takes_back_is_not_loaded),
        cmocka_unit_test(the_newest_version_of_an_indicator_counts),
        cmocka_unit_test(a_long_pattern_is_shown_in_part),
        cmocka_unit_test(an_indicator_may_be_qualified),
        cmocka_unit_test(a_file_that_is_cut_off_gives_what_stands_before),
        cmocka_unit_test(other_files_are_told_apart),
        cmocka_unit_test(rubbish_in_place_of_a_parsed_set_is_refused),
        cmocka_unit_test(problems_are_listed_up_to_a_limit_and_counted_beyond),
        cmocka_unit_test(public_sets_load_as_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
