/* Findings of indicators: what becomes one, how it is weighed, what it is tied to. */
#include "kit.h"

#define FINDINGS                                                                                    \
    "SELECT f.artifact || ' ' || o.type || ' ' || o.value || ' ' || f.how || ' ' || f.severity || " \
    "' ' || f.confidence || ' ' || f.exposure FROM finding f JOIN observable o ON "                 \
    "o.id = f.observable_id ORDER BY f.artifact, o.type, o.value"

static void all_records_of_one_value_are_one_finding(void **state)
{
    struct kit *k = *state;
    kit_plain(k);
    kit_message(k, 3, "2026-01-03T12:00:00Z", "https://www.spy.example/b");
    kit_message(k, 1, "2026-01-03T10:00:00Z", "https://www.spy.example/a");
    kit_message(k, 2, "2026-01-03T11:00:00Z", "nothing");
    kit_detect(k);
    assert_string_equal(kit_ask(k, FINDINGS), "ios.sms domain www.spy.example subdomain 2 2 1");
    assert_string_equal(kit_ask(k, "SELECT r.n FROM finding_record f JOIN record r ON "
                                   "r.id = f.record_id ORDER BY r.n"),
                        "1; 3");
    /* its time is that of the first, whatever the order of arrival */
    assert_string_equal(kit_ask(k, "SELECT time_ns FROM finding"), "1767434400000000000");
}

static void artifacts_have_findings_of_their_own(void **state)
{
    struct kit *k = *state;
    kit_plain(k);
    kit_message(k, 1, "2026-01-03T10:00:00Z", "https://spy.example/a");
    kit_artifact(k, "ios.safari_history");
    kit_row(k, "history_visits", 1, "2026-01-03T10:01:00Z");
    record_observe(&k->record, "url", OBS_URL, OPENED, slice_of("https://spy.example/a"));
    kit_put(k);
    kit_detect(k);
    assert_string_equal(kit_ask(k, FINDINGS), "ios.safari_history domain spy.example exact 3 2 2; "
                                              "ios.sms domain spy.example exact 2 2 1");
}

static void highest_exposure_counts(void **state)
{
    struct kit *k = *state;
    kit_plain(k);
    kit_row(k, "message", 1, NULL);
    record_observe(&k->record, "text", OBS_TEXT, RECEIVED, slice_of("spy.example"));
    record_observe(&k->record, "opened", OBS_TEXT, OPENED, slice_of("spy.example"));
    kit_put(k);
    kit_message(k, 2, NULL, "spy.example");
    kit_detect(k);
    assert_string_equal(kit_ask(k, "SELECT exposure || ' ' || severity FROM finding"), "2 3");
}

static void every_list_that_holds_the_value_is_linked(void **state)
{
    struct kit *k = *state;
    kit_plain(k);
    kit_indicator(k, OBS_DOMAIN, "spy.example")->set = 1;
    for (int i = 0; i < 40; i++) /* more than a look-up usually gives */
        kit_indicator(k, OBS_DOMAIN, "spy.example");
    kit_message(k, 1, NULL, "spy.example");
    kit_detect(k);
    assert_string_equal(kit_ask(k, "SELECT count(*) FROM finding"), "1");
    assert_string_equal(kit_ask(k, "SELECT count(*) FROM finding_indicator"), "42");
    assert_string_equal(kit_ask(k, "SELECT group_concat(DISTINCT set_id) FROM indicator"), "1,2");
}

static void surest_match_decides(void **state)
{
    struct kit *k = *state;
    kit_plain(k);
    k->in->items[0].too_general = true;
    kit_indicator(k, OBS_DOMAIN, "www.spy.example");
    kit_message(k, 1, NULL, "www.spy.example");
    kit_detect(k);
    assert_string_equal(kit_ask(k, FINDINGS), "ios.sms domain www.spy.example exact 2 2 1");
}

static void gravest_family_names_the_finding(void **state)
{
    struct kit *k = *state;
    kit_plain(k);
    k->in->items[0].family_class = FAMILY_OTHER;
    kit_indicator(k, OBS_DOMAIN, "spy.example")->family_class = FAMILY_STALKERWARE;
    kit_message(k, 1, NULL, "spy.example");
    kit_detect(k);
    assert_string_equal(kit_ask(k, "SELECT family_class FROM finding"), "stalkerware");
}

static void general_value_is_a_weak_match(void **state)
{
    struct kit *k = *state;
    kit_plain(k);
    k->in->items[0].too_general = true;
    kit_message(k, 1, NULL, "spy.example");
    kit_detect(k);
    assert_string_equal(kit_ask(k, FINDINGS), "ios.sms domain spy.example too-general 0 0 1");
}

static void doubtful_list_is_medium_at_most(void **state)
{
    struct kit *k = *state;
    kit_plain(k);
    k->in->items[0].confidence = 39;
    kit_message(k, 1, NULL, "spy.example");
    kit_detect(k);
    assert_string_equal(kit_ask(k, FINDINGS), "ios.sms domain spy.example exact 1 1 1");
    k->in->items[0].confidence = 40;
    kit_detect(k);
    assert_string_equal(kit_ask(k, FINDINGS), "ios.sms domain spy.example exact 2 2 1");
}

/* An old trace is not weaker because the list has grown old since. */
static void expired_value_is_weak_only_for_later_traces(void **state)
{
    struct kit *k = *state;
    kit_plain(k);
    k->in->items[0].valid_until = utime_parse(slice_of("2026-01-03T10:30:00Z"));
    kit_message(k, 1, "2026-01-03T10:00:00Z", "spy.example");
    kit_detect(k);
    assert_string_equal(kit_ask(k, "SELECT confidence FROM finding"), "2");
    k->in->items[0].valid_until = utime_parse(slice_of("2026-01-03T09:30:00Z"));
    kit_detect(k);
    assert_string_equal(kit_ask(k, "SELECT confidence FROM finding"), "0");
}

static void trace_without_time_is_as_old_as_the_check(void **state)
{
    struct kit *k = *state;
    kit_plain(k); /* checked at 2026-01-15 12:00 */
    k->in->items[0].valid_until = utime_parse(slice_of("2026-01-15T13:00:00Z"));
    kit_message(k, 1, NULL, "spy.example");
    kit_detect(k);
    assert_string_equal(kit_ask(k, "SELECT confidence FROM finding"), "2");
    k->in->items[0].valid_until = utime_parse(slice_of("2026-01-15T11:00:00Z"));
    kit_detect(k);
    assert_string_equal(kit_ask(k, "SELECT confidence FROM finding"), "0");
}

static void put_process(struct kit *k, const char *artifact, const char *name)
{
    kit_artifact(k, artifact);
    kit_row(k, "ZPROCESS", 1, NULL);
    record_observe(&k->record, "process", OBS_PROCESS, RAN, slice_of(name));
    kit_put(k);
}

static void cut_name_matches_only_where_names_are_cut(void **state)
{
    struct kit *k = *state;
    kit_evidence(k, SOURCE_IOS_BACKUP, true);
    kit_indicator(k, OBS_PROCESS, "averylongprocessname");
    put_process(k, "ios.datausage", "averylongprocess"); /* cuts at 16 */
    put_process(k, "ios.tcc", "averylongprocess");       /* never cuts */
    kit_detect(k);
    assert_string_equal(kit_ask(k, FINDINGS),
                        "ios.datausage process averylongprocess truncated 3 1 6");
}

static void window_holds_findings_not_records_without_time(void **state)
{
    struct kit *k = *state;
    kit_plain(k);
    kit_message(k, 1, "2026-01-03T10:00:00Z", "spy.example");
    kit_message(k, 2, "2026-01-04T10:00:00Z", "spy.example");
    kit_message(k, 3, "2026-01-05T10:00:00Z", "spy.example");
    kit_message(k, 4, NULL, "spy.example");
    kit_message(k, 5, "2026-01-05T10:00:00Z", "www.spy.example");
    k->window.since = utime_parse(slice_of("2026-01-04"));
    k->window.until = utime_parse(slice_of("2026-01-04T23:59:59Z"));
    kit_detect(k);
    assert_string_equal(kit_ask(k, FINDINGS), "ios.sms domain spy.example exact 2 2 1");
    assert_string_equal(kit_ask(k, "SELECT r.n FROM finding_record f JOIN record r ON "
                                   "r.id = f.record_id ORDER BY r.n"),
                        "2; 4");
    assert_string_equal(kit_ask(k, "SELECT time_ns FROM finding"), "1767520800000000000");
}

static void listed_link_covers_its_bare_host(void **state)
{
    struct kit *k = *state;
    kit_evidence(k, SOURCE_IOS_BACKUP, true);
    kit_artifact(k, "ios.sms");
    struct indicator *link = kit_indicator(k, OBS_URL, "http://host.example/x");
    link->host_too = link->prefix = true;
    kit_message(k, 1, NULL, "http://host.example/x");
    kit_detect(k);
    assert_string_equal(kit_ask(k, FINDINGS), "ios.sms url http://host.example/x exact 2 2 1");
    assert_string_equal(kit_ask(k, "SELECT count(*) FROM finding_record"), "1");
    /* another link to the host, which nothing covers */
    kit_message(k, 2, NULL, "http://host.example/y");
    kit_detect(k);
    assert_string_equal(kit_ask(k, FINDINGS), "ios.sms domain host.example too-general 0 0 1; "
                                              "ios.sms url http://host.example/x exact 2 2 1");
}

static void two_names_below_one_listed_are_two_findings(void **state)
{
    struct kit *k = *state;
    kit_plain(k);
    kit_message(k, 1, NULL, "a.spy.example b.spy.example");
    kit_detect(k);
    assert_string_equal(kit_ask(k, FINDINGS), "ios.sms domain a.spy.example subdomain 2 2 1; "
                                              "ios.sms domain b.spy.example subdomain 2 2 1");
}

/* SHA-256 of "ios.sms\nindicator\ndomain\nspy.example\n", its first half. Reviews and
   comparisons name findings by it: nothing of the case may be in it. */
static void key_depends_on_what_was_found_only(void **state)
{
    struct kit *k = *state;
    kit_evidence(k, SOURCE_IOS_BACKUP, false);
    kit_artifact(k, "ios.sms");
    kit_message(k, 1, NULL, "other.example");
    kit_evidence(k, SOURCE_IOS_BACKUP, true);
    kit_artifact(k, "ios.sms");
    kit_indicator(k, OBS_DOMAIN, "spy.example");
    kit_message(k, 77, "2026-01-04T10:00:00Z", "spy.example");
    kit_detect(k);
    assert_string_equal(kit_ask(k, "SELECT key FROM finding"), "6fdd08b73dd6791f1f0b3455346ab061");
}

static void running_again_gives_the_same(void **state)
{
    struct kit *k = *state;
    kit_plain(k);
    kit_message(k, 1, "2026-01-03T10:00:00Z", "spy.example");
    kit_detect(k);
    const char *first = kit_ask(k, "SELECT key || severity || how FROM finding");
    kit_reopen(k, CASE_WRITE);
    kit_detect(k);
    assert_string_equal(kit_ask(k, "SELECT key || severity || how FROM finding"), first);
    assert_string_equal(kit_ask(k, "SELECT count(*) FROM indicator"), "1");
}

static void findings_of_lists_no_longer_used_are_gone(void **state)
{
    struct kit *k = *state;
    kit_plain(k);
    kit_message(k, 1, NULL, "spy.example");
    kit_detect(k);
    k->in->nitems = 0;
    kit_indicator(k, OBS_DOMAIN, "elsewhere.example");
    kit_detect(k);
    assert_string_equal(kit_ask(k, "SELECT count(*) FROM finding"), "0");
    assert_string_equal(kit_ask(k, "SELECT count(*) FROM finding_record"), "0");
    assert_string_equal(kit_ask(k, "SELECT count(*) FROM indicator"), "0");
}

static void severity_follows_the_table(void **state)
{
    static const char *const rows[] = {"0011122", "1122233", "2233344"};
    (void)state;
    for (unsigned c = 0; c < 3; c++)
        for (unsigned x = 0; x < EXPOSURES; x++)
            assert_int_equal(severity_of((enum exposure)x, (enum confidence)c), rows[c][x] - '0');
}

static void severities_have_names(void **state)
{
    (void)state;
    for (unsigned i = 0; i <= SEVERITY_CRITICAL; i++) {
        enum severity s;
        assert_true(severity_from_name(slice_of(severity_name((enum severity)i)), &s));
        assert_int_equal(s, i);
    }
    enum severity s;
    assert_false(severity_from_name(slice_of("Medium"), &s));
    assert_false(severity_from_name(slice_of(""), &s));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        KIT_TEST(all_records_of_one_value_are_one_finding),
        KIT_TEST(artifacts_have_findings_of_their_own),
        KIT_TEST(highest_exposure_counts),
        KIT_TEST(every_list_that_holds_the_value_is_linked),
        KIT_TEST(surest_match_decides),
        KIT_TEST(gravest_family_names_the_finding),
        KIT_TEST(general_value_is_a_weak_match),
        KIT_TEST(doubtful_list_is_medium_at_most),
        KIT_TEST(expired_value_is_weak_only_for_later_traces),
        KIT_TEST(trace_without_time_is_as_old_as_the_check),
        KIT_TEST(cut_name_matches_only_where_names_are_cut),
        KIT_TEST(window_holds_findings_not_records_without_time),
        KIT_TEST(listed_link_covers_its_bare_host),
        KIT_TEST(two_names_below_one_listed_are_two_findings),
        KIT_TEST(key_depends_on_what_was_found_only),
        KIT_TEST(running_again_gives_the_same),
        KIT_TEST(findings_of_lists_no_longer_used_are_gone),
        cmocka_unit_test(severity_follows_the_table),
        cmocka_unit_test(severities_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
