/*
 * The local store of indicators: where it is, and how its sets come into memory. The compiled table is
 * used if it is of just these sets and of this program; else the sets are parsed, in confined jobs as
 * ever, and compiled anew where the folder can be written.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/version.h"
#include "indicator/compiled.h"
#include "indicator/store.h"

char *store_folder(void)
{
    const char *own = getenv("BRIDLE_STORE"), *data = getenv("XDG_DATA_HOME"),
               *home = getenv("HOME");
    char *path = NULL;
    int n = own && *own            ? asprintf(&path, "%s", own)
            : data && *data == '/' ? asprintf(&path, "%s/bridle/indicators", data)
            : home && *home == '/' ? asprintf(&path, "%s/.local/share/bridle/indicators", home)
                                   : 0;
    if (n < 0)
        die("out of memory");
    return path;
}

struct limits limits_of_set(const struct limits *l, int fd)
{
    enum { TIMES = 3 }; /* the text itself, and what is kept of each object while it is read */
    struct limits own = *l;
    struct stat st;
    if (fstat(fd, &st) == 0 && st.st_size > 0 && (uint64_t)st.st_size < UINT64_MAX / TIMES)
        own.memory += TIMES * (uint64_t)st.st_size;
    return own;
}

/* Another build knows other formats and other harmless values. */
static void build_key(const struct store *s, uint8_t key[COMPILED_KEY])
{
    struct stat st = {0};
    char text[128];
    if (stat("/proc/self/exe", &st) != 0)
        st.st_size = 0;
    snprintf(text, sizeof text, "%s %lld %lld.%ld", BRIDLE_VERSION, (long long)st.st_size,
             (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
    store_key(s, text, key);
}

static void add_facts(struct indicators *in, const struct stored *s)
{
    struct set *set = &in->sets[in->nsets - 1];
    if (s->publisher.n)
        set->publisher = arena_copy(&in->arena, s->publisher);
    if (s->licence.n)
        set->licence = arena_copy(&in->arena, s->licence);
    if (set->published.precision == PRECISION_NONE)
        set->published = utime_parse(s->published);
    if (s->url.n)
        set->url = arena_copy(&in->arena, s->url);
}

static bool parse_set(struct store *s, const struct stored *set, const struct limits *l,
                      struct indicators *in, struct err *e)
{
    struct buf parsed = {0};
    char hex[SHA256_TEXT];
    const char *path = store_file(s, set), *name = arena_string(&s->arena, set->name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool ok = fd >= 0 || (errno == ENOENT ? err_set(e, ERR_ABSENT, "%s: no such file", path)
                                          : err_io(e, "%s", path));
    const struct limits limits = limits_of_set(l, fd);
    ok = ok && worker_parse(fd, name, &limits, indicators_parse, &parsed, e) &&
         indicators_add(in, buf_view(&parsed), e);
    if (ok) {
        const struct set *got = &in->sets[in->nsets - 1];
        add_facts(in, set);
        if (!slice_is(set->sha256, hex_text(got->sha256, sizeof got->sha256, hex)))
            ok = err_set(e, ERR_CORRUPT, "its file was changed or is damaged");
    }
    if (fd >= 0)
        close(fd);
    buf_free(&parsed);
    return ok;
}

/* ERR_ABSENT in *e: a file is gone, somebody else has just changed the store. */
static bool parse_sets(struct store *s, const struct limits *l, struct indicators *in,
                       struct err *e)
{
    bool all = true;
    for (size_t i = 0; i < s->n; i++) {
        struct err one = {0};
        bool twice = false; /* the same file under two addresses */
        for (size_t k = 0; k < i && !twice; k++)
            twice = slice_equal(s->sets[k].sha256, s->sets[i].sha256);
        if (twice || parse_set(s, &s->sets[i], l, in, &one))
            continue;
        all = false;
        const char *name = arena_string(&s->arena, s->sets[i].name);
        if (one.code == ERR_ABSENT && !e->code)
            *e = one;
        else
            complain(0, "bad-indicators", "name", name, "why", bare_reason(one.msg, name), NULL);
    }
    indicators_weaken(in);
    return all;
}

static bool load_once(struct store *s, const struct limits *l, struct indicators *in, struct err *e)
{
    struct err ignored = {0};
    uint8_t key[COMPILED_KEY];
    const char *path = store_path(s, "compiled");
    build_key(s, key);
    if (compiled_open(in, key, path, &ignored))
        return true;
    if (!parse_sets(s, l, in, e))
        return false;
    err_clear(&ignored);
    (void)!compiled_write(in, key, path, &ignored); /* slower next time, no more */
    return true;
}

static bool open_and_load(const char *folder, const struct limits *l, struct indicators *in,
                          struct err *e)
{
    struct store *s = store_open(folder, e);
    bool ok = s && (s->n == 0 || load_once(s, l, in, e));
    store_close(s);
    return ok;
}

bool load_store(const struct limits *l, struct indicators *in)
{
    struct err e = {0};
    char *folder = store_folder();
    bool ok = !folder || open_and_load(folder, l, in, &e);
    if (!ok && e.code == ERR_ABSENT) {
        err_clear(&e);
        indicators_clear(in);
        ok = open_and_load(folder, l, in, &e);
    }
    if (e.code)
        complain(0, "bad-store", "name", folder, "why", e.msg, NULL);
    free(folder);
    return ok;
}

bool compile_store(const struct limits *l)
{
    struct indicators *in = indicators_new();
    bool ok = load_store(l, in);
    indicators_free(in);
    return ok;
}
