"""Sources of files: trees of all that there can be, in backups that GNU tar
unpacks to the same trees."""
import os
import re
import subprocess

import pytest

from harness import flow, process, trees
from harness.api import problem
from harness.snapshots import Script, sections
from harness.stored import InFolder


class Folder:
    """What a world asks of a server."""
    password = "none at all"


class World(InFolder, flow.World):
    """A source of files "tree", and a folder as its pool."""

    def prepare(self, base, **connection):
        self.top = base / "tree"
        self.folder = base / "pool"
        self.top.mkdir(exist_ok=True)
        self.source = self.api.want(201, "POST", "/v1/sources", {
            "name": "tree", "engine": "files",
            "connection": {"path": str(self.top), **connection}})
        self.make_pool()
        return self

    def backup_body(self, *_, **changes):
        return {"source": "tree", "pool": "pool", "method": "snapshot",
                "name": flow.unique("backup"), "description": "", **changes}

    def by_hand(self, backup, folder):
        """Unpacks it as the pool's README.txt says, in its very words, and
        gives what tar complained of."""
        readme = (self.folder / "coffer/v1/README.txt").read_text()
        join = re.search(r"parts in the order.*\n(.*> backup\n)", readme)[1]
        subprocess.run(["bash", "-e", "-o", "pipefail", "-c", join],
                       cwd=self.of(backup), check=True,
                       env=process.clean_environment())
        done = trees.unpack(self.of(backup) / "backup", folder)
        (self.of(backup) / "backup").unlink()
        return done

    def assert_unpacks(self, backup, expected, folder):
        done = self.by_hand(backup, folder)
        assert done.returncode == 0, done.stderr
        trees.assert_equal(expected, trees.read(folder))


@pytest.fixture
def world(cofferd, tmp_path):
    return World(cofferd, Folder()).prepare(tmp_path)


def codes(backup):
    return [w["code"] for w in backup["warnings"]]


def test_everything_comes_back(world, tmp_path):
    trees.make_all(world.top, levels=30, large=70 * 1024 * 1024)
    before = trees.read(world.top)
    backup = world.backup()
    assert backup["warnings"] == []
    world.assert_unpacks(backup, before, tmp_path / "out")
    assert trees.read(world.top, with_content=False).keys() == before.keys()
    counts = backup["counts"]
    assert counts["rows"] == len(before) == backup["row_count"]
    assert counts["hardlinks"] == 2
    assert counts["content_bytes"] == sum(
        e["size"] for p, e in before.items()
        if "size" in e and e.get("same as", p) == p)


def test_paths_longer_than_any_call_takes(world):
    """GNU tar cannot unpack them, so what the index tells is looked at."""
    trees.make_deep(world.top, 60)
    backup = world.backup()
    deepest = max((line["name"] for line in world.lines(backup)), key=len)
    assert len(deepest) > 6000 and deepest.endswith("/leaf")
    assert backup["counts"]["directories"] == 61
    assert backup["warnings"] == []


def test_what_the_index_tells(world):
    trees.make_names(world.top)
    (world.top / "file").write_bytes(b"12345")
    os.utime(world.top / "file", ns=(5, -7))
    backup = world.backup()
    lines = {line.get("name", line.get("name_base64")): line
             for line in world.lines(backup)}
    assert list(lines)[0] == "." and lines["."]["type"] == "directory"
    facts = lines["file"]["facts"]
    found = (world.top / "file").stat()
    assert facts["size"] == 5 and facts["inode"] == str(found.st_ino)
    assert facts["mtime"] == [-1, 999_999_993]
    assert facts["mode"] == f"{found.st_mode & 0o7777:04o}"
    assert lines["bmFtZXMvZGly/w=="]["type"] == "directory"
    # Each line's bytes are a member of their own.
    assert all(line["plain_bytes"] % 512 == 0 for line in lines.values())


def test_contents_folder_by_folder(world):
    (world.top / "a" / "b").mkdir(parents=True)
    for number in range(7):
        (world.top / "a" / f"{number}").write_bytes(b"x" * number)
    (world.top / "link").symlink_to("a")
    backup = world.backup()
    path = f"/v1/backups/{backup['id']}/contents"
    top = world.api.fetch(path)
    assert [(i["name"], i["type"], i["target"]) for i in top["items"]] == [
        ("a", "directory", None), ("link", "symlink", "a")]
    assert top["next"] is None
    seen, after = [], ""
    while after is not None:
        page = world.api.fetch(f"{path}?folder=a/&limit=3&after={after}")
        seen += page["items"]
        after = page["next"]
    assert [i["path"] for i in seen] == [
        *(f"a/{n}" for n in range(7)), "a/b"]
    assert [i["bytes"] for i in seen] == [*range(7), 0]
    assert seen[0]["digest"] != seen[1]["digest"] and not seen[7]["digest"]


def test_scope_and_exclusions(cofferd, tmp_path):
    world = World(cofferd, Folder()).prepare(
        tmp_path, exclude=["*.tmp", "/cache/"])
    for path in ("docs/a.txt", "docs/b.tmp", "docs/old/c.txt", "cache/d.txt",
                 "src/cache/e.txt", "src/f.c"):
        (world.top / path).parent.mkdir(parents=True, exist_ok=True)
        (world.top / path).write_bytes(path.encode())

    def files(**changes):
        lines = world.lines(world.backup(**changes))
        return [x["name"] for x in lines if x["type"] == "file"]
    assert files() == ["docs/a.txt", "docs/old/c.txt", "src/cache/e.txt",
                       "src/f.c"]
    assert files(scope={"include": ["docs/**", "*.c"],
                        "exclude": ["old/"]}) == ["docs/a.txt", "src/f.c"]
    # Folders that lead to what is wanted, and no others.
    lines = world.lines(world.backup(scope={"include": ["/src/cache/e.txt"]}))
    assert [x["name"] for x in lines] == [".", "src", "src/cache",
                                          "src/cache/e.txt"]
    for scope in ({"include": ["a/../b"]}, {"exclude": ["**"]},
                  {"databases": [{"name": "a"}]}, {"include": []}):
        problem(world.api.post("/v1/backups", world.backup_body(scope=scope)),
                422, "invalid_scope", ["/scope"])


def test_what_is_left_out(world):
    """Sockets; and the pool itself, which would grow while it is read."""
    (world.top / "file").write_bytes(b"file")
    pool = world.top / "inner pool"
    pool.mkdir()
    world.api.want(201, "POST", "/v1/pools", {
        "name": "inner", "storage_type": "local_directory",
        "local_directory": {"path": str(pool)}})
    here = os.getcwd()
    os.chdir(world.top)  # the path of a socket is short
    try:
        socket = trees.make_socket("socket")
    finally:
        os.chdir(here)
    with socket:
        backup = world.backup(pool="inner")
    assert codes(backup) == ["socket_left_out", "socket_left_out",
                             "pool_left_out", "pool_left_out"]
    assert "1 socket " in backup["warnings"][0]["detail"]
    assert backup["counts"]["files"] == 1
    assert backup["counts"]["directories"] == 2


@pytest.fixture
def limited(cofferds, tmp_path):
    """A server that may not read what is another's, also where root runs the
    tests; and a file that it cannot read."""
    server = cofferds(start=False)
    closed = tmp_path / "closed"
    closed.write_bytes(b"closed")
    closed.chmod(0)
    if os.geteuid() == 0:
        drop = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]
        os.chown(closed, 12345, 12345)
        refused = subprocess.run([*drop, "cat", closed], capture_output=True,
                                 check=False)
        assert b"ermission denied" in refused.stderr, refused
        command = server.command()
        server.command = lambda: [*drop, *command]
    return World(server.start(), Folder())


def test_unreadable_files(limited, tmp_path):
    world = limited
    (tmp_path / "tree" / "shut").mkdir(parents=True)
    world.prepare(tmp_path)
    (world.top / "open").write_bytes(b"open")
    (tmp_path / "closed").rename(world.top / "closed")
    shut = world.top / "shut"
    if os.geteuid() == 0:
        os.chown(shut, 12345, 12345)
    shut.chmod(0)
    try:
        backup = world.backup()
        lines = [(x["type"], x["name"]) for x in world.lines(backup)]
        strict = world.ended_backup(world.start_backup(
            options={"strict": True}))
    finally:
        shut.chmod(0o700)
    assert lines == [("directory", "."), ("file", "open"),
                     ("directory", "shut")]
    assert codes(backup) == ["file_unreadable"] * 3
    details = [w["detail"] for w in backup["warnings"]]
    assert details[0].startswith("2 files or folders")
    assert details[1] == '"closed" could not be read: Permission denied'
    assert strict["status"] == "failed"
    assert strict["error"]["code"] == "file_unreadable"
    assert "closed" in strict["error"]["detail"]
    # The folder itself: nothing at all could be read.
    world.top.chmod(0)
    if os.geteuid() == 0:
        os.chown(world.top, 12345, 12345)
    try:
        reply = world.api.post("/v1/sources/tree/test")
        problem(reply, 422, "source_check_failed")
        assert "may not read the folder" in reply.json["detail"]
    finally:
        world.top.chmod(0o700)


def test_sources_of_files(world, tmp_path):
    api, source = world.api, world.source
    assert source["connection"] == {"path": str(world.top), "exclude": []}
    assert source["methods"] == ["snapshot"] and source["role"] is None
    assert source["version"] and source["read_from"] is None
    changed = api.want(200, "PATCH", "/v1/sources/tree", {
        "connection": {"path": f"{tmp_path}/tree//", "exclude": ["*.o"]}})
    assert changed["connection"] == {"path": str(world.top),
                                     "exclude": ["*.o"]}
    problem(api.get("/v1/sources/tree/databases"), 422, "not_supported")
    body = {"name": "other", "engine": "files"}
    for connection, where in (({}, "path"), ({"path": "tree"}, "path"),
                              ({"path": "/a/../b"}, "path"),
                              ({"path": "/a", "host": "b"}, "host"),
                              ({"path": "/a", "exclude": ["a/[b"]}, "exclude"),
                              ({"path": "/a", "exclude": [1]}, "exclude")):
        reply = api.post("/v1/sources", {**body, "connection": connection})
        assert reply.status == 422 or where == "host", reply.json
        assert [e["pointer"] for e in reply.json["errors"]] == [
            f"/connection/{where}"], reply.json
    file = tmp_path / "file"
    file.write_bytes(b"")
    for path in (file, tmp_path / "nowhere"):
        problem(api.post("/v1/sources", {
            **body, "connection": {"path": str(path)}}),
            422, "source_check_failed")
    problem(api.post("/v1/sources", {
        **body, "connection": {"path": str(world.top)},
        "read_from": {"path": str(world.top)}}), 422, "invalid_value",
        ["/read_from"])
    for changes, where in (({"method": "logical"}, "/method"),
                           ({"options": {"parallelism": 2}},
                            "/options/parallelism")):
        reply = api.post("/v1/backups", world.backup_body(**changes))
        assert reply.status == 422
        assert reply.json["errors"][0]["pointer"] == where


def test_the_method_may_be_left_out(world):
    api = world.api
    (world.top / "file").write_bytes(b"content")
    body = world.backup_body()
    del body["method"]
    backup = world.ended_backup(api.want(202, "POST", "/v1/backups", body))
    assert backup["method"] == "snapshot" and backup["counts"]["files"] == 1
    plan = api.want(201, "POST", "/v1/plans", {
        "name": "by-hand", "source": "tree", "pool": "pool",
        "strategy": "manual"})
    assert plan["method"] == "snapshot"
    path = f"/v1/plans/{plan['id']}"
    assert api.want(200, "PATCH", path, {
        "method": None, "remarks": "x"})["method"] == "snapshot"
    problem(api.call("PATCH", path, {"method": "logical"}), 422,
            "not_supported", ["/method"])


def test_encrypted_and_verified(cofferd, tmp_path):
    """An encrypted backup names no file outside of its sealed objects."""
    world = World(cofferd, Folder()).prepare(tmp_path)
    key = tmp_path / "key.txt"
    subprocess.run(["age-keygen", "-o", key], check=True, capture_output=True)
    identity = key.read_text().splitlines()[-1]
    cofferd.secrets.add(identity)
    recipient = subprocess.run(["age-keygen", "-y", key], check=True,
                               capture_output=True, text=True).stdout.strip()
    sealed = tmp_path / "sealed"
    sealed.mkdir()
    world.api.want(201, "POST", "/v1/pools", {
        "name": "sealed", "storage_type": "local_directory",
        "local_directory": {"path": str(sealed)},
        "encryption": {"recipients": [recipient], "identity": identity,
                       "confirm_stored": True}})
    (world.top / "secret name").write_bytes(b"secret content" * 1000)
    trees.make_socket(world.top / "secret socket").close()
    backup = world.backup(pool="sealed")
    assert codes(backup) == ["socket_left_out"] * 2
    for path in sealed.rglob("*"):
        assert path.is_dir() or b"secret" not in path.read_bytes(), path
    assert [i["name"] for i in world.api.fetch(
        f"/v1/backups/{backup['id']}/contents")["items"]] == ["secret name"]
    for name in ("sealed", "pool"):
        made = backup if name == "sealed" else world.backup()
        job = world.api.want(202, "POST", f"/v1/backups/{made['id']}/verify",
                             {"read": "all"})
        world.api.wait_job(job["id"] if "id" in job else job["job_id"])
        record = world.record(made["id"])
        assert record["verify_status"] == "passed", record


def test_snapshot_by_a_hook(cofferds, tmp_path):
    """What is read is the tree of the moment at which the hook took it; and
    nothing is left of the snapshot, also when the server was killed."""
    script = Script(tmp_path / "script")
    server = cofferds(helper=sections(
        {"script": (script.program, script.home)},
        [script.home / "snapshots"]))
    world = World(server, Folder()).prepare(tmp_path)
    (world.top / "sub").mkdir()
    for path in ("file", "sub/file"):
        (world.top / path).write_bytes(b"before")
    (world.top / "link").symlink_to("nowhere")
    before = trees.read(world.top)
    script.tell("wait", "open")
    body = {"options": {"snapshot_hook": "script"}}
    backup = world.start_backup(**body)
    process.until(lambda: script.has_begun("open"), 60, "it is taken")
    (world.top / "file").write_bytes(b"after")
    (world.top / "new").write_bytes(b"new")
    script.untell("wait", "open")
    record = world.ended_backup(backup)
    assert record["status"] == "completed", record
    assert record["consistency"]["state"] == "consistent"
    assert script.snapshots() == []
    done = world.by_hand(record, tmp_path / "out")
    assert done.returncode == 0, done.stderr
    # The scripted hook copies: owners and times of folders are its own.
    found = trees.read(tmp_path / "out")
    trees.assert_equal(before, found, but=("mtime",))
    # Killed while it stands open.
    script.forget()
    script.tell("wait", "open")
    backup = world.start_backup(**body)
    process.until(lambda: script.has_begun("open"), 60, "it is taken")
    assert len(script.snapshots()) == 1
    server.kill()
    script.untell("wait", "open")
    server.start()
    process.until(lambda: not script.snapshots(), 60, "it is released")
    assert world.record(backup["id"])["error"]["code"] == "interrupted"
    # Without the hook's name none is asked, and without it there is none.
    script.forget()
    assert world.backup()["consistency"]["state"] == "partial"
    assert not script.has_begun("probe")
    wrong = world.ended_backup(world.start_backup(
        options={"snapshot_hook": "other"}))
    assert wrong["error"]["code"] == "snapshot_refused"
