/*
 * Where a backup's domains lie on a phone. Apps' folders have a UUID there that a backup doesn't
 * know: the bundle id stands in its place. Table: docs/formats/ios/backup.md.
 */
#include "base/hash.h"
#include "source/ios_backup.h"

struct domain {
    const char *name; /* with a final '-': the rest of the name becomes a component */
    const char *path;
};

static const struct domain domains[] = {
    {"HomeDomain", "/private/var/mobile"},
    {"CameraRollDomain", "/private/var/mobile"},
    {"MediaDomain", "/private/var/mobile"},
    {"KeyboardDomain", "/private/var/mobile"},
    {"TonesDomain", "/private/var/mobile"},
    {"HomeKitDomain", "/private/var/mobile"},
    {"HealthDomain", "/private/var/mobile/Library"},
    {"BooksDomain", "/private/var/mobile/Media/Books"},
    {"RootDomain", "/private/var/root"},
    {"WirelessDomain", "/private/var/wireless"},
    {"NetworkDomain", "/private/var/networkd"},
    {"DatabaseDomain", "/private/var/db"},
    {"KeychainDomain", "/private/var/Keychains"},
    {"ProtectedDomain", "/private/var/protected"},
    {"InstallDomain", "/private/var/installd"},
    {"MobileDeviceDomain", "/private/var/MobileDevice"},
    {"SystemPreferencesDomain", "/private/var/preferences"},
    {"ManagedPreferencesDomain", "/private/var/Managed Preferences"},
    {"AppDomain-", "/private/var/mobile/Containers/Data/Application"},
    {"AppDomainGroup-", "/private/var/mobile/Containers/Shared/AppGroup"},
    {"AppDomainPlugin-", "/private/var/mobile/Containers/Data/PluginKitPlugin"},
    {"SysContainerDomain-", "/private/var/containers/Data/System"},
    {"SysSharedContainerDomain-", "/private/var/containers/Shared/SystemGroup"},
};

bool ios_domain_path(struct slice domain, struct buf *out)
{
    for (size_t i = 0; i < sizeof domains / sizeof *domains; i++) {
        size_t n = strlen(domains[i].name);
        bool open = domains[i].name[n - 1] == '-';
        if (open ? !slice_starts(domain, domains[i].name) : !slice_is(domain, domains[i].name))
            continue;
        buf_text(out, domains[i].path);
        if (open) {
            buf_byte(out, '/');
            buf_slice(out, slice_sub(domain, n, domain.n));
        }
        return true;
    }
    buf_byte(out, '/');
    buf_slice(out, domain);
    return false;
}

#define SAFARI "AppDomain-com.apple.mobilesafari"
#define CHROME "AppDomain-com.google.chrome.ios"
#define FIREFOX "AppDomainGroup-group.org.mozilla.ios.Firefox"
#define WHATSAPP "AppDomainGroup-group.net.whatsapp.WhatsApp.shared"
#define WHATSAPP_BUSINESS "AppDomainGroup-group.net.whatsapp.WhatsAppSMB.shared"
#define PROFILES "SysSharedContainerDomain-systemgroup.com.apple.configurationprofiles"

static const struct {
    const char *domain, *relative;
} known[] = {
    {"HomeDomain", "Library/SMS/sms.db"},
    {"HomeDomain", "Library/Calendar/Calendar.sqlitedb"},
    {"HomeDomain", "Library/CallHistoryDB/CallHistory.storedata"},
    {"HomeDomain", "Library/CallHistoryDB/CallHistoryTemp.storedata"},
    {"WirelessDomain", "Library/CallHistory/call_history.db"},
    {"HomeDomain", "Library/AddressBook/AddressBook.sqlitedb"},
    {"HomeDomain", "Library/AddressBook/AddressBookImages.sqlitedb"},
    {"HomeDomain", "Library/TCC/TCC.db"},
    {"HomeDomain", "Library/Safari/History.db"},
    {SAFARI, "Library/Safari/History.db"},
    {"HomeDomain", "Library/Safari/BrowserState.db"},
    {SAFARI, "Library/Safari/BrowserState.db"},
    {"HomeDomain", "Library/Safari/SafariTabs.db"},
    {SAFARI, "Library/Safari/SafariTabs.db"},
    {"HomeDomain", "Library/Safari/CloudTabs.db"},
    {SAFARI, "Library/Safari/CloudTabs.db"},
    {"HomeDomain", "Library/Safari/Bookmarks.db"},
    {SAFARI, "Library/Safari/Bookmarks.db"},
    {SAFARI, "Library/Safari/Downloads/Downloads.plist"},
    {SAFARI, "Library/WebKit/WebsiteData/ResourceLoadStatistics/observations.db"},
    {SAFARI, "Library/WebKit/WebsiteData/ResourceLoadStatistics/"
             "full_browsing_session_resourceLog.plist"},
    {SAFARI, "Library/Cookies/Cookies.binarycookies"},
    {"HomeDomain", "Library/Cookies/Cookies.binarycookies"},
    {"HomeDomain", "Library/Preferences/.GlobalPreferences.plist"},
    {"HomeDomain", "Library/Preferences/com.apple.identityservices.idstatuscache.plist"},
    {"HomeDomain", "Library/IdentityServices/idstatuscache.plist"},
    {"HomeDomain", "Library/Preferences/com.apple.osanalytics.addaily.plist"},
    {"HomeDomain", "Library/Preferences/com.apple.cmfsyncagent.plist"},
    {"HomeDomain", "Library/Preferences/com.apple.locationd.StatusBarIconManager.plist"},
    {"HomeDomain", "Library/Preferences/com.apple.imservice.ids.FaceTime.plist"},
    {"HomeDomain", "Library/CoreDuet/People/interactionC.db"},
    {"HomeDomain", "Library/Shortcuts/Shortcuts.sqlite"},
    {"AppDomainGroup-group.is.workflow.shortcuts", "Library/Shortcuts/Shortcuts.sqlite"},
    {"HomeDomain", "Library/Accounts/Accounts3.sqlite"},
    {"HomeDomain", "Library/FrontBoard/applicationState.db"},
    {"HomeDomain", "Library/ConfigurationProfiles/MCProfileEvents.plist"},
    {"HomeDomain", "Library/Notes/notes.sqlite"},
    {"AppDomainGroup-group.com.apple.notes", "NoteStore.sqlite"},
    {"HomeDomain", "Library/Voicemail/voicemail.db"},
    {"CameraRollDomain", "Media/PhotoData/Photos.sqlite"},
    {"HealthDomain", "Health/healthdb_secure.sqlite"},
    {"HealthDomain", "Health/healthdb.sqlite"},
    {"WirelessDomain", "Library/Databases/DataUsage.sqlite"},
    {"WirelessDomain", "Library/Databases/CellularUsage.db"},
    {"WirelessDomain", "Library/Preferences/com.apple.commcenter.data.plist"},
    {"RootDomain", "Library/Caches/locationd/clients.plist"},
    {"RootDomain", "Library/Caches/locationd/consolidated.db"},
    {"RootDomain", "Library/Preferences/com.apple.MobileBackup.plist"},
    {"RootDomain", "Library/Preferences/com.apple.CrashReporter.plist"},
    {"RootDomain", "Library/Preferences/roleaccountd.plist"},
    {"RootDomain", "Library/Preferences/com.apple.ImageIO.plist"},
    {WHATSAPP, "ChatStorage.sqlite"},
    {WHATSAPP, "ContactsV2.sqlite"},
    {WHATSAPP, "LID.sqlite"},
    {WHATSAPP, "CallHistory.sqlite"},
    {WHATSAPP_BUSINESS, "ChatStorage.sqlite"},
    {WHATSAPP_BUSINESS, "ContactsV2.sqlite"},
    {WHATSAPP_BUSINESS, "LID.sqlite"},
    {WHATSAPP_BUSINESS, "CallHistory.sqlite"},
    {CHROME, "Library/Application Support/Google/Chrome/Default/History"},
    {CHROME, "Library/Application Support/Google/Chrome/Default/Favicons"},
    {FIREFOX, "profile.profile/browser.db"},
    {FIREFOX, "profile.profile/places.db"},
    {PROFILES, "Library/ConfigurationProfiles/MCProfileEvents.plist"},
    {PROFILES, "Library/ConfigurationProfiles/MCSettingsEvents.plist"},
    {PROFILES, "Library/ConfigurationProfiles/PayloadManifest.plist"},
    {PROFILES, "Library/ConfigurationProfiles/CloudConfigurationDetails.plist"},
    {PROFILES, "Library/ConfigurationProfiles/MDM.plist"},
    {"SystemPreferencesDomain", "com.apple.networkextension.plist"},
    {"SystemPreferencesDomain", "com.apple.wifi.known-networks.plist"},
    {"SystemPreferencesDomain", "com.apple.wifi.plist"},
    {"SystemPreferencesDomain", "SystemConfiguration/preferences.plist"},
    {"KeychainDomain", "TrustStore.sqlite3"},
    {"DatabaseDomain", "com.apple.xpc.launchd/disabled.plist"},
    {"ManagedPreferencesDomain", "mobile/com.apple.webcontentfilter.plist"},
};

struct ios_known_files *ios_known_files(struct arena *a)
{
    static const char *const suffixes[] = {"", "-wal"};
    enum { FILES = sizeof known / sizeof *known };
    struct ios_known_files *t = arena_alloc(a, sizeof *t);
    t->all = arena_alloc(a, 2 * FILES * sizeof *t->all);
    for (size_t i = 0; i < FILES; i++)
        for (size_t k = 0; k < 2; k++) {
            struct ios_known_file *f = &t->all[t->n++];
            f->domain = slice_of(known[i].domain);
            f->relative = slice_of(arena_printf(a, "%s%s", known[i].relative, suffixes[k]));
            sha1_of(
                slice_of(arena_printf(a, "%s-%s", known[i].domain, (const char *)f->relative.p)),
                f->id);
        }
    return t;
}

const struct ios_known_file *ios_known_find(const struct ios_known_files *t,
                                            const uint8_t id[ID_SIZE])
{
    for (size_t i = 0; i < t->n; i++)
        if (memcmp(t->all[i].id, id, ID_SIZE) == 0)
            return &t->all[i];
    return NULL;
}
