"""The operations of the contract. Each does what is still to be done, so it
may have been cut at any point of an earlier call; what was done is known
from state.json, which is written before a thing has effects outside."""
import contextlib
import os
import re
import time

import contract
import files
from contract import Refusal
from instances import folders, ports, processes, state
from instances.config import KINDS
from instances.wire_mysql import NotYet

CONTRACT = 1
ROOM_FACTOR = 1.1
# Other programs may take a port between our choice and the server.
PORT_TRIES = 5
LOGIN_SECONDS = 10


def describe(config, _request):
    engines = []
    for server in config.servers():
        engines.append({"engine": server.kind.ENGINE, "server": server.name,
                        "versions": [server.version],
                        "methods": server.kind.METHODS})
    return {"contract": CONTRACT, "engines": engines,
            "description": f"on this host, in {config.instances}"}


def _ensure_root(config):
    files.ensure_folder(config.instances, 0o755, "instances")


# ---- prepare

def prepare(config, request):
    ident = contract.id_field(request)
    asked = _asked(request)
    _ensure_root(config)
    with state.lock_one(config, ident):
        instance = state.find(config, ident)
        if instance and instance.state["is_going"]:
            _destroy(instance)
            instance = None
        if instance:
            _check_same(instance, asked)
            _clear(instance)
        else:
            instance = _create(config, ident, request, asked)
        return _wanted(instance)


def _asked(request):
    engine = contract.field(request, "engine", str)
    method = contract.field(request, "method", str)
    options = contract.field(request, "options", dict, {})
    if engine not in KINDS:
        raise Refusal(f"instances of {engine} cannot be made here")
    if method not in KINDS[engine].METHODS:
        raise Refusal(f"instances of {engine} cannot be made from a backup "
                      f"of method {method}")
    return {"engine": engine, "method": method,
            "version": contract.field(request, "version", str),
            "settings": _settings(KINDS[engine], options)}


def _settings(kind, options):
    for name in options:
        if name not in ("server", "settings"):
            raise Refusal(f"there is no option {name}: there are server and "
                          "settings")
    settings = contract.field(options, "settings", dict, {})
    for name, value in settings.items():
        if name not in kind.SETTINGS:
            raise Refusal(f"there is no setting {name}: there are "
                          + ", ".join(sorted(kind.SETTINGS)))
        if not re.fullmatch(kind.SETTINGS[name], str(value)):
            raise Refusal(f"the setting {name} cannot be {value!r}")
    return {name: str(value) for name, value in settings.items()}


def _check_same(instance, asked):
    for name, value in asked.items():
        if instance.state[name] != value:
            raise Refusal(f"{instance.id} was prepared with another {name}: "
                          "destroy it first")


def _clear(instance):
    """What an earlier try has put there. From the first start on it is the
    server's data."""
    if not instance.state["is_taken"]:
        folders.empty(f"{instance.path}/data")


def _create(config, ident, request, asked):
    server = _choose_server(config, request, asked)
    _check_room(config, contract.field(request, "bytes", int, 0))
    if os.geteuid() == 0:
        folders.check_reachable(config.instances)
    with state.lock_all(config):
        known = state.all_states(config)
        values = {
            **asked, "name": contract.field(request, "name", str, ""),
            "server": server.name, "listen": config.listen,
            "port": _choose_port(config, known),
            "owner": _choose_owner(config, server, known),
            "password": state.Instance.new_password(),
            "process": None, "is_taken": False, "is_started": False,
            "is_going": False,
        }
        return state.create(config, ident, values)


def _choose_port(config, known):
    taken = {other["port"] for other in known}
    return ports.choose(config.listen, config.ports, taken)


def _choose_owner(config, server, known):
    """User and group; None: as we run."""
    account = server.account()
    if account:
        return list(account)
    taken = {other["owner"][0] for other in known if other["owner"]}
    uid = ports.choose_user(config.uids, taken)
    return None if uid is None else [uid, uid]


def _check_room(config, need):
    room = folders.free_bytes(config.instances)
    if need * ROOM_FACTOR > room:
        raise Refusal(f"{config.instances} has room for {room} bytes, and "
                      f"the instance needs {int(need * ROOM_FACTOR)}: make "
                      "room, or set instances to a larger file system")


def _numbers(version):
    found = re.match(r"(\d+)\.(\d+)(?:\.(\d+))?", version)
    if not found:
        raise Refusal(f"version {version!r} of the request has no number")
    return tuple(int(part or 0) for part in found.groups())


def _choose_server(config, request, asked):
    """The nearest that can read the data."""
    kind = KINDS[asked["engine"]]
    wanted = contract.field(request, "options", dict, {}).get("server")
    backup = _numbers(asked["version"])
    servers = [s for s in config.servers() if s.kind is kind]
    if wanted is not None:
        servers = [s for s in servers if s.name == wanted]
        if not servers:
            raise Refusal(f"there is no server {wanted} here")
    fitting = [s for s in servers
               if _fits(s, asked, backup, wanted is not None)]
    if not fitting:
        raise Refusal(_no_server(kind, asked, servers))
    return min(fitting, key=lambda s: _distance(_numbers(s.version), backup))


def _fits(server, asked, backup, is_named):
    kind, method = server.kind, asked["method"]
    numbers = _numbers(server.version)
    # Statements may go to the other family, if somebody says so.
    if kind.family(server.version) != kind.family(asked["version"]):
        return is_named and kind.wants(method) == "connection"
    if (kind.wants(method) == "data_dir"
            and kind.refuses_older(server.version, numbers, backup)):
        return False
    return kind.is_readable(method, numbers, backup)


def _distance(server, backup):
    """The same series first, then newer ones, then older ones."""
    if server[:2] == backup[:2]:
        return 0, server < backup, server
    return (1 if server > backup else 2), False, server


def _no_server(kind, asked, servers):
    there = ", ".join(s.version for s in servers) or "none"
    return (f"a backup of {kind.family(asked['version'])} "
            f"{asked['version']} (method {asked['method']}) needs a server "
            f"that can read it, and there is {there}: install one, and name "
            "it in the configuration of this provisioner")


def _wanted(instance):
    wants = instance.kind.wants(instance.state["method"])
    if wants == "connection":
        return {"wants": wants}
    return {"wants": wants, "data_dir": f"{instance.path}/data"}


# ---- start

def start(config, request):
    ident = contract.id_field(request)
    with _existing(config, ident) as instance:
        if not instance.is_running():
            instance.halt()
            _make_data(instance)
            _launch_on_port(instance)
        version = _await_ready(instance)
        if version is None:
            raise Refusal(_why_not(instance))
        instance.kind.settled(instance)
        if not instance.state["is_started"]:
            instance.save(is_started=True)
        return _connection(instance, version)


@contextlib.contextmanager
def _existing(config, ident):
    """The instance, locked; refused when there is none."""
    _ensure_root(config)
    with state.lock_one(config, ident):
        instance = state.find(config, ident)
        if not instance or instance.state["is_going"]:
            raise Refusal(f"there is no instance {ident}: prepare it first")
        yield instance


def _make_data(instance):
    """Until is_taken no server has run on it, and it may be done again."""
    if instance.state["is_taken"]:
        return
    data = f"{instance.path}/data"
    if instance.kind.wants(instance.state["method"]) == "data_dir":
        instance.kind.check_data(instance)
        instance.kind.configure(instance)
        folders.take_over(data, instance.owner)
    else:
        folders.empty(data)
        folders.take_over(data, instance.owner)
        instance.kind.configure(instance)
        instance.kind.initialize(instance)
    instance.save(is_taken=True)


def _launch_on_port(instance):
    """Once it has been told to somebody the port stays."""
    for _ in range(PORT_TRIES):
        if not ports.is_free(instance.listen, instance.state["port"]):
            _move(instance)
        _launch(instance)
        if _await_listening(instance):
            return
        if ports.is_free(instance.listen, instance.state["port"]):
            raise Refusal(_why_not(instance))
    raise Refusal(_why_not(instance))


def _move(instance):
    if instance.state["is_started"]:
        raise Refusal(f"port {instance.state['port']} of {instance.id} is "
                      "used by another program: end that one")
    config = instance.config
    with state.lock_all(config):
        port = _choose_port(config, state.all_states(config))
        instance.save(port=port)


def _launch(instance):
    instance.kind.configure(instance)
    argv = instance.kind.argv(instance)
    files.forget(instance.socket)
    processes.launch(argv, f"{instance.path}/data", instance.owner,
                     instance.log, lambda p: instance.save(process=p))


def _await_listening(instance):
    """False: it has ended, maybe since somebody was quicker at its port."""
    deadline = time.monotonic() + instance.config.start_seconds
    while instance.is_running():
        if os.path.lexists(instance.socket) or time.monotonic() > deadline:
            return True
        time.sleep(0.02)
    return False


def _await_ready(instance):
    """Its version; None: it has ended."""
    deadline = time.monotonic() + instance.config.start_seconds
    pause = 0.02
    while instance.is_running():
        try:
            return instance.kind.ready(instance, LOGIN_SECONDS)
        except NotYet as error:
            last = str(error)
        if time.monotonic() > deadline:
            instance.halt()
            raise Refusal(f"the server of {instance.id} was not ready after "
                          f"{instance.config.start_seconds} s and was ended "
                          f"(last: {last}); raise start_seconds, or see the "
                          f"end of its log: {instance.log_tail()}")
        time.sleep(pause)
        pause = min(pause * 1.5, 0.5)
    return None


def _why_not(instance):
    said = instance.log_tail() or "nothing"
    return (f"the server of {instance.id} does not start; the end of its log "
            f"({instance.log}): {said}")


def _connection(instance, version):
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(instance.listen,
                                                     instance.listen)
    return {"version": version, "connection": {
        "host": host, "port": instance.state["port"],
        "socket": instance.socket,
        "password": instance.state["password"],
        **instance.kind.connection(instance)}}


# ---- the rest

def status(config, request):
    """Takes no lock: it may be asked while another operation goes on."""
    ident = contract.id_field(request)
    instance = state.find(config, ident)
    if not instance or instance.state["is_going"]:
        return {"state": "absent"}
    if instance.is_running():
        return {"state": "running"}
    is_new = not instance.state["is_started"]
    return {"state": "prepared" if is_new else "stopped"}


def stop(config, request):
    with _existing(config, contract.id_field(request)) as instance:
        instance.halt()
        return {"state": "stopped"}


def destroy(config, request):
    ident = contract.id_field(request)
    if not os.path.isdir(config.instances):
        return {"state": "absent"}
    _ensure_root(config)
    with state.lock_one(config, ident):
        instance = state.find(config, ident)
        if instance:
            _destroy(instance)
        state.sweep(config, ident)
    return {"state": "absent"}


def _destroy(instance):
    """From is_going on it is not there for anybody."""
    instance.save(is_going=True)
    instance.halt()
    instance.remove()


ALL = {"describe": describe, "prepare": prepare, "start": start,
       "status": status, "stop": stop, "destroy": destroy}
