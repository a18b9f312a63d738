/*
 * The forerunner of ios.webkit_resource_load_statistics, a plist until iOS 13: browsingStatistics =
 * [ { PrevalentResourceOrigin, topFrameUniqueRedirectsTo/From, ... } ]. An origin is a host or a
 * whole address.
 */
#include "artifact/artifact.h"
#include "artifact/ios/common.h"

static void add_related(struct job *job, struct record *r, const char *name,
                        struct plist_value list)
{
    struct buf lines = {0};
    struct plist_walk *w = plist_walk(list, job_arena(job));
    struct slice path;
    struct plist_value v;
    while (plist_walk_next(w, &path, &v)) {
        struct slice origin = plist_string(v);
        if (!origin.n)
            continue;
        if (slice_search(origin, slice_of("://"), 0) == origin.n)
            buf_text(&lines, "https://");
        buf_slice(&lines, origin);
        buf_byte(&lines, '\n');
    }
    if (lines.n)
        record_observe(r, name, OBS_TEXT, OPENED, arena_copy(job_arena(job), buf_view(&lines)));
    buf_free(&lines);
}

static bool emit(struct job *job, struct plist_value entry, int64_t n, struct err *e)
{
    static const struct {
        const char *name, *key;
    } lists[] = {
        {"origin", "PrevalentResourceOrigin"},
        {"redirected_from", "topFrameUniqueRedirectsFrom"},
        {"redirected_to", "topFrameUniqueRedirectsTo"},
        {"under", "subframeUnderTopFrameOrigins"},
        {"loaded_under", "subresourceUnderTopFrameOrigins"},
    };
    static const char *const times[] = {"lastSeen", "mostRecentUserInteraction"};
    struct record r;
    record_start(&r, KEY, slice_of("browsingStatistics"), n);
    for (size_t i = 0; i < 2; i++) {
        struct plist_value v = plist_get(entry, times[i]);
        if (v.type == PLIST_DATE)
            record_time(&r, i ? "interacted" : "last_seen", plist_date(v));
        else if (plist_is_number(v))
            job_time(&r, i ? "interacted" : "last_seen", plist_real(v, 0), UNIX);
    }
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        add_related(job, &r, lists[i].name, plist_get(entry, lists[i].key));
    return job_emit(job, &r, e);
}

static bool run(struct job *job, struct err *e)
{
    return ios_plist_entries(job, "browsingStatistics", emit, e);
}

const struct artifact ios_webkit_session_resource_log = {
    .id = "ios.webkit_session_resource_log",
    .title = "Web session log",
    .explains = "Origins that web pages loaded and redirects between them, until iOS 13. Later "
                "versions have ios.webkit_resource_load_statistics.",
    .found_in = IN_ANY_BACKUP | IN_IOS_FS,
    .shows = 1 << OPENED,
    .paths = PATHS("full_browsing_session_resourceLog.plist"),
    .run = run,
};
