#include "artifact/record_json.h"

#include <stdlib.h>

#include "base/hash.h"

struct utime record_moment(const struct record *r)
{
    for (unsigned i = 0; i < r->n; i++)
        if (r->fields[i].kind == KIND_TIME && r->fields[i].time.precision != PRECISION_NONE)
            return r->fields[i].time;
    return UTIME_NONE;
}

static void add_time(struct json_writer *w, struct utime t)
{
    char text[UTIME_TEXT];
    json_text(w, utime_text(t, text));
}

static void add_hex(struct json_writer *w, struct slice bytes)
{
    char *text = xcalloc(2 * bytes.n + 1, 1);
    json_text(w, hex_text(bytes.p, bytes.n, text));
    free(text);
}

static void add_value(struct json_writer *w, const struct field *f)
{
    switch (f->kind) {
    case KIND_TEXT: json_string(w, f->text); break;
    case KIND_INT: json_number(w, f->integer); break;
    case KIND_REAL: json_real(w, f->real); break;
    case KIND_TIME: add_time(w, f->time); break;
    case KIND_HEX: add_hex(w, f->text); break;
    case KINDS: json_null(w); break;
    }
}

/* The next field of the same name behind i; r->n: none. */
static unsigned next_of_name(const struct record *r, unsigned i, bool with_times)
{
    const char *name = r->fields[i].name;
    for (i++; i < r->n; i++)
        if ((with_times || r->fields[i].kind != KIND_TIME) && !strcmp(r->fields[i].name, name))
            break;
    return i;
}

static uint64_t name_bit(const char *name)
{
    return UINT64_C(1) << ((uint8_t)name[0] * 5u + (uint8_t)name[1] * 3u + strlen(name)) % 64;
}

/* Bits that several fields share: only their names need be compared. */
static uint64_t shared_bits(const struct record *r, bool with_times)
{
    uint64_t once = 0, twice = 0;
    for (unsigned i = 0; i < r->n; i++) {
        if (!with_times && r->fields[i].kind == KIND_TIME)
            continue;
        uint64_t bit = name_bit(r->fields[i].name);
        twice |= once & bit;
        once |= bit;
    }
    return twice;
}

void record_json_fields(struct json_writer *w, const struct record *r, bool with_times)
{
    uint64_t written = 0; /* RECORD_MAX_FIELDS bits */
    uint64_t shared = shared_bits(r, with_times);
    json_object(w);
    for (unsigned i = 0; i < r->n; i++) {
        const struct field *f = &r->fields[i];
        if (written >> i & 1 || (!with_times && f->kind == KIND_TIME))
            continue;
        json_name(w, f->name);
        if (!(shared & name_bit(f->name)) || next_of_name(r, i, with_times) == r->n) {
            add_value(w, f);
            continue;
        }
        json_array(w);
        for (unsigned j = i; j < r->n; j = next_of_name(r, j, with_times)) {
            add_value(w, &r->fields[j]);
            written |= UINT64_C(1) << j;
        }
        json_array_end(w);
    }
    json_object_end(w);
}

void record_json_times(struct json_writer *w, const struct record *r)
{
    json_array(w);
    for (unsigned i = 0; i < r->n; i++) {
        if (r->fields[i].kind != KIND_TIME)
            continue;
        json_object(w);
        json_name(w, "what");
        json_text(w, r->fields[i].name);
        json_name(w, "time");
        add_time(w, r->fields[i].time);
        json_object_end(w);
    }
    json_array_end(w);
}

void record_json_observables(struct json_writer *w, const struct sightings *s)
{
    json_array(w);
    for (size_t i = 0; i < s->n; i++) {
        json_object(w);
        json_name(w, "type");
        json_text(w, observable_name(s->items[i].type));
        json_name(w, "value");
        json_string(w, s->items[i].value);
        json_name(w, "field");
        json_text(w, s->items[i].field);
        json_name(w, "exposure");
        json_text(w, exposure_name(s->items[i].exposure));
        json_object_end(w);
    }
    json_array_end(w);
}

void record_json_provenance(struct json_writer *w, const struct origin *o, struct slice path,
                            struct slice container)
{
    json_object(w);
    json_name(w, "path");
    json_string(w, path);
    if (container.n) {
        json_name(w, "container_path");
        json_string(w, container);
    }
    if (o->place == ROW) {
        json_name(w, "table");
        json_string(w, o->name);
    }
    json_name(w, place_name(o->place));
    if (o->place == KEY)
        json_string(w, o->name);
    else
        json_number(w, o->n);
    json_name(w, "state");
    json_text(w, state_name(o->state));
    json_object_end(w);
}
