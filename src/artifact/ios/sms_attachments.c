/*
 * Attachments of messages: one record per row of `attachment`.
 *
 * A received file normally ends below ~/Library/SMS/Attachments. One that still has a temporary
 * name under /var/tmp never got that far (rule ios.sms_attachments.var_tmp).
 */
#include "artifact/artifact.h"

#define ATTACHMENT_COLUMNS                                                                         \
    TIME("created", "a.created_date", MAC), TIME("started", "a.start_date", MAC, OPTIONAL),        \
        OBSERVE("filename", "a.filename", OBS_PATH, RECEIVED),                                     \
        OBSERVE("transfer_name", "a.transfer_name", OBS_FILENAME, RECEIVED, OPTIONAL),             \
        TEXT("guid", "a.guid", OPTIONAL), TEXT("uti", "a.uti", OPTIONAL),                          \
        TEXT("mime_type", "a.mime_type", OPTIONAL), INT("bytes", "a.total_bytes", OPTIONAL),       \
        INT("transfer_state", "a.transfer_state", OPTIONAL),                                       \
        INT("is_outgoing", "a.is_outgoing", OPTIONAL),                                             \
        INT("hidden", "a.hide_attachment", OPTIONAL)

const struct artifact ios_sms_attachments = {
    .id = "ios.sms_attachments",
    .title = "Message attachments",
    .explains =
        "Files sent and received with messages: names, kinds, sizes and who sent them. Kept "
        "as long as their message.",
    .found_in = IN_ANY_BACKUP | IN_IOS_FS,
    .paths = PATHS("Library/SMS/sms.db"),
    .tables = TABLES(
        {
            .name = "attachment",
            .from = "attachment a LEFT JOIN message_attachment_join j ON j.attachment_id = a.ROWID "
                    "LEFT JOIN message m ON m.ROWID = j.message_id "
                    "LEFT JOIN handle h ON h.ROWID = m.handle_id",
            .row = "a.ROWID",
            .own = "a.is_outgoing",
            .optional = true,
            .joined = PATHS("message_attachment_join"),
            .columns = COLUMNS(ATTACHMENT_COLUMNS, OBSERVE("handle", "h.id", OBS_HANDLE, RECEIVED),
                               TEXT("service", "m.service", OPTIONAL), INT("message", "m.ROWID")),
        },
        {
            .name = "attachment",
            .from = "attachment a",
            .row = "a.ROWID",
            .own = "a.is_outgoing",
            .optional = true,
            .columns = COLUMNS(ATTACHMENT_COLUMNS),
        }),
};
