/*
 * Calls of every service that reports them to iOS (telephone, FaceTime, WhatsApp, Signal ...).
 *
 * ZADDRESS is text or a UTF-8 blob. CallHistoryTemp is used before the first unlock. Until iOS 7
 * `call` in call_history.db; its dates are Unix seconds.
 */
#include "artifact/artifact.h"

const struct artifact ios_calls = {
    .id = "ios.calls",
    .title = "Calls",
    .explains = "Calls in and out with number or address, service and length. iOS keeps about the "
                "last 1,000; clearing the list removes them.",
    .found_in = IN_BACKUP_ENC | IN_IOS_FS,
    .expected_in = IN_BACKUP_ENC | IN_IOS_FS,
    .paths = PATHS("Library/CallHistoryDB/CallHistory.storedata",
                   "Library/CallHistoryDB/CallHistoryTemp.storedata",
                   "Library/CallHistory/call_history.db"),
    .tables = TABLES(
        {
            .name = "ZCALLRECORD",
            .from = "ZCALLRECORD c",
            .row = "c.Z_PK",
            .own = "c.ZORIGINATED",
            .optional = true,
            .columns = COLUMNS(
                TIME("date", "c.ZDATE", MAC),
                OBSERVE("address", "c.ZADDRESS", OBS_HANDLE, RECEIVED),
                REAL("seconds", "c.ZDURATION", OPTIONAL),
                TEXT("provider", "c.ZSERVICE_PROVIDER", OPTIONAL),
                INT("originated", "c.ZORIGINATED", OPTIONAL),
                INT("answered", "c.ZANSWERED", OPTIONAL), INT("type", "c.ZCALLTYPE", OPTIONAL),
                TEXT("name", "c.ZNAME", OPTIONAL), TEXT("country", "c.ZISO_COUNTRY_CODE", OPTIONAL),
                TEXT("location", "c.ZLOCATION", OPTIONAL),
                REAL("bytes", "c.ZFACE_TIME_DATA", OPTIONAL),
                INT("disconnected_cause", "c.ZDISCONNECTED_CAUSE", OPTIONAL)),
        },
        {
            .name = "ZHANDLE", /* those who took part in a call of several */
            .from = "ZHANDLE h",
            .row = "h.Z_PK",
            .optional = true,
            .columns = COLUMNS(OBSERVE("address", "h.ZVALUE", OBS_HANDLE, EXPOSURE_NONE),
                               TEXT("normalized", "h.ZNORMALIZEDVALUE", OPTIONAL)),
        },
        {
            .name = "call",
            .from = "call c",
            .row = "c.ROWID",
            .own = "c.flags & 1",
            .optional = true,
            .columns = COLUMNS(
                TIME("date", "c.date", UNIX), OBSERVE("address", "c.address", OBS_HANDLE, RECEIVED),
                INT("seconds", "c.duration", OPTIONAL), INT("flags", "c.flags", OPTIONAL)),
        }),
};
