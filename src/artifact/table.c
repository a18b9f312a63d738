/*
 * The engine of declared artifacts: for every file and table, a query over the columns that this
 * version of the schema has, a record for each row.
 *
 * A column is probed by preparing it alone. Several tables of one name in a row are alternatives
 * for different versions: the first whose FROM and mandatory columns can be prepared is used.
 */
#include <assert.h>
#include <stdio.h>

#include "artifact/artifact.h"
#include "format/sqlite.h"

enum { MAX_COLUMNS = RECORD_MAX_FIELDS };

/* A table's columns as this file has them. */
struct plan {
    const struct table *table;
    const struct column *columns[MAX_COLUMNS];
    const char *sql[MAX_COLUMNS + 1]; /* those, then perhaps `own` */
    unsigned n;
    bool own;
};

static bool prepare(struct sqlite *db, const struct table *t, struct plan *p, struct err *e)
{
    *p = (struct plan){.table = t};
    if (!sqlite_has(db, t->row, t->from))
        return err_set(e, ERR_UNSUPPORTED, "schema not known: no %s in %s", t->row, t->from);
    for (const struct column *c = t->columns; c->name; c++) {
        if (!sqlite_has(db, c->sql, t->from)) {
            if (c->optional)
                continue;
            return err_set(e, ERR_UNSUPPORTED, "schema not known: no %s", c->sql);
        }
        assert(p->n < MAX_COLUMNS);
        p->columns[p->n] = c;
        p->sql[p->n++] = c->sql;
    }
    p->own = t->own && sqlite_has(db, t->own, t->from);
    if (p->own)
        p->sql[p->n] = t->own;
    return true;
}

static struct slice number_text(struct job *job, const struct sqlite_value *v)
{
    return slice_of(v->type == SQL_INT ? arena_printf(job_arena(job), "%lld", (long long)v->integer)
                                       : arena_printf(job_arena(job), "%.15g", v->real));
}

static void add_time(struct record *r, const struct column *c, const struct sqlite_value *v)
{
    struct utime t = UTIME_NONE;
    if (v->type == SQL_INT)
        t = utime_from_int(v->integer, c->epoch);
    else if (v->type == SQL_TEXT)
        t = utime_parse(v->bytes);
    if (t.precision != PRECISION_NONE)
        record_time(r, c->name, t);
    else if (v->type == SQL_TEXT)
        record_text(r, c->name, v->bytes);
    else if (v->type == SQL_BLOB)
        record_hex(r, c->name, v->bytes);
    else
        job_time(r, c->name, v->real, c->epoch);
}

/* A value of a type that its column doesn't have elsewhere is kept as it is. */
static void add_value(struct job *job, struct record *r, const struct column *c,
                      const struct sqlite_value *v)
{
    bool number = v->type == SQL_INT || v->type == SQL_REAL;
    if (c->kind == KIND_TIME) {
        add_time(r, c, v);
    } else if (c->kind == KIND_HEX && !number) {
        record_hex(r, c->name, v->bytes);
    } else if (c->kind == KIND_TEXT || !number) {
        struct slice text = number ? number_text(job, v) : v->bytes;
        record_observe(r, c->name, c->observable, c->exposure, text);
    } else if (v->type == SQL_INT && c->kind != KIND_REAL) {
        record_int(r, c->name, v->integer);
    } else {
        record_real(r, c->name, v->real);
    }
}

/* What the owner sent was not received. */
static void make_own(struct record *r)
{
    for (unsigned i = 0; i < r->n; i++)
        if (r->fields[i].exposure == RECEIVED)
            r->fields[i].exposure = EXPOSURE_NONE;
}

static void add_about(struct record *r, const struct record *about)
{
    for (unsigned i = 0; i < about->n; i++)
        if (r->n < RECORD_MAX_FIELDS)
            r->fields[r->n++] = about->fields[i];
        else
            r->overfull = true;
}

/* r: room for it; a record is too large to be made anew for each row. */
static bool emit_row(struct job *job, const struct plan *p, const struct sqlite_row *row,
                     const struct record *about, struct record *r, struct err *e)
{
    struct err why = {0};
    record_start(r, ROW, slice_of(p->table->name), row->id);
    r->origin.state = row->state;
    if (!row->has_id) {
        err_set(&why, ERR_CORRUPT, "its row id is no integer");
        job_skip_part(job, &r->origin, &why);
    }
    for (unsigned i = 0; i < p->n; i++) {
        const struct column *c = p->columns[i];
        const struct sqlite_value *v = &row->values[i];
        if (v->type == SQL_NULL)
            continue;
        if (!c->decode) {
            add_value(job, r, c, v);
            continue;
        }
        bool bytes = v->type == SQL_BLOB || v->type == SQL_TEXT;
        if (bytes ? !c->decode(job, v->bytes, r, &why)
                  : !err_set(&why, ERR_CORRUPT, "a number where bytes belong")) {
            err_in(&why, "%s", c->name);
            job_skip_part(job, &r->origin, &why);
        }
    }
    if (p->own && row->values[p->n].integer != 0)
        make_own(r);
    add_about(r, about);
    return job_emit(job, r, e);
}

/* False: stop. What is wrong with the table alone is told and passed over. */
static bool read_table(struct job *job, struct sqlite *db, const struct plan *p,
                       const struct record *about, struct err *e)
{
    const struct table *t = p->table;
    struct err why = {0};
    struct sqlite_row row;
    struct record record;
    bool go_on = true;
    struct sqlite_query *q = sqlite_query(db, t->from, t->row, p->sql, p->n + p->own, &why);
    while (q && go_on && sqlite_next(q, &row, &why)) {
        go_on = emit_row(job, p, &row, about, &record, e);
        arena_reset(job_arena(job));
    }
    sqlite_query_free(q);
    if (why.code == ERR_LIMIT || why.code == ERR_STOP) {
        *e = why;
        return err_in(e, "table %s", t->name);
    }
    if (why.code)
        job_lost(job, "table %s: %s", t->name, why.msg);
    if (!go_on)
        return false;
    sqlite_check(db, t->name);
    for (const char *const *j = t->joined; j && *j; j++)
        if (sqlite_has_table(db, *j))
            sqlite_check(db, *j);
    return true;
}

/* The tables of one name from t on: reads the first that fits. *known: something of it was there. */
static bool read_alternatives(struct job *job, struct sqlite *db, const struct table *t,
                              const struct record *about, bool *known, struct err *e)
{
    struct plan p;
    struct err why = {0};
    const char *name = t->name;
    if (!sqlite_has_table(db, name)) {
        if (t->optional)
            return true;
        *known = true;
        err_set(&why, ERR_UNSUPPORTED, "schema not known: no table %s", name);
        job_unknown(job, &why);
        return true;
    }
    *known = true;
    for (; t->name && slice_is(slice_of(t->name), name); t++)
        if (prepare(db, t, &p, &why))
            return read_table(job, db, &p, about, e);
    job_unknown(job, &why);
    return true;
}

static void tell_losses(struct job *job, struct sqlite *db)
{
    struct sqlite_losses l = sqlite_losses(db);
    for (unsigned i = 0; i < l.n; i++)
        job_lost(job, "%s", l.what[i]);
    if (l.more)
        job_lost(job, "%u more kinds of damage", l.more);
    l = sqlite_notes(db);
    for (unsigned i = 0; i < l.n; i++)
        job_note(job, "%s", l.what[i]);
}

/* A database of another program under the same name, or one that was never used: a page without a
   table. (Longer ones have lost their schema.) */
bool artifact_is_foreign(struct job *job, struct sqlite *db, const struct artifact *a,
                         const struct file *f)
{
    int64_t all = 0, ours = 0;
    uint8_t size[2] = {0}; /* of a page, at byte 16 of the file */
    struct err ignored = {0};
    const char *select = arena_printf(
        job_arena(job), "SELECT count(*) FROM sqlite_schema WHERE name LIKE '%s'", a->mark);
    if (!sqlite_int(db, "SELECT count(*) FROM sqlite_schema", &all) ||
        !sqlite_int(db, select, &ours) || ours || !blob_read(f->blob, 16, size, 2, &ignored))
        return false;
    if (!all && (f->wal || blob_size(f->blob) > (uint64_t)(size[0] << 8 | size[1])))
        return false;
    job_note(job, "%.*s: %s", (int)f->entry.path.n, (const char *)f->entry.path.p,
             all ? "a database of something else" : "a database without any table");
    return true;
}

static bool read_file(struct job *job, const struct artifact *a, struct file *f, struct err *e)
{
    struct err why = {0};
    struct record about = {0};
    bool known = false, go_on = true;
    struct sqlite *db = job_sqlite(job, f, &why);
    if (!db) {
        job_unknown(job, &why);
        return true;
    }
    if (a->mark && artifact_is_foreign(job, db, a, f)) {
        tell_losses(job, db);
        return true;
    }
    if (a->about)
        a->about(job, f, &about);
    for (const struct table *t = a->tables; go_on && t->name;) {
        const char *name = t->name;
        go_on = read_alternatives(job, db, t, &about, &known, e);
        while (t->name && slice_is(slice_of(t->name), name))
            t++;
    }
    tell_losses(job, db);
    if (!known && go_on) {
        err_set(&why, ERR_UNSUPPORTED, "schema not known: none of its tables");
        job_unknown(job, &why);
    }
    return go_on;
}

bool artifact_run_tables(struct job *job, const struct artifact *a, struct err *e)
{
    struct file f;
    while (job_next_file(job, &f, e))
        if (!read_file(job, a, &f, e))
            return false;
    return !e->code;
}
