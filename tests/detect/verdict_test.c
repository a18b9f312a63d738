/* The verdict and the exit status, in the order of docs/output.md. */
#include "kit.h"

static void expect(struct kit *k, enum verdict v, int exit)
{
    struct conclusion c = kit_conclude(k, SEVERITY_MEDIUM);
    assert_string_equal(verdict_name(c.verdict), verdict_name(v));
    assert_int_equal(c.exit, exit);
}

/* One artifact with a status, and its conclusion. */
static void artifact(struct kit *k, const char *id, enum status s)
{
    kit_artifact(k, id);
    kit_finish(k, s, (struct usage){.records = 10});
}

static void read_and_nothing_found_is_none_found(void **state)
{
    struct kit *k = *state;
    kit_plain(k);
    kit_finish(k, STATUS_READ, (struct usage){.records = 10});
    kit_detect(k);
    expect(k, VERDICT_NONE, 0);
}

static void without_indicators_it_is_incomplete(void **state)
{
    struct kit *k = *state;
    kit_evidence(k, SOURCE_IOS_BACKUP, true);
    artifact(k, "ios.sms", STATUS_READ);
    kit_detect(k);
    expect(k, VERDICT_INCOMPLETE, 3);
}

static void without_detection_it_is_incomplete(void **state)
{
    struct kit *k = *state;
    kit_plain(k);
    kit_finish(k, STATUS_READ, (struct usage){.records = 10});
    MUST(casefile_add_sets(k->c, k->in, e));
    expect(k, VERDICT_INCOMPLETE, 3);
}

static void what_was_not_read_is_incomplete(void **state)
{
    static const enum status gaps[] = {STATUS_FAILED, STATUS_LOCKED, STATUS_PARTIAL};
    for (size_t i = 0; i < sizeof gaps / sizeof *gaps; i++) {
        struct kit *k;
        assert_int_equal(kit_set_up((void **)&k), 0);
        kit_plain(k);
        kit_finish(k, STATUS_READ, (struct usage){.records = 10});
        artifact(k, "ios.calls", gaps[i]);
        kit_detect(k);
        expect(k, VERDICT_INCOMPLETE, 3);
        assert_int_equal(kit_tear_down((void **)&k), 0);
    }
    (void)state;
}

static void pending_counts_as_failed(void **state)
{
    struct kit *k = *state;
    kit_plain(k);
    kit_finish(k, STATUS_READ, (struct usage){.records = 10});
    kit_artifact(k, "ios.calls");
    kit_detect(k);
    expect(k, VERDICT_INCOMPLETE, 3);
    assert_int_equal(kit_conclude(k, SEVERITY_MEDIUM).coverage[STATUS_FAILED], 1);
}

static void what_is_not_there_or_left_out_is_no_gap(void **state)
{
    struct kit *k = *state;
    kit_plain(k);
    kit_finish(k, STATUS_READ, (struct usage){.records = 10});
    artifact(k, "ios.calls", STATUS_NOT_APPLICABLE);
    artifact(k, "ios.contacts", STATUS_SKIPPED);
    artifact(k, "ios.whatsapp", STATUS_ABSENT); /* not on every phone */
    kit_detect(k);
    expect(k, VERDICT_NONE, 0);
}

static void absence_of_what_every_phone_has_is_a_gap(void **state)
{
    struct kit *k = *state;
    kit_plain(k);
    kit_finish(k, STATUS_READ, (struct usage){.records = 10});
    artifact(k, "ios.calendar", STATUS_ABSENT);
    kit_detect(k);
    expect(k, VERDICT_INCOMPLETE, 3);
}

static void few_skipped_rows_are_no_gap(void **state)
{
    (void)state;
    /* one in a hundred of all rows, a hundred at most, nothing bigger lost */
    assert_false(coverage_is_gap(STATUS_PARTIAL, false, 99, 1, 0));
    assert_true(coverage_is_gap(STATUS_PARTIAL, false, 98, 1, 0));
    assert_false(coverage_is_gap(STATUS_PARTIAL, false, 9900, 100, 0));
    assert_true(coverage_is_gap(STATUS_PARTIAL, false, 1000000, 101, 0));
    assert_true(coverage_is_gap(STATUS_PARTIAL, false, 1000000, 1, 1));
    assert_true(coverage_is_gap(STATUS_PARTIAL, false, 1000000, 0, 0));
    assert_true(coverage_is_gap(STATUS_PARTIAL, false, UINT64_MAX, 1, 0));
}

static void evidence_that_could_not_be_opened_is_a_gap(void **state)
{
    static const char *const facts[] = {"unopened", "unread_sets", "interrupted"};
    struct kit *k = *state;
    kit_plain(k);
    kit_finish(k, STATUS_READ, (struct usage){.records = 10});
    kit_detect(k);
    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++) {
        MUST(casefile_set(k->c, facts[i], slice_of("1"), e));
        expect(k, VERDICT_INCOMPLETE, 3);
        MUST(casefile_set(k->c, facts[i], slice_of("0"), e));
        expect(k, VERDICT_NONE, 0);
    }
}

static void nothing_read_is_unreadable(void **state)
{
    struct kit *k = *state;
    kit_plain(k);
    kit_finish(k, STATUS_FAILED, (struct usage){0});
    artifact(k, "ios.calls", STATUS_ABSENT);
    kit_detect(k);
    expect(k, VERDICT_UNREADABLE, 4);
}

static void evidence_that_holds_nothing_is_unreadable(void **state)
{
    struct kit *k = *state;
    kit_plain(k);
    kit_finish(k, STATUS_ABSENT, (struct usage){0});
    artifact(k, "ios.calls", STATUS_NOT_APPLICABLE);
    kit_detect(k);
    expect(k, VERDICT_UNREADABLE, 4);
}

static void what_the_owner_left_out_is_not_unreadable(void **state)
{
    struct kit *k = *state;
    kit_plain(k);
    kit_finish(k, STATUS_SKIPPED, (struct usage){0});
    kit_detect(k);
    expect(k, VERDICT_INCOMPLETE, 3);
}

static void broken_off_is_not_unreadable(void **state)
{
    struct kit *k = *state;
    kit_plain(k);
    kit_finish(k, STATUS_FAILED, (struct usage){0});
    MUST(casefile_set(k->c, "interrupted", slice_of("1"), e));
    kit_detect(k);
    expect(k, VERDICT_INCOMPLETE, 3);
}

static void sure_finding_is_traces_even_with_gaps(void **state)
{
    struct kit *k = *state;
    kit_plain(k);
    kit_message(k, 1, NULL, "spy.example");
    kit_finish(k, STATUS_READ, (struct usage){.records = 1});
    artifact(k, "ios.calls", STATUS_FAILED);
    kit_detect(k);
    expect(k, VERDICT_TRACES, 1);
}

static void unsure_finding_is_for_review(void **state)
{
    struct kit *k = *state;
    kit_plain(k);
    k->in->items[0].confidence = 10;
    kit_message(k, 1, NULL, "spy.example");
    kit_finish(k, STATUS_READ, (struct usage){.records = 1});
    kit_detect(k);
    expect(k, VERDICT_REVIEW, 0); /* severity low */
    assert_int_equal(kit_conclude(k, SEVERITY_LOW).exit, 1);
    artifact(k, "ios.calls", STATUS_FAILED);
    expect(k, VERDICT_REVIEW, 3);
}

static void remark_of_severity_info_moves_no_verdict(void **state)
{
    struct kit *k = *state;
    kit_plain(k);
    k->in->items[0].too_general = true;
    kit_message(k, 1, NULL, "spy.example");
    kit_finish(k, STATUS_READ, (struct usage){.records = 1});
    kit_detect(k);
    assert_int_equal(kit_conclude(k, SEVERITY_MEDIUM).findings[SEVERITY_INFO], 1);
    expect(k, VERDICT_NONE, 0);
    assert_int_equal(kit_conclude(k, SEVERITY_INFO).exit, 1);
}

static void conclusion_survives_closing(void **state)
{
    struct kit *k = *state;
    kit_plain(k);
    kit_finish(k, STATUS_READ, (struct usage){.records = 10});
    kit_detect(k);
    kit_reopen(k, CASE_READ);
    expect(k, VERDICT_NONE, 0);
}

static void verdict_is_written_down(void **state)
{
    struct kit *k = *state;
    kit_plain(k);
    kit_finish(k, STATUS_READ, (struct usage){.records = 10});
    kit_detect(k);
    kit_conclude(k, SEVERITY_MEDIUM);
    assert_true(slice_is(casefile_get(k->c, "verdict", &k->arena), "none-found"));
    assert_true(slice_is(casefile_get(k->c, "exit", &k->arena), "0"));
}

/* A case of somebody else may hold anything where we put words. */
static void unknown_words_are_gaps(void **state)
{
    struct kit *k = *state;
    kit_plain(k);
    kit_finish(k, STATUS_READ, (struct usage){.records = 10});
    artifact(k, "ios.calls", STATUS_READ);
    kit_detect(k);
    kit_ask(k, "PRAGMA ignore_check_constraints = ON");
    kit_ask(k, "UPDATE coverage SET status = 'fine' WHERE artifact = 'ios.calls'");
    expect(k, VERDICT_INCOMPLETE, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        KIT_TEST(read_and_nothing_found_is_none_found),
        KIT_TEST(without_indicators_it_is_incomplete),
        KIT_TEST(without_detection_it_is_incomplete),
        cmocka_unit_test(what_was_not_read_is_incomplete),
        KIT_TEST(pending_counts_as_failed),
        KIT_TEST(what_is_not_there_or_left_out_is_no_gap),
        KIT_TEST(absence_of_what_every_phone_has_is_a_gap),
        cmocka_unit_test(few_skipped_rows_are_no_gap),
        KIT_TEST(evidence_that_could_not_be_opened_is_a_gap),
        KIT_TEST(nothing_read_is_unreadable),
        KIT_TEST(evidence_that_holds_nothing_is_unreadable),
        KIT_TEST(what_the_owner_left_out_is_not_unreadable),
        KIT_TEST(broken_off_is_not_unreadable),
        KIT_TEST(sure_finding_is_traces_even_with_gaps),
        KIT_TEST(unsure_finding_is_for_review),
        KIT_TEST(remark_of_severity_info_moves_no_verdict),
        KIT_TEST(conclusion_survives_closing),
        KIT_TEST(verdict_is_written_down),
        KIT_TEST(unknown_words_are_gaps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
