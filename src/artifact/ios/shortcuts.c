/*
 * Shortcuts: name, times and every address in their actions. ZDATA is a plist of actions; NULL is a
 * shortcut without any. Names can be NULL and may hold bytes that are no UTF-8.
 */
#include "artifact/artifact.h"
#include "artifact/ios/common.h"

static bool actions(struct job *job, struct slice bytes, struct record *r, struct err *e)
{
    return ios_plist_urls(job, bytes, "urls", CONFIGURED, r, e);
}

#define SHORTCUT_COLUMNS                                                                           \
    TIME("created", "s.ZCREATIONDATE", MAC, OPTIONAL),                                             \
        TIME("modified", "s.ZMODIFICATIONDATE", MAC, OPTIONAL), TEXT("name", "s.ZNAME"),           \
        TEXT("description", "s.ZACTIONSDESCRIPTION", OPTIONAL)

const struct artifact ios_shortcuts = {
    .id = "ios.shortcuts",
    .title = "Shortcuts",
    .explains = "Shortcuts and the addresses that their actions call. As on the day of capture; "
                "removed ones are gone.",
    .found_in = IN_ANY_BACKUP | IN_IOS_FS,
    .state = true,
    .shows = 1 << CONFIGURED,
    .paths = PATHS("Library/Shortcuts/Shortcuts.sqlite", "Shortcuts.sqlite"),
    .tables = TABLES({
        .name = "ZSHORTCUT",
        .from = "ZSHORTCUT s LEFT JOIN ZSHORTCUTACTIONS a ON a.ZSHORTCUT = s.Z_PK",
        .row = "s.Z_PK",
        .joined = PATHS("ZSHORTCUTACTIONS"),
        .columns = COLUMNS(SHORTCUT_COLUMNS, DECODE("urls", "a.ZDATA", actions)),
    }),
};
