/*
 * Messages (SMS, iMessage, RCS): one record per row of `message`.
 *
 * From iOS 16 on the text is mostly in attributedBody alone, and a link preview in payload_data.
 * Rows without a handle exist (own messages in groups, system items): hence the left join. A row
 * in chat_recoverable_message_join is in "Recently Deleted". Dates are nanoseconds since 2001,
 * before iOS 11 seconds. Format: docs/formats/ios/sms.md
 */
#include "artifact/artifact.h"
#include "artifact/ios/common.h"
#include "format/typedstream.h"

/* The body's text, where the text column is empty, and the links of its attributes. */
static bool attributed_body(struct job *job, struct slice bytes, struct record *r, struct err *e)
{
    struct typedstream_body body = {0};
    bool whole = typedstream_body(bytes, job_arena(job), &body, e);
    bool has_text = false;
    for (unsigned i = 0; i < r->n; i++)
        has_text |= !strcmp(r->fields[i].name, "text") && r->fields[i].text.n;
    if (body.text.n && !has_text)
        record_observe(r, "text", OBS_TEXT, RECEIVED, body.text);
    for (size_t i = 0; i < body.nlinks; i++)
        record_observe(r, "link", OBS_URL, RECEIVED, body.links[i]);
    return whole;
}

/* A rich link's preview is a keyed archive; other balloons are free plists: every URL counts. */
static bool payload(struct job *job, struct slice bytes, struct record *r, struct err *e)
{
    return ios_plist_urls(job, bytes, "preview", RECEIVED, r, e);
}

/* Edited and unsent parts: earlier texts are typedstreams inside. */
static bool summary_info(struct job *job, struct slice bytes, struct record *r, struct err *e)
{
    return ios_plist_urls(job, bytes, "edited", RECEIVED, r, e);
}

#define MESSAGE_COLUMNS                                                                            \
    TIME("date", "m.date", MAC), TIME("date_read", "m.date_read", MAC, OPTIONAL),                  \
        TIME("date_delivered", "m.date_delivered", MAC, OPTIONAL),                                 \
        TIME("date_edited", "m.date_edited", MAC, OPTIONAL),                                       \
        TIME("date_retracted", "m.date_retracted", MAC, OPTIONAL),                                 \
        OBSERVE("text", "m.text", OBS_TEXT, RECEIVED),                                             \
        OBSERVE("subject", "m.subject", OBS_TEXT, RECEIVED, OPTIONAL),                             \
        OBSERVE("handle", "h.id", OBS_HANDLE, RECEIVED), TEXT("guid", "m.guid", OPTIONAL),         \
        TEXT("service", "m.service", OPTIONAL), TEXT("account", "m.account", OPTIONAL),            \
        TEXT("chat", "m.cache_roomnames", OPTIONAL),                                               \
        OBSERVE("group_title", "m.group_title", OBS_TEXT, RECEIVED, OPTIONAL),                     \
        INT("is_from_me", "m.is_from_me", OPTIONAL), INT("error", "m.error", OPTIONAL),            \
        INT("item_type", "m.item_type", OPTIONAL),                                                 \
        TEXT("balloon", "m.balloon_bundle_id", OPTIONAL),                                          \
        DECODE("body", "m.attributedBody", attributed_body, OPTIONAL),                             \
        DECODE("preview", "m.payload_data", payload, OPTIONAL),                                    \
        DECODE("edited", "m.message_summary_info", summary_info, OPTIONAL)

const struct artifact ios_sms = {
    .id = "ios.sms",
    .title = "Messages",
    .explains =
        "SMS, iMessage and RCS messages with their links, senders and times. Kept until the "
        "owner deletes them; \"Recently Deleted\" holds them for up to 40 days more.",
    .found_in = IN_ANY_BACKUP | IN_IOS_FS,
    .expected_in = IN_ANY_BACKUP | IN_IOS_FS,
    .heavy = true,
    .paths = PATHS("Library/SMS/sms.db"),
    .tables = TABLES(
        {
            .name = "message",
            .from = "message m LEFT JOIN handle h ON h.ROWID = m.handle_id "
                    "LEFT JOIN chat_recoverable_message_join d ON d.message_id = m.ROWID",
            .row = "m.ROWID",
            .own = "m.is_from_me",
            .joined = PATHS("handle", "chat_recoverable_message_join"),
            .columns = COLUMNS(MESSAGE_COLUMNS, TIME("deleted", "d.delete_date", MAC)),
        },
        {
            .name = "message", /* before iOS 16 */
            .from = "message m LEFT JOIN handle h ON h.ROWID = m.handle_id",
            .row = "m.ROWID",
            .own = "m.is_from_me",
            .joined = PATHS("handle"),
            .columns = COLUMNS(MESSAGE_COLUMNS),
        }),
};
