/*
 * Manifest.db: one row a file, with a keyed archive (MBFile) in its column `file`. Any member may
 * be missing there, and be a value or a reference; Size is that of the file before it was copied.
 * Facts: docs/formats/ios/backup.md.
 */
#include "format/archive.h"
#include "format/sqlite.h"
#include "source/ios_backup.h"

static struct utime time_of(struct plist_value v)
{
    if (v.type == PLIST_DATE) /* old versions; now Unix seconds */
        return plist_date(v);
    return plist_is_number(v) ? utime_from_int(plist_int(v, 0), UNIX) : UTIME_NONE;
}

static uint64_t count_of(struct plist_value v, uint64_t max)
{
    int64_t n = plist_int(v, 0);
    return n < 0 || (uint64_t)n > max ? 0 : (uint64_t)n;
}

static void member(struct mbfile *f, struct archive *ar, struct slice key, struct plist_value v)
{
    /* Of these references nothing is used. */
    if (slice_is(key, "$class") || slice_is(key, "RelativePath") || slice_is(key, "Digest"))
        return;
    if (v.type == PLIST_UID)
        v = archive_resolve(ar, v);
    if (slice_is(key, "Size"))
        f->size = count_of(v, INT64_MAX);
    else if (slice_is(key, "Mode"))
        f->mode = (uint32_t)count_of(v, UINT32_MAX);
    else if (slice_is(key, "InodeNumber"))
        f->inode = (uint64_t)plist_int(v, 0);
    else if (slice_is(key, "UserID"))
        f->uid = (uint32_t)count_of(v, UINT32_MAX);
    else if (slice_is(key, "GroupID"))
        f->gid = (uint32_t)count_of(v, UINT32_MAX);
    else if (slice_is(key, "ProtectionClass"))
        f->protection = (unsigned)count_of(v, UINT8_MAX);
    else if (slice_is(key, "LastModified"))
        f->modified = time_of(v);
    else if (slice_is(key, "LastStatusChange"))
        f->changed = time_of(v);
    else if (slice_is(key, "Birth"))
        f->born = time_of(v);
    else if (slice_is(key, "Target"))
        f->target = plist_string(v);
    else if (slice_is(key, "EncryptionKey"))
        f->key = plist_data(v);
}

bool mbfile_parse(struct slice bytes, struct arena *a, struct mbfile *out, struct err *e)
{
    struct archive ar;
    *out = (struct mbfile){0};
    if (!archive_open(bytes, a, &ar, e))
        return false;
    struct plist_value top = plist_get(plist_top(ar.plist), "$top"), v;
    struct plist_value root = archive_follow(&ar, plist_get(top, "root"));
    if (root.type != PLIST_DICT)
        root = archive_root(&ar);
    if (root.type != PLIST_DICT)
        return err_set(e, ERR_CORRUPT, "MBFile: no root object");
    struct plist_iter it = plist_iter(root);
    struct slice key;
    while (plist_next(&it, &key, &v))
        member(out, &ar, key, v);
    return !plist_bad(ar.plist, e);
}

enum column { DOMAIN, RELATIVE, ID, FLAGS, ABOUT, COLUMNS };
static const char *const columns[COLUMNS] = {"domain", "relativePath", "fileID", "flags", "file"};

/* The columns that are there, else NULL; without the first two it is no catalogue. */
static bool probe(struct sqlite *s, const char *sql[COLUMNS], struct err *e)
{
    if (!sqlite_has_table(s, "Files"))
        return err_set(e, ERR_CORRUPT, "no table Files");
    for (int i = 0; i < COLUMNS; i++) {
        bool has = sqlite_has(s, columns[i], "Files");
        if (!has && i <= RELATIVE)
            return err_set(e, ERR_CORRUPT, "schema not known: no Files.%s", columns[i]);
        sql[i] = has ? columns[i] : "NULL";
    }
    return true;
}

static void add_row(struct ios_backup *b, const struct sqlite_row *row, bool ids, struct arena *a)
{
    const struct sqlite_value *v = row->values;
    struct listed l = {
        .domain = v[DOMAIN].bytes,
        .relative = v[RELATIVE].bytes,
        .id = v[ID].bytes,
        .flags = (uint64_t)v[FLAGS].integer,
    };
    struct err e = {0};
    if (ids && l.id.n == 0)
        l.id = slice_of("-"); /* wrong, not absent */
    /* An empty one is seen in backups that a tool rewrote: no facts, and none lost. */
    if (v[ABOUT].bytes.n && !mbfile_parse(v[ABOUT].bytes, a, &l.about, &e))
        l.broken = true;
    ios_backup_add(b, &l);
    arena_reset(a);
}

static void tell_losses(struct ios_backup *b, struct sqlite *s)
{
    sqlite_check(s, "Files");
    struct sqlite_losses lost = sqlite_losses(s), notes = sqlite_notes(s);
    for (unsigned i = 0; i < lost.n; i++)
        source_damaged(&b->source, "Manifest.db: %s", lost.what[i]);
    if (lost.more)
        source_damaged(&b->source, "Manifest.db: %u more losses", lost.more);
    for (unsigned i = 0; i < notes.n; i++)
        source_noted(&b->source, "Manifest.db: %s", notes.what[i]);
}

static bool read_rows(struct ios_backup *b, struct sqlite *s, struct err *e)
{
    const char *sql[COLUMNS];
    if (!probe(s, sql, e))
        return false;
    struct sqlite_query *q = sqlite_query(s, "Files", "rowid", sql, COLUMNS, e);
    if (!q)
        return false;
    struct arena a = {0};
    struct sqlite_row row;
    struct err why = {0};
    bool ids = sql[ID] == columns[ID];
    size_t old = 0;
    while (sqlite_next(q, &row, &why)) {
        if (row.state == RECOVERED)
            old++;
        else
            add_row(b, &row, ids, &a);
    }
    arena_free(&a);
    sqlite_query_free(q);
    if (old)
        source_noted(&b->source, "%zu rows of Manifest.db were replaced or deleted by its WAL",
                     old);
    if (why.code && b->source.nrows == 0) {
        *e = why;
        return false;
    }
    if (why.code)
        source_damaged(&b->source, "Manifest.db: %s", why.msg);
    tell_losses(b, s);
    return true;
}

bool ios_manifest_read(struct ios_backup *b, struct blob *db, struct blob *wal, struct err *e)
{
    static const struct sqlite_limits limits = {.seconds = 120, .max_value = 16u << 20};
    struct sqlite *s = sqlite_open(db, wal, NULL, &limits, e);
    bool ok = s && read_rows(b, s, e);
    sqlite_close(s);
    if (!ok)
        err_in(e, "Manifest.db");
    if (db->damage)
        source_damaged(&b->source, "Manifest.db: %s", db->damage);
    return ok;
}
