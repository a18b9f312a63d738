/*
 * Cellular accounting: one record per process known to it and one per row of use. Counts mobile
 * data only, so a phone on Wi-Fi leaves little.
 *
 * ZPROCNAME is `process`, `process/bundle.id` or `UUID/bundle.id`; the process part is cut at 16
 * characters. A gap in ZPROCESS.Z_PK, or use without a process, can mean that someone removed the
 * name but not the traffic (rules ios.datausage.*). iOS 17 dropped the Wi-Fi columns.
 */
#include "artifact/artifact.h"

#define NAME_COLUMNS                                                                               \
    OBSERVE("process",                                                                             \
            "CASE WHEN instr(p.ZPROCNAME, '/') THEN "                                              \
            "substr(p.ZPROCNAME, 1, instr(p.ZPROCNAME, '/') - 1) ELSE p.ZPROCNAME END",            \
            OBS_PROCESS, RAN),                                                                     \
        OBSERVE("app",                                                                             \
                "CASE WHEN instr(p.ZPROCNAME, '/') THEN "                                          \
                "substr(p.ZPROCNAME, instr(p.ZPROCNAME, '/') + 1) END",                            \
                OBS_APP, RAN),                                                                     \
        OBSERVE("bundle", "p.ZBUNDLENAME", OBS_APP, RAN, OPTIONAL)

const struct artifact ios_datausage = {
    .id = "ios.datausage",
    .title = "Mobile data by process",
    .explains =
        "Which programs used mobile data, since when, and how much. Entries stay for months, "
        "also of programs that are gone; Wi-Fi is not counted.",
    .found_in = IN_ANY_BACKUP | IN_IOS_FS,
    .expected_in = IN_ANY_BACKUP | IN_IOS_FS,
    .process_cut = 16,
    .paths = PATHS("Library/Databases/DataUsage.sqlite"),
    .tables = TABLES(
        {
            .name = "ZPROCESS",
            .from = "ZPROCESS p",
            .row = "p.Z_PK",
            .columns = COLUMNS(TIME("first", "p.ZFIRSTTIMESTAMP", MAC, OPTIONAL),
                               TIME("last", "p.ZTIMESTAMP", MAC, OPTIONAL),
                               TEXT("name", "p.ZPROCNAME"), NAME_COLUMNS),
        },
        {
            .name = "ZLIVEUSAGE",
            .from = "ZLIVEUSAGE u LEFT JOIN ZPROCESS p ON p.Z_PK = u.ZHASPROCESS",
            .row = "u.Z_PK",
            .joined = PATHS("ZPROCESS"),
            .columns = COLUMNS(
                TIME("used", "u.ZTIMESTAMP", MAC), NAME_COLUMNS,
                INT("process_row", "u.ZHASPROCESS"), INT("process_found", "p.Z_PK"),
                INT("kind", "u.ZKIND", OPTIONAL), REAL("wifi_in", "u.ZWIFIIN", OPTIONAL),
                REAL("wifi_out", "u.ZWIFIOUT", OPTIONAL), REAL("mobile_in", "u.ZWWANIN", OPTIONAL),
                REAL("mobile_out", "u.ZWWANOUT", OPTIONAL)),
        }),
};
