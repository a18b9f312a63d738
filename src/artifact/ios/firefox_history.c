/*
 * Firefox's history: browser.db until 2023 (microseconds since 1970), places.db since
 * (milliseconds). The unit is decided by size. Bookmarks stay out: they are no visits.
 */
#include "artifact/artifact.h"

const struct artifact ios_firefox_history = {
    .id = "ios.firefox_history",
    .title = "Firefox visits",
    .explains = "Pages opened in Firefox, on this phone or on a synchronised one. Kept until the "
                "owner clears them; private tabs are never stored.",
    .found_in = IN_ANY_BACKUP | IN_IOS_FS,
    .paths = PATHS("profile.profile/browser.db", "profile.profile/places.db"),
    .tables = TABLES(
        {
            .name = "visits",
            .from = "visits v LEFT JOIN history h ON h.id = v.siteID",
            .row = "v.id",
            .optional = true,
            .joined = PATHS("history"),
            .columns =
                COLUMNS(TIME("visited", "v.date", UNIX), OBSERVE("url", "h.url", OBS_URL, OPENED),
                        TEXT("title", "h.title", OPTIONAL), INT("local", "v.is_local", OPTIONAL),
                        INT("type", "v.type", OPTIONAL)),
        },
        {
            .name = "history", /* an address whose visits are gone */
            .from = "history h JOIN (SELECT id FROM history EXCEPT SELECT siteID FROM visits) o "
                    "ON o.id = h.id",
            .row = "h.id",
            .optional = true,
            .columns = COLUMNS(OBSERVE("url", "h.url", OBS_URL, OPENED),
                               TEXT("title", "h.title", OPTIONAL)),
        },
        {
            .name = "moz_historyvisits",
            .from = "moz_historyvisits v LEFT JOIN moz_places p ON p.id = v.place_id",
            .row = "v.id",
            .optional = true,
            .joined = PATHS("moz_places"),
            .columns = COLUMNS(
                TIME("visited", "v.visit_date", UNIX), OBSERVE("url", "p.url", OBS_URL, OPENED),
                TEXT("title", "p.title", OPTIONAL),
                INT("redirected_from", "v.from_visit", OPTIONAL),
                INT("local", "v.is_local", OPTIONAL), INT("type", "v.visit_type", OPTIONAL)),
        },
        {
            .name = "moz_places",
            .from = "moz_places p JOIN (SELECT id FROM moz_places EXCEPT "
                    "SELECT place_id FROM moz_historyvisits) o ON o.id = p.id",
            .row = "p.id",
            .optional = true,
            .columns = COLUMNS(TIME("last_visit", "p.last_visit_date_local", UNIX, OPTIONAL),
                               OBSERVE("url", "p.url", OBS_URL, OPENED),
                               TEXT("title", "p.title", OPTIONAL)),
        }),
};
