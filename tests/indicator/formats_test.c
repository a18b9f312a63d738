/* Sets in formats other than STIX: what of each is taken, as what, and what is refused and why. */
#include "kit.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define SHA256 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define SHA1 "0123456789abcdef0123456789abcdef01234567"
#define MD5 "0123456789abcdef0123456789abcdef"

/* -- lists -- */

static void a_list_has_the_type_of_its_name(void **state)
{
    (void)state;
    static const struct {
        const char *name, *text;
        enum observable type;
        const char *value;
    } rows[] = {
        {"domains.txt", "spy.example\n", OBS_DOMAIN, "spy.example"},
        {"x/v4_validation_domains.txt", "spy.example", OBS_DOMAIN, "spy.example"},
        {"ip-addresses.txt", "198.51.100.7\r\n", OBS_IP, "198.51.100.7"},
        {"ips.txt", "2001:db8::7\n", OBS_IP, "2001:db8::7"},
        {"emails.txt", "Lure@spy.example\n", OBS_EMAIL, "lure@spy.example"},
        {"processes.txt", "roleaboutd\n", OBS_PROCESS, "roleaboutd"},
        {"file_paths.txt", "/private/var/tmp/l/\n", OBS_PATH, "/private/var/tmp/l/"},
        {"file_names.txt", "odd.plist\n", OBS_FILENAME, "odd.plist"},
        {"files.txt", "odd.plist\n", OBS_FILENAME, "odd.plist"},
        {"sha256.txt", SHA256 "\n", OBS_HASH, SHA256},
        {"samples.sha1", SHA1 "\n", OBS_HASH, SHA1},
        {"package_names.txt", "com.spy.example\n", OBS_APP, "com.spy.example"},
        {"package_cert_hashes.txt", SHA256 "\n", OBS_CERT, SHA256},
        {"config_profiles.txt", "76DAB334-0000-475D-A5D6-0794EB5818A5\n", OBS_PROFILE,
         "76dab334-0000-475d-a5d6-0794eb5818a5"},
        {"android_properties.txt", "sys.brand.note\n", OBS_PROPERTY, "sys.brand.note"},
        {"urls.txt", "https://spy.example/a?b=1\n", OBS_URL, "https://spy.example/a?b=1"},
        {"phone_numbers.txt", "+1 555 0100\n", OBS_PHONE, "+15550100"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct indicators *in = set_of(rows[i].name, rows[i].text);
        set_find(in, rows[i].type, rows[i].value);
        expect_counts(in, 1, 0);
        assert_int_equal(in->sets[0].nguesses, 1);
        assert_true(slice_is(in->sets[0].guesses[0].what, "name of the file"));
        indicators_free(in);
    }
}

static void a_list_without_a_telling_name_is_guessed_value_by_value(void **state)
{
    (void)state;
    struct indicators *in =
        set_of("android_odd.txt", "# Reference: https://blog.example/\n"
                                  "\n"
                                  "spy.example\n"
                                  "b.spy.example:8443   # seen in May\n"
                                  "198.51.100.7\n"
                                  "198.51.100.8:443\n"
                                  "http://198.51.100.9\n"
                                  "https://spy.example/l/1\n"
                                  "198.51.100.0/28\n"
                                  "2001:db8::1\n"
                                  "com.spy.services\n"
                                  "lure@spy.example\n"
                                  "/data/local/tmp/odd\n"
                                  "/gate.php\n"
                                  "word\n"
                                  "+1 555 0100\n" SHA256 "  sample.apk\n" MD5 "\n");
    expect_counts(in, 14, 2);
    set_find(in, OBS_DOMAIN, "spy.example");
    assert_true(set_find(in, OBS_DOMAIN, "b.spy.example")->qualified);
    assert_false(set_find(in, OBS_IP, "198.51.100.7")->qualified);
    assert_true(set_find(in, OBS_IP, "198.51.100.8")->qualified);
    set_find(in, OBS_IP, "198.51.100.9");
    set_find(in, OBS_URL, "https://spy.example/l/1");
    assert_true(set_find(in, OBS_IP, "198.51.100.0/28")->prefix);
    set_find(in, OBS_APP, "com.spy.services");
    set_find(in, OBS_PATH, "/data/local/tmp/odd");
    set_find(in, OBS_PHONE, "+15550100");
    set_find(in, OBS_HASH, SHA256);
    expect_says(in, "/gate.php", LINT_LINK_PART);
    expect_says(in, "word", LINT_NO_TYPE);
    assert_true(slice_is(in->items[0].family, "odd"));
    indicators_free(in);
}

static void lists_of_other_programs_are_read(void **state)
{
    (void)state;
    struct indicators *in =
        set_of("hosts", "127.0.0.1 localhost\n0.0.0.0 spy.example b.example\n"
                        "||ads.example^\n\"quoted.example\",\n- listed.example\n"
                        "spy[.]example\nhxxps://c[.]example\n"
                        "alert tcp any any -> any any (msg:\"x\"; sid:1;)\n");
    expect_counts(in, 7, 2);
    set_find(in, OBS_DOMAIN, "b.example");
    set_find(in, OBS_DOMAIN, "ads.example");
    set_find(in, OBS_DOMAIN, "quoted.example");
    set_find(in, OBS_DOMAIN, "listed.example");
    set_find(in, OBS_DOMAIN, "c.example");
    expect_says(in, "localhost", LINT_SINGLE_LABEL);
    expect_says(in, NULL, LINT_PATTERN_TYPE);
    expect_says(in, "spy[.]example", LINT_TWICE);
    indicators_free(in);
}

static void a_list_takes_its_family_from_its_names(void **state)
{
    (void)state;
    static const struct {
        const char *name, *family, *set;
        enum family_class class;
    } rows[] = {
        {"2018-08-01_nso/domains.txt", "nso", "2018-08-01_nso/domains.txt", FAMILY_MERCENARY},
        {"2023-06_01_operation_triangulation/domains.txt", "operation triangulation", NULL,
         FAMILY_MERCENARY},
        {"maltrail/apt_pegasus.txt", "pegasus", "apt_pegasus.txt", FAMILY_MERCENARY},
        {"android_flexispy.txt", "flexispy", "android_flexispy.txt", FAMILY_STALKERWARE},
        {"echap/hosts_full", "echap", "echap/hosts_full", FAMILY_STALKERWARE},
        {"indicators/domains.txt", "", NULL, FAMILY_OTHER},
        {"domains.txt", "", "domains.txt", FAMILY_OTHER},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct indicators *in = set_of(rows[i].name, "spy.example\n");
        assert_true(slice_is(in->items[0].family, rows[i].family));
        assert_int_equal(in->items[0].family_class, rows[i].class);
        if (rows[i].set)
            assert_true(slice_is(in->sets[0].name, rows[i].set));
        indicators_free(in);
    }
}

static void text_in_other_encodings_is_read(void **state)
{
    (void)state;
    struct err e = {0};
    struct indicators *in = indicators_new();
    static const char wide[] = "\xff\xfes\0p\0y\0.\0e\0x\0a\0m\0p\0l\0e\0\n\0";
    assert_true(set_load(in, "domains.txt", slice_at(wide, sizeof wide - 1), &e));
    set_find(in, OBS_DOMAIN, "spy.example");
    assert_true(set_load(in, "domains.txt",
                         slice_of("\xef\xbb\xbf"
                                  "b.example\n"),
                         &e));
    set_find(in, OBS_DOMAIN, "b.example");
    assert_true(set_load(in, "domains.txt", slice_of("b\xff.example\nc.example\n"), &e));
    set_find(in, OBS_DOMAIN, "c.example");
    indicators_free(in);
}

static void what_is_no_set_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *name, *text;
        enum err_code code;
    } rows[] = {
        {"LICENSE", "Permission is hereby granted, free of charge, to any person\nwho asks.\n",
         ERR_UNSUPPORTED},
        {"notes.txt", "one two three\nfour five six\n", ERR_UNSUPPORTED},
        {"word", "hello\n", ERR_UNSUPPORTED},
        {"SHA256SUMS", SHA256 "  a.stix2\n", ERR_UNSUPPORTED},
        {"x.txt", "", ERR_CORRUPT},
        {"page.html", "<html><body>spy.example</body></html>", ERR_UNSUPPORTED},
        {"notes.yaml", "title: a page\n", ERR_UNSUPPORTED},
        {"notes.yaml", "a: [b\n", ERR_CORRUPT},
        {"indicators.yaml", "indicators:\n  -\n    type: github\n    name: x\n", ERR_ABSENT},
        {"manifest.json",
         "{\"5f1b0000-0000-4000-8000-000000000001\":{\"info\":\"x\",\"date\":\"2026-01-01\"}}",
         ERR_ABSENT},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct err e = {0};
        struct indicators *in = indicators_new();
        if (set_load(in, rows[i].name, slice_of(rows[i].text), &e))
            fail_msg("%s was read as %.*s", rows[i].name, (int)in->sets[0].format.n,
                     (const char *)in->sets[0].format.p);
        if (e.code != rows[i].code)
            fail_msg("%s: %s: %s", rows[i].name, err_name(e.code), e.msg);
        indicators_free(in);
    }
    struct indicators *in = set_of("ResidentThing/domains.txt", "");
    expect_counts(in, 0, 0); /* a set of none, by its name */
    indicators_free(in);
    in = set_of("odd.yar", "rule One {\n  condition:\n  true\n}\nprivate rule Two : tag\n{}\n");
    expect_counts(in, 0, 2);
    expect_says(in, "Two", LINT_PATTERN_TYPE);
    indicators_free(in);
}

/* -- tables -- */

static void a_table_is_read_by_its_headers(void **state)
{
    (void)state;
    struct indicators *in =
        set_of("echap/samples.csv", "SHA256,Package Name,Certificate,Version,App\n" SHA256
                                    ",com.spy.example," SHA1 ",9,SpyThing\n"
                                    "\"" MD5 "\",com.spy.example,,\"1,2\",SpyThing\n");
    expect_counts(in, 5, 0);
    assert_int_equal(in->sets[0].by_type[OBS_APP], 2);
    assert_true(slice_is(set_find(in, OBS_HASH, SHA256)->family, "SpyThing"));
    assert_int_equal(set_find(in, OBS_CERT, SHA1)->family_class, FAMILY_STALKERWARE);
    assert_int_equal(in->nremarks, 0); /* that rows share a package is no news */
    assert_int_equal(in->sets[0].nguesses, 3);
    assert_true(slice_is(in->sets[0].guesses[0].what, "column SHA256"));
    indicators_free(in);
}

static void a_table_may_name_the_type_of_each_row(void **state)
{
    (void)state;
    struct indicators *in = set_of(
        "misp.csv", "uuid,event_id,category,type,value,comment,to_ids,date\n"
                    "\"u-1\",7,\"Network activity\",\"domain\",\"spy.example\",\"\",1,20260115\n"
                    "u-2,7,Network activity,ip-dst|port,198.51.100.7|443,,1,20260115\n"
                    "u-3,7,Payload delivery,filename|sha256,a.apk|" SHA256 ",,1,20260115\n"
                    "u-4,7,Network activity,domain|ip,b.example|198.51.100.8,,1,20260115\n"
                    "u-5,7,External analysis,link,https://blog.example/,,0,20260115\n"
                    "u-6,7,Artifacts,yara,\"rule x {\n condition: \"\"a\"\" }\",,1,20260115\n"
                    "u-7,7,Network activity,domain,harmless.example,,0,20260115\n");
    char text[UTIME_TEXT];
    expect_counts(in, 5, 3);
    assert_true(slice_is(set_find(in, OBS_DOMAIN, "spy.example")->ref, "u-1"));
    assert_string_equal(utime_text(in->items[0].created, text), "2026-01-15");
    assert_true(set_find(in, OBS_IP, "198.51.100.7")->qualified);
    set_find(in, OBS_HASH, SHA256);
    set_find(in, OBS_IP, "198.51.100.8");
    expect_says(in, "harmless.example", LINT_CONTEXT);
    indicators_free(in);
    in = set_of("network.csv",
                "type;indicator;app\r\ndomain;a.example;Odd\r\nipv4;198.51.100.9;Odd\r\n");
    expect_counts(in, 2, 0);
    assert_true(slice_is(set_find(in, OBS_IP, "198.51.100.9")->family, "Odd"));
    indicators_free(in);
}

static void a_table_without_headers_is_guessed_by_column(void **state)
{
    (void)state;
    struct indicators *in =
        set_of("x.csv", "198.51.100.7,spy.example,first\n198.51.100.8,b.example,second\n");
    expect_counts(in, 4, 0);
    assert_true(slice_is(in->sets[0].guesses[0].what, "column 1"));
    indicators_free(in);
    in = set_of("x.tsv", "domain\tnote\nspy.example\ta, b\n");
    expect_counts(in, 1, 0);
    indicators_free(in);
    in = set_of("x.csv", "hostname\nspy.example\nword\n");
    expect_counts(in, 1, 1);
    expect_says(in, "word", LINT_SINGLE_LABEL);
    indicators_free(in);
}

static void a_quote_that_never_closes_is_told(void **state)
{
    (void)state;
    struct indicators *in = set_of("x.csv", "domain,note\na.example,\"x\nb.example,y\n");
    expect_says(in, NULL, LINT_CUT_OFF);
    set_find(in, OBS_DOMAIN, "a.example");
    indicators_free(in);
}

/* -- prose -- */

static void prose_gives_what_its_author_marked(void **state)
{
    (void)state;
    struct indicators *in = set_of(
        "odd/README.adoc",
        "= A report\n\nSee https://blog.example/post and mail press@blog.example about news.example.\n"
        "\n== C&C\n\n- `++spy[.]example|198.51.100[.]7++`\n----\nb[.]example\nc.example\n----\n"
        "It asks gate[.]example/p/<VICTIM_ID> and hxxps://d[.]example/x.\n"
        "|`" SHA1 "` |`com.spy.things` |text\n"
        "== Compromised websites\n\n- `paper.example`\n");
    expect_counts(in, 9, 0);
    set_find(in, OBS_DOMAIN, "spy.example");
    set_find(in, OBS_IP, "198.51.100.7");
    set_find(in, OBS_DOMAIN, "c.example");
    assert_true(set_find(in, OBS_URL, "http://gate.example/p/")->prefix);
    set_find(in, OBS_URL, "https://d.example/x");
    set_find(in, OBS_HASH, SHA1);
    set_find(in, OBS_APP, "com.spy.things");
    assert_true(set_find(in, OBS_DOMAIN, "paper.example")->qualified);
    expect_says(in, "paper.example", LINT_COMPROMISED);
    indicators_free(in);
}

/* -- MISP -- */

static void an_event_gives_attributes_and_objects(void **state)
{
    (void)state;
    struct indicators *in = set_of(
        "event.json",
        "{\"response\":[{\"Event\":{\"uuid\":\"e\",\"Attribute\":["
        "{\"type\":\"domain\",\"value\":\"spy.example\",\"to_ids\":true,\"uuid\":\"a-1\","
        "\"timestamp\":\"1768478400\"},"
        "{\"type\":\"domain\",\"value\":\"context.example\",\"to_ids\":false},"
        "{\"type\":\"domain\",\"value\":\"gone.example\",\"to_ids\":true,\"deleted\":true},"
        "{\"type\":\"comment\",\"value\":\"words\",\"to_ids\":false},"
        "{\"type\":\"link\",\"value\":\"https://blog.example/\",\"to_ids\":false},"
        "{\"type\":\"mutex\",\"value\":\"m\",\"to_ids\":true},"
        "{\"type\":\"filename|md5\",\"value\":\"a.apk|" MD5 "\",\"to_ids\":true},"
        "{\"type\":\"mobile-application-id\",\"value\":\"com.spy.thing\",\"to_ids\":true},"
        "{\"type\":\"phone-number\",\"value\":\"+1 555 0100\",\"to_ids\":true}],"
        "\"Object\":[{\"name\":\"android-app\",\"Attribute\":["
        "{\"object_relation\":\"name\",\"type\":\"text\",\"value\":\"Odd\",\"to_ids\":false},"
        "{\"object_relation\":\"appid\",\"type\":\"text\",\"value\":\"com.odd.spying\",\"to_ids\":false},"
        "{\"object_relation\":\"certificate\",\"type\":\"sha1\",\"value\":\"" SHA1
        "\",\"to_ids\":true}]},"
        "{\"name\":\"domain-ip\",\"Attribute\":[{\"object_relation\":\"ip\",\"type\":\"ip-dst\","
        "\"value\":\"198.51.100.7\",\"to_ids\":false}]},"
        "{\"name\":\"file\",\"Attribute\":[{\"object_relation\":\"filename\",\"type\":\"filename\","
        "\"value\":\"base.bin\",\"to_ids\":true},{\"object_relation\":\"sha256\","
        "\"type\":\"sha256\",\"value\":\"" SHA256 "\",\"to_ids\":true}]}],"
        "\"info\":\"Predator in June\",\"date\":\"2026-02-01\",\"Orgc\":{\"name\":\"A Lab\"},"
        "\"Tag\":[{\"name\":\"tlp:clear\"}]}}]}");
    char text[UTIME_TEXT];
    expect_counts(in, 8, 4);
    const struct indicator *i = set_find(in, OBS_DOMAIN, "spy.example");
    assert_true(slice_is(i->ref, "a-1"));
    assert_true(slice_is(i->family, "Predator in June"));
    assert_int_equal(i->family_class, FAMILY_MERCENARY);
    assert_string_equal(utime_text(i->created, text), "2026-01-15T12:00:00Z");
    assert_true(slice_is(set_find(in, OBS_APP, "com.odd.spying")->family, "Odd"));
    assert_false(set_find(in, OBS_APP, "com.odd.spying")->qualified);
    set_find(in, OBS_CERT, SHA1);
    assert_true(set_find(in, OBS_IP, "198.51.100.7")->qualified);
    set_find(in, OBS_HASH, MD5);
    set_find(in, OBS_HASH, SHA256);
    expect_says(in, "context.example", LINT_CONTEXT);
    expect_says(in, "gone.example", LINT_REVOKED);
    expect_says(in, "m", LINT_NOT_FOR_PHONES);
    assert_true(slice_is(in->sets[0].publisher, "A Lab"));
    indicators_free(in);
}

static void an_event_that_is_cut_off_says_so(void **state)
{
    (void)state;
    static const char text[] = "{\"Event\":{\"info\":\"x\",\"Attribute\":["
                               "{\"type\":\"domain\",\"value\":\"a.example\",\"to_ids\":true},"
                               "{\"type\":\"domain\",\"value\":\"b.example\",\"to_ids\":true}]}}";
    for (size_t n = 24; n < sizeof text - 1; n++) {
        struct err e = {0};
        struct indicators *in = indicators_new();
        if (set_load(in, "x.json", slice_at(text, n), &e))
            expect_says(in, NULL, LINT_CUT_OFF);
        else
            assert_int_equal(e.code, ERR_CORRUPT);
        if (n > 90)
            set_find(in, OBS_DOMAIN, "a.example");
        indicators_free(in);
    }
}

static void what_a_warning_list_holds_is_only_weak(void **state)
{
    (void)state;
    struct err e = {0};
    struct indicators *in = indicators_new();
    assert_true(set_load(in, "domains.txt",
                         slice_of("spy.example\nmail.example\nx.mail.example\n198.51.100.7\n"),
                         &e));
    assert_true(set_load(in, "hosts/list.json",
                         slice_of("{\"description\":\"d\",\"list\":[\".mail.example\"],"
                                  "\"name\":\"Mail\",\"type\":\"hostname\",\"version\":1}"),
                         &e));
    assert_true(
        set_load(in, "nets/list.json",
                 slice_of("{\"list\":[\"198.51.100.0/24\",\"10.0.0.0/8\"],\"name\":\"Nets\","
                          "\"type\":\"cidr\",\"version\":1}"),
                 &e));
    assert_true(in->sets[1].harmless && slice_is(in->sets[1].name, "Mail"));
    assert_int_equal(in->sets[2].loaded, 2);
    assert_int_equal(in->nitems, 4);
    assert_int_equal(in->nharmless, 3);
    indicators_weaken(in);
    assert_false(set_find(in, OBS_DOMAIN, "spy.example")->too_general);
    assert_true(set_find(in, OBS_DOMAIN, "mail.example")->too_general);
    assert_false(set_find(in, OBS_DOMAIN, "x.mail.example")->too_general);
    assert_true(set_find(in, OBS_IP, "198.51.100.7")->too_general);
    expect_says(in, "mail.example", LINT_LISTED_HARMLESS);
    indicators_free(in);
}

static void a_galaxy_gives_the_sites_of_sellers(void **state)
{
    (void)state;
    struct indicators *in =
        set_of("stalkerware.json",
               "{\"authors\":[\"x\"],\"name\":\"Stalkerware\",\"type\":\"stalkerware\",\"values\":["
               "{\"value\":\"Odd\",\"uuid\":\"u\",\"meta\":{\"website\":[\"sell.example\"],"
               "\"type\":[\"stalkerware\"]}},{\"value\":\"None\",\"meta\":{}}]}");
    expect_counts(in, 1, 0);
    assert_int_equal(in->items[0].family_class, FAMILY_STALKERWARE);
    assert_true(in->items[0].qualified);
    expect_says(in, "sell.example", LINT_SELLER);
    indicators_free(in);
}

/* -- other models -- */

static void lists_of_typed_values_are_read(void **state)
{
    (void)state;
    struct indicators *in = set_of(
        "iocs.json",
        "{\"iocs\":[{\"id\":1,\"type\":\"domain\",\"tag\":\"pegasus\",\"value\":\"spy.example\"},"
        "{\"type\":\"ip4addr\",\"tag\":\"stalkerware\",\"value\":\"198.51.100.7\"},"
        "{\"type\":\"cidr\",\"tag\":\"suspect\",\"value\":\"198.51.100.0/24\"},"
        "{\"type\":\"sha1cert\",\"tag\":\"apt\",\"value\":\"" SHA1 "\"},"
        "{\"type\":\"freedns\",\"tag\":\"suspect\",\"value\":\"dyn.example\"},"
        "{\"type\":\"domain\",\"tag\":\"tracker\",\"value\":\"ads.example\"},"
        "{\"type\":\"tld\",\"tag\":\"suspect\",\"value\":\".site\"},"
        "{\"type\":\"ns\",\"tag\":\"suspect\",\"value\":\"ns.example\"},"
        "{\"type\":\"snort\",\"tag\":\"x\",\"value\":\"alert tcp any\"},{\"id\":9},7]}");
    expect_counts(in, 6, 5);
    assert_int_equal(set_find(in, OBS_DOMAIN, "spy.example")->family_class, FAMILY_MERCENARY);
    assert_int_equal(set_find(in, OBS_IP, "198.51.100.7")->family_class, FAMILY_STALKERWARE);
    assert_true(set_find(in, OBS_IP, "198.51.100.0/24")->too_general);
    assert_true(set_find(in, OBS_DOMAIN, "dyn.example")->too_general);
    assert_true(set_find(in, OBS_DOMAIN, "ads.example")->too_general);
    set_find(in, OBS_CERT, SHA1);
    expect_says(in, ".site", LINT_PUBLIC_SUFFIX);
    indicators_free(in);
    in = set_of("a.json", "[\"spy.example\",\"198.51.100.7\"]");
    expect_counts(in, 2, 0);
    indicators_free(in);
}

static void a_list_of_apps_is_read(void **state)
{
    (void)state;
    struct indicators *in = set_of("ioc.yaml", "- name: Odd\n"
                                               "  names:\n"
                                               "  - OddOne\n"
                                               "  type: watchware\n"
                                               "  packages:\n"
                                               "  - com.odd.spying\n"
                                               "  - com.odd.spying\n"
                                               "  ios_bundles: [ 'com.odd.ios' ]\n"
                                               "  certificates:\n"
                                               "  - 0123456789ABCDEF0123456789ABCDEF01234567\n"
                                               "  certificate_organizations:\n"
                                               "  - Odd Ltd\n"
                                               "  websites:\n"
                                               "  - sell.example\n"
                                               "  c2:\n"
                                               "    ips:\n"
                                               "    - 198.51.100.7\n"
                                               "    ip:\n"
                                               "    - 198.51.100.8\n"
                                               "    domains:\n"
                                               "    - c2.example\n"
                                               "\n"
                                               "- name: Empty\n"
                                               "  type: stalkerware\n");
    expect_counts(in, 8, 1);
    const struct indicator *i = set_find(in, OBS_DOMAIN, "c2.example");
    assert_true(slice_is(i->family, "Odd"));
    assert_int_equal(i->family_class, FAMILY_STALKERWARE);
    assert_false(i->qualified);
    assert_true(set_find(in, OBS_DOMAIN, "sell.example")->qualified);
    set_find(in, OBS_CERT, SHA1);
    set_find(in, OBS_APP, "com.odd.ios");
    expect_says(in, "com.odd.spying", LINT_TWICE);
    expect_says(in, "Odd Ltd", LINT_PROPERTY);
    indicators_free(in);
}

#define ITEM(condition, id, search, content)                                                       \
    "<IndicatorItem id=\"" id "\" condition=\"" condition                                          \
    "\"><Context document=\"x\" search=\"" search                                                  \
    "\" type=\"mir\"/><Content type=\"string\">" content "</Content></IndicatorItem>"

static void openioc_is_read_even_with_its_value_in_the_id(void **state)
{
    (void)state;
    struct indicators *in = set_of(
        "x.ioc",
        "<?xml version=\"1.0\"?><!-- c --><ioc xmlns=\"http://schemas.mandiant.com/2010/ioc\" "
        "last-modified=\"2026-01-15T12:00:00\"><short_description>FinFisher &amp; co"
        "</short_description><authored_by>A Lab</authored_by><definition>"
        "<Indicator operator=\"OR\" id=\"1\">" ITEM(
            "is", "5f1b0000-0000-4000-8000-000000000001", "Network/DNS",
            "spy.example") ITEM("is", "b.example", "Network/DNS", "")
            ITEM("is", "https://c.example/?a=1&amp;b=2", "UrlHistoryItem/URL", "") ITEM(
                "is", MD5, "FileItem/Md5sum", "") ITEM("contains", "d.example", "Network/DNS", "")
                ITEM("is", "k", "RegistryItem/KeyPath", "")
                    ITEM("is", "ua", "Network/UserAgent",
                         "") "<Indicator operator=\"AND\" id=\"2\">" ITEM("is", "odd.bin",
                                                                          "FileItem/FileName", "")
                        ITEM("is", SHA256, "FileItem/Sha256sum",
                             "") "</Indicator></Indicator></definition></ioc>");
    expect_counts(in, 5, 4);
    set_find(in, OBS_DOMAIN, "spy.example");
    set_find(in, OBS_DOMAIN, "b.example");
    set_find(in, OBS_URL, "https://c.example/?a=1&b=2");
    set_find(in, OBS_HASH, MD5);
    set_find(in, OBS_HASH, SHA256);
    expect_says(in, "d.example", LINT_OPERATOR);
    expect_says(in, "k", LINT_NOT_FOR_PHONES);
    expect_says(in, "odd.bin", LINT_SEVERAL);
    assert_true(slice_is(in->items[0].family, "FinFisher & co"));
    assert_int_equal(in->items[0].family_class, FAMILY_MERCENARY);
    assert_true(slice_is(in->sets[0].publisher, "A Lab"));
    indicators_free(in);
    in = set_of("x.ioc",
                "<ioc><Indicator operator=\"OR\">" ITEM("is", "a.example", "Network/DNS", ""));
    expect_says(in, NULL, LINT_CUT_OFF);
    set_find(in, OBS_DOMAIN, "a.example");
    indicators_free(in);
}

/* -- the public sets -- */

static const struct {
    const char *file;
    unsigned loaded, rejected;
    struct {
        enum observable type;
        unsigned n;
    } types[5];
} sets[] = {
    {"amnesty/2018-08-01_nso/indicators.csv", 1208, 0, {{OBS_DOMAIN, 604}, {OBS_IP, 604}}},
    {"amnesty/2018-12-19_best_practice/domains.txt", 216, 0, {{OBS_DOMAIN, 216}}},
    {"amnesty/2019-08-16_evolving_phishing/emails.txt", 13, 2, {{OBS_EMAIL, 13}}},
    {"amnesty/2020-03-12_uzbekistan/samples.txt", 3, 0, {{OBS_HASH, 3}}},
    {"amnesty/2020-09-25_finfisher/sha256.csv", 12, 0, {{OBS_HASH, 12}}},
    {"amnesty/2021-07-18_nso/domains.txt", 1438, 0, {{OBS_DOMAIN, 1438}}},
    {"amnesty/2021-07-18_nso/processes.txt", 81, 0, {{OBS_PROCESS, 81}}},
    {"amnesty/2021-10-07_donot/sha256.txt", 228, 0, {{OBS_HASH, 228}}},
    {"amnesty/2024-12-16_serbia_novispy/domains.txt", 7, 0, {{OBS_IP, 7}}},
    {"amnesty/2024-12-16_serbia_novispy/novispy.yara", 0, 2, {{OBS_NONE, 0}}},
    {"echap/hosts_full", 989, 0, {{OBS_DOMAIN, 989}}},
    /* 925 + 624 + 44 hosts, of them two links and an address; 65 + 3 addresses */
    {"echap/ioc.yaml",
     2749,
     7,
     {{OBS_APP, 616}, {OBS_CERT, 472}, {OBS_DOMAIN, 1590}, {OBS_IP, 69}, {OBS_URL, 2}}},
    {"echap/watchware.yaml",
     165,
     0,
     {{OBS_APP, 36}, {OBS_CERT, 14}, {OBS_DOMAIN, 114}, {OBS_IP, 1}}},
    {"echap/samples.csv", 6416, 0, {{OBS_HASH, 3228}, {OBS_APP, 1594}, {OBS_CERT, 1594}}},
    {"echap/network.csv", 1034, 0, {{OBS_DOMAIN, 966}, {OBS_IP, 66}, {OBS_URL, 2}}},
    {"echap/misp_event.json",
     5402,
     1,
     {{OBS_HASH, 3262}, {OBS_DOMAIN, 1000}, {OBS_APP, 650}, {OBS_CERT, 490}}},
    {"eset/swc-candiru/swc-candiru_misp.json",
     82,
     0,
     {{OBS_DOMAIN, 41}, {OBS_IP, 29}, {OBS_HASH, 9}, {OBS_URL, 3}}},
    {"eset/kamran/samples.sha256", 1, 0, {{OBS_HASH, 1}}},
    {"eset/aridspy/README.adoc", 33, 0, {{OBS_DOMAIN, 18}, {OBS_HASH, 15}}},
    {"eset/gref/README.adoc", 38, 0, {{OBS_IP, 15}, {OBS_DOMAIN, 13}, {OBS_HASH, 5}, {OBS_APP, 5}}},
    {"maltrail/apt_pegasus.txt", 1720, 0, {{OBS_DOMAIN, 1719}, {OBS_URL, 1}}},
    {"maltrail/apt_predator.txt", 127, 0, {{OBS_DOMAIN, 127}}},
    {"maltrail/apt_paragon.txt", 37, 0, {{OBS_DOMAIN, 20}, {OBS_IP, 17}}},
    {"maltrail/quadream.txt", 164, 0, {{OBS_DOMAIN, 164}}},
    {"maltrail/apt_triangulation.txt", 18, 12, {{OBS_DOMAIN, 18}}},
    {"maltrail/android_hermit.txt", 32, 0, {{OBS_DOMAIN, 26}, {OBS_IP, 6}}},
    {"maltrail/apt_hermit.txt", 15, 0, {{OBS_DOMAIN, 13}, {OBS_IP, 2}}},
    {"maltrail/android_landfall.txt", 10, 0, {{OBS_DOMAIN, 4}, {OBS_IP, 6}}},
    {"maltrail/apt_novispy.txt", 1, 0, {{OBS_IP, 1}}},
    {"maltrail/apt_finfisher.txt", 23, 0, {{OBS_DOMAIN, 11}, {OBS_IP, 12}}},
    {"misp-galaxy/stalkerware.json", 658, 0, {{OBS_DOMAIN, 658}}},
    {"misp-warninglists/url-shortener/list.json", 255, 0, {{OBS_DOMAIN, 255}}},
    {"misp-warninglists/rfc1918/list.json", 3, 0, {{OBS_IP, 3}}},
    {"mvt-indicators/ResidentBat/domains.txt", 0, 0, {{OBS_NONE, 0}}},
    {"mvt-indicators/intellexa_predator/domains.txt", 568, 1, {{OBS_DOMAIN, 568}}},
    /* 3420 entries */
    {"tinycheck/iocs.json", 2909, 511, {{OBS_DOMAIN, 2392}, {OBS_IP, 385}, {OBS_CERT, 132}}},
};

static void public_sets_load_as_counted(void **state)
{
    (void)state;
    struct arena a = {0}, file = {0};
    const char *shared = getenv("BRIDLE_SHARED"), *source = getenv("BRIDLE_SOURCE");
    if (!shared)
        shared = arena_printf(&a, "%s/../shared", source ? source : ".");
    const char *folder = arena_printf(&a, "%s/indicators", shared);
    if (access(folder, R_OK) != 0) {
        print_message("no folder %s: skipped\n", folder);
        arena_free(&a);
        skip();
    }
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
        struct err e = {0};
        struct stat st;
        struct slice text;
        struct indicators *in = indicators_new();
        int fd = open(arena_printf(&a, "%s/%s", folder, sets[i].file), O_RDONLY | O_CLOEXEC);
        assert_true(fd >= 0 && fstat(fd, &st) == 0);
        struct blob *b = blob_of_fd(fd, 0, (uint64_t)st.st_size, true);
        assert_true(blob_slurp(b, 1 << 28, &file, &text, &e));
        if (!set_load(in, sets[i].file, text, &e))
            fail_msg("%s", e.msg);
        const struct set *s = in->sets;
        if (s->loaded != sets[i].loaded || s->rejected != sets[i].rejected)
            fail_msg("%s: %u loaded, %u rejected", sets[i].file, s->loaded, s->rejected);
        for (size_t k = 0; k < 5 && sets[i].types[k].n; k++)
            assert_int_equal(s->by_type[sets[i].types[k].type], sets[i].types[k].n);
        blob_close(b);
        indicators_free(in);
        arena_reset(&file);
    }
    arena_free(&file);
    arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_has_the_type_of_its_name),
        cmocka_unit_test(a_list_without_a_telling_name_is_guessed_value_by_value),
        cmocka_unit_test(lists_of_other_programs_are_read),
        cmocka_unit_test(a_list_takes_its_family_from_its_names),
        cmocka_unit_test(text_in_other_encodings_is_read),
        cmocka_unit_test(what_is_no_set_is_refused),
        cmocka_unit_test(a_table_is_read_by_its_headers),
        cmocka_unit_test(a_table_may_name_the_type_of_each_row),
        cmocka_unit_test(a_table_without_headers_is_guessed_by_column),
        cmocka_unit_test(a_quote_that_never_closes_is_told),
        cmocka_unit_test(prose_gives_what_its_author_marked),
        cmocka_unit_test(an_event_gives_attributes_and_objects),
        cmocka_unit_test(an_event_that_is_cut_off_says_so),
        cmocka_unit_test(what_a_warning_list_holds_is_only_weak),
        cmocka_unit_test(a_galaxy_gives_the_sites_of_sellers),
        cmocka_unit_test(lists_of_typed_values_are_read),
        cmocka_unit_test(a_list_of_apps_is_read),
        cmocka_unit_test(openioc_is_read_even_with_its_value_in_the_id),
        cmocka_unit_test(public_sets_load_as_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
