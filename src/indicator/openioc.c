/*
 * OpenIOC: <IndicatorItem condition="is"><Context search="Network/DNS"/><Content>value</Content>.
 *
 * One exporter that is much used swapped two fields: its Content is empty and the value stands in
 * the item's id. So an id that is no UUID is the value of an item without content. Items in an AND
 * group, and other conditions than equality, can't be asked of single values and are refused.
 */
#include "indicator/openioc.h"

#include "format/xml.h"
#include "indicator/kinds.h"

enum { DEPTH_MAX = 64 };

/* The ends of search terms; the longest that fits decides. */
static const struct {
    const char *search;
    enum observable type;
    enum lint why;
} terms[] = {
    {"Network/DNS", OBS_DOMAIN, LINT_OK},
    {"DnsEntryItem/RecordName", OBS_DOMAIN, LINT_OK},
    {"DnsEntryItem/Host", OBS_DOMAIN, LINT_OK},
    {"Network/URI", OBS_URL, LINT_OK},
    {"UrlHistoryItem/URL", OBS_URL, LINT_OK},
    {"UrlHistoryItem/HostName", OBS_DOMAIN, LINT_OK},
    {"FileDownloadHistoryItem/SourceURL", OBS_URL, LINT_OK},
    {"FileItem/Md5sum", OBS_HASH, LINT_OK},
    {"FileItem/Sha1sum", OBS_HASH, LINT_OK},
    {"FileItem/Sha256sum", OBS_HASH, LINT_OK},
    {"FileItem/FileName", OBS_FILENAME, LINT_OK},
    {"FileItem/FullPath", OBS_PATH, LINT_OK},
    {"FileItem/FilePath", OBS_PATH, LINT_OK},
    {"TaskItem/md5sum", OBS_HASH, LINT_OK},
    {"RouteEntryItem/Destination", OBS_IP, LINT_OK},
    {"RouteEntryItem/Destination/IP", OBS_IP, LINT_OK},
    {"PortItem/remoteIP", OBS_IP, LINT_OK},
    {"PortItem/RemoteIP", OBS_IP, LINT_OK},
    {"Email/From", OBS_EMAIL, LINT_OK},
    {"Email/To", OBS_NONE, LINT_CONTEXT},
    {"ProcessItem/name", OBS_PROCESS, LINT_OK},
    {"Network/UserAgent", OBS_NONE, LINT_PROPERTY},
    {"Network/HTTPHeader", OBS_NONE, LINT_PROPERTY},
    {"FileItem/SizeInBytes", OBS_NONE, LINT_PROPERTY},
};

struct item {
    struct slice condition, id, search, content;
    bool negate;
};

struct ioc {
    struct xml x;
    struct draft *draft;
    struct indicator like;
    bool and[DEPTH_MAX]; /* operators of the groups around */
    unsigned depth;
    bool seen, ended;
};

static bool is_uuid(struct slice s)
{
    enum observable type;
    return s.n == 36 && kind_guess(s, &type) && type == OBS_PROFILE;
}

static void take(struct ioc *o, const struct item *item)
{
    struct draft *d = o->draft;
    struct slice value = item->content.n      ? item->content
                         : !is_uuid(item->id) ? item->id
                                              : (struct slice){0};
    bool together = false;
    for (unsigned i = 0; i < o->depth && i < DEPTH_MAX; i++)
        together = together || o->and[i];
    if (!value.n) {
        draft_reject(d, item->search, LINT_BAD_OBJECT);
    } else if (item->negate || (item->condition.n && !slice_is_nocase(item->condition, "is"))) {
        draft_reject(d, value, LINT_OPERATOR);
    } else if (slice_starts(item->search, "RegistryItem/") ||
               slice_starts(item->search, "ServiceItem/") ||
               slice_starts(item->search, "ProcessItem/HandleList")) {
        draft_reject(d, value, LINT_NOT_FOR_PHONES);
    } else {
        for (size_t i = 0; i < sizeof terms / sizeof *terms; i++)
            if (slice_is_nocase(item->search, terms[i].search)) {
                if (together && terms[i].type != OBS_HASH)
                    draft_reject(d, value, LINT_SEVERAL);
                else if (terms[i].why != LINT_OK)
                    draft_reject(d, value, terms[i].why);
                else
                    draft_add(d, terms[i].type, value, &o->like);
                return;
            }
        draft_reject(d, value, LINT_PROPERTY);
    }
}

/* The facts of the document: its name is the family. */
static void fact(struct ioc *o, struct slice element, const struct where *w)
{
    if (xml_is(element, "short_description") && !o->like.family.n) {
        o->like.family = o->x.text;
        o->like.family_class = (uint8_t)where_class(w, o->x.text);
    } else if (xml_is(element, "authored_by")) {
        o->draft->set.publisher = o->x.text;
    } else if (xml_is(element, "authored_date")) {
        o->like.created = o->draft->set.published = utime_parse(o->x.text);
    }
}

static void group(struct ioc *o)
{
    if (o->depth < DEPTH_MAX)
        o->and [o->depth] = slice_is_nocase(xml_attribute(&o->x, "operator"), "AND");
    o->depth++;
}

static void start(struct ioc *o, struct item *item)
{
    struct slice name = o->x.name;
    if (xml_is(name, "ioc") || xml_is(name, "OpenIOC")) {
        o->seen = true;
        if (!o->like.created.precision)
            o->like.created = o->draft->set.published =
                utime_parse(xml_attribute(&o->x, "last-modified"));
    } else if (xml_is(name, "Indicator")) {
        group(o);
    } else if (xml_is(name, "IndicatorItem")) {
        *item = (struct item){.condition = xml_attribute(&o->x, "condition"),
                              .id = xml_attribute(&o->x, "id"),
                              .negate = slice_is_nocase(xml_attribute(&o->x, "negate"), "true")};
    } else if (xml_is(name, "Context")) {
        item->search = xml_attribute(&o->x, "search");
    }
}

bool openioc_read(struct slice text, const struct where *w, struct draft *d, struct err *e)
{
    struct ioc o = {.draft = d, .like = {.confidence = -1}};
    struct item item = {0};
    struct slice element = {0};
    o.like.family_class = (uint8_t)where_class(w, w->family);
    d->set.format = slice_of("OpenIOC");
    xml_open(&o.x, text, &d->arena);
    for (enum xml_token t; (t = xml_next(&o.x)) != XML_END && t != XML_ERROR;) {
        if (t == XML_START && !o.seen && !xml_is(o.x.name, "ioc") && !xml_is(o.x.name, "OpenIOC") &&
            !xml_is(o.x.name, "iocs"))
            return err_set(e, ERR_UNSUPPORTED, "XML, but no OpenIOC");
        if (t == XML_START) {
            element = o.x.name;
            start(&o, &item);
        } else if (t == XML_TEXT) {
            if (xml_is(element, "Content"))
                item.content = o.x.text;
            else
                fact(&o, element, w);
        } else if (xml_is(o.x.name, "IndicatorItem")) {
            take(&o, &item);
        } else if (xml_is(o.x.name, "Indicator")) {
            o.depth -= o.depth > 0;
        } else {
            o.ended = o.ended || xml_is(o.x.name, "ioc") || xml_is(o.x.name, "OpenIOC");
        }
    }
    if (!o.seen)
        return err_set(e, ERR_UNSUPPORTED, "XML, but no OpenIOC");
    if (!o.ended)
        draft_reject(d, slice_of(arena_printf(&d->arena, "%s", o.x.err.msg)), LINT_CUT_OFF);
    draft_family(d, w->family, where_class(w, w->family));
    return true;
}
