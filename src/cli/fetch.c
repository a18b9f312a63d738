/*
 * Getting files for "indicators update". One request is sent at a time and its answer awaited, so that
 * neither side's pipe can fill. Offline the folder may be a mirror (the end of the URL's path is looked
 * for, longest first) or just a heap of files: what the index pins is found by its sum.
 */
#include "cli/fetch.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/hash.h"

enum { FILES_MAX = 200000, DEPTH_MAX = 12, ANSWER_MAX = 2048 };

struct found {
    uint64_t size;
    char *path;
};

/* -- the program -- */

static char *program_path(void)
{
    char self[4096], *path = NULL;
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    if (n <= 0)
        return NULL;
    self[n] = 0;
    char *slash = strrchr(self, '/');
    if (!slash || asprintf(&path, "%.*s/bridle-update", (int)(slash - self), self) < 0)
        return NULL;
    return path;
}

static _Noreturn void child(const struct fetcher *f, const char *program, int in, int out)
{
    char seconds[16];
    snprintf(seconds, sizeof seconds, "%u", f->seconds);
    setenv("BRIDLE_UPDATE_SECONDS", seconds, 1);
    if (f->ca_file)
        setenv("BRIDLE_UPDATE_CA", f->ca_file, 1);
    if (dup2(in, 0) == 0 && dup2(out, 1) == 1)
        execl(program, program, f->incoming, (char *)NULL);
    _exit(127);
}

bool fetch_start(struct fetcher *f, struct err *e)
{
    int in[2], out[2];
    f->pid = 0;
    if (f->offline)
        return true;
    char *program = program_path();
    if (!program || access(program, X_OK) != 0) {
        free(program);
        return err_set(e, ERR_ABSENT, "bridle-update");
    }
    bool ok = pipe2(in, O_CLOEXEC) == 0;
    if (ok && pipe2(out, O_CLOEXEC) != 0) {
        close(in[0]);
        close(in[1]);
        ok = false;
    }
    if (ok) {
        f->pid = fork();
        if (f->pid == 0)
            child(f, program, in[0], out[1]);
        close(in[0]);
        close(out[1]);
        f->to = in[1];
        f->from = fdopen(out[0], "r");
        ok = f->pid > 0 && f->from;
    }
    free(program);
    return ok || err_io(e, "bridle-update");
}

static bool write_all(int fd, const char *p, size_t n)
{
    while (n) {
        ssize_t done = write(fd, p, n);
        if (done < 0 && errno == EINTR && !interrupted)
            continue;
        if (done <= 0)
            return false;
        p += done;
        n -= (size_t)done;
    }
    return true;
}

/* The fields of an answer: NUMBER STATUS ETAG WORDS. */
static bool split_answer(char *line, char *fields[4])
{
    line[strcspn(line, "\n")] = 0;
    for (int i = 0; i < 4; i++) {
        fields[i] = line;
        char *tab = i < 3 ? strchr(line, '\t') : line + strlen(line);
        if (!tab)
            return false;
        if (i < 3)
            *tab++ = 0;
        line = tab;
    }
    return true;
}

static void download(struct fetcher *f, struct request *r)
{
    char answer[ANSWER_MAX], *fields[4];
    unsigned number = f->next++;
    const char *line = arena_printf(f->arena, "%u\t%.*s\t%.*s\t%llu\n", number, (int)r->url.n,
                                    (const char *)r->url.p, (int)r->etag.n, (const char *)r->etag.p,
                                    (unsigned long long)r->most);
    r->why = "bridle-update has ended";
    if (!write_all(f->to, line, strlen(line)) || !fgets(answer, sizeof answer, f->from) ||
        !split_answer(answer, fields) || strtoul(fields[0], NULL, 10) != number)
        return;
    r->new_etag = arena_copy(f->arena, slice_of(fields[2]));
    r->why = arena_string(f->arena, slice_of(fields[3]));
    if (!strcmp(fields[1], "got")) {
        r->status = FETCH_GOT;
        r->path = arena_printf(f->arena, "%s/%u", f->incoming, number);
    } else if (!strcmp(fields[1], "same") && r->etag.n) {
        r->status = FETCH_SAME;
    }
}

/* -- from a folder -- */

static int by_size(const void *a, const void *b)
{
    const struct found *x = a, *y = b;
    return x->size != y->size ? (x->size > y->size) - (x->size < y->size)
                              : strcmp(x->path, y->path);
}

static void list_folder(struct fetcher *f)
{
    char *roots[] = {(char *)f->offline, NULL};
    FTS *t = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
    f->listed = true;
    for (FTSENT *x; t && f->nfiles < FILES_MAX && (x = fts_read(t)) != NULL;) {
        if (x->fts_info == FTS_D && x->fts_level >= DEPTH_MAX)
            fts_set(t, x, FTS_SKIP);
        if (x->fts_info != FTS_F)
            continue;
        if ((f->nfiles & (f->nfiles - 1)) == 0)
            f->files = xrealloc(f->files, f->nfiles ? 2 * f->nfiles : 1, sizeof *f->files);
        f->files[f->nfiles++] = (struct found){(uint64_t)x->fts_statp->st_size,
                                               arena_string(f->arena, slice_of(x->fts_path))};
    }
    if (t)
        fts_close(t);
    if (f->nfiles)
        qsort(f->files, f->nfiles, sizeof *f->files, by_size);
}

static bool has_sum(const char *path, struct slice sha256)
{
    struct err e = {0};
    struct stat st;
    uint8_t sum[SHA256_SIZE];
    char hex[SHA256_TEXT];
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        if (fd >= 0)
            close(fd);
        return false;
    }
    struct blob *b = blob_of_fd(fd, 0, (uint64_t)st.st_size, true);
    bool ok = sha256_blob(b, sum, &e) && slice_is(sha256, hex_text(sum, sizeof sum, hex));
    blob_close(b);
    return ok;
}

/* The longest end of the URL's path that the folder has. */
static const char *by_path(struct fetcher *f, struct slice url)
{
    struct slice s = slice_sub(url, strlen("https://"), url.n);
    s = slice_sub(s, 0, slice_find(s, '?'));
    s = slice_sub(s, 0, slice_find(s, '#'));
    while (s.n) {
        struct stat st;
        const char *path =
            arena_printf(f->arena, "%s/%.*s", f->offline, (int)s.n, (const char *)s.p);
        if (slice_search(s, slice_of(".."), 0) == s.n && stat(path, &st) == 0 &&
            S_ISREG(st.st_mode))
            return path;
        size_t slash = slice_find(s, '/');
        s = slice_sub(s, slash + 1, s.n);
    }
    return NULL;
}

static void find_offline(struct fetcher *f, struct request *r)
{
    const char *path = by_path(f, r->url);
    r->why = "it is not in the folder";
    if (path && (!r->sha256.n || has_sum(path, r->sha256))) {
        r->status = FETCH_GOT;
        r->path = path;
        return;
    }
    if (!r->sha256.n)
        return;
    if (!f->listed)
        list_folder(f);
    for (size_t i = 0; i < f->nfiles; i++)
        if (f->files[i].size <= r->most && has_sum(f->files[i].path, r->sha256)) {
            r->status = FETCH_GOT;
            r->path = f->files[i].path;
            return;
        }
    if (path) { /* its sum is told as what it is */
        r->status = FETCH_GOT;
        r->path = path;
    }
}

void fetch_one(struct fetcher *f, struct request *r)
{
    r->status = FETCH_FAILED;
    r->path = NULL;
    r->new_etag = (struct slice){0};
    if (interrupted)
        r->why = "interrupted";
    else if (f->offline)
        find_offline(f, r);
    else
        download(f, r);
}

void fetch_stop(struct fetcher *f)
{
    if (f->pid > 0) {
        close(f->to);
        if (interrupted)
            kill(f->pid, SIGKILL);
        while (waitpid(f->pid, NULL, 0) < 0 && errno == EINTR)
            continue;
        if (f->from)
            fclose(f->from);
    }
    for (unsigned i = 0; i < f->next; i++) {
        char path[4096];
        snprintf(path, sizeof path, "%s/%u", f->incoming, i);
        unlink(path);
    }
    free(f->files);
}
