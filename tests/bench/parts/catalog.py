"""A catalog of many backups and plans, written behind the server's back."""
import json
import os
import random
import sqlite3
import time

SOURCES = 40
DAY_MS = 24 * 3600 * 1000
WORDS = ("shop", "orders", "billing", "Crm", "wiki", "forum", "ledger")


def _ulid(prefix, number):
    """Shaped like an id, rising with the number."""
    digits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
    text = ""
    for _ in range(10):
        text = digits[number % 32] + text
        number //= 32
    return f"{prefix}_01M{'0' * 13}{text}"


def _insert(db, table, rows):
    columns = list(rows[0])
    marks = ", ".join("?" for _ in columns)
    db.executemany(f"INSERT INTO {table} ({', '.join(columns)})"
                   f" VALUES ({marks})",
                   [[row[c] for c in columns] for row in rows])


def _source(i, now):
    name = f"{WORDS[i % len(WORDS)]}-{i}"
    return {"id": _ulid("src", i), "name": name, "name_key": name.lower(),
            "engine": "mysql", "connection_json": json.dumps(
                {"host": "127.0.0.1", "port": 3306, "user": "backup",
                 "tls": "preferred"}),
            "version": "10.11.6-MariaDB", "role": "primary",
            "is_reachable": 1, "created_at": now, "updated_at": now}


def _plan(i, now):
    name = f"Nightly-{i}"
    return {"id": _ulid("plan", i), "name": name, "name_key": name.lower(),
            "source_id": _ulid("src", i % SOURCES), "enabled": 0,
            "pool_id": _ulid("pool", 0), "strategy": "timer",
            "method": "logical", "timer_json": json.dumps(
                {"cycle": "daily", "at": "02:30", "timezone": "UTC",
                 "missed": "skip"}),
            "options_json": json.dumps({"compression_level": 3}),
            "retention_days": 732, "grace_seconds": 21600,
            "created_at": now - i, "updated_at": now - i}


def _backup(i, n, plans, now, server_id):
    dice = random.Random(i)
    manual = i % 20 == 0
    plan = dice.randrange(plans)
    source = plan % SOURCES
    failed = dice.random() < 0.02
    began = now - (n - i) * (300 * DAY_MS // n)
    name = (f"By-hand-{i}" if manual
            else f"Nightly-{plan}-{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime(began // 1000))}-{i}")
    stored = dice.randrange(10**5, 10**10)
    return {"id": _ulid("bak", i), "name": name,
            "name_key": None if failed else name.lower(),
            "description": "", "type": "manual" if manual else "automated",
            "started_by": "user" if manual else "timer", "method": "logical",
            "status": "failed" if failed else "completed",
            "server_id": server_id, "source_id": _ulid("src", source),
            "source_name": f"{WORDS[source % len(WORDS)]}-{source}",
            "source_engine": "mysql", "source_version": "10.11.6-MariaDB",
            "pool_id": _ulid("pool", 0), "created_at": began,
            "started_at": began + 20, "finished_at": began + 60000,
            "expires_at": 0 if manual else began + 732 * DAY_MS,
            "save_path": f"/srv/pool/coffer/v1/{_ulid('bak', i)}/",
            "source_bytes": stored * 3, "stored_bytes": stored,
            "part_count": stored // 8388608 + 1,
            "table_count": dice.randrange(1000),
            "row_count": dice.randrange(10**8),
            "counts_json": json.dumps({"tables": 5, "rows": 17, "views": 0}),
            "consistency_json": json.dumps(
                {"binlog_file": "binlog.000042", "binlog_position": i,
                 "gtid": f"0-1-{i}", "state": "exact"}),
            "warnings_json": "[]", "phases_json": json.dumps(
                [{"name": "data", "seconds": 57.2, "bytes": stored}]),
            "error_json": json.dumps(
                {"code": "connection_failed", "detail": "it went away",
                 "attempts": []}) if failed else None,
            "bottleneck": "source", "manifest_digest": "0" * 64,
            "job_id": _ulid("job", i),
            "plan_id": "" if manual else _ulid("plan", plan),
            "plan_name": "" if manual else f"Nightly-{plan}"}


def _pool(folder, now):
    return {"id": _ulid("pool", 0), "name": "pool", "name_key": "pool",
            "storage_type": "local_directory", "config_json": json.dumps(
                {"path": str(folder)}), "is_reachable": 1,
            "part_bytes": 8388608, "created_at": now, "updated_at": now}


def fill(path, folder, backups, plans):
    """The server must not run."""
    now = int(time.time() * 1000)
    os.makedirs(folder, exist_ok=True)
    db = sqlite3.connect(path)
    with db:
        server_id = db.execute("SELECT server_id FROM server").fetchone()[0]
        _insert(db, "pools", [_pool(folder, now)])
        _insert(db, "sources", [_source(i, now) for i in range(SOURCES)])
        _insert(db, "plans", [_plan(i, now) for i in range(plans)])
        for at in range(0, backups, 5000):
            _insert(db, "backups",
                    [_backup(i, backups, plans, now, server_id)
                     for i in range(at, min(at + 5000, backups))])
        db.execute("UPDATE counters SET value = (SELECT count(*) FROM backups"
                   " WHERE type = 'manual' AND name_key IS NOT NULL)"
                   " WHERE name = 'manual_backups'")
    db.close()
