/*
 * Every offset inside a page counts from the page's start, those of the texts from the cookie's. A
 * text ends with a zero byte. The checksum is the sum of every fourth byte of each page.
 */
#include "format/cookies.h"

enum { CHECKED = UINT32_MAX }; /* pages: the end was reached and told */

bool cookies_open(struct cookies *c, struct slice bytes, struct err *e)
{
    struct cursor head = cursor(bytes);
    *c = (struct cookies){.file = bytes};
    struct slice magic = cursor_take(&head, 4);
    c->pages = cursor_u32be(&head);
    if (head.bad || !slice_is(magic, "cook"))
        return err_set(e, ERR_CORRUPT, "no binary cookies");
    c->sizes = cursor(cursor_take(&head, 4ull * c->pages));
    if (head.bad)
        return err_set(e, ERR_CORRUPT, "ends within its list of %u pages", c->pages);
    c->next = cursor_offset(&head);
    return true;
}

static void add_up(struct cookies *c)
{
    for (size_t i = 0; i < c->page.n; i += 4)
        c->sum += c->page.p[i];
}

/* Begins the next page. False: e, and it is passed over. */
static bool start_page(struct cookies *c, struct cookie *out, struct err *e)
{
    uint32_t size = cursor_u32be(&c->sizes);
    out->at = c->next;
    out->page_lost = true;
    c->pages--;
    c->page = slice_sub(c->file, (size_t)c->next, size);
    c->next += c->page.n;
    add_up(c);
    struct cursor head = cursor(c->page);
    uint32_t magic = cursor_u32be(&head);
    c->left = cursor_u32le(&head);
    c->offsets = cursor(cursor_take(&head, 4ull * c->left));
    bool cut = c->page.n < size;
    if (!head.bad && magic == 0x100 && !cut) {
        out->page_lost = false;
        return true;
    }
    /* What a cut page still has is read: only the cookies behind the cut are lost. */
    if (head.bad || magic != 0x100)
        c->left = 0;
    return err_set(e, ERR_CORRUPT, cut ? "a page of cookies is cut" : "no page of cookies");
}

static struct slice text_at(struct slice cookie, uint32_t offset, bool *good)
{
    struct slice s = slice_sub(cookie, offset, cookie.n);
    size_t n = slice_find(s, 0);
    *good = *good && offset && n < s.n;
    return slice_sub(s, 0, n);
}

static bool read_cookie(struct cookies *c, struct cookie *out, struct err *e)
{
    uint32_t at = cursor_u32le(&c->offsets);
    struct cursor r = cursor(slice_sub(c->page, at, c->page.n));
    c->left--;
    out->at = c->next - c->page.n + (at < c->page.n ? at : c->page.n);
    uint32_t size = cursor_u32le(&r);
    struct slice whole = slice_sub(c->page, at, size);
    cursor_skip(&r, 4);
    out->flags = cursor_u32le(&r);
    cursor_skip(&r, 4);
    uint32_t host = cursor_u32le(&r), name = cursor_u32le(&r);
    uint32_t path = cursor_u32le(&r), value = cursor_u32le(&r);
    cursor_skip(&r, 8);
    uint64_t expires = cursor_u64le(&r), created = cursor_u64le(&r);
    bool good = !r.bad && whole.n == size;
    memcpy(&out->expires, &expires, sizeof expires);
    memcpy(&out->created, &created, sizeof created);
    out->host = text_at(whole, host, &good);
    out->name = text_at(whole, name, &good);
    out->path = text_at(whole, path, &good);
    out->value = text_at(whole, value, &good);
    return good || err_set(e, ERR_CORRUPT, "a cookie runs past its end");
}

bool cookies_next(struct cookies *c, struct cookie *out, struct err *e)
{
    *out = (struct cookie){0};
    while (c->left == 0) {
        if (c->pages == 0) {
            c->pages = CHECKED;
            struct cursor tail = cursor(slice_sub(c->file, (size_t)c->next, c->file.n));
            uint32_t want = cursor_u32be(&tail);
            out->at = c->next;
            out->page_lost = true;
            if (tail.bad)
                return err_set(e, ERR_CORRUPT, "ends before its checksum");
            if (want != c->sum)
                return err_set(e, ERR_CORRUPT, "its checksum differs: something was changed");
        }
        if (c->pages == CHECKED)
            return false;
        if (!start_page(c, out, e))
            return false;
    }
    return read_cookie(c, out, e);
}
