/*
 * Heuristics over how the phone is set up: profiles, apps, permissions, files. As in rules_messages.c: `r` is the artifact's records in one piece of evidence.
 */
#include "detect/detect.h"

/* -- profiles -- */

/* Fields: uuid, file, payloads (the payloads' types, with blanks between them). */
#define PROFILE                                                                                    \
    "coalesce(nullif(json_extract(fields, '$.uuid'), ''), json_extract(fields, '$.file'))"
#define PROFILES "SELECT id AS record_id, " PROFILE " AS subject FROM r WHERE "
#define PAYLOAD(type) "instr(' ' || json_extract(fields, '$.payloads') || ' ', ' " type " ')"

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
    .sql = PROFILES PAYLOAD("com.apple.notificationsettings"),
};

const struct rule rule_configuration_profiles_management = {
    .id = "ios.configuration_profiles.management",
    .artifact = "ios.configuration_profiles",
    .class = "managed",
    .title = "A profile by which somebody manages the phone from afar",
    .explains = "The phone takes orders from a management server. Whoever runs it can install "
                "apps, read settings, lock the phone or erase it.",
    .benign = "A phone that belongs to an employer or a school.",
    .next =
        "Ask the owner who manages the phone. Plan before removing it: the other side can tell.",
    .source = "Apple, Device Management, MDM payload",
    .severity = SEVERITY_MEDIUM,
    .confidence = CONFIDENCE_LOW,
    .exposure = CONFIGURED,
    .sql = PROFILES PAYLOAD("com.apple.mdm"),
};

const struct rule rule_configuration_profiles_certificate = {
    .id = "ios.configuration_profiles.certificate",
    .artifact = "ios.configuration_profiles",
    .class = "managed",
    .title = "A profile that adds a certificate authority",
    .explains = "Whoever made the profile can read encrypted traffic that passes them, if the "
                "phone trusts the certificate and they sit on the way.",
    .benign = "An employer, a school, an ad blocker, a tool for testing apps.",
    .next =
        "Ask the owner about it. Settings, General, About, Certificate Trust shows if it is on.",
    .source = "Apple, Device Management, certificate payloads",
    .severity = SEVERITY_MEDIUM,
    .confidence = CONFIDENCE_LOW,
    .exposure = CONFIGURED,
    .sql = PROFILES "(" PAYLOAD("com.apple.security.root") " OR " PAYLOAD(
        "com.apple.security.pem") " OR " PAYLOAD("com.apple.security.pkcs1") ")",
};

const struct rule rule_configuration_profiles_traffic = {
    .id = "ios.configuration_profiles.traffic",
    .artifact = "ios.configuration_profiles",
    .class = "managed",
    .title = "A profile that leads the phone's traffic elsewhere",
    .explains = "A profile brings a VPN, a proxy, a filter or a name server of its own. Whoever "
                "runs that sees which places on the network the phone talks to.",
    .benign = "An employer, a school, a VPN or an ad blocker that the owner installed.",
    .next = "Ask the owner about each profile: who gave it, when, what for.",
    .source = "Apple, Device Management, network payloads",
    .severity = SEVERITY_LOW,
    .confidence = CONFIDENCE_LOW,
    .exposure = CONFIGURED,
    .sql = PROFILES
    "(" PAYLOAD("com.apple.vpn.managed") " OR " PAYLOAD("com.apple.vpn.managed.applayer") " OR " PAYLOAD("com.apple.proxy.http.global") " OR " PAYLOAD(
        "com.apple.webcontent-filter") " OR " PAYLOAD("com.apple.dnsSettings.managed") " OR " PAYLOAD("com.apple.relay.managed") ")",
};

/* Fields: removal_disallowed, supervised. */
const struct rule rule_configuration_profiles_fixed = {
    .id = "ios.configuration_profiles.fixed",
    .artifact = "ios.configuration_profiles",
    .class = "managed",
    .title = "A profile that the owner can't remove",
    .explains = "A profile forbids its own removal, or the phone is supervised.",
    .benign = "A phone that belongs to an employer or a school.",
    .next = "Ask who owns the phone and who set it up.",
    .source = "Apple, Device Management, Configuration and supervision",
    .severity = SEVERITY_LOW,
    .confidence = CONFIDENCE_LOW,
    .exposure = CONFIGURED,
    .sql = PROFILES "(json_extract(fields, '$.removal_disallowed') = 1 OR "
                    "json_extract(fields, '$.supervised') = 1)",
};

/* Fields: process. */
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
    .sql = "SELECT id AS record_id, json_extract(fields, '$.process') AS subject FROM r "
           "WHERE json_extract(fields, '$.process') NOT IN ('', 'profiled', 'mdmd', 'dmd', "
           "'Preferences', 'teslad', 'remotemanagementd', 'Setup', 'mobactivationd')",
};

/* -- apps and permissions -- */

/* Fields: app, source_app. */
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
    .sql = "SELECT id AS record_id, json_extract(fields, '$.app') AS subject FROM r "
           "WHERE fields GLOB '*\"source_app\"*' AND "
           "json_extract(fields, '$.source_app') NOT IN ('com.apple.AppStore', "
           "'com.apple.AppStore.ProductPageExtension', 'com.apple.dmd', 'dmd', "
           "'com.apple.TestFlight', 'com.apple.MobileSMS', 'com.apple.mobilesafari')",
};

/* Fields: app, store_facts (0: a backup that lists the app, without a receipt). */
const struct rule rule_applications_no_store_metadata = {
    .id = "ios.applications.no_store_metadata",
    .artifact = "ios.applications",
    .class = "app-source",
    .title = "An app without a receipt from the store",
    .explains =
        "The backup has no store receipt of this app. It was installed in another way, or its "
        "download was never finished.",
    .benign = "A developer's own app, a company app, a download that broke off.",
    .next = "Ask the owner about the app.",
    .source = "MVT, applications",
    .severity = SEVERITY_INFO,
    .confidence = CONFIDENCE_LOW,
    .exposure = PRESENT,
    .sql = "SELECT id AS record_id, json_extract(fields, '$.app') AS subject FROM r "
           "WHERE json_extract(fields, '$.store_facts') = 0 AND "
           "json_extract(fields, '$.app') NOT LIKE 'com.apple.%'",
};

/* Fields: app, path, auth_reason (6 a policy, 7 an override), auth_value (2 allowed). */
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
           "json_extract(fields, '$.path')) AS subject FROM r WHERE "
           "json_extract(fields, '$.auth_reason') IN (6, 7) AND "
           "json_extract(fields, '$.auth_value') = 2",
};

/* Fields: path. */
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
    .sql = "SELECT id AS record_id, json_extract(fields, '$.path') AS subject FROM r "
           "WHERE fields GLOB '*\"path\"*' AND usual_place(json_extract(fields, '$.path')) = 0",
};

/* Fields: path, executable, bundle_path. */
const struct rule rule_locationd_path_client = {
    .id = "ios.locationd.path_client",
    .artifact = "ios.locationd",
    .class = "process-place",
    .title = "The location was given to a program outside the usual places",
    .explains =
        "A program asked where the phone is, and it lies where neither the system nor the App "
        "Store puts programs.",
    .benign = "A tool of a jailbroken phone, a system version that bridle doesn't know.",
    .next = "Look for the same path in other sources of this phone.",
    .source = "Apple, file system layout; names seen on phones",
    .severity = SEVERITY_MEDIUM,
    .confidence = CONFIDENCE_LOW,
    .exposure = RAN,
    .sql = "SELECT id AS record_id, place AS subject FROM (SELECT id, coalesce("
           "json_extract(fields, '$.executable'), json_extract(fields, '$.path'), "
           "json_extract(fields, '$.bundle_path')) AS place FROM r) WHERE usual_place(place) = 0",
};

/* -- settings and files -- */

/* Fields: key, value. */
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
    .severity = SEVERITY_LOW,
    .confidence = CONFIDENCE_LOW,
    .exposure = CONFIGURED,
    .sql = "SELECT id AS record_id, 'LDMGlobalEnabled' AS subject FROM r "
           "WHERE json_extract(fields, '$.key') = 'LDMGlobalEnabled' AND "
           "json_extract(fields, '$.value') = 0",
};

/* Fields: domain, type, path, target. Targets inside the containers are how apps share files. */
const struct rule rule_manifest_link_outside = {
    .id = "ios.manifest.link_outside",
    .artifact = "ios.manifest",
    .class = "exploit-file",
    .title = "A link in an app's folder that leads out of it",
    .explains =
        "An app's folder in the backup holds a link to a place outside all app folders. Such "
        "links have been used to make the system write where it should not.",
    .benign = "Left behind by a tool for jailbreaking or for changing backups.",
    .next = "Ask whether the backup was ever changed or restored with a special tool.",
    .source = "Published attacks on backup and restore (evasi0n, 2013, and later)",
    .severity = SEVERITY_LOW,
    .confidence = CONFIDENCE_LOW,
    .exposure = PRESENT,
    .sql = "SELECT id AS record_id, json_extract(fields, '$.domain') AS subject FROM r "
           "WHERE fields GLOB '*\"type\":\"link\"*' AND "
           "json_extract(fields, '$.domain') GLOB 'AppDomain*' AND "
           "(json_extract(fields, '$.target') GLOB '*/../../*' OR ("
           "json_extract(fields, '$.target') GLOB '/*' AND "
           "instr(json_extract(fields, '$.target'), '/var/mobile/Containers/') = 0 AND "
           "instr(json_extract(fields, '$.target'), '/var/containers/') = 0))",
};

/* Fields: type, path, mode (six octal digits; the third holds set-user-id and set-group-id). */
const struct rule rule_manifest_set_user_id = {
    .id = "ios.manifest.set_user_id",
    .artifact = "ios.manifest",
    .class = "root",
    .title = "A file that would run with another user's rights",
    .explains = "A file in the backup bears a mark by which a program runs with the rights of its "
                "owner. Files that a backup holds never need it.",
    .benign = "A jailbroken phone, or a backup that a tool has put together.",
    .next = "Ask the owner about a jailbreak, and have the file looked at.",
    .source = "Apple, file system layout",
    .severity = SEVERITY_MEDIUM,
    .confidence = CONFIDENCE_LOW,
    .exposure = PRESENT,
    .sql = "SELECT id AS record_id, json_extract(fields, '$.path') AS subject FROM r "
           "WHERE fields GLOB '*\"mode\":\"10[2-7]*' AND "
           "json_extract(fields, '$.type') = 'file' AND "
           "json_extract(fields, '$.mode') GLOB '10[2-7]*'",
};
