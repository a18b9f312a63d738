/*
 * Firefox's icons of pages, in browser.db until 2023 or so: page and icon address. The date's unit
 * (milliseconds, microseconds) is told by its size. Newer versions keep icons elsewhere, so that a
 * browser.db without these tables is normal.
 */
#include "artifact/artifact.h"

const struct artifact ios_firefox_favicon = {
    .id = "ios.firefox_favicon",
    .title = "Firefox page icons",
    .explains = "Pages whose icon Firefox kept. Some stay after the history was cleared; newer "
                "versions no longer write them here.",
    .kept = "months, longer than the history",
    .clears = "clearing Firefox's data, removing the app",
    .found_in = IN_ANY_BACKUP | IN_IOS_FS,
    .mark = "favicon%",
    .paths = PATHS("profile.profile/browser.db"),
    .tables = TABLES({
        .name = "favicon_sites",
        .from = "favicon_sites s LEFT JOIN favicons f ON f.id = s.faviconID "
                "LEFT JOIN history h ON h.id = s.siteID",
        .row = "s.id",
        .joined = PATHS("favicons", "history"),
        .columns = COLUMNS(TIME("date", "f.date", UNIX), OBSERVE("page", "h.url", OBS_URL, OPENED),
                           OBSERVE("icon", "f.url", OBS_URL, OPENED)),
    }),
};
