#include "worker/sink.h"

#include <errno.h>
#include <unistd.h>

enum { FLUSH_AT = 64 * 1024 };

void write_or_exit(int fd, const void *p, size_t n)
{
    for (size_t done = 0; done < n;) {
        ssize_t put = write(fd, (const uint8_t *)p + done, n - done);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            _exit(1);
        done += (size_t)put;
    }
}

void sink_flush(struct frame_sink *s)
{
    write_or_exit(s->fd, s->out.p, s->out.n);
    buf_clear(&s->out);
}

static void sent(struct frame_sink *s)
{
    if (s->out.n >= FLUSH_AT)
        sink_flush(s);
    arena_reset(&s->scratch);
}

static void send_file(struct job_sink *sink, const struct booked_file *f)
{
    struct frame_sink *s = (struct frame_sink *)sink;
    frame_add_file(&s->out, f, &s->scratch);
    sent(s);
    /* A file that ends the job must not take along what came before it. */
    if (f->used)
        sink_flush(s);
}

static bool send_record(struct job_sink *sink, uint64_t file, const struct record *r,
                        const struct sightings *found, struct arena *scratch)
{
    struct frame_sink *s = (struct frame_sink *)sink;
    bool whole = frame_add_record(&s->out, file, r, found, scratch);
    sent(s);
    return whole;
}

static void send_skip(struct job_sink *sink, uint64_t file, const struct skipped *what)
{
    struct frame_sink *s = (struct frame_sink *)sink;
    frame_add_skip(&s->out, file, what, &s->scratch);
    sent(s);
}

static void send_word(struct job_sink *sink, enum job_word word, const char *text)
{
    struct frame_sink *s = (struct frame_sink *)sink;
    frame_add_word(&s->out, word, text, &s->scratch);
    sent(s);
}

void sink_start(struct frame_sink *s, int fd)
{
    *s = (struct frame_sink){{send_file, send_record, send_skip, send_word}, fd, {0}, {0}};
}
