/*
 * Whose container a path lies in. On a phone an app's folders are named by UUIDs that change with
 * every installation; each holds a plist that names the app, the group or the plug-in.
 */
#include "artifact/ios/common.h"

/* Folders whose children are containers, below /private/var. */
static const char *const places[] = {
    "/private/var/mobile/Containers/Data/Application/",
    "/private/var/mobile/Containers/Shared/AppGroup/",
    "/private/var/mobile/Containers/Data/PluginKitPlugin/",
    "/private/var/mobile/Containers/Data/InternalDaemon/",
    "/private/var/mobile/Containers/Data/VPNPlugin/",
    "/private/var/containers/Bundle/Application/",
    "/private/var/mobile/Containers/Bundle/Application/",
    "/private/var/containers/Data/System/",
    "/private/var/containers/Shared/SystemGroup/",
};

enum { METADATA_MAX = 1 << 20 };

/* The path of the container, and its last component. False: not in one. */
static bool container_of(struct slice path, struct slice *folder, struct slice *name)
{
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        if (!slice_starts(path, places[i]))
            continue;
        size_t n = strlen(places[i]);
        *name = slice_sub(path, n, path.n);
        name->n = slice_find(*name, '/');
        *folder = slice_sub(path, 0, n + name->n);
        return name->n > 0;
    }
    return false;
}

/* The metadata's identifier, in job_memory(). Its file isn't booked: it only gives a name. */
static struct slice identifier(struct job *job, struct slice folder)
{
    struct arena a = {0};
    struct err e = {0};
    struct slice bytes, id = {0};
    struct entry f;
    size_t at = 0;
    const char *path = arena_printf(&a, "%.*s/.com.apple.mobile_container_manager.metadata.plist",
                                    (int)folder.n, (const char *)folder.p);
    if (source_next(job_source(job), path, &at, &f) && f.type == ENTRY_FILE) {
        struct blob *b = source_blob(job_source(job), &f, &e);
        struct plist *p =
            b && blob_slurp(b, METADATA_MAX, &a, &bytes, &e) ? plist_open(bytes, &a, &e) : NULL;
        if (p)
            id = arena_copy(job_memory(job),
                            plist_string(plist_get(plist_top(p), "MCMMetadataIdentifier")));
        blob_close(b);
    }
    arena_free(&a);
    return id;
}

struct slice ios_container_app(struct job *job, struct slice path)
{
    struct slice folder, name, none = {0};
    if (!container_of(path, &folder, &name))
        return none;
    return ios_is_uuid(name) ? identifier(job, folder) : arena_copy(job_memory(job), name);
}

void ios_about_app(struct job *job, const struct file *f, struct record *r)
{
    struct slice app = ios_container_app(job, f->entry.path);
    if (app.n)
        record_text(r, "app", app);
}
