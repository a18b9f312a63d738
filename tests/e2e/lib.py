"""What the end-to-end tests share: run bridle, read its exports, report as TAP."""
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SHARED = os.environ.get("BRIDLE_SHARED") or os.path.join(os.path.dirname(ROOT), "shared")
BRIDLE = os.environ["BRIDLE"]


def shared(*parts):
    """A path in the folder of samples and generators, which a user's clone doesn't have."""
    path = os.path.join(SHARED, *parts)
    if not os.path.exists(path):
        print("1..0 # SKIP", "needs the folder of shared samples beside the project")
        sys.exit(0)
    return path


class Result:
    def __init__(self, status, out, err, case):
        self.status, self.out, self.err, self.case = status, out, err, case

    def summary(self):
        return json.loads(self.out)

    def export(self, what):
        p = subprocess.run([BRIDLE, "export", self.case, "--what", what], capture_output=True)
        assert p.returncode == 0, p.stderr.decode()
        return [json.loads(line) for line in p.stdout.decode().splitlines()]


def check(evidence, work, indicators=(), password=None, password_file=None, args=(), name="case"):
    case = os.path.join(work, name + ".bridle")
    command = [BRIDLE, "check", evidence, "-o", case, "--force", *args]
    for i in indicators:
        command += ["-i", i]
    if password is not None:
        password_file = os.path.join(work, "password")
        with open(password_file, "wb") as f:
            f.write(password.encode() + b"\n")
    if password_file:
        command += ["--password-file", password_file]
    p = subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, timeout=300)
    return Result(p.returncode, p.stdout.decode(), p.stderr.decode(), case)


def tree_sha256(folder):
    """One digest over names and contents: shows that a check left the evidence alone."""
    h = hashlib.sha256()
    for root, dirs, files in os.walk(folder):
        dirs.sort()
        for f in sorted(files):
            p = os.path.join(root, f)
            h.update(os.path.relpath(p, folder).replace(os.sep, "/").encode() + b"\0")
            with open(p, "rb") as x:
                h.update(hashlib.sha256(x.read()).digest())
    return h.hexdigest()


def generate(tool, *args):
    p = subprocess.run([sys.executable, shared("tools", tool), *args], capture_output=True)
    assert p.returncode == 0, p.stderr.decode()


class Tests:
    """Claims, one TAP line each. A claim is a function that asserts."""

    def __init__(self):
        self.n = self.bad = 0
        self.work = tempfile.mkdtemp(prefix="bridle-e2e.")

    def claim(self, name, what):
        self.n += 1
        try:
            what()
            print("ok", self.n, "-", name, flush=True)
        except Exception as e:  # a failed claim must not hide the others
            self.bad += 1
            print("not ok", self.n, "-", name)
            for line in (str(e) or repr(e)).splitlines()[:30]:
                print("#", line)
            sys.stdout.flush()

    def end(self):
        shutil.rmtree(self.work, ignore_errors=True)
        print("1..%d" % self.n)
        sys.exit(1 if self.bad else 0)
