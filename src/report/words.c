/* The words of bridle in its languages; the tables are made from wording/ while building. */
#include <stdarg.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "report/report.h"

struct word {
    const char *key, *text;
};

struct word_table {
    const char *lang;
    const struct word *words;
    size_t n;
};

#include "words.inc"

const char *const languages[] = {"en", "it", "es", "fr", "ar", NULL};

static int by_key(const void *key, const void *word)
{
    return strcmp(key, ((const struct word *)word)->key);
}

static const char *look_up(const char *lang, const char *key)
{
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        if (strcmp(tables[i].lang, lang))
            continue;
        const struct word *w =
            bsearch(key, tables[i].words, tables[i].n, sizeof *tables[i].words, by_key);
        return w ? w->text : NULL;
    }
    return NULL;
}

bool words_have(const char *lang, const char *key)
{
    return look_up(lang, key) != NULL;
}

const char *words(const char *lang, const char *key)
{
    const char *text = look_up(lang, key);
    if (!text)
        text = look_up("en", key);
    return text ? text : key;
}

/* The value of a placeholder among pairs; NULL if it isn't given. */
static const char *value_of(struct slice name, const char *const *pairs, size_t n)
{
    for (size_t i = 0; i + 1 < n; i += 2)
        if (slice_is(name, pairs[i]))
            return pairs[i + 1];
    return NULL;
}

const char *words_value(struct arena *a, const char *lang, const char *value)
{
    struct buf out = {0};
    if (strcmp(words(lang, "meta.direction"), "rtl"))
        return value;
    buf_text(&out, "\u2068");
    for (struct slice rest = slice_of(value); rest.n;) {
        uint32_t cp = 0;
        size_t n = utf8_next(rest, &cp);
        if (cp >= 0x2066 && cp <= 0x2069)
            buf_printf(&out, "<U+%04X>", cp);
        else
            buf_slice(&out, slice_sub(rest, 0, n ? n : 1));
        rest = slice_sub(rest, n ? n : 1, rest.n);
    }
    buf_text(&out, "\u2069");
    const char *text = arena_string(a, buf_view(&out));
    buf_free(&out);
    return text;
}

static const char *fill(struct arena *a, const char *text, const char *const *pairs, size_t n)
{
    struct buf out = {0};
    struct slice rest = slice_of(text);
    while (rest.n) {
        size_t open = slice_find(rest, '{'), close = slice_find(rest, '}');
        buf_slice(&out, slice_sub(rest, 0, open));
        if (open == rest.n || close < open || close == rest.n) {
            buf_slice(&out, slice_sub(rest, open, rest.n));
            break;
        }
        const char *value = value_of(slice_sub(rest, open + 1, close - open - 1), pairs, n);
        if (value)
            buf_text(&out, value);
        else
            buf_slice(&out, slice_sub(rest, open, close - open + 1));
        rest = slice_sub(rest, close + 1, rest.n);
    }
    const char *filled = arena_string(a, buf_view(&out));
    buf_free(&out);
    return filled;
}

const char *words_fill(struct arena *a, const char *lang, const char *key, ...)
{
    enum { PAIRS = 16 };
    const char *pairs[PAIRS];
    size_t n = 0;
    va_list ap;
    va_start(ap, key);
    while (n < PAIRS && (pairs[n] = va_arg(ap, const char *)))
        n++;
    va_end(ap);
    for (size_t i = 1; i < n; i += 2)
        pairs[i] = words_value(a, lang, pairs[i]);
    return fill(a, words(lang, key), pairs, n);
}

/* CLDR cardinal categories of the languages we have, for whole numbers. */
static const char *category(const char *lang, uint64_t n)
{
    bool millions = n != 0 && n % 1000000 == 0;
    if (!strcmp(lang, "ar")) {
        if (n <= 2)
            return n == 0 ? "zero" : n == 1 ? "one" : "two";
        if (n % 100 >= 3 && n % 100 <= 10)
            return "few";
        return n % 100 >= 11 ? "many" : "other";
    }
    if (!strcmp(lang, "fr"))
        return n <= 1 ? "one" : millions ? "many" : "other";
    if (!strcmp(lang, "it") || !strcmp(lang, "es"))
        return n == 1 ? "one" : millions ? "many" : "other";
    return n == 1 ? "one" : "other";
}

const char *words_count(struct arena *a, const char *lang, const char *key, uint64_t n)
{
    const char *full = arena_printf(a, "count.%s.%s", key, category(lang, n));
    if (!words_have(lang, full)) {
        lang = "en";
        full = arena_printf(a, "count.%s.%s", key, category(lang, n));
    }
    return fill(a, words(lang, full), (const char *const[]){"n", number_text(a, n)}, 2);
}

/* 1,234,567: thousands apart, in every language alike, so that versions can be laid side by side. */
const char *number_text(struct arena *a, uint64_t n)
{
    char digits[32], out[48];
    int len = snprintf(digits, sizeof digits, "%llu", (unsigned long long)n), k = 0;
    for (int i = 0; i < len; i++) {
        if (i && (len - i) % 3 == 0)
            out[k++] = ',';
        out[k++] = digits[i];
    }
    return arena_string(a, slice_at(out, (size_t)k));
}
