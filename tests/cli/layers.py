"""A folder of src may include only headers of folders above it in this list, and no cycle forms."""
import os
import re
import sys

ORDER = ["base", "record", "demo", "format", "source", "artifact", "indicator", "worker",
         "casefile", "detect", "report", "cli"]
ALONE = {"update": {"base", "indicator"}}  # a program of its own, which nothing uses


def main():
    root = os.environ["BRIDLE_SOURCE"]
    bad = []
    for where, _, files in os.walk(os.path.join(root, "src")):
        for name in sorted(files):
            path = os.path.relpath(os.path.join(where, name), os.path.join(root, "src"))
            if not name.endswith((".c", ".h")):
                continue
            folder = path.split(os.sep)[0]
            above = ALONE.get(folder) or ORDER[:ORDER.index(folder) + 1]
            with open(os.path.join(where, name), encoding="utf-8") as f:
                for line, text in enumerate(f, 1):
                    m = re.match(r'#include "([a-z]+)/', text)
                    known = m and m.group(1) in ORDER + list(ALONE)
                    if known and m.group(1) not in above:
                        bad.append("%s:%d includes %s" % (path, line, m.group(1)))
    for b in bad:
        print("#", b)
    print("not ok 1" if bad else "ok 1", "- includes point upwards only")
    print("1..1")
    sys.exit(1 if bad else 0)


main()
