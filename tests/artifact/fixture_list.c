#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <dirent.h>
#include <stdio.h>
#include <sys/stat.h>

#include "fixture_list.h"

enum { MAX_TESTS = 400 };

struct list {
    struct CMUnitTest tests[MAX_TESTS];
    size_t n;
    struct arena memory;
};

static const char *const platforms[] = {"ios", "android"};
enum { PLATFORMS = sizeof platforms / sizeof *platforms };

const struct artifact *fixture_artifact(const char *folder)
{
    const char *at = strstr(folder, "/artifact/");
    struct slice path = slice_of(at ? at + strlen("/artifact/") : "");
    struct slice platform = slice_sub(path, 0, slice_find(path, '/'));
    struct slice name = slice_sub(path, platform.n + 1, path.n);
    char id[128];
    snprintf(id, sizeof id, "%.*s.%.*s", (int)platform.n, (const char *)platform.p,
             (int)slice_find(name, '/'), (const char *)name.p);
    return artifact_find(slice_of(id));
}

/* Folders with a tree: tests/artifact/PLATFORM/NAME and NAME/VARIANT. */
static void find_fixtures(struct list *l, char *folder, unsigned depth, void (*test)(void **state))
{
    struct stat st;
    if (stat(arena_printf(&l->memory, "%s/tree", folder), &st) == 0 && l->n < MAX_TESTS)
        l->tests[l->n++] =
            (struct CMUnitTest){.name = strstr(folder, "/artifact/") + strlen("/artifact/"),
                                .test_func = test,
                                .initial_state = folder};
    DIR *d = opendir(folder);
    for (struct dirent *e; d && depth && (e = readdir(d));) {
        char *below = arena_printf(&l->memory, "%s/%s", folder, e->d_name);
        if (e->d_name[0] != '.' && strcmp(e->d_name, "tree") != 0 && stat(below, &st) == 0 &&
            S_ISDIR(st.st_mode))
            find_fixtures(l, below, depth - 1, test);
    }
    if (d)
        closedir(d);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct CMUnitTest *)a)->name, ((const struct CMUnitTest *)b)->name);
}

int fixture_tests(void (*test)(void **state), const char *one)
{
    static struct list l;
    const char *root = getenv("BRIDLE_SOURCE");
    int failed = 1; /* no fixture at all is a broken test */
    for (size_t i = 0; i < PLATFORMS; i++)
        find_fixtures(
            &l, arena_printf(&l.memory, "%s/tests/artifact/%s", root ? root : ".", platforms[i]), 2,
            test);
    qsort(l.tests, l.n, sizeof *l.tests, by_name);
    if (!one && l.n)
        failed = _cmocka_run_group_tests("fixtures", l.tests, l.n, NULL, NULL);
    for (size_t i = 0; one && i < l.n; i++)
        if (!strcmp(l.tests[i].name, one))
            failed = _cmocka_run_group_tests("fixtures", &l.tests[i], 1, NULL, NULL);
    arena_free(&l.memory);
    return failed;
}
