#include "rules_kit.h"

void put(struct kit *k, const char *table, int64_t row, const char *time, const struct pair *p)
{
    kit_row(k, table, row, time);
    for (; p->name; p++)
        if (p->text)
            record_text(&k->record, p->name, slice_of(p->text));
        else
            record_int(&k->record, p->name, p->number);
    kit_put(k);
}

void start(struct kit *k, const char *artifact)
{
    if (!k->evidence)
        kit_evidence(k, SOURCE_IOS_BACKUP, true);
    kit_artifact(k, artifact);
}

void expect(struct kit *k, const char *want)
{
    kit_detect(k);
    assert_string_equal(
        kit_ask(k, "SELECT replace(rule, artifact || '.', '') || ' ' || subject || ' ' || (SELECT "
                   "group_concat(n) FROM (SELECT r.n FROM finding_record fr JOIN record r ON "
                   "r.id = fr.record_id WHERE fr.finding_id = finding.id ORDER BY r.name, r.n)) "
                   "FROM finding ORDER BY rule, subject"),
        want);
}
