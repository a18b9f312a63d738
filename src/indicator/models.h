#pragma once

#include "format/json.h"
#include "indicator/draft.h"
#include "indicator/where.h"

/* Smaller models, in JSON or YAML. All take what they can and say what not. */

/* {"iocs": [{type, value, tag}]} and bare lists of such objects or of values; streamed. */
void typed_list_read(struct slice text, const struct where *w, struct draft *d);
/* A MISP warning list: what is harmless. Streamed. */
void warning_list_read(struct slice text, const struct where *w, struct draft *d);
/* A MISP galaxy: the websites of its clusters. */
void galaxy_read(struct slice text, const struct where *w, struct draft *d);
/* Echap's list of apps: packages, certificates, websites, c2. False: it is none. */
bool apps_read(const struct json_value *list, const struct where *w, struct draft *d);
