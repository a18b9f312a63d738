#pragma once

#include <fcntl.h>
#include <ftw.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "source/source.h"

/* Temporary folders for the tests of this folder. Includers have cmocka's assertions already. */
static inline char *tree_new(char path[64])
{
    snprintf(path, 64, "/tmp/source_test_XXXXXX");
    assert_non_null(mkdtemp(path));
    return path;
}

static inline int tree_remove_one(const char *path, const struct stat *st, int type, struct FTW *f)
{
    (void)st;
    (void)type;
    (void)f;
    return remove(path);
}

static inline void tree_remove(const char *path)
{
    nftw(path, tree_remove_one, 32, FTW_DEPTH | FTW_PHYS);
}

/* Makes the folders above a name below root. */
static inline void tree_path(const char *root, const char *name, char full[4096])
{
    int n = snprintf(full, 4096, "%s/%s", root, name);
    assert_true(n > 0 && n < 4096);
    for (char *p = full + strlen(root) + 1; (p = strchr(p, '/')); p++) {
        *p = '\0';
        mkdir(full, 0700);
        *p = '/';
    }
}

static inline void tree_put(const char *root, const char *name, const void *bytes, size_t n)
{
    char full[4096];
    tree_path(root, name, full);
    int fd = open(full, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, n), n);
    close(fd);
}

static inline void tree_text(const char *root, const char *name, const char *text)
{
    tree_put(root, name, text, strlen(text));
}

static inline void tree_folder(const char *root, const char *name)
{
    char full[4096];
    tree_path(root, name, full);
    mkdir(full, 0700);
}

/* Opens a folder or file as evidence; *fd is to be closed after the source. */
static inline struct source *tree_open(const char *path, const struct secret *s, int *fd,
                                       struct err *e)
{
    *e = (struct err){0};
    *fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(*fd >= 0);
    return source_open(*fd, "evidence", s, NULL, e);
}

static inline bool tree_find(struct source *s, const char *path, struct entry *out)
{
    size_t pos = 0;
    return source_next(s, path, &pos, out);
}

/* The text of an entry equals expected. */
static inline bool tree_reads(struct source *s, const struct entry *f, const char *expected)
{
    struct arena a = {0};
    struct slice got = {0};
    struct err e = {0};
    struct blob *b = source_blob(s, f, &e);
    bool ok = b && blob_slurp(b, 1 << 20, &a, &got, &e) && slice_is(got, expected);
    if (!ok)
        print_message("# got \"%.*s\" %s\n", (int)got.n, (const char *)got.p, e.msg);
    blob_close(b);
    arena_free(&a);
    return ok;
}

static inline bool told(const char *const *texts, unsigned n, const char *part)
{
    for (unsigned i = 0; i < n; i++)
        if (strstr(texts[i], part))
            return true;
    for (unsigned i = 0; i < n; i++)
        print_message("# told: %s\n", texts[i]);
    return false;
}

static inline bool tree_damage(struct source *s, const char *part)
{
    unsigned n;
    const char *const *texts = source_damage(s, &n);
    return told(texts, n, part);
}

static inline bool tree_note(struct source *s, const char *part)
{
    unsigned n;
    const char *const *texts = source_notes(s, &n);
    return told(texts, n, part);
}

static inline bool tree_intact(struct source *s)
{
    unsigned n;
    const char *const *texts = source_damage(s, &n);
    for (unsigned i = 0; i < n; i++)
        print_message("# damage: %s\n", texts[i]);
    return n == 0;
}
