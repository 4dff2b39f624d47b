"""Backup and restore of operational state: consistent while it is written, checked before anything is touched."""

from __future__ import annotations

import io
import json
import sqlite3
import tarfile
import threading
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from warehouse.audit import AuditLog
from warehouse.backup import make_backup, restore_backup
from warehouse.errors import MissingDataError, UsageError
from warehouse.settings import Settings
from warehouse.state_file import SERVING, open_state, shared

NOW = datetime(2026, 10, 30, 6, tzinfo=UTC)
PAIRS = "CREATE TABLE IF NOT EXISTS pairs (id INTEGER PRIMARY KEY, one INT, other INT)"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """State with a database, an audit trail, a secret, an accepted entry, a log and a cache."""
    settings = Settings(var=tmp_path / "var")
    with closing(open_state(settings.state / "users.db", PAIRS)) as users, users:
        users.execute("INSERT INTO pairs (one, other) VALUES (1, -1)")
    with closing(AuditLog.of(settings)) as trail:
        for number in range(5):
            trail.append({"event": "judged", "user": f"u{number}"})
    (settings.state / "session.key").write_text("secret")
    (settings.state / "command-center.log").write_text("a line")
    (settings.state / "values-20261029.json").write_text("{}")
    (settings.var / "model" / "packaged").mkdir(parents=True)
    (settings.var / "model" / "packaged" / "synonyms.yml").write_text("synonyms: {}\n")
    return settings


def _restored(file: Path, var: Path, **options: bool):
    elsewhere = Settings(var=var)
    done = restore_backup(elsewhere, file, settings_file=var / "settings.toml", **options)
    return elsewhere, done


def test_what_is_kept_comes_back_and_verifies(settings, tmp_path):
    toml = tmp_path / "settings.toml"
    toml.write_text("[server]\nport = 9000\n")
    made = make_backup(settings, tmp_path / "b.tar.gz", NOW, settings_file=toml)
    assert (tmp_path / "b.tar.gz").stat().st_mode & 0o077 == 0
    elsewhere, done = _restored(tmp_path / "b.tar.gz", tmp_path / "new")
    assert (done.made_at, done.audit_records, done.aside) == (NOW.isoformat(), 5, ())
    names = {p.relative_to(elsewhere.var).as_posix() for p in elsewhere.var.rglob("*") if p.is_file()}
    assert {"state/users.db", "state/session.key", "model/packaged/synonyms.yml", "settings.toml"} <= names
    assert not {n for n in names if n.endswith((".log", "-wal")) or "values-" in n or ".restore-" in n}
    assert (elsewhere.state / "session.key").stat().st_mode & 0o077 == 0
    with closing(AuditLog.of(elsewhere)) as trail:
        trail.append({"event": "judged", "user": "later"})
        assert trail.verify([(made.audit_records, made.audit_head)]).whole
        assert [record.get("user") for record in trail.records()][-6:] == ["u0", "u1", "u2", "u3", "u4", "later"]


def test_a_backup_while_everything_is_written_is_of_one_moment(settings, tmp_path):
    """Each transaction adds a pair that cancels out and a record: no copy has half a pair or a broken trail."""
    stop, begun, written = threading.Event(), threading.Event(), []

    def write() -> None:
        with (
            closing(open_state(settings.state / "users.db", PAIRS)) as users,
            closing(AuditLog.of(settings)) as trail,
        ):
            while not stop.is_set():
                n = len(written) + 2
                with users:
                    users.execute("INSERT INTO pairs (one, other) VALUES (?, 0)", (n,))
                    users.execute("UPDATE pairs SET other = -one WHERE other = 0")
                trail.append({"event": "judged", "user": f"u{n}"})
                written.append(n)
                begun.set()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        assert begun.wait(120)
        copies = []
        for number in range(4):
            before = len(written)
            make_backup(settings, tmp_path / f"b{number}.tar.gz", NOW)
            copies.append((number, before))
    finally:
        stop.set()
        writer.join()
    assert written
    for number, before in copies:
        elsewhere, done = _restored(tmp_path / f"b{number}.tar.gz", tmp_path / f"new{number}")
        with closing(sqlite3.connect(elsewhere.state / "users.db")) as users:
            rows, total = users.execute("SELECT COUNT(*), SUM(one + other) FROM pairs").fetchone()
        assert total == 0
        assert rows >= before + 1
        assert done.audit_records >= 5 + before


def test_nothing_is_overwritten_without_being_told_to(settings, tmp_path):
    file = tmp_path / "b.tar.gz"
    make_backup(settings, file, NOW)
    with pytest.raises(UsageError, match="--force"):
        make_backup(settings, file, NOW)
    make_backup(settings, file, NOW, force=True)
    (settings.state / "session.key").write_text("newer")
    with pytest.raises(UsageError, match="--force"):
        restore_backup(settings, file, settings_file=tmp_path / "none.toml")
    assert (settings.state / "session.key").read_text() == "newer"
    done = restore_backup(settings, file, settings_file=tmp_path / "none.toml", force=True)
    assert (settings.state / "session.key").read_text() == "secret"
    assert (Path(done.aside[0]) / "session.key").read_text() == "newer"
    with shared(settings.var / SERVING), pytest.raises(UsageError, match="Stop it first"):
        restore_backup(settings, file, settings_file=tmp_path / "none.toml", force=True)


def _rewritten(file: Path, change) -> Path:
    """The backup with its files changed by `change(name, content)`; None leaves one out."""
    target = file.with_name("changed.tar.gz")
    with tarfile.open(file) as old, tarfile.open(target, "w:gz") as new:
        for member in old:
            for name, content in change(member.name, old.extractfile(member).read()):
                info = tarfile.TarInfo(name)
                info.size = len(content)
                new.addfile(info, io.BytesIO(content))
    return target


def _swap(wanted: str, new: bytes | None):
    def change(name: str, content: bytes):
        return [] if name == wanted and new is None else [(name, new if name == wanted else content)]

    return change


def test_a_file_that_is_not_as_it_was_written_restores_nothing(settings, tmp_path):
    file = tmp_path / "b.tar.gz"
    make_backup(settings, file, NOW)

    def outside(name: str, content: bytes):
        return [(name, content), ("state/../../evil", b"x")] if name == "manifest.json" else [(name, content)]

    def forged_trail(name: str, content: bytes):
        """A record changed, and the digest with it: only the chain can tell."""
        import hashlib

        if name.startswith("state/audit/") and b'"u3"' in content:
            return [(name, content.replace(b'"u3"', b'"u9"'))]
        if name == "manifest.json":
            manifest = json.loads(content)
            with tarfile.open(file) as old:
                for held in manifest["files"]:
                    raw = old.extractfile(held).read()
                    if held.startswith("state/audit/") and b'"u3"' in raw:
                        changed = raw.replace(b'"u3"', b'"u9"')
                        manifest["files"][held]["sha256"] = hashlib.sha256(changed).hexdigest()
            return [(name, json.dumps(manifest).encode())]
        return [(name, content)]

    broken = [_swap("state/session.key", b"other"), _swap("state/users.db", None), outside, forged_trail]
    for number, change in enumerate(broken):
        with pytest.raises(MissingDataError):
            _restored(_rewritten(file, change), tmp_path / f"none{number}")
        assert not (tmp_path / f"none{number}" / "state").exists()
        assert not (tmp_path / "evil").exists()
    cut = tmp_path / "cut.tar.gz"
    cut.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    for other, error in ((cut, MissingDataError), (settings.state / "session.key", MissingDataError)):
        with pytest.raises(error):
            _restored(other, tmp_path / "none")
