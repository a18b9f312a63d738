/*
 * Chrome's icons of pages: the page and the icon's own address. They may outlive the history.
 * last_updated is 0 for icons that were only requested.
 */
#include "artifact/artifact.h"

const struct artifact ios_chrome_favicon = {
    .id = "ios.chrome_favicon",
    .title = "Chrome page icons",
    .explains = "Pages whose icon Chrome kept. Some stay after the history was cleared.",
    .found_in = IN_ANY_BACKUP | IN_IOS_FS,
    .paths = PATHS("Library/Application Support/Google/Chrome/*/Favicons",
                   "Library/Application Support/*/*/*/Favicons"),
    .tables = TABLES({
        .name = "icon_mapping",
        .from = "icon_mapping m LEFT JOIN favicons f ON f.id = m.icon_id "
                "LEFT JOIN (SELECT icon_id, max(last_updated) AS updated, "
                "max(last_requested) AS requested FROM favicon_bitmaps GROUP BY icon_id) b "
                "ON b.icon_id = m.icon_id",
        .row = "m.id",
        .joined = PATHS("favicons", "favicon_bitmaps"),
        .columns =
            COLUMNS(TIME("updated", "b.updated", WEBKIT), TIME("requested", "b.requested", WEBKIT),
                    OBSERVE("page", "m.page_url", OBS_URL, OPENED),
                    OBSERVE("icon", "f.url", OBS_URL, OPENED)),
    }),
};
