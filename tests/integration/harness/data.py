"""Databases to back up: the same ones each time, made inside the server by
its SEQUENCE engine."""
from . import process
from .compare import quote

SHOP = process.TESTBED / "shop.sql"


def shop(server, name):
    """The demo's shop, 50,000 rows, under a name of the caller's."""
    script = SHOP.read_text()
    for statement in ("CREATE DATABASE", "USE"):
        script = script.replace(f"{statement} shop", f"{statement} {name}", 1)
    server.sql(script)
    return name


def small(server, name, rows=1000):
    """One table, for tests that need only something."""
    server.sql(f"""
        CREATE DATABASE {quote(name)};
        USE {quote(name)};
        CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(60));
        INSERT INTO t SELECT seq, CONCAT('row ', seq, ' ', MD5(seq))
            FROM seq_1_to_{rows}""")
    return name


def numbers(server, n):
    """1 to n as the column `seq` of a table to select from; n is at most a
    million. MySQL has no SEQUENCE engine."""
    if not server.is_mysql:
        return f"seq_1_to_{n}"
    thousand = ("(WITH RECURSIVE r AS (SELECT 0 AS n UNION ALL "
                "SELECT n + 1 FROM r WHERE n < 999) SELECT n FROM r)")
    return (f"(SELECT a.n * 1000 + b.n + 1 AS seq FROM {thousand} a, "
            f"{thousand} b WHERE a.n <= {n // 1000}) seqs WHERE seq <= {n}")


def bulky(server, name, megabytes, tables=4):
    """A database whose text is about so long and hardly compresses, so that
    a backup of it takes its time."""
    # A row is 8 SHA2-512 in hexadecimal: 1 KiB.
    rows = megabytes * 1024 // tables
    value = ", ".join(f"SHA2(CONCAT(seq, '-', @t, '-{i}'), 512)"
                      for i in range(8))
    script = [f"CREATE DATABASE {quote(name)}; USE {quote(name)}"]
    for table in range(1, tables + 1):
        script.append(f"""
            CREATE TABLE t{table} (id INT PRIMARY KEY, v TEXT NOT NULL)
                CHARACTER SET ascii;
            SET @t = {table};
            SET sql_log_bin = 0;
            INSERT INTO t{table} SELECT seq, CONCAT({value})
                FROM {numbers(server, rows)}""")
    server.sql(";\n".join(script))
    return name
