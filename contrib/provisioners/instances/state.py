"""An instance: INSTANCES/ID with

state.json   all that is known of it, a password among it: ours alone
data/        what its server reads and writes; belongs to the server's user
run/ tmp/    likewise; the socket is run/sock
log          what the server says; ours
my.cnf, redis.conf

A folder comes into being whole: made under another name and renamed. It is
gone when its state.json is gone, which goes after the data.
"""
import contextlib
import json
import os
import secrets

import files
from contract import Refusal
from instances import config as configuration
from instances import folders, processes

SOCKET_MAX = 107
LOCK_SECONDS = 120
_STATE = "state.json"


def lock_all(config):
    """Held while ports and users are chosen, and no longer."""
    return files.locked(f"{config.instances}/.lock", LOCK_SECONDS,
                          config.instances)


@contextlib.contextmanager
def lock_one(config, ident):
    """Held during each operation that changes the instance. The file goes
    with the instance."""
    path = f"{config.instances}/.{ident}.lock"
    with files.locked(path, LOCK_SECONDS, f"instance {ident}"):
        try:
            yield
        finally:
            if not os.path.lexists(f"{config.instances}/{ident}"):
                files.forget(path)


def _draft(config, ident):
    return f"{config.instances}/.{ident}.new"


class Instance:
    """One that has been prepared."""

    def __init__(self, config, ident, state):
        self.config = config
        self.id = ident
        self.state = state
        self.path = f"{config.instances}/{ident}"
        self.socket = f"{self.path}/run/sock"
        self.log = f"{self.path}/log"
        self.kind = configuration.KINDS[state["engine"]]
        self._server = None

    @property
    def server(self):
        if self._server is None:
            self._server = self.config.server(self.state["engine"],
                                              self.state["server"])
        return self._server

    @property
    def listen(self):
        return self.state["listen"]

    @property
    def owner(self):
        """User and group that its server runs as; None: as we do."""
        found = self.state["owner"]
        return tuple(found) if found else None

    def save(self, **changes):
        self.state.update(changes)
        _write_state(self.path, self.state)

    def write(self, name, text, mode, owner=None):
        files.write(f"{self.path}/{name}", text, mode, owner)

    def is_running(self):
        return processes.is_alive(self.state["process"])

    def strays(self):
        owner = self.owner
        return processes.strays(owner[0] if owner else os.geteuid(),
                                self.path, self.kind.marker(self))

    def halt(self):
        """Ends its server, and what a call that was killed has left."""
        processes.end(self.state["process"], self.config.stop_seconds)
        for stray in self.strays():
            processes.end(stray, 0)
        if self.state["process"]:
            self.save(process=None)

    def log_tail(self):
        return folders.tail(self.log, self.state["password"])

    @staticmethod
    def new_password():
        """Such that the rules of servers for passwords are kept."""
        return "Aa1-" + secrets.token_urlsafe(24)

    def remove(self):
        """Its server has ended. The state goes last: it says whose port and
        user these are."""
        for name in os.listdir(self.path):
            if name != _STATE:
                folders.remove(f"{self.path}/{name}")
        folders.remove(self.path)


def _write_state(path, state):
    files.write(f"{path}/{_STATE}", json.dumps(state, indent=1) + "\n",
                  0o600)


def find(config, ident):
    """None: there is none, or what there is was never whole."""
    path = f"{config.instances}/{ident}"
    if not folders.is_folder(path):
        return None
    try:
        with open(f"{path}/{_STATE}", encoding="utf-8") as file:
            return Instance(config, ident, json.load(file))
    except FileNotFoundError:
        return None


def all_states(config):
    """Of all instances, also of those that are just being made: by these
    the ports and users that are taken are known."""
    found = []
    for name in os.listdir(config.instances):
        try:
            with open(f"{config.instances}/{name}/{_STATE}",
                      encoding="utf-8") as file:
                found.append(json.load(file))
        except (FileNotFoundError, NotADirectoryError):
            pass
    return found


def create(config, ident, state):
    """The folder with all in it, at once."""
    draft = _draft(config, ident)
    owner = tuple(state["owner"]) if state["owner"] else None
    path = f"{config.instances}/{ident}"
    if len(f"{path}/run/sock") > SOCKET_MAX:
        raise Refusal(f"{path} is too long for a socket's path: set instances "
                      "to a shorter one")
    folders.remove(draft)
    folders.remove(path)
    # The socket can be reached, all else is closed.
    folders.make(draft, 0o711)
    folders.make(f"{draft}/data", 0o700)
    folders.make(f"{draft}/run", 0o755, owner)
    folders.make(f"{draft}/tmp", 0o700, owner)
    _write_state(draft, state)
    os.rename(draft, path)
    files.sync(config.instances)
    return Instance(config, ident, state)


def sweep(config, ident):
    """What was left of it before or after it was whole."""
    folders.remove(_draft(config, ident))
    folders.remove(f"{config.instances}/{ident}")
