"""The stock ways: what an administrator would run without Coffer."""
import os
import pathlib
import shutil
import subprocess
import time

from harness import physical as copies, process

from .data import DATABASE
from .measure import Run

UPLOADER = pathlib.Path(__file__).with_name("upload.py")


def pipe(commands, out=subprocess.DEVNULL, first_in=None, env=None,
         words=None):
    """Runs a pipeline; its seconds, CPU seconds and peak bytes in sum.
    words: where its error output goes, with what is no error."""
    env = env or process.clean_environment()
    begin = time.monotonic()
    children, before = [], first_in
    for number, command in enumerate(commands):
        is_last = number + 1 == len(commands)
        child = subprocess.Popen(
            [str(c) for c in command], env=env,
            stdin=before or subprocess.DEVNULL,
            stdout=out if is_last else subprocess.PIPE, stderr=words)
        if before and before is not first_in:
            before.close()
        before = child.stdout
        children.append(child)
    used = [os.wait4(child.pid, 0) for child in children]
    seconds = time.monotonic() - begin
    for child, (_, status, _) in zip(children, used):
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            raise SystemExit(f"{child.args[0]} failed")
    usage = [u for _, _, u in used]
    run = Run(seconds, sum(u.ru_utime + u.ru_stime for u in usage),
              sum(u.ru_maxrss for u in usage) * 1024)
    run.programs = {pathlib.Path(child.args[0]).name: u.ru_utime + u.ru_stime
                    for child, u in zip(children, usage)}
    return run


def dump_command(server):
    return ["mariadb-dump", f"--defaults-file={server.dir}/client.cnf",
            "--single-transaction", "--routines", "--events",
            "--databases", DATABASE]


def zstd_command(level, threads):
    return ["zstd", f"-{level}", "-q", "-c", f"-T{threads}"]


def dump(server, path, level, threads):
    """mariadb-dump | zstd > file"""
    with open(path, "wb") as out:
        run = pipe([dump_command(server), zstd_command(level, threads)], out)
    run.stored_bytes = path.stat().st_size
    return run


def upload(commands, bucket, words=None):
    """The end of a pipeline as PUTs of 8 MiB, four at once."""
    access, secret = bucket.ceph.keys()
    env = process.clean_environment(
        BENCH_ENDPOINT=bucket.ceph.endpoint, BENCH_REGION=bucket.ceph.region,
        BENCH_BUCKET=bucket.name, BENCH_ACCESS=access, BENCH_SECRET=secret)
    run = pipe([*commands, ["/usr/bin/python3", UPLOADER]], env=env,
               words=words)
    keys = bucket.objects("stock/")
    run.stored_bytes = sum(keys.values())
    for key in keys:
        bucket.remove(key)
    return run


def dump_to_s3(server, bucket, level, threads):
    return upload([dump_command(server), zstd_command(level, threads)],
                  bucket)


def options_of(server):
    """Its own: mydumper 0.10 ends with "Lost connection" when it is given
    the clients' file, which has a max_allowed_packet."""
    path = server.dir / "mydumper.cnf"
    lines = (server.dir / "client.cnf").read_text().splitlines()
    path.touch(0o600)
    path.write_text("\n".join(line for line in lines if line.startswith(
        ("[client]", "socket", "user", "password"))) + "\n")
    return f"--defaults-file={path}"


def mydumper(server, folder, threads):
    shutil.rmtree(folder, ignore_errors=True)
    run = pipe([["mydumper", options_of(server), "-c", "-t", threads, "-B",
                 DATABASE, "-o", folder]])
    run.stored_bytes = sum(f.stat().st_size for f in folder.iterdir())
    return run


def load(server, path):
    """zstd -dc file | mariadb"""
    return pipe([["zstd", "-q", "-dc", path],
                 ["mariadb", f"--defaults-file={server.dir}/client.cnf"]])


def myloader(server, folder, threads):
    return pipe([["myloader", options_of(server), "-t", threads, "-d", folder]])


def text_bytes(server, path):
    """How long the dump is as text."""
    with open(path, "wb") as out:
        pipe([dump_command(server)], out)
    size = path.stat().st_size
    path.unlink()
    return size


def physical_command(server, threads):
    return ["mariadb-backup", f"--defaults-file={server.dir}/client.cnf",
            "--backup", "--stream=xbstream", f"--parallel={threads}"]


def physical(server, path, threads, level, is_synced=False):
    """mariadb-backup --stream=xbstream > file, or through zstd; is_synced:
    until the file is on the disk."""
    commands = [physical_command(server, threads)]
    if level:
        commands.append(zstd_command(level, 2))
    with open(path, "wb") as out:
        run = pipe(commands, out, words=subprocess.DEVNULL)
        if is_synced:
            begin = time.monotonic()
            os.fsync(out.fileno())
            run.seconds += time.monotonic() - begin
    run.stored_bytes = path.stat().st_size
    path.unlink()
    return run


def physical_to_s3(server, bucket, threads, level):
    return upload([physical_command(server, threads), zstd_command(level, 2)],
                  bucket, subprocess.DEVNULL)


def instance(parts, place, source):
    """zstd -dc | mbstream -x, --prepare, and a server that answers."""
    copy = place / "copy"
    copy.mkdir(parents=True)
    begin = time.monotonic()
    runs = [pipe([["zstd", "-q", "-dc", *parts],
                  ["mbstream", "-x", "-C", copy]]),
            pipe([["mariadb-backup", "--prepare", f"--target-dir={copy}"]],
                 words=subprocess.DEVNULL)]
    with copies.Copy(place, source):
        seconds = time.monotonic() - begin
    whole = Run(seconds, sum(run.cpu_seconds for run in runs),
                max(run.peak_bytes for run in runs))
    for run in runs:
        whole.programs.update(run.programs)
    return whole


def redis_cli(server, *args):
    return ["redis-cli", "-s", server.socket, *args]


def redis_env(server):
    return process.clean_environment(REDISCLI_AUTH=server.password)


def redis_dump(server, path, level):
    """redis-cli --rdb, through zstd unless level is None."""
    if level is None:
        run = pipe([redis_cli(server, "--rdb", path)], env=redis_env(server),
                   words=subprocess.DEVNULL)
    else:
        with open(path, "wb") as out:
            run = pipe([redis_cli(server, "--rdb", "-"),
                        ["zstd", f"-{level}", "-q", "-c"]], out,
                       env=redis_env(server), words=subprocess.DEVNULL)
    run.stored_bytes = path.stat().st_size
    return run


def redis_drain(server):
    """redis-cli --rdb to nowhere: what the server itself needs for it."""
    return pipe([redis_cli(server, "--rdb", "-")], subprocess.DEVNULL,
                env=redis_env(server), words=subprocess.DEVNULL)


def redis_commands(server, path):
    """All keys of database 0 as RESTORE commands."""
    def word(out, text):
        out.write(b"$%d\r\n%s\r\n" % (len(text), text))
    with server.client() as c, open(path, "wb") as out:
        batch = []

        def write():
            pipe_ = c.pipeline(transaction=False)
            for key in batch:
                pipe_.dump(key)
            for key, payload in zip(batch, pipe_.execute()):
                out.write(b"*4\r\n")
                for text in (b"RESTORE", key, b"0", payload):
                    word(out, text)
            batch.clear()
        for key in c.scan_iter(count=1000):
            batch.append(key)
            if len(batch) == 1000:
                write()
        write()


def redis_pipe(server, path):
    """redis-cli --pipe < commands"""
    with open(path, "rb") as commands:
        return pipe([redis_cli(server, "--pipe")], first_in=commands,
                    env=redis_env(server))
