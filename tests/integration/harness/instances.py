"""Instances that provisioners make: the one that ships, and one that does as
a test says before or instead of it."""
import json
import os
import pathlib
import shutil
import stat
import subprocess
import tempfile

import redis

from . import helper, local, process, testbed

LOCAL = process.TOP / "contrib" / "provisioners" / "local"

# Acts by the operation; what it does not spoil it leaves to the real one.
SCRIPTED = '''#!/usr/bin/python3 -IB
import json, os, pathlib, subprocess, sys, time
here = pathlib.Path(sys.argv[1])
operation, asked = sys.argv[2], sys.stdin.buffer.read()
with open(here / "calls", "a", encoding="utf-8") as calls:
    calls.write(f"{operation} {json.loads(asked).get('id', '')}\\n")
acts = json.loads((here / "acts.json").read_text())
act = acts.get(operation, "real")
if act == "wait":
    (here / f"waits-{operation}").touch()
    while not (here / "go").exists():
        time.sleep(0.02)
elif act == "hang":
    time.sleep(100000)
elif act == "refuse":
    print(json.dumps({"error": {"detail": "the moon is in the wrong house"}}))
    sys.exit(1)
elif act == "silent":
    sys.exit(0)
elif act == "babble":
    print("Instance created successfully!")
    sys.exit(0)
elif isinstance(act, dict) and "answer" in act:
    print(json.dumps(act["answer"]))
    sys.exit(0)
mounted = here / "mounted"
if operation == "destroy" and mounted.exists():
    subprocess.run(["umount", mounted.read_text()], check=True)
    mounted.unlink()
done = subprocess.run([LOCAL, "--config", here / "local.conf", operation],
                      input=asked, stdout=subprocess.PIPE)
if act == "small":
    folder = json.loads(done.stdout)["data_dir"]
    mounted.write_text(folder)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "coffer-it",
                    folder], check=True)
if act == "late":
    (here / f"waits-{operation}").touch()
    time.sleep(100000)
if act == "forget":
    sys.exit(1)
if act == "through" and done.returncode == 0:
    answer = json.loads(done.stdout)
    (here / "port").write_text(str(answer["connection"]["port"]))
    answer["connection"]["port"] = int((here / "relay").read_text())
    done.stdout = json.dumps(answer).encode()
sys.stdout.buffer.write(done.stdout)
sys.exit(done.returncode)
'''


class Provisioners:
    """The configuration of a helper with provisioner "local" and, in front of
    it, "scripted"."""

    def __init__(self):
        # Instances have users of their own, who have to get there.
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="coffer-it."))
        self.dir.chmod(0o755)
        self.instances = self.dir / "instances"
        self.instances.mkdir(mode=0o755)
        # Tests that run beside this one have theirs elsewhere.
        first = process.free_port()
        self._write("local.conf", f"[local]\ninstances = {self.instances}\n"
                    f"ports = {first}-{first + 99}\n"
                    + local.servers(self.dir))
        script = SCRIPTED.replace("LOCAL,", f"{str(LOCAL)!r},")
        self._write("scripted", script).chmod(0o755)
        self.sections = {
            "helper": {"instances": self.instances},
            "provisioner local": {
                "program": LOCAL,
                "arguments": f"--config {self.dir}/local.conf"},
            "provisioner scripted": {
                "program": self.dir / "scripted", "arguments": self.dir},
        }
        self.acts()

    def _write(self, name, text):
        path = self.dir / name
        path.write_text(text)
        path.chmod(0o644)
        return path

    def serve(self, cofferd, more=None):
        """Starts a server that knows them; more: of helper.conf."""
        sections = {**self.sections, **(more or {})}
        sections["helper"] = {**sections["helper"],
                              **self.sections["helper"]}
        cofferd.helper_config = helper.write_config(
            self.dir / "helper.conf", sections)
        return cofferd.start()

    def acts(self, **acts):
        """What "scripted" does instead: acts(prepare="hang")."""
        for path in self.dir.glob("waits-*"):
            path.unlink()
        (self.dir / "go").unlink(missing_ok=True)
        self._write("acts.json", json.dumps(acts))

    def waits(self, operation, seconds=60):
        """Until that operation stands still."""
        process.until((self.dir / f"waits-{operation}").exists, seconds,
                      f"{operation} is under way")

    def go(self):
        (self.dir / "go").touch()

    def through(self, relay):
        """Servers are reached by a relay, for act "through" of start; the
        last one that was started is where it leads to."""
        self._write("relay", str(relay.port))

    @property
    def host(self):
        return "127.0.0.1"

    @property
    def port(self):
        """For a relay: of the server that was started last."""
        return int((self.dir / "port").read_text())

    def calls(self):
        path = self.dir / "calls"
        return path.read_text().splitlines() if path.exists() else []

    def left(self):
        """Folders of instances, and servers that run in them."""
        folders = [p.name for p in self.instances.iterdir()
                   if p.name.startswith("src_")]
        return folders + self.servers()

    def servers(self):
        found = []
        for entry in pathlib.Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                line = (entry / "cmdline").read_bytes().decode("utf-8",
                                                               "replace")
                folder = os.readlink(entry / "cwd")
            except OSError:
                continue
            if str(self.instances) in line + folder:
                found.append(line.replace("\0", " "))
        return found

    def gone(self, seconds=60):
        process.until(lambda: not self.left(), seconds,
                      "nothing is left of any instance")

    def close(self):
        """Whatever a failed test has left."""
        mounted = self.dir / "mounted"
        if mounted.exists():
            subprocess.run(["umount", mounted.read_text()], check=False)
        self.acts()
        for path in self.instances.iterdir():
            subprocess.run(
                [LOCAL, "--config", self.dir / "local.conf", "destroy"],
                input=json.dumps({"id": path.name}).encode(), check=False,
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        shutil.rmtree(self.dir, ignore_errors=True)


class MadeMariaDB(testbed.MariaDB):
    """The server of a source that was made, as its provisioner knows it."""

    def __init__(self, provisioners, source):
        # Not started by us: no call of the constructor above.
        self.dir = provisioners.dir
        self.connection = source["connection"]
        self.secret = secret_of(provisioners, source)
        path = self.dir / f"{source['id']}.cnf"
        path.touch(mode=0o600)
        path.write_text(f"[client]\nhost={self.host}\nport={self.port}\n"
                        f"user={self.user}\npassword=\"{self.secret}\"\n")
        path.chmod(stat.S_IRUSR | stat.S_IWUSR)
        self.option_file = path

    @property
    def port(self):
        return self.connection["port"]

    @property
    def user(self):
        return self.connection["user"]

    @property
    def password(self):
        return self.secret

    def client(self, *args):
        return [self.program(), f"--defaults-file={self.option_file}",
                "--batch", "--skip-column-names", "--comments", *args]


class MadeMySQL(MadeMariaDB):
    """The same of MySQL, by the client of another one."""
    is_mysql = True

    def __init__(self, provisioners, source, other):
        super().__init__(provisioners, source)
        self.other = other

    def program(self):
        return self.other.program()


def secret_of(provisioners, source):
    """Only the provisioner tells it: replies never do."""
    done = subprocess.run(
        [LOCAL, "--config", provisioners.dir / "local.conf", "start"],
        input=json.dumps({"id": source["id"]}).encode(), check=True,
        stdout=subprocess.PIPE)
    return json.loads(done.stdout)["connection"]["password"]


class MadeRedis:
    """The same of Redis."""

    def __init__(self, provisioners, source):
        self.connection = source["connection"]
        self.password = secret_of(provisioners, source)

    def client(self, database=0):
        """A connection of the stock library."""
        return redis.Redis(host=self.connection["host"],
                           port=self.connection["port"], db=database,
                           username=self.connection["user"],
                           password=self.password)
