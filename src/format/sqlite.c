/*
 * Connections to databases from evidence: opening, hardening, budgets, probing, what was lost.
 *
 * The schema belongs to whoever wrote the file: a wanted table may be a view that never ends, a
 * column may be an expression that allocates gigabytes. So views, triggers, virtual tables and
 * generated columns are out of reach, and only SELECT over tables with harmless functions is
 * allowed. Limits stay wide enough that the schemas of real phones still parse.
 *
 * Format: docs/formats/sqlite.md
 */
#include "format/sqlite.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/utf8.h"
#include "format/sqlite_pages.h"

enum {
    HEADER_SIZE = 100,
    HEAP_LIMIT = 512 << 20,
    DEFAULT_MAX_VALUE = 64 << 20,
    /* Missing pages that a truncated file is still shown with; a header that claims more than
       that is damaged itself. */
    MISSING_MAX = 1 << 20,
    PROGRESS_OPS = 1000,
};

void sqlite_setup(void)
{
    /* SQLite's generator seeds itself through the default VFS, which opens /dev/urandom: now,
       while that is still allowed. */
    char seed;
    sqlite3_initialize();
    sqlite3_randomness(1, &seed);
    sqlite3_hard_heap_limit64(HEAP_LIMIT);
}

/* A tick of some milliseconds is fine: over many short calls the error averages out, and it is read
   twice for each row. */
static double seconds_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

void sqlite_enter(struct sqlite *s)
{
    if (s->depth++ == 0)
        s->entered = seconds_now();
}

void sqlite_leave(struct sqlite *s)
{
    if (--s->depth == 0)
        s->spent += seconds_now() - s->entered;
}

bool sqlite_out_of_time(const struct sqlite *s)
{
    return s->seconds > 0 && s->spent + seconds_now() - s->entered > s->seconds;
}

static int out_of_time(void *ctx)
{
    return sqlite_out_of_time(ctx);
}

static void tell(struct sqlite *s, struct told *t, const char *fmt, va_list ap)
{
    char raw[400];
    vsnprintf(raw, sizeof raw, fmt, ap);
    for (unsigned i = 0; i < t->n; i++)
        if (!strcmp(t->what[i], raw))
            return;
    if (t->n == SQLITE_MAX_TOLD) {
        t->more++;
        return;
    }
    /* SQLite's messages quote names and SQL of the evidence. */
    t->what[t->n++] = arena_string(&s->memory, utf8_clean(slice_of(raw), &s->memory));
}

void sqlite_lost(struct sqlite *s, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    tell(s, &s->losses, fmt, ap);
    va_end(ap);
}

void sqlite_note(struct sqlite *s, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    tell(s, &s->notes, fmt, ap);
    va_end(ap);
}

struct sqlite_losses sqlite_losses(const struct sqlite *s)
{
    return (struct sqlite_losses){s->losses.what, s->losses.n, s->losses.more};
}

struct sqlite_losses sqlite_notes(const struct sqlite *s)
{
    return (struct sqlite_losses){s->notes.what, s->notes.n, s->notes.more};
}

bool sqlite_fail(struct sqlite *s, struct view *v, int rc, struct err *e)
{
    const char *why = v->db_handle ? sqlite3_errmsg(v->db_handle) : sqlite3_errstr(rc);
    switch (rc & 0xff) {
    case SQLITE_INTERRUPT: return err_set(e, ERR_LIMIT, "takes longer than %g s", s->seconds);
    case SQLITE_NOMEM: return err_set(e, ERR_LIMIT, "needs more memory than allowed");
    case SQLITE_FULL: return err_set(e, ERR_LIMIT, "its journal is larger than allowed");
    case SQLITE_TOOBIG:
        return err_set(e, ERR_CORRUPT, "a value is longer than %llu bytes",
                       (unsigned long long)s->max_value);
    case SQLITE_IOERR:
        if (v->io.code) {
            *e = v->io;
            return false;
        }
        return err_set(e, ERR_IO, "%s", why);
    case SQLITE_ERROR: return err_set(e, ERR_UNSUPPORTED, "%s", why);
    case SQLITE_AUTH: return err_set(e, ERR_USAGE, "%s", why);
    default: return err_set(e, ERR_CORRUPT, "%s", why);
    }
}

static bool listed(const char *name, const char *const *names)
{
    for (; *names; names++)
        if (!sqlite3_stricmp(name, *names))
            return true;
    return false;
}

/* Nothing here can write, reach a file, or make much out of little. */
static const char *const functions[] = {
    "abs",     "avg",          "coalesce",  "count",        "date",       "datetime",
    "glob",    "hex",          "ifnull",    "iif",          "instr",      "json_array_length",
    "->",      "->>",          "json_type", "json_extract", "json_valid", "julianday",
    "length",  "like",         "lower",     "ltrim",        "max",        "min",
    "nullif",  "quote",        "replace",   "round",        "rtrim",      "strftime",
    "substr",  "substring",    "sum",       "time",         "total",      "trim",
    "typeof",  "unicode",      "upper",     "group_concat", "likely",     "unlikely",
    "subtype", "octet_length", NULL,
};

static const char *const pragmas[] = {"quick_check", "table_list", "table_xinfo", NULL};

static int authorize(void *ctx, int action, const char *a, const char *b, const char *database,
                     const char *trigger)
{
    (void)ctx, (void)database, (void)trigger;
    switch (action) {
    case SQLITE_SELECT:
    case SQLITE_READ:
    case SQLITE_RECURSIVE: return SQLITE_OK;
    case SQLITE_FUNCTION: return listed(b, functions) ? SQLITE_OK : SQLITE_DENY;
    case SQLITE_PRAGMA: return listed(a, pragmas) ? SQLITE_OK : SQLITE_DENY;
    default: return SQLITE_DENY;
    }
}

static int by_bytes(void *ctx, int an, const void *a, int bn, const void *b)
{
    struct sqlite *s = ctx;
    s->order_guessed = true;
    return slice_compare(slice_at(a, (size_t)an), slice_at(b, (size_t)bn));
}

/* Phones register collations of their own (LOCALIZED, PHONEBOOK). Without them a table that has an
   index by one could not even be checked. Where one is really asked, an index in its true order
   may be searched in vain: sqlite_next() tells. */
static void make_collation(void *ctx, sqlite3 *db, int encoding, const char *name)
{
    (void)encoding;
    sqlite3_create_collation_v2(db, name, SQLITE_UTF8, ctx, by_bytes, NULL);
}

static void harden(struct sqlite *s, sqlite3 *db)
{
    static const struct {
        int op, value;
    } config[] = {
        {SQLITE_DBCONFIG_DEFENSIVE, 1},        {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
        {SQLITE_DBCONFIG_ENABLE_VIEW, 0},      {SQLITE_DBCONFIG_ENABLE_TRIGGER, 0},
        {SQLITE_DBCONFIG_ENABLE_FKEY, 0},      {SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0},
        {SQLITE_DBCONFIG_DQS_DML, 0}, /* else "gone" would be a text instead of no such column */
        {SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1},
    };
    const struct {
        int id, value;
    } limits[] = {
        {SQLITE_LIMIT_LENGTH, (int)s->max_value}, {SQLITE_LIMIT_SQL_LENGTH, 1 << 20},
        {SQLITE_LIMIT_VDBE_OP, 1 << 20},          {SQLITE_LIMIT_ATTACHED, 0},
        {SQLITE_LIMIT_TRIGGER_DEPTH, 1},          {SQLITE_LIMIT_WORKER_THREADS, 0},
        {SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 1000},
    };
    for (size_t i = 0; i < sizeof config / sizeof *config; i++)
        sqlite3_db_config(db, config[i].op, config[i].value, NULL);
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++)
        sqlite3_limit(db, limits[i].id, limits[i].value);
    sqlite3_drop_modules(db, NULL);
    sqlite3_collation_needed(db, s, make_collation);
    /* None of these needs the schema, which may be damaged. CHECK constraints may call functions
       that only the app has, so that quick_check could not be prepared. */
    if (sqlite3_exec(db,
                     "PRAGMA cell_size_check = 1; PRAGMA temp_store = memory;"
                     "PRAGMA ignore_check_constraints = 1; PRAGMA query_only = 1;",
                     NULL, NULL, NULL) != SQLITE_OK)
        die("sqlite: %s", sqlite3_errmsg(db));
    sqlite3_progress_handler(db, PROGRESS_OPS, out_of_time, s);
    sqlite3_set_authorizer(db, authorize, s);
}

bool sqlite_compile(struct sqlite *s, struct view *v, const char *sql, sqlite3_stmt **out,
                    struct err *e)
{
    *out = NULL;
    err_clear(&v->io);
    int rc = sqlite3_prepare_v2(v->db_handle, sql, -1, out, NULL);
    return rc == SQLITE_OK || sqlite_fail(s, v, rc, e);
}

/* One row of one integer. */
static bool ask(struct sqlite *s, struct view *v, const char *sql, int64_t *out, struct err *e)
{
    sqlite3_stmt *st;
    if (!sqlite_compile(s, v, sql, &st, e))
        return false;
    int rc = sqlite3_step(st);
    bool ok = rc == SQLITE_ROW || rc == SQLITE_DONE;
    if (!ok)
        sqlite_fail(s, v, rc, e);
    else if (rc == SQLITE_DONE || sqlite3_column_type(st, 0) != SQLITE_INTEGER)
        ok = err_set(e, ERR_ABSENT, "no integer");
    else
        *out = sqlite3_column_int64(st, 0);
    sqlite3_finalize(st);
    return ok;
}

/* Tables, views and virtual tables that SQLite could make sense of, besides its own. */
static unsigned count_tables(struct sqlite *s, struct view *v)
{
    sqlite3_stmt *st;
    unsigned n = 0;
    struct err ignored = {0};
    if (!sqlite_compile(s, v, "PRAGMA table_list", &st, &ignored))
        return 0;
    while (sqlite3_step(st) == SQLITE_ROW) {
        const char *name = (const char *)sqlite3_column_text(st, 1);
        n += name && sqlite3_strnicmp(name, "sqlite_", 7) != 0;
    }
    sqlite3_finalize(st);
    return n;
}

/* Reads the schema. If a part of it can't be read, the tables of the rest are still worth having:
   WRITABLE_SCHEMA makes SQLite keep them (nothing here can write). */
static bool load_schema(struct sqlite *s, struct view *v, struct err *e)
{
    int64_t n;
    if (!ask(s, v, "SELECT count(*) FROM sqlite_schema", &n, e)) {
        if (e->code != ERR_CORRUPT && e->code != ERR_UNSUPPORTED)
            return false;
        sqlite3_db_config(v->db_handle, SQLITE_DBCONFIG_WRITABLE_SCHEMA, 1, NULL);
        if (count_tables(s, v) == 0) {
            e->code = ERR_CORRUPT;
            return err_in(e, "schema");
        }
        if (v == &s->now) {
            sqlite_lost(s, "schema: %s", e->msg);
            s->schema_damaged = true;
        }
        err_clear(e);
    }
    /* KiB. Scans don't profit from more, joins do. */
    sqlite3_set_authorizer(v->db_handle, NULL, NULL);
    sqlite3_exec(v->db_handle, "PRAGMA cache_size = -4096", NULL, NULL, NULL);
    sqlite3_set_authorizer(v->db_handle, authorize, s);
    return true;
}

static void disconnect(struct view *v)
{
    if (!v->db)
        return;
    if (sqlite3_close(v->db_handle) != SQLITE_OK)
        die("sqlite_close with a query open");
    sqlite_view_unregister(v);
    v->db = NULL;
}

static bool connect_view(struct sqlite *s, struct view *v, struct blob *wal, struct blob *journal,
                         struct err *e)
{
    uint64_t real = blob_size(s->db);
    *v = (struct view){.db = s->db,
                       .wal = wal,
                       .wal_size = wal ? s->wal.end : 0,
                       .journal = journal,
                       .size = real,
                       .base = real,
                       .page_size = s->page_size};
    uint64_t wanted = (uint64_t)s->header_pages * s->page_size;
    if (wanted > real && (wanted - real) / s->page_size <= MISSING_MAX)
        v->size = wanted;
    sqlite_view_register(v);
    int rc = sqlite3_open_v2(
        "evidence", &v->db_handle,
        (journal ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY) | SQLITE_OPEN_NOMUTEX, v->name);
    if (rc != SQLITE_OK)
        return sqlite_fail(s, v, rc, e);
    harden(s, v->db_handle);
    return load_schema(s, v, e);
}

static bool read_header(struct sqlite *s, struct err *e)
{
    uint8_t h[HEADER_SIZE];
    uint64_t size = blob_size(s->db);
    if (size == 0 && s->wal_blob)
        return err_set(e, ERR_CORRUPT, "the database is empty, but its WAL has %llu bytes",
                       (unsigned long long)blob_size(s->wal_blob));
    if (size == 0)
        return err_set(e, ERR_ABSENT, "empty file");
    if (size < HEADER_SIZE)
        return err_set(e, ERR_CORRUPT, "%llu bytes are too short for a database",
                       (unsigned long long)size);
    if (!blob_read(s->db, 0, h, sizeof h, e))
        return false;
    if (memcmp(h, "SQLite format 3", 16) != 0)
        return err_set(e, ERR_CORRUPT, "no SQLite header");
    struct cursor c = cursor(slice_at(h, sizeof h));
    cursor_skip(&c, 16);
    uint32_t page = cursor_u16be(&c);
    s->page_size = page == 1 ? 65536 : page;
    if (s->page_size < 512 || (s->page_size & (s->page_size - 1)))
        return err_set(e, ERR_CORRUPT, "page size %u", s->page_size);
    /* Old writers leave the count alone; it counts only if it was set at the last change. */
    cursor_skip(&c, 24 - 18);
    uint32_t change = cursor_u32be(&c), pages = cursor_u32be(&c);
    cursor_skip(&c, 92 - 32);
    s->header_pages = cursor_u32be(&c) == change ? pages : 0;
    return true;
}

/* With WAL and journal if they are of use; if they make the database unreadable, without. */
static bool open_now(struct sqlite *s, struct err *e)
{
    if (s->wal_blob)
        sqlite_check_wal(s, s->wal_blob);
    struct blob *wal = s->wal.end ? s->wal_blob : NULL;
    if (!connect_view(s, &s->now, wal, s->journal_blob, e)) {
        if (!wal && !s->journal_blob)
            return false;
        struct err with = *e;
        disconnect(&s->now);
        err_clear(e);
        s->wal.end = 0;
        if (!connect_view(s, &s->now, NULL, NULL, e)) {
            *e = with;
            return false;
        }
        sqlite_lost(s, "its %s can't be used: %s", wal ? "WAL" : "journal", with.msg);
        return true;
    }
    s->overlay = wal ? WAL : s->now.rolled_back ? JOURNAL : LIVE;
    if (s->journal_blob)
        sqlite_check_journal(s, s->journal_blob, s->now.rolled_back);
    return true;
}

struct sqlite *sqlite_open(struct blob *db, struct blob *wal, struct blob *journal,
                           const struct sqlite_limits *l, struct err *e)
{
    sqlite_setup();
    struct sqlite *s = xcalloc(1, sizeof *s);
    s->db = db;
    s->wal_blob = wal && blob_size(wal) ? wal : NULL;
    s->journal_blob = journal && blob_size(journal) ? journal : NULL;
    s->seconds = l ? l->seconds : 0;
    s->max_value = l && l->max_value ? l->max_value : DEFAULT_MAX_VALUE;
    if (s->max_value > INT32_MAX)
        s->max_value = INT32_MAX;
    sqlite_enter(s);
    bool ok = read_header(s, e) && open_now(s, e);
    if (ok) {
        sqlite_check_file(s);
        sqlite_check_schema(s);
    }
    sqlite_leave(s);
    if (ok)
        return s;
    sqlite_close(s);
    return NULL;
}

void sqlite_close(struct sqlite *s)
{
    if (!s)
        return;
    disconnect(&s->now);
    disconnect(&s->before);
    sqlite_pages_free(s->pages);
    sqlite_pages_free(s->pages_before);
    free(s->differs);
    arena_free(&s->memory);
    free(s);
}

struct view *sqlite_view_before(struct sqlite *s)
{
    struct err e = {0};
    if (!s->before_tried) {
        s->before_tried = true;
        s->before_usable = connect_view(s, &s->before, NULL, NULL, &e);
        if (!s->before_usable)
            sqlite_note(s, "without its %s it can't be read: %s",
                        s->overlay == WAL ? "WAL" : "journal", e.msg);
    }
    return s->before_usable ? &s->before : NULL;
}

enum state sqlite_overlay(const struct sqlite *s)
{
    return s->overlay;
}

static bool is_table(struct sqlite *s, const char *table, struct err *e)
{
    char *sql = sqlite3_mprintf("PRAGMA main.table_list(%Q)", table);
    sqlite3_stmt *st;
    bool ok = sqlite_compile(s, &s->now, sql, &st, e);
    sqlite3_free(sql);
    if (!ok)
        return false;
    ok = sqlite3_step(st) == SQLITE_ROW;
    const char *type = ok ? (const char *)sqlite3_column_text(st, 2) : NULL;
    /* "shadow": a plain table that a virtual one keeps its content in. */
    if (type && strcmp(type, "table") != 0 && strcmp(type, "shadow") != 0) {
        sqlite_lost(s, "%s is a %s%s, not a table", table, type,
                    strcmp(type, "virtual") ? "" : " table");
        ok = false;
    }
    sqlite3_finalize(st);
    return ok && type;
}

static bool has_generated_columns(struct sqlite *s, const char *table, struct err *e)
{
    enum { HIDDEN = 6 }; /* 2: virtual, 3: stored */
    char *sql = sqlite3_mprintf("PRAGMA main.table_xinfo(%Q)", table);
    sqlite3_stmt *st;
    bool found = false, ok = sqlite_compile(s, &s->now, sql, &st, e);
    sqlite3_free(sql);
    while (ok && sqlite3_step(st) == SQLITE_ROW)
        found |= sqlite3_column_int(st, HIDDEN) >= 2;
    sqlite3_finalize(st);
    return found || !ok;
}

bool sqlite_has_table(struct sqlite *s, const char *table)
{
    struct err e = {0};
    sqlite_enter(s);
    bool ok = is_table(s, table, &e);
    if (ok && has_generated_columns(s, table, &e)) {
        sqlite_lost(s, "table %s has generated columns: not read", table);
        ok = false;
    }
    if (e.code)
        sqlite_lost(s, "table %s: %s", table, e.msg);
    sqlite_leave(s);
    return ok;
}

bool sqlite_has(struct sqlite *s, const char *expr, const char *from)
{
    struct err e = {0};
    struct buf sql = {0};
    sqlite3_stmt *st = NULL;
    buf_printf(&sql, "SELECT %s FROM %s", expr, from);
    buf_byte(&sql, 0);
    sqlite_enter(s);
    bool ok = sqlite_compile(s, &s->now, (const char *)sql.p, &st, &e);
    sqlite_leave(s);
    sqlite3_finalize(st);
    buf_free(&sql);
    if (!ok && e.code != ERR_UNSUPPORTED)
        sqlite_lost(s, "%s: %s", from, e.msg);
    return ok;
}

bool sqlite_int(struct sqlite *s, const char *select, int64_t *out)
{
    struct err e = {0};
    sqlite_enter(s);
    bool ok = ask(s, &s->now, select, out, &e);
    sqlite_leave(s);
    if (!ok && e.code != ERR_UNSUPPORTED && e.code != ERR_ABSENT)
        sqlite_lost(s, "%s: %s", select, e.msg);
    return ok;
}
