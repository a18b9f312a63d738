/* Any bytes as a file of indicators; the first chooses the name, which helps to recognise it. */
#include <stdint.h>
#include <stdlib.h>

#include "indicator/indicator.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = {"x",     "nso/domains.txt", "x/files.txt",
                                        "x.csv", "x.yaml",          "x.json",
                                        "x.ioc", "x/README.adoc",   "list.json"};
    struct err e = {0};
    struct buf parsed = {0};
    if (!size)
        return 0;
    struct indicators *in = indicators_new();
    struct blob *b = blob_of_memory(slice_at(data + 1, size - 1));
    const char *name = names[data[0] % (sizeof names / sizeof *names)];
    /* What our own parser writes is never refused. */
    if (indicators_parse(b, name, &parsed, &e) && !indicators_add(in, buf_view(&parsed), &e))
        abort();
    indicators_weaken(in);
    indicators_free(in);
    blob_close(b);
    buf_free(&parsed);
    return 0;
}
