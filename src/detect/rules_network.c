/*
 * Heuristics over who used the network: the two stores that count bytes by process, which have the
 * same tables, and the caches of web requests. As in rules_messages.c: `r` is the artifact's records
 * in one piece of evidence. State 3 is "only without the WAL", so no longer there.
 */
#include "detect/detect.h"

/* -- bytes by process: ios.datausage (mobile data), ios.netusage (all) -- */

/* Rows of ZPROCESS; fields of ZLIVEUSAGE: process_row. Rows that were deleted leave the gap, even
   where they could be recovered. */
#define MISSING_PROCESS(a, data)                                                                   \
    {                                                                                              \
        .id = a ".missing_process", .artifact = a, .class = "tampered",                            \
        .title = "Gaps in the list of programs that used " data,                                   \
        .explains =                                                                                \
            "Numbers are missing in a list that only grows. Spyware has removed its own entries; " \
            "removing an app leaves the same gaps. Shown are the entries before the gaps and "     \
            "what is still booked for the missing ones.",                                          \
        .benign = "Removed apps, a system update, reset statistics.",                              \
        .next = "Compare with an older copy of the same phone.",                                   \
        .source = "Amnesty International, Forensic Methodology Report 2021",                       \
        .severity = SEVERITY_LOW, .confidence = CONFIDENCE_LOW, .exposure = EXPOSURE_NONE,         \
        .sql = "WITH gap AS (SELECT id, file_id, n + 1 AS low, following - 1 AS high FROM "        \
               "(SELECT id, file_id, n, lead(n) OVER (PARTITION BY file_id ORDER BY n) "           \
               "AS following FROM r WHERE name = 'ZPROCESS' AND state <> 3) "                      \
               "WHERE following > n + 1), "                                                        \
               "every AS (SELECT group_concat(CASE WHEN low = high THEN low ELSE "                 \
               "low || '-' || high END, ', ') AS list FROM "                                       \
               "(SELECT low, high FROM gap ORDER BY file_id, low LIMIT 20)) "                      \
               "SELECT id AS record_id, list AS subject FROM gap, every UNION "                    \
               "SELECT u.id, list FROM r u, gap, every WHERE u.name = 'ZLIVEUSAGE' AND "           \
               "u.file_id = gap.file_id AND "                                                      \
               "json_extract(u.fields, '$.process_row') BETWEEN low AND high",                     \
    }

const struct rule rule_datausage_missing_process = MISSING_PROCESS("ios.datausage", "mobile data");
const struct rule rule_netusage_missing_process = MISSING_PROCESS("ios.netusage", "the network");

/* Fields of ZLIVEUSAGE: process_row, process_found. Few at a time are telling, many are housekeeping. */
#define ORPHANS                                                                                    \
    "FROM r WHERE name = 'ZLIVEUSAGE' AND json_extract(fields, '$.process_row') IS NOT NULL AND "  \
    "json_extract(fields, '$.process_found') IS NULL AND state <> 3"

#define USAGE_WITHOUT_PROCESS(a, data)                                                             \
    {                                                                                              \
        .id = a ".usage_without_process", .artifact = a, .class = "tampered",                      \
        .title = data " used by a program whose name is gone",                                     \
        .explains =                                                                                \
            "Traffic is booked for a program that is no longer in the list. Pegasus removed its "  \
            "names and left the traffic. One or two such entries are more telling than many.",     \
        .benign = "Tidying up by the system, mostly many entries at once.",                        \
        .next = "Compare with an older copy, and look at what else happened at that time.",        \
        .source = "Amnesty International, Forensic Methodology Report 2021",                       \
        .severity = SEVERITY_MEDIUM, .confidence = CONFIDENCE_LOW, .exposure = EXPOSURE_NONE,      \
        .sql = "SELECT id AS record_id, json_extract(fields, '$.process_row') AS subject " ORPHANS \
               " AND (SELECT count(*) " ORPHANS ") <= 5",                                          \
    }

const struct rule rule_datausage_usage_without_process =
    USAGE_WITHOUT_PROCESS("ios.datausage", "Mobile data");
const struct rule rule_netusage_usage_without_process =
    USAGE_WITHOUT_PROCESS("ios.netusage", "Network");

#define MANY_WITHOUT_PROCESS(a, data)                                                              \
    {                                                                                              \
        .id = a ".many_without_process", .artifact = a, .class = "tampered",                       \
        .title = data " used by many programs whose names are gone",                               \
        .explains =                                                                                \
            "Traffic is booked for several programs that are no longer in the list. So many at "   \
            "once speak for tidying up by the system.",                                            \
        .benign = "A system update, restoring from a backup, reset statistics.",                   \
        .next = "Compare with an older copy of the same phone.",                                   \
        .source = "Amnesty International, Forensic Methodology Report 2021; MVT issue 257",        \
        .severity = SEVERITY_LOW, .confidence = CONFIDENCE_LOW, .exposure = EXPOSURE_NONE,         \
        .sql = "SELECT id AS record_id, 'ZLIVEUSAGE' AS subject " ORPHANS                          \
               " AND (SELECT count(*) " ORPHANS ") > 5",                                           \
    }

const struct rule rule_datausage_many_without_process =
    MANY_WITHOUT_PROCESS("ios.datausage", "Mobile data");
const struct rule rule_netusage_many_without_process =
    MANY_WITHOUT_PROCESS("ios.netusage", "Network");

/* Fields: process. */
#define BACKUP_AGENT(a, data)                                                                      \
    {                                                                                              \
        .id = a ".backup_agent", .artifact = a, .class = "process-name",                           \
        .title = data " used by a program that backups no longer use",                             \
        .explains = "A program called BackupAgent used the network. Backups of today are made by " \
                    "BackupAgent2; the attack Operation Triangulation left the older name.",       \
        .benign = "A very old system version.",                                                    \
        .next = "Keep the phone as it is and contact an expert.",                                  \
        .source = "Kaspersky, Operation Triangulation, 2023", .severity = SEVERITY_HIGH,           \
        .confidence = CONFIDENCE_MEDIUM, .exposure = RAN,                                          \
        .sql = "SELECT id AS record_id, 'BackupAgent' AS subject FROM r "                          \
               "WHERE fields GLOB '*\"BackupAgent\"*' AND "                                        \
               "json_extract(fields, '$.process') = 'BackupAgent'",                                \
    }

const struct rule rule_datausage_backup_agent = BACKUP_AGENT("ios.datausage", "Mobile data");
const struct rule rule_netusage_backup_agent = BACKUP_AGENT("ios.netusage", "Network");

/* Table Z_PRIMARYKEY, fields: list, last_given, last_there. */
#define NEWEST_GONE(a, data)                                                                       \
    {                                                                                              \
        .id = a ".newest_gone", .artifact = a, .class = "tampered",                                \
        .title = "The newest entries about " data " are gone",                                     \
        .explains = "The store has given out higher numbers than it holds: its latest entries "    \
                    "were removed, which leaves no gap. Spyware has removed its own entries.",     \
        .benign = "A transaction that was undone, a removed app, tidying up by the system.",       \
        .next = "Compare with an older copy of the same phone.",                                   \
        .source = "Amnesty International, Forensic Methodology Report 2021; Core Data",            \
        .severity = SEVERITY_LOW, .confidence = CONFIDENCE_LOW, .exposure = EXPOSURE_NONE,         \
        .sql = "SELECT id AS record_id, 'Z_MAX ' || json_extract(fields, '$.last_given') || "      \
               "' > max Z_PK ' || json_extract(fields, '$.last_there') AS subject FROM r "         \
               "WHERE name = 'Z_PRIMARYKEY' AND state <> 3",                                       \
    }

const struct rule rule_datausage_newest_gone = NEWEST_GONE("ios.datausage", "mobile data");
const struct rule rule_netusage_newest_gone = NEWEST_GONE("ios.netusage", "network use");

/* -- web requests -- */

/* Fields: url, client (the folder's name), app (where it lies in an app's container). Left out:
   programs that show others' content, and Apple's own names. */
const struct rule rule_cache_files_foreign_request = {
    .id = "ios.cache_files.foreign_request",
    .artifact = "ios.cache_files",
    .class = "sequence",
    .title = "A part of the system fetched something from a foreign host",
    .explains =
        "A service of the system, not an app, requested an address that is none of Apple's. "
        "Pegasus was seen that way: its servers stood in the caches of system services.",
    .benign = "Pages of a mobile operator or a Wi-Fi portal, voicemail, pictures of other sites in "
              "search results, subscribed calendars, accounts at other companies.",
    .next = "Find out whose host it is, and look at what else happened in these minutes.",
    .source = "Amnesty International, Forensic Methodology Report 2021",
    .severity = SEVERITY_MEDIUM,
    .confidence = CONFIDENCE_LOW,
    .exposure = CONTACTED,
    .sql =
        "SELECT id AS record_id, client || ': ' || host AS subject FROM (SELECT id, "
        "json_extract(fields, '$.client') AS client, site(json_extract(fields, '$.url')) AS host "
        "FROM r WHERE fields GLOB '*\"client\":\"com.apple.*' AND "
        "json_extract(fields, '$.app') IS NULL AND "
        "json_extract(fields, '$.url') LIKE 'http%') "
        "WHERE client NOT IN ('com.apple.mobilesafari', 'com.apple.Safari', 'com.apple.Music', "
        "'com.apple.podcasts', 'com.apple.news', 'com.apple.tv', 'com.apple.Maps', "
        "'com.apple.geod', 'com.apple.iTunesStore', 'com.apple.AppStore', 'com.apple.parsecd', "
        "'com.apple.weather', 'com.apple.WebKit.Networking', 'com.apple.dataaccess.dataaccessd') "
        "AND host NOT IN ('apple.com', 'icloud.com', 'icloud-content.com', 'mzstatic.com', "
        "'cdn-apple.com', 'itunes.com', 'me.com', 'mac.com', 'apple-cloudkit.com', "
        "'apple-mapkit.com', 'apple.news', 'apple-dns.net', 'aaplimg.com', 'apple-livephotoskit.com', "
        "'gc.apple.com', 'icloud.com.cn', 'apple.com.cn')",
};
