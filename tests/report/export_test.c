#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sqlite3.h>
#include <stdlib.h>

#include "case_kit.h"

static const char sms[] = "/private/var/mobile/Library/SMS/sms.db";
static const char sms_in_backup[] = "3d/3d0d7e5fb2ce288813306e4d4636395e047a3d28";

/* Messages in no order, one of them with a listed link and one that would be a formula. */
static void fill(struct kit *k)
{
    static const char *const patterns[] = {"domain-name:value = 'spy.example'", NULL};
    kit_artifact(k, "ios.sms", sms, sms_in_backup);
    kit_text(k, 3, "", RECEIVED, "=no time");
    kit_text(k, 2, "2026-01-03T10:00:00Z", RECEIVED, "see https://www.spy.example/a now");
    kit_text(k, 1, "2026-01-03T10:00:00Z", RECEIVED, "first by row");
    kit_text(k, 4, "2026-01-02T10:00:00.25Z", RECEIVED, "first by time, at www.spy.example");
    kit_finish(k, STATUS_READ, "", (struct usage){.files = 1, .records = 4, .bytes = 4096});
    kit_artifact(k, "ios.calls", "/private/var/mobile/Library/CallHistoryDB/CallHistory.storedata",
                 "");
    kit_finish(k, STATUS_ABSENT, "", (struct usage){0});
    kit_indicators(k, "Grey Finch", patterns);
    kit_detect(k);
}

static int start(void **state)
{
    static struct kit k;
    kit_start(&k);
    fill(&k);
    *state = &k;
    return 0;
}

static int stop(void **state)
{
    kit_end(*state);
    return 0;
}

static void a_record_has_its_keys_in_the_fixed_order(void **state)
{
    const char *text = kit_export(*state, "records", "jsonl");
    const char expected[] =
        "{\"schema\":\"bridle/1\",\"kind\":\"record\",\"id\":3,\"evidence\":1,\"artifact\":\"ios.sms\","
        "\"time\":\"2026-01-03T10:00:00Z\",\"times\":[{\"what\":\"sent\",\"time\":"
        "\"2026-01-03T10:00:00Z\"}],\"fields\":{\"text\":\"see https://www.spy.example/a now\"},"
        "\"observables\":[{\"type\":\"url\",\"value\":\"https://www.spy.example/a\",\"field\":"
        "\"text\",\"exposure\":\"received\"},{\"type\":\"domain\",\"value\":\"www.spy.example\","
        "\"field\":\"text\",\"exposure\":\"received\"}],\"provenance\":{\"path\":"
        "\"/private/var/mobile/Library/SMS/sms.db\",\"container_path\":"
        "\"3d/3d0d7e5fb2ce288813306e4d4636395e047a3d28\",\"table\":\"message\",\"row\":2,"
        "\"state\":\"live\"}}\n";
    assert_true(contains(text, expected));
}

static void records_are_sorted_by_time_then_place_and_numbered_so(void **state)
{
    static const char *const rows[] = {"\"row\":4", "\"row\":1", "\"row\":2", "\"row\":3"};
    const char *at = kit_export(*state, "records", "jsonl");
    for (int i = 0; i < 4; i++) {
        char id[16];
        snprintf(id, sizeof id, "\"id\":%d,", i + 1);
        at = strstr(at, id);
        assert_non_null(at);
        at = strstr(at, "\"row\":");
        assert_non_null(at);
        assert_memory_equal(at, rows[i], strlen(rows[i]));
    }
}

static void a_record_without_time_has_no_time_key(void **state)
{
    const char *text = kit_export(*state, "records", "jsonl");
    const char *last = strstr(text, "\"id\":4,");
    assert_non_null(last);
    assert_true(contains(last, "\"artifact\":\"ios.sms\",\"times\":[],\"fields\""));
}

static void times_keep_the_precision_of_the_source(void **state)
{
    assert_true(
        contains(kit_export(*state, "records", "jsonl"), "\"time\":\"2026-01-02T10:00:00.250Z\""));
}

static void a_finding_gathers_its_records_and_names_its_list(void **state)
{
    const char *text = kit_export(*state, "findings", "jsonl");
    static const char *const parts[] = {
        "{\"schema\":\"bridle/1\",\"kind\":\"finding\",\"id\":1,\"key\":\"",
        "\"evidence\":1,\"artifact\":\"ios.sms\",\"time\":\"2026-01-02T10:00:00.250Z\",\"severity\":"
        "\"medium\",\"confidence\":\"high\",\"exposure\":\"received\",\"rule\":\"indicator\","
        "\"match\":\"subdomain\",\"observable\":{\"type\":\"domain\",\"value\":\"www.spy.example\"},"
        "\"indicators\":[{\"type\":\"domain\",\"value\":\"spy.example\",\"id\":"
        "\"indicator--00000000-0000-4000-8000-000000000000\",\"family\":\"Grey Finch\","
        "\"family_class\":\"",
        "\"published\":\"2025-12-01T00:00:00Z\",\"set\":\"example.stix2\",\"set_sha256\":\"",
        "\"title\":\"Received: www.spy.example\",\"explanation\":\"",
        "\"benign\":[\"",
        "\"next\":[\"",
        "\"records\":[{\"id\":1,\"time\":\"2026-01-02T10:00:00.250Z\",\"field\":\"text\",\"text\":",
        "{\"id\":3,\"time\":\"2026-01-03T10:00:00Z\",\"field\":\"text\",\"text\":",
    };
    const char *at = text;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        at = strstr(at, parts[i]);
        if (!at)
            fail_msg("not in its place: %s\n%s", parts[i], text);
    }
    assert_int_equal(occurrences(text, "\n"), 1);
}

static void coverage_has_a_row_for_each_artifact_with_every_key(void **state)
{
    const char *text = kit_export(*state, "coverage", "jsonl");
    static const char *const keys[] = {
        "\"artifact\":", "\"status\":",   "\"reason\":",     "\"files\":",
        "\"records\":",  "\"skipped\":",  "\"bytes\":",      "\"seconds\":",
        "\"holds\":",    "\"can_show\":", "\"indicators\":", "\"closes_gap\":"};
    assert_int_equal(occurrences(text, "\n"), 2);
    const char *at = text;
    for (int line = 0; line < 2; line++)
        for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
            at = strstr(at, keys[i]);
            assert_non_null(at);
        }
    assert_true(contains(text, "\"indicators\":{\"domain\":1,\"url\":0,\"ip\":0"));
}

static void an_observable_tells_where_and_when_it_was_seen(void **state)
{
    assert_true(contains(kit_export(*state, "observables", "jsonl"),
                         "{\"schema\":\"bridle/1\",\"kind\":\"observable\",\"type\":\"domain\","
                         "\"value\":\"www.spy.example\",\"exposure\":\"received\",\"records\":2,"
                         "\"first\":\"2026-01-02T10:00:00.250Z\",\"last\":\"2026-01-03T10:00:00Z\","
                         "\"artifacts\":[\"ios.sms\"]}\n"));
}

static void sighting_of_nothing_is_an_error(void **state)
{
    static const char *const changes[] = {
        "UPDATE sighting SET record_id = 1000000000000 WHERE id = 1",
        "UPDATE sighting SET observable_id = -1 WHERE id = 1",
    };
    struct kit *k = *state;
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        struct err e = {0};
        char *text;
        size_t n;
        FILE *f = open_memstream(&text, &n);
        assert_int_equal(sqlite3_exec(casefile_db(k->c), changes[i], NULL, NULL, NULL), SQLITE_OK);
        assert_false(report_export(k->c, "observables", "jsonl", f, &e));
        assert_int_equal(e.code, ERR_CORRUPT);
        fclose(f);
        free(text);
    }
}

static void evidence_names_the_device(void **state)
{
    assert_string_equal(kit_export(*state, "evidence", "jsonl"),
                        "{\"schema\":\"bridle/1\",\"kind\":\"evidence\",\"id\":1,\"source\":"
                        "\"ios-backup\",\"name\":\"backup\",\"device\":{\"platform\":\"ios\","
                        "\"model\":\"iPhone14,5\",\"os\":\"17.2\",\"serial\":\"EXAMPLE1\"},"
                        "\"encrypted\":true,\"taken\":\"2026-01-15T08:00:00Z\"}\n");
}

static void the_same_case_gives_the_same_bytes(void **state)
{
    assert_string_equal(kit_export(*state, NULL, "jsonl"), kit_export(*state, NULL, "jsonl"));
}

static void several_kinds_come_as_one_stream(void **state)
{
    const char *text = kit_export(*state, "coverage,evidence", "jsonl");
    assert_int_equal(occurrences(text, "\"kind\":\"evidence\""), 1);
    assert_int_equal(occurrences(text, "\"kind\":\"coverage\""), 2);
    assert_int_equal(occurrences(text, "\n"), 3);
}

static enum err_code refusal(struct kit *k, const char *what, const char *format)
{
    struct err e = {0};
    FILE *f = fopen("/dev/null", "w");
    assert_non_null(f);
    assert_false(report_export(k->c, what, format, f, &e));
    assert_int_equal(fclose(f), 0);
    return e.code;
}

static void unknown_kinds_and_formats_are_wrong_usage(void **state)
{
    assert_int_equal(refusal(*state, "records,nothing", "jsonl"), ERR_USAGE);
    assert_int_equal(refusal(*state, "", "xml"), ERR_USAGE);
}

static void csv_wants_exactly_one_kind(void **state)
{
    assert_int_equal(refusal(*state, NULL, "csv"), ERR_USAGE);
    assert_int_equal(refusal(*state, "records,findings", "csv"), ERR_USAGE);
}

static void csv_has_a_header_and_guards_formulas(void **state)
{
    const char *text = kit_export(*state, "records", "csv");
    assert_memory_equal(text, "id,evidence,artifact,time,times,fields,", 39);
    assert_int_equal(occurrences(text, "\r\n"), 5);
    /* The fields are one JSON cell, so the formula in them is none. */
    assert_true(contains(text, "\"{\"\"text\"\":\"\"=no time\"\"}\""));
    assert_false(contains(text, ",="));
}

/* Overwrites the tail of the file: the pages that were written last. */
static void damage(const char *path)
{
    FILE *f = fopen(path, "r+b");
    assert_non_null(f);
    assert_int_equal(fseek(f, 0, SEEK_END), 0);
    long size = ftell(f);
    assert_int_equal(fseek(f, size - size / 4, SEEK_SET), 0);
    for (long i = 0; i < size / 4; i++)
        fputc(0xa5, f);
    assert_int_equal(fclose(f), 0);
}

static void a_damaged_case_is_an_error_never_a_short_export(void **state)
{
    struct kit k;
    struct err e = {0};
    (void)state;
    kit_start(&k);
    kit_artifact(&k, "ios.sms", sms, "");
    for (int i = 1; i <= 2000; i++)
        kit_text(&k, i, "2026-01-03T10:00:00Z", RECEIVED, "a text that fills pages of the case");
    kit_finish(&k, STATUS_READ, "", (struct usage){.files = 1, .records = 2000});
    assert_true(casefile_close(k.c, &e));
    damage(k.path);
    k.c = casefile_open(k.path, CASE_READ, &e);
    assert_non_null(k.c);
    assert_int_equal(refusal(&k, "records", "jsonl"), ERR_IO);
    kit_end(&k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_has_its_keys_in_the_fixed_order),
        cmocka_unit_test(records_are_sorted_by_time_then_place_and_numbered_so),
        cmocka_unit_test(a_record_without_time_has_no_time_key),
        cmocka_unit_test(times_keep_the_precision_of_the_source),
        cmocka_unit_test(a_finding_gathers_its_records_and_names_its_list),
        cmocka_unit_test(coverage_has_a_row_for_each_artifact_with_every_key),
        cmocka_unit_test(an_observable_tells_where_and_when_it_was_seen),
        cmocka_unit_test(evidence_names_the_device),
        cmocka_unit_test(the_same_case_gives_the_same_bytes),
        cmocka_unit_test(several_kinds_come_as_one_stream),
        cmocka_unit_test(unknown_kinds_and_formats_are_wrong_usage),
        cmocka_unit_test(csv_wants_exactly_one_kind),
        cmocka_unit_test(csv_has_a_header_and_guards_formulas),
        cmocka_unit_test(a_damaged_case_is_an_error_never_a_short_export),
        cmocka_unit_test(sighting_of_nothing_is_an_error), /* last: it spoils the case */
    };
    return cmocka_run_group_tests(tests, start, stop);
}
