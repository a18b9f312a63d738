#!/usr/bin/env python3
"""Checks the language tables of the product.

    check_wording.py [FOLDER]      default: the wording of this project
    check_wording.py --selftest    the checker finds each kind of fault it looks for

Exit status: 0 all is well, 1 faults (one a line on stdout), 2 wrong usage.
"""
import json
import os
import re
import sys
import unicodedata

LANGS = ("en", "it", "es", "fr", "ar")
RTL = {"ar"}
# CLDR cardinal categories. Only keys under "count." are plural forms: elsewhere ".other" is a name.
PLURALS = {
    "en": {"one", "other"},
    "it": {"one", "many", "other"},
    "es": {"one", "many", "other"},
    "fr": {"one", "many", "other"},
    "ar": {"zero", "one", "two", "few", "many", "other"},
}
PLURAL_PREFIX = "count."

# Words that promise or brand. Whole words, case ignored. Nouns like "safety" are allowed.
AR_PRE = r"(?:[وفبكل]?(?:ال)?|لل)"
AR_SUF = r"(?:ة|ًا|ان|ين|ون|ات)?"
FORBIDDEN = {
    "en": r"clean(?:ed|er|ing)?|un(?:safe|infected)|safe(?:ly)?|infect(?:ed|ion|ions)?|hacked|virus|viruses|victims?|guaranteed?|100 ?%|threat score",
    "it": r"pulit[oaie]|sicur[oaie]|al sicuro|infett[oaie]|infezion[ei]|infettat[oaie]|hackerat[oaie]|vittim[ae]|garantit[oaie]|indenn[ei]",
    "es": r"limpi[oa]s?|segur[oa]s?|a salvo|infectad[oa]s?|infecci(?:ón|ones)|hackead[oa]s?|víctimas?|garantizad[oa]s?|inseguro",
    "fr": r"propres?|sûre?s?|sain(?:e|s|es)?|en sécurité|infecté(?:e|s|es)?|infections?|piraté(?:e|s|es)?|garanti(?:e|s|es)?|victimes?|indemnes?",
    "ar": AR_PRE + r"(?:نظيف|آمن|سليم|مصاب|ملوث|مخترق|مضمون|معدي)" + AR_SUF + r"|" + AR_PRE + r"(?:عدوى|إصابة|ضحية|ضحايا)",
}
MUST_HAVE = {
    "verdict.": "traces review incomplete none-found unreadable".split(),
    "exposure.": "none received opened configured contacted present ran".split(),
    "severity.": "info low medium high critical".split(),
    "confidence.": "low medium high".split(),
    "coverage.": "read partial failed locked absent not-applicable skipped pending".split(),
    "type.": "domain url ip email phone process app path filename hash cert profile property account".split(),
    "family.": "mercenary stalkerware forensic-tool other".split(),
    "benign.": "received opened configured contacted present ran".split(),
    "next.": "received opened configured contacted present ran".split(),
}
MEANS = ("verdict.", "exposure.", "confidence.", "coverage.")
PLACEHOLDER = re.compile(r"\{([a-z][a-z_]*)\}")
BIDI_EMBED = re.compile("[\u202a-\u202e\u2066-\u2069]")
SENTENCE = re.compile(r"[.!?؟](?:\s|$)")
MAX_TEXT = 340          # characters
MAX_SENTENCE_EN = 32    # words


def strip_accents_ar(text):
    """Arabic without the vowel signs, so that the list of words matches any spelling."""
    return re.sub("[\u064b-\u0652\u0640]", "", text)


def load(path, faults):
    def pairs(items):
        seen = {}
        for key, value in items:
            if key in seen:
                faults.append(f"{path}: {key}: given twice")
            seen[key] = value
        return seen

    try:
        with open(path, encoding="utf-8") as f:
            table = json.load(f, object_pairs_hook=pairs)
    except (OSError, ValueError) as e:
        faults.append(f"{path}: {e}")
        return None
    if not isinstance(table, dict) or not all(isinstance(v, str) for v in table.values()):
        faults.append(f"{path}: not a flat table of texts")
        return None
    return table


def split(key):
    """(base, category or None)"""
    if key.startswith(PLURAL_PREFIX):
        base, _, category = key.rpartition(".")
        return base, category
    return key, None


def holes(text):
    return frozenset(PLACEHOLDER.findall(text))


def check_text(lang, key, text):
    where = f"{lang}: {key}"
    if not text:
        yield f"{where}: empty"
        return
    if text != text.strip() or text != text.strip("\u00a0\u202f"):
        yield f"{where}: space at an end"
    if re.search(r"[\x00-\x1f\x7f]", text):
        yield f"{where}: control character"
    if "  " in text:
        yield f"{where}: two spaces"
    if BIDI_EMBED.search(text):
        yield f"{where}: embedding or isolate character; the renderer isolates values"
    if "\u200f" in text and lang not in RTL:
        yield f"{where}: right-to-left mark"
    if text != unicodedata.normalize("NFC", text):
        yield f"{where}: not in normal form C"
    if re.search(r"[<>]|&[a-z]+;", text):
        yield f"{where}: markup"
    if re.search(r"https?:", text, re.I):
        yield f"{where}: live link; name the site without a scheme"
    if re.sub(PLACEHOLDER, "", text).count("{") or re.sub(PLACEHOLDER, "", text).count("}"):
        yield f"{where}: broken placeholder"
    if len(text) > MAX_TEXT:
        yield f"{where}: {len(text)} characters, at most {MAX_TEXT}"
    plain = strip_accents_ar(text) if lang == "ar" else text
    for m in re.finditer(r"(?<!\w)(?:" + FORBIDDEN[lang] + r")(?!\w)", plain, re.I):
        yield f"{where}: forbidden word “{m.group(0)}”"
    if lang == "en":
        for sentence in SENTENCE.split(text):
            words = len(sentence.split())
            if words > MAX_SENTENCE_EN:
                yield f"{where}: a sentence of {words} words"
    if re.fullmatch(r"verdict\.(.+)\.means", key):
        n = len(SENTENCE.findall(text))
        if n != 2:
            yield f"{where}: {n} sentences, two are wanted"


def check(tables):
    faults = []
    bases = {lang: {split(k)[0] for k in t} for lang, t in tables.items()}
    reference = tables.get("en", {})
    want = bases.get("en", set())
    ref_holes = {}
    for key, text in reference.items():
        base, _ = split(key)
        ref_holes[base] = ref_holes.get(base, frozenset()) | holes(text)

    for lang, table in tables.items():
        for base in sorted(want - bases[lang]):
            faults.append(f"{lang}: {base}: missing")
        for base in sorted(bases[lang] - want):
            faults.append(f"{lang}: {base}: not in en")
        forms = {}
        for key, text in table.items():
            base, category = split(key)
            if category is not None:
                forms.setdefault(base, set()).add(category)
            faults.extend(check_text(lang, key, text))
            if base in ref_holes and holes(text) != ref_holes[base]:
                faults.append(f"{lang}: {key}: placeholders {sorted(holes(text))}, en has {sorted(ref_holes[base])}")
        for base, got in sorted(forms.items()):
            if got != PLURALS[lang]:
                faults.append(f"{lang}: {base}: plural forms {sorted(got)}, wanted {sorted(PLURALS[lang])}")
        direction = table.get("meta.direction")
        if direction != ("rtl" if lang in RTL else "ltr"):
            faults.append(f"{lang}: meta.direction: {direction}")
        order = [split(k)[0] for k in table]
        order = [b for i, b in enumerate(order) if i == 0 or order[i - 1] != b]
        ref_order = [split(k)[0] for k in reference]
        ref_order = [b for i, b in enumerate(ref_order) if i == 0 or ref_order[i - 1] != b]
        if set(order) == set(ref_order) and order != ref_order:
            first = next((a for a, b in zip(order, ref_order) if a != b), "?")
            faults.append(f"{lang}: {first}: not in the order of en")

    for prefix, names in MUST_HAVE.items():
        for name in names:
            key = prefix + name
            if key not in reference:
                faults.append(f"en: {key}: the contract needs it")
            if prefix in MEANS and key + ".means" not in reference:
                faults.append(f"en: {key}.means: missing")
    for name in MUST_HAVE["exposure."]:
        if name != "none" and f"seen.{name}.any" not in reference:
            faults.append(f"en: seen.{name}.any: the fallback is missing")
    for key in reference:
        if key.startswith("error.") and not key.endswith(".next") and key + ".next" not in reference:
            faults.append(f"en: {key}.next: an error without a next step")
        m = re.fullmatch(r"(now\.[a-z-]+)\.(\d+)", key)
        if m and int(m.group(2)) > 1 and f"{m.group(1)}.{int(m.group(2)) - 1}" not in reference:
            faults.append(f"en: {key}: the numbering has a hole")
    return faults


def run(folder):
    faults, tables = [], {}
    for lang in LANGS:
        table = load(os.path.join(folder, lang + ".json"), faults)
        if table is not None:
            tables[lang] = table
    for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
        if name.endswith(".json") and name[:-5] not in LANGS:
            faults.append(f"{name}: a language that the checker does not know")
    if "en" in tables:
        faults += check(tables)
    for fault in faults:
        print(fault)
    if not faults:
        keys = len({split(k)[0] for k in tables["en"]})
        sizes = ", ".join(f"{lang} {len(t)}" for lang, t in tables.items())
        print(f"{keys} keys in {len(tables)} languages agree (entries with plural forms: {sizes})")
    return 1 if faults else 0


def selftest(folder):
    import copy

    faults = []
    good = {lang: load(os.path.join(folder, lang + ".json"), faults) for lang in LANGS}
    if faults or check(good):
        print("selftest needs tables without faults")
        return 1
    first = "seen.ran.process"
    breaks = {
        "missing": lambda t: t["it"].pop(first),
        "not in en": lambda t: t["es"].__setitem__("x.y", "z"),
        "placeholders": lambda t: t["fr"].__setitem__(first, t["fr"][first].replace("{value}", "{valeur}")),
        "plural forms": lambda t: t["ar"].pop("count.days.two"),
        "space at an end": lambda t: t["en"].__setitem__(first, t["en"][first] + " "),
        "forbidden word “clean”": lambda t: t["en"].__setitem__("ui.sort", "Your phone is clean"),
        "forbidden word “sicuro”": lambda t: t["it"].__setitem__("ui.sort", "Il telefono è sicuro"),
        "forbidden word “limpio”": lambda t: t["es"].__setitem__("ui.sort", "El teléfono está limpio"),
        "forbidden word “infecté”": lambda t: t["fr"].__setitem__("ui.sort", "Téléphone infecté"),
        "forbidden word “آمن”": lambda t: t["ar"].__setitem__("ui.sort", "الهاتف آمنٌ"),
        "forbidden word “والمصابة”": lambda t: t["ar"].__setitem__("ui.sort", "الهواتف والمصابة"),
        "markup": lambda t: t["en"].__setitem__("ui.sort", "<b>Sort</b>"),
        "live link": lambda t: t["en"].__setitem__("ui.sort", "See https://x.example"),
        "broken placeholder": lambda t: t["en"].__setitem__("ui.sort", "Sort {"),
        "two are wanted": lambda t: t["es"].__setitem__("verdict.traces.means", "Una sola."),
        "without a next step": lambda t: [t[lang].pop("error.cut.next") for lang in t],
        "numbering has a hole": lambda t: [t[lang].pop("now.mercenary.2") for lang in t],
        "the contract needs it": lambda t: [t[lang].pop("coverage.locked") for lang in t],
        "not in the order": lambda t: t["fr"].__setitem__("ui.sort", t["fr"].pop("ui.sort")),
    }
    bad = 0
    for expect, change in breaks.items():
        tables = copy.deepcopy(good)
        change(tables)
        if not any(expect in f for f in check(tables)):
            print(f"not found: {expect}")
            bad = 1
    print("selftest:", "failed" if bad else f"{len(breaks)} kinds of fault found")
    return bad


def main(argv):
    here = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "wording")
    if argv == ["--selftest"]:
        return selftest(here)
    if len(argv) > 1 or (argv and argv[0].startswith("-")):
        print(__doc__.strip(), file=sys.stderr)
        return 2
    return run(argv[0] if argv else here)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
