/* What the commands tell people on stderr, and what they ask of the terminal. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "base/utf8.h"
#include "cli/cli.h"
#include "source/age.h"

/* A text for the terminal: what evidence or a file name may smuggle in is shown, not sent. */
static void put(const char *text, FILE *to)
{
    struct slice s = slice_of(text);
    uint32_t cp;
    while (s.n) {
        size_t n = utf8_next(s, &cp);
        if (n == 0)
            fprintf(to, "\\x%02x", s.p[0]);
        else if (utf8_is_hidden(cp))
            fprintf(to, "<U+%04X>", cp);
        else
            fwrite(s.p, 1, n, to);
        s = slice_sub(s, n ? n : 1, s.n);
    }
}

/* words_fill() with a list of pairs as va_list: at most four are ever needed. */
static const char *fill(struct arena *a, const char *key, const char *const pair[8])
{
    return words_fill(a, "en", key, pair[0], pair[1], pair[2], pair[3], pair[4], pair[5], pair[6],
                      pair[7], NULL);
}

int complain(int status, const char *key, ...)
{
    const char *pair[8] = {0};
    struct arena a = {0};
    va_list ap;
    va_start(ap, key);
    for (int i = 0; i < 8 && (pair[i] = va_arg(ap, const char *)); i++)
        ;
    va_end(ap);
    fputs("bridle: ", stderr);
    put(fill(&a, arena_printf(&a, "error.%s", key), pair), stderr);
    fputs("\n        ", stderr);
    put(fill(&a, arena_printf(&a, "error.%s.next", key), pair), stderr);
    fputc('\n', stderr);
    arena_free(&a);
    return status;
}

bool wants_identity(const struct err *e)
{
    return strstr(e->msg, AGE_IDENTITY_NEEDED) || strstr(e->msg, AGE_IDENTITY_WRONG);
}

int complain_err(const struct err *e, const char *name)
{
    switch (e->code) {
    case ERR_LOCKED:
        return complain(EXIT_UNREADABLE, wants_identity(e) ? "no-identity" : "no-password", "name",
                        name, NULL);
    case ERR_WRONG_KEY:
        return complain(EXIT_UNREADABLE, wants_identity(e) ? "wrong-identity" : "wrong-password",
                        "name", name, NULL);
    case ERR_ABSENT: return complain(EXIT_UNREADABLE, "empty", "name", name, NULL);
    case ERR_UNSUPPORTED: return complain(EXIT_UNREADABLE, "not-evidence", "name", name, NULL);
    case ERR_CORRUPT:
        if (strstr(e->msg, "keybag"))
            return complain(EXIT_UNREADABLE, "keybag", "name", name, NULL);
        return complain(EXIT_UNREADABLE, "cannot-open", "name", name, "why", e->msg, NULL);
    case ERR_STOP: return complain(EXIT_INTERRUPTED, "interrupted", NULL);
    case ERR_IO: return complain(EXIT_UNREADABLE, "cannot-open", "name", name, "why", e->msg, NULL);
    case ERR_NONE:
    case ERR_LIMIT:
    case ERR_USAGE:
    case ERR_CODES: break;
    }
    return complain(EXIT_OURS, "internal", "why", e->msg, NULL);
}

int complain_case(const struct err *e, const char *path)
{
    switch (e->code) {
    case ERR_UNSUPPORTED:
        return complain(EXIT_UNREADABLE, strstr(e->msg, "newer") ? "newer-case" : "not-a-case",
                        "name", path, NULL);
    case ERR_CORRUPT: return complain(EXIT_UNREADABLE, "damaged-case", "name", path, NULL);
    case ERR_ABSENT:
    case ERR_IO: return complain(EXIT_UNREADABLE, "cannot-open", "name", path, "why", e->msg, NULL);
    case ERR_NONE:
    case ERR_LOCKED:
    case ERR_WRONG_KEY:
    case ERR_LIMIT:
    case ERR_USAGE:
    case ERR_STOP:
    case ERR_CODES: break;
    }
    return complain(EXIT_OURS, "internal", "why", e->msg, NULL);
}

void confine_to(const char *case_path, const char *out)
{
    const char *files[] = {case_path, out, NULL};
    if (!worker_confine_parent(files, false))
        complain(0, "not-confined", NULL);
}

bool color_wanted(FILE *f)
{
    const char *no = getenv("NO_COLOR"), *term = getenv("TERM");
    return isatty(fileno(f)) && !(no && *no) && !(term && !strcmp(term, "dumb"));
}

unsigned terminal_width(int fd)
{
    struct winsize w;
    return ioctl(fd, TIOCGWINSZ, &w) == 0 && w.ws_col ? w.ws_col : 80;
}

bool password_read(int fd, struct secret *out, struct err *e)
{
    out->kind = SECRET_PASSWORD;
    out->n = 0;
    for (;;) {
        if (out->n == sizeof out->bytes)
            return err_set(e, ERR_USAGE, "the password is longer than %zu bytes", out->n);
        ssize_t got = read(fd, out->bytes + out->n, sizeof out->bytes - out->n);
        if (got < 0 && errno == EINTR && !interrupted)
            continue;
        if (got < 0)
            return err_io(e, "password");
        if (got == 0)
            break;
        out->n += (size_t)got;
    }
    if (out->n && out->bytes[out->n - 1] == '\n')
        out->n--;
    if (out->n && out->bytes[out->n - 1] == '\r')
        out->n--;
    return out->n || err_set(e, ERR_USAGE, "the password is empty");
}

bool password_file(const char *path, struct secret *out, struct err *e)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return err_io(e, "%s", path);
    bool ok = password_read(fd, out, e);
    close(fd);
    return ok;
}

bool identity_file(const char *path, struct secret *out)
{
    char text[16 * 1024];
    uint8_t key[AGE_SECRET_SIZE];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text);
    if (fd >= 0)
        close(fd);
    struct cursor c = cursor(slice_at(text, n > 0 ? (size_t)n : 0));
    struct slice line;
    bool fits = n >= 0 && (size_t)n < sizeof text;
    while (fits && cursor_line(&c, &line)) {
        line = slice_trim(line);
        if (!age_identity_parse(line, key))
            continue;
        fits = out->nidentities + line.n + 1 <= sizeof out->identities;
        if (!fits)
            break;
        memcpy(out->identities + out->nidentities, line.p, line.n);
        out->nidentities += line.n;
        out->identities[out->nidentities++] = '\n';
    }
    explicit_bzero(text, sizeof text);
    explicit_bzero(key, sizeof key);
    return fits && out->nidentities;
}

bool password_ask(const char *evidence, struct secret *out, struct err *e)
{
    struct termios old, quiet;
    struct arena a = {0};
    int tty = open("/dev/tty", O_RDWR | O_CLOEXEC);
    if (tty < 0 || tcgetattr(tty, &old) != 0) {
        if (tty >= 0)
            close(tty);
        return err_set(e, ERR_LOCKED, "no terminal to ask for the password");
    }
    quiet = old;
    quiet.c_lflag &= ~(tcflag_t)(ECHO | ECHONL);
    FILE *f = fdopen(dup(tty), "w");
    if (f) {
        put(words_fill(&a, "en", "cli.password-prompt", "name", evidence, NULL), f);
        fputc(' ', f);
        fclose(f);
    }
    arena_free(&a);
    tcsetattr(tty, TCSAFLUSH, &quiet);
    out->kind = SECRET_PASSWORD;
    ssize_t got = read(tty, out->bytes, sizeof out->bytes);
    tcsetattr(tty, TCSAFLUSH, &old);
    bool shown = write(tty, "\n", 1) == 1; /* only looks better */
    (void)shown;
    close(tty);
    if (got < 0)
        return err_set(e, ERR_STOP, "interrupted");
    out->n = (size_t)got;
    if (out->n && out->bytes[out->n - 1] == '\n')
        out->n--;
    return out->n || err_set(e, ERR_LOCKED, "no password was typed");
}

void progress_start(struct progress *p, unsigned total, bool quiet)
{
    *p = (struct progress){.shown = !quiet && isatty(STDERR_FILENO), .total = total};
}

void progress_draw(struct progress *p, const char *what)
{
    double now = utime_steady();
    if (!p->shown || now < p->next)
        return;
    p->next = now + 0.1;
    fprintf(stderr, "\r\033[K%u of %u  %.50s", p->done, p->total, what);
    if (p->records)
        fprintf(stderr, "  (%llu)", (unsigned long long)p->records);
    fflush(stderr);
}

void progress_end(struct progress *p)
{
    if (p->shown)
        fputs("\r\033[K", stderr);
    p->shown = false;
}
