/*
 * Heuristics over what reached the phone: messages, attachments, invitations, look-ups, web pages.
 * In each SQL `r` is the artifact's records in one piece of evidence; a subject is a finding. A
 * GLOB on the JSON text comes first, so that only what passes is parsed. docs/rules.md lists them all.
 */
#include "detect/detect.h"

/* Fields: text. */
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
    /* Something may stand before it: a greeting, a quotation mark, who forwarded it. */
    .sql = "SELECT id AS record_id, 'apple-notification' AS subject FROM r "
           "WHERE fields GLOB '*ALERT: *' AND ("
           "substr(json_extract(fields, '$.text'), 1, 160) LIKE "
           "'%ALERT: State-sponsored attackers may be targeting your iPhone%' OR "
           "substr(json_extract(fields, '$.text'), 1, 160) LIKE "
           "'%ALERT: Apple detected a targeted mercenary spyware attack%')",
};

/* Fields: filename, is_outgoing. */
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
    .sql = "SELECT id AS record_id, json_extract(fields, '$.filename') AS subject FROM r "
           "WHERE fields GLOB '*/var/tmp/*' AND "
           "(json_extract(fields, '$.filename') GLOB '/var/tmp/*-1' OR "
           "json_extract(fields, '$.filename') GLOB '/private/var/tmp/*-1') AND "
           "coalesce(json_extract(fields, '$.is_outgoing'), 0) = 0",
};

/* Fields: summary, description. */
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
    .sql = "SELECT id AS record_id, 'Meeting / Notes' AS subject FROM r "
           "WHERE fields GLOB '*\"Meeting\"*' AND "
           "json_extract(fields, '$.summary') = 'Meeting' AND "
           "json_extract(fields, '$.description') = 'Notes'",
};

/* Fields: uri, nul_bytes. As JSON writes it: SQLite's plain texts end at the first zero byte. */
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
    .sql = "SELECT id AS record_id, trim(fields -> '$.uri', '\"') AS subject FROM r "
           "WHERE fields GLOB '*\"nul_bytes\"*' AND json_extract(fields, '$.nul_bytes') >= 2",
};

/* Fields: url, redirected_to. Visit ids are those of one database: the same file and table. */
#define FAST_REDIRECTS                                                                             \
    "WITH source AS MATERIALIZED (SELECT id, file_id, time_ns, json_extract(fields, '$.url') AS "  \
    "url, json_extract(fields, '$.redirected_to') AS target FROM r WHERE name = 'history_visits' " \
    "AND fields GLOB '*\"redirected_to\":*' AND json_extract(fields, '$.url') LIKE 'http://%'), "  \
    "target AS MATERIALIZED (SELECT n, file_id, time_ns, json_extract(fields, '$.url') AS url "    \
    "FROM r WHERE n IN (SELECT target FROM source) AND name = 'history_visits') "                  \
    "SELECT source.id AS record_id, source.url || ' -> ' || target.url AS subject "                \
    "FROM source JOIN target ON n = source.target AND target.file_id = source.file_id "            \
    "WHERE target.time_ns - source.time_ns BETWEEN 0 AND 999999999 AND "                           \
    "site(source.url) <> site(target.url) AND "

/* Ports on which ordinary sites answer. */
#define USUAL_PORT "coalesce(port(target.url), 0) IN (0, 80, 443, 8080, 8443)"

const struct rule rule_safari_history_fast_redirect = {
    .id = "ios.safari_history.fast_redirect",
    .artifact = "ios.safari_history",
    .class = "sequence",
    .title = "A page without encryption that led elsewhere within a second",
    .explains =
        "A plain http page was redirected to another site in less than a second. Attacks on "
        "the network have sent people to spyware that way; so do many harmless links.",
    .benign = "Link shorteners, advertising, log-in pages of hotels and trains, moved sites.",
    .next = "Look at the target: a strange name, opened only once.",
    .source = "Amnesty International, Forensic Methodology Report 2021",
    .severity = SEVERITY_LOW,
    .confidence = CONFIDENCE_LOW,
    .exposure = OPENED,
    .sql = FAST_REDIRECTS USUAL_PORT,
};

const struct rule rule_safari_history_fast_redirect_port = {
    .id = "ios.safari_history.fast_redirect_port",
    .artifact = "ios.safari_history",
    .class = "sequence",
    .title = "A page without encryption that led to an unusual port within a second",
    .explains = "A plain http page was redirected to another site in less than a second, to a port "
                "where ordinary sites don't answer. Pegasus was delivered from such addresses.",
    .benign = "Routers, test servers, log-in pages of networks.",
    .next = "Look the target up, and at what happened on the phone within the same minutes.",
    .source = "Amnesty International, Forensic Methodology Report 2021",
    .severity = SEVERITY_MEDIUM,
    .confidence = CONFIDENCE_LOW,
    .exposure = OPENED,
    .sql = FAST_REDIRECTS "NOT " USUAL_PORT,
};
