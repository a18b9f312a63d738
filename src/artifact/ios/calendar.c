/*
 * Calendar: one record per entry with its organiser, one per participant, one per subscribed
 * calendar. Invitations that added themselves were a way in (rule ios.calendar.quadream_invitation);
 * spam comes the same way.
 */
#include "artifact/artifact.h"

const struct artifact ios_calendar = {
    .id = "ios.calendar",
    .title = "Calendar",
    .explains = "Calendar entries with organiser, participants and links. Kept until deleted; "
                "calendars in the cloud may hold fewer or more.",
    .found_in = IN_ANY_BACKUP | IN_IOS_FS,
    .expected_in = IN_ANY_BACKUP | IN_IOS_FS,
    .paths = PATHS("Calendar.sqlitedb"),
    .tables = TABLES(
        {
            .name = "CalendarItem",
            .from = "CalendarItem c LEFT JOIN Participant p ON p.ROWID = c.organizer_id",
            .row = "c.ROWID",
            .joined = PATHS("Participant"),
            .columns = COLUMNS(
                TIME("start", "c.start_date", MAC), TIME("end", "c.end_date", MAC, OPTIONAL),
                TIME("created", "c.creation_date", MAC, OPTIONAL),
                TIME("modified", "c.last_modified", MAC, OPTIONAL),
                OBSERVE("summary", "c.summary", OBS_TEXT, RECEIVED),
                OBSERVE("description", "c.description", OBS_TEXT, RECEIVED, OPTIONAL),
                OBSERVE("organizer", "p.email", OBS_EMAIL, RECEIVED, OPTIONAL),
                OBSERVE("organizer_phone", "p.phone_number", OBS_PHONE, RECEIVED, OPTIONAL),
                OBSERVE("url", "c.url", OBS_TEXT, RECEIVED, OPTIONAL),
                OBSERVE("conference", "c.conference_url", OBS_TEXT, RECEIVED, OPTIONAL),
                OBSERVE("conference", "c.conference_url_detected", OBS_TEXT, RECEIVED, OPTIONAL),
                INT("all_day", "c.all_day", OPTIONAL), INT("calendar", "c.calendar_id", OPTIONAL),
                INT("hidden", "c.hidden", OPTIONAL),
                INT("invitation_status", "c.invitation_status", OPTIONAL),
                TEXT("uuid", "c.UUID", OPTIONAL), TEXT("external_id", "c.external_id", OPTIONAL)),
        },
        {
            .name = "Participant",
            .from = "Participant p LEFT JOIN CalendarItem c ON c.ROWID = p.owner_id",
            .row = "p.ROWID",
            .optional = true,
            .columns =
                COLUMNS(TIME("start", "c.start_date", MAC),
                        TIME("modified", "p.last_modified", MAC, OPTIONAL),
                        OBSERVE("email", "p.email", OBS_EMAIL, RECEIVED, OPTIONAL),
                        OBSERVE("phone", "p.phone_number", OBS_PHONE, RECEIVED, OPTIONAL),
                        OBSERVE("comment", "p.comment", OBS_TEXT, RECEIVED, OPTIONAL),
                        INT("entry", "p.owner_id", OPTIONAL), INT("role", "p.role", OPTIONAL),
                        INT("status", "p.status", OPTIONAL), INT("is_self", "p.is_self", OPTIONAL)),
        },
        {
            .name = "Calendar",
            .from = "Calendar k",
            .row = "k.ROWID",
            .optional = true,
            .columns = COLUMNS(
                TEXT("title", "k.title"),
                OBSERVE("subscribed", "k.subcal_url", OBS_TEXT, CONFIGURED, OPTIONAL),
                OBSERVE("external_id", "k.external_id", OBS_TEXT, CONFIGURED, OPTIONAL),
                OBSERVE("shared_by", "k.shared_owner_address", OBS_TEXT, CONFIGURED, OPTIONAL)),
        },
        {
            .name = "Identity",
            .from = "Identity n",
            .row = "n.ROWID",
            .optional = true,
            .columns = COLUMNS(OBSERVE("address", "n.address", OBS_HANDLE, RECEIVED, OPTIONAL),
                               TEXT("name", "n.display_name", OPTIONAL)),
        }),
};
