/*
 * Safari's icons of pages: page and icon address, valid ones and rejected ones. Clearing the history
 * leaves many of them, so that a page without a visit here is worth a look.
 *
 * An icon of several pages has one row of icon_info; icons whose pages are gone are kept apart. Any
 * of the three tables may be missing.
 */
#include "artifact/artifact.h"

#define ICON_COLUMNS(t)                                                                            \
    TIME("date", t ".timestamp", MAC, OPTIONAL), OBSERVE("icon", t ".url", OBS_URL, OPENED)

const struct artifact ios_safari_favicon = {
    .id = "ios.safari_favicon",
    .title = "Safari page icons",
    .explains = "Pages whose icon Safari fetched or refused. Many stay after the history was "
                "cleared.",
    .since = "iOS 9",
    .kept = "months, longer than the history",
    .clears = "clearing Safari's website data",
    .found_in = IN_IOS_FS,
    .paths = PATHS("Library/Image Cache/Favicons/Favicons.db"),
    .tables = TABLES(
        {
            .name = "page_url",
            .from = "page_url p LEFT JOIN icon_info i ON i.uuid = p.uuid",
            .row = "p.rowid",
            .joined = PATHS("icon_info"),
            .columns = COLUMNS(OBSERVE("page", "p.url", OBS_URL, OPENED), ICON_COLUMNS("i")),
        },
        {
            .name = "page_url",
            .from = "page_url p",
            .row = "p.rowid",
            .columns = COLUMNS(OBSERVE("page", "p.url", OBS_URL, OPENED)),
        },
        {
            .name = "icon_info",
            .from = "icon_info i JOIN (SELECT uuid FROM icon_info EXCEPT "
                    "SELECT uuid FROM page_url) o ON o.uuid = i.uuid",
            .row = "i.rowid",
            .optional = true,
            .columns = COLUMNS(ICON_COLUMNS("i")),
        },
        {
            .name = "rejected_resources",
            .from = "rejected_resources r",
            .row = "r.rowid",
            .optional = true,
            .columns =
                COLUMNS(TIME("date", "r.timestamp", MAC, OPTIONAL),
                        OBSERVE("page", "r.page_url", OBS_URL, OPENED),
                        OBSERVE("icon", "r.icon_url", OBS_URL, OPENED), INT("rejected", "1")),
        }),
};
