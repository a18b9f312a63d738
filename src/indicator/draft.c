/* From what a set publishes to what is compared: see draft.h. */
#include "indicator/draft.h"

#include <stdlib.h>

#include "base/hash.h"
#include "record/address.h"

enum { NOTES_MAX = 10000, GUESSES_MAX = 300 };

struct draft *draft_new(void)
{
    struct draft *d = xcalloc(1, sizeof *d);
    table_init(&d->index, 1024);
    return d;
}

void draft_free(struct draft *d)
{
    if (!d)
        return;
    arena_free(&d->arena);
    table_free(&d->index);
    free(d->items);
    free(d->notes);
    free(d->set.guesses);
    free(d);
}

static void note(struct draft *d, struct slice value, enum lint why)
{
    struct note *last = d->nnotes ? &d->notes[d->nnotes - 1] : NULL;
    if (d->nnotes >= NOTES_MAX && why != LINT_CUT_OFF) { /* a cut is never left unsaid */
        why = LINT_MORE;
        value.n = 0;
    }
    if (last && last->why == why && slice_equal(last->value, value)) {
        last->count++;
        return;
    }
    if (d->nnotes == d->notes_room) {
        d->notes_room = d->notes_room ? 2 * d->notes_room : 64;
        d->notes = xrealloc(d->notes, d->notes_room, sizeof *d->notes);
    }
    d->notes[d->nnotes++] = (struct note){value, why, 1};
}

void draft_reject(struct draft *d, struct slice value, enum lint why)
{
    d->set.rejected++;
    note(d, value, why);
}

void draft_guess(struct draft *d, struct slice what, enum observable type)
{
    struct set *s = &d->set;
    for (size_t i = 0; i < s->nguesses; i++)
        if (s->guesses[i].type == type && slice_equal(s->guesses[i].what, what)) {
            s->guesses[i].values++;
            return;
        }
    if (s->nguesses == GUESSES_MAX)
        return;
    s->guesses = xrealloc(s->guesses, s->nguesses + 1, sizeof *s->guesses);
    s->guesses[s->nguesses++] = (struct guess){what, type, 1};
}

void draft_family(struct draft *d, struct slice family, enum family_class class)
{
    for (size_t i = 0; i < d->n; i++)
        if (!d->items[i].family.n) {
            d->items[i].family = family;
            if (d->items[i].family_class == FAMILY_OTHER)
                d->items[i].family_class = (uint8_t) class;
        }
}

/* Sets are written by people: a value may be another type than it is listed as. */
static bool read_value(struct draft *d, enum observable type, struct slice text,
                       struct observed *out)
{
    if (type == OBS_FILENAME && slice_starts(text, "/"))
        type = OBS_PATH;
    if (observable_normalise(type, text, &d->arena, out))
        return true;
    return type == OBS_EMAIL && observable_normalise(OBS_PHONE, text, &d->arena, out);
}

/* Ranges lose the bits behind the prefix, folders get their slash back. */
static void complete(struct draft *d, struct slice text, enum observable listed,
                     struct indicator *i)
{
    struct address x;
    if (i->type == OBS_IP && address_parse(i->value, &x) && address_is_range(&x)) {
        char to[ADDRESS_TEXT];
        address_mask(&x, x.bits);
        i->value = arena_copy(&d->arena, slice_at(to, address_text(&x, to)));
        i->prefix = true;
    }
    if (i->type == OBS_PATH && (i->prefix || slice_ends(text, "/"))) {
        i->value =
            slice_of(arena_printf(&d->arena, "%.*s/", (int)i->value.n, (const char *)i->value.p));
        i->prefix = true;
    }
    if (i->type == OBS_URL && listed == OBS_DOMAIN)
        i->prefix = i->host_too = true;
    else if (i->type != OBS_URL && i->type != OBS_PATH && i->type != OBS_IP)
        i->prefix = false;
}

static uint32_t tag_of(const struct indicator *i)
{
    return table_tag(i->value, (uint64_t)i->type);
}

/* The one of the same value that is there already. */
static struct indicator *known(const struct draft *d, const struct indicator *i)
{
    uint32_t tag = tag_of(i), number;
    size_t at = table_start(&d->index, tag);
    while ((number = table_next(&d->index, tag, &at)) != TABLE_END)
        if (d->items[number].type == i->type && slice_equal(d->items[number].value, i->value))
            return &d->items[number];
    return NULL;
}

/* Listed twice, the surer one counts. */
static void merge(struct indicator *old, const struct indicator *i)
{
    if (!i->qualified && !i->too_general) {
        old->qualified = false;
        old->too_general = false;
        old->remark = LINT_OK;
    } else if (old->too_general && !i->too_general) {
        old->too_general = false;
        old->qualified = true;
        old->remark = i->remark;
    }
    old->prefix = old->prefix || i->prefix;
}

static void keep(struct draft *d, const struct indicator *i)
{
    if (d->n == d->room) {
        d->room = d->room ? 2 * d->room : 256;
        d->items = xrealloc(d->items, d->room, sizeof *d->items);
    }
    table_put(&d->index, tag_of(i), (uint32_t)d->n);
    d->items[d->n++] = *i;
}

static bool in_another_script(const struct indicator *i)
{
    struct slice host = i->type == OBS_DOMAIN ? i->value
                        : i->type == OBS_URL  ? observable_url_host(i->value)
                                              : (struct slice){0};
    return slice_starts(host, "xn--") || slice_search(host, slice_of(".xn--"), 0) < host.n;
}

bool draft_add(struct draft *d, enum observable type, struct slice published,
               const struct indicator *like)
{
    bool link = type == OBS_DOMAIN || type == OBS_URL || type == OBS_IP || type == OBS_EMAIL;
    struct slice text = slice_trim(published);
    struct slice plain = link ? observable_refang(text, &d->arena) : text;
    struct indicator i = *like;
    struct observed o;
    if (!read_value(d, type, plain, &o)) {
        bool single = type == OBS_DOMAIN && plain.n && slice_find(plain, '.') == plain.n;
        draft_reject(d, published, single ? LINT_SINGLE_LABEL : LINT_BAD_VALUE);
        return false;
    }
    i.type = o.type;
    i.value = o.value;
    i.published = published;
    complete(d, plain, type, &i);
    enum lint why = d->set.harmless ? LINT_OK : lint_value(i.type, i.value);
    if (lint_rejects(why)) {
        draft_reject(d, published, why);
        return false;
    }
    if (why != LINT_OK)
        i.remark = (uint8_t)why;
    i.too_general = lint_weakens((enum lint)i.remark);
    i.qualified = i.qualified || lint_qualifies((enum lint)i.remark);
    d->set.loaded++;
    d->set.by_type[i.type]++;
    struct indicator *same = known(d, &i);
    if (same) {
        merge(same, &i);
        if (!d->quiet_repeats)
            note(d, published, LINT_TWICE);
        return true;
    }
    if (i.type != type && type != OBS_HANDLE)
        note(d, published, LINT_RETYPED);
    if (text.n != published.n)
        note(d, published, LINT_SPACE);
    if (!slice_equal(plain, text))
        note(d, published, LINT_REFANGED);
    if (in_another_script(&i))
        note(d, published, LINT_PUNYCODE);
    if (i.remark != LINT_OK)
        note(d, published, (enum lint)i.remark);
    if (i.expired)
        note(d, published, LINT_EXPIRED);
    keep(d, &i);
    return true;
}

static void put_string(struct buf *b, struct slice s)
{
    buf_varint(b, s.n);
    if (s.n)
        buf_slice(b, s);
}

static void put_time(struct buf *b, struct utime t)
{
    buf_varint(b, (uint64_t)t.ns << 1 ^ (uint64_t)(t.ns >> 63));
    buf_byte(b, (uint8_t)t.precision);
}

/* "indicator--XXXXXXXX-XXXX-XXXX-XXXX-XXXXXXXXXXXX" in lower case */
bool draft_uuid(struct slice ref, uint8_t out[16])
{
    static const uint8_t dashes[] = {8, 13, 18, 23};
    uint8_t hex[32];
    size_t n = 0, dash = 0;
    if (ref.n != 47 || !slice_starts(ref, "indicator--"))
        return false;
    for (size_t i = 0; i < 36; i++) {
        uint8_t c = ref.p[11 + i];
        if (dash < sizeof dashes && i == dashes[dash]) {
            if (c != '-')
                return false;
            dash++;
        } else if (c >= 'A' && c <= 'F') {
            return false;
        } else {
            hex[n++] = c;
        }
    }
    return hex_bytes(slice_at(hex, n), out, 16);
}

uint16_t draft_flags(const struct indicator *i)
{
    return (uint16_t)((i->too_general ? ITEM_GENERAL : 0) | (i->prefix ? ITEM_PREFIX : 0) |
                      (i->expired ? ITEM_EXPIRED : 0) | (i->host_too ? ITEM_HOST_TOO : 0) |
                      (i->qualified ? ITEM_QUALIFIED : 0));
}

void draft_set_flags(struct indicator *i, uint64_t flags)
{
    i->too_general = flags & ITEM_GENERAL;
    i->prefix = flags & ITEM_PREFIX;
    i->expired = flags & ITEM_EXPIRED;
    i->host_too = flags & ITEM_HOST_TOO;
    i->qualified = flags & ITEM_QUALIFIED;
}

struct slice draft_uuid_text(const uint8_t bytes[16], struct arena *a)
{
    char hex[33], *text = arena_alloc(a, 47);
    hex_text(bytes, 16, hex);
    memcpy(text, "indicator--", 11);
    for (size_t from = 0, to = 11; from < 32; from++) {
        if (from == 8 || from == 12 || from == 16 || from == 20)
            text[to++] = '-';
        text[to++] = hex[from];
    }
    return slice_at(text, 47);
}

/* Families repeat: each is written once, items hold its number. */
struct families {
    const struct slice **names;
    size_t n;
    struct table index;
};

static uint32_t family_number(struct families *f, const struct slice *name)
{
    uint32_t tag = table_tag(*name, 0), number;
    size_t at = table_start(&f->index, tag);
    if (!name->n)
        return 0;
    while ((number = table_next(&f->index, tag, &at)) != TABLE_END)
        if (slice_equal(*f->names[number], *name))
            return number + 1;
    f->names[f->n] = name;
    table_put(&f->index, tag, (uint32_t)f->n);
    return (uint32_t)++f->n;
}

static void put_item(struct buf *b, const struct indicator *i, uint32_t family)
{
    uint8_t uuid[16];
    bool short_ref = draft_uuid(i->ref, uuid), same = slice_equal(i->published, i->value);
    bool until = i->valid_until.precision != PRECISION_NONE;
    buf_byte(b, (uint8_t)i->type);
    buf_varint(b, (uint64_t)(draft_flags(i) | (same ? ITEM_AS_PUBLISHED : 0) |
                             (short_ref ? ITEM_UUID : 0) | (until ? ITEM_UNTIL : 0) |
                             (i->remark ? ITEM_REMARK : 0)));
    if (i->remark)
        buf_byte(b, i->remark);
    buf_byte(b, i->family_class);
    buf_byte(b, (uint8_t)(i->confidence + 1));
    buf_varint(b, family);
    if (short_ref)
        buf_add(b, uuid, sizeof uuid);
    else
        put_string(b, i->ref);
    put_string(b, i->value);
    if (!same)
        put_string(b, i->published);
    put_time(b, i->created);
    if (until)
        put_time(b, i->valid_until);
}

void draft_write(const struct draft *d, struct buf *out)
{
    struct families f = {xcalloc(d->n, sizeof *f.names), 0, {0}};
    uint32_t *numbers = xcalloc(d->n, sizeof *numbers);
    table_init(&f.index, 16);
    for (size_t i = 0; i < d->n; i++)
        numbers[i] = family_number(&f, &d->items[i].family);
    buf_text(out, DRAFT_MAGIC);
    put_string(out, d->set.name);
    put_string(out, d->set.publisher);
    put_string(out, d->set.licence);
    put_string(out, d->set.url);
    put_string(out, d->set.format);
    buf_add(out, d->set.sha256, sizeof d->set.sha256);
    put_time(out, d->set.published);
    buf_varint(out, d->set.loaded);
    buf_varint(out, d->set.rejected);
    for (size_t t = 0; t < OBS_TYPES; t++)
        buf_varint(out, d->set.by_type[t]);
    buf_byte(out, d->set.harmless);
    buf_varint(out, d->set.nguesses);
    for (size_t i = 0; i < d->set.nguesses; i++) {
        put_string(out, d->set.guesses[i].what);
        buf_byte(out, (uint8_t)d->set.guesses[i].type);
        buf_varint(out, d->set.guesses[i].values);
    }
    buf_varint(out, f.n);
    for (size_t i = 0; i < f.n; i++)
        put_string(out, *f.names[i]);
    buf_varint(out, d->nnotes);
    for (size_t i = 0; i < d->nnotes; i++) {
        put_string(out, d->notes[i].value);
        buf_byte(out, (uint8_t)d->notes[i].why);
        buf_varint(out, d->notes[i].count);
    }
    buf_varint(out, d->n);
    for (size_t i = 0; i < d->n; i++)
        put_item(out, &d->items[i], numbers[i]);
    table_free(&f.index);
    free(f.names);
    free(numbers);
}
