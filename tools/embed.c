/*
 * embed NAME FILE...: the files' bytes as C arrays on stdout, NAME the prefix of the symbols:
 *   const char NAME_BASENAME[] (NUL-terminated) and const unsigned NAME_BASENAME_size.
 * BASENAME is the file name with everything but letters and digits as '_'. With one file whose
 * NAME ends with '=', the symbol is NAME alone.
 */
#include <stdio.h>
#include <string.h>

static void symbol(const char *prefix, const char *path, char *out, size_t room)
{
    size_t n = strlen(prefix);
    if (n && prefix[n - 1] == '=') {
        snprintf(out, room, "%.*s", (int)n - 1, prefix);
        return;
    }
    const char *slash = strrchr(path, '/');
    snprintf(out, room, "%s_%s", prefix, slash ? slash + 1 : path);
    for (char *c = out; *c; c++)
        if (!(*c >= 'a' && *c <= 'z') && !(*c >= 'A' && *c <= 'Z') && !(*c >= '0' && *c <= '9'))
            *c = '_';
}

int main(int argc, char **argv)
{
    for (int i = 2; i < argc; i++) {
        char name[256];
        unsigned size = 0;
        FILE *f = fopen(argv[i], "rb");
        if (!f) {
            perror(argv[i]);
            return 1;
        }
        symbol(argv[1], argv[i], name, sizeof name);
        printf("extern const char %s[];\nextern const unsigned %s_size;\nconst char %s[] = {", name,
               name, name);
        for (int c; (c = getc(f)) != EOF; size++)
            printf("%s%d,", size % 20 ? "" : "\n", (signed char)c);
        printf("0};\nconst unsigned %s_size = %u;\n", name, size);
        fclose(f);
    }
    return argc < 3;
}
