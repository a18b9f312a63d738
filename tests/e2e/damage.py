"""
Cuts and flips at random places of any file of a generated backup: the check never crashes, nothing
hangs, and fewer records than the intact run always come with a coverage row that is not `read`.
"""
import collections
import os
import random
import shutil

from lib import Tests, check, generate, shared

ROUNDS = int(os.environ.get("BRIDLE_DAMAGE_ROUNDS", "40"))
SEED = int(os.environ.get("BRIDLE_DAMAGE_SEED", "1"))


def counts(result):
    return collections.Counter(r["artifact"] for r in result.export("records"))


def damage(path, r):
    """Returns what was done. The places lie anywhere: header, middle, tail."""
    size = os.path.getsize(path)
    if r.random() < 0.4 and size > 1:
        at = r.randrange(size)
        os.truncate(path, at)
        return "cut at %d of %d" % (at, size)
    with open(path, "r+b") as f:
        at, n = r.randrange(max(size, 1)), r.choice([1, 1, 4, 64])
        f.seek(at)
        old = f.read(n)
        f.seek(at)
        f.write(bytes(b ^ r.randrange(1, 256) for b in old))
    return "%d bytes flipped at %d of %d" % (n, at, size)


def main():
    t = Tests()
    shared("tools", "gen_ios_backup.py")
    r = random.Random(SEED)
    base = os.path.join(t.work, "intact")
    generate("gen_ios_backup.py", base, "--seed", "5", "--plant", "demo", "--messages", "60",
             "--history", "60", "--stix-out", base + ".stix2", "--truth", base + ".json")
    whole = counts(check(base, t.work, name="whole"))
    files = sorted(os.path.join(d, f) for d, _, fs in os.walk(base) for f in fs)
    files = [os.path.relpath(f, base) for f in files]
    # Databases and plists at the root and in the folders, each as likely as any other.
    for i in range(ROUNDS):
        name = r.choice(files)
        copy = os.path.join(t.work, "copy")
        shutil.copytree(base, copy, copy_function=os.link)
        target = os.path.join(copy, name)
        shutil.copy2(target, target + ".x")  # a file of its own, not the link
        os.replace(target + ".x", target)
        what = damage(target, r)

        def law():
            result = check(copy, t.work, name="damaged", args=["--no-report", "--time-limit", "60"])
            assert result.status in (0, 1, 3, 4), (result.status, result.err)
            if result.status == 4:
                return
            status = {c["artifact"]: c["status"] for c in result.export("coverage")}
            now = counts(result)
            for a, n in whole.items():
                assert now[a] >= n or status[a] != "read", (a, n, now[a])
            assert result.status != 0 or now == whole, "a loss that looks complete"

        t.claim("%s: %s" % (name, what), law)
        shutil.rmtree(copy)
    t.end()


main()
