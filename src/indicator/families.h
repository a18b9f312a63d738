#pragma once

#include "indicator/indicator.h"

/* The class of a family or set by its published name; FAMILY_OTHER if it is not known. */
enum family_class family_class_of(struct slice name);
