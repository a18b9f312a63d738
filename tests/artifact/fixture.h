#pragma once

#include "artifact/artifact.h"
#include "base/bytes.h"
#include "base/err.h"

/*
 * A fixture: a folder with tree/DOMAIN/RELATIVE..., whose files become those of an invented phone; of
 * an artifact of Android tree/RELATIVE..., the files of an acquisition or a bug report.
 * NAME.sql is a database (fixture_sql.h), NAME.xml is NAME as it stands, others are taken as they are.
 */
struct fixture_file {
    const char *domain, *relative; /* "HomeDomain", "Library/SMS/sms.db" */
    const char *path;              /* on the device */
    struct slice bytes;
};

enum { FIXTURE_FILES = 64 };

struct fixture {
    struct arena memory;
    const char *folder; /* holds tree/, expect.jsonl, expect.coverage */
    const struct artifact *artifact;
    struct fixture_file files[FIXTURE_FILES];
    size_t n;
};

/* False: there is no tree/ in it. */
bool fixture_load(struct fixture *f, const char *folder, const struct artifact *a);
void fixture_free(struct fixture *f);

/* The kinds of evidence, written below an empty folder; the secret that opens them. Of Android: the
   files as they are, and with folders above them. */
enum fixture_form {
    PLAIN_BACKUP,
    ENCRYPTED_BACKUP,
    FILE_SYSTEM,
    ACQUISITION,
    ACQUISITION_BELOW,
    FIXTURE_FORMS
};
/* Can the artifact be in it? */
bool fixture_may_be_in(const struct artifact *a, enum fixture_form form);
/* The form whose files lie as the fixture has them, to be damaged one by one. */
enum fixture_form fixture_plain_form(const struct artifact *a);
void fixture_write(const struct fixture *f, enum fixture_form form, const char *to);
struct secret fixture_secret(enum fixture_form form);

void fixture_remove(const char *folder); /* and all below it */
/* The text of a file; empty if there is none. */
struct slice fixture_slurp(const char *path, struct arena *a);
