"""The channel "file": the briefing's files in a folder, each there whole or not at all."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

from ui.delivery.parcel import NotTaken, Parcel


class Files:
    """Writes to one folder. Writing a delivery again leaves the same files: nothing of it can be doubled."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def deliver(self, parcel: Parcel, handing_over: Callable[[], None]) -> None:
        """`<folder>/<reader>/briefing-<day>.md` and so on. Raises NotTaken when the folder cannot be written."""
        folder = self._folder / _plain(parcel.reader)
        name = "briefing" if parcel.kind == "digest" else "alert"
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            parts = [_written_aside(folder / f"{name}-{_plain(parcel.about)}.{ending}", content)
                     for ending, content in sorted(parcel.files.items())]  # fmt: skip
            handing_over()
            for part, target in parts:
                os.replace(part, target)
        except OSError as error:
            raise NotTaken(f"The folder cannot be written ({error.strerror}).", again=True) from error


def _written_aside(target: Path, content: bytes) -> tuple[Path, Path]:
    part = target.with_name(f".{target.name}.part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return part, target


def _plain(name: str) -> str:
    """A name that is a file of this folder and of no other."""
    return re.sub(r"[^A-Za-z0-9._@+-]", "_", name).lstrip(".") or "_"
