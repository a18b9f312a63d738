/* Indexes of sets: what is taken of each kind, and which addresses are not. */
#include "kit.h"

#include "indicator/index.h"

static struct index read_index(struct arena *a, const char *text, enum err_code want)
{
    struct buf parsed = {0};
    struct err e = {0};
    struct index out = {0};
    struct blob *b = blob_of_memory(slice_of(text));
    bool ok = index_parse(b, "index", &parsed, &e) &&
              index_read(arena_copy(a, buf_view(&parsed)), a, &out, &e);
    if (ok != (want == ERR_NONE) || e.code != want)
        fail_msg("'%.60s': %s: %s", text, err_name(e.code), e.msg);
    blob_close(b);
    buf_free(&parsed);
    return out;
}

static void our_own_pins_and_names(void **state)
{
    (void)state;
    struct arena a = {0};
    struct index i = read_index(
        &a,
        "{\"bridle_index\":1,\"sets\":[{\"name\":\"One\",\"url\":\"https://a.example/x.stix2\","
        "\"sha256\":\"ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789\","
        "\"size\":17,\"licence\":\"MIT\",\"publisher\":\"A Lab\",\"as\":\"odd/x.csv\","
        "\"key\":\"RW\"},{\"url\":\"y.stix2\"},{\"name\":\"no url\"},"
        "{\"url\":\"z\",\"sha256\":\"12\"},7]}",
        ERR_NONE);
    assert_int_equal(i.n, 2);
    assert_int_equal(i.refused, 3);
    assert_true(slice_starts(i.sets[0].sha256, "abcdef"));
    assert_int_equal(i.sets[0].size, 17);
    assert_true(slice_is(i.sets[0].licence, "MIT") && slice_is(i.sets[0].as, "odd/x.csv"));
    assert_true(slice_is(i.sets[1].name, "y.stix2"));
    arena_free(&a);
}

static void other_kinds_are_read(void **state)
{
    (void)state;
    struct arena a = {0};
    struct index i =
        read_index(&a,
                   "indicators:\n  -\n    type: github\n    name: N\n    sources:\n"
                   "      - S\n    github:\n      owner: o\n      repo: r\n"
                   "      path: p/q.stix2\n  - name: M\n    download_url: https://b.example/\n",
                   ERR_NONE);
    assert_int_equal(i.n, 2);
    assert_true(slice_is(i.sets[0].url, "https://raw.githubusercontent.com/o/r/main/p/q.stix2"));
    assert_true(slice_is(i.sets[0].publisher, "S"));
    i = read_index(&a, "{\"5f1b0000-0000-4000-8000-000000000001\":{\"info\":\"I\"},\"odd\":{}}",
                   ERR_NONE);
    assert_int_equal(i.n, 1);
    assert_int_equal(i.refused, 1);
    assert_true(slice_is(i.sets[0].url, "5f1b0000-0000-4000-8000-000000000001.json"));
    read_index(&a, "{}", ERR_UNSUPPORTED);
    read_index(&a, "[]", ERR_UNSUPPORTED);
    read_index(&a, "{\"bridle_index\":2,\"sets\":[]}", ERR_UNSUPPORTED);
    read_index(&a, "{\"bridle_index\":1,", ERR_CORRUPT);
    read_index(&a, "", ERR_ABSENT);
    arena_free(&a);
}

static void only_https_is_an_address(void **state)
{
    (void)state;
    static const struct {
        const char *base, *url, *want;
    } rows[] = {
        {"bridle", "https://a.example/x", "https://a.example/x"},
        {"https://a.example/i/index.json", "x/y.txt", "https://a.example/i/x/y.txt"},
        {"https://a.example/i/index.json", "/x", ""},
        {"https://a.example", "x", ""},
        {"file", "x", ""},
        {"https://a.example/i", "http://a.example/x", ""},
        {"https://a.example/i", "file:///x", ""},
        {"https://a.example/i", "https://a.example/x y", ""},
        {"https://a.example/i", "https://a.example/x\ty", ""},
        {"https://a.example/i", "https://a.example/\xc3\xa9", ""},
        {"https://a.example/i", "HTTPS://a.example/", ""},
    };
    struct arena a = {0};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct slice got = index_url(slice_of(rows[i].base), slice_of(rows[i].url), &a);
        if (!slice_is(got, rows[i].want))
            fail_msg("%s from %s: %.*s", rows[i].url, rows[i].base, (int)got.n,
                     (const char *)got.p);
    }
    arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(our_own_pins_and_names),
        cmocka_unit_test(other_kinds_are_read),
        cmocka_unit_test(only_https_is_an_address),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
