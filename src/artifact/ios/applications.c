/*
 * Installed apps. In a backup: Info.plist `Applications` (with each app's store receipt facts as a
 * plist inside), its list `Installed Applications`, and Manifest.plist `Applications` (with bundle
 * paths). In a file system: iTunesMetadata.plist beside each bundle.
 *
 * An app without store facts is kept and says so: it was built in, side-loaded or not finished. The
 * purchase date is UTC, with or without decimals, as text or date.
 */
#include "artifact/artifact.h"
#include "artifact/ios/common.h"
#include "base/hash.h"

static void add_store_facts(struct record *r, struct plist_value m)
{
    static const struct {
        const char *name, *key;
    } texts[] = {
        {"store_id", "softwareVersionBundleId"}, {"name", "itemName"}, {"vendor", "artistName"},
        {"version", "bundleShortVersionString"}, {"genre", "genre"},   {"source_app", "sourceApp"},
    };
    struct plist_value info = plist_get(m, "com.apple.iTunesStore.downloadInfo");
    struct plist_value bought = plist_get(info, "purchaseDate");
    record_time(r, "bought",
                bought.type == PLIST_DATE ? plist_date(bought) : utime_parse(plist_string(bought)));
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        ios_plist_text(r, texts[i].name, m, texts[i].key);
    struct slice account = plist_string(plist_path(info, "accountInfo", "AppleID", NULL));
    if (account.n)
        record_observe(r, "apple_id", OBS_EMAIL, EXPOSURE_NONE, account);
    struct slice distributor =
        plist_string(plist_path(m, "distributorInfo", "distributorID", NULL));
    if (distributor.n)
        record_text(r, "distributor", distributor);
}

/* One app of Info.plist: the facts are a plist inside the plist. */
static bool emit_info(struct job *job, struct slice id, struct plist_value app, int64_t n,
                      struct err *e)
{
    struct record r;
    struct err why = {0};
    struct origin o = {KEY, slice_of("Applications"), n, LIVE};
    record_start(&r, o.place, o.name, n);
    struct slice bytes = plist_data(plist_get(app, "iTunesMetadata"));
    struct plist *m = bytes.n ? plist_open(bytes, job_arena(job), &why) : NULL;
    if (m)
        add_store_facts(&r, plist_top(m));
    record_observe(&r, "app", OBS_APP, PRESENT, id);
    record_int(&r, "store_facts", m != NULL);
    struct slice icon = plist_data(plist_get(app, "PlaceholderIcon"));
    if (icon.n) {
        uint8_t sha256[SHA256_SIZE];
        char *hex = arena_alloc(job_arena(job), SHA256_TEXT);
        sha256_of(icon, sha256);
        record_observe(&r, "icon_sha256", OBS_HASH, PRESENT,
                       slice_of(hex_text(sha256, sizeof sha256, hex)));
    }
    if (!job_emit(job, &r, e))
        return false;
    if (why.code || (m && plist_bad(m, &why)))
        job_skip(job, &o, &why);
    return true;
}

static bool read_info(struct job *job, struct plist_value top, struct err *e)
{
    struct plist_value apps = plist_get(top, "Applications");
    struct plist_value installed = plist_get(top, "Installed Applications");
    struct plist_iter it = plist_iter(apps);
    if (apps.type != PLIST_DICT && installed.type != PLIST_ARRAY) {
        struct err why = {0};
        err_set(&why, ERR_UNSUPPORTED, "schema not known: no list of apps");
        job_unknown(job, &why);
    }
    struct slice id;
    struct plist_value v;
    int64_t n = 0;
    while (plist_next(&it, &id, &v))
        if (!emit_info(job, id, v, n++, e))
            return false;
    it = plist_iter(installed);
    for (n = 0; plist_next(&it, &id, &v); n++) {
        struct record r;
        struct slice app = plist_string(v);
        if (!app.n || plist_get_slice(apps, app).type != PLIST_NONE)
            continue;
        record_start(&r, KEY, slice_of("Installed Applications"), n);
        record_observe(&r, "app", OBS_APP, PRESENT, app);
        if (!job_emit(job, &r, e))
            return false;
    }
    return true;
}

static bool read_manifest(struct job *job, struct plist_value top, struct err *e)
{
    struct plist_iter it = plist_iter(plist_get(top, "Applications"));
    struct slice id;
    struct plist_value v;
    for (int64_t n = 0; plist_next(&it, &id, &v); n++) {
        struct record r;
        record_start(&r, KEY, slice_of("Applications"), n);
        record_observe(&r, "app", OBS_APP, PRESENT, id);
        ios_plist_text(&r, "version", v, "CFBundleVersion");
        struct slice path = plist_string(plist_get(v, "Path"));
        if (path.n)
            record_observe(&r, "path", OBS_PATH, PRESENT, path);
        if (!job_emit(job, &r, e))
            return false;
    }
    return true;
}

static bool read_bundle(struct job *job, struct plist_value top, struct err *e)
{
    struct record r;
    record_start(&r, KEY, slice_of(""), 0);
    add_store_facts(&r, top);
    record_observe(&r, "app", OBS_APP, PRESENT,
                   plist_string(plist_get(top, "softwareVersionBundleId")));
    record_int(&r, "store_facts", 1);
    return job_emit(job, &r, e);
}

static bool run(struct job *job, struct err *e)
{
    struct file f;
    while (job_next_file(job, &f, e)) {
        struct slice name = slice_basename(f.entry.path);
        struct plist *p = ios_plist_file(job, &f);
        if (!p)
            continue;
        struct plist_value top = plist_top(p);
        bool ok = slice_is(name, "Info.plist")       ? read_info(job, top, e)
                  : slice_is(name, "Manifest.plist") ? read_manifest(job, top, e)
                                                     : read_bundle(job, top, e);
        if (!ok)
            return false;
        ios_plist_end(job, &f, p);
    }
    return !e->code;
}

const struct artifact ios_applications = {
    .id = "ios.applications",
    .title = "Apps",
    .explains =
        "Installed apps, where they came from, when and by which account they were bought. As "
        "on the day of capture; removed apps are gone from here.",
    .found_in = IN_ANY_BACKUP | IN_IOS_FS,
    .expected_in = IN_ANY_BACKUP,
    .state = true,
    .shows = 1 << PRESENT | 1 << EXPOSURE_NONE,
    .paths = PATHS("/Info.plist", "/Manifest.plist",
                   "Containers/Bundle/Application/*/iTunesMetadata.plist",
                   "containers/Bundle/Application/*/iTunesMetadata.plist"),
    .run = run,
};
