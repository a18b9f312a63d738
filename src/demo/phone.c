#include "demo/phone.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

#include "demo/mkbackup.h"
#include "demo/mkplist.h"

const char *const demo_password = "horse and bridle";

/* A file's content, and what `sha256sum` says of it. */
static const char payload[] = "a harmless file that stands for a payload\n";
#define PAYLOAD_SHA256 "4afa42a242bdb1021b283f77c29c8a8af4d640873fd82a12f646efdfd2fd82f5"

const struct demo_trace demo_planted[] = {
    {"ios.sms", "indicator", "domain", "spy.example"},
    {"ios.sms", "indicator", "domain", "cdn.finch.example"},
    {"ios.sms", "ios.sms.apple_notification", NULL, NULL},
    {"ios.safari_history", "indicator", "domain", "www.spy.example"},
    {"ios.safari_history", "indicator", "ip", "198.51.100.23"},
    {"ios.calendar", "indicator", "email", "lure@spy.example"},
    {"ios.datausage", "indicator", "process", "wardriverd"},
    {"ios.applications", "indicator", "app", "org.example.watcher"},
    {"ios.manifest", "indicator", "hash", PAYLOAD_SHA256},
    {NULL, NULL, NULL, NULL},
};

/* What the list of indicators holds: pattern and family. */
static const struct {
    const char *pattern, *family;
} indicators[] = {
    {"[domain-name:value = 'spy.example']", "Grey Finch mercenary spyware (made up)"},
    {"[domain-name:value = 'finch.example']", "Grey Finch mercenary spyware (made up)"},
    {"[ipv4-addr:value = '198.51.100.23']", "Grey Finch mercenary spyware (made up)"},
    {"[email-addr:value = 'lure@spy.example']", "Grey Finch mercenary spyware (made up)"},
    {"[process:name = 'wardriverd']", "Grey Finch mercenary spyware (made up)"},
    {"[file:hashes.'SHA-256' = '" PAYLOAD_SHA256 "']", "Grey Finch mercenary spyware (made up)"},
    {"[app:id = 'org.example.watcher']", "Example Watcher stalkerware"},
};

/* Seconds since 2001 of 2026-01-10 08:00 UTC, and the same in nanoseconds. */
#define DAY "789724800"
#define NANO DAY "000000000"

static const char sms[] =
    "CREATE TABLE handle (ROWID INTEGER PRIMARY KEY, id TEXT, service TEXT);"
    "CREATE TABLE message (ROWID INTEGER PRIMARY KEY, guid TEXT, text TEXT, handle_id INTEGER, "
    "service TEXT, date INTEGER, is_from_me INTEGER, attributedBody BLOB);"
    "CREATE TABLE attachment (ROWID INTEGER PRIMARY KEY, guid TEXT, created_date INTEGER, "
    "filename TEXT, is_outgoing INTEGER);"
    "INSERT INTO handle VALUES (1, '+15550100', 'SMS'), (2, 'friend@mail.example', 'iMessage');"
    "INSERT INTO message VALUES"
    "(1, 'G1', 'Lunch at one?', 2, 'iMessage', " NANO " + 1000000000, 0, NULL),"
    "(2, 'G2', 'Your parcel waits: https://spy.example/l/7f3a', 1, 'SMS', " NANO
    " + 61000000000, 0, NULL),"
    "(3, 'G3', NULL, 1, 'iMessage', " NANO " + 62000000000, 0, $body),"
    "(4, 'G4', 'ALERT: State-sponsored attackers may be targeting your iPhone', 1, 'iMessage', " NANO
    " + 63000000000, 0, NULL),"
    "(5, 'G5', 'Not this one: https://notspy.example/ nor https://spy.example.com/', 2, 'iMessage', " NANO
    " + 64000000000, 0, NULL),"
    "(6, 'G6', 'See https://search.example.com/?q=spy.example', 2, 'iMessage', " NANO
    " + 65000000000, 1, NULL);"
    "INSERT INTO attachment VALUES (1, 'A1', " NANO
    ", '~/Library/SMS/Attachments/00/picture.jpeg', 0);";

static const char history[] =
    "CREATE TABLE history_items (id INTEGER PRIMARY KEY, url TEXT, visit_count INTEGER);"
    "CREATE TABLE history_visits (id INTEGER PRIMARY KEY, history_item INTEGER, visit_time REAL, "
    "title TEXT, redirect_source INTEGER, redirect_destination INTEGER, origin INTEGER);"
    "CREATE TABLE history_tombstones (id INTEGER PRIMARY KEY, start_time REAL, end_time REAL, "
    "url TEXT);"
    "INSERT INTO history_items VALUES (1, 'https://news.example.com/today', 1),"
    "(2, 'https://www.spy.example:8443/l/7f3a', 1), (3, 'http://198.51.100.23/d', 1),"
    "(4, 'http://198.51.100.231/d', 1);"
    "INSERT INTO history_visits VALUES (1, 1, " DAY ".5, 'News', NULL, NULL, 0),"
    "(2, 2, " DAY " + 90, '', NULL, NULL, 0), (3, 3, " DAY " + 120, '', NULL, NULL, 0),"
    "(4, 4, " DAY " + 150, '', NULL, NULL, 0);";

static const char calls[] =
    "CREATE TABLE ZCALLRECORD (Z_PK INTEGER PRIMARY KEY, ZDATE REAL, ZADDRESS TEXT, ZDURATION REAL, "
    "ZSERVICE_PROVIDER TEXT, ZORIGINATED INTEGER);"
    "INSERT INTO ZCALLRECORD VALUES (1, " DAY ", '+15550101', 12.5, 'com.apple.Telephony', 0);";

static const char contacts[] =
    "CREATE TABLE ABPerson (ROWID INTEGER PRIMARY KEY, First TEXT, Last TEXT);"
    "CREATE TABLE ABMultiValue (UID INTEGER PRIMARY KEY, record_id INTEGER, property INTEGER, "
    "value TEXT);"
    "INSERT INTO ABPerson VALUES (1, 'A', 'Friend');"
    "INSERT INTO ABMultiValue VALUES (1, 1, 4, 'friend@mail.example');";

static const char calendar[] =
    "CREATE TABLE Participant (ROWID INTEGER PRIMARY KEY, email TEXT, owner_id INTEGER);"
    "CREATE TABLE CalendarItem (ROWID INTEGER PRIMARY KEY, summary TEXT, description TEXT, "
    "start_date REAL, organizer_id INTEGER);"
    "INSERT INTO Participant VALUES (1, 'Lure@Spy.example', 1), (2, 'friend@mail.example', 2);"
    "INSERT INTO CalendarItem VALUES (1, 'Briefing', 'Agenda', " DAY ", 1),"
    "(2, 'Walk', NULL, " DAY " + 86400, 2);";

static const char tcc[] =
    "CREATE TABLE access (service TEXT, client TEXT, client_type INTEGER, auth_value INTEGER, "
    "auth_reason INTEGER, last_modified INTEGER);"
    "INSERT INTO access VALUES ('kTCCServiceCamera', 'com.example.camera', 0, 2, 2, 1768032000);";

static const char datausage[] =
    "CREATE TABLE ZPROCESS (Z_PK INTEGER PRIMARY KEY, ZFIRSTTIMESTAMP REAL, ZTIMESTAMP REAL, "
    "ZPROCNAME TEXT, ZBUNDLENAME TEXT);"
    "CREATE TABLE ZLIVEUSAGE (Z_PK INTEGER PRIMARY KEY, ZHASPROCESS INTEGER, ZTIMESTAMP REAL, "
    "ZWWANIN REAL, ZWWANOUT REAL);"
    "INSERT INTO ZPROCESS VALUES (1, " DAY ", " DAY ", 'mDNSResponder', NULL),"
    "(2, " DAY " + 200, " DAY " + 900, 'wardriverd', NULL), (3, " DAY ", " DAY
    ", 'wardriverd2', NULL);"
    "INSERT INTO ZLIVEUSAGE VALUES (1, 1, " DAY ", 1200, 300), (2, 2, " DAY " + 900, 5000, 88000);";

static const char interactions[] =
    "CREATE TABLE ZCONTACTS (Z_PK INTEGER PRIMARY KEY, ZIDENTIFIER TEXT);"
    "CREATE TABLE ZINTERACTIONS (Z_PK INTEGER PRIMARY KEY, ZSTARTDATE REAL, ZBUNDLEID TEXT, "
    "ZDIRECTION INTEGER, ZSENDER INTEGER);"
    "INSERT INTO ZCONTACTS VALUES (1, 'friend@mail.example');"
    "INSERT INTO ZINTERACTIONS VALUES (1, " DAY ", 'com.apple.MobileSMS', 0, 1);";

/* An NSAttributedString's typedstream with a short ASCII text and one run without attributes:
   docs/formats/typedstream.md. */
static void attributed_body(const char *text, struct buf *out)
{
    static const uint8_t head[] =
        "\x04\x0bstreamtyped\x81\xe8\x03\x84\x01@\x84\x84\x84\x12NSAttributedString\x00\x84\x84"
        "\x08NSObject\x00\x85\x92\x84\x84\x84\x08NSString\x01\x94\x84\x01+";
    static const uint8_t run[] = "\x86\x84\x02iI\x01", dictionary[] =
                                                           "\x92\x84\x84\x84\x0cNSDictionary"
                                                           "\x00\x94\x84\x01i\x00\x86\x86";
    uint8_t n = (uint8_t)strlen(text);
    buf_add(out, head, sizeof head - 1);
    buf_byte(out, n);
    buf_text(out, text);
    buf_add(out, run, sizeof run - 1);
    buf_byte(out, n);
    buf_add(out, dictionary, sizeof dictionary - 1);
}

static bool database(const char *sql, struct slice body, struct slice *out, struct err *e)
{
    sqlite3 *db = NULL;
    sqlite3_int64 n = 0;
    bool ok = sqlite3_open(":memory:", &db) == SQLITE_OK;
    while (ok && *sql) {
        sqlite3_stmt *s = NULL;
        ok = sqlite3_prepare_v2(db, sql, -1, &s, &sql) == SQLITE_OK;
        if (ok && s && sqlite3_bind_parameter_count(s))
            ok = sqlite3_bind_blob(s, 1, body.p, (int)body.n, SQLITE_STATIC) == SQLITE_OK;
        ok = ok && (!s || sqlite3_step(s) == SQLITE_DONE);
        sqlite3_finalize(s);
    }
    if (!ok)
        err_set(e, ERR_IO, "made-up database: %s", sqlite3_errmsg(db));
    else
        *out = (struct slice){sqlite3_serialize(db, "main", &n, 0), 0};
    out->n = (size_t)n;
    sqlite3_close(db);
    return ok;
}

/* com.apple.osanalytics.addaily.plist with one harmless program. */
static struct slice daily_analytics(struct mkplist *p)
{
    struct mkplist_dict names = {0}, top = {0};
    uint8_t counters[] = {mkplist_int(p, 100), mkplist_int(p, 200), mkplist_int(p, 0),
                          mkplist_int(p, 0)};
    mkplist_member(p, &names, "mDNSResponder", mkplist_array(p, counters, 4));
    mkplist_member(p, &top, "netUsageBaseline", mkplist_dict(p, &names));
    mkplist_finish(p, mkplist_dict(p, &top));
    return buf_view(&p->b);
}

bool demo_write_phone(const char *folder, struct err *e)
{
    static const char *const apps[] = {"com.example.camera", "org.example.watcher",
                                       "org.example.watcher2", NULL};
    const struct mkbackup_options options = {
        .password = demo_password, .name = "Demo phone", .apps = apps};
    struct {
        const char *domain, *path, *sql;
    } databases[] = {
        {"HomeDomain", "Library/SMS/sms.db", sms},
        {"HomeDomain", "Library/Safari/History.db", history},
        {"HomeDomain", "Library/CallHistoryDB/CallHistory.storedata", calls},
        {"HomeDomain", "Library/AddressBook/AddressBook.sqlitedb", contacts},
        {"HomeDomain", "Library/Calendar/Calendar.sqlitedb", calendar},
        {"HomeDomain", "Library/TCC/TCC.db", tcc},
        {"HomeDomain", "Library/CoreDuet/People/interactionC.db", interactions},
        {"WirelessDomain", "Library/Databases/DataUsage.sqlite", datausage},
    };
    enum { DATABASES = sizeof databases / sizeof *databases, FILES = DATABASES + 3 };
    struct mkbackup_file files[FILES] = {{0}};
    struct mkplist analytics = {0};
    struct buf body = {0};
    bool ok = true;
    attributed_body("Photos from the trip: https://cdn.finch.example/p/9", &body);
    for (size_t i = 0; i < DATABASES && ok; i++) {
        files[i].domain = databases[i].domain;
        files[i].path = databases[i].path;
        ok = database(databases[i].sql, buf_view(&body), &files[i].bytes, e);
    }
    files[DATABASES] =
        (struct mkbackup_file){.domain = "HomeDomain",
                               .path = "Library/Preferences/com.apple.osanalytics.addaily.plist",
                               .bytes = daily_analytics(&analytics)};
    files[DATABASES + 1] = (struct mkbackup_file){.domain = "AppDomain-com.example.camera",
                                                  .path = "Documents/update.dat",
                                                  .bytes = slice_of(payload)};
    files[DATABASES + 2] = (struct mkbackup_file){.domain = "AppDomain-com.example.camera",
                                                  .path = "Documents/other.dat",
                                                  .bytes = slice_of("something else\n")};
    ok = ok && mkbackup_write(folder, &options, files, FILES, e);
    for (size_t i = 0; i < DATABASES; i++)
        sqlite3_free((void *)files[i].bytes.p);
    buf_free(&analytics.b);
    buf_free(&body);
    return ok;
}

bool demo_write_indicators(const char *path, struct err *e)
{
    static const char head[] = "\"spec_version\":\"2.1\",\"created\":\"2025-12-01T00:00:00Z\","
                               "\"modified\":\"2025-12-01T00:00:00Z\"";
    FILE *f = fopen(path, "w");
    if (!f)
        return err_io(e, "%s", path);
    fputs("{\"type\":\"bundle\",\"id\":\"bundle--00000000-0000-4000-8000-000000000000\","
          "\"objects\":[",
          f);
    for (size_t i = 0; i < sizeof indicators / sizeof *indicators; i++) {
        unsigned n = (unsigned)i + 1;
        fprintf(f,
                "%s{\"type\":\"indicator\",\"id\":\"indicator--00000000-0000-4000-8000-%012u\",%s,"
                "\"indicator_types\":[\"malicious-activity\"],\"pattern\":\"%s\","
                "\"pattern_type\":\"stix\",\"valid_from\":\"2025-12-01T00:00:00Z\"},\n"
                "{\"type\":\"malware\",\"id\":\"malware--00000000-0000-4000-8000-%012u\",%s,"
                "\"name\":\"%s\",\"is_family\":true},\n"
                "{\"type\":\"relationship\",\"id\":\"relationship--00000000-0000-4000-8000-%012u\","
                "%s,\"relationship_type\":\"indicates\",\"source_ref\":"
                "\"indicator--00000000-0000-4000-8000-%012u\",\"target_ref\":"
                "\"malware--00000000-0000-4000-8000-%012u\"}",
                i ? ",\n" : "", n, head, indicators[i].pattern, n, head, indicators[i].family, n,
                head, n, n);
    }
    fputs("]}\n", f);
    return fclose(f) == 0 || err_io(e, "%s", path);
}
