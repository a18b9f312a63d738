/*
 * How fast sets are read and observables looked up: match_bench [INDICATORS [FILE...]]
 * Prints one line a measurement. Without files the sets are made up.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/utime.h"
#include "indicator/compiled.h"
#include "indicator/matcher.h"
#include "indicator/search.h"

enum { LOOKUPS = 2000000, TEXT = 64 << 20, VALUES = 1 << 16 };

struct source {
    uint32_t state;
};

static uint32_t next(struct source *r)
{
    r->state = r->state * 1664525u + 1013904223u;
    return r->state >> 8;
}

static void add_indicator(struct buf *b, unsigned i, const char *pattern)
{
    buf_printf(b,
               ",{\"type\":\"indicator\",\"spec_version\":\"2.1\",\"id\":"
               "\"indicator--%08x-0000-4000-8000-%012x\",\"created\":\"2026-01-15T12:00:00.000Z\","
               "\"modified\":\"2026-01-15T12:00:00.000Z\",\"indicator_types\":"
               "[\"malicious-activity\"],\"pattern\":\"[%s]\",\"pattern_type\":\"stix\","
               "\"pattern_version\":\"2.1\",\"valid_from\":\"2026-01-15T12:00:00.000Z\"}",
               i, i, pattern);
    buf_printf(b,
               ",{\"type\":\"relationship\",\"spec_version\":\"2.1\",\"id\":"
               "\"relationship--%08x-0000-4000-8000-%012x\",\"relationship_type\":\"indicates\","
               "\"source_ref\":\"indicator--%08x-0000-4000-8000-%012x\","
               "\"target_ref\":\"malware--1\"}",
               i, i, i, i);
}

/* Eight of ten values are domains, as in the public sets. */
static void make_set(struct buf *b, unsigned n)
{
    static const char *const tlds[] = {"com", "net", "org", "info", "xyz", "example"};
    struct source r = {1};
    char pattern[160];
    buf_text(b, "{\"type\":\"bundle\",\"id\":\"bundle--1\",\"objects\":["
                "{\"type\":\"malware\",\"id\":\"malware--1\",\"name\":\"Made up\"}");
    for (unsigned i = 0; i < n; i++) {
        unsigned kind = next(&r) % 20;
        if (kind < 16)
            snprintf(pattern, sizeof pattern, "domain-name:value='h%u-%06x.%s'", i, next(&r),
                     tlds[next(&r) % 6]);
        else if (kind < 18)
            snprintf(pattern, sizeof pattern, "file:hashes.sha256='%08x%024x%032x'", i, next(&r),
                     next(&r));
        else if (kind < 19)
            snprintf(pattern, sizeof pattern, "ipv4-addr:value='198.%u.%u.%u'",
                     51 + (i >> 16) % 100, i >> 8 & 255, i & 255);
        else
            snprintf(pattern, sizeof pattern, "url:value='https://u%u.example/%x?id=%u'", i,
                     next(&r), i);
        add_indicator(b, i, pattern);
    }
    buf_text(b, "]}");
}

static long peak_mib(void)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return u.ru_maxrss / 1024;
}

/* A job's side: reads a file, or makes one of n up, and writes what it found to the pipe. */
static void read_set(const char *name, unsigned n, int to)
{
    struct err e = {0};
    struct buf set = {0}, parsed = {0};
    struct blob *b;
    struct stat st;
    if (name) {
        int fd = open(name, O_RDONLY | O_CLOEXEC);
        if (fd < 0 || fstat(fd, &st) != 0)
            die("%s: can't open it", name);
        b = blob_of_fd(fd, 0, (uint64_t)st.st_size, true);
    } else {
        make_set(&set, n);
        b = blob_of_memory(buf_view(&set));
    }
    double start = utime_steady();
    if (!indicators_parse(b, name ? name : "made-up", &parsed, &e))
        die("%s", e.msg);
    fprintf(stderr, "%-40s %.3f s for %.1f MB, peak %ld MiB\n", name ? name : "set read",
            utime_steady() - start, (double)blob_size(b) / 1e6, peak_mib());
    for (size_t done = 0; done < parsed.n;) {
        ssize_t k = write(to, parsed.p + done, parsed.n - done);
        if (k <= 0)
            die("pipe");
        done += (size_t)k;
    }
    _exit(0);
}

/* The parent's side. */
static void load(struct indicators *in, const char *name, unsigned n)
{
    struct err e = {0};
    struct buf parsed = {0};
    int fds[2];
    if (pipe(fds) != 0)
        die("pipe");
    pid_t child = fork();
    if (child == 0)
        read_set(name, n, fds[1]);
    close(fds[1]);
    for (ssize_t k; (k = read(fds[0], buf_room(&parsed, 1 << 16), 1 << 16)) > 0;)
        parsed.n += (size_t)k;
    close(fds[0]);
    waitpid(child, NULL, 0);
    double start = utime_steady();
    if (!indicators_add(in, buf_view(&parsed), &e))
        die("%s", e.msg);
    printf("%-40s %.3f s\n", "set taken in", utime_steady() - start);
    buf_free(&parsed);
}

/* One of a hundred look-ups finds something. */
static void bench_lookups(const struct matcher *m, const struct indicators *in)
{
    struct source r = {7};
    struct buf text = {0};
    size_t *ends = xcalloc(VALUES, sizeof *ends), found = 0;
    struct match match[4];
    for (size_t i = 0; i < VALUES; i++) {
        const struct indicator *hit = &in->items[next(&r) % in->nitems];
        if (i % 100 == 0 && hit->type == OBS_DOMAIN)
            buf_printf(&text, "a.%.*s", (int)hit->value.n, (const char *)hit->value.p);
        else
            buf_printf(&text, "cdn%u.host%u.example.com", next(&r) % 100, next(&r));
        ends[i] = text.n;
    }
    double start = utime_steady();
    for (size_t i = 0; i < LOOKUPS; i++) {
        size_t k = i % VALUES, from = k ? ends[k - 1] : 0;
        found += matcher_find(m, OBS_DOMAIN, slice_at(text.p + from, ends[k] - from), match, 4);
    }
    double seconds = utime_steady() - start;
    printf("%-40s %.1f million/s, %zu found\n", "domains looked up", LOOKUPS / seconds / 1e6,
           found);
    buf_free(&text);
    free(ends);
}

/* The same collection from a file, in a process that holds nothing else. */
static void bench_compiled(const struct indicators *in)
{
    static const uint8_t key[COMPILED_KEY] = "bench";
    char path[] = "/tmp/match_bench.XXXXXX";
    struct err e = {0};
    struct stat st;
    int fd = mkstemp(path);
    double start = utime_steady();
    if (fd < 0 || !compiled_write(in, key, path, &e) || stat(path, &st) != 0)
        die("%s", e.msg);
    close(fd);
    printf("%-40s %.3f s, %.1f MB\n", "compiled", utime_steady() - start, (double)st.st_size / 1e6);
    for (int round = 0; round < 3; round++) {
        struct indicators *mapped = indicators_new();
        start = utime_steady();
        if (!compiled_open(mapped, key, path, &e))
            die("%s", e.msg);
        struct matcher *m = matcher_new(mapped);
        printf("%-40s %.1f ms\n", "mapped and checked", (utime_steady() - start) * 1e3);
        matcher_free(m);
        indicators_free(mapped);
    }
    unlink(path);
}

static void bench_text(const struct matcher *m)
{
    struct source r = {3};
    struct buf b = {0};
    struct arena a = {0};
    size_t found = 0, lines = 0;
    while (b.n < TEXT) {
        unsigned k = next(&r);
        buf_printf(&b, "2026-01-03 10:%02u:45.123456+0000  phone ", k % 60);
        switch (k % 5) {
        case 0:
            buf_printf(&b, "kernel[0] <Notice>: operation %u (pid: %u ret: '0')\n", k, k);
            break;
        case 1:
            buf_printf(&b, "com.apple.WebKit.Networking[%u] TCP Conn 0x%08x err: 0\n", k % 900, k);
            break;
        case 2: buf_printf(&b, "mDNSResponder[110] qname: h%u.example.com, A\n", k); break;
        case 3:
            buf_printf(&b,
                       "SpringBoard(FrontBoard)[65] [app<com.example.app%u(2FDC)>:%u] "
                       "Setting process visibility to: Foreground\n",
                       k % 200, k);
            break;
        case 4:
            buf_printf(&b,
                       "networkd: loading https://api%u.example.net/v1/items?id=%u from "
                       "198.51.100.%u:443 ok\n",
                       k % 40, k, k % 255);
            break;
        }
    }
    double start = utime_steady();
    struct cursor c = cursor(buf_view(&b));
    for (struct slice line; cursor_line(&c, &line); lines++) {
        struct sightings s = {0};
        observable_derive(OBS_TEXT, RECEIVED, "text", line, &a, &s);
        found += s.n;
        if (lines % 1024 == 0)
            arena_reset(&a);
    }
    double seconds = utime_steady() - start;
    printf("%-40s %.0f MB/s, %zu found\n", "text taken apart", (double)b.n / 1e6 / seconds, found);
    for (int names = 0; names < 2; names++) {
        struct text_search s;
        struct text_hit hit;
        size_t hits = 0;
        start = utime_steady();
        search_open(&s, m, buf_view(&b), names, &a);
        while (search_next(&s, &hit))
            hits++;
        seconds = utime_steady() - start;
        printf("%-40s %.0f MB/s, %zu hits, %zu of %zu lines taken apart\n",
               names ? "text searched, with names" : "text searched", (double)b.n / 1e6 / seconds,
               hits, s.taken_apart, lines);
        arena_reset(&a);
    }
    arena_free(&a);
    buf_free(&b);
}

static void bench_urls(void)
{
    static const char *const urls[] = {
        "https://www.example.com/path/to/page?id=12345&ref=abcdef",
        "HTTPS://User@Example.ORG:443/UP/%7euser/x y#z",
    };
    struct arena a = {0};
    struct observed o;
    for (size_t k = 0; k < 2; k++) {
        struct slice in = slice_of(urls[k]);
        double start = utime_steady();
        for (unsigned i = 0; i < LOOKUPS; i++) {
            if (!observable_normalise(OBS_URL, in, &a, &o))
                die("no URL");
            if (i % 1024 == 0)
                arena_reset(&a);
        }
        printf("%-40s %.0f ns\n", k ? "URL put in order" : "URL in order",
               (utime_steady() - start) / LOOKUPS * 1e9);
    }
    arena_free(&a);
}

int main(int argc, char **argv)
{
    struct indicators *in = indicators_new();
    for (int i = 2; i < argc; i++)
        load(in, argv[i], 0);
    if (argc <= 2)
        load(in, NULL, argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 100000);
    double start = utime_steady();
    struct matcher *m = matcher_new(in);
    printf("%-40s %zu indicators, %.3f s, peak %ld MiB\n", "matcher built", in->nitems,
           utime_steady() - start, peak_mib());
    bench_lookups(m, in);
    bench_compiled(in);
    bench_text(m);
    bench_urls();
    matcher_free(m);
    indicators_free(in);
    return 0;
}
