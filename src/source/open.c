/* Finds out by content what evidence is, and opens it. */
#include <stdio.h>
#include <sys/stat.h>

#include "source/age.h"
#include "source/android.h"

/* Gives a container's names their meaning. Takes s over. */
static struct source *recognise(struct source *s, const struct secret *secret,
                                bool (*progress)(double done), struct err *e)
{
    struct slice prefix;
    if (ios_backup_recognise(s, &prefix))
        return ios_backup_open(s, prefix, secret, progress, e);
    if (!files_show_ios(s) && android_recognise(s))
        return s;
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

/* What a name says of the contents of an age file: without ".age". */
static void strip_age(char name[256])
{
    size_t n = strlen(name);
    if (n > 4 && strcmp(name + n - 4, ".age") == 0)
        name[n - 4] = '\0';
}

/* One file, by its first bytes. Takes b over. */
static struct source *open_file(struct blob *b, const char *name, const struct secret *secret,
                                bool (*progress)(double done), struct err *e)
{
    char inner[256];
    bool age = age_is(b);
    snprintf(inner, sizeof inner, "%s", name);
    if (age) {
        if (!(b = age_blob(b, secret, e)))
            return NULL;
        strip_age(inner);
    }
    const char *damage = b->damage;
    if (blob_size(b) == 0) {
        blob_close(b);
        err_set(e, damage ? ERR_CORRUPT : ERR_ABSENT, "%s", damage ? damage : "empty file");
        return NULL;
    }
    struct source *container = tar_is(b) ? tar_open(b) : dir_of_blob(b, inner);
    struct source *s = recognise(container, secret, progress, e);
    if (!s || !age)
        return s;
    s->facts.encrypted = true;
    /* A key made from the same password would not open the age file again. */
    secret_wipe(&s->derived);
    if (damage)
        source_damaged(s, "%s", damage);
    return s;
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
        source = open_file(blob_of_fd(fd, 0, (uint64_t)st.st_size, false), name, s, progress, e);
    if (!source)
        err_in(e, "%s", name);
    return source;
}
