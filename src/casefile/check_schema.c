/*
 * Distrust of a case from somebody else. It may be no case, or hold views, triggers or tables that
 * lie: every object of its schema must be one of ours, word for word. What lies beside it counts,
 * too: SQLite would roll back a journal and read a write-ahead log without asking.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "casefile/impl.h"

/* Of SQLite's file format, big-endian. */
enum {
    HEADER = 100,
    PAGE_SIZE = 16, /* two bytes; 1 is 65,536 */
    WRITE_VERSION = 18,
    READ_VERSION = 19,
    PAGES = 28,
    USER_VERSION = 60,
    APPLICATION = 68,
};

static uint32_t u32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static bool check_header(const uint8_t h[HEADER], struct err *e)
{
    if (memcmp(h, "SQLite format 3", 16) || u32(h + APPLICATION) != CASE_APPLICATION ||
        !u32(h + USER_VERSION))
        return err_set(e, ERR_UNSUPPORTED, "not a case");
    if (u32(h + USER_VERSION) > CASE_VERSION)
        return err_set(e, ERR_UNSUPPORTED, "a case of a newer version of bridle");
    /* Ours are never in WAL mode: another program has opened it since. */
    if (h[WRITE_VERSION] != 1 || h[READ_VERSION] != 1)
        return err_set(e, ERR_UNSUPPORTED, "another program has changed how the case is kept");
    return true;
}

/* SQLite forgives missing pages until it reads one. With a journal the length is in there. */
static bool check_length(const uint8_t h[HEADER], const char *path, off_t bytes, struct err *e)
{
    char side[4096];
    uint64_t page = (uint64_t)h[PAGE_SIZE] << 8 | h[PAGE_SIZE + 1];
    page = page == 1 ? 65536 : page;
    snprintf(side, sizeof side, "%s-journal", path);
    if (access(side, F_OK) == 0 || u32(h + PAGES) * page <= (uint64_t)bytes)
        return true;
    return err_set(e, ERR_CORRUPT, "the case is cut off");
}

/* A journal can name a second one, which SQLite deletes after the roll-back: beside a hostile case
   that could be any file of the user. Ours never do. */
static bool check_journal(const char *path, struct err *e)
{
    static const uint8_t named[] = {0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7};
    char side[4096];
    uint8_t end[sizeof named];
    struct stat st;
    snprintf(side, sizeof side, "%s-wal", path);
    if (access(side, F_OK) == 0)
        return err_set(e, ERR_CORRUPT, "%s lies beside it: no case has one", side);
    snprintf(side, sizeof side, "%s-journal", path);
    int fd = open(side, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return errno == ENOENT || err_io(e, "%s", side);
    bool bad = fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) ||
               (st.st_size >= (off_t)sizeof end &&
                (pread(fd, end, sizeof end, st.st_size - (off_t)sizeof end) != sizeof end ||
                 !memcmp(end, named, sizeof end)));
    close(fd);
    return !bad || err_set(e, ERR_CORRUPT, "%s is not of a case", side);
}

bool case_sniff(const char *path, struct err *e)
{
    uint8_t header[HEADER];
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return err_set(e, errno == ENOENT ? ERR_ABSENT : ERR_IO, "%s", strerror(errno));
    bool whole = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
                 pread(fd, header, HEADER, 0) == (ssize_t)HEADER;
    close(fd);
    if (!whole)
        return err_set(e, ERR_UNSUPPORTED, "not a case");
    return check_header(header, e) && check_journal(path, e) &&
           check_length(header, path, st.st_size, e);
}

static const char objects[] =
    "SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name";

static bool same(sqlite3_stmt *a, sqlite3_stmt *b)
{
    return slice_equal(case_text(a, 0), case_text(b, 0)) &&
           slice_equal(case_text(a, 1), case_text(b, 1));
}

/* Walks both lists in step. */
static bool compare(sqlite3_stmt *ours, sqlite3_stmt *theirs)
{
    int rc = sqlite3_step(theirs);
    for (; sqlite3_step(ours) == SQLITE_ROW; rc = sqlite3_step(theirs))
        if (rc != SQLITE_ROW || !same(ours, theirs))
            return false;
    return rc == SQLITE_DONE;
}

bool case_check_schema(struct casefile *c, struct err *e)
{
    sqlite3 *model = NULL;
    sqlite3_stmt *ours = NULL, *theirs = case_prepare(c, objects, e);
    bool ok = theirs && sqlite3_open(":memory:", &model) == SQLITE_OK &&
              sqlite3_exec(model, case_schema, NULL, NULL, NULL) == SQLITE_OK &&
              sqlite3_prepare_v2(model, objects, -1, &ours, NULL) == SQLITE_OK &&
              compare(ours, theirs);
    sqlite3_finalize(ours);
    sqlite3_finalize(theirs);
    sqlite3_close(model);
    return ok || err_set(e, ERR_CORRUPT, "its tables are not those of a case");
}
