/* The end of every command that judges: summary or JSON, and the exit status. */
#include <unistd.h>

#include "cli/cli.h"

int finish(struct casefile *c, const struct ending *end, struct err *e)
{
    struct conclusion k;
    if (!detect_conclude(c, end->fail_on, &k, e))
        return EXIT_OURS;
    bool ok = true;
    if (end->json)
        ok = report_json(c, &k, end->case_path, end->report_path, end->seconds, stdout, e);
    else if (!end->quiet)
        ok = report_summary(c, &k, "en", color_wanted(stdout), terminal_width(STDOUT_FILENO),
                            end->case_path, end->report_path, end->seconds, stdout, e);
    return ok ? k.exit : EXIT_OURS;
}
