/*
 * The address book: one record per number, address or link of a person, and one per person.
 *
 * ABMultiValue.property: 3 telephone, 4 e-mail, 22 link; others are kept as facts. Entries here show
 * who is known to the owner, nothing more: exposure none.
 */
#include "artifact/artifact.h"

#define PERSON_COLUMNS                                                                             \
    TIME("modified", "p.ModificationDate", MAC, OPTIONAL),                                         \
        TIME("created", "p.CreationDate", MAC, OPTIONAL), TEXT("first", "p.First", OPTIONAL),      \
        TEXT("middle", "p.Middle", OPTIONAL), TEXT("last", "p.Last", OPTIONAL),                    \
        TEXT("organization", "p.Organization", OPTIONAL)

const struct artifact ios_contacts = {
    .id = "ios.contacts",
    .title = "Contacts",
    .explains = "Names, numbers and addresses in the address book on the day of capture. A match "
                "shows that the owner knows the address, or that it was once added.",
    .found_in = IN_ANY_BACKUP | IN_IOS_FS,
    .expected_in = IN_ANY_BACKUP | IN_IOS_FS,
    .state = true,
    .paths = PATHS("Library/AddressBook/AddressBook.sqlitedb"),
    .tables = TABLES(
        {
            .name = "ABMultiValue",
            .from = "ABMultiValue v LEFT JOIN ABPerson p ON p.ROWID = v.record_id",
            .row = "v.UID",
            .joined = PATHS("ABPerson"),
            .columns =
                COLUMNS(PERSON_COLUMNS, INT("property", "v.property"),
                        OBSERVE("phone", "CASE WHEN v.property = 3 THEN v.value END", OBS_PHONE,
                                EXPOSURE_NONE),
                        OBSERVE("email", "CASE WHEN v.property = 4 THEN v.value END", OBS_EMAIL,
                                EXPOSURE_NONE),
                        OBSERVE("url", "CASE WHEN v.property = 22 THEN v.value END", OBS_TEXT,
                                EXPOSURE_NONE),
                        OBSERVE("value", "CASE WHEN v.property NOT IN (3, 4, 22) THEN v.value END",
                                OBS_TEXT, EXPOSURE_NONE)),
        },
        {
            .name = "ABPerson",
            .from = "ABPerson p",
            .row = "p.ROWID",
            .columns = COLUMNS(PERSON_COLUMNS, TEXT("nickname", "p.Nickname", OPTIONAL),
                               OBSERVE("note", "p.Note", OBS_TEXT, EXPOSURE_NONE, OPTIONAL)),
        }),
};
