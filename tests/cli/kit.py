"""Runs bridle as a person would, in a folder of its own, with the demo's phone as evidence."""
import os
import shutil
import sqlite3
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))
from lib import BRIDLE, Tests  # noqa: E402

PASSWORD = b"horse and bridle\n"


def bridle(work, *args, **more):
    """Without a terminal: nothing can be asked."""
    more.setdefault("stdin", subprocess.DEVNULL)
    return subprocess.run([BRIDLE, *args], cwd=work, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=120, start_new_session=True,
                          encoding="utf-8", **more)


def expect(p, status, *words):
    """The status, and each word somewhere in what a person reads."""
    assert p.returncode == status, (p.args[1:], p.returncode, p.stdout[:300], p.stderr)
    for w in words:
        assert w in p.stdout + p.stderr, (w, p.stdout, p.stderr)
    return p


def complaints(p):
    return [line for line in p.stderr.splitlines() if line.startswith("bridle:")]


class Demo(Tests):
    """t.work holds made/phone, made/demo.stix2, password, and the case of the demo."""

    def __init__(self):
        super().__init__()
        expect(bridle(self.work, "demo", "--keep", "made"), 0)
        with open(self.path("password"), "wb") as f:
            f.write(PASSWORD)

    def path(self, *parts):
        return os.path.join(self.work, *parts)

    def run(self, *args, **more):
        return bridle(self.work, *args, **more)

    def check(self, *args, phone="made/phone", case="c.bridle", **more):
        return self.run("check", phone, "--password-file", "password", "-o", case, "--force",
                        *args, **more)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as f:
            f.write(text)
        return name


def messages(path, texts):
    """A loose sms.db with one received message for each text."""
    if os.path.exists(path):
        os.unlink(path)
    db = sqlite3.connect(path)
    db.execute("CREATE TABLE handle (ROWID INTEGER PRIMARY KEY, id TEXT)")
    db.execute("CREATE TABLE message (ROWID INTEGER PRIMARY KEY, guid TEXT, text TEXT, "
               "handle_id INTEGER, service TEXT, date INTEGER, is_from_me INTEGER)")
    db.execute("INSERT INTO handle VALUES (1, '+15550100')")
    db.executemany("INSERT INTO message VALUES (NULL, NULL, ?, 1, 'SMS', 700000000000000000, 0)",
                   ((text,) for text in texts))
    db.commit()
    db.close()


def indicator_set(value, number=1):
    return ('{"type":"bundle","id":"bundle--00000000-0000-4000-8000-%012d","objects":[{"type":'
            '"indicator","spec_version":"2.1","id":"indicator--00000000-0000-4000-8000-%012d",'
            '"pattern_type":"stix","pattern":"[domain-name:value=\'%s\']",'
            '"valid_from":"2025-01-01T00:00:00Z"}]}\n' % (number, number, value))


def copy_phone(t, name):
    shutil.copytree(t.path("made", "phone"), t.path(name))
    return name
