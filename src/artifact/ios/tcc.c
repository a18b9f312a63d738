/*
 * Permissions (TCC): which app or program may use camera, microphone, photos ..., and what has
 * expired. client_type 0 is a bundle id, 1 an absolute path. Three generations of `access`; those
 * before iOS 12 have no time. CloudKit services (Liverpool, Ubiquity) are granted to all.
 */
#include "artifact/artifact.h"

#define CLIENT_COLUMNS(t)                                                                          \
    TEXT("service", t ".service"),                                                                 \
        OBSERVE("app", "CASE WHEN " t ".client_type = 0 THEN " t ".client END", OBS_APP, PRESENT), \
        OBSERVE("path", "CASE WHEN " t ".client_type = 1 THEN " t ".client END", OBS_PATH,         \
                PRESENT),                                                                          \
        OBSERVE("process", t ".client", OBS_PROCESS, PRESENT),                                     \
        INT("client_type", t ".client_type")

const struct artifact ios_tcc = {
    .id = "ios.tcc",
    .title = "Permissions",
    .explains =
        "Which apps and programs asked for camera, microphone, photos, contacts and the like, "
        "and what was answered. Kept until the app is removed or permissions are reset.",
    .found_in = IN_ANY_BACKUP | IN_IOS_FS,
    .expected_in = IN_ANY_BACKUP | IN_IOS_FS,
    .state = true,
    .paths = PATHS("Library/TCC/TCC.db"),
    .tables = TABLES(
        {
            .name = "access",
            .from = "access a",
            .row = "a.rowid",
            .columns = COLUMNS(TIME("modified", "a.last_modified", UNIX, OPTIONAL),
                               CLIENT_COLUMNS("a"), INT("auth_value", "a.auth_value", OPTIONAL),
                               INT("auth_reason", "a.auth_reason", OPTIONAL),
                               INT("allowed", "a.allowed", OPTIONAL),
                               TEXT("indirect_object", "a.indirect_object_identifier", OPTIONAL)),
        },
        {
            .name = "expired",
            .from = "expired x",
            .row = "x.rowid",
            .optional = true,
            .columns =
                COLUMNS(TIME("modified", "x.last_modified", UNIX, OPTIONAL),
                        TIME("expired", "x.expired_at", UNIX, OPTIONAL), CLIENT_COLUMNS("x")),
        }),
};
