"""The databases that are backed up: of three shapes, and of many tables.

Rows are what applications have, and compress like it: numbers in text as
sysbench writes them, prose and JSON of words by Zipf's law, bytes of pictures
that do not compress at all.
"""
import itertools
import random
import subprocess

from harness import process

MB = 1000 * 1000
DATABASE = "bench"
SETTLED_BYTES = 1024 * 1024
NARROW, WIDE, SMALL = 0.45, 0.45, 0.10  # shares of the text
NARROW_TABLES, WIDE_TABLES, SMALL_TABLES = 4, 2, 2000
NARROW_ROW, WIDE_ROW, SMALL_ROW = 205, 5200, 130  # bytes of text, roughly
PARAGRAPHS, WORDS_EACH = 65536, 85


def digits(groups):
    """The `###########-###########` of sysbench."""
    group = "LPAD(FLOOR(RAND() * 99999999999), 11, '0')"
    return "CONCAT_WS('-', " + ", ".join([group] * groups) + ")"


def narrow(number, rows):
    return f"""
        CREATE TABLE narrow{number} (
            id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
            k INT NOT NULL DEFAULT 0, c CHAR(120) NOT NULL DEFAULT '',
            pad CHAR(60) NOT NULL DEFAULT '', KEY k (k));
        INSERT INTO narrow{number} SELECT seq, FLOOR(RAND() * {rows}),
            {digits(10)}, {digits(5)} FROM seq_1_to_{rows};"""


def wide(number, rows):
    """A row: prose from the paragraphs, a JSON document, a picture."""
    def picked(n):
        return (f"(SELECT body FROM paragraphs WHERE id = "
                f"1 + (seq * {7919 + 2 * n} + {n * 4099}) % {PARAGRAPHS})")
    prose = ", ".join(picked(n) for n in range(6))
    return f"""
        CREATE TABLE wide{number} (
            id BIGINT UNSIGNED NOT NULL PRIMARY KEY,
            title VARCHAR(120), placed DATETIME(3) NOT NULL,
            amount DECIMAL(12,2), rate DOUBLE, body TEXT, doc JSON,
            picture BLOB) CHARACTER SET utf8mb4;
        INSERT INTO wide{number} SELECT seq, CONCAT('Ärticle ', seq),
            '2020-01-01' + INTERVAL seq * 37 SECOND,
            seq * 104729 % 10000000 / 100, SQRT(seq),
            CONCAT_WS('\\n', {prose}),
            JSON_OBJECT('seen', seq * 31, 'by', MD5(seq), 'tags',
                JSON_ARRAY(seq % 7, CONCAT('t', seq % 97))),
            RANDOM_BYTES(1024) FROM seq_1_to_{rows};"""


def small(number, rows):
    return f"""
        CREATE TABLE small{number:05d} (
            id INT NOT NULL PRIMARY KEY, customer INT NOT NULL,
            state ENUM('new','paid','sent'), name VARCHAR(80),
            token BINARY(20), KEY (customer)) CHARACTER SET utf8mb4;
        INSERT INTO small{number:05d} SELECT seq, seq * 7919 % 1000000,
            1 + seq % 3, CONCAT('Customer Näme ', seq * 31 % 99991),
            UNHEX(SHA1(seq + {number})) FROM seq_1_to_{rows};"""


def paragraphs():
    """Prose: words of a vocabulary, the n-th one n times rarer."""
    rnd = random.Random(1)
    letters = "etaoinshrdlucmfwypvbgkjqxz"
    weights = [1 / (n + 1) for n in range(len(letters))]
    words = ["".join(rnd.choices(letters, weights, k=rnd.randint(2, 10)))
             for _ in range(20000)]
    ranks = list(itertools.accumulate(1 / (n + 1) for n in range(len(words))))
    yield "CREATE TABLE paragraphs (id INT PRIMARY KEY, body TEXT);"
    for first in range(0, PARAGRAPHS, 512):
        rows = ",".join(
            "({}, '{}.')".format(n + 1, " ".join(rnd.choices(
                words, cum_weights=ranks, k=WORDS_EACH)).capitalize())
            for n in range(first, first + 512))
        yield f"INSERT INTO paragraphs VALUES {rows};"


def rows_of(size_mb, share, tables, row):
    return max(1, int(size_mb * MB * share / tables / row))


def statements(size_mb):
    yield (f"CREATE DATABASE {DATABASE}; USE {DATABASE};"
           "SET sql_log_bin = 0, unique_checks = 0, rand_seed1 = 1,"
           " rand_seed2 = 2;")
    yield from paragraphs()
    for number in range(NARROW_TABLES):
        yield narrow(number, rows_of(size_mb, NARROW, NARROW_TABLES,
                                     NARROW_ROW))
    for number in range(WIDE_TABLES):
        yield wide(number, rows_of(size_mb, WIDE, WIDE_TABLES, WIDE_ROW))
    for number in range(SMALL_TABLES):
        yield small(number, rows_of(size_mb, SMALL, SMALL_TABLES, SMALL_ROW))
    yield "DROP TABLE paragraphs;"


def feed(server, lines):
    """Many statements through one client."""
    client = subprocess.Popen(server.client(), stdin=subprocess.PIPE,
                              stdout=subprocess.DEVNULL,
                              env=process.clean_environment())
    for line in lines:
        client.stdin.write(line.encode() + b"\n")
    client.stdin.close()
    if client.wait():
        raise SystemExit("making the data failed")


def make(server, size_mb):
    feed(server, statements(size_mb))


def settle(server, seconds=300):
    """Waits until the redo log holds next to nothing: mariadb-backup reads
    all of it before the first file, in small steps between which it sleeps,
    and so most of a copy would be that."""
    wanted = ("SELECT variable_value FROM information_schema.global_status "
              "WHERE variable_name = 'Innodb_checkpoint_age'")
    server.sql("SET GLOBAL innodb_io_capacity_max = 20000,"
               " GLOBAL innodb_io_capacity = 20000,"
               " GLOBAL innodb_max_dirty_pages_pct = 0")
    process.until(lambda: int(server.value(wanted)) < SETTLED_BYTES, seconds,
                  "the redo log is short")


def make_tables(server, database, count, rows):
    """That many tables of so many rows."""
    def lines():
        yield f"CREATE DATABASE {database}; USE {database};"
        yield "SET sql_log_bin = 0;"
        for number in range(count):
            yield (f"CREATE TABLE table_{number:06d} (id INT PRIMARY KEY, "
                   f"v VARCHAR(300)); INSERT INTO table_{number:06d} "
                   f"SELECT seq, HEX(RANDOM_BYTES(150)) "
                   f"FROM seq_1_to_{rows};")
    feed(server, lines())
