"""The object matrix: views, routines, triggers, events, sequences and
packages of every kind, in databases whose names and settings differ. A new
object is one line."""
from .compare import quote
from .types import BOTH, MARIADB, MYSQL, odd_names

DATABASES = ["objects", "ob`j.e'c\"t s;", "объекты-日本"]
_OTHERS = DATABASES[1:]
# A body that holds all that a careless dump would trip over.
_TEXT = """'it''s; -- no
 comment' /* kept; */ """
_HARD = "ANSI_QUOTES,NO_BACKSLASH_ESCAPES,PIPES_AS_CONCAT,IGNORE_SPACE"

# Servers, sql_mode, statement or statements. They stand in the order in which they can be
# made; their names say in which order a dump must not leave them.
LINES = [
    # Functions that views need, and views that need one another.
    (BOTH, "", "CREATE FUNCTION zz_half(x INT) RETURNS INT DETERMINISTIC "
               "NO SQL RETURN x / 2"),
    (BOTH, "", "CREATE FUNCTION zz_rows() RETURNS BIGINT READS SQL DATA "
               "RETURN (SELECT COUNT(*) FROM t)"),
    (BOTH, "", "CREATE VIEW zz_base AS SELECT id, zz_half(id) AS h FROM t"),
    (BOTH, "", "CREATE VIEW mm_mid AS SELECT b.id, b.h, zz_rows() AS n "
               "FROM zz_base b JOIN t ON t.id = b.id"),
    (BOTH, "", "CREATE VIEW aa_top AS SELECT * FROM mm_mid UNION ALL "
               "SELECT 1, 2, COUNT(*) FROM zz_base"),
    (BOTH, "", "CREATE FUNCTION aa_of_view() RETURNS INT READS SQL DATA "
               "RETURN (SELECT MAX(n) FROM aa_top)"),
    (BOTH, "", "CREATE VIEW `a first` AS SELECT aa_of_view() AS `x y`"),
    (BOTH, "", "CREATE ALGORITHM = TEMPTABLE SQL SECURITY INVOKER VIEW v_temp "
               "AS SELECT DISTINCT v FROM t"),
    (BOTH, "", "CREATE ALGORITHM = MERGE VIEW v_check AS SELECT * FROM t "
               "WHERE id > 0 WITH LOCAL CHECK OPTION"),
    (BOTH, "", "CREATE VIEW v_cascade AS SELECT * FROM v_check "
               "WITH CASCADED CHECK OPTION"),
    (BOTH, "", "CREATE DEFINER = nobody@nowhere SQL SECURITY INVOKER VIEW "
               "v_orphan AS SELECT 1 AS one"),
    (BOTH, "", "CREATE DEFINER = 'o''dd'@'%.ex-ample' SQL SECURITY INVOKER "
               "VIEW v_odd AS SELECT 'it''s; \\\\ 日本' AS `c ``;'`"),
    (BOTH, _HARD, 'CREATE VIEW "v ""mode" AS SELECT \'\\\' || v AS "a""b" '
                  'FROM t'),
    # Routines: every characteristic, argument and mode.
    (BOTH, "", "CREATE PROCEDURE p_args(IN a INT UNSIGNED, OUT b "
               "VARCHAR(9) CHARACTER SET latin1, INOUT `c ``;` DECIMAL(9,2)) "
               "LANGUAGE SQL CONTAINS SQL SQL SECURITY INVOKER COMMENT "
               "'it''s; \\\\ \\n ä' BEGIN SET b = " + _TEXT + "; END"),
    (BOTH, "", "CREATE PROCEDURE p_modifies() MODIFIES SQL DATA NOT "
               "DETERMINISTIC label: BEGIN DECLARE EXIT HANDLER FOR "
               "SQLEXCEPTION ROLLBACK; -- a remark; 'with a quote\n"
               "IF 1 THEN LEAVE label; END IF; END label"),
    (BOTH, "", "CREATE FUNCTION f_enum() RETURNS ENUM('a','it''s') "
               "DETERMINISTIC RETURN 'a'"),
    (BOTH, "", "CREATE FUNCTION f_text() RETURNS TEXT CHARACTER SET utf8mb4 "
               "COLLATE utf8mb4_bin DETERMINISTIC RETURN 'ä🦊日本'"),
    (BOTH, _HARD, 'CREATE PROCEDURE "p ""mode"() SELECT \'\\\' || "v" '
                  'FROM "t"'),
    (BOTH, "STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,"
           "ERROR_FOR_DIVISION_BY_ZERO,HIGH_NOT_PRECEDENCE",
     "CREATE PROCEDURE p_strict() SELECT NOT 1 BETWEEN -5 AND 5"),
    (BOTH, "", "CREATE PROCEDURE p_ends() SELECT 'DELIMITER ;;\n;\n//\n$$\n'"),
    (BOTH, "", "CREATE PROCEDURE p_crlf() BEGIN\r\n SELECT 1;\r\nEND"),
    (BOTH, "", "CREATE PROCEDURE p_empty() BEGIN END"),
    (BOTH, "", "CREATE DEFINER = nobody@nowhere PROCEDURE p_orphan() "
               "SELECT 1"),
    (BOTH, "", "CREATE PROCEDURE p_long() SELECT '" + "long " * 9000 + "'"),
    (MARIADB, "", "CREATE AGGREGATE FUNCTION f_agg(x INT) RETURNS INT "
                  "READS SQL DATA BEGIN DECLARE s INT DEFAULT 0; DECLARE "
                  "CONTINUE HANDLER FOR NOT FOUND RETURN s; LOOP FETCH GROUP "
                  "NEXT ROW; SET s = s + x; END LOOP; END"),
    (MARIADB, "ORACLE", "CREATE PROCEDURE p_oracle(a IN VARCHAR2, b OUT INT) "
                        "AS c INT := 1; BEGIN b := c; END"),
    (MARIADB, "ORACLE", "CREATE PACKAGE pack AS FUNCTION f RETURN INT; "
                        "PROCEDURE p(a INT); END"),
    (MARIADB, "ORACLE", "CREATE PACKAGE BODY pack AS v INT := 0; FUNCTION f "
                        "RETURN INT AS BEGIN RETURN v; END; PROCEDURE p(a "
                        "INT) AS BEGIN v := a; END; BEGIN v := 7; END"),
    (MARIADB, "ORACLE", "CREATE PACKAGE `bare ``;` COMMENT 'it''s' AS "
                        "FUNCTION f RETURN INT; END"),
    # Triggers of one event, whose order is not that of their names.
    *[(BOTH, "", f"CREATE TRIGGER {name} {when} ON t FOR EACH ROW {order} "
                 "SET @x = 'it''s;'")
      for when in ("BEFORE INSERT", "AFTER INSERT", "BEFORE UPDATE",
                   "AFTER UPDATE", "BEFORE DELETE", "AFTER DELETE")
      for tag in (when.replace(" ", "_").lower(),)
      for name, order in ((f"m_{tag}", ""),
                          (f"z_{tag}", f"PRECEDES m_{tag}"),
                          (f"a_{tag}", f"FOLLOWS m_{tag}"),
                          (f"k_{tag}", f"PRECEDES a_{tag}"))],
    (BOTH, _HARD, 'CREATE TRIGGER "tr ""`;" BEFORE INSERT ON u FOR EACH ROW '
                  "BEGIN SET NEW.v = '\\' || NEW.v; END"),
    (BOTH, "", "CREATE DEFINER = nobody@nowhere TRIGGER tr_orphan AFTER "
               "DELETE ON u FOR EACH ROW INSERT INTO t VALUES (OLD.id, 'x')"),
    # Events of all kinds; none comes due while the tests run.
    *[(BOTH, "", f"CREATE EVENT e_{number} ON SCHEDULE {schedule} "
                 f"COMMENT 'it''s; {number}' DO SELECT 'a;b'")
      for number, schedule in enumerate((
          "AT '2037-01-01 00:00:00' ON COMPLETION PRESERVE",
          "AT '2037-01-01 00:00:00' ON COMPLETION NOT PRESERVE DISABLE",
          "EVERY 1 YEAR STARTS '2036-05-01 00:00:00' ENABLE",
          "EVERY 9 DAY STARTS '2036-01-01 02:30:00' ENDS "
          "'2037-03-31 02:30:00' ON COMPLETION PRESERVE DISABLE",
          "EVERY '1:30' HOUR_MINUTE STARTS '2036-01-01 00:00:00'",
          "EVERY '2-6' YEAR_MONTH STARTS '2036-01-01 00:00:00'"))],
    (MARIADB, "", "CREATE EVENT e_replica ON SCHEDULE EVERY 1 YEAR STARTS "
                  "'2036-01-01' DISABLE ON SLAVE DO SELECT 1"),
    (MYSQL, "", "CREATE EVENT e_replica ON SCHEDULE EVERY 1 YEAR STARTS "
                "'2036-01-01' DISABLE ON REPLICA DO SELECT 1"),
    (BOTH, _HARD, 'CREATE EVENT "e ""`;" ON SCHEDULE EVERY 5 YEAR STARTS '
                  "'2036-01-01' DO BEGIN SELECT '\\' || v FROM \"t\"; END"),
    (BOTH, "", ["SET time_zone = '+05:30'",
                "CREATE EVENT e_zone ON SCHEDULE AT '2037-01-01 00:00:00' DO "
                "SELECT 1", "SET time_zone = '+00:00'"]),
    (BOTH, "", ["SET NAMES latin1 COLLATE latin1_german2_ci",
                "CREATE PROCEDURE p_latin1() SELECT 'x'",
                "SET NAMES utf8mb4"]),
    (BOTH, "", ["SET collation_connection = utf8mb4_bin",
                "CREATE VIEW v_collation AS SELECT 'a' = 'A' AS c",
                "SET NAMES utf8mb4"]),
    # Sequences of all kinds, in all states.
    *[(MARIADB, "", f"CREATE SEQUENCE s_{number} {how}")
      for number, how in enumerate((
          "", "START WITH 100 INCREMENT BY 10 MINVALUE 5 MAXVALUE 1000 CYCLE",
          "START WITH -1 INCREMENT BY -3 MINVALUE -100 NOCACHE NOCYCLE",
          "MAXVALUE 2 CYCLE CACHE 1", "START WITH 9223372036854775800"))],
    (MARIADB, "", "SELECT NEXTVAL(s_0), NEXTVAL(s_1), NEXTVAL(s_2), "
                  "NEXTVAL(s_3), NEXTVAL(s_3), SETVAL(s_4, 7, 1)"),
    (MARIADB, "", "CREATE TABLE by_sequence (id BIGINT DEFAULT NEXTVAL(s_0))"),
]


def _names():
    """A table, a view, a routine, a trigger and an event for names that hold
    every character of ASCII, and some of the rest."""
    for number, name in enumerate(
            [*odd_names("n", 22, 0x80), "ÄÖ日本\u2028 é", "a" * 64, "1", "..",
             "select", "%_", "日" * 40]):
        both = quote(name)
        yield (f"CREATE TABLE {both} ({both} INT, CONSTRAINT {both} CHECK "
               f"({both} > 0), KEY {both} ({both}))")
        yield f"INSERT INTO {both} VALUES ({number + 1})"
        view = quote("v" + name[:60])
        yield f"CREATE VIEW {view} AS SELECT {both} AS {both} FROM {both}"
        yield (f"CREATE PROCEDURE {both}(IN {both} INT) "
               f"SELECT {both} FROM {view}")
        yield (f"CREATE TRIGGER {both} BEFORE INSERT ON {both} FOR EACH ROW "
               f"SET NEW.{both} = 1")
        yield (f"CREATE EVENT {both} ON SCHEDULE EVERY 5 YEAR STARTS "
               f"'2036-01-01' DO SELECT {both} FROM {both}")


def _database(server, name, defaults):
    yield f"CREATE DATABASE {quote(name)} {defaults}"
    yield f"USE {quote(name)}"
    yield "CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(40))"
    yield "CREATE TABLE u (id INT PRIMARY KEY, v VARCHAR(40))"
    yield "INSERT INTO t VALUES (1, 'a'), (2, 'ä'), (3, NULL)"
    for servers, mode, statement in LINES:
        if server.is_mysql in servers:
            yield f"SET sql_mode = '{mode}'"
            yield from statement if isinstance(statement, list) else [
                statement]
            yield "SET sql_mode = ''"


def _across():
    """Views and keys that reach from one database into another."""
    first, second = map(quote, _OTHERS)
    yield f"CREATE VIEW {first}.aa_far AS SELECT * FROM {second}.zz_far"
    yield (f"CREATE TABLE {first}.aa_child (t INT, FOREIGN KEY (t) "
           f"REFERENCES {second}.t (id))")
    yield f"INSERT INTO {first}.aa_child VALUES (1), (NULL)"


def script(server, *_):
    comment = "COMMENT 'it''s; \\\\ a \"comment\"'"
    defaults = ["CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
                "CHARACTER SET gbk" + ("" if server.is_mysql
                                       else " " + comment),
                "CHARACTER SET latin1 COLLATE latin1_german2_ci"]
    text = ["SET NAMES utf8mb4, time_zone = '+00:00', sql_mode = ''"]
    for name, how in zip(DATABASES, defaults):
        text += _database(server, name, how)
    text += _names()
    text.append("CREATE VIEW zz_far AS SELECT * FROM t")
    text += _across()
    return _delimited(text)


def _delimited(statements):
    """With a delimiter that none of them holds."""
    end = "//coffer"
    return f"DELIMITER {end}\n" + "".join(f"{s}\n{end}\n" for s in statements)
