"""Copies of a MariaDB server's files: restored by the words of the pool's
README.txt alone, and started beside the server that they come from."""
import pathlib
import re
import shutil
import subprocess
import tempfile
import threading

from . import exact, process
from .testbed import MariaDB


def recipes(folder):
    """The lines of the README.txt that unpack and prepare."""
    text = (folder / "coffer/v1/README.txt").read_text()
    unpack = re.search(r"parts in the order.*\n +(.*> backup)\n", text)[1]
    sealed = re.search(r"Step 3 is then\n(.*?> backup)\n", text, re.S)[1]
    full = re.search(r"the manifest names:\n +(.*)\n +(.*)\n", text)
    more = re.search(r"in their order,\n +(.*)\n +(.*)\n +(.*)\n", text)
    return {"unpack": unpack, "sealed": sealed, "full": full.groups(),
            "more": more.groups()}


def run(words, cwd):
    done = subprocess.run(["bash", "-e", "-o", "pipefail", "-c", words],
                          cwd=cwd, capture_output=True, check=False,
                          env=process.clean_environment())
    assert done.returncode == 0, (words, done.stderr.decode()[-3000:])


def by_hand(world, backup, identity=None):
    """Makes the files of a backup, and of what it builds upon, in a folder of
    their own, in the README's very words. The folder."""
    place = pathlib.Path(tempfile.mkdtemp(prefix="coffer-it."))
    words = recipes(world.folder)
    if identity:
        shutil.copy(identity, place / "key.txt")
    step = "full"
    for one in [*backup["depends_on"], backup["id"]]:
        data = place / "data"
        shutil.rmtree(data, ignore_errors=True)
        shutil.copytree(world.folder_of({"id": one}) / "data", data)
        run(words["sealed" if identity else "unpack"], place)
        for line in words[step]:
            run(line, place)
        step = "more"
    shutil.rmtree(place / "data")
    (place / "backup").unlink()
    return place


class Copy(MariaDB):
    """A server on such files; accounts are those of the source."""

    def __init__(self, place, source):
        self.dir = place
        self.source = source
        self.start()

    def write_client(self):
        text = (self.source.dir / "client.cnf").read_text()
        text = re.sub(r"(?m)^socket *=.*$", f"socket = {self.dir}/sock", text)
        client = self.dir / "client.cnf"
        client.touch(0o600)
        client.write_text(text)

    def start(self):
        self.write_client()
        self.process = process.spawn(
            ["mariadbd", "--no-defaults", f"--datadir={self.dir}/copy",
             f"--socket={self.dir}/sock", "--skip-networking", "--user=root",
             f"--pid-file={self.dir}/mariadbd.pid",
             f"--log-error={self.dir}/error.log",
             "--character-set-server=utf8mb4", "--event-scheduler=OFF",
             "--innodb-buffer-pool-size=64M"], self.dir / "out.log")

    def await_ready(self):
        def serves():
            if self.process.poll() is not None:
                raise AssertionError((self.dir / "error.log").read_text())
            return subprocess.run(
                self.client("-e", "SELECT 1"), capture_output=True,
                check=False, env=process.clean_environment()).returncode == 0
        process.until(serves, 60, "the copy serves")
        return self

    def __enter__(self):
        return self.await_ready()

    def __exit__(self, *_):
        self.stop()


def copy_of(world, backup, identity=None):
    """with copy_of(world, backup) as server: what the backup holds."""
    return Copy(by_hand(world, backup, identity), world.server)


class Load:
    """Writes all the time: each transaction adds a row to one table and moves
    an amount between two of another. It knows after which of them the server
    stood at which position."""

    def __init__(self, server, database):
        self.server = server
        self.database = database
        self.done = []  # (number of the server's last change, transaction)
        self.stop = threading.Event()
        server.sql("CREATE TABLE log (id INT PRIMARY KEY, note TEXT); "
                   "CREATE TABLE sums (id INT PRIMARY KEY, amount INT); "
                   "INSERT INTO sums SELECT seq, 0 FROM seq_0_to_9", database)
        self.thread = threading.Thread(target=self._run)

    def _run(self):
        with self.server.session() as session:
            session.run(f"USE {self.database}")
            number = 0
            while not self.stop.is_set():
                number += 1
                last = session.run(
                    f"BEGIN; INSERT INTO log VALUES ({number}, "
                    f"REPEAT('{number} ', 200)); "
                    f"UPDATE sums SET amount = amount + {number} "
                    f"WHERE id = {number % 10}; "
                    f"UPDATE sums SET amount = amount - {number} "
                    f"WHERE id = {(number + 1) % 10}; COMMIT; "
                    "SELECT @@last_gtid")
                self.done.append((int(last[-1].split("-")[2]), number))

    def __enter__(self):
        self.thread.start()
        process.until(lambda: len(self.done) > 20, 60, "writes go on")
        return self

    def __exit__(self, *_):
        self.stop.set()
        self.thread.join()

    def expect(self, gtid):
        """What the two tables hold at that position."""
        at = int(gtid.split(",")[0].split("-")[2])
        assert self.done[0][0] < at <= self.done[-1][0]
        numbers = [n for gtid_number, n in self.done if gtid_number <= at]
        sums = [0] * 10
        for n in numbers:
            sums[n % 10] += n
            sums[(n + 1) % 10] -= n
        return ([[str(n)] for n in numbers],
                [[str(i), str(s)] for i, s in enumerate(sums)])

    def found(self, server):
        return (server.sql("SELECT id FROM log WHERE note = "
                           "REPEAT(CONCAT(id, ' '), 200) ORDER BY id",
                           self.database),
                server.sql("SELECT id, amount FROM sums ORDER BY id",
                           self.database))


def snapshot(server, *databases):
    """All of it, but for the next number of AUTO_INCREMENT, which a server
    keeps in memory and makes again of the rows when it starts."""
    return [re.sub(r" AUTO_INCREMENT=\d+", "", line) if isinstance(line, str)
            else line for line in exact.snapshot(server, *databases)]
