#pragma once

#include "casefile/casefile.h"

/*
 * The order of exports: time (none last), artifact, place in the evidence; not the ids of the file,
 * which depend on how jobs interleaved. Numbers in an export follow it.
 */
struct ranking {
    uint32_t *order; /* record ids in export order */
    uint32_t *rank;  /* by record id: number in the export, from 1; 0: no such record */
    size_t n, room;
};
MUST_CHECK bool ranking_make(struct casefile *c, struct ranking *r, struct err *e);
void ranking_free(struct ranking *r);
