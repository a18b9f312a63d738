/* What a hostile opener or job may send: a stream of frames, each decoded by its type. */
#include <assert.h>

#include "base/utf8.h"
#include "worker/frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void decode(enum frame_type t, struct slice payload, struct arena *a)
{
    static struct sent_record record;
    struct opened_frame opened;
    struct open_request request;
    struct run_request run;
    struct exited_frame exited;
    struct file_frame file;
    struct skip_frame skip;
    struct done_frame done;
    struct err e;
    enum job_word word;
    struct slice text;
    uint64_t n;
    switch (t) {
    case FRAME_READY:
    case FRAME_PROGRESS: (void)frame_number(payload, 1000, &n); break;
    case FRAME_OPEN: (void)frame_open(payload, &request); break;
    case FRAME_OPENED: (void)frame_opened(payload, a, &opened); break;
    case FRAME_REFUSED: (void)frame_err(payload, &e); break;
    case FRAME_RUN: (void)frame_run(payload, &run); break;
    case FRAME_EXITED: (void)frame_exited(payload, &exited); break;
    case FRAME_FILE:
        if (frame_file(payload, &file))
            assert(utf8_valid(file.file.path));
        break;
    case FRAME_RECORD:
        if (frame_record(payload, a, &n, &record))
            for (size_t i = 0; i < record.sightings.n; i++)
                assert(utf8_valid(record.sightings.items[i].value) &&
                       record.sightings.items[i].field);
        break;
    case FRAME_SKIP: (void)frame_skip(payload, &skip); break;
    case FRAME_WORD: (void)frame_word(payload, &word, &text); break;
    case FRAME_DONE: (void)frame_done(payload, &done); break;
    case FRAME_BYTES:
    case FRAME_TYPES: break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a = {0};
    struct frame_reader r = {{(uint8_t *)data, size, size}, 0};
    enum frame_type t;
    struct slice payload;
    while (frame_next(&r, &t, &payload) == FRAME_GOT)
        decode(t, payload, &a);
    arena_free(&a);
    return 0;
}
