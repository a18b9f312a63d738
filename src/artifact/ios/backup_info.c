/*
 * The backup's own facts: device, system, account and state, from the three plists at its root.
 * They are never encrypted, so they stand even when the password is lost.
 */
#include "artifact/artifact.h"
#include "artifact/ios/common.h"

struct fact {
    const char *name, *key;
};

static const struct fact info[] = {
    {"device_name", "Device Name"},
    {"display_name", "Display Name"},
    {"product_type", "Product Type"},
    {"product_name", "Product Name"},
    {"product_version", "Product Version"},
    {"build", "Build Version"},
    {"serial", "Serial Number"},
    {"udid", "Unique Identifier"},
    {"target_identifier", "Target Identifier"},
    {"target_type", "Target Type"},
    {"guid", "GUID"},
    {"imei", "IMEI"},
    {"imei2", "IMEI 2"},
    {"meid", "MEID"},
    {"iccid", "ICCID"},
    {"phone", "Phone Number"},
    {"itunes_version", "iTunes Version"},
    {"macos_version", "macOS Version"},
    {NULL, NULL},
};

static const struct fact lockdown[] = {
    {"device_name", "DeviceName"},
    {"product_type", "ProductType"},
    {"product_version", "ProductVersion"},
    {"build", "BuildVersion"},
    {"serial", "SerialNumber"},
    {"udid", "UniqueDeviceID"},
    {NULL, NULL},
};

static const struct fact status[] = {
    {"snapshot_state", "SnapshotState"},
    {"backup_state", "BackupState"},
    {"uuid", "UUID"},
    {"version", "Version"},
    {NULL, NULL},
};

static void add_facts(struct record *r, struct plist_value dict, const struct fact *facts)
{
    for (; facts->name; facts++)
        ios_plist_text(r, facts->name, dict, facts->key);
}

static void add_flag(struct record *r, const char *name, struct plist_value dict, const char *key)
{
    struct plist_value v = plist_get(dict, key);
    if (v.type != PLIST_NONE)
        record_int(r, name, plist_bool(v, false));
}

static void fill(struct record *r, struct slice file, struct plist_value top)
{
    if (slice_is(file, "Info.plist")) {
        record_time(r, "last_backup", plist_date(plist_get(top, "Last Backup Date")));
        add_facts(r, top, info);
        record_int(r, "installed_apps",
                   (int64_t)plist_count(plist_get(top, "Installed Applications")));
    } else if (slice_is(file, "Manifest.plist")) {
        record_time(r, "date", plist_date(plist_get(top, "Date")));
        add_facts(r, plist_get(top, "Lockdown"), lockdown);
        ios_plist_text(r, "version", top, "Version");
        add_flag(r, "encrypted", top, "IsEncrypted");
        add_flag(r, "passcode_set", top, "WasPasscodeSet");
    } else {
        record_time(r, "date", plist_date(plist_get(top, "Date")));
        add_facts(r, top, status);
        add_flag(r, "full_backup", top, "IsFullBackup");
    }
}

static bool run(struct job *job, struct err *e)
{
    struct file f;
    struct record r;
    while (job_next_file(job, &f, e)) {
        struct plist *p = ios_plist_file(job, &f);
        if (!p)
            continue;
        record_start(&r, KEY, slice_of(""), 0);
        fill(&r, slice_basename(f.entry.path), plist_top(p));
        if (!job_emit(job, &r, e))
            return false;
        ios_plist_end(job, &f, p);
    }
    return !e->code;
}

const struct artifact ios_backup_info = {
    .id = "ios.backup_info",
    .title = "Backup and device",
    .explains =
        "Model, system version, identifiers and the state of the backup itself. Written anew "
        "with each backup.",
    .found_in = IN_ANY_BACKUP,
    .expected_in = IN_ANY_BACKUP,
    .state = true,
    .paths = PATHS("/Info.plist", "/Manifest.plist", "/Status.plist"),
    .run = run,
};
