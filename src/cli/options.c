#include "cli/cli.h"

#include <stdlib.h>

static const struct option *find(const struct option *o, struct slice name, char letter)
{
    for (; o->name; o++)
        if (letter ? o->letter == letter : slice_is(name, o->name))
            return o;
    return NULL;
}

static bool parse_number(const char *text, bool size, uint64_t *out)
{
    char *end;
    if (*text < '0' || *text > '9')
        return false;
    unsigned long long v = strtoull(text, &end, 10);
    if (size && *end && !end[1]) {
        unsigned shift = *end == 'K' ? 10 : *end == 'M' ? 20 : *end == 'G' ? 30 : 0;
        if (!shift || v > UINT64_MAX >> shift)
            return false;
        v <<= shift;
        end++;
    }
    *out = v;
    return !*end;
}

static void list_add(struct list *l, const char *item)
{
    l->items = xrealloc(l->items, l->n + 1, sizeof *l->items);
    l->items[l->n++] = item;
}

static bool store(const struct option *o, void *base, const char *value)
{
    void *to = (char *)base + o->at;
    uint64_t v;
    switch (o->kind) {
    case OPTION_FLAG: *(bool *)to = true; return true;
    case OPTION_TEXT: *(const char **)to = value; return true;
    case OPTION_LIST: list_add(to, value); return true;
    case OPTION_COUNT:
        if (!parse_number(value, false, &v) || v > UINT32_MAX)
            return false;
        *(unsigned *)to = (unsigned)v;
        return true;
    case OPTION_SIZE:
        if (!parse_number(value, true, &v))
            return false;
        *(uint64_t *)to = v;
        return true;
    }
    return false;
}

static bool refuse(const struct command *c, const char *what)
{
    complain(EXIT_USAGE, "usage", "value", what, "command", c->name, NULL);
    return false;
}

bool options_parse(const struct command *c, int argc, char **argv, void *to, struct list *rest,
                   bool *help)
{
    bool only_rest = false;
    *help = false;
    for (int i = 0; i < argc; i++) {
        const char *arg = argv[i], *value = NULL;
        if (only_rest || arg[0] != '-' || !arg[1]) {
            list_add(rest, arg);
            continue;
        }
        if (!strcmp(arg, "--")) {
            only_rest = true;
            continue;
        }
        if (!strcmp(arg, "--help") || !strcmp(arg, "-h")) {
            command_help(c, stdout);
            *help = true;
            return false;
        }
        struct slice name = slice_of(arg + 1);
        const struct option *o;
        if (arg[1] == '-') {
            name = slice_of(arg + 2);
            size_t equals = slice_find(name, '=');
            if (equals < name.n)
                value = arg + 2 + equals + 1;
            o = find(c->options, slice_sub(name, 0, equals), 0);
        } else {
            o = find(c->options, name, arg[1]);
            if (arg[2])
                value = arg + 2;
        }
        if (!o || (o->kind == OPTION_FLAG && value))
            return refuse(c, arg);
        if (o->kind != OPTION_FLAG && !value)
            value = ++i < argc ? argv[i] : NULL;
        if ((o->kind != OPTION_FLAG && !value) || !store(o, to, value))
            return refuse(c, arg);
    }
    return true;
}

bool options_time(const struct command *c, const char *text, struct utime *out)
{
    if (!text)
        return true;
    *out = utime_parse(slice_of(text));
    return out->precision != PRECISION_NONE || refuse(c, text);
}

void command_help(const struct command *c, FILE *to)
{
    fprintf(to, "Usage: bridle %s %s\n\n%s\n", c->name, c->usage, c->title);
    if (c->options->name)
        fputs("\nOptions:\n", to);
    for (const struct option *o = c->options; o->name; o++) {
        char left[64];
        int n = o->letter ? snprintf(left, sizeof left, "-%c, ", o->letter)
                          : snprintf(left, sizeof left, "    ");
        snprintf(left + n, sizeof left - (size_t)n, "--%s%s%s", o->name, o->value ? " " : "",
                 o->value ? o->value : "");
        fprintf(to, "  %-30s %s\n", left, o->help);
    }
    fputs("      --help                     this text\n", to);
    if (c->more)
        fprintf(to, "\n%s\n", c->more);
}
