"""The type matrix: a line per column type with its edge values, a line per
kind of table, and every character set. `script` makes a database of it."""
from .compare import quote

BOTH, MARIADB, MYSQL = (False, True), (False,), (True,)


def hexed(data):
    return f"X'{bytes(data).hex()}'"


_ALL_BYTES = hexed(range(256))
_DATES = ["'0000-00-00'", "'2024-00-00'", "'2024-05-00'", "'1000-01-01'",
          "'9999-12-31'", "'2024-02-29'", "'2023-02-31'"]
_TIMES = ["'-838:59:59'", "'838:59:59'", "'00:00:00'", "'-00:00:01.5'",
          "'-00:00:00.000001'", "'23:59:59.999999'"]
_MOMENTS = ["'0000-00-00 00:00:00'", "'1000-01-01 00:00:00'",
            "'9999-12-31 23:59:59'", "'2024-02-29 12:34:56.123456'",
            "'2023-02-31 00:00:01'", "'2024-00-00 11:12:13'"]
_STAMPS = ["'0000-00-00 00:00:00'", "'1970-01-01 00:00:01'",
           "'2038-01-19 03:14:07'", "'2024-03-31 02:30:00.654321'"]
_REALS = ["0e0", "'-0'", "1e0", "-1.5e0", "16777217e0", "1e0/3", "0.1e0"]
_FLOATS = _REALS + ["3.4028234e38", "-3.4028234e38", "1.17549435e-38",
                    "1.4e-45", "8388608.5e0", "123456789e0"]
_DOUBLES = _REALS + ["1.7976931348623157e308", "-1.7976931348623157e308",
                     "2.2250738585072014e-308", "4.9406564584124654e-324",
                     "9007199254740993e0", "123456789.123456789e0"]
_NINES = "9" * 35 + "." + "9" * 30
_MEMBERS = """('a','it''s','a,b"','ä日本','back\\\\slash','x;\\n','%_')"""
_JSON = ["""'{"b":[1,2.50,-0,1e100,null,true,{"ä":"日本🦊"}],"a":""}'""",
         "'[]'", "'null'", "'\"\"'", "'-0.0'", "'1e-7'",
         "'18446744073709551615'", "'-9223372036854775808'",
         "'123456789012345678901234567890'", "'3.141592653589793238'",
         r"""'"\\\\ \\" \\/ \\n \\u0000 \\u2028 it''s"'"""]
_SHAPES = {
    "POINT": "POINT(1 -2)",
    "LINESTRING": "LINESTRING(0 0, 1e10 1e-10, 3 4)",
    "POLYGON": "POLYGON((0 0,9 0,9 9,0 9,0 0),(2 2,2 3,3 3,3 2,2 2))",
    "MULTIPOINT": "MULTIPOINT(1 1, 2 2)",
    "MULTILINESTRING": "MULTILINESTRING((0 0,1 1),(2 2,3 3))",
    "MULTIPOLYGON": "MULTIPOLYGON(((0 0,1 0,1 1,0 1,0 0)))",
    "GEOMETRYCOLLECTION": "GEOMETRYCOLLECTION(POINT(1 1),LINESTRING(0 0,1 1))",
}


def _integers():
    for bits, kind in ((8, "TINYINT"), (16, "SMALLINT"), (24, "MEDIUMINT"),
                       (32, "INT"), (64, "BIGINT")):
        top = 1 << (bits - 1)
        yield BOTH, kind, [-top, -1, 0, 1, top - 1]
        yield BOTH, f"{kind} UNSIGNED", [0, 1, 2 * top - 1]
        yield BOTH, f"{kind}(5) ZEROFILL", [0, 42, 2 * top - 1]


def _fractions():
    for digits in range(7):
        yield BOTH, f"TIME({digits})", _TIMES
        yield BOTH, f"DATETIME({digits})", _MOMENTS
        yield BOTH, f"TIMESTAMP({digits}) NULL", _STAMPS


def _geometry():
    for kind, text in _SHAPES.items():
        shapes = [f"ST_GeomFromText('{text}')"]
        yield BOTH, kind, shapes
        yield BOTH, "GEOMETRY", shapes + [
            "ST_GeomFromText('POINT(10 20)', 4326)",
            "ST_GeomFromText('POINT(0 0)', 3857)"]
    yield MYSQL, "GEOMETRYCOLLECTION", [
        "ST_GeomFromText('GEOMETRYCOLLECTION EMPTY')"]
    yield MYSQL, "POINT SRID 4326", ["ST_GeomFromText('POINT(89 179)',4326)"]
    yield MYSQL, "POLYGON SRID 0", [
        f"ST_GeomFromText('{_SHAPES['POLYGON']}')"]
    yield MARIADB, "POINT REF_SYSTEM_ID=4326", [
        "ST_GeomFromText('POINT(89 17)', 4326)"]


# Servers, type, values. A new type is one line.
LINES = [
    *_integers(),
    *_fractions(),
    *_geometry(),
    (BOTH, "BOOLEAN", ["TRUE", "FALSE"]),
    (BOTH, "FLOAT", _FLOATS),
    (BOTH, "FLOAT UNSIGNED ZEROFILL", ["0", "16777217", "1.5"]),
    (BOTH, "FLOAT(7,3)", ["1234.567", "-9999.999", "0.001", "1e0/3"]),
    (BOTH, "FLOAT(30,10)", ["16777217", "1e0/3", "-1e19"]),
    (BOTH, "DOUBLE", _DOUBLES),
    (BOTH, "DOUBLE UNSIGNED", ["0", "1e308"]),
    (BOTH, "DOUBLE(20,5)", ["123456789012345.12345", "-0.00001", "1e0/3",
                                "'-0'", "873418259388.905", "-1e14/3"]),
    (BOTH, "DOUBLE(255,30)", ["1e0/3", "1e200", "-1e-30"]),
    (BOTH, "DECIMAL(65,30)", [_NINES, "-" + _NINES, "0", "-0.0", "1e-30"]),
    (BOTH, "DECIMAL(65,0)", ["9" * 65, "-" + "9" * 65]),
    (BOTH, "DECIMAL(30,30)", ["0." + "9" * 30, "-0." + "0" * 29 + "1"]),
    (BOTH, "DECIMAL(10,2) UNSIGNED ZEROFILL", ["0", "1.5"]),
    *[(BOTH, f"BIT({n})", [0, 1, (1 << n) - 1, 1 << (n - 1), 0x5c27 % (1 << n)])
      for n in range(1, 65)],
    (BOTH, "DATE", _DATES),
    (BOTH, "YEAR", ["0", "1901", "2155", "2024"]),
    *[(BOTH, kind, [_ALL_BYTES, "''", "X'00'", "X'5C27'", "'%s'", "' '"])
      for kind in ("VARBINARY(300)", "TINYBLOB", "BLOB", "MEDIUMBLOB",
                   "LONGBLOB")],
    (BOTH, "BINARY(16)", ["''", "X'00'", "X'5C0A0D1A2227'", "'a '", "X'20'"]),
    (BOTH, "BINARY(255)", ["X'FF'", hexed(range(1, 256))]),
    (BOTH, "BINARY(0)", ["''"]),
    (BOTH, "CHAR(0)", ["''"]),
    (BOTH, "CHAR(255)", ["''", "' lead'", "'🦊'", "REPEAT('ä', 255)"]),
    (BOTH, "VARCHAR(16000)", ["' '", "'trail  '", "REPEAT('日', 16000)"]),
    (BOTH, "LONGTEXT", ["''", "REPEAT('it''s \\\\ \\n\\r\\0', 40000)",
                        "REPEAT('x', 3000000)", "'\\Z\\t\\'\"`;'"]),
    (BOTH, "TEXT", ["'DELIMITER ;;'", "'a;\\nb'", "'\\\\N'", "'NULL'",
                    "'-- x\\n'", "'/*!50000 x */'", "''''''", "'\\r\\n'"]),
    (BOTH, "ENUM" + _MEMBERS, [1, 2, 3, 4, 5, 6, 7, 0]),
    (BOTH, "ENUM('','x')", ["1", "2", "'no such'"]),
    (BOTH, "ENUM('x','''')", ["1", "2", "'no such'"]),
    (BOTH, "ENUM('1','0','3','2')", ["'0'", "'1'", "'2'", "'3'", "''"]),
    *[(BOTH, f"ENUM('ä','ß','it''s','') CHARACTER SET {c}", [1, 2, 3, 4, 0])
      for c in ("latin1", "utf16", "utf16le", "ucs2", "utf32", "cp850")],
    *[(BOTH, f"ENUM('表','功','ソ') CHARACTER SET {c}", [1, 2, 3, 0])
      for c in ("sjis", "cp932", "ujis", "utf16", "utf8mb3")],
    *[(BOTH, f"SET('表','功','x') CHARACTER SET {c}", [0, 1, 2, 3, 7])
      for c in ("gbk", "utf16", "utf32", "utf8mb3")],
    (BOTH, "SET('a','it''s','b\"','ä日本','back\\\\slash')",
     [0, 1, 2, 8, 16, 31]),
    (BOTH, "SET('','a')", [0, 1, 2, 3]),
    (BOTH, "SET('a','','b')", [0, 1, 2, 3, 4, 5, 7]),
    (BOTH, "SET(" + ",".join(f"'m{n}'" for n in range(64)) + ")",
     [0, 1, (1 << 63) + 1, (1 << 64) - 1, (1 << 53) + 1]),
    (BOTH, "SET(''," + ",".join(f"'m{n}'" for n in range(63)) + ")",
     [0, 1, (1 << 63) + 1, (1 << 64) - 1, (1 << 53) + 1]),
    (BOTH, "JSON", _JSON),
    (MYSQL, "JSON", ["JSON_ARRAY(1.0, 1e0, 1, -0e0)", "CAST(1.25 AS JSON)",
                     "CAST(NOW(6) AS JSON)", "CAST(X'005c27' AS JSON)",
                     "CAST('null' AS JSON)",
                     "CAST(1.50 AS JSON)", "CAST(1e0/3 AS JSON)",
                     "CAST(CAST(0.1 AS DECIMAL(65,30)) AS JSON)",
                     "JSON_ARRAY(123456789012345678901234567890, -0.00, "
                     "12345678901234567890.123456789)",
                     f"CAST({'9' * 65} AS JSON)",
                     "JSON_OBJECT('k', REPEAT('x', 70000))"]),
    (MARIADB, "UUID", ["'00000000-0000-0000-0000-000000000000'",
                       "'ffffffff-ffff-ffff-ffff-ffffffffffff'",
                       "'6ccd780c-baba-1026-9564-5b8c656024db'",
                       "'5c270d0a-2200-4a1a-8000-005c27220000'"]),
    (MARIADB, "INET4", ["'0.0.0.0'", "'255.255.255.255'", "'92.39.34.0'"]),
    (MARIADB, "INET6", ["'::'", "'2001:db8::ff00:42:8329'",
                        "'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'",
                        "'::ffff:92.39.34.0'", "'5c27:2200::'"]),
    (MARIADB, "VARCHAR(1000) COMPRESSED", ["''", "REPEAT('ä\\\\', 400)"]),
    (MARIADB, "LONGTEXT COMPRESSED", ["''", "REPEAT('ä''', 4000)"]),
    (MARIADB, "BLOB COMPRESSED=zlib", ["''", f"REPEAT({_ALL_BYTES}, 9)"]),
    (MARIADB, "VARBINARY(999) COMPRESSED", [_ALL_BYTES]),
    (MYSQL, "VECTOR(3)", ["STRING_TO_VECTOR('[1,-0,3.4e38]')",
                          "TO_VECTOR('[1.2e-38,0.1,16777217]')"]),
    (MYSQL, "VECTOR(500)", [f"X'{'0000803f' * 500}'"]),
    (BOTH, "INT INVISIBLE", ["1", "0"]),
    (BOTH, "INT DEFAULT 5 COMMENT 'it''s; a \\\\ `x`\\n'", ["DEFAULT", "6"]),
    (BOTH, "INT DEFAULT (1 + 2 * 3)", ["DEFAULT"]),
    (BOTH, "DATETIME(3) DEFAULT CURRENT_TIMESTAMP(3) "
           "ON UPDATE CURRENT_TIMESTAMP(3)", ["DEFAULT", "'2020-01-01'"]),
    (BOTH, "TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP "
           "ON UPDATE CURRENT_TIMESTAMP", ["DEFAULT", "'2020-01-01'"]),
    (BOTH, "DATE DEFAULT '0000-00-00'", ["DEFAULT"]),
    (BOTH, "VARCHAR(99) DEFAULT 'it''s \\\\ ä🦊\\0'", ["DEFAULT", "''"]),
    (BOTH, "VARCHAR(99) DEFAULT (CONCAT('a', 'ä\\\\'))", ["DEFAULT"]),
    (BOTH, "VARCHAR(9) CHARACTER SET gbk DEFAULT '縗''功'", ["DEFAULT"]),
    (BOTH, "VARCHAR(9) CHARACTER SET sjis DEFAULT '表ソ\\\\'", ["DEFAULT"]),
    (BOTH, "VARCHAR(9) CHARACTER SET utf16 DEFAULT '✜⑜'", ["DEFAULT"]),
    (BOTH, "BLOB DEFAULT (X'005c27')", ["DEFAULT", "X'00'"]),
    (BOTH, "BIT(9) DEFAULT b'101010101'", ["DEFAULT", "0"]),
    (BOTH, "VARCHAR(64) DEFAULT (UUID())", ["DEFAULT", "'x'"]),
    (MYSQL, "JSON DEFAULT (JSON_OBJECT('a', 1))", ["DEFAULT"]),
    (MYSQL, "POINT DEFAULT (POINT(1, 2))", ["DEFAULT"]),
]

# Tables that are more than a column of a type: servers, definition, rows.
# "#" is the table's name.
TABLES = [
    (BOTH, "CREATE TABLE # (a INT, b VARCHAR(20))",
     "VALUES (1, 'x'), (1, 'x'), (NULL, NULL), (2, 'y')"),
    (BOTH, "CREATE TABLE # (id INT AUTO_INCREMENT PRIMARY KEY) "
           "AUTO_INCREMENT = 1000", "VALUES (0), (-5), (NULL)"),
    (BOTH, "CREATE TABLE # (id INT AUTO_INCREMENT PRIMARY KEY)", None),
    (BOTH, "CREATE TABLE # (a INT, b INT AS (a + 1) VIRTUAL, "
           "c VARCHAR(30) AS (CONCAT('<', a, '>')) STORED, d INT, "
           "KEY (b), UNIQUE (c))", "(a, d) VALUES (1, 2), (-3, 4)"),
    # What comes after is computed: only its expression is in the backup.
    (BOTH, "CREATE TABLE # (b VARCHAR(9), c VARCHAR(9) AS (CONCAT('🦊ä', b)) "
           "STORED, d VARCHAR(9) DEFAULT (CONCAT('🦊', 'ä')), "
           "CHECK (b <> '🦊'))", "(b) VALUES ('x'), ('')"),
    (BOTH, "CREATE TABLE # (a INT AS (1) VIRTUAL, b INT AS (2) STORED)",
     "VALUES (DEFAULT, DEFAULT), (DEFAULT, DEFAULT)"),
    (MARIADB, "CREATE TABLE # (a INT, b INT AS (a * 2) PERSISTENT INVISIBLE)",
     "(a) VALUES (1)"),
    (BOTH, "CREATE TABLE # (a INT INVISIBLE DEFAULT 7, b INT)",
     "(a, b) VALUES (1, 2), (DEFAULT, 3)"),
    (BOTH, "CREATE TABLE # (a INT CHECK (a > 0), b INT, "
           "CONSTRAINT `it's; \"odd\"` CHECK (b <> a AND b < 99))",
     "VALUES (1, 2), (NULL, NULL)"),
    (MYSQL, "CREATE TABLE # (a INT, CHECK (a > 0) NOT ENFORCED)",
     "VALUES (-1)"),
    (BOTH, "CREATE TABLE # (id INT PRIMARY KEY, up INT, "
           "FOREIGN KEY (up) REFERENCES # (id) ON DELETE CASCADE)",
     "VALUES (1, 3), (2, 1), (3, 2)"),
    (BOTH, "CREATE TABLE # (t TEXT, v VARCHAR(99), FULLTEXT `f t` (t), "
           "FULLTEXT (t, v))", "VALUES ('one two', 'three'), ('', NULL)"),
    (MYSQL, "CREATE TABLE # (t TEXT, FULLTEXT (t) WITH PARSER ngram)",
     "VALUES ('日本語')"),
    (BOTH, "CREATE TABLE # (g POINT NOT NULL, SPATIAL KEY (g))",
     "VALUES (POINT(1, 2)), (POINT(-1e9, 0))"),
    (BOTH, "CREATE TABLE # (a INT, b INT, KEY k (a DESC, b ASC), "
           "PRIMARY KEY (b DESC))", "VALUES (1, 2), (3, 4)"),
    (MYSQL, "CREATE TABLE # (a INT, j JSON, KEY ((a * 2)), KEY iv (a) "
            "INVISIBLE, KEY ((CAST(j->'$.n' AS UNSIGNED ARRAY))))",
     """VALUES (1, '{"n":[1,2]}')"""),
    (MARIADB, "CREATE TABLE # (a INT, b LONGTEXT, KEY iv (a) IGNORED, "
              "UNIQUE (b))", "VALUES (1, 'x'), (2, REPEAT('y', 9000))"),
    (BOTH, "CREATE TABLE # (a VARCHAR(99), t TEXT, KEY (a(5), t(7)))",
     "VALUES ('x', 'y')"),
    (MARIADB, "CREATE TABLE # (a INT, d DATE, e DATE, PERIOD FOR p (d, e), "
              "PRIMARY KEY (a, p WITHOUT OVERLAPS))",
     "VALUES (1, '2020-01-01', '2021-01-01')"),
    (MARIADB, "CREATE TABLE # (a INT PRIMARY KEY) WITH SYSTEM VERSIONING",
     "VALUES (1), (2)"),
    (BOTH, "CREATE TABLE # (a INT) PARTITION BY RANGE (a) (PARTITION `p 0` "
           "VALUES LESS THAN (10), PARTITION p1 VALUES LESS THAN MAXVALUE "
           "COMMENT = 'it''s')", "VALUES (1), (20), (NULL)"),
    (BOTH, "CREATE TABLE # (a VARCHAR(9), b DATE) PARTITION BY RANGE COLUMNS "
           "(a, b) (PARTITION p0 VALUES LESS THAN ('it''s', '2020-01-01'), "
           "PARTITION p1 VALUES LESS THAN (MAXVALUE, MAXVALUE))",
     "VALUES ('a', '2019-01-01'), ('z', NULL)"),
    (BOTH, "CREATE TABLE # (a INT) PARTITION BY LIST (a) (PARTITION p0 "
           "VALUES IN (1, 2, NULL), PARTITION p1 VALUES IN (-3))",
     "VALUES (1), (-3), (NULL)"),
    (BOTH, "CREATE TABLE # (a VARCHAR(9)) PARTITION BY LIST COLUMNS (a) "
           "(PARTITION p0 VALUES IN ('x', ''), PARTITION p1 VALUES IN "
           "('\\\\'))", "VALUES ('x'), ('\\\\')"),
    *[(BOTH, f"CREATE TABLE # (a INT PRIMARY KEY) PARTITION BY {how} "
             "PARTITIONS 3", "VALUES (1), (2), (300)")
      for how in ("HASH (a)", "LINEAR HASH (a)", "KEY (a)", "LINEAR KEY ()",
                  "KEY ALGORITHM = 1 (a)")],
    (BOTH, "CREATE TABLE # (a INT, b INT) PARTITION BY RANGE (a) "
           "SUBPARTITION BY HASH (b) SUBPARTITIONS 2 (PARTITION p0 VALUES "
           "LESS THAN (5), PARTITION p1 VALUES LESS THAN MAXVALUE)",
     "VALUES (1, 1), (9, 2)"),
    (MARIADB, "CREATE TABLE # (a INT) PARTITION BY LIST (a) (PARTITION p0 "
              "VALUES IN (1), PARTITION p1 DEFAULT)", "VALUES (1), (7)"),
    (BOTH, "CREATE TABLE # (a INT) ENGINE = MyISAM", "VALUES (1), (2)"),
    (BOTH, "CREATE TABLE # (a INT, KEY (a) USING BTREE) ENGINE = MEMORY",
     "VALUES (1), (2)"),
    (BOTH, "CREATE TABLE # (a INT NOT NULL) ENGINE = CSV", "VALUES (1)"),
    (MARIADB, "CREATE TABLE # (a INT) ENGINE = Aria TRANSACTIONAL = 1",
     "VALUES (1), (2)"),
    (MARIADB, "CREATE TABLE # (a INT) PAGE_COMPRESSED = 1", "VALUES (1)"),
    (MYSQL, "CREATE TABLE # (a INT) COMPRESSION = 'zlib'", "VALUES (1)"),
    (BOTH, "CREATE TABLE # (a INT) ROW_FORMAT = COMPRESSED KEY_BLOCK_SIZE = 4 "
           "STATS_PERSISTENT = 0 COMMENT = 'it''s; a\\n\"comment\" \\\\ ä🦊'",
     "VALUES (1)"),
    (BOTH, "CREATE TABLE # (a INT) CHARACTER SET gbk COLLATE gbk_bin",
     "VALUES (1)"),
    (BOTH, "CREATE TABLE # (a VARCHAR(9) COLLATE latin1_german2_ci, b "
           "VARCHAR(9)) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
     "VALUES ('ß', 'ß')"),
    (MYSQL, "SET sql_generate_invisible_primary_key = 1; CREATE TABLE # "
            "(a INT); SET sql_generate_invisible_primary_key = 0",
     "(a) VALUES (7), (7)"),
    (BOTH, "CREATE TABLE # (" + ", ".join(f"c{n} INT" for n in range(1000))
     + ")", "VALUES (" + ", ".join(str(n) for n in range(1000)) + ")"),
]


def odd_names(prefix, length, limit=0x10000):
    """Names that together hold every character that a name may have."""
    legal = [chr(c) for c in range(1, limit) if not 0xd800 <= c < 0xe000]
    for start in range(0, len(legal), length):
        yield f"{prefix}{start}<{''.join(legal[start:start + length])}>"


def _odd_columns():
    """All characters of the basic plane in names of columns."""
    names = list(odd_names("c", 55))
    for table in range(0, len(names), 300):
        few = names[table:table + 300]
        yield (f"CREATE TABLE odd_{table} ("
               + ", ".join(f"{quote(n)} TINYINT" for n in few) + ");\n"
               f"INSERT INTO odd_{table} VALUES ("
               + ", ".join("1" for _ in few) + ");")


def _blocks():
    """Every character there is, 256 to a row, as UTF-32."""
    yield "CREATE TABLE blocks (b INT, v TEXT CHARACTER SET utf32);"
    rows = []
    for block in [*range(0xd8), *range(0xe0, 0x100), *range(0x1f0, 0x1fa)]:
        text = "".join(chr(block * 256 + low) for low in range(256))
        rows.append(f"({block}, _utf32 {hexed(text.encode('utf-32-be'))})")
    yield f"INSERT INTO blocks VALUES {', '.join(rows)};"


def _charset(name, width):
    """All that a character set has, in each kind of text."""
    yield (f"CREATE TABLE charset_{name} (b INT, v VARCHAR(256), c CHAR(9), "
           f"t LONGTEXT, k TINYTEXT) CHARACTER SET {name};")
    # What it has not becomes "?".
    yield (f"INSERT IGNORE INTO charset_{name} SELECT b, v, LEFT(v, 9), "
           "IF(b < 9, v, ''), RIGHT(v, 40) FROM blocks;")
    if width == 1:
        top = 128 if name == "ascii" else 256
        yield (f"INSERT INTO charset_{name} (b, v) VALUES (-1, "
               f"_{name} {hexed(range(top))});")


def script(server, database):
    """The statements that make the matrix; run with --force off."""
    text = [f"SET NAMES utf8mb4; CREATE DATABASE {quote(database)} CHARACTER "
            f"SET utf8mb4; USE {quote(database)}; "
            "SET sql_mode = 'ALLOW_INVALID_DATES,NO_AUTO_VALUE_ON_ZERO', "
            "foreign_key_checks = 0, time_zone = '+00:00';"]
    for number, (servers, kind, values) in enumerate(LINES):
        if server.is_mysql not in servers:
            continue
        name = f"type_{number}"
        values = [f"({v})" for v in values]
        if "NOT NULL" not in kind:
            values.append("(NULL)")
        text.append(f"CREATE TABLE {name} (id INT AUTO_INCREMENT PRIMARY KEY,"
                    f" v {kind}); INSERT IGNORE INTO {name} (v) VALUES "
                    f"{', '.join(values)};")
    for number, (servers, definition, rows) in enumerate(TABLES):
        if server.is_mysql in servers:
            name = f"table_{number}"
            text.append(definition.replace("#", name) + ";")
            text += [f"INSERT INTO {name} {rows};"] if rows else []
    text += _cyclic()
    text += _odd_columns()
    text += _blocks()
    for name, width in server.sql(
            "SELECT character_set_name, maxlen FROM "
            "information_schema.character_sets ORDER BY 1"):
        text += _charset(name, int(width))
    return "\n".join(text)


def _cyclic():
    """Tables that refer to each other."""
    yield ("CREATE TABLE ring_a (id INT PRIMARY KEY, b INT, CONSTRAINT a_b "
           "FOREIGN KEY (b) REFERENCES ring_b (id) ON UPDATE SET NULL);")
    yield ("CREATE TABLE ring_b (id INT PRIMARY KEY, a INT, CONSTRAINT b_a "
           "FOREIGN KEY (a) REFERENCES ring_a (id));")
    yield "INSERT INTO ring_a VALUES (1, 2), (3, NULL);"
    yield "INSERT INTO ring_b VALUES (2, 1);"
