/*
 * iOS backups of iTunes, Finder and libimobiledevice: plain, encrypted, decrypted copies of
 * encrypted ones, parts of them. Contents are named by SHA-1 of domain-path; what they are stands in
 * a catalogue (Manifest.db, before iOS 10 Manifest.mbdb). Facts: docs/formats/ios/backup.md.
 */
#include "source/ios_backup.h"

#include <stdlib.h>

#include "base/hash.h"
#include "format/plist.h"
#include "source/aes_blob.h"

enum { MAX_PLIST = 64 << 20 };

/* What the three property lists say. Values live as long as their arena. */
struct about {
    struct arena memory;
    struct plist *info, *manifest, *status;
    struct err no_manifest; /* why manifest is NULL */
    bool encrypted;
    struct slice keybag, manifest_key;
};

static struct plist *open_plist(struct ios_backup *b, struct arena *a, const char *name,
                                struct err *e)
{
    struct entry f;
    struct slice bytes;
    if (!ios_backup_find(b, name, &f)) {
        err_set(e, ERR_ABSENT, "%s is missing", name);
        return NULL;
    }
    struct plist *p = NULL;
    if (source_slurp(b->in, &f, MAX_PLIST, a, &bytes, e))
        p = plist_open(bytes, a, e);
    if (p && plist_top(p).type != PLIST_DICT) {
        err_set(e, ERR_CORRUPT, "not a dictionary");
        p = NULL;
    }
    if (!p)
        err_in(e, "%s", name);
    return p;
}

static struct plist_value value(struct plist *p, const char *key)
{
    return p ? plist_get(plist_top(p), key) : (struct plist_value){0};
}

static void read_plists(struct ios_backup *b, struct about *about)
{
    struct err e = {0};
    about->info = open_plist(b, &about->memory, "Info.plist", &e);
    if (!about->info)
        source_noted(&b->source, "%s", e.msg);
    err_clear(&e);
    about->status = open_plist(b, &about->memory, "Status.plist", &e);
    if (!about->status)
        source_noted(&b->source, "%s", e.msg);
    about->manifest = open_plist(b, &about->memory, "Manifest.plist", &about->no_manifest);
    if (!about->manifest)
        source_noted(&b->source, "%s", about->no_manifest.msg);
    about->encrypted = plist_bool(value(about->manifest, "IsEncrypted"), false);
    about->keybag = plist_data(value(about->manifest, "BackupKeyBag"));
    about->manifest_key = plist_data(value(about->manifest, "ManifestKey"));

    struct slice state = plist_string(value(about->status, "SnapshotState"));
    if (state.n && !slice_is(state, "finished"))
        source_damaged(&b->source, "the backup was interrupted (%.*s)",
                       (int)slice_sub(state, 0, 40).n, (const char *)state.p);
}

static void take(struct source *s, struct slice *fact, struct plist_value v)
{
    struct slice text = plist_string(v);
    if (fact->n == 0 && text.n)
        *fact = source_fact(s, text);
}

static void take_facts(struct ios_backup *b, const struct about *about)
{
    struct facts *f = &b->source.facts;
    const struct {
        struct slice *fact;
        const char *info, *lockdown;
    } facts[] = {
        {&f->model, "Product Type", "ProductType"},
        {&f->os, "Product Version", "ProductVersion"},
        {&f->build, "Build Version", "BuildVersion"},
        {&f->serial, "Serial Number", "SerialNumber"},
        {&f->name, "Device Name", "DeviceName"},
        {&f->udid, "Unique Identifier", "UniqueDeviceID"},
        {&f->udid, "Target Identifier", "UniqueDeviceID"},
        {&f->imei, "IMEI", "InternationalMobileEquipmentIdentity"},
        {&f->phone, "Phone Number", "PhoneNumber"},
    };
    struct plist_value lockdown = value(about->manifest, "Lockdown");
    f->platform = slice_of("ios");
    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++)
        take(&b->source, facts[i].fact, value(about->info, facts[i].info));
    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++)
        take(&b->source, facts[i].fact, plist_get(lockdown, facts[i].lockdown));
    f->taken = plist_date(value(about->info, "Last Backup Date"));
    if (f->taken.precision == PRECISION_NONE)
        f->taken = plist_date(value(about->manifest, "Date"));
    if (f->taken.precision == PRECISION_NONE)
        f->taken = plist_date(value(about->status, "Date"));
}

static void tell_lost_classes(struct source *s, unsigned lost)
{
    struct buf names = {0};
    for (unsigned i = 0; i < KEYBAG_CLASSES; i++)
        if (lost & 1u << i)
            buf_printf(&names, "%s%u", names.n ? ", " : "", i);
    if (names.n)
        source_damaged(s, "damaged keybag: the key of class %.*s does not open", (int)names.n,
                       (const char *)names.p);
    buf_free(&names);
}

/* Opens the keybag, once. */
static bool need_keys(struct ios_backup *b, const struct about *about, const struct secret *secret,
                      bool (*progress)(double done), struct err *e)
{
    if (b->keybag)
        return true;
    if (!about->manifest)
        return err_set(e, ERR_CORRUPT, "encrypted, and %s", about->no_manifest.msg);
    struct err why = {0};
    if (!about->keybag.n)
        return err_set(e, ERR_CORRUPT, "Manifest.plist: no BackupKeyBag: %s",
                       plist_bad(about->manifest, &why) ? why.msg : "damaged or edited");
    static const struct secret none = {.kind = SECRET_NONE};
    struct secret *derived = &b->source.derived;
    unsigned lost = 0;
    b->keybag = xcalloc(1, sizeof *b->keybag);
    bool ok = keybag_parse(about->keybag, b->keybag, e) &&
              keybag_derive(b->keybag, secret ? secret : &none, progress, derived->bytes, e) &&
              keybag_unlock(b->keybag, derived->bytes, &lost, e);
    if (!ok)
        return false;
    derived->kind = SECRET_DERIVED_KEY;
    derived->n = KDF_SIZE;
    tell_lost_classes(&b->source, lost);
    return true;
}

static bool starts_sqlite(struct blob *blob)
{
    static const char magic[16] = "SQLite format 3";
    char head[sizeof magic];
    struct err ignored = {0};
    return blob_size(blob) >= sizeof head && blob_read(blob, 0, head, sizeof head, &ignored) &&
           memcmp(head, magic, sizeof head) == 0;
}

/*
 * The catalogue's bytes, decrypted if they must be. Seen with padding and without: whether a file
 * of whole pages is complete is known by SQLite's own page count.
 */
static struct blob *open_manifest(struct ios_backup *b, struct err *e)
{
    enum { SMALLEST_PAGE = 512 };
    struct entry f;
    source_entry(b->in, b->manifest_place, &f);
    struct blob *blob = source_blob(b->in, &f, e);
    if (!blob || !b->manifest_sealed)
        return blob;
    blob = aes_blob(blob, b->manifest_key, e);
    if (blob && blob_size(blob) % SMALLEST_PAGE == 0)
        blob->damage = NULL;
    return blob;
}

/* Decides whether Manifest.db is encrypted, and gets its key if so. */
static bool unseal_manifest(struct ios_backup *b, const struct about *about,
                            const struct secret *secret, bool (*progress)(double done),
                            struct err *e)
{
    struct blob *blob = open_manifest(b, e);
    if (!blob)
        return err_in(e, "Manifest.db");
    uint64_t size = blob_size(blob);
    bool plain = starts_sqlite(blob);
    blob_close(blob);
    if (plain)
        return true;
    if (size == 0)
        return err_set(e, ERR_CORRUPT, "Manifest.db is empty");
    if (about->manifest && !about->encrypted && !about->manifest_key.n)
        return err_set(e, ERR_CORRUPT, "Manifest.db is no database, and the backup not encrypted");
    if (!need_keys(b, about, secret, progress, e))
        return false;
    if (!keybag_file_key(b->keybag, about->manifest_key, 0, b->manifest_key, e))
        return err_in(e, "Manifest.plist: ManifestKey");
    b->manifest_sealed = true;
    blob = open_manifest(b, e);
    if (!blob)
        return err_in(e, "Manifest.db");
    plain = starts_sqlite(blob);
    blob_close(blob);
    return plain || err_set(e, ERR_CORRUPT,
                            "Manifest.db does not open with its key: replaced, cut "
                            "off or of another backup");
}

static bool looks_plain(struct blob *blob)
{
    static const char *const starts[] = {"bplist0", "<?xml"};
    char head[8];
    struct err ignored = {0};
    if (starts_sqlite(blob))
        return true;
    if (blob_size(blob) < sizeof head || !blob_read(blob, 0, head, sizeof head, &ignored))
        return false;
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++)
        if (slice_starts(slice_at(head, sizeof head), starts[i]))
            return true;
    return false;
}

/*
 * The catalogue is in clear but names keys: an iOS 10.0 or older backup, whose contents are
 * encrypted, or a decrypted copy. Encrypted contents are whole blocks and show no known start.
 */
static bool contents_sealed(struct ios_backup *b)
{
    enum { ENOUGH = 64 };
    unsigned looked = 0, odd = 0;
    for (size_t i = 0; i < b->source.nrows && looked < ENOUGH; i++) {
        const struct row *r = &b->source.rows[i];
        struct entry f;
        struct err ignored = {0};
        if (r->type != ENTRY_FILE || !(r->flags & ROW_PRESENT) || !r->extra_n)
            continue;
        source_entry(b->in, r->place, &f);
        struct blob *blob = source_blob(b->in, &f, &ignored);
        if (!blob)
            continue;
        bool plain = looks_plain(blob);
        looked += blob_size(blob) > 0;
        odd += blob_size(blob) % 16 != 0;
        blob_close(blob);
        if (plain)
            return false;
    }
    return looked > 0 && 2 * odd <= looked;
}

static bool read_manifest_db(struct ios_backup *b, const struct about *about,
                             const struct secret *secret, bool (*progress)(double done),
                             struct err *e)
{
    struct entry f;
    struct err ignored = {0};
    if (!unseal_manifest(b, about, secret, progress, e))
        return false;
    struct blob *db = open_manifest(b, e), *wal = NULL;
    if (!db)
        return false;
    if (!b->manifest_sealed && ios_backup_find(b, "Manifest.db-wal", &f))
        wal = source_blob(b->in, &f, &ignored);
    bool ok = ios_manifest_read(b, db, wal, e);
    blob_close(wal);
    blob_close(db);
    return ok;
}

static bool read_mbdb(struct ios_backup *b, const struct entry *f, struct err *e)
{
    struct arena a = {0};
    struct slice bytes;
    bool ok = source_slurp(b->in, f, 1u << 30, &a, &bytes, e) && ios_mbdb_read(b, bytes, e);
    arena_free(&a);
    return ok;
}

static bool read_catalogue(struct ios_backup *b, const struct about *about,
                           const struct secret *secret, bool (*progress)(double done),
                           struct err *e)
{
    struct entry f;
    if (ios_backup_find(b, "Manifest.db", &f)) {
        b->manifest_place = (uint32_t)f.id;
        if (!read_manifest_db(b, about, secret, progress, e))
            return false;
    } else if (ios_backup_find(b, "Manifest.mbdb", &f)) {
        if (!read_mbdb(b, &f, e))
            return false;
    } else {
        source_damaged(&b->source,
                       "Manifest.db is missing: only files with well-known ids can be "
                       "found%s",
                       about->encrypted ? ", and none decrypted" : "");
        b->sealed = about->encrypted;
        return true;
    }
    b->sealed = b->manifest_sealed || (b->keys && contents_sealed(b));
    return !b->sealed || need_keys(b, about, secret, progress, e);
}

static void tell_counts(struct ios_backup *b)
{
    struct source *s = &b->source;
    if (b->bad_ids)
        source_damaged(s, "the manifest has %zu files without a valid id", b->bad_ids);
    if (b->broken)
        source_damaged(s, "the manifest has %zu rows whose details can't be read", b->broken);
    if (b->missing)
        source_noted(s, "%zu of %zu files in the manifest have no content here", b->missing,
                     b->files);
    if (b->unknown_domains > 1)
        source_noted(s, "%zu domains are not known", b->unknown_domains);
}

/* The key of a sealed content. */
static bool content_key(const struct ios_backup *b, const struct row *r, uint8_t key[KEY_SIZE],
                        struct err *e)
{
    if (r->flags & ROW_BROKEN)
        return err_set(e, ERR_CORRUPT, "its row in the manifest is damaged, and with it its key");
    if (!(r->flags & ROW_LISTED))
        return err_set(e, ERR_LOCKED, "it is not in the manifest, which would have its key");
    return keybag_file_key(b->keybag, slice_at(r->extra, r->extra_n), r->protection, key, e);
}

/* The content behind a row, decrypted if it must be. */
static struct blob *content_blob(struct ios_backup *b, const struct row *r, struct err *e)
{
    struct entry f;
    source_entry(b->in, r->place, &f);
    struct blob *in = source_blob(b->in, &f, e);
    if (!in || !b->sealed)
        return in;
    /* In clear: what is listed without a key, and strays that show it. */
    bool keyless = (r->flags & (ROW_LISTED | ROW_BROKEN)) == ROW_LISTED && !r->extra_n;
    if (keyless || (!(r->flags & ROW_LISTED) && looks_plain(in)))
        return in;
    uint8_t key[KEY_SIZE];
    if (!content_key(b, r, key, e)) {
        blob_close(in);
        return NULL;
    }
    struct blob *blob = aes_blob(in, key, e);
    explicit_bzero(key, sizeof key);
    return blob;
}

/* Databases grow and shrink while they are copied; SQLite's reader knows when one is cut. */
static bool size_is_stale(const struct row *r, struct blob *blob)
{
    static const char *const sides[] = {"-wal", "-shm", "-journal"};
    struct slice path = slice_at(r->path, r->path_n);
    for (size_t i = 0; i < sizeof sides / sizeof *sides; i++)
        if (slice_ends(path, sides[i]))
            return true;
    return starts_sqlite(blob);
}

static struct blob *backup_blob(struct source *s, const struct row *r, struct err *e)
{
    struct ios_backup *b = (struct ios_backup *)s;
    if (b->manifest_sealed && r->place == b->manifest_place)
        return open_manifest(b, e);
    struct blob *blob = content_blob(b, r, e);
    if (blob && !blob->damage && blob_size(blob) < r->bytes && !size_is_stale(r, blob))
        blob->damage = "shorter than the manifest says";
    return blob;
}

static void backup_close(struct source *s)
{
    struct ios_backup *b = (struct ios_backup *)s;
    if (b->keybag)
        keybag_wipe(b->keybag);
    free(b->keybag);
    explicit_bzero(b->manifest_key, sizeof b->manifest_key);
    free(b->named);
    source_close(b->in);
}

/* Damage of the folder itself is damage of the backup. */
static void inherit_texts(struct ios_backup *b)
{
    unsigned n;
    const char *const *what = source_damage(b->in, &n);
    for (unsigned i = 0; i < n; i++)
        source_damaged(&b->source, "%s", what[i]);
    what = source_notes(b->in, &n);
    for (unsigned i = 0; i < n; i++)
        source_noted(&b->source, "%s", what[i]);
}

struct source *ios_backup_open(struct source *in, struct slice prefix, const struct secret *secret,
                               bool (*progress)(double done), struct err *e)
{
    static const struct source_ops ops = {backup_blob, backup_close};
    struct ios_backup *b = xcalloc(1, sizeof *b);
    struct about about = {0};
    b->source.ops = &ops;
    b->source.kind = SOURCE_IOS_BACKUP;
    b->in = in;
    b->prefix = source_keep_slice(&b->source, prefix);
    b->named = xcalloc(in->nrows + 1, 1);
    inherit_texts(b);
    read_plists(b, &about);
    take_facts(b, &about);
    bool ok = read_catalogue(b, &about, secret, progress, e);
    if (ok) {
        b->source.facts.encrypted = about.encrypted || b->sealed || b->keys;
        ios_backup_add_unlisted(b);
        ios_backup_add_own(b);
        tell_counts(b);
        source_sort(&b->source);
    }
    arena_free(&about.memory);
    if (ok)
        return &b->source;
    source_close(&b->source);
    return NULL;
}

/* Does this property list of a folder belong to a backup? */
static bool tells_backup(struct source *in, const struct entry *f)
{
    static const char *const keys[] = {"Target Identifier", "Unique Identifier", "iTunes Version",
                                       "BackupKeyBag", "IsEncrypted"};
    struct arena a = {0};
    struct slice bytes;
    struct err ignored = {0};
    struct plist *p = NULL;
    bool yes = false;
    if (source_slurp(in, f, MAX_PLIST, &a, &bytes, &ignored))
        p = plist_open(bytes, &a, &ignored);
    for (size_t i = 0; p && i < sizeof keys / sizeof *keys; i++)
        yes = yes || value(p, keys[i]).type != PLIST_NONE;
    arena_free(&a);
    return yes;
}

static bool has_known_content(struct source *in)
{
    struct arena a = {0};
    struct ios_known_files *known = ios_known_files(&a);
    struct entry f;
    bool found = false;
    for (size_t pos = 0; !found && source_next(in, NULL, &pos, &f);) {
        uint8_t id[ID_SIZE];
        struct slice name = slice_basename(f.path);
        found = f.type == ENTRY_FILE && hex_bytes(name, id, sizeof id) && ios_known_find(known, id);
    }
    arena_free(&a);
    return found;
}

bool ios_backup_recognise(struct source *in, struct slice *prefix)
{
    static const char *const catalogues[] = {"Manifest.db", "Manifest.mbdb"};
    static const char *const plists[] = {"/Info.plist", "/Manifest.plist"};
    enum { MAX_ABOVE = 2 };
    struct entry f;
    *prefix = slice_at(NULL, 0);
    for (size_t i = 0; i < sizeof catalogues / sizeof *catalogues; i++)
        for (size_t pos = 0; source_next(in, catalogues[i], &pos, &f);) {
            struct slice above = slice_sub(f.path, 0, f.path.n - strlen(catalogues[i]) - 1);
            size_t depth = 0;
            for (size_t k = 0; k < above.n; k++)
                depth += above.p[k] == '/';
            if (f.type == ENTRY_FILE && depth <= MAX_ABOVE) {
                *prefix = above;
                return true;
            }
        }
    for (size_t i = 0; i < sizeof plists / sizeof *plists; i++)
        if (source_find(in, slice_of(plists[i]), &f) && tells_backup(in, &f))
            return true;
    return has_known_content(in);
}
