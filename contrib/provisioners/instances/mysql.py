"""MySQL and MariaDB: how they are made, started and logged into."""
import os
import re

import files
from contract import Refusal
from instances import folders, processes, wire_mysql

ENGINE = "mysql"
METHODS = ["logical", "physical", "snapshot"]
INSTALL_SECONDS = 600

# What of a server has to be as it was where the data comes from, and the
# form of its values. In physical backups a file of the tool tells some.
SETTINGS = {
    "character_set_server": r"[a-z0-9_]{1,64}",
    "collation_server": r"[a-z0-9_]{1,64}",
    "innodb_data_file_path": r"[A-Za-z0-9_.:;-]{1,512}",
    "innodb_page_size": r"[0-9]{4,5}[kK]?",
    "innodb_undo_tablespaces": r"[0-9]{1,3}",
    "lower_case_table_names": r"[0-2]",
    "max_allowed_packet": r"[0-9]{4,10}",
    "sql_mode": r"[A-Z0-9_,]{0,1024}",
}
_FROM_BACKUP = ("innodb_data_file_path", "innodb_page_size",
                "innodb_undo_tablespaces")


def is_mariadb(version):
    return "mariadb" in version.lower()


def family(version):
    return "MariaDB" if is_mariadb(version) else "MySQL"


def parse_version(text):
    """Of what the server says to --version."""
    found = re.search(r"\bVer (\d+\.\d+\.\d+\S*)", text)
    return found.group(1) if found else None


def wants(_method):
    return "connection" if _method == "logical" else "data_dir"


def is_readable(method, server, backup):
    """May a server of one version (numbers) read data of the other, of the
    same family? Statements may be of any version, files of the same series;
    MySQL does not go back within one, either."""
    if method == "logical":
        return True
    return server[:2] == backup[:2]


def refuses_older(version, server, backup):
    return not is_mariadb(version) and server < backup


def account(instance):
    """Made for this instance alone, so it is none of the data's."""
    return "coffer_" + instance.id[-12:].lower()


def connection(instance):
    return {"user": account(instance)}


def configure(instance):
    instance.write("my.cnf", "\n".join(_options(instance)) + "\n", 0o644)


def _options(instance):
    server = instance.server
    lines = [
        "[mysqld]",
        f"datadir = {instance.path}/data",
        f"tmpdir = {instance.path}/tmp",
        f"socket = {instance.socket}",
        f"pid_file = {instance.path}/run/pid",
        f"bind_address = {instance.listen}",
        f"port = {instance.state['port']}",
        "skip_name_resolve = ON",
        "skip_log_bin",
        # What was copied does not begin to act: no replication, no events.
        "event_scheduler = OFF",
        f"innodb_buffer_pool_size = {server.memory}",
    ]
    if is_mariadb(server.version):
        lines += ["skip_slave_start = ON"]
    else:
        lines += ["skip_replica_start = ON", "mysqlx = OFF",
                  f"secure_file_priv = {instance.path}/tmp",
                  # Paths and ports of the server that was copied.
                  "persisted_globals_load = OFF"]
    if server.basedir:
        lines.append(f"basedir = {server.basedir}")
    lines += [f"{k} = {v}" for k, v in _settings(instance).items()]
    if server.options:
        lines.append(f"!include {server.options}")
    return lines


def _settings(instance):
    settings = _settings_of_backup(f"{instance.path}/data/backup-my.cnf")
    settings.update(instance.state["settings"])
    return settings


def _settings_of_backup(path):
    """Of the file that mariadb-backup leaves; it is data as all the rest."""
    settings = {}
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return settings
    with os.fdopen(fd, encoding="utf-8", errors="replace") as file:
        for line in file.read(64 * 1024).splitlines():
            name, _, value = (part.strip() for part in line.partition("="))
            name = name.replace("-", "_")
            if name in _FROM_BACKUP and re.fullmatch(SETTINGS[name], value):
                settings[name] = value
    return settings


def check_data(instance):
    if folders.is_empty(f"{instance.path}/data"):
        raise Refusal(f"there is no data in {instance.path}/data: put it "
                      "there first")
    # Identity of the server that was copied: this is another one.
    files.forget(f"{instance.path}/data/auto.cnf")


def initialize(instance):
    """An empty instance. root gets in by the socket as root alone, or, in
    MySQL, with a password that nobody knows."""
    if is_mariadb(instance.server.version):
        done = _run(instance, [
            instance.server.install, _defaults(instance), "--skip-test-db",
            "--auth-root-authentication-method=socket",
            "--auth-root-socket-user=root"])
    else:
        _write_init(instance, [
            "ALTER USER 'root'@'localhost' IDENTIFIED BY "
            f"'{instance.new_password()}';"])
        done = _run(instance, [
            *instance.server.argv, _defaults(instance),
            "--initialize-insecure", _init_file(instance)])
        files.forget(_init_path(instance))
    if not done:
        raise Refusal("an empty database could not be made; the end of its "
                      f"log: {instance.log_tail()}")


def _run(instance, argv):
    return processes.run(argv, f"{instance.path}/data", instance.owner,
                         instance.log, INSTALL_SECONDS)


def _defaults(instance):
    return f"--defaults-file={instance.path}/my.cnf"


def marker(instance):
    """The argument by which tools of ours are known."""
    return _defaults(instance)


def _init_path(instance):
    return f"{instance.path}/init.sql"


def _init_file(instance):
    return "--init-file=" + _init_path(instance)


def _write_init(instance, statements):
    """Read by the server before it serves anybody; it holds a password."""
    files.write(_init_path(instance), "\n".join(statements) + "\n", 0o400,
                  instance.owner)


def argv(instance):
    """Of the server. The account is made anew at each start."""
    statements = ["SET SESSION sql_log_bin = 0;"]
    for host in dict.fromkeys(("localhost", "127.0.0.1", instance.listen)):
        name = f"'{account(instance)}'@'{host}'"
        statements += [
            f"DROP USER IF EXISTS {name};",
            f"CREATE USER {name} IDENTIFIED BY "
            f"'{instance.state['password']}';",
            f"GRANT ALL PRIVILEGES ON *.* TO {name} WITH GRANT OPTION;"]
    _write_init(instance, statements)
    return [*instance.server.argv, _defaults(instance), _init_file(instance)]


def ready(instance, seconds):
    """The version that it tells. NotYet: it does not serve us."""
    return wire_mysql.login(instance.socket, account(instance),
                            instance.state["password"], seconds)


def settled(instance):
    """It serves: what it was started with is not needed any more."""
    files.forget(_init_path(instance))
