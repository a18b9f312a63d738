#include "demo/mkplist.h"

#include <assert.h>

enum { INT = 0x10, DATA = 0x40, STRING = 0x50, UID = 0x80, ARRAY = 0xa0, DICT = 0xd0 };

/* Starts an object: its kind with a count, behind it if the count is 15 or more. */
static uint8_t start(struct mkplist *p, uint8_t kind, size_t count)
{
    assert(p->n < 250 && count < 65536);
    if (p->n == 0)
        buf_text(&p->b, "bplist00");
    p->at[p->n] = (uint32_t)p->b.n;
    if (count < 15) {
        buf_byte(&p->b, (uint8_t)(kind | count));
    } else {
        buf_byte(&p->b, kind | 15);
        buf_byte(&p->b, INT | 1); /* of 2 bytes */
        buf_byte(&p->b, (uint8_t)(count >> 8));
        buf_byte(&p->b, (uint8_t)count);
    }
    return p->n++;
}

static void big_endian(struct buf *b, uint64_t v, unsigned bytes)
{
    while (bytes-- > 0)
        buf_byte(b, (uint8_t)(v >> 8 * bytes));
}

uint8_t mkplist_string(struct mkplist *p, const char *ascii)
{
    struct slice s = slice_of(ascii);
    uint8_t n = start(p, STRING, s.n);
    buf_slice(&p->b, s);
    return n;
}

uint8_t mkplist_data(struct mkplist *p, struct slice bytes)
{
    uint8_t n = start(p, DATA, bytes.n);
    buf_slice(&p->b, bytes);
    return n;
}

uint8_t mkplist_int(struct mkplist *p, int64_t v)
{
    uint8_t n = start(p, INT, 3); /* 2 to the 3 bytes */
    big_endian(&p->b, (uint64_t)v, 8);
    return n;
}

uint8_t mkplist_uid(struct mkplist *p, uint8_t number)
{
    uint8_t n = start(p, UID, 0);
    buf_byte(&p->b, number);
    return n;
}

uint8_t mkplist_array(struct mkplist *p, const uint8_t *objects, size_t n)
{
    uint8_t number = start(p, ARRAY, n);
    buf_add(&p->b, objects, n);
    return number;
}

void mkplist_member(struct mkplist *p, struct mkplist_dict *d, const char *key, uint8_t value)
{
    assert(d->n < sizeof d->keys);
    d->keys[d->n] = mkplist_string(p, key);
    d->values[d->n++] = value;
}

uint8_t mkplist_dict(struct mkplist *p, const struct mkplist_dict *d)
{
    uint8_t n = start(p, DICT, d->n);
    buf_add(&p->b, d->keys, d->n);
    buf_add(&p->b, d->values, d->n);
    return n;
}

void mkplist_finish(struct mkplist *p, uint8_t top)
{
    uint64_t table = p->b.n;
    for (unsigned i = 0; i < p->n; i++)
        big_endian(&p->b, p->at[i], 4);
    big_endian(&p->b, 0, 6);
    buf_byte(&p->b, 4); /* bytes of an offset, of a reference */
    buf_byte(&p->b, 1);
    big_endian(&p->b, p->n, 8);
    big_endian(&p->b, top, 8);
    big_endian(&p->b, table, 8);
}
