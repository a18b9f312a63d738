#pragma once

#include "base/utime.h"
#include "format/json.h"

/*
 * Apple's reports (.ips): a first line that is a JSON object of its own (name, time, system, kind of
 * report), then a body in one of many shapes. Format: docs/formats/ips.md.
 */
struct ips {
    const struct json_value *head;
    struct slice body; /* behind the first line; empty, text or one JSON object */
    struct utime time; /* of the report, by its head; UTIME_NONE */
};

enum ips_shape {
    IPS_EMPTY,
    IPS_TEXT, /* "Key:   value" lines */
    IPS_JSON,
};

/* ERR_ABSENT: empty, a report that was never written. ERR_CORRUPT: the first line is no object. */
MUST_CHECK bool ips_open(struct slice bytes, struct arena *a, struct ips *out, struct err *e);
enum ips_shape ips_shape(const struct ips *r);

/* A time as reports write it: "2024-01-02 10:11:12.00 +0100" (the decimals are always 00, so to the
   second), with more decimals in bodies, or a number of seconds or milliseconds since 1970. */
struct utime ips_time(const struct json_value *v);
struct utime ips_time_text(struct slice text);

/* "iPhone OS 17.2 (21C62)" or "iPhone OS 17.2 (Build 21C62)": both parts, empty if not there. */
void ips_os(struct slice text, struct slice *version, struct slice *build);

/* The value of a line "Key:   value" of a text, the first one; empty if there is none. */
struct slice ips_line(struct slice text, const char *key);
