#pragma once

#include "format/json.h"

/*
 * The part of YAML 1.2 that files of data use, as a tree of JSON values: block maps and lists, also
 * compact ones ("- a: b"), plain and quoted scalars, flow lists and maps, '|' and '>' blocks,
 * comments, a "---" line at the start. Scalars are strings, whatever they look like; an empty one is
 * JSON_NULL. Anchors, aliases, tags, complex keys and several documents are refused by name, since
 * leaving them out would change what the file says.
 */
/* NULL: e (ERR_CORRUPT, ERR_UNSUPPORTED, ERR_LIMIT) names the line. Lives in a and in text. */
MUST_CHECK struct json_value *yaml_tree(struct slice text, struct arena *a, size_t max_values,
                                        struct err *e);
/* The first line that is no comment starts a map ("key: ...") or a list of maps ("- key: ..."). */
bool yaml_looks_like(struct slice start);
