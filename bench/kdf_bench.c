/* The key derivation of a current backup against OpenSSL's PKCS5_PBKDF2_HMAC, paired in one run. */
#include <openssl/evp.h>
#include <stdio.h>

#include "base/utime.h"
#include "source/kdf.h"

enum { ROUNDS = 1000 * 1000, PAIRS = 5 };

int main(void)
{
    struct err e = {0};
    const struct slice password = slice_of("correct horse"),
                       salt = slice_of("0123456789abcdefghij");
    double best_ours = 1e9, best_theirs = 1e9;
    for (int i = 0; i < PAIRS; i++) {
        uint8_t ours[KDF_SIZE], theirs[KDF_SIZE];
        double start = utime_steady();
        if (!kdf_sha256(password, salt, ROUNDS, NULL, ours, &e))
            die("%s", e.msg);
        double middle = utime_steady();
        if (!PKCS5_PBKDF2_HMAC((const char *)password.p, (int)password.n, salt.p, (int)salt.n,
                               ROUNDS, EVP_sha256(), KDF_SIZE, theirs))
            die("the library failed");
        double end = utime_steady();
        if (memcmp(ours, theirs, KDF_SIZE))
            die("the results differ");
        if (middle - start < best_ours)
            best_ours = middle - start;
        if (end - middle < best_theirs)
            best_theirs = end - middle;
    }
    printf("10 million rounds: ours %.2f s, library %.2f s, %.1f times faster (best of %d pairs)\n",
           best_ours * 10, best_theirs * 10, best_theirs / best_ours, PAIRS);
    return 0;
}
