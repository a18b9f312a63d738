/* WhatsApp's contacts: who is known by which number, name and hidden id. Texts may be blobs. */
#include "artifact/artifact.h"

const struct artifact ios_whatsapp_contacts = {
    .id = "ios.whatsapp_contacts",
    .title = "WhatsApp contacts",
    .explains = "Contacts as WhatsApp knows them, with status texts. As on the day of capture.",
    .found_in = IN_ANY_BACKUP | IN_IOS_FS,
    .state = true,
    .paths = PATHS("ContactsV2.sqlite"),
    .tables = TABLES({
        .name = "ZWAADDRESSBOOKCONTACT",
        .from = "ZWAADDRESSBOOKCONTACT c",
        .row = "c.Z_PK",
        .columns =
            COLUMNS(TIME("updated", "c.ZLASTUPDATED", MAC, OPTIONAL),
                    TIME("about_changed", "c.ZABOUTTIMESTAMP", MAC, OPTIONAL),
                    TIME("timer_set", "c.ZDISAPPEARINGMODETIMESTAMP", MAC, OPTIONAL),
                    OBSERVE("whatsapp_id", "c.ZWHATSAPPID", OBS_HANDLE, EXPOSURE_NONE, OPTIONAL),
                    OBSERVE("phone", "c.ZPHONENUMBER", OBS_PHONE, EXPOSURE_NONE, OPTIONAL),
                    TEXT("hidden_id", "c.ZLID", OPTIONAL), TEXT("name", "c.ZFULLNAME", OPTIONAL),
                    TEXT("business", "c.ZBUSINESSNAME", OPTIONAL),
                    OBSERVE("about", "c.ZABOUTTEXT", OBS_TEXT, EXPOSURE_NONE, OPTIONAL),
                    OBSERVE("notes", "c.ZNOTES", OBS_TEXT, EXPOSURE_NONE, OPTIONAL),
                    REAL("timer_seconds", "c.ZDISAPPEARINGMODEDURATION", OPTIONAL)),
    }),
};
