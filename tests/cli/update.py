"""bridle indicators update: from a local HTTPS server that also lies, cuts and dawdles, and offline."""
import base64
import hashlib
import http.server
import json
import os
import ssl
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "schema"))
import validate  # noqa: E402
from kit import Tests, bridle, expect, indicator_set  # noqa: E402

VALIDATOR = validate.Validator(validate.load())


def openssl(*args, data=None):
    return subprocess.run(["openssl", *args], input=data, check=True, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL).stdout


class Minisign:
    """Ed25519 by openssl, in minisign's layout."""

    def __init__(self, folder, number=1):
        self.pem = os.path.join(folder, "key%d.pem" % number)
        openssl("genpkey", "-algorithm", "ed25519", "-out", self.pem)
        self.id = bytes([number]) * 8
        raw = openssl("pkey", "-in", self.pem, "-pubout", "-outform", "DER")[-32:]
        self.public = base64.b64encode(b"Ed" + self.id + raw).decode()

    def raw(self, message):
        path = self.pem + ".message"
        with open(path, "wb") as f:
            f.write(message)
        return openssl("pkeyutl", "-sign", "-inkey", self.pem, "-rawin", "-in", path)

    def sign(self, message, hashed=True, comment="timestamp:1768478400"):
        s = self.raw(hashlib.blake2b(message).digest() if hashed else message)
        line = base64.b64encode((b"ED" if hashed else b"Ed") + self.id + s).decode()
        whole = base64.b64encode(self.raw(s + comment.encode())).decode()
        return ("untrusted comment: x\n%s\ntrusted comment: %s\n%s\n"
                % (line, comment, whole)).encode()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        s = self.server
        s.seen.append((self.path, self.headers.get("If-None-Match")))
        if self.path.startswith("/hop/"):
            n = int(self.path[5:])
            return self.send(302, b"", Location="/hop/%d" % (n - 1) if n else "/good.stix2")
        if self.path == "/plain":
            return self.send(302, b"", Location="http://localhost:%d/good.stix2" % s.server_port)
        if self.path == "/file":
            return self.send(302, b"", Location="file:///etc/passwd")
        body = s.files.get(self.path)
        if body is None:
            return self.send(404, b"no")
        if self.path.startswith("/slow"):
            time.sleep(8)
        etag = '"%s"' % hashlib.sha256(body).hexdigest()[:16]
        if self.headers.get("If-None-Match") == etag:
            return self.send(304, b"", ETag=etag)
        return self.send(200, body, cut=self.path.startswith("/cut"), ETag=etag)

    def send(self, status, body, cut=False, **headers):
        self.send_response(status)
        for k, v in headers.items():
            self.send_header(k, v)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[:len(body) // 2] if cut else body)
        self.close_connection = True

    def log_message(self, *args):
        pass


class Quiet(http.server.ThreadingHTTPServer):
    def handle_error(self, request, client_address):
        pass


class Update(Tests):
    def __init__(self):
        super().__init__()
        os.environ["BRIDLE_STORE"] = self.path("store")
        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
                "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout",
                self.path("tls.key"), "-out", self.path("tls.crt"))
        self.server = Quiet(("127.0.0.1", 0), Handler)
        self.server.files, self.server.seen = {}, []
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(self.path("tls.crt"), self.path("tls.key"))
        self.server.socket = tls.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.base = "https://localhost:%d" % self.server.server_port

    def path(self, *parts):
        return os.path.join(self.work, *parts)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as f:
            f.write(text)

    def serve(self, name, body):
        self.server.files["/" + name] = body if isinstance(body, bytes) else body.encode()

    def index(self, *sets, name="index.json", **more):
        self.serve(name, json.dumps({"bridle_index": 1, "sets": sets, **more}))

    def run(self, *args):
        del self.server.seen[:]
        return bridle(self.work, "indicators", *args)

    def update(self, status, *args, ca=True, index="index.json"):
        args = ["--ca-file", self.path("tls.crt")] * ca + list(args)
        if index:
            args += ["--index", self.base + "/" + index]
        p = expect(self.run("update", "--json", *args), status)
        for line in p.stdout.splitlines():
            fault = validate.line_fault(VALIDATOR, line)
            assert not fault, (fault, line)
        self.err = p.stderr
        return [json.loads(line) for line in p.stdout.splitlines()]

    def known(self, value):
        p = self.run("search", value, "--json")
        return [m["set"] for line in p.stdout.splitlines() for m in json.loads(line)["matches"]]


def entry(t, name, body=None, **more):
    """An entry that pins what is served under the name."""
    body = t.server.files["/" + name] if body is None else body
    return {"name": name, "url": t.base + "/" + name, "sha256": hashlib.sha256(body).hexdigest(),
            "size": len(body), "licence": "CC0-1.0", "publisher": "A Lab", **more}


def gets_what_an_index_lists(t):
    t.serve("good.stix2", indicator_set("good.example"))
    t.serve("nso/domains.txt", "list.example\n")
    t.index(entry(t, "good.stix2"),
            {"name": "A list", "url": "nso/domains.txt", "licence": "MIT",
             "published": "2026-02-01"})
    one, two = t.update(0)
    assert (one["status"], one["pinned"], one["loaded"]) == ("new", True, 1), one
    assert two["status"] == "new" and "pinned" not in two, two
    sets = [json.loads(x) for x in t.run("list", "--json").stdout.splitlines()]
    assert [(s["name"], s["licence"]) for s in sets] == [
        ("good.stix2", "CC0-1.0"), ("nso/domains.txt", "MIT")], sets
    assert sets[0]["url"] == t.base + "/good.stix2" and sets[0]["publisher"] == "A Lab"
    assert sets[1]["published"] == "2026-02-01", sets[1]
    assert t.known("good.example") == ["good.stix2"]


def asks_again_by_etag_only(t):
    assert [s["status"] for s in t.update(0)] == ["unchanged", "unchanged"]
    asked = dict(t.server.seen)
    assert "/good.stix2" not in asked, asked  # the index pins what is here
    assert asked["/nso/domains.txt"], asked


def tells_what_changed(t):
    t.serve("nso/domains.txt", "list.example\nmore.example\nb.example\n")
    changed = t.update(0)[1]
    assert (changed["status"], changed["values_new"], changed["values_gone"]) == ("changed", 2, 0)
    t.serve("nso/domains.txt", "b.example\n")
    changed = t.update(0)[1]
    assert (changed["values_new"], changed["values_gone"]) == (0, 2), changed
    assert t.known("b.example") == ["nso/domains.txt"] and not t.known("more.example")


def a_set_that_fails_keeps_its_version(t):
    good = t.server.files["/good.stix2"]
    for body, why in [(good.replace(b"good", b"evil"), "its sum"), (good + b" ", "larger"),
                      (good[:-3], "not of the size")]:
        t.index({**entry(t, "good.stix2", good), "sha256": "0" * 64})
        t.serve("good.stix2", body)
        one = t.update(3)[0]
        assert one["status"] == "failed" and why in one["why"], (why, one)
        assert t.known("good.example") == ["good.stix2"] and not t.known("evil.example")
    p = t.run("update", "--ca-file", t.path("tls.crt"), "--index", t.base + "/index.json")
    assert "the version from before is kept" in p.stdout, p.stdout
    t.serve("good.stix2", good)


def refuses(t):
    t.serve("page.html", "<html><body>evil.example</body></html>")
    t.serve("cut.json", b'{"type":"bundle","id":"bundle--1","objects":[' + b" " * 500)
    t.serve("cut-off.stix2", indicator_set("cut.example") * 40)
    t.serve("half.stix2", indicator_set("half.example")[:-30])
    t.serve("slow.txt", "slow.example\n")
    t.serve("big.txt", b"# " + b"x" * 300000 + b"\nbig.example\n")
    for name, more, why in [
            ("page.html", {}, "no OpenIOC"), ("cut-off.stix2", {}, "cut"),
            ("half.stix2", {}, "cut off or damaged"), ("missing", {}, "404"),
            ("slow.txt", {}, "imeout"), ("big.txt", {"size": 1000}, "larger"),
            ("hop/9", {}, "too many redirects"), ("plain", {}, "HTTPS"), ("file", {}, "HTTPS")]:
        t.index({"name": name, "url": t.base + "/" + name, **more})
        one = t.update(3, "--seconds", "3")[0]
        assert one["status"] == "failed" and why in one["why"], (name, one)
    t.index({"name": "follows", "url": t.base + "/hop/4"})
    assert t.update(0)[0]["status"] == "new"


def refuses_addresses(t):
    t.index({"name": "plain", "url": "http://localhost/x"}, {"name": "local", "url": "file:///x"},
            {"name": "odd", "url": "https://localhost/\tx"}, {"name": "none"},
            {"name": "rooted", "url": "/x"})
    got = t.update(3)
    assert [s["status"] for s in got] == ["failed"] * 4 and not t.server.seen[1:], got


def wants_the_right_certificate(t):
    t.index(entry(t, "good.stix2"))
    t.update(4, ca=False)
    assert "certificate" in t.err, t.err
    os.environ["BRIDLE_CA_FILE"] = t.path("tls.crt")
    t.update(0, ca=False)
    del os.environ["BRIDLE_CA_FILE"]


def checks_signatures(t):
    key, other = Minisign(t.work, 1), Minisign(t.work, 2)
    body = indicator_set("signed.example").encode()
    t.serve("signed.stix2", body)
    listed = {"name": "s", "url": t.base + "/signed.stix2", "key": key.public}
    t.index(listed)
    for signature, why in [
            (None, "no signature"), (b"rubbish\n", "not a signature"),
            (other.sign(body), "another key"), (key.sign(body + b" "), "does not fit"),
            (key.sign(body).replace(b"timestamp:1", b"timestamp:2"), "does not fit")]:
        t.server.files.pop("/signed.stix2.minisig", None)
        if signature:
            t.serve("signed.stix2.minisig", signature)
        one = t.update(3)[0]
        assert one["status"] == "failed" and why in one["why"], (why, one)
    for hashed in (True, False):
        t.serve("signed.stix2.minisig", key.sign(body, hashed))
        one = t.update(0)[0]
        assert one["status"] in ("new", "unchanged") and one.get("signed", not hashed), one
    t.serve("index.json.minisig", key.sign(t.server.files["/index.json"]))
    t.update(0, "--key", key.public)
    t.update(4, "--key", other.public)
    assert "another key" in t.err, t.err


def other_indexes(t):
    uuid = "5f1b0000-0000-4000-8000-00000000000%d"
    t.serve("feed/manifest.json", json.dumps({uuid % i: {"info": "Event %d" % i} for i in (1, 2)}))
    for i in (1, 2):
        t.serve("feed/%s.json" % (uuid % i), json.dumps({"Event": {"info": "x", "Attribute": [
            {"type": "domain", "value": "feed%d.example" % i, "to_ids": True}]}}))
    assert [s["name"] for s in t.update(0, index="feed/manifest.json")] == ["Event 1", "Event 2"]
    assert t.known("feed2.example")
    t.serve("indicators.yaml", "indicators:\n  -\n    type: other\n    name: Good\n    sources:\n"
            "      - A Lab\n    download_url: %s/good.stix2\n" % t.base)
    assert t.update(0, index="indicators.yaml")[0]["name"] == "Good"
    for bad in ("<html>", "", "{}", '{"bridle_index":9,"sets":[]}', "[" * 5000, "x: &a 1\n"):
        t.serve("bad", bad)
        t.update(4, index="bad")
        assert "index" in t.err, t.err


def a_set_that_is_no_longer_listed_is_kept(t):
    t.index(entry(t, "good.stix2"))
    t.update(0)
    t.index(entry(t, "signed.stix2"))
    p = expect(t.run("update", "--ca-file", t.path("tls.crt"), "--index", t.base + "/index.json"),
               0, "no longer in its index")
    assert "good.stix2" in p.stdout and t.known("good.example")


def offline_goes_the_same_way(t):
    os.makedirs(t.path("mirror", "deep", "er"))
    good = t.server.files["/good.stix2"]
    with open(t.path("mirror", "deep", "er", "any name"), "wb") as f:
        f.write(good)
    t.write("mirror/domains.txt", "offline.example\n")
    t.write("index.json", json.dumps({"bridle_index": 1, "sets": [
        {**entry(t, "good.stix2"), "url": "https://sets.example/a/good.stix2"},
        {"name": "list", "url": "https://sets.example/nso/domains.txt"},
        {"name": "not there", "url": "https://sets.example/not/there"},
        {"name": "outside", "url": "https://sets.example/../index.json"},
        {**entry(t, "good.stix2", b"other"), "url": "https://sets.example/b/domains.txt"}]}))
    os.environ["BRIDLE_STORE"] = t.path("second")
    got = t.update(3, "--offline", "mirror", "--index", "index.json", ca=False, index=None)
    assert [s["status"] for s in got] == ["new", "new", "failed", "failed", "failed"], got
    assert "not in the folder" in got[2]["why"] and "larger" in got[4]["why"], got
    assert not t.server.seen and t.known("offline.example") == ["nso/domains.txt"]
    os.environ["BRIDLE_STORE"] = t.path("store")


def the_index_of_this_release_is_whole(t):
    p = t.run("update", "--offline", t.work, "--json")
    got = [json.loads(x) for x in p.stdout.splitlines()]
    shipped = [s for s in got if "githubusercontent" in s["url"]]
    assert len(shipped) >= 20 and all(s["url"].startswith("https://") for s in shipped), p.stderr


def main():
    if not os.path.exists(os.path.join(os.path.dirname(os.environ["BRIDLE"]), "bridle-update")):
        print("1..0 # SKIP built without libcurl")
        return
    t = Update()
    for part in (gets_what_an_index_lists, asks_again_by_etag_only, tells_what_changed,
                 a_set_that_fails_keeps_its_version, refuses, refuses_addresses,
                 wants_the_right_certificate, checks_signatures, other_indexes,
                 a_set_that_is_no_longer_listed_is_kept, offline_goes_the_same_way,
                 the_index_of_this_release_is_whole):
        t.claim(part.__name__.replace("_", " "), lambda: part(t))
    t.server.shutdown()
    t.end()


main()
