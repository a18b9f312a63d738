/* The subset of YAML that files of data use, shown as JSON. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "format/yaml.h"

static void put(struct json_writer *w, const struct json_value *v)
{
    if (v->type == JSON_OBJECT)
        json_object(w);
    else if (v->type == JSON_ARRAY)
        json_array(w);
    else if (v->type == JSON_NULL)
        json_null(w);
    else
        json_string(w, v->text);
    for (const struct json_value *m = v->first; m; m = m->next) {
        if (v->type == JSON_OBJECT)
            json_name_slice(w, m->key);
        put(w, m);
    }
    if (v->type == JSON_OBJECT)
        json_object_end(w);
    else if (v->type == JSON_ARRAY)
        json_array_end(w);
}

static void expect(const char *text, const char *want)
{
    struct arena a = {0};
    struct err e = {0};
    struct buf out = {0};
    struct json_writer w;
    const struct json_value *v = yaml_tree(slice_of(text), &a, 1000, &e);
    if (!v)
        fail_msg("'%s': %s", text, e.msg);
    json_writer(&w, &out);
    put(&w, v);
    buf_byte(&out, 0);
    assert_string_equal((const char *)out.p, want);
    buf_free(&out);
    arena_free(&a);
}

static void refuse(const char *text, enum err_code code, const char *line)
{
    struct arena a = {0};
    struct err e = {0};
    if (yaml_tree(slice_of(text), &a, 1000, &e))
        fail_msg("'%s' was read", text);
    if (e.code != code || !slice_starts(slice_of(e.msg), line))
        fail_msg("'%s': %s: %s", text, err_name(e.code), e.msg);
    arena_free(&a);
}

static void maps_and_lists_nest_by_indentation(void **state)
{
    (void)state;
    expect("a: 1\nb:\n  c: x y\n  d:\n  - 1\n  - 2\ne:\n", "{\"a\":\"1\",\"b\":{\"c\":\"x y\","
                                                           "\"d\":[\"1\",\"2\"]},\"e\":null}");
    expect("- name: A\n  list:\n  - x\n- name: B\n",
           "[{\"name\":\"A\",\"list\":[\"x\"]},{\"name\":\"B\"}]");
    expect(
        "---\n# c\nindicators:\n  -\n    type: t # why\n    github:\n      owner: o\n\n  -\n    type: u\n...\n",
        "{\"indicators\":[{\"type\":\"t\",\"github\":{\"owner\":\"o\"}},{\"type\":\"u\"}]}");
    expect("- - a\n  - b\n- c\n", "[[\"a\",\"b\"],\"c\"]");
    expect("word\n", "\"word\"");
    expect("-\n- a\n", "[null,\"a\"]");
}

static void scalars_may_be_quoted_folded_or_flow(void **state)
{
    (void)state;
    expect("a: 'it''s: #1' # c\nb: \"x\\n\\u00e9\\\"\"\n",
           "{\"a\":\"it's: #1\",\"b\":\"x\\n\xc3\xa9\\\"\"}");
    expect("\"k: y\": v\nurl: https://a.example/#f\n",
           "{\"k: y\":\"v\",\"url\":\"https://a.example/#f\"}");
    expect("a: [x, \"y,z\", {k: v}]\nb: {}\nc: [1,\n  2]\n",
           "{\"a\":[\"x\",\"y,z\",{\"k\":\"v\"}],\"b\":{},"
           "\"c\":[\"1\",\"2\"]}");
    expect("a: |\n  one\n   two\n\n  three\nb: >\n  x\n  y\nc: 1\n",
           "{\"a\":\"one\\n two\\n\\nthree\",\"b\":\"x y\",\"c\":\"1\"}");
    expect("a: one\n  two\nb: 1\n", "{\"a\":\"one two\",\"b\":\"1\"}");
    expect("- ^Kids\\W[0-9]{2}:[0-9]{2}$\n", "[\"^Kids\\\\W[0-9]{2}:[0-9]{2}$\"]");
}

static void what_would_change_the_meaning_is_refused(void **state)
{
    (void)state;
    refuse("a: &x 1\n", ERR_UNSUPPORTED, "line 1");
    refuse("a: *x\n", ERR_UNSUPPORTED, "line 1");
    refuse("a: !!str x\n", ERR_UNSUPPORTED, "line 1");
    refuse("a: 1\n---\nb: 2\n", ERR_UNSUPPORTED, "line 2");
    refuse("a:\n\tb: 1\n", ERR_CORRUPT, "line 2");
    refuse("a: 'x\n", ERR_UNSUPPORTED, "line 1");
    refuse("a: \"\\q\"\n", ERR_UNSUPPORTED, "line 1");
    refuse("a: [x\n", ERR_CORRUPT, "line 1");
    refuse("a: 'x' y\n", ERR_CORRUPT, "line 1");
    refuse("a:\n    b: 1\n  c: 2\n", ERR_CORRUPT, "line 3");
    refuse("a: 1\nb\n", ERR_CORRUPT, "line 2");
    refuse("", ERR_ABSENT, "");
    refuse("a: \xff\n", ERR_CORRUPT, "not UTF-8");
}

static void depth_and_count_are_limited(void **state)
{
    (void)state;
    struct buf b = {0};
    for (int i = 0; i < 5000; i++)
        buf_text(&b, "- ");
    buf_byte(&b, 0);
    refuse((const char *)b.p, ERR_LIMIT, "line 1");
    buf_clear(&b);
    buf_text(&b, "a: ");
    for (int i = 0; i < 5000; i++)
        buf_byte(&b, '[');
    buf_byte(&b, 0);
    refuse((const char *)b.p, ERR_LIMIT, "line 1");
    buf_clear(&b);
    for (int i = 0; i < 1001; i++)
        buf_text(&b, "- x\n");
    buf_byte(&b, 0);
    refuse((const char *)b.p, ERR_LIMIT, "line 100");
    buf_free(&b);
}

static void the_start_tells_yaml_from_other_text(void **state)
{
    (void)state;
    assert_true(yaml_looks_like(slice_of("# c\n- name: x\n")));
    assert_true(yaml_looks_like(slice_of("indicators:\n  -\n")));
    assert_false(yaml_looks_like(slice_of("spy.example\n")));
    assert_false(yaml_looks_like(slice_of("198.51.100.7:443\n")));
    assert_false(yaml_looks_like(slice_of("https://a.example/\n")));
    assert_false(yaml_looks_like(slice_of("a title with words: text\n")));
    assert_false(yaml_looks_like(slice_of("")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(maps_and_lists_nest_by_indentation),
        cmocka_unit_test(scalars_may_be_quoted_folded_or_flow),
        cmocka_unit_test(what_would_change_the_meaning_is_refused),
        cmocka_unit_test(depth_and_count_are_limited),
        cmocka_unit_test(the_start_tells_yaml_from_other_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
