/*
 * Heuristics over what ran: the log of restarts, crash reports. As in rules_messages.c: `r` is the
 * artifact's records in one piece of evidence; a subject is a finding.
 */
#include "detect/detect.h"

/* Places below which no program of the system or of an app ever lies. */
#define IN_DATA(path)                                                                              \
    "(" path " GLOB '/private/var/db/*' OR " path " GLOB '/var/db/*' OR " path                     \
    " GLOB '/private/var/tmp/*' OR " path " GLOB '/var/tmp/*' OR " path                            \
    " GLOB '/private/tmp/*' OR " path " GLOB '/tmp/*')"

/* What the updater of the system really runs, and nothing else below that folder. */
#define IS_UPDATER(path)                                                                           \
    "(" path " GLOB '*/var/db/com.apple.xpc.roleaccountd.staging/exec/[0-9]*.xpc/"                 \
    "com.apple.*UpdateBrainService' AND length(" path ") - length(replace(" path                   \
    ", '/', '')) = CASE WHEN " path " GLOB '/private/*' THEN 7 ELSE 6 END)"

/* Fields: path. */
#define PATHS_OF_R                                                                                 \
    "(SELECT id, json_extract(fields, '$.path') AS path FROM r WHERE fields GLOB '*\"path\":*')"

/* -- the log of restarts -- */

const struct rule rule_shutdown_log_data_place = {
    .id = "ios.shutdown_log.data_place",
    .artifact = "ios.shutdown_log",
    .class = "process-place",
    .title = "A program in a folder for data delayed a restart",
    .explains =
        "When the phone shut down, a program was running from a place where neither the system "
        "nor the App Store puts any. Pegasus, Reign and Predator were found this way.",
    .benign = "Parts of the system's own updater and diagnostic tools of Apple, rarely.",
    .next = "Keep the phone as it is and contact an expert. Look for the same path elsewhere.",
    .source = "Kaspersky, A lightweight method to detect potential iOS malware, 2024",
    .severity = SEVERITY_HIGH,
    .confidence = CONFIDENCE_MEDIUM,
    .exposure = RAN,
    .sql = "SELECT id AS record_id, path AS subject FROM " PATHS_OF_R
           " WHERE " IN_DATA("path") " AND NOT " IS_UPDATER("path"),
};

const struct rule rule_shutdown_log_odd_place = {
    .id = "ios.shutdown_log.odd_place",
    .artifact = "ios.shutdown_log",
    .class = "process-place",
    .title = "A program outside the usual places delayed a restart",
    .explains =
        "When the phone shut down, a program was running from outside the folders in which the "
        "system and the App Store keep programs.",
    .benign = "A jailbroken phone, a developer's tools, a system version that bridle doesn't know.",
    .next = "Look for the same path in other sources of this phone.",
    .source = "Kaspersky, A lightweight method to detect potential iOS malware, 2024",
    .severity = SEVERITY_MEDIUM,
    .confidence = CONFIDENCE_LOW,
    .exposure = RAN,
    .sql = "SELECT id AS record_id, path AS subject FROM " PATHS_OF_R
           " WHERE usual_place(path) = 0 AND NOT " IN_DATA("path"),
};

/* Fields: path, times_delayed. */
const struct rule rule_shutdown_log_many_delays = {
    .id = "ios.shutdown_log.many_delays",
    .artifact = "ios.shutdown_log",
    .class = "sequence",
    .title = "A program held up a restart more than three times",
    .explains = "The phone asked this program again and again to end. Spyware did that; so do "
                "programs that have much to finish.",
    .benign = "An update, much to write, an almost empty battery.",
    .next = "Look whether the same program does it at each restart.",
    .source = "Kaspersky, A lightweight method to detect potential iOS malware, 2024",
    .severity = SEVERITY_INFO,
    .confidence = CONFIDENCE_LOW,
    .exposure = RAN,
    .sql = "SELECT id AS record_id, json_extract(fields, '$.path') AS subject FROM r "
           "WHERE json_extract(fields, '$.times_delayed') > 3",
};

/* Records of a restart (field notices) have its time; in one file they go forward. */
const struct rule rule_shutdown_log_time_goes_back = {
    .id = "ios.shutdown_log.time_goes_back",
    .artifact = "ios.shutdown_log",
    .class = "clock",
    .title = "In the log of restarts the time goes back",
    .explains = "A restart is written below a later one. Somebody set the clock back, or the log "
                "was changed.",
    .benign = "A clock that was wrong after an empty battery, a restored phone.",
    .next = "Compare with other sources of the same days.",
    .source = "Kaspersky, iShutdown, 2024",
    .severity = SEVERITY_LOW,
    .confidence = CONFIDENCE_LOW,
    .exposure = EXPOSURE_NONE,
    .sql = "SELECT id AS record_id, strftime('%Y-%m-%d', time_ns / 1000000000, 'unixepoch') "
           "AS subject FROM (SELECT id, time_ns, lag(time_ns) OVER (PARTITION BY file_id "
           "ORDER BY n) AS before FROM r WHERE fields GLOB '*\"notices\":*') "
           "WHERE time_ns < before - 60000000000",
};

/* -- crash reports -- */

const struct rule rule_crash_reports_data_place = {
    .id = "ios.crash_reports.data_place",
    .artifact = "ios.crash_reports",
    .class = "process-place",
    .title = "A program in a folder for data ran",
    .explains = "A report names a program that ran from a place where neither the system nor the "
                "App Store puts any.",
    .benign = "Parts of the system's own updater, a jailbroken phone.",
    .next = "Keep the phone as it is and contact an expert. Look for the same path elsewhere.",
    .source = "Amnesty International, Forensic Methodology Report 2021",
    .severity = SEVERITY_HIGH,
    .confidence = CONFIDENCE_MEDIUM,
    .exposure = RAN,
    .sql = "SELECT id AS record_id, path AS subject FROM " PATHS_OF_R
           " WHERE " IN_DATA("path") " AND NOT " IS_UPDATER("path"),
};

const struct rule rule_crash_reports_odd_place = {
    .id = "ios.crash_reports.odd_place",
    .artifact = "ios.crash_reports",
    .class = "process-place",
    .title = "A program outside the usual places ran",
    .explains = "A report names a program outside the folders in which the system and the App "
                "Store keep programs.",
    .benign = "A jailbroken phone, a developer's tools, a system version that bridle doesn't know.",
    .next = "Look for the same path in other sources of this phone.",
    .source = "Fossaceca and Marczak, Black Hat Europe 2023",
    .severity = SEVERITY_MEDIUM,
    .confidence = CONFIDENCE_LOW,
    .exposure = RAN,
    .sql = "SELECT id AS record_id, path AS subject FROM " PATHS_OF_R
           " WHERE usual_place(path) = 0 AND NOT " IN_DATA("path"),
};

/* Field image: one or several paths, of images that lie outside the system's folders. */
const struct rule rule_crash_reports_odd_image = {
    .id = "ios.crash_reports.odd_image",
    .artifact = "ios.crash_reports",
    .class = "process-place",
    .title = "Code from an unusual place was loaded into a program",
    .explains = "A report lists a library that lies where neither the system nor the App Store "
                "keeps code.",
    .benign = "A jailbroken phone, a developer's tools.",
    .next = "Have the file looked at, if the evidence holds it.",
    .source = "Fossaceca and Marczak, Black Hat Europe 2023",
    .severity = SEVERITY_MEDIUM,
    .confidence = CONFIDENCE_LOW,
    .exposure = RAN,
    .sql = "SELECT r.id AS record_id, j.value AS subject FROM r, json_each(CASE "
           "json_type(fields, '$.image') WHEN 'array' THEN json_extract(fields, '$.image') "
           "ELSE json_array(json_extract(fields, '$.image')) END) j "
           "WHERE r.fields GLOB '*\"image\":*' AND usual_place(j.value) = 0",
};

/* Programs that take apart what others send; fields: process, kind (309, 109: crashes). */
#define PARSERS                                                                                    \
    "('MessagesBlastDoorService', 'IMTranscoderAgent', 'IMTransferAgent', 'imagent', "             \
    "'IMDPersistenceAgent', 'identityservicesd', 'homed', 'passd', 'fmfd', "                       \
    "'com.apple.WebKit.WebContent', 'com.apple.WebKit.GPU', 'mediaserverd', 'mediaplaybackd', "    \
    "'BackBoardServices', 'callservicesd', 'avconferenced', 'WhatsApp')"
#define CRASHES "json_extract(fields, '$.kind') IN ('309', '109', '308')"

const struct rule rule_crash_reports_message_parser = {
    .id = "ios.crash_reports.message_parser",
    .artifact = "ios.crash_reports",
    .class = "crashes",
    .title = "A program that takes messages apart crashed",
    .explains = "A program that reads what others send by message crashed. Attacks that need no "
                "click left such crashes; broken pictures do it as well.",
    .benign = "A damaged picture or film, a fault of the system, a test version.",
    .next = "Look at what arrived and what else happened in these minutes.",
    .source = "Citizen Lab, FORCEDENTRY, 2021; Triple Threat, 2023",
    .severity = SEVERITY_LOW,
    .confidence = CONFIDENCE_LOW,
    .exposure = RECEIVED,
    .sql = "SELECT id AS record_id, json_extract(fields, '$.process') AS subject FROM r "
           "WHERE " CRASHES " AND json_extract(fields, '$.process') IN "
           "('MessagesBlastDoorService', 'IMTranscoderAgent', 'IMTransferAgent', 'imagent', "
           "'IMDPersistenceAgent', 'identityservicesd')",
};

const struct rule rule_crash_reports_burst = {
    .id = "ios.crash_reports.burst",
    .artifact = "ios.crash_reports",
    .class = "crashes",
    .title = "Many crashes of programs that take apart what others send",
    .explains = "Within a day a program that reads messages, web pages, pictures or calls crashed "
                "five times or more. An attack that fails is tried again.",
    .benign = "One damaged file that is opened over and over, a test version of the system.",
    .next = "Look at what arrived before the first one, and whether all crashes are alike.",
    .source = "Citizen Lab, FORCEDENTRY, 2021",
    .severity = SEVERITY_MEDIUM,
    .confidence = CONFIDENCE_LOW,
    .exposure = RECEIVED,
    .sql = "WITH c AS (SELECT id, time_ns, json_extract(fields, '$.process') AS process FROM r "
           "WHERE " CRASHES " AND time_ns IS NOT NULL AND "
           "json_extract(fields, '$.process') IN " PARSERS ") "
           ", start AS (SELECT process, time_ns AS t FROM c WHERE (SELECT count(*) FROM c o WHERE "
           "o.process = c.process AND o.time_ns BETWEEN c.time_ns AND "
           "c.time_ns + 86400000000000) >= 5) "
           "SELECT DISTINCT c.id AS record_id, c.process AS subject FROM c JOIN start s ON "
           "s.process = c.process AND c.time_ns BETWEEN s.t AND s.t + 86400000000000",
};

const struct rule rule_crash_reports_browser_chain = {
    .id = "ios.crash_reports.browser_chain",
    .artifact = "ios.crash_reports",
    .class = "sequence",
    .title = "Page, graphics and media programs crashed one after the other",
    .explains = "Within ten minutes a web page's program, the one for graphics and the one for "
                "media crashed in this order, as with the attack kit DarkSword.",
    .benign = "A page with a film that the system can't play.",
    .next = "Look at the pages opened in these minutes.",
    .source = "Google Threat Intelligence, DarkSword; iVerify, 2026",
    .severity = SEVERITY_MEDIUM,
    .confidence = CONFIDENCE_LOW,
    .exposure = OPENED,
    .sql = "WITH c AS (SELECT id, time_ns AS t, json_extract(fields, '$.process') AS p FROM r "
           "WHERE " CRASHES " AND time_ns IS NOT NULL AND json_extract(fields, '$.process') IN "
           "('com.apple.WebKit.WebContent', 'com.apple.WebKit.GPU', 'mediaplaybackd')) "
           "SELECT c.id AS record_id, 'WebContent, GPU, mediaplaybackd' AS subject FROM c "
           "WHERE EXISTS (SELECT 1 FROM c w, c g, c m WHERE w.p = 'com.apple.WebKit.WebContent' "
           "AND g.p = 'com.apple.WebKit.GPU' AND m.p = 'mediaplaybackd' AND g.t >= w.t AND "
           "m.t >= g.t AND m.t <= w.t + 600000000000 AND c.id IN (w.id, g.id, m.id))",
};

/* Fields: subtype, codes, end_reason, ended_by. */
const struct rule rule_crash_reports_memory_tag = {
    .id = "ios.crash_reports.memory_tag",
    .artifact = "ios.crash_reports",
    .class = "crashes",
    .title = "The phone stopped a program for a wrong memory access",
    .explains = "Memory tagging, which phones of 2025 and later have, ended a program that takes "
                "apart what others send. An attack may have failed; plain faults look the same.",
    .benign = "A fault in the program, a test version of the system.",
    .next = "Look at what arrived in these minutes, and for a second such report.",
    .source = "Apple, Memory Integrity Enforcement, 2025; XNU sources",
    .severity = SEVERITY_LOW,
    .confidence = CONFIDENCE_LOW,
    .exposure = RECEIVED,
    .sql = "SELECT id AS record_id, json_extract(fields, '$.process') AS subject FROM r "
           "WHERE (fields GLOB '*EXC_ARM_MTE*' OR fields GLOB '*GUARD_EXC_MTE*' OR "
           "fields GLOB '*\"MTE_FAIL\"*') AND json_extract(fields, '$.process') IN " PARSERS,
};

const struct rule rule_crash_reports_pointer = {
    .id = "ios.crash_reports.pointer",
    .artifact = "ios.crash_reports",
    .class = "crashes",
    .title = "The phone stopped a program for a forged pointer",
    .explains = "Pointer authentication ended a program that takes apart what others send. An "
                "attack may have failed; plain faults look the same.",
    .benign = "A fault in the program, a test version of the system.",
    .next = "Look at what arrived in these minutes, and whether it happened again.",
    .source = "Apple Platform Security, pointer authentication codes",
    .severity = SEVERITY_LOW,
    .confidence = CONFIDENCE_LOW,
    .exposure = RECEIVED,
    .sql = "SELECT id AS record_id, json_extract(fields, '$.process') AS subject FROM r "
           "WHERE fields GLOB '*pointer authentication failure*' AND "
           "json_extract(fields, '$.process') IN " PARSERS,
};

/* Field kind: 210 is a panic. */
const struct rule rule_crash_reports_panics = {
    .id = "ios.crash_reports.panics",
    .artifact = "ios.crash_reports",
    .class = "crashes",
    .title = "The system itself crashed three times within a week",
    .explains = "The innermost part of the system stopped again and again. Attacks on it that fail "
                "do that; so does worn hardware.",
    .benign = "Worn or repaired hardware, a test version of the system.",
    .next = "Look at whether the reports are alike, and ask about repairs.",
    .source = "Citizen Lab, Triple Threat, 2023",
    .severity = SEVERITY_LOW,
    .confidence = CONFIDENCE_LOW,
    .exposure = RECEIVED,
    .sql = "WITH c AS (SELECT id, time_ns AS t FROM r WHERE "
           "json_extract(fields, '$.kind') = '210' AND time_ns IS NOT NULL) "
           ", start AS (SELECT t AS first FROM c WHERE (SELECT count(*) FROM c o WHERE "
           "o.t BETWEEN c.t AND c.t + 604800000000000) >= 3) "
           "SELECT DISTINCT c.id AS record_id, 'panics' AS subject FROM c JOIN start ON "
           "t BETWEEN first AND first + 604800000000000",
};
