/* A container inside a container: its entries among those of the outer one. */
#include "source/source_impl.h"

static void inherit_texts(struct source *outer, struct slice prefix, const struct source *inner)
{
    struct slice name = slice_sub(prefix, prefix.n > 0, prefix.n);
    unsigned n;
    const char *const *what = source_damage(inner, &n);
    for (unsigned i = 0; i < n; i++)
        source_damaged(outer, "%.*s%s%s", (int)name.n, (const char *)name.p, name.n ? ": " : "",
                       what[i]);
    what = source_notes(inner, &n);
    for (unsigned i = 0; i < n; i++)
        source_noted(outer, "%.*s%s%s", (int)name.n, (const char *)name.p, name.n ? ": " : "",
                     what[i]);
}

/* prefix + path; false: counted as too long. */
static bool behind(struct source *outer, struct slice prefix, struct slice path, struct slice *out)
{
    uint8_t bytes[SOURCE_MAX_PATH];
    if (prefix.n + path.n > sizeof bytes) {
        outer->too_long++;
        return false;
    }
    if (prefix.n)
        memcpy(bytes, prefix.p, prefix.n);
    memcpy(bytes + prefix.n, path.p, path.n);
    *out = source_keep_slice(outer, slice_at(bytes, prefix.n + path.n));
    return true;
}

/* Adds an entry of the source that was mounted last. */
static void add_entry(struct source *outer, struct slice prefix, const struct entry *inner)
{
    struct entry en = *inner;
    struct slice inside = {0};
    struct slice above = slice_sub(prefix, prefix.n > 0, prefix.n);
    if (inner->container.n) {
        struct buf b = {0};
        buf_slice(&b, above);
        buf_text(&b, above.n ? "/" : "");
        bool fits = behind(outer, buf_view(&b), inner->container, &inside);
        buf_free(&b);
        if (!fits)
            return;
    }
    if (!behind(outer, prefix, inner->path, &en.path) ||
        (inner->file.n && !behind(outer, prefix, inner->file, &en.file)))
        return;
    en.container = inside.n ? inside : slice_sub(en.path, 1, en.path.n);
    struct row *r = source_add(outer, &en);
    if (!r)
        return;
    r->mount = (uint8_t)outer->nmounts;
    r->place = (uint32_t)inner->id;
}

bool source_mount(struct source *outer, struct slice prefix, struct source *inner)
{
    unsigned depth = inner->depth + 1;
    if (outer->nmounts == SOURCE_MAX_MOUNTS || depth > SOURCE_MAX_NESTING) {
        source_damaged(outer, "%.*s: %s", (int)prefix.n, (const char *)prefix.p,
                       depth > SOURCE_MAX_NESTING ? "containers nested too deep: not opened"
                                                  : "too many containers: not opened");
        source_close(inner);
        return false;
    }
    if (depth > outer->depth)
        outer->depth = depth;
    outer->mounts[outer->nmounts++] = inner;
    inherit_texts(outer, prefix, inner);
    struct entry en;
    for (size_t pos = 0; source_next(inner, NULL, &pos, &en);)
        add_entry(outer, prefix, &en);
    return true;
}
