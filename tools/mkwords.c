/*
 * mkwords FILE...: the flat word tables (LANG.json: key -> text) as sorted C arrays on stdout.
 * English comes first; the other languages hold the same keys or fewer.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/blob.h"
#include "format/json.h"

struct word {
    struct slice key, text;
};

static int by_key(const void *a, const void *b)
{
    return slice_compare(((const struct word *)a)->key, ((const struct word *)b)->key);
}

static void put_string(struct slice s)
{
    putchar('"');
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] == '"' || s.p[i] == '\\')
            printf("\\%c", s.p[i]);
        else if (s.p[i] < ' ' || s.p[i] > '~' || s.p[i] == '?')
            printf("\\%03o", s.p[i]);
        else
            putchar(s.p[i]);
    putchar('"');
}

static int table(const char *path, struct arena *a)
{
    struct slice name = slice_basename(slice_of(path));
    struct word *words = NULL;
    struct buf text = {0};
    struct json j;
    size_t n = 0;
    FILE *f = fopen(path, "rb");
    for (int c; f && (c = getc(f)) != EOF;)
        buf_byte(&text, (uint8_t)c);
    if (!f || fclose(f) != 0)
        return perror(path), 1;
    json_open(&j, buf_view(&text), a);
    if (json_next(&j) != JSON_OBJECT)
        return fprintf(stderr, "%s: no object\n", path), 1;
    while (json_key(&j)) {
        words = xrealloc(words, n + 1, sizeof *words);
        words[n].key = arena_copy(a, j.text);
        if (json_next(&j) != JSON_STRING)
            return fprintf(stderr, "%s: not a text\n", path), 1;
        words[n++].text = arena_copy(a, j.text);
    }
    if (j.err.code)
        return fprintf(stderr, "%s: %s\n", path, j.err.msg), 1;
    qsort(words, n, sizeof *words, by_key);
    printf("static const struct word words_%.*s[] = {\n", 2, (const char *)name.p);
    for (size_t i = 0; i < n; i++) {
        fputs("    {", stdout);
        put_string(words[i].key);
        fputs(", ", stdout);
        put_string(words[i].text);
        fputs("},\n", stdout);
    }
    puts("};");
    free(words);
    buf_free(&text);
    return 0;
}

int main(int argc, char **argv)
{
    struct arena a = {0};
    int bad = argc < 2;
    for (int i = 1; i < argc; i++)
        bad |= table(argv[i], &a);
    puts("static const struct word_table tables[] = {");
    for (int i = 1; i < argc; i++) {
        struct slice name = slice_basename(slice_of(argv[i]));
        printf("    {\"%.2s\", words_%.2s, sizeof words_%.2s / sizeof *words_%.2s},\n", name.p,
               name.p, name.p, name.p);
    }
    puts("};");
    arena_free(&a);
    return bad;
}
