/*
 * The sections of a dump (AOSP frameworks/native/cmds/dumpstate and dumpsys): read once, by lines, of
 * which hardly any is looked at beyond its first byte.
 *
 *   ------ TITLE (command) ------
 *   ------ 0.053s was the duration of 'TITLE' ------
 *   -------------------------------------------------------------------------------   (79)
 *   DUMP OF SERVICE [CRITICAL|HIGH|NORMAL ]name:
 *   --------- 0.053s was the duration of dumpsys name, ending at: 2022-03-29 23:14:27
 *
 * Bodies hold rows of dashes themselves, so one counts only with what follows it. Feet may be missing
 * where a task was ended. Releases before 8 have none, so that only where there are some their lack
 * says something.
 */
#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>

#include "base/utf8.h"
#include "base/zone.h"
#include "source/android.h"

enum {
    PIECE = 1 << 20,
    LINE_HEAD = 4096, /* what may matter of a line */
    MAX_NAME = 200,
    MAX_SECTIONS = 20000,
    MAX_GAPS = 1000,
    DASHES = 78, /* at least; AOSP writes 79 */
};

static const char timed_out[] = "timed out while it was dumped";
static const char no_end[] = "its end is missing: the dump stopped in it";
static const char no_done[] = "the report has no end: more of it may be missing";
static const char no_head[] = "its head is missing, and with it what it holds";
static const char no_service[] = "the service could not be dumped";

/* The section that is being read. */
struct open_section {
    bool on, service, complete;
    uint8_t name[MAX_NAME + 1];
    size_t n;
    uint64_t offset;
    uint64_t line;
    const char *damage;
    struct utime ended; /* by the phone's wall clock */
};

struct scan {
    struct source *s;
    struct slice file, prefix;
    uint32_t text;
    struct open_section now;
    uint64_t line;             /* number of the current one */
    uint64_t row_at, row_line; /* of the row of dashes or = just before it */
    bool dashes, equals, any_foot, started, done;
    unsigned n, gaps, over;
    struct open_section last_listed; /* of the services that a dumpsys says are running */
    size_t first;                    /* of its sections */
    struct {
        uint32_t hash, times, row;
    } * names;
    size_t room, nnames;
};

/* -- entries -- */

static uint32_t *name_times(struct scan *c, struct slice path)
{
    uint32_t hash = source_hash(path);
    if (c->nnames * 2 >= c->room) {
        size_t room = c->room ? c->room * 2 : 512;
        void *old = c->names;
        size_t had = c->room;
        struct scan grown = *c;
        grown.names = xcalloc(room, sizeof *c->names);
        for (size_t i = 0; i < had; i++) {
            if (!c->names[i].times)
                continue;
            size_t k = c->names[i].hash & (room - 1);
            while (grown.names[k].times)
                k = (k + 1) & (room - 1);
            grown.names[k] = c->names[i];
        }
        c->names = grown.names;
        c->room = room;
        free(old);
    }
    size_t i = hash & (c->room - 1);
    for (; c->names[i].times; i = (i + 1) & (c->room - 1)) {
        const struct row *r = &c->s->rows[c->names[i].row];
        if (c->names[i].hash == hash && c->names[i].row < c->s->nrows &&
            slice_equal(slice_at(r->path, r->path_n), path))
            return &c->names[i].times;
    }
    c->names[i].hash = hash;
    c->names[i].row = (uint32_t)c->s->nrows;
    c->nnames++;
    return &c->names[i].times;
}

/* prefix + "/dumpsys/" + name, with "#2" behind the second. */
static struct slice section_path(struct scan *c, const struct open_section *o)
{
    struct buf b = {0};
    struct arena a = {0};
    buf_slice(&b, c->prefix);
    buf_text(&b, o->service ? "/dumpsys/" : "/dumpstate/");
    buf_slice(&b, utf8_clean(slice_at(o->name, o->n), &a));
    uint32_t times = ++*name_times(c, buf_view(&b));
    if (times > 1)
        buf_printf(&b, "#%u", times);
    struct slice path = source_keep_slice(c->s, buf_view(&b));
    buf_free(&b);
    arena_free(&a);
    return path;
}

static void add_section(struct scan *c, const struct open_section *o, uint64_t end)
{
    struct source *s = c->s;
    if (c->n == MAX_SECTIONS) {
        c->over++;
        return;
    }
    struct entry en = {
        .path = section_path(c, o),
        .type = ENTRY_FILE,
        .present = true,
        .listed = true,
        .bytes = end > o->offset ? end - o->offset : 0,
        .modified = o->ended,
        .file = c->file,
        .line = o->line,
        .offset = o->offset,
    };
    if (en.path.n > SOURCE_MAX_PATH)
        return;
    en.container = slice_sub(en.path, 1, en.path.n);
    struct row *r = source_add(s, &en);
    if (!r)
        return;
    if ((s->nsections & (s->nsections - 1)) == 0)
        s->sections =
            xrealloc(s->sections, s->nsections ? s->nsections * 2 : 1, sizeof *s->sections);
    r->place = (uint32_t)s->nsections;
    s->sections[s->nsections++] = (struct section){c->text, o->damage, o->service && !o->complete};
    c->n++;
}

static void close_section(struct scan *c, uint64_t end)
{
    if (c->now.on)
        add_section(c, &c->now, end);
    c->now.on = false;
}

static void set_name(struct open_section *o, struct slice name)
{
    name = utf8_cut(slice_trim(name), MAX_NAME);
    for (size_t i = 0; i < name.n; i++) {
        uint8_t b = name.p[i];
        o->name[i] = b == '/' || b == '#' || b < 0x20 || b == 0x7f ? '_' : b;
    }
    o->n = name.n;
    if (!o->n || (o->n <= 2 && o->name[0] == '.'))
        o->name[0] = '_', o->n = 1;
}

static void open_section(struct scan *c, bool service, struct slice name, uint64_t body)
{
    c->now =
        (struct open_section){.on = true, .service = service, .offset = body, .line = c->line + 1};
    set_name(&c->now, name);
}

/* -- lines that mean something -- */

static bool cut_tail(struct slice *s, const char *tail)
{
    if (!slice_ends(*s, tail))
        return false;
    s->n -= strlen(tail);
    return true;
}

static bool cut_head(struct slice *s, const char *head)
{
    if (!slice_starts(*s, head))
        return false;
    *s = slice_sub(*s, strlen(head), s->n);
    return true;
}

static bool all_of(struct slice line, uint8_t c, size_t least)
{
    for (size_t i = 0; i < line.n; i++)
        if (line.p[i] != c)
            return false;
    return line.n >= least;
}

/* Names in feet are those of heads, but with arguments or without. */
static bool is_now(const struct scan *c, struct slice name)
{
    struct open_section o = {0};
    set_name(&o, name);
    size_t n = o.n < c->now.n ? o.n : c->now.n;
    return n && !memcmp(o.name, c->now.name, n);
}

/* A foot that is of no open section: an empty one, for whoever looks for it. (Some tasks of dumpstate
   have a foot only; nobody does.) */
static void without_head(struct scan *c, bool service, struct slice name, uint64_t at)
{
    struct open_section o = {
        .service = service, .complete = true, .offset = at, .line = c->line, .damage = no_head};
    set_name(&o, name);
    add_section(c, &o, at);
}

/* "--------- 0.053s was the duration of dumpsys name, ending at: 2022-03-29 23:14:27" */
static void service_foot(struct scan *c, struct slice line, uint64_t at)
{
    static const char words[] = "s was the duration of dumpsys ", ending[] = ", ending at: ";
    struct wall w;
    size_t from = slice_search(line, slice_of(words), 0);
    if (from == line.n)
        return;
    struct slice name = slice_sub(line, from + strlen(words), line.n);
    size_t end = slice_search(name, slice_of(ending), 0);
    if (wall_parse(slice_sub(name, end + strlen(ending), name.n), &w) && !w.no_year)
        c->now.ended = wall_moment(&w, 0);
    name.n = end;
    c->any_foot = true;
    if (c->now.on && c->now.service && is_now(c, name)) {
        c->now.complete = true;
        close_section(c, at);
    } else if (!c->now.on) {
        without_head(c, true, name, at);
    }
}

/* "------ 0.053s was the duration of 'TITLE' ------" */
static bool section_foot(struct scan *c, struct slice inside, uint64_t at)
{
    static const char words[] = "s was the duration of '";
    size_t from = slice_search(inside, slice_of(words), 0);
    if (from == inside.n)
        return false;
    struct slice title = slice_sub(inside, from + strlen(words), inside.n);
    cut_tail(&title, "'");
    c->any_foot = true;
    if (c->now.on && !c->now.service && is_now(c, title)) {
        close_section(c, at);
    } else {
        if (c->now.service)
            close_section(c, at);
        without_head(c, false, title, at);
    }
    return true;
}

static void dashed(struct scan *c, struct slice line, uint64_t at, uint64_t next)
{
    if (all_of(line, '-', DASHES)) {
        c->dashes = true;
        c->row_at = at;
        return;
    }
    if (slice_starts(line, "--------- ")) {
        service_foot(c, line, at);
        return;
    }
    if (!cut_head(&line, "------ ") || !cut_tail(&line, " ------") || section_foot(c, line, at))
        return;
    /* The command or path stands in the last brackets. */
    struct slice title = line;
    if (slice_ends(title, ")"))
        title.n = slice_search(title, slice_of(" ("), 0);
    close_section(c, at);
    open_section(c, false, title, next);
}

static void service_head(struct scan *c, struct slice line, uint64_t next)
{
    static const char *const priorities[] = {"CRITICAL ", "HIGH ", "NORMAL ", "DEFAULT "};
    if (!cut_head(&line, "DUMP OF SERVICE "))
        return;
    line = slice_trim(line);
    for (size_t i = 0; i < sizeof priorities / sizeof *priorities; i++)
        if (cut_head(&line, priorities[i]))
            break;
    cut_tail(&line, ":");
    close_section(c, c->row_at);
    open_section(c, true, line, next);
}

/* "== dumpstate: 2022-03-29 23:14:20", "== dumpstate: done (id 1)", "== Android Framework Services" */
static void banner(struct scan *c, struct slice line)
{
    if (!cut_head(&line, "== "))
        return;
    if (cut_head(&line, "dumpstate: ")) {
        c->done = c->done || slice_starts(line, "done");
        c->started = true;
    }
    bool head = c->now.on && c->now.offset == 0;
    if (!head)
        close_section(c, c->row_at);
}

static bool says(struct slice line, const char *words)
{
    return slice_search(line, slice_of(words), 0) < line.n;
}

/* "*** command '/vendor/bin/x' timed out after 10.000s (killing pid 999)" */
static void starred(struct scan *c, struct slice line, uint64_t at, uint64_t next)
{
    static const char *const words[] = {"timed out",    "TIMEOUT",          "Permission denied",
                                        "No such file", "killed by signal", "failed"};
    size_t i = 0;
    if (!slice_starts(line, "*** ") || slice_starts(line, "*** ***"))
        return;
    while (i < sizeof words / sizeof *words && !says(line, words[i]))
        i++;
    if (i == sizeof words / sizeof *words)
        return;
    if (i < 2 && c->now.on)
        c->now.damage = timed_out;
    struct open_section gap = {.offset = at, .line = c->line};
    set_name(&gap, slice_of("gap"));
    if (c->gaps++ < MAX_GAPS)
        add_section(c, &gap, next);
}

/* One line of the text; at and next: where it begins, and the one behind it. */
static void one_line(struct scan *c, struct slice line, uint64_t at, uint64_t next)
{
    bool dashes = c->dashes, equals = c->equals;
    c->dashes = c->equals = false;
    c->line++;
    switch (line.n ? line.p[0] : 0) {
    case '-': dashed(c, line, at, next); break;
    case '*': starred(c, line, at, next); break;
    case '=':
        if (equals)
            banner(c, line);
        else if (all_of(line, '=', 20)) {
            c->equals = true;
            c->row_at = at;
        }
        break;
    case 'D':
        if (dashes)
            service_head(c, line, next);
        break;
    case 'E':
        if (c->now.service && slice_starts(line, "Error dumping service"))
            c->now.damage = no_service;
        break;
    case 'C':
        if (c->line == 1 && slice_starts(line, "Currently running services:")) {
            c->now.service = true;
            c->now.complete = true;
            set_name(&c->now, slice_of("running services"));
        }
        break;
    case ' ':
        if (c->now.on && c->now.service && c->now.offset == 0) {
            c->last_listed = c->now;
            set_name(&c->last_listed, line);
        }
        break;
    default: break;
    }
}

/* -- the text -- */

static struct slice without_cr(struct slice line)
{
    if (line.n && line.p[line.n - 1] == '\r')
        line.n--;
    return line;
}

/* Goes over `n` bytes at `base` of the text; how many are used up: those of whole lines. */
static size_t lines_of(struct scan *c, const uint8_t *p, size_t n, uint64_t base)
{
    size_t at = 0;
    for (const uint8_t *end; (end = memchr(p + at, '\n', n - at)); at = (size_t)(end - p) + 1) {
        struct slice line = {p + at, (size_t)(end - p) - at};
        one_line(c, without_cr(line), base + at, base + (size_t)(end - p) + 1);
    }
    return at;
}

static bool read_text(struct scan *c, struct blob *b, struct sha256 *hash, struct err *e)
{
    uint64_t size = blob_size(b), done = 0;
    size_t have = 0;     /* of a line that isn't complete */
    bool inside = false; /* a long line, whose head was looked at */
    uint8_t *p = xcalloc(1, PIECE + LINE_HEAD);
    bool ok = true;
    while (done < size && ok) {
        size_t n = size - done < PIECE ? (size_t)(size - done) : PIECE;
        ok = blob_read(b, done, p + have, n, e);
        if (!ok)
            break;
        if (hash)
            sha256_add(hash, p + have, n);
        size_t all = have + n, at = 0;
        uint64_t base = done - have;
        done += n;
        size = blob_size(b); /* damage may have made it shorter */
        if (inside) {
            uint8_t *end = memchr(p, '\n', all);
            at = end ? (size_t)(end - p) + 1 : all;
            inside = !end;
        }
        at += lines_of(c, p + at, all - at, base + at);
        have = all - at;
        if (have >= LINE_HEAD) {
            one_line(c, slice_at(p + at, LINE_HEAD), base + at, base + all);
            have = 0;
            inside = true;
        }
        if (have)
            memmove(p, p + at, have);
    }
    if (ok && have)
        one_line(c, without_cr(slice_at(p, have)), done - have, done);
    free(p);
    return ok;
}

/* A section at the very end without its foot: the text was cut, where feet are to be expected. */
static void last_section(struct scan *c, uint64_t end)
{
    bool cut = c->now.on && !c->now.complete && c->now.n && c->now.offset && !c->done &&
               (c->any_foot || c->started);
    if (cut) {
        c->now.damage = no_end;
        source_damaged(c->s, "%.*s ends inside %.*s", (int)c->file.n, (const char *)c->file.p,
                       (int)c->now.n, (const char *)c->now.name);
    }
    close_section(c, end);
}

/* A dumpsys dumps in the order of its list. */
static void listed_but_missing(struct scan *c)
{
    struct entry ignored;
    struct arena a = {0};
    if (!c->last_listed.n)
        return;
    char *path = arena_printf(&a, "%.*s/dumpsys/%.*s", (int)c->prefix.n, (const char *)c->prefix.p,
                              (int)c->last_listed.n, (const char *)c->last_listed.name);
    source_sort(c->s);
    if (!source_find(c->s, slice_of(path), &ignored))
        source_damaged(c->s, "%.*s ends before %s", (int)c->file.n, (const char *)c->file.p,
                       (const char *)c->last_listed.name);
    arena_free(&a);
}

static void tell(struct scan *c)
{
    const char *file = (const char *)c->file.p;
    if (c->started && !c->done && c->n <= 1)
        source_damaged(c->s, "%.*s ends in its head", (int)c->file.n, file);
    for (size_t i = c->first; i < c->s->nsections; i++) {
        struct section *one = &c->s->sections[i];
        if (!one->damage && one->no_foot && c->any_foot)
            one->damage = no_end;
        /* Of a section dumped twice the second may be missing. */
        if (!one->damage && c->started && !c->done)
            one->damage = no_done;
    }
    if (c->over)
        source_damaged(c->s, "%.*s: more than %d sections, %u left out", (int)c->file.n, file,
                       MAX_SECTIONS, c->over);
    if (c->gaps > MAX_GAPS)
        source_noted(c->s, "%.*s: %u lines tell of what could not be dumped, the first %d are kept",
                     (int)c->file.n, file, c->gaps, MAX_GAPS);
}

bool android_is_dump(struct slice head)
{
    /* An archive may hold such a text as it is. */
    if (memchr(head.p, 0, head.n < 256 ? head.n : 256))
        return false;
    return says(head, "== dumpstate: ") || says(head, "\nDUMP OF SERVICE ") ||
           slice_starts(head, "Currently running services:");
}

/* The text's bytes, unpacked if need be. */
static struct blob *open_text(struct source *s, const struct entry *f, bool *packed, struct err *e)
{
    uint8_t magic[2] = {0};
    struct blob *b = source_blob(s, f, e);
    if (!b)
        return NULL;
    *packed = blob_size(b) > sizeof magic && blob_read(b, 0, magic, sizeof magic, e) &&
              magic[0] == 0x1f && magic[1] == 0x8b;
    if (!e->code) {
        if (!*packed)
            return b;
        err_set(e, ERR_UNSUPPORTED, "compressed");
    }
    blob_close(b);
    return NULL;
}

/* As much as comes out of the first bytes of a gzip file. */
static size_t unpack_head(struct slice in, uint8_t *to, size_t n)
{
    z_stream z = {.next_in = (uint8_t *)in.p,
                  .avail_in = (unsigned)in.n,
                  .next_out = to,
                  .avail_out = (unsigned)n};
    if (inflateInit2(&z, MAX_WBITS + 16) != Z_OK)
        return 0;
    inflate(&z, Z_SYNC_FLUSH); /* whatever it says: what came out counts */
    n -= z.avail_out;
    inflateEnd(&z);
    return n;
}

size_t android_head(struct source *s, const struct entry *f, uint8_t *to, size_t n)
{
    struct err e = {0};
    struct blob *b = source_blob(s, f, &e);
    size_t have = b && blob_size(b) < n ? (size_t)blob_size(b) : n;
    bool ok = b && blob_read(b, 0, to, have, &e);
    blob_close(b);
    if (!ok || have < 2 || to[0] != 0x1f || to[1] != 0x8b)
        return ok ? have : 0;
    struct arena a = {0};
    n = unpack_head(arena_copy(&a, slice_at(to, have)), to, n);
    arena_free(&a);
    return n;
}

bool android_index(struct source *s, const struct entry *text, struct slice prefix, struct err *e)
{
    bool packed;
    struct blob *b = open_text(s, text, &packed, e);
    if (!b)
        return err_in(e, "%.*s", (int)text->path.n, (const char *)text->path.p);
    s->texts = xrealloc(s->texts, s->ntexts + 1, sizeof *s->texts);
    s->texts[s->ntexts] = (struct source_text){.path = text->path, .blob = b};
    struct scan c = {.s = s, .file = text->path, .prefix = prefix, .first = s->nsections};
    c.text = (uint32_t)s->ntexts++;
    open_section(&c, false, slice_of("head"), 0);
    c.now.line = 1;
    struct sha256 *hash = packed ? NULL : sha256_new();
    struct err why = {0};
    if (!read_text(&c, b, hash, &why))
        source_damaged(s, "%.*s: %s", (int)text->path.n, (const char *)text->path.p, why.msg);
    else if (hash) {
        sha256_end(hash, s->texts[c.text].sha256);
        s->texts[c.text].hashed = true;
        hash = NULL;
    }
    sha256_free(hash);
    last_section(&c, blob_size(b));
    if (b->damage)
        source_damaged(s, "%.*s: %s", (int)text->path.n, (const char *)text->path.p, b->damage);
    listed_but_missing(&c);
    tell(&c);
    free(c.names);
    return true;
}
