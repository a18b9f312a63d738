/*
 * Cellular accounting: one record per process known to it and one per row of use (usage.h). Counts
 * mobile data only, so a phone on Wi-Fi leaves little; rules ios.datausage.*.
 */
#include "artifact/artifact.h"
#include "artifact/ios/usage.h"

const struct artifact ios_datausage = {
    .id = "ios.datausage",
    .title = "Mobile data by process",
    .explains =
        "Which programs used mobile data, since when, and how much. Entries stay for months, "
        "also of programs that are gone; Wi-Fi is not counted.",
    .since = "iOS 7",
    .kept = "months, programs that are gone included",
    .clears = "Reset Statistics in the settings, erasing the phone",
    .found_in = IN_ANY_BACKUP | IN_IOS_FS,
    .expected_in = IN_ANY_BACKUP | IN_IOS_FS,
    .process_cut = 16,
    .paths = PATHS("Library/Databases/DataUsage.sqlite"),
    .tables = TABLES(IOS_USAGE_TABLES),
};
