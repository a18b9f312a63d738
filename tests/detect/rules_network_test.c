/* Rules over who used the network, as in rules_test.c. */
#include "rules_kit.h"

static void network_use_has_the_same_rules(void **state)
{
    struct kit *k = *state;
    start(k, "ios.netusage");
    PUT(k, "ZPROCESS", 1, NULL, {"process", "a"});
    PUT(k, "ZPROCESS", 3, NULL, {"process", "BackupAgent"});
    PUT(k, "ZLIVEUSAGE", 1, NULL, {"process_row", NULL, 3}, {"process_found", NULL, 3});
    PUT(k, "ZLIVEUSAGE", 2, NULL, {"process_row", NULL, 2});
    expect(k, "backup_agent BackupAgent 3; missing_process 2 2,1; usage_without_process 2 2");
}

static void newest_entries_gone(void **state)
{
    struct kit *k = *state;
    start(k, "ios.datausage");
    PUT(k, "Z_PRIMARYKEY", 9, NULL, {"list", "Process"}, {"last_given", NULL, 45},
        {"last_there", NULL, 41});
    /* what only the state before the WAL shows is settled */
    kit_row(k, "Z_PRIMARYKEY", 5, NULL);
    k->record.origin.state = RECOVERED;
    record_text(&k->record, "list", slice_of("LiveUsage"));
    kit_put(k);
    expect(k, "newest_gone Z_MAX 45 > max Z_PK 41 9");
}

static void foreign_hosts_in_caches_of_the_system(void **state)
{
    struct kit *k = *state;
    start(k, "ios.cache_files");
    PUT(k, "c", 1, NULL, {"url", "https://gs-loc.apple.com/a"}, {"client", "com.apple.akd"});
    PUT(k, "c", 2, NULL, {"url", "https://x.y.spy.example/a"}, {"client", "com.apple.akd"});
    PUT(k, "c", 3, NULL, {"url", "https://z.spy.example/b"}, {"client", "com.apple.akd"});
    PUT(k, "c", 4, NULL, {"url", "https://a.example/"}, {"client", "com.example.app"},
        {"app", "com.example.app"});
    PUT(k, "c", 5, NULL, {"url", "https://a.example/"}, {"client", "com.apple.helper"},
        {"app", "com.apple.mobilesafari"});
    PUT(k, "c", 6, NULL, {"url", "https://a.example/"}, {"client", "com.apple.podcasts"});
    PUT(k, "c", 7, NULL, {"url", "data:text/plain,x"}, {"client", "com.apple.akd"});
    PUT(k, "c", 8, NULL, {"url", "https://notapple.com/"}, {"client", "com.apple.akd"});
    expect(k, "foreign_request com.apple.akd: notapple.com 8; "
              "foreign_request com.apple.akd: spy.example 2,3");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        KIT_TEST(network_use_has_the_same_rules),
        KIT_TEST(newest_entries_gone),
        KIT_TEST(foreign_hosts_in_caches_of_the_system),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
