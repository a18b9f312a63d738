/*
 * Which system version ran when: the first line of each journal of the analytics service. A journal
 * begins at a start of the system, so an update shows within a day. The version by the list of
 * builds stands beside the one that the journal itself names.
 */
#include "artifact/artifact.h"
#include "artifact/ios/common.h"
#include "artifact/ios/versions.h"
#include "format/ips.h"

enum { FIRST_LINE = 64 * 1024 };

static bool emit(struct job *job, const struct ips *report, struct err *e)
{
    struct record r;
    struct slice os = json_get_text(report->head, "os_version"), version, build;
    ips_os(os, &version, &build);
    record_start(&r, LINE, slice_of(""), 1);
    record_time(&r, "date", report->time);
    record_text(&r, "os_version", os);
    if (version.n)
        record_text(&r, "version", version);
    if (build.n)
        record_text(&r, "build", build);
    struct slice known = ios_version_of(build);
    if (known.n)
        record_text(&r, "build_is", known);
    struct slice id = json_get_text(report->head, "incident_id");
    if (id.n)
        record_text(&r, "incident", id);
    return job_emit(job, &r, e);
}

static bool run(struct job *job, struct err *e)
{
    struct file f;
    while (job_next_file(job, &f, e)) {
        struct err why = {0};
        struct ips report;
        size_t n = blob_size(f.blob) < FIRST_LINE ? (size_t)blob_size(f.blob) : FIRST_LINE;
        uint8_t *bytes = arena_alloc(job_arena(job), n);
        struct slice first = slice_at(bytes, n);
        if (!blob_read(f.blob, 0, bytes, n, &why) ||
            !ips_open(slice_sub(first, 0, slice_find(first, '\n')), job_arena(job), &report,
                      &why)) {
            struct origin o = {LINE, slice_basename(f.entry.path), 1, LIVE};
            job_skip(job, &o, &why);
        } else if (!emit(job, &report, e)) {
            return false;
        }
    }
    return !e->code;
}

const struct artifact ios_version_history = {
    .id = "ios.version_history",
    .title = "System versions over time",
    .explains = "Which version of iOS ran when, by the journals of the analytics service. They go "
                "back weeks to months.",
    .since = "iOS 12",
    .kept = "weeks to months",
    .clears = "erasing the phone",
    .found_in = IN_IOS_FS | IN_SYSDIAGNOSE,
    .paths = PATHS("analyticsd/Analytics-Journal-*.ips", "Analytics-*.ips.ca.synced"),
    .run = run,
};
