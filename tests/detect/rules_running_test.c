/* Rules over what ran, as in rules_test.c. */
#include "rules_kit.h"

static void programs_that_delayed_a_restart(void **state)
{
    struct kit *k = *state;
    start(k, "ios.shutdown_log");
    PUT(k, "", 1, NULL, {"path", "/usr/libexec/nfcd"}, {"times_delayed", NULL, 3});
    PUT(k, "", 2, NULL, {"path", "/private/var/db/com.apple.xpc.roleaccountd.staging/helper"});
    PUT(k, "", 3, NULL,
        {"path", "/private/var/db/com.apple.xpc.roleaccountd.staging/exec/16777220.1.xpc/"
                 "com.apple.NRD.UpdateBrainService"});
    PUT(k, "", 4, NULL,
        {"path", "/private/var/db/com.apple.xpc.roleaccountd.staging/exec/16777220.1.xpc/x/"
                 "com.apple.NRD.UpdateBrainService"});
    PUT(k, "", 5, NULL, {"path", "/var/tmp/upd"});
    PUT(k, "", 6, NULL, {"path", "/private/var/mobile/Media/x"});
    PUT(k, "", 7, NULL, {"path", "/private/var/containers/Bundle/Application/A/B.app/B"},
        {"times_delayed", NULL, 4});
    expect(k, "data_place /private/var/db/com.apple.xpc.roleaccountd.staging/exec/16777220.1.xpc/x/"
              "com.apple.NRD.UpdateBrainService 4; "
              "data_place /private/var/db/com.apple.xpc.roleaccountd.staging/helper 2; "
              "data_place /var/tmp/upd 5; "
              "many_delays /private/var/containers/Bundle/Application/A/B.app/B 7; "
              "odd_place /private/var/mobile/Media/x 6");
}

static void restarts_go_forward(void **state)
{
    struct kit *k = *state;
    start(k, "ios.shutdown_log");
    PUT(k, "", 5, "2026-01-03T10:00:00Z", {"notices", NULL, 1});
    PUT(k, "", 9, "2026-01-02T10:00:00Z", {"notices", NULL, 1});
    PUT(k, "", 12, "2026-01-04T10:00:00Z", {"notices", NULL, 1});
    PUT(k, "", 13, "2026-01-01T10:00:00Z", {"path", "/usr/libexec/nfcd"});
    expect(k, "time_goes_back 2026-01-02 9");
}

static void crash(struct kit *k, int64_t row, const char *time, const char *process)
{
    PUT(k, "", row, time, {"process", process}, {"kind", "309"});
}

static void crashed_programs_and_their_images(void **state)
{
    struct kit *k = *state;
    start(k, "ios.crash_reports");
    PUT(k, "", 1, NULL, {"path", "/private/var/tmp/oddhelper"}, {"kind", "309"});
    PUT(k, "", 2, NULL, {"path", "/Applications/Maps.app/Maps"},
        {"image", "/private/var/containers/Bundle/Application/A/B.app/C"},
        {"image", "/private/var/mobile/x.dylib"});
    PUT(k, "", 3, NULL, {"image", "/private/var/root/y.dylib"});
    PUT(k, "", 4, NULL, {"process", "IMTransferAgent"}, {"kind", "309"});
    PUT(k, "", 5, NULL, {"process", "IMTransferAgent"}, {"kind", "298"});
    PUT(k, "", 6, NULL, {"process", "imagent"}, {"kind", "309"},
        {"subtype", "KERN_INVALID_ADDRESS (possible pointer authentication failure)"});
    PUT(k, "", 7, NULL, {"process", "mediaplaybackd"}, {"kind", "309"},
        {"subtype", "EXC_ARM_MTE_TAGCHECK_FAIL at 0x1"});
    expect(k, "data_place /private/var/tmp/oddhelper 1; memory_tag mediaplaybackd 7; "
              "message_parser IMTransferAgent 4; message_parser imagent 6; "
              "odd_image /private/var/mobile/x.dylib 2; odd_image /private/var/root/y.dylib 3; "
              "pointer imagent 6");
}

static void series_of_crashes(void **state)
{
    struct kit *k = *state;
    start(k, "ios.crash_reports");
    crash(k, 1, "2026-01-03T10:00:00Z", "mediaserverd");
    crash(k, 2, "2026-01-03T11:00:00Z", "mediaserverd");
    crash(k, 3, "2026-01-03T12:00:00Z", "mediaserverd");
    crash(k, 4, "2026-01-03T13:00:00Z", "mediaserverd");
    crash(k, 5, "2026-01-03T10:00:00Z", "com.apple.WebKit.WebContent");
    crash(k, 6, "2026-01-03T10:03:00Z", "com.apple.WebKit.GPU");
    crash(k, 7, "2026-01-03T10:12:00Z", "mediaplaybackd");
    expect(k, "");
    crash(k, 8, "2026-01-03T14:00:00Z", "mediaserverd");
    crash(k, 9, "2026-01-03T10:09:00Z", "mediaplaybackd");
    expect(k, "browser_chain WebContent, GPU, mediaplaybackd 5,6,9; burst mediaserverd 1,2,3,4,8");
}

static void panics_within_a_week(void **state)
{
    struct kit *k = *state;
    start(k, "ios.crash_reports");
    PUT(k, "", 1, "2026-01-03T10:00:00Z", {"kind", "210"});
    PUT(k, "", 2, "2026-01-05T10:00:00Z", {"kind", "210"});
    PUT(k, "", 3, "2026-01-20T10:00:00Z", {"kind", "210"});
    expect(k, "");
    PUT(k, "", 4, "2026-01-06T10:00:00Z", {"kind", "210"});
    expect(k, "panics panics 1,2,4");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        KIT_TEST(programs_that_delayed_a_restart),
        KIT_TEST(restarts_go_forward),
        KIT_TEST(crashed_programs_and_their_images),
        KIT_TEST(series_of_crashes),
        KIT_TEST(panics_within_a_week),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
