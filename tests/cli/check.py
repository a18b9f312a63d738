"""Every documented end of a check: its exit status, its words, and what lies on disk after it."""
import json
import os
import signal
import subprocess
import time

from kit import BRIDLE, Demo, complaints, copy_phone, expect, indicator_set, messages

DEMO = ["-i", "made/demo.stix2"]


def coverage(t, case="c.bridle"):
    p = expect(t.run("export", case, "--what", "coverage"), 0)
    return {c["artifact"]: c for c in map(json.loads, p.stdout.splitlines())}


def evidence(t):
    """What is given: not evidence, nothing, or a part of it."""
    os.mkdir(t.path("empty"))
    t.write("zero", "")
    with open(t.path("noise"), "wb") as f:
        f.write(bytes(range(256)) * 20)
    for name, word in [("noise", "not a kind of evidence"), ("empty", "is empty"),
                       ("zero", "is empty"), ("nowhere", "no such file")]:
        def law():
            p = expect(t.check(phone=name, case="e.bridle"), 4, word)
            assert len(complaints(p)) == 1 and not os.path.exists(t.path("e.bridle")), p.stderr
        t.claim("%s: 4" % name, law)
    for name in ("made", "made/phone/3d", "made/phone/Manifest.db", "made/phone/"):
        t.claim("found from " + name, lambda: expect(t.check(*DEMO, phone=name), 1, "TRACES"))

    def several():
        copy_phone(t, "two/a")
        copy_phone(t, "two/b")
        expect(t.check(phone="two"), 2, "2 backups here")
        expect(t.check("two/b", *DEMO, phone="two/a"), 1)
        names = [json.loads(x)["name"] for x in
                 t.run("export", "c.bridle", "--what", "evidence").stdout.splitlines()]
        assert names == ["a", "b"], names

    def one_missing():
        """The rest is checked; what stayed closed counts."""
        p = t.check("nowhere", "-i", "other.stix2", "--only", "ios.calendar")
        expect(p, 3, "INCOMPLETE", "nowhere")

    os.mkdir(t.path("two"))
    t.claim("two backups are told apart", several)
    t.claim("one of two can't be opened: incomplete", one_missing)


def password(t):
    def law(word, *args):
        p = expect(t.run("check", "made/phone", "-o", "p.bridle", *args), 4, word)
        assert len(complaints(p)) == 1 and not os.path.exists(t.path("p.bridle")), p.stderr

    def by_descriptor():
        with open(t.path("password"), "rb") as f:
            p = t.run("check", "made/phone", *DEMO, "-o", "c.bridle", "--force", "--password-fd",
                      "0", stdin=f)
        expect(p, 1)

    t.write("wrong", "not this one\n")
    t.write("nothing", "\n")
    t.claim("no password: 4", lambda: law("no password was given"))
    t.claim("a wrong password: 4", lambda: law("does not open", "--password-file", "wrong"))
    t.claim("an empty password: 4", lambda: law("is empty", "--password-file", "nothing"))
    t.claim("no password file: 4", lambda: law("can’t be read", "--password-file", "nowhere"))
    t.claim("the password from a descriptor", by_descriptor)


def files(t):
    def exists():
        t.write("there.bridle", "mine\n")
        args = ["check", "made/phone", *DEMO, "--password-file", "password", "-o", "there.bridle"]
        expect(t.run(*args), 2, "exists already", "--force")
        with open(t.path("there.bridle")) as f:
            assert f.read() == "mine\n"
        expect(t.run(*args, "--force"), 1)
        expect(t.run("export", "there.bridle", "--what", "evidence"), 0, "iPhone")

    def report_exists():
        t.write("notes.html", "mine\n")
        for args in (["--report", "notes.html"], []):
            case = "notes.bridle" if not args else "other.bridle"
            expect(t.run("check", "made/phone", *DEMO, "--password-file", "password", "-o", case,
                         *args), 2, "notes.html exists already", "--force")
            assert not os.path.exists(t.path(case))
            with open(t.path("notes.html")) as f:
                assert f.read() == "mine\n"

    def inside():
        for args in (["-o", "made/phone/x.bridle"], ["--report", "made/phone/3d/x.html"]):
            before = sorted(os.listdir(t.path("made", "phone")))
            expect(t.check(*args, case="i.bridle"), 2, "inside the evidence", args[1])
            assert sorted(os.listdir(t.path("made", "phone"))) == before

    def reports():
        expect(t.check(*DEMO, "--no-report", case="r.bridle"), 1)
        assert not os.path.exists(t.path("r.html"))
        expect(t.check(*DEMO, case="r.bridle"), 1, "r.html")
        for f in ("r.bridle", "r.html"):
            assert os.stat(t.path(f)).st_mode & 0o077 == 0, f

    def default_name():
        expect(t.run("check", "made/phone", *DEMO, "--password-file", "password"), 1)
        assert os.path.exists(t.path("phone.bridle")) and os.path.exists(t.path("phone.html"))

    t.claim("an existing case is kept, --force replaces it", exists)
    t.claim("so is an existing report", report_exists)
    t.claim("nothing is written into the evidence", inside)
    t.claim("report or none, and private", reports)
    t.claim("the case is named after the evidence", default_name)


def choices(t):
    def skipped(args, kept):
        expect(t.check(*DEMO, *args), 1)
        rows = coverage(t)
        for a, row in rows.items():
            assert (row["status"] == "skipped") != kept(a), (a, row["status"])

    def threshold(severity, status):
        expect(t.check(*DEMO, "--only", "ios.calendar", "--fail-on", severity), status, "TRACES")

    def window():
        expect(t.check(*DEMO, "--only", "ios.calendar", "--since", "2026-02-01"), (0), "NONE FOUND")

    t.claim("--only reads these", lambda: skipped(["--only", "ios.sms,ios.calendar"],
                                                  lambda a: a in ("ios.sms", "ios.calendar")))
    t.claim("--skip leaves these out", lambda: skipped(["--skip", "ios.sms"],
                                                       lambda a: a != "ios.sms"))
    for severity, status in [("info", 1), ("medium", 1), ("high", 0), ("critical", 0)]:
        t.claim("--fail-on %s: %d" % (severity, status), lambda: threshold(severity, status))
    t.claim("--since leaves earlier findings out", window)


def lists(t):
    def with_lists(status, *names, words=()):
        args = [x for n in names for x in ("-i", n)]
        return expect(t.check(*args, "--only", "ios.calendar"), status, *words)

    t.write("other.stix2", indicator_set("elsewhere.example"))
    t.write("cut.stix2", indicator_set("elsewhere.example")[:-40])
    t.write("prose.txt", "no list at all\n")
    t.claim("nothing found: 0", lambda: with_lists(0, "other.stix2", words=["NONE FOUND"]))
    t.claim("no lists: 3", lambda: with_lists(3, words=["INCOMPLETE", "No indicators are loaded"]))
    t.claim("a list that is none: 3", lambda: with_lists(
        3, "other.stix2", "prose.txt", words=["INCOMPLETE", "prose.txt", "could not be read"]))
    t.claim("a list without its end: 3", lambda: with_lists(
        3, "other.stix2", "cut.stix2", words=["INCOMPLETE", "cut.stix2", "ends too early"]))
    deep = os.path.join("deep", *"abcdefgh")
    os.makedirs(t.path(deep))
    t.write(os.path.join(deep, "below.stix2"), indicator_set("below.example"))
    t.claim("lists too deep in a folder: 3", lambda: with_lists(
        3, "other.stix2", "deep", words=["INCOMPLETE", "too many folders deep"]))
    t.claim("no such list: 2", lambda: with_lists(2, "nowhere.stix2", words=["nowhere.stix2"]))
    t.claim("a bad list hides no finding: 1", lambda: with_lists(
        1, "made/demo.stix2", "prose.txt", words=["TRACES", "could not be read"]))


def output(t):
    def as_json():
        p = expect(t.check(*DEMO, "--json"), 1)
        one = json.loads(p.stdout)
        assert p.stdout.count("\n") == 1 and p.stdout.endswith("}\n"), p.stdout
        assert (one["kind"], one["verdict"], one["exit"]) == ("summary", "traces", 1), one
        assert not p.stderr, p.stderr

    def quiet():
        p = expect(t.check(*DEMO, "-q"), 1)
        assert not p.stdout and not p.stderr, (p.stdout, p.stderr)

    def plain():
        """Into a pipe, and with NO_COLOR, no escapes."""
        for env in ({}, {"NO_COLOR": "1"}, {"TERM": "dumb"}):
            p = expect(t.check(*DEMO, env=dict(os.environ, **env)), 1)
            assert "\x1b" not in p.stdout + p.stderr

    def forbidden():
        text = t.check(*DEMO).stdout.lower() + t.run("check", "--help").stdout.lower()
        for word in ("clean", "infected"):
            assert word not in text, word

    t.claim("--json is one object and nothing else", as_json)
    t.claim("-q says nothing", quiet)
    t.claim("no colours without a terminal", plain)
    t.claim("no verdict that nobody can know", forbidden)


def interrupt(t):
    """The case appears when the jobs start; with this much to read they go on for a while."""
    os.mkdir(t.path("loose"))
    messages(t.path("loose", "sms.db"),
             ("look at https://www%d.example/%d" % (i, i) for i in range(150000)))

    def law():
        case = t.path("stopped.bridle")
        p = subprocess.Popen([BRIDLE, "check", "loose", "-i", "other.stix2", "-o", case],
                             cwd=t.work, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                             stdin=subprocess.DEVNULL, start_new_session=True, encoding="utf-8")
        end = time.monotonic() + 60
        while not os.path.exists(case) and p.poll() is None and time.monotonic() < end:
            time.sleep(0.001)
        time.sleep(0.05)
        p.send_signal(signal.SIGINT)
        out, err = p.communicate(timeout=60)
        assert p.returncode == 130 and "interrupted" in err, (p.returncode, out, err)
        assert "NONE FOUND" not in out, out
        assert coverage(t, case)["ios.sms"]["status"] == "failed", coverage(t, case)["ios.sms"]
        expect(t.run("recheck", case, "-i", "other.stix2"), 3, "INCOMPLETE")

    t.claim("interrupted: 130, and the case reads incomplete", law)


def main():
    t = Demo()
    for part in (lists, evidence, password, files, choices, output, interrupt):
        part(t)
    t.end()


main()
