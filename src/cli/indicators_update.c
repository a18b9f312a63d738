/*
 * bridle indicators update: reads indexes, gets what they list, and takes in what is as it should be:
 * of the size and sum that the index says, signed where it names a key, and readable to the end. The
 * store is switched in one step, when all of it is there; a set that fails keeps its old version.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/fetch.h"
#include "cli/indicators.h"
#include "indicator/index.h"
#include "indicator/minisign.h"
#include "indicator/store.h"

extern const char shipped_index[];
extern const unsigned shipped_index_size;

enum { INDEX_MOST = 16 << 20, SET_MOST = 256 << 20, SIGNATURE_MOST = 16 << 10 };

static const char shipped[] = "bridle"; /* the name of the index in this program */

/* A set on its way. */
struct incoming {
    const struct listed *listed;
    struct slice index, url;
    const struct stored *old; /* NULL: new here */
    struct slice sha256, etag, name;
    const char *why; /* it failed */
    bool same, pinned, was_signed;
    unsigned loaded, rejected;
    size_t values_new, values_gone;
};

struct update {
    const struct indicators_options *o;
    struct limits limits;
    struct store *store;
    struct fetcher fetcher;
    struct arena arena;
    struct incoming *sets;
    size_t n;
    unsigned failed, refused;
    bool any_index;
};

static const char *say(struct update *u, const struct err *e, const char *name)
{
    return arena_string(&u->arena, slice_of(bare_reason(e->msg, name)));
}

static bool read_path(struct update *u, const char *path, uint64_t most, struct slice *bytes,
                      struct err *e)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        if (fd >= 0)
            close(fd);
        return err_io(e, "%s", path);
    }
    struct blob *b = blob_of_fd(fd, 0, (uint64_t)st.st_size, true);
    bool ok = blob_slurp(b, most, &u->arena, bytes, e);
    blob_close(b);
    return ok;
}

/* The bytes behind a URL. NULL: *bytes; else why there are none. */
static const char *get(struct update *u, struct slice url, uint64_t most, struct slice *bytes)
{
    struct err e = {0};
    struct request r = {.url = url, .most = most};
    fetch_one(&u->fetcher, &r);
    if (r.status != FETCH_GOT)
        return r.why;
    return read_path(u, r.path, most, bytes, &e) ? NULL : say(u, &e, r.path);
}

static struct slice signature_url(struct update *u, struct slice url)
{
    return slice_of(arena_printf(&u->arena, "%.*s.minisig", (int)url.n, (const char *)url.p));
}

/* -- indexes -- */

static void add_sets(struct update *u, const struct index *index, struct slice from)
{
    u->sets = xrealloc(u->sets, u->n + index->n, sizeof *u->sets);
    for (size_t i = 0; i < index->n; i++) {
        struct incoming s = {.listed = &index->sets[i], .index = from};
        s.url = index_url(from, s.listed->url, &u->arena);
        s.pinned = s.listed->sha256.n > 0;
        if (!s.url.n)
            s.why = "its address is not by HTTPS";
        u->sets[u->n++] = s;
    }
    u->refused += index->refused;
    u->any_index = true;
}

/* Text of an index, from memory, into a file that a confined job can be given. */
static bool parse_index(struct update *u, struct slice text, const char *name, struct index *out,
                        struct err *e)
{
    struct buf parsed = {0};
    int fd = memfd_create("index", MFD_CLOEXEC);
    bool ok = fd >= 0 && write(fd, text.p, text.n) == (ssize_t)text.n;
    if (!ok)
        err_io(e, "index");
    ok = ok && worker_parse(fd, name, &u->limits, index_parse, &parsed, e) &&
         index_read(arena_copy(&u->arena, buf_view(&parsed)), &u->arena, out, e);
    if (fd >= 0)
        close(fd);
    buf_free(&parsed);
    return ok;
}

static bool take_index(struct update *u, struct slice text, struct slice from)
{
    struct err e = {0};
    struct index *index = arena_alloc(&u->arena, sizeof *index);
    const char *name = arena_string(&u->arena, from);
    if (parse_index(u, text, name, index, &e)) {
        add_sets(u, index, from);
        return true;
    }
    complain(0, "bad-index", "name", name, "why", bare_reason(e.msg, name), NULL);
    return false;
}

/* An index by its URL or file, signed if there is a key. */
static bool read_index(struct update *u, const char *from)
{
    struct err e = {0};
    struct slice text, signature, url = slice_of(from);
    bool web = slice_starts(url, "https://");
    const char *why = web ? get(u, url, INDEX_MOST, &text)
                      : slice_search(url, slice_of("://"), 0) < url.n ? "not by HTTPS"
                      : read_path(u, from, INDEX_MOST, &text, &e)     ? NULL
                                                                      : say(u, &e, from);
    if (!why && u->o->key) {
        struct slice other = signature_url(u, url);
        why = web ? get(u, other, SIGNATURE_MOST, &signature)
              : read_path(u, arena_string(&u->arena, other), SIGNATURE_MOST, &signature, &e)
                  ? NULL
                  : say(u, &e, from);
        why = why ? arena_printf(&u->arena, "no signature: %s", why)
              : minisign_verify(text, signature, slice_of(u->o->key), NULL, &e) ? NULL
                                                                                : say(u, &e, from);
    }
    if (!why)
        return take_index(u, text, url);
    complain(0, "bad-index", "name", from, "why", why, NULL);
    return false;
}

/* Those that are named, else the ones that the store's sets came from, and the one of this release. */
static bool read_indexes(struct update *u)
{
    bool all = true;
    for (size_t i = 0; i < u->o->index.n; i++)
        all = read_index(u, u->o->index.items[i]) && all;
    if (u->o->index.n)
        return all;
    for (size_t i = 0; i < u->store->n; i++) {
        struct slice from = u->store->sets[i].index;
        bool seen = !slice_starts(from, "https://");
        for (size_t k = 0; k < i && !seen; k++)
            seen = slice_equal(u->store->sets[k].index, from);
        if (!seen)
            all = read_index(u, arena_string(&u->arena, from)) && all;
    }
    return take_index(u, slice_at(shipped_index, shipped_index_size), slice_of(shipped)) && all;
}

/* -- sets -- */

static bool parse_kept(struct update *u, struct slice sha256, struct slice name,
                       struct indicators *in, struct err *e)
{
    struct buf parsed = {0};
    const struct stored set = {.sha256 = sha256};
    int fd = open(store_file(u->store, &set), O_RDONLY | O_CLOEXEC);
    bool ok =
        (fd >= 0 || err_io(e, "set")) &&
        worker_parse(fd, arena_string(&u->arena, name), &u->limits, indicators_parse, &parsed, e) &&
        indicators_add(in, buf_view(&parsed), e);
    if (fd >= 0)
        close(fd);
    buf_free(&parsed);
    return ok;
}

/* What parses to its end counts, and how it differs from what was there. */
static void look_at(struct update *u, struct incoming *s)
{
    struct err e = {0}, ignored = {0};
    struct indicators *now = indicators_new(), *before = indicators_new();
    if (!parse_kept(u, s->sha256, s->name, now, &e)) {
        s->why = say(u, &e, arena_string(&u->arena, s->name));
    } else if (last_set_cut_off(now)) {
        s->why = "it is cut off or damaged";
    } else {
        s->loaded = now->sets[0].loaded;
        s->rejected = now->sets[0].rejected;
        if (s->old)
            (void)!parse_kept(u, s->old->sha256, s->old->name, before, &ignored);
        indicators_compare(before, now, &s->values_gone, &s->values_new);
    }
    indicators_free(now);
    indicators_free(before);
}

static const char *check_signature(struct update *u, struct incoming *s, struct slice bytes)
{
    struct err e = {0};
    struct slice signature;
    if (!s->listed->key.n)
        return NULL;
    const char *why = get(u, signature_url(u, s->url), SIGNATURE_MOST, &signature);
    if (why)
        return arena_printf(&u->arena, "no signature: %s", why);
    s->was_signed = minisign_verify(bytes, signature, s->listed->key, NULL, &e);
    return s->was_signed ? NULL : say(u, &e, "");
}

static bool keep(struct update *u, struct slice bytes, struct slice *sha256, struct err *e)
{
    struct blob *b = blob_of_memory(bytes);
    bool ok = store_keep(u->store, b, sha256, e);
    blob_close(b);
    return ok;
}

/* A set's file to its place in the store, if it is what the index says. Nothing refers to it yet. */
static void get_set(struct update *u, struct incoming *s)
{
    struct err e = {0};
    uint64_t most = s->listed->size && s->listed->size < SET_MOST ? s->listed->size : SET_MOST;
    struct request r = {.url = s->url, .sha256 = s->listed->sha256, .most = most};
    struct slice bytes;
    if (s->old && s->pinned && slice_equal(s->old->sha256, s->listed->sha256)) {
        s->same = true;
        s->etag = s->old->etag;
        return;
    }
    if (s->old && !s->pinned && !s->listed->key.n)
        r.etag = s->old->etag;
    fetch_one(&u->fetcher, &r);
    s->etag = r.status == FETCH_SAME ? r.etag : r.new_etag;
    s->same = r.status == FETCH_SAME;
    if (r.status == FETCH_FAILED)
        s->why = r.why;
    if (r.status != FETCH_GOT)
        return;
    if (!read_path(u, r.path, most, &bytes, &e))
        s->why = e.code == ERR_LIMIT ? "it is larger than the index says" : say(u, &e, r.path);
    else if (s->listed->size && bytes.n != s->listed->size)
        s->why = "it is not of the size that the index says";
    else if (!keep(u, bytes, &s->sha256, &e))
        s->why = say(u, &e, "");
    else if (s->pinned && !slice_equal(s->sha256, s->listed->sha256))
        s->why = "its sum is not the one that the index says";
    else
        s->why = check_signature(u, s, bytes);
    if (!s->why && s->old && slice_equal(s->old->sha256, s->sha256))
        s->same = true;
}

/* A copy: the list of sets grows. */
static const struct stored *find_old(struct update *u, struct slice url)
{
    for (size_t i = 0; i < u->store->n; i++)
        if (slice_equal(u->store->sets[i].url, url)) {
            struct stored *old = arena_alloc(&u->arena, sizeof *old);
            *old = u->store->sets[i];
            return old;
        }
    return NULL;
}

static struct utime now(void)
{
    struct utime t = utime_now();
    t.ns -= t.ns % 1000000000;
    t.precision = SECOND;
    return t;
}

static void take_in(struct update *u, const struct incoming *s)
{
    struct stored set = {
        .name = s->name,
        .sha256 = s->same ? s->old->sha256 : s->sha256,
        .url = s->url,
        .etag = s->etag,
        .index = s->index,
        .publisher = s->listed->publisher,
        .licence = s->listed->licence,
        .published = s->listed->published,
        .added = now(),
        .checked = now(),
    };
    store_put(u->store, &set);
}

/* -- telling -- */

static void tell_json(const struct incoming *s, const char *status)
{
    struct buf out = {0};
    struct json_writer w;
    struct slice sum = s->same && s->old ? s->old->sha256 : s->sha256;
    json_writer(&w, &out);
    json_object(&w);
    json_name(&w, "schema");
    json_text(&w, "bridle/1");
    json_name(&w, "kind");
    json_text(&w, "update");
    json_name(&w, "name");
    json_string(&w, s->listed->name);
    json_name(&w, "status");
    json_text(&w, status);
    if (s->why) {
        json_name(&w, "why");
        json_text(&w, s->why);
    }
    json_name(&w, "url");
    json_string(&w, s->url.n ? s->url : s->listed->url);
    if (!s->why && sum.n) {
        json_name(&w, "sha256");
        json_string(&w, sum);
        if (s->pinned) {
            json_name(&w, "pinned");
            json_bool(&w, true);
        }
        if (s->was_signed) {
            json_name(&w, "signed");
            json_bool(&w, true);
        }
    }
    if (!s->why && !s->same) {
        static const char *const names[] = {"loaded", "rejected", "values_new", "values_gone"};
        const size_t values[] = {s->loaded, s->rejected, s->values_new, s->values_gone};
        for (int i = 0; i < 4; i++) {
            json_name(&w, names[i]);
            json_number(&w, (int64_t)values[i]);
        }
    }
    json_object_end(&w);
    buf_byte(&out, '\n');
    fwrite(out.p, 1, out.n, stdout);
    buf_free(&out);
}

static void tell(const struct update *u, const struct incoming *s)
{
    const char *status = s->why ? "failed" : s->same ? "unchanged" : s->old ? "changed" : "new";
    if (u->o->json) {
        tell_json(s, status);
        return;
    }
    printf("%-9s  ", status);
    print_text(s->listed->name, stdout);
    if (s->why) {
        fputs(": ", stdout);
        print_text(slice_of(s->why), stdout);
        if (s->old)
            fputs("; the version from before is kept", stdout);
    } else if (!s->same) {
        printf(": %u values", s->loaded);
        if (s->old)
            printf(", %zu new, %zu gone", s->values_new, s->values_gone);
        if (s->rejected)
            printf(", %u rejected", s->rejected);
        printf("%s", s->was_signed ? "; signed" : s->pinned ? "" : "; its sum is nowhere pinned");
    }
    putchar('\n');
}

/* Sets of an index that it does not list any more stay; their publisher may have had reasons. */
static void tell_unlisted(const struct update *u)
{
    for (size_t i = 0; i < u->store->n && !u->o->json; i++) {
        const struct stored *set = &u->store->sets[i];
        bool listed = false, asked = false;
        for (size_t k = 0; k < u->n; k++) {
            listed = listed || slice_equal(u->sets[k].url, set->url);
            asked = asked || slice_equal(u->sets[k].index, set->index);
        }
        if (!set->url.n || listed || !asked)
            continue;
        fputs("kept       ", stdout);
        print_text(set->name, stdout);
        fputs(": no longer in its index; \"bridle indicators remove\" takes it out\n", stdout);
    }
}

/* -- all of it -- */

static struct slice parse_name(struct update *u, const struct incoming *s)
{
    struct slice url = slice_sub(s->url, 0, slice_find(s->url, '?'));
    return s->listed->as.n ? s->listed->as : slice_of(name_of_set(arena_string(&u->arena, url)));
}

static bool get_sets(struct update *u, struct err *e)
{
    if (!store_lock(u->store, e))
        return false;
    for (size_t i = 0; i < u->n; i++) {
        struct incoming *s = &u->sets[i];
        s->name = parse_name(u, s);
        s->old = find_old(u, s->url);
        if (!s->why)
            get_set(u, s);
        if (!s->why && !s->same)
            look_at(u, s);
        u->failed += s->why != NULL;
        tell(u, s);
    }
    for (size_t i = 0; i < u->n; i++)
        if (!u->sets[i].why)
            take_in(u, &u->sets[i]);
    tell_unlisted(u);
    return store_save(u->store, e);
}

static bool run_update(struct update *u, struct err *e)
{
    bool ok = fetch_start(&u->fetcher, e);
    bool all = ok && read_indexes(u);
    ok = ok && get_sets(u, e);
    fetch_stop(&u->fetcher);
    u->failed += !all;
    return ok;
}

int indicators_update(const struct indicators_options *o, const struct list *rest)
{
    struct err e = {0};
    struct update u = {.o = o};
    char incoming[] = "/tmp/bridle-update.XXXXXX", *folder = store_folder();
    (void)rest;
    limits_default(&u.limits);
    u.store = folder ? store_open(folder, &e) : NULL;
    if (!u.store || !mkdtemp(incoming)) {
        complain(0, "bad-store", "name", folder ? folder : "?", "why",
                 e.code ? e.msg : strerror(errno), NULL);
        store_close(u.store);
        free(folder);
        return EXIT_OURS;
    }
    u.fetcher = (struct fetcher){.incoming = incoming,
                                 .offline = o->offline,
                                 .ca_file = o->ca_file ? o->ca_file : getenv("BRIDLE_CA_FILE"),
                                 .seconds = o->seconds,
                                 .arena = &u.arena};
    int status = EXIT_OURS;
    if (run_update(&u, &e))
        status = interrupted    ? EXIT_INTERRUPTED
                 : !u.any_index ? EXIT_UNREADABLE
                 : u.failed     ? EXIT_INCOMPLETE
                                : EXIT_DONE;
    else if (e.code == ERR_ABSENT)
        complain(0, "no-update", NULL);
    else
        complain(0, "bad-store", "name", folder, "why", e.msg, NULL);
    rmdir(incoming);
    store_close(u.store);
    if (status != EXIT_OURS && !compile_store(&u.limits))
        status = EXIT_OURS;
    arena_free(&u.arena);
    free(u.sets);
    free(folder);
    return status;
}
