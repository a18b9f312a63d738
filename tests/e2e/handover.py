"""The samples made from public bug reports: each case's expect.json says what must come out."""
import json
import os

from lib import Tests, check, shared, tree_sha256

CASES = ["V01", "V02", "V07", "V08", "V09", "V12", "V14"]
OUTCOMES = {"findings": (1,), "none": (0,), "incomplete": (3,), "unusable": (4,)}
STATES = {"ok": "read", "partial": "partial", "failed": "failed", "absent": "absent"}


def told(result, case):
    """Everything the person can read: both streams and the reasons of the coverage."""
    text = result.out + result.err
    if os.path.exists(result.case):
        text += "".join(c["reason"] for c in result.export("coverage"))
    return text


def text_of(record):
    return json.dumps(record["fields"], ensure_ascii=False)


def finding_texts(result):
    """(indicator value, artifact, family, [texts of the records behind it])"""
    records = {r["id"]: r for r in result.export("records")}
    for f in result.export("findings"):
        texts = [text_of(records[r["id"]]) for r in f["records"]]
        for i in f.get("indicators", []):
            yield i["value"], f["artifact"], i.get("family"), texts


def same_record(want, record):
    if want["artifact"] != record["artifact"]:
        return False
    if "time" in want and record.get("time") != want["time"]:
        return False
    return all(record["fields"].get(k) == v for k, v in want["fields"].items())


def expect(result, want):
    if "outcome" in want:
        assert result.status in OUTCOMES[want["outcome"]], (result.status, result.out, result.err)
    if "message" in want:
        text = told(result, want)
        assert any(m in text for m in want["message"]), text
        assert not any(m in text for m in want.get("message_absent", [])), text
    if want.get("one_message"):
        assert len([x for x in result.err.splitlines() if x.startswith("bridle:")]) == 1, result.err
    found = list(finding_texts(result)) if os.path.exists(result.case) else []
    for f in want.get("findings", []):
        hits = [x for x in found if x[0] == f["value"] and x[1] == f.get("artifact", x[1]) and
                any(json.dumps(f.get("in", ""), ensure_ascii=False)[1:-1] in t for t in x[3])]
        assert hits, (f, found)
        if "group" in f:
            assert any(x[2] == f["group"] for x in hits), (f, hits)
    for bad in want.get("no_findings_on", []):
        assert not any('"%s"' % bad in t for x in found for t in x[3]), bad
    records = result.export("records") if os.path.exists(result.case) else []
    for name, n in want.get("counts", {}).items():
        assert sum(r["artifact"] == name for r in records) == n, name
    for name, (low, high) in want.get("counts_between", {}).items():
        n = sum(r["artifact"] == name for r in records)
        assert low <= n <= high, (name, n)
    for r in want.get("records", []):
        assert any(same_record(r, x) for x in records), r
    coverage = {}
    if os.path.exists(result.case):
        coverage = {c["artifact"]: c["status"] for c in result.export("coverage")}
    for c in want.get("coverage", []):
        assert coverage[c["artifact"]] == STATES[c["state"]], (c, coverage[c["artifact"]])
    for c in want.get("no_coverage", []):
        assert coverage[c["artifact"]] != STATES[c["state"]], c


def case(t, name):
    folder = shared("samples", "handover", name)
    with open(os.path.join(folder, "expect.json"), encoding="utf-8") as f:
        want = json.load(f)
    sets = [os.path.join(folder, i) for i in want.get("indicators", [])]
    evidence = os.path.join(folder, want["input"])
    before = tree_sha256(evidence)
    for run in want.get("runs", [want]):
        password_file = run.get("password_file")
        result = check(evidence, t.work, sets, run.get("password"),
                       password_file and os.path.join(folder, password_file), name=name)
        expect(result, run)
        load = want.get("indicator_load")
        if load:
            loaded = result_sets(result)
            assert loaded[0] >= load.get("loaded_min", 0), loaded
            assert loaded[1] >= load.get("skipped_min", 0), loaded
        if os.path.exists(result.case):
            os.unlink(result.case)
    assert tree_sha256(evidence) == before, "the evidence changed"
    if "evidence_sha256" in want:
        assert before == want["evidence_sha256"], "the sample is not the one expected"


def result_sets(result):
    import sqlite3
    db = sqlite3.connect("file:%s?mode=ro" % result.case, uri=True)
    return db.execute("SELECT sum(loaded), sum(rejected) FROM indicator_set").fetchone()


def main():
    t = Tests()
    shared("samples", "handover")
    for name in CASES:
        t.claim(name, lambda: case(t, name))
    t.end()


main()
