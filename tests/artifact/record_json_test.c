#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "artifact/record_json.h"

static void sample(struct record *r)
{
    record_start(r, ROW, slice_of("message"), 41);
    record_text(r, "url", slice_of("https://a.example/"));
    record_time(r, "visited", (struct utime){INT64_C(1767434400) * 1000000000, SECOND});
    record_int(r, "loaded", 1);
    record_text(r, "url", slice_of("b\"\n"));
    record_real(r, "length", 1.5);
    record_hex(r, "guid", slice_at("\xab\0", 2));
    record_time(r, "visited", (struct utime){INT64_C(1767434401) * 1000000000, DAY});
}

static void expect(struct buf *got, const char *want)
{
    buf_byte(got, 0);
    assert_string_equal(got->p, want);
    buf_free(got);
}

static void fields_of_one_name_are_one_array(void **state)
{
    (void)state;
    struct record r;
    struct json_writer w;
    struct buf out = {0};
    sample(&r);
    json_writer(&w, &out);
    record_json_fields(&w, &r, true);
    expect(&out, "{\"url\":[\"https://a.example/\",\"b\\\"\\n\"],"
                 "\"visited\":[\"2026-01-03T10:00:00Z\",\"2026-01-03\"],\"loaded\":1,"
                 "\"length\":1.5,\"guid\":\"ab00\"}");
}

static void times_can_have_a_place_of_their_own(void **state)
{
    (void)state;
    struct record r;
    struct json_writer w;
    struct buf out = {0};
    sample(&r);
    json_writer(&w, &out);
    record_json_fields(&w, &r, false);
    record_json_times(&w, &r);
    expect(&out, "{\"url\":[\"https://a.example/\",\"b\\\"\\n\"],\"loaded\":1,\"length\":1.5,"
                 "\"guid\":\"ab00\"}[{\"what\":\"visited\",\"time\":\"2026-01-03T10:00:00Z\"},"
                 "{\"what\":\"visited\",\"time\":\"2026-01-03\"}]");
    assert_int_equal(record_moment(&r).precision, SECOND);
}

static void provenance_names_the_place_by_its_kind(void **state)
{
    (void)state;
    static const struct {
        struct origin origin;
        const char *json;
    } places[] = {
        {{ROW, {(const uint8_t *)"message", 7}, 41, WAL},
         "{\"path\":\"/p\",\"container_path\":\"3d/3d\",\"table\":\"message\",\"row\":41,"
         "\"state\":\"wal\"}"},
        {{KEY, {(const uint8_t *)"a.b[3]", 6}, 0, LIVE},
         "{\"path\":\"/p\",\"container_path\":\"3d/3d\",\"key\":\"a.b[3]\",\"state\":\"live\"}"},
        {{LINE, {0}, 12, LIVE},
         "{\"path\":\"/p\",\"container_path\":\"3d/3d\",\"line\":12,\"state\":\"live\"}"},
        {{OFFSET, {0}, 4096, RECOVERED},
         "{\"path\":\"/p\",\"container_path\":\"3d/3d\",\"offset\":4096,\"state\":\"recovered\"}"},
    };
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        struct json_writer w;
        struct buf out = {0};
        json_writer(&w, &out);
        record_json_provenance(&w, &places[i].origin, slice_of("/p"), slice_of("3d/3d"));
        expect(&out, places[i].json);
    }
}

static void observables_carry_their_field_and_exposure(void **state)
{
    (void)state;
    struct sighting items[] = {{OBS_DOMAIN, OPENED, "url", slice_of("a.example")}};
    struct sightings s = {.items = items, .n = 1};
    struct json_writer w;
    struct buf out = {0};
    json_writer(&w, &out);
    record_json_observables(&w, &s);
    expect(&out, "[{\"type\":\"domain\",\"value\":\"a.example\",\"field\":\"url\","
                 "\"exposure\":\"opened\"}]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_of_one_name_are_one_array),
        cmocka_unit_test(times_can_have_a_place_of_their_own),
        cmocka_unit_test(provenance_names_the_place_by_its_kind),
        cmocka_unit_test(observables_carry_their_field_and_exposure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
