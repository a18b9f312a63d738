/* Any bytes as XML: every tag, text and attribute is read. */
#include <stdint.h>

#include "format/xml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a = {0};
    struct xml x;
    xml_open(&x, slice_at(data, size), &a);
    for (enum xml_token t; (t = xml_next(&x)) != XML_END && t != XML_ERROR;)
        if (t == XML_START)
            xml_attribute(&x, "id");
    arena_free(&a);
    return 0;
}
