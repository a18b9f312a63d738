/*
 * Heuristics over iOS artifacts. Each SQL gets a coverage row as ?1 and returns (record_id,
 * subject); a subject is a finding. `instr` on the JSON text first keeps big artifacts fast; only
 * what passes is parsed. Where the facts come from: docs/rules.md.
 */
#include "detect/detect.h"

const struct rule rule_sms_apple_notification = {
    .id = "ios.sms.apple_notification",
    .artifact = "ios.sms",
    .class = "notice",
    .title = "A message worded like Apple's warning about mercenary spyware",
    .explains = "A message begins like the warning that Apple sends to people whom such spyware "
                "targets. A real one is strong evidence of being targeted, not that it worked.",
    .benign =
        "A forwarded or quoted warning, or a scam that copies it: real ones never ask for links, "
        "files, passwords or codes.",
    .next =
        "Sign in at account.apple.com: a real warning stands there, too. Then contact a helpline.",
    .source = "Apple Support 102174, About Apple threat notifications",
    .severity = SEVERITY_HIGH,
    .confidence = CONFIDENCE_MEDIUM,
    .exposure = RECEIVED,
    .sql = "SELECT id AS record_id, 'apple-notification' AS subject FROM record "
           "WHERE coverage_id = ?1 AND instr(fields, 'ALERT: ') AND ("
           "trim(json_extract(fields, '$.text')) LIKE "
           "'ALERT: State-sponsored attackers may be targeting your iPhone%' OR "
           "trim(json_extract(fields, '$.text')) LIKE "
           "'ALERT: Apple detected a targeted mercenary spyware attack%')",
};

const struct rule rule_sms_attachments_var_tmp = {
    .id = "ios.sms_attachments.var_tmp",
    .artifact = "ios.sms_attachments",
    .class = "exploit-file",
    .title = "A received attachment that never left its temporary place",
    .explains =
        "A received file still has a numbered, temporary name. Attacks that need no click have "
        "left such entries; so do transfers that broke off.",
    .benign = "A transfer that failed or was cancelled.",
    .next = "Look at the sender and at what happened on the phone within the same minutes.",
    .source = "MVT, sms_attachments",
    .severity = SEVERITY_MEDIUM,
    .confidence = CONFIDENCE_LOW,
    .exposure = RECEIVED,
    .sql = "SELECT id AS record_id, json_extract(fields, '$.filename') AS subject FROM record "
           "WHERE coverage_id = ?1 AND instr(fields, '/var/tmp/') AND "
           "(json_extract(fields, '$.filename') LIKE '/var/tmp/%-1' OR "
           "json_extract(fields, '$.filename') LIKE '/private/var/tmp/%-1') AND "
           "coalesce(json_extract(fields, '$.is_outgoing'), 0) = 0",
};

const struct rule rule_safari_history_fast_redirect = {
    .id = "ios.safari_history.fast_redirect",
    .artifact = "ios.safari_history",
    .class = "sequence",
    .title = "A page without encryption that led elsewhere within a second",
    .explains =
        "A plain http page was redirected to another site in less than a second. Attacks on "
        "the network have sent people to spyware that way; so do many harmless links.",
    .benign = "Link shorteners, advertising, log-in pages of hotels and trains, moved sites.",
    .next = "Look at the target: a strange name, an odd port, opened only once.",
    .source = "Amnesty International, Forensic Methodology Report 2021",
    .severity = SEVERITY_LOW,
    .confidence = CONFIDENCE_LOW,
    .exposure = OPENED,
    .sql = "SELECT v.id AS record_id, json_extract(v.fields, '$.url') || ' -> ' || "
           "json_extract(w.fields, '$.url') AS subject FROM record v JOIN record w "
           "ON w.coverage_id = v.coverage_id AND w.n = json_extract(v.fields, '$.redirected_to') "
           "AND w.file_id = v.file_id AND w.name = v.name "
           "WHERE v.coverage_id = ?1 AND v.name = 'history_visits' AND "
           "instr(v.fields, '\"redirected_to\"') AND "
           "json_extract(v.fields, '$.url') LIKE 'http://%' AND "
           "w.time_ns - v.time_ns BETWEEN 0 AND 999999999 AND "
           "site(json_extract(v.fields, '$.url')) <> site(json_extract(w.fields, '$.url'))",
};

const struct rule rule_calendar_quadream_invitation = {
    .id = "ios.calendar.quadream_invitation",
    .artifact = "ios.calendar",
    .class = "lure",
    .title = "A calendar entry worded like those of a known attack",
    .explains =
        "An entry is called Meeting and described as Notes, word for word. Invitations like "
        "that, dated in the past, carried an attack of the maker QuaDream.",
    .benign = "Somebody who really typed these two words.",
    .next = "Ask the owner about the entry, and look for others made within the same seconds.",
    .source = "Citizen Lab, Sweet QuaDreams, 2023",
    .severity = SEVERITY_MEDIUM,
    .confidence = CONFIDENCE_LOW,
    .exposure = RECEIVED,
    .sql =
        "SELECT id AS record_id, 'Meeting / Notes' AS subject FROM record WHERE coverage_id = ?1 "
        "AND name = 'CalendarItem' AND instr(fields, '\"Meeting\"') AND "
        "json_extract(fields, '$.summary') = 'Meeting' AND "
        "json_extract(fields, '$.description') = 'Notes'",
};

const struct rule rule_idstatuscache_nul_bytes = {
    .id = "ios.idstatuscache.nul_bytes",
    .artifact = "ios.idstatuscache",
    .class = "exploit-file",
    .title = "An address with hidden zero bytes in it",
    .explains = "Apple's services looked up an address that holds two zero bytes. No mail program "
                "makes such addresses; attacks of 2019 and 2020 left them.",
    .benign = "None is known.",
    .next = "Keep the phone as it is and contact an expert.",
    .source = "Amnesty International, Forensic Methodology Report 2021",
    .severity = SEVERITY_HIGH,
    .confidence = CONFIDENCE_MEDIUM,
    .exposure = RECEIVED,
    .sql = "SELECT id AS record_id, json_extract(fields, '$.uri') AS subject FROM record "
           "WHERE coverage_id = ?1 AND json_extract(fields, '$.nul_bytes') >= 2",
};

const struct rule rule_datausage_missing_process = {
    .id = "ios.datausage.missing_process",
    .artifact = "ios.datausage",
    .class = "tampered",
    .title = "Gaps in the list of programs that used mobile data",
    .explains =
        "Numbers are missing in a list that only grows. Spyware has removed its own entries; "
        "removing an app leaves the same gaps. Shown are the entries before the gaps and what "
        "is still booked for the missing ones.",
    .benign = "Removed apps, a system update, reset statistics.",
    .next = "Compare with an older backup of the same phone.",
    .source = "Amnesty International, Forensic Methodology Report 2021",
    .severity = SEVERITY_LOW,
    .confidence = CONFIDENCE_LOW,
    .exposure = EXPOSURE_NONE,
    .sql = "WITH gap AS (SELECT id, n + 1 AS low, following - 1 AS high FROM (SELECT id, n, "
           "lead(n) OVER (ORDER BY n) AS following FROM record WHERE coverage_id = ?1 AND "
           "name = 'ZPROCESS') WHERE following > n + 1), "
           "every AS (SELECT group_concat(CASE WHEN low = high THEN low ELSE low || '-' || high "
           "END, ', ') AS list FROM (SELECT low, high FROM gap ORDER BY low LIMIT 20)) "
           "SELECT id AS record_id, list AS subject FROM gap, every UNION "
           "SELECT r.id, list FROM record r, gap, every WHERE r.coverage_id = ?1 AND "
           "r.name = 'ZLIVEUSAGE' AND json_extract(r.fields, '$.process_row') BETWEEN low AND high",
};

#define ORPHANS                                                                                    \
    "FROM record WHERE coverage_id = ?1 AND name = 'ZLIVEUSAGE' AND "                              \
    "json_extract(fields, '$.process_row') IS NOT NULL AND "                                       \
    "json_extract(fields, '$.process_found') IS NULL"

const struct rule rule_datausage_usage_without_process = {
    .id = "ios.datausage.usage_without_process",
    .artifact = "ios.datausage",
    .class = "tampered",
    .title = "Mobile data used by a program whose name is gone",
    .explains =
        "Traffic is booked for a program that is no longer in the list. Pegasus removed its "
        "names and left the traffic. One or two such entries are more telling than many.",
    .benign = "Tidying up by the system, mostly many entries at once.",
    .next = "Compare with an older backup, and look at what else happened at that time.",
    .source = "Amnesty International, Forensic Methodology Report 2021",
    .severity = SEVERITY_MEDIUM,
    .confidence = CONFIDENCE_LOW,
    .exposure = EXPOSURE_NONE,
    .sql = "SELECT id AS record_id, json_extract(fields, '$.process_row') AS subject " ORPHANS
           " AND (SELECT count(*) " ORPHANS ") <= 5",
};

const struct rule rule_datausage_many_without_process = {
    .id = "ios.datausage.many_without_process",
    .artifact = "ios.datausage",
    .class = "tampered",
    .title = "Mobile data used by many programs whose names are gone",
    .explains =
        "Traffic is booked for several programs that are no longer in the list. So many at once "
        "speak for tidying up by the system.",
    .benign = "A system update, restoring from a backup, reset statistics.",
    .next = "Compare with an older backup of the same phone.",
    .source = "Amnesty International, Forensic Methodology Report 2021; MVT issue 257",
    .severity = SEVERITY_INFO,
    .confidence = CONFIDENCE_LOW,
    .exposure = EXPOSURE_NONE,
    .sql = "SELECT id AS record_id, 'ZLIVEUSAGE' AS subject " ORPHANS
           " AND (SELECT count(*) " ORPHANS ") > 5",
};

const struct rule rule_configuration_profiles_notification_settings = {
    .id = "ios.configuration_profiles.notification_settings",
    .artifact = "ios.configuration_profiles",
    .class = "managed",
    .title = "A profile that governs which notices the phone shows",
    .explains = "A profile sets what an app may show on the screen. It can silence warnings.",
    .benign = "A phone managed by an employer or a school.",
    .next = "Ask the owner who manages the phone. Do not remove the profile before you know.",
    .source = "MVT, configuration_profiles",
    .severity = SEVERITY_MEDIUM,
    .confidence = CONFIDENCE_LOW,
    .exposure = CONFIGURED,
    .sql = "SELECT id AS record_id, coalesce(json_extract(fields, '$.uuid'), "
           "json_extract(fields, '$.file')) AS subject FROM record WHERE coverage_id = ?1 AND "
           "instr(json_extract(fields, '$.payloads'), 'com.apple.notificationsettings')",
};

const struct rule rule_configuration_profiles_managed = {
    .id = "ios.configuration_profiles.managed",
    .artifact = "ios.configuration_profiles",
    .class = "managed",
    .title = "A profile that can control the phone or read its traffic",
    .explains = "A profile brings remote management, a certificate authority, a VPN, a proxy or a "
                "filter. Whoever made it can see or change much of what the phone does.",
    .benign = "An employer, a school, a VPN or an ad blocker that the owner installed.",
    .next = "Ask the owner about each profile: who gave it, when, what for.",
    .source = "Apple, Configuration Profile Reference",
    .severity = SEVERITY_LOW,
    .confidence = CONFIDENCE_LOW,
    .exposure = CONFIGURED,
    .sql = "SELECT id AS record_id, coalesce(json_extract(fields, '$.uuid'), "
           "json_extract(fields, '$.file')) AS subject FROM record WHERE coverage_id = ?1 AND "
           "(instr(json_extract(fields, '$.payloads'), 'com.apple.mdm') OR "
           "instr(json_extract(fields, '$.payloads'), 'com.apple.security.root') OR "
           "instr(json_extract(fields, '$.payloads'), 'com.apple.security.pkcs1') OR "
           "instr(json_extract(fields, '$.payloads'), 'com.apple.vpn.managed') OR "
           "instr(json_extract(fields, '$.payloads'), 'com.apple.proxy.http.global') OR "
           "instr(json_extract(fields, '$.payloads'), 'com.apple.webcontent-filter') OR "
           "instr(json_extract(fields, '$.payloads'), 'com.apple.dnsSettings.managed') OR "
           "instr(json_extract(fields, '$.payloads'), 'com.apple.relay.managed'))",
};

const struct rule rule_configuration_profiles_fixed = {
    .id = "ios.configuration_profiles.fixed",
    .artifact = "ios.configuration_profiles",
    .class = "managed",
    .title = "A profile that the owner can't remove",
    .explains = "A profile forbids its own removal, or the phone is supervised.",
    .benign = "A phone that belongs to an employer or a school.",
    .next = "Ask who owns the phone and who set it up.",
    .source = "Apple, Configuration Profile Reference",
    .severity = SEVERITY_LOW,
    .confidence = CONFIDENCE_LOW,
    .exposure = CONFIGURED,
    .sql = "SELECT id AS record_id, coalesce(json_extract(fields, '$.uuid'), "
           "json_extract(fields, '$.file')) AS subject FROM record WHERE coverage_id = ?1 AND "
           "(json_extract(fields, '$.removal_disallowed') = 1 OR "
           "json_extract(fields, '$.supervised') = 1)",
};

const struct rule rule_profile_events_unusual_process = {
    .id = "ios.profile_events.unusual_process",
    .artifact = "ios.profile_events",
    .class = "managed",
    .title = "A profile changed by a program that normally doesn't",
    .explains =
        "Profiles are installed and removed by a few programs of the system. This one isn't "
        "among them.",
    .benign = "A tool for managing phones, or a system version that bridle doesn't know.",
    .next = "Look the program up, and ask the owner about the profile.",
    .source = "MVT, profile_events; names seen on phones",
    .severity = SEVERITY_LOW,
    .confidence = CONFIDENCE_LOW,
    .exposure = CONFIGURED,
    .sql =
        "SELECT id AS record_id, json_extract(fields, '$.process') AS subject FROM record "
        "WHERE coverage_id = ?1 AND json_extract(fields, '$.process') NOT IN ('', 'profiled', "
        "'mdmd', 'dmd', 'Preferences', 'teslad', 'remotemanagementd', 'Setup', 'mobactivationd')",
};

const struct rule rule_applications_unusual_installer = {
    .id = "ios.applications.unusual_installer",
    .artifact = "ios.applications",
    .class = "app-source",
    .title = "An app that another program than the App Store installed",
    .explains = "The app's own facts name an installer that is neither the App Store nor a usual "
                "management tool.",
    .benign = "Test versions, company apps, stores other than Apple's in the EU.",
    .next =
        "Ask the owner about the app. If someone else may have installed it, plan before removing.",
    .source = "MVT, applications; issue 383",
    .severity = SEVERITY_MEDIUM,
    .confidence = CONFIDENCE_LOW,
    .exposure = PRESENT,
    .sql = "SELECT id AS record_id, json_extract(fields, '$.app') AS subject FROM record "
           "WHERE coverage_id = ?1 AND instr(fields, '\"source_app\"') AND "
           "json_extract(fields, '$.source_app') NOT IN ('com.apple.AppStore', "
           "'com.apple.AppStore.ProductPageExtension', 'com.apple.dmd', 'dmd', "
           "'com.apple.TestFlight', 'com.apple.MobileSMS', 'com.apple.mobilesafari')",
};

const struct rule rule_tcc_policy_grant = {
    .id = "ios.tcc.policy_grant",
    .artifact = "ios.tcc",
    .class = "managed",
    .title = "A permission that a policy gave, not the owner",
    .explains = "Remote management or an override allowed this app something without asking.",
    .benign = "A phone managed by an employer or a school.",
    .next = "Ask the owner who manages the phone.",
    .source = "Apple, privacy preferences policy control",
    .severity = SEVERITY_LOW,
    .confidence = CONFIDENCE_LOW,
    .exposure = CONFIGURED,
    .sql = "SELECT id AS record_id, coalesce(json_extract(fields, '$.app'), "
           "json_extract(fields, '$.path')) AS subject FROM record WHERE coverage_id = ?1 AND "
           "json_extract(fields, '$.auth_reason') IN (6, 7) AND "
           "json_extract(fields, '$.auth_value') = 2",
};

const struct rule rule_tcc_path_client = {
    .id = "ios.tcc.path_client",
    .artifact = "ios.tcc",
    .class = "process-place",
    .title = "A permission for a program outside the usual places",
    .explains =
        "A program that is no app asked for a permission, and it lies where neither the system "
        "nor the App Store puts programs.",
    .benign = "A tool of a jailbroken phone, a system version that bridle doesn't know.",
    .next = "Look for the same path in other sources of this phone.",
    .source = "Apple, file system layout; names seen on phones",
    .severity = SEVERITY_MEDIUM,
    .confidence = CONFIDENCE_LOW,
    .exposure = PRESENT,
    .sql = "SELECT id AS record_id, json_extract(fields, '$.path') AS subject FROM record "
           "WHERE coverage_id = ?1 AND instr(fields, '\"path\"') AND NOT ("
           "json_extract(fields, '$.path') LIKE '/System/%' OR "
           "json_extract(fields, '$.path') LIKE '/usr/%' OR "
           "json_extract(fields, '$.path') LIKE '/Applications/%' OR "
           "json_extract(fields, '$.path') LIKE '/private/var/containers/Bundle/%' OR "
           "json_extract(fields, '$.path') LIKE '/var/containers/Bundle/%' OR "
           "json_extract(fields, '$.path') LIKE '/Library/%' OR "
           "json_extract(fields, '$.path') LIKE '/sbin/%' OR "
           "json_extract(fields, '$.path') LIKE '/private/preboot/%')",
};

const struct rule rule_global_preferences_lockdown_off = {
    .id = "ios.global_preferences.lockdown_off",
    .artifact = "ios.global_preferences",
    .class = "weakened",
    .title = "Lockdown Mode was on once and is off",
    .explains =
        "The setting is there only if it was changed. The phone has less protection against "
        "attacks that need no click than it once had.",
    .benign = "The owner tried it and found it too strict.",
    .next = "Ask the owner. Whoever is at risk should turn it on again.",
    .source = "Apple Support 105120, About Lockdown Mode",
    .severity = SEVERITY_INFO,
    .confidence = CONFIDENCE_MEDIUM,
    .exposure = CONFIGURED,
    .sql = "SELECT id AS record_id, 'LDMGlobalEnabled' AS subject FROM record "
           "WHERE coverage_id = ?1 AND json_extract(fields, '$.key') = 'LDMGlobalEnabled' AND "
           "json_extract(fields, '$.value') = 0",
};
