/* bridle indicators update */
#include "cli/indicators.h"

int indicators_update(const struct indicators_options *o, const struct list *rest)
{
    (void)o;
    (void)rest;
    return EXIT_USAGE;
}
