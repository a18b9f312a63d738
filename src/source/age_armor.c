/*
 * The armored form of an age file: padded base64 between two marks, 64 digits a line, each line 48
 * bytes. So every place is where its number says, and nothing is decoded before it is asked for.
 */
#include <stdlib.h>

#include "base/base64.h"
#include "source/age.h"

static const char begin_mark[] = "-----BEGIN AGE ENCRYPTED FILE-----";
static const char end_mark[] = "-----END AGE ENCRYPTED FILE-----";

enum { DIGITS = 64, LINE = 48, PIECE = 256, MAX_TAIL = 1024 };

struct armor {
    struct blob blob;
    struct blob *inner;
    uint64_t start; /* the first line of digits */
    unsigned width; /* a full line with its end: 65, or 66 with CR */
    uint64_t lines; /* full ones */
    uint8_t rest[LINE];
    size_t nrest; /* bytes of a last, shorter line, decoded */
};

bool age_is_armored(struct slice head)
{
    return slice_starts(slice_trim(head), begin_mark);
}

/* n lines from the first; each is 48 bytes at `to`. */
static bool decode_lines(struct armor *a, uint64_t first, size_t n, uint8_t *to, struct err *e)
{
    uint8_t text[PIECE * (DIGITS + 2)], line[BASE64_ROOM(DIGITS)];
    uint64_t off = a->start + first * a->width;
    size_t got, end = a->width - DIGITS;
    if (!blob_read(a->inner, off, text, n * a->width, e))
        return false;
    for (size_t i = 0; i < n; i++) {
        const uint8_t *p = text + i * a->width;
        bool ends = p[DIGITS + end - 1] == '\n' && (end == 1 || p[DIGITS] == '\r');
        if (!ends || !base64_decode(slice_at(p, DIGITS), true, line, &got) || got != LINE)
            return err_set(e, ERR_CORRUPT, "armor: line %llu is damaged",
                           (unsigned long long)(first + i + 2));
        memcpy(to + i * LINE, line, LINE);
    }
    return true;
}

static bool armor_read(struct blob *b, uint64_t off, void *to, size_t n, struct err *e)
{
    struct armor *a = (struct armor *)b;
    uint8_t *p = to, piece[PIECE * LINE];
    for (size_t m; n > 0; p += m, off += m, n -= m) {
        uint64_t line = off / LINE;
        size_t at = (size_t)(off % LINE);
        if (line >= a->lines) {
            memcpy(p, a->rest + at, n);
            return true;
        }
        uint64_t count = (at + n + LINE - 1) / LINE;
        if (count > PIECE)
            count = PIECE;
        if (count > a->lines - line)
            count = a->lines - line;
        if (!decode_lines(a, line, (size_t)count, piece, e))
            return false;
        m = (size_t)count * LINE - at;
        if (m > n)
            m = n;
        memcpy(p, piece + at, m);
    }
    return true;
}

static void armor_close(struct blob *b)
{
    blob_close(((struct armor *)b)->inner);
    free(b);
}

/* Finds where the digits begin, and how lines end. */
static bool find_start(struct armor *a, struct err *e)
{
    uint8_t head[MAX_TAIL];
    uint64_t size = blob_size(a->inner);
    size_t n = size < sizeof head ? (size_t)size : sizeof head;
    if (!blob_read(a->inner, 0, head, n, e))
        return false;
    struct slice text = slice_at(head, n);
    size_t at = slice_search(text, slice_of(begin_mark), 0) + strlen(begin_mark);
    a->width = DIGITS + 1;
    if (at < n && head[at] == '\r') {
        a->width++;
        at++;
    }
    if (at >= n || head[at] != '\n')
        return err_set(e, ERR_CORRUPT, "armor: its first line is damaged");
    a->start = at + 1;
    return true;
}

/* Where the digits end; without the end mark all that is there counts. */
static bool find_end(struct armor *a, uint64_t *end, struct err *e)
{
    uint8_t tail[MAX_TAIL];
    uint64_t size = blob_size(a->inner), left = size - a->start;
    size_t n = left < sizeof tail ? (size_t)left : sizeof tail;
    if (!blob_read(a->inner, size - n, tail, n, e))
        return false;
    struct slice text = slice_at(tail, n);
    size_t at = slice_search(text, slice_of(end_mark), 0);
    *end = size - n + at;
    if (at == n)
        a->blob.damage = "armor without its last line: cut off";
    else if (slice_trim(slice_sub(text, at + strlen(end_mark), n)).n)
        a->blob.damage = "armor with text behind its last line";
    return true;
}

/* The line that is shorter than others, if there is one. */
static bool decode_rest(struct armor *a, uint64_t end, struct err *e)
{
    uint8_t text[DIGITS + 2], line[BASE64_ROOM(DIGITS)];
    uint64_t off = a->start + a->lines * a->width;
    size_t n = (size_t)(end - off);
    if (!blob_read(a->inner, off, text, n, e))
        return false;
    struct slice digits = slice_trim(slice_at(text, n));
    if (a->blob.damage)
        digits.n -= digits.n % 4;
    if (digits.n > DIGITS || !base64_decode(digits, true, line, &a->nrest))
        return err_set(e, ERR_CORRUPT, "armor: its last line of digits is damaged");
    memcpy(a->rest, line, a->nrest);
    return true;
}

struct blob *age_armor_blob(struct blob *in, struct err *e)
{
    static const struct blob_ops ops = {armor_read, armor_close};
    struct armor *a = xcalloc(1, sizeof *a);
    uint64_t end;
    a->blob.ops = &ops;
    a->blob.damage = in->damage;
    a->inner = in;
    if (!find_start(a, e) || !find_end(a, &end, e)) {
        armor_close(&a->blob);
        return NULL;
    }
    a->lines = (end - a->start) / a->width;
    if (!decode_rest(a, end, e)) {
        armor_close(&a->blob);
        return NULL;
    }
    a->blob.size = a->lines * LINE + a->nrest;
    return &a->blob;
}
