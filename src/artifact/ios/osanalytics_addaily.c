/*
 * Network use by process since the last report to Apple: netUsageBaseline of the daily analytics.
 * { process: [date, wifi in, wifi out, mobile in, mobile out] }; arrays may be shorter. Unlike
 * ios.datausage it counts Wi-Fi, too, and names of long-gone processes stay.
 */
#include "artifact/artifact.h"
#include "artifact/ios/common.h"

static bool emit(struct job *job, struct slice name, struct plist_value v, int64_t n, struct err *e)
{
    static const char *const counters[] = {"wifi_in", "wifi_out", "mobile_in", "mobile_out"};
    struct record r;
    struct plist_iter it = plist_iter(v);
    struct slice none, process = name;
    struct plist_value item;
    unsigned counter = 0;
    record_start(&r, KEY, slice_of("netUsageBaseline"), n);
    size_t slash = slice_find(name, '/');
    if (slash < name.n)
        process = slice_sub(name, 0, slash);
    while (v.type == PLIST_ARRAY && plist_next(&it, &none, &item)) {
        if (item.type == PLIST_DATE)
            record_time(&r, "reported", plist_date(item));
        else if (plist_is_number(item) && counter < 4)
            record_real(&r, counters[counter++], plist_real(item, 0));
    }
    record_text(&r, "name", name);
    record_observe(&r, "process", OBS_PROCESS, RAN, process);
    record_observe(&r, "app", OBS_APP, RAN,
                   slash < name.n ? slice_sub(name, slash + 1, name.n) : name);
    return job_emit(job, &r, e);
}

static bool run(struct job *job, struct err *e)
{
    struct file f;
    while (job_next_file(job, &f, e)) {
        struct plist *p = ios_plist_file(job, &f);
        if (!p)
            continue;
        struct plist_value baseline = plist_get(plist_top(p), "netUsageBaseline");
        if (baseline.type != PLIST_DICT && !plist_bad(p, e)) {
            err_set(e, ERR_UNSUPPORTED, "schema not known: no netUsageBaseline");
            job_unknown(job, e);
            continue;
        }
        err_clear(e);
        struct plist_iter it = plist_iter(baseline);
        struct slice name;
        struct plist_value v;
        for (int64_t n = 0; plist_next(&it, &name, &v); n++)
            if (!emit(job, name, v, n, e))
                return false;
        ios_plist_end(job, &f, p);
    }
    return !e->code;
}

const struct artifact ios_osanalytics_addaily = {
    .id = "ios.osanalytics_addaily",
    .title = "Daily network use by process",
    .explains =
        "Programs that used the network, with Wi-Fi and mobile data, and the last time they "
        "were counted. One entry a program, kept even when the program is gone.",
    .found_in = IN_ANY_BACKUP | IN_IOS_FS,
    .expected_in = IN_ANY_BACKUP | IN_IOS_FS,
    .shows = 1 << RAN,
    .paths = PATHS("Library/Preferences/com.apple.osanalytics.addaily.plist"),
    .run = run,
};
