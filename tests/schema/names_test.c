/* The closed vocabularies of docs/output.schema.json are those of the program, in the same order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "detect/detect.h"
#include "format/json.h"

enum { ROOM = 1 << 16 };

static struct arena arena;
static const struct json_value *defs;

static int load(void **state)
{
    (void)state;
    struct err e = {0};
    struct json j;
    const char *source = getenv("BRIDLE_SOURCE");
    FILE *f =
        fopen(arena_printf(&arena, "%s/docs/output.schema.json", source ? source : "."), "rb");
    if (!f)
        return -1;
    uint8_t *bytes = arena_alloc(&arena, ROOM);
    size_t n = fread(bytes, 1, ROOM, f);
    fclose(f);
    json_open(&j, slice_at(bytes, n), &arena);
    defs = json_get(json_tree(&j, 10000, &e), "$defs");
    return defs ? 0 : -1;
}

static const struct json_value *names_of(const char *def)
{
    const struct json_value *v = json_get(json_get(defs, def), "enum");
    assert_non_null(v);
    return v->first;
}

/* name(i) for i from first to n. */
#define SAME(def, type, name, first, count)                                                        \
    do {                                                                                           \
        const struct json_value *v = names_of(def);                                                \
        for (int i = first; i < (int)(count); i++, v = v->next) {                                  \
            assert_non_null(v);                                                                    \
            assert_true(slice_is(v->text, name((type)i)));                                         \
        }                                                                                          \
        assert_null(v);                                                                            \
    } while (0)

static void every_vocabulary_is_the_one_of_the_program(void **state)
{
    (void)state;
    SAME("source", enum source_kind, source_kind_name, 0, SOURCE_KINDS);
    SAME("type", enum observable, observable_name, OBS_DOMAIN, OBS_TEXT);
    SAME("exposure", enum exposure, exposure_name, 0, EXPOSURES);
    SAME("severity", enum severity, severity_name, 0, SEVERITY_CRITICAL + 1);
    SAME("confidence", enum confidence, confidence_name, 0, CONFIDENCE_HIGH + 1);
    SAME("match", enum how, how_name, 0, HOWS);
    SAME("family_class", enum family_class, family_class_name, 0, FAMILIES);
    SAME("state", enum state, state_name, 0, STATES);
    SAME("confinement", enum confinement, confinement_name, 0, CONFINED_FULL + 1);
    SAME("status", enum status, status_name, 0, STATUSES);
    SAME("verdict", enum verdict, verdict_name, 0, VERDICT_NONE + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_vocabulary_is_the_one_of_the_program),
    };
    int failed = cmocka_run_group_tests(tests, load, NULL);
    arena_free(&arena);
    return failed;
}
