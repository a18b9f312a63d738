#include "record/record.h"

#include <assert.h>

void record_start(struct record *r, enum place place, struct slice name, int64_t n)
{
    r->origin = (struct origin){place, name, n, LIVE};
    r->n = 0;
    r->overfull = false;
}

static struct field *add(struct record *r, const char *name, enum kind kind)
{
    static struct field spill;
    assert(name);
    if (r->n == RECORD_MAX_FIELDS)
        r->overfull = true;
    struct field *f = r->n < RECORD_MAX_FIELDS ? &r->fields[r->n++] : &spill;
    *f = (struct field){.name = name, .kind = kind};
    return f;
}

void record_text(struct record *r, const char *name, struct slice text)
{
    add(r, name, KIND_TEXT)->text = text;
}

void record_int(struct record *r, const char *name, int64_t v)
{
    add(r, name, KIND_INT)->integer = v;
}

void record_real(struct record *r, const char *name, double v)
{
    add(r, name, KIND_REAL)->real = v;
}

void record_time(struct record *r, const char *name, struct utime t)
{
    if (t.precision != PRECISION_NONE)
        add(r, name, KIND_TIME)->time = t;
}

void record_hex(struct record *r, const char *name, struct slice bytes)
{
    add(r, name, KIND_HEX)->text = bytes;
}

void record_observe(struct record *r, const char *name, enum observable o, enum exposure x,
                    struct slice text)
{
    struct field *f = add(r, name, KIND_TEXT);
    f->text = text;
    f->observable = o;
    f->exposure = x;
}

static const char *const observables[OBS_TYPES] = {
    "none",     "domain", "url",  "ip",      "email",    "phone",   "process", "app",    "path",
    "filename", "hash",   "cert", "profile", "property", "account", "text",    "handle",
};

static const char *name_of(const char *const *names, unsigned n, unsigned i)
{
    return i < n ? names[i] : "";
}

const char *observable_name(enum observable o)
{
    return name_of(observables, OBS_TYPES, o);
}

enum observable observable_from_name(struct slice name)
{
    for (unsigned i = 0; i < OBS_TYPES; i++)
        if (slice_is(name, observables[i]))
            return (enum observable)i;
    return OBS_TYPES;
}

const char *exposure_name(enum exposure x)
{
    static const char *const names[EXPOSURES] = {
        "none", "received", "opened", "configured", "contacted", "present", "ran",
    };
    return name_of(names, EXPOSURES, x);
}

const char *state_name(enum state s)
{
    static const char *const names[STATES] = {"live", "wal", "journal", "recovered"};
    return name_of(names, STATES, s);
}

const char *place_name(enum place p)
{
    static const char *const names[PLACES] = {"row", "key", "line", "offset"};
    return name_of(names, PLACES, p);
}

const char *precision_name(enum precision p)
{
    static const char *const names[] = {"none", "day", "s", "ms", "us", "ns"};
    return name_of(names, sizeof names / sizeof *names, p);
}
