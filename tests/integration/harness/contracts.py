"""The programs of contrib that coffer-helper runs, called as it calls them,
each request and each answer held against its schema."""
import functools
import json
import os
import pathlib
import subprocess
import sys

import jsonschema

from . import process

CONTRIB = process.TOP / "contrib"
SCHEMAS = process.TOP / "doc" / "reference" / "schemas"
UNDER = pathlib.Path(__file__).with_name("under.py")
SECONDS = 180

_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def new_id(prefix):
    return f"{prefix}_0" + "".join(
        _LETTERS[byte & 31] for byte in os.urandom(25))


@functools.cache
def schema(name):
    found = json.loads((SCHEMAS / f"{name}.json").read_text())
    jsonschema.Draft202012Validator.check_schema(found)
    return jsonschema.Draft202012Validator(found)


class Refused(Exception):
    """It answered with an error; the sentence."""


class Killed(Exception):
    pass


class Program:
    """A provisioner or a hook with its configuration."""

    def __init__(self, contract, path, config, mounts=None):
        self.contract = contract
        self.path = path
        self.config = config
        self.mounts = mounts
        self.prefix = []  # words before the command

    def argv(self, operation, kill=0, group=False, count=None):
        under = []
        if kill or count or self.mounts:
            under = [sys.executable, "-I", UNDER]
            under += ["--kill", kill] if kill else []
            under += ["--group"] if group else []
            under += ["--count", count] if count else []
            under += ["--mounts", self.mounts] if self.mounts else []
        return [str(word) for word in
                [*self.prefix, *under, self.path, "--config", self.config, operation]]

    def raw(self, operation, text, **how):
        """Status, standard output and error."""
        done = subprocess.run(
            self.argv(operation, **how), input=text.encode(),
            capture_output=True, timeout=SECONDS, check=False, cwd="/",
            start_new_session=True,
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"})
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    def __call__(self, operation, how=None, **request):
        schema(f"{self.contract}-{operation}-request").validate(request)
        status, out, errors = self.raw(operation, json.dumps(request),
                                       **(how or {}))
        if status < 0:
            raise Killed(f"by signal {-status}")
        assert out.count("\n") == 1, (status, out, errors)
        reply = json.loads(out)
        if status != 0:
            schema("error").validate(reply)
            assert status == 1, (status, errors)
            raise Refused(reply["error"]["detail"])
        schema(f"{self.contract}-{operation}-reply").validate(reply)
        return reply

    def count(self, folder, operation, **request):
        """Calls it; how many lines it has run."""
        file = pathlib.Path(folder) / "count"
        self(operation, {"count": file}, **request)
        return int(file.read_text())

    def killed(self, operation, line, group=False, **request):
        """Calls it such that it is killed at a line, if it gets there."""
        try:
            self(operation, {"kill": line, "group": group}, **request)
        except Killed:
            return True
        return False


def processes():
    """pid, uid and arguments of all there are."""
    found = []
    for name in os.listdir("/proc"):
        try:
            uid = os.stat(f"/proc/{name}").st_uid
            words = pathlib.Path(f"/proc/{name}/cmdline").read_bytes()
        except (FileNotFoundError, ProcessLookupError, NotADirectoryError):
            continue
        if name.isdigit() and words:
            found.append((int(name), uid, words))
    return found
