"""The examples in docs/output.md fit the schema, and stop to fit when anything in them is changed."""
import copy
import json
import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import validate  # noqa: E402

VALIDATOR = validate.Validator(validate.load())
DOC = os.path.join(os.environ["BRIDLE_SOURCE"], "docs", "output.md")
KINDS = [s["$ref"].rsplit("/", 1)[1] for s in VALIDATOR.root["oneOf"]]
FREE = {"fields"}  # objects whose keys are the artifact's own
CLOSED = {"schema", "kind", "source", "platform", "type", "exposure", "severity", "confidence",
          "match", "family_class", "state", "status", "verdict", "holds", "exit", "confinement",
          "of", "change", "review"}
TIMES = {"time", "taken", "first", "last", "published", "checked"}
HEX = {"sha256", "set_sha256", "key"}


def fault(value):
    return validate.line_fault(VALIDATOR, json.dumps(value))


def examples():
    with open(DOC, encoding="utf-8") as f:
        blocks = re.findall(r"```json\n(.*?)```", f.read(), re.S)
    return [json.loads(line) for block in blocks for line in block.splitlines()]


def places(value, path=()):
    """Every object inside value, with the way to it."""
    if isinstance(value, dict):
        yield path, value
    items = value.items() if isinstance(value, dict) else enumerate(value) \
        if isinstance(value, list) else ()
    for k, v in items:
        yield from places(v, path + (k,))


def at(value, path):
    for k in path:
        value = value[k]
    return value


def changed(value, path, change):
    other = copy.deepcopy(value)
    change(at(other, path))
    return other


def wrong_values(path, key, v):
    """What must not stand in the place of v."""
    provenance = bool(path) and path[-1] == "provenance"
    if path and path[-1] in FREE:
        return [{"a": 1}, []]
    wrong = [["x", 0], None]
    if key in CLOSED:
        wrong += ["", "x", 77]
    if key in TIMES and isinstance(v, str):
        wrong += ["2026-01-03 10:00:00", "2026-01-03T10:00:00", "2026-01-03T10:00:00.5Z",
                  "2026-01-03T10:00:00+01:00", "2026-13-03", "2026-01-03T24:00:00Z", v + "\n", ""]
    if key in HEX and not provenance:
        wrong += ["", v[1:], v.upper() + "x", v.replace(v[0], "g")]
    if isinstance(v, int) and not isinstance(v, bool) and key != "row":
        wrong += [-1, "1", 1.5 if key != "seconds" else "1.5", True]
    if isinstance(v, bool):
        wrong += [0, "true"]
    return wrong


def each_kind_has_an_example():
    assert {e["kind"] for e in examples()} == set(KINDS)


def the_examples_fit():
    for e in examples():
        assert fault(e) is None, (e["kind"], fault(e))


def no_unknown_key_fits():
    for e in examples():
        for path, _ in places(e):
            if not path or path[-1] not in FREE:
                other = changed(e, path, lambda o: o.update(surplus=1))
                assert fault(other), ("surplus", e["kind"], path)


def no_key_comes_twice_or_out_of_order():
    for e in examples():
        line = json.dumps(e)
        assert validate.line_fault(VALIDATOR, line.replace('"kind"', '"schema": "bridle/1", "kind"'))
        back = dict(reversed(list(e.items())))
        assert "order" in fault(back), e["kind"]


def no_wrong_value_fits():
    for e in examples():
        for path, o in places(e):
            for key, v in o.items():
                for wrong in wrong_values(path, key, v):
                    other = changed(e, path, lambda x: x.update({key: wrong}))
                    assert fault(other), (e["kind"], path, key, wrong)


def what_is_required_is_missed():
    for e in examples():
        for key in VALIDATOR.root["$defs"][e["kind"]]["required"]:
            assert fault(changed(e, (), lambda o: o.pop(key))), (e["kind"], key)
        for path, o in places(e):
            if path and path[-1] == "provenance":
                for key in set(o) - {"container_path"}:
                    assert fault(changed(e, path, lambda x: x.pop(key))), (path, key)


def statements_that_contradict_each_other_are_refused():
    by = {}
    for e in examples():
        by.setdefault(e["kind"], []).append(e)
    indicator, rule = by["finding"]
    read, partial = by["coverage"]
    for e, change in [
            (indicator, {"indicators": []}),
            (indicator, {"rule": "ios.sms.reply_link"}),
            (indicator, {"observable": {"value": "www.spy.example"}}),
            (indicator, {"subject": "www.spy.example"}),
            (indicator, {"records": []}),
            (rule, {"rule": "indicator"}),
            (rule, {"rule": "reply"}),
            (rule, {"match": "subdomain"}),
            (rule, {"indicators": indicator["indicators"]}),
            (read, {"skipped": 1}),
            (read, {"can_show": ["received", "received"]}),
            (partial, {"reason": ""}),
            (by["observable"][0], {"artifacts": []}),
            (by["observable"][0], {"records": 0}),
            (by["record"][0], {"artifact": "sms"}),
            (by["record"][0], {"fields": {"list": [[1]]}}),
            (by["evidence"][0], {"name": ""})]:
        assert fault(changed(e, (), lambda o: o.update(change))), change


def what_is_no_line_is_refused():
    for line in ["", "{}", "[]", "1", "null", '{"schema":"bridle/1"}', "{", '{"kind":"record"}',
                 '{"schema":"bridle/2","kind":"record"}', '{"schema":"bridle/1","kind":"seconds"}']:
        assert validate.line_fault(VALIDATOR, line), line
    good = json.dumps(examples()[0])
    assert validate.line_fault(VALIDATOR, good.replace('"id": 1', '"id": NaN'))


def the_table_of_severities_is_whole():
    with open(DOC, encoding="utf-8") as f:
        rows = re.findall(r"^\| `(high|medium|low)` \|(.*)\|$", f.read(), re.M)
    rank = VALIDATOR.root["$defs"]["severity"]["enum"]
    table = {c: [rank.index(x.strip()) for x in row.split("|")] for c, row in rows}
    assert set(table) == {"low", "medium", "high"}
    assert all(len(v) == 7 and v == sorted(v) for v in table.values())
    assert min(table["high"]) >= rank.index("medium")  # `traces` and exit 1 agree


def main():
    claims = [each_kind_has_an_example, the_examples_fit, no_unknown_key_fits,
              no_key_comes_twice_or_out_of_order, no_wrong_value_fits, what_is_required_is_missed,
              statements_that_contradict_each_other_are_refused, what_is_no_line_is_refused,
              the_table_of_severities_is_whole]
    bad = 0
    for n, claim in enumerate(claims, 1):
        try:
            claim()
            print("ok", n, "-", claim.__name__)
        except Exception as e:  # one failed claim must not hide the others
            bad += 1
            print("not ok", n, "-", claim.__name__)
            print("#", repr(e)[:500])
    print("1..%d" % len(claims))
    sys.exit(1 if bad else 0)


main()
