/*
 * Look-ups of Apple IDs and numbers by iMessage, FaceTime and their relatives: one record each.
 *
 * Shape: { service: { URI: { LookupDate, IDStatus } } }; values that are no dict are version marks.
 * An address with two NUL bytes in it is a trace of its own (rule ios.idstatuscache.nul_bytes), so
 * strings are taken by length, never as C strings.
 */
#include "artifact/artifact.h"
#include "artifact/ios/common.h"

static int64_t count_nuls(struct slice s)
{
    int64_t n = 0;
    for (size_t i = 0; i < s.n; i++)
        n += s.p[i] == 0;
    return n;
}

static bool emit(struct job *job, struct slice service, struct slice uri, struct plist_value facts,
                 int64_t n, struct err *e)
{
    struct record r;
    record_start(
        &r, KEY,
        slice_of(arena_printf(job_arena(job), "%.*s", (int)service.n, (const char *)service.p)), n);
    struct plist_value date = plist_get(facts, "LookupDate");
    if (date.type == PLIST_DATE)
        record_time(&r, "looked_up", plist_date(date));
    else if (plist_is_number(date))
        job_time(&r, "looked_up", plist_real(date, 0), MAC);
    record_text(&r, "service", service);
    record_observe(&r, "uri", OBS_HANDLE, RECEIVED, uri);
    struct plist_value status = plist_get(facts, "IDStatus");
    if (plist_is_number(status))
        record_int(&r, "status", plist_int(status, 0));
    int64_t nuls = count_nuls(uri);
    if (nuls)
        record_int(&r, "nul_bytes", nuls);
    return job_emit(job, &r, e);
}

static bool run(struct job *job, struct err *e)
{
    struct file f;
    while (job_next_file(job, &f, e)) {
        struct plist *p = ios_plist_file(job, &f);
        if (!p)
            continue;
        struct plist_iter services = plist_iter(plist_top(p));
        struct slice service, uri;
        struct plist_value uris, facts;
        int64_t n = 0;
        while (plist_next(&services, &service, &uris)) {
            struct plist_iter it = plist_iter(uris);
            if (uris.type != PLIST_DICT)
                continue;
            while (plist_next(&it, &uri, &facts))
                if (!emit(job, service, uri, facts, n++, e))
                    return false;
        }
        ios_plist_end(job, &f, p);
    }
    return !e->code;
}

const struct artifact ios_idstatuscache = {
    .id = "ios.idstatuscache",
    .title = "Apple ID look-ups",
    .explains = "Addresses and numbers that Apple's services looked up, among them senders of "
                "iMessages. Since iOS 14.7 often empty or missing; a restart doesn't clear it.",
    .found_in = IN_BACKUP_ENC | IN_IOS_FS,
    .shows = 1 << RECEIVED,
    .paths = PATHS("Library/Preferences/com.apple.identityservices.idstatuscache.plist",
                   "Library/IdentityServices/idstatuscache.plist"),
    .run = run,
};
