/*
 * Network accounting by process, Wi-Fi included: the tables of ios.datausage in the store of
 * networkd, and the networks that the phone was attached to (an SSID with its access point, or a
 * radio cell). Only a full file system holds it. A second store under db/ is often there and empty.
 */
#include "artifact/artifact.h"
#include "artifact/ios/common.h"
#include "artifact/ios/usage.h"

const struct artifact ios_netusage = {
    .id = "ios.netusage",
    .title = "Network use by process",
    .explains =
        "Which programs used the network, Wi-Fi included, since when, and how much; and the "
        "networks that the phone was attached to. Programs that are gone stay listed.",
    .since = "iOS 8",
    .kept = "months",
    .clears = "resetting network settings, erasing the phone",
    .found_in = IN_IOS_FS,
    .expected_in = IN_IOS_FS,
    .process_cut = 16,
    .mark = "Z%",
    .paths =
        PATHS("/private/var/networkd/netusage.sqlite", "/private/var/networkd/db/netusage.sqlite"),
    .tables = TABLES(
        IOS_USAGE_TABLES,
        {
            .name = "ZNETWORKATTACHMENT",
            .from = "ZNETWORKATTACHMENT a",
            .row = "a.Z_PK",
            .optional = true,
            .columns = COLUMNS(TIME("first", "a.ZFIRSTTIMESTAMP", MAC, OPTIONAL),
                               TIME("last", "a.ZTIMESTAMP", MAC, OPTIONAL),
                               TEXT("network", "a.ZIDENTIFIER"), INT("kind", "a.ZKIND", OPTIONAL)),
        },
        {
            .name = "ZLIVEROUTEPERF",
            .from = "ZLIVEROUTEPERF p LEFT JOIN ZNETWORKATTACHMENT a "
                    "ON a.Z_PK = p.ZHASNETWORKATTACHMENT",
            .row = "p.Z_PK",
            .optional = true,
            .joined = PATHS("ZNETWORKATTACHMENT"),
            .columns = COLUMNS(TIME("used", "p.ZTIMESTAMP", MAC, OPTIONAL),
                               TEXT("network", "a.ZIDENTIFIER"), REAL("in", "p.ZBYTESIN", OPTIONAL),
                               REAL("out", "p.ZBYTESOUT", OPTIONAL),
                               INT("attempts", "p.ZCONNATTEMPTS", OPTIONAL),
                               INT("successes", "p.ZCONNSUCCESSES", OPTIONAL)),
        }),
};
