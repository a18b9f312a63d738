/* Finds out by content what evidence is, and opens it. */
#include <sys/stat.h>

#include "source/source_impl.h"

/* Gives a container's names their meaning. Takes s over. */
static struct source *recognise(struct source *s, const struct secret *secret,
                                bool (*progress)(double done), struct err *e)
{
    struct slice prefix;
    if (ios_backup_recognise(s, &prefix))
        return ios_backup_open(s, prefix, secret, progress, e);
    if (files_recognise(s, e))
        return s;
    source_close(s);
    return NULL;
}

static struct source *open_folder(int fd, const struct secret *secret,
                                  bool (*progress)(double done), struct err *e)
{
    /* A backup shows in its top folder; its 256 content folders need no sizes. */
    struct source *top = dir_open(fd, &(struct dir_options){.names_only = true, .depth = 1}, e);
    if (!top)
        return NULL;
    struct slice prefix;
    bool backup = ios_backup_recognise(top, &prefix);
    source_close(top);
    struct dir_options all = {.names_only = backup, .depth = backup ? 3 : DIR_MAX_DEPTH};
    struct source *s = dir_open(fd, &all, e);
    return s ? recognise(s, secret, progress, e) : NULL;
}

struct source *source_open(int fd, const char *name, const struct secret *s,
                           bool (*progress)(double done), struct err *e)
{
    struct stat st;
    if (fstat(fd, &st) < 0) {
        err_io(e, "%s", name);
        return NULL;
    }
    struct source *source = NULL;
    if (S_ISDIR(st.st_mode))
        source = open_folder(fd, s, progress, e);
    else if (!S_ISREG(st.st_mode))
        err_set(e, ERR_UNSUPPORTED, "neither a folder nor a file");
    else if (st.st_size == 0)
        err_set(e, ERR_ABSENT, "empty file");
    else
        source = recognise(dir_of_file(fd, name, (uint64_t)st.st_size), s, progress, e);
    if (!source)
        err_in(e, "%s", name);
    return source;
}
