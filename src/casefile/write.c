/* What a check puts into its case: evidence, plan, files, records, sets. */
#include <stdlib.h>

#include "artifact/record_json.h"
#include "casefile/impl.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

/* -- evidence and plan -- */

static void add_text(struct json_writer *w, const char *name, struct slice text)
{
    if (!text.n)
        return;
    json_name(w, name);
    json_string(w, text);
}

static void device_json(const struct opened *o, struct buf *out)
{
    const struct facts *f = &o->facts;
    struct json_writer w;
    json_writer(&w, out);
    json_object(&w);
    add_text(&w, "platform", f->platform);
    add_text(&w, "model", f->model);
    add_text(&w, "os", f->os);
    add_text(&w, "build", f->build);
    add_text(&w, "serial", f->serial);
    add_text(&w, "name", f->name);
    add_text(&w, "udid", f->udid);
    add_text(&w, "imei", f->imei);
    add_text(&w, "phone", f->phone);
    json_object_end(&w);
}

static void list_json(const char *const *items, unsigned n, struct buf *out)
{
    struct json_writer w;
    json_writer(&w, out);
    json_array(&w);
    for (unsigned i = 0; i < n; i++)
        json_text(&w, items[i]);
    json_array_end(&w);
}

bool casefile_add_evidence(struct casefile *c, const char *name, const struct opened *o,
                           const uint8_t *sha256, uint64_t bytes, int64_t *id, struct err *e)
{
    char hex[SHA256_TEXT];
    struct buf device = {0}, notes = {0}, damage = {0};
    sqlite3_stmt *s = case_prepare(c,
                                   "INSERT INTO evidence (name, source, sha256, bytes, encrypted, "
                                   "confinement, device, taken_ns, notes, damage) VALUES "
                                   "(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
                                   e);
    if (!s)
        return false;
    device_json(o, &device);
    list_json(o->notes, o->nnotes, &notes);
    list_json(o->damage, o->ndamage, &damage);
    case_bind(s, 1, slice_of(name));
    case_bind(s, 2, slice_of(source_kind_name(o->kind)));
    if (sha256)
        case_bind(s, 3, slice_of(hex_text(sha256, SHA256_SIZE, hex)));
    if (bytes)
        sqlite3_bind_int64(s, 4, (int64_t)bytes);
    sqlite3_bind_int(s, 5, o->facts.encrypted);
    case_bind(s, 6, slice_of(confinement_name(o->confinement)));
    case_bind(s, 7, buf_view(&device));
    if (o->facts.taken.precision != PRECISION_NONE)
        sqlite3_bind_int64(s, 8, o->facts.taken.ns);
    case_bind(s, 9, buf_view(&notes));
    case_bind(s, 10, buf_view(&damage));
    bool ok = case_step(c, s, e);
    *id = sqlite3_last_insert_rowid(c->db);
    sqlite3_finalize(s);
    buf_free(&device);
    buf_free(&notes);
    buf_free(&damage);
    c->nfiles = 0; /* paths of another phone are other files */
    free(c->files);
    c->files = NULL;
    c->files_room = 0;
    return ok;
}

static unsigned evidence_kind(struct casefile *c, int64_t evidence)
{
    static const struct {
        const char *source;
        unsigned bit;
    } kinds[] = {
        {"ios-filesystem", IN_IOS_FS},         {"sysdiagnose", IN_SYSDIAGNOSE},
        {"logarchive", IN_LOGARCHIVE},         {"android-bugreport", IN_BUGREPORT},
        {"androidqf", IN_ANDROIDQF},           {"android-backup", IN_ANDROID_BACKUP},
        {"android-filesystem", IN_ANDROID_FS}, {"intrusion-log", IN_INTRUSION_LOG},
    };
    struct err ignored = {0};
    unsigned bit = 0;
    sqlite3_stmt *s =
        case_prepare(c, "SELECT source, encrypted FROM evidence WHERE id = ?1", &ignored);
    sqlite3_bind_int64(s, 1, evidence);
    if (s && sqlite3_step(s) == SQLITE_ROW) {
        const char *source = (const char *)sqlite3_column_text(s, 0);
        if (!strcmp(source, "ios-backup"))
            bit = sqlite3_column_int(s, 1) ? IN_BACKUP_ENC : IN_BACKUP;
        for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
            if (!strcmp(source, kinds[i].source))
                bit = kinds[i].bit;
    }
    sqlite3_finalize(s);
    return bit;
}

/* The types that a column's text can yield. */
static unsigned types_of(enum observable o)
{
    const unsigned text = 1u << OBS_DOMAIN | 1u << OBS_URL | 1u << OBS_IP | 1u << OBS_EMAIL;
    switch (o) {
    case OBS_TEXT:
    case OBS_DOMAIN:
    case OBS_URL:
    case OBS_IP: return text;
    case OBS_HANDLE: return 1u << OBS_EMAIL | 1u << OBS_PHONE | 1u << OBS_ACCOUNT;
    case OBS_PATH: return 1u << OBS_PATH | 1u << OBS_FILENAME;
    case OBS_NONE: return 0;
    case OBS_EMAIL:
    case OBS_PHONE:
    case OBS_PROCESS:
    case OBS_APP:
    case OBS_FILENAME:
    case OBS_HASH:
    case OBS_CERT:
    case OBS_PROFILE:
    case OBS_PROPERTY:
    case OBS_ACCOUNT:
    case OBS_TYPES: break;
    }
    return 1u << o;
}

static unsigned declared_types(const struct artifact *a)
{
    unsigned types = 0;
    for (const struct table *t = a->tables; t && t->name; t++)
        for (const struct column *col = t->columns; col->name; col++)
            types |= types_of(col->observable);
    return types;
}

bool casefile_plan(struct casefile *c, int64_t evidence, const struct artifact *a, int64_t *run,
                   struct err *e)
{
    sqlite3_stmt *s = case_prepare(c,
                                   "INSERT INTO coverage (evidence_id, artifact, title, holds, "
                                   "can_show, expected, found_in, process_cut, types) VALUES "
                                   "(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
                                   e);
    if (!s)
        return false;
    sqlite3_bind_int64(s, 1, evidence);
    case_bind(s, 2, slice_of(a->id));
    case_bind(s, 3, slice_of(a->title));
    case_bind(s, 4, slice_of(a->state ? "state" : "span"));
    sqlite3_bind_int(s, 5, (int)artifact_can_show(a));
    sqlite3_bind_int(s, 6, (a->expected_in & evidence_kind(c, evidence)) != 0);
    sqlite3_bind_int(s, 7, (int)a->found_in);
    sqlite3_bind_int(s, 8, (int)a->process_cut);
    sqlite3_bind_int(s, 9, (int)declared_types(a));
    bool ok = case_step(c, s, e);
    *run = sqlite3_last_insert_rowid(c->db);
    sqlite3_finalize(s);
    c->runs = xrealloc(c->runs, c->nruns + 1, sizeof *c->runs);
    c->runs[c->nruns++] = (struct run_state){.id = *run, .types = declared_types(a)};
    /* The plan must be there before the first job starts. */
    return ok && case_commit(c, e);
}

static struct run_state *run_of(struct casefile *c, int64_t id)
{
    /* Ids of rows that one connection adds one after the other. */
    size_t i = c->nruns ? (size_t)(id - c->runs[0].id) : 0;
    if (i >= c->nruns || c->runs[i].id != id)
        die("a coverage row that was never planned");
    return &c->runs[i];
}

bool casefile_finish(struct casefile *c, int64_t run, enum status s, const char *reason,
                     const struct usage *u, struct err *e)
{
    struct run_state *r = run_of(c, run);
    sqlite3_stmt *q = case_prepare(c,
                                   "UPDATE coverage SET status = ?2, reason = ?3, files = ?4, "
                                   "records = ?5, skipped = ?6, lost = ?7, bytes = ?8, "
                                   "first_ns = ?9, last_ns = ?10, ms = ?11, peak_kib = ?12, "
                                   "types = ?13 WHERE id = ?1",
                                   e);
    if (!q)
        return false;
    sqlite3_bind_int64(q, 1, run);
    case_bind(q, 2, slice_of(status_name(s)));
    case_bind(q, 3, slice_of(reason ? reason : ""));
    sqlite3_bind_int64(q, 4, (int64_t)u->files);
    sqlite3_bind_int64(q, 5, (int64_t)u->records);
    sqlite3_bind_int64(q, 6, (int64_t)u->skipped);
    sqlite3_bind_int64(q, 7, (int64_t)u->lost);
    sqlite3_bind_int64(q, 8, (int64_t)u->bytes);
    if (r->first.precision != PRECISION_NONE) {
        sqlite3_bind_int64(q, 9, r->first.ns);
        sqlite3_bind_int64(q, 10, r->last.ns);
    }
    sqlite3_bind_int64(q, 11, (int64_t)(u->seconds * 1000));
    sqlite3_bind_int64(q, 12, (int64_t)u->peak_kib);
    sqlite3_bind_int64(q, 13, r->types);
    bool ok = case_step(c, q, e);
    sqlite3_finalize(q);
    return ok && case_commit(c, e);
}

/* -- files -- */

static struct booked *find_file(struct casefile *c, uint64_t hash)
{
    for (size_t i = hash & (c->files_room - 1); c->files[i].id; i = (i + 1) & (c->files_room - 1))
        if (c->files[i].hash == hash)
            return &c->files[i];
    return NULL;
}

static void put_file(struct booked *slots, size_t room, struct booked b)
{
    size_t i = b.hash & (room - 1);
    while (slots[i].id)
        i = (i + 1) & (room - 1);
    slots[i] = b;
}

static void grow_files(struct casefile *c)
{
    size_t room = c->files_room ? c->files_room * 2 : 1024;
    struct booked *slots = xcalloc(room, sizeof *slots);
    for (size_t i = 0; i < c->files_room; i++)
        if (c->files[i].id)
            put_file(slots, room, c->files[i]);
    free(c->files);
    c->files = slots;
    c->files_room = room;
}

static bool hash_file(struct casefile *c, struct booked *known, const struct sent_file *f,
                      struct err *e)
{
    char hex[SHA256_TEXT];
    sqlite3_stmt *s = c->statements[HASH_FILE];
    sqlite3_bind_int64(s, 1, known->id);
    case_bind(s, 2, slice_of(hex_text(f->sha256, sizeof f->sha256, hex)));
    sqlite3_bind_int64(s, 3, (int64_t)f->bytes);
    known->hashed = true;
    return case_step(c, s, e);
}

/* A file that several artifacts read is one row. */
bool casefile_add_file(struct casefile *c, int64_t evidence, const struct sent_file *f, int64_t *id,
                       struct err *e)
{
    char hex[SHA256_TEXT];
    uint64_t hash = XXH3_64bits_withSeed(f->path.p, f->path.n, c->seed) ^
                    XXH3_64bits_withSeed(f->container.p, f->container.n, ~c->seed);
    if (c->nfiles * 3 >= c->files_room * 2)
        grow_files(c);
    struct booked *known = find_file(c, hash);
    if (known) {
        *id = known->id;
        return !f->hashed || known->hashed || hash_file(c, known, f, e);
    }
    sqlite3_stmt *s = c->statements[ADD_FILE];
    sqlite3_bind_null(s, 1);
    sqlite3_bind_int64(s, 2, evidence);
    case_bind(s, 3, f->path);
    case_bind(s, 4, f->container);
    case_bind(s, 5, f->domain);
    sqlite3_bind_int64(s, 6, (int64_t)f->bytes);
    if (f->hashed)
        case_bind(s, 7, slice_of(hex_text(f->sha256, sizeof f->sha256, hex)));
    else
        sqlite3_bind_null(s, 7);
    if (!case_step(c, s, e))
        return false;
    *id = sqlite3_last_insert_rowid(c->db);
    put_file(c->files, c->files_room, (struct booked){hash, *id, f->hashed});
    c->nfiles++;
    return case_breathe(c, e);
}

/* -- records -- */

static void grow_seen(struct seen *t)
{
    size_t room = t->room ? t->room * 2 : 1 << 14;
    struct seen_entry *slots = xcalloc(room, sizeof *slots);
    for (size_t i = 0; i < t->room; i++) {
        if (!t->slots[i].id)
            continue;
        size_t at = t->slots[i].hash & (room - 1);
        while (slots[at].id)
            at = (at + 1) & (room - 1);
        slots[at] = t->slots[i];
    }
    free(t->slots);
    t->slots = slots;
    t->room = room;
}

/* The id of an observable, new ones are stored. Two values of one 64-bit hash are taken for one;
   with a seed that evidence can't know that doesn't happen. */
static bool observable_id(struct casefile *c, const struct sighting *g, int64_t *id, struct err *e)
{
    struct seen *t = &c->seen;
    if (t->n * 3 >= t->room * 2)
        grow_seen(t);
    uint64_t hash = XXH3_64bits_withSeed(g->value.p, g->value.n, c->seed + g->type);
    size_t at = hash & (t->room - 1);
    for (; t->slots[at].id; at = (at + 1) & (t->room - 1))
        if (t->slots[at].hash == hash) {
            *id = t->slots[at].id;
            return true;
        }
    if (batch_next(c->observables) > UINT32_MAX)
        return err_set(e, ERR_LIMIT, "more than four thousand million observables");
    *id = batch_row(c->observables);
    t->slots[at] = (struct seen_entry){hash, (uint32_t)*id};
    t->n++;
    batch_fixed(c->observables, observable_name(g->type));
    batch_text(c->observables, g->value);
    return true;
}

static bool add_sightings(struct casefile *c, struct run_state *run, int64_t record,
                          const struct sightings *found, struct err *e)
{
    for (size_t i = 0; i < found->n; i++) {
        const struct sighting *g = &found->items[i];
        int64_t id = 0;
        if (!observable_id(c, g, &id, e))
            return false;
        run->types |= 1u << g->type;
        batch_row(c->sightings);
        batch_integer(c->sightings, record);
        batch_integer(c->sightings, id);
        batch_text(c->sightings, slice_of(g->field));
        batch_integer(c->sightings, g->exposure);
    }
    return true;
}

static void list_times(const struct record *r, const struct field *first, struct utime own,
                       struct buf *out)
{
    char text[UTIME_TEXT];
    struct json_writer w;
    json_writer(&w, out);
    json_array(&w);
    for (const struct field *f = first; f < r->fields + r->n; f++) {
        if (f->kind != KIND_TIME)
            continue;
        json_text(&w, f->name);
        if (f->time.ns == own.ns && f->time.precision == own.precision)
            json_null(&w);
        else
            json_text(&w, utime_text(f->time, text));
    }
    json_array_end(&w);
}

/* One time is just its name: its value is the record's own. Several are a JSON list of names and
   times by turns, with null for the record's own. */
static void write_times(const struct record *r, struct utime own, struct buf *out)
{
    const struct field *first = NULL;
    unsigned n = 0;
    for (unsigned i = 0; i < r->n; i++)
        if (r->fields[i].kind == KIND_TIME && !n++)
            first = &r->fields[i];
    if (n == 1 && first->name[0] != '[')
        buf_text(out, first->name);
    else if (n)
        list_times(r, first, own, out);
}

/* Records of one run lie together in spans, because jobs send many at a time: reading a span is
   faster than following an index, and costs nothing to write. */
static bool extend_span(struct casefile *c, int64_t run, int64_t record, struct err *e)
{
    if (c->span.run != run) {
        if (!case_flush(c, e))
            return false;
        c->span = (struct span){run, record, record};
    }
    c->span.last = record;
    return true;
}

static void note_time(struct run_state *run, struct utime t)
{
    if (t.precision == PRECISION_NONE)
        return;
    if (run->first.precision == PRECISION_NONE || t.ns < run->first.ns)
        run->first = t;
    if (run->last.precision == PRECISION_NONE || t.ns > run->last.ns)
        run->last = t;
}

static void add_row(struct casefile *c, int64_t run, int64_t file, const struct sent_record *sent,
                    struct utime t)
{
    const struct record *r = &sent->record;
    struct batch *b = c->records;
    struct json_writer w;
    batch_row(b);
    batch_integer(b, run);
    batch_integer(b, file);
    batch_integer(b, r->origin.place);
    batch_text(b, r->origin.name);
    batch_integer(b, r->origin.n);
    batch_integer(b, r->origin.state);
    if (t.precision == PRECISION_NONE)
        batch_null(b);
    else
        batch_integer(b, t.ns);
    batch_integer(b, t.precision);
    write_times(r, t, batch_begin_text(b));
    batch_end_text(b);
    json_writer(&w, batch_begin_text(b));
    record_json_fields(&w, r, false);
    batch_end_text(b);
    /* Sightings of a record lie together from here on. */
    batch_integer(b, sent->sightings.n ? batch_next(c->sightings) : 0);
}

bool casefile_add_record(struct casefile *c, int64_t run_id, int64_t file,
                         const struct sent_record *sent, struct err *e)
{
    enum { MUCH = 128 * 1024 /* waits: still in the processor's cache when it is inserted */ };
    struct run_state *run = run_of(c, run_id);
    struct utime t = record_moment(&sent->record);
    if (file <= 0)
        return err_set(e, ERR_CORRUPT, "a record without a file");
    int64_t id = batch_next(c->records);
    if (!extend_span(c, run_id, id, e))
        return false;
    add_row(c, run_id, file, sent, t);
    if (!add_sightings(c, run, id, &sent->sightings, e))
        return false;
    note_time(run, t);
    run->records++;
    if (batch_bytes(c->records) + batch_bytes(c->sightings) > MUCH && !case_flush_rows(c, e))
        return false;
    return case_breathe(c, e);
}

bool casefile_add_skip(struct casefile *c, int64_t run, int64_t file, const struct origin *o,
                       const char *why, struct err *e)
{
    enum { KEPT = 20 };
    if (run_of(c, run)->skips++ >= KEPT)
        return true;
    sqlite3_stmt *s = c->statements[ADD_SKIP];
    sqlite3_bind_int64(s, 1, run);
    if (file)
        sqlite3_bind_int64(s, 2, file);
    else
        sqlite3_bind_null(s, 2);
    sqlite3_bind_int(s, 3, o->place);
    case_bind(s, 4, o->name);
    sqlite3_bind_int64(s, 5, o->n);
    case_bind(s, 6, slice_of(why));
    return case_step(c, s, e);
}

/* -- sets -- */

static void by_type_json(const struct set *set, struct buf *out)
{
    struct json_writer w;
    json_writer(&w, out);
    json_object(&w);
    for (unsigned i = 1; i < OBS_TEXT; i++) {
        json_name(&w, observable_name((enum observable)i));
        json_number(&w, set->by_type[i]);
    }
    json_object_end(&w);
}

/* Why values of a set were left out: {"why": count}. The reasons are few and fixed. */
static void remarks_json(const struct indicators *in, unsigned set, struct buf *out)
{
    enum { REASONS = 64 };
    const char *why[REASONS];
    unsigned count[REASONS], n = 0;
    for (size_t i = 0; i < in->nrejected; i++) {
        unsigned k = 0;
        if (in->rejected_set[i] != set)
            continue;
        while (k < n && strcmp(why[k], in->rejected[i].why))
            k++;
        if (k == REASONS)
            continue;
        if (k == n) {
            why[n] = in->rejected[i].why;
            count[n++] = 0;
        }
        count[k] += in->rejected[i].count;
    }
    struct json_writer w;
    json_writer(&w, out);
    json_object(&w);
    for (unsigned k = 0; k < n; k++) {
        json_name(&w, why[k]);
        json_number(&w, count[k]);
    }
    json_object_end(&w);
}

bool casefile_add_sets(struct casefile *c, const struct indicators *in, struct err *e)
{
    char hex[SHA256_TEXT];
    if (!case_exec(c,
                   "DELETE FROM finding_indicator; DELETE FROM indicator; "
                   "DELETE FROM indicator_set",
                   e))
        return false;
    sqlite3_stmt *s = case_prepare(
        c, "INSERT INTO indicator_set VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)", e);
    bool ok = s != NULL;
    for (size_t i = 0; ok && i < in->nsets; i++) {
        const struct set *set = &in->sets[i];
        struct buf types = {0}, remarks = {0};
        by_type_json(set, &types);
        remarks_json(in, (unsigned)i, &remarks);
        sqlite3_bind_int64(s, 1, (int64_t)i + 1);
        case_bind(s, 2, set->name);
        case_bind_null(s, 3, set->publisher);
        case_bind_null(s, 4, set->licence);
        case_bind_null(s, 5, set->url);
        case_bind(s, 6, slice_of(hex_text(set->sha256, sizeof set->sha256, hex)));
        if (set->published.precision != PRECISION_NONE)
            sqlite3_bind_int64(s, 7, set->published.ns);
        else
            sqlite3_bind_null(s, 7);
        sqlite3_bind_int64(s, 8, set->loaded);
        sqlite3_bind_int64(s, 9, set->rejected);
        case_bind(s, 10, buf_view(&types));
        case_bind(s, 11, buf_view(&remarks));
        ok = case_step(c, s, e);
        buf_free(&types);
        buf_free(&remarks);
    }
    sqlite3_finalize(s);
    return ok;
}
