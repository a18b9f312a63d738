/*
 * The format: docs/formats/ios/backup.md. Written without the reader's code, so that the one tests
 * the other: keys by OpenSSL's own PBKDF2, property lists by the few lines below.
 */
#include "demo/mkbackup.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/utime.h"
#include "demo/mkplist.h"

enum { KEY = 32, WRAPPED = 40, PREFIXED = 44, CLASSES = 12 };
enum { USUAL_TIME = 1768478400 }; /* 2026-01-15T12:00:00Z */

struct maker {
    const struct mkbackup_options *o;
    const char *folder;
    bool sealed;      /* contents are encrypted */
    uint8_t key[KEY]; /* from the password */
    uint8_t classes[CLASSES][KEY];
    struct buf keybag;
    sqlite3 *db;
    sqlite3_stmt *insert;
};

/* Bytes that look like chance. */
static void made_up(const char *what, const char *of, uint8_t out[KEY])
{
    struct buf b = {0};
    buf_printf(&b, "%s of %s", what, of);
    sha256_of(buf_view(&b), out);
    buf_free(&b);
}

static void wrap(const uint8_t kek[KEY], const uint8_t key[KEY], uint8_t out[WRAPPED])
{
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    int n = 0;
    if (!ctx)
        die("AES is not available");
    EVP_CIPHER_CTX_set_flags(ctx, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
    if (!EVP_EncryptInit_ex(ctx, EVP_aes_256_wrap(), NULL, kek, NULL) ||
        !EVP_EncryptUpdate(ctx, out, &n, key, KEY))
        die("AES key wrap failed");
    EVP_CIPHER_CTX_free(ctx);
}

static void encrypt(const uint8_t key[KEY], struct slice plain, struct buf *out)
{
    static const uint8_t iv[16];
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    uint8_t *to = buf_room(out, plain.n + 16);
    int n = 0, rest = 0;
    if (!ctx || !EVP_EncryptInit_ex(ctx, EVP_aes_256_cbc(), NULL, key, iv) ||
        !EVP_EncryptUpdate(ctx, to, &n, plain.p, (int)plain.n) ||
        !EVP_EncryptFinal_ex(ctx, to + n, &rest))
        die("AES failed");
    out->n += (size_t)(n + rest);
    EVP_CIPHER_CTX_free(ctx);
}

/* Class as 4 bytes, least first, and the key wrapped for it. */
static void prefixed(const struct maker *m, unsigned class, const uint8_t key[KEY],
                     uint8_t out[PREFIXED])
{
    memset(out, 0, 4);
    out[0] = (uint8_t) class;
    wrap(m->classes[class], key, out + 4);
}

static void tag(struct buf *b, const char *name, const void *p, uint32_t n)
{
    uint8_t length[4] = {(uint8_t)(n >> 24), (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n};
    buf_add(b, name, 4);
    buf_add(b, length, 4);
    buf_add(b, p, n);
}

static void tag_number(struct buf *b, const char *name, uint32_t v)
{
    uint8_t bytes[4] = {(uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v};
    tag(b, name, bytes, 4);
}

static void derive(struct maker *m, const uint8_t salt[20], const uint8_t first_salt[20],
                   uint32_t rounds, uint32_t first_rounds)
{
    uint8_t first[KEY];
    const char *password = m->o->password ? m->o->password : "";
    int n = (int)strlen(password), ok = 1;
    if (!m->o->one_stage) {
        ok = PKCS5_PBKDF2_HMAC(password, n, first_salt, 20, (int)first_rounds, EVP_sha256(), KEY,
                               first);
        password = (const char *)first;
        n = KEY;
    }
    if (!ok || !PKCS5_PBKDF2_HMAC(password, n, salt, 20, (int)rounds, EVP_sha1(), KEY, m->key))
        die("PBKDF2 failed");
}

static void add_class(struct maker *m, unsigned class)
{
    uint8_t wrapped[WRAPPED], uuid[KEY];
    char name[16];
    snprintf(name, sizeof name, "class %u", class);
    made_up("uuid", name, uuid);
    made_up("key", name, m->classes[class]);
    if (class == m->o->missing_class)
        return;
    wrap(m->key, m->classes[class], wrapped);
    wrapped[20] ^= class == m->o->damaged_class;
    tag(&m->keybag, "UUID", uuid, 16);
    tag_number(&m->keybag, "CLAS", class);
    tag_number(&m->keybag, "WRAP", class >= 9 ? 3 : 2); /* 9 to 11 never leave the device */
    tag_number(&m->keybag, "KTYP", 0);
    tag(&m->keybag, "WPKY", wrapped, WRAPPED);
}

static void make_keybag(struct maker *m)
{
    const struct mkbackup_options *o = m->o;
    uint32_t rounds = o->rounds ? o->rounds : 10;
    uint32_t first_rounds = o->double_rounds ? o->double_rounds : 1000;
    uint8_t uuid[KEY], salt[KEY], first_salt[KEY];
    struct buf *b = &m->keybag;
    made_up("uuid", "keybag", uuid);
    made_up("salt", "keybag", salt);
    made_up("first salt", "keybag", first_salt);
    derive(m, salt, first_salt, rounds, first_rounds);
    tag_number(b, "VERS", 4);
    tag_number(b, "TYPE", 1);
    tag(b, "UUID", uuid, 16);
    tag_number(b, "WRAP", 0);
    tag(b, "SALT", salt, 20);
    tag_number(b, "ITER", rounds);
    if (!o->one_stage) {
        tag_number(b, "DPWT", 0);
        tag_number(b, "DPIC", first_rounds);
        tag(b, "DPSL", first_salt, 20);
    }
    for (unsigned class = 1; class < CLASSES; class ++)
        if (class != 5)
            add_class(m, class);
}

/* The object of class MBFile. key: PREFIXED bytes or NULL. */
static uint8_t mbfile_object(const struct maker *m, struct mkplist *p,
                             const struct mkbackup_file *f, const uint8_t *key)
{
    static const uint32_t modes[] = {0100644, 0040755, 0120755};
    int64_t taken = m->o->taken ? m->o->taken : USUAL_TIME;
    int64_t modified = f->modified ? f->modified : taken;
    struct mkplist_dict o = {0};
    mkplist_member(p, &o, "LastModified", mkplist_int(p, modified));
    mkplist_member(p, &o, "LastStatusChange", mkplist_int(p, modified));
    mkplist_member(p, &o, "Birth", mkplist_int(p, modified));
    mkplist_member(p, &o, "Flags", mkplist_int(p, 0));
    mkplist_member(p, &o, "UserID", mkplist_int(p, 501));
    mkplist_member(p, &o, "GroupID", mkplist_int(p, 501));
    mkplist_member(p, &o, "Mode", mkplist_int(p, modes[f->type]));
    mkplist_member(p, &o, "InodeNumber", mkplist_int(p, 1000));
    mkplist_member(p, &o, "Size", mkplist_int(p, (int64_t)(f->claimed ? f->claimed : f->bytes.n)));
    mkplist_member(p, &o, "ProtectionClass", mkplist_int(p, f->class ? f->class : 3));
    mkplist_member(p, &o, "RelativePath", mkplist_uid(p, 2));
    mkplist_member(p, &o, "$class", mkplist_uid(p, 4));
    if (key)
        mkplist_member(p, &o, "EncryptionKey", mkplist_uid(p, 3));
    if (f->type == MKBACKUP_LINK)
        mkplist_member(p, &o, "Target", mkplist_uid(p, 6));
    return mkplist_dict(p, &o);
}

/* $objects: $null, the file, its path, its key, class of the file, class of the key, target. */
static void mbfile(const struct maker *m, struct mkplist *p, const struct mkbackup_file *f,
                   const uint8_t *key)
{
    struct mkplist_dict data = {0}, file_class = {0}, data_class = {0}, top = {0}, root = {0};
    uint8_t refs[7];
    refs[0] = mkplist_string(p, "$null");
    refs[1] = mbfile_object(m, p, f, key);
    refs[2] = mkplist_string(p, f->path);
    mkplist_member(p, &data, "NS.data", mkplist_data(p, slice_at(key, key ? (size_t)PREFIXED : 0)));
    mkplist_member(p, &data, "$class", mkplist_uid(p, 5));
    refs[3] = mkplist_dict(p, &data);
    mkplist_member(p, &file_class, "$classname", mkplist_string(p, "MBFile"));
    refs[4] = mkplist_dict(p, &file_class);
    mkplist_member(p, &data_class, "$classname", mkplist_string(p, "NSMutableData"));
    refs[5] = mkplist_dict(p, &data_class);
    refs[6] = mkplist_string(p, f->target ? f->target : "");
    uint8_t objects = mkplist_array(p, refs, 7);
    mkplist_member(p, &root, "root", mkplist_uid(p, 1));
    mkplist_member(p, &top, "$version", mkplist_int(p, 100000));
    mkplist_member(p, &top, "$archiver", mkplist_string(p, "NSKeyedArchiver"));
    mkplist_member(p, &top, "$top", mkplist_dict(p, &root));
    mkplist_member(p, &top, "$objects", objects);
    mkplist_finish(p, mkplist_dict(p, &top));
}

static bool make_folder(const char *path, struct err *e)
{
    if (mkdir(path, 0700) == 0 || errno == EEXIST)
        return true;
    return err_io(e, "making %s", path);
}

static bool put(const char *path, struct slice bytes, struct err *e)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return err_io(e, "making %s", path);
    for (ssize_t n; bytes.n > 0; bytes = slice_sub(bytes, (size_t)n, bytes.n)) {
        n = write(fd, bytes.p, bytes.n);
        if (n < 0) {
            err_io(e, "writing %s", path);
            close(fd);
            return false;
        }
    }
    return close(fd) == 0 || err_io(e, "writing %s", path);
}

static bool put_own(const struct maker *m, const char *name, struct slice bytes, struct err *e)
{
    struct arena a = {0};
    bool ok = put(arena_printf(&a, "%s/%s", m->folder, name), bytes, e);
    arena_free(&a);
    return ok;
}

static bool put_content(const struct maker *m, const struct mkbackup_file *f, const char *id,
                        struct slice bytes, struct err *e)
{
    struct arena a = {0};
    const char *folder = m->folder;
    bool ok = true;
    if (f->in_snapshot) {
        folder = arena_printf(&a, "%s/Snapshot", folder);
        ok = make_folder(folder, e);
    }
    if (ok && !m->o->flat) {
        folder = arena_printf(&a, "%s/%.2s", folder, id);
        ok = make_folder(folder, e);
    }
    bytes.n -= f->cut < bytes.n ? f->cut : bytes.n;
    ok = ok && put(arena_printf(&a, "%s/%s", folder, id), bytes, e);
    arena_free(&a);
    return ok;
}

static bool db_fails(const struct maker *m, struct err *e)
{
    return err_set(e, ERR_IO, "Manifest.db: %s", sqlite3_errmsg(m->db));
}

static bool put_row(struct maker *m, const struct mkbackup_file *f, const char *id,
                    const uint8_t *key, struct err *e)
{
    static const int flags[] = {1, 2, 4};
    struct mkplist p = {0};
    mbfile(m, &p, f, key);
    struct slice about = f->broken_row ? slice_of("bplist00 garbage") : buf_view(&p.b);
    sqlite3_stmt *s = m->insert;
    sqlite3_bind_text(s, 1, id, -1, SQLITE_STATIC);
    sqlite3_bind_text(s, 2, f->domain, -1, SQLITE_STATIC);
    sqlite3_bind_text(s, 3, f->path, -1, SQLITE_STATIC);
    sqlite3_bind_int(s, 4, flags[f->type]);
    sqlite3_bind_blob(s, 5, about.p, (int)about.n, SQLITE_STATIC);
    bool ok = sqlite3_step(s) == SQLITE_DONE;
    sqlite3_reset(s);
    buf_free(&p.b);
    return ok || db_fails(m, e);
}

static bool add_file(struct maker *m, const struct mkbackup_file *f, struct err *e)
{
    uint8_t sum[SHA1_SIZE], key[KEY], wrapped[PREFIXED];
    char id[2 * SHA1_SIZE + 1];
    struct buf b = {0};
    buf_printf(&b, "%s-%s", f->domain, f->path);
    sha1_of(buf_view(&b), sum);
    hex_text(sum, sizeof sum, id);
    buf_clear(&b);

    bool file = f->type == MKBACKUP_FILE, ok = true;
    unsigned class = f->class ? f->class : 3;
    bool keyed = file && !f->clear && (m->sealed || m->o->decrypted_copy) && class < CLASSES;
    made_up("key", id, key);
    if (keyed) {
        prefixed(m, class, key, wrapped);
        wrapped[10] ^= f->bad_key;
    }
    const char *shown = f->id ? f->id : id;
    if (!f->unlisted)
        ok = put_row(m, f, shown, keyed ? wrapped : NULL, e);
    if (file && !f->absent && hex_bytes(slice_of(shown), sum, sizeof sum)) {
        if (keyed && m->sealed)
            encrypt(key, f->bytes, &b);
        ok = ok && put_content(m, f, shown, keyed && m->sealed ? buf_view(&b) : f->bytes, e);
    }
    buf_free(&b);
    return ok;
}

static bool put_manifest_db(struct maker *m, const uint8_t key[KEY], struct err *e)
{
    sqlite3_int64 n = 0;
    unsigned char *image = sqlite3_serialize(m->db, "main", &n, 0);
    struct buf b = {0};
    if (!image)
        return db_fails(m, e);
    struct slice bytes = slice_at(image, (size_t)n);
    if (m->sealed && !m->o->clear_catalogue) {
        encrypt(key, bytes, &b);
        bytes = buf_view(&b);
    }
    bool ok = put_own(m, "Manifest.db", bytes, e);
    buf_free(&b);
    sqlite3_free(image);
    return ok;
}

static bool fill(struct maker *m, const struct mkbackup_file *files, size_t n,
                 const uint8_t manifest_key[KEY], struct err *e)
{
    static const char schema[] =
        "CREATE TABLE Files (fileID TEXT PRIMARY KEY, domain TEXT, relativePath TEXT, "
        "flags INTEGER, file BLOB);"
        "CREATE INDEX FilesDomainIdx ON Files (domain);"
        "CREATE INDEX FilesRelativePathIdx ON Files (relativePath);"
        "CREATE INDEX FilesFlagsIdx ON Files (flags);"
        "CREATE TABLE Properties (key TEXT PRIMARY KEY, value BLOB); BEGIN";
    static const char insert[] = "INSERT INTO Files VALUES (?,?,?,?,?)";
    if (sqlite3_open_v2(":memory:", &m->db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK ||
        sqlite3_exec(m->db, schema, NULL, NULL, NULL) != SQLITE_OK ||
        sqlite3_prepare_v2(m->db, insert, -1, &m->insert, NULL) != SQLITE_OK)
        return db_fails(m, e);
    for (size_t i = 0; i < n; i++)
        if (!add_file(m, &files[i], e))
            return false;
    if (sqlite3_exec(m->db, "COMMIT", NULL, NULL, NULL) != SQLITE_OK)
        return db_fails(m, e);
    return m->o->no_manifest_db || put_manifest_db(m, manifest_key, e);
}

static void xml_text(struct buf *b, const char *s)
{
    for (; *s; s++)
        if (*s == '&' || *s == '<' || *s == '>')
            buf_printf(b, "&#%d;", *s);
        else
            buf_byte(b, (uint8_t)*s);
}

static void xml_string(struct buf *b, const char *key, const char *value)
{
    buf_printf(b, "<key>%s</key><string>", key);
    xml_text(b, value);
    buf_text(b, "</string>\n");
}

static void xml_data(struct buf *b, const char *key, struct slice bytes)
{
    buf_printf(b, "<key>%s</key><data>", key);
    uint8_t *to = buf_room(b, 4 * (bytes.n / 3 + 1) + 1);
    b->n += (size_t)EVP_EncodeBlock(to, bytes.p, (int)bytes.n);
    buf_text(b, "</data>\n");
}

static void xml_time(struct buf *b, const char *key, int64_t seconds)
{
    char text[UTIME_TEXT];
    struct utime t = {seconds * 1000000000, SECOND};
    buf_printf(b, "<key>%s</key><date>%s</date>\n", key, utime_text(t, text));
}

static void xml_start(struct buf *b)
{
    buf_clear(b);
    buf_text(b, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<plist version=\"1.0\"><dict>\n");
}

static bool xml_put(const struct maker *m, struct buf *b, const char *name, struct err *e)
{
    buf_text(b, "</dict></plist>\n");
    return put_own(m, name, buf_view(b), e);
}

static const char * or (const char *given, const char *invented)
{
    return given ? given : invented;
}

/* The facts that stand in two files, under two names. */
static void xml_device(const struct mkbackup_options *o, struct buf *b, bool info)
{
    const char *facts[][3] = {
        {"Device Name", "DeviceName", or (o->name, "Example phone")},
        {"Product Type", "ProductType", or (o->model, "iPhone12,8")},
        {"Product Version", "ProductVersion", or (o->os, "17.3.1")},
        {"Build Version", "BuildVersion", or (o->build, "21D61")},
        {"Serial Number", "SerialNumber", or (o->serial, "EXAMPLE00001")},
        {"Unique Identifier", "UniqueDeviceID", or (o->udid, "00008030-0000000000000001")},
    };
    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++)
        xml_string(b, facts[i][info ? 0 : 1], facts[i][2]);
}

static bool put_plists(const struct maker *m, const uint8_t manifest_key[KEY], struct err *e)
{
    const struct mkbackup_options *o = m->o;
    int64_t taken = o->taken ? o->taken : USUAL_TIME;
    uint8_t wrapped[PREFIXED];
    struct buf b = {0};
    xml_start(&b);
    xml_device(o, &b, true);
    xml_string(&b, "Phone Number", or (o->phone, "+1 555 0100"));
    xml_time(&b, "Last Backup Date", taken);
    buf_text(&b, "<key>Installed Applications</key><array>\n");
    for (const char *const *app = o->apps; app && *app; app++) {
        buf_text(&b, "<string>");
        xml_text(&b, *app);
        buf_text(&b, "</string>\n");
    }
    buf_text(&b, "</array>\n");
    bool ok = o->no_info || xml_put(m, &b, "Info.plist", e);

    xml_start(&b);
    xml_string(&b, "SnapshotState", or (o->snapshot_state, "finished"));
    xml_time(&b, "Date", taken);
    ok = ok && (o->no_status || xml_put(m, &b, "Status.plist", e));

    xml_start(&b);
    buf_printf(&b, "<key>IsEncrypted</key><%s/>\n",
               m->sealed || o->decrypted_copy ? "true" : "false");
    xml_string(&b, "Version", "10.0");
    xml_time(&b, "Date", taken);
    xml_data(&b, "BackupKeyBag", buf_view(&m->keybag));
    if (m->sealed && !o->clear_catalogue) {
        prefixed(m, 4, manifest_key, wrapped);
        xml_data(&b, "ManifestKey", slice_at(wrapped, sizeof wrapped));
    }
    buf_text(&b, "<key>Lockdown</key><dict>\n");
    xml_device(o, &b, false);
    buf_text(&b, "</dict>\n");
    ok = ok && (o->no_manifest_plist || xml_put(m, &b, "Manifest.plist", e));
    buf_free(&b);
    return ok;
}

bool mkbackup_write(const char *folder, const struct mkbackup_options *o,
                    const struct mkbackup_file *files, size_t n, struct err *e)
{
    struct maker m = {.o = o, .folder = folder, .sealed = o->password && !o->decrypted_copy};
    uint8_t manifest_key[KEY];
    made_up("key", "Manifest.db", manifest_key);
    make_keybag(&m);
    bool ok = make_folder(folder, e) && fill(&m, files, n, manifest_key, e) &&
              put_plists(&m, manifest_key, e);
    sqlite3_finalize(m.insert);
    sqlite3_close(m.db);
    buf_free(&m.keybag);
    return ok;
}
