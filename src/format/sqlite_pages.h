#pragma once

#include "format/sqlite_impl.h"

/*
 * What each page of a database is: one pass over the file in its own order, then all that refers to
 * a page is followed in memory. Shared by sqlite_page.c, sqlite_pages.c and sqlite_changes.c only.
 */

/* The first byte of a b-tree page. */
enum { INDEX_INTERIOR = 2, TABLE_INTERIOR = 5, INDEX_LEAF = 10, TABLE_LEAF = 13 };

/* What a page refers to: a child, or the first of the pages that a long payload goes on in. */
struct link {
    uint32_t page, chain; /* chain: how many pages; 0: a child */
    int64_t key;          /* of a table's interior page: no rowid below the child is higher */
};
enum { LARGEST_PAGE = 65536 };
struct links {
    struct link *all;
    size_t n, room;
    uint64_t used[LARGEST_PAGE / 64]; /* for the page that is looked at: a bit for each byte */
};

enum page_role { PAGE_UNUSED, PAGE_TREE, PAGE_CHAIN, PAGE_FREE, PAGE_MAP };

struct page {
    /* What the page says by itself. */
    int64_t least, most;  /* rowids, or keys, of a table's page that has any */
    struct in_columns in; /* of its records */
    size_t first_link;
    uint32_t nlinks;
    uint32_t rows; /* cells */
    uint32_t next; /* its first four bytes: the next page, where it is one of a chain */
    uint8_t kind;  /* 0: no well-formed page of a b-tree */
    /* What the pointer map of a database with auto_vacuum says of it. */
    uint8_t mapped;
    uint32_t mapped_parent;
    /* What refers to it. */
    uint8_t role;
    uint32_t tree;  /* TREE, CHAIN: root of its tree */
    uint32_t owner; /* CHAIN: the page whose payload it holds */
};

/* A b-tree of the schema. */
struct tree {
    uint32_t root;
    const char *table; /* which it is, or is an index of */
    bool is_table;
};

struct pages {
    struct page *page; /* by number, from 1 */
    uint32_t n;
    uint32_t usable; /* bytes of a page */
    bool auto_vacuum;
    uint8_t head[100]; /* of the file */
    struct links links;
    struct tree *trees;
    size_t ntrees;
    uint32_t *frames; /* by page: its frame in the WAL, from 1; 0: none. NULL: without the WAL */
};

enum { SQLITE_PAGES_MAX = 1 << 18 }; /* 1 GiB of usual pages; 30 MiB of memory */

uint32_t sqlite_u32be(const uint8_t *p);
bool sqlite_is_interior(uint8_t kind);
/* Fills in what the page says by itself; p has all its bytes, also the reserved ones. */
void sqlite_page_look(const uint8_t *p, uint32_t number, uint32_t usable, struct page *out,
                      struct links *links);

struct pages *sqlite_pages_new(uint32_t n);
void sqlite_pages_free(struct pages *m);
/* n pages from `first` on. */
bool sqlite_pages_read(struct sqlite *s, const struct pages *m, uint32_t first, uint32_t n,
                       uint8_t *to);
/* Notes what a page says by itself; the first page must come first. */
bool sqlite_pages_take(struct pages *m, const struct sqlite *s, uint32_t number, const uint8_t *p);
/* Finds what refers to each page. False: not all of it is in order. */
bool sqlite_pages_follow(struct sqlite *s, struct view *v, struct pages *m);
