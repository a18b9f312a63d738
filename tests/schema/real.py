"""What the program really prints about its own made-up phone fits the schema, line by line."""
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import validate  # noqa: E402

BRIDLE = os.environ["BRIDLE"]


def run(work, *args, **more):
    return subprocess.run([BRIDLE, *args], cwd=work, stdout=subprocess.PIPE, timeout=120, **more)


def outputs(work):
    """Name, expected exit statuses, result."""
    yield "demo", (0,), run(work, "demo", "--keep", "made")
    for what in ("evidence", "records", "findings", "coverage", "observables"):
        yield what, (0,), run(work, "export", "bridle-demo.bridle", "--what", what)
    yield "everything", (0,), run(work, "export", "bridle-demo.bridle")
    yield "recheck", (1,), run(work, "recheck", "bridle-demo.bridle", "-i", "made/demo.stix2",
                               "--json")
    yield "lint", (0, 1), run(work, "indicators", "lint", "made/demo.stix2", "--json")


def main():
    validator, n, bad = validate.Validator(validate.load()), 0, 0
    with tempfile.TemporaryDirectory(prefix="bridle-schema.") as work:
        for name, statuses, result in outputs(work):
            lines = result.stdout.decode().splitlines() if name != "demo" else ["-"]
            faults = [validate.line_fault(validator, x) for x in lines if name != "demo"]
            faults = ["line %d: %s" % (i, f) for i, f in enumerate(faults, 1) if f]
            if not lines or result.returncode not in statuses:
                faults.append("status %d, %d lines" % (result.returncode, len(lines)))
            n += 1
            bad += bool(faults)
            print("not ok" if faults else "ok", n, "-", name)
            for f in faults[:10]:
                print("#", f)
    print("1..%d" % n)
    sys.exit(1 if bad else 0)


main()
