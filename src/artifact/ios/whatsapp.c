/*
 * WhatsApp: messages, media, previews, chats, and the pairs of hidden and real numbers. Each table
 * row is a record, so that a message with three previews doesn't count three times.
 *
 * A preview's address may stand in any of five columns. mmg.whatsapp.net is WhatsApp's own media
 * server. Business is another group with the same tables.
 */
#include "artifact/artifact.h"

const struct artifact ios_whatsapp = {
    .id = "ios.whatsapp",
    .title = "WhatsApp messages",
    .explains = "WhatsApp messages with their links and previews, media and chats. Kept until "
                "deleted; disappearing messages are gone when their time is up.",
    .found_in = IN_ANY_BACKUP | IN_IOS_FS,
    .heavy = true,
    .paths = PATHS("ChatStorage.sqlite", "LID.sqlite"),
    .tables = TABLES(
        {
            .name = "ZWAMESSAGE",
            .from = "ZWAMESSAGE m",
            .row = "m.Z_PK",
            .own = "m.ZISFROMME",
            .optional = true,
            .columns = COLUMNS(
                TIME("date", "m.ZMESSAGEDATE", MAC), TIME("sent", "m.ZSENTDATE", MAC, OPTIONAL),
                OBSERVE("text", "m.ZTEXT", OBS_TEXT, RECEIVED),
                OBSERVE("from", "m.ZFROMJID", OBS_HANDLE, RECEIVED, OPTIONAL),
                OBSERVE("to", "m.ZTOJID", OBS_HANDLE, EXPOSURE_NONE, OPTIONAL),
                TEXT("push_name", "m.ZPUSHNAME", OPTIONAL),
                INT("is_from_me", "m.ZISFROMME", OPTIONAL), INT("type", "m.ZMESSAGETYPE", OPTIONAL),
                INT("chat", "m.ZCHATSESSION", OPTIONAL), TEXT("stanza", "m.ZSTANZAID", OPTIONAL)),
        },
        {
            .name = "ZWAMESSAGEDATAITEM",
            .from = "ZWAMESSAGEDATAITEM d LEFT JOIN ZWAMESSAGE m ON m.Z_PK = d.ZMESSAGE",
            .row = "d.Z_PK",
            .own = "m.ZISFROMME",
            .optional = true,
            .columns = COLUMNS(TIME("date", "m.ZMESSAGEDATE", MAC),
                               OBSERVE("matched", "d.ZMATCHEDTEXT", OBS_TEXT, RECEIVED, OPTIONAL),
                               OBSERVE("content1", "d.ZCONTENT1", OBS_TEXT, RECEIVED, OPTIONAL),
                               OBSERVE("content2", "d.ZCONTENT2", OBS_TEXT, RECEIVED, OPTIONAL),
                               OBSERVE("summary", "d.ZSUMMARY", OBS_TEXT, RECEIVED, OPTIONAL),
                               OBSERVE("title", "d.ZTITLE", OBS_TEXT, RECEIVED, OPTIONAL),
                               INT("message", "d.ZMESSAGE", OPTIONAL)),
        },
        {
            .name = "ZWAMEDIAITEM",
            .from = "ZWAMEDIAITEM i LEFT JOIN ZWAMESSAGE m ON m.Z_PK = i.ZMESSAGE",
            .row = "i.Z_PK",
            .own = "m.ZISFROMME",
            .optional = true,
            .columns = COLUMNS(TIME("date", "m.ZMESSAGEDATE", MAC),
                               OBSERVE("url", "i.ZMEDIAURL", OBS_TEXT, RECEIVED, OPTIONAL),
                               OBSERVE("title", "i.ZTITLE", OBS_TEXT, RECEIVED, OPTIONAL),
                               OBSERVE("vcard", "i.ZVCARDSTRING", OBS_TEXT, RECEIVED, OPTIONAL),
                               TEXT("local_path", "i.ZMEDIALOCALPATH", OPTIONAL),
                               TEXT("author", "i.ZAUTHORNAME", OPTIONAL),
                               INT("bytes", "i.ZFILESIZE", OPTIONAL),
                               INT("message", "i.ZMESSAGE", OPTIONAL)),
        },
        {
            .name = "ZWACHATSESSION",
            .from = "ZWACHATSESSION s",
            .row = "s.Z_PK",
            .optional = true,
            .columns = COLUMNS(
                TIME("last_message", "s.ZLASTMESSAGEDATE", MAC, OPTIONAL),
                OBSERVE("partner", "s.ZCONTACTJID", OBS_HANDLE, EXPOSURE_NONE),
                OBSERVE("name", "s.ZPARTNERNAME", OBS_TEXT, EXPOSURE_NONE, OPTIONAL),
                INT("type", "s.ZSESSIONTYPE", OPTIONAL), INT("archived", "s.ZARCHIVED", OPTIONAL),
                INT("removed", "s.ZREMOVED", OPTIONAL), INT("hidden", "s.ZHIDDEN", OPTIONAL),
                INT("messages", "s.ZMESSAGECOUNTER", OPTIONAL)),
        },
        {
            .name = "ZWAGROUPINFO",
            .from = "ZWAGROUPINFO g",
            .row = "g.Z_PK",
            .optional = true,
            .columns = COLUMNS(TIME("created", "g.ZCREATIONDATE", MAC, OPTIONAL),
                               OBSERVE("creator", "g.ZCREATORJID", OBS_HANDLE, RECEIVED, OPTIONAL),
                               OBSERVE("owner", "g.ZOWNERJID", OBS_HANDLE, RECEIVED, OPTIONAL)),
        },
        {
            .name = "ZWAPHONENUMBERLIDPAIR",
            .from = "ZWAPHONENUMBERLIDPAIR p",
            .row = "p.Z_PK",
            .optional = true,
            .columns =
                COLUMNS(TIME("seen", "p.ZTIMESTAMP", MAC, OPTIONAL), TEXT("hidden_id", "p.ZLID"),
                        OBSERVE("phone", "p.ZPHONENUMBER", OBS_HANDLE, EXPOSURE_NONE)),
        }),
};
