"""What a database holds, value by value and definition by definition: for the
matrices, whose databases are small. Names may hold anything."""
import re

from .compare import OBJECTS, quote

_NUMBERS = {"tinyint", "smallint", "mediumint", "int", "bigint", "decimal",
            "year", "date", "time", "datetime", "timestamp"}
# Longer values are told by their digest.
_SHOWN_BYTES = 200
# MySQL says the one or the other for the same column: it depends on whether
# the CREATE TABLE said so, and SHOW CREATE TABLE leads to the longer one.
_SPELLED_OUT = re.compile(r"CHARACTER SET (\w+) COLLATE (\1_)")
# For reading: nothing between the stored value and what is compared.
_SESSION = ("SET NAMES utf8mb4; SET character_set_results = NULL, "
            "sql_mode = '', time_zone = '+00:00';")


def literal(name):
    """A name as a string of SQL, whatever it holds."""
    return f"CONVERT(X'{name.encode().hex()}' USING utf8mb4)"


def _text(column):
    """An expression that no odd character of a name can disturb."""
    return f"HEX(CONVERT({column} USING utf8mb4))"


def _name(text):
    return bytes.fromhex(text).decode()


def names(server, view, name, schema, database, more="''", where="1"):
    """Names from information_schema, and one more word each."""
    rows = server.sql(
        f"SELECT {_text(name)}, {more} FROM information_schema.{view} WHERE "
        f"{schema} = {literal(database)} AND {where} ORDER BY 1, 2")
    return [(_name(row[0]), row[1] if len(row) > 1 else "") for row in rows]


def tables(server, database, kinds=("BASE TABLE", "SYSTEM VERSIONED")):
    listed = ", ".join(f"'{k}'" for k in kinds)
    return [name for name, _ in names(
        server, "tables", "table_name", "table_schema", database,
        where=f"table_type IN ({listed})")]


def _expression(name, kind):
    column = quote(name)
    if kind in _NUMBERS:
        return column
    if kind in ("float", "double"):
        # All digits, and the sign of a zero.
        return f"{column} - 0e0, {column}"
    if kind == "json":
        # MySQL's: an expression's 1.50 is 1.5 to all who read the text.
        column = f"CAST(CAST({column} AS CHAR CHARACTER SET utf8mb4) AS JSON)"
    whole = f"HEX({column})"
    if kind in ("enum", "set"):
        return f"{whole}, CAST({column} AS UNSIGNED)"
    return (f"IF(OCTET_LENGTH({whole}) > {2 * _SHOWN_BYTES}, "
            f"SHA2({whole}, 256), {whole})")


def values(server, database):
    """A line per row: table and all values, of invisible and generated
    columns too."""
    columns = {}
    for table, column, kind in server.sql(
            f"SELECT {_text('table_name')}, {_text('column_name')}, "
            "data_type FROM information_schema.columns WHERE table_schema = "
            f"{literal(database)} ORDER BY ordinal_position"):
        columns.setdefault(_name(table), []).append(
            _expression(_name(column), kind))
    script = [_SESSION, f"USE {quote(database)};"]
    for table in tables(server, database):
        script.append(f"SELECT '{table.encode().hex()}', "
                      f"{', '.join(columns[table])} FROM {quote(table)};")
    lines = []
    for row in server.sql("\n".join(script)):
        lines.append("\t".join([repr(_name(row[0]))] + row[1:]))
    return sorted(lines)


def _routines(server, database):
    return [(kind, name) for name, kind in names(
        server, "routines", "routine_name", "routine_schema", database,
        "routine_type")]


def definitions(server, database):
    """SHOW CREATE of everything, what information_schema adds to it, and
    the state of sequences."""
    own = tables(server, database)
    sequences = tables(server, database, ("SEQUENCE",))
    objects = [("DATABASE", database)]
    objects += [("TABLE", t) for t in own + sequences]
    objects += [("VIEW", v) for v in tables(server, database, ("VIEW",))]
    objects += _routines(server, database)
    objects += [("TRIGGER", n) for n, _ in names(
        server, "triggers", "trigger_name", "trigger_schema", database)]
    objects += [("EVENT", n) for n, _ in names(
        server, "events", "event_name", "event_schema", database)]
    script = [f"SHOW CREATE {kind} {quote(name)};" for kind, name in objects]
    script += [f"SELECT * FROM {quote(s)};" for s in sequences]
    found = []
    for row in server.sql("\n".join([_SESSION, f"USE {quote(database)};"]
                                    + script)):
        # The last column of a trigger says when it was made.
        is_trigger = len(row) == 7 and "TRIGGER" in row[2]
        found.append(_SPELLED_OUT.sub(
            r"COLLATE \2", "\t".join(row[:6] if is_trigger else row)))
    for kind, (view, name, schema, columns) in OBJECTS.items():
        if server.is_mysql:
            # Told by SHOW CREATE alone.
            columns = columns.replace(", ALGORITHM", "")
        found += ["\t".join([kind] + row) for row in server.sql(
            f"{_SESSION} SELECT {name}, {columns} FROM "
            f"information_schema.{view} WHERE {schema} = {literal(database)} "
            f"ORDER BY {_text(name)}")]
    return found


def snapshot(server, *databases):
    found = []
    for database in databases:
        found += definitions(server, database) + values(server, database)
    return found
