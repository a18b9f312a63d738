/*
 * Failures and events that the keychain and its services counted: one record a row. `data` is a
 * plist with free keys; names of programs and hosts turn up in any of them, so each value is
 * searched. `timestamp` counts from 1970, unlike most of Apple's. Not every store has all tables.
 */
#include "artifact/artifact.h"
#include "artifact/ios/common.h"
#include "artifact/ios/versions.h"

enum { MAX_VALUES = 40 };

/* Keys that have fields of their own, or say nothing. */
static const struct {
    const char *key, *field;
} known[] = {
    {"event", "event"}, {"build", "build"}, {"errorDomain", "error_domain"},
    {"ver", "version"}, {"uuid", "uuid"},   {NULL, NULL},
};

static const char *field_of(struct slice key)
{
    for (size_t i = 0; known[i].key; i++)
        if (slice_is(key, known[i].key))
            return known[i].field;
    return NULL;
}

/* One word, as a program's name is. */
static bool is_word(struct slice s)
{
    return s.n && s.n <= 128 && slice_find(s, ' ') == s.n &&
           slice_search(s, slice_of("://"), 0) == s.n;
}

static void add_value(struct job *job, struct record *r, struct slice key, struct slice text)
{
    const char *field = field_of(key);
    if (field) {
        record_text(r, field, text);
        return;
    }
    char *line = arena_printf(job_arena(job), "%.*s: %.*s", (int)key.n, (const char *)key.p,
                              (int)text.n, (const char *)text.p);
    record_observe(r, "value", OBS_TEXT, CONTACTED, slice_of(line));
    if (is_word(text))
        record_observe(r, "name", OBS_PROCESS, RAN, text);
}

static bool data(struct job *job, struct slice bytes, struct record *r, struct err *e)
{
    struct plist *p = plist_open(bytes, job_arena(job), e);
    if (!p)
        return false;
    if (plist_top(p).type != PLIST_DICT)
        return err_set(e, ERR_UNSUPPORTED, "no dictionary at the top");
    struct plist_walk *w = plist_walk(plist_top(p), job_arena(job));
    struct plist_value v;
    struct slice key;
    unsigned n = 0;
    while (plist_walk_next(w, &key, &v)) {
        if (slice_is(key, "errorCode") && plist_is_number(v))
            record_int(r, "error_code", plist_int(v, 0));
        else if (v.type == PLIST_STRING && n++ < MAX_VALUES / 2)
            add_value(job, r, key, plist_string(v));
    }
    if (n > MAX_VALUES / 2)
        return err_set(e, ERR_LIMIT, "more than %d texts", MAX_VALUES / 2);
    return !plist_bad(p, e);
}

static void about(struct job *job, const struct file *f, struct record *r)
{
    struct slice name = slice_basename(f->entry.path);
    (void)job;
    name.n -= slice_ends(name, ".db") ? 3 : 0;
    record_text(r, "store", name);
}

#define EVENTS(table)                                                                              \
    {                                                                                              \
        .name = table, .from = table " t", .row = "t.rowid", .optional = true,                     \
        .columns = COLUMNS(TIME("date", "t.timestamp", UNIX),                                      \
                           DECODE("data", "nullif(t.data, x'')", data)),                           \
    }

const struct artifact ios_analytics = {
    .id = "ios.analytics",
    .title = "Keychain and trust events",
    .explains = "Failures and events that the keychain, TLS and synchronisation counted, with the "
                "programs and hosts they were about. Some weeks are kept.",
    .since = "iOS 11",
    .kept = "some weeks",
    .clears = "erasing the phone",
    .found_in = IN_IOS_FS,
    .mark = "%failures",
    .about = about,
    .paths = PATHS("/private/var/Keychains/Analytics/*.db"),
    .tables = TABLES(EVENTS("hard_failures"), EVENTS("soft_failures"), EVENTS("all_events")),
};
