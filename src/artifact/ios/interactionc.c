/*
 * Interactions (CoreDuet): who was written to, called or shared with, by which app. They survive
 * the deletion of the message itself.
 *
 * The numbers in the names of Core Data's join tables are entity ids and differ between versions;
 * contacts and attachments are records of their own, so nothing hangs on them.
 */
#include "artifact/artifact.h"

const struct artifact ios_interactionc = {
    .id = "ios.interactionc",
    .title = "Contacts made",
    .explains =
        "Messages, calls and mails in and out as the system counts them, also of deleted ones. "
        "Kept about 30 days, contacts longer.",
    .found_in = IN_BACKUP_ENC | IN_IOS_FS,
    .expected_in = IN_BACKUP_ENC | IN_IOS_FS,
    .paths = PATHS("Library/CoreDuet/People/interactionC.db"),
    .tables = TABLES(
        {
            .name = "ZINTERACTIONS",
            .from = "ZINTERACTIONS i LEFT JOIN ZCONTACTS s ON s.Z_PK = i.ZSENDER",
            .row = "i.Z_PK",
            .own = "i.ZDIRECTION",
            .joined = PATHS("ZCONTACTS"),
            .columns = COLUMNS(
                TIME("start", "i.ZSTARTDATE", MAC), TIME("end", "i.ZENDDATE", MAC, OPTIONAL),
                TIME("created", "i.ZCREATIONDATE", MAC, OPTIONAL),
                OBSERVE("app", "i.ZBUNDLEID", OBS_APP, PRESENT, OPTIONAL),
                OBSERVE("target_app", "i.ZTARGETBUNDLEID", OBS_APP, PRESENT, OPTIONAL),
                OBSERVE("sender", "s.ZIDENTIFIER", OBS_HANDLE, RECEIVED),
                TEXT("sender_name", "s.ZDISPLAYNAME", OPTIONAL),
                OBSERVE("account", "i.ZACCOUNT", OBS_HANDLE, EXPOSURE_NONE, OPTIONAL),
                OBSERVE("content", "i.ZCONTENTURL", OBS_TEXT, RECEIVED, OPTIONAL),
                TEXT("group", "i.ZGROUPNAME", OPTIONAL),
                TEXT("domain", "i.ZDOMAINIDENTIFIER", OPTIONAL),
                INT("direction", "i.ZDIRECTION", OPTIONAL),
                INT("mechanism", "i.ZMECHANISM", OPTIONAL),
                INT("recipients", "i.ZRECIPIENTCOUNT", OPTIONAL)),
        },
        {
            .name = "ZCONTACTS",
            .from = "ZCONTACTS c",
            .row = "c.Z_PK",
            .columns =
                COLUMNS(TIME("created", "c.ZCREATIONDATE", MAC, OPTIONAL),
                        TIME("first_in", "c.ZFIRSTINCOMINGSENDERDATE", MAC, OPTIONAL),
                        TIME("last_in", "c.ZLASTINCOMINGSENDERDATE", MAC, OPTIONAL),
                        TIME("first_out", "c.ZFIRSTOUTGOINGRECIPIENTDATE", MAC, OPTIONAL),
                        TIME("last_out", "c.ZLASTOUTGOINGRECIPIENTDATE", MAC, OPTIONAL),
                        OBSERVE("identifier", "c.ZIDENTIFIER", OBS_HANDLE, RECEIVED),
                        TEXT("name", "c.ZDISPLAYNAME", OPTIONAL),
                        OBSERVE("custom", "c.ZCUSTOMIDENTIFIER", OBS_HANDLE, RECEIVED, OPTIONAL)),
        },
        {
            .name = "ZATTACHMENT",
            .from = "ZATTACHMENT a",
            .row = "a.Z_PK",
            .optional = true,
            .columns =
                COLUMNS(OBSERVE("text", "a.ZCONTENTTEXT", OBS_TEXT, RECEIVED, OPTIONAL),
                        OBSERVE("content", "a.ZCONTENTURL", OBS_TEXT, RECEIVED, OPTIONAL),
                        TEXT("uti", "a.ZUTI", OPTIONAL), INT("bytes", "a.ZSIZEINBYTES", OPTIONAL)),
        }),
};
