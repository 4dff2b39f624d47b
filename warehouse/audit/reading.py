"""Reading records back, without checking them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from warehouse.audit import chain


def records_in(file: Path) -> Iterator[dict[str, Any]]:
    """The records of one file, oldest first. What an interrupted write left is passed over."""
    with file.open("rb") as stream:
        for raw in stream:
            try:
                yield chain.record_of(raw)
            except json.JSONDecodeError:
                continue


def records_of(folder: Path) -> Iterator[dict[str, Any]]:
    """The records of all files, oldest first."""
    for name in chain.files_in(folder):
        yield from records_in(folder / name)
