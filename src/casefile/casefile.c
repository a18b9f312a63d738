/*
 * The case file's life: made under another name, filled, closed as one file; opened with distrust.
 *
 * 1. A fresh case holds no `finished` in `run` until casefile_close(): whatever ends the program
 *    before leaves a file that reads as incomplete. Once SQLite has said no, nothing more is
 *    committed, and `finished` never is.
 * 2. While a fresh case is filled, pages are mostly appended, the rollback journal stays small and
 *    nothing is synchronised. Before `finished` is written everything is: a power cut, too, leaves
 *    either a whole case or one without that word. A case that was opened is always synchronised.
 */
#include "casefile/casefile.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "casefile/impl.h"

bool case_err(struct casefile *c, struct err *e)
{
    c->failed = true;
    return err_set(e, ERR_IO, "case: %s", c->db ? sqlite3_errmsg(c->db) : "not open");
}

/* A full disk ends the transaction: what came after it would be committed row by row. */
static bool gave_up(const struct casefile *c, struct err *e)
{
    return c->failed && c->mode == CASE_WRITE &&
           !err_set(e, ERR_IO, "case: it could not be written to its end");
}

bool case_exec(struct casefile *c, const char *sql, struct err *e)
{
    if (gave_up(c, e))
        return false;
    return sqlite3_exec(c->db, sql, NULL, NULL, NULL) == SQLITE_OK || case_err(c, e);
}

sqlite3_stmt *case_prepare(struct casefile *c, const char *sql, struct err *e)
{
    sqlite3_stmt *s = NULL;
    if (!gave_up(c, e) && sqlite3_prepare_v2(c->db, sql, -1, &s, NULL) != SQLITE_OK)
        case_err(c, e);
    return s;
}

bool case_step(struct casefile *c, sqlite3_stmt *s, struct err *e)
{
    if (gave_up(c, e))
        return false;
    int rc = sqlite3_step(s);
    bool ok = rc == SQLITE_DONE || rc == SQLITE_ROW;
    if (!ok)
        case_err(c, e);
    sqlite3_reset(s);
    return ok;
}

void case_bind(sqlite3_stmt *s, int at, struct slice text)
{
    sqlite3_bind_text64(s, at, text.n ? (const char *)text.p : "", text.n, SQLITE_STATIC,
                        SQLITE_UTF8);
}

void case_bind_null(sqlite3_stmt *s, int at, struct slice text)
{
    if (text.n)
        case_bind(s, at, text);
    else
        sqlite3_bind_null(s, at);
}

struct slice case_text(sqlite3_stmt *s, int column)
{
    const uint8_t *text = sqlite3_column_text(s, column);
    return (struct slice){text, text ? (size_t)sqlite3_column_bytes(s, column) : 0};
}

bool case_number(struct casefile *c, const char *sql, int64_t *out, struct err *e)
{
    sqlite3_stmt *s = case_prepare(c, sql, e);
    bool ok = s && (sqlite3_step(s) == SQLITE_ROW || case_err(c, e));
    if (ok)
        *out = sqlite3_column_int64(s, 0);
    sqlite3_finalize(s);
    return ok;
}

static bool end_span(struct casefile *c, struct err *e)
{
    sqlite3_stmt *s = c->statements[ADD_SPAN];
    if (!c->span.run)
        return true;
    sqlite3_bind_int64(s, 1, c->span.run);
    sqlite3_bind_int64(s, 2, c->span.first);
    sqlite3_bind_int64(s, 3, c->span.last);
    c->span.run = 0;
    return case_step(c, s, e);
}

bool case_flush_rows(struct casefile *c, struct err *e)
{
    return batch_flush(c->observables, e) && batch_flush(c->records, e) &&
           batch_flush(c->sightings, e);
}

bool case_flush(struct casefile *c, struct err *e)
{
    return case_flush_rows(c, e) && end_span(c, e);
}

bool case_commit(struct casefile *c, struct err *e)
{
    c->pending = 0;
    c->committed = utime_steady();
    return case_flush(c, e) && case_exec(c, "COMMIT; BEGIN", e);
}

bool case_breathe(struct casefile *c, struct err *e)
{
    enum { MANY = 50000, LOOK = 256 /* at the clock */ };
    c->pending++;
    if (c->pending % LOOK || (c->pending < MANY && utime_steady() - c->committed < 1))
        return true;
    return case_commit(c, e);
}

/* -- opening -- */

static const char *const statement_sql[STATEMENTS] = {
    [ADD_SPAN] = "INSERT INTO span VALUES (?1, ?2, ?3)",
    [ADD_FILE] = "INSERT INTO file VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    [HASH_FILE] = "UPDATE file SET sha256 = ?2, bytes = ?3 WHERE id = ?1",
    [ADD_SKIP] = ("INSERT INTO skip (coverage_id, file_id, place, name, n, why) "
                  "VALUES (?1, ?2, ?3, ?4, ?5, ?6)"),
};

static bool harden(struct casefile *c, struct err *e)
{
    int ok = sqlite3_db_config(c->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL) == SQLITE_OK &&
             sqlite3_db_config(c->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL) == SQLITE_OK &&
             sqlite3_db_config(c->db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL) == SQLITE_OK &&
             sqlite3_db_config(c->db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL) == SQLITE_OK;
    /* The longest text of ours is a record whose every byte is escaped. */
    sqlite3_limit(c->db, SQLITE_LIMIT_LENGTH, 16 << 20);
    sqlite3_extended_result_codes(c->db, 1);
    return ok ? case_exec(c, "PRAGMA temp_store = MEMORY; PRAGMA cell_size_check = ON", e)
              : case_err(c, e);
}

static struct casefile *new_case(const char *path, enum case_mode mode)
{
    struct casefile *c = xcalloc(1, sizeof *c);
    /* SQLite need not count its memory under a lock. Without effect once it is in use. */
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    c->path = xstrdup(path);
    c->mode = mode;
    if (getrandom(&c->seed, sizeof c->seed, 0) != sizeof c->seed)
        die("no random numbers");
    return c;
}

static void free_case(struct casefile *c)
{
    for (size_t i = 0; i < STATEMENTS; i++)
        sqlite3_finalize(c->statements[i]);
    batch_free(c->records);
    batch_free(c->observables);
    batch_free(c->sightings);
    sqlite3_close(c->db);
    free(c->seen.slots);
    free(c->files);
    free(c->runs);
    free(c->path);
    free(c);
}

static bool connect(struct casefile *c, const char *path, int flags, struct err *e)
{
    if (sqlite3_open_v2(path, &c->db, flags | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
        return case_err(c, e);
    return harden(c, e);
}

/* An empty file of mode 0600 whatever the umask, then the schema. */
static bool write_schema(struct casefile *c, const char *path, struct err *e)
{
    char pragmas[128];
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0 || fchmod(fd, 0600) != 0)
        err_io(e, "%s", path);
    if (fd >= 0)
        close(fd);
    if (e->code || !connect(c, path, SQLITE_OPEN_READWRITE, e))
        return false;
    snprintf(pragmas, sizeof pragmas,
             "PRAGMA page_size = 8192; PRAGMA application_id = %d; PRAGMA user_version = %d",
             CASE_APPLICATION, CASE_VERSION);
    bool ok = case_exec(c, pragmas, e) && case_exec(c, "BEGIN", e) &&
              case_exec(c, case_schema, e) && case_exec(c, "COMMIT", e);
    sqlite3_close(c->db);
    c->db = NULL;
    return ok;
}

static void remove_side_files(const char *path)
{
    static const char *const suffixes[] = {"-journal", "-wal", "-shm"};
    char side[4096];
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++)
        if (snprintf(side, sizeof side, "%s%s", path, suffixes[i]) < (int)sizeof side)
            unlink(side);
}

static bool start_writing(struct casefile *c, struct err *e)
{
    if (!case_exec(c, "PRAGMA locking_mode = EXCLUSIVE; PRAGMA cache_size = -16384", e) ||
        !case_exec(c, c->fresh ? "PRAGMA synchronous = OFF" : "PRAGMA synchronous = FULL", e) ||
        !case_exec(c, "BEGIN IMMEDIATE", e))
        return false;
    c->committed = utime_steady();
    for (size_t i = 0; i < STATEMENTS; i++) {
        c->statements[i] = case_prepare(c, statement_sql[i], e);
        if (!c->statements[i])
            return false;
    }
    return (c->records = batch_new(c, "record",
                                   "coverage_id, file_id, place, name, n, state, time_ns, "
                                   "precision, times, fields, first_sighting",
                                   e)) &&
           (c->observables = batch_new(c, "observable", "type, value", e)) &&
           (c->sightings =
                batch_new(c, "sighting", "record_id, observable_id, field, exposure", e));
}

/* Gives the new file its name. Not every file system can refuse to replace in the same step. */
static bool take_name(const char *fresh, const char *path, bool force, struct err *e)
{
    remove_side_files(path); /* of a case that is gone: they would be rolled back into this one */
    if (!force && renameat2(AT_FDCWD, fresh, AT_FDCWD, path, RENAME_NOREPLACE) == 0)
        return true;
    if (!force && (errno == EEXIST || access(path, F_OK) == 0))
        return err_set(e, ERR_USAGE, "%s exists already", path);
    return rename(fresh, path) == 0 || err_io(e, "%s", path);
}

struct casefile *casefile_create(const char *path, bool force, struct err *e)
{
    char fresh[4096];
    struct casefile *c = new_case(path, CASE_WRITE);
    c->fresh = true;
    if (!force && access(path, F_OK) == 0)
        err_set(e, ERR_USAGE, "%s exists already", path);
    else if (snprintf(fresh, sizeof fresh, "%s.new-%08" PRIx32, path, (uint32_t)c->seed) >=
             (int)sizeof fresh)
        err_set(e, ERR_USAGE, "the path is too long");
    else if (write_schema(c, fresh, e) && take_name(fresh, path, force, e)) {
        if (connect(c, path, SQLITE_OPEN_READWRITE, e) && start_writing(c, e))
            return c;
    } else {
        unlink(fresh);
        remove_side_files(fresh);
    }
    free_case(c);
    return NULL;
}

/* Again after opening: a journal that was rolled back may have changed what case_sniff() saw. */
static bool check_case(struct casefile *c, struct err *e)
{
    int64_t id = 0, version = 0;
    if (!case_number(c, "PRAGMA application_id", &id, e) ||
        !case_number(c, "PRAGMA user_version", &version, e))
        return false;
    if (id != CASE_APPLICATION || version != CASE_VERSION)
        return err_set(e, ERR_UNSUPPORTED, "not a case");
    return case_check_schema(c, e);
}

struct casefile *casefile_open(const char *path, enum case_mode m, struct err *e)
{
    if (!case_sniff(path, e))
        return NULL;
    struct casefile *c = new_case(path, m);
    /* A killed run leaves a journal to roll back, which needs the right to write. */
    bool write = m == CASE_WRITE || access(path, W_OK) == 0;
    if (connect(c, path, write ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY, e) &&
        check_case(c, e) &&
        (m == CASE_READ ? case_exec(c, "PRAGMA cache_size = -8192; PRAGMA query_only = ON", e)
                        : start_writing(c, e)))
        return c;
    free_case(c);
    return NULL;
}

/* Everything to the disk, past all caches. Through SQLite's own descriptor: closing another one
   would give up its locks. */
static bool synchronise(struct casefile *c, struct err *e)
{
    sqlite3_file *f = NULL;
    if (sqlite3_file_control(c->db, "main", SQLITE_FCNTL_FILE_POINTER, &f) == SQLITE_OK &&
        f->pMethods && f->pMethods->xSync(f, SQLITE_SYNC_NORMAL) == SQLITE_OK)
        return true;
    return case_err(c, e);
}

static bool finish_writing(struct casefile *c, struct err *e)
{
    return case_flush(c, e) && case_exec(c, "COMMIT", e) &&
           (!c->fresh || (synchronise(c, e) && case_exec(c, "PRAGMA synchronous = FULL", e) &&
                          casefile_set(c, "finished", slice_of("1"), e)));
}

bool casefile_close(struct casefile *c, struct err *e)
{
    bool ok = c->mode == CASE_READ || finish_writing(c, e);
    free_case(c); /* what is not committed is rolled back */
    return ok;
}

void casefile_discard(struct casefile *c)
{
    char *path = xstrdup(c->path);
    free_case(c);
    unlink(path);
    remove_side_files(path);
    free(path);
}

sqlite3 *casefile_db(struct casefile *c)
{
    return c->db;
}

/* -- facts and log -- */

bool casefile_set(struct casefile *c, const char *name, struct slice value, struct err *e)
{
    sqlite3_stmt *s = case_prepare(c, "INSERT OR REPLACE INTO run VALUES (?1, ?2)", e);
    if (!s)
        return false;
    case_bind(s, 1, slice_of(name));
    case_bind(s, 2, value);
    bool ok = case_step(c, s, e);
    sqlite3_finalize(s);
    return ok;
}

struct slice casefile_get(struct casefile *c, const char *name, struct arena *a)
{
    struct err ignored = {0};
    struct slice value = {0};
    sqlite3_stmt *s = case_prepare(c, "SELECT value FROM run WHERE name = ?1", &ignored);
    if (!s)
        return value;
    case_bind(s, 1, slice_of(name));
    if (sqlite3_step(s) == SQLITE_ROW)
        value = arena_copy(a, case_text(s, 0));
    sqlite3_finalize(s);
    return value;
}

/* chain = SHA-256 over the previous row's chain and this row: shows accidents and naive edits. */
bool casefile_log(struct casefile *c, const char *action, struct slice detail, struct err *e)
{
    uint8_t hash[SHA256_SIZE];
    char hex[SHA256_TEXT];
    struct buf text = {0};
    int64_t now = utime_now().ns;
    sqlite3_stmt *last = case_prepare(c, "SELECT chain FROM log ORDER BY id DESC LIMIT 1", e);
    sqlite3_stmt *add = case_prepare(
        c,
        "INSERT INTO log (at_ns, actor, action, detail, chain) VALUES (?1, 'bridle', ?2, ?3, ?4)",
        e);
    bool ok = last && add;
    if (ok && sqlite3_step(last) == SQLITE_ROW)
        buf_slice(&text, case_text(last, 0));
    buf_printf(&text, "\n%" PRId64 "\nbridle\n%s\n", now, action);
    buf_slice(&text, detail);
    sha256_of(buf_view(&text), hash);
    if (ok) {
        sqlite3_bind_int64(add, 1, now);
        case_bind(add, 2, slice_of(action));
        case_bind(add, 3, detail);
        case_bind(add, 4, slice_of(hex_text(hash, sizeof hash, hex)));
        ok = case_step(c, add, e);
    }
    sqlite3_finalize(last);
    sqlite3_finalize(add);
    buf_free(&text);
    return ok;
}
