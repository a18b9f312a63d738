/*
 * A backup's root by names alone: what a person gives is often the folder above it
 * (MobileSync/Backup), one of its 256 content folders, or its Manifest.db.
 */
#include "source/locate.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/utf8.h"

enum { FOLDER_FLAGS = O_RDONLY | O_DIRECTORY | O_NONBLOCK | O_CLOEXEC };

static bool has(int dir, const char *name)
{
    struct stat st;
    return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode);
}

/* Every backup's four files. */
static const char *const own_files[] = {"Manifest.db", "Manifest.plist", "Info.plist",
                                        "Status.plist"};
enum { OWN_FILES = sizeof own_files / sizeof *own_files };

static unsigned known_files(int dir)
{
    unsigned n = 0;
    for (int i = 0; i < OWN_FILES; i++)
        n += has(dir, own_files[i]);
    return n;
}

static bool is_root(int dir)
{
    return has(dir, "Manifest.db") || has(dir, "Manifest.mbdb") || known_files(dir) >= 2;
}

static bool path_is_root(const char *path)
{
    int dir = open(path, FOLDER_FLAGS);
    bool yes = dir >= 0 && is_root(dir);
    if (dir >= 0)
        close(dir);
    return yes;
}

/* Cuts the last component of an absolute path off and returns it; NULL at the top. */
static const char *up(char *path)
{
    char *slash = strrchr(path, '/');
    if (!slash || slash == path)
        return NULL;
    *slash = '\0';
    return slash + 1;
}

static bool two_hex(const char *name)
{
    return strlen(name) == 2 && strspn(name, "0123456789abcdefABCDEF") == 2;
}

/* A content folder: BACKUP/3d, BACKUP/Snapshot, BACKUP/Snapshot/3d. Changes path to BACKUP. */
static bool climb(char path[PATH_MAX])
{
    char above[PATH_MAX];
    memcpy(above, path, sizeof above);
    const char *name = up(above);
    if (name && two_hex(name)) {
        if (path_is_root(above)) {
            memcpy(path, above, sizeof above);
            return true;
        }
        name = up(above);
    }
    if (!name || strcmp(name, "Snapshot") != 0 || !path_is_root(above))
        return false;
    memcpy(path, above, sizeof above);
    return true;
}

/* Backups found below a folder, in the order of names. */
struct found {
    char first[PATH_MAX];
    struct buf names;
    unsigned n, looked;
};

enum { MAX_LOOKED = 5000, MAX_NAMED = 5 };

static void book(struct found *f, const char *path, size_t top)
{
    if (f->n++ == 0)
        memcpy(f->first, path, strlen(path) + 1);
    if (f->n <= MAX_NAMED)
        buf_printf(&f->names, "%s%s", f->n > 1 ? ", " : "", path + top);
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int folders_only(const struct dirent *de)
{
    return de->d_name[0] != '.' && (de->d_type == DT_DIR || de->d_type == DT_UNKNOWN);
}

/* Looks one level down, and below what is no backup one more. path is as before at the end. */
static void descend(struct found *f, char path[PATH_MAX], size_t top, unsigned levels)
{
    struct dirent **all = NULL;
    int n = scandir(path, &all, folders_only, by_bytes);
    size_t end = strlen(path);
    for (int i = 0; i < n; i++) {
        struct stat st;
        int room = (int)(PATH_MAX - end);
        bool fits = snprintf(path + end, (size_t)room, "/%s", all[i]->d_name) < room;
        free(all[i]);
        if (!fits || f->looked++ > MAX_LOOKED || lstat(path, &st) < 0 || !S_ISDIR(st.st_mode))
            continue;
        if (path_is_root(path))
            book(f, path, top);
        else if (levels > 1)
            descend(f, path, top, levels - 1);
    }
    free(all);
    path[end] = '\0';
}

/* One of the four files, with another beside it: the folder is meant. */
static void climb_from_file(char path[PATH_MAX])
{
    char above[PATH_MAX];
    memcpy(above, path, sizeof above);
    const char *name = up(above);
    bool own = false;
    for (int i = 0; name && i < OWN_FILES; i++)
        own = own || strcmp(name, own_files[i]) == 0;
    int dir = own ? open(above, FOLDER_FLAGS) : -1;
    if (dir < 0)
        return;
    if (known_files(dir) >= 2)
        memcpy(path, above, sizeof above);
    close(dir);
}

/* The root for what a person gave; path is changed to it. */
static bool settle(char path[PATH_MAX], bool folder, struct err *e)
{
    if (!folder) {
        climb_from_file(path);
        return true;
    }
    if (path_is_root(path) || climb(path))
        return true;
    struct found f = {0};
    struct arena a = {0};
    descend(&f, path, strlen(path) + 1, 2);
    if (f.n == 1)
        memcpy(path, f.first, sizeof f.first);
    if (f.n > 1) {
        struct slice names = utf8_clean(buf_view(&f.names), &a);
        err_set(e, ERR_USAGE, "%u backups here, give one of them: %.*s%s", f.n, (int)names.n,
                (const char *)names.p, f.n > MAX_NAMED ? ", ..." : "");
    }
    arena_free(&a);
    buf_free(&f.names);
    return f.n <= 1;
}

int source_locate(const char *path, char *root, size_t n, struct err *e)
{
    char real[PATH_MAX] = "";
    struct stat st;
    if (!realpath(path, real) || stat(real, &st) < 0) {
        if (errno == ENOENT || errno == ENOTDIR)
            err_set(e, ERR_ABSENT, "there is no such file or folder");
        else
            err_io(e, "opening");
        return -1;
    }
    if (!S_ISDIR(st.st_mode) && !S_ISREG(st.st_mode)) {
        err_set(e, ERR_USAGE, "neither a folder nor a file");
        return -1;
    }
    if (!settle(real, S_ISDIR(st.st_mode), e))
        return -1;
    int fd = open(real, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) {
        err_io(e, "opening");
        return -1;
    }
    if (strlen(real) >= n) {
        close(fd);
        err_set(e, ERR_USAGE, "the path is too long");
        return -1;
    }
    memcpy(root, real, strlen(real) + 1);
    return fd;
}
