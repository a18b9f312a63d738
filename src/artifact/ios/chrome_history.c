/*
 * Chrome's history, and that of browsers built from it. Times are microseconds since 1601; the low
 * byte of `transition` is the kind (1 typed, 7 form), its high bits mark redirects.
 */
#include "artifact/artifact.h"

const struct artifact ios_chrome_history = {
    .id = "ios.chrome_history",
    .title = "Chrome visits",
    .explains =
        "Pages opened in Chrome and its relatives, with downloads and their redirects. Chrome "
        "keeps 90 days; private tabs are never stored.",
    .found_in = IN_ANY_BACKUP | IN_IOS_FS,
    .paths = PATHS("Library/Application Support/Google/Chrome/*/History",
                   "Library/Application Support/*/*/*/History"),
    .tables = TABLES(
        {
            .name = "visits",
            .from = "visits v LEFT JOIN urls u ON u.id = v.url",
            .row = "v.id",
            .joined = PATHS("urls"),
            .columns = COLUMNS(TIME("visited", "v.visit_time", WEBKIT),
                               OBSERVE("url", "u.url", OBS_URL, OPENED),
                               TEXT("title", "u.title", OPTIONAL),
                               INT("redirected_from", "v.from_visit", OPTIONAL),
                               INT("transition", "v.transition", OPTIONAL)),
        },
        {
            .name = "urls", /* an address whose visits are gone */
            .from = "urls u JOIN (SELECT id FROM urls EXCEPT SELECT url FROM visits) o "
                    "ON o.id = u.id",
            .row = "u.id",
            .columns = COLUMNS(TIME("last_visit", "u.last_visit_time", WEBKIT, OPTIONAL),
                               OBSERVE("url", "u.url", OBS_URL, OPENED),
                               TEXT("title", "u.title", OPTIONAL)),
        },
        {
            .name = "downloads_url_chains",
            .from = "downloads_url_chains c LEFT JOIN downloads d ON d.id = c.id",
            .row = "c.rowid",
            .optional = true,
            .columns = COLUMNS(TIME("started", "d.start_time", WEBKIT, OPTIONAL),
                               OBSERVE("url", "c.url", OBS_URL, OPENED),
                               OBSERVE("path", "d.target_path", OBS_PATH, PRESENT, OPTIONAL)),
        },
        {
            .name = "downloads_url_chains",
            .from = "downloads_url_chains c",
            .row = "c.rowid",
            .optional = true,
            .columns = COLUMNS(OBSERVE("url", "c.url", OBS_URL, OPENED)),
        }),
};
