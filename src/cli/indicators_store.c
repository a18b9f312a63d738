/* bridle indicators add, remove, list: what is in the store. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/indicators.h"
#include "indicator/store.h"

/* The store, open and locked; NULL: said. */
static struct store *own_store(void)
{
    struct err e = {0};
    char *folder = store_folder();
    struct store *s = folder ? store_open(folder, &e) : NULL;
    if (s && !store_lock(s, &e)) {
        store_close(s);
        s = NULL;
    }
    if (!s)
        complain(0, "bad-store", "name", folder ? folder : "?", "why",
                 e.code ? e.msg : "no home folder", NULL);
    free(folder);
    return s;
}

static struct blob *open_file(const char *path, struct err *e)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
        return blob_of_fd(fd, 0, (uint64_t)st.st_size, true);
    err_io(e, "%s", path);
    if (fd >= 0)
        close(fd);
    return NULL;
}

static void print_set(const struct set *set, const char *verb)
{
    printf("%s ", verb);
    print_text(set->name, stdout);
    printf(" (");
    print_text(set->format, stdout);
    printf("): %u loaded", set->loaded);
    if (set->loaded) {
        fputs(": ", stdout);
        print_types(set->by_type, stdout);
    }
    if (set->rejected)
        printf("; %u rejected", set->rejected);
    putchar('\n');
}

/* One parsed file into the store. What is kept are the very bytes that were parsed. */
static bool add_one(struct store *s, const struct indicators_options *o, const struct set *set,
                    const char *path, struct err *e)
{
    struct slice sha256;
    char hex[SHA256_TEXT];
    struct blob *bytes = open_file(path, e);
    bool ok = bytes && store_keep(s, bytes, &sha256, e);
    blob_close(bytes);
    if (ok && !slice_is(sha256, hex_text(set->sha256, sizeof set->sha256, hex)))
        ok = err_set(e, ERR_IO, "%s: changed while it was read", path);
    if (ok) {
        struct utime now = utime_now();
        now.precision = SECOND;
        now.ns -= now.ns % 1000000000;
        struct stored stored = {
            .name = arena_copy(&s->arena, slice_of(name_of_set(path))),
            .sha256 = sha256,
            .publisher = slice_of(o->publisher ? o->publisher : ""),
            .licence = slice_of(o->licence ? o->licence : ""),
            .added = now,
            .checked = now,
        };
        bool changed = store_put(s, &stored);
        if (!o->json)
            print_set(set, changed ? "added" : "already there:");
    }
    return ok;
}

int indicators_add_files(const struct indicators_options *o, const struct list *rest)
{
    struct err e = {0};
    struct limits limits;
    struct list files = {0};
    unsigned unread = 0;
    struct indicators *in = indicators_new();
    limits_default(&limits);
    int status = EXIT_USAGE;
    if (load_files(rest, &limits, in, &files, &unread)) {
        struct store *s = files.n ? own_store() : NULL;
        bool ok = s != NULL;
        for (size_t i = 0; ok && i < files.n; i++)
            ok = add_one(s, o, &in->sets[i], files.items[i], &e);
        ok = ok && store_save(s, &e);
        if (e.code)
            complain(0, "bad-store", "name", s->folder, "why", e.msg, NULL);
        store_close(s);
        ok = ok && compile_store(&limits);
        status = !files.n ? EXIT_UNREADABLE
                 : !ok    ? EXIT_OURS
                 : unread ? EXIT_INCOMPLETE
                          : EXIT_DONE;
    }
    for (size_t i = 0; i < files.n; i++)
        free((char *)files.items[i]);
    free(files.items);
    indicators_free(in);
    return status;
}

/* By its name, or by the beginning of its sum. */
static bool is_meant(const struct stored *set, const char *what)
{
    return slice_is(set->name, what) || slice_is(slice_basename(set->name), what) ||
           (strlen(what) >= 8 && slice_starts(set->sha256, what));
}

int indicators_remove(const struct indicators_options *o, const struct list *rest)
{
    struct err e = {0};
    struct limits limits;
    int status = EXIT_DONE;
    struct store *s = own_store();
    (void)o;
    if (!s)
        return EXIT_OURS;
    for (size_t i = 0; i < rest->n; i++) {
        bool found = false;
        for (size_t k = s->n; k-- > 0;)
            if (is_meant(&s->sets[k], rest->items[i])) {
                printf("removed ");
                print_text(s->sets[k].name, stdout);
                putchar('\n');
                store_remove(s, k);
                found = true;
            }
        if (!found)
            status = complain(EXIT_USAGE, "no-such-set", "name", rest->items[i], NULL);
    }
    limits_default(&limits);
    if (!store_save(s, &e))
        status = complain(EXIT_OURS, "bad-store", "name", s->folder, "why", e.msg, NULL);
    store_close(s);
    return status == EXIT_DONE && !compile_store(&limits) ? EXIT_OURS : status;
}

/* -- list -- */

struct family {
    struct slice name;
    enum family_class class;
    unsigned values;
};

struct families {
    struct family *items;
    size_t n;
};

static void count_family(struct families *f, const struct indicator *i)
{
    for (size_t k = f->n; k-- > 0;)
        if (slice_equal(f->items[k].name, i->family) && f->items[k].class == i->family_class) {
            f->items[k].values++;
            return;
        }
    f->items = xrealloc(f->items, f->n + 1, sizeof *f->items);
    f->items[f->n++] = (struct family){i->family, (enum family_class)i->family_class, 1};
}

static int by_values(const void *a, const void *b)
{
    const struct family *x = a, *y = b;
    return x->values != y->values ? (x->values < y->values) - (x->values > y->values)
                                  : slice_compare(x->name, y->name);
}

/* Of every set, in one pass. */
static struct families *families_of(const struct indicators *in)
{
    struct families *f = xcalloc(in->nsets, sizeof *f);
    for (size_t i = 0; i < in->nitems; i++) {
        const struct indicator *item = indicators_item(in, i);
        count_family(&f[item->set], item);
    }
    for (size_t i = 0; i < in->nsets; i++)
        if (f[i].n)
            qsort(f[i].items, f[i].n, sizeof *f[i].items, by_values);
    return f;
}

static void optional(struct json_writer *w, const char *key, struct slice text)
{
    if (!text.n)
        return;
    json_name(w, key);
    json_string(w, text);
}

static void optional_time(struct json_writer *w, const char *key, struct utime t)
{
    char text[UTIME_TEXT];
    if (t.precision != PRECISION_NONE)
        optional(w, key, slice_of(utime_text(t, text)));
}

static void families_json(struct json_writer *w, const struct families *f)
{
    json_name(w, "families");
    json_array(w);
    for (size_t i = 0; i < f->n; i++) {
        json_object(w);
        optional(w, "name", f->items[i].name);
        json_name(w, "class");
        json_text(w, family_class_name(f->items[i].class));
        json_name(w, "values");
        json_number(w, f->items[i].values);
        json_object_end(w);
    }
    json_array_end(w);
}

static void set_json(const struct set *set, const struct stored *stored, const struct families *f)
{
    struct buf out = {0};
    struct json_writer w;
    char hex[SHA256_TEXT];
    json_writer(&w, &out);
    json_object(&w);
    json_name(&w, "schema");
    json_text(&w, "bridle/1");
    json_name(&w, "kind");
    json_text(&w, "set");
    json_name(&w, "name");
    json_string(&w, set->name);
    json_name(&w, "format");
    json_string(&w, set->format);
    json_name(&w, "sha256");
    json_text(&w, hex_text(set->sha256, sizeof set->sha256, hex));
    optional_time(&w, "published", set->published);
    if (stored) {
        optional_time(&w, "added", stored->added);
        optional_time(&w, "checked", stored->checked);
    }
    optional(&w, "publisher", set->publisher);
    optional(&w, "licence", set->licence);
    optional(&w, "url", set->url);
    json_name(&w, "loaded");
    json_number(&w, set->loaded);
    json_name(&w, "rejected");
    json_number(&w, set->rejected);
    json_name(&w, "by_type");
    json_object(&w);
    for (unsigned t = 0; t < OBS_TYPES; t++)
        if (set->by_type[t]) {
            json_name(&w, observable_name((enum observable)t));
            json_number(&w, set->by_type[t]);
        }
    json_object_end(&w);
    families_json(&w, f);
    if (set->harmless) {
        json_name(&w, "harmless");
        json_bool(&w, true);
    }
    json_object_end(&w);
    buf_byte(&out, '\n');
    fwrite(out.p, 1, out.n, stdout);
    buf_free(&out);
}

static void print_age(const char *what, struct utime t)
{
    char text[UTIME_TEXT];
    long long days = (utime_now().ns - t.ns) / (86400ll * 1000000000);
    if (t.precision == PRECISION_NONE)
        return;
    t.precision = DAY;
    printf("; %s %s (%lld days ago)", what, utime_text(t, text), days > 0 ? days : 0);
}

static void list_set(const struct set *set, const struct stored *stored, const struct families *f)
{
    enum { SHOWN = 5 };
    print_text(set->name, stdout);
    fputs("\n  ", stdout);
    print_text(set->format, stdout);
    printf(set->harmless ? ", a warning list: " : ": ");
    if (set->loaded)
        print_types(set->by_type, stdout);
    else
        fputs("no values", stdout);
    if (set->rejected)
        printf("; %u rejected", set->rejected);
    print_age("published", set->published);
    if (stored)
        print_age("here since", stored->added);
    fputs("\n  ", stdout);
    for (size_t i = 0; i < f->n && i < SHOWN; i++) {
        printf(i ? ", " : "families: ");
        if (f->items[i].name.n)
            print_text(f->items[i].name, stdout);
        else
            fputs("unnamed", stdout);
        printf(" (%s)", family_class_name(f->items[i].class));
    }
    if (f->n > SHOWN)
        printf(" and %zu more", f->n - SHOWN);
    printf("%slicence: ", f->n ? "; " : "");
    print_text(set->licence.n ? set->licence : slice_of("not stated"), stdout);
    if (set->publisher.n) {
        fputs("; by ", stdout);
        print_text(set->publisher, stdout);
    }
    putchar('\n');
}

static const struct stored *stored_of(const struct store *s, const struct set *set)
{
    char hex[SHA256_TEXT];
    hex_text(set->sha256, sizeof set->sha256, hex);
    for (size_t i = 0; s && i < s->n; i++)
        if (slice_is(s->sets[i].sha256, hex))
            return &s->sets[i];
    return NULL;
}

int indicators_list(const struct indicators_options *o, const struct list *rest)
{
    struct err e = {0};
    struct indicators *in = indicators_new();
    int status;
    (void)rest;
    if (indicators_given(o, in, &status)) {
        char *folder = o->indicators.n ? NULL : store_folder();
        struct store *s = folder ? store_open(folder, &e) : NULL;
        struct families *f = families_of(in);
        for (size_t i = 0; i < in->nsets; i++) {
            const struct set *set = &in->sets[i];
            if (o->json)
                set_json(set, stored_of(s, set), &f[i]);
            else
                list_set(set, stored_of(s, set), &f[i]);
            free(f[i].items);
        }
        free(f);
        store_close(s);
        free(folder);
    }
    indicators_free(in);
    return status;
}
