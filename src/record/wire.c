/*
 * The wire form of a record:
 *   origin      place u8, state u8, name string, n signed
 *   overfull    u8; number of fields, then each:
 *     field     name string and NUL, kind u8, observable u8, exposure u8, cut u8, value
 *   sightings   overfull u8; their number, then each:
 *     sighting  type u8, exposure u8, number of the field u8, value string
 * A string is a varint length and its bytes; a signed number is zigzag; a real is its 8 bytes.
 *
 * Sightings matter more than texts: they get their room first.
 */
#include "record/wire.h"

#include <assert.h>
#include <endian.h>

#include "base/utf8.h"

enum {
    MAX_VARINT = 10,
    MAX_ORIGIN_NAME = 4096,
    FIELD_OVERHEAD = WIRE_MAX_NAME + 16,
    SIGHTING_OVERHEAD = 8,
    /* What the smallest field and sighting need: bounds their numbers before anything is made. */
    MIN_FIELD = 8,
    MIN_SIGHTING = 5,
};

static uint8_t *put_varint(uint8_t *to, uint64_t v)
{
    for (; v >= 0x80; v >>= 7)
        *to++ = (uint8_t)(v | 0x80);
    *to++ = (uint8_t)v;
    return to;
}

static uint8_t *put_string(uint8_t *to, struct slice s)
{
    to = put_varint(to, s.n);
    if (s.n)
        memcpy(to, s.p, s.n);
    return to + s.n;
}

static uint64_t zigzag(int64_t v)
{
    return (uint64_t)v << 1 ^ (uint64_t)(v >> 63);
}

void wire_add_string(struct buf *out, struct slice s)
{
    uint8_t *to = buf_room(out, MAX_VARINT + s.n);
    out->n += (size_t)(put_string(to, s) - to);
}

struct slice wire_string(struct cursor *c)
{
    struct slice s = cursor_take(c, cursor_varint(c));
    if (utf8_valid(s))
        return s;
    c->bad = true;
    return (struct slice){0};
}

void wire_add_signed(struct buf *out, int64_t v)
{
    buf_varint(out, zigzag(v));
}

int64_t wire_signed(struct cursor *c)
{
    uint64_t v = cursor_varint(c);
    return (int64_t)(v >> 1 ^ (0 - (v & 1)));
}

uint8_t wire_enum(struct cursor *c, unsigned limit)
{
    uint8_t v = cursor_u8(c);
    if (v < limit)
        return v;
    c->bad = true;
    return 0;
}

void wire_add_origin(struct buf *out, const struct origin *o, struct arena *a)
{
    buf_byte(out, (uint8_t)o->place);
    buf_byte(out, (uint8_t)o->state);
    wire_add_string(out, utf8_cut(utf8_clean(o->name, a), MAX_ORIGIN_NAME));
    wire_add_signed(out, o->n);
}

struct origin wire_origin(struct cursor *c)
{
    struct origin o = {0};
    o.place = (enum place)wire_enum(c, PLACES);
    o.state = (enum state)wire_enum(c, STATES);
    o.name = wire_string(c);
    o.n = wire_signed(c);
    return o;
}

static uint8_t *put_real(uint8_t *to, double v)
{
    uint64_t bits;
    memcpy(&bits, &v, sizeof bits);
    bits = htole64(bits);
    memcpy(to, &bits, sizeof bits);
    return to + sizeof bits;
}

static double take_real(struct cursor *c)
{
    uint64_t bits = cursor_u64le(c);
    double v;
    memcpy(&v, &bits, sizeof v);
    return v;
}

/* The text of a field as it is sent, within what is left of the record's room. */
static struct slice sent_text(const struct field *f, struct arena *a, size_t *left, bool *cut)
{
    struct slice whole = f->text;
    if (f->kind == KIND_TEXT)
        /* Escaped, a byte becomes four: what lies behind the limit need not be looked at. */
        whole = utf8_clean(slice_sub(whole, 0, FIELD_MAX_TEXT + 4), a);
    size_t room = *left < FIELD_MAX_TEXT ? *left : FIELD_MAX_TEXT;
    struct slice kept = f->kind == KIND_TEXT ? utf8_cut(whole, room) : slice_sub(whole, 0, room);
    *cut = f->cut || kept.n < whole.n || f->text.n > FIELD_MAX_TEXT + 4;
    *left -= kept.n;
    return kept;
}

static uint8_t *put_value(uint8_t *to, const struct field *f, struct slice text)
{
    switch (f->kind) {
    case KIND_TEXT:
    case KIND_HEX: return put_string(to, text);
    case KIND_INT: return put_varint(to, zigzag(f->integer));
    case KIND_REAL: return put_real(to, f->real);
    case KIND_TIME: *to++ = (uint8_t)f->time.precision; return put_varint(to, zigzag(f->time.ns));
    case KINDS: break;
    }
    die("a field of no kind");
}

static bool add_field(struct buf *out, const struct field *f, struct arena *a, size_t *left)
{
    struct slice name = slice_of(f->name), text = {0};
    bool cut = false;
    assert(name.n && name.n <= WIRE_MAX_NAME && utf8_valid(name));
    if (f->kind == KIND_TEXT || f->kind == KIND_HEX)
        text = sent_text(f, a, left, &cut);
    uint8_t *start = buf_room(out, FIELD_OVERHEAD + MAX_VARINT + text.n);
    uint8_t *to = put_string(start, name);
    *to++ = 0;
    *to++ = (uint8_t)f->kind;
    *to++ = (uint8_t)f->observable;
    *to++ = (uint8_t)f->exposure;
    *to++ = cut;
    out->n += (size_t)(put_value(to, f, text) - start);
    return !cut;
}

static size_t field_number(const struct record *r, const char *name)
{
    for (size_t i = 0; i < r->n; i++)
        if (r->fields[i].name == name || strcmp(r->fields[i].name, name) == 0)
            return i;
    die("a sighting names no field of its record");
}

/* How many of the sightings fit beside a record without any text. */
static size_t sightings_that_fit(const struct record *r, const struct sightings *s, size_t *bytes)
{
    size_t room = WIRE_MAX_RECORD - 2 * MAX_ORIGIN_NAME - (size_t)r->n * FIELD_OVERHEAD, n = 0;
    *bytes = 0;
    for (; n < s->n && n < RECORD_MAX_SIGHTINGS; n++) {
        size_t need = s->items[n].value.n + SIGHTING_OVERHEAD;
        if (need > room - *bytes)
            break;
        *bytes += need;
    }
    return n;
}

bool record_encode(const struct record *r, const struct sightings *s, struct arena *a,
                   struct buf *out)
{
    size_t taken, n = sightings_that_fit(r, s, &taken);
    size_t left = WIRE_MAX_RECORD - 2 * MAX_ORIGIN_NAME - (size_t)r->n * FIELD_OVERHEAD - taken;
    bool whole = !r->overfull && !s->overfull && n == s->n;
    if (left > RECORD_MAX_TEXT)
        left = RECORD_MAX_TEXT;
    wire_add_origin(out, &r->origin, a);
    buf_byte(out, r->overfull);
    buf_byte(out, (uint8_t)r->n);
    for (unsigned i = 0; i < r->n; i++)
        whole &= add_field(out, &r->fields[i], a, &left);
    buf_byte(out, s->overfull || n < s->n);
    buf_varint(out, n);
    for (size_t i = 0; i < n; i++) {
        const struct sighting *v = &s->items[i];
        uint8_t *start = buf_room(out, SIGHTING_OVERHEAD + MAX_VARINT + v->value.n), *to = start;
        *to++ = (uint8_t)v->type;
        *to++ = (uint8_t)v->exposure;
        *to++ = (uint8_t)field_number(r, v->field);
        out->n += (size_t)(put_string(to, v->value) - start);
    }
    return whole;
}

/* Printable ASCII only: what nearly all names and observables are. Looks at eight bytes at once: each
   term sets the high bit of a byte that is none. */
static bool printable(struct slice s)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    uint64_t bad = 0, x;
    size_t i = 0;
    for (; s.n - i >= 8; i += 8) {
        memcpy(&x, s.p + i, 8);
        bad |= x | (x + ones) | (x - ones * 0x20);
    }
    for (; i < s.n; i++)
        bad |= s.p[i] < 0x20 || s.p[i] >= 0x7f ? 0x80 : 0;
    return !(bad & ones * 0x80);
}

/* A name or an observable: not empty, UTF-8 without control characters. */
static struct slice take_clean(struct cursor *c)
{
    struct slice s = cursor_take(c, cursor_varint(c));
    bool bad = !s.n;
    if (!printable(s)) {
        bad |= !utf8_valid(s);
        for (size_t i = 0; i < s.n; i++)
            bad |= s.p[i] < 0x20 || s.p[i] == 0x7f;
    }
    c->bad |= bad;
    return s;
}

static void take_field(struct cursor *c, struct field *f, size_t *left)
{
    struct slice name = take_clean(c);
    if (cursor_u8(c) != 0 || name.n > WIRE_MAX_NAME)
        c->bad = true;
    if (c->bad)
        return;
    f->name = (const char *)name.p; /* the NUL behind it was just seen, and none is inside */
    f->kind = (enum kind)wire_enum(c, KINDS);
    f->observable = (enum observable)wire_enum(c, OBS_TYPES);
    f->exposure = (enum exposure)wire_enum(c, EXPOSURES);
    f->cut = wire_enum(c, 2);
    switch (f->kind) {
    case KIND_TEXT: f->text = wire_string(c); break;
    case KIND_HEX: f->text = cursor_take(c, cursor_varint(c)); break;
    case KIND_INT: f->integer = wire_signed(c); break;
    case KIND_REAL: f->real = take_real(c); break;
    case KIND_TIME:
        f->time.precision = (enum precision)wire_enum(c, NANO + 1);
        f->time.ns = wire_signed(c);
        break;
    case KINDS: break;
    }
    if (f->kind == KIND_TEXT || f->kind == KIND_HEX) {
        if (f->text.n > FIELD_MAX_TEXT || f->text.n > *left)
            c->bad = true;
        else
            *left -= f->text.n;
    }
}

static void take_sighting(struct cursor *c, const struct record *r, struct sighting *s)
{
    s->type = (enum observable)wire_enum(c, OBS_TEXT); /* text and handle are no types outside */
    s->exposure = (enum exposure)wire_enum(c, EXPOSURES);
    unsigned field = cursor_u8(c);
    s->value = take_clean(c);
    if (s->type == OBS_NONE || field >= r->n)
        c->bad = true;
    else
        s->field = r->fields[field].name;
}

bool record_decode(struct slice payload, struct arena *a, struct sent_record *out, struct err *e)
{
    struct cursor c = cursor(payload);
    struct record *r = &out->record;
    struct sightings *s = &out->sightings;
    size_t left = RECORD_MAX_TEXT;
    r->origin = wire_origin(&c);
    r->overfull = wire_enum(&c, 2);
    unsigned n = wire_enum(&c, RECORD_MAX_FIELDS + 1);
    if ((size_t)n * MIN_FIELD > cursor_left(&c) || payload.n > WIRE_MAX_RECORD)
        c.bad = true;
    for (r->n = 0; r->n < n && !c.bad; r->n++) {
        r->fields[r->n] = (struct field){0};
        take_field(&c, &r->fields[r->n], &left);
    }
    *s = (struct sightings){.overfull = wire_enum(&c, 2)};
    uint64_t count = cursor_varint(&c);
    if (count > RECORD_MAX_SIGHTINGS || count * MIN_SIGHTING > cursor_left(&c))
        c.bad = true;
    if (!c.bad && count) {
        s->items = arena_alloc(a, count * sizeof *s->items);
        s->room = count;
    }
    while (!c.bad && s->n < count)
        take_sighting(&c, r, &s->items[s->n++]);
    if (c.bad || cursor_left(&c))
        return err_set(e, ERR_CORRUPT, "bad frame: record at byte %zu of %zu", cursor_offset(&c),
                       payload.n);
    return true;
}
