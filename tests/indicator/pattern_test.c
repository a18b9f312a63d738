/* STIX patterns, as a table: the pattern, and what is looked for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "indicator/stix_pattern.h"

#define HASH32 "0123456789abcdef0123456789abcdef"
#define HASH40 HASH32 "01234567"
#define HASH64 HASH32 HASH32

struct row {
    const char *pattern;
    const char *
        expect; /* "type value", '+' for a prefix, '~' if narrowed, "! why: value"; joined by "; " */
};

static const char *shown(struct slice pattern, struct arena *a)
{
    size_t n;
    const char *all = "";
    struct comparison *c = pattern_parse(pattern, a, &n);
    assert_true(n > 0);
    for (size_t i = 0; i < n; i++) {
        const char *value = arena_string(a, c[i].value);
        if (c[i].why != LINT_OK)
            all = arena_printf(a, "%s%s! %s: %s", all, i ? "; " : "", lint_why(c[i].why), value);
        else
            all = arena_printf(a, "%s%s%s %s%s%s", all, i ? "; " : "", observable_name(c[i].type),
                               value, c[i].prefix ? "+" : "", c[i].narrowed ? "~" : "");
    }
    return all;
}

static void check(const struct row *rows, size_t n)
{
    struct arena a = {0};
    for (size_t i = 0; i < n; i++) {
        const char *got = shown(slice_of(rows[i].pattern), &a);
        if (strcmp(got, rows[i].expect) != 0)
            fail_msg("%s\n  gave     %s\n  expected %s", rows[i].pattern, got, rows[i].expect);
    }
    arena_free(&a);
}

#define CHECK(rows) check(rows, sizeof rows / sizeof *rows)
#define SEVERAL "! not supported: only several things together would count: "
#define OPERATOR "! not supported: this comparison is not an equality: "
#define PROPERTY "! not supported: nothing on a phone is compared with this: "
#define QUALIFIER "! not supported: a pattern over time or count: "
#define BAD "! the pattern cannot be read: "

static void every_property_in_use_is_known(void **state)
{
    (void)state;
    const struct row rows[] = {
        {"[domain-name:value='spy.example']", "domain spy.example"},
        {"[domain-name:value = 'spy.example']", "domain spy.example"},
        {" [ domain-name : value\n=\t'spy.example' ] ", "domain spy.example"},
        {"[url:value='https://e.example/t?id=1&x=2']", "url https://e.example/t?id=1&x=2"},
        {"[ipv4-addr:value='198.51.100.9']", "ip 198.51.100.9"},
        {"[ipv6-addr:value='2001:db8::1']", "ip 2001:db8::1"},
        {"[ipv4-addr:value='198.51.100.0/24']", "ip 198.51.100.0/24"},
        {"[ipv4-addr:value ISSUBSET '198.51.100.0/24']", "ip 198.51.100.0/24"},
        {"[email-addr:value='lure@spy.example']", "email lure@spy.example"},
        {"[email-message:from_ref.value='lure@spy.example']", "email lure@spy.example"},
        {"[process:name='roleaccountd']", "process roleaccountd"},
        {"[process:image_ref.name='x']", "process x"},
        {"[file:name='a.plist']", "filename a.plist"},
        {"[file:path='/private/var/tmp/l/']", "path /private/var/tmp/l/"},
        {"[file:parent_directory_ref.path='/private/var/x']", "path /private/var/x+"},
        {"[directory:path='/private/var/x']", "path /private/var/x+"},
        {"[app:id='com.serv.services']", "app com.serv.services"},
        {"[app:cert.sha256='" HASH64 "']", "cert " HASH64},
        {"[app:cert.sha1='" HASH40 "']", "cert " HASH40},
        {"[app:cert.md5='" HASH32 "']", "cert " HASH32},
        {"[x509-certificate:hashes.'SHA-256'='" HASH64 "']", "cert " HASH64},
        {"[configuration-profile:id='76DAB334']", "profile 76DAB334"},
        {"[android-property:name='sys.brand.note']", "property sys.brand.note"},
        {"[user-account:account_login='someone']", "handle someone"},
        {"[phone-number:value='+15550100']", "phone +15550100"},
        {"[network-traffic:dst_ref.value='198.51.100.9']", "domain 198.51.100.9"},
    };
    CHECK(rows);
}

static void hashes_have_many_spellings(void **state)
{
    (void)state;
    const struct row rows[] = {
        {"[file:hashes.sha256='" HASH64 "']", "hash " HASH64},
        {"[file:hashes.SHA256='" HASH64 "']", "hash " HASH64},
        {"[file:hashes.'SHA-256'='" HASH64 "']", "hash " HASH64},
        {"[file:hashes.\"SHA-256\" = '" HASH64 "']", "hash " HASH64},
        {"[file:hashes['SHA-256']='" HASH64 "']", "hash " HASH64},
        {"[file:hashes.'SHA-1'='" HASH40 "']", "hash " HASH40},
        {"[file:hashes.MD5='" HASH32 "']", "hash " HASH32},
        {"[artifact:hashes.MD5='" HASH32 "']", "hash " HASH32},
        {"[file:hashes.MD5='" HASH40 "']", "! not a value of its type: " HASH40},
        {"[file:hashes.ssdeep='3::']",
         "! a kind of hash that is not supported: file:hashes.ssdeep='3::'"},
        {"[file:hashes.IMPHASH='" HASH32 "']",
         "! a kind of hash that is not supported: file:hashes.IMPHASH='" HASH32 "'"},
    };
    CHECK(rows);
}

static void strings_may_hold_anything(void **state)
{
    (void)state;
    const struct row rows[] = {
        {"[url:value='http://a.example/?x=1=2']", "url http://a.example/?x=1=2"},
        {"[url:value='http://a.example/[x]']", "url http://a.example/[x]"},
        {"[file:name='it\\'s']", "filename it's"},
        {"[file:name='a\\\\b']", "filename a\\b"},
        {"[file:name='a\\b']", "filename a\\b"},
        {"[file:name='\\\\']", "filename \\"},
        {"[file:name=' OR ']", "filename  OR "},
        {"[file:name='']", "filename "},
        {"[file:name='\xd1\x8f']", "filename \xd1\x8f"},
    };
    CHECK(rows);
}

static void alternatives_become_one_comparison_each(void **state)
{
    (void)state;
    const struct row rows[] = {
        {"[domain-name:value='a.example' OR domain-name:value='b.example']",
         "domain a.example; domain b.example"},
        {"[domain-name:value IN ('a.example', 'b.example','c.example')]",
         "domain a.example; domain b.example; domain c.example"},
        {"[domain-name:value='a.example'] OR [url:value='http://b.example/']",
         "domain a.example; url http://b.example/"},
        {"([domain-name:value='a.example'] OR [app:id='x.y']) OR [app:id='z.y']",
         "domain a.example; app x.y; app z.y"},
        {"[(domain-name:value='a.example' OR (app:id='x.y')) OR app:id='z.y']",
         "domain a.example; app x.y; app z.y"},
        {"[domain-name:value='a.example' or mutex:name='m']",
         "domain a.example; ! not supported: phones have no such thing: mutex:name='m'"},
    };
    CHECK(rows);
}

static void of_things_together_what_is_enough_is_taken(void **state)
{
    (void)state;
    const struct row rows[] = {
        {"[file:hashes.MD5='" HASH32 "' AND file:hashes.SHA1='" HASH40 "']",
         "hash " HASH32 "; hash " HASH40},
        {"[file:hashes.MD5='" HASH32 "' AND file:name='a' AND file:size=5]", "hash " HASH32},
        {"[file:size=5 AND file:name='a' AND file:hashes.MD5='" HASH32 "']", "hash " HASH32},
        {"[file:name='a' AND file:size = 5]", "filename a~"},
        {"[network-traffic:dst_ref.type = 'ipv4-addr' AND network-traffic:dst_ref.value = "
         "'198.51.100.9']",
         "domain 198.51.100.9"},
        {"[network-traffic:dst_ref.type='ipv4-addr' AND network-traffic:dst_ref.value="
         "'198.51.100.9' AND network-traffic:dst_port = '443']",
         "domain 198.51.100.9~"},
        {"[network-traffic:dst_ref.value='198.51.100.9' AND network-traffic:dst_port=443]",
         "domain 198.51.100.9~"},
        {"[network-traffic:dst_ref.value='198.51.100.9' AND network-traffic:protocols[*]='tcp']",
         "domain 198.51.100.9~"},
        {"[domain-name:value='a.example' AND url:value='http://b.example/']",
         SEVERAL "a.example; " SEVERAL "http://b.example/"},
        {"[app:id='a.b' AND app:cert.sha1='" HASH40 "']", SEVERAL "a.b; " SEVERAL HASH40},
        {"[file:name='a' AND file:path='/b']", SEVERAL "a; " SEVERAL "/b"},
        {"[domain-name:value='a.example' AND (app:id='x' OR app:id='y')]",
         SEVERAL "a.example; " SEVERAL "x; " SEVERAL "y"},
        {"[domain-name:value='a.example'] AND [app:id='x']", SEVERAL "a.example; " SEVERAL "x"},
        {"[domain-name:value='a.example'] FOLLOWEDBY [app:id='x']",
         SEVERAL "a.example; " SEVERAL "x"},
        /* AND binds tighter than OR. */
        {"[app:id='x' OR domain-name:value='a.example' AND url:value='http://b.example/']",
         "app x; " SEVERAL "a.example; " SEVERAL "http://b.example/"},
    };
    CHECK(rows);
}

static void what_is_no_equality_is_refused_by_name(void **state)
{
    (void)state;
    const struct row rows[] = {
        {"[domain-name:value != 'a.example']", OPERATOR "domain-name:value != 'a.example'"},
        {"[domain-name:value NOT = 'a.example']", OPERATOR "domain-name:value NOT = 'a.example'"},
        {"[domain-name:value MATCHES '^a']", OPERATOR "domain-name:value MATCHES '^a'"},
        {"[domain-name:value LIKE 'a%']", OPERATOR "domain-name:value LIKE 'a%'"},
        {"[domain-name:value LIKE 'a.example']", "domain a.example"},
        {"[domain-name:value LIKE '%.a.example']", "domain a.example"},
        {"[url:value LIKE 'https://a.example/x/%']", "url https://a.example/x/+"},
        {"[url:value LIKE 'https://a.example/x%']",
         OPERATOR "url:value LIKE 'https://a.example/x%'"},
        {"[url:value LIKE '%/x/%']", OPERATOR "url:value LIKE '%/x/%'"},
        {"[file:path LIKE '/private/var/x/%']", "path /private/var/x/+"},
        {"[ipv4-addr:value ISSUPERSET '198.51.100.1']",
         OPERATOR "ipv4-addr:value ISSUPERSET '198.51.100.1'"},
        {"[domain-name:value ISSUBSET 'a.example']",
         OPERATOR "domain-name:value ISSUBSET 'a.example'"},
        {"[EXISTS domain-name:value]", OPERATOR "EXISTS domain-name:value"},
        {"[process:pid > 5]", PROPERTY "process:pid > 5"},
        {"[process:command_line='rm -rf']", PROPERTY "process:command_line='rm -rf'"},
        {"[windows-registry-key:key='HKLM\\\\x']",
         "! not supported: phones have no such thing: windows-registry-key:key='HKLM\\\\x'"},
        {"[x-custom:thing='a']", PROPERTY "x-custom:thing='a'"},
        {"[file:size=5]", PROPERTY "[file:size=5]"},
        {"[domain-name:value='a.example'] WITHIN 5 SECONDS", QUALIFIER "a.example"},
        {"[domain-name:value='a.example'] REPEATS 5 TIMES", QUALIFIER "a.example"},
        {"[domain-name:value='a.example'] START t'2026-01-01T00:00:00Z' STOP "
         "t'2026-02-01T00:00:00Z'",
         QUALIFIER "a.example"},
        {"[app:id='x'] OR [domain-name:value='a.example'] REPEATS 5 TIMES WITHIN 6 SECONDS",
         "app x; " QUALIFIER "a.example"},
    };
    CHECK(rows);
}

static void what_cannot_be_read_is_told(void **state)
{
    (void)state;
    const char *const broken[] = {
        "domain-name:value='a.example'",
        "[domain-name:value='a.example'",
        "[domain-name:value='a.example']]",
        "[domain-name:value=a.example']",
        "[domain-name:value='a.example]",
        "[domain-name:value]",
        "[domain-name='a.example']",
        "[:value='a.example']",
        "[domain-name:value='a' AND]",
        "[domain-name:value='a'] OR",
        "[domain-name:value='a'] x",
        "[domain-name:value IN ('a',)]",
        "[domain-name:value IN 'a']",
        "[]",
        "[(domain-name:value='a']",
        "([domain-name:value='a']",
        "[domain-name:value=]",
        "[domain-name:value 'a']",
        "[domain-name:value='a'] WITHIN 5",
        "[domain-name:value='a'] START t'x'",
        "[domain-name:.='a']",
        "[file:hashes[='a']",
        "alert tcp any any -> any any",
        "rule x { condition: true }",
    };
    struct arena a = {0};
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        const char *expect = arena_printf(&a, BAD "%s", broken[i]);
        assert_string_equal(shown(slice_of(broken[i]), &a), expect);
    }
    assert_string_equal(shown(slice_of(""), &a), BAD);
    arena_free(&a);
}

static void depth_and_number_of_terms_are_bounded(void **state)
{
    (void)state;
    struct arena a = {0};
    struct buf b = {0};
    buf_text(&b, "[");
    for (int i = 0; i < 100000; i++)
        buf_text(&b, "(");
    assert_true(slice_starts(slice_of(shown(buf_view(&b), &a)), BAD "[(((("));
    buf_clear(&b);
    for (int i = 0; i < 100000; i++)
        buf_text(&b, "(");
    assert_true(slice_starts(slice_of(shown(buf_view(&b), &a)), BAD "(((("));
    buf_clear(&b);
    buf_text(&b, "[app:id IN ('a'");
    for (int i = 0; i < 5000; i++)
        buf_text(&b, ",'a'");
    buf_text(&b, ")]");
    assert_true(slice_starts(slice_of(shown(buf_view(&b), &a)), BAD));
    buf_clear(&b);
    buf_text(&b, "[app:id='a'");
    for (int i = 0; i < 4000; i++)
        buf_text(&b, " OR app:id='b'");
    buf_text(&b, "]");
    size_t n;
    pattern_parse(buf_view(&b), &a, &n);
    assert_int_equal(n, 4001);
    buf_free(&b);
    arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_property_in_use_is_known),
        cmocka_unit_test(hashes_have_many_spellings),
        cmocka_unit_test(strings_may_hold_anything),
        cmocka_unit_test(alternatives_become_one_comparison_each),
        cmocka_unit_test(of_things_together_what_is_enough_is_taken),
        cmocka_unit_test(what_is_no_equality_is_refused_by_name),
        cmocka_unit_test(what_cannot_be_read_is_told),
        cmocka_unit_test(depth_and_number_of_terms_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
