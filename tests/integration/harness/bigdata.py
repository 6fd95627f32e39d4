"""Two million rows over 30 tables, with every common type of column and the
values that are known to go wrong."""
from .compare import quote

# Zero dates and numbers out of nowhere are wanted here.
_SESSION = """
SET sql_mode = 'NO_ENGINE_SUBSTITUTION,NO_UNSIGNED_SUBTRACTION';
SET sql_log_bin = 0;
SET time_zone = '+00:00';
SET foreign_key_checks = 0;
SET unique_checks = 0;
SET @all = UNHEX('{every_byte}');
""".format(every_byte=bytes(range(256)).hex())

# Each kind: columns, and an expression over `seq` for each that is given.
# One value in ten or so is NULL, by different divisors.
_NUMBERS = """
    id INT UNSIGNED NOT NULL PRIMARY KEY,
    a TINYINT, b TINYINT UNSIGNED, c SMALLINT, d SMALLINT UNSIGNED,
    e MEDIUMINT, f MEDIUMINT UNSIGNED, g INT, h BIGINT, i BIGINT UNSIGNED,
    j DECIMAL(30,10), k DECIMAL(65,0), l FLOAT, m DOUBLE, n BIT(1), o BIT(64),
    p BOOLEAN, q YEAR, r INT(8) ZEROFILL, s FLOAT UNSIGNED, KEY (g), KEY (h, a)
""", """
    seq, seq % 256 - 128, seq % 256, seq % 65536 - 32768, seq % 65536,
    seq * 37 % 16777216 - 8388608, seq * 41 % 16777216,
    IF(seq % 10 = 0, NULL, seq * 30011 % 4294967296 - 2147483648),
    CASE seq % 9 WHEN 0 THEN -9223372036854775808
        WHEN 1 THEN 9223372036854775807 WHEN 2 THEN NULL
        ELSE CAST(seq AS SIGNED) * -123456789 END,
    IF(seq % 8 = 0, 18446744073709551615, seq * 9876543210),
    IF(seq % 7 = 0, NULL, (seq * 104729 - 5000000000) / 977),
    IF(seq % 2, -1, 1) * CAST(CONCAT(REPEAT('9', 1 + seq % 64)) AS DECIMAL(65)),
    IF(seq % 5 = 0, 16777217, seq / 3), IF(seq % 6 = 0, 1e308, -1e0 * seq / 7),
    seq % 2, seq * 40503, seq % 3 = 0, IF(seq % 11 = 0, 0, 1901 + seq % 255),
    seq, seq * 1e-30
"""
_TIMES = """
    id INT UNSIGNED NOT NULL PRIMARY KEY,
    a DATE, b DATE NOT NULL, c DATETIME, d DATETIME(6) NOT NULL, e TIME,
    f TIME(6), g TIMESTAMP NULL, h TIMESTAMP(6) NOT NULL DEFAULT '2000-01-01',
    i YEAR, j DATETIME(3) DEFAULT CURRENT_TIMESTAMP(3), KEY (d)
""", """
    seq, IF(seq % 10 = 0, NULL, DATE '1000-01-01' + INTERVAL seq % 3280000 DAY),
    CASE seq % 4 WHEN 0 THEN '0000-00-00' WHEN 1 THEN '2024-00-00'
        WHEN 2 THEN '2024-02-29' ELSE '9999-12-31' END,
    IF(seq % 6 = 0, '0000-00-00 00:00:00', FROM_UNIXTIME(seq * 20011)),
    TIMESTAMP '1970-01-01 00:00:00.000001' + INTERVAL seq * 1000003 MICROSECOND,
    IF(seq % 9 = 0, NULL, SEC_TO_TIME(seq * 17 % 3020399 - 1510199)),
    CAST(CONCAT(IF(seq % 2, '-', ''), seq % 838, ':', LPAD(seq % 60, 2, '0'),
        ':59.', LPAD(seq % 1000000, 6, '0')) AS TIME(6)),
    CASE seq % 5 WHEN 0 THEN NULL WHEN 1 THEN '0000-00-00 00:00:00'
        ELSE FROM_UNIXTIME(1 + seq * 12347 % 2147483646) END,
    FROM_UNIXTIME(1000000 + seq * 7.000007), 1901 + seq % 255,
    TIMESTAMP '2001-02-03 04:05:06.789' + INTERVAL seq MINUTE
"""
_TEXTS = """
    id BIGINT NOT NULL PRIMARY KEY,
    a CHAR(20), b VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    c VARCHAR(100) CHARACTER SET latin1, d TINYTEXT, e TEXT, f MEDIUMTEXT,
    g LONGTEXT CHARACTER SET utf8mb4, h ENUM('', 'one', 'it''s', 'süß,'),
    i SET('a', 'b c', 'd''e', 'ü'), j JSON, k UUID, l INET6,
    m VARCHAR(40) CHARACTER SET utf16, n CHAR(4) CHARACTER SET ucs2,
    o VARCHAR(30) CHARACTER SET ascii, KEY (b(20)), KEY (k)
""", r"""
    seq, IF(seq % 10 = 0, NULL, CONCAT('c', seq)),
    CONCAT(ELT(1 + seq % 8, '', '日本語', '🦊🎉', 'naïve', '''quoted''',
        '"double"', 'back\\slash', 'a\0b'), seq),
    CONVERT(CONCAT('Grüße ', seq, ' ÿ') USING latin1),
    IF(seq % 7 = 0, NULL, ''), REPEAT(CONCAT('line ', seq, '\r\n\t\\'), seq % 5),
    CONCAT('\Z', CHAR(seq % 127), '%_;--/* ', seq, ' */ #'),
    IF(seq % 2000 = 0, REPEAT(CONCAT('🐢', seq), 20000), 'short'),
    IF(seq % 5 = 0, NULL, 1 + seq % 4), seq % 16,
    IF(seq % 4 = 0, NULL, JSON_OBJECT('k', seq, 'quote "', '\\', 'e', '€')),
    CONCAT(LPAD(HEX(seq), 8, '0'), '-1234-5678-9abc-def012345678'),
    IF(seq % 2, '2001:db8::ff', '::ffff:192.0.2.1'),
    CONCAT('x😀', seq), 'äé', CONCAT('ascii ', seq)
"""
_BYTES = r"""
    id INT NOT NULL PRIMARY KEY,
    a BINARY(16), b VARBINARY(300), c TINYBLOB, d BLOB, e MEDIUMBLOB,
    f LONGBLOB NOT NULL, g BIT(17), h GEOMETRY, i POINT
""", r"""
    seq, IF(seq % 10 = 0, NULL, UNHEX(MD5(seq))),
    CONCAT(SUBSTRING(@all, 1 + seq % 256), LEFT(@all, seq % 256)),
    IF(seq % 9 = 0, '', RIGHT(@all, seq % 255)),
    CASE WHEN seq % 3 = 0 THEN NULL ELSE REPEAT(CHAR(seq % 256), seq % 40) END,
    IF(seq % 5000 = 0, REPEAT(@all, 4096), CONCAT(@all, REVERSE(@all))),
    IF(seq = 7777, REPEAT(CONCAT(@all, UNHEX(MD5(seq))), 12000),
        UNHEX(SHA2(seq, 512))),
    seq % 131072, IF(seq % 4 = 0, NULL, ST_GeomFromText(CONCAT('LINESTRING(',
        seq, ' 1, 2 ', seq, ')'))), POINT(seq / 7, -1e0 * seq)
"""
_MIXED = """
    first INT NOT NULL, second CHAR(3) NOT NULL,
    total INT AS (first * 2) VIRTUAL, twice INT AS (first + 1) STORED,
    hidden VARCHAR(20) INVISIBLE DEFAULT 'not seen',
    `select` VARCHAR(30), `odd ``name` INT, `größe` DOUBLE,
    checked INT CHECK (checked >= 0), PRIMARY KEY (second, first),
    UNIQUE KEY (`odd ``name`), KEY (twice)
""", """
    seq, CONCAT('k', seq % 10), CONCAT('h', seq), CONCAT('s', seq),
    IF(seq % 10 = 0, NULL, seq), SQRT(seq), seq % 1000
"""
_NARROW = "id INT NOT NULL, v SMALLINT", "seq, seq % 30000"

_MIXED_COLUMNS = ("(first, second, hidden, `select`, `odd ``name`, `größe`, "
                  "checked)")

# Names, kinds and rows: 30 tables, 2,000,000 rows.
_KINDS = [("numbers", _NUMBERS, 60000), ("times", _TIMES, 60000),
          ("texts", _TEXTS, 40000), ("bytes", _BYTES, 20000),
          ("mixed", _MIXED, 20000), ("narrow", _NARROW, 200000)]
_VARIANTS = ["ENGINE=InnoDB", "ENGINE=InnoDB ROW_FORMAT=COMPRESSED",
             "ENGINE=InnoDB CHARACTER SET latin1",
             "ENGINE=InnoDB COMMENT='it''s; a -- comment'",
             "ENGINE=InnoDB ROW_FORMAT=REDUNDANT"]
ROWS, TABLES = 2000000, 30


def _table(kind, variant):
    # One name of each kind that wants quoting.
    plain = f"{kind}_{variant}"
    return {4: f"{kind} `4` ü"}.get(variant, plain)


def _tables():
    for kind, (columns, values), rows in _KINDS:
        for variant, options in enumerate(_VARIANTS):
            name = quote(_table(kind, variant))
            yield f"CREATE TABLE {name} ({columns}) {options}"
            names = _MIXED_COLUMNS if kind == "mixed" else ""
            # Tables of one kind differ, so that none passes for another.
            first = 1 + 1000 * variant
            yield (f"INSERT INTO {name} {names} SELECT {values} "
                   f"FROM seq_{first}_to_{first + rows - 1}")


_REST = """
CREATE VIEW seen AS SELECT id, a, h FROM numbers_0 WHERE id % 2 = 1;
CREATE ALGORITHM=MERGE SQL SECURITY INVOKER VIEW a_view_on_it AS
    SELECT s.id, t.b FROM seen s JOIN texts_0 t ON t.id = s.id
    WHERE t.b LIKE '%日本%';
CREATE TABLE counted (n INT NOT NULL AUTO_INCREMENT PRIMARY KEY, why TEXT);
DELIMITER ;;
CREATE TRIGGER narrow_0_written BEFORE INSERT ON narrow_0 FOR EACH ROW
BEGIN
    -- A restore that fires this one fills the table beside.
    INSERT INTO counted (why) VALUES (CONCAT('it''s; ', NEW.id));
END;;
CREATE FUNCTION half(n INT) RETURNS INT DETERMINISTIC
    COMMENT 'a function; it''s small'
BEGIN
    RETURN n DIV 2;
END;;
CREATE PROCEDURE note(IN what VARCHAR(20), OUT number INT) MODIFIES SQL DATA
BEGIN
    INSERT INTO counted (why) VALUES (what);
    SET number = LAST_INSERT_ID();
END;;
CREATE EVENT tidy ON SCHEDULE EVERY 1 WEEK STARTS '2037-06-01 00:00:00'
    ON COMPLETION PRESERVE COMMENT 'far away'
DO BEGIN
    DELETE FROM counted WHERE n < 0;
END;;
CREATE EVENT off ON SCHEDULE AT '2037-12-31 23:59:59' DISABLE
DO DELETE FROM counted;;
DELIMITER ;
"""


def big(server, name):
    """Makes it; takes well under a minute."""
    # `counted` is the trigger's: not one of the 30, and it stays empty.
    script = (f"CREATE DATABASE {quote(name)} CHARACTER SET utf8mb4;\n"
              f"USE {quote(name)};\n" + _SESSION
              + ";\n".join(_tables()) + ";\n" + _REST)
    server.sql(script)
    return name
