/*
 * WhatsApp's own list of calls, with missed ones: the way in of 2019 left missed video calls here.
 */
#include "artifact/artifact.h"

const struct artifact ios_whatsapp_calls = {
    .id = "ios.whatsapp_calls",
    .title = "WhatsApp calls",
    .explains = "Calls in WhatsApp, also missed ones, and who took part. Kept until deleted.",
    .found_in = IN_ANY_BACKUP | IN_IOS_FS,
    .paths = PATHS("CallHistory.sqlite"),
    .tables = TABLES(
        {
            .name = "ZWACDCALLEVENT",
            .from = "ZWACDCALLEVENT c",
            .row = "c.Z_PK",
            .columns = COLUMNS(
                TIME("date", "c.ZDATE", MAC), REAL("seconds", "c.ZDURATION", OPTIONAL),
                INT("outcome", "c.ZOUTCOME", OPTIONAL), INT("missed", "c.ZMISSED", OPTIONAL),
                TEXT("call", "c.ZCALLIDSTRING", OPTIONAL),
                OBSERVE("creator", "c.ZGROUPCALLCREATORUSERJIDSTRING", OBS_HANDLE, RECEIVED,
                        OPTIONAL)),
        },
        {
            .name = "ZWACDCALLEVENTPARTICIPANT",
            .from = "ZWACDCALLEVENTPARTICIPANT p",
            .row = "p.Z_PK",
            .optional = true,
            .columns = COLUMNS(OBSERVE("participant", "p.ZJIDSTRING", OBS_HANDLE, RECEIVED),
                               INT("outcome", "p.ZOUTCOME", OPTIONAL)),
        }),
};
