/* The compiled table answers as the sets in memory do, and is never believed when it is damaged. */
#include "kit.h"

#include <stdio.h>
#include <unistd.h>

#include "indicator/compiled.h"
#include "indicator/matcher_impl.h"

static const uint8_t key[COMPILED_KEY] = "a key", other_key[COMPILED_KEY] = "another";
static char folder[64], path[96];

static int make_folder(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/bridle-compiled.XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/compiled", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    unlink(path);
    rmdir(folder);
    return 0;
}

static struct indicators *some(void)
{
    struct err e = {0};
    struct indicators *in = indicators_new();
    assert_true(
        set_load(in, "pegasus/domains.txt",
                 slice_of("spy.example\nwww.b.example\nxn--spy-cna.example\nbit.ly\nword\n"), &e));
    assert_true(set_load(
        in, "x.json",
        slice_of(
            "{\"objects\":["
            "{\"type\":\"indicator\",\"id\":\"indicator--00000000-0000-4000-8000-0000000000aa\","
            "\"created\":\"2026-01-15T12:00:00Z\",\"valid_until\":\"2026-03-01T00:00:00Z\","
            "\"confidence\":70,\"pattern\":\"[url:value LIKE 'https://c.example/x/%'] OR "
            "[ipv4-addr:value='198.51.100.0/24'] OR [process:name='averylongprocessname'] OR "
            "[file:path='/private/var/tmp/odd/'] OR [domain-name:value='Spy[.]example']\"},"
            "{\"type\":\"indicator\",\"id\":\"odd id\",\"pattern\":\"[app:id='Com.Spy.Thing']\"}]}"),
        &e));
    return in;
}

static void expect_same(const struct indicators *a, const struct indicators *b,
                        enum observable type, const char *value, size_t least)
{
    struct matcher *ma = matcher_new(a), *mb = matcher_new(b);
    struct match x[8], y[8];
    size_t n = matcher_find(ma, type, slice_of(value), x, 8);
    assert_int_equal(n, matcher_find(mb, type, slice_of(value), y, 8));
    assert_true(n >= least);
    for (size_t i = 0; i < n; i++) {
        const struct indicator *p = x[i].indicator, *q = y[i].indicator;
        assert_int_equal(x[i].how, y[i].how);
        assert_int_equal(x[i].confidence, y[i].confidence);
        assert_int_equal(p->type, q->type);
        assert_int_equal(p->set, q->set);
        assert_true(slice_equal(p->value, q->value) && slice_equal(p->published, q->published));
        assert_true(slice_equal(p->ref, q->ref) && slice_equal(p->family, q->family));
        assert_int_equal(p->created.ns, q->created.ns);
        assert_int_equal(p->valid_until.ns, q->valid_until.ns);
        assert_int_equal(p->valid_until.precision, q->valid_until.precision);
        assert_int_equal(p->family_class, q->family_class);
        assert_int_equal(p->confidence, q->confidence);
        assert_int_equal(p->remark, q->remark);
        assert_int_equal(p->too_general, q->too_general);
        assert_int_equal(p->prefix, q->prefix);
        assert_int_equal(p->qualified, q->qualified);
    }
    matcher_free(ma);
    matcher_free(mb);
}

static void it_answers_as_the_sets_do(void **state)
{
    (void)state;
    struct err e = {0};
    struct indicators *in = some(), *mapped = indicators_new();
    assert_true(compiled_write(in, key, path, &e));
    assert_true(compiled_open(mapped, key, path, &e));
    assert_int_equal(mapped->nitems, in->nitems);
    assert_int_equal(mapped->nsets, 2);
    assert_true(slice_equal(mapped->sets[0].name, in->sets[0].name));
    assert_int_equal(mapped->sets[1].by_type[OBS_IP], 1);
    assert_int_equal(mapped->nrejected, in->nrejected);
    assert_int_equal(mapped->nremarks, in->nremarks);
    for (size_t i = 0; i < in->nremarks; i++)
        assert_string_equal(mapped->remarks[i].why, in->remarks[i].why);
    expect_same(in, mapped, OBS_DOMAIN, "a.spy.example", 2);
    expect_same(in, mapped, OBS_DOMAIN, "b.example", 1);
    expect_same(in, mapped, OBS_DOMAIN, "bit.ly", 1);
    expect_same(in, mapped, OBS_DOMAIN, "other.example", 0);
    expect_same(in, mapped, OBS_URL, "https://c.example/x/y", 1);
    expect_same(in, mapped, OBS_IP, "198.51.100.77", 1);
    expect_same(in, mapped, OBS_PROCESS, "averylongproces", 1);
    expect_same(in, mapped, OBS_PATH, "/private/var/tmp/odd/a/b", 1);
    expect_same(in, mapped, OBS_APP, "com.spy.thing", 1);
    indicators_free(in);
    indicators_free(mapped);
}

static void nothing_and_an_empty_collection_are_told_apart(void **state)
{
    (void)state;
    struct err e = {0};
    struct indicators *in = indicators_new(), *mapped = indicators_new();
    unlink(path);
    assert_false(compiled_open(mapped, key, path, &e));
    assert_int_equal(e.code, ERR_ABSENT);
    err_clear(&e);
    assert_true(compiled_write(in, key, path, &e));
    assert_false(compiled_open(mapped, other_key, path, &e));
    assert_int_equal(e.code, ERR_ABSENT);
    err_clear(&e);
    assert_true(compiled_open(mapped, key, path, &e));
    assert_int_equal(mapped->nitems, 0);
    expect_same(in, mapped, OBS_DOMAIN, "spy.example", 0);
    indicators_free(in);
    indicators_free(mapped);
}

static void every_flipped_bit_and_every_cut_is_seen(void **state)
{
    (void)state;
    struct err e = {0};
    struct indicators *in = some();
    assert_true(compiled_write(in, key, path, &e));
    indicators_free(in);
    FILE *f = fopen(path, "r+");
    assert_true(f && fseek(f, 0, SEEK_END) == 0);
    long size = ftell(f);
    for (long at = 0; at < size; at += at < 600 ? 1 : 37) {
        fseek(f, at, SEEK_SET);
        int byte = fgetc(f);
        fseek(f, at, SEEK_SET);
        fputc(byte ^ 1 << at % 8, f);
        fflush(f);
        struct indicators *mapped = indicators_new();
        err_clear(&e);
        if (compiled_open(mapped, key, path, &e))
            fail_msg("byte %ld", at);
        indicators_free(mapped);
        fseek(f, at, SEEK_SET);
        fputc(byte, f);
        fflush(f);
    }
    for (long n = size - 1; n >= 0; n -= 97) {
        struct indicators *mapped = indicators_new();
        assert_int_equal(ftruncate(fileno(f), n), 0);
        err_clear(&e);
        assert_false(compiled_open(mapped, key, path, &e));
        indicators_free(mapped);
    }
    fclose(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_answers_as_the_sets_do),
        cmocka_unit_test(nothing_and_an_empty_collection_are_told_apart),
        cmocka_unit_test(every_flipped_bit_and_every_cut_is_seen),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
