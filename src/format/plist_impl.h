#pragma once

#include "format/plist.h"

/* What the two readers, plist_binary.c and plist_xml.c, offer to the common part, plist.c. */
struct plist_number {
    bool fits; /* i holds it */
    int64_t i;
    double r;
};

/* One encoding. A ref is one that it made itself, for a value of the fitting type. */
struct plist_kind {
    /* BOOL, INT, REAL, UID. False: there is no number in it, and the plist is bad. */
    bool (*number)(struct plist *p, uint64_t ref, struct plist_number *n);
    /* DATE; archive.c asks for a REAL, too: seconds since 2001. */
    struct utime (*date)(struct plist *p, uint64_t ref);
    struct slice (*string)(struct plist *p, uint64_t ref); /* perhaps not UTF-8 */
    struct slice (*data)(struct plist *p, uint64_t ref);
    /* Sets n and at of an iterator over an ARRAY or DICT. */
    void (*begin)(struct plist_iter *it);
    /* Called with i < n. key.type is PLIST_NONE in arrays. */
    void (*next)(struct plist_iter *it, struct plist_value *key, struct plist_value *v);
    struct plist_value (*at)(struct plist_value array, size_t i);
    struct plist_value (*find)(struct plist_value dict, struct slice key);
    uint64_t (*unreferenced)(struct plist *p); /* NULL: none */
};

/* An element of an XML text. */
struct plist_node {
    uint32_t start, n; /* text: place and length; containers: members; booleans: n is the value */
    uint32_t next;     /* the first element that doesn't lie inside this one */
    uint8_t type;
    bool marked; /* holds references, CDATA or comments */
};

struct plist {
    const struct plist_kind *kind;
    struct slice bytes;
    struct arena *arena;
    uint64_t steps; /* left to spend */
    struct err bad; /* the first oddity; code ERR_NONE: none */
    struct plist_value top;
    union {
        struct {
            unsigned offset_size, ref_size;
            uint64_t count, top, table; /* objects; the first; where their offsets are */
        } binary;
        struct {
            struct plist_node *nodes;
            uint32_t count;
            uint32_t indexed; /* the array whose members `members` holds; 0 with NULL: none */
            uint32_t *members, room;
        } xml;
    };
};

extern const struct plist_kind plist_binary, plist_xml;

/* Set up kind and top. False only if there is no top-level value; p->bad says why. */
bool plist_binary_open(struct plist *p);
bool plist_xml_open(struct plist *p);

/* Remembers the first oddity. */
void plist_damage(struct plist *p, enum err_code code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void plist_spent(struct plist *p);
/* A moment by seconds since 2001; UTIME_NONE for 0, NaN and what is out of range. */
struct utime plist_time(double seconds);

/* One step is a look at an object, a few bytes built, or some more passed over: 50 ns at most. */
static inline bool plist_spend(struct plist *p, uint64_t steps)
{
    if (steps <= p->steps) {
        p->steps -= steps;
        return true;
    }
    plist_spent(p);
    return false;
}

/* If c stands at `from`: goes past `to`, or to the end, and c is bad. */
bool plist_xml_enclosed(struct cursor *c, const char *from, const char *to, struct slice *inner);
/* The same for <!-- --> and <? ?>. */
bool plist_xml_comment(struct cursor *c);

static inline bool plist_xml_white(uint8_t b)
{
    return b == ' ' || b == '\n' || b == '\t' || b == '\r';
}
