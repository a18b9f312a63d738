/*
 * Clients of the location service: { client: facts }. A client's key is a bundle id, a path, or
 * "com.apple.locationd.bundle-PATH" / "...executable-PATH"; newer versions end it with ':' and may
 * put a letter in front ("i" bundle id, "p" path). Values that are no dict are counters.
 *
 * `Registered` is a path or a flag. Times are Mac seconds; the latest is what counts.
 */
#include "artifact/artifact.h"
#include "artifact/ios/common.h"

static struct slice without_marks(struct slice key)
{
    static const char *const prefixes[] = {"com.apple.locationd.bundle-",
                                           "com.apple.locationd.executable-"};
    if (slice_ends(key, ":"))
        key.n--;
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
        if (slice_starts(key, prefixes[i]))
            key = slice_sub(key, strlen(prefixes[i]), key.n);
    if (slice_starts(key, "p/"))
        key = slice_sub(key, 1, key.n);
    return key;
}

static void add_times(struct record *r, struct plist_value client)
{
    static const struct {
        const char *name, *key;
    } times[] = {
        {"location_stopped", "LocationTimeStopped"},
        {"receiving_stopped", "ReceivingLocationInformationTimeStopped"},
        {"consumption_began", "ConsumptionPeriodBegin"},
        {"background_stopped", "BackgroundLocationTimeStopped"},
        {"significant_stopped", "SignificantTimeStopped"},
        {"visit_stopped", "VisitTimeStopped"},
        {"fence_stopped", "FenceTimeStopped"},
        {"beacon_stopped", "BeaconRegionTimeStopped"},
    };
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        struct plist_value v = plist_get(client, times[i].key);
        if (plist_is_number(v))
            job_time(r, times[i].name, plist_real(v, 0), MAC);
    }
}

static bool emit(struct job *job, struct slice key, struct plist_value client, int64_t n,
                 struct err *e)
{
    static const struct {
        const char *name, *key;
    } paths[] = {
        {"bundle_path", "BundlePath"}, {"executable", "Executable"}, {"registered", "Registered"}};
    struct record r;
    struct slice id = without_marks(key), bundle = plist_string(plist_get(client, "BundleId"));
    record_start(&r, KEY, key, n);
    add_times(&r, client);
    record_text(&r, "client", key);
    record_observe(&r, "process", OBS_PROCESS, RAN, slice_basename(id));
    if (id.n && id.p[0] == '/')
        record_observe(&r, "path", OBS_PATH, RAN, id);
    else
        record_observe(&r, "app", OBS_APP, RAN, id);
    if (bundle.n)
        record_observe(&r, "bundle", OBS_APP, RAN, bundle);
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        struct slice path = plist_string(plist_get(client, paths[i].key));
        if (path.n)
            record_observe(&r, paths[i].name, OBS_PATH, RAN, path);
    }
    struct plist_value authorization = plist_get(client, "Authorization");
    if (plist_is_number(authorization))
        record_int(&r, "authorization", plist_int(authorization, 0));
    return job_emit(job, &r, e);
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
        struct plist_value client;
        for (int64_t n = 0; plist_next(&it, &key, &client); n++)
            if (client.type == PLIST_DICT && !emit(job, key, client, n, e))
                return false;
        ios_plist_end(job, &f, p);
    }
    return !e->code;
}

const struct artifact ios_locationd = {
    .id = "ios.locationd",
    .title = "Location clients",
    .explains =
        "Apps and programs that asked for the place of the phone, with the last times. Kept "
        "until the app is removed or location settings are reset.",
    .found_in = IN_ANY_BACKUP | IN_IOS_FS,
    .shows = 1 << RAN,
    .paths = PATHS("Library/Caches/locationd/clients.plist"),
    .run = run,
};
