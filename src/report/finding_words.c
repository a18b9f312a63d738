/* The sentences of a finding, put together from the word tables by exposure, type and rule. */
#include "report/finding_words.h"

#include <sqlite3.h>
#include <stdlib.h>

struct finding_iter {
    struct casefile *c;
    sqlite3_stmt *s;
    int64_t number;
};

struct finding_iter *findings_open(struct casefile *c, struct err *e)
{
    static const char sql[] =
        "SELECT f.id, f.key, f.evidence_id, f.artifact, c.title, f.rule, f.how, f.subject, "
        "coalesce(o.type, ''), coalesce(f.family_class, ''), f.severity, f.confidence, f.exposure, "
        "f.time_ns, f.precision, "
        "(SELECT count(*) FROM finding_record fr WHERE fr.finding_id = f.id), "
        "(SELECT max(r.time_ns) FROM finding_record fr JOIN record r ON r.id = fr.record_id "
        " WHERE fr.finding_id = f.id), "
        "i.family, s.name, i.published, i.value, s.published_ns, "
        "l.action, l.detail ->> '$.by', l.detail ->> '$.text', l.at_ns "
        "FROM finding f JOIN coverage c ON c.evidence_id = f.evidence_id AND c.artifact = f.artifact "
        "LEFT JOIN observable o ON o.id = f.observable_id "
        "LEFT JOIN indicator i ON i.id = (SELECT fi.indicator_id FROM finding_indicator fi "
        " JOIN indicator x ON x.id = fi.indicator_id WHERE fi.finding_id = f.id "
        " ORDER BY x.family IS NULL, x.set_id, x.ref LIMIT 1) "
        "LEFT JOIN indicator_set s ON s.id = i.set_id "
        "LEFT JOIN log l ON l.id = " REVIEW_ROW " "
        "ORDER BY f.time_ns IS NULL, f.time_ns, f.artifact, f.rule, coalesce(o.type, ''), f.subject, "
        "f.key";
    struct finding_iter *it = xcalloc(1, sizeof *it);
    it->c = c;
    if (sqlite3_prepare_v2(casefile_db(c), sql, -1, &it->s, NULL) != SQLITE_OK) {
        err_set(e, ERR_IO, "case: %s", sqlite3_errmsg(casefile_db(c)));
        free(it);
        return NULL;
    }
    return it;
}

static struct slice column(sqlite3_stmt *s, int i)
{
    const uint8_t *text = sqlite3_column_text(s, i);
    return (struct slice){text, text ? (size_t)sqlite3_column_bytes(s, i) : 0};
}

static unsigned limited(sqlite3_stmt *s, int i, unsigned limit)
{
    int v = sqlite3_column_int(s, i);
    return v >= 0 && (unsigned)v < limit ? (unsigned)v : 0;
}

bool findings_next(struct finding_iter *it, struct case_finding *f, struct err *e)
{
    sqlite3_stmt *s = it->s;
    int rc = sqlite3_step(s);
    if (rc == SQLITE_DONE)
        return false;
    if (rc != SQLITE_ROW)
        return err_set(e, ERR_IO, "case: %s", sqlite3_errmsg(casefile_db(it->c)));
    *f = (struct case_finding){
        .id = sqlite3_column_int64(s, 0),
        .number = ++it->number,
        .key = column(s, 1),
        .evidence = sqlite3_column_int64(s, 2),
        .artifact = column(s, 3),
        .title_of_artifact = column(s, 4),
        .rule = column(s, 5),
        .how = column(s, 6),
        .subject = column(s, 7),
        .type = column(s, 8),
        .family_class = column(s, 9),
        .severity = (enum severity)limited(s, 10, SEVERITY_CRITICAL + 1),
        .confidence = (enum confidence)limited(s, 11, CONFIDENCE_HIGH + 1),
        .exposure = (enum exposure)limited(s, 12, EXPOSURES),
        .records = (uint64_t)sqlite3_column_int64(s, 15),
        .family = column(s, 17),
        .set_name = column(s, 18),
        .published = column(s, 19),
        .indicator = column(s, 20),
        .review_by = column(s, 23),
        .review_text = column(s, 24),
    };
    if (review_from_action(column(s, 22), &f->review))
        f->reviewed = (struct utime){sqlite3_column_int64(s, 25), SECOND};
    enum precision p = (enum precision)limited(s, 14, NANO + 1);
    if (sqlite3_column_type(s, 13) != SQLITE_NULL)
        f->time = (struct utime){sqlite3_column_int64(s, 13), p};
    if (sqlite3_column_type(s, 16) != SQLITE_NULL)
        f->last = (struct utime){sqlite3_column_int64(s, 16), p};
    if (sqlite3_column_type(s, 21) != SQLITE_NULL)
        f->set_date = (struct utime){sqlite3_column_int64(s, 21), SECOND};
    return true;
}

void findings_close(struct finding_iter *it)
{
    if (!it)
        return;
    sqlite3_finalize(it->s);
    free(it);
}

/* "2024-05-04 12:31:09" for people; only machine output has T and Z. */
static const char *human_time(struct arena *a, struct utime t)
{
    char text[UTIME_TEXT];
    t.ns -= t.ns % 1000000000;
    utime_text(t, text);
    if (strlen(text) > 10) {
        text[10] = ' ';
        text[19] = '\0';
    }
    return arena_string(a, slice_of(text));
}

static const char *human_date(struct arena *a, struct utime t)
{
    char text[UTIME_TEXT];
    t.precision = t.precision == PRECISION_NONE ? PRECISION_NONE : DAY;
    return arena_string(a, slice_of(utime_text(t, text)));
}

/* KEY.EXPOSURE.TYPE, else KEY.EXPOSURE.any. */
static const char *seen_key(const struct case_finding *f, struct arena *a)
{
    const char *key = arena_printf(a, "seen.%s.%.*s", exposure_name(f->exposure), (int)f->type.n,
                                   (const char *)f->type.p);
    return words_have("en", key) ? key : arena_printf(a, "seen.%s.any", exposure_name(f->exposure));
}

static void sentence(struct buf *out, const char *text)
{
    if (out->n)
        buf_byte(out, ' ');
    buf_text(out, text);
}

static void say_times(const struct case_finding *f, const char *lang, struct arena *a,
                      struct buf *out)
{
    if (f->time.precision == PRECISION_NONE)
        sentence(out, words(lang, "seen.no-time"));
    else if (f->records > 1 && f->last.ns != f->time.ns)
        sentence(out, words_fill(a, lang, "seen.span", "first", human_time(a, f->time), "last",
                                 human_time(a, f->last), NULL));
    else
        sentence(out, words_fill(a, lang, "seen.at", "time", human_time(a, f->time), NULL));
}

static void say_indicator(const struct case_finding *f, const char *lang, struct arena *a,
                          struct buf *out)
{
    const char *date = f->set_date.precision == PRECISION_NONE ? "?" : human_date(a, f->set_date);
    sentence(out, words_fill(a, lang, f->family.n ? "seen.indicator" : "seen.indicator-no-family",
                             "set", arena_string(a, f->set_name), "date", date, "family",
                             arena_string(a, f->family), NULL));
    /* "The same value" is what a match is; any other kind is worth a word. */
    if (!slice_is(f->how, "exact")) {
        const char *match =
            words(lang, arena_printf(a, "match.%.*s", (int)f->how.n, (const char *)f->how.p));
        size_t n = strlen(match);
        sentence(out, arena_printf(a, "(%s)%s", match, n && match[n - 1] == '.' ? "" : "."));
    }
}

static void add(const char **list, size_t room, const char *text)
{
    for (size_t i = 0; i + 1 < room; i++)
        if (!list[i]) {
            list[i] = text;
            return;
        }
}

static void add_key(const char **list, size_t room, const char *lang, const char *key)
{
    if (words_have("en", key))
        add(list, room, words(lang, key));
}

static void indicator_words(const struct case_finding *f, const char *lang, struct arena *a,
                            struct finding_text *out)
{
    const char *x = exposure_name(f->exposure), *value = arena_string(a, f->subject);
    struct buf text = {0};
    out->title = arena_printf(a, "%s: %s", words(lang, arena_printf(a, "exposure.%s", x)),
                              words_value(a, lang, value));
    if (f->exposure == EXPOSURE_NONE)
        sentence(&text, arena_printf(a, "%s (%s).", words_value(a, lang, value),
                                     words_value(a, lang, arena_string(a, f->title_of_artifact))));
    else
        sentence(&text, words_fill(a, lang, seen_key(f, a), "value", value, "artifact",
                                   arena_string(a, f->title_of_artifact), NULL));
    say_times(f, lang, a, &text);
    sentence(&text, words(lang, arena_printf(a, "exposure.%s.means", x)));
    say_indicator(f, lang, a, &text);
    sentence(&text,
             words(lang, arena_printf(a, "confidence.%s.means", confidence_name(f->confidence))));
    out->explanation = arena_string(a, buf_view(&text));
    buf_free(&text);
    add_key(out->benign, 8, lang, arena_printf(a, "benign.%s", x));
    add_key(out->benign, 8, lang,
            arena_printf(a, "benign.%.*s", (int)f->type.n, (const char *)f->type.p));
    add_key(out->next, 4, lang, arena_printf(a, "next.%s", x));
}

static void rule_words(const struct case_finding *f, const struct rule *r, const char *lang,
                       struct arena *a, struct finding_text *out)
{
    struct buf text = {0};
    out->title = r->title;
    sentence(&text, r->explains);
    say_times(f, lang, a, &text);
    sentence(&text, words(lang, arena_printf(a, "rule.%s.means", r->class)));
    sentence(&text, words_fill(a, lang, "rule.basis", "source", r->source, NULL));
    if (r->disputed)
        sentence(&text, words_fill(a, lang, "rule.disputed", "why", r->disputed, NULL));
    sentence(&text,
             words(lang, arena_printf(a, "confidence.%s.means", confidence_name(f->confidence))));
    out->explanation = arena_string(a, buf_view(&text));
    buf_free(&text);
    add(out->benign, 8, r->benign);
    add(out->next, 4, r->next);
    add_key(out->next, 4, lang, arena_printf(a, "next.%s", exposure_name(f->exposure)));
}

void finding_words(const struct case_finding *f, const char *lang, struct arena *a,
                   struct finding_text *out)
{
    const struct rule *r = rule_find(f->rule);
    *out = (struct finding_text){0};
    if (r)
        rule_words(f, r, lang, a, out);
    else
        indicator_words(f, lang, a, out);
    if (!out->benign[0])
        out->benign[0] = words(lang, "benign.none-known");
}
