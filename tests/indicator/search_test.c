/* Text searched for all values at once finds what a field of text would, and says where. */
#include "kit.h"

#include <stdio.h>

#include "indicator/search.h"

#define SHA256 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define CERT "aa:bb:cc:dd:ee:ff:00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd"

static const char values[] =
    "spy.example\nwww.b.example\nxn--telegrm-qbd.com\n198.51.100.23\n198.51.100.64/28\n"
    "2001:db8::5\nlure@spy.test\nhttps://c.example/x\n/private/var/tmp/odd/\n"
    "/data/local/tmp/wd\ncom.spy.things\n76dab334-7e17-475d-a5d6-0794eb5818a5\n" SHA256 "\n" CERT
    "\n";

/* Pieces of lines: what is known, what looks like it, and what logs are full of. */
static const char *const pieces[] = {
    "spy.example",
    "a.spy.example",
    "SPY.Example.",
    "notspy.example",
    "spy.example.com",
    "b.example",
    "https://spy.example:8443/l?x=1",
    "http://u:p@spy.example/",
    "telegr\xc9\x91m.com",
    "https://spy%2eexample/",
    "\xe6\x89\x93\xe5\xbc\x80spy.example\xe7\x9c\x8b",
    "\\nspy.example",
    "198.51.100.23",
    "198.51.100.23:443",
    "198.51.100.231",
    "198.51.100.70",
    "http://3325256727/",
    "http://0306.0063.0144.027/x",
    "http://u@0xc6336417/",
    "[2001:DB8:0:0::5]:443",
    "2001:db8::5",
    "2001:db8::50",
    "fe80::1%en0",
    "lure@spy.test",
    "xlure@spy.test",
    "https://c.example/x",
    "https://c.example/xy",
    "/private/var/tmp/odd/a/b",
    "/var/tmp/odd/x",
    "/var/tmp/odder",
    "/data/local/tmp/wd",
    "/data/local/tmp/wdog",
    "com.spy.things",
    "Com.Spy.Things",
    "76DAB334-7E17-475D-A5D6-0794EB5818A5",
    SHA256,
    "0123456789ABCDEF",
    CERT,
    "std::vector<int>",
    "12:30:45.123",
    "10.0.0.1",
    "com.apple.WebKit.Networking",
    "err=-12",
    "{\"u\":\"https:\\/\\/spy.example\\/\"}",
    "SpringBoard(FrontBoard)[65]",
    "/System/Library/x.dylib",
    "a.b.c.d.example.org",
    "",
    "hxxps://spy[.]example",
    "spy. example",
    "<app<com.spy.things(2FDC)>:3>",
    "0x7fff5fbff8a0",
};

enum { PIECES = sizeof pieces / sizeof *pieces };

static void line_of(struct buf *b, unsigned *state)
{
    static const char *const between[] = {" ",  " ",  ", ",  " (",  ") ", ": ",
                                          "\t", "; ", "=\"", "\" ", "/"};
    buf_clear(b);
    for (unsigned n = *state % 5 + 1; n > 0; n--) {
        *state = *state * 1664525u + 1013904223u;
        buf_text(b, pieces[(*state >> 8) % PIECES]);
        buf_text(b, between[(*state >> 20) % 11]);
    }
}

/* What a record with such a field would be found by. */
static size_t known_by_field(const struct matcher *m, struct slice text, struct arena *a,
                             struct observed *out, size_t max)
{
    struct sightings s = {0};
    size_t n = 0;
    observable_derive(OBS_TEXT, RECEIVED, "x", text, a, &s);
    for (size_t i = 0; i < s.n && n < max; i++) {
        struct match match;
        if (matcher_find(m, s.items[i].type, s.items[i].value, &match, 1))
            out[n++] = (struct observed){s.items[i].type, s.items[i].value};
    }
    return n;
}

static void nothing_that_a_field_yields_is_missed(void **state)
{
    (void)state;
    struct indicators *in = set_of("odd.list", values);
    struct matcher *m = matcher_new(in);
    struct arena a = {0};
    struct buf line = {0};
    unsigned random = 7;
    for (unsigned i = 0; i < 60000; i++) {
        struct observed want[32];
        struct text_search s;
        struct text_hit hit;
        bool got[32] = {false};
        line_of(&line, &random);
        size_t n = known_by_field(m, buf_view(&line), &a, want, 32);
        search_open(&s, m, buf_view(&line), false, &a);
        while (search_next(&s, &hit))
            for (size_t k = 0; k < n; k++)
                got[k] =
                    got[k] || (hit.type == want[k].type && slice_equal(hit.value, want[k].value));
        for (size_t k = 0; k < n; k++)
            if (!got[k])
                fail_msg("%.*s is missed in '%.*s'", (int)want[k].value.n,
                         (const char *)want[k].value.p, (int)line.n, (const char *)line.p);
        arena_reset(&a);
    }
    buf_free(&line);
    arena_free(&a);
    matcher_free(m);
    indicators_free(in);
}

static size_t found(const struct matcher *m, const char *text, bool names)
{
    struct arena a = {0};
    struct text_search s;
    struct text_hit hit;
    size_t n = 0;
    search_open(&s, m, slice_of(text), names, &a);
    while (search_next(&s, &hit))
        n++;
    arena_free(&a);
    return n;
}

static void words_count_as_a_whole(void **state)
{
    (void)state;
    struct indicators *in = set_of("odd.list", values);
    struct matcher *m = matcher_new(in);
    static const struct {
        const char *text;
        size_t plain, names;
    } rows[] = {
        {"wrote /var/tmp/odd/a.bin ok", 1, 1},
        {"wrote /private/var/tmp/odd/a.bin", 1, 1},
        {"wrote /var/tmp/odder", 0, 0},
        {"x/private/var/tmp/odd/a", 0, 0},
        {"exec /data/local/tmp/wd.", 1, 1},
        {"exec /data/local/tmp/wdog", 0, 0},
        {"sha256=" SHA256, 1, 1},
        {"sha256=" SHA256 "0", 0, 0},
        {"signer " CERT, 1, 1},
        {"installed profile 76DAB334-7E17-475D-A5D6-0794EB5818A5", 1, 1},
        {"launched com.spy.things", 0, 1},
        {"launched com.spy.things.more", 0, 0},
        {"app<com.spy.things> moved", 0, 1},
        {"", 0, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t plain = found(m, rows[i].text, false), names = found(m, rows[i].text, true);
        if (plain != rows[i].plain || names != rows[i].names)
            fail_msg("'%s': %zu, with names %zu", rows[i].text, plain, names);
    }
    matcher_free(m);
    indicators_free(in);
}

static void a_hit_says_where(void **state)
{
    (void)state;
    struct indicators *in = set_of("odd.list", values);
    struct matcher *m = matcher_new(in);
    struct arena a = {0};
    struct text_search s;
    struct text_hit hit;
    search_open(&s, m, slice_of("first\nsecond a.spy.example here\r\n\nlast 198.51.100.23"), false,
                &a);
    assert_true(search_next(&s, &hit));
    assert_int_equal(hit.line, 2);
    assert_int_equal(hit.at, 6);
    assert_true(slice_is(hit.text, "second a.spy.example here"));
    assert_true(hit.type == OBS_DOMAIN && slice_is(hit.value, "a.spy.example"));
    assert_true(search_next(&s, &hit));
    assert_int_equal(hit.line, 4);
    assert_true(hit.type == OBS_IP);
    assert_false(search_next(&s, &hit));
    assert_int_equal(s.taken_apart, 2);
    arena_free(&a);
    matcher_free(m);
    indicators_free(in);
}

static void ordinary_lines_are_not_taken_apart(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "2026-01-03 10:15:45.123456+0000  phone kernel[0] <Notice>: std::map hit (pid: 12)",
        "mDNSResponder[110] qname: h17.example.com, A, 10.0.0.1:53",
        "com.apple.WebKit.Networking[91] /System/Library/Frameworks/WebKit.framework loaded",
    };
    struct indicators *in =
        set_of("odd.list", "spy.example\n2001:db8::5\n/data/local/tmp/wd\n" CERT "\n");
    struct matcher *m = matcher_new(in);
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        if (search_may_know(m, slice_of(lines[i]), false))
            fail_msg("%s", lines[i]);
    matcher_free(m);
    indicators_free(in);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_that_a_field_yields_is_missed),
        cmocka_unit_test(words_count_as_a_whole),
        cmocka_unit_test(a_hit_says_where),
        cmocka_unit_test(ordinary_lines_are_not_taken_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
