#pragma once

#include "indicator/kinds.h"

/* What the name of a file and of its folder say about the values in it. */
struct where {
    struct slice name;             /* of the set: "pegasus.csv", or "2018_nso/domains.txt" */
    struct slice family;           /* "nso"; empty: the names are too general */
    enum family_class class;       /* by the family, else by the names */
    const struct value_kind *kind; /* "domains.txt"; NULL: the name tells no type */
};

/* path: the file's name, with its folder in front if that is known. Lives in a and in path. */
struct where where_of(struct slice path, struct arena *a);
/* The class of a family of a set from there. */
enum family_class where_class(const struct where *w, struct slice family);
