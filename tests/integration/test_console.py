"""The console's files: as they lie in the tree but for comments and
indentation, with a policy that lets a page do little, from bytes that are
built in or from a folder."""
import gzip
import pathlib
import re
import shutil
import sys

import pytest

from harness.api import problem
from harness.rawhttp import exchange

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from console_files import lean

ROOM = pathlib.Path(__file__).resolve().parents[2] / "src" / "console"
POLICY = ("default-src 'none'; script-src 'self'; style-src 'self'; "
          "img-src 'self' data:; connect-src 'self'; base-uri 'none'; "
          "form-action 'self'; frame-ancestors 'none'; "
          "require-trusted-types-for 'script'")
TYPES = {".html": "text/html", ".js": "text/javascript", ".css": "text/css",
         ".svg": "image/svg+xml", ".png": "image/png"}
PLAIN = {"Accept-Encoding": "identity"}
GZIP = {"Accept-Encoding": "br, gzip;q=0.5"}


def files():
    """Of the tree, as a browser asks for them."""
    text = (ROOM / "room.mk").read_text().replace("\\\n", " ")
    names = re.search(r"^CONSOLE_FILES =(.*)$", text, re.M).group(1).split()
    return [name.removeprefix("src/console/") for name in names]


@pytest.fixture(scope="module")
def web(module_cofferd):
    """Asks without a token."""
    return module_cofferd.api.with_token(None)


@pytest.mark.parametrize("name", files())
def test_each_file_is_the_trees(web, name):
    reply = web.get(f"/console/{name}", headers=PLAIN)
    assert reply.status == 200
    assert reply.body == lean(ROOM / name)
    assert reply.type == TYPES.get(pathlib.Path(name).suffix, "text/plain")
    assert "content-encoding" not in reply.headers
    packed = web.get(f"/console/{name}", headers=GZIP)
    assert packed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(packed.body) == reply.body
    assert packed.headers["etag"] != reply.headers["etag"]
    for answer in (reply, packed):
        assert answer.headers["cache-control"] == "no-cache"
        assert answer.headers["vary"] == "Accept-Encoding"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"


def test_the_page_and_its_policy(web):
    reply = web.get("/", headers=PLAIN)
    assert reply.status == 200 and reply.type == "text/html"
    assert reply.body == (ROOM / "index.html").read_bytes()
    assert reply.headers["content-security-policy"] == POLICY
    assert reply.headers["cache-control"] == "no-cache"
    same = web.get("/console/index.html", headers=PLAIN)
    assert same.headers["etag"] == reply.headers["etag"]
    assert same.headers["content-security-policy"] == POLICY
    # What is no page may do nothing at all, should somebody open it.
    script = web.get("/console/app/main.js")
    assert script.headers["content-security-policy"] \
        == "default-src 'none'; frame-ancestors 'none'"
    # The API's replies are kept by nobody.
    assert web.get("/v1/system").headers["cache-control"] == "no-store"


def test_the_page_of_the_api(web):
    reply = web.get("/docs", headers=PLAIN)
    assert reply.body == (ROOM / "docs.html").read_bytes()
    assert reply.headers["content-security-policy"] == POLICY
    # What it shows needs a token or a session, as ever.
    problem(web.get("/openapi.json"), 401, "unauthorized")


def test_no_page_holds_what_its_policy_forbids():
    for name in files():
        if name.endswith(".html"):
            text = (ROOM / name).read_text()
            assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:", text)
            assert re.findall(r"<script(?![^>]*\ssrc=)", text) == []
            # The name of SVG is an address that nobody asks.
            assert re.findall(r"https?://(?!www\.w3\.org/2000/svg')",
                              text) == []


@pytest.mark.parametrize("encoding", [PLAIN, GZIP])
def test_what_the_client_has_is_not_sent_again(web, encoding):
    first = web.get("/console/style.css", headers=encoding)
    tag = first.headers["etag"]
    assert re.fullmatch(r'"[0-9a-f]{32}(-gzip)?"', tag)
    for value in (tag, f'"other", {tag}', f"W/{tag}", "*"):
        reply = web.get("/console/style.css",
                        headers={**encoding, "If-None-Match": value})
        assert reply.status == 304 and reply.body == b""
        assert reply.headers["etag"] == tag
        assert reply.headers["cache-control"] == "no-cache"
        assert "content-encoding" not in reply.headers
    other = web.get("/console/style.css",
                    headers={**encoding, "If-None-Match": '"0"'})
    assert other.status == 200 and other.body == first.body


def test_head_and_keep_alive(module_cofferd):
    """No body after HEAD or a 304: the next reply would be taken for it."""
    port = module_cofferd.port
    tag = module_cofferd.api.get("/").headers["etag"]
    status, answer = exchange(
        port, b"HEAD / HTTP/1.1\r\nHost: localhost\r\n\r\n"
        b"GET / HTTP/1.1\r\nHost: localhost\r\nIf-None-Match: " + tag.encode()
        + b"\r\n\r\nGET /healthz HTTP/1.1\r\nHost: localhost\r\n"
        b"Connection: close\r\n\r\n")
    assert status == 200
    heads = re.findall(rb"HTTP/1\.1 (\d{3}) ", answer)
    assert heads == [b"200", b"304", b"200"]
    size = (ROOM / "index.html").stat().st_size
    assert f"Content-Length: {size}\r\n".encode() in answer
    assert b"<!doctype" not in answer
    assert answer.endswith(b'{"status":"ok"}')


OUTSIDE = ["/console/../../../etc/passwd", "/console/..%2f..%2fetc%2fpasswd",
           "/console/%2e%2e/console.c", "/console//etc/passwd",
           "/console/app/../room.mk", "/console/room.mk", "/console/console.c",
           "/console/app", "/console/app/", "/console/.", "/console/%2e",
           "/console/index.html%2f", "/console/index.html/", "/console/"]


@pytest.mark.parametrize("path", OUTSIDE)
def test_nothing_beside_the_files(web, path):
    reply = web.get(path)
    # Without a token nobody learns whether there is such a path at all.
    assert reply.status in (401, 404), repr(reply)
    assert reply.type == "application/problem+json"


def test_methods(web, module_cofferd):
    for path in ("/", "/console/app/main.js"):
        reply = module_cofferd.api.post(path, {})
        problem(reply, 405, "method_not_allowed")
        assert reply.headers["allow"] == "GET, HEAD"
    problem(web.get("/?x=1"), 400, "unknown_field")


def test_a_folder_in_place_of_what_is_built_in(cofferds, tmp_path):
    folder = tmp_path / "console"
    shutil.copytree(ROOM, folder)
    (tmp_path / "secret.txt").write_text("secret")
    (folder / "out.txt").symlink_to(tmp_path / "secret.txt")
    (folder / "up").symlink_to(tmp_path)
    (folder / ".hidden.txt").write_text("secret")
    web = cofferds(args=["--console-dir", str(folder)]).api.with_token(None)
    page = web.get("/", headers=GZIP)
    assert page.body == (ROOM / "index.html").read_bytes()
    assert page.headers["content-security-policy"] == POLICY
    tag = page.headers["etag"]
    assert web.get("/", headers={"If-None-Match": tag}).status == 304
    # It is read anew each time.
    (folder / "index.html").write_text("<!doctype html>new")
    page = web.get("/", headers={"If-None-Match": tag})
    assert page.status == 200 and page.body == b"<!doctype html>new"
    (folder / "app" / "new.js").write_text("export {};")
    assert web.get("/console/app/new.js").type == "text/javascript"
    for path in OUTSIDE + ["/console/out.txt", "/console/up/secret.txt",
                           "/console/.hidden.txt", "/console/embed.sh"]:
        reply = web.get(path)
        assert reply.status in (401, 404) and b"secret" not in reply.body
    (folder / "index.html").unlink()
    problem(web.get("/"), 404, "not_found")


def test_a_folder_without_a_console(cofferds, tmp_path):
    for folder in (tmp_path, tmp_path / "gone", "relative"):
        said = cofferds(["--console-dir", str(folder)], start=False).refuses()
        assert f"console_dir {folder} has no index.html" in said
    # What is not served need not be there.
    cofferds(["--console-dir", str(tmp_path)],
             env={"COFFER_CONSOLE": "off"}).stop()


def test_turned_off(cofferds):
    server = cofferds(env={"COFFER_CONSOLE": "off"})
    for path in ("/", "/console/app/main.js", "/console/nothing"):
        found = problem(server.api.with_token(None).get(path), 404,
                        "console_off")
        assert "console = on" in found["detail"]
    assert server.api.get("/v1/system").status == 200
