#include "sqlite_make.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "record/record.h"

static void read_file(const char *path, const char *suffix, struct buf *to)
{
    char name[4096];
    snprintf(name, sizeof name, "%s%s", path, suffix);
    FILE *f = fopen(name, "rb");
    if (!f)
        return;
    for (size_t n = 1; n;) {
        n = fread(buf_room(to, 1 << 16), 1, 1 << 16, f);
        to->n += n;
    }
    fclose(f);
}

struct made made_read(const char *path)
{
    struct made m = {0};
    read_file(path, "", &m.db);
    read_file(path, "-wal", &m.wal);
    read_file(path, "-journal", &m.journal);
    return m;
}

static void new_path(char path[64])
{
    snprintf(path, 64, "/tmp/bridle-sqlite-XXXXXX");
    assert_non_null(mkdtemp(path));
    strncat(path, "/x.db", 63 - strlen(path));
}

void made_remove(const char *path)
{
    static const char *const suffixes[] = {"", "-wal", "-shm", "-journal"};
    char name[80];
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
        snprintf(name, sizeof name, "%s%s", path, suffixes[i]);
        unlink(name);
    }
    snprintf(name, sizeof name, "%.*s", (int)(strlen(path) - strlen("/x.db")), path);
    rmdir(name);
}

static sqlite3 *create(char path[64])
{
    sqlite3 *db;
    new_path(path);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    return db;
}

static void run(sqlite3 *db, const char *sql)
{
    char *why = NULL;
    if (sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK)
        fail_msg("%s: %.100s", why, sql);
}

/* The files as they are at this moment, with the connection still open. */
static struct made take(sqlite3 *db, const char *path)
{
    struct made m = made_read(path);
    sqlite3_close(db);
    made_remove(path);
    return m;
}

struct made made_plain(const char *sql)
{
    char path[64];
    sqlite3 *db = create(path);
    run(db, sql);
    return take(db, path);
}

struct made made_wal(const char *sql, const char *wal_sql)
{
    char path[64];
    sqlite3 *db = create(path);
    run(db, sql);
    run(db, "PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0");
    run(db, "PRAGMA wal_checkpoint(TRUNCATE)");
    if (wal_sql)
        run(db, wal_sql);
    return take(db, path);
}

struct made made_hot(const char *sql, const char *open_sql)
{
    char path[64];
    sqlite3 *db = create(path);
    run(db, sql);
    /* A cache of a few pages, so that changed ones are written before the commit. */
    run(db, "PRAGMA cache_size = 5; PRAGMA cache_spill = 1; BEGIN");
    run(db, open_sql);
    return take(db, path);
}

static void write_file(const char *path, const char *suffix, const struct buf *b)
{
    char name[80];
    snprintf(name, sizeof name, "%s%s", path, suffix);
    if (!b->n)
        return;
    FILE *f = fopen(name, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(b->p, 1, b->n, f), b->n);
    fclose(f);
}

const char *made_write(const struct made *m, char path[64])
{
    new_path(path);
    write_file(path, "", &m->db);
    write_file(path, "-wal", &m->wal);
    write_file(path, "-journal", &m->journal);
    return path;
}

void made_free(struct made *m)
{
    buf_free(&m->db);
    buf_free(&m->wal);
    buf_free(&m->journal);
}

struct made made_copy(const struct made *m)
{
    struct made c = {0};
    buf_slice(&c.db, buf_view(&m->db));
    buf_slice(&c.wal, buf_view(&m->wal));
    buf_slice(&c.journal, buf_view(&m->journal));
    return c;
}

/* splitmix64 */
uint64_t made_random(uint64_t *state)
{
    uint64_t z = (*state += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

void made_damage(struct made *m, uint64_t *random, char what[80])
{
    bool in_wal = m->wal.n && made_random(random) % 3 == 0;
    struct buf *b = in_wal ? &m->wal : &m->db;
    size_t at = made_random(random) % b->n;
    if (!in_wal && made_random(random) % 2 == 0) /* where a page keeps counts and pointers */
        at = at / 512 * 512 + made_random(random) % 40;
    if (at >= b->n)
        at = b->n - 1;
    uint64_t kind = made_random(random) % 8;
    const char *name = in_wal ? "WAL" : "database";
    if (kind == 0) {
        snprintf(what, 80, "%s cut at %zu", name, at);
        b->n = at;
        return;
    }
    size_t n = kind < 6 ? 1 : kind == 6 ? 4 : 64;
    snprintf(what, 80, "%s flipped at %zu, %zu bytes", name, at, n);
    for (size_t i = at; i < at + n && i < b->n; i++)
        b->p[i] ^= (uint8_t)(1u << made_random(random) % 8);
}

struct opened made_open(const struct made *m)
{
    struct opened o = {0};
    o.db = blob_of_memory(buf_view(&m->db));
    o.wal = m->wal.n ? blob_of_memory(buf_view(&m->wal)) : NULL;
    o.journal = m->journal.n ? blob_of_memory(buf_view(&m->journal)) : NULL;
    o.s = sqlite_open(o.db, o.wal, o.journal, NULL, &o.e);
    return o;
}

void opened_close(struct opened *o)
{
    sqlite_close(o->s);
    blob_close(o->db);
    blob_close(o->wal);
    blob_close(o->journal);
}

static void add_value(struct buf *b, const struct sqlite_value *v)
{
    switch (v->type) {
    case SQL_NULL: buf_text(b, "-"); break;
    case SQL_INT: buf_printf(b, "%lld", (long long)v->integer); break;
    case SQL_REAL: buf_printf(b, "%.15g", v->real); break;
    case SQL_TEXT: buf_slice(b, v->bytes); break;
    case SQL_BLOB:
        for (size_t i = 0; i < v->bytes.n; i++)
            buf_printf(b, "%02x", v->bytes.p[i]);
        break;
    }
}

const char *rows_of(struct opened *o, struct arena *a, const char *from, const char *row,
                    const char *const *columns, unsigned n)
{
    struct buf out = {0};
    struct err e = {0};
    struct sqlite_row r;
    struct sqlite_query *q = sqlite_query(o->s, from, row, columns, n, &e);
    while (q && sqlite_next(q, &r, &e)) {
        if (r.has_id)
            buf_printf(&out, "%lld %s ", (long long)r.id, state_name(r.state));
        else
            buf_printf(&out, "- %s ", state_name(r.state));
        for (unsigned i = 0; i < r.n; i++) {
            buf_text(&out, i ? "|" : "");
            add_value(&out, &r.values[i]);
        }
        buf_byte(&out, '\n');
    }
    sqlite_query_free(q);
    if (e.code)
        buf_printf(&out, "error: %s\n", e.msg);
    char *text = arena_string(a, buf_view(&out));
    buf_free(&out);
    return text;
}

unsigned count_lines(const char *text)
{
    unsigned n = 0;
    for (; *text; text++)
        n += *text == '\n';
    return n;
}

static const char *told(struct sqlite_losses l, struct arena *a)
{
    const char *text = "";
    for (unsigned i = 0; i < l.n; i++)
        text = arena_printf(a, "%s%s\n", text, l.what[i]);
    return text;
}

const char *losses_of(const struct opened *o, struct arena *a)
{
    return told(sqlite_losses(o->s), a);
}

const char *notes_of(const struct opened *o, struct arena *a)
{
    return told(sqlite_notes(o->s), a);
}

const char *samples_folder(struct arena *a)
{
    const char *shared = getenv("BRIDLE_SHARED"), *source = getenv("BRIDLE_SOURCE");
    if (!shared)
        shared = arena_printf(a, "%s/../shared", source ? source : ".");
    const char *path = arena_printf(a, "%s/samples", shared);
    if (access(path, R_OK) != 0) {
        print_message("no samples in %s: skipped\n", shared);
        skip();
    }
    return path;
}
