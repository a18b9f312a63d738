"""
What a check touches, by strace: nothing is opened for writing but case and report, nothing connects,
and a search through all that was written, the case and report apart, finds no message text.
"""
import os
import re
import shutil
import subprocess

from lib import BRIDLE, Tests, generate, shared

MARK = b"spy.example"


def main():
    t = Tests()
    shared("tools", "gen_ios_backup.py")
    if not shutil.which("strace"):
        print("1..0 # SKIP needs strace")
        return
    base = os.path.join(t.work, "phone")
    generate("gen_ios_backup.py", base, "--seed", "4", "--plant", "demo", "--encrypt", "x y",
             "--fast-kdf", "--stix-out", base + ".stix2", "--truth", base + ".json")
    out = os.path.join(t.work, "out")
    os.mkdir(out)
    with open(os.path.join(t.work, "pw"), "w", encoding="utf-8") as f:
        f.write("x y\n")
    trace = os.path.join(t.work, "trace")
    p = subprocess.run(
        ["strace", "-f", "-qq", "-s", "4096", "-o", trace, "-e",
         "trace=openat,open,creat,connect,rename,mkdir,unlink,link,symlink,socket,memfd_create",
         BRIDLE, "check", base, "-i", base + ".stix2", "--password-file",
         os.path.join(t.work, "pw"), "-o", os.path.join(out, "a.bridle"), "--report",
         os.path.join(out, "a.html")],
        capture_output=True, stdin=subprocess.DEVNULL, timeout=300, cwd=out)
    with open(trace, encoding="utf-8", errors="replace") as f:
        calls = f.read().splitlines()

    def traced():
        assert p.returncode == 1, (p.returncode, p.stderr.decode()[-500:])
        assert len(calls) > 20, calls

    def only_ours():
        writes = [c for c in calls if re.search(r"O_WRONLY|O_RDWR|O_CREAT|creat\(", c) and
                  "= -1" not in c]
        stray = [c for c in writes if out + "/a." not in c and '"/dev/tty"' not in c and
                 '"/dev/null"' not in c]
        assert not stray, "\n".join(stray[:10])

    def no_network():
        # The one kind of socket there is: a pair between parent and job.
        bad = [c for c in calls if re.search(r"connect\(|socket\(", c)]
        assert not bad, "\n".join(bad[:5])

    def only_two_files():
        names = sorted(os.listdir(out))
        assert names == ["a.bridle", "a.html"], names

    def not_readable_by_others():
        for name in os.listdir(out):
            assert os.stat(os.path.join(out, name)).st_mode & 0o077 == 0, name

    def nothing_left():
        for folder, _, files in os.walk(t.work):
            for path in (os.path.join(folder, name) for name in files):
                if path.startswith((base, out + os.sep)) or path == trace:
                    continue
                with open(path, "rb") as f:
                    assert MARK not in f.read(), path

    t.claim("the check runs under strace", traced)
    t.claim("only case and report are opened for writing", only_ours)
    t.claim("nothing connects", no_network)
    t.claim("exactly two files are left", only_two_files)
    t.claim("case and report are for the owner only", not_readable_by_others)
    t.claim("no message text lies anywhere else", nothing_left)
    t.end()


main()
