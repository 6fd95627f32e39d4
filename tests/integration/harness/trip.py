"""The two ways back: by Coffer, and by the stock client alone."""
import contextlib

from . import byhand, compare, exact, flow

# What bites a careless dump: quotes, escapes, dates and blanks all mean
# something else.
HARD_MODE = ("ANSI_QUOTES,NO_BACKSLASH_ESCAPES,PIPES_AS_CONCAT,IGNORE_SPACE,"
             "STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,"
             "ERROR_FOR_DIVISION_BY_ZERO,PAD_CHAR_TO_FULL_LENGTH,"
             "HIGH_NOT_PRECEDENCE,NO_ENGINE_SUBSTITUTION")


class LocalWorld(flow.World):
    """With a folder as its pool: no S3 server is needed."""

    def prepare(self, folder, **pool_changes):
        self.folder = folder
        folder.mkdir(parents=True)
        self.api.want(201, "POST", "/v1/sources",
                      flow.source_body(self.server))
        self.api.want(201, "POST", "/v1/pools", {
            "name": "pool", "storage_type": "local_directory",
            "local_directory": {"path": str(folder)}, **pool_changes})
        return self

    def folder_of(self, backup):
        """Where the objects of a backup lie."""
        return next(p.parent for p in self.folder.rglob("manifest.json")
                    if backup["id"] in p.parts)


@contextlib.contextmanager
def global_mode(server, mode):
    """The sql_mode of everybody who connects from now on; None: the
    server's own."""
    before = server.value("SELECT @@GLOBAL.sql_mode")
    if mode is not None:
        server.sql(f"SET GLOBAL sql_mode = '{mode}'")
    try:
        yield
    finally:
        server.sql(f"SET SESSION sql_mode = ''; "
                   f"SET GLOBAL sql_mode = '{before}'")


def round_trip(world, *databases, seconds=180, **changes):
    """Backs up, restores in the one way and in the other, and compares each
    time. The record of the backup."""
    server = world.server
    before = exact.snapshot(server, *databases)
    assert before
    backup = world.backup(*databases, seconds=seconds, **changes)
    server.drop(*databases)
    world.restore(backup)
    compare.assert_equal(before, exact.snapshot(server, *databases))
    server.drop(*databases)
    byhand.restore(world.folder_of(backup), server)
    compare.assert_equal(before, exact.snapshot(server, *databases))
    return backup


def both_modes(world, *databases):
    """A round trip in the hard mode; a backup in the server's own mode is
    the same text. The record of the backup."""
    alone = {"options": {"parallelism": 1}}
    plain = world.backup(*databases, **alone)
    with global_mode(world.server, HARD_MODE):
        backup = round_trip(world, *databases, **alone)
    assert byhand.plain_text(world.folder_of(plain)) == \
        byhand.plain_text(world.folder_of(backup))
    return backup
