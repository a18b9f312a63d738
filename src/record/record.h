#pragma once

#include "base/bytes.h"
#include "base/err.h"
#include "base/utime.h"

/*
 * The vocabulary: what a job hands to the parent, on both sides of the process border.
 * Names outside (JSON, case file) are those of docs/output.md; record_names.c maps them.
 */
enum observable {
    OBS_NONE,
    OBS_DOMAIN,
    OBS_URL,
    OBS_IP,
    OBS_EMAIL,
    OBS_PHONE,
    OBS_PROCESS,
    OBS_APP,
    OBS_PATH,
    OBS_FILENAME,
    OBS_HASH,
    OBS_CERT,
    OBS_PROFILE,
    OBS_PROPERTY,
    OBS_ACCOUNT,
    OBS_TEXT,   /* free text, never a type outside: URLs, hosts, addresses, e-mails are extracted */
    OBS_HANDLE, /* never a type outside: e-mail, phone or account, whichever it looks like */
    OBS_TYPES,
};

/* How far it got, rising. A column declares it; it belongs to the sighting, not to the value. */
enum exposure {
    EXPOSURE_NONE,
    RECEIVED,
    OPENED,
    CONFIGURED,
    CONTACTED,
    PRESENT,
    RAN,
    EXPOSURES,
};

/* How a row was seen: as it is, only through the WAL, only after a journal's roll-back, or only
   without the WAL / deleted / carved. */
enum state { LIVE, WAL, JOURNAL, RECOVERED, STATES };

enum kind { KIND_TEXT, KIND_INT, KIND_REAL, KIND_TIME, KIND_HEX, KINDS };

enum place { ROW, KEY, LINE, OFFSET, PLACES };

/* Where a record is inside its file. The file itself is known from the job's file. */
struct origin {
    enum place place;
    struct slice name; /* ROW: table; KEY: key path such as "a.b[3]"; else empty */
    int64_t n;         /* ROW: row id; LINE: from 1; OFFSET: bytes; KEY: running number */
    enum state state;
};

/* Several fields of one name are one list, in their order. */
struct field {
    const char *name; /* lives at least as long as the record */
    enum kind kind;
    enum observable observable; /* OBS_NONE: just a fact */
    enum exposure exposure;
    bool cut; /* the text was longer than FIELD_MAX_TEXT */
    union {
        struct slice text; /* KIND_TEXT (any bytes) and KIND_HEX (raw bytes) */
        int64_t integer;
        double real;
        struct utime time;
    };
};

enum {
    RECORD_MAX_FIELDS = 64,
    RECORD_MAX_TEXT = 768 * 1024, /* all texts of a record together */
    RECORD_MAX_SIGHTINGS = 4096,
    FIELD_MAX_TEXT = 64 * 1024, /* observables are taken from the whole text before it is cut */
};

struct record {
    struct origin origin;
    unsigned n;
    bool overfull; /* a field did not fit: the artifact becomes `partial` */
    struct field fields[RECORD_MAX_FIELDS];
};

/* Starts a record anew. name may die after job_emit(). */
void record_start(struct record *r, enum place place, struct slice name, int64_t n);
/* Each appends a field. Texts and names must live until job_emit(). Empty text is kept. */
void record_text(struct record *r, const char *name, struct slice text);
void record_int(struct record *r, const char *name, int64_t v);
void record_real(struct record *r, const char *name, double v);
void record_time(struct record *r, const char *name, struct utime t); /* UTIME_NONE: nothing */
void record_hex(struct record *r, const char *name, struct slice bytes);
/* A text that is evidence of something: it is also searched for observables of type o. */
void record_observe(struct record *r, const char *name, enum observable o, enum exposure x,
                    struct slice text);

/* Names outside; "" beyond the enum. The reverse returns the number of values if unknown. */
const char *observable_name(enum observable o);
const char *exposure_name(enum exposure x);
const char *state_name(enum state s);
const char *place_name(enum place p);
const char *precision_name(enum precision p);
enum observable observable_from_name(struct slice name);
