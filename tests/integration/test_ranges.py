"""Large tables that several connections share: exact, whatever their keys."""
import json
import subprocess

import pytest

from harness import byhand, compare, data, trip

ROWS = 130000
TEXT = "SHA2(seq, 224)"
# What the numbers come from, by server.
FROM = "FROM {numbers}"
ALL = f"SELECT seq, {TEXT} {FROM}"

MARIADB_ONLY = {"aria", "versioned"}
MYSQL_ONLY = {"unseen_key"}

# name: columns and keys, options, rows
TABLES = {
    "dense": ("id INT PRIMARY KEY, v TEXT", "", ALL),
    "negative": ("id BIGINT PRIMARY KEY, v TEXT", "",
                 f"SELECT CAST(seq AS SIGNED) - {ROWS // 2}, {TEXT} {FROM}"),
    "edges": ("id BIGINT UNSIGNED PRIMARY KEY, v TEXT", "",
              f"SELECT seq * (18446744073709551615 DIV {ROWS + 1}), {TEXT} "
              f"{FROM} UNION ALL SELECT 0, 'a' "
              "UNION ALL SELECT 18446744073709551615, 'z'"),
    "signed_edges": ("id BIGINT PRIMARY KEY, v TEXT", "",
                     f"{ALL} UNION ALL SELECT -9223372036854775808, 'a' "
                     "UNION ALL SELECT 9223372036854775807, 'z'"),
    "pair": ("a VARCHAR(20), b INT UNSIGNED, v TEXT, PRIMARY KEY (b, a)", "",
             f"SELECT seq, seq DIV 7, {TEXT} {FROM}"),
    "padded": ("id INT(10) ZEROFILL PRIMARY KEY, v TEXT", "",
               f"SELECT seq * 3, {TEXT} {FROM}"),
    "parted": ("id INT PRIMARY KEY, v TEXT",
               "PARTITION BY HASH (id) PARTITIONS 5", ALL),
    "quoted": ("`a``b 'c` INT PRIMARY KEY, v TEXT, "
               "g INT AS (`a``b 'c` + 1) VIRTUAL", "",
               f"SELECT seq, {TEXT} {FROM}"),
    # sql_generate_invisible_primary_key is on.
    "unseen_key": ("v TEXT", "", f"SELECT {TEXT} {FROM}"),
    "words": ("id VARCHAR(40) PRIMARY KEY, v TEXT", "",
              f"SELECT CONCAT('k', seq), {TEXT} {FROM}"),
    "led_by_words": ("a VARCHAR(20), b INT, v TEXT, PRIMARY KEY (a, b)", "",
                     f"SELECT seq DIV 7, seq, {TEXT} {FROM}"),
    "keyless": ("id INT, v TEXT", "", ALL),
    "aria": ("id INT PRIMARY KEY, v TEXT", "ENGINE=Aria TRANSACTIONAL=1",
             ALL),
    "versioned": ("id INT PRIMARY KEY, v TEXT", "WITH SYSTEM VERSIONING",
                  ALL),
    "little": ("id INT PRIMARY KEY, v TEXT", "", "SELECT 1, 'x'"),
    "none": ("id INT PRIMARY KEY, v TEXT", "", "SELECT 1, 'x' WHERE 0"),
}

SPLIT = {"dense", "negative", "edges", "signed_edges", "pair", "padded",
         "parted", "quoted", "unseen_key"}


def tables_of(server):
    return set(TABLES) - (MARIADB_ONLY if server.is_mysql else MYSQL_ONLY)


def fill(server, name):
    # A table of them: MySQL takes its time to make numbers.
    numbers = f"{name}_numbers.numbers WHERE TRUE"
    script = [f"CREATE DATABASE {name}_numbers; USE {name}_numbers",
              "CREATE TABLE numbers (seq INT PRIMARY KEY)",
              "INSERT INTO numbers SELECT seq "
              f"FROM {data.numbers(server, ROWS)}",
              f"CREATE DATABASE {name}", f"USE {name}", "SET sql_mode = ''"]
    for table, (columns, options, rows) in TABLES.items():
        if table not in tables_of(server):
            continue
        if server.is_mysql:
            script.append("SET sql_generate_invisible_primary_key = "
                          f"{table in MYSQL_ONLY:d}")
        script.append(f"CREATE TABLE {table} ({columns}) {options}")
        names = "(`a``b 'c`, v)" if table == "quoted" else ""
        script.append(f"INSERT INTO {table} {names} "
                      f"{rows.format(numbers=numbers)}")
    script.append(f"DROP DATABASE {name}_numbers")
    # How large they are, MySQL finds out some time later by itself.
    made = [t for t in TABLES if t in tables_of(server)]
    script.append(f"USE {name}; ANALYZE TABLE {', '.join(made)}")
    server.sql(";\n".join(script))
    return name


@pytest.fixture(scope="module", params=["mariadb", "mysql"])
def world(request, module_cofferds, tmp_path_factory):
    server = request.getfixturevalue(
        "mysql" if request.param == "mysql" else "plain_mariadb")
    return trip.LocalWorld(module_cofferds(), server).prepare(
        tmp_path_factory.mktemp("ranges") / "pool")


def index_lines(folder):
    """The lines of the index, by the table's name."""
    lines = {}
    for piece in sorted(folder.rglob("index/*")):
        raw = piece.read_bytes()
        text = subprocess.run(["zstd", "-dcq"], input=raw, check=True,
                              stdout=subprocess.PIPE).stdout
        for line in text.decode().splitlines():
            line = json.loads(line)
            if line["kind"] == "data":
                lines[line["name"]] = line
    return lines


def test_shared_tables_come_back(world):
    """By Coffer and by the stock client, compared by the server."""
    server = world.server
    name = fill(server, "ranges")
    try:
        before = compare.snapshot(server, name)
        backup = world.backup(name)
        server.drop(name)
        world.restore(backup)
        compare.assert_equal(before, compare.snapshot(server, name))
        server.drop(name)
        byhand.restore(world.folder_of(backup), server)
        compare.assert_equal(before, compare.snapshot(server, name))
    finally:
        server.drop(name, f"{name}_numbers")
    lines = index_lines(world.folder_of(backup))
    assert {t for t, line in lines.items() if line.get("apart")} == \
        SPLIT & tables_of(server)
    assert lines["little"]["rows"] == 1
