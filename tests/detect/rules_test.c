/*
 * Each rule: what it finds, and what it leaves alone. The records are made as the artifacts make
 * them; the names of their fields stand in the comment above each rule.
 */
#include "rules_kit.h"

#include <stdio.h>
#include <stdlib.h>

static void apple_notification(void **state)
{
    struct kit *k = *state;
    start(k, "ios.sms");
    kit_message(k, 1, NULL, "ALERT: State-sponsored attackers may be targeting your iPhone");
    kit_message(k, 2, NULL,
                "ALERT: Apple detected a targeted mercenary spyware attack against your iPhone.");
    kit_message(k, 3, NULL,
                "Is this real? \"ALERT: State-sponsored attackers may be targeting your iPhone\"");
    kit_message(k, 4, NULL, "ALERT: your parcel waits");
    kit_message(k, 5, NULL, "Apple detected a targeted mercenary spyware attack, says the news");
    expect(k, "apple_notification apple-notification 1,2,3");
}

static void attachment_in_var_tmp(void **state)
{
    struct kit *k = *state;
    start(k, "ios.sms_attachments");
    PUT(k, "attachment", 1, NULL, {"filename", "/var/tmp/com.apple.messages/tmp-0-1"},
        {"is_outgoing", NULL, 0});
    PUT(k, "attachment", 2, NULL, {"filename", "/private/var/tmp/x-1"});
    PUT(k, "attachment", 3, NULL, {"filename", "/var/tmp/x-1"}, {"is_outgoing", NULL, 1});
    PUT(k, "attachment", 4, NULL, {"filename", "/var/tmp/picture.heic"});
    PUT(k, "attachment", 5, NULL, {"filename", "~/Library/SMS/Attachments/aa/var/tmp/x-1"});
    expect(k, "var_tmp /private/var/tmp/x-1 2; var_tmp /var/tmp/com.apple.messages/tmp-0-1 1");
}

static void quadream_invitation(void **state)
{
    struct kit *k = *state;
    start(k, "ios.calendar");
    PUT(k, "CalendarItem", 1, NULL, {"summary", "Meeting"}, {"description", "Notes"});
    PUT(k, "CalendarItem", 2, NULL, {"summary", "Meeting"}, {"description", "Notes for all"});
    PUT(k, "CalendarItem", 3, NULL, {"summary", "Notes"}, {"description", "Meeting"});
    expect(k, "quadream_invitation Meeting / Notes 1");
}

static void nul_bytes_in_an_address(void **state)
{
    struct kit *k = *state;
    static const uint8_t a[] = "mailto:x\0\0y@mail.example", b[] = "mailto:x\0\0z@mail.example";
    start(k, "ios.idstatuscache");
    for (int i = 0; i < 2; i++) {
        kit_row(k, "com.apple.madrid", i + 1, NULL);
        record_text(&k->record, "uri", slice_at(i ? b : a, sizeof a - 1));
        record_int(&k->record, "nul_bytes", 2);
        kit_put(k);
    }
    PUT(k, "com.apple.madrid", 3, NULL, {"uri", "mailto:y@mail.example"});
    PUT(k, "com.apple.madrid", 4, NULL, {"uri", "mailto:z"}, {"nul_bytes", NULL, 1});
    kit_detect(k);
    /* two addresses that differ behind their zero bytes are two findings */
    assert_string_equal(kit_ask(k, "SELECT count(*) || ' ' || count(DISTINCT key) FROM finding"),
                        "2 2");
}

static void visit(struct kit *k, int64_t id, const char *time, const char *url, int64_t to)
{
    if (to)
        PUT(k, "history_visits", id, time, {"url", url}, {"redirected_to", NULL, to});
    else
        PUT(k, "history_visits", id, time, {"url", url});
}

static void fast_redirect(void **state)
{
    struct kit *k = *state;
    start(k, "ios.safari_history");
    visit(k, 1, "2026-01-03T10:00:00.100Z", "http://news.example.com/a", 2);
    visit(k, 2, "2026-01-03T10:00:00.900Z", "https://spy.example/l", 0);
    /* the same site, encrypted */
    visit(k, 3, "2026-01-03T10:01:00.100Z", "http://shop.example.org/", 4);
    visit(k, 4, "2026-01-03T10:01:00.200Z", "https://www.shop.example.org/", 0);
    /* too slow, or backwards */
    visit(k, 5, "2026-01-03T10:02:00Z", "http://a.example.com/", 6);
    visit(k, 6, "2026-01-03T10:02:01Z", "https://b.example.org/", 5);
    /* from an encrypted page */
    visit(k, 7, "2026-01-03T10:03:00.100Z", "https://c.example.com/", 8);
    visit(k, 8, "2026-01-03T10:03:00.200Z", "https://d.example.org/", 0);
    /* an odd port */
    visit(k, 9, "2026-01-03T10:04:00.100Z", "http://e.example.com/", 10);
    visit(k, 10, "2026-01-03T10:04:00.200Z", "https://x.y.f.example.org:30876/z", 0);
    /* to nowhere */
    visit(k, 11, "2026-01-03T10:05:00Z", "http://g.example.com/", 77);
    expect(k, "fast_redirect http://news.example.com/a -> https://spy.example/l 1; "
              "fast_redirect_port http://e.example.com/ -> https://x.y.f.example.org:30876/z 9");
}

/* Visit ids are those of one database: another profile has its own. */
static void redirects_stay_in_their_database(void **state)
{
    struct kit *k = *state;
    const struct sent_file other = {.path = slice_of("/private/other/History.db")};
    start(k, "ios.safari_history");
    visit(k, 1, "2026-01-03T10:00:00.100Z", "http://news.example.com/a", 2);
    MUST(casefile_add_file(k->c, k->evidence, &other, &k->file, e));
    visit(k, 2, "2026-01-03T10:00:00.900Z", "https://spy.example/l", 0);
    expect(k, "");
}

static void gaps_in_mobile_data(void **state)
{
    struct kit *k = *state;
    start(k, "ios.datausage");
    PUT(k, "ZPROCESS", 1, "2026-01-03T10:00:00Z", {"process", "a"});
    PUT(k, "ZPROCESS", 2, "2026-01-03T10:01:00Z", {"process", "b"});
    PUT(k, "ZPROCESS", 4, "2026-01-03T10:02:00Z", {"process", "c"});
    PUT(k, "ZPROCESS", 7, "2026-01-03T10:03:00Z", {"process", "d"});
    expect(k, "missing_process 3, 5-6 2,4");
}

static void gap_that_was_recovered_is_still_a_gap(void **state)
{
    struct kit *k = *state;
    start(k, "ios.datausage");
    PUT(k, "ZPROCESS", 1, NULL, {"process", "a"});
    PUT(k, "ZPROCESS", 3, NULL, {"process", "c"});
    kit_row(k, "ZPROCESS", 2, NULL);
    k->record.origin.state = RECOVERED;
    kit_put(k);
    expect(k, "missing_process 2 1");
}

static void use(struct kit *k, int64_t row, int64_t process, bool known)
{
    if (known)
        PUT(k, "ZLIVEUSAGE", row, NULL, {"process_row", NULL, process},
            {"process_found", NULL, process});
    else
        PUT(k, "ZLIVEUSAGE", row, NULL, {"process_row", NULL, process});
}

static void usage_without_process(void **state)
{
    struct kit *k = *state;
    start(k, "ios.datausage");
    PUT(k, "ZPROCESS", 1, NULL, {"process", "a"});
    use(k, 1, 1, true);
    use(k, 2, 120, false);
    PUT(k, "ZLIVEUSAGE", 3, NULL, {"kind", NULL, 255}); /* of no process at all */
    expect(k, "usage_without_process 120 2");
    for (int i = 0; i < 9; i++)
        use(k, 10 + i, 200 + i, false);
    expect(k, "many_without_process ZLIVEUSAGE 2,10,11,12,13,14,15,16,17,18");
}

static void old_backup_agent(void **state)
{
    struct kit *k = *state;
    start(k, "ios.datausage");
    PUT(k, "ZPROCESS", 1, NULL, {"process", "BackupAgent2"});
    PUT(k, "ZPROCESS", 2, NULL, {"process", "BackupAgent"});
    expect(k, "backup_agent BackupAgent 2");
}

static void profiles(void **state)
{
    static const char *const payloads[] = {
        "com.apple.notificationsettings", "com.apple.mdm", "com.apple.security.root",
        "com.apple.wifi.managed com.apple.vpn.managed", "com.apple.mdmx x.com.apple.mdm"};
    struct kit *k = *state;
    char uuid[8];
    start(k, "ios.configuration_profiles");
    for (int i = 0; i < 5; i++) {
        snprintf(uuid, sizeof uuid, "u%d", i + 1);
        PUT(k, "", i + 1, NULL, {"file", "profile-x.stub"}, {"uuid", uuid},
            {"payloads", payloads[i]});
    }
    PUT(k, "", 6, NULL, {"file", "profile-y.stub"}, {"uuid", ""}, {"removal_disallowed", NULL, 1});
    PUT(k, "", 7, NULL, {"file", "CloudConfigurationDetails.plist"}, {"supervised", NULL, 1});
    PUT(k, "", 8, NULL, {"file", "profile-z.stub"}, {"removal_disallowed", NULL, 0});
    expect(k, "certificate u3 3; fixed CloudConfigurationDetails.plist 7; fixed profile-y.stub 6; "
              "management u2 2; notification_settings u1 1; traffic u4 4");
}

static void profile_changed_by_an_unusual_process(void **state)
{
    struct kit *k = *state;
    start(k, "ios.profile_events");
    PUT(k, "ProfileEvents", 1, NULL, {"profile", "a"}, {"process", "profiled"});
    PUT(k, "ProfileEvents", 2, NULL, {"profile", "a"}, {"process", "helper"});
    PUT(k, "ProfileEvents", 3, NULL, {"profile", "a"}, {"process", ""});
    expect(k, "unusual_process helper 2");
}

static void where_apps_come_from(void **state)
{
    struct kit *k = *state;
    start(k, "ios.applications");
    PUT(k, "Applications", 1, NULL, {"source_app", "com.apple.AppStore"}, {"app", "com.example.a"},
        {"store_facts", NULL, 1});
    PUT(k, "Applications", 2, NULL, {"source_app", "com.example.installer"},
        {"app", "com.example.b"}, {"store_facts", NULL, 1});
    PUT(k, "Applications", 3, NULL, {"app", "com.example.c"}, {"store_facts", NULL, 0});
    PUT(k, "Applications", 4, NULL, {"app", "com.apple.Pages"}, {"store_facts", NULL, 0});
    PUT(k, "Installed Applications", 5, NULL, {"app", "com.example.d"});
    expect(k, "no_store_metadata com.example.c 3; unusual_installer com.example.b 2");
}

static void permissions(void **state)
{
    struct kit *k = *state;
    start(k, "ios.tcc");
    PUT(k, "access", 1, NULL, {"app", "com.example.a"}, {"auth_value", NULL, 2},
        {"auth_reason", NULL, 2});
    PUT(k, "access", 2, NULL, {"app", "com.example.b"}, {"auth_value", NULL, 2},
        {"auth_reason", NULL, 6});
    PUT(k, "access", 3, NULL, {"app", "com.example.c"}, {"auth_value", NULL, 0},
        {"auth_reason", NULL, 7});
    PUT(k, "access", 4, NULL, {"path", "/private/var/tmp/tool"}, {"auth_value", NULL, 2});
    PUT(k, "access", 5, NULL, {"path", "/var/containers/Bundle/Application/A/B.app/B"});
    PUT(k, "access", 6, NULL, {"path", "/usr/libexec/routined"});
    expect(k, "path_client /private/var/tmp/tool 4; policy_grant com.example.b 2");
}

static void location_clients(void **state)
{
    struct kit *k = *state;
    start(k, "ios.locationd");
    PUT(k, "a", 1, NULL, {"app", "com.example.a"},
        {"executable", "/var/containers/Bundle/Application/A/B.app/B"});
    PUT(k, "b", 2, NULL, {"path", "/private/var/db/x/agent"});
    PUT(k, "c", 3, NULL, {"app", "com.example.c"},
        {"bundle_path", "/System/Library/LocationBundles/X.bundle"});
    PUT(k, "d", 4, NULL, {"app", "com.example.d"});
    PUT(k, "e", 5, NULL, {"bundle_path", "/var/mobile/Media/../../tmp/x"});
    expect(k, "path_client /private/var/db/x/agent 2; path_client /var/mobile/Media/../../tmp/x 5");
}

static void lockdown_mode_off(void **state)
{
    struct kit *k = *state;
    start(k, "ios.global_preferences");
    PUT(k, "LDMGlobalEnabled", 1, NULL, {"key", "LDMGlobalEnabled"}, {"value", NULL, 0});
    PUT(k, "Other", 2, NULL, {"key", "Other"}, {"value", NULL, 0});
    expect(k, "lockdown_off LDMGlobalEnabled 1");
}

static void lockdown_mode_on_is_quiet(void **state)
{
    struct kit *k = *state;
    start(k, "ios.global_preferences");
    PUT(k, "LDMGlobalEnabled", 1, NULL, {"key", "LDMGlobalEnabled"}, {"value", NULL, 1});
    expect(k, "");
}

static void links_out_of_app_folders(void **state)
{
    struct kit *k = *state;
    start(k, "ios.manifest");
    PUT(k, "Files", 1, NULL, {"domain", "AppDomain-com.example.a"}, {"type", "link"},
        {"target", "/private/var/db/x"});
    PUT(k, "Files", 2, NULL, {"domain", "AppDomainGroup-group.b"}, {"type", "link"},
        {"target", "/var/mobile/Containers/Shared/AppGroup/X/y"});
    PUT(k, "Files", 3, NULL, {"domain", "AppDomain-com.example.c"}, {"type", "link"},
        {"target", "../a/../../../../etc"});
    PUT(k, "Files", 4, NULL, {"domain", "HomeDomain"}, {"type", "link"}, {"target", "/etc"});
    PUT(k, "Files", 5, NULL, {"domain", "AppDomain-com.example.e"}, {"type", "link"},
        {"target", "Current"});
    expect(k, "link_outside AppDomain-com.example.a 1; link_outside AppDomain-com.example.c 3");
}

static void files_with_other_rights(void **state)
{
    static const char *const modes[] = {"104755", "102644", "100755", "101755", "106755"};
    struct kit *k = *state;
    char path[16];
    start(k, "ios.manifest");
    for (int i = 0; i < 5; i++) {
        snprintf(path, sizeof path, "/x/%d", i + 1);
        PUT(k, "Files", i + 1, NULL, {"path", path}, {"type", "file"}, {"mode", modes[i]});
    }
    PUT(k, "Files", 6, NULL, {"path", "/x/6"}, {"type", "folder"}, {"mode", "042755"});
    expect(k, "set_user_id /x/1 1; set_user_id /x/2 2; set_user_id /x/5 5");
}

static void rules_see_only_their_artifact_and_evidence(void **state)
{
    static const char alert[] = "ALERT: State-sponsored attackers may be targeting your iPhone";
    struct kit *k = *state;
    start(k, "ios.whatsapp");
    kit_message(k, 1, NULL, alert);
    start(k, "ios.sms");
    kit_message(k, 2, NULL, alert);
    k->evidence = 0;
    start(k, "ios.sms");
    kit_message(k, 3, NULL, alert);
    kit_detect(k);
    assert_string_equal(kit_ask(k, "SELECT evidence_id || ' ' || key FROM finding ORDER BY 1"),
                        kit_ask(k,
                                "SELECT column1 || ' ' || (SELECT key FROM finding LIMIT 1) FROM "
                                "(VALUES (1), (2))"));
}

static void rules_keep_to_the_window(void **state)
{
    struct kit *k = *state;
    start(k, "ios.sms");
    kit_message(k, 1, "2026-01-03T10:00:00Z",
                "ALERT: State-sponsored attackers may be targeting your iPhone");
    k->window.since = utime_parse(slice_of("2026-01-04"));
    expect(k, "");
}

/* -- all of them -- */

static void sure_rules_weigh_at_least_medium(void **state)
{
    (void)state;
    for (unsigned i = 0; i < rule_count; i++)
        if (rules[i]->confidence == CONFIDENCE_HIGH)
            assert_true(rules[i]->severity >= SEVERITY_MEDIUM);
}

static void rules_are_named_after_their_artifact(void **state)
{
    (void)state;
    for (unsigned i = 0; i < rule_count; i++) {
        const struct rule *r = rules[i];
        assert_non_null(artifact_find(slice_of(r->artifact)));
        assert_true(slice_starts(slice_of(r->id), r->artifact) &&
                    r->id[strlen(r->artifact)] == '.');
        assert_ptr_equal(rule_find(slice_of(r->id)), r);
    }
}

static void rules_say_all_that_a_person_needs(void **state)
{
    (void)state;
    for (unsigned i = 0; i < rule_count; i++) {
        const struct rule *r = rules[i];
        const char *const texts[] = {r->title, r->explains, r->benign,
                                     r->next,  r->source,   r->class};
        for (size_t t = 0; t < sizeof texts / sizeof *texts; t++)
            assert_true(texts[t] && *texts[t]);
    }
}

static char *slurp(const char *path)
{
    FILE *f = fopen(path, "r");
    struct buf text = {0};
    if (!f)
        fail_msg("no %s", path);
    for (int c; (c = getc(f)) != EOF;)
        buf_byte(&text, (uint8_t)c);
    fclose(f);
    buf_byte(&text, 0);
    return (char *)text.p;
}

static void rules_are_in_the_docs(void **state)
{
    const char *root = getenv("BRIDLE_SOURCE");
    struct kit *k = *state;
    if (!root)
        skip();
    char *text = slurp(arena_printf(&k->arena, "%s/docs/rules.md", root));
    unsigned listed = 0;
    for (unsigned i = 0; i < rule_count; i++) {
        const char *row = arena_printf(&k->arena, "\n| `%s` | %s |", rules[i]->id,
                                       severity_name(rules[i]->severity));
        if (!strstr(text, row))
            fail_msg("docs/rules.md has no row that begins with %s", row + 1);
    }
    for (const char *at = text; (at = strstr(at, "\n| `ios.")); at++)
        listed++;
    assert_int_equal(listed, rule_count);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        KIT_TEST(apple_notification),
        KIT_TEST(attachment_in_var_tmp),
        KIT_TEST(quadream_invitation),
        KIT_TEST(nul_bytes_in_an_address),
        KIT_TEST(fast_redirect),
        KIT_TEST(redirects_stay_in_their_database),
        KIT_TEST(gaps_in_mobile_data),
        KIT_TEST(gap_that_was_recovered_is_still_a_gap),
        KIT_TEST(usage_without_process),
        KIT_TEST(old_backup_agent),
        KIT_TEST(profiles),
        KIT_TEST(profile_changed_by_an_unusual_process),
        KIT_TEST(where_apps_come_from),
        KIT_TEST(permissions),
        KIT_TEST(location_clients),
        KIT_TEST(lockdown_mode_off),
        KIT_TEST(lockdown_mode_on_is_quiet),
        KIT_TEST(links_out_of_app_folders),
        KIT_TEST(files_with_other_rights),
        KIT_TEST(rules_see_only_their_artifact_and_evidence),
        KIT_TEST(rules_keep_to_the_window),
        cmocka_unit_test(sure_rules_weigh_at_least_medium),
        cmocka_unit_test(rules_are_named_after_their_artifact),
        cmocka_unit_test(rules_say_all_that_a_person_needs),
        KIT_TEST(rules_are_in_the_docs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
