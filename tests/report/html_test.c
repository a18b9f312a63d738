#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <openssl/evp.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <zlib.h>

#include "base/hash.h"
#include "case_kit.h"

static struct kit kit;

#define HOSTILE                                                                                    \
    "</script></style><script>alert(1)</script><img src=x onerror=alert(1)>\"' javascript:a "      \
    "https://spy.example/x \xe2\x80\xae"

/* A message with a listed domain; one without; the mail box locked. */
static int start(void **state)
{
    const char *const patterns[] = {"domain-name:value='spy.example'", NULL};
    (void)state;
    kit_start(&kit);
    kit_artifact(&kit, "ios.sms", "/private/var/mobile/Library/SMS/sms.db", "3d/3d0d");
    kit_text(&kit, 501, "2026-01-10T10:00:00Z", RECEIVED, "look: https://spy.example/a?b=1");
    kit_text(&kit, 502, "2026-01-11T10:00:00Z", RECEIVED, "tab\there, line\nthere, back\\slash");
    kit_finish(&kit, STATUS_READ, "", (struct usage){.records = 2, .files = 1});
    kit_artifact(&kit, "ios.safari_history", "/private/var/mobile/Library/Safari/History.db", "");
    kit_finish(&kit, STATUS_LOCKED, "no-password", (struct usage){0});
    kit_indicators(&kit, "DemoFinch", patterns);
    return 0;
}

static int end(void **state)
{
    (void)state;
    kit_end(&kit);
    return 0;
}

static const char *page(void)
{
    kit_detect(&kit);
    return kit_html(&kit, "en");
}

static void sql(const char *text)
{
    char *why = NULL;
    sqlite3_exec(casefile_db(kit.c), text, NULL, NULL, &why);
    if (why)
        fail_msg("%s: %s", text, why);
}

static void write_hostile(const char *statement, const char *value)
{
    sqlite3_stmt *s = NULL;
    assert_int_equal(sqlite3_prepare_v2(casefile_db(kit.c), statement, -1, &s, NULL), SQLITE_OK);
    sqlite3_bind_text(s, 1, value, -1, SQLITE_STATIC);
    assert_int_equal(sqlite3_step(s), SQLITE_DONE);
    sqlite3_finalize(s);
}

/* Hostile text wherever a case can hold text that the page shows. */
static const char *hostile_page(void)
{
    static const char *const places[] = {
        "UPDATE finding SET subject = ?1",
        "UPDATE indicator SET published = ?1, family = ?1",
        "UPDATE indicator_set SET name = ?1",
        "UPDATE indicator_set SET publisher = ?1",
        "UPDATE evidence SET name = ?1",
        "UPDATE file SET path = ?1, container = ?1",
        "UPDATE coverage SET title = ?1",
        "UPDATE coverage SET reason = ?1",
        "UPDATE record SET name = ?1",
        "UPDATE finding_record SET field = ?1",
        "UPDATE run SET value = ?1 WHERE name = 'version'",
        "INSERT INTO run VALUES ('contact', ?1)",
        "INSERT INTO run VALUES ('options', ?1)",
        "UPDATE evidence SET device = json_object(?1, ?1), notes = json_array(?1)",
        "UPDATE record SET fields = json_object('text', ?1)",
        "INSERT INTO log (at_ns, actor, action, detail, chain) VALUES (0, ?1, ?1, ?1, '')",
    };
    kit_detect(&kit);
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        write_hostile(places[i], HOSTILE);
    return kit_html(&kit, "en");
}

static void between(const char *text, const char *from, const char *to, struct slice *out)
{
    const char *a = strstr(text, from);
    assert_non_null(a);
    a += strlen(from);
    const char *b = strstr(a, to);
    assert_non_null(b);
    *out = slice_at(a, (size_t)(b - a));
}

static void assert_allowed(const char *html, const char *directive, struct slice content)
{
    uint8_t sum[SHA256_SIZE], text[64];
    sha256_of(content, sum);
    EVP_EncodeBlock(text, sum, sizeof sum);
    const char *want = arena_printf(&kit.arena, "; %s 'sha256-%s';", directive, (const char *)text);
    assert_true(contains(html, want));
}

static void policy_allows_exactly_the_style_and_script_of_the_page(void **state)
{
    struct slice style, script;
    (void)state;
    const char *html = page();
    between(html, "<style>", "</style>", &style);
    between(html, "<script>", "</script>", &script);
    assert_allowed(html, "style-src", style);
    assert_allowed(html, "script-src", script);
    assert_true(contains(html, "content=\"default-src 'none'; "));
    assert_true(contains(html, "base-uri 'none'; form-action 'none'"));
}

static void page_has_no_inline_style_and_no_handler(void **state)
{
    (void)state;
    const char *html = page();
    assert_false(contains(html, " style="));
    assert_false(contains(html, " onclick="));
    assert_false(contains(html, " src="));
}

static void hostile_text_stays_text_wherever_it_stands(void **state)
{
    (void)state;
    const char *html = hostile_page();
    assert_int_equal(occurrences(html, "<script>"), 1);
    assert_int_equal(occurrences(html, "<script"),
                     1 + occurrences(html, "<script type=\"application/octet-stream\" "));
    assert_int_equal(occurrences(html, "<script"), occurrences(html, "</script"));
    assert_int_equal(occurrences(html, "</style"), 1);
    assert_false(contains(html, "<img"));
    assert_true(contains(html, "&lt;script&gt;alert(1)"));
}

static void nothing_from_evidence_is_a_link(void **state)
{
    (void)state;
    const char *html = hostile_page();
    for (const char *at = html; (at = strstr(at, "href=\"")); at += 6)
        assert_int_equal(at[6], '#');
    assert_false(contains(html, "href='"));
}

static void values_are_defanged(void **state)
{
    (void)state;
    const char *html = page();
    assert_true(contains(html, "spy[.]example"));
    assert_false(contains(html, "https://spy"));
}

static void hidden_characters_are_drawn_as_boxes(void **state)
{
    (void)state;
    const char *html = hostile_page();
    assert_true(contains(html, "<span class=\"u\">U+202E</span>"));
    assert_false(contains(html, "\xe2\x80\xae"));
}

static void same_case_gives_the_same_bytes(void **state)
{
    (void)state;
    const char *first = page();
    assert_string_equal(first, kit_html(&kit, "en"));
}

static void verdict_and_gap_stand_side_by_side(void **state)
{
    struct slice result;
    (void)state;
    between(page(), "<section id=\"result\"", "</section>", &result);
    const char *text = arena_string(&kit.arena, result);
    assert_true(contains(text, "<div class=\"panel t-traces\">"));
    assert_true(contains(text, "<div class=\"panel gap"));
    assert_true(contains(text, "1 source not checked"));
    assert_true(contains(text, "no password was given"));
    assert_true(contains(text, "the backup password"));
}

static void unread_source_has_a_dash_and_no_zero(void **state)
{
    struct slice table;
    (void)state;
    between(page(), "<section id=\"coverage\"", "</section>", &table);
    const char *text = arena_string(&kit.arena, table), *row = strstr(text, "ios.safari_history");
    assert_non_null(row);
    assert_true(contains(row, "data-l=\"Records\">–</td>"));
}

static void finding_can_be_walked_back_to_its_row(void **state)
{
    struct slice findings;
    (void)state;
    between(page(), "<section id=\"findings\"", "</section>", &findings);
    const char *text = arena_string(&kit.arena, findings);
    assert_true(contains(text, "/private/var/mobile/Library/SMS/sms.db"));
    assert_true(contains(text, "3d/3d0d"));
    assert_true(contains(text, "<bdi>message</bdi>, 501"));
    assert_true(contains(text, "<details class=\"finding\" id=\"f-1\" open>"));
}

static void arabic_page_runs_from_right_to_left(void **state)
{
    (void)state;
    kit_detect(&kit);
    const char *html = kit_html(&kit, "ar");
    assert_true(contains(html, "<html lang=\"ar\" dir=\"rtl\">"));
    /* Values in sentences keep their own direction; links stay defanged. */
    assert_true(contains(html, "<bdi>2026-01-10 10:00:00</bdi>"));
    assert_true(contains(html, "<bdi>example.stix2</bdi>"));
    assert_false(contains(html, "\u2068"));
    assert_false(contains(html, "U+2068"));
    assert_true(contains(kit_html(&kit, "xx"), "<html lang=\"en\" dir=\"ltr\">"));
}

static void broken_enums_of_a_foreign_case_do_no_harm(void **state)
{
    (void)state;
    kit_detect(&kit);
    sql("UPDATE record SET place = 99, state = -7, precision = 1000000");
    sql("UPDATE finding SET severity = 77, exposure = -1, confidence = 99, precision = 55");
    assert_true(contains(kit_html(&kit, "en"), "</html>"));
}

/* -- records -- */

static struct slice unpacked_bytes(const char *html, const char *block)
{
    enum { ROOM = 16384 };
    struct slice text;
    uint8_t *out = arena_alloc(&kit.arena, ROOM);
    between(html, block, "</script>", &text);
    uint8_t *gz = arena_alloc(&kit.arena, text.n);
    int n = EVP_DecodeBlock(gz, text.p, (int)text.n);
    assert_true(n > 18);
    assert_memory_equal(gz + 4, "\0\0\0\0", 4); /* no time: the same bytes tomorrow */
    z_stream z = {.next_in = gz, .avail_in = (uInt)n, .next_out = out, .avail_out = ROOM - 1};
    assert_int_equal(inflateInit2(&z, 15 + 16), Z_OK);
    assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
    inflateEnd(&z);
    return slice_at(out, z.total_out);
}

static const char *unpacked(const char *html, const char *block)
{
    return (const char *)unpacked_bytes(html, block).p; /* zeroed behind its end */
}

static void records_are_rows_with_their_findings(void **state)
{
    (void)state;
    const char *rows = unpacked(page(), "class=\"rows\" data-s=\"1\" data-n=\"2\">");
    assert_int_equal(occurrences(rows, "\n"), 2);
    assert_int_equal(occurrences(rows, "\t"), 2 * 6);
    assert_true(contains(rows, "1\t2026-01-10 10:00:00\trow message 501\tlive\t"));
    assert_true(contains(rows, "\n\t2026-01-11 10:00:00\trow message 502\tlive\t"));
}

static void rows_lie_by_source_and_ranks_by_time(void **state)
{
    (void)state;
    static const uint8_t numbers[4 * 3] = {1, 0, 2}; /* all lowest bytes first */
    kit_artifact(&kit, "ios.calls", "/private/var/mobile/Library/CallHistoryDB/x.storedata", "");
    kit_text(&kit, 7, "2026-01-10T20:00:00Z", RECEIVED, "between the two others");
    kit_finish(&kit, STATUS_READ, "", (struct usage){.records = 1, .files = 1});
    const char *html = page();
    assert_true(contains(html, "data-s=\"3\" data-n=\"1\">")); /* Calls come before Messages */
    struct slice ranks = unpacked_bytes(html, "id=\"ranks\">");
    assert_int_equal(ranks.n, sizeof numbers);
    assert_memory_equal(ranks.p, numbers, sizeof numbers);
}

static void second_process_changes_nothing(void **state)
{
    (void)state;
    const char *alone = page();
    kit.packer = packer_start();
    assert_string_equal(kit_html(&kit, "en"), alone);
    assert_string_equal(kit_html(&kit, "en"), alone);
    packer_end(kit.packer);
    kit.packer = NULL;
}

static void files_of_records_are_a_list_of_their_own(void **state)
{
    (void)state;
    const char *files = unpacked(page(), "class=\"files\">");
    assert_true(contains(files, "/private/var/mobile/Library/SMS/sms.db\t3d/3d0d\n"));
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, start, end)
    const struct CMUnitTest tests[] = {
        TEST(policy_allows_exactly_the_style_and_script_of_the_page),
        TEST(page_has_no_inline_style_and_no_handler),
        TEST(hostile_text_stays_text_wherever_it_stands),
        TEST(nothing_from_evidence_is_a_link),
        TEST(values_are_defanged),
        TEST(hidden_characters_are_drawn_as_boxes),
        TEST(same_case_gives_the_same_bytes),
        TEST(verdict_and_gap_stand_side_by_side),
        TEST(unread_source_has_a_dash_and_no_zero),
        TEST(finding_can_be_walked_back_to_its_row),
        TEST(arabic_page_runs_from_right_to_left),
        TEST(broken_enums_of_a_foreign_case_do_no_harm),
        TEST(records_are_rows_with_their_findings),
        TEST(rows_lie_by_source_and_ranks_by_time),
        TEST(second_process_changes_nothing),
        TEST(files_of_records_are_a_list_of_their_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
