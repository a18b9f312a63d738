#pragma once

#include "artifact/ios/common.h"

/*
 * What DataUsage.sqlite and netusage.sqlite have in common: one record per process and one per row of
 * use, and what was deleted at the end of either.
 *
 * ZPROCNAME is `process`, `process/bundle.id` or `UUID/bundle.id`; the process part is cut at 16
 * characters. A gap in ZPROCESS.Z_PK, or use without a process, can mean that someone removed the
 * name but not the traffic. iOS 17 dropped the Wi-Fi columns of DataUsage.
 */
#define IOS_USAGE_NAMES                                                                            \
    OBSERVE("process",                                                                             \
            "CASE WHEN instr(p.ZPROCNAME, '/') THEN "                                              \
            "substr(p.ZPROCNAME, 1, instr(p.ZPROCNAME, '/') - 1) ELSE p.ZPROCNAME END",            \
            OBS_PROCESS, RAN),                                                                     \
        OBSERVE("app",                                                                             \
                "CASE WHEN instr(p.ZPROCNAME, '/') THEN "                                          \
                "substr(p.ZPROCNAME, instr(p.ZPROCNAME, '/') + 1) END",                            \
                OBS_APP, RAN),                                                                     \
        OBSERVE("bundle", "p.ZBUNDLENAME", OBS_APP, RAN, OPTIONAL)

#define IOS_USAGE_TABLES                                                                           \
    {                                                                                              \
        .name = "ZPROCESS",                                                                        \
        .from = "ZPROCESS p",                                                                      \
        .row = "p.Z_PK",                                                                           \
        .columns = COLUMNS(TIME("first", "p.ZFIRSTTIMESTAMP", MAC, OPTIONAL),                      \
                           TIME("last", "p.ZTIMESTAMP", MAC, OPTIONAL),                            \
                           TEXT("name", "p.ZPROCNAME"), IOS_USAGE_NAMES),                          \
    },                                                                                             \
        {                                                                                          \
            .name = "ZLIVEUSAGE",                                                                  \
            .from = "ZLIVEUSAGE u LEFT JOIN ZPROCESS p ON p.Z_PK = u.ZHASPROCESS",                 \
            .row = "u.Z_PK",                                                                       \
            .joined = PATHS("ZPROCESS"),                                                           \
            .columns =                                                                             \
                COLUMNS(TIME("used", "u.ZTIMESTAMP", MAC), IOS_USAGE_NAMES,                        \
                        INT("process_row", "u.ZHASPROCESS"), INT("process_found", "p.Z_PK"),       \
                        INT("kind", "u.ZKIND", OPTIONAL), REAL("wifi_in", "u.ZWIFIIN", OPTIONAL),  \
                        REAL("wifi_out", "u.ZWIFIOUT", OPTIONAL),                                  \
                        REAL("mobile_in", "u.ZWWANIN", OPTIONAL),                                  \
                        REAL("mobile_out", "u.ZWWANOUT", OPTIONAL),                                \
                        REAL("wired_in", "u.ZWIREDIN", OPTIONAL),                                  \
                        REAL("wired_out", "u.ZWIREDOUT", OPTIONAL)),                               \
        },                                                                                         \
        IOS_CORE_DATA_TAIL("SELECT 'Process' AS name, max(Z_PK) AS top FROM ZPROCESS UNION ALL "   \
                           "SELECT 'LiveUsage', max(Z_PK) FROM ZLIVEUSAGE")
