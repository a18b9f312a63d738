#pragma once

#include "base/bytes.h"

/*
 * Whether two numbers in normal form, whose digits differ, are one number in two spellings: national
 * ("07700 900123", "5550100123") and international ("+447700900123"). Only where all of the national
 * number is there, and what the other has in front is a country's code.
 */
bool phones_same(struct slice a, struct slice b);

/* Digits at the end that the two spellings share in any case; shorter numbers have one spelling. */
enum { PHONE_TAIL = 7 };
