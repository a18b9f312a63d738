#pragma once

#include "report/html.h"

/* Inside html_*.c only: the page's blocks of records, and how they are packed. */

/* Where records stand on the page: by source, then as in the case. */
struct layout {
    struct part {
        int64_t source; /* its row in coverage; 0: none */
        uint32_t first, n;
    } * parts;
    size_t nparts;
    uint32_t *ids;     /* by number on the page, from 0 */
    uint32_t *numbers; /* by id */
};
void layout_make(struct page *p, struct layout *l);
void layout_free(struct layout *l);

/*
 * Writes a block and empties rows. Until packer_wait() the block may still be on its way: nothing else
 * may be put on the page. attributes: of the script element.
 */
void put_block(struct page *p, const char *attributes, struct buf *rows);
void packer_wait(struct page *p);

/* All of it in such blocks. */
void put_files(struct page *p);
void put_rows(struct page *p, const struct layout *l);
