"""What bridle says and returns when it is called without evidence, or wrongly."""
import json
import os
import subprocess

from kit import BRIDLE, Demo, complaints, expect, indicator_set

COMMANDS = ["check", "report", "export", "recheck", "indicators", "artifacts", "explain", "demo",
            "selftest"]
VERDICTS = ["traces", "review", "incomplete", "none-found", "unreadable"]


def wrong_usage(t):
    for name, args in {
            "no command": [], "an unknown command": ["hurry"],
            "a command of a later version": ["diff"], "an unknown option": ["check", "--nope"],
            "an unknown letter": ["check", "-z"], "no evidence": ["check"],
            "an option without its value": ["check", "made/phone", "-o"],
            "a number that is none": ["check", "made/phone", "-j", "x"],
            "a flag with a value": ["check", "--force=yes", "made/phone"],
            "an unknown artifact": ["check", "made/phone", "--only", "ios.nothing"],
            "an unknown artifact to skip": ["check", "made/phone", "--skip", "ios.nothing"],
            "an unknown severity": ["check", "made/phone", "--fail-on", "awful"],
            "a time that is none": ["check", "made/phone", "--since", "soon"],
            "a time that is none, later": ["recheck", "bridle-demo.bridle", "--until", "soon"],
            "an unknown language": ["report", "bridle-demo.bridle", "--lang", "xx"],
            "an unknown kind": ["export", "bridle-demo.bridle", "--what", "secrets"],
            "an unknown format": ["export", "bridle-demo.bridle", "--format", "docx"],
            "CSV of several kinds": ["export", "bridle-demo.bridle", "--format", "csv"],
            "no case": ["report"], "two cases": ["export", "a", "b"],
            "an unknown word": ["explain", "nothing-known"],
            "an unknown page": ["artifacts", "ios.nothing"],
            "lint of nothing": ["indicators", "lint"],
            "a list that isn't there": ["indicators", "lint", "nowhere.stix2"]}.items():
        def law():
            p = expect(t.run(*args), 2)
            assert not p.stdout and p.stderr, (p.stdout, p.stderr)
            assert "  --help" not in p.stderr.replace("      --help", ""), p.stderr
        t.claim("wrong usage: " + name, law)

    def nothing():
        assert not os.path.exists(t.path("phone.bridle"))
    t.claim("wrong usage writes no case", nothing)


def help_texts(t):
    for c in COMMANDS:
        t.claim(c + " --help",
                lambda: expect(t.run(c, "--help"), 0, "Usage: bridle " + c, "--help"))
    t.claim("--help names every command", lambda: expect(t.run("--help"), 0, *COMMANDS))
    t.claim("--version", lambda: expect(t.run("--version"), 0, "bridle "))


def pages(t):
    def artifacts():
        lines = expect(t.run("artifacts"), 0, "ios.sms", "ios.safari_history").stdout.splitlines()
        ids = [json.loads(x)["id"] for x in t.run("artifacts", "--json").stdout.splitlines()]
        assert [x.split()[0] for x in lines] == ids and len(ids) > 20, (lines, ids)
        for i in ids:
            expect(t.run("artifacts", i), 0, i + ": ", "Path", "Found in")
            expect(t.run("explain", i), 0, i + ": ")

    def rules():
        listed = expect(t.run("explain"), 0, "Rules:").stdout.split("Rules:\n")[1].splitlines()
        assert len(listed) > 5, listed
        for line in listed:
            expect(t.run("explain", line.split()[0]), 0, "Severity", "Next step", "Harmless")

    t.claim("artifacts lists the same as --json, and each has its page", artifacts)
    t.claim("every rule is explained", rules)
    for v in VERDICTS:
        t.claim("explain " + v, lambda: expect(t.run("explain", v), 0, v + " (verdict): "))


def lint(t):
    def lint_json():
        p = expect(t.run("indicators", "lint", "weak.stix2", "--json"), 1)
        one = json.loads(p.stdout)
        assert (one["loaded"], one["rejected"]) == (0, 1) and one["problems"][0]["why"], one

    t.write("good.stix2", indicator_set("spy.example"))
    t.write("weak.stix2", indicator_set("com"))
    t.write("cut.stix2", indicator_set("spy.example")[:-40])
    t.write("prose.txt", "no list at all\n")
    for name, status, words in [
            ("good.stix2", 0, ["1 loaded, 0 rejected"]), ("weak.stix2", 1, ["0 loaded, 1 rejected"]),
            ("cut.stix2", 1, ["ends too early"]), ("prose.txt", 4, ["can’t be read"])]:
        t.claim("lint of " + name, lambda: expect(t.run("indicators", "lint", name), status, *words))
    t.claim("lint as JSON", lint_json)


def selftest(t):
    p = t.run("selftest")
    if p.returncode == 5 and "confine" in p.stderr:
        print("# no confinement here:", complaints(p))
        return
    t.claim("selftest: the readers are confined", lambda: expect(p, 0, "confined"))


def pipes(t):
    def closed():
        """Nobody reads: neither a crash nor success."""
        for args in (["artifacts", "--json"], ["export", "bridle-demo.bridle"], ["--help"],
                     ["recheck", "bridle-demo.bridle", "--json"]):
            ends = os.pipe()
            os.close(ends[0])
            p = subprocess.run([BRIDLE, *args], cwd=t.work, stdout=ends[1],
                               stderr=subprocess.PIPE, timeout=60)
            os.close(ends[1])
            assert p.returncode == 5 or args == ["--help"], (args, p.returncode, p.stderr)
            assert p.returncode >= 0, (args, p.returncode)

    def full():
        with open("/dev/full", "wb") as out:
            p = subprocess.run([BRIDLE, "export", "bridle-demo.bridle"], cwd=t.work, stdout=out,
                               stderr=subprocess.PIPE, timeout=60)
        assert p.returncode == 5, p

    t.claim("a closed pipe is no crash", closed)
    t.claim("a full disk is an error", full)


def main():
    t = Demo()
    for part in (wrong_usage, help_texts, pages, lint, selftest, pipes):
        part(t)
    t.end()


main()
