/* The folder of sets; see store.h. */
#include "indicator/store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"
#include "format/json.h"

enum { JSON_MAX = 64 << 20, VALUES_MAX = 1 << 20, VERSION = 1 };

#define TEXT(member)                                                                               \
    {                                                                                              \
#member, offsetof(struct stored, member)                                                   \
    }

static const struct {
    const char *key;
    size_t at;
} texts[] = {TEXT(name),  TEXT(sha256),    TEXT(url),     TEXT(etag),
             TEXT(index), TEXT(publisher), TEXT(licence), TEXT(published)};

static bool good_sum(struct slice s)
{
    uint8_t bytes[SHA256_SIZE];
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] >= 'A' && s.p[i] <= 'F')
            return false;
    return hex_bytes(s, bytes, sizeof bytes);
}

static void append(struct store *s, const struct stored *set)
{
    if (s->n == s->room) {
        s->room = s->room ? 2 * s->room : 32;
        s->sets = xrealloc(s->sets, s->room, sizeof *s->sets);
    }
    s->sets[s->n++] = *set;
}

static bool parse(struct store *s, struct err *e)
{
    struct json j;
    int64_t version;
    json_open(&j, s->json, &s->arena);
    const struct json_value *top = json_tree(&j, VALUES_MAX, e);
    const struct json_value *sets = json_get(top, "sets");
    if (!top)
        return false;
    if (!json_int(json_get_text(top, "bridle_store"), &version) || !sets)
        return err_set(e, ERR_CORRUPT, "not a list of sets");
    if (version > VERSION)
        return err_set(e, ERR_UNSUPPORTED, "made by a newer version");
    for (const struct json_value *v = sets->first; v; v = v->next) {
        struct stored set = {0};
        for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
            *(struct slice *)((char *)&set + texts[i].at) = json_get_text(v, texts[i].key);
        set.added = utime_parse(json_get_text(v, "added"));
        set.checked = utime_parse(json_get_text(v, "checked"));
        if (!good_sum(set.sha256) || !set.name.n)
            return err_set(e, ERR_CORRUPT, "a set without a name or sum");
        append(s, &set);
    }
    return true;
}

static bool read_json(struct store *s, struct err *e)
{
    struct stat st;
    s->n = 0;
    s->json = (struct slice){0};
    const char *path = store_path(s, "store.json");
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT)
        return true;
    if (fd < 0 || fstat(fd, &st) != 0) {
        err_io(e, "%s", path);
        if (fd >= 0)
            close(fd);
        return false;
    }
    struct blob *b = blob_of_fd(fd, 0, (uint64_t)st.st_size, true);
    bool ok = blob_slurp(b, JSON_MAX, &s->arena, &s->json, e) && parse(s, e);
    blob_close(b);
    return ok || err_in(e, "%s", path);
}

struct store *store_open(const char *folder, struct err *e)
{
    struct store *s = xcalloc(1, sizeof *s);
    s->folder = xstrdup(folder);
    s->lock = -1;
    if (read_json(s, e))
        return s;
    store_close(s);
    return NULL;
}

void store_close(struct store *s)
{
    if (!s)
        return;
    if (s->lock >= 0)
        close(s->lock);
    arena_free(&s->arena);
    free(s->sets);
    free(s->folder);
    free(s);
}

/* The folder and those above it. */
static bool make_folders(const char *path, struct err *e)
{
    char *p = xstrdup(path);
    bool ok = true;
    for (char *slash = p; ok && (slash = strchr(slash + 1, '/')) != NULL;) {
        *slash = 0;
        ok = mkdir(p, 0700) == 0 || errno == EEXIST;
        *slash = '/';
    }
    ok = ok && (mkdir(p, 0700) == 0 || errno == EEXIST);
    free(p);
    return ok || err_io(e, "%s", path);
}

bool store_lock(struct store *s, struct err *e)
{
    const char *path = store_path(s, "lock");
    if (!make_folders(store_path(s, "sets"), e))
        return false;
    s->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (s->lock < 0 || flock(s->lock, LOCK_EX) != 0)
        return err_io(e, "%s", path);
    return read_json(s, e);
}

char *store_path(struct store *s, const char *name)
{
    return arena_printf(&s->arena, "%s/%s", s->folder, name);
}

char *store_file(struct store *s, const struct stored *set)
{
    return arena_printf(&s->arena, "%s/sets/%.*s", s->folder, (int)set->sha256.n,
                        (const char *)set->sha256.p);
}

void store_key(const struct store *s, const char *version, uint8_t key[32])
{
    struct sha256 *h = sha256_new();
    sha256_add(h, version, strlen(version) + 1);
    sha256_add(h, s->json.p, s->json.n);
    sha256_end(h, key);
}

static bool write_all(int fd, struct slice bytes)
{
    for (size_t done = 0; done < bytes.n;) {
        ssize_t n = write(fd, bytes.p + done, bytes.n - done);
        if (n <= 0 && !(n < 0 && errno == EINTR))
            return false;
        done += n > 0 ? (size_t)n : 0;
    }
    return true;
}

/* A file that is not yet in its place. */
struct draft_file {
    char *path;
    int fd;
};

static bool begin_file(struct store *s, const char *like, struct draft_file *f, struct err *e)
{
    f->path = arena_printf(&s->arena, "%s.XXXXXX", like);
    f->fd = mkostemp(f->path, O_CLOEXEC);
    return f->fd >= 0 || err_io(e, "%s", like);
}

/* All of it or nothing, whatever happens to this machine. */
static bool end_file(struct draft_file *f, bool ok, const char *path, struct err *e)
{
    ok = ok && (fsync(f->fd) == 0 || err_io(e, "%s", path));
    if (close(f->fd) != 0 && ok)
        ok = err_io(e, "%s", path);
    if (ok && rename(f->path, path) != 0)
        ok = err_io(e, "%s", path);
    if (!ok)
        unlink(f->path);
    return ok;
}

static bool write_whole(struct store *s, const char *path, struct slice bytes, struct err *e)
{
    struct draft_file f;
    if (!begin_file(s, path, &f, e))
        return false;
    bool ok = write_all(f.fd, bytes) || err_io(e, "%s", path);
    return end_file(&f, ok, path, e);
}

bool store_keep(struct store *s, struct blob *bytes, struct slice *sha256, struct err *e)
{
    enum { PIECE = 1 << 18 };
    uint8_t *piece = xcalloc(1, PIECE), sum[SHA256_SIZE];
    char hex[SHA256_TEXT];
    struct sha256 *h = sha256_new();
    struct draft_file f;
    bool begun = begin_file(s, store_path(s, "sets/new"), &f, e), ok = begun;
    for (uint64_t at = 0, n; ok && at < blob_size(bytes); at += n) {
        n = blob_size(bytes) - at < PIECE ? blob_size(bytes) - at : PIECE;
        ok = blob_read(bytes, at, piece, n, e) &&
             (write_all(f.fd, slice_at(piece, n)) || err_io(e, "%s", f.path));
        sha256_add(h, piece, ok ? n : 0);
    }
    sha256_end(h, sum);
    free(piece);
    *sha256 = arena_copy(&s->arena, slice_of(hex_text(sum, sizeof sum, hex)));
    const struct stored set = {.sha256 = *sha256};
    /* Put there even if it is there: what is there may be damaged. */
    return begun && end_file(&f, ok, store_file(s, &set), e);
}

bool store_put(struct store *s, const struct stored *set)
{
    for (size_t i = 0; i < s->n; i++) {
        struct stored *old = &s->sets[i];
        bool same = set->url.n ? slice_equal(old->url, set->url)
                               : !old->url.n && slice_equal(old->name, set->name);
        if (!same)
            continue;
        bool changed = !slice_equal(old->sha256, set->sha256);
        struct utime added = changed ? set->added : old->added;
        *old = *set;
        old->added = added;
        return changed;
    }
    append(s, set);
    return true;
}

void store_remove(struct store *s, size_t n)
{
    memmove(s->sets + n, s->sets + n + 1, (s->n - n - 1) * sizeof *s->sets);
    s->n--;
}

static void write_json(const struct store *s, struct buf *out)
{
    struct json_writer w;
    char text[UTIME_TEXT];
    json_writer(&w, out);
    json_object(&w);
    json_name(&w, "bridle_store");
    json_number(&w, VERSION);
    json_name(&w, "sets");
    json_array(&w);
    for (size_t i = 0; i < s->n; i++) {
        const struct stored *set = &s->sets[i];
        json_object(&w);
        for (size_t k = 0; k < sizeof texts / sizeof *texts; k++) {
            struct slice v = *(const struct slice *)((const char *)set + texts[k].at);
            if (!v.n)
                continue;
            json_name(&w, texts[k].key);
            json_string(&w, v);
        }
        json_name(&w, "added");
        json_text(&w, utime_text(set->added, text));
        json_name(&w, "checked");
        json_text(&w, utime_text(set->checked, text));
        json_object_end(&w);
    }
    json_array_end(&w);
    json_object_end(&w);
    buf_byte(out, '\n');
}

static bool needed(const struct store *s, const char *name)
{
    for (size_t i = 0; i < s->n; i++)
        if (slice_is(s->sets[i].sha256, name))
            return true;
    return false;
}

static void sweep(struct store *s)
{
    const char *folder = store_path(s, "sets");
    DIR *d = opendir(folder);
    for (const struct dirent *f; d && (f = readdir(d)) != NULL;) {
        if (f->d_name[0] == '.' || needed(s, f->d_name))
            continue;
        unlinkat(dirfd(d), f->d_name, 0);
    }
    if (d)
        closedir(d);
}

static bool sync_folder(const char *path, struct err *e)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok = fd >= 0 && (fsync(fd) == 0 || errno == EINVAL);
    if (!ok)
        err_io(e, "%s", path);
    if (fd >= 0)
        close(fd);
    return ok;
}

bool store_save(struct store *s, struct err *e)
{
    struct buf out = {0};
    write_json(s, &out);
    bool ok = sync_folder(store_path(s, "sets"), e) &&
              write_whole(s, store_path(s, "store.json"), buf_view(&out), e) &&
              sync_folder(s->folder, e);
    if (ok) {
        s->json = arena_copy(&s->arena, buf_view(&out));
        sweep(s);
    }
    buf_free(&out);
    return ok;
}
