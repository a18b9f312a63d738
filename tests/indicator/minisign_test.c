/* Signatures of minisign; the vectors were made with minisign 0.11, hashed and (-l) not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "indicator/minisign.h"

#define KEY "RWScD76h3/mzlZDBkUhNebCE/zhI4sUnRBIT9/F6oze62dDnu90//LjO"
#define OTHER_KEY "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3"
#define HEAD "untrusted comment: signature from minisign secret key\n"
#define COMMENT "trusted comment: made for a test\n"

static const char message[] = "spy.example\n";
static const char hashed[] = HEAD
    "RUScD76h3/mzlQ5JkkDhEbtYXfSNMBXeoDk50UTrbIzkV/dqZAShsJryeM9lcWGGULcfVd9ZO+"
    "ZfALlmwjbBydATtxOoOlnOYgc=\n" COMMENT
    "Rk0VrCHk8skQtM2eXzM0wbpIp6rxb2oENRpRkFP8eVmIKVPgPwPYqrZOBbIdwxTXSAvGrz8WoQWvNdIOJO3YDQ==\n";
static const char whole[] = HEAD
    "RWScD76h3/mzlcvsuPqkrpLIH5JcJzTlq4WRrzHbfRUEvt1m1Pp30dFVPXVN63bPb4n7Za7ttpRyp8AaOxEC+/"
    "CUlHPmHQ6KswA=\n" COMMENT
    "NfIsVyQYmiYMqHkzJ9oFCNXTRrITW7RFdoCa3OnYOt2B4MBXJOQtaESKEZb5s6uOOhV5KLzRuZyNcyc2ee7ZAA==\n";

static enum err_code verify(const char *text, const char *signature, const char *key)
{
    struct err e = {0};
    struct slice comment = {0};
    if (!minisign_verify(slice_of(text), slice_of(signature), slice_of(key), &comment, &e))
        return e.code;
    assert_true(slice_is(comment, "made for a test"));
    return ERR_NONE;
}

static void what_minisign_signed_is_accepted(void **state)
{
    (void)state;
    assert_int_equal(verify(message, hashed, KEY), ERR_NONE);
    assert_int_equal(verify(message, whole, KEY), ERR_NONE);
    assert_int_equal(verify(message, hashed, "untrusted comment: a key\n" KEY "\n"), ERR_NONE);
}

static void anything_else_is_refused(void **state)
{
    (void)state;
    assert_int_equal(verify("spy.examplf\n", hashed, KEY), ERR_CORRUPT);
    assert_int_equal(verify("", whole, KEY), ERR_CORRUPT);
    assert_int_equal(verify(message, hashed, OTHER_KEY), ERR_WRONG_KEY);
    assert_int_equal(verify(message, hashed, "RWS"), ERR_USAGE);
    assert_int_equal(verify(message, hashed, ""), ERR_USAGE);
    assert_int_equal(verify(message, "", KEY), ERR_CORRUPT);
    assert_int_equal(verify(message, HEAD, KEY), ERR_CORRUPT);
}

static void every_changed_character_is_seen(void **state)
{
    (void)state;
    char text[sizeof hashed];
    for (size_t i = strlen(HEAD); i < sizeof hashed - 1; i++) {
        struct err e = {0};
        memcpy(text, hashed, sizeof text);
        text[i] = text[i] == 'x' ? 'y' : 'x';
        if (i != sizeof hashed - 2 &&
            minisign_verify(slice_of(message), slice_of(text), slice_of(KEY), NULL, &e))
            fail_msg("character %zu", i);
        text[i] = 0;
        assert_true(i == sizeof hashed - 2 ||
                    !minisign_verify(slice_of(message), slice_of(text), slice_of(KEY), NULL, &e));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_minisign_signed_is_accepted),
        cmocka_unit_test(anything_else_is_refused),
        cmocka_unit_test(every_changed_character_is_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
