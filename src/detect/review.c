#include "detect/review.h"

#include "format/json.h"

static const char *const actions[] = {"", "confirm", "dismiss", "note"};

const char *review_name(enum review r)
{
    static const char *const names[] = {"", "confirmed", "dismissed", "note"};
    return names[r <= REVIEW_NOTE ? r : REVIEW_NONE];
}

bool review_from_action(struct slice action, enum review *out)
{
    for (unsigned i = REVIEW_CONFIRMED; i <= REVIEW_NOTE; i++)
        if (slice_is(action, actions[i])) {
            *out = (enum review)i;
            return true;
        }
    return false;
}

bool review_add(struct casefile *c, struct slice key, int64_t evidence, enum review what,
                const char *by, const char *text, struct err *e)
{
    struct json_writer w;
    struct buf detail = {0};
    json_writer(&w, &detail);
    json_object(&w);
    json_name(&w, "key");
    json_string(&w, key);
    json_name(&w, "evidence");
    json_number(&w, evidence);
    json_name(&w, "by");
    json_text(&w, by);
    json_name(&w, "text");
    json_text(&w, text);
    json_object_end(&w);
    bool ok = casefile_log(c, actions[what], buf_view(&detail), e);
    buf_free(&detail);
    return ok;
}
