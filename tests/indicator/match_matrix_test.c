/*
 * What matches what, from the pattern in a set to the field of a record: each row loads one
 * indicator, derives the observables of one field as a job does, and looks each of them up.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "format/json.h"
#include "indicator/matcher.h"

/* The best match expected of a row. */
enum want { NO, EXACT, BELOW, PREFIX, RANGE, CUT15, CUT16, WEAK, NEAR, NEAR_HOST, NOT_LOADED };

struct row {
    const char *property; /* left side of a pattern; an operator may follow it */
    const char *value;    /* of the pattern, before it is quoted */
    enum observable field;
    const char *seen;
    enum want want;
};

static struct indicators *load(struct arena *a, const char *property, const char *value)
{
    struct buf pattern = {0}, text = {0}, parsed = {0};
    struct json_writer w;
    struct err e = {0};
    buf_printf(&pattern, "[%s%s'", property, strchr(property, ' ') ? " " : "=");
    for (const char *p = value; *p; p++) {
        if (*p == '\'' || *p == '\\')
            buf_byte(&pattern, '\\');
        buf_byte(&pattern, (uint8_t)*p);
    }
    buf_text(&pattern, "']");
    json_writer(&w, &text);
    json_object(&w);
    json_name(&w, "objects");
    json_array(&w);
    json_object(&w);
    json_name(&w, "type");
    json_text(&w, "indicator");
    json_name(&w, "id");
    json_text(&w, "indicator--1");
    json_name(&w, "pattern");
    json_string(&w, buf_view(&pattern));
    json_object_end(&w);
    json_array_end(&w);
    json_object_end(&w);
    struct indicators *in = indicators_new();
    struct blob *b = blob_of_memory(arena_copy(a, buf_view(&text)));
    if (!indicators_parse(b, "x", &parsed, &e) || !indicators_add(in, buf_view(&parsed), &e))
        fail_msg("%s", e.msg);
    blob_close(b);
    buf_free(&pattern);
    buf_free(&text);
    buf_free(&parsed);
    return in;
}

static enum want kind_of(const struct match *m)
{
    switch (m->how) {
    case HOW_EXACT:
        assert_int_equal(m->confidence, m->near ? CONFIDENCE_MEDIUM : CONFIDENCE_HIGH);
        return m->near ? NEAR : EXACT;
    case HOW_SUBDOMAIN: assert_int_equal(m->confidence, CONFIDENCE_HIGH); return BELOW;
    case HOW_PATH_PREFIX: assert_int_equal(m->confidence, CONFIDENCE_HIGH); return PREFIX;
    case HOW_IP_RANGE: assert_int_equal(m->confidence, CONFIDENCE_HIGH); return RANGE;
    case HOW_TRUNCATED:
        assert_int_equal(m->confidence, CONFIDENCE_MEDIUM);
        return m->cut == 15 ? CUT15 : CUT16;
    case HOW_TOO_GENERAL:
        assert_int_equal(m->confidence, CONFIDENCE_LOW);
        return m->near ? NEAR_HOST : WEAK;
    case HOWS: break;
    }
    return NO;
}

static void check(const struct row *rows, size_t n)
{
    struct arena a = {0};
    for (size_t i = 0; i < n; i++) {
        struct indicators *in = load(&a, rows[i].property, rows[i].value);
        struct matcher *m = matcher_new(in);
        struct sightings s = {0};
        enum want got = in->nitems ? NO : NOT_LOADED;
        observable_derive(rows[i].field, OPENED, "x", slice_of(rows[i].seen), &a, &s);
        for (size_t k = 0; k < s.n; k++) {
            struct match best;
            if (matcher_find(m, s.items[k].type, s.items[k].value, &best, 1) == 0)
                continue;
            enum want kind = kind_of(&best);
            if (got == NO || kind < got)
                got = kind;
        }
        if (got != rows[i].want)
            fail_msg("%s = %s, seen in %s '%s': %d, not %d", rows[i].property, rows[i].value,
                     observable_name(rows[i].field), rows[i].seen, got, rows[i].want);
        matcher_free(m);
        indicators_free(in);
        arena_reset(&a);
    }
    arena_free(&a);
}

#define CHECK(rows) check(rows, sizeof rows / sizeof *rows)
#define DOMAIN "domain-name:value"
#define URL "url:value"

static void domains(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {DOMAIN, "spy.example", OBS_URL, "https://spy.example/l/7f3a", EXACT},
        {DOMAIN, "spy.example", OBS_URL, "https://a.b.spy.example/p", BELOW},
        {DOMAIN, "spy.example", OBS_URL, "HTTPS://SPY.EXAMPLE/UP", EXACT},
        {DOMAIN, "spy.example", OBS_URL, "http://spy.example:8443/x", EXACT},
        {DOMAIN, "spy.example", OBS_URL, "https://mail.example.com@spy.example/login", EXACT},
        {DOMAIN, "spy.example", OBS_URL, "https://spy.example./dot", EXACT},
        {DOMAIN, "spy.example", OBS_URL, "https://spy.example", EXACT},
        {DOMAIN, "spy.example", OBS_URL, "https:spy.example", EXACT},
        {DOMAIN, "spy.example", OBS_URL, "https:\\\\spy.example\\x", EXACT},
        {DOMAIN, "spy.example", OBS_URL, "https://spy%2eexample/", EXACT},
        {DOMAIN, "spy.example", OBS_URL, "wss://spy.example/socket", EXACT},
        {DOMAIN, "spy.example", OBS_URL, "custom://spy.example/", EXACT},
        {DOMAIN, "spy.example", OBS_URL, "spy.example", EXACT},
        {DOMAIN, "spy.example", OBS_URL, "spy.example/x", EXACT},
        {DOMAIN, "spy.example", OBS_URL, "blob:https://spy.example/1", EXACT},
        {DOMAIN, "spy.example", OBS_URL, "content://spy.example/1", NO},
        {DOMAIN, "spy.example", OBS_URL, "https://notspy.example/welcome", NO},
        {DOMAIN, "spy.example", OBS_URL, "https://my-spy.example/", NO},
        {DOMAIN, "spy.example", OBS_URL, "https://spy.example.com/welcome", NO},
        {DOMAIN, "spy.example", OBS_URL, "https://spy.example.evil.test/", NO},
        {DOMAIN, "spy.example", OBS_URL, "https://example/", NO},
        {DOMAIN, "spy.example", OBS_URL, "https://search.example.com/?q=spy.example", NO},
        {DOMAIN, "spy.example", OBS_URL, "https://wiki.example.com/wiki/spy.example", NO},
        {DOMAIN, "spy.example", OBS_URL, "https://spy.example@mail.example.com/inbox", NO},
        {DOMAIN, "spy.example", OBS_URL, "https://www.example.com/#https://spy.example/", NO},
        {DOMAIN, "spy.example", OBS_DOMAIN, "spy.example", EXACT},
        {DOMAIN, "spy.example", OBS_DOMAIN, ".Spy.Example.", EXACT},
        {DOMAIN, "spy.example", OBS_DOMAIN, "spy.example:443", EXACT},
        {DOMAIN, "spy.example", OBS_DOMAIN, "www.spy.example", BELOW},
        {DOMAIN, "spy.example", OBS_DOMAIN, "notspy.example", NO},
        {DOMAIN, "spy.example", OBS_DOMAIN, "spyxexample", NO},
        {DOMAIN, "spy.example", OBS_DOMAIN, "example", NO},
        {DOMAIN, "spy.example", OBS_EMAIL, "lure@spy.example", NO},
        {DOMAIN, "spy.example", OBS_ACCOUNT, "spy.example", NO},
        {DOMAIN, "spy.example", OBS_PROCESS, "spy.example", NO},
        {DOMAIN, "spy.example", OBS_APP, "spy.example", NO},
        {DOMAIN, "spy.example", OBS_FILENAME, "spy.example", NO},
        {DOMAIN, "b.example.com", OBS_URL, "https://a.b.example.com/x", BELOW},
        {DOMAIN, "b.example.com", OBS_URL, "https://example.com/", NO},
        {DOMAIN, "b.example.com", OBS_URL, "https://xb.example.com/", NO},
        {DOMAIN, "example.com", OBS_DOMAIN, "notexample.com", NO},
        {DOMAIN, "example.com", OBS_DOMAIN, "example.com.evil.test", NO},
        {DOMAIN, "evil.example.net", OBS_URL, "https://x1.evil.example.net/stage", BELOW},
        {DOMAIN, "evil.example.net", OBS_URL, "https://good.example.net/page", NO},
        {DOMAIN, "evil.example.net", OBS_URL, "https://example.net/", NO},
        {DOMAIN, "evil.example.net", OBS_URL, "https://notevil.example.net/x", NO},
        {DOMAIN, "www.andropwn.example", OBS_URL, "http://www.andropwn.example:8080/a", EXACT},
        {DOMAIN, "www.andropwn.example", OBS_DOMAIN, "andropwn.example", NEAR},
        {DOMAIN, "www.andropwn.example", OBS_DOMAIN, "m.www.andropwn.example", BELOW},
        {DOMAIN, "www.andropwn.example", OBS_DOMAIN, "m.andropwn.example", NO},
        {DOMAIN, "www.example", OBS_DOMAIN, "example", NO},
        {DOMAIN, "wxyz.example.net", OBS_URL, "https://user@wxyz.example.net:8443", EXACT},
        {DOMAIN, "web.x.example", OBS_DOMAIN, "web.x.example", EXACT},
        {DOMAIN, "cnn.gr.com", OBS_DOMAIN, "m.cnn.gr.com", BELOW},
        {DOMAIN, "cnn.gr.com", OBS_DOMAIN, "bbc.gr.com", NO},
        {DOMAIN, "cnn.gr.com", OBS_DOMAIN, "gr.com", NO},
        {DOMAIN, "gr.com", OBS_DOMAIN, "bbc.gr.com", NOT_LOADED},
        {DOMAIN, "com.mx", OBS_DOMAIN, "a.com.mx", NOT_LOADED},
        {DOMAIN, "com", OBS_DOMAIN, "a.com", NOT_LOADED},
        {DOMAIN, "appspot.com", OBS_DOMAIN, "a.appspot.com", NOT_LOADED},
        {DOMAIN, "gamehosts-621ba.appspot.com", OBS_DOMAIN, "gamehosts-621ba.appspot.com", EXACT},
        {DOMAIN, "gamehosts-621ba.appspot.com", OBS_DOMAIN, "other.appspot.com", NO},
        {DOMAIN, "despachosnegocios", OBS_TEXT, "los despachosnegocios aqui", NOT_LOADED},
        {DOMAIN, "bit.ly", OBS_URL, "https://bit.ly/abc", WEAK},
        {DOMAIN, "bit.ly", OBS_DOMAIN, "x.bit.ly", WEAK},
        {DOMAIN, "spy[.]example", OBS_DOMAIN, "spy.example", EXACT},
        {DOMAIN, "spy(dot)example", OBS_DOMAIN, "spy.example", EXACT},
        {DOMAIN, "hxxps://spy[.]example/x", OBS_URL, "https://spy.example/x", EXACT},
        {DOMAIN, " SPY.Example. ", OBS_DOMAIN, "spy.example", EXACT},
        {DOMAIN " LIKE", "%.spy.example", OBS_DOMAIN, "a.spy.example", BELOW},
        {"network-traffic:dst_ref.value", "spy.example", OBS_DOMAIN, "spy.example", EXACT},
    };
    CHECK(rows);
}

static void names_in_other_scripts(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {DOMAIN, "xn--telegrm-qbd.com", OBS_TEXT, "see telegr\xc9\x91m.com now", EXACT},
        {DOMAIN, "xn--telegrm-qbd.com", OBS_TEXT, "TELEGR\xc9\x91M.Com.", EXACT},
        {DOMAIN, "xn--telegrm-qbd.com", OBS_TEXT, "https://Telegr\xc9\x91m.com/x", EXACT},
        {DOMAIN, "xn--telegrm-qbd.com", OBS_URL, "https://a.telegr\xc9\x91m.com/x", BELOW},
        {DOMAIN, "xn--telegrm-qbd.com", OBS_URL, "https://XN--TELEGRM-QBD.com/x", EXACT},
        {DOMAIN, "telegr\xc9\x91m.com", OBS_URL, "https://xn--telegrm-qbd.com/x", EXACT},
        {DOMAIN, "xn--telegrm-qbd.com", OBS_TEXT, "telegram.com", NO},
        {DOMAIN, "xn--spy-cna.example", OBS_URL, "https://xn--spy-cna.example/idn", EXACT},
        {DOMAIN, "spy.example", OBS_TEXT, "\xe6\x89\x93\xe5\xbc\x80spy.example\xe7\x9c\x8b", EXACT},
        {DOMAIN, "spy.example", OBS_TEXT, "\xef\xbd\x93py.example", EXACT},
        {DOMAIN, "spy.example", OBS_URL,
         "https://spy\xe3\x80\x82"
         "example/",
         EXACT},
        {DOMAIN, "spy.example", OBS_TEXT, "https://spy.example\xec\x97\x90", EXACT},
        {DOMAIN, "pple.example", OBS_TEXT, "\xd0\xb0pple.example", NO},
        {DOMAIN, "xn--ls8h.la", OBS_TEXT, "\xf0\x9f\x92\xa9.la", EXACT},
    };
    CHECK(rows);
}

static void free_text(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {DOMAIN, "spy.example", OBS_TEXT, "Is it you? (https://spy.example/v.) ", EXACT},
        {DOMAIN, "spy.example", OBS_TEXT, "Look\nhttps://spy.example/nl\nnow", EXACT},
        {DOMAIN, "spy.example", OBS_TEXT, "please open spy.example today", EXACT},
        {DOMAIN, "spy.example", OBS_TEXT, "see spy.example/bonus", EXACT},
        {DOMAIN, "spy.example", OBS_TEXT, "\xe2\x80\xa6https://spy.example/e\xe2\x80\x94ok", EXACT},
        {DOMAIN, "spy.example", OBS_TEXT, "spy.example.", EXACT},
        {DOMAIN, "spy.example", OBS_TEXT, "\"spy.example\"", EXACT},
        {DOMAIN, "spy.example", OBS_TEXT, "spy.example, and", EXACT},
        {DOMAIN, "spy.example", OBS_TEXT, "a.spy.example:8443", BELOW},
        {DOMAIN, "spy.example", OBS_TEXT, "{\"u\":\"https:\\/\\/spy.example\\/\"}", EXACT},
        {DOMAIN, "spy.example", OBS_TEXT, "notspy.example", NO},
        {DOMAIN, "spy.example", OBS_TEXT, "my-spy.example", NO},
        {DOMAIN, "spy.example", OBS_TEXT, "spy.example.com", NO},
        {DOMAIN, "spy.example", OBS_TEXT, "spy.examples", NO},
        {DOMAIN, "spy.example", OBS_TEXT, "spy example", NO},
        {DOMAIN, "spy.example", OBS_TEXT, "spy. example", NO},
        {DOMAIN, "spy.example", OBS_TEXT, "spy[.]example", NO},
        {DOMAIN, "spy.example", OBS_TEXT, "lure@spy.example", NO},
        {DOMAIN, "spy.example", OBS_TEXT, "/data/spy.example/x", NO},
        {DOMAIN, "spy.example", OBS_TEXT, "https://x.test/?u=https://spy.example/", NO},
        {DOMAIN, "spy.example", OBS_TEXT, "q=https%3A%2F%2Fspy.example", NO},
        {DOMAIN, "d3mo-cdn.test", OBS_TEXT, "d3mo-cdn.test-old", NO},
        {URL, "https://spy.example/a", OBS_TEXT, "go https://spy.example/a, now", EXACT},
        {URL, "https://spy.example/a", OBS_TEXT, "spy.example/a", EXACT},
        {URL, "https://spy.example/a", OBS_TEXT, "spy.example/ab", NO},
        {"ipv4-addr:value", "198.51.100.23", OBS_TEXT, "from 198.51.100.23:443", EXACT},
        {"ipv4-addr:value", "198.51.100.23", OBS_TEXT, "198.51.100.231", NO},
        {"ipv4-addr:value", "198.51.100.23", OBS_TEXT, "1.198.51.100.23", NO},
        {"ipv4-addr:value", "198.51.100.23", OBS_TEXT, "0xc6336417", NO},
        {"ipv6-addr:value", "2001:db8::5", OBS_TEXT, "[2001:DB8:0::5]:443", EXACT},
        {"email-addr:value", "lure@spy.example", OBS_TEXT, "mail Lure@spy.example.", EXACT},
        {"email-addr:value", "lure@spy.example", OBS_TEXT, "notlure@spy.example", NO},
        {"email-addr:value", "lure@spy.example", OBS_TEXT, "lure@spy.example.com", NO},
        {"process:name", "payload", OBS_TEXT, "the payload is here", NO},
        {"app:id", "com.guest", OBS_TEXT, "com.guest", NO},
    };
    CHECK(rows);
}

static void urls(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {URL, "https://e.example/track?id=1", OBS_URL, "https://e.example/track?id=1", EXACT},
        {URL, "https://e.example/track?id=1", OBS_URL, "https://e.example/track?id=1#frag", EXACT},
        {URL, "https://e.example/track?id=1", OBS_URL, "https://e.example:443/track?id=1", EXACT},
        {URL, "https://e.example/track?id=1", OBS_URL, "HTTPS://E.Example/track?id=1", EXACT},
        {URL, "https://e.example/track?id=1", OBS_URL, "http://e.example/track?id=1", EXACT},
        {URL, "https://e.example/track?id=1", OBS_URL, "https://u:p@e.example/track?id=1", EXACT},
        {URL, "https://e.example/track?id=1", OBS_URL, "https://e.example./track?id=1", EXACT},
        {URL, "https://e.example/track?id=1", OBS_URL, "https://e.example/%74rack?id=1", EXACT},
        {URL, "https://e.example/track?id=1", OBS_URL, "https://e.example/x/../track?id=1", EXACT},
        {URL, "https://e.example/track?id=1", OBS_URL, "https://e.example/track?id=12", NO},
        {URL, "https://e.example/track?id=1", OBS_URL, "https://e.example/track", NO},
        {URL, "https://e.example/track?id=1", OBS_URL, "https://e.example/Track?id=1", NO},
        {URL, "https://e.example/track?id=1", OBS_URL, "https://a.e.example/track?id=1", NO},
        {URL, "https://e.example/track?id=1", OBS_URL, "https://e.example:8443/track?id=1", NO},
        {URL, "https://e.example/track?id=1", OBS_DOMAIN, "e.example", NO},
        {URL, "https://e.example/a?x='q'&y=[1]", OBS_URL, "https://e.example/a?x='q'&y=[1]", EXACT},
        {URL, "https://e.example/a", OBS_URL, "https://e.example/a/", EXACT},
        {URL, "https://e.example/a/", OBS_URL, "https://e.example/a", EXACT},
        {URL, "https://e.example/a", OBS_URL, "https://e.example/a/b", NO},
        {URL, "https://e.example/a", OBS_URL, "https://e.example/a?x", NO},
        {URL, "https://e.example/", OBS_URL, "https://e.example", EXACT},
        {URL, "https://e.example/", OBS_URL, "https://e.example/a", NO},
        {URL, "https://docs.example.com/share/payload-7731", OBS_URL,
         "https://docs.example.com/share/payload-7731", EXACT},
        {URL, "https://docs.example.com/share/payload-7731", OBS_URL,
         "https://docs.example.com/share/payload-77310", NO},
        {URL, "https://docs.example.com/share/payload-7731", OBS_URL,
         "https://docs.example.com/share/payload-773", NO},
        {URL, "https://e.example/\xc3\xa4", OBS_URL, "https://e.example/%c3%a4", EXACT},
        {URL, "hxxps://e[.]example/a", OBS_URL, "https://e.example/a", EXACT},
        {URL, "http://198.51.100.23/d", OBS_URL, "http://0xc6336417/d", EXACT},
        {URL, "http://[2001:db8::5]/d", OBS_URL, "http://[2001:DB8:0:0::5]/d", EXACT},
        {URL, "e.example", OBS_URL, "https://a.e.example/x", BELOW},
        {URL, "e.example/x", OBS_URL, "https://e.example/x", EXACT},
        {URL " LIKE", "https://e.example/x/%", OBS_URL, "https://e.example/x/1/2?q", PREFIX},
        {URL " LIKE", "https://e.example/x/%", OBS_URL, "https://e.example/xy", NO},
        {URL " LIKE", "https://e.example/%", OBS_URL, "https://e.example/anything", PREFIX},
        {URL " LIKE", "https://e.example/%", OBS_URL, "https://a.e.example/anything", NO},
        {URL " LIKE", "https://e.example/x%", OBS_URL, "https://e.example/xy", NOT_LOADED},
        {URL, "https://bit.ly/", OBS_URL, "https://bit.ly/", WEAK},
        {URL, "https://bit.ly/abc", OBS_URL, "https://bit.ly/abc", EXACT},
        {URL, "https://bit.ly/abc", OBS_URL, "https://bit.ly/abd", NO},
        {URL, "http://10.0.0.1/x", OBS_URL, "http://10.0.0.1/x", NOT_LOADED},
        {URL, "mailto:lure@spy.example", OBS_EMAIL, "lure@spy.example", EXACT},
        {URL, "not a url", OBS_URL, "not a url", NOT_LOADED},
        /* A host with a path, listed as a domain. */
        {DOMAIN, "fgr1w2gnsdvsb.xyz/x", OBS_URL, "https://fgr1w2gnsdvsb.xyz/x", EXACT},
        {DOMAIN, "fgr1w2gnsdvsb.xyz/x", OBS_URL, "https://fgr1w2gnsdvsb.xyz/x/1", PREFIX},
        {DOMAIN, "fgr1w2gnsdvsb.xyz/x", OBS_URL, "https://fgr1w2gnsdvsb.xyz/x?a=1", PREFIX},
        {DOMAIN, "fgr1w2gnsdvsb.xyz/x", OBS_URL, "https://fgr1w2gnsdvsb.xyz/y", NEAR_HOST},
        {DOMAIN, "fgr1w2gnsdvsb.xyz/x", OBS_URL, "https://fgr1w2gnsdvsb.xyz/xy", NEAR_HOST},
        {DOMAIN, "fgr1w2gnsdvsb.xyz/x", OBS_DOMAIN, "fgr1w2gnsdvsb.xyz", NEAR_HOST},
        {DOMAIN, "fgr1w2gnsdvsb.xyz/x", OBS_DOMAIN, "a.fgr1w2gnsdvsb.xyz", NO},
        {DOMAIN, "198.51.100.23/x", OBS_URL, "http://198.51.100.23/x/1", PREFIX},
        {DOMAIN, "198.51.100.23/x", OBS_IP, "198.51.100.23", NEAR_HOST},
        {DOMAIN, "https://e.example/a/b", OBS_URL, "http://e.example/a/b/c", PREFIX},
    };
    CHECK(rows);
}

static void addresses(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {DOMAIN, "176.223.111.131", OBS_URL, "http://176.223.111.131/", EXACT},
        {DOMAIN, "176.223.111.131", OBS_DOMAIN, "11.176.223.111.131.example", NO},
        {DOMAIN, "192.0.2.55", OBS_URL, "http://192.0.2.55/login", EXACT},
        {DOMAIN, "192.0.2.55", OBS_URL, "http://192.0.2.5/", NO},
        {DOMAIN, "192.0.2.55", OBS_URL, "http://192.0.2.55.ok.example/", NO},
        {DOMAIN, "2001:db8::5", OBS_URL, "http://[2001:db8:0:0:0:0:0:5]:8443/", EXACT},
        {"ipv4-addr:value", "198.51.100.23", OBS_URL, "http://198.51.100.23/d", EXACT},
        {"ipv4-addr:value", "198.51.100.23", OBS_URL, "http://198.51.100.23:8080/d", EXACT},
        {"ipv4-addr:value", "198.51.100.23", OBS_URL, "http://198.51.100.231/x", NO},
        {"ipv4-addr:value", "198.51.100.23", OBS_URL, "http://198.51.100.23.example.com/x", NO},
        {"ipv4-addr:value", "198.51.100.23", OBS_URL, "http://3325256727/", EXACT},
        {"ipv4-addr:value", "198.51.100.23", OBS_URL, "http://0306.0063.0144.027/", EXACT},
        {"ipv4-addr:value", "198.51.100.23", OBS_URL, "http://[::ffff:198.51.100.23]/", EXACT},
        {"ipv4-addr:value", "198.51.100.23", OBS_IP, "198.51.100.23", EXACT},
        {"ipv4-addr:value", "198.51.100.23", OBS_IP, "198.51.100.23:443", EXACT},
        {"ipv4-addr:value", "198.51.100.23", OBS_IP, "198.51.100.23/24", EXACT},
        {"ipv4-addr:value", "198.51.100.23", OBS_IP, "::ffff:198.51.100.23", EXACT},
        {"ipv4-addr:value", "198.51.100.23", OBS_IP, "198.51.100.24", NO},
        {"ipv4-addr:value", "198.51.100.23", OBS_DOMAIN, "198.51.100.23", EXACT},
        {"ipv4-addr:value", "198.51.100.23/32", OBS_IP, "198.51.100.23", EXACT},
        {"ipv4-addr:value", "198.51.100[.]23", OBS_IP, "198.51.100.23", EXACT},
        {"ipv4-addr:value", "198.51.100.23:8080", OBS_IP, "198.51.100.23", EXACT},
        {"ipv4-addr:value", "198.51.100.0/24", OBS_IP, "198.51.100.255", RANGE},
        {"ipv4-addr:value", "198.51.100.0/24", OBS_IP, "198.51.101.0", NO},
        {"ipv4-addr:value", "198.51.100.0/24", OBS_URL, "http://198.51.100.7/", RANGE},
        {"ipv4-addr:value", "198.51.100.77/24", OBS_IP, "198.51.100.1", RANGE},
        {"ipv4-addr:value", "198.51.100.0/31", OBS_IP, "198.51.100.1", RANGE},
        {"ipv4-addr:value", "198.51.100.0/31", OBS_IP, "198.51.100.2", NO},
        {"ipv4-addr:value ISSUBSET", "198.51.100.0/25", OBS_IP, "198.51.100.127", RANGE},
        {"ipv4-addr:value ISSUBSET", "198.51.100.0/25", OBS_IP, "198.51.100.128", NO},
        {"ipv6-addr:value", "2001:db8::5", OBS_IP, "2001:0DB8:0000::0005", EXACT},
        {"ipv6-addr:value", "2001:db8::5", OBS_IP, "2001:db8::50", NO},
        {"ipv6-addr:value", "2001:db8::5", OBS_IP, "2001:db8::5%en0", EXACT},
        {"ipv6-addr:value", "2001:db8:1::/48", OBS_IP, "2001:db8:1:ffff::1", RANGE},
        {"ipv6-addr:value", "2001:db8:1::/48", OBS_IP, "2001:db8:2::1", NO},
        {"ipv6-addr:value", "2001:db8::/32", OBS_IP, "32.1.13.184", NO},
        {"ipv4-addr:value", "104.21.64.137", OBS_IP, "104.21.64.137", WEAK},
        {"ipv4-addr:value", "74.125.132.95", OBS_IP, "74.125.132.95", WEAK},
        {"ipv4-addr:value", "192.168.0.1", OBS_IP, "192.168.0.1", NOT_LOADED},
        {"ipv4-addr:value", "0.0.0.0/0", OBS_IP, "198.51.100.1", NOT_LOADED},
        {"ipv4-addr:value", "300.1.1.1", OBS_IP, "1.1.1.1", NOT_LOADED},
        {"network-traffic:dst_ref.value", "198.51.100.9", OBS_IP, "198.51.100.9", EXACT},
    };
    CHECK(rows);
}

static void people(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"email-addr:value", "lure@spy.example", OBS_HANDLE, "lure@spy.example", EXACT},
        {"email-addr:value", "lure@spy.example", OBS_HANDLE, "mailto:Lure@Spy.Example", EXACT},
        {"email-addr:value", "lure@spy.example", OBS_HANDLE, "E:lure@spy.example", EXACT},
        {"email-addr:value", "lure@spy.example", OBS_HANDLE, "iMessage;-;lure@spy.example", EXACT},
        {"email-addr:value", "lure@spy.example", OBS_EMAIL, "A <lure@spy.example>", EXACT},
        {"email-addr:value", "lure@spy.example", OBS_EMAIL, "lure+7@spy.example", NEAR},
        {"email-addr:value", "lure+7@spy.example", OBS_EMAIL, "lure+7@spy.example", EXACT},
        {"email-addr:value", "lure+7@spy.example", OBS_EMAIL, "lure@spy.example", NO},
        {"email-addr:value", "lure@spy.example", OBS_EMAIL, "+7@spy.example", NO},
        {"email-addr:value", "lure@spy.example", OBS_EMAIL, "notlure@spy.example", NO},
        {"email-addr:value", "lure@spy.example", OBS_EMAIL, "lure@spy.example.com", NO},
        {"email-addr:value", "lure@spy.example", OBS_EMAIL, "lure@a.spy.example", NO},
        {"email-addr:value", "lure@spy.example", OBS_EMAIL, "help@example.net", NO},
        {"email-addr:value", "some.one.bad@gmail.com", OBS_EMAIL, "someonebad@gmail.com", NEAR},
        {"email-addr:value", "someonebad@gmail.com", OBS_EMAIL, "Some.One.Bad+x@googlemail.com",
         NEAR},
        {"email-addr:value", "someonebad@gmail.com", OBS_EMAIL, "someonebad@gmail.com", EXACT},
        {"email-addr:value", "someonebad@gmail.com", OBS_EMAIL, "someonebad@mail.com", NO},
        {"email-addr:value", "someonebad@gmail.com", OBS_EMAIL, "someonebad1@gmail.com", NO},
        {"email-addr:value", "someonebad+7@gmail.com", OBS_EMAIL, "someonebad@gmail.com", NO},
        {"email-addr:value", "some.one@spy.example", OBS_EMAIL, "someone@spy.example", NO},
        {"email-addr:value", "lure@spy.example", OBS_ACCOUNT, "lure@spy.example", NO},
        {"email-addr:value", "lure[at]spy[.]example", OBS_EMAIL, "lure@spy.example", EXACT},
        {"email-addr:value", "LURE@SPY.EXAMPLE", OBS_URL, "mailto:lure@spy.example?subject=x",
         EXACT},
        {"email-message:from_ref.value", "lure@spy.example", OBS_EMAIL, "lure@spy.example", EXACT},
        {"email-addr:value", "+1 555 0100 123", OBS_HANDLE, "+15550100123", EXACT},
        {"phone-number:value", "+15550100123", OBS_PHONE, "+1 (555) 010-0123", EXACT},
        {"phone-number:value", "+15550100123", OBS_HANDLE, "tel:+1-555-0100-123", EXACT},
        {"phone-number:value", "+15550100123", OBS_HANDLE, "15550100123@s.whatsapp.net", EXACT},
        {"phone-number:value", "+15550100123", OBS_PHONE, "15550100123", EXACT},
        {"phone-number:value", "+15550100123", OBS_PHONE, "0015550100123", EXACT},
        {"phone-number:value", "+15550100123", OBS_PHONE, "5550100123", NEAR},
        {"phone-number:value", "+495550100123", OBS_PHONE, "0 5550 100 123", NEAR},
        {"phone-number:value", "+15550100123", OBS_PHONE, "+445550100123", NO},
        {"phone-number:value", "+15550100123", OBS_PHONE, "50100123", NO},
        {"phone-number:value", "+15550100123", OBS_PHONE, "+15550100124", NO},
        {"phone-number:value", "5550100123", OBS_PHONE, "+15550100123", NEAR},
        /* National and international spellings. */
        {"phone-number:value", "+447700900123", OBS_PHONE, "07700 900123", NEAR},
        {"phone-number:value", "+447700900123", OBS_PHONE, "7700900123", NEAR},
        {"phone-number:value", "+447700900123", OBS_PHONE, "(0)7700-900-123", NEAR},
        {"phone-number:value", "+447700900123", OBS_PHONE, "00447700900123", EXACT},
        {"phone-number:value", "+447700900123", OBS_PHONE, "011447700900123", NEAR},
        {"phone-number:value", "+447700900123", OBS_PHONE, "447700900123", EXACT},
        {"phone-number:value", "+447700900123", OBS_PHONE, "+4407700900123", NO},
        {"phone-number:value", "+447700900123", OBS_PHONE, "01700900123", NO},
        {"phone-number:value", "+447700900123", OBS_PHONE, "2700900123", NO},
        {"phone-number:value", "+447700900123", OBS_PHONE, "700900123", NO},
        {"phone-number:value", "+447700900123", OBS_PHONE, "+397700900123", NO},
        {"phone-number:value", "+447700900123", OBS_PHONE, "077009001234", NO},
        {"phone-number:value", "07700900123", OBS_PHONE, "+447700900123", NEAR},
        {"phone-number:value", "07700900123", OBS_PHONE, "7700900123", NEAR},
        {"phone-number:value", "07700900123", OBS_PHONE, "08700900123", NO},
        {"phone-number:value", "447700900123", OBS_PHONE, "07700900123", NEAR},
        {"phone-number:value", "+74950100123", OBS_PHONE, "84950100123", NEAR},
        {"phone-number:value", "+74950100123", OBS_PHONE, "8 (495) 010-01-23", NEAR},
        {"phone-number:value", "+494950100123", OBS_PHONE, "84950100123", NO},
        {"phone-number:value", "+36301234567", OBS_PHONE, "06301234567", NEAR},
        {"phone-number:value", "+390612345678", OBS_PHONE, "0612345678", NEAR},
        {"phone-number:value", "+15550100", OBS_PHONE, "5550100", NEAR},
        {"phone-number:value", "+12025550100", OBS_PHONE, "5550100", NO}, /* no area */
        {"phone-number:value", "+12025550100", OBS_PHONE, "2025550100", NEAR},
        {"phone-number:value", "+12025550100", OBS_PHONE, "12025550100", EXACT},
        {"phone-number:value", "+12025550100", OBS_PHONE, "3025550100", NO},
        {"phone-number:value", "+971501234567", OBS_PHONE, "0501234567", NEAR},
        {"phone-number:value", "12345", OBS_PHONE, "12345", EXACT},
        {"phone-number:value", "12345", OBS_PHONE, "123456", NO},
        {"user-account:account_login", "someone", OBS_ACCOUNT, "someone", EXACT},
        {"user-account:account_login", "someone", OBS_ACCOUNT, "Someone", NO},
        {"user-account:account_login", "someone", OBS_HANDLE, "someone", EXACT},
        {"user-account:account_login", "lure@spy.example", OBS_EMAIL, "lure@spy.example", EXACT},
        {"user-account:user_id", "15550100@g.us", OBS_HANDLE, "15550100@g.us", EXACT},
    };
    CHECK(rows);
}

static void processes(void **state)
{
    (void)state;
#define PROCESS "process:name"
    static const struct row rows[] = {
        {PROCESS, "roleaccountd", OBS_PROCESS, "roleaccountd", EXACT},
        {PROCESS, "roleaccountd", OBS_PROCESS, "/x/roleaccountd", EXACT},
        {PROCESS, "roleaccountd", OBS_PROCESS, "RoleAccountd", NO},
        {PROCESS, "roleaccountd", OBS_PROCESS, "roleaccountd2", NO},
        {PROCESS, "roleaccountd", OBS_PROCESS, "xroleaccountd", NO},
        {PROCESS, "roleaccountd", OBS_PROCESS, "roleaccount", NO},
        {PROCESS, "roleaccountd", OBS_PROCESS, "roleaccountd/com.example.host", EXACT},
        {PROCESS, "roleaccountd", OBS_PROCESS, "/roleaccountd/other", NO},
        {PROCESS, "roleaccountd", OBS_PATH, "/private/var/roleaccountd", NO},
        {PROCESS, "roleaccountd", OBS_FILENAME, "roleaccountd", NO},
        {PROCESS, "roleaccountd", OBS_APP, "roleaccountd", NO},
        {PROCESS, "com.apple.rapports.events", OBS_PROCESS, "x/com.apple.rapports.events", EXACT},
        {PROCESS, "ReminderIntentsUIExtension", OBS_PROCESS, "ReminderIntentsUIExtension", EXACT},
        {PROCESS, "ReminderIntentsUIExtension", OBS_PROCESS, "ReminderIntentsU", CUT16},
        {PROCESS, "ReminderIntentsUIExtension", OBS_PROCESS, "ReminderIntents", CUT15},
        {PROCESS, "ReminderIntentsUIExtension", OBS_PROCESS, "ReminderIntent", NO},
        {PROCESS, "ReminderIntentsUIExtension", OBS_PROCESS, "ReminderIntentsUI", NO},
        {PROCESS, "ReminderIntentsUIExtension", OBS_PROCESS, "ReminderIntentsX", NO},
        {PROCESS, "com.apple.rapports.events", OBS_PROCESS, "com.apple.rappo", CUT15},
        {PROCESS, "com.apple.rapports.events", OBS_PROCESS, "com.apple.rappor", CUT16},
        {PROCESS, "cloudshadow_agent_helper", OBS_PROCESS, "cloudshadow_agen", CUT16},
        {PROCESS, "cloudshadow_agent_helper", OBS_PROCESS, "cloudshadow_age", CUT15},
        {PROCESS, "cloudshadow_agent_helper", OBS_PROCESS, "cloudshadow_agnt", NO},
        {PROCESS, "sixteen_letters_", OBS_PROCESS, "sixteen_letters_", EXACT},
        {PROCESS, "sixteen_letters_", OBS_PROCESS, "sixteen_letters", CUT15},
        {PROCESS, "fifteen_letters", OBS_PROCESS, "fifteen_letters", EXACT},
        {PROCESS, "fifteen_letters", OBS_PROCESS, "fifteen_letter", NO},
        {PROCESS, "fifteen_letters", OBS_PROCESS, "fifteen_letters_", NO},
        {PROCESS, "bh", OBS_PROCESS, "bh", EXACT},
        {PROCESS, "bh", OBS_PROCESS, "bh/com.apple.x", EXACT},
        {PROCESS, "bh", OBS_PROCESS, "bhd", NO},
        {PROCESS, "bh", OBS_PATH, "/private/var/mobile/bh/file", NO},
        {PROCESS, "bh", OBS_PATH, "/private/var/mobile/bh", NO},
        {PROCESS, "BackupAgent", OBS_PROCESS, "BackupAgent", EXACT},
        {PROCESS, "BackupAgent", OBS_PROCESS, "BackupAgent2", NO},
        {PROCESS, "SpringBoard", OBS_PROCESS, "SpringBoard", WEAK},
        {PROCESS, "com.x.app:remote", OBS_PROCESS, "com.x.app:remote", EXACT},
        {PROCESS, "com.x.app", OBS_PROCESS, "com.x.app:remote", EXACT},
        {PROCESS, "com.x.app:remote", OBS_PROCESS, "com.x.app", NO},
        {"process:image_ref.name", "roleaccountd", OBS_PROCESS, "roleaccountd", EXACT},
    };
    CHECK(rows);
}

static void apps(void **state)
{
    (void)state;
#define APP "app:id"
    static const struct row rows[] = {
        {APP, "com.serv.services", OBS_APP, "com.serv.services", EXACT},
        {APP, "com.serv.services", OBS_APP, "Com.Serv.Services", EXACT},
        {APP, "Com.Serv.Services", OBS_APP, "com.serv.services", EXACT},
        {APP, "com.serv.services", OBS_APP, "com.serv.services.x", NO},
        {APP, "com.serv.services", OBS_APP, "x.com.serv.services", NO},
        {APP, "com.serv.services", OBS_APP, "com.serv.service", NO},
        {APP, "com.serv.services", OBS_APP, "com.serv", NO},
        {APP, "com.serv.services", OBS_APP, "com.serv.services/.Main", EXACT},
        {APP, "com.serv.services", OBS_PROCESS, "com.serv.services", EXACT},
        {APP, "com.serv.services", OBS_PROCESS, "com.serv.services:push", EXACT},
        {APP, "com.serv.services", OBS_PROCESS, "mDNSResponder/com.serv.services", EXACT},
        {APP, "com.serv.services", OBS_PROCESS, "com.serv.services2", NO},
        {APP, "com.serv.services", OBS_DOMAIN, "com.serv.services", NO},
        {APP, "com.android.settings", OBS_APP, "com.android.settings", WEAK},
        {APP, "org.example.stalkerkit", OBS_APP, "org.example.stalkerkit2", NO},
        {APP, "org.example.stalkerkit", OBS_APP, "org.example", NO},
    };
    CHECK(rows);
}

static void paths_and_names(void **state)
{
    (void)state;
#define PATH "file:path"
#define NAME "file:name"
    static const struct row rows[] = {
        {PATH, "/private/var/tmp/l/", OBS_PATH, "/private/var/tmp/l/a", PREFIX},
        {PATH, "/private/var/tmp/l/", OBS_PATH, "/private/var/tmp/l/a/b/c", PREFIX},
        {PATH, "/private/var/tmp/l/", OBS_PATH, "/var/tmp/l/a", PREFIX},
        {PATH, "/private/var/tmp/l/", OBS_PATH, "/private/var/tmp/l", EXACT},
        {PATH, "/private/var/tmp/l/", OBS_PATH, "/private/var/tmp/log", NO},
        {PATH, "/private/var/tmp/l/", OBS_PATH, "/private/var/tmp", NO},
        {PATH, "/private/var/tmp/l/", OBS_PATH, "/x/private/var/tmp/l/a", NO},
        {PATH, "/var/tmp/l/", OBS_PATH, "/private/var/tmp/l/a", PREFIX},
        {PATH, "/private/var/tmp/l/", OBS_PATH, "/private/var/tmp/L/a", NO},
        {PATH, "/private/var/tmp/l/", OBS_PATH, "/private/var//tmp/./l/a", PREFIX},
        {PATH, "/private/var/tmp/l/", OBS_PATH, "/private/var/tmp/l/../log", NO},
        {PATH, "/tmp/l/", OBS_PATH, "/private/tmp/l/x", PREFIX},
        {PATH, "/tmp/l/", OBS_PATH, "/tmp/log.txt", NO},
        {PATH, "/data/local/tmp/wd/", OBS_PATH, "/data/local/tmp/wd/fs.db", PREFIX},
        {PATH, "/data/local/tmp/wd/", OBS_PATH, "/data/local/tmp/wdog", NO},
        {PATH, "/data/local/tmp/dropbox", OBS_PATH, "/data/local/tmp/dropbox", EXACT},
        {PATH, "/data/local/tmp/dropbox", OBS_PATH, "/data/local/tmp/dropbox/x", PREFIX},
        {PATH, "/data/local/tmp/dropbox", OBS_PATH, "/data/local/tmp/dropbox2", NO},
        {PATH, "/private/var/db/.shadowfinch/", OBS_PATH, "/private/var/db/.shadowfinch/stage.gif",
         PREFIX},
        {PATH, "/private/var/db/.shadowfinch/", OBS_PROCESS, "/private/var/db/.shadowfinch/agent",
         PREFIX},
        {PATH, "/private/var/db/.shadowfinch/", OBS_URL,
         "file:///private/var/db/.shadowfinch/a%20b", PREFIX},
        {PATH, "/private/var/tmp/UserEventAgent", OBS_PROCESS, "/private/var/tmp/UserEventAgent",
         EXACT},
        {PATH, "/private/var/tmp/UserEventAgent", OBS_PROCESS, "/usr/libexec/UserEventAgent", NO},
        {PATH, "/private/var/tmp/UserEventAgent", OBS_PROCESS, "UserEventAgent", NO},
        {PATH, "Library/Preferences/com.apple.photolibraryd.plist", OBS_PATH,
         "/private/var/mobile/Library/Preferences/com.apple.photolibraryd.plist", EXACT},
        {PATH, "Library/Preferences/com.apple.photolibraryd.plist", OBS_PATH,
         "Library/Preferences/com.apple.photolibraryd.plist", EXACT},
        {PATH, "Library/Preferences/com.apple.photolibraryd.plist", OBS_PATH,
         "/private/var/mobile/xLibrary/Preferences/com.apple.photolibraryd.plist", NO},
        {PATH, "Library/Preferences/com.apple.photolibraryd.plist", OBS_PATH,
         "/private/var/mobile/Library/Preferences/com.apple.photolibraryd.plist2", NO},
        {PATH, "Library/Preferences/com.apple.photolibraryd.plist", OBS_PATH,
         "/private/var/mobile/Library/Preferences", NO},
        {PATH, "/Library/Caches/com.shadow.finch/", OBS_PATH,
         "/private/var/mobile/Library/Caches/com.shadow.finch/cfg.plist", PREFIX},
        {PATH, "/Library/Caches/com.shadow.finch/", OBS_PATH,
         "/Library/Caches/com.shadow.finch/cfg.plist", PREFIX},
        {PATH, "/Library/Caches/com.shadow.finch/", OBS_PATH,
         "/private/var/mobile/Library/Caches/com.shadow.finch2/cfg.plist", NO},
        {PATH, "~/Library/x", OBS_PATH, "/private/var/mobile/Library/x", EXACT},
        {PATH " LIKE", "/private/var/x/%", OBS_PATH, "/private/var/x/y", PREFIX},
        {"directory:path", "/private/var/x", OBS_PATH, "/private/var/x/y", PREFIX},
        {"file:parent_directory_ref.path", "/private/var/x", OBS_PATH, "/private/var/x/y", PREFIX},
        {PATH, "/private/var/", OBS_PATH, "/private/var/x", NOT_LOADED},
        {PATH, "/", OBS_PATH, "/x", NOT_LOADED},
        {PATH, "/data/local/tmp/", OBS_PATH, "/data/local/tmp/x", NOT_LOADED},
        {NAME, "roleaccountd.plist", OBS_PATH, "/any/where/roleaccountd.plist", EXACT},
        {NAME, "roleaccountd.plist", OBS_FILENAME, "roleaccountd.plist", EXACT},
        {NAME, "roleaccountd.plist", OBS_PATH, "/any/roleaccountd.plist/x", NO},
        {NAME, "roleaccountd.plist", OBS_FILENAME, "RoleAccountd.plist", NO},
        {NAME, "sysupd8r.bin", OBS_FILENAME, "sysupd8r.bin.txt", NO},
        {NAME, "sysupd8r.bin", OBS_FILENAME, "mysysupd8r.bin", NO},
        {NAME, "sysupd8r.bin", OBS_FILENAME, "~/Library/SMS/Attachments/a/sysupd8r.bin", EXACT},
        {NAME, "/var/foobar/txt", OBS_PATH, "/private/var/foobar/txt", EXACT},
        {NAME, "it's", OBS_FILENAME, "it's", EXACT},
        {NAME, "a\\b", OBS_FILENAME, "a\\b", EXACT},
        {NAME, "Info.plist", OBS_FILENAME, "Info.plist", WEAK},
        {NAME, "rce_loader.js", OBS_URL, "https://a.example/rce_loader.js", NO},
        {DOMAIN, "spy.example", OBS_PATH,
         "Library/WebKit/WebsiteData/IndexedDB/v1/https_spy.example_0/x.sqlite3", EXACT},
        {DOMAIN, "example.org", OBS_PATH, "/a/https_www.example.org_1/x.sqlite3", BELOW},
        {DOMAIN, "d3mo-cdn.test", OBS_PATH, "/a/https_d3mo-cdn.test_0.localstorage", EXACT},
        {DOMAIN, "spy.example", OBS_PATH, "/a/https_notspy.example_0", NO},
        {DOMAIN, "d3mo-cdn.test", OBS_PATH, "Documents/notd3mo-cdn.test/file", NO},
        {DOMAIN, "d3mo-cdn.test", OBS_PATH, "Library/d3mo-cdn.test-old/a", NO},
        {DOMAIN, "d3mo-cdn.test", OBS_PATH, "Library/x.d3mo-cdn.test.backup/b", NO},
        {DOMAIN, "d3mo-cdn.test", OBS_PATH, "Documents/d3mo-cdn.test.settings", NO},
        {DOMAIN, "d3mo-cdn.test", OBS_PATH, "Documents/d3mo-cdn.test", NO},
    };
    CHECK(rows);
}

static void hashes_profiles_and_properties(void **state)
{
    (void)state;
#define MD5 "0123456789abcdef0123456789abcdef"
#define SHA256 MD5 MD5
    static const struct row rows[] = {
        {"file:hashes.sha256", SHA256, OBS_HASH, SHA256, EXACT},
        {"file:hashes.sha256", "0123456789ABCDEF0123456789ABCDEF" MD5, OBS_HASH, SHA256, EXACT},
        {"file:hashes.'SHA-256'", SHA256, OBS_HASH,
         "0123456789ABCDEF 0123456789ABCDEF 0123456789abcdef 0123456789abcdef", EXACT},
        {"file:hashes.sha256", SHA256, OBS_HASH, MD5, NO},
        {"file:hashes.MD5", MD5, OBS_HASH, MD5, EXACT},
        {"file:hashes.MD5", MD5, OBS_HASH, SHA256, NO},
        {"file:hashes.sha256", SHA256, OBS_CERT, SHA256, NO},
        {"file:hashes.sha256", MD5, OBS_HASH, MD5, NOT_LOADED},
        {"file:hashes.MD5", "d41d8cd98f00b204e9800998ecf8427e", OBS_HASH,
         "d41d8cd98f00b204e9800998ecf8427e", NOT_LOADED},
        {"app:cert.sha256", SHA256, OBS_CERT, SHA256, EXACT},
        {"app:cert.md5", MD5, OBS_CERT, "01:23:45:67:89:AB:CD:EF:01:23:45:67:89:AB:CD:EF", EXACT},
        {"app:cert.md5", "01:23:45:67:89:AB:CD:EF:01:23:45:67:89:AB:CD:EF", OBS_CERT, MD5, EXACT},
        {"app:cert.sha256", SHA256, OBS_HASH, SHA256, NO},
        {"x509-certificate:hashes.'SHA-256'", SHA256, OBS_CERT, SHA256, EXACT},
        {"app:cert.sha1", "61ED377E85D386A8DFEE6B864BD85B0BFAA5AF81", OBS_CERT,
         "61:ed:37:7e:85:d3:86:a8:df:ee:6b:86:4b:d8:5b:0b:fa:a5:af:81", WEAK},
        {"configuration-profile:id", "76DAB334-7E17-475D-A5D6-0794EB5818A5", OBS_PROFILE,
         "76dab334-7e17-475d-a5d6-0794eb5818a5", EXACT},
        {"configuration-profile:id", "76DAB334-7E17-475D-A5D6-0794EB5818A5", OBS_PROFILE,
         "76DAB334-7E17-475D-A5D6-0794EB5818A5", EXACT},
        {"configuration-profile:id", "76DAB334-7E17-475D-A5D6-0794EB5818A5", OBS_PROFILE, "76DA",
         NO},
        {"configuration-profile:id", "76DAB334-7E17-475D-A5D6-0794EB5818A5", OBS_PROFILE, "7", NO},
        {"configuration-profile:id", "6F0C2B1E-5D41-4C55-9E0A-7B1D00C0FFEE", OBS_PROFILE,
         "6F0C2B1E-5D41-4C55-9E0A-7B1D00C0FFEF", NO},
        {"android-property:name", "sys.brand.note", OBS_PROPERTY, "sys.brand.note", EXACT},
        {"android-property:name", "sys.brand.note", OBS_PROPERTY, "sys.brand.notes", NO},
        {"android-property:name", "sys.brand.note", OBS_PROPERTY, "sys.brand", NO},
        {"android-property:name", "sys.brand.note", OBS_DOMAIN, "sys.brand.note", NO},
        {"mutex:name", "x", OBS_PROCESS, "x", NOT_LOADED},
        {"x-custom:thing", "x", OBS_PROCESS, "x", NOT_LOADED},
    };
    CHECK(rows);
}

static struct indicators *parsed(const char *const *files, size_t n)
{
    struct indicators *in = indicators_new();
    for (size_t i = 0; i < n; i++) {
        struct err e = {0};
        struct buf out = {0};
        struct blob *b = blob_of_memory(slice_of(files[i]));
        assert_true(indicators_parse(b, i ? "second" : "first", &out, &e));
        assert_true(indicators_add(in, buf_view(&out), &e));
        blob_close(b);
        buf_free(&out);
    }
    return in;
}

static void all_sets_that_hold_a_value_are_found_the_exact_first(void **state)
{
    (void)state;
    static const char *const files[] = {
        "{\"objects\":[{\"type\":\"indicator\",\"id\":\"indicator--1\",\"pattern\":"
        "\"[domain-name:value='spy.example']\"}]}",
        "{\"objects\":[{\"type\":\"indicator\",\"id\":\"indicator--2\",\"pattern\":"
        "\"[domain-name:value='a.spy.example']\"},{\"type\":\"indicator\",\"id\":\"indicator--3\","
        "\"pattern\":\"[domain-name:value='spy.example']\"}]}",
    };
    struct indicators *in = parsed(files, 2);
    struct matcher *m = matcher_new(in);
    struct match found[4];
    assert_int_equal(matcher_find(m, OBS_DOMAIN, slice_of("a.spy.example"), found, 4), 3);
    assert_true(slice_is(found[0].indicator->ref, "indicator--2"));
    assert_int_equal(found[0].how, HOW_EXACT);
    assert_true(slice_is(found[1].indicator->ref, "indicator--1"));
    assert_true(slice_is(found[2].indicator->ref, "indicator--3"));
    assert_int_equal(found[2].how, HOW_SUBDOMAIN);
    /* Fewer places than matches: the number is still right. */
    assert_int_equal(matcher_find(m, OBS_DOMAIN, slice_of("a.spy.example"), found, 1), 3);
    assert_int_equal(found[0].how, HOW_EXACT);
    assert_int_equal(matcher_find(m, OBS_DOMAIN, slice_of("a.spy.example"), NULL, 0), 3);
    matcher_free(m);
    indicators_free(in);
}

static void a_qualified_indicator_is_at_most_medium(void **state)
{
    (void)state;
    static const char *const files[] = {
        "{\"objects\":[{\"type\":\"indicator\",\"id\":\"indicator--1\",\"indicator_types\":"
        "[\"compromised\"],\"pattern\":\"[domain-name:value='spy.example']\"}]}",
    };
    struct indicators *in = parsed(files, 1);
    struct matcher *m = matcher_new(in);
    struct match found;
    assert_int_equal(matcher_find(m, OBS_DOMAIN, slice_of("a.spy.example"), &found, 1), 1);
    assert_int_equal(found.how, HOW_SUBDOMAIN);
    assert_int_equal(found.confidence, CONFIDENCE_MEDIUM);
    matcher_free(m);
    indicators_free(in);
}

static void an_empty_collection_finds_nothing(void **state)
{
    (void)state;
    struct indicators *in = indicators_new();
    struct matcher *m = matcher_new(in);
    struct match found;
    for (unsigned t = 0; t < OBS_TYPES; t++)
        for (const char *const *v =
                 (const char *const[]){"", "a.b.c", "/", "https://a.b/c", "+1", NULL};
             *v; v++)
            assert_int_equal(matcher_find(m, (enum observable)t, slice_of(*v), &found, 1), 0);
    matcher_free(m);
    matcher_free(NULL);
    indicators_free(in);
    indicators_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(domains),
        cmocka_unit_test(names_in_other_scripts),
        cmocka_unit_test(free_text),
        cmocka_unit_test(urls),
        cmocka_unit_test(addresses),
        cmocka_unit_test(people),
        cmocka_unit_test(processes),
        cmocka_unit_test(apps),
        cmocka_unit_test(paths_and_names),
        cmocka_unit_test(hashes_profiles_and_properties),
        cmocka_unit_test(all_sets_that_hold_a_value_are_found_the_exact_first),
        cmocka_unit_test(a_qualified_indicator_is_at_most_medium),
        cmocka_unit_test(an_empty_collection_finds_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
