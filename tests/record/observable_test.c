/* Normal forms and derived observables, as tables: what goes in, what must come out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/utf8.h"
#include "record/address.h"
#include "record/observable.h"

struct form {
    enum observable type;
    const char *in;
    const char *out; /* "type value", or NULL: none */
};

static void check_forms(const struct form *rows, size_t n)
{
    struct arena a = {0};
    for (size_t i = 0; i < n; i++) {
        struct observed o;
        struct slice in = slice_of(rows[i].in);
        bool ok = observable_normalise(rows[i].type, in, &a, &o);
        const char *got =
            ok ? arena_printf(&a, "%s %s", observable_name(o.type), arena_string(&a, o.value))
               : NULL;
        if (!got != !rows[i].out || (got && strcmp(got, rows[i].out) != 0))
            fail_msg("%s '%s' gave '%s', not '%s'", observable_name(rows[i].type), rows[i].in,
                     got ? got : "(none)", rows[i].out ? rows[i].out : "(none)");
        if (!ok)
            continue;
        /* A normal form is its own normal form. */
        struct observed again;
        assert_true(observable_normalise(o.type, o.value, &a, &again));
        if (again.type != o.type || !slice_equal(again.value, o.value))
            fail_msg("'%s' changes again to '%s'", got, arena_string(&a, again.value));
    }
    arena_free(&a);
}

#define CHECK(rows) check_forms(rows, sizeof rows / sizeof *rows)

static void domains_are_lower_case_ascii_names(void **state)
{
    (void)state;
    const struct form rows[] = {
        {OBS_DOMAIN, "spy.example", "domain spy.example"},
        {OBS_DOMAIN, " Spy.EXAMPLE. ", "domain spy.example"},
        {OBS_DOMAIN, "spy.example:8443", "domain spy.example"},
        {OBS_DOMAIN, ".spy.example", "domain spy.example"},
        {OBS_DOMAIN, "*.spy.example", "domain spy.example"},
        {OBS_DOMAIN, "https://u@Spy.example:444/x", "url https://spy.example:444/x"},
        {OBS_DOMAIN, "spy.example/x", "url http://spy.example/x"},
        {OBS_DOMAIN, "_dmarc.spy.example", "domain _dmarc.spy.example"},
        {OBS_DOMAIN, "r1---sn-a.spy.example", "domain r1---sn-a.spy.example"},
        {OBS_DOMAIN, "telegr\xc9\x91m.com", "domain xn--telegrm-qbd.com"},
        {OBS_DOMAIN, "TELEGR\xc9\x91M.Com.", "domain xn--telegrm-qbd.com"},
        {OBS_DOMAIN, "XN--telegrm-QBD.com", "domain xn--telegrm-qbd.com"},
        {OBS_DOMAIN,
         "spy\xe3\x80\x82"
         "example",
         "domain spy.example"},
        {OBS_DOMAIN, "spy\xe2\x80\x8b.example", "domain spy.example"},
        {OBS_DOMAIN, "\xf0\x9f\x92\xa9.la", "domain xn--ls8h.la"},
        {OBS_DOMAIN,
         "\xf0\x9f\x92\xa9\xf0\x9f\x92\xa9"
         "a.la",
         "domain xn--a-wb3sa.la"},
        {OBS_DOMAIN, "176.223.111.131", "ip 176.223.111.131"},
        {OBS_DOMAIN, "2001:db8::5", "ip 2001:db8::5"},
        {OBS_DOMAIN, "192.0.2.0/24", "ip 192.0.2.0/24"},
        {OBS_DOMAIN, "11.176.223.111.131.example", "domain 11.176.223.111.131.example"},
        {OBS_DOMAIN, "0x7f.1", NULL},
        {OBS_DOMAIN, "despachosnegocios", NULL},
        {OBS_DOMAIN, "localhost", NULL},
        {OBS_DOMAIN, "a..b.example", NULL},
        {OBS_DOMAIN, "spy example.org", NULL},
        {OBS_DOMAIN, "spy.example\x01", NULL},
        {OBS_DOMAIN, "a.b\xff.example", NULL},
        {OBS_DOMAIN, "spy.123", NULL},
        {OBS_DOMAIN, ".", NULL},
        {OBS_DOMAIN, "", NULL},
        {OBS_DOMAIN, "a123456789012345678901234567890123456789012345678901234567890123.example",
         NULL},
    };
    CHECK(rows);
}

static void urls_have_one_spelling(void **state)
{
    (void)state;
    const struct form rows[] = {
        {OBS_URL, "https://spy.example/l/7f3a", "url https://spy.example/l/7f3a"},
        {OBS_URL, "https://spy.example", "url https://spy.example/"},
        {OBS_URL, "HTTPS://EXAMPLE.ORG/UP", "url https://example.org/UP"},
        {OBS_URL, "https://example.org./dot", "url https://example.org/dot"},
        {OBS_URL, "https://E.example:443/a?id=1#frag", "url https://e.example/a?id=1"},
        {OBS_URL, "http://e.example:80", "url http://e.example/"},
        {OBS_URL, "http://e.example:443/", "url http://e.example:443/"},
        {OBS_URL, "http://e.example:/", "url http://e.example/"},
        {OBS_URL, "http://e.example:00080/", "url http://e.example/"},
        {OBS_URL, "http://e.example:65536/", NULL},
        {OBS_URL, "http://e.example:8o/", NULL},
        {OBS_URL, "https://user:pw@wxyz.example.net:8443", "url https://wxyz.example.net:8443/"},
        {OBS_URL, "https://mail.example.com@example.org/login", "url https://example.org/login"},
        {OBS_URL, "https://a@b@example.org/", "url https://example.org/"},
        {OBS_URL, "http:/\\spy.example\\a/b", "url http://spy.example/a/b"},
        {OBS_URL, "http:spy.example", "url http://spy.example/"},
        {OBS_URL, " https://spy.exa\nmple/x\ty ", "url https://spy.example/xy"},
        {OBS_URL, "https://e.example/%7euser/%41%2f%zz%",
         "url https://e.example/~user/A%2F%25zz%25"},
        {OBS_URL, "https://e.example/a b\"<>", "url https://e.example/a%20b%22%3C%3E"},
        {OBS_URL, "https://e.example/\xc3\xa4?\xc3\xa4", "url https://e.example/%C3%A4?%C3%A4"},
        {OBS_URL, "https://e.example/a/./b/../c/%2e%2e/d", "url https://e.example/a/d"},
        {OBS_URL, "https://e.example/../..", "url https://e.example/"},
        {OBS_URL, "https://e.example/a//b", "url https://e.example/a//b"},
        {OBS_URL, "https://e.example/a/..//b", "url https://e.example//b"},
        {OBS_URL, "https://e.example/.well-known/x", "url https://e.example/.well-known/x"},
        {OBS_URL, "https://e.example/a?x=/../y", "url https://e.example/a?x=/../y"},
        {OBS_URL, "https://e.example?x=1", "url https://e.example/?x=1"},
        {OBS_URL, "https://e.example/a?", "url https://e.example/a"},
        {OBS_URL, "https://e.example/a?u=https://b.example/",
         "url https://e.example/a?u=https://b.example/"},
        {OBS_URL, "https://e.example/?q='a'&b=(c)", "url https://e.example/?q='a'&b=(c)"},
        {OBS_URL, "https://spy%2Eexample/x", "url https://spy.example/x"},
        {OBS_URL, "https://telegr\xc9\x91m.com/a", "url https://xn--telegrm-qbd.com/a"},
        {OBS_URL, "http://0xc6336417/", "url http://198.51.100.23/"},
        {OBS_URL, "http://0306.0063.0144.027/", "url http://198.51.100.23/"},
        {OBS_URL, "http://3325256727/", "url http://198.51.100.23/"},
        {OBS_URL, "http://198.51.25623/", "url http://198.51.100.23/"},
        {OBS_URL, "http://198.51.100.23:8080/d", "url http://198.51.100.23:8080/d"},
        {OBS_URL, "http://198.51.100.256/", NULL},
        {OBS_URL, "http://1.2.3.4.5/", NULL},
        {OBS_URL, "http://[2001:DB8:0:0:0:0:0:5]:8443/", "url http://[2001:db8::5]:8443/"},
        {OBS_URL, "http://[::ffff:198.51.100.23]/", "url http://198.51.100.23/"},
        {OBS_URL, "http://[::1", NULL},
        {OBS_URL, "example.org", "domain example.org"},
        {OBS_URL, "example.org:8080", "domain example.org"},
        {OBS_URL, "example.org:8080/x", "url http://example.org:8080/x"},
        {OBS_URL, "example.org:80/x", "url http://example.org/x"},
        {OBS_URL, "http://e.example/x?#f", "url http://e.example/x"},
        {OBS_URL, "http://e.example/x??#f", "url http://e.example/x??"},
        {OBS_URL, "//198.51.100.23:80/x", "url http://198.51.100.23/x"},
        {OBS_URL, "//example.org/x", "url http://example.org/x"},
        {OBS_URL, "198.51.100.23", "ip 198.51.100.23"},
        {OBS_URL, "blob:https://spy.example/0f", "url https://spy.example/0f"},
        {OBS_URL, "view-source:https://spy.example/", "url https://spy.example/"},
        {OBS_URL, "mailto:Lure@Spy.example?subject=x", "email lure@spy.example"},
        {OBS_URL, "tel:+1-555-0100", "phone +15550100"},
        {OBS_URL, "file:///var/tmp/a%20b", "path /private/var/tmp/a b"},
        {OBS_URL, "custom://Host.example/A", "url custom://host.example/A"},
        {OBS_URL, "http://router/", "url http://router/"},
        {OBS_URL, "router", NULL},
        {OBS_URL, "about:blank", NULL},
        {OBS_URL, "javascript:alert(1)", NULL},
        {OBS_URL, "data:text/html,x", NULL},
        {OBS_URL, "itms-services://?action=download-manifest", NULL},
        {OBS_URL, "https://", NULL},
        {OBS_URL, "https:///", NULL},
        {OBS_URL, "https://spy example/", NULL},
        {OBS_URL, "/just/a/path", NULL},
        {OBS_URL, "", NULL},
    };
    CHECK(rows);
}

static void addresses_have_one_spelling(void **state)
{
    (void)state;
    const struct form rows[] = {
        {OBS_IP, "198.51.100.23", "ip 198.51.100.23"},
        {OBS_IP, " 198.51.100.23:443 ", "ip 198.51.100.23"},
        {OBS_IP, "/198.51.100.23:443", "ip 198.51.100.23"},
        {OBS_IP, "198.51.100.0/24", "ip 198.51.100.0/24"},
        {OBS_IP, "198.51.100.23/32", "ip 198.51.100.23"},
        {OBS_IP, "2001:0DB8::0005", "ip 2001:db8::5"},
        {OBS_IP, "2001:db8:0:0:1:0:0:1", "ip 2001:db8::1:0:0:1"},
        {OBS_IP, "2001:db8:0:1:1:1:1:1", "ip 2001:db8:0:1:1:1:1:1"},
        {OBS_IP, "::", "ip ::"},
        {OBS_IP, "1::", "ip 1::"},
        {OBS_IP, "::1.2.3.4", "ip ::102:304"},
        {OBS_IP, "::ffff:1.2.3.4", "ip 1.2.3.4"},
        {OBS_IP, "64:ff9b::1.2.3.4", "ip 64:ff9b::102:304"},
        {OBS_IP, "fe80::1%en0", "ip fe80::1"},
        {OBS_IP, "[2001:db8::1]:443", "ip 2001:db8::1"},
        {OBS_IP, "2001:db8::/32", "ip 2001:db8::/32"},
        {OBS_IP, "198.51.100.023", NULL},
        {OBS_IP, "198.51.100", NULL},
        {OBS_IP, "198.51.100.23.example", NULL},
        {OBS_IP, "0xc6336417", NULL},
        {OBS_IP, "198.51.100.0/33", NULL},
        {OBS_IP, "198.51.100.0/", NULL},
        {OBS_IP, "1:2:3:4:5:6:7", NULL},
        {OBS_IP, "1:2:3:4:5:6:7:8:9", NULL},
        {OBS_IP, "1:2:3:4:5:6:7:8:", NULL},
        {OBS_IP, ":1:2:3:4:5:6:7:8", NULL},
        {OBS_IP, "1::2::3", NULL},
        {OBS_IP, "1:2:3:4:5:6:7::8", NULL},
        {OBS_IP, "12345::", NULL},
        {OBS_IP, "1:2:3:4:5:6:7:1.2.3.4", NULL},
        {OBS_IP, "", NULL},
    };
    CHECK(rows);
}

static void people_are_email_phone_or_account(void **state)
{
    (void)state;
    const struct form rows[] = {
        {OBS_EMAIL, "Lure@Spy.Example", "email lure@spy.example"},
        {OBS_EMAIL, "mailto:lure@spy.example", "email lure@spy.example"},
        {OBS_EMAIL, "A Name <lure@spy.example>", "email lure@spy.example"},
        {OBS_EMAIL, "\"lure\"@spy.example", "email lure@spy.example"},
        {OBS_EMAIL, "'lure@spy.example'", "email lure@spy.example"},
        {OBS_EMAIL, "lure+tag@spy.example", "email lure+tag@spy.example"},
        {OBS_EMAIL, "lu\x01re@spy.example", "email lure@spy.example"},
        {OBS_EMAIL, "lure\xe2\x80\x8b@spy.example", "email lure@spy.example"},
        {OBS_EMAIL, "lure@telegr\xc9\x91m.com", "email lure@xn--telegrm-qbd.com"},
        {OBS_EMAIL, "lure@spy", NULL},
        {OBS_EMAIL, "@spy.example", NULL},
        {OBS_EMAIL, "lure@", NULL},
        {OBS_EMAIL, "a b@spy.example", NULL},
        {OBS_EMAIL, "a@b@spy.example", NULL},
        {OBS_EMAIL, "lure@198.51.100.23", NULL},
        {OBS_PHONE, "+1 (555) 010-0123", "phone +15550100123"},
        {OBS_PHONE, "tel:+1-555-0100;ext=5", "phone +15550100"},
        {OBS_PHONE, "0049 555 0100123", "phone +495550100123"},
        {OBS_PHONE, "555 0100", "phone 5550100"},
        {OBS_PHONE, "\xe2\x80\xaa+1 555 0100\xe2\x80\xac", "phone +15550100"},
        {OBS_PHONE,
         "+1\xc2\xa0"
         "555 0100",
         "phone +15550100"},
        {OBS_PHONE, "123", "phone 123"},
        {OBS_PHONE, "12", NULL},
        {OBS_PHONE, "INFO", NULL},
        {OBS_PHONE, "+", NULL},
        {OBS_PHONE, "*#21#", NULL},
        {OBS_PHONE, "123456789012345678901234567890", NULL},
        {OBS_HANDLE, "lure@spy.example", "email lure@spy.example"},
        {OBS_HANDLE, "mailto:Lure@spy.example", "email lure@spy.example"},
        {OBS_HANDLE, "E:lure@spy.example", "email lure@spy.example"},
        {OBS_HANDLE, "p:+15550100", "phone +15550100"},
        {OBS_HANDLE, "tel:+15550100", "phone +15550100"},
        {OBS_HANDLE, "iMessage;-;+15550100", "phone +15550100"},
        {OBS_HANDLE, "SMS;-;INFO", "account INFO"},
        {OBS_HANDLE, "iMessage;+;chat123", "account chat123"},
        {OBS_HANDLE, "+15550100", "phone +15550100"},
        {OBS_HANDLE, "555-0100", "phone 5550100"},
        {OBS_HANDLE, "5550100", "phone 5550100"},
        {OBS_HANDLE, "55501", "account 55501"},
        {OBS_HANDLE, "15550100@s.whatsapp.net", "phone +15550100"},
        {OBS_HANDLE, "15550100:12@s.whatsapp.net", "phone +15550100"},
        {OBS_HANDLE, "15550100-1400000000@g.us", "account 15550100-1400000000@g.us"},
        {OBS_HANDLE, "184467440@lid", "account 184467440@lid"},
        {OBS_HANDLE, "status@broadcast", "account status@broadcast"},
        {OBS_HANDLE, "INFO", "account INFO"},
        {OBS_HANDLE, "some one", "account some one"},
        {OBS_HANDLE,
         "a\x01"
         "b",
         "account a\\x01b"},
        {OBS_HANDLE, "", NULL},
    };
    CHECK(rows);
}

static void names_and_paths_have_one_spelling(void **state)
{
    (void)state;
    const struct form rows[] = {
        {OBS_PROCESS, "roleaccountd", "process roleaccountd"},
        {OBS_PROCESS, " /x/roleaccountd ", "process roleaccountd"},
        {OBS_PROCESS, "smallfinchd/com.example.host", "process smallfinchd"},
        {OBS_PROCESS, "RoleAccountd", "process RoleAccountd"},
        {OBS_PROCESS, "/", NULL},
        {OBS_APP, "org.example.Kit", "app org.example.Kit"},
        {OBS_APP, "org.example.kit/.Main", "app org.example.kit"},
        {OBS_PATH, "/private/var/tmp/l/", "path /private/var/tmp/l"},
        {OBS_PATH, "/var/tmp/l", "path /private/var/tmp/l"},
        {OBS_PATH, "/var", "path /private/var"},
        {OBS_PATH, "/variable/x", "path /variable/x"},
        {OBS_PATH, "/tmp/x", "path /private/tmp/x"},
        {OBS_PATH, "/etc/hosts", "path /private/etc/hosts"},
        {OBS_PATH, "~/Library/SMS", "path /private/var/mobile/Library/SMS"},
        {OBS_PATH, "//a///b/./c/../d", "path /a/b/d"},
        {OBS_PATH, "/../a", "path /a"},
        {OBS_PATH, "/a/.hidden", "path /a/.hidden"},
        {OBS_PATH, "Library/Preferences/x.plist", "path Library/Preferences/x.plist"},
        {OBS_PATH, "./a/b", "path a/b"},
        {OBS_PATH, "file:///private/var/a", "path /private/var/a"},
        {OBS_PATH, "file://localhost/a%2Fb", "path /a/b"},
        {OBS_PATH, "/a\nb\xff", "path /a\\x0ab\\xff"},
        {OBS_PATH, "/", NULL},
        {OBS_PATH, "", NULL},
        {OBS_FILENAME, "/a/roleaccountd.plist", "filename roleaccountd.plist"},
        {OBS_FILENAME, "/a/", NULL},
        {OBS_HASH, "D41D8CD98F00B204E9800998ECF8427E", "hash d41d8cd98f00b204e9800998ecf8427e"},
        {OBS_HASH, " d41d8cd9 8f00b204 e9800998 ecf8427e ",
         "hash d41d8cd98f00b204e9800998ecf8427e"},
        {OBS_CERT, "61:ED:37:7E:85:D3:86:A8:DF:EE:6B:86:4B:D8:5B:0B:FA:A5:AF:81",
         "cert 61ed377e85d386a8dfee6b864bd85b0bfaa5af81"},
        {OBS_HASH, "d41d8cd98f00b204e9800998ecf8427", NULL},
        {OBS_HASH, "d41d8cd98f00b204e9800998ecf8427g", NULL},
        {OBS_PROFILE, "76DAB334-7E17-475D-A5D6-0794EB5818A5",
         "profile 76dab334-7e17-475d-a5d6-0794eb5818a5"},
        {OBS_PROPERTY, "sys.brand.note", "property sys.brand.note"},
        {OBS_ACCOUNT, " someone ", "account someone"},
        {OBS_TEXT, "spy.example", NULL},
        {OBS_NONE, "spy.example", NULL},
    };
    CHECK(rows);
}

struct found {
    enum observable type;
    const char *in;
    const char *out; /* "type value" of all, joined by "; ", in the order found */
};

static const char *derive(enum observable type, struct slice in, struct arena *a)
{
    struct sightings s = {0};
    const char *got = "";
    observable_derive(type, RECEIVED, "text", in, a, &s);
    for (size_t i = 0; i < s.n; i++) {
        assert_true(utf8_valid(s.items[i].value) && s.items[i].value.n);
        got = arena_printf(a, "%s%s%s %s", got, i ? "; " : "", observable_name(s.items[i].type),
                           arena_string(a, s.items[i].value));
    }
    return got;
}

static void check_found(const struct found *rows, size_t n)
{
    struct arena a = {0};
    for (size_t i = 0; i < n; i++) {
        const char *got = derive(rows[i].type, slice_of(rows[i].in), &a);
        if (strcmp(got, rows[i].out) != 0)
            fail_msg("%s '%s' gave '%s', not '%s'", observable_name(rows[i].type), rows[i].in, got,
                     rows[i].out);
    }
    arena_free(&a);
}

#define FOUND(rows) check_found(rows, sizeof rows / sizeof *rows)

static void text_yields_links(void **state)
{
    (void)state;
    const struct found rows[] = {
        {OBS_TEXT, "https://spy.example/l", "url https://spy.example/l; domain spy.example"},
        {OBS_TEXT, "Is it you? (https://spy.example/v.) ",
         "url https://spy.example/v; domain spy.example"},
        {OBS_TEXT, "Look\nhttps://spy.example/nl\nnow",
         "url https://spy.example/nl; domain spy.example"},
        {OBS_TEXT, "\xe2\x80\xa6https://spy.example/e\xe2\x80\x94ok",
         "url https://spy.example/e; domain spy.example"},
        {OBS_TEXT, "see https://en.example.org/Foo_(bar), ok",
         "url https://en.example.org/Foo_(bar); domain en.example.org"},
        {OBS_TEXT, "[x](https://spy.example/a)", "url https://spy.example/a; domain spy.example"},
        {OBS_TEXT, "{\"u\":\"https://spy.example/a\",\"v\":1}",
         "url https://spy.example/a; domain spy.example"},
        {OBS_TEXT, "{\"u\":\"https:\\/\\/spy.example\\/a\"}",
         "url https://spy.example/a; domain spy.example"},
        {OBS_TEXT, "'https://spy.example','x'", "url https://spy.example/; domain spy.example"},
        {OBS_TEXT, "<https://spy.example>!", "url https://spy.example/; domain spy.example"},
        {OBS_TEXT, "https://spy.example.", "url https://spy.example/; domain spy.example"},
        {OBS_TEXT, "https://spy.example: this", "url https://spy.example/; domain spy.example"},
        {OBS_TEXT, "https://spy.example:8443,",
         "url https://spy.example:8443/; domain spy.example"},
        {OBS_TEXT, "https://spy.example\xe2\x80\x94ok",
         "url https://spy.example/; domain spy.example"},
        {OBS_TEXT, "clickhttps://spy.example/a", "url https://spy.example/a; domain spy.example"},
        {OBS_TEXT, "HTTPS://EXAMPLE.ORG/UP", "url https://example.org/UP; domain example.org"},
        {OBS_TEXT, "https://a.example/x,https://spy.example/y",
         "url https://a.example/x; domain a.example; url https://spy.example/y; domain spy.example"},
        {OBS_TEXT, "https://mail.example.com@example.org/login",
         "url https://example.org/login; domain example.org"},
        {OBS_TEXT, "https://a;b@spy.example/", "url https://spy.example/; domain spy.example"},
        {OBS_TEXT, "https://spy.example@mail.example.com/inbox",
         "url https://mail.example.com/inbox; domain mail.example.com"},
        {OBS_TEXT, "https://search.example.com/?q=spy.example",
         "url https://search.example.com/?q=spy.example; domain search.example.com"},
        {OBS_TEXT, "https://www.example.com/#https://spy.example/",
         "url https://www.example.com/; domain www.example.com"},
        {OBS_TEXT, "http://198.51.100.23:8080/d",
         "url http://198.51.100.23:8080/d; ip 198.51.100.23"},
        {OBS_TEXT, "http://[2001:db8:0:0::5]:8443/a",
         "url http://[2001:db8::5]:8443/a; ip 2001:db8::5"},
        {OBS_TEXT, "https://telegr\xc9\x91m.com/x",
         "url https://xn--telegrm-qbd.com/x; domain xn--telegrm-qbd.com"},
        {OBS_TEXT, "itms-services://?action=download-manifest&url=https://spy.example/m.plist",
         "url https://spy.example/m.plist; domain spy.example"},
        {OBS_TEXT, "content://com.example.app/1", "url content://com.example.app/1"},
        {OBS_TEXT, "http://router/x", "url http://router/x"},
        {OBS_TEXT, "https://", ""},
        {OBS_TEXT, "://spy.example", ""},
    };
    FOUND(rows);
}

static void text_yields_bare_hosts(void **state)
{
    (void)state;
    const struct found rows[] = {
        {OBS_TEXT, "please open spy.example today", "domain spy.example"},
        {OBS_TEXT, "see spy.example/bonus", "url http://spy.example/bonus; domain spy.example"},
        {OBS_TEXT, "see spy.example/bonus.", "url http://spy.example/bonus; domain spy.example"},
        {OBS_TEXT, "spy.example:8443/x", "url http://spy.example:8443/x; domain spy.example"},
        {OBS_TEXT, "spy.example:8443", "domain spy.example"},
        {OBS_TEXT, "spy.example?x=1", "url http://spy.example/?x=1; domain spy.example"},
        {OBS_TEXT, "spy.example? yes", "domain spy.example"},
        {OBS_TEXT, "spy.example.", "domain spy.example"},
        {OBS_TEXT, "SPY.Example!", "domain spy.example"},
        {OBS_TEXT, "(spy.example)", "domain spy.example"},
        {OBS_TEXT, "-spy.example", "domain spy.example"},
        {OBS_TEXT, "*_spy.example_*", "domain spy.example"},
        {OBS_TEXT, "my-spy.example", "domain my-spy.example"},
        {OBS_TEXT, "notspy.example", "domain notspy.example"},
        {OBS_TEXT, "spy.example.com", "domain spy.example.com"},
        {OBS_TEXT, "url=spy.example;", "domain spy.example"},
        {OBS_TEXT, "src=//spy.example/x", "url http://spy.example/x; domain spy.example"},
        {OBS_TEXT, "a\\nspy.example", "domain spy.example"},
        {OBS_TEXT, "report.pdf and v1.2.3 and foo.local", ""},
        {OBS_TEXT, "com.apple.WebKit.Networking", ""},
        {OBS_TEXT, "/usr/lib/spy.example/x", ""},
        {OBS_TEXT, "Library/d3mo-cdn.test-old/a", ""},
        {OBS_TEXT, "q=https%3A%2F%2Fspy.example", ""},
        {OBS_TEXT, "https_www.spy.example_0", ""},
        {OBS_TEXT, "a..spy.example", ""},
        {OBS_TEXT, "telegr\xc9\x91m.com", "domain xn--telegrm-qbd.com"},
        {OBS_TEXT, "\xe2\x80\x9cspy.example\xe2\x80\x9d", "domain spy.example"},
        {OBS_TEXT, "spy.example\xe2\x80\xa6", "domain spy.example"},
        /* Chinese and Korean around a name, without blanks. */
        {OBS_TEXT, "\xe6\x89\x93\xe5\xbc\x80spy.example\xe7\x9c\x8b", "domain spy.example"},
        {OBS_TEXT, "spy.example\xec\x97\x90\xec\x84\x9c", "domain spy.example"},
        {OBS_TEXT, "https://spy.example\xec\x97\x90\xec\x84\x9c",
         "url https://spy.example/; domain spy.example"},
        {OBS_TEXT, "\xe7\x82\xb9https://spy.example/a\xe3\x80\x82",
         "url https://spy.example/a; domain spy.example"},
        /* A Cyrillic letter in a Latin name is no border: "pple.example" was never named. */
        {OBS_TEXT, "\xd0\xb0pple.example", "domain xn--pple-43d.example"},
    };
    FOUND(rows);
}

static void text_yields_addresses_and_emails(void **state)
{
    (void)state;
    const struct found rows[] = {
        {OBS_TEXT, "to 198.51.100.23:443,", "ip 198.51.100.23"},
        {OBS_TEXT, "198.51.100.23/d", "url http://198.51.100.23/d; ip 198.51.100.23"},
        {OBS_TEXT, "net 192.0.2.0/24.", "ip 192.0.2.0"},
        {OBS_TEXT, "198.51.100.23.", "ip 198.51.100.23"},
        {OBS_TEXT, "198.51.100.23.example.com", "domain 198.51.100.23.example.com"},
        {OBS_TEXT, "198.51.100.231", "ip 198.51.100.231"},
        {OBS_TEXT, "1.198.51.100.23", ""},
        {OBS_TEXT, "0306.0063.0144.027 3325256727 0xc6336417", ""},
        {OBS_TEXT, "addr 2001:db8::5 up", "ip 2001:db8::5"},
        {OBS_TEXT, "[2001:db8::5]:443", "ip 2001:db8::5"},
        {OBS_TEXT, "1:2:3:4:5:6:7:8", "ip 1:2:3:4:5:6:7:8"},
        {OBS_TEXT, "12:30:45.123 a::b aa:bb:cc:dd:ee:ff 1:2:3:4:5:6:7:8:9", ""},
        {OBS_TEXT, "lure@spy.example", "email lure@spy.example"},
        {OBS_TEXT, "mailto:Lure@Spy.example.", "email lure@spy.example"},
        {OBS_TEXT, "<john.doe+x@spy.example>", "email john.doe+x@spy.example"},
        {OBS_TEXT, "mail=lure@spy.example&x", "email lure@spy.example"},
        {OBS_TEXT, "a@spy.example,b@spy.example", "email a@spy.example; email b@spy.example"},
        {OBS_TEXT, "user@host.example:8443", "email user@host.example"},
        {OBS_TEXT, "\xe2\x80\xa6lure@spy.example\xe2\x80\xa6", "email lure@spy.example"},
        {OBS_TEXT, "\xe8\xaf\xb7lure@spy.example\xe7\x9c\x8b", "email lure@spy.example"},
        {OBS_TEXT, "15550100@s.whatsapp.net", "phone +15550100"},
        {OBS_TEXT, "sip:bob@198.51.100.23", "ip 198.51.100.23"},
        {OBS_TEXT, "@spy.example and user@host", ""},
        {OBS_TEXT, "@@@@ : :: ... ://", ""},
    };
    FOUND(rows);
}

static void other_fields_yield_what_follows_from_them(void **state)
{
    (void)state;
    const struct found rows[] = {
        {OBS_URL, "https://a.Spy.example/x", "url https://a.spy.example/x; domain a.spy.example"},
        {OBS_URL, "spy.example", "domain spy.example"},
        {OBS_URL, "javascript:go('https://spy.example/x')",
         "url https://spy.example/x; domain spy.example"},
        {OBS_URL, "file:///var/x", "path /private/var/x; filename x"},
        {OBS_DOMAIN, "https://spy.example/x", "url https://spy.example/x; domain spy.example"},
        {OBS_DOMAIN, "a.example, b.example", "domain a.example; domain b.example"},
        {OBS_EMAIL, "a@spy.example; b@spy.example", "email a@spy.example; email b@spy.example"},
        {OBS_EMAIL, "lure@spy.example", "email lure@spy.example"},
        {OBS_PATH, "/var/db/.x/stage.gif", "path /private/var/db/.x/stage.gif; filename stage.gif"},
        {OBS_PATH, "Library/WebKit/https_spy.example_0/x.sqlite3",
         "path Library/WebKit/https_spy.example_0/x.sqlite3; filename x.sqlite3; domain spy.example"},
        {OBS_PATH, "/a/https_d3mo-cdn.test_0.localstorage",
         "path /a/https_d3mo-cdn.test_0.localstorage; filename https_d3mo-cdn.test_0.localstorage; "
         "domain d3mo-cdn.test"},
        {OBS_PATH, "/a/https+++spy.example^userContextId=1/idb",
         "path /a/https+++spy.example^userContextId=1/idb; filename idb; domain spy.example"},
        {OBS_PATH, "/a/http_198.51.100.23_8080",
         "path /a/http_198.51.100.23_8080; "
         "filename http_198.51.100.23_8080; ip 198.51.100.23"},
        {OBS_PATH, "/a/xhttps_spy.example_0/b", "path /a/xhttps_spy.example_0/b; filename b"},
        {OBS_PATH, "/a/https_spy.example/b", "path /a/https_spy.example/b; filename b"},
        {OBS_PATH, "Documents/notd3mo-cdn.test/file",
         "path Documents/notd3mo-cdn.test/file; filename file"},
        {OBS_PROCESS, "/var/tmp/UserEventAgent",
         "process UserEventAgent; path /private/var/tmp/UserEventAgent; filename UserEventAgent"},
        {OBS_PROCESS, "smallfinchd/com.example.host",
         "process smallfinchd; process com.example.host; app com.example.host"},
        {OBS_PROCESS, "com.example.app:remote",
         "process com.example.app:remote; process com.example.app; app com.example.app"},
        {OBS_PROCESS, "kworker/0:1", "process kworker"},
        {OBS_APP, "com.example.app", "app com.example.app"},
        {OBS_HANDLE, "mailto:Lure@spy.example", "email lure@spy.example"},
    };
    FOUND(rows);
}

static void a_hidden_byte_in_an_account_does_not_hide_it(void **state)
{
    (void)state;
    struct arena a = {0};
    assert_string_equal(derive(OBS_HANDLE, slice_at("mailto:x\0\0y@mail.example.com", 28), &a),
                        "email xy@mail.example.com");
    arena_free(&a);
}

static void padding_does_not_hide_a_link(void **state)
{
    (void)state;
    struct arena a = {0};
    struct buf b = {0};
    for (int i = 0; i < 200000; i++)
        buf_text(&b, "word . ");
    buf_text(&b, "https://spy.example/x");
    assert_string_equal(derive(OBS_TEXT, buf_view(&b), &a),
                        "url https://spy.example/x; domain spy.example");
    buf_free(&b);
    arena_free(&a);
}

static void too_many_values_are_told(void **state)
{
    (void)state;
    struct arena a = {0};
    struct buf b = {0};
    struct sightings s = {0}, same = {0};
    for (int i = 0; i < 5000; i++)
        buf_printf(&b, "%d.example ", i);
    observable_derive(OBS_TEXT, RECEIVED, "text", buf_view(&b), &a, &s);
    assert_int_equal(s.n, RECORD_MAX_SIGHTINGS);
    assert_true(s.overfull);
    buf_clear(&b);
    for (int i = 0; i < 50000; i++)
        buf_text(&b, "spy.example ");
    observable_derive(OBS_TEXT, RECEIVED, "text", buf_view(&b), &a, &same);
    assert_int_equal(same.n, 1);
    assert_false(same.overfull);
    buf_free(&b);
    arena_free(&a);
}

static void one_value_of_a_field_keeps_its_highest_exposure(void **state)
{
    (void)state;
    struct arena a = {0};
    struct sightings s = {0};
    struct record r;
    record_start(&r, ROW, slice_of("t"), 1);
    record_observe(&r, "url", OBS_URL, OPENED, slice_of("https://spy.example/"));
    record_observe(&r, "text", OBS_TEXT, RECEIVED, slice_of("https://spy.example/"));
    record_observe(&r, "url", OBS_URL, RECEIVED, slice_of("https://spy.example/#x"));
    record_text(&r, "note", slice_of("https://not.example/"));
    record_derive(&r, &a, &s);
    assert_int_equal(s.n, 4); /* url and host, of two fields */
    assert_int_equal(s.items[0].exposure, OPENED);
    assert_int_equal(s.items[2].exposure, RECEIVED);
    arena_free(&a);
}

static void defanged_values_are_refanged(void **state)
{
    (void)state;
    static const struct {
        const char *in, *out;
    } rows[] = {
        {"spy[.]example", "spy.example"},
        {"spy(.)example", "spy.example"},
        {"spy[dot]example", "spy.example"},
        {"spy[DOT]example", "spy.example"},
        {"hxxps://spy[.]example/x", "https://spy.example/x"},
        {"hXXp[:]//spy.example", "http://spy.example"},
        {"hxxp[s]://spy.example", "https://spy.example"},
        {"hxxps[://]spy.example", "https://spy.example"},
        {"198.51.100[.]23", "198.51.100.23"},
        {"lure[at]spy[.]example", "lure@spy.example"},
        {"lure[@]spy.example", "lure@spy.example"},
        {"spy\\.example", "spy.example"},
        {"spy.example", "spy.example"},
        {"", ""},
    };
    struct arena a = {0};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct slice in = slice_of(rows[i].in), out = observable_refang(in, &a);
        assert_string_equal(arena_string(&a, out), rows[i].out);
    }
    arena_free(&a);
}

static void registrable_domains_come_from_the_built_in_list(void **state)
{
    (void)state;
    static const struct {
        const char *in, *out;
    } rows[] = {
        {"a.b.spy.example", "spy.example"},
        {"a.bbc.co.uk", "bbc.co.uk"},
        {"m.cnn.gr.com", "cnn.gr.com"},
        {"x.y.github.io", "y.github.io"},
        {"co.uk", ""},
        {"github.io", ""},
        {"198.51.100.23", ""},
        {"2001:db8::1", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_true(slice_is(observable_registrable(slice_of(rows[i].in)), rows[i].out));
    assert_true(observable_is_public_suffix(slice_of("com.mx")));
    assert_true(observable_is_public_suffix(slice_of("gr.com")));
    assert_true(observable_is_public_suffix(slice_of("appspot.com")));
    assert_false(observable_is_public_suffix(slice_of("spy.example")));
    assert_false(observable_is_public_suffix(slice_of("198.51.100.23")));
}

static void the_host_of_a_url_has_no_port_and_no_brackets(void **state)
{
    (void)state;
    assert_true(slice_is(observable_url_host(slice_of("https://h.example:8443/p")), "h.example"));
    assert_true(slice_is(observable_url_host(slice_of("https://h.example?x")), "h.example"));
    assert_true(slice_is(observable_url_host(slice_of("http://[2001:db8::5]:1/")), "2001:db8::5"));
    assert_true(slice_is(observable_url_host(slice_of("nothing")), ""));
}

static void addresses_know_their_ranges(void **state)
{
    (void)state;
    struct address net, in, out, wide;
    assert_true(address_parse(slice_of("198.51.100.0/22"), &net));
    assert_true(address_parse(slice_of("198.51.103.255"), &in));
    assert_true(address_parse(slice_of("198.51.104.0"), &out));
    assert_true(address_parse(slice_of("198.0.0.0/8"), &wide));
    assert_true(address_inside(&in, &net));
    assert_false(address_inside(&out, &net));
    assert_false(address_inside(&wide, &net));
    assert_true(address_inside(&net, &wide));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(domains_are_lower_case_ascii_names),
        cmocka_unit_test(urls_have_one_spelling),
        cmocka_unit_test(addresses_have_one_spelling),
        cmocka_unit_test(people_are_email_phone_or_account),
        cmocka_unit_test(names_and_paths_have_one_spelling),
        cmocka_unit_test(text_yields_links),
        cmocka_unit_test(text_yields_bare_hosts),
        cmocka_unit_test(text_yields_addresses_and_emails),
        cmocka_unit_test(other_fields_yield_what_follows_from_them),
        cmocka_unit_test(a_hidden_byte_in_an_account_does_not_hide_it),
        cmocka_unit_test(padding_does_not_hide_a_link),
        cmocka_unit_test(too_many_values_are_told),
        cmocka_unit_test(one_value_of_a_field_keeps_its_highest_exposure),
        cmocka_unit_test(defanged_values_are_refanged),
        cmocka_unit_test(registrable_domains_come_from_the_built_in_list),
        cmocka_unit_test(the_host_of_a_url_has_no_port_and_no_brackets),
        cmocka_unit_test(addresses_know_their_ranges),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
