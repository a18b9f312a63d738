/*
 * The cache of web requests of apps and system services (NSURL's Cache.db), one record a request.
 * Infections by Pegasus were confirmed by foreign addresses in the caches of system services.
 *
 * response_object and request_object are plists { Array: [...] } whose places moved over the years:
 * the dict with _CFURLString is the address, the other dict holds the headers, the first number from
 * 100 to 599 is the status. A body of more than a page lies beside, in fsCachedData, under the name
 * that stands in its place. Times are texts in UTC.
 */
#include "artifact/artifact.h"
#include "artifact/ios/common.h"
#include "base/hash.h"

static struct slice url_of(struct plist_value v)
{
    return plist_string(plist_get(v, "_CFURLString"));
}

static struct slice column(const struct record *r, const char *name)
{
    struct slice none = {0};
    for (unsigned i = 0; i < r->n; i++)
        if (!strcmp(r->fields[i].name, name))
            return r->fields[i].text;
    return none;
}

static void add_headers(struct record *r, struct plist_value headers)
{
    ios_plist_text(r, "content_type", headers, "Content-Type");
    ios_plist_text(r, "server", headers, "Server");
    struct slice to = plist_string(plist_get(headers, "Location"));
    if (to.n)
        record_observe(r, "redirected_to", OBS_URL, RECEIVED, to);
}

static bool response(struct job *job, struct slice bytes, struct record *r, struct err *e)
{
    struct plist *p = plist_open(bytes, job_arena(job), e);
    if (!p)
        return false;
    struct plist_iter it = plist_iter(plist_get(plist_top(p), "Array"));
    struct plist_value v;
    struct slice none;
    bool dated = false, status = false;
    while (plist_next(&it, &none, &v)) {
        int64_t n = plist_int(v, 0);
        if (v.type == PLIST_DICT && !url_of(v).n) {
            add_headers(r, v);
        } else if (v.type == PLIST_DICT && !slice_equal(url_of(v), column(r, "url"))) {
            record_observe(r, "answered_by", OBS_URL, CONTACTED, url_of(v));
        } else if (v.type == PLIST_REAL && !dated) {
            job_time(r, "answered", plist_real(v, 0), MAC);
            dated = true;
        } else if (v.type == PLIST_INT && !status && n >= 100 && n < 600) {
            record_int(r, "status", n);
            status = true;
        }
    }
    return !plist_bad(p, e);
}

static bool request(struct job *job, struct slice bytes, struct record *r, struct err *e)
{
    struct plist *p = plist_open(bytes, job_arena(job), e);
    if (!p)
        return false;
    struct plist_iter it = plist_iter(plist_get(plist_top(p), "Array"));
    struct plist_value v;
    struct slice none;
    while (plist_next(&it, &none, &v)) {
        if (v.type != PLIST_DICT)
            continue;
        struct slice from = plist_string(plist_get(v, "Referer")), url = url_of(v);
        ios_plist_text(r, "user_agent", v, "User-Agent");
        if (from.n)
            record_observe(r, "referer", OBS_URL, CONTACTED, from);
        if (url.n && !slice_equal(url, column(r, "url")))
            record_observe(r, "document", OBS_URL, CONTACTED, url);
    }
    return !plist_bad(p, e);
}

static bool body(struct job *job, struct slice bytes, struct record *r, struct err *e)
{
    uint8_t sha256[SHA256_SIZE];
    char *hex = arena_alloc(job_arena(job), SHA256_TEXT);
    (void)e;
    sha256_of(bytes, sha256);
    record_observe(r, "body_sha256", OBS_HASH, PRESENT,
                   slice_of(hex_text(sha256, sizeof sha256, hex)));
    record_int(r, "body_bytes", (int64_t)bytes.n);
    return true;
}

/* The folder's name is the program's: Library/Caches/com.apple.coretelephony/Cache.db. */
static void about(struct job *job, const struct file *f, struct record *r)
{
    struct slice path = f->entry.path, name = slice_basename(path);
    path.n -= name.n;
    if (path.n > 1) {
        path.n--;
        record_text(r, "client", slice_basename(path));
    }
    ios_about_app(job, f, r);
}

#define REQUEST_COLUMNS                                                                            \
    TIME("requested", "c.time_stamp", UNIX, OPTIONAL),                                             \
        OBSERVE("url", "c.request_key", OBS_URL, CONTACTED),                                       \
        TEXT("partition", "nullif(c.partition, '')", OPTIONAL)

const struct artifact ios_cache_files = {
    .id = "ios.cache_files",
    .title = "Web requests of apps and services",
    .explains = "Addresses that apps and parts of the system fetched, with what came back. Old "
                "entries go when space is needed; many services keep theirs for months.",
    .since = "iOS 5",
    .kept = "days to months, until space is needed",
    .clears = "removing the app, low storage, clearing website data",
    .found_in = IN_IOS_FS,
    .mark = "cfurl%",
    .about = about,
    .paths = PATHS("Cache.db"),
    .tables = TABLES(
        {
            .name = "cfurl_cache_response",
            .from = "cfurl_cache_response c "
                    "LEFT JOIN cfurl_cache_blob_data b ON b.entry_ID = c.entry_ID "
                    "LEFT JOIN cfurl_cache_receiver_data d ON d.entry_ID = c.entry_ID",
            .row = "c.entry_ID",
            .joined = PATHS("cfurl_cache_blob_data", "cfurl_cache_receiver_data"),
            .columns = COLUMNS(
                REQUEST_COLUMNS,
                DECODE("response", "nullif(b.response_object, x'')", response, OPTIONAL),
                DECODE("request", "nullif(b.request_object, x'')", request, OPTIONAL),
                DECODE("body", "CASE d.isDataOnFS WHEN 0 THEN nullif(d.receiver_data, x'') END",
                       body, OPTIONAL),
                TEXT("body_file", "CASE d.isDataOnFS WHEN 1 THEN d.receiver_data END", OPTIONAL)),
        },
        {
            .name = "cfurl_cache_response",
            .from = "cfurl_cache_response c",
            .row = "c.entry_ID",
            .columns = COLUMNS(REQUEST_COLUMNS),
        }),
};
