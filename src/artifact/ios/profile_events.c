/*
 * Installing and removing of configuration profiles: ProfileEvents = [ { id: { operation, process,
 * timestamp } } ]; keys come capitalised or not. An event with no or several keys is legal here.
 */
#include "artifact/artifact.h"
#include "artifact/ios/common.h"

static struct plist_value either(struct plist_value dict, const char *a, const char *b)
{
    struct plist_value v = plist_get(dict, a);
    return v.type == PLIST_NONE ? plist_get(dict, b) : v;
}

static bool emit(struct job *job, struct slice id, struct plist_value v, int64_t n, struct err *e)
{
    struct record r;
    record_start(&r, KEY, slice_of("ProfileEvents"), n);
    record_time(&r, "date", plist_date(either(v, "timestamp", "Timestamp")));
    record_observe(&r, "profile", OBS_PROFILE, CONFIGURED, id);
    record_text(&r, "operation", plist_string(either(v, "operation", "Operation")));
    record_observe(&r, "process", OBS_PROCESS, RAN, plist_string(either(v, "process", "Process")));
    return job_emit(job, &r, e);
}

static bool run(struct job *job, struct err *e)
{
    struct file f;
    while (job_next_file(job, &f, e)) {
        struct plist *p = ios_plist_file(job, &f);
        struct plist_value list, event, facts;
        if (!p || !ios_plist_list(job, p, "ProfileEvents", &list))
            continue;
        struct plist_iter events = plist_iter(list);
        struct slice none, id;
        for (int64_t n = 0; plist_next(&events, &none, &event); n++) {
            struct plist_iter it = plist_iter(event);
            if (event.type != PLIST_DICT) {
                struct origin o = {KEY, slice_of("ProfileEvents"), n, LIVE};
                err_set(e, ERR_CORRUPT, "an event is no dictionary");
                job_skip(job, &o, e);
                continue;
            }
            while (plist_next(&it, &id, &facts))
                if (!emit(job, id, facts, n, e))
                    return false;
        }
        ios_plist_end(job, &f, p);
    }
    return !e->code;
}

const struct artifact ios_profile_events = {
    .id = "ios.profile_events",
    .title = "Profile events",
    .explains =
        "When configuration profiles were installed and removed, and by which program. Kept "
        "until the phone is erased.",
    .found_in = IN_ANY_BACKUP | IN_IOS_FS,
    .shows = 1 << CONFIGURED | 1 << RAN,
    .paths = PATHS("Library/ConfigurationProfiles/MCProfileEvents.plist"),
    .run = run,
};
