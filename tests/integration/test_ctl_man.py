"""Man pages and completion tell the commands and options that there are."""
import pathlib
import re
import subprocess

import pytest

from harness import process
from harness.ctl import Ctl

MAN = process.TOP / "doc" / "man"
COMPLETION = process.TOP / "contrib" / "completion" / "cofferctl"


@pytest.fixture
def ctl(binary):
    return Ctl(binary, env={"COFFER_SOCKET": "/nonexistent"})


def page(name):
    done = subprocess.run(["mandoc", "-T", "utf8", MAN / name], check=True,
                          capture_output=True, env=process.clean_environment(
                              MANWIDTH="100"))
    return re.sub(r".\x08", "", done.stdout.decode())


def options(text):
    return re.findall(r"^  (?:-., |    )?(--[a-z-]+)", text, re.M)


def commands(ctl):
    told = ctl("--help").out.split("commands:\n")[1].split("\n\n")[0]
    return re.findall(r"^  (\w+) ", told, re.M)


def section(text, title):
    return text.split(f"\n{title}\n")[1]


def test_cofferctl(ctl):
    text = page("cofferctl.1")
    part = section(text, "COMMANDS").split("\nPOOLS\n")[0]
    starts = re.findall(r"^     (\w+)(?: |$)", part, re.M)
    assert list(dict.fromkeys(starts)) == commands(ctl)
    for name in commands(ctl):
        for option in options(ctl(name, "--help").out):
            assert re.search(rf"{option}\b", text), (name, option)
    known = set(options(ctl("--help").out)).union(
        *(options(ctl(name, "--help").out) for name in commands(ctl)))
    assert set(re.findall(r"--[a-z][a-z-]+", text)) == known


def test_cofferd(binary):
    told = subprocess.run([binary, "--help"], check=True, text=True,
                          capture_output=True).stdout
    found = re.findall(r"^     (--[a-z-]+)", page("cofferd.8"), re.M)
    assert found == options(told)


def test_helper(binary):
    helper = pathlib.Path(binary).parent / "coffer-helper"
    told = subprocess.run([helper, "--help"], check=True, text=True,
                          capture_output=True).stdout
    text = page("coffer-helper.8")
    for option in re.findall(r"--[a-z]+", told):
        assert option in text


# ---- completion

def complete(ctl, *words):
    """What bash offers for the last of the words."""
    script = ('. "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); '
              '_cofferctl; printf "%s\\n" "${COMPREPLY[@]}"')
    path = f"{ctl.binary.parent}:/usr/bin:/bin"
    done = subprocess.run(
        ["bash", "-c", script, "bash", COMPLETION, "cofferctl", *words],
        check=True, capture_output=True, text=True,
        env=ctl.environment(PATH=path))
    assert done.stderr == ""
    return set(done.stdout.split())


def test_completion(ctl):
    assert complete(ctl, "") == set(commands(ctl))
    assert complete(ctl, "backu") == {"backup", "backups"}
    assert complete(ctl, "--json", "ver") == {"verify"}
    assert complete(ctl, "--socket", "/x", "ver") == {"verify"}
    assert complete(ctl, "plans", "") == {"list", "show"}
    assert complete(ctl, "token", "create", "x", "--role", "") == {
        "read", "operate", "restore", "admin"}
    for name in commands(ctl):
        assert complete(ctl, name, "--") == set(
            options(ctl(name, "--help").out)), name
    # The server is not there: nothing, and no word about it.
    assert complete(ctl, "backup", "") == set()


def test_completion_of_names(ctl, world, tmp_path):
    ctl.env["COFFER_SOCKET"] = str(world.cofferd.data / "cofferd.sock")
    assert complete(ctl, "backup", "") == {"db"}
    assert complete(ctl, "backup", "db", "--pool", "") == {"pool"}
    assert complete(ctl, "sources", "show", "d") == {"db"}
    (tmp_path / "file.json").touch()
    assert complete(ctl, "apply", f"{tmp_path}/f") == {
        f"{tmp_path}/file.json"}
