"""The configuration of the provisioner, and the servers that there are."""
import ipaddress
import os
import pwd
import re
import shlex
import subprocess

import contract
from contract import Refusal
from instances import mysql, processes, redis

DEFAULT = "/etc/coffer/local.conf"
KINDS = {kind.ENGINE: kind for kind in (mysql, redis)}
VERSION_SECONDS = 20

_LOCAL = {
    "instances": "/var/lib/coffer-instances",
    "listen": "127.0.0.1",
    "ports": "20000-29999",
    "uids": "60000-60999",
    "start_seconds": "600",
    "stop_seconds": "120",
}
_SERVER = {"server", "command", "install", "basedir", "user", "options",
           "memory"}
# Where there is no section: what distributions install.
_USUAL = (
    ("mysql", "/usr/sbin/mariadbd"), ("mysql", "/usr/sbin/mysqld"),
    ("redis", "/usr/bin/redis-server"), ("redis", "/usr/bin/valkey-server"),
)


class Server:
    """A program that instances may run."""

    def __init__(self, engine, name, values):
        self.kind = KINDS[engine]
        self.name = name
        self.argv = shlex.split(values.get("command", ""))
        self.argv += [values["server"]]
        self.install = values.get("install", "/usr/bin/mariadb-install-db")
        self.basedir = values.get("basedir")
        self.options = values.get("options")
        self.memory = values.get("memory", "128M")
        self.user = values.get("user")
        self.version = None

    def ask_version(self):
        """False: it does not tell, so it is of no use."""
        try:
            done = subprocess.run(
                [*self.argv, "--version"], stdin=subprocess.DEVNULL,
                capture_output=True, timeout=VERSION_SECONDS, check=False,
                env=processes.environment())
        except (OSError, subprocess.TimeoutExpired):
            return False
        text = done.stdout.decode("utf-8", "replace")
        self.version = self.kind.parse_version(text)
        return self.version is not None

    def account(self):
        """User and group of the section, or None."""
        if self.user is None or os.geteuid() != 0:
            return None
        try:
            found = pwd.getpwnam(self.user)
        except KeyError:
            raise Refusal(f"there is no user {self.user}: make it, or leave "
                          f"user out of the section of {self.name}") from None
        if found.pw_uid == 0:
            raise Refusal("servers do not run as root: leave user out of "
                          f"the section of {self.name}")
        return found.pw_uid, found.pw_gid


class Config:
    """Numbers are int, ranges are range."""

    def __init__(self, values, servers):
        self.instances = _folder(values["instances"])
        self.listen = _address(values["listen"])
        self.ports = _range("ports", values["ports"], 1, 65535)
        self.uids = _range("uids", values["uids"], 1, 2 ** 32 - 3)
        self.start_seconds = _seconds("start_seconds", values)
        self.stop_seconds = _seconds("stop_seconds", values)
        self._servers = servers

    def servers(self):
        """Those that tell their version."""
        return [server for server in self._servers if server.ask_version()]

    def server(self, engine, name):
        for server in self._servers:
            if (server.kind.ENGINE, server.name) == (engine, name):
                if server.ask_version():
                    return server
        raise Refusal(f"the server {name} ({engine}) of this instance is not "
                      "here any more: install it, or name it in the "
                      "configuration again")


def load(path):
    parser = contract.read_config(path or DEFAULT, path is not None)
    values = dict(_LOCAL)
    values.update(contract.section(parser, "local", _LOCAL) or {})
    servers = []
    for name in parser.sections():
        if name != "local":
            servers.append(_server(parser, name))
    return Config(values, servers or _usual())


def _server(parser, title):
    engine, _, name = title.partition(" ")
    if engine not in KINDS or not re.fullmatch(r"[A-Za-z0-9_.-]{1,64}", name):
        raise Refusal(f"[{title}] of the configuration is unknown: there are "
                      "[local], [mysql NAME] and [redis NAME]")
    values = contract.section(parser, title, _SERVER)
    if "server" not in values:
        raise Refusal(f"[{title}] of the configuration has no server")
    for key in ("options", "basedir", "install"):
        if key in values:
            _path(key, values[key])
    if not re.fullmatch(r"[0-9]+[KMG]?", values.get("memory", "1M")):
        raise Refusal(f"memory of [{title}] is a number like 128M")
    program = values.get("command", values["server"])
    if not program.startswith("/"):
        raise Refusal(f"[{title}] of the configuration: programs are named "
                      "by their whole path")
    return Server(engine, name, values)


def _usual():
    """Each program once: names may be links."""
    servers, seen = [], set()
    for engine, path in _USUAL:
        program = os.path.realpath(path)
        # Redis' tools are one program under several names.
        if os.access(path, os.X_OK) and (engine, program) not in seen:
            seen.add((engine, program))
            servers.append(Server(engine, os.path.basename(path),
                                  {"server": path}))
    return servers


def _path(key, value):
    # It stands in option files, which have quoting rules of their own.
    if not re.fullmatch(r"/[A-Za-z0-9_./+@:-]*", value):
        raise Refusal(f"{key} has to be a whole path of letters, digits and "
                      f"_./+@:-, not {value!r}")
    return value


def _folder(value):
    return os.path.normpath(_path("instances", value))


def _address(value):
    try:
        ipaddress.ip_address(value)
    except ValueError:
        raise Refusal(f"listen has to be an address, not {value!r}") from None
    return value


def _range(key, value, least, most):
    found = re.fullmatch(r"(\d{1,10})-(\d{1,10})", value)
    if found:
        first, last = int(found.group(1)), int(found.group(2))
        if least <= first <= last <= most:
            return range(first, last + 1)
    raise Refusal(f"{key} has to be a range like {_LOCAL[key]}")


def _seconds(key, values):
    if not re.fullmatch(r"[1-9]\d{0,5}", values[key]):
        raise Refusal(f"{key} has to be a number of seconds")
    return int(values[key])
