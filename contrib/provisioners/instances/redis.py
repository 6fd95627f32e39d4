"""Redis and Valkey: how they are started and logged into."""
import os
import re

from contract import Refusal
from instances import wire_redis

ENGINE = "redis"
METHODS = ["logical"]
SETTINGS = {
    "databases": r"[0-9]{1,5}",
    "maxmemory": r"[0-9]{1,15}",
}


def is_valkey(version):
    return "valkey" in version.lower()


def family(version):
    return "Valkey" if is_valkey(version) else "Redis"


def parse_version(text):
    """Of what the server says to --version."""
    found = re.search(r"^(Redis|Valkey) server v=(\d+\.\d+\.\d+)", text)
    if not found:
        return None
    return found.group(2) + ("-Valkey" if found.group(1) == "Valkey" else "")


def wants(_method):
    return "data_dir"


def is_readable(_method, server, backup):
    """Newer ones read files of older ones, of the same family."""
    return server[:2] >= backup[:2]


def refuses_older(_version, _server, _backup):
    return False


def connection(_instance):
    return {"user": "default"}


def configure(instance):
    """It holds the password. With an append-only file it would not read its
    dump.rdb."""
    lines = [
        f"bind {instance.listen}",
        f"port {instance.state['port']}",
        f"unixsocket {instance.socket}",
        "unixsocketperm 777",
        f"dir {instance.path}/data",
        "dbfilename dump.rdb",
        f"pidfile {instance.path}/run/pid",
        "daemonize no",
        "appendonly no",
        "protected-mode yes",
        f"requirepass {instance.state['password']}",
    ]
    settings = instance.state["settings"].items()
    lines += [f"{name} {value}" for name, value in settings]
    if instance.server.options:
        lines.append(f"include {instance.server.options}")
    instance.write("redis.conf", "\n".join(lines) + "\n", 0o400,
                   instance.owner)


def check_data(instance):
    if not os.path.lexists(f"{instance.path}/data/dump.rdb"):
        raise Refusal(f"there is no dump.rdb in {instance.path}/data: put "
                      "it there first")


def initialize(_instance):
    """It makes what it needs."""


def marker(instance):
    return f"{instance.path}/redis.conf"


def argv(instance):
    return [*instance.server.argv, f"{instance.path}/redis.conf"]


def ready(instance, seconds):
    """The version that it tells. NotYet: it does not serve us."""
    return wire_redis.login(instance.socket, instance.state["password"],
                            seconds)


def settled(_instance):
    """Its configuration is read again when it is started again."""
