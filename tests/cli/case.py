"""What can be done with a case afterwards: export, recheck, report."""
import csv
import io
import json
import os
import plistlib
import sys

from kit import Demo, copy_phone, expect, indicator_set, messages

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "schema"))
import validate  # noqa: E402

CASE = "bridle-demo.bridle"
KINDS = ["evidence", "records", "findings", "coverage", "observables"]


def keys(t, case=CASE):
    p = expect(t.run("export", case, "--what", "findings"), 0)
    return [json.loads(x)["key"] for x in p.stdout.splitlines()]


def exports(t):
    validator = validate.Validator(validate.load())

    def lines():
        text = expect(t.run("export", CASE), 0).stdout
        faults = [f for f in (validate.line_fault(validator, x) for x in text.splitlines()) if f]
        assert text and not faults, faults[:5]
        assert t.run("export", CASE).stdout == text

    def table(kind):
        text = expect(t.run("export", CASE, "--what", kind, "--format", "csv"), 0).stdout
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
        n = len(t.run("export", CASE, "--what", kind).stdout.splitlines())
        assert len(rows) == n + 1 and len({len(r) for r in rows}) == 1, (len(rows), n)

    def formulas():
        os.mkdir(t.path("loose"))
        texts = [c + "HYPERLINK(1) https://a.example/" for c in "=+-@\t\r"]
        messages(t.path("loose", "sms.db"), texts)
        expect(t.run("check", "loose", "--keep-all", "-o", "f.bridle"), 3)
        for kind in ("records", "observables"):
            text = expect(t.run("export", "f.bridle", "--what", kind, "--format", "csv"), 0).stdout
            rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
            bad = [c for r in rows for c in r if c[:1] and c[0] in "=+-@\t\r"]
            assert len(rows) > 1 and not bad, bad

    def to_file():
        expect(t.run("export", CASE, "-o", "out.jsonl"), 0, "out.jsonl")
        with open(t.path("out.jsonl"), encoding="utf-8") as f:
            assert f.read() == t.run("export", CASE).stdout
        assert os.stat(t.path("out.jsonl")).st_mode & 0o077 == 0

    def one_kind():
        for more in ([], ["--what", "records,findings"]):
            p = expect(t.run("export", CASE, "--format", "csv", "-o", "none.csv", *more), 2, "--what")
            assert "Unknown option" not in p.stderr and not os.path.exists(t.path("none.csv"))

    t.claim("CSV without one kind asks for it", one_kind)
    t.claim("every line fits the schema, twice the same", lines)
    for kind in KINDS:
        t.claim("CSV of %s has a row for each line" % kind, lambda: table(kind))
    t.claim("no cell is a formula", formulas)
    t.claim("export into a file, for its owner only", to_file)


def rechecks(t):
    before = keys(t)
    t.write("other.stix2", indicator_set("elsewhere.example"))
    expect(t.run("check", "made/phone", "-i", "other.stix2", "-o", "new.bridle",
                 "--password-file", "password", "--fail-on", "critical"), 0)
    rules = keys(t, "new.bridle")

    def later():
        expect(t.run("recheck", "new.bridle", "-i", "made/demo.stix2"), 1, "TRACES",
               "New since the last check: %d" % (len(before) - len(rules)))
        assert keys(t, "new.bridle") == before
        expect(t.run("recheck", "new.bridle", "-i", "made/demo.stix2"), 1, "New since the last check: 0")

    def without():
        p = expect(t.run("recheck", "new.bridle", "--fail-on", "critical"), 3, "No indicators")
        assert keys(t, "new.bridle") == rules, p.stdout

    def none_left():
        """A case without any finding of a rule."""
        os.mkdir(t.path("plain"))
        messages(t.path("plain", "sms.db"), ["see https://www.elsewhere.example/"])
        expect(t.run("check", "plain", "-o", "plain.bridle"), 3, "INCOMPLETE")
        expect(t.run("recheck", "plain.bridle"), 3, "INCOMPLETE", "No indicators")
        expect(t.run("recheck", "plain.bridle", "-i", "other.stix2"), 1, "New since the last check: 1")
        expect(t.run("recheck", "plain.bridle", "-i", "other.stix2", "--since", "2025-01-01"), 3)

    def as_json():
        p = expect(t.run("recheck", "new.bridle", "-i", "made/demo.stix2", "--json"), 1)
        assert json.loads(p.stdout)["verdict"] == "traces" and p.stdout.count("\n") == 1

    t.claim("recheck with newer lists finds what a check with them finds", later)
    t.claim("recheck without lists keeps what rules find, and is incomplete", without)
    t.claim("recheck of a case without findings", none_left)
    t.claim("recheck as JSON", as_json)


def findings_of(t, case):
    p = expect(t.run("export", case, "--what", "findings"), 0)
    return [json.loads(x) for x in p.stdout.splitlines()]


def reviews(t):
    """A person's decisions, and two checks of one phone side by side."""
    copy = t.path("reviewed.bridle")

    def begin():
        with open(t.path(CASE), "rb") as f, open(copy, "wb") as to:
            to.write(f.read())
        expect(t.run("review", "reviewed.bridle"), 0, "spy[.]example")

    def decide():
        one = findings_of(t, "reviewed.bridle")[1]
        expect(t.run("review", "reviewed.bridle", "2", "dismiss"), 2, "reason")
        expect(t.run("review", "reviewed.bridle", "999", "confirm"), 2, "999")
        expect(t.run("review", "reviewed.bridle", "2", "dismiss", "--text", "our \"test\"",
                     "--by", "Ana"), 1)
        after = findings_of(t, "reviewed.bridle")[1]
        review = after.pop("review")
        review.pop("at")
        assert after == one, (after, one)
        assert review == {"state": "dismissed", "by": "Ana", "why": "our \"test\""}, review

    def survives():
        expect(t.run("recheck", "reviewed.bridle", "-i", "made/demo.stix2"), 1)
        assert findings_of(t, "reviewed.bridle")[1]["review"]["state"] == "dismissed"

    def last_word():
        key = findings_of(t, "reviewed.bridle")[1]["key"]
        expect(t.run("review", "reviewed.bridle", key, "confirm"), 1)
        assert findings_of(t, "reviewed.bridle")[1]["review"]["state"] == "confirmed"

    def all_set_aside():
        p = None
        for n in range(1, len(findings_of(t, "reviewed.bridle")) + 1):
            p = t.run("review", "reviewed.bridle", str(n), "dismiss", "--text", "known", "--json")
        end = json.loads(expect(p, 0).stdout)
        assert end["verdict"] == "none-found" and end["dismissed"] == 9, end
        assert not sum(end["findings"].values()), end

    def differ():
        expect(t.run("diff", CASE, CASE), 0, "New: 0, gone: 0, changed: 0")
        expect(t.run("diff", CASE, "reviewed.bridle"), 1, "changed: 9", "set aside")
        t.run("recheck", "new.bridle", "-i", "other.stix2")
        p = expect(t.run("diff", "--json", CASE, "new.bridle"), 1)
        lines = [json.loads(x) for x in p.stdout.splitlines()]
        gone = {x["key"] for x in lines if x.get("change") == "gone" and x["of"] == "finding"}
        assert gone == set(keys(t)) - set(keys(t, "new.bridle")), lines
        faults = [f for f in (validate.line_fault(validator, x) for x in p.stdout.splitlines()) if f]
        assert not faults, faults

    def history():
        p = expect(t.run("history", "--json", CASE, "new.bridle", "reviewed.bridle"), 0)
        rows = [json.loads(x) for x in p.stdout.splitlines()]
        found = {x["key"]: [c["check"] for c in x["checks"]] for x in rows if x["kind"] == "history"}
        assert set(found) == set(keys(t)) | set(keys(t, "new.bridle"))
        assert sorted(map(len, found.values()))[-1] == 3, found
        faults = [f for f in (validate.line_fault(validator, x) for x in p.stdout.splitlines()) if f]
        assert not faults, faults

    def states():
        """An app that is on the phone of the later check only; its text can't link out."""
        for name, url in (("one", "https://a.example/x"), ("two", "https://b.example/x")):
            os.makedirs(t.path(name))
            with open(t.path(name, "Info.plist"), "wb") as f:
                plistlib.dump({"Product Type": "iPhone12,8", "Product Version": "17.3.1",
                               "Installed Applications": ["org.example.common", url]}, f)
            assert t.run("check", name, "-o", name + ".bridle").returncode == 3
        out = expect(t.run("diff", "one.bridle", "two.bridle"), 1).stdout
        assert "hxxps://b[.]example" in out and "hxxps://a[.]example" in out, out
        assert "https://" not in out and "common" not in out, out

    validator = validate.Validator(validate.load())
    t.claim("review lists the findings", begin)
    t.claim("a decision needs its reason and stands beside the finding", decide)
    t.claim("a decision survives recheck", survives)
    t.claim("the latest decision holds, by the finding's key", last_word)
    t.claim("what is set aside moves no verdict", all_set_aside)
    t.claim("diff tells what is new, gone and changed", differ)
    t.claim("diff tells what lists gained and lost, without live links", states)
    t.claim("history has every finding and the checks that show it", history)


def reports(t):
    def page():
        p = expect(t.run("report", CASE, "-o", "-"), 0)
        assert p.stdout.lower().startswith("<!doctype html>") and "</html>" in p.stdout
        assert t.run("report", CASE, "-o", "-").stdout == p.stdout

    def arabic():
        expect(t.run("report", CASE, "-o", "-", "--lang", "ar"), 0, 'dir="rtl"', 'lang="ar"')

    def beside():
        os.unlink(t.path("bridle-demo.html"))
        expect(t.run("report", CASE), 0, "bridle-demo.html")
        assert os.path.getsize(t.path("bridle-demo.html")) > 10000

    t.claim("report -o - is one page, twice the same", page)
    t.claim("report in Arabic runs from right to left", arabic)
    for lang in ("en", "it", "es", "fr"):
        t.claim("report in " + lang,
                lambda: expect(t.run("report", CASE, "-o", "-", "--lang", lang), 0,
                               'lang="%s"' % lang))
    t.claim("report beside its case", beside)


def others(t):
    t.write("text.bridle", "not a database\n" * 100)
    copy = copy_phone(t, "again")
    with open(t.path(CASE), "rb") as f:
        whole = f.read()
    with open(t.path("cut.bridle"), "wb") as f:
        f.write(whole[:len(whole) // 2])
    for command in ("report", "export", "recheck", "review"):
        for name, words in [("text.bridle", "is not a bridle case"), ("nowhere.bridle", ""),
                            ("cut.bridle", ""), (copy, "")]:
            t.claim("%s of %s: 4" % (command, name),
                    lambda: expect(t.run(command, name), 4, name, words))
    t.claim("what was no case is as before",
            lambda: expect(t.run("recheck", "text.bridle"), 4) and os.stat(t.path("text.bridle")))


def main():
    t = Demo()
    for part in (exports, rechecks, reviews, reports, others):
        part(t)
    t.end()


main()
