"""
Generated backups with planted traces and decoys, plain and encrypted, several seeds: every planted
trace of an artifact we have is found, no decoy is, and the encrypted one gives the same records.
"""
import json
import os
import subprocess
import sys

from lib import Tests, check, generate, shared, tree_sha256

SEEDS = [int(s) for s in os.environ.get("BRIDLE_SEEDS", "3 11").split()]
PASSWORD = "correct horse"


def make(t, seed, encrypted):
    base = os.path.join(t.work, "%d-%s" % (seed, "encrypted" if encrypted else "plain"))
    args = [base, "--seed", str(seed), "--plant", "demo", "--stix-out", base + ".stix2",
            "--truth", base + ".json"]
    if encrypted:
        args += ["--encrypt", PASSWORD, "--fast-kdf"]
    generate("gen_ios_backup.py", *args)
    return base


def known(artifact, ids):
    names = {i.split(".")[1].replace("_", "") for i in ids}
    norm = {"safaribrowserstate": "safaritabs", "filecontent": "manifest"}
    flat = artifact.replace("_", "")
    return norm.get(flat, flat) in names


def alerts(result):
    """One alert per finding and record: the scorer knows no findings that gather several, and would
    take the first and last time in the explanation for the record's own."""
    out = []
    for finding in result.export("findings"):
        del finding["explanation"]
        for record in finding.pop("records"):
            out.append(dict(finding, time=record.get("time"), records=[record]))
    return out


def score(t, base, result):
    """By the generator's own scorer, over the traces of artifacts that exist here."""
    ids = [c["artifact"] for c in result.export("coverage")]
    with open(base + ".json", encoding="utf-8") as f:
        truth = [e for e in json.load(f) if known(e["artifact"], ids)]
    assert len(truth) > 250, len(truth)
    with open(base + ".truth.json", "w", encoding="utf-8") as f:
        json.dump(truth, f)
    with open(base + ".alerts.json", "w", encoding="utf-8") as f:
        json.dump(alerts(result), f)
    p = subprocess.run([sys.executable, shared("tools", "score_planted.py"),
                        base + ".truth.json", base + ".alerts.json", "--ioc-key", "indicators",
                        "--module-key", "artifact", "--list"], capture_output=True)
    text = p.stdout.decode()
    lines = [x for x in text.splitlines() if x.startswith(("MISSED", "FALSE"))]
    assert p.returncode == 0, "\n".join(lines) or text


def records(result):
    """What doesn't depend on the container: ids and container paths aside."""
    out = []
    for r in result.export("records"):
        if r["artifact"] in ("ios.backup_info",):  # says itself whether it is encrypted
            continue
        r.pop("id")
        r["provenance"].pop("container_path", None)
        r["fields"].pop("protection_class", None)
        out.append(json.dumps(r, sort_keys=True))
    return sorted(out)




def main():
    t = Tests()
    shared("tools", "gen_ios_backup.py")
    for seed in SEEDS:
        plain, locked = make(t, seed, False), make(t, seed, True)
        state = {}

        def read(base, password):
            before = tree_sha256(base)
            r = check(base, t.work, [base + ".stix2"], password, name=os.path.basename(base))
            assert r.status == 1, (r.status, r.out, r.err)
            assert tree_sha256(base) == before, "the evidence changed"
            state[base] = r

        t.claim("seed %d: a plain backup is read" % seed, lambda: read(plain, None))
        t.claim("seed %d: an encrypted backup is read" % seed, lambda: read(locked, PASSWORD))
        t.claim("seed %d: plain: all planted, no decoys" % seed,
                lambda: score(t, plain, state[plain]))
        t.claim("seed %d: encrypted: all planted, no decoys" % seed,
                lambda: score(t, locked, state[locked]))

        def same():
            a, b = records(state[plain]), records(state[locked])
            only = [x for x in a if x not in set(b)][:3] + [x for x in b if x not in set(a)][:3]
            assert a == b, "\n".join(only)

        t.claim("seed %d: plain and encrypted give the same records" % seed, same)

        def again():
            r = check(plain, t.work, [plain + ".stix2"], name="again")
            for what in ("findings", "records", "observables"):
                assert r.export(what) == state[plain].export(what), what

        t.claim("seed %d: a second run gives the same" % seed, again)
    t.end()


main()
