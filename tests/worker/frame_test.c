#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <unistd.h>

#include "worker/frame.h"

static struct slice payload_of(const struct buf *frame)
{
    return slice_sub(buf_view(frame), FRAME_HEAD, frame->n);
}

static void stream_is_cut_into_frames_wherever_it_breaks(void **state)
{
    (void)state;
    struct buf out = {0};
    frame_add_number(&out, FRAME_PROGRESS, 300);
    frame_add_number(&out, FRAME_READY, 2);
    for (size_t first = 0; first <= out.n; first++) {
        int ends[2];
        struct frame_reader r = {0};
        unsigned frames = 0;
        uint64_t v = 0;
        enum frame_type t;
        struct slice payload;
        assert_int_equal(pipe(ends), 0);
        for (unsigned half = 0; half < 2; half++) {
            size_t n = half ? out.n - first : first;
            assert_int_equal(write(ends[1], out.p + (half ? first : 0), n), n);
            if (n)
                assert_int_equal(frame_fill(&r, ends[0]), n);
            while (frame_next(&r, &t, &payload) == FRAME_GOT)
                if (frame_number(payload, 1000, &v))
                    frames++;
        }
        assert_int_equal(frames, 2);
        assert_int_equal(v, 2);
        close(ends[0]);
        close(ends[1]);
        frame_reader_free(&r);
    }
    buf_free(&out);
}

static void too_long_or_unknown_frames_are_bad(void **state)
{
    (void)state;
    static const uint8_t lengthy[] = {1, 0, 0x10, 0, FRAME_RECORD}, odd[] = {0, 0, 0, 0, 99};
    enum frame_type t;
    struct slice payload;
    struct frame_reader r = {{(uint8_t *)lengthy, sizeof lengthy, sizeof lengthy}, 0};
    assert_int_equal(frame_next(&r, &t, &payload), FRAME_BAD);
    r = (struct frame_reader){{(uint8_t *)odd, sizeof odd, sizeof odd}, 0};
    assert_int_equal(frame_next(&r, &t, &payload), FRAME_BAD);
}

static void secret_of_any_bytes_comes_through(void **state)
{
    (void)state;
    struct buf out = {0};
    struct secret s = {.kind = SECRET_PASSWORD, .bytes = "p\xff\0w", .n = 4};
    struct open_request got = {0};
    frame_add_open(&out, "phone", &s);
    assert_true(frame_open(payload_of(&out), &got));
    assert_true(slice_is(got.name, "phone"));
    assert_int_equal(got.secret.kind, SECRET_PASSWORD);
    assert_int_equal(got.secret.n, 4);
    assert_memory_equal(got.secret.bytes, "p\xff\0w", 4);
    buf_free(&out);
}

static void errors_keep_code_and_words(void **state)
{
    (void)state;
    struct buf out = {0};
    struct err e = {0}, got = {0};
    err_set(&e, ERR_LOCKED, "needs a password");
    frame_add_err(&out, FRAME_REFUSED, &e);
    assert_true(frame_err(payload_of(&out), &got));
    assert_int_equal(got.code, ERR_LOCKED);
    assert_string_equal(got.msg, "needs a password");
    buf_free(&out);
}

static void run_request_comes_through(void **state)
{
    (void)state;
    struct buf out = {0};
    struct run_request q = {7, slice_of("ios.sms"), 1.5, 1 << 30, 100, true, HASH_ALL}, got;
    frame_add_run(&out, &q);
    assert_true(frame_run(payload_of(&out), &got));
    assert_int_equal(got.number, 7);
    assert_true(slice_is(got.artifact, "ios.sms"));
    assert_true(got.seconds == 1.5);
    assert_int_equal(got.hash, HASH_ALL);
    assert_true(got.keep_all);
    buf_free(&out);
}

static void file_names_of_any_bytes_become_utf8(void **state)
{
    (void)state;
    struct buf out = {0};
    struct arena a = {0};
    uint8_t hash[SHA256_SIZE] = {1, 2, 3};
    struct entry f = {.path = slice_of("/a\xff"), .domain = slice_of("HomeDomain")};
    struct file_frame got;
    frame_add_file(&out, &(struct booked_file){&f, 12, hash, true}, &a);
    assert_true(frame_file(payload_of(&out), &got));
    assert_true(slice_is(got.file.path, "/a\\xff"));
    assert_true(slice_is(got.file.domain, "HomeDomain"));
    assert_int_equal(got.file.bytes, 12);
    assert_true(got.used && got.file.hashed);
    assert_memory_equal(got.file.sha256, hash, sizeof hash);
    buf_free(&out);
    arena_free(&a);
}

static void every_shorter_payload_is_refused(void **state)
{
    (void)state;
    struct buf out = {0};
    struct arena a = {0};
    struct entry f = {.path = slice_of("/a")};
    struct job_tally tally = {.files = 300};
    struct err none = {0};
    struct file_frame file;
    struct done_frame done;
    frame_add_file(&out, &(struct booked_file){&f, 12, NULL, true}, &a);
    for (size_t n = 0; n < payload_of(&out).n; n++)
        assert_false(frame_file(slice_sub(payload_of(&out), 0, n), &file));
    buf_clear(&out);
    frame_add_done(&out, &tally, &none);
    for (size_t n = 0; n < payload_of(&out).n; n++)
        assert_false(frame_done(slice_sub(payload_of(&out), 0, n), &done));
    assert_true(frame_done(payload_of(&out), &done));
    assert_int_equal(done.tally.files, 300);
    buf_free(&out);
    arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stream_is_cut_into_frames_wherever_it_breaks),
        cmocka_unit_test(too_long_or_unknown_frames_are_bad),
        cmocka_unit_test(secret_of_any_bytes_comes_through),
        cmocka_unit_test(errors_keep_code_and_words),
        cmocka_unit_test(run_request_comes_through),
        cmocka_unit_test(file_names_of_any_bytes_become_utf8),
        cmocka_unit_test(every_shorter_payload_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
