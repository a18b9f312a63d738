/*
 * WebKit's tracking statistics: which domains pages loaded, in each app that shows web pages. They
 * outlive a cleared history. Times are Unix seconds rounded to five; -1 is never. The relation
 * tables name pairs of domains: redirects and what was loaded under what.
 */
#include "artifact/artifact.h"

#define RELATION(table, from_column, to_column)                                                    \
    {                                                                                              \
        .name = table,                                                                             \
        .from = table " r LEFT JOIN ObservedDomains a ON a.domainID = r." from_column              \
                      " LEFT JOIN ObservedDomains b ON b.domainID = r." to_column,                 \
        .row = "r.rowid", .optional = true,                                                        \
        .columns = COLUMNS(OBSERVE("from", "a.registrableDomain", OBS_DOMAIN, OPENED),             \
                           OBSERVE("to", "b.registrableDomain", OBS_DOMAIN, OPENED)),              \
    }

const struct artifact ios_webkit_resource_load_statistics = {
    .id = "ios.webkit_resource_load_statistics",
    .title = "Web tracking statistics",
    .explains = "Domains that web pages loaded, by app, with redirects between them. Often still "
                "there after the history was cleared; times are rounded.",
    .found_in = IN_ANY_BACKUP | IN_IOS_FS,
    .paths = PATHS("ResourceLoadStatistics/observations.db", "WebsiteData/observations.db"),
    .tables = TABLES(
        {
            .name = "ObservedDomains",
            .from = "ObservedDomains d",
            .row = "d.domainID",
            .columns =
                COLUMNS(TIME("last_seen", "d.lastSeen", UNIX, OPTIONAL),
                        TIME("interacted", "d.mostRecentUserInteractionTime", UNIX, OPTIONAL),
                        OBSERVE("domain", "d.registrableDomain", OBS_DOMAIN, OPENED),
                        INT("had_interaction", "d.hadUserInteraction", OPTIONAL),
                        INT("prevalent", "d.isPrevalent", OPTIONAL)),
        },
        RELATION("TopFrameUniqueRedirectsTo", "sourceDomainID", "toDomainID"),
        RELATION("TopFrameUniqueRedirectsFrom", "targetDomainID", "fromDomainID"),
        RELATION("SubresourceUniqueRedirectsTo", "subresourceDomainID", "toDomainID"),
        RELATION("SubresourceUniqueRedirectsFrom", "subresourceDomainID", "fromDomainID")),
};
