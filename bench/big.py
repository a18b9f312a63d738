"""
The large example: a backup of 1 GiB with 200,000 messages, 100,000 visits and 20,000 small files,
plain and encrypted, paired runs. Prints wall time, the highest sum of PSS over all processes, the
size of the case, and the share of encryption. The password's derivation is set low in this backup
(see kdf_bench for its cost), so that the rest can be seen.

usage: big.py BRIDLE FOLDER [RUNS]     FOLDER keeps the generated phones for the next time
"""
import os
import subprocess
import sys
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SHARED = os.environ.get("BRIDLE_SHARED") or os.path.join(os.path.dirname(ROOT), "shared")
LARGE = ["--seed", "1", "--messages", "200000", "--history", "100000", "--size", "1G",
         "--small-files", "20000", "--plant", "demo", "--extra-iocs", "10000"]


def generate(folder, name, *more):
    out = os.path.join(folder, name)
    if not os.path.exists(out + ".done"):
        subprocess.run([sys.executable, os.path.join(SHARED, "tools", "gen_ios_backup.py"), out,
                        *LARGE, *more, "--stix-out", out + ".stix2", "--truth", out + ".json"],
                       check=True, stdout=subprocess.DEVNULL)
        open(out + ".done", "w").close()
    return out


def children(pid):
    try:
        with open("/proc/%d/task/%d/children" % (pid, pid)) as f:
            below = [int(x) for x in f.read().split()]
    except OSError:
        return []
    return below + [x for b in below for x in children(b)]


def pss(pids):
    total = 0
    for pid in pids:
        try:
            with open("/proc/%d/smaps_rollup" % pid) as f:
                total += sum(int(line.split()[1]) for line in f if line.startswith("Pss:"))
        except OSError:
            pass  # it has just ended
    return total / 1024


def run(bridle, phone, work, password, *more):
    case = os.path.join(work, "big.bridle")
    command = [bridle, "check", phone, "-i", phone + ".stix2", "-o", case, "--force", "-q", *more]
    if password:
        with open(os.path.join(work, "password"), "w") as f:
            f.write(password)
        command += ["--password-file", f.name]
    peak, end = [0], threading.Event()
    began = time.monotonic()
    p = subprocess.Popen(command, stdin=subprocess.DEVNULL)

    def watch():
        while not end.wait(0.03):
            peak[0] = max(peak[0], pss([p.pid] + children(p.pid)))

    t = threading.Thread(target=watch)
    t.start()
    status = p.wait()
    took = time.monotonic() - began
    end.set()
    t.join()
    assert status == 1, status
    return took, peak[0], os.path.getsize(case) / 2**20


def main():
    bridle, folder = sys.argv[1], sys.argv[2]
    runs = int(sys.argv[3]) if len(sys.argv) > 3 else 3
    os.makedirs(folder, exist_ok=True)
    plain = generate(folder, "plain")
    locked = generate(folder, "locked", "--encrypt", "secret", "--fast-kdf")
    kinds = [("plain", plain, None, []), ("encrypted", locked, "secret", []),
             ("encrypted, no hashing", locked, "secret", ["--hash", "used"])]
    best = {}
    for _ in range(runs):  # paired: each round runs each kind once
        for name, phone, password, more in kinds:
            took, peak, size = run(bridle, phone, folder, password, *more)
            old = best.get(name, (1e9, 0, 0))
            best[name] = (min(old[0], took), max(old[1], peak), size)
    print("%-24s %8s %14s %10s" % ("best of %d" % runs, "seconds", "sum of PSS MB", "case MB"))
    for name, (took, peak, size) in best.items():
        print("%-24s %8.2f %14.0f %10.0f" % (name, took, peak, size))
    print("encrypted / plain: %.2f" % (best["encrypted"][0] / best["plain"][0]))


main()
