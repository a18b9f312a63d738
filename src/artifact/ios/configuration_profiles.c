/*
 * Configuration profiles: one record each, with every payload's type, every address anywhere in
 * it, and the hashes of its certificates.
 *
 * PayloadContent is an array, or a dict (over-the-air stubs), or missing. The management files
 * beside the profiles (MDM.plist, CloudConfigurationDetails.plist) are read alike.
 */
#include "artifact/artifact.h"
#include "artifact/ios/common.h"
#include "base/hash.h"

/* Keys whose value is a host or address without a scheme, in VPN, proxy, mail and MDM payloads. */
static bool names_a_host(struct slice key)
{
    static const char *const keys[] = {
        "RemoteAddress",
        "ServerAddress",
        "ProxyServer",
        "HTTPProxy",
        "HTTPSProxy",
        "CommRemoteAddress",
        "HostName",
        "ServerName",
        "ServerURL",
        "CheckInURL",
        "CalDAVHostName",
        "CardDAVHostName",
        "LDAPAccountHostName",
        "Host",
        "IncomingMailServerHostName",
        "OutgoingMailServerHostName",
    };
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (slice_is(key, keys[i]))
            return true;
    return false;
}

/* The last key of a path such as "PayloadContent[1].VPN.RemoteAddress". */
static struct slice last_key(struct slice path)
{
    size_t from = 0;
    for (size_t i = 0; i < path.n; i++)
        if (path.p[i] == '.')
            from = i + 1;
    struct slice key = slice_sub(path, from, path.n);
    return slice_sub(key, 0, slice_find(key, '['));
}

static void add_certificate(struct job *job, struct record *r, struct slice der)
{
    uint8_t sha256[SHA256_SIZE], sha1[SHA1_SIZE];
    char *text = arena_alloc(job_arena(job), SHA256_TEXT);
    char *text1 = arena_alloc(job_arena(job), 2 * SHA1_SIZE + 1);
    sha256_of(der, sha256);
    sha1_of(der, sha1);
    record_observe(r, "certificate", OBS_CERT, CONFIGURED,
                   slice_of(hex_text(sha256, sizeof sha256, text)));
    record_observe(r, "certificate_sha1", OBS_CERT, CONFIGURED,
                   slice_of(hex_text(sha1, sizeof sha1, text1)));
}

/* Everything below the top: types, identifiers, addresses, certificates. A DER certificate begins
   with a SEQUENCE of two length bytes. */
static void add_contents(struct job *job, struct record *r, struct plist_value top)
{
    enum { MAX_CERTIFICATES = 8 };
    struct buf types = {0}, hosts = {0}, urls = {0};
    struct plist_walk *w = plist_walk(top, job_arena(job));
    struct slice path;
    struct plist_value v;
    unsigned certificates = 0;
    while (plist_walk_next(w, &path, &v)) {
        struct slice key = last_key(path), text = plist_string(v), data = plist_data(v);
        bool nested = slice_find(path, '.') < path.n || slice_find(path, '[') < path.n;
        if (v.type == PLIST_STRING && nested && slice_is(key, "PayloadType")) {
            buf_slice(&types, text);
            buf_byte(&types, ' ');
        } else if (v.type == PLIST_STRING && nested && slice_is(key, "PayloadUUID") && r->n < 40) {
            record_observe(r, "payload_uuid", OBS_PROFILE, CONFIGURED, text);
        } else if (v.type == PLIST_STRING && names_a_host(key) &&
                   slice_search(text, slice_of("://"), 0) == text.n) {
            /* As a link, so that a port or a reserved suffix doesn't hide it. */
            buf_text(&hosts, "https://");
            buf_slice(&hosts, text);
            buf_byte(&hosts, '\n');
        } else if (v.type == PLIST_DATA && data.n > 64 && data.p[0] == 0x30 && data.p[1] == 0x82 &&
                   certificates++ < MAX_CERTIFICATES) {
            add_certificate(job, r, data);
        }
    }
    ios_value_urls(job, top, &urls);
    if (types.n)
        record_text(r, "payloads", arena_copy(job_arena(job), slice_trim(buf_view(&types))));
    if (hosts.n)
        record_observe(r, "hosts", OBS_TEXT, CONFIGURED,
                       arena_copy(job_arena(job), buf_view(&hosts)));
    if (urls.n)
        record_observe(r, "urls", OBS_TEXT, CONFIGURED,
                       arena_copy(job_arena(job), buf_view(&urls)));
    buf_free(&types);
    buf_free(&hosts);
    buf_free(&urls);
}

static bool run(struct job *job, struct err *e)
{
    struct file f;
    while (job_next_file(job, &f, e)) {
        struct record r;
        struct plist *p = ios_plist_file(job, &f);
        if (!p)
            continue;
        struct plist_value top = plist_top(p);
        record_start(&r, KEY, slice_of(""), 0);
        record_time(&r, "installed", plist_date(plist_get(top, "InstallDate")));
        record_text(&r, "file", slice_basename(f.entry.path));
        record_observe(&r, "uuid", OBS_PROFILE, CONFIGURED,
                       plist_string(plist_get(top, "PayloadUUID")));
        record_observe(&r, "identifier", OBS_PROFILE, CONFIGURED,
                       plist_string(plist_get(top, "PayloadIdentifier")));
        ios_plist_text(&r, "name", top, "PayloadDisplayName");
        ios_plist_text(&r, "organization", top, "PayloadOrganization");
        ios_plist_text(&r, "description", top, "PayloadDescription");
        struct plist_value fixed = plist_get(top, "PayloadRemovalDisallowed");
        if (fixed.type != PLIST_NONE)
            record_int(&r, "removal_disallowed", plist_bool(fixed, false));
        struct plist_value supervised = plist_get(top, "IsSupervised");
        if (supervised.type != PLIST_NONE)
            record_int(&r, "supervised", plist_bool(supervised, false));
        add_contents(job, &r, top);
        if (!job_emit(job, &r, e))
            return false;
        ios_plist_end(job, &f, p);
    }
    return !e->code;
}

const struct artifact ios_configuration_profiles = {
    .id = "ios.configuration_profiles",
    .title = "Configuration profiles",
    .explains =
        "Profiles that set up management, VPN, proxies, certificates or mail. As on the day of "
        "capture; removing a profile removes it here.",
    .found_in = IN_ANY_BACKUP | IN_IOS_FS,
    .state = true,
    .shows = 1 << CONFIGURED,
    .paths =
        PATHS("Library/ConfigurationProfiles/profile-*", "Library/ConfigurationProfiles/MDM.plist",
              "Library/ConfigurationProfiles/CloudConfigurationDetails.plist"),
    .run = run,
};
