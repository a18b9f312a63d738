/*
 * Safari's list of downloads: DownloadHistory = [ { DownloadEntry... } ]. Profiles and apps that are
 * installed past the App Store come this way. Dates are dates or seconds since 2001.
 */
#include "artifact/artifact.h"
#include "artifact/ios/common.h"

static void add_date(struct record *r, const char *name, struct plist_value entry, const char *key)
{
    struct plist_value v = plist_get(entry, key);
    if (v.type == PLIST_DATE)
        record_time(r, name, plist_date(v));
    else if (plist_is_number(v))
        job_time(r, name, plist_real(v, 0), MAC);
}

static void add_bytes(struct record *r, const char *name, struct plist_value entry, const char *key)
{
    struct plist_value v = plist_get(entry, key);
    if (plist_is_number(v))
        record_int(r, name, plist_int(v, -1));
}

static bool emit(struct job *job, struct plist_value entry, int64_t n, struct err *e)
{
    struct record r;
    record_start(&r, KEY, slice_of("DownloadHistory"), n);
    add_date(&r, "added", entry, "DownloadEntryDateAddedKey");
    add_date(&r, "finished", entry, "DownloadEntryDateFinishedKey");
    record_observe(&r, "url", OBS_URL, OPENED, plist_string(plist_get(entry, "DownloadEntryURL")));
    struct slice path = plist_string(plist_get(entry, "DownloadEntryPath"));
    if (path.n)
        record_observe(&r, "path", OBS_PATH, PRESENT, path);
    add_bytes(&r, "bytes", entry, "DownloadEntryProgressBytesSoFar");
    add_bytes(&r, "bytes_total", entry, "DownloadEntryProgressTotalToLoad");
    ios_plist_text(&r, "identifier", entry, "DownloadEntryIdentifier");
    ios_plist_text(&r, "sandbox", entry, "DownloadEntrySandboxIdentifier");
    return job_emit(job, &r, e);
}

static bool run(struct job *job, struct err *e)
{
    return ios_plist_entries(job, "DownloadHistory", emit, e);
}

const struct artifact ios_safari_downloads = {
    .id = "ios.safari_downloads",
    .title = "Safari downloads",
    .explains = "Files that Safari downloaded, from where and to which place. By default an entry "
                "goes after a day; the owner can keep them until removed by hand.",
    .since = "iOS 13",
    .kept = "one day, unless set otherwise",
    .clears = "the list's own Clear, clearing the history",
    .kept_days = 1,
    .found_in = IN_ANY_BACKUP | IN_IOS_FS,
    .shows = 1 << OPENED | 1 << PRESENT,
    .paths = PATHS("Library/Safari/Downloads/Downloads.plist"),
    .run = run,
};
