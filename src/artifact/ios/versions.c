#include "artifact/ios/versions.h"

static const struct {
    const char *build, *version;
} builds[] = {
#include "artifact/ios/builds.inc"
};

struct slice ios_version_of(struct slice build)
{
    for (size_t i = 0; i < sizeof builds / sizeof *builds; i++)
        if (slice_is_nocase(build, builds[i].build))
            return slice_of(builds[i].version);
    return slice_sub(build, 0, 0);
}
