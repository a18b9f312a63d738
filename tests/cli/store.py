"""The local store of indicators: add, list, show, search, remove, and that check and recheck use it."""
import json
import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "schema"))
import validate  # noqa: E402
from kit import Demo, expect, indicator_set  # noqa: E402

VALIDATOR = validate.Validator(validate.load())


class Store(Demo):
    def __init__(self):
        os.environ["BRIDLE_STORE"] = "/nonexistent/bridle"
        super().__init__()
        os.environ["BRIDLE_STORE"] = self.path("data", "store")

    def lines(self, status, *args):
        p = expect(self.run("indicators", *args, "--json"), status)
        for line in p.stdout.splitlines():
            fault = validate.line_fault(VALIDATOR, line)
            assert not fault, (fault, line)
        return [json.loads(line) for line in p.stdout.splitlines()]

    def stored(self):
        return sorted(os.listdir(self.path("data", "store", "sets")))


def empty(t):
    expect(t.run("indicators", "list"), 3, "no sets of indicators")
    assert t.lines(3, "list") == []
    expect(t.run("indicators", "search", "spy.example"), 3, "no sets", "no set knows it")
    p = expect(t.check("--no-report"), 1)  # by rules alone
    assert "No indicators" in p.stderr, p.stderr


def add(t):
    t.write("pegasus.csv", "domain,family\nspy.example,Pegasus\nbit.ly,Pegasus\nword,Pegasus\n")
    t.write("set.stix2", indicator_set("b.example"))
    p = expect(t.run("indicators", "add", "pegasus.csv", "set.stix2", "--licence", "CC0-1.0"), 0)
    assert "added pegasus.csv (table): 2 loaded: domain 2; 1 rejected" in p.stdout, p.stdout
    one, two = t.lines(0, "list")
    assert one["name"] == "pegasus.csv" and one["licence"] == "CC0-1.0", one
    assert one["by_type"] == {"domain": 2} and one["rejected"] == 1, one
    assert one["families"] == [{"name": "Pegasus", "class": "mercenary", "values": 2}], one
    assert two["format"] == "STIX 2" and t.stored() == sorted([one["sha256"], two["sha256"]])
    expect(t.run("indicators", "list"), 0, "families: Pegasus (mercenary)", "licence: CC0-1.0",
           "0 days ago")


def add_again(t):
    expect(t.run("indicators", "add", "set.stix2"), 0, "already there")
    t.write("set.stix2", indicator_set("c.example"))
    expect(t.run("indicators", "add", "set.stix2"), 0, "added set.stix2")
    assert len(t.lines(0, "list")) == 2 and len(t.stored()) == 2
    assert [x["value"] for x in t.lines(0, "show", "set.stix2")] == ["c.example"]


def not_added(t):
    t.write("prose.txt", "one two three\nfour five six\n")
    before = t.lines(0, "list")
    expect(t.run("indicators", "add", "prose.txt"), 4, "can’t be read")
    expect(t.run("indicators", "add", "nowhere"), 2)
    assert t.lines(0, "list") == before


def show_and_search(t):
    shown = t.lines(0, "show", "pegasus.csv")
    assert [x["value"] for x in shown] == ["spy.example", "bit.ly"] and shown[1]["general"], shown
    expect(t.run("indicators", "show", "pegasus.csv"), 0, "rejected  word")
    expect(t.run("indicators", "show", "none"), 2, "no set none")
    known = t.lines(0, "search", "https://a.spy[.]example/x")
    host = [x for x in known if x["type"] == "domain"][0]
    assert host["matches"][0]["match"] == "subdomain" and host["matches"][0]["family"] == "Pegasus"
    weak = t.lines(0, "search", "bit.ly")[0]
    assert weak["matches"][0]["match"] == "too-general" and "weak" in weak["hygiene"], weak
    expect(t.run("indicators", "search", "com"), 0, "no set knows it")
    assert t.lines(0, "search", "x.example")[0]["matches"] == []
    t.write("other.txt", "198.51.100.7\n")
    assert t.lines(0, "search", "198.51.100.7", "-i", "other.txt")[0]["matches"]
    assert t.lines(0, "list", "-i", "other.txt")[0]["by_type"] == {"ip": 1}


def check_uses_it(t):
    expect(t.run("indicators", "add", "made/demo.stix2"), 0)
    by_store = json.loads(expect(t.check("--json", "--no-report"), 1).stdout)
    by_hand = json.loads(expect(t.check("--json", "--no-report", "-i", "made/demo.stix2",
                                        case="d.bridle"), 1).stdout)
    assert by_store["findings"] == by_hand["findings"], (by_store, by_hand)
    assert by_store["indicators"]["sets"] == 3
    again = json.loads(expect(t.run("recheck", "d.bridle", "--json"), 1).stdout)
    assert again["indicators"]["sets"] == 3 and again["findings"] == by_hand["findings"]


def the_compiled_table_is_only_a_cache(t):
    path = t.path("data", "store", "compiled")
    want = t.lines(0, "search", "a.spy.example")
    good = open(path, "rb").read()
    for bad in (b"", good[:-9], good[:3000] + b"\xff" + good[3001:], b"x" * len(good)):
        with open(path, "wb") as f:
            f.write(bad)
        assert t.lines(0, "search", "a.spy.example") == want
        assert open(path, "rb").read() == good
    os.unlink(path)
    assert t.lines(0, "search", "a.spy.example") == want


def damage_is_told(t):
    store = t.path("data", "store")
    name = t.lines(0, "list")[0]["sha256"]
    with open(os.path.join(store, "sets", name), "a") as f:
        f.write("d.example,Pegasus\n")
    os.unlink(os.path.join(store, "compiled"))
    expect(t.run("indicators", "list"), 3, "changed or is damaged")
    summary = json.loads(expect(t.check("--json", "--no-report"), 1).stdout)
    assert summary["verdict"] == "traces", summary
    shutil.copytree(store, t.path("kept"))
    with open(os.path.join(store, "store.json"), "w") as f:
        f.write('{"bridle_store":1,"sets":[{"name":"x"}]}')
    expect(t.run("indicators", "list"), 3, "store", "without a name or sum")
    expect(t.check("--no-report"), 1, "store", "No indicators")
    shutil.rmtree(store)
    shutil.move(t.path("kept"), store)


def remove(t):
    expect(t.run("indicators", "remove", "pegasus.csv", "demo.stix2"), 0, "removed pegasus.csv")
    assert [x["name"] for x in t.lines(0, "list")] == ["set.stix2"] and len(t.stored()) == 1
    expect(t.run("indicators", "remove", "pegasus.csv"), 2)


def folders(t):
    os.makedirs(t.path("feed", "2018-08-01_nso"))
    t.write("feed/manifest.json", '{"5f1b0000-0000-4000-8000-000000000001":{"info":"x"}}')
    t.write("feed/hashes.csv", "0123456789abcdef0123456789abcdef,x\n")
    t.write("feed/5f1b0000-0000-4000-8000-000000000001.json",
            '{"Event":{"info":"x","Attribute":[{"type":"domain","value":"e.example","to_ids":true}]}}')
    t.write("feed/2018-08-01_nso/domains.txt", "f.example\n")
    t.write("feed/LICENSE", "Do what you like with it, please.\n")
    expect(t.run("indicators", "add", "feed/manifest.json"), 0)
    names = [x["name"] for x in t.lines(0, "list")]
    assert names == ["set.stix2", "2018-08-01_nso/domains.txt",
                     "5f1b0000-0000-4000-8000-000000000001.json"], names
    assert t.lines(0, "search", "f.example")[0]["matches"][0]["family"] == "nso"


def lint_of_a_folder_reads_its_readme(t):
    os.makedirs(t.path("odd"))
    sums = ["%064x" % n for n in (1, 2)]
    t.write("odd/sha256.txt", sums[0] + "\n")
    t.write("odd/README.md", "# Odd\n\nIts signer is %s, the file %s.\n" % (sums[1], sums[0]))
    p = expect(t.run("indicators", "lint", "odd"), 0, "only in the README")
    assert sums[1] in p.stdout and sums[0] not in p.stdout, p.stdout


def two_at_once(t):
    for i in range(4):
        t.write("many%d.txt" % i, "m%d.example\n" % i)
    running = [subprocess.Popen([os.environ["BRIDLE"], "indicators", "add", "many%d.txt" % i],
                                cwd=t.work, stdout=subprocess.DEVNULL) for i in range(4)]
    assert [p.wait() for p in running] == [0] * 4
    names = {x["name"] for x in t.lines(0, "list")}
    assert {"many%d.txt" % i for i in range(4)} <= names, names


def main():
    t = Store()
    for part in (empty, add, add_again, not_added, show_and_search, check_uses_it,
                 the_compiled_table_is_only_a_cache, damage_is_told, remove, folders,
                 lint_of_a_folder_reads_its_readme, two_at_once):
        t.claim(part.__name__.replace("_", " "), lambda: part(t))
    t.end()


main()
