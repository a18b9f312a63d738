/*
 * WAL and journal of a database, read the way SQLite will read them. SQLite stops without a word at
 * the first frame or record whose checksum is wrong; here it is told what that leaves out.
 *
 * Format: docs/formats/sqlite.md
 */
#include <endian.h>
#include <stdlib.h>

#include "format/sqlite_impl.h"

enum {
    WAL_MAGIC = 0x377f0682, /* + 1: checksums over big-endian words */
    WAL_VERSION = 3007000,
    JOURNAL_HEADER = 28,
};

#define JOURNAL_MAGIC "\xd9\xd5\x05\xf9\x20\xa1\x63\xd7"

static void wal_sum(const uint8_t *p, size_t n, bool big, uint32_t sum[2])
{
    for (size_t i = 0; i + 8 <= n; i += 8) {
        uint32_t a, b;
        memcpy(&a, p + i, 4);
        memcpy(&b, p + i + 4, 4);
        sum[0] += (big ? be32toh(a) : le32toh(a)) + sum[1];
        sum[1] += (big ? be32toh(b) : le32toh(b)) + sum[0];
    }
}

struct wal_reader {
    struct blob *blob;
    uint8_t *frame; /* header and page */
    uint64_t size, off;
    uint32_t salt[2], sum[2], page_size;
    bool big;             /* byte order of the checksums */
    bool restarted;       /* so what stands behind the end may be from an earlier round */
    bool broken;          /* a frame did not continue the chain of checksums */
    uint64_t ours_behind; /* frames behind it that were meant to */
    uint64_t unfinished;  /* good frames behind the last commit */
};

static bool wal_header(struct sqlite *s, struct wal_reader *w)
{
    uint8_t h[WAL_HEADER];
    struct err e = {0};
    if (w->size < WAL_HEADER) {
        sqlite_lost(s, "its WAL is cut off after %llu bytes", (unsigned long long)w->size);
        return false;
    }
    if (!blob_read(w->blob, 0, h, sizeof h, &e)) {
        sqlite_lost(s, "its WAL can't be read: %s", e.msg);
        return false;
    }
    struct cursor c = cursor(slice_at(h, sizeof h));
    uint32_t magic = cursor_u32be(&c), version = cursor_u32be(&c);
    w->page_size = cursor_u32be(&c);
    w->restarted = cursor_u32be(&c) > 0;
    w->salt[0] = cursor_u32be(&c);
    w->salt[1] = cursor_u32be(&c);
    w->big = magic & 1;
    wal_sum(h, 24, w->big, w->sum);
    bool good = (magic & ~1u) == WAL_MAGIC && cursor_u32be(&c) == w->sum[0];
    good = good && cursor_u32be(&c) == w->sum[1];
    if (!good || version != WAL_VERSION)
        sqlite_lost(s, "the header of its WAL is damaged: %llu bytes were not used",
                    (unsigned long long)w->size);
    else if (w->page_size != s->page_size)
        sqlite_lost(s, "its WAL has pages of %u bytes, the database of %u: not used", w->page_size,
                    s->page_size);
    return good && version == WAL_VERSION && w->page_size == s->page_size;
}

/* A frame of an earlier round has two other salts; one that was written for this place and is
   damaged still has at least one of them. */
static bool is_ours(const struct wal_reader *w, struct cursor salts)
{
    bool first = cursor_u32be(&salts) == w->salt[0];
    return (cursor_u32be(&salts) == w->salt[1]) | first | !w->restarted;
}

static void wal_frame(struct sqlite *s, struct wal_reader *w)
{
    struct cursor c = cursor(slice_at(w->frame, FRAME_HEADER));
    uint32_t page = cursor_u32be(&c), commit = cursor_u32be(&c);
    struct cursor salts = c;
    uint32_t sum[2] = {w->sum[0], w->sum[1]};
    bool good = page > 0 && cursor_u32be(&c) == w->salt[0];
    good = good && cursor_u32be(&c) == w->salt[1];
    if (good && !w->broken) {
        wal_sum(w->frame, 8, w->big, sum);
        wal_sum(w->frame + FRAME_HEADER, w->page_size, w->big, sum);
        good = cursor_u32be(&c) == sum[0];
        good = good && cursor_u32be(&c) == sum[1];
    }
    w->broken |= !good;
    if (w->broken) {
        w->ours_behind += is_ours(w, salts);
        return;
    }
    w->sum[0] = sum[0];
    w->sum[1] = sum[1];
    w->unfinished++;
    if (commit) {
        s->wal.end = w->off + FRAME_HEADER + w->page_size;
        s->wal.pages = commit;
        w->unfinished = 0;
    }
}

/* What is left at the end of the file is shorter than a frame. A WAL may have been shortened to a
   given size with frames of an earlier round at its end: that is no loss. */
static bool tail_is_ours(struct wal_reader *w)
{
    uint64_t left = w->size - w->off;
    struct err e = {0};
    if (left < 16 || !blob_read(w->blob, w->off, w->frame, 16, &e))
        return left > 0 && !w->broken;
    struct cursor c = cursor(slice_at(w->frame, 16));
    cursor_skip(&c, 8);
    return is_ours(w, c);
}

void sqlite_check_wal(struct sqlite *s, struct blob *wal)
{
    struct wal_reader w = {.blob = wal, .size = blob_size(wal), .off = WAL_HEADER};
    struct err e = {0};
    if (wal->damage)
        sqlite_lost(s, "its WAL: %s", wal->damage);
    if (!wal_header(s, &w))
        return;
    size_t frame = FRAME_HEADER + (size_t)w.page_size;
    w.frame = xcalloc(1, frame);
    for (; w.size - w.off >= frame; w.off += frame) {
        if (!blob_read(wal, w.off, w.frame, frame, &e)) {
            sqlite_lost(s, "its WAL can't be read: %s", e.msg);
            break;
        }
        wal_frame(s, &w);
    }
    if (w.ours_behind)
        sqlite_lost(s, "its WAL is damaged behind byte %llu; frames not used: %llu",
                    (unsigned long long)(s->wal.end ? s->wal.end : WAL_HEADER),
                    (unsigned long long)w.ours_behind);
    if (!e.code && tail_is_ours(&w))
        sqlite_lost(s, "its WAL ends inside a frame, at byte %llu", (unsigned long long)w.size);
    if (w.unfinished)
        sqlite_note(s, "its WAL ends with a transaction that was not finished; frames: %llu",
                    (unsigned long long)w.unfinished);
    free(w.frame);
}

/* --- The journal --- */

struct segment {
    uint32_t records, nonce, sector, page_size;
};

static bool journal_segment(struct blob *b, uint64_t off, struct segment *g)
{
    uint8_t h[JOURNAL_HEADER];
    struct err e = {0};
    if (off > blob_size(b) || blob_size(b) - off < sizeof h ||
        !blob_read(b, off, h, sizeof h, &e) || memcmp(h, JOURNAL_MAGIC, 8) != 0)
        return false;
    struct cursor c = cursor(slice_at(h, sizeof h));
    cursor_skip(&c, 8);
    g->records = cursor_u32be(&c);
    g->nonce = cursor_u32be(&c);
    cursor_skip(&c, 4); /* pages of the database before */
    g->sector = cursor_u32be(&c);
    g->page_size = cursor_u32be(&c);
    return true;
}

/* The records of a segment up to the first that SQLite would stop at. */
static uint32_t journal_records(struct blob *b, uint64_t *off, const struct segment *g,
                                uint32_t page_size)
{
    size_t n = 4 + (size_t)page_size + 4;
    uint8_t *record = xcalloc(1, n);
    struct err e = {0};
    uint32_t good = 0;
    for (; good < g->records; good++, *off += n) {
        if (*off > blob_size(b) || blob_size(b) - *off < n || !blob_read(b, *off, record, n, &e))
            break;
        uint32_t sum = g->nonce;
        for (size_t i = page_size; i > 200; i -= 200)
            sum += record[4 + i - 200];
        struct cursor c = cursor(slice_at(record, n));
        uint32_t page = cursor_u32be(&c);
        cursor_skip(&c, page_size);
        if (page == 0 || cursor_u32be(&c) != sum)
            break;
    }
    free(record);
    return good;
}

void sqlite_check_journal(struct sqlite *s, struct blob *journal, bool rolled_back)
{
    struct segment g;
    struct err e = {0};
    uint8_t first = 0;
    uint32_t page_size = 0;
    if (journal->damage)
        sqlite_lost(s, "its journal: %s", journal->damage);
    if (!blob_read(journal, 0, &first, 1, &e))
        sqlite_lost(s, "its journal can't be read: %s", e.msg);
    if (first == 0) /* wiped: a transaction that was finished */
        return;
    if (!journal_segment(journal, 0, &g)) {
        sqlite_lost(s, "the header of its journal is damaged: not rolled back");
        return;
    }
    if (g.records && !rolled_back)
        sqlite_lost(s, "its journal was not rolled back: it belongs to a transaction over several "
                       "databases, or it is damaged");
    for (uint64_t off = 0; journal_segment(journal, off, &g);) {
        if (off == 0)
            page_size = g.page_size;
        if (g.sector < 32 || g.sector > 65536 || page_size < 512 || page_size > 65536)
            return sqlite_lost(s, "the header of its journal is damaged");
        off += g.sector;
        if (g.records == UINT32_MAX) /* written without syncs: as many as there are */
            g.records = (uint32_t)((blob_size(journal) - off) / (page_size + 8));
        uint32_t good = journal_records(journal, &off, &g, page_size);
        if (good < g.records)
            return sqlite_lost(s, "its journal is damaged at byte %llu: rolled back in part",
                               (unsigned long long)off);
        off = (off + g.sector - 1) / g.sector * g.sector;
    }
}
