#pragma once

#include "format/json.h"
#include "record/observable.h"

/* A record in the JSON of docs/output.md, part by part: each writes one complete value. */

/* Its `time`: the first time that it has; UTIME_NONE if it has none. */
struct utime record_moment(const struct record *r);

/* {"url":"https://a.example/","length":3}: several fields of one name are one array; times as text,
   hex in lower case. Without times (with_times false) for where they have a place of their own. */
void record_json_fields(struct json_writer *w, const struct record *r, bool with_times);
/* [{"what":"visited","time":"..."}] */
void record_json_times(struct json_writer *w, const struct record *r);
/* [{"type":"url","value":"...","field":"url","exposure":"opened"}] */
void record_json_observables(struct json_writer *w, const struct sightings *s);
/* {"path":"...","container_path":"...","table":"message","row":42,"state":"live"}; an empty
   container is left out. */
void record_json_provenance(struct json_writer *w, const struct origin *o, struct slice path,
                            struct slice container);
