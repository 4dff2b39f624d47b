"""The file of conversations, which holds questions and figures, is for its owner only."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from agents.threads import Threads


@pytest.mark.parametrize("earlier", [None, 0o644])
def test_nobody_else_on_the_machine_reads_conversations(tmp_path: Path, earlier: int | None) -> None:
    file = tmp_path / "state" / "threads.db"
    if earlier is not None:
        file.parent.mkdir()
        file.touch(mode=earlier)
        file.chmod(earlier)
    with closing(Threads(file)) as threads:
        threads.saver.setup()  # type: ignore[attr-defined]
        found = {each.name: each.stat().st_mode & 0o777 for each in file.parent.iterdir()}
    assert found == dict.fromkeys(("threads.db", "threads.db-shm", "threads.db-wal"), 0o600)
