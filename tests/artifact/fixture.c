#include "fixture.h"

#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "demo/mkbackup.h"
#include "fixture_sql.h"
#include "source/ios_backup.h"

static const char password[] = "only a test";

struct slice fixture_slurp(const char *path, struct arena *a)
{
    struct slice out = {0};
    FILE *f = fopen(path, "rb");
    if (!f)
        return out;
    fseek(f, 0, SEEK_END);
    size_t n = (size_t)ftell(f);
    rewind(f);
    uint8_t *p = arena_alloc(a, n + 1);
    if (fread(p, 1, n, f) == n)
        out = slice_at(p, n);
    fclose(f);
    return out;
}

static bool is_android(const struct artifact *a)
{
    return slice_starts(slice_of(a->id), "android.");
}

bool fixture_may_be_in(const struct artifact *a, enum fixture_form form)
{
    switch (form) {
    case PLAIN_BACKUP:
    case ENCRYPTED_BACKUP: return a->found_in & IN_ANY_BACKUP;
    case FILE_SYSTEM: return a->found_in & IN_IOS_FS;
    case ACQUISITION:
    case ACQUISITION_BELOW: return is_android(a);
    case FIXTURE_FORMS: break;
    }
    return false;
}

enum fixture_form fixture_plain_form(const struct artifact *a)
{
    return is_android(a) ? ACQUISITION : FILE_SYSTEM;
}

/* -- loading -- */

static void add(struct fixture *f, const char *domain, const char *relative, struct slice bytes)
{
    struct buf path = {0};
    if (f->n == FIXTURE_FILES)
        die("%s: too many files", f->folder);
    if (domain[0])
        ios_domain_path(slice_of(domain), &path);
    f->files[f->n++] = (struct fixture_file){
        domain, relative,
        arena_printf(&f->memory, "%.*s/%s", (int)path.n, (const char *)path.p, relative), bytes};
    buf_free(&path);
}

static char *without(struct fixture *f, const char *name, const char *suffix)
{
    struct slice s = slice_of(name);
    s.n -= strlen(suffix);
    return arena_string(&f->memory, s);
}

static void add_sql(struct fixture *f, const char *domain, const char *relative, const char *path)
{
    char made[] = "/tmp/bridle-sql-XXXXXX";
    int fd = mkstemp(made);
    if (fd < 0)
        die("no temporary file");
    close(fd);
    const char *wal = arena_printf(&f->memory, "%s-wal", made);
    fixture_sql(fixture_slurp(path, &f->memory), made);
    relative = without(f, relative, ".sql");
    add(f, domain, relative, fixture_slurp(made, &f->memory));
    struct slice beside = fixture_slurp(wal, &f->memory);
    if (beside.n)
        add(f, domain, arena_printf(&f->memory, "%s-wal", relative), beside);
    unlink(made);
    unlink(wal);
}

static void add_file(struct fixture *f, const char *domain, const char *relative, const char *path)
{
    if (slice_ends(slice_of(relative), ".sql"))
        add_sql(f, domain, relative, path);
    else if (slice_ends(slice_of(relative), ".xml"))
        add(f, domain, without(f, relative, ".xml"), fixture_slurp(path, &f->memory));
    else
        add(f, domain, relative, fixture_slurp(path, &f->memory));
}

/* relative: below the domain's folder; "" for that itself; domain NULL: below tree/. */
static void add_folder(struct fixture *f, const char *domain, const char *relative,
                       const char *path)
{
    struct dirent **names;
    int n = scandir(path, &names, NULL, alphasort);
    for (int i = 0; i < n; i++) {
        const char *name = names[i]->d_name;
        struct stat st;
        char *below = arena_printf(&f->memory, "%s/%s", path, name);
        char *to = arena_printf(&f->memory, "%s%s%s", relative, *relative ? "/" : "", name);
        if (!strcmp(name, ".") || !strcmp(name, "..") || stat(below, &st) != 0)
            continue;
        if (S_ISDIR(st.st_mode))
            add_folder(f, domain ? domain : arena_string(&f->memory, slice_of(name)),
                       domain ? to : "", below);
        else if (domain)
            add_file(f, domain, to, below);
    }
    for (int i = 0; i < n; i++)
        free(names[i]);
    free(names);
}

bool fixture_load(struct fixture *f, const char *folder, const struct artifact *a)
{
    *f = (struct fixture){.artifact = a};
    f->folder = arena_string(&f->memory, slice_of(folder));
    add_folder(f, is_android(a) ? "" : NULL, "", arena_printf(&f->memory, "%s/tree", folder));
    return f->n > 0;
}

void fixture_free(struct fixture *f)
{
    arena_free(&f->memory);
    *f = (struct fixture){0};
}

/* -- writing -- */

static void write_backup(const struct fixture *f, bool sealed, const char *to)
{
    struct mkbackup_file files[FIXTURE_FILES] = {0};
    struct mkbackup_options o = {.password = sealed ? password : NULL};
    struct err e = {0};
    for (size_t i = 0; i < f->n; i++) {
        files[i].domain = f->files[i].domain;
        files[i].path = f->files[i].relative;
        files[i].bytes = f->files[i].bytes;
    }
    if (!mkbackup_write(to, &o, files, f->n, &e))
        die("%s: %s", f->folder, e.msg);
}

static void make_folders(char *path)
{
    for (char *p = path + 1; (p = strchr(p, '/')); p++) {
        *p = '\0';
        if (mkdir(path, 0700) != 0 && errno != EEXIST)
            die("%s: no folder", path);
        *p = '/';
    }
}

static void write_files(const struct fixture *f, const char *to, const char *below)
{
    struct arena a = {0};
    for (size_t i = 0; i < f->n; i++) {
        char *path = arena_printf(&a, "%s%s%s", to, below, f->files[i].path);
        make_folders(path);
        fixture_put(path, f->files[i].bytes);
    }
    arena_free(&a);
}

static void write_tree(const struct fixture *f, const char *to)
{
    struct arena a = {0};
    write_files(f, to, "");
    /* By this the tree shows what it is, whatever else is in it. */
    char *mark = arena_printf(&a, "%s/private/var/mobile/Library/Logs/x", to);
    make_folders(mark);
    fixture_put(mark, slice_of("x"));
    arena_free(&a);
}

void fixture_write(const struct fixture *f, enum fixture_form form, const char *to)
{
    switch (form) {
    case PLAIN_BACKUP: write_backup(f, false, to); break;
    case ENCRYPTED_BACKUP: write_backup(f, true, to); break;
    case FILE_SYSTEM: write_tree(f, to); break;
    case ACQUISITION: write_files(f, to, ""); break;
    case ACQUISITION_BELOW: write_files(f, to, "/case 7/acquisition"); break;
    case FIXTURE_FORMS: break;
    }
}

struct secret fixture_secret(enum fixture_form form)
{
    struct secret s = {.kind = SECRET_NONE};
    if (form == ENCRYPTED_BACKUP) {
        s.kind = SECRET_PASSWORD;
        s.n = sizeof password - 1;
        memcpy(s.bytes, password, s.n);
    }
    return s;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st;
    (void)type;
    (void)at;
    return remove(path);
}

void fixture_remove(const char *folder)
{
    nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}
