"""What a database is: row counts, checksums, and the definition of every
object. A restored one must be equal in all of it."""
import difflib

# Columns of information_schema that say what an object is; not those that
# say when it was made.
OBJECTS = {
    "view": ("VIEWS", "TABLE_NAME", "TABLE_SCHEMA",
             "VIEW_DEFINITION, CHECK_OPTION, IS_UPDATABLE, DEFINER, "
             "SECURITY_TYPE, CHARACTER_SET_CLIENT, COLLATION_CONNECTION, "
             "ALGORITHM"),
    "trigger": ("TRIGGERS", "TRIGGER_NAME", "TRIGGER_SCHEMA",
                "EVENT_MANIPULATION, EVENT_OBJECT_TABLE, ACTION_ORDER, "
                "ACTION_STATEMENT, ACTION_TIMING, SQL_MODE, DEFINER, "
                "CHARACTER_SET_CLIENT, COLLATION_CONNECTION, "
                "DATABASE_COLLATION"),
    "routine": ("ROUTINES", "ROUTINE_NAME", "ROUTINE_SCHEMA",
                "ROUTINE_TYPE, DTD_IDENTIFIER, ROUTINE_DEFINITION, "
                "IS_DETERMINISTIC, SQL_DATA_ACCESS, SECURITY_TYPE, "
                "SQL_MODE, ROUTINE_COMMENT, DEFINER, CHARACTER_SET_CLIENT, "
                "COLLATION_CONNECTION, DATABASE_COLLATION"),
    "event": ("EVENTS", "EVENT_NAME", "EVENT_SCHEMA",
              "DEFINER, TIME_ZONE, EVENT_DEFINITION, EVENT_TYPE, "
              "EXECUTE_AT, INTERVAL_VALUE, INTERVAL_FIELD, SQL_MODE, STARTS, "
              "ENDS, STATUS, ON_COMPLETION, EVENT_COMMENT, "
              "CHARACTER_SET_CLIENT, COLLATION_CONNECTION, "
              "DATABASE_COLLATION"),
}


def quote(name):
    return "`" + name.replace("`", "``") + "`"


def text(value):
    return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"


def base_tables(server, database):
    rows = server.sql("SELECT table_name FROM information_schema.tables "
                      f"WHERE table_schema = {text(database)} AND "
                      "table_type = 'BASE TABLE' ORDER BY 1")
    return [row[0] for row in rows]


def contents(server, database):
    """Row count and checksum of every table."""
    tables = base_tables(server, database)
    if not tables:
        return {}
    generated = _with_generated_columns(server, database)
    parts = " UNION ALL ".join(
        f"SELECT {n}, COUNT(*) FROM {quote(t)}"
        for n, t in enumerate(tables))
    counts = {int(n): c for n, c in server.sql(parts, database)}
    names = ", ".join(quote(t) for t in tables)
    sums = server.sql(f"CHECKSUM TABLE {names} EXTENDED", database)
    return {t: (counts[n], _digest(server, database, t, generated[t])
                if t in generated else sums[n][1])
            for n, t in enumerate(tables)}


def _with_generated_columns(server, database):
    """The tables that have such columns, with all their columns. CHECKSUM
    TABLE of these differs from copy to copy on MariaDB, though each value is
    equal: bits that mean nothing are in it."""
    found = {}
    is_generated = ("IF(generation_expression <> '', 'ALWAYS', 'NEVER')"
                    if server.is_mysql else "is_generated")
    for table, column, kind in server.sql(
            f"SELECT table_name, column_name, {is_generated} "
            "FROM information_schema.columns WHERE "
            f"table_schema = {text(database)} ORDER BY ordinal_position"):
        columns, kinds = found.setdefault(table, ([], set()))
        columns.append(column)
        kinds.add(kind)
    return {t: c for t, (c, kinds) in found.items() if "ALWAYS" in kinds}


def _digest(server, database, table, columns):
    """The same for these: of every value, whatever the order of rows."""
    values = ", ".join(f"QUOTE(CAST({quote(c)} AS BINARY))" for c in columns)
    return server.value(
        "SELECT BIT_XOR(CAST(CONV(LEFT(SHA2(CONCAT_WS(',', " + values
        + "), 256), 16), 16, 10) AS UNSIGNED)) "
        f"FROM {quote(table)}", database)


def rows(server, database):
    return sum(int(c) for c, _ in contents(server, database).values())


def definitions(server, database):
    """SHOW CREATE of the database and its tables, and the definitions of
    everything else."""
    script = [f"SHOW CREATE DATABASE {quote(database)}"]
    for table in base_tables(server, database):
        script.append(f"SHOW CREATE TABLE {quote(table)}")
    found = ["\t".join(row)
             for row in server.sql(";\n".join(script), database)]
    for kind, (view, name, schema, columns) in OBJECTS.items():
        if server.is_mysql:
            # Told by SHOW CREATE alone.
            columns = columns.replace(", ALGORITHM", "")
        found += ["\t".join([kind] + row) for row in server.sql(
            f"SELECT {name}, {columns} FROM information_schema.{view} "
            f"WHERE {schema} = {text(database)} ORDER BY {name}")]
    return found


def snapshot(server, database):
    """All of it, as lines."""
    return definitions(server, database) + [
        f"{table}: {count} rows, checksum {checksum}"
        for table, (count, checksum) in contents(server, database).items()]


def assert_equal(before, after):
    if before != after:
        diff = difflib.unified_diff(before, after, "before", "after",
                                    lineterm="", n=0)
        raise AssertionError("the copy differs:\n" + "\n".join(diff))
