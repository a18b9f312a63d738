#pragma once

#include "base/bytes.h"

/*
 * Writes a small binary property list: at most 250 objects, dictionaries of at most 32 members.
 * Each function appends an object and returns its number, which later ones refer to.
 */
struct mkplist {
    struct buf b; /* after mkplist_finish() the file; freed by the caller */
    uint32_t at[255];
    uint8_t n;
};

uint8_t mkplist_string(struct mkplist *p, const char *ascii);
uint8_t mkplist_data(struct mkplist *p, struct slice bytes);
uint8_t mkplist_int(struct mkplist *p, int64_t v);
uint8_t mkplist_uid(struct mkplist *p, uint8_t number);
uint8_t mkplist_array(struct mkplist *p, const uint8_t *objects, size_t n);

struct mkplist_dict {
    uint8_t keys[32], values[32];
    size_t n;
};
void mkplist_member(struct mkplist *p, struct mkplist_dict *d, const char *key, uint8_t value);
uint8_t mkplist_dict(struct mkplist *p, const struct mkplist_dict *d);

void mkplist_finish(struct mkplist *p, uint8_t top);
