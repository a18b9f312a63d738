#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "source/source.h"

static bool matches(const char *pattern, const char *path)
{
    return source_pattern_matches(pattern, slice_of(path));
}

static void pattern_matches_whole_components_at_the_tail(void **state)
{
    (void)state;
    assert_true(matches("SMS/sms.db", "/private/var/mobile/Library/SMS/sms.db"));
    assert_true(matches("sms.db", "/sms.db"));
    assert_false(matches("sms.db", "/Library/mysms.db"));
    assert_false(matches("SMS/sms.db", "/Library/MySMS/sms.db"));
    assert_false(matches("SMS/sms.db", "/Library/SMS/sms.db-wal"));
    assert_false(matches("SMS/sms.db", "/Library/SMS/old/sms.db"));
    assert_false(matches("a/b/c", "/b/c"));
}

static void leading_slash_anchors(void **state)
{
    (void)state;
    assert_true(matches("/Info.plist", "/Info.plist"));
    assert_false(matches("/Info.plist", "/private/Info.plist"));
    assert_true(matches("/private/*/x", "/private/var/x"));
    assert_false(matches("/private/*/x", "/a/private/var/x"));
}

static void star_stays_inside_a_component(void **state)
{
    (void)state;
    assert_true(matches("Profiles/*/History.db", "/L/Profiles/ab/History.db"));
    assert_false(matches("Profiles/*/History.db", "/L/Profiles/a/b/History.db"));
    assert_false(matches("Profiles/*/History.db", "/L/Profiles/History.db"));
    assert_true(matches("Analytics-*.ips", "/x/Analytics-2026.ips"));
    assert_true(matches("a*b*c", "/aXbYbc"));
    assert_true(matches("a*b", "/ab"));
    assert_false(matches("a*b", "/a/b"));
    assert_false(matches("a*b*c", "/acb"));
}

static void star_matches_no_empty_component(void **state)
{
    (void)state;
    assert_false(matches("*", "/"));
    assert_false(matches("*", ""));
    assert_true(matches("*", "/x"));
}

static void case_and_dots_are_exact(void **state)
{
    (void)state;
    assert_false(matches("sms.db", "/SMS.DB"));
    assert_false(matches("sms.db", "/smsxdb"));
}

static void many_stars_end_soon(void **state)
{
    (void)state;
    char path[1001] = "/", pattern[401];
    for (size_t i = 1; i < sizeof path - 1; i++)
        path[i] = 'a';
    path[sizeof path - 1] = '\0';
    for (size_t i = 0; i < sizeof pattern - 2; i++)
        pattern[i] = i % 2 ? 'a' : '*';
    pattern[sizeof pattern - 2] = 'b';
    pattern[sizeof pattern - 1] = '\0';
    assert_false(matches(pattern, path));
}

static bool loose(const char *pattern, const char *path)
{
    return source_pattern_matches_loose(pattern, slice_of(path));
}

static void loose_path_may_be_a_tail_of_the_pattern(void **state)
{
    (void)state;
    assert_true(loose("Library/SMS/sms.db", "/sms.db"));
    assert_true(loose("Library/SMS/sms.db", "/SMS/sms.db"));
    assert_true(loose("Library/SMS/sms.db", "/x/Library/SMS/sms.db"));
    assert_true(loose("Library/Application Support/*/*/*/History", "/History"));
    assert_true(loose("ConfigurationProfiles/profile-*", "/profile-1.stub"));
    assert_false(loose("Library/SMS/sms.db", "/other/sms.db"));
    assert_false(loose("Library/SMS/sms.db", "/sms.db-wal"));
    assert_false(loose("Library/SMS/sms.db", "/SMS"));
}

static void loose_path_is_no_tail_of_an_anchored_pattern(void **state)
{
    (void)state;
    assert_true(loose("/Info.plist", "/Info.plist"));
    assert_false(loose("/private/var/x", "/x"));
    assert_false(loose("/private/var/x", "/var/x"));
}

static void loose_path_needs_more_than_a_star(void **state)
{
    (void)state;
    assert_false(loose("Library/SMS/Attachments/*", "/a.jpg"));
    assert_true(loose("Attachments/*", "/SMS/Attachments/a.jpg"));
    assert_false(loose("Library/SMS/sms.db", "/"));
    assert_false(loose("Library/SMS/sms.db", ""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pattern_matches_whole_components_at_the_tail),
        cmocka_unit_test(leading_slash_anchors),
        cmocka_unit_test(star_stays_inside_a_component),
        cmocka_unit_test(star_matches_no_empty_component),
        cmocka_unit_test(case_and_dots_are_exact),
        cmocka_unit_test(many_stars_end_soon),
        cmocka_unit_test(loose_path_may_be_a_tail_of_the_pattern),
        cmocka_unit_test(loose_path_is_no_tail_of_an_anchored_pattern),
        cmocka_unit_test(loose_path_needs_more_than_a_star),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
