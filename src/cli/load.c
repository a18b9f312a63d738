/* Indicator files and folders into memory, each file parsed in a confined job of its own. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cli.h"
#include "indicator/lint.h"

enum { FOLDER_DEPTH = 6 };

struct load {
    const struct limits *limits;
    struct indicators *in;
    struct list *files; /* NULL: not wanted */
    unsigned unread;
};

const char *bare_reason(const char *why, const char *name)
{
    size_t n = strlen(name);
    while (!strncmp(why, name, n) && !strncmp(why + n, ": ", 2))
        why += n + 2;
    return why;
}

bool last_set_cut_off(const struct indicators *in)
{
    for (size_t i = in->nrejected; i-- > 0 && in->rejected_set[i] == in->nsets - 1;)
        if (in->rejected[i].why == lint_why(LINT_CUT_OFF))
            return true;
    return false;
}

const char *name_of_set(const char *path)
{
    const char *from = path, *slash = NULL;
    for (const char *p = path; *p; p++)
        if (*p == '/' && p[1]) {
            from = slash ? slash + 1 : path;
            slash = p;
        }
    return from;
}

static void load_folder(struct load *l, const char *path, unsigned depth);

static void load_feed(struct load *l, const char *manifest)
{
    char *folder = xstrdup(manifest);
    *strrchr(folder, '/') = 0;
    load_folder(l, *folder ? folder : "/", 0);
    free(folder);
}

/* In a folder, what is no set of indicators (a licence, a readme) is passed over in silence; a file
   that a person named is not. */
static void load_file(struct load *l, int fd, const char *path, bool named)
{
    struct err e = {0};
    struct buf parsed = {0};
    const char *name = name_of_set(path);
    const struct limits limits = limits_of_set(l->limits, fd);
    if (!worker_parse(fd, name, &limits, indicators_parse, &parsed, &e) ||
        !indicators_add(l->in, buf_view(&parsed), &e)) {
        if (e.code == ERR_ABSENT && named && slice_ends(slice_of(path), "/manifest.json")) {
            load_feed(l, path); /* the events are the files beside it */
        } else if (named || (e.code != ERR_UNSUPPORTED && e.code != ERR_ABSENT)) {
            complain(0, "bad-indicators", "name", path, "why", bare_reason(e.msg, name), NULL);
            l->unread++;
        }
        buf_free(&parsed);
        return;
    }
    if (l->files) {
        l->files->items = xrealloc(l->files->items, l->files->n + 1, sizeof *l->files->items);
        l->files->items[l->files->n++] = xstrdup(path);
    }
    if (last_set_cut_off(l->in)) {
        complain(0, "bad-indicators", "name", path, "why", lint_why(LINT_CUT_OFF), NULL);
        l->unread++;
    }
    buf_free(&parsed);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static bool is_set(const struct dirent *d)
{
    if (!strcmp(d->d_name, "hashes.csv")) /* of a MISP feed: sums of its own values */
        return false;
    /* Prose is not among them, save the tables of sets that are published so. */
    static const char *const endings[] = {".stix2", ".stix", ".json",   ".csv",  ".tsv",
                                          ".txt",   ".list", ".yaml",   ".yml",  ".ioc",
                                          ".md5",   ".sha1", ".sha256", ".adoc", ".xml"};
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
        if (slice_ends(slice_of(d->d_name), endings[i]))
            return true;
    return false;
}

static void cannot_open(struct load *l, const char *path, const char *why)
{
    complain(0, "cannot-open", "name", path, "why", why, NULL);
    l->unread++;
}

static void load_path(struct load *l, const char *path, bool named, unsigned depth);

/* What lies in a folder and looks like a set, and the folders below. */
static void load_folder(struct load *l, const char *path, unsigned depth)
{
    struct dirent **names;
    int n = depth < FOLDER_DEPTH ? scandir(path, &names, NULL, by_name) : -1;
    if (n < 0)
        cannot_open(l, path, depth < FOLDER_DEPTH ? strerror(errno) : "too many folders deep");
    for (int i = 0; i < n; i++) {
        char *below = NULL;
        bool hidden = names[i]->d_name[0] == '.';
        /* Some file systems don't say what a name is; opening it does. */
        bool folder = names[i]->d_type == DT_DIR || names[i]->d_type == DT_UNKNOWN;
        if (!hidden && (folder || is_set(names[i])) &&
            asprintf(&below, "%s/%s", path, names[i]->d_name) > 0)
            load_path(l, below, false, depth + 1);
        free(below);
        free(names[i]);
    }
    if (n >= 0)
        free(names);
}

static void load_path(struct load *l, const char *path, bool named, unsigned depth)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &st) != 0)
        cannot_open(l, path, strerror(errno));
    else if (S_ISREG(st.st_mode))
        load_file(l, fd, path, named);
    else if (S_ISDIR(st.st_mode))
        load_folder(l, path, depth);
    else
        cannot_open(l, path, "neither a file nor a folder");
    if (fd >= 0)
        close(fd);
}

bool load_files(const struct list *paths, const struct limits *l, struct indicators *in,
                struct list *files, unsigned *unread)
{
    struct load load = {l, in, files, 0};
    for (size_t i = 0; i < paths->n; i++) {
        if (access(paths->items[i], R_OK) != 0) {
            complain(EXIT_USAGE, "cannot-open", "name", paths->items[i], "why", strerror(errno),
                     NULL);
            return false;
        }
        load_path(&load, paths->items[i], true, 0);
    }
    *unread = load.unread;
    return true;
}

bool load_indicators(const struct list *paths, const struct limits *l, struct indicators *in,
                     unsigned *unread)
{
    if (!paths->n) {
        *unread = load_store(l, in) ? 0 : 1;
        return true;
    }
    bool ok = load_files(paths, l, in, NULL, unread);
    indicators_weaken(in);
    return ok;
}
