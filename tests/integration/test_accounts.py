"""Accounts, roles and what is granted to them: read from one server,
restored by hand into another, and compared."""
import json

import pytest

from harness import byhand, flow
from harness.compare import assert_equal, text
from harness.testbed import MariaDB

# They are on every server of the tests, with other passwords on each.
THERE_ALREADY = {"root@localhost", "coffer@%", "mariadb.sys@localhost"}

USERS = [
    # name, host, what CREATE USER says
    ("app", "%", "IDENTIFIED BY 'secret'"),
    ("app", "10.0.0.%", "IDENTIFIED BY 'another'"),
    ("app", "192.168.0.0/255.255.0.0", "IDENTIFIED BY 'a third'"),
    ("socket", "localhost", "IDENTIFIED VIA unix_socket"),
    ("both", "%", "IDENTIFIED VIA unix_socket OR mysql_native_password "
                  "USING PASSWORD('both')"),
    ("nobody", "%", "IDENTIFIED VIA mysql_native_password USING 'invalid'"),
    ("old", "%", "IDENTIFIED VIA mysql_old_password"),
    ("open", "%", ""),
    ("", "localhost", ""),
    ("", "%.example.org", ""),
    ("locked", "%", "IDENTIFIED BY 'x' ACCOUNT LOCK"),
    ("expired", "%", "IDENTIFIED BY 'x' PASSWORD EXPIRE"),
    ("never", "%", "IDENTIFIED BY 'x' PASSWORD EXPIRE NEVER"),
    ("interval", "%", "IDENTIFIED BY 'x' PASSWORD EXPIRE INTERVAL 42 DAY"),
    ("ssl", "%", "IDENTIFIED BY 'x' REQUIRE SSL"),
    ("x509", "%", "IDENTIFIED BY 'x' REQUIRE X509"),
    ("subject", "%", "IDENTIFIED BY 'x' REQUIRE SUBJECT '/CN=it''s \\\\ me' "
                     "AND ISSUER '/O=\"x\"; DEFAULT ROLE' "
                     "AND CIPHER 'AES256-SHA'"),
    ("limits", "%", "WITH MAX_QUERIES_PER_HOUR 1 MAX_UPDATES_PER_HOUR 2 "
                    "MAX_CONNECTIONS_PER_HOUR 3 MAX_USER_CONNECTIONS 4 "
                    "MAX_STATEMENT_TIME 5.5"),
    ("everything", "%", "IDENTIFIED BY 'x' REQUIRE SSL WITH "
                        "MAX_USER_CONNECTIONS 9 ACCOUNT LOCK PASSWORD EXPIRE "
                        "INTERVAL 7 DAY"),
    # Names with every character that means something to somebody.
    ("it's", "%", "IDENTIFIED BY 'x'"),
    ('a"b', "%", ""),
    ("a`b", "%", ""),
    ("a\\", "%", ""),
    ("a\\'", "%", ""),
    ("a;\nb", "%", "IDENTIFIED BY 'x'"),
    ("a\tb c", "%", ""),
    ("a@b", "%", ""),
    ("TO `x`", "%", "IDENTIFIED BY 'x'"),
    ("# -- /*", "%", ""),
    ("äß€", "%", ""),
    ("PUBLIC", "%", ""),
]

ROLES = ["reader", "writer", "all of it", "it's `a` role", "PUBLIC role",
         "zz_first", "DEFAULT ROLE x", "ro;\nle"]

GRANTS = """
GRANT SELECT ON acc.* TO reader;
GRANT INSERT, UPDATE, DELETE ON acc.* TO writer;
GRANT reader TO writer;
GRANT zz_first TO reader;
GRANT writer TO `all of it` WITH ADMIN OPTION;
GRANT `it's ``a`` role` TO `all of it`;
GRANT `all of it` TO app@'%';
SET DEFAULT ROLE `all of it` FOR app@'%';
GRANT `it's ``a`` role` TO `it's`@'%' WITH ADMIN OPTION;
SET DEFAULT ROLE `it's ``a`` role` FOR `it's`@'%';
GRANT ALL PRIVILEGES ON *.* TO app@'10.0.0.%' WITH GRANT OPTION;
GRANT SELECT (id), INSERT (id, `it's ``odd``, ON b TO c`), REFERENCES (id)
    ON acc.t TO open@'%';
GRANT SELECT ON `acc`.`a ``TO`` b` TO open@'%' WITH GRANT OPTION;
GRANT SELECT ON `acc`.`v` TO open@'%';
GRANT SELECT ON `a\\_b%`.* TO open@'%' WITH GRANT OPTION;
GRANT CREATE, DROP ON acc.not_there_yet TO open@'%';
GRANT EXECUTE, ALTER ROUTINE ON PROCEDURE acc.p TO open@'%';
GRANT EXECUTE ON FUNCTION acc.f TO reader;
GRANT PROXY ON app@'%' TO `a``b`@'%' WITH GRANT OPTION;
GRANT PROXY ON nobody_at_all@'%' TO `a``b`@'%';
GRANT SELECT ON acc.t TO PUBLIC;
GRANT SELECT ON mysql.user TO locked@'%';
GRANT RELOAD, PROCESS, BINLOG MONITOR, REPLICATION SLAVE ADMIN ON *.*
    TO `TO ``x```@'%' WITH GRANT OPTION;
REVOKE zz_first FROM root@localhost;
"""

OBJECTS = """
CREATE DATABASE acc; USE acc;
CREATE TABLE t (id INT PRIMARY KEY, `it's ``odd``, ON b TO c` INT);
CREATE TABLE `a ``TO`` b` (id INT PRIMARY KEY);
CREATE VIEW v AS SELECT id FROM t;
CREATE PROCEDURE p() SELECT 1;
CREATE FUNCTION f() RETURNS INT RETURN 1;
CREATE SEQUENCE s;
INSERT INTO t VALUES (1, 2);
"""


def name(user, host):
    return text(user).replace("\\\\", "\\").replace("\\", "\\\\") + "@" + text(
        host)


def role_name(role):
    return "`" + role.replace("`", "``") + "`"


def accounts(server):
    """What SHOW CREATE USER and SHOW GRANTS tell of all that the tests
    made, and who has which role."""
    rows = server.sql("SELECT HEX(User), HEX(Host), is_role, "
                      "CONCAT(User, '@', Host) FROM mysql.user ORDER BY 1, 2")
    script = []
    for user, host, is_role, told in rows:
        if told in THERE_ALREADY:
            continue
        user = bytes.fromhex(user).decode()
        who = (role_name(user) if is_role == "Y"
               else name(user, bytes.fromhex(host).decode()))
        if is_role == "N":
            script.append(f"SHOW CREATE USER {who}")
        script.append("SHOW GRANTS FOR " + (
            "PUBLIC" if is_role == "Y" and user == "PUBLIC" else who))
    script.append("SELECT 'role', r.* FROM mysql.roles_mapping r "
                  "ORDER BY 2, 3, 4, 5")
    script.append("SELECT 'default', User, Host, default_role FROM mysql.user "
                  "WHERE default_role <> '' ORDER BY 2, 3")
    # A server tells grants in no order that would mean anything.
    return sorted("\t".join(row) for row in server.sql(";\n".join(script)))


@pytest.fixture(scope="module")
def pair():
    """A source and a target; both without accounts of the tests."""
    servers = [MariaDB("--no-binlog"), MariaDB("--no-binlog")]
    try:
        yield [server.await_ready() for server in servers]
    finally:
        for server in servers:
            server.stop()


def clear(server):
    rows = server.sql("SELECT HEX(User), HEX(Host), is_role, "
                      "CONCAT(User, '@', Host) FROM mysql.user")
    for user, host, is_role, told in rows:
        user = bytes.fromhex(user).decode()
        if told in THERE_ALREADY or (is_role == "Y" and user == "PUBLIC"):
            continue
        who = name(user, bytes.fromhex(host).decode())
        server.sql(f"DROP ROLE {role_name(user)}" if is_role == "Y"
                   else f"DROP USER {who}", force=True)
    server.sql("REVOKE ALL ON acc.t FROM PUBLIC", force=True)
    server.drop("acc")


@pytest.fixture
def source(pair):
    server = pair[0]
    clear(server)
    server.sql(OBJECTS)
    for user, host, more in USERS:
        server.sql(f"CREATE USER {name(user, host)} {more}")
    for role in ROLES:
        server.sql(f"CREATE ROLE {role_name(role)}")
    server.sql(GRANTS)
    return server


@pytest.fixture
def target(pair):
    clear(pair[1])
    return pair[1]


@pytest.fixture
def world(cofferd, source, tmp_path):
    world = flow.World(cofferd, source)
    world.folder = tmp_path / "pool"
    world.folder.mkdir()
    world.api.want(201, "POST", "/v1/sources", flow.source_body(source))
    world.api.want(201, "POST", "/v1/pools", {
        "name": "pool", "storage_type": "local_directory",
        "local_directory": {"path": str(world.folder)}})
    return world


def folder_of(world, backup):
    return next(p.parent for p in world.folder.rglob("manifest.json")
                if backup["id"] in p.parts)


def counts_of(world, backup):
    manifest = json.loads((folder_of(world, backup) / "manifest.json")
                          .read_text())
    return manifest["counts"]


def hashes(server):
    """What must never be told: the hashes of all passwords."""
    return {row[0] for row in server.sql(
        "SELECT authentication_string FROM mysql.user "
        "WHERE LENGTH(authentication_string) > 16")}


def test_rule11_accounts_come_along(world, source, target):
    before = accounts(source)
    assert len(before) > len(USERS) + len(ROLES)
    there = [target.sql("SHOW CREATE USER root@localhost"),
             target.sql("SHOW CREATE USER coffer@'%'")]
    backup = world.backup()
    assert not backup["warnings"], backup
    counts = counts_of(world, backup)
    # Beside them root, the account of the backup, and PUBLIC.
    assert counts["accounts"] == len(USERS) + len(ROLES) + 3
    assert counts["sequences"] == 1
    world.cofferd.secrets.update(hashes(source))
    byhand.restore(folder_of(world, backup), target)
    assert_equal(before, accounts(target))
    assert there == [target.sql("SHOW CREATE USER root@localhost"),
                     target.sql("SHOW CREATE USER coffer@'%'")]


def test_accounts_that_are_there_stay_as_they_are(world, source, target):
    target.sql("CREATE USER app@'%' IDENTIFIED BY 'of the target'; "
               "CREATE USER expired@'%' IDENTIFIED BY 'of the target'; "
               "CREATE USER everything@'%' IDENTIFIED BY 'of the target'")
    names = ("app", "expired", "everything")
    there = [target.sql(f"SHOW CREATE USER {n}@'%'") for n in names]
    backup = world.backup()
    byhand.restore(folder_of(world, backup), target)
    assert there == [target.sql(f"SHOW CREATE USER {n}@'%'") for n in names]
    assert "`all of it`" in str(target.sql("SHOW GRANTS FOR app@'%'"))


def test_restored_twice_is_the_same(world, source, target):
    backup = world.backup()
    byhand.restore(folder_of(world, backup), target)
    once = accounts(target)
    target.drop("acc")
    byhand.restore(folder_of(world, backup), target)
    assert_equal(once, accounts(target))


def test_grants_on_what_is_gone_are_told(world, source, target):
    source.sql("CREATE TABLE acc.gone (id INT); "
               "CREATE VIEW acc.broken AS SELECT * FROM acc.gone; "
               "GRANT SELECT ON acc.gone TO `ssl`@'%'; "
               "GRANT SELECT ON acc.broken TO reader; "
               "DROP TABLE acc.gone")
    backup = world.backup()
    told = {w["code"]: w["detail"] for w in backup["warnings"]}
    assert set(told) == {"grants_left_out", "invalid_view"}, told
    assert "ssl@% on acc.gone" in told["grants_left_out"]
    assert "reader on acc.broken" in told["grants_left_out"]
    byhand.restore(folder_of(world, backup), target)
    source.sql("REVOKE SELECT ON acc.gone FROM `ssl`@'%'; "
               "REVOKE SELECT ON acc.broken FROM reader")
    assert_equal(accounts(source), accounts(target))


def test_grants_that_cannot_be_given_do_not_stop_a_restore(world, source,
                                                           target):
    """Routines and columns go, the grants on them stay (unlike in what a
    backup leaves out by itself)."""
    source.sql("CREATE TABLE acc.less (id INT, gone INT); "
               "GRANT SELECT (gone) ON acc.less TO `ssl`@'%'; "
               "ALTER TABLE acc.less DROP COLUMN gone; "
               "GRANT EXECUTE ON PROCEDURE acc.p TO `ssl`@'%'")
    # Told so, the server keeps the grants of what is dropped.
    source.sql("SET GLOBAL automatic_sp_privileges = 0; "
               "DROP PROCEDURE acc.p; SET GLOBAL automatic_sp_privileges = 1")
    assert "PROCEDURE" in str(source.sql("SHOW GRANTS FOR `ssl`@'%'"))
    backup = world.backup()
    world.api.want(201, "POST", "/v1/sources",
                   {**flow.source_body(target), "name": "target"})
    restore = world.restore(backup, target={"source": "target"},
                            options={"accounts": True})
    log = world.api.get(f"/v1/jobs/{restore['job_id']}/log").body
    world.cofferd.secrets.update(hashes(source))
    assert b"PROCEDURE `acc`.`p` for `ssl`@`%`" in log, log
    assert b"`acc`.`less` for `ssl`@`%`" in log, log
    source.sql("REVOKE SELECT (gone) ON acc.less FROM `ssl`@'%'; "
               "REVOKE EXECUTE, ALTER ROUTINE ON PROCEDURE acc.p FROM "
               "open@'%'; REVOKE EXECUTE ON PROCEDURE acc.p FROM `ssl`@'%'",
               force=True)
    # PROXY is granted by those alone who have it, and coffer has not.
    assert b"``@`%` for" in log, log
    told, found = ([line for line in accounts(server)
                    if "PROCEDURE" not in line and "PROXY" not in line]
                   for server in (source, target))
    assert_equal(told, found)


def test_the_rights_of_a_backup_are_enough(cofferd, source, tmp_path):
    source.sql("CREATE USER limited@'%' IDENTIFIED BY 'limited-password'; "
               "GRANT SELECT, SHOW VIEW, TRIGGER, EVENT, EXECUTE, RELOAD, "
               "PROCESS, REPLICA MONITOR, BINLOG MONITOR, BINLOG ADMIN ON *.* "
               "TO limited@'%'; ")
    world = flow.World(cofferd, source)
    world.folder = tmp_path
    world.api.want(201, "POST", "/v1/pools", {
        "name": "pool", "storage_type": "local_directory",
        "local_directory": {"path": str(tmp_path)}})
    world.api.want(201, "POST", "/v1/sources", flow.source_body(
        source, connection=flow.connection(
            source, user="limited", password="limited-password")))
    backup = world.backup()
    assert not backup["warnings"], backup
    assert counts_of(world, backup)["accounts"] > 0


def test_accounts_are_not_of_a_database(world):
    backup = world.backup("acc")
    assert counts_of(world, backup)["accounts"] == 0
    text_of = byhand.plain_text(folder_of(world, backup))
    # The header asks for a GRANTEE.
    assert b"CREATE USER" not in text_of and b"\nGRANT " not in text_of


def test_footer_is_the_very_end(world, source):
    for scope in ((), ("acc",)):
        lines = byhand.plain_text(
            folder_of(world, world.backup(*scope))).splitlines()
        assert lines[-1].startswith(b"SET character_set_client = @coffer_")
        assert sum(b"= @coffer_client," in line for line in lines) == 1


MYSQL_ACCOUNTS = r"""
CREATE USER 'app'@'%' IDENTIFIED BY 'secret';
CREATE USER 'app'@'10.0.0.%' IDENTIFIED BY 'x' REQUIRE SSL
    WITH MAX_USER_CONNECTIONS 3 PASSWORD EXPIRE INTERVAL 9 DAY
    FAILED_LOGIN_ATTEMPTS 3 PASSWORD_LOCK_TIME 2 PASSWORD HISTORY 5
    COMMENT 'it''s; the "app"';
CREATE USER 'sha'@'%' IDENTIFIED WITH sha256_password BY 'x';
CREATE USER 'it''s `a`\\'@'%' IDENTIFIED BY 'x' ACCOUNT LOCK;
CREATE USER ''@'localhost';
CREATE USER 'subject'@'%' IDENTIFIED BY 'x'
    REQUIRE SUBJECT '/CN=its DEFAULT ROLE' PASSWORD EXPIRE;
CREATE ROLE 'reader', 'writer', 'odd `role`'@'localhost';
GRANT SELECT ON acc.* TO 'reader';
GRANT 'reader' TO 'writer';
GRANT 'writer' TO 'odd `role`'@'localhost' WITH ADMIN OPTION;
GRANT 'writer', 'odd `role`'@'localhost' TO 'app'@'%';
GRANT 'reader' TO 'sha'@'%' WITH ADMIN OPTION;
SET DEFAULT ROLE 'writer', 'odd `role`'@'localhost' TO 'app'@'%';
GRANT ALL PRIVILEGES ON *.* TO 'app'@'10.0.0.%' WITH GRANT OPTION;
GRANT SELECT (id), INSERT (id) ON acc.t TO 'sha'@'%';
GRANT SELECT ON acc.v TO 'sha'@'%' WITH GRANT OPTION;
GRANT EXECUTE ON PROCEDURE acc.p TO 'sha'@'%';
GRANT BACKUP_ADMIN, CLONE_ADMIN ON *.* TO 'sha'@'%' WITH GRANT OPTION;
GRANT PROXY ON 'app'@'%' TO 'sha'@'%';
"""


def mysql_accounts(server):
    rows = server.sql("SELECT HEX(User), HEX(Host) FROM mysql.user WHERE User "
                      "NOT IN ('root', 'coffer', 'mysql.sys', "
                      "'mysql.session', 'mysql.infoschema') ORDER BY 1, 2")
    script = ["SET print_identified_with_as_hex = 1"]
    names = [name(*(bytes.fromhex(v).decode() for v in row)) for row in rows]
    for who in names:
        script += [f"SHOW CREATE USER {who}", f"SHOW GRANTS FOR {who}"]
    return names, ["\t".join(row) for row in server.sql(";\n".join(script))]


def drop_mysql_accounts(server):
    names, _ = mysql_accounts(server)
    if names:
        server.sql("DROP USER " + ", ".join(names))
    server.drop("acc")


def test_accounts_of_mysql(cofferd, mysql, tmp_path):
    """Restored into the server that they were taken from."""
    drop_mysql_accounts(mysql)
    try:
        mysql.sql("CREATE DATABASE acc; USE acc; CREATE TABLE t (id INT "
                  "PRIMARY KEY); CREATE VIEW v AS SELECT 1 AS a; "
                  "CREATE PROCEDURE p() SELECT 1")
        mysql.sql(MYSQL_ACCOUNTS)
        # Salts hold any bytes: among so many, all that a careless tool
        # would stumble over.
        mysql.sql("".join(f"CREATE USER 'salt{n}'@'%' IDENTIFIED BY 'x';"
                          for n in range(30)))
        names, before = mysql_accounts(mysql)
        assert len(names) == 39
        mysql.sql("CREATE USER 'untold'@'%' REQUIRE SUBJECT '/CN=it''s'")
        world = flow.World(cofferd, mysql)
        world.folder = tmp_path
        world.api.want(201, "POST", "/v1/sources", flow.source_body(mysql))
        world.api.want(201, "POST", "/v1/pools", {
            "name": "pool", "storage_type": "local_directory",
            "local_directory": {"path": str(tmp_path)}})
        backup = world.backup()
        assert ["untold" in w["detail"] for w in backup["warnings"]
                if w["code"] == "accounts_left_out"] == [True]
        drop_mysql_accounts(mysql)
        byhand.restore(folder_of(world, backup), mysql)
        assert_equal((names, before)[1], mysql_accounts(mysql)[1])
    finally:
        drop_mysql_accounts(mysql)
