#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "artifact/artifact.h"

static bool is_word(const char *s)
{
    for (; *s; s++)
        if (!((*s >= 'a' && *s <= 'z') || (*s >= '0' && *s <= '9') || *s == '_'))
            return false;
    return true;
}

static void ids_are_platform_and_thing_and_unique(void **state)
{
    (void)state;
    for (unsigned i = 0; i < artifact_count; i++) {
        struct slice id = slice_of(artifacts[i]->id);
        size_t dot = slice_find(id, '.');
        assert_true(slice_starts(id, "ios.") || slice_starts(id, "android.") ||
                    slice_starts(id, "network."));
        assert_true(dot + 1 < id.n && is_word(artifacts[i]->id + dot + 1));
        assert_ptr_equal(artifact_find(id), artifacts[i]);
        for (unsigned j = 0; j < i; j++)
            assert_string_not_equal(artifacts[i]->id, artifacts[j]->id);
    }
    assert_null(artifact_find(slice_of("ios.nothing")));
    assert_null(artifacts[artifact_count]);
}

static void all_say_what_they_are(void **state)
{
    (void)state;
    for (unsigned i = 0; i < artifact_count; i++) {
        const struct artifact *a = artifacts[i];
        if (!a->title || !a->title[0] || !a->explains || !a->explains[0])
            fail_msg("%s: no title or explanation", a->id);
        struct slice s = slice_of(a->explains);
        if (!slice_ends(s, ".") || slice_search(s, slice_of("  "), 0) < s.n)
            fail_msg("%s: explanation is no whole sentence", a->id);
        if (slice_ends(slice_of(a->title), "."))
            fail_msg("%s: title ends with a stop", a->id);
    }
}

static void all_are_declared_or_coded_never_both(void **state)
{
    (void)state;
    for (unsigned i = 0; i < artifact_count; i++) {
        const struct artifact *a = artifacts[i];
        if (!a->tables == !a->run)
            fail_msg("%s: tables or run, one of them", a->id);
        if (a->tables && (!a->paths || !a->paths[0]))
            fail_msg("%s: no paths", a->id);
        if (a->paths && !a->paths[0])
            fail_msg("%s: an empty list of paths", a->id);
    }
}

static void expected_is_part_of_found(void **state)
{
    (void)state;
    for (unsigned i = 0; i < artifact_count; i++) {
        const struct artifact *a = artifacts[i];
        if (!a->found_in || (a->expected_in & ~a->found_in))
            fail_msg("%s: found_in, expected_in", a->id);
        if (a->found_in >= IN_INTRUSION_LOG << 1)
            fail_msg("%s: found_in has unknown bits", a->id);
    }
}

static void each_yields_something(void **state)
{
    (void)state;
    for (unsigned i = 0; i < artifact_count; i++)
        if (artifact_can_show(artifacts[i]) >= 1u << EXPOSURES)
            fail_msg("%s: shows unknown exposures", artifacts[i]->id);
}

static void check_column(const struct artifact *a, const struct table *t, const struct column *c)
{
    if (!c->sql || !c->sql[0] || !is_word(c->name))
        fail_msg("%s: %s.%s: name or sql", a->id, t->name, c->name);
    if ((c->kind == KIND_TIME) != (c->epoch != EPOCH_NONE))
        fail_msg("%s: %s.%s: epoch", a->id, t->name, c->name);
    if (c->observable == OBS_NONE && c->exposure != EXPOSURE_NONE)
        fail_msg("%s: %s.%s: exposure of nothing", a->id, t->name, c->name);
}

static void tables_are_whole(void **state)
{
    (void)state;
    for (unsigned i = 0; i < artifact_count; i++) {
        const struct artifact *a = artifacts[i];
        for (const struct table *t = a->tables; t && t->name; t++) {
            if (!t->from || !t->row || !t->columns || !t->columns[0].name)
                fail_msg("%s: %s: from, row or columns", a->id, t->name);
            if (!slice_starts(slice_of(t->from), t->name))
                fail_msg("%s: %s: from does not begin with it", a->id, t->name);
            unsigned n = 0;
            for (const struct column *c = t->columns; c->name; c++, n++)
                check_column(a, t, c);
            if (n > RECORD_MAX_FIELDS)
                fail_msg("%s: %s: %u columns", a->id, t->name, n);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_are_platform_and_thing_and_unique),
        cmocka_unit_test(all_say_what_they_are),
        cmocka_unit_test(all_are_declared_or_coded_never_both),
        cmocka_unit_test(expected_is_part_of_found),
        cmocka_unit_test(each_yields_something),
        cmocka_unit_test(tables_are_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
