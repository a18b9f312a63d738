"""Real public files, read as loose files and as a file system, against their publishers' counts."""
import collections
import os
import shutil
import zipfile

from lib import Tests, check, shared, tree_sha256

# Name beside the others: the file, and records by table (or in all) of each artifact.
LOOSE = {
    "DataUsage.sqlite": ("ios/DataUsage.sqlite",
                         {"ios.datausage": {"ZPROCESS": 371, "ZLIVEUSAGE": 887}}),
    "com.apple.identityservices.idstatuscache.plist":
        ("ios/com.apple.identityservices.idstatuscache.plist", {"ios.idstatuscache": 40}),
    "History.db": ("safari/History.db",
                   {"ios.safari_history": {"history_visits": 25, "history_tombstones": 6}}),
    "sms.db": ("sqlite/imessage_chat.db", {"ios.sms": 10, "ios.sms_attachments": 1}),
    "TCC.db": ("macos/TCC-test.db", {"ios.tcc": {"access": 21}}),
    "History": ("chrome/History", {"ios.chrome_history": {"visits": 69}}),
    # 92 places, one of them the one that was visited
    "places.db": ("firefox/places.sqlite",
                  {"ios.firefox_history": {"moz_historyvisits": 1, "moz_places": 91}}),
}
WHATSAPP = {
    "ios.whatsapp": {"ZWAMESSAGE": 32, "ZWACHATSESSION": 5, "ZWAGROUPINFO": 4, "ZWAMEDIAITEM": 7},
    "ios.whatsapp_calls": {"ZWACDCALLEVENT": 4},
    "ios.whatsapp_contacts": 9,
}
ZIPS = ["whatsAppMessages", "whatsAppCallHistory", "whatsAppContacts"]


def expect_counts(result, artifact, want):
    of = [r for r in result.records if r["artifact"] == artifact]
    if isinstance(want, int):
        assert len(of) == want, (artifact, len(of), want)
        return
    tables = collections.Counter(r["provenance"]["table"] for r in of)
    for table, n in want.items():
        assert tables[table] == n, (artifact, tables, want)


def read(folder, t, name):
    """One check for many claims; what was asked for must be read, and nothing may fail."""
    before = tree_sha256(folder)
    result = check(folder, t.work, name=name, args=["--keep-all"])
    assert result.status == 3, (result.status, result.out, result.err)  # no indicators
    result.records, result.coverage = result.export("records"), result.export("coverage")
    assert tree_sha256(folder) == before, "the evidence changed"
    bad = [c for c in result.coverage if c["status"] in ("failed", "partial", "locked")]
    assert not bad, bad
    return result


def loose(t):
    plaso = shared("samples", "plaso")
    folder = os.path.join(t.work, "loose")
    os.mkdir(folder)
    for name, (path, _) in LOOSE.items():
        shutil.copyfile(os.path.join(plaso, path), os.path.join(folder, name))
    result = read(folder, t, "loose")

    def kind():
        assert result.export("evidence")[0]["source"] == "files"
        read_ones = {c["artifact"] for c in result.coverage if c["status"] == "read"}
        assert read_ones == {a for _, w in LOOSE.values() for a in w}, read_ones

    def lookups():
        one = [r for r in result.records if r["artifact"] == "ios.idstatuscache" and
               any(o["value"] == "+13233208923" for o in r["observables"])]
        assert [r["time"][:23] for r in one] == ["2021-02-20T01:00:30.799"], one

    def redirects():
        n = sum(1 for r in result.records if r["artifact"] == "ios.safari_history" and
                r["fields"].get("redirected_from"))
        assert n == 11, n

    def first_use():
        first = min((r for r in result.records if r["artifact"] == "ios.datausage" and
                     r["provenance"]["table"] == "ZLIVEUSAGE"),
                    key=lambda r: r["provenance"]["row"])
        assert "CumulativeUsageTracker" in str(first["fields"]), first
        assert 1185814689 in first["fields"].values(), first
        assert first["time"].startswith("2023-04-11T14:45:15.4505"), first

    def no_trace():
        high = [f for f in result.export("findings")
                if f["confidence"] == "high" or f["severity"] not in ("info", "low")]
        assert not high, high

    t.claim("loose files are evidence, and each is read by its name alone", kind)
    for name, (_, wants) in LOOSE.items():
        for artifact, want in wants.items():
            t.claim("%s: %s" % (name, artifact), lambda: expect_counts(result, artifact, want))
    t.claim("a look-up has its number and its time", lookups)
    t.claim("redirects between visits are kept", redirects)
    t.claim("the first use of mobile data has its time", first_use)
    t.claim("phones without spyware give no finding above low", no_trace)


def one_file(t):
    def law():
        path = os.path.join(t.work, "loose", "sms.db")
        result = check(path, t.work, name="one", args=["--keep-all", "--no-report"])
        records = result.export("records")
        assert sum(r["artifact"] == "ios.sms" for r in records) == 10, len(records)

    t.claim("a single loose file is evidence", law)


def whatsapp(t):
    folder = shared("samples", "ileapp")
    top = os.path.join(t.work, "whatsapp")
    for z in ZIPS:
        path = os.path.join(folder, "testdata.whatsApp.%s.josh_ios15_ffs.zip" % z)
        with zipfile.ZipFile(path) as zf:
            zf.extractall(top)
    loose_ones = read(top, t, "whatsapp-loose")
    os.mkdir(os.path.join(top, "private"))
    os.rename(os.path.join(top, "filesystem2"), os.path.join(top, "private", "var"))
    system = read(top, t, "whatsapp-system")

    def kinds():
        assert loose_ones.export("evidence")[0]["source"] == "files"
        assert system.export("evidence")[0]["source"] == "ios-filesystem"

    t.claim("WhatsApp: as loose files and as a file system", kinds)
    for result in (loose_ones, system):
        for artifact, want in WHATSAPP.items():
            t.claim("WhatsApp: " + artifact, lambda: expect_counts(result, artifact, want))


def main():
    t = Tests()
    shared("samples", "plaso")
    for part in (loose, one_file, whatsapp):
        part(t)
    t.end()


main()
