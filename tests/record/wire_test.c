#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/utf8.h"
#include "record/wire.h"

static struct arena arena;
static struct buf wire;

static void sample(struct record *r, struct sightings *s)
{
    static struct sighting items[2];
    record_start(r, ROW, slice_of("message"), -7);
    r->origin.state = RECOVERED;
    record_time(r, "date", (struct utime){-1, NANO});
    record_observe(r, "text", OBS_TEXT, RECEIVED, slice_of("look: https://a.example/x"));
    record_int(r, "flags", INT64_MIN);
    record_real(r, "length", -0.5);
    record_hex(r, "guid", slice_at("\0\xff", 2));
    record_text(r, "empty", slice_of(""));
    items[0] = (struct sighting){OBS_URL, RECEIVED, "text", slice_of("https://a.example/x")};
    items[1] = (struct sighting){OBS_DOMAIN, RECEIVED, "text", slice_of("a.example")};
    *s = (struct sightings){items, 2, 2, false};
}

static bool decode(struct slice payload, struct sent_record *out)
{
    struct err e = {0};
    bool ok = record_decode(payload, &arena, out, &e);
    assert_int_equal(ok, e.code == ERR_NONE);
    return ok;
}

static int forget(void **state)
{
    (void)state;
    arena_free(&arena);
    buf_free(&wire);
    return 0;
}

static void record_comes_back_as_it_was(void **state)
{
    (void)state;
    struct record r;
    struct sightings s;
    static struct sent_record got;
    sample(&r, &s);
    assert_true(record_encode(&r, &s, &arena, &wire));
    assert_true(decode(buf_view(&wire), &got));
    assert_int_equal(got.record.origin.place, ROW);
    assert_true(slice_is(got.record.origin.name, "message"));
    assert_int_equal(got.record.origin.n, -7);
    assert_int_equal(got.record.origin.state, RECOVERED);
    assert_int_equal(got.record.n, r.n);
    const struct field *f = got.record.fields;
    assert_int_equal(f[0].time.ns, -1);
    assert_int_equal(f[0].time.precision, NANO);
    assert_string_equal(f[1].name, "text");
    assert_int_equal(f[1].observable, OBS_TEXT);
    assert_int_equal(f[1].exposure, RECEIVED);
    assert_int_equal(f[2].integer, INT64_MIN);
    assert_true(f[3].real == -0.5);
    assert_true(slice_equal(f[4].text, slice_at("\0\xff", 2)));
    assert_int_equal(f[5].text.n, 0);
    assert_int_equal(got.sightings.n, 2);
    assert_string_equal(got.sightings.items[1].field, "text");
    assert_true(slice_is(got.sightings.items[1].value, "a.example"));
}

static void every_shorter_payload_is_refused(void **state)
{
    (void)state;
    struct record r;
    struct sightings s;
    static struct sent_record got;
    sample(&r, &s);
    record_encode(&r, &s, &arena, &wire);
    for (size_t n = 0; n < wire.n; n++) {
        uint8_t *copy = malloc(n ? n : 1); /* so that a sanitizer sees a read past its end */
        memcpy(copy, wire.p, n);
        assert_false(decode(slice_at(copy, n), &got));
        free(copy);
    }
    buf_byte(&wire, 0);
    assert_false(decode(buf_view(&wire), &got));
}

static void changed_bytes_give_valid_records_or_none(void **state)
{
    (void)state;
    struct record r;
    struct sightings s;
    static struct sent_record got;
    sample(&r, &s);
    record_encode(&r, &s, &arena, &wire);
    for (size_t i = 0; i < wire.n; i++)
        for (unsigned bit = 0; bit < 8; bit++) {
            wire.p[i] ^= (uint8_t)(1u << bit);
            if (decode(buf_view(&wire), &got))
                for (size_t v = 0; v < got.sightings.n; v++)
                    assert_true(utf8_valid(got.sightings.items[v].value) &&
                                got.sightings.items[v].type < OBS_TEXT);
            wire.p[i] ^= (uint8_t)(1u << bit);
        }
}

static void text_of_any_bytes_becomes_utf8(void **state)
{
    (void)state;
    struct record r;
    struct sightings none = {0};
    static struct sent_record got;
    record_start(&r, KEY, slice_of("k\xff"), 0);
    record_text(&r, "t", slice_of("a\xff"));
    assert_true(record_encode(&r, &none, &arena, &wire));
    assert_true(decode(buf_view(&wire), &got));
    assert_true(slice_is(got.record.fields[0].text, "a\\xff"));
    assert_true(slice_is(got.record.origin.name, "k\\xff"));
}

static void long_text_is_cut_and_marked(void **state)
{
    (void)state;
    struct record r;
    struct sightings none = {0};
    static struct sent_record got;
    uint8_t *text = malloc(FIELD_MAX_TEXT + 1);
    memset(text, 'x', FIELD_MAX_TEXT + 1);
    record_start(&r, LINE, slice_of(""), 1);
    record_text(&r, "fits", slice_at(text, FIELD_MAX_TEXT));
    record_text(&r, "long", slice_at(text, FIELD_MAX_TEXT + 1));
    assert_false(record_encode(&r, &none, &arena, &wire));
    assert_true(decode(buf_view(&wire), &got));
    assert_false(got.record.fields[0].cut);
    assert_int_equal(got.record.fields[0].text.n, FIELD_MAX_TEXT);
    assert_true(got.record.fields[1].cut);
    assert_int_equal(got.record.fields[1].text.n, FIELD_MAX_TEXT);
    free(text);
}

static void sightings_come_before_texts(void **state)
{
    (void)state;
    struct record r;
    static struct sent_record got;
    static struct sighting items[RECORD_MAX_SIGHTINGS];
    uint8_t *text = malloc(FIELD_MAX_TEXT);
    memset(text, 'x', FIELD_MAX_TEXT);
    record_start(&r, LINE, slice_of(""), 1);
    for (unsigned i = 0; i < RECORD_MAX_FIELDS; i++)
        record_text(&r, "t", slice_at(text, FIELD_MAX_TEXT));
    for (size_t i = 0; i < RECORD_MAX_SIGHTINGS; i++)
        items[i] = (struct sighting){OBS_URL, RECEIVED, "t", slice_at(text, 200)};
    struct sightings s = {items, RECORD_MAX_SIGHTINGS, RECORD_MAX_SIGHTINGS, false};
    assert_false(record_encode(&r, &s, &arena, &wire));
    assert_true(wire.n <= WIRE_MAX_RECORD);
    assert_true(decode(buf_view(&wire), &got));
    assert_int_equal(got.sightings.n, RECORD_MAX_SIGHTINGS);
    assert_false(got.sightings.overfull);
    assert_true(got.record.fields[RECORD_MAX_FIELDS - 1].cut);
    free(text);
}

static void sightings_that_do_not_fit_are_told(void **state)
{
    (void)state;
    struct record r;
    static struct sent_record got;
    uint8_t *text = malloc(700 * 1000);
    memset(text, 'x', 700 * 1000);
    struct sighting items[2] = {{OBS_URL, RECEIVED, "t", slice_at(text, 700 * 1000)},
                                {OBS_URL, RECEIVED, "t", slice_at(text, 700 * 1000)}};
    struct sightings s = {items, 2, 2, false};
    record_start(&r, LINE, slice_of(""), 1);
    record_text(&r, "t", slice_of(""));
    assert_false(record_encode(&r, &s, &arena, &wire));
    assert_true(decode(buf_view(&wire), &got));
    assert_int_equal(got.sightings.n, 1);
    assert_true(got.sightings.overfull);
    free(text);
}

#define TEST(name) cmocka_unit_test_teardown(name, forget)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(record_comes_back_as_it_was),
        TEST(every_shorter_payload_is_refused),
        TEST(changed_bytes_give_valid_records_or_none),
        TEST(text_of_any_bytes_becomes_utf8),
        TEST(long_text_is_cut_and_marked),
        TEST(sightings_come_before_texts),
        TEST(sightings_that_do_not_fit_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
