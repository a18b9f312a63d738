/*
 * Cookies of every app, Safari's among them: which hosts have set one, and when. Values are keys to
 * somebody's account, so only their length is kept.
 */
#include "format/cookies.h"
#include "artifact/artifact.h"
#include "artifact/ios/common.h"

static bool emit(struct job *job, const struct cookie *k, const struct record *about, struct err *e)
{
    struct record r;
    struct slice host = k->host;
    record_start(&r, OFFSET, slice_of(""), (int64_t)k->at);
    job_time(&r, "created", k->created, MAC);
    job_time(&r, "expires", k->expires, MAC);
    if (slice_starts(host, ".")) /* "all below it": still the host's */
        host = slice_sub(host, 1, host.n);
    record_observe(&r, "host", OBS_DOMAIN, CONTACTED, host);
    record_text(&r, "name", k->name);
    record_text(&r, "path", k->path);
    record_int(&r, "value_bytes", (int64_t)k->value.n);
    record_int(&r, "secure", (k->flags & COOKIE_SECURE) != 0);
    record_int(&r, "http_only", (k->flags & COOKIE_HTTP_ONLY) != 0);
    for (unsigned i = 0; i < about->n; i++)
        r.fields[r.n++] = about->fields[i];
    return job_emit(job, &r, e);
}

static bool read_file(struct job *job, struct file *f, struct slice bytes, struct err *e)
{
    struct cookies c;
    struct cookie k;
    struct record about = {0};
    struct err why = {0};
    ios_about_app(job, f, &about);
    if (!cookies_open(&c, bytes, &why))
        job_unknown(job, &why);
    else
        for (;;) {
            if (cookies_next(&c, &k, &why)) {
                if (!emit(job, &k, &about, e))
                    return false;
            } else if (!why.code) {
                break;
            } else if (k.page_lost) {
                job_lost(job, "%.*s: byte %llu: %s", (int)f->entry.path.n,
                         (const char *)f->entry.path.p, (unsigned long long)k.at, why.msg);
                err_clear(&why);
            } else {
                struct origin o = {OFFSET, slice_of(""), (int64_t)k.at, LIVE};
                job_skip(job, &o, &why);
            }
        }
    return true;
}

static bool run(struct job *job, struct err *e)
{
    struct file f;
    struct slice bytes;
    while (job_next_file(job, &f, e)) {
        struct err why = {0};
        if (!job_slurp(job, &f, &bytes, &why))
            job_lost(job, "%.*s: %s", (int)f.entry.path.n, (const char *)f.entry.path.p, why.msg);
        else if (!read_file(job, &f, bytes, e))
            return false;
    }
    return !e->code;
}

const struct artifact ios_cookies = {
    .id = "ios.cookies",
    .title = "Cookies",
    .explains =
        "Hosts that have set a cookie in Safari or in an app, and when. An embedded part of "
        "a page sets cookies, too; they go when they expire or website data is cleared.",
    .kept = "until each expires, mostly a year at most",
    .clears = "clearing website data, removing the app",
    .found_in = IN_ANY_BACKUP | IN_IOS_FS,
    .shows = 1 << CONTACTED,
    .paths = PATHS("*.binarycookies"),
    .run = run,
};
