"""What must be true of a server, its catalog and its pools after any crash,
each told in a sentence that begins with its number:

  1  every backup that says `completed` restores, equal to its source's
     fingerprint
  2  every change that was acknowledged is there
  3  no object lies in a pool without an owner once the sweep has been
  4  no due time was run twice
  5  no lock or connection is left on a source 5 s after the server has died
  6  the last good backup of each source exists

`Journal` is what the clients saw, kept outside of the server; check() holds
the server against it. The program `noticed` breaks each once, and it must notice."""
import collections
import contextlib
import os
import random
import re
import sqlite3
import time

TEMPORARY = ".coffer-tmp_"
BACKUP = re.compile(r"\bbak_[0-9A-Za-z]{26}")
# The promise is 5 s; a machine that does much else may be late.
FREE_SECONDS = 5
SWEEP_SECONDS = 60
# Of more than so many acknowledged changes that many are looked at, the last
# ones and some by chance; all of them every so many times.
LOOKED_AT = 40
ALL_EVERY = 25


class Journal:
    """prints: the fingerprint of the source that a backup of this name has;
    fields: by path what may be seen there, the last acknowledged and what was
    asked for since; gone: paths whose deletion was acknowledged; good: the
    last completed backup of each source that a client has seen; at_risk: ids
    whose deletion was asked for."""

    def __init__(self):
        self.prints = {}
        self.fields = {}
        self.gone = {}
        self.good = {}
        self.at_risk = set()
        self.seen = set()
        self.proven = set()
        self.checks = 0

    def known(self, path):
        """Its fields; it is the last one then."""
        fields = self.fields[path] = self.fields.pop(path, {})
        return fields

    def asked(self, path, **fields):
        """A change was asked for: from now on it may be there."""
        known = self.known(path)
        for name, value in fields.items():
            if name in known:
                known[name].append(value)

    def acknowledged(self, path, **fields):
        """It was answered with success: nothing else may be there."""
        self.known(path).update(
            {name: [value] for name, value in fields.items()})

    def some(self, paths):
        """Those to look at this time."""
        paths = list(paths)
        if len(paths) <= LOOKED_AT or self.checks % ALL_EVERY == 0:
            return paths
        last = LOOKED_AT // 2
        return paths[-last:] + random.sample(paths[:-last], last)

    def forget(self, path):
        self.fields.pop(path, None)

    def deleted(self, path, is_sure):
        self.forget(path)
        if is_sure:
            self.gone[path] = True

    def completed(self, backup):
        """A client has seen that it is."""
        self.seen.add(backup["id"])
        self.good[backup["source"]["name"]] = backup["id"]


def listed(rig, path):
    """Every item, page by page."""
    found, after, sign = [], "", "&" if "?" in path else "?"
    while True:
        page = rig.api.fetch(f"{path}{sign}limit=500{after}")
        found += page["items"]
        if not page["next"]:
            return found
        after = f"&after={page['next']}"


def all_restore(rig, journal, anew=False):
    """1. Those that were proven before are left out, but for `anew`."""
    for backup in listed(rig, "/v1/backups?status=completed"):
        if backup["id"] in journal.proven and not anew:
            continue
        record, found = rig.restore(backup)
        if found is None:
            yield (f"1: {backup['name']} is completed and does not restore: "
                   f"{record.get('error') or record}")
        elif journal.prints.get(backup["name"], found) != found:
            yield f"1: {backup['name']} restores, but not what was backed up"
        else:
            journal.proven.add(backup["id"])


def acknowledged_is_there(rig, journal):
    """2."""
    for path in journal.some(journal.fields):
        fields, reply = journal.fields[path], rig.api.get(path)
        if reply.status != 200:
            yield f"2: {path} was acknowledged and is not there: {reply!r}"
            continue
        for name, allowed in fields.items():
            if reply.json[name] not in allowed:
                yield (f"2: {path} has {name} = {reply.json[name]!r}, not "
                       f"{allowed!r}")
    for path in journal.some(journal.gone):
        reply = rig.api.get(path)
        if reply.status != 404 and reply.json.get("status") != "deleting":
            yield f"2: {path} was deleted and is there: {reply!r}"
    completed = {b["id"] for b in listed(rig, "/v1/backups?status=completed")}
    for ident in journal.seen - journal.at_risk - completed:
        yield f"2: {ident} was seen to be completed and is not"


def owners(rig):
    """Ids of those that objects may belong to: completed backups, and those
    whose packs these need."""
    found = {b["id"] for b in listed(rig, "/v1/backups?status=completed")}
    with catalog(rig) as db:
        packs = db.execute("SELECT backup_id, writer_id FROM backup_packs")
        return found | {writer for holder, writer in packs if holder in found}


def strangers(rig):
    """Without unfinished files: unfinished() tells of these."""
    known = owners(rig)
    return [key for key in rig.objects()
            if (m := BACKUP.search(key)) and m[0] not in known
            and TEMPORARY not in key]


def unfinished(rig):
    """Files that a killed writer has begun. Those in the folder of a backup
    go when nobody has written to them for 50 s, others with a listing when
    they are a day old (doc/reference/stores.md): here they are, at once."""
    for path in rig.pool_folder.rglob(TEMPORARY + "*"):
        if not BACKUP.search(str(path.parent)):
            os.utime(path, (1, 1))
    rig.api.want(202, "POST", "/v1/pools/pool/adopt")
    rig.api.want(200, "POST", "/v1/pools/pool/test")
    rig.idle()
    deadline = time.monotonic() + 180
    while left := [key for key in rig.objects() if TEMPORARY in key]:
        if time.monotonic() > deadline:
            return [f"3: {key} is still there" for key in left[:5]]
        time.sleep(0.5)
    return []


def all_have_owners(rig):
    """3. The sweep has some time."""
    deadline = time.monotonic() + SWEEP_SECONDS
    while left := strangers(rig):
        if time.monotonic() > deadline:
            return [f"3: nobody owns {key}" for key in left[:5]]
        time.sleep(0.2)
    return []


@contextlib.contextmanager
def catalog(rig):
    """To be read beside the server."""
    db = sqlite3.connect(f"file:{rig.cofferd.data}/catalog.db?mode=ro",
                         uri=True, timeout=20)
    try:
        yield db
    finally:
        db.close()


def due_once(rig):
    """4. A run that was cut short may be started once more for each due time
    that it serves; at most one is completed."""
    with catalog(rig) as db:
        made = db.execute(
            "SELECT plan_id, due_at, status, started_at FROM backups "
            "WHERE due_at > 0 AND started_by <> 'user'").fetchall()
        served = dict(db.execute("SELECT backup_id, COUNT(*) FROM plan_runs "
                                 "WHERE backup_id <> '' GROUP BY 1"))
        runs = dict(((plan, due), backup) for plan, due, backup in db.execute(
            "SELECT plan_id, due_at, backup_id FROM plan_runs"))
    of_due = collections.defaultdict(list)
    for plan, due, status, started in made:
        of_due[plan, due].append((status, started))
    for due, these in of_due.items():
        whole = sum(status == "completed" for status, _ in these)
        begun = sum(started > 0 for _, started in these)
        most = 1 + max(served.get(runs.get(due), 1), 1)
        if whole > 1 or begun > most:
            yield f"4: due time {due} was run {begun} times, {whole} whole"


def sources_are_free(rig, seconds=FREE_SECONDS):
    """5. Called when the server is dead."""
    deadline = time.monotonic() + max(seconds, 10)
    while left := [(name, held) for name, s in rig.sources.items()
                   if (held := s.held())]:
        if time.monotonic() > deadline:
            return [f"5: {name} still has {held}" for name, held in left]
        time.sleep(0.05)
    return []


def last_good_is_there(rig, journal):
    """6. Unless a client has deleted it."""
    for source, ident in journal.good.items():
        if ident in journal.at_risk:
            continue
        reply = rig.api.get(f"/v1/backups/{ident}")
        if reply.status != 200 or reply.json["status"] != "completed":
            yield f"6: the last good backup of {source} is gone: {reply!r}"


def check(rig, journal, anew=False):
    """All but the fifth, of a server that runs; the violations."""
    rig.idle()
    journal.checks += 1
    found = [*last_good_is_there(rig, journal), *due_once(rig),
             *acknowledged_is_there(rig, journal), *all_have_owners(rig),
             *all_restore(rig, journal, anew)]
    for backup in listed(rig, "/v1/backups?status=completed"):
        if backup["id"] not in journal.at_risk:
            journal.seen.add(backup["id"])
    return found
