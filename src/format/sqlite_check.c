/*
 * What SQLite forgives in silence: a file that is too short, a table whose definition is gone,
 * rows behind a damaged cell count or on pages that nothing refers to any more.
 *
 * Format: docs/formats/sqlite.md
 */
#include <stdio.h>
#include <stdlib.h>

#include "format/sqlite_impl.h"

enum {
    LOCK_BYTE_AT = 1 << 30, /* the page with this byte is never written */
    /* Larger files are not read once more for the pages that nothing refers to. */
    WHOLE_CHECK_MAX = 256 << 20,
    WHOLE_CHECK_LINES = 2000,
    /* quick_check descends by recursion, 250 bytes of stack for each level, and a hostile file can
       make each of its interior pages a level. */
    INTERIOR_MAX = 16000,
};

/* --- The length of the file --- */

/* Pages of the database after the last commit that neither the file nor the WAL has. */
static uint64_t missing_after_wal(struct sqlite *s, uint64_t have)
{
    uint64_t want = s->wal.pages, frame = FRAME_HEADER + (uint64_t)s->page_size;
    uint64_t frames = (s->wal.end - WAL_HEADER) / frame, found = 0;
    if (want <= have)
        return 0;
    if (want - have > frames + 1)
        return want - have;
    uint64_t lock_page = LOCK_BYTE_AT / s->page_size + 1;
    uint8_t *seen = xcalloc(want - have + 1, 1);
    if (lock_page > have && lock_page <= want) {
        seen[lock_page - have] = 1;
        found++;
    }
    for (uint64_t i = 0; i < frames; i++) {
        uint8_t number[4];
        struct err e = {0};
        if (!blob_read(s->wal_blob, WAL_HEADER + i * frame, number, sizeof number, &e))
            break;
        struct cursor c = cursor(slice_at(number, sizeof number));
        uint64_t page = cursor_u32be(&c);
        if (page > have && page <= want && !seen[page - have]) {
            seen[page - have] = 1;
            found++;
        }
    }
    free(seen);
    return want - have - found;
}

/* The same after a roll-back. */
static uint64_t missing_after_journal(struct sqlite *s, uint64_t have)
{
    uint64_t want = s->now.size / s->page_size, missing = 0;
    for (uint64_t page = have; page < want; page++)
        missing += page >= s->now.pages_room || !s->now.pages[page];
    return missing;
}

void sqlite_check_file(struct sqlite *s)
{
    uint64_t size = blob_size(s->db), have = size / s->page_size;
    uint64_t want = s->overlay == WAL       ? s->wal.pages
                    : s->overlay == JOURNAL ? s->now.size / s->page_size
                                            : s->header_pages;
    uint64_t missing = s->overlay == WAL       ? missing_after_wal(s, have)
                       : s->overlay == JOURNAL ? missing_after_journal(s, have)
                       : want > have           ? want - have
                                               : 0;
    if (s->db->damage)
        sqlite_lost(s, "%s", s->db->damage);
    if (missing > 0)
        sqlite_lost(s, "the file ends %s page %llu of %llu; missing pages: %llu",
                    size % s->page_size ? "inside" : "before", (unsigned long long)have + 1,
                    (unsigned long long)want, (unsigned long long)missing);
    else if (size % s->page_size && !want)
        sqlite_lost(s, "the file ends inside page %llu", (unsigned long long)have + 1);
    s->incomplete = missing > 0;
}

/* --- Tables --- */

/* From `Page 7 is never used`. */
static uint64_t page_in(const char *line)
{
    const char *at = strstr(line, "Page ");
    return at ? strtoull(at + 5, NULL, 10) : 0;
}

/* A file may have been enlarged in advance: pages behind the header's count are not in use. */
static bool about_page_use(const struct sqlite *s, const char *line)
{
    if (strstr(line, "2nd reference"))
        return true;
    return strstr(line, "never used") &&
           (s->overlay != LIVE || !s->header_pages || page_in(line) <= s->header_pages);
}

/* One row of quick_check's answer holds one or more lines; false: they say that all is well. */
static bool tell_lines(struct sqlite *s, const char *text, const char *what)
{
    struct cursor c = cursor(slice_of(text));
    struct slice line;
    bool told = false;
    while (cursor_line(&c, &line)) {
        char words[200];
        snprintf(words, sizeof words, "%.*s", (int)line.n, (const char *)line.p);
        if (!strcmp(words, "ok") || slice_starts(line, "*** in database"))
            continue;
        told = true;
        if (what)
            sqlite_lost(s, "%s: %s", what, words);
        else if (about_page_use(s, words))
            sqlite_lost(s, "a table may have lost a part: %s", words);
    }
    return told;
}

/* what: in front of each line; NULL: only what is said about the use of pages counts. Behind its
   answer about damage quick_check itself may stumble over that damage. */
static void quick_check(struct sqlite *s, const char *sql, const char *what)
{
    sqlite3_stmt *st;
    struct err e = {0};
    int rc = SQLITE_OK;
    bool told = false;
    if (sqlite_compile(s, &s->now, sql, &st, &e)) {
        while ((rc = sqlite3_step(st)) == SQLITE_ROW)
            told |= tell_lines(s, (const char *)sqlite3_column_text(st, 0), what);
        if (rc != SQLITE_DONE)
            sqlite_fail(s, &s->now, rc, &e);
    }
    sqlite3_finalize(st);
    if (e.code && !told && what)
        sqlite_lost(s, "%s: not checked: %s", what, e.msg);
    else if (e.code && !told)
        sqlite_note(s, "use of pages not checked: %s", e.msg);
}

static bool is_interior(uint8_t type)
{
    return type == 2 || type == 5;
}

/* Bounds the depth of any tree by the number of interior pages, in the file and in the WAL. */
static bool too_deep(struct sqlite *s)
{
    uint64_t pages = s->now.size / s->page_size, n = 0;
    uint64_t frame = FRAME_HEADER + (uint64_t)s->page_size;
    struct err e = {0};
    uint8_t type;
    for (uint64_t i = 1; i < pages; i++)
        n += sqlite_view_read(&s->now, i * s->page_size, &type, 1) && is_interior(type);
    for (uint64_t at = WAL_HEADER; at + frame <= s->now.wal_size; at += frame)
        n += blob_read(s->wal_blob, at + FRAME_HEADER, &type, 1, &e) && is_interior(type);
    return n > INTERIOR_MAX;
}

void sqlite_check_schema(struct sqlite *s)
{
    static const char *const types[] = {"table", "index", "view", "trigger"};
    sqlite3 *db = s->now.db_handle;
    sqlite3_stmt *st;
    struct err e = {0};
    if (!s->schema_damaged) /* then it was read whole, so it isn't deeper than SQLite allows */
        quick_check(s, "PRAGMA quick_check(sqlite_schema)", "schema");
    if (sqlite_compile(s, &s->now, "SELECT rowid, type, name FROM sqlite_schema", &st, &e)) {
        int rc;
        while ((rc = sqlite3_step(st)) == SQLITE_ROW) {
            long long row = sqlite3_column_int64(st, 0);
            const char *type = (const char *)sqlite3_column_text(st, 1);
            const char *name = (const char *)sqlite3_column_text(st, 2);
            bool known = false;
            for (size_t i = 0; type && i < sizeof types / sizeof *types; i++)
                known |= !strcmp(type, types[i]);
            if (!known || !name)
                sqlite_lost(s, "schema: row %lld is damaged", row);
            else if (!strcmp(type, "table") &&
                     sqlite3_table_column_metadata(db, "main", name, NULL, NULL, NULL, NULL, NULL,
                                                   NULL) != SQLITE_OK)
                sqlite_lost(s, "schema: row %lld does not define its table %.60s", row, name);
        }
        if (rc != SQLITE_DONE)
            sqlite_fail(s, &s->now, rc, &e);
    }
    sqlite3_finalize(st);
    if (e.code)
        sqlite_lost(s, "schema: %s", e.msg);
}

/* Does a column's declared type hold one of these words? */
static bool declares(const char *type, const char *const *words)
{
    for (; *words; words++)
        if (strcasestr(type, *words))
            return true;
    return false;
}

/* What quick_check objects to in a column of this type: numbers in texts. A text among numbers it
   looks at more closely, so that it must be asked. */
static enum in_column unwanted(const char *type)
{
    static const char *const integers[] = {"int", NULL}, *const blobs[] = {"blob", NULL};
    static const char *const texts[] = {"char", "clob", "text", NULL};
    if (!type || !*type)
        return IN_COLUMN;
    if (declares(type, integers))
        return IN_TEXT;
    if (declares(type, texts))
        return IN_NUMBER;
    return declares(type, blobs) ? IN_COLUMN : IN_TEXT;
}

/* No row has in a column what the table's definition doesn't want there. */
static bool fits_definition(struct sqlite *s, const char *table, const struct in_columns *in)
{
    enum { TYPE = 2, NOT_NULL = 3, IN_KEY = 5, HIDDEN = 6 };
    struct err e = {0};
    sqlite3_stmt *st;
    char *sql = sqlite3_mprintf("PRAGMA main.table_xinfo(%Q)", table);
    bool ok = sqlite_compile(s, &s->now, sql, &st, &e), null_key = false;
    sqlite3_free(sql);
    unsigned keys = 0, column = 0;
    for (; ok && sqlite3_step(st) == SQLITE_ROW; column++) {
        const char *type = (const char *)sqlite3_column_text(st, TYPE);
        bool not_null = sqlite3_column_int(st, NOT_NULL), key = sqlite3_column_int(st, IN_KEY);
        if (column >= PAGE_COLUMNS || sqlite3_column_int(st, HIDDEN))
            ok = false;
        uint64_t bit = UINT64_C(1) << column % 64;
        unsigned word = ok ? column / 64 : 0;
        enum in_column bad = unwanted(type);
        ok = ok && (bad == IN_COLUMN || !(in->bits[bad][word] & bit));
        keys += key;
        if (!(not_null && (in->bits[IN_NULL][word] & bit)))
            continue;
        if (key && type && !sqlite3_stricmp(type, "INTEGER"))
            null_key = true;
        else
            ok = false;
    }
    sqlite3_finalize(st);
    return ok && column && !(null_key && keys > 1); /* the rowid under another name is NULL */
}

/* Its columns' types are enforced, or it is stored as an index is. */
static bool is_special(struct sqlite *s, const char *table)
{
    enum { WITHOUT_ROWID = 4, STRICT = 5 };
    struct err e = {0};
    sqlite3_stmt *st;
    char *sql = sqlite3_mprintf("PRAGMA main.table_list(%Q)", table);
    bool plain = sqlite_compile(s, &s->now, sql, &st, &e) && sqlite3_step(st) == SQLITE_ROW &&
                 !sqlite3_column_int(st, WITHOUT_ROWID) && !sqlite3_column_int(st, STRICT);
    sqlite3_free(sql);
    sqlite3_finalize(st);
    return !plain;
}

/* All that quick_check(table) would look for is known not to be there. */
static bool is_in_order(struct sqlite *s, const char *table)
{
    const struct pages *m = sqlite_pages_now(s);
    if (!m || is_special(s, table))
        return false;
    struct in_columns in = sqlite_pages_columns(m, table);
    return fits_definition(s, table, &in);
}

static void check_table(struct sqlite *s, const char *table)
{
    char what[80];
    struct err e = {0};
    sqlite3_stmt *st;
    char *probe = sqlite3_mprintf("SELECT 1 FROM %Q", table);
    char *check = sqlite3_mprintf("PRAGMA quick_check(%Q)", table);
    snprintf(what, sizeof what, "table %s", table);
    bool there = sqlite_compile(s, &s->now, probe, &st, &e);
    sqlite3_finalize(st);
    if (!there && e.code != ERR_UNSUPPORTED)
        sqlite_lost(s, "%s: %s", what, e.msg);
    else if (there && !is_in_order(s, table))
        quick_check(s, check, what);
    sqlite3_free(probe);
    sqlite3_free(check);
}

static void check_page_use(struct sqlite *s)
{
    char *check = sqlite3_mprintf("PRAGMA quick_check(%d)", WHOLE_CHECK_LINES);
    quick_check(s, check, NULL);
    sqlite3_free(check);
}

void sqlite_check(struct sqlite *s, const char *table)
{
    sqlite_enter(s);
    bool first = !s->checked, whole = sqlite_pages_now(s);
    s->checked = true;
    if (first && !whole)
        s->too_deep = too_deep(s);
    if (first && s->too_deep)
        sqlite_note(s, "not checked: more than %d interior pages", INTERIOR_MAX);
    if (!s->too_deep)
        check_table(s, table);
    if (first && !whole && !s->too_deep && !s->incomplete && blob_size(s->db) <= WHOLE_CHECK_MAX)
        check_page_use(s);
    sqlite_leave(s);
}
