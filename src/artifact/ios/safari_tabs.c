/*
 * Safari's open and recently closed tabs: BrowserState.db until iOS 15, SafariTabs.db since.
 *
 * A tab may lack its session row, hence no inner join. session_data is a four-byte header and a
 * plist with the tab's back list; some versions compress it, which is told, not guessed. Private
 * tabs are here too. Dates as in ios.safari_history.
 */
#include "artifact/artifact.h"
#include "artifact/ios/common.h"

enum { SESSION_HEADER = 4 };

static bool session(struct job *job, struct slice bytes, struct record *r, struct err *e)
{
    if (bytes.n == 0)
        return true;
    return ios_plist_urls(job, slice_sub(bytes, SESSION_HEADER, bytes.n), "session", OPENED, r, e);
}

static bool attributes(struct job *job, struct slice bytes, struct record *r, struct err *e)
{
    struct plist *p = plist_open(bytes, job_arena(job), e);
    if (!p)
        return false;
    struct plist_value top = plist_top(p);
    static const char *const times[] = {"DateLastViewed", "LastVisitTime"};
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        struct plist_value v = plist_get(top, times[i]);
        if (v.type == PLIST_DATE)
            record_time(r, "last_viewed", plist_date(v));
        else if (plist_is_number(v))
            job_time(r, "last_viewed", plist_real(v, 0), MAC);
    }
    struct plist_value link = plist_get(top, "OpenedFromLink");
    if (link.type != PLIST_NONE)
        record_int(r, "opened_from_link", plist_bool(link, false));
    return !plist_bad(p, e);
}

const struct artifact ios_safari_tabs = {
    .id = "ios.safari_tabs",
    .title = "Safari tabs",
    .explains =
        "Tabs that were open or recently closed, with the pages behind each. They stay until "
        "closed and are often months old; clearing the history leaves many of them.",
    .found_in = IN_ANY_BACKUP | IN_IOS_FS,
    .paths = PATHS("Library/Safari/BrowserState.db", "Library/Safari/Profiles/*/BrowserState.db",
                   "Library/Safari/SafariTabs.db", "Library/Safari/Profiles/*/SafariTabs.db"),
    .tables = TABLES(
        {
            .name = "tabs",
            .from = "tabs t",
            .row = "t.id",
            .optional = true,
            .columns =
                COLUMNS(TIME("last_viewed", "t.last_viewed_time", MAC, OPTIONAL),
                        OBSERVE("url", "t.url", OBS_URL, OPENED),
                        OBSERVE("shown_url", "t.user_visible_url", OBS_URL, OPENED, OPTIONAL),
                        TEXT("title", "t.title", OPTIONAL),
                        INT("opened_from_link", "t.opened_from_link", OPTIONAL),
                        INT("private", "t.private_browsing", OPTIONAL),
                        DECODE("session", "t.session_data", session, OPTIONAL)),
        },
        {
            .name = "tab_sessions",
            .from = "tab_sessions s LEFT JOIN tabs t ON t.uuid = s.tab_uuid",
            .row = "s.id",
            .optional = true,
            .joined = PATHS("tabs"),
            .columns = COLUMNS(TIME("last_viewed", "t.last_viewed_time", MAC, OPTIONAL),
                               TEXT("title", "t.title", OPTIONAL),
                               DECODE("session", "s.session_data", session)),
        },
        {
            .name = "bookmarks",
            .from = "bookmarks b",
            .row = "b.id",
            .optional = true,
            .columns = COLUMNS(
                TIME("modified", "b.last_modified", MAC, OPTIONAL),
                TIME("closed", "b.date_closed", MAC, OPTIONAL),
                OBSERVE("url", "b.url", OBS_URL, OPENED), TEXT("title", "b.title", OPTIONAL),
                INT("parent", "b.parent", OPTIONAL), INT("deleted", "b.deleted", OPTIONAL),
                DECODE("extra", "b.extra_attributes", attributes, OPTIONAL),
                DECODE("local", "b.local_attributes", attributes, OPTIONAL)),
        }),
};
