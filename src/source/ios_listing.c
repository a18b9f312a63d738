/*
 * From a backup's catalogue to entries: device paths, where the content is on disk, and what is on
 * disk without being in the catalogue.
 */
#include <stdio.h>

#include "base/hash.h"
#include "base/utf8.h"
#include "source/ios_backup.h"

enum { FILE_FLAG = 1, FOLDER_FLAG = 2, LINK_FLAG = 4 };

static enum entry_type type_of(const struct listed *l)
{
    if (l->flags == FILE_FLAG || l->flags == FOLDER_FLAG || l->flags == LINK_FLAG)
        return l->flags == FILE_FLAG     ? ENTRY_FILE
               : l->flags == FOLDER_FLAG ? ENTRY_FOLDER
                                         : ENTRY_LINK;
    switch (l->about.mode & 0170000) {
    case 0100000: return ENTRY_FILE;
    case 0040000: return ENTRY_FOLDER;
    case 0120000: return ENTRY_LINK;
    default: return ENTRY_OTHER;
    }
}

static struct slice joined(struct buf *b, struct slice prefix, const char *middle, size_t n,
                           const char *name)
{
    buf_clear(b);
    buf_slice(b, prefix);
    buf_text(b, middle);
    buf_add(b, name, n);
    if (n)
        buf_byte(b, '/');
    buf_text(b, name);
    return buf_view(b);
}

bool ios_backup_find(const struct ios_backup *b, const char *name, struct entry *out)
{
    struct buf path = {0};
    bool found =
        source_find(b->in, joined(&path, b->prefix, "/", 0, name), out) && out->type == ENTRY_FILE;
    buf_free(&path);
    return found;
}

/* The content with this id: in its folder, flat (old backups), or left by an interrupted run. */
static bool find_content(const struct ios_backup *b, const char *id, struct entry *out)
{
    static const struct {
        const char *folder;
        size_t digits;
    } places[] = {{"/", 2}, {"/", 0}, {"/Snapshot/", 2}, {"/Snapshot/", 0}};
    struct buf path = {0};
    bool found = false;
    for (size_t i = 0; i < sizeof places / sizeof *places && !found; i++)
        found = source_find(b->in, joined(&path, b->prefix, places[i].folder, places[i].digits, id),
                            out) &&
                out->type == ENTRY_FILE;
    buf_free(&path);
    return found;
}

/* NULL: refused. */
static const struct ios_domain *domain_of(struct ios_backup *b, struct slice raw)
{
    struct source *s = &b->source;
    struct ios_domain *d = &b->domains[source_hash(raw) % IOS_DOMAIN_SLOTS];
    if (d->path.n && slice_equal(raw, d->raw))
        return d;
    *d = (struct ios_domain){0};
    struct buf path = {0};
    bool known = ios_domain_path(raw, &path);
    bool ok = source_path(s, buf_view(&path), slice_at(NULL, 0), &d->path);
    buf_free(&path);
    if (!ok)
        return NULL;
    if (d->path.n == 1) /* "/": a domain without a name */
        d->path = slice_of("/unknown");
    d->raw = source_keep_slice(s, raw);
    d->name = utf8_clean(d->raw, &s->memory);
    if (!known && !b->unknown_domains++)
        source_noted(s, "domain %.*s is not known: its files are shown below %.*s",
                     (int)utf8_cut(d->name, 100).n, (const char *)d->name.p,
                     (int)utf8_cut(d->path, 100).n, (const char *)d->path.p);
    return d;
}

/* Sets path, domain and relative of an entry. False: refused. */
static bool name_entry(struct ios_backup *b, struct slice raw_domain, struct slice relative,
                       struct entry *en)
{
    const struct ios_domain *d = domain_of(b, raw_domain);
    if (!d || !source_path(&b->source, d->path, relative, &en->path))
        return false;
    en->domain = d->name;
    en->relative = slice_sub(en->path, d->path.n + 1, en->path.n);
    return true;
}

/* The row's id as text. False: it is none, and nothing on disk is looked for. */
static bool row_id(struct ios_backup *b, const struct listed *l, char text[ID_TEXT])
{
    uint8_t id[ID_SIZE];
    if (l->id.n == 0) {
        struct buf name = {0};
        buf_slice(&name, l->domain);
        buf_byte(&name, '-');
        buf_slice(&name, l->relative);
        sha1_of(buf_view(&name), id);
        buf_free(&name);
    } else if (!hex_bytes(l->id, id, sizeof id)) {
        b->bad_ids++;
        return false;
    }
    hex_text(id, sizeof id, text);
    return true;
}

static void add_content(struct ios_backup *b, const struct listed *l, struct entry *en,
                        struct entry *content)
{
    char id[ID_TEXT], name[ID_TEXT + 3];
    b->files++;
    if (!row_id(b, l, id))
        return;
    en->present = find_content(b, id, content);
    if (en->present) {
        b->named[content->id] = 1;
        en->container = slice_sub(content->path, 1, content->path.n);
        return;
    }
    b->missing++;
    int n = snprintf(name, sizeof name, "%.2s/%s", id, id);
    en->container = slice_at(source_keep(&b->source, name, (size_t)n), (size_t)n);
}

void ios_backup_add(struct ios_backup *b, const struct listed *l)
{
    struct source *s = &b->source;
    const struct mbfile *f = &l->about;
    struct entry en = {
        .type = type_of(l),
        .listed = true,
        .bytes = f->size,
        .mode = f->mode,
        .uid = f->uid,
        .gid = f->gid,
        .inode = f->inode,
        .protection = f->protection,
        .modified = f->modified,
        .changed = f->changed,
        .born = f->born,
    };
    struct entry content = {0};
    if (!name_entry(b, l->domain, l->relative, &en))
        return;
    if (en.type == ENTRY_FILE)
        add_content(b, l, &en, &content);
    if (en.type == ENTRY_LINK)
        en.target = source_keep_slice(
            s, utf8_cut(utf8_clean(utf8_cut(f->target, SOURCE_MAX_PATH), &s->memory),
                        SOURCE_MAX_PATH));
    struct row *r = source_add(s, &en);
    b->broken += l->broken;
    if (!r || en.type != ENTRY_FILE)
        return;
    r->place = (uint32_t)content.id;
    r->flags |= l->broken ? ROW_BROKEN : 0;
    if (f->key.n && f->key.n <= UINT8_MAX) {
        b->keys++;
        r->extra = source_keep(s, f->key.p, f->key.n);
        r->extra_n = (uint16_t)f->key.n;
    }
}

static void add_found(struct ios_backup *b, const struct entry *content, struct entry *en)
{
    en->type = ENTRY_FILE;
    en->present = true;
    en->bytes = content->bytes;
    en->container = slice_sub(content->path, 1, content->path.n);
    struct row *r = source_add(&b->source, en);
    if (r)
        r->place = (uint32_t)content->id;
}

void ios_backup_add_unlisted(struct ios_backup *b)
{
    struct source *s = &b->source;
    struct arena a = {0};
    struct ios_known_files *known = ios_known_files(&a);
    struct entry content;
    size_t mapped = 0, other = 0, odd = 0;
    for (size_t pos = 0; source_next(b->in, NULL, &pos, &content);) {
        uint8_t id[ID_SIZE];
        struct slice name = slice_basename(content.path);
        if (b->named[content.id] || content.type == ENTRY_FOLDER || !hex_bytes(name, id, sizeof id))
            continue;
        if (content.type != ENTRY_FILE) {
            odd++;
            continue;
        }
        struct entry en = {0};
        const struct ios_known_file *f = ios_known_find(known, id);
        if (f && name_entry(b, f->domain, f->relative, &en))
            mapped++;
        else if (source_path(s, slice_of("/unlisted"), name, &en.path))
            other++;
        add_found(b, &content, &en);
    }
    arena_free(&a);
    if (mapped)
        source_noted(s, "%zu files are not in the manifest and read by their well-known id",
                     mapped);
    if (other)
        source_noted(s, "%zu files are not in the manifest, what they are is not known", other);
    if (odd)
        source_damaged(s, "%zu contents are links or no regular files: not read", odd);
}

void ios_backup_add_own(struct ios_backup *b)
{
    static const char *const names[] = {"Info.plist", "Manifest.plist", "Status.plist",
                                        "Manifest.db", "Manifest.mbdb"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct entry content, en = {.listed = true};
        struct err ignored = {0};
        if (!ios_backup_find(b, names[i], &content) ||
            !source_path(&b->source, slice_at(NULL, 0), slice_of(names[i]), &en.path))
            continue;
        struct blob *blob = source_blob(b->in, &content, &ignored);
        if (blob)
            content.bytes = blob_size(blob);
        blob_close(blob);
        add_found(b, &content, &en);
    }
}
