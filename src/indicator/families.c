/*
 * Which kind of tool a published family name means.
 *
 * The class is ours, not the set's: a bundle calls a forensic tool "malware" as readily as spyware.
 * Names are compared without case, blanks and punctuation; the short ones only as a whole.
 */
#include "indicator/families.h"

static const struct {
    const char *name;
    enum family_class class;
} families[] = {
/*
 * Sources: names in the sets of Amnesty International and mvt-indicators (2018 to 2026), in the
 * MISP galaxy "surveillance-vendor" and "stalkerware" (CC0-1.0, 2026-08), and in the reports that
 * the sets themselves cite. Mercenary: sold to states by companies. Made by states for themselves,
 * by criminals or by unknown hands: other.
 */
#include "indicator/families.inc"
};

/* Names and synonyms of the MISP galaxy "stalkerware" (CC0-1.0, 2026-08), folded and sorted. */
static const char *const stalkerware[] = {
#include "indicator/stalkerware.inc"
};

/* Whole names only. */
static bool is_stalkerware(struct slice folded)
{
    size_t low = 0, high = sizeof stalkerware / sizeof *stalkerware;
    while (low < high) {
        size_t mid = (low + high) / 2;
        int c = slice_compare(folded, slice_of(stalkerware[mid]));
        if (c == 0)
            return true;
        if (c < 0)
            high = mid;
        else
            low = mid + 1;
    }
    return false;
}

enum { WHOLE = 5, NAME_MAX = 256 };

enum family_class family_class_of(struct slice name)
{
    uint8_t folded[NAME_MAX];
    size_t n = 0;
    for (size_t i = 0; i < name.n && n < sizeof folded; i++) {
        uint8_t c = name.p[i];
        if (c >= 'A' && c <= 'Z')
            c = (uint8_t)(c + 32);
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
            folded[n++] = c;
    }
    struct slice text = slice_at(folded, n);
    for (size_t i = 0; i < sizeof families / sizeof *families; i++) {
        struct slice f = slice_of(families[i].name);
        if (f.n > WHOLE ? slice_search(text, f, 0) < text.n : slice_equal(text, f))
            return families[i].class;
    }
    return is_stalkerware(text) ? FAMILY_STALKERWARE : FAMILY_OTHER;
}
