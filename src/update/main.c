/*
 * bridle-update FOLDER: fetches files by HTTPS into FOLDER. The only program of bridle that opens a
 * network connection, started by "bridle indicators update" and by nothing else. It looks at nothing
 * that it fetches: sums, signatures and contents are the caller's business, in confined jobs.
 *
 *   stdin   a line for each file:  NUMBER tab URL tab ETAG tab MOST_BYTES
 *   stdout  a line for each:       NUMBER tab STATUS tab ETAG tab WORDS
 *           STATUS: got (it is FOLDER/NUMBER), same (the ETag still holds), failed (WORDS say why)
 *
 * The environment tells BRIDLE_UPDATE_SECONDS, the time limit of a file, and BRIDLE_UPDATE_CA, a file
 * of certificates to trust instead of the system's.
 */
#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/bytes.h"

enum {
    REDIRECTS = 5,
    CONNECT_SECONDS = 20,
    SLOW_SECONDS = 20,
    SLOW_BYTES = 100,
    LINE_ROOM = 8192,
    ETAG_MAX = 200
};

struct fetch {
    const char *folder;
    int fd;
    uint64_t got, most;
    bool too_big, cannot_write;
    char etag[ETAG_MAX + 1];
};

static size_t on_bytes(char *p, size_t size, size_t n, void *to)
{
    struct fetch *f = to;
    size_t left = size * n;
    if (left > f->most - f->got) {
        f->too_big = true;
        return 0;
    }
    f->got += left;
    while (left) {
        ssize_t done = write(f->fd, p, left);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0) {
            f->cannot_write = true;
            return 0;
        }
        p += done;
        left -= (size_t)done;
    }
    return size * n;
}

/* Keeps the ETag of the last answer, if it can be sent again as it is. */
static size_t on_header(char *p, size_t size, size_t n, void *to)
{
    struct fetch *f = to;
    struct slice line = slice_trim(slice_at(p, size * n));
    if (slice_starts(line, "HTTP/"))
        f->etag[0] = 0; /* a new answer, after a redirect */
    if (!slice_is_nocase(slice_sub(line, 0, 5), "etag:"))
        return size * n;
    struct slice tag = slice_trim(slice_sub(line, 5, line.n));
    for (size_t i = 0; i < tag.n; i++)
        if (tag.p[i] <= ' ' || tag.p[i] >= 0x7f)
            return size * n;
    if (tag.n <= ETAG_MAX) {
        memcpy(f->etag, tag.p, tag.n);
        f->etag[tag.n] = 0;
    }
    return size * n;
}

static long limit(const char *name, long usual)
{
    const char *text = getenv(name);
    long v = text ? strtol(text, NULL, 10) : 0;
    return v > 0 && v < 86400 ? v : usual;
}

static void set_up(CURL *c, struct fetch *f, const char *url, struct curl_slist *headers)
{
    const char *ca = getenv("BRIDLE_UPDATE_CA");
    curl_easy_reset(c);
    curl_easy_setopt(c, CURLOPT_URL, url);
    curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "https");
    curl_easy_setopt(c, CURLOPT_REDIR_PROTOCOLS_STR, "https");
    curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(c, CURLOPT_MAXREDIRS, (long)REDIRECTS);
    curl_easy_setopt(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 2L);
    if (ca && *ca) {
        curl_easy_setopt(c, CURLOPT_CAINFO, ca);
        curl_easy_setopt(c, CURLOPT_CAPATH, NULL);
    }
    curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_SECONDS);
    curl_easy_setopt(c, CURLOPT_TIMEOUT, limit("BRIDLE_UPDATE_SECONDS", 60));
    curl_easy_setopt(c, CURLOPT_LOW_SPEED_LIMIT, (long)SLOW_BYTES);
    curl_easy_setopt(c, CURLOPT_LOW_SPEED_TIME, (long)SLOW_SECONDS);
    curl_easy_setopt(c, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(c, CURLOPT_USERAGENT, "bridle-update");
    curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_bytes);
    curl_easy_setopt(c, CURLOPT_WRITEDATA, f);
    curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(c, CURLOPT_HEADERDATA, f);
}

static void answer(const char *number, const char *status, const char *etag, const char *words)
{
    printf("%s\t%s\t%s\t%s\n", number, status, etag, words);
    fflush(stdout);
}

static void fetch(CURL *c, struct fetch *f, const char *number, const char *url, const char *etag)
{
    char path[4096], words[128];
    struct curl_slist *headers = NULL;
    if (*etag) {
        snprintf(path, sizeof path, "If-None-Match: %s", etag);
        headers = curl_slist_append(headers, path);
    }
    snprintf(path, sizeof path, "%s/%s", f->folder, number);
    f->fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    f->got = 0;
    f->too_big = f->cannot_write = false;
    f->etag[0] = 0;
    if (f->fd < 0) {
        answer(number, "failed", "", strerror(errno));
        curl_slist_free_all(headers);
        return;
    }
    set_up(c, f, url, headers);
    CURLcode rc = curl_easy_perform(c);
    long code = 0;
    curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &code);
    bool written = close(f->fd) == 0;
    curl_slist_free_all(headers);
    if (rc == CURLE_OK && code == 200 && written) {
        answer(number, "got", f->etag, "");
        return;
    }
    unlink(path);
    if (rc == CURLE_OK && code == 304 && *etag) {
        answer(number, "same", etag, "");
        return;
    }
    snprintf(words, sizeof words, "the server answers %ld", code);
    answer(number, "failed", "",
           f->too_big                         ? "it is larger than allowed"
           : f->cannot_write || !written      ? "it can't be written"
           : rc == CURLE_TOO_MANY_REDIRECTS   ? "too many redirects"
           : rc == CURLE_UNSUPPORTED_PROTOCOL ? "not by HTTPS"
           : rc == CURLE_PARTIAL_FILE         ? "the connection was cut"
           : rc != CURLE_OK                   ? curl_easy_strerror(rc)
                                              : words);
}

/* Takes the next field of a line; empty at its end. */
static char *field(char **line)
{
    char *at = *line, *tab = strchr(at, '\t');
    *line = tab ? tab + 1 : at + strlen(at);
    if (tab)
        *tab = 0;
    return at;
}

static bool is_number(const char *s)
{
    size_t n = strspn(s, "0123456789");
    return n > 0 && n < 10 && !s[n];
}

static bool serve(struct fetch *f, FILE *in)
{
    char line[LINE_ROOM];
    CURL *c = curl_easy_init();
    while (c && fgets(line, sizeof line, in)) {
        char *rest = line;
        line[strcspn(line, "\n")] = 0;
        const char *number = field(&rest), *url = field(&rest), *etag = field(&rest);
        f->most = strtoull(field(&rest), NULL, 10);
        if (!is_number(number))
            break;
        fetch(c, f, number, url, etag);
    }
    curl_easy_cleanup(c);
    return c && feof(in);
}

int main(int argc, char **argv)
{
    struct rlimit none = {0, 0};
    if (argc != 2 || argv[1][0] == '-') {
        fputs("bridle-update is started by \"bridle indicators update\".\n", stderr);
        return 2;
    }
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    setrlimit(RLIMIT_CORE, &none);
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != 0)
        return 5;
    struct fetch f = {.folder = argv[1], .fd = -1};
    bool ok = serve(&f, stdin);
    curl_global_cleanup();
    return ok ? 0 : 5;
}
