/*
 * Safari history: one record per visit, with the redirect it came from or led to, one per
 * tombstone (a deletion that has not yet reached the other devices), and one per address that has
 * no visit left.
 *
 * A visit with origin 1 was synchronised through iCloud: another device opened it. iOS 26 writes
 * Unix seconds where older ones wrote Mac seconds; utime_from_real() tells them apart by size.
 */
#include "artifact/artifact.h"

const struct artifact ios_safari_history = {
    .id = "ios.safari_history",
    .title = "Safari visits",
    .explains = "Pages opened in Safari and the redirects between them. Private tabs are never "
                "stored, and most phones keep a month; a deletion leaves a mark for a while.",
    .found_in = IN_BACKUP_ENC | IN_IOS_FS,
    .expected_in = IN_BACKUP_ENC | IN_IOS_FS,
    .heavy = true,
    .paths = PATHS("Library/Safari/History.db",
                   "Library/Safari/Profiles/*/History.db"), /* profiles: iOS 17 */
    .tables = TABLES(
        {
            .name = "history_visits",
            .from = "history_visits v LEFT JOIN history_items i ON i.id = v.history_item",
            .row = "v.id",
            .joined = PATHS("history_items"),
            .columns = COLUMNS(
                TIME("visited", "v.visit_time", MAC), OBSERVE("url", "i.url", OBS_URL, OPENED),
                TEXT("title", "v.title", OPTIONAL),
                INT("redirected_from", "v.redirect_source", OPTIONAL),
                INT("redirected_to", "v.redirect_destination", OPTIONAL),
                INT("loaded", "v.load_successful", OPTIONAL),
                INT("synthesized", "v.synthesized", OPTIONAL), INT("origin", "v.origin", OPTIONAL)),
        },
        {
            .name = "history_tombstones",
            .from = "history_tombstones t",
            .row = "t.id",
            .optional = true,
            .columns = COLUMNS(TIME("deleted_to", "t.end_time", MAC),
                               TIME("deleted_from", "t.start_time", MAC),
                               OBSERVE("url", "t.url", OBS_URL, OPENED, OPTIONAL)),
        },
        {
            .name = "history_items",
            .from = "history_items i JOIN (SELECT id FROM history_items EXCEPT "
                    "SELECT history_item FROM history_visits) o ON o.id = i.id",
            .row = "i.id",
            .columns = COLUMNS(OBSERVE("url", "i.url", OBS_URL, OPENED),
                               INT("visit_count", "i.visit_count", OPTIONAL)),
        }),
};
