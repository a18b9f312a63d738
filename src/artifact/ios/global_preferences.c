/*
 * Global preferences: one record per key whose value is a scalar. Lockdown Mode is
 * LDMGlobalEnabled; absent means that it was never touched.
 */
#include "artifact/artifact.h"
#include "artifact/ios/common.h"

static void add_value(struct record *r, struct plist_value v)
{
    switch (v.type) {
    case PLIST_BOOL: record_int(r, "value", plist_bool(v, false)); break;
    case PLIST_INT: record_int(r, "value", plist_int(v, 0)); break;
    case PLIST_REAL: record_real(r, "value", plist_real(v, 0)); break;
    case PLIST_STRING: record_text(r, "value", plist_string(v)); break;
    case PLIST_DATE: record_time(r, "value", plist_date(v)); break;
    case PLIST_NONE:
    case PLIST_NULL:
    case PLIST_DATA:
    case PLIST_UID:
    case PLIST_ARRAY:
    case PLIST_DICT: record_int(r, "items", (int64_t)plist_count(v)); break;
    }
}

static bool run(struct job *job, struct err *e)
{
    struct file f;
    while (job_next_file(job, &f, e)) {
        struct plist *p = ios_plist_file(job, &f);
        if (!p)
            continue;
        struct plist_iter it = plist_iter(plist_top(p));
        struct slice key;
        struct plist_value v;
        for (int64_t n = 0; plist_next(&it, &key, &v); n++) {
            struct record r;
            record_start(&r, KEY, key, n);
            record_text(&r, "key", key);
            add_value(&r, v);
            if (!job_emit(job, &r, e))
                return false;
        }
        ios_plist_end(job, &f, p);
    }
    return !e->code;
}

const struct artifact ios_global_preferences = {
    .id = "ios.global_preferences",
    .title = "Global preferences",
    .explains = "System-wide settings, among them Lockdown Mode and languages. As on the day of "
                "capture.",
    .found_in = IN_ANY_BACKUP | IN_IOS_FS,
    .state = true,
    .paths = PATHS("Library/Preferences/.GlobalPreferences.plist"),
    .run = run,
};
