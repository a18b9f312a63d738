/*
 * Manifest.mbdb, the catalogue of iOS 4 to 9: records one behind the other, all integers
 * big-endian, strings with a 16-bit length (ffff: none). Contents lie flat in the backup's folder.
 */
#include "base/hash.h"
#include "source/ios_backup.h"

static struct slice text(struct cursor *c)
{
    enum { ABSENT = 0xffff };
    uint16_t n = cursor_u16be(c);
    return n == ABSENT ? slice_at(NULL, 0) : cursor_take(c, n);
}

static struct utime seconds(struct cursor *c)
{
    return utime_from_int(cursor_u32be(c), UNIX);
}

bool ios_mbdb_next(struct cursor *c, struct listed *out, struct err *e)
{
    if (!cursor_left(c))
        return false;
    size_t at = cursor_offset(c);
    *out = (struct listed){0};
    struct mbfile *f = &out->about;
    out->domain = text(c);
    out->relative = text(c);
    f->target = text(c);
    text(c); /* SHA-1 of the content */
    f->key = text(c);
    f->mode = cursor_u16be(c);
    f->inode = cursor_u64be(c);
    f->uid = cursor_u32be(c);
    f->gid = cursor_u32be(c);
    f->modified = seconds(c);
    f->changed = seconds(c);
    f->born = seconds(c);
    f->size = cursor_u64be(c);
    f->protection = cursor_u8(c);
    for (unsigned n = cursor_u8(c); n > 0 && !c->bad; n--) {
        text(c);
        text(c);
    }
    if (c->bad)
        return err_set(e, ERR_CORRUPT, "record at %zu runs past the end", at);
    return true;
}

bool ios_mbdb_read(struct ios_backup *b, struct slice bytes, struct err *e)
{
    static const char magic[] = "mbdb\5"; /* and a zero */
    struct cursor c = cursor(bytes);
    if (!slice_equal(cursor_take(&c, sizeof magic), slice_at(magic, sizeof magic)))
        return err_set(e, ERR_CORRUPT, "Manifest.mbdb: not a catalogue of version 5");
    struct listed l;
    struct err why = {0};
    while (ios_mbdb_next(&c, &l, &why))
        ios_backup_add(b, &l);
    if (why.code)
        source_damaged(&b->source, "Manifest.mbdb: %s", why.msg);
    return true;
}
