"""The chain of events: what the server tells is what it has written, and
`cofferctl audit verify` notices each change of the catalog's file."""
import hashlib
import re
import sqlite3
import subprocess

import pytest

from harness import process
from harness.ctl import FAILED, Ctl, USAGE
from test_tokens import make

ZEROS = "0" * 64
MEMBERS = ("previous_hash", "id", "at", "kind", "act", "resource", "name",
           "result", "who", "address", "detail")
ACTS = 12


@pytest.fixture
def ctl(binary, cofferd):
    return Ctl(binary, cofferd)


def act(cofferd, count=ACTS):
    """Events of requests that write, and of one that was denied."""
    for number in range(count):
        make(cofferd, f"token{number}")
    cofferd.api.with_token("nonsense").want(401, "GET", "/v1/pools")


def events(cofferd):
    """All of them, oldest first."""
    found, after = [], ""
    while after is not None:
        page = cofferd.api.fetch(
            f"/v1/events?sort=id&limit=5{after and f'&after={after}'}")
        found += page["items"]
        after = page["next"]
    return found


def link(event):
    """As doc/reference/events.md says."""
    lines = "".join(f"{'' if event[m] is None else event[m]}\n"
                    for m in MEMBERS)
    return hashlib.sha256(lines.encode()).hexdigest()


def head_of(said):
    return said.out.split("head: ")[1].strip()


def test_each_is_linked(cofferd, ctl):
    act(cofferd)
    found = events(cofferd)
    assert len(found) > ACTS
    previous = ZEROS
    for number, event in enumerate(found, 1):
        assert event["id"] == number
        assert event["previous_hash"] == previous
        assert event["hash"] == link(event)
        previous = event["hash"]
    told = ctl.json("audit", "verify")
    assert told["first"] == 1 and told["events"] == told["last"]
    assert told["last"] >= len(found)


def test_by_hand(cofferd, ctl):
    """The command that doc/reference/events.md has."""
    act(cofferd, 1)
    text = (process.TOP / "doc/reference/events.md").read_text()
    command = re.search(r"^    cofferctl api .*?sha256sum$", text,
                        re.M | re.S)[0]
    done = subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", command], check=True,
        capture_output=True, text=True, timeout=60,
        env={**ctl.environment(),
             "PATH": f"{ctl.binary.parent}:/usr/bin:/bin"})
    assert done.stdout == events(cofferd)[-1]["hash"] + "  -\n"


def test_it_goes_on_after_a_restart_and_a_kill(cofferd, ctl):
    act(cofferd)
    first = head_of(ctl("audit", "verify"))
    cofferd.restart()
    second = head_of(ctl("audit", "verify", "--head", first))
    cofferd.kill()
    cofferd.start()
    make(cofferd, "later")
    said = ctl("audit", "verify", "--head", second)
    assert "none changed" in said.out
    ctl("audit", "verify", "--head", first)


CHANGES = {
    "detail": ("UPDATE events SET detail = 'nothing' WHERE id = 5",
               "event 5 was changed"),
    "who": ("UPDATE events SET who = 'somebody' WHERE id = 1",
            "event 1 was changed"),
    "time": ("UPDATE events SET at = at + 60000 WHERE id = 7",
             "event 7 was changed"),
    "removed": ("DELETE FROM events WHERE id = 6", "event 6 is missing"),
    "begun later": ("DELETE FROM events WHERE id < 4", "event 3 is missing"),
    "exchanged": ("UPDATE events SET id = -1 WHERE id = 5;"
                  "UPDATE events SET id = 5 WHERE id = 6;"
                  "UPDATE events SET id = 6 WHERE id = -1",
                  "event 5 does not follow"),
    "copied": ("INSERT INTO events SELECT 1 + (SELECT max(id) FROM events), at,"
               " kind, act, resource, name, result, who, address, detail, hash,"
               " previous_hash FROM events WHERE id = 3", "does not follow"),
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_change_is_noticed(cofferd, ctl, what):
    act(cofferd)
    ctl("audit", "verify")
    change(cofferd, CHANGES[what][0])
    said = ctl("audit", "verify", status=FAILED)
    assert CHANGES[what][1] in said.err and not said.out
    told = ctl("audit", "verify", "--json", status=FAILED)
    assert '"audit_broken"' in told.err


def change(cofferd, sql):
    cofferd.stop()
    with sqlite3.connect(cofferd.data / "catalog.db") as db:
        db.executescript(sql)
    db.close()
    cofferd.start()


def test_a_head_notices_a_chain_made_anew(cofferd, ctl):
    """What a chain alone cannot tell: that its end was cut off, or all of it
    was computed again. The server does that itself where hashes are empty."""
    act(cofferd)
    head = head_of(ctl("audit", "verify"))
    number = head.split(":")[0]
    change(cofferd, "UPDATE events SET detail = 'nothing' WHERE id = 5;"
                    "UPDATE events SET hash = '', previous_hash = ''")
    make(cofferd, "later")
    later = head_of(ctl("audit", "verify"))
    said = ctl("audit", "verify", "--head", head, status=FAILED)
    assert f"event {number} is another one" in said.err
    change(cofferd, f"DELETE FROM events WHERE id >= {number}")
    assert "none changed" in ctl("audit", "verify").out
    said = ctl("audit", "verify", "--head", later, status=FAILED)
    assert re.search("another one|ends before it", said.err)


def test_only_an_admin_can(cofferd, binary):
    act(cofferd, 1)
    for role in ("read", "operate", "restore"):
        token = make(cofferd, role, role)["token"]
        path = cofferd.data.parent / f"{role}.token"
        path.touch(0o600)
        path.write_text(token)
        ctl = Ctl(binary)
        said = ctl("--server", f"http://127.0.0.1:{cofferd.port}",
                   "--token-file", path, "audit", "verify", status=FAILED)
        assert "admin" in said.err


@pytest.mark.parametrize("words", [
    ("audit",), ("audit", "erase"), ("audit", "verify", "--head", "x"),
    ("audit", "verify", "--head", f"0:{ZEROS}"), ("audit", "verify", "now")])
def test_wrong_words(ctl, words):
    assert not ctl(*words, status=USAGE).out
